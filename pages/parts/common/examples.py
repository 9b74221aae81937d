"""The built-in reviews as one row of buttons that scrolls, the same on every page."""

import streamlit as st

from pages.parts.common.page import REVIEW, examples
from pages.parts.components.callbacks import take_choice
from pages.parts.components.editor import own_review, put_review

OWN = "Your text"  # brings back what an example has replaced


def draw_examples(key: str) -> None:
    """Draw the row; a click puts the example into the review of all pages."""
    own = [] if own_review(REVIEW) is None else [OWN]
    st.pills(
        "Examples",
        [*own, *(example.name for example in examples())],
        key=key,
        on_change=_take,
        args=(key,),
        label_visibility="collapsed",
        wrap=False,
    )


def _take(key: str) -> None:
    """Put the chosen example, or the person's own text, into the editor."""
    chosen, own = take_choice(key), own_review(REVIEW)
    if chosen == OWN and own is not None:
        put_review(own, key=REVIEW)
    for example in examples():
        if example.name == chosen:
            put_review(example.text.strip(), key=REVIEW)
