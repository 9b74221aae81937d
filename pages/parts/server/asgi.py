"""What the web server does beside Streamlit: it carries Plotly's script and gets ready in time."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from threading import Thread

from starlette.middleware import Middleware
from starlette.responses import FileResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from pages.parts.components.plotly_script import PLOTLY, PLOTLY_PATH
from pages.parts.server.downloads import closing_desk
from pages.parts.server.preload import EarlyScripts
from pages.parts.server.tcp_nodelay import enable_tcp_nodelay

KEEP = {"Cache-Control": "public, max-age=31536000, immutable"}


class PlotlyScript:
    """ASGI middleware that answers for Plotly's script.

    It stands outside Streamlit's compression, which would pack the same file anew for everybody.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or hand it on."""
        app: ASGIApp = self.app
        if scope["type"] == "http" and scope["path"].endswith(f"/{PLOTLY_PATH}"):
            app = FileResponse(PLOTLY, media_type="text/javascript", headers=KEEP)
        await app(scope, receive, send)


MIDDLEWARE = [Middleware(PlotlyScript), Middleware(EarlyScripts, chart_script=PLOTLY_PATH)]


@asynccontextmanager
async def lifespan(app: object) -> AsyncIterator[None]:
    """Import what the first page needs while the first visitor's browser still loads its own."""
    enable_tcp_nodelay()
    Thread(target=_prepare, name="get-ready", daemon=True).start()
    async with closing_desk(app):
        yield


def _prepare() -> None:
    """Read one review as the first page does."""
    from lstm_core.analysis.prediction import make_verdict
    from lstm_core.figures.live import reading_picture, strongest_words
    from pages.parts.common import examples as example_row  # noqa: F401
    from pages.parts.common import prediction_view  # noqa: F401
    from pages.parts.common.page import examples, load_default_model
    from pages.parts.common.reliability import reliability_in_use
    from pages.parts.common.token_colors import tint_line, token_scores
    from pages.parts.components import editor, live_charts  # noqa: F401

    model = load_default_model()
    trace = model.trace(examples()[0].text)
    tint_line(model)
    strongest_words(trace, scores=token_scores(model, trace).values)
    make_verdict(trace, reliability_in_use(model))
    reading_picture(trace).data()
