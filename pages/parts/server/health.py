"""``/healthz`` says whether a visitor would be served; ``/metrics`` how the server does.

``/healthz`` opens a file, writes a temporary one and draws the first page. The answer is kept for
some seconds, so that asking for it costs the server little.
``/metrics`` is off unless ``LSTM_LENS_METRICS=1``, and answers this machine only.
"""

import asyncio
import os
import tempfile
import time
from collections.abc import Callable, Mapping

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from lstm_core.paths import SHIPPED_MODEL
from pages.parts.common.streamlit_internals import page_renders
from pages.parts.server.handles import open_handles
from pages.parts.server.logs import EventCounter
from pages.parts.server.monitor import ServerStats

METRICS = "LSTM_LENS_METRICS"
KEPT_SECONDS = 5.0
NO_STORE = {"Cache-Control": "no-store"}
FORWARDED = ("x-forwarded-for", "x-real-ip", "forwarded")


class Health:
    """Finds out at most every few seconds whether the server serves.

    Args:
        renders: Draws the first page and says whether that went well.
    """

    def __init__(self, renders: Callable[[], "asyncio.Future[bool]"] | None = None) -> None:
        self._renders = renders or page_renders
        self._lock: asyncio.Lock | None = None
        self._until = 0.0
        self._trouble = ""

    async def answer(self, request: Request) -> Response:
        """200 and "ok", or 503 and what cannot be done."""
        del request
        self._lock = self._lock or asyncio.Lock()
        async with self._lock:
            if time.monotonic() >= self._until:
                self._trouble = await self._look()
                self._until = time.monotonic() + KEPT_SECONDS
        trouble = self._trouble
        return PlainTextResponse(trouble or "ok", 503 if trouble else 200, headers=NO_STORE)

    async def _look(self) -> str:
        try:
            (SHIPPED_MODEL / "card.json").read_bytes()
        except OSError as error:
            return f"no file can be opened ({error.strerror})"
        try:
            with tempfile.TemporaryFile() as file:
                file.write(bytes(4_096))
                file.flush()
        except OSError as error:
            return f"no temporary file can be written ({error.strerror})"
        try:
            return "" if await self._renders() else "the first page cannot be drawn"
        except Exception as error:  # whatever it was, nobody is served
            return f"the first page cannot be drawn ({type(error).__name__})"


class Metrics:
    """The server's numbers in the text form that Prometheus reads.

    Args:
        stats: What the monitor counts.
        events: What was logged.
        queues: Length of each queue, by its name.
    """

    def __init__(
        self,
        stats: ServerStats,
        events: EventCounter,
        queues: Callable[[], Mapping[str, int]] = dict,
    ) -> None:
        self._stats, self._events, self._queues = stats, events, queues

    async def answer(self, request: Request) -> Response:
        """The numbers; 404 when they are switched off or another machine asks."""
        if os.environ.get(METRICS) != "1" or not _asked_here(request):
            return PlainTextResponse("Not Found", 404)
        queues = await asyncio.to_thread(self._queues)
        return PlainTextResponse(self.text(queues), headers=NO_STORE)

    def text(self, queues: Mapping[str, int]) -> str:
        """One line per number."""
        stats = self._stats
        numbers: dict[str, float] = {
            "uptime_seconds": round(time.monotonic() - stats.started, 1),
            "sessions": stats.sessions.total(),
            "updates_total": stats.updates,
            "update_p95_seconds": round(stats.p95, 4),
            "slow_updates_total": stats.slow,
            "sessions_refused_total": stats.refused,
            "open_files": open_handles(),
        }
        lines = [f"lstm_lens_{name} {value}" for name, value in numbers.items()]
        lines += [f'lstm_lens_queue_length{{queue="{k}"}} {n}' for k, n in queues.items()]
        lines += [
            f'lstm_lens_events_total{{event="{name}"}} {count}'
            for name, count in sorted(self._events.counts.items())
        ]
        return "\n".join(lines) + "\n"


def _asked_here(request: Request) -> bool:
    """Whether this machine asks for itself, not a proxy on it for another one."""
    client = request.client.host if request.client else "127.0.0.1"
    headers: Headers = request.headers
    return client in ("127.0.0.1", "::1") and not any(name in headers for name in FORWARDED)
