"""What the web server does beside Streamlit: it carries Plotly's script and gets ready in time."""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from importlib.metadata import PackageNotFoundError, version

from starlette.middleware import Middleware
from starlette.responses import FileResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from lstm_core.permissions import ACTIONS
from lstm_core.tasks.limits import SWEEP_SECONDS
from pages.parts.common.permission_gate import allowed
from pages.parts.common.streamlit_internals import (
    bound_kept_sessions,
    close_expired_sessions,
    send_fragments_whole,
)
from pages.parts.components.plotly_script import PLOTLY, PLOTLY_PATH
from pages.parts.server.downloads import ROUTES as DOWNLOADS
from pages.parts.server.handles import KEPT_SECONDS, raise_limit, session_bounds
from pages.parts.server.health import Health, Metrics
from pages.parts.server.logs import EventCounter, event, set_up_logging, watch_loop
from pages.parts.server.monitor import Monitor, ServerStats
from pages.parts.server.navigation import DropStaleFragments
from pages.parts.server.security import GUARD, response_headers
from pages.parts.server.tcp_nodelay import enable_tcp_nodelay
from pages.parts.server.visitors import PRESENCE, Visitors

LOGGER = logging.getLogger(__name__)
KEEP = {"Cache-Control": "public, max-age=31536000, immutable"}


class PlotlyScript:
    """ASGI middleware that answers for Plotly's script.

    It stands outside Streamlit's compression, which would pack the same file again for everybody.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or hand it on."""
        app: ASGIApp = self.app
        if scope["type"] == "http" and scope["path"].endswith(f"/{PLOTLY_PATH}"):
            app = FileResponse(PLOTLY, media_type="text/javascript", headers=KEEP)
        await app(scope, receive, send)


def queue_lengths() -> Mapping[str, int]:
    """Tasks that wait, by their kind."""
    from lstm_core.tasks.folder import Phase
    from lstm_core.tasks.limits import KINDS
    from lstm_core.tasks.schedule import active_entries

    waiting = [e.spec.kind for e in active_entries() if e.status.phase is Phase.QUEUED]
    return {kind: waiting.count(kind) for kind in KINDS}


STATS, HEALTH, EVENTS = ServerStats(), Health(), EventCounter()
METRICS = Metrics(STATS, EVENTS, queue_lengths)
MIDDLEWARE = [
    *GUARD,
    Middleware(Visitors),
    Middleware(DropStaleFragments),
    Middleware(Monitor, stats=STATS),
    Middleware(PlotlyScript),
]
ROUTES = [*DOWNLOADS, Route("/healthz", HEALTH.answer), Route("/metrics", METRICS.answer)]


@asynccontextmanager
async def lifespan(app: object) -> AsyncIterator[None]:
    """From the start of the server to its end: bounds, log, imports for the first visitor.

    Nothing is waited for at the end: tasks run in processes of their own.
    """
    set_up_logging(EVENTS)
    response_headers()  # a setting that is wrong ends the start, with a sentence
    handles = raise_limit()
    STATS.most_sessions, kept = session_bounds(handles)
    bound_kept_sessions(kept, KEPT_SECONDS)
    watch_loop()
    send_fragments_whole()
    enable_tcp_nodelay()
    permissions = allowed()
    event(
        LOGGER,
        "server_started",
        version=_version(),
        public=permissions.public,
        allowed=",".join(name for name in ACTIONS if getattr(permissions, name)) or "nothing",
        handles=handles,
        most_sessions=STATS.most_sessions,
    )
    work = [asyncio.create_task(_get_ready()), asyncio.create_task(_clear_up())]
    try:
        yield
    finally:
        for one in work:
            one.cancel()
        event(LOGGER, "server_stopped", updates=STATS.updates, slow=STATS.slow)


def _version() -> str:
    try:
        return version("lstm-lens")
    except PackageNotFoundError:  # a checkout that was not installed
        return "checkout"


async def _get_ready() -> None:
    try:
        await asyncio.to_thread(_prepare)
    except Exception:
        LOGGER.exception("prepare_failed")


async def _clear_up() -> None:
    """Drop abandoned tasks, old uploads, expired sessions and leftovers, every few seconds."""
    from lstm_core.tasks.schedule import sweep
    from lstm_core.tasks.uploads import expire_uploads

    def once() -> None:
        expire_uploads()
        sweep(PRESENCE.present)

    while True:
        try:
            await asyncio.to_thread(once)
            # Streamlit closes a session whose time is over only when another one comes.
            close_expired_sessions()
        except Exception:
            LOGGER.exception("clear_up_failed")
        await asyncio.sleep(SWEEP_SECONDS)


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
