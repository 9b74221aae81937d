"""How the server does: open sessions, updates and their time, refusals; bounds on sessions.

`Monitor` wraps the app and looks at what passes: the messages by which a browser asks for a run,
and those by which the server says that it has ended. It refuses connections beyond the bounds.
"""

import logging
import time
from collections import Counter, deque
from dataclasses import dataclass, field

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pages.parts.common.streamlit_internals import asks_for_run, ends_run, page_of
from pages.parts.server.logs import event

LOGGER = logging.getLogger(__name__)
SLOW_SECONDS = 2.0  # an update that takes longer is logged
REMEMBERED = 1_000  # updates of which the percentile is taken
TOO_MANY = "This server has no room for another page at the moment. Try again in a minute.\n"
NO_ROOM = "The server has no room for this file at the moment. Tell whoever runs it.\n"


@dataclass
class ServerStats:
    """What the monitor has seen since the start.

    Attributes:
        most_sessions: Sessions that may be open at once.
        most_per_address: Of them from one address.
        sessions: Open ones, by address.
        updates: Runs of pages and fragments that ended.
        seconds: How long the last of them took, from the request to its end.
        slow: Those that took longer than `SLOW_SECONDS`.
        refused: Connections beyond the bounds.
    """

    most_sessions: int = 200
    most_per_address: int = 120
    sessions: Counter[str] = field(default_factory=Counter)
    updates: int = 0
    seconds: deque[float] = field(default_factory=lambda: deque(maxlen=REMEMBERED))
    slow: int = 0
    refused: int = 0
    started: float = field(default_factory=time.monotonic)

    @property
    def p95(self) -> float:
        """95th percentile of the last updates in seconds; 0 before the first."""
        ranked = sorted(self.seconds)
        return ranked[min(int(0.95 * len(ranked)), len(ranked) - 1)] if ranked else 0.0

    def admits(self, address: str) -> bool:
        """Whether one more session may open."""
        free = self.sessions.total() < self.most_sessions
        return free and self.sessions[address] < self.most_per_address


class Monitor:
    """ASGI middleware that counts, bounds and logs.

    Args:
        app: What answers.
        stats: Where it counts.
    """

    def __init__(self, app: ASGIApp, stats: ServerStats) -> None:
        self.app = app
        self.stats = stats

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or hand it on."""
        if scope["type"] == "websocket":
            await self._session(scope, receive, send)
        elif scope["type"] == "http":
            await self._request(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def _session(self, scope: Scope, receive: Receive, send: Send) -> None:
        address = address_of(scope)
        if not self.stats.admits(address):
            self.stats.refused += 1
            event(LOGGER, "session_refused", logging.WARNING, open=self.stats.sessions.total())
            await PlainTextResponse(TOO_MANY, 503)(scope, receive, send)
            return
        self.stats.sessions[address] += 1
        asked: list[tuple[float, bytes]] = []  # the run that is waited for: when, and how asked

        async def receive_noted() -> Message:
            message = await receive()
            data = message.get("bytes")
            if data and not asked and asks_for_run(data):
                asked.append((time.perf_counter(), data))
            return message

        async def send_noted(message: Message) -> None:
            await send(message)
            data = message.get("bytes")
            if data and asked and ends_run(data):
                self._note(*asked.pop())

        try:
            await self.app(scope, receive_noted, send_noted)
        finally:
            self.stats.sessions[address] -= 1
            self.stats.sessions += Counter()  # drops addresses without a session

    def _note(self, begun: float, request: bytes) -> None:
        seconds = time.perf_counter() - begun
        self.stats.updates += 1
        self.stats.seconds.append(seconds)
        if seconds > SLOW_SECONDS:
            self.stats.slow += 1
            took = f"{seconds:.2f}"
            event(LOGGER, "slow_update", logging.WARNING, page=page_of(request), seconds=took)

    async def _request(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def send_noted(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self.app(scope, receive, send_noted)
        except OSError as error:  # a full disk for temporary files, no free file handle
            event(LOGGER, "request_failed", logging.ERROR, errno=error.errno or 0)
            if begun:
                raise
            await PlainTextResponse(NO_ROOM, 507)(scope, receive, send)


def address_of(scope: Scope) -> str:
    """Whose connection it is: behind a proxy on this machine the address that this one names."""
    client = scope.get("client")
    address = str(client[0]) if client else "local"
    if address in ("127.0.0.1", "::1", "local"):
        forwarded = Headers(scope=scope).get("x-forwarded-for", "")
        return forwarded.rpartition(",")[2].strip()[:64] or address
    return address
