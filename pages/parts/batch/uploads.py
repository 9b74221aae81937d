"""A visitor's file: kept at the server's desk, found again by a ticket in the link."""

from functools import cache

import streamlit as st

from lstm_core.errors import LstmLensError
from lstm_core.scoring.upload import FileState
from lstm_core.scoring.upload_queue import Desk, owner_of
from lstm_core.scoring.worker import Order
from pages.parts.common.escape import escape_markdown
from pages.parts.common.page import ASSETS
from pages.parts.common.permission_gate import allowed
from pages.parts.common.streamlit_internals import (
    XSRF_COOKIE,
    UploadedFile,
    forget_upload,
    xsrf_token,
)
from pages.parts.components.callbacks import value_of

TICKET = "file"  # session key and query parameter
TROUBLE = "file_trouble"
UPLOADS = "file_uploads"  # counts them: each has an uploader of its own, empty at first
EXAMPLE = ASSETS / "corpus" / "small.csv"


@cache
def upload_queue() -> Desk:
    """The server's one desk."""
    return Desk()


def session_id() -> str:
    """Who is looking: the browser's own token, which it got from this server and no page shows.

    A ticket alone opens nothing, so a link that is passed on shows nobody's file.
    """
    return owner_of_cookie(st.context.cookies.get(XSRF_COOKIE, ""))


def owner_of_cookie(cookie: str) -> str:
    """Who sent a cookie; its value changes from answer to answer, the token in it does not."""
    return owner_of(xsrf_token(cookie).hex())


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


def file_state() -> FileState | None:
    """How the visitor's file stands; None when there is none."""
    if not (known := upload_id()):
        return None
    state = upload_queue().state(known, session_id())
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
    """Keep what was uploaded at the desk and free the server's memory of it."""
    uploaded: UploadedFile | None = st.session_state.get(uploader_key())
    if uploaded is None:
        return
    try:
        allowed().require("upload")
        st.session_state[TICKET] = upload_queue().take(
            uploaded.name, uploaded.getbuffer(), session_id()
        )
    except LstmLensError as error:
        st.session_state[TROUBLE] = str(error)
    forget_upload(uploaded.file_id)
    st.session_state[UPLOADS] = st.session_state.get(UPLOADS, 0) + 1


def take_example() -> None:
    """Keep the small corpus of our own sentences as the visitor's file."""
    try:
        st.session_state[TICKET] = upload_queue().take(
            "example.csv", EXAMPLE.read_bytes(), session_id()
        )
    except LstmLensError as error:
        st.session_state[TROUBLE] = str(error)


def start(model: str, column: str) -> None:
    """Begin to score the visitor's file, in the way that the page's switches say now."""
    result, whole = f"out.{value_of('file_result', 'csv')}", value_of("reading") == "whole"
    try:
        order = Order("", result, value_of("file_column", column), whole, model)
        upload_queue().start(upload_id(), session_id(), order)
    except LstmLensError as error:
        st.session_state[TROUBLE] = str(error)


def stop() -> None:
    """Stop scoring; the file stays."""
    upload_queue().stop(upload_id(), session_id())


def reopen() -> None:
    """Back from the result to the choices; the file stays."""
    upload_queue().reopen(upload_id(), session_id())


def remove() -> None:
    """Remove the visitor's file and its result."""
    upload_queue().remove(upload_id(), session_id())
    st.session_state[TICKET] = ""


def draw_error() -> None:
    """What went wrong since the last look, once."""
    if trouble := st.session_state.pop(TROUBLE, ""):
        st.warning(escape_markdown(trouble))
