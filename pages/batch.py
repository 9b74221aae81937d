"""Batch: score every review of a table."""

import streamlit as st

from lstm_core.scoring.upload import Stage
from pages.parts.batch import uploads
from pages.parts.batch.views import (
    draw_choice,
    draw_reading,
    draw_result,
    draw_running,
    draw_unreadable,
)
from pages.parts.common.escape import escape_markdown
from pages.parts.common.lead import draw_lead
from pages.parts.common.link import PAGES
from pages.parts.common.page import any_model_in_use, opened_by_navigation
from pages.parts.common.permission_gate import allowed
from pages.parts.common.recurrent import draw_model_notes
from pages.parts.common.table_format import ENDINGS
from pages.parts.common.way_back import forget_way_back


def draw_uploader() -> None:
    """Where a file comes from."""
    refusal = allowed().refusal("upload")
    if refusal:
        st.info(refusal)
    else:
        st.file_uploader(
            "A file of reviews: CSV, TSV, text with one review per line, JSON Lines, Parquet or "
            "Excel, also as .gz or .zip",
            type=ENDINGS,
            key=uploads.uploader_key(),
            on_change=uploads.take_upload,
        )
    st.button("Use an example file of 600 short reviews", on_click=uploads.take_example)
    st.caption(
        "Your file stays on this server for an hour after you last looked at it, is shown in this "
        "browser only, and is then removed with its result. A row that cannot be read is marked "
        "with its line and the reason; all others are scored, in their order."
    )


opened_by_navigation()
forget_way_back()
draw_lead(PAGES["batch"], "A probability and a label for every review of a file.")
draw_model_notes(any_model_in_use())
state = uploads.current_file()
uploads.draw_error()
if state is None:
    draw_uploader()
elif state.stage is Stage.READING:
    draw_reading(state)
elif state.stage is Stage.SCORING:
    draw_running(state)
elif state.stage is Stage.DONE and state.summary is not None:
    draw_result(any_model_in_use(), state, state.summary)
elif uploads.read_again(state):
    st.rerun()
elif state.look is None:
    draw_unreadable(state)
else:
    if state.error:
        st.warning(escape_markdown(state.error))
    draw_choice(any_model_in_use(), state, state.look)
