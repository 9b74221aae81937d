"""The prediction, large: its label, P(positive) and where that lies between the two ends."""

from html import escape

import streamlit as st

from lstm_core.analysis.formatting import p_positive
from lstm_core.analysis.prediction import Label, Verdict

WORDS = {
    Label.POSITIVE: "Positive",
    Label.NEGATIVE: "Negative",
    Label.UNDECIDED: "Undecided",
    Label.NOTHING: "No known words",
}


def draw_verdict(verdict: Verdict, *, note: str = "") -> None:
    """Draw a verdict; every word in it is the app's own, none is the visitor's.

    Args:
        verdict: What the model says.
        note: What else must be known about the text, below the verdict.
    """
    st.html(verdict_html(verdict, note=note))


def verdict_html(verdict: Verdict, *, note: str = "") -> str:
    """The verdict as HTML."""
    below = "".join(
        f'<div class="caution">{escape(line)}</div>' for line in (verdict.caution, note) if line
    )
    return f"""
<div class="lens-verdict" role="status">
  <div class="word">{WORDS[verdict.leaning]}</div>
  <div class="number">{p_positive(verdict.probability)}</div>
  <div class="scale"><div class="needle" style="left: {100 * verdict.probability:.1f}%"></div></div>
  <div class="ends"><span>negative</span><span>undecided</span><span>positive</span></div>
  {below}
</div>"""
