"""The one module that uses what Streamlit does not document. Written for Streamlit 1.67.0.

`tests/unit/test_streamlit_internals.py` fails at another version: read the changes of the parts
named here, adapt, and set `WRITTEN_FOR`.
"""

import base64
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

import streamlit as st
from streamlit import runtime
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.forward_msg_cache import create_reference_msg
from streamlit.runtime.memory_session_storage import MemorySessionStorage
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.pages_manager import PagesManager
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.scriptrunner_utils import script_run_context
from streamlit.runtime.uploaded_file_manager import UploadedFile as UploadedFile
from streamlit.web.server.starlette.starlette_app_utils import decode_xsrf_token_string

WRITTEN_FOR = "1.67.0"
XSRF_COOKIE = "_streamlit_xsrf"
HANDLES_PER_SESSION = 3  # of a visitor who left: the event loop of his scripts
SMALL_MESSAGE = 256  # bytes; the message that a run has ended has about 10
START_PAGE = Path(st.__file__).parent / "static" / "index.html"
_INLINE_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)
_FINISHED = (
    ForwardMsg.FINISHED_SUCCESSFULLY,
    ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY,
)


def inline_script_hashes() -> list[str]:
    """Base64 sha256 of every inline script of Streamlit's start page, for a content policy."""
    scripts = _INLINE_SCRIPT.findall(START_PAGE.read_text(encoding="utf-8"))
    return [base64.b64encode(hashlib.sha256(s.encode()).digest()).decode() for s in scripts]


def xsrf_token(cookie: str) -> bytes:
    """The token in the cookie that Streamlit gives every browser; empty for another value."""
    token, _ = decode_xsrf_token_string(cookie)
    return token or b""


def forget_upload(file_id: str) -> None:
    """Free the memory of an uploaded file, which Streamlit keeps until the session ends."""
    context = get_script_run_ctx()
    if context is not None and isinstance(context.uploaded_file_mgr, MemoryUploadedFileManager):
        context.uploaded_file_mgr.remove_file(session_id=context.session_id, file_id=file_id)


def goes_through_history() -> bool:
    """Whether this run follows from the browser's Back or Forward."""
    context = get_script_run_ctx()
    return context is not None and context.is_history_navigation


def leave_pages_directory() -> bool:
    """Whether Streamlit served this page from the folder; from now on it does not."""
    found = bool(PagesManager.uses_pages_directory)
    PagesManager.uses_pages_directory = False
    return found


def bound_kept_sessions(most: int, seconds: int) -> None:
    """Keep at most so many sessions of visitors who left, for the case that they come back.

    Args:
        most: Sessions; each holds `HANDLES_PER_SESSION` file handles.
        seconds: After which a session is closed.
    """
    manager = runtime.get_instance()._session_mgr
    storage = MemorySessionStorage(maxsize=most, ttl_seconds=seconds)
    manager._session_storage = storage  # type: ignore[attr-defined]


def close_expired_sessions() -> int:
    """Close the kept sessions whose time is over; how many are left."""
    # Listing them is what makes Streamlit's store drop the expired ones.
    return len(runtime.get_instance()._session_mgr._session_storage.list())  # type: ignore[attr-defined]


def send_fragments_whole() -> None:
    """When a page is run, send the elements of its fragments and no references to earlier ones.

    A fragment that runs again before these have reached the browser replaces them: Streamlit takes
    them from its queue, but not the references, which name no fragment. The browser then gets the
    fifth element before the fourth and fails ("Bad delta path index"), with an empty page.
    """

    def create(msg: ForwardMsg) -> ForwardMsg:
        context = get_script_run_ctx()
        whole_page = context is not None and not context.fragment_ids_this_run
        return msg if whole_page and msg.delta.fragment_id else create_reference_msg(msg)

    script_run_context.create_reference_msg = create  # type: ignore[attr-defined]


async def page_renders() -> bool:
    """Whether the first page can be drawn: one run in a session of its own."""
    ok, _ = await runtime.get_instance().does_script_run_without_error()
    return bool(ok)


@dataclass(frozen=True, slots=True)
class ScriptRunRequest:
    """A run that a browser asks for: hash of the page and id of the fragment, empty for a page."""

    page: str
    fragment: str


def run_request(data: bytes) -> ScriptRunRequest | None:
    """The run that a browser's message asks for; None when it asks for something else."""
    message = BackMsg()
    try:
        message.ParseFromString(data)
    except Exception:  # the protobuf library's own error; Streamlit answers it
        return None
    if message.WhichOneof("type") != "rerun_script":
        return None
    return ScriptRunRequest(message.rerun_script.page_script_hash, message.rerun_script.fragment_id)


def asks_for_run(data: bytes) -> bool:
    """Whether a browser's message asks for a run of the page or of a fragment."""
    return run_request(data) is not None


def page_of(data: bytes) -> str:
    """The page that a browser's message asks for, without its query."""
    message = BackMsg()
    message.ParseFromString(data)
    return str(message.rerun_script.page_name) or "first"


def ends_run(data: bytes) -> bool:
    """Whether a message to the browser says that a run has ended."""
    if len(data) > SMALL_MESSAGE:
        return False
    message = ForwardMsg()
    message.ParseFromString(data)
    finished = str(message.WhichOneof("type")) == "script_finished"
    return finished and message.script_finished in _FINISHED


def asks_to_clear_caches(data: bytes) -> bool:
    """Whether a browser's message asks to clear the caches of all visitors."""
    message = BackMsg()
    try:
        message.ParseFromString(data)
    except Exception:  # the protobuf library's own error; Streamlit answers it
        return False
    return str(message.WhichOneof("type")) == "clear_cache"


def received_bytes() -> int:
    """Bytes of the uploaded files that Streamlit holds in memory, of all sessions."""
    if not runtime.exists():
        return 0
    manager = runtime.get_instance().uploaded_file_mgr
    if not isinstance(manager, MemoryUploadedFileManager):
        return 0
    sessions = list(manager.file_storage.values())
    return sum(len(file.data) for files in sessions for file in list(files.values()))
