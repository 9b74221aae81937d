"""What the web server does beside Streamlit: it carries Plotly's script and gets ready in time."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from threading import Thread

import plotly
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.responses import FileResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pages.parts.file_route import closing_desk

PLOTLY = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
# The version in the name: a browser keeps the file for good and asks for another after an update.
PLOTLY_PATH = f"lens/plotly-{plotly.__version__}.min.js"
# Pages that begin with a chart: the browser fetches the script while it still loads the app's own.
CHARTED = ("/states",)
EARLY = f"<{PLOTLY_PATH}>; rel=preload; as=script"
KEEP = {"Cache-Control": "public, max-age=31536000, immutable"}


class PlotlyScript:
    """ASGI middleware that answers for Plotly's script.

    It stands outside Streamlit's compression, which would pack the same 5 MB anew for everybody.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or hand it on."""
        app: ASGIApp = self.app
        path = scope["path"] if scope["type"] == "http" else ""
        if path.endswith(f"/{PLOTLY_PATH}"):
            app = FileResponse(PLOTLY, media_type="text/javascript", headers=KEEP)

        async def send_with_link(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["Link"] = EARLY
            await send(message)

        await app(scope, receive, send_with_link if path.endswith(CHARTED) else send)


CARRIED = [Middleware(PlotlyScript)]


@asynccontextmanager
async def at_work(app: object) -> AsyncIterator[None]:
    """Import what the first page needs while the first visitor's browser still loads its own."""
    Thread(target=_prepare, name="get-ready", daemon=True).start()
    async with closing_desk(app):
        yield


def _prepare() -> None:
    """Read one review as the first page does."""
    from lstm_core.figures.reading import reading_picture, strongest_words
    from lstm_core.verdict import judge
    from pages.parts import editor, examples_row, live_pictures, verdict_view  # noqa: F401
    from pages.parts.shared import examples, load_shipped
    from pages.parts.tint import tint_line, tint_of

    model = load_shipped()
    trace = model.trace(examples()[0].text)
    tint_line(model)
    strongest_words(trace, scores=tint_of(model, trace).values)
    judge(trace)
    reading_picture(trace).data()
