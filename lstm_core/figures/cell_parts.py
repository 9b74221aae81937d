"""What a part of the LSTM cell computes: a function with its present value, a sum as bars."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from html import escape
from math import tanh

from lstm_core.analysis.step_breakdown import (
    CellStep,
    GateSum,
    Product,
    printed,
)
from lstm_core.figures.colours import NEGATIVE, POSITIVE, rgba
from lstm_core.recurrent.functions import logistic

WIDTH, HEIGHT = 340, 190
LEFT, RIGHT, TOP, BOTTOM = 38, 12, 22, 26
POINTS = 61
SHOWN = 4  # products of each kind that have a bar of their own


def function_svg(step: CellStep, part: str) -> str:
    """The function of a part as a curve, with the present argument and value; empty for none."""
    drawn = _curve_of(step, part)
    if drawn is None:
        return ""
    function, argument, value, name = drawn
    x, y = float(argument), float(value)
    reach = max(1.25 * abs(x), 5.0 if part in "ifg" else 1.5)
    xs = [reach * (2 * at / (POINTS - 1) - 1) for at in range(POINTS)]
    ys = [function(at) for at in xs]
    low, high = min(0.0, y, *ys), max(0.0, y, *ys)

    def across(at: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * (at + reach) / (2 * reach)

    def down(at: float) -> float:
        return TOP + (HEIGHT - TOP - BOTTOM) * (high - at) / max(high - low, 1e-9)

    line = " ".join(f"{across(a):.1f},{down(b):.1f}" for a, b in zip(xs, ys, strict=True))
    says = f"{name}: at {printed(argument)} it is {printed(value)}"
    axes = (
        f'<path class="axis" d="M{LEFT} {down(0):.1f}H{WIDTH - RIGHT}M{across(0):.1f} {TOP}'
        f'V{HEIGHT - BOTTOM}"/>'
    )
    guides = (
        f'<path class="guide" d="M{across(x):.1f} {down(0):.1f}V{down(y):.1f}H{across(0):.1f}"/>'
    )
    ends = "".join(
        f'<text x="{place:.1f}" y="{HEIGHT - 8}" text-anchor="{anchor}">{end:.1f}</text>'
        for place, anchor, end in (
            (LEFT, "start", -reach),
            (across(0), "middle", 0.0),
            (WIDTH - RIGHT, "end", reach),
        )
    ).replace(">-", ">−")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="function" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'role="img" aria-label="{escape(says)}" fill="currentColor">{axes}{guides}'
        f'<polyline class="curve" points="{line}"/>'
        f'<circle class="point" cx="{across(x):.1f}" cy="{down(y):.1f}" r="5.5"/>{ends}</svg>'
        f'<p class="says">{escape(says)}.</p>'
    )


def _curve_of(
    step: CellStep, part: str
) -> tuple[Callable[[float], float], Decimal, Decimal, str] | None:
    """Function, argument, value and name of a part."""
    if part in ("i", "f", "g", "o"):
        line = step.gate(part)
        if line.sum is None:
            return None
        squash = (tanh, "tanh(z)") if part == "g" else (logistic, "σ(z)")
        return squash[0], line.sum.z, line.value, squash[1]
    if part == "tanh":
        return tanh, step.cell, step.squashed, "tanh(cₜ)"
    if part == "c":
        f, added = float(step.gate("f").value), float(step.write.result)
        return lambda c: f * c + added, step.cell_before, step.cell, "cₜ as a function of cₜ₋₁"
    if part == "h":
        o = float(step.gate("o").value)
        return lambda c: o * tanh(c), step.cell, step.hidden.result, "hₜ as a function of cₜ"
    return None


def sum_table(found: GateSum, words: str = "W", states: str = "U") -> str:
    """The largest products of a pre-activation, the rest, bias and total as a table with bars.

    Args:
        found: The pre-activation.
        words: Symbol of the input's weights.
        states: Symbol of the recurrent weights.
    """
    rows = [
        *_largest(found.word_products, found.from_word, "x", words),
        *_largest(found.state_products, found.from_state, "h", states),
        ("bias", "", found.bias),
    ]
    full = max(abs(float(value)) for _, _, value in (*rows, ("", "", found.z))) or 1.0
    body = "".join(_row(name, factors, value, full) for name, factors, value in rows)
    return (
        f'<table class="lens-sum"><thead><tr>{_head("added to z", "factors", "bar", "product")}'
        "</tr></thead>"
        f"<tbody>{body}</tbody><tfoot>{_row('z, total', '', found.z, full)}</tfoot></table>"
    )


def products_table(products: Sequence[Product], index: str, left: str, right: str) -> str:
    """Every product of one kind as rows of a table."""
    rows = "".join(
        f'<tr><th scope="row">{at}</th><td>{printed(p.left)}</td><td>{printed(p.right)}</td>'
        f"<td>{printed(p.result)}</td></tr>"
        for at, p in enumerate(products)
    )
    head = _head(index, left, right, "product")
    return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _largest(
    products: Sequence[Product], total: Decimal, sign: str, weight: str
) -> list[tuple[str, str, Decimal]]:
    """The largest products in order of size, and what the others add up to."""
    ranked = sorted(range(len(products)), key=lambda at: -abs(products[at].result))
    shown = ranked[: SHOWN if len(ranked) > SHOWN + 1 else len(ranked)]
    single = len(products) == 1
    rows = [
        (
            f"{sign} · {weight}" if single else f"{sign}[{at}] · {weight}[{at}]",
            f"{printed(products[at].left)} · {bracket(products[at].right)}",
            products[at].result,
        )
        for at in shown
    ]
    rest = len(products) - len(shown)
    if rest:
        left = total - sum((products[at].result for at in shown), Decimal(0))
        rows.append((f"{rest} other {sign} · {weight}", "", left))
    return rows


def _row(name: str, factors: str, value: Decimal, full: float) -> str:
    share = 50 * abs(float(value)) / full
    colour = rgba(POSITIVE if value >= 0 else NEGATIVE, 0.9)
    side = "left" if value >= 0 else "right"
    bar = f'<i style="{side}: 50%; width: {share:.1f}%; background: {colour}"></i>'
    return (
        f'<tr><th scope="row">{name}</th><td class="factors">{factors}</td>'
        f'<td class="bars"><span>{bar}</span></td><td>{printed(value)}</td></tr>'
    )


def _head(*names: str) -> str:
    return "".join(f'<th scope="col">{name}</th>' for name in names)


def bracket(value: Decimal) -> str:
    """A number as a factor or summand: in brackets when it is negative."""
    return f"({printed(value)})" if value < 0 else printed(value)
