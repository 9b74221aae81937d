"""The live page's pictures: two components of our own that repaint within a few milliseconds."""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from lstm_core.figures.live import ReadingPicture, StrongestWords

if TYPE_CHECKING:
    from streamlit.components.v2.types import ComponentRenderer

ASSETS = Path(__file__).resolve().parents[3] / "assets"
_BARS = """
<h3 class="lens-heading">The strongest words</h3>
<p class="lens-caption lens-bars-title"></p>
<div class="lens-picture" role="figure">
  <div class="lens-bars"></div>
  <div class="lens-bar"><div class="lens-bars-ends"></div></div>
  <div class="lens-bars-axis">negative ← contribution to the logit → positive</div>
</div>
"""
_READING = """
<h3 class="lens-heading"></h3>
<p class="lens-caption">Above: how positive the review is so far, after each word. Below, on the
same words: the hidden state of every unit, blue above zero, orange below, faint near zero. Hover
or touch for exact values.</p>
<div class="lens-picture" role="figure"><canvas></canvas><div class="lens-tip" hidden></div></div>
"""


def draw_strongest(words: StrongestWords) -> None:
    """Draw the strongest words as bars, with heading and caption."""
    _component("bars", _BARS)(key="bars", data=words.data())


def draw_picture(picture: ReadingPicture) -> None:
    """Draw the running verdict over the hidden states, with heading and caption."""
    _component("reading", _READING)(key="running", data=picture.data())


@cache
def _component(name: str, html: str) -> "ComponentRenderer":
    return st.components.v2.component(
        f"lstm_lens_{name}",
        html=html,
        css=(ASSETS / "reading.css").read_text(encoding="utf-8"),
        js=(ASSETS / f"{name}.js").read_text(encoding="utf-8"),
        isolate_styles=False,
    )
