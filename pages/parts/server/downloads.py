"""The result of a visitor's file as a download that is read from the disk, piece by piece.

Streamlit's own download button holds all bytes in the server's memory. This is a route of the web
server beside Streamlit's own (see ``app.py``), open only to the browser that brought the file.
"""

from html import escape
from typing import TYPE_CHECKING
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route

from pages.parts.common.streamlit_internals import XSRF_COOKIE

if TYPE_CHECKING:
    from lstm_core.scoring.upload import FileState

PATH = "file-result"
MEDIA = {
    "csv": "text/csv",
    "jsonl": "application/x-ndjson",
    "parquet": "application/vnd.apache.parquet",
}
GONE = (
    "This result is not here: files are removed after an hour, and shown only in the browser that "
    "brought them. Give the file again."
)


def result_link(ticket: str, label: str) -> str:
    """A link, as HTML, that downloads the result of a file."""
    # Without a slash in front: the server may stand behind another path.
    return f'<a class="lens-download" href="{PATH}/{quote(ticket)}" download>{escape(label)}</a>'


def send_result(request: Request) -> Response:
    """Answer with the file, or with a sentence."""
    # Imported by the first who asks: the server starts without numpy, and so sooner.
    from lstm_core.permissions import Visitor
    from lstm_core.scoring.upload import Stage, file_state
    from pages.parts.common.permission_gate import allowed, visitor_id

    owner = visitor_id(request.cookies.get(XSRF_COOKIE, ""))
    state = file_state(request.path_params["ticket"], Visitor(owner, allowed()))
    if state is None or state.stage is not Stage.DONE or state.result is None:
        return PlainTextResponse(GONE, 404)
    kind = state.result.suffix[1:]
    headers = {"Cache-Control": "no-store"}
    return FileResponse(
        state.result, media_type=MEDIA[kind], filename=result_name(state), headers=headers
    )


def result_name(state: "FileState") -> str:
    """How the downloaded file is called."""
    stem = state.name.rpartition(".")[0] or "reviews"
    kind = state.result.suffix if state.result is not None else ""
    return f"{stem}-scored{kind}"


ROUTES = [Route(f"/{PATH}/{{ticket}}", send_result)]
