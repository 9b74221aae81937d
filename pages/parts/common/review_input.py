"""The one review of all pages: its editor, also in a fold."""

import streamlit as st

from lstm_core.recurrent.trace import Trace
from pages.parts.common.examples import draw_examples
from pages.parts.common.page import MAX_CHARACTERS, REVIEW, examples
from pages.parts.components.editor import (
    PLAIN_PARAMETER,
    EditorValue,
    arrived_review,
    current_review,
    review_editor,
    toggle_is_on,
)


def type_review() -> EditorValue:
    """Draw the editor of the review and return its text."""
    return review_editor(
        examples()[0].text.strip(),
        key=REVIEW,
        max_characters=MAX_CHARACTERS,
        plain=toggle_is_on(PLAIN_PARAMETER),
    )


def typed_review() -> str:
    """The review's text on a page that does not show its editor."""
    initial = examples()[0].text.strip()
    return current_review(initial, key=REVIEW, max_characters=MAX_CHARACTERS).text


def edit_review(examples_key: str) -> str:
    """Draw the fold and return the review's text.

    Args:
        examples_key: Key of the row of examples, its own on every page.
    """
    with st.expander("Edit review"):
        typed = type_review()
        draw_examples(examples_key)
    return typed.text


def came_with_new_text(trace: Trace) -> bool:
    """Whether a widget drawn for a trace tells its value together with another text.

    With every letter the browser sends the values of all widgets. One that the page has changed
    meanwhile, because the text has, is sent as it was before; nobody has moved it.
    """
    arrived = arrived_review(key=REVIEW, max_characters=MAX_CHARACTERS)
    return arrived is not None and arrived != trace.encoding.text
