"""The live page's pictures: two components of our own that repaint within a few milliseconds."""

from collections.abc import Callable
from functools import partial

from lstm_core.figures.live import ReadingPicture, StrongestWords
from pages.parts.components.callbacks import ignore, sent_by
from pages.parts.components.source import component
from pages.parts.components.token_view import checked_place

_BARS = """
<h2 class="lens-heading">The strongest words</h2>
<p class="lens-caption lens-bars-title"></p>
<div class="lens-picture" role="figure">
  <div class="lens-bars"></div>
  <div class="lens-bar"><div class="lens-bars-ends"></div></div>
  <div class="lens-bars-axis">negative ← contribution to the logit → positive</div>
</div>
"""
_READING = """
<div class="lens-panels" role="group" aria-label="Chart to show">
  <button type="button" data-panel="units" aria-pressed="true">Units</button>
  <button type="button" data-panel="words" aria-pressed="false">Words</button>
  <button type="button" data-panel="bars" aria-pressed="false">Strongest words</button>
</div>
<h2 class="lens-heading"></h2>
<div class="lens-tools">
  <button type="button" class="lens-copy">Copy link</button>
  <button type="button" class="lens-png">Save as PNG</button>
  <span class="lens-done" role="status"></span>
</div>
<div class="lens-picture" role="figure" tabindex="0">
  <canvas></canvas><div class="lens-tip" hidden></div>
</div>
<p class="lens-caption"></p>
<details class="lens-reading-table lens-data"><summary>Data as a table</summary>
<div class="data" role="group" tabindex="0" aria-label="Data of the chart"></div></details>
"""
_SCRIPTS = ("reading_pointer.js", "reading.js", "reading_rows.js", "reading_tools.js")
EFFECT = (
    "Above: how positive the review is so far, after each word. Below, on the same words: the "
    "hidden state of each unit times its output weight, blue towards positive, orange towards "
    "negative. A column and the bias sum to the logit, whose sigmoid is the "
    "probability above."
)
RAW = (
    "Above: how positive the review is so far, after each word. Below, on the same words: the "
    "hidden state of every unit, blue above zero, orange below; what it does to the prediction "
    "depends on the weights after it."
)
NAMED = (
    "Beside a row: its unit, the words that raise (+) and lower (\N{MINUS SIGN}) {shown} most of "
    "those read {least} times or more in {source}, and its part in this prediction."
)
PIN = "Click a word or a row to pin it (keyboard: arrow keys, Enter)."


def draw_strongest(words: StrongestWords) -> None:
    """Draw the strongest words as bars, with heading and caption."""
    component("bars", _BARS, "reading.css", "bars.js")(key="bars", data=words.data())


def draw_picture(
    picture: ReadingPicture,
    stamp: int = 0,
    on_pin: Callable[[int | None, int | None], None] | None = None,
) -> None:
    """Draw the running verdict over the units, with heading and caption.

    Args:
        picture: What is drawn.
        stamp: Of the text: a click belongs to one text.
        on_pin: Called before the page runs with the place and the unit that a person pinned;
            nothing can be pinned when it is left out.
    """
    caption = RAW if picture.raw else EFFECT
    if picture.labels:
        shown = "its hidden state" if picture.raw else "its effect"
        labels = picture.labels
        caption += " " + NAMED.format(shown=shown, source=labels.source, least=labels.least)
    data = {
        **picture.data(),
        "stamp": stamp,
        "caption": f"{caption} {PIN}" if on_pin else caption,
        "pins": on_pin is not None,
    }
    pinned = partial(_pinned, stamp, picture, on_pin) if on_pin else ignore
    draw = component("reading", _READING, "reading.css", *_SCRIPTS)
    draw(key="running", data=data, on_pinned_change=pinned)


def _pinned(
    stamp: int, picture: ReadingPicture, on_pin: Callable[[int | None, int | None], None]
) -> None:
    sent = sent_by("running", "pinned")
    if isinstance(sent, dict) and sent.get("text") == stamp:
        unit = sent.get("unit")
        known = type(unit) is int and unit in picture.units
        on_pin(checked_place(sent, picture.places.encoding), unit if known else None)
