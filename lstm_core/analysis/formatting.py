"""Number formats: probabilities, shares and signed numbers, the same everywhere.

A number and its unit are joined by a no-break space, a negative number has the minus sign U+2212,
and a value that rounds to zero has no sign.
"""

NBSP = "\N{NO-BREAK SPACE}"
MINUS = "\N{MINUS SIGN}"
FINE = 0.05  # closer than this to 0 or 1 a probability has one decimal
NEARLY_NONE = 0.001  # a smaller share is not written as this one


def probability(value: float) -> str:
    """A probability in per cent, never rounded to 0 or 100: "26 %", "99.3 %", "99.9 %"."""
    value = float(value)
    if FINE <= value <= 1 - FINE:
        return f"{100 * value:.0f}{NBSP}%"
    return f"{min(max(100 * value, 0.1), 99.9):.1f}{NBSP}%"


def p_positive(value: float) -> str:
    """The model's output: "P(positive) 99.3 %"."""
    return f"P(positive){NBSP}{probability(value)}"


def percent(share: float) -> str:
    """A share in the digits of a probability; none, all and what lies beyond as they are."""
    if 0 < share < NEARLY_NONE:
        return f"under {probability(share)}"
    return probability(share) if 0 < share < 1 else fixed_percent(share, 0)


def fixed_percent(share: float, digits: int = 1) -> str:
    """A share with a fixed number of decimals, for measures that are compared: "90.7 %"."""
    return f"{number(100 * share, digits)}{NBSP}%"


def number(value: float, digits: int = 2) -> str:
    """A number with a fixed number of decimals: "−0.35", and "0.00" for what rounds to it."""
    text = f"{float(value):.{digits}f}"
    if text.startswith("-") and not text.strip("-0."):
        text = text[1:]
    return text.replace("-", MINUS)


def signed(value: float, digits: int = 2) -> str:
    """A number with its sign: "+0.35", "−0.35", and "0.00" without one."""
    text = number(value, digits)
    return text if text.startswith(MINUS) or not text.strip("0.") else f"+{text}"
