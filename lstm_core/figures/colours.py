"""The colours of the whole app, one meaning each, and its two colour scales.

Both fade to transparent where there is nothing to see (gate closed, value zero), so that the page's
own background shows through in the light and in the dark theme and padding fades away. Blue and
orange stay apart for every common kind of colour blindness.
"""

from lstm_core.recurrent.trace import UNDECIDED_FROM, UNDECIDED_TO

POSITIVE = (37, 116, 196)  # towards positive: blue
NEGATIVE = (222, 115, 22)  # towards negative: orange
GATE = (22, 138, 96)  # open gates: green
HIGHLIGHT = (123, 79, 181)  # what a title is about, and what is correct: violet
INK = "rgba(128, 128, 128, 0.9)"  # lines and marks that must show on both backgrounds
FAINT = "rgba(128, 128, 128, 0.25)"

Scale = list[tuple[float, str]]


def rgba(colour: tuple[int, int, int], opacity: float) -> str:
    """A colour as CSS and Plotly write it."""
    red, green, blue = colour
    return f"rgba({red}, {green}, {blue}, {opacity:.3f})"


def side_colour(probability: float) -> str:
    """The colour of a prediction: blue positive, orange negative, grey in the undecided band."""
    if UNDECIDED_FROM < probability < UNDECIDED_TO:
        return INK
    return rgba(POSITIVE if probability >= UNDECIDED_TO else NEGATIVE, 1.0)


# Lines of several series, of which none is positive or negative.
SERIES = (
    rgba(HIGHLIGHT, 1.0),
    rgba((196, 56, 96), 1.0),  # crimson
    rgba((168, 130, 30), 1.0),  # ochre
    INK,
    rgba((0, 140, 150), 1.0),  # teal
    rgba((190, 110, 170), 1.0),  # pink
)


# Cell state, hidden state, candidate, contributions: orange below zero, blue above.
DIVERGING: Scale = [
    (0.0, rgba(NEGATIVE, 1.0)),
    (0.5, rgba(NEGATIVE, 0.0)),
    (0.5, rgba(POSITIVE, 0.0)),
    (1.0, rgba(POSITIVE, 1.0)),
]
# Input, forget and output gate: 0 closed, 1 open.
GATES: Scale = [(0.0, rgba(GATE, 0.0)), (1.0, rgba(GATE, 1.0))]
# The diverging scale for points on a line, which show at every value: grey in the middle.
GREY = "rgb(150,150,150)"
POINTS: Scale = [(0.0, rgba(NEGATIVE, 1.0)), (0.5, GREY), (1.0, rgba(POSITIVE, 1.0))]


STRONGEST = 0.65  # opacity behind text, which then has a contrast of 4.5 : 1 in both themes


def tint(value: float, limit: float) -> str:
    """The diverging scale as a background for text: transparent at zero, full at `limit`.

    Args:
        value: What to show; positive is blue.
        limit: Value at which the colour is full, above zero.
    """
    share = min(abs(value) / limit, 1.0) * STRONGEST if limit > 0 else 0.0
    return rgba(POSITIVE if value >= 0 else NEGATIVE, share)
