"""The one review of all pages, to be changed in a fold."""

import streamlit as st

from pages.parts.common.examples import draw_examples
from pages.parts.common.page import MAX_CHARACTERS, REVIEW, examples
from pages.parts.components.editor import PLAIN_PARAMETER, review_editor, toggle_is_on


def edit_review(examples_key: str) -> str:
    """Draw the fold and return the review's text.

    Args:
        examples_key: Key of the row of examples, its own on every page.
    """
    with st.expander("Edit review"):
        typed = review_editor(
            examples()[0].text.strip(),
            key=REVIEW,
            max_characters=MAX_CHARACTERS,
            plain=toggle_is_on(PLAIN_PARAMETER),
        )
        draw_examples(examples_key)
    return typed.text
