"""A file that a visitor sends: kept and hashed once, its copy in the server's memory freed."""

from collections.abc import Sequence

import streamlit as st

from lstm_core.errors import LstmLensError
from lstm_core.tasks.uploads import Upload, find_upload, keep_upload, remove_upload
from pages.parts.common.escape import escape_markdown
from pages.parts.common.permission_gate import visitor
from pages.parts.common.streamlit_internals import UploadedFile, forget_upload


def upload_input(label: str, types: Sequence[str], key: str) -> Upload | None:
    """Draw a field for one file; None while there is none.

    Args:
        label: What the field asks for.
        types: Endings that are taken.
        key: Of the field.
    """
    ticket = st.session_state.get(_ticket(key), "")
    upload = find_upload(ticket, visitor()) if ticket else None
    if trouble := st.session_state.pop(f"{key}_trouble", ""):
        st.error(escape_markdown(trouble))
    if upload is None:
        name = f"{key}_{st.session_state.setdefault(f'{key}_count', 0)}"
        st.file_uploader(label, type=list(types), key=name, on_change=_keep, args=(key, name))
        return None
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{escape_markdown(upload.name, 120)}**, {upload.size:,} bytes")
        st.button("Take another file", key=f"{key}_other", on_click=_remove, args=(key,))
    return upload


def _keep(key: str, name: str) -> None:
    sent = st.session_state.get(name)
    if not isinstance(sent, UploadedFile):
        return
    try:
        upload = keep_upload(sent.name, sent.getbuffer(), visitor())
        st.session_state[_ticket(key)] = upload.ticket
    except LstmLensError as error:
        st.session_state[f"{key}_trouble"] = str(error)
    forget_upload(sent.file_id)
    st.session_state[f"{key}_count"] += 1


def _remove(key: str) -> None:
    remove_upload(str(st.session_state.pop(_ticket(key), "")), visitor())


def _ticket(key: str) -> str:
    return f"{key}_ticket"
