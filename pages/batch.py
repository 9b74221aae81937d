"""A file: score every review of a CSV, TSV, TXT or Parquet file."""

import streamlit as st

from lstm_core.scoring.upload import Stage
from pages.parts.batch import uploads
from pages.parts.batch.views import draw_choice, draw_other, draw_result, draw_running
from pages.parts.common.escape import escape_markdown
from pages.parts.common.page import model_in_use, opened_by_navigation
from pages.parts.common.permission_gate import allowed

KINDS = ["csv", "tsv", "txt", "parquet"]


def draw_uploader() -> None:
    """Where a file comes from."""
    refusal = allowed().refusal("upload")
    if refusal:
        st.info(refusal)
    else:
        st.file_uploader(
            "A file of reviews: CSV, TSV or Parquet with a column of texts, or TXT with one review "
            "per line",
            type=KINDS,
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
st.html(
    '<p class="lens-lead">Batch prediction: a probability and a label for every review of a '
    "file.</p>"
)
state = uploads.file_state()
uploads.draw_error()
if state is None:
    draw_uploader()
elif state.stage in (Stage.WAITING, Stage.SCORING):
    draw_running()
elif state.stage is Stage.DONE and state.summary is not None:
    draw_result(model_in_use(), state, state.summary)
elif state.look is None:
    st.warning(escape_markdown(state.error))
    draw_other()
else:
    if state.error:
        st.warning(escape_markdown(state.error))
    draw_choice(model_in_use(), state, state.look)
