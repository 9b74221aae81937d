"""The two colour scales of the whole app, defined once.

Both fade to transparent where there is nothing to see (gate closed, value zero), so that the page's
own background shows through in the light and in the dark theme and padding fades away. Blue and
orange stay apart for every common kind of colour blindness.
"""

POSITIVE = (37, 116, 196)  # towards positive: blue
NEGATIVE = (222, 115, 22)  # towards negative: orange
GATE = (22, 138, 96)  # open gates: green
INK = "rgba(128, 128, 128, 0.9)"  # lines and marks that must show on both backgrounds
FAINT = "rgba(128, 128, 128, 0.25)"

Scale = list[tuple[float, str]]


def rgba(colour: tuple[int, int, int], opacity: float) -> str:
    """A colour as CSS and Plotly write it."""
    red, green, blue = colour
    return f"rgba({red}, {green}, {blue}, {opacity:.3f})"


# Cell state, hidden state, candidate, contributions: orange below zero, blue above.
DIVERGING: Scale = [
    (0.0, rgba(NEGATIVE, 1.0)),
    (0.5, rgba(NEGATIVE, 0.0)),
    (0.5, rgba(POSITIVE, 0.0)),
    (1.0, rgba(POSITIVE, 1.0)),
]
# Input, forget and output gate: 0 closed, 1 open.
GATES: Scale = [(0.0, rgba(GATE, 0.0)), (1.0, rgba(GATE, 1.0))]
# The same for points on a line, which show at every value: grey at zero and where a gate is closed.
GREY = "rgb(150,150,150)"
POINTS: Scale = [(0.0, rgba(NEGATIVE, 1.0)), (0.5, GREY), (1.0, rgba(POSITIVE, 1.0))]
GATE_POINTS: Scale = [(0.0, GREY), (1.0, rgba(GATE, 1.0))]


def tint(value: float, limit: float, strongest: float = 0.65) -> str:
    """The diverging scale as a background for text: transparent at zero, full at `limit`.

    Args:
        value: What to show; positive is blue.
        limit: Value at which the colour is full, above zero.
        strongest: Opacity there: text on it has a contrast of 4.5 : 1 in both themes.
    """
    share = min(abs(value) / limit, 1.0) * strongest if limit > 0 else 0.0
    return rgba(POSITIVE if value >= 0 else NEGATIVE, share)
