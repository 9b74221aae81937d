"""A visitor's file to score: found again by a ticket in the link, in this browser only."""

from collections.abc import Callable
from functools import partial

import streamlit as st

from lstm_core.errors import LstmLensError
from lstm_core.scoring.upload import (
    FileState,
    file_state,
    leave_result,
    remove_file,
    start_scoring,
    take_file,
)
from lstm_core.scoring.worker import Order
from pages.parts.common.escape import escape_markdown
from pages.parts.common.page import ASSETS
from pages.parts.common.permission_gate import visitor
from pages.parts.common.streamlit_internals import UploadedFile, forget_upload
from pages.parts.components.callbacks import value_of

TICKET = "file"  # session key and query parameter
TROUBLE = "file_trouble"
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
    result, whole = f"out.{value_of('file_result', 'csv')}", value_of("reading") == "whole"
    try:
        order = Order(result, value_of("file_column", column), whole, model)
        start_scoring(upload_id(), order, visitor())
    except LstmLensError as error:
        st.session_state[TROUBLE] = str(error)


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
