"""The section that shows the same review in a SimpleRNN, a GRU and an LSTM."""

import streamlit as st

from lstm_core.lesson.content import text_block
from pages.parts.common.cell_comparison import cells_lead, draw_cell_comparison
from pages.parts.common.page import MAX_CHARACTERS
from pages.parts.components.editor import PLAIN_PARAMETER, review_editor, toggle_is_on
from pages.parts.lesson.common import Lesson, draw_title


@st.fragment
def draw_cells(lesson: Lesson) -> None:
    """A review of this section's own in the three models."""
    del lesson  # the models' weights are learned, no seed draws them
    draw_title("cells")
    st.markdown(cells_lead())
    typed = review_editor(
        " ".join(text_block("cells", "review").split()),
        key="cells_review",
        max_characters=MAX_CHARACTERS,
        parameter="cells_text",
        plain=toggle_is_on(PLAIN_PARAMETER),
    )
    draw_cell_comparison(typed.text)
