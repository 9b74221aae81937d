"""A visitor's file to score: found again by a ticket in the link, in this browser only."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import streamlit as st

from lstm_core.errors import LstmLensError
from lstm_core.scoring import Output, Reading
from lstm_core.scoring.upload import (
    FileState,
    file_state,
    leave_result,
    read_first_rows,
    remove_file,
    start_scoring,
    take_file,
)
from lstm_core.scoring.worker import ScoreOrder
from pages.parts.common.escape import escape_markdown
from pages.parts.common.page import ASSETS
from pages.parts.common.permission_gate import visitor
from pages.parts.common.streamlit_internals import UploadedFile, forget_upload
from pages.parts.common.table_format import chosen_format, forget_format
from pages.parts.components.callbacks import value_of

TICKET = "file"  # session key and query parameter
TROUBLE = "file_trouble"
FORMAT = "file_table"  # prefix of the keys of the choices of format
RESULTS = {  # by key: the ending of the result and its form
    "csv": (".csv", Output()),
    "excel": (".csv", Output(excel=True)),
    "jsonl": (".jsonl", Output()),
    "parquet": (".parquet", Output()),
}
UPLOADS = "file_uploads"  # counts them: each has an uploader of its own, empty at first
EXAMPLE = ASSETS / "corpus" / "small.csv"


def upload_id() -> str:
    """The ticket of the session, at first that of the link; empty when there is none."""
    if TICKET not in st.session_state:
        st.session_state[TICKET] = st.query_params.get(TICKET, "")
    kept: str = st.session_state[TICKET]
    if kept and st.query_params.get(TICKET) != kept:
        st.query_params[TICKET] = kept
    elif not kept and TICKET in st.query_params:
        del st.query_params[TICKET]
    return kept


def current_file() -> FileState | None:
    """How the visitor's file stands; None when there is none."""
    if not (known := upload_id()):
        return None
    state = file_state(known, visitor())
    if state is None:
        st.session_state[TICKET] = ""
        st.session_state[TROUBLE] = (
            "The file of this link is not here: files are removed after an hour, and shown only "
            "in the browser that brought them."
        )
        upload_id()
    return state


def uploader_key() -> str:
    """Key of the uploader; a new one after each upload."""
    return f"file_upload_{st.session_state.setdefault(UPLOADS, 0)}"


def take_upload() -> None:
    """Keep what was uploaded and free the server's memory of it."""
    forget_format(FORMAT)
    uploaded: UploadedFile | None = st.session_state.get(uploader_key())
    if uploaded is None:
        return
    _take(partial(take_file, uploaded.name, uploaded.getbuffer(), visitor()))
    forget_upload(uploaded.file_id)
    st.session_state[UPLOADS] = st.session_state.get(UPLOADS, 0) + 1


def take_example() -> None:
    """Keep the small corpus of our own sentences as the visitor's file."""
    _take(partial(take_file, "example.csv", EXAMPLE.read_bytes(), visitor(), ours=True))


def start(model: str, column: str) -> None:
    """Begin to score the visitor's file, in the way that the page's switches say now."""
    chosen = value_of("file_result", "csv")
    ending, output = RESULTS[chosen]
    if chosen == "excel":
        output = replace(output, separator=value_of("file_separator", ","))
    reading = Reading.BOTH if value_of("file_both") else Reading(value_of("reading", "first"))
    options = replace(
        chosen_format(FORMAT),
        text_column=value_of("file_column", column),
        label_column=value_of("file_label"),
    )
    try:
        order = ScoreOrder(f"out{ending}", model, options, reading, output)
        start_scoring(upload_id(), order, visitor())
    except LstmLensError as error:
        st.session_state[TROUBLE] = str(error)


def read_again(state: FileState) -> bool:
    """Read the first rows again where the choices of format changed; whether that was begun."""
    try:
        return read_first_rows(state.upload, visitor(), chosen_format(FORMAT))
    except LstmLensError as error:
        st.session_state[TROUBLE] = str(error)
        return False


def detect_again() -> None:
    """Forget the choices of format."""
    forget_format(FORMAT)


def reopen() -> None:
    """Back from the result to the choices; the file stays."""
    leave_result(upload_id(), visitor())


def remove() -> None:
    """Remove the visitor's file and its result."""
    remove_file(upload_id(), visitor())
    st.session_state[TICKET] = ""


def draw_error() -> None:
    """What went wrong since the last look, once."""
    if trouble := st.session_state.pop(TROUBLE, ""):
        st.warning(escape_markdown(trouble))


def _take(keep: "Callable[[], str]") -> None:
    try:
        st.session_state[TICKET] = keep()
    except LstmLensError as error:
        st.session_state[TROUBLE] = str(error)
