"""The built-in reviews as a row of buttons, the same on every page."""

import streamlit as st

from pages.parts.common.page import REVIEW, examples
from pages.parts.components.editor import put_review


def draw_examples(key: str) -> None:
    """Draw the row; a click puts the example into the review of all pages."""
    st.pills(
        "Examples",
        [example.name for example in examples()],
        key=key,
        on_change=_take,
        args=(key,),
        label_visibility="collapsed",
        wrap=True,
    )


def _take(key: str) -> None:
    """Put the chosen example into the editor; the choice itself is not kept, it is a button."""
    chosen, st.session_state[key] = st.session_state[key], None
    for example in examples():
        if example.name == chosen:
            put_review(example.text.strip(), key=REVIEW)
