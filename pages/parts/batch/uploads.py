"""A visitor's file: kept at the server's desk, found again by a ticket in the link."""

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

import streamlit as st
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.web.server.starlette.starlette_app_utils import decode_xsrf_token_string

from lstm_core.errors import LstmLensError
from lstm_core.scoring import Output, Reading
from lstm_core.scoring.upload import FileState
from lstm_core.scoring.upload_queue import Desk, owner_of
from lstm_core.scoring.worker import Order
from pages.parts.common.escape import plain
from pages.parts.common.page import ASSETS
from pages.parts.common.permission_gate import allowed
from pages.parts.common.table_format import chosen_format

if TYPE_CHECKING:
    from streamlit.runtime.uploaded_file_manager import UploadedFile

COOKIE = "_streamlit_xsrf"
TICKET = "file"  # session key and query parameter
TROUBLE = "file_trouble"
RESULTS = {  # by key: the ending of the result and its form
    "csv": (".csv", Output()),
    "excel": (".csv", Output(excel=True)),
    "jsonl": (".jsonl", Output()),
    "parquet": (".parquet", Output()),
}
UPLOADS = "file_uploads"  # counts them: each has an uploader of its own, empty at first
EXAMPLE = ASSETS / "corpus" / "small.csv"


@cache
def desk() -> Desk:
    """The server's one desk."""
    return Desk()


def owner() -> str:
    """Who is looking: the browser's own token, which it got from this server and no page shows.

    A ticket alone opens nothing, so a link that is passed on shows nobody's file.
    """
    return owner_of_cookie(st.context.cookies.get(COOKIE, ""))


def owner_of_cookie(cookie: str) -> str:
    """Who sent a cookie; its value changes from answer to answer, the token in it does not."""
    token, _ = decode_xsrf_token_string(cookie)
    return owner_of((token or b"").hex())


def ticket() -> str:
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
    if not (known := ticket()):
        return None
    state = desk().state(known, owner())
    if state is None:
        st.session_state[TICKET] = ""
        st.session_state[TROUBLE] = (
            "The file of this link is not here: files are removed after an hour, and shown only "
            "in the browser that brought them."
        )
        ticket()
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
        st.session_state[TICKET] = desk().take(uploaded.name, uploaded.getbuffer(), owner())
    except LstmLensError as error:
        st.session_state[TROUBLE] = str(error)
    _forget(uploaded.file_id)
    st.session_state[UPLOADS] += 1


def take_example() -> None:
    """Keep the small corpus of our own sentences as the visitor's file."""
    try:
        st.session_state[TICKET] = desk().take("example.csv", EXAMPLE.read_bytes(), owner())
    except LstmLensError as error:
        st.session_state[TROUBLE] = str(error)


def start(model: str) -> None:
    """Begin to score the visitor's file, in the way that the page's switches say now."""
    chosen = st.session_state
    ending, output = RESULTS[chosen["file_result"]]
    if chosen["file_result"] == "excel":
        output = replace(output, separator=chosen["file_separator"])
    reading = Reading.BOTH if chosen.get("file_both") else Reading(chosen["reading"])
    options = replace(chosen_format("file_table"), text_column=str(chosen["file_column"]))
    try:
        order = Order("", "", f"out{ending}", model, options, reading, output)
        desk().start(ticket(), owner(), order)
    except LstmLensError as error:
        st.session_state[TROUBLE] = str(error)


def read_again(state: FileState) -> FileState:
    """The file as its choices of format say now; its head is read again where they changed."""
    options = chosen_format("file_table")
    if state.order is None or replace(state.order.options, text_column=None) == options:
        return state
    desk().preview(ticket(), owner(), options)
    return file_state() or state


def stop() -> None:
    """Stop scoring; the file stays."""
    desk().stop(ticket(), owner())


def reopen() -> None:
    """Back from the result to the choices; the file stays."""
    desk().reopen(ticket(), owner())


def remove() -> None:
    """Remove the visitor's file and its result."""
    desk().remove(ticket(), owner())
    st.session_state[TICKET] = ""


def draw_trouble() -> None:
    """What went wrong since the last look, once."""
    if trouble := st.session_state.pop(TROUBLE, ""):
        st.warning(plain(trouble))


def _forget(file_id: str) -> None:
    """Streamlit keeps an upload in memory until the session ends; the desk has it on disk."""
    context = get_script_run_ctx()
    if context is not None and isinstance(context.uploaded_file_mgr, MemoryUploadedFileManager):
        context.uploaded_file_mgr.remove_file(session_id=context.session_id, file_id=file_id)
