"""Number formats: probabilities, shares and signed numbers, the same everywhere.

A number and its unit are joined by a no-break space, a negative number has the minus sign U+2212,
and a value that rounds to zero has no sign.
"""

from lstm_core.recurrent.trace import UNDECIDED_FROM, UNDECIDED_TO

NBSP = "\N{NO-BREAK SPACE}"
MINUS = "\N{MINUS SIGN}"
FINE = 0.05  # closer than this to 0 or 1 a probability has one decimal
NEARLY_NONE = 0.001  # a smaller share is not written as this one


def probability(value: float) -> str:
    """A probability in per cent: "26 %", "99.3 %".

    It is never rounded to 0 or 100, to 50, or into or out of the undecided band: 59.6 % is
    undecided and has a decimal, since 60 % is decided.
    """
    value = float(value)
    whole = float(f"{100 * value:.0f}") / 100  # not-a-number stays one
    if whole == UNDECIDED_FROM and value > whole or whole == 0.5 and value > whole:
        return _decimal(max(value, whole + 0.001))
    if whole == UNDECIDED_TO and value < whole or whole == 0.5 and value < whole:
        return _decimal(min(value, whole - 0.001))
    return _rounded(value)


def p_positive(value: float) -> str:
    """The model's output: "P(positive) 99.3 %"."""
    return f"P(positive){NBSP}{probability(value)}"


def percent(share: float) -> str:
    """A share in the digits of a probability; none, all and what lies beyond as they are."""
    if 0 < share < NEARLY_NONE:
        return f"under {_rounded(share)}"
    return _rounded(share) if 0 < share < 1 else fixed_percent(share, 0)


def _rounded(share: float) -> str:
    if FINE <= share <= 1 - FINE:
        return f"{100 * share:.0f}{NBSP}%"
    return _decimal(min(max(share, 0.001), 0.999))


def _decimal(share: float) -> str:
    return f"{100 * share:.1f}{NBSP}%"


def fixed_percent(share: float, digits: int = 1) -> str:
    """A share with a fixed number of decimals, for measures that are compared: "90.7 %"."""
    return f"{number(100 * share, digits)}{NBSP}%"


def number(value: float, digits: int = 2) -> str:
    """A number with a fixed number of decimals: "−0.35", and "0.00" for what rounds to it."""
    text = f"{float(value):.{digits}f}"
    if text.startswith("-") and not text.strip("-0."):
        text = text[1:]
    return text.replace("-", MINUS)


def general(value: float, digits: int = 4) -> str:
    """A number with significant digits, as short as possible: "−0.35", "1200"."""
    return f"{float(value) + 0.0:.{digits}g}".replace("-", MINUS)


def signed(value: float, digits: int = 2) -> str:
    """A number with its sign: "+0.35", "−0.35", and "0.00" without one."""
    text = number(value, digits)
    return text if text.startswith(MINUS) or not text.strip("0.") else f"+{text}"
