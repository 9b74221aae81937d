"""The review read back, word by word: tinted, unknown and unread words marked, one word pinned."""

from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any
from zlib import crc32

import numpy as np

from lstm_core.analysis.captions import place_name
from lstm_core.analysis.formatting import probability, signed
from lstm_core.figures.colours import tint as colour_of
from lstm_core.recurrent.lstm import Floats
from lstm_core.recurrent.running import RunningTrace
from lstm_core.text import Encoding, Kind
from pages.parts.components.callbacks import ignore, sent_by
from pages.parts.components.source import component

LONGEST_UNREAD = 3_000  # characters of the unread end that are shown
LONGEST_BETWEEN = 400  # characters shown between two words (a line of stars, say)
SMALLEST_LIMIT = 0.5  # logit at which a word is fully tinted, at least: faint words stay faint
LEGEND = """
<span>pulled towards negative <span class="bar"></span> towards positive</span>
<span class="unknown">not in the vocabulary</span>
<span class="unread">not read</span>"""
_STRIP = '<div class="lens-strip" role="group"></div>'
_HEADED = f"""
<div class="lens-strip-head">
<h2 class="lens-heading"></h2>
<div class="lens-legend">{LEGEND} <span>Click a word to pin it.</span></div>
</div>
{_STRIP}
<p class="lens-caption">
  <span class="line"></span> <button type="button" class="more"></button>
</p>"""


@dataclass(frozen=True, slots=True)
class TokenColors:
    """What tints the words.

    Attributes:
        values: One a place, ``(T,)``; positive is blue.
        says: What the values are, for the hover text.
    """

    values: Floats
    says: str = "to the logit"


@dataclass(frozen=True, slots=True)
class Context:
    """What stands around the words, in the same element: every element costs at every letter.

    Attributes:
        heading: Above them, with a legend.
        line: A sentence below them.
        more: After the sentence, a link to more.
        follow: Called when a person follows that link.
    """

    heading: str
    line: str
    more: str
    follow: Callable[[], object]


def token_view(
    trace: RunningTrace,
    *,
    key: str,
    label: str = "The review, word by word",
    tint: TokenColors | None = None,
    marked: Container[int] = (),
    pinned: int | None = None,
    on_click: Callable[[int | None], None] | None = None,
    whole: bool = True,
    around: Context | None = None,
) -> None:
    """Draw the review with its words tinted.

    Args:
        trace: The trace of the review.
        key: The view's key.
        label: What a screen reader calls it.
        tint: What tints the words; their contributions when left out.
        marked: Time steps that are underlined.
        pinned: Time step of the pinned word.
        on_click: Called before the page runs with the time step of the word that was clicked, None
            for a click on the pinned one. Words cannot be clicked when it is left out.
        whole: Show the end that was not read, too.
        around: What stands around it.
    """
    tint = tint or TokenColors(trace.contributions)
    stamp = stamp_of(trace.encoding)
    found = tokens_of(trace, tint, marked, whole=whole)
    # A tuple: Streamlit imports pandas to ask whether a list is a table.
    data = {
        "pieces": tuple(found),
        "pinned": pinned,
        "clickable": on_click is not None,
        "label": label,
        "stamp": stamp,
    }
    if around:
        data |= {"heading": around.heading, "line": around.line, "more": around.more}
    told = partial(_clicked, key, trace.encoding, stamp, on_click) if on_click else ignore
    name, html = ("review_read", _HEADED) if around else ("word_strip", _STRIP)
    draw = component(name, html, "words.css", "history.js", "words.js")
    answer = draw(key=key, data=data, on_pinned_change=told, on_more_change=ignore)
    if around and answer.get("more"):
        around.follow()


def stamp_of(encoding: Encoding) -> int:
    """A number for the text: a click belongs to one text."""
    return crc32(encoding.text.encode(errors="replace"))


def _clicked(
    key: str, encoding: Encoding, stamp: int, on_click: Callable[[int | None], None]
) -> None:
    sent = sent_by(key, "pinned")
    if isinstance(sent, dict) and sent.get("text") == stamp:
        on_click(checked_place(sent, encoding))


def tokens_of(
    trace: RunningTrace, tint: TokenColors, marked: Container[int] = (), *, whole: bool = True
) -> list[dict[str, Any]]:
    """The whole text as pieces in order: words, what stands between them, the unread end."""
    encoding, text = trace.encoding, trace.encoding.text
    first = encoding.first_word
    limit = max(float(np.abs(tint.values[first:]).max(initial=0.0)), SMALLEST_LIMIT)
    found: list[dict[str, Any]] = []
    at = encoding.unread_before
    if whole and at:
        found.append({"kind": "unread", "text": text[:at][-LONGEST_UNREAD:]})
    for place in range(first, encoding.maxlen):
        span = encoding.spans[place]
        assert span is not None
        found.append(_between(text[at : span.start]))
        word = _word(trace, tint, place, text[span.start : span.end], limit)
        found.append({**word, "marked": place in marked})
        at = span.end
    found.append(_between(text[at : encoding.unread_start]))
    unread = text[encoding.unread_start :] if whole else ""
    if unread:
        found.append({"kind": "unread", "text": unread[:LONGEST_UNREAD]})
    if len(unread) > LONGEST_UNREAD:
        left = len(unread) - LONGEST_UNREAD
        found.append({"kind": "note", "text": f" … and {left:,} more characters, not read"})
    return [piece for piece in found if piece["text"]]


def _word(
    trace: RunningTrace, tint: TokenColors, place: int, typed: str, limit: float
) -> dict[str, Any]:
    encoding = trace.encoding
    unknown = encoding.kinds[place] is Kind.UNKNOWN
    value = float(tint.values[place])
    after = probability(float(trace.probability[place]))
    before = f"{probability(float(trace.probability[place - 1]))} → " if place else ""
    title = (
        f"{place_name(encoding, place).capitalize()}: {signed(value, 3)} {tint.says}; "
        f"P({trace.class_name}) {before}{after}"
    )
    return {
        "kind": "unknown" if unknown else "word",
        "text": typed,
        "tint": colour_of(value, limit),
        "title": title + (" (not in the vocabulary)" if unknown else ""),
        "place": place,
    }


def _between(text: str) -> dict[str, Any]:
    shown = text if len(text) <= LONGEST_BETWEEN else text[:LONGEST_BETWEEN] + "…"
    return {"kind": "between", "text": shown}


def checked_place(sent: Mapping[str, object], encoding: Encoding) -> int | None:
    """The time step that the browser sent; None for none, or when it is no word's."""
    place = sent.get("place")
    if type(place) is not int or not encoding.first_word <= place < encoding.maxlen:
        return None
    return place
