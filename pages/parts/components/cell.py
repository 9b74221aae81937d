"""The LSTM cell as a component: it draws what it is given and sends clicks and arrow keys."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TypedDict

from pages.parts.components.callbacks import sent_by
from pages.parts.components.source import component

_HTML = """
<div class="lens-cell">
  <div class="diagram"></div>
  <div class="detail"></div>
  <div class="equations"></div>
</div>
<p class="lens-hidden" role="status"></p>"""


class Drawing(TypedDict):
    """The texts of the component; elements with ``data-part`` can be clicked.

    Attributes:
        svg: The diagram.
        detail: What the chosen part computes, HTML; every text from outside is escaped.
        equations: The equations, likewise.
    """

    svg: str
    detail: str
    equations: str


@dataclass(frozen=True, slots=True)
class Moves:
    """Where arrow keys lead from here.

    Attributes:
        place: The step, from 0.
        places: How many steps there are.
        unit: The unit, from 0.
        units: How many units there are.
        says: What a screen reader says after a move.
        playing: Whether the steps follow each other by themselves.
        go: Called before the page runs with the step and the unit that a key led to.
    """

    place: int
    places: int
    unit: int
    units: int
    says: str
    playing: bool
    go: Callable[[int, int], None]


def show_cell(
    drawing: Drawing,
    near: Mapping[str, Drawing],
    *,
    key: str,
    on_part: Callable[[str], None],
    moves: Moves | None,
) -> None:
    """Draw the cell; it stays in its place, so that changes can be animated.

    Args:
        drawing: What is drawn.
        near: What an arrow key leads to, by its name; it is drawn before the page runs.
        key: The component's key.
        on_part: Called before the page runs with the part that was clicked.
        moves: Where arrow keys lead; None when they do nothing.
    """
    data: dict[str, object] = {**drawing, "near": dict(near)}
    if moves:
        data |= {
            "place": moves.place,
            "places": moves.places,
            "unit": moves.unit,
            "units": moves.units,
            "says": moves.says,
            "playing": moves.playing,
        }
    draw = component("cell", _HTML, "cell.css", "cell.js")
    draw(
        key=key,
        data=data,
        on_part_change=partial(_clicked, key, on_part),
        on_at_change=partial(_moved, key, moves),
    )


def _clicked(key: str, on_part: Callable[[str], None]) -> None:
    sent = sent_by(key, "part")
    if isinstance(sent, dict) and isinstance(sent.get("part"), str):
        on_part(sent["part"])


def _moved(key: str, moves: Moves | None) -> None:
    sent = sent_by(key, "at")
    if moves is None or not isinstance(sent, dict):
        return
    place, unit = sent.get("place"), sent.get("unit")
    if type(place) is int and type(unit) is int:
        moves.go(min(max(place, 0), moves.places - 1), min(max(unit, 0), moves.units - 1))
