"""Visitors of the web server: who has a page open, what their messages may ask, what they send.

- A visitor with an open WebSocket is present; the queue of tasks drops what nobody waits for.
- In public the message that clears all caches is refused: it would be one visitor's for all.
- Uploads that the server's memory or its disk has no room for are refused with a sentence.
"""

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable

from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lstm_core.tasks.limits import ABSENT_SECONDS, MAX_RECEIVED_BYTES, MAX_UPLOAD_BYTES
from pages.parts.common.permission_gate import allowed, visitor_id
from pages.parts.common.streamlit_internals import XSRF_COOKIE, asks_to_clear_caches, received_bytes

UPLOAD_PATH = "/_stcore/upload_file/"
MULTIPART_BYTES = 4_096  # around the file itself
TOO_LARGE = f"The file is too large: up to {MAX_UPLOAD_BYTES // 2**20} MiB are taken.\n"
NO_ROOM = "This server is receiving too many files just now. Try again in a minute.\n"
FULL_DISK = (
    "The file cannot be received: the disk for temporary files is full. Tell whoever runs this "
    "server, or try again later.\n"
)
log = logging.getLogger(__name__)


class Presence:
    """Which visitors have a page open. Any number of threads may use it.

    Args:
        clock: Seconds that only go forward.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._open: Counter[str] = Counter()
        self._left: dict[str, float] = {}
        self._lock = threading.Lock()

    def came(self, visitor: str) -> None:
        """Note a page that was opened."""
        with self._lock:
            self._open[visitor] += 1
            self._left.pop(visitor, None)

    def went(self, visitor: str) -> None:
        """Note a page that was closed."""
        with self._lock:
            self._open[visitor] -= 1
            if self._open[visitor] <= 0:
                del self._open[visitor]
                self._left[visitor] = self._clock()

    def present(self, visitor: str) -> bool:
        """Whether a visitor has a page open, had one a moment ago, or is the command line."""
        if not visitor:
            return True
        with self._lock:
            now = self._clock()
            for known in [one for one, at in self._left.items() if now - at > 2 * ABSENT_SECONDS]:
                del self._left[known]
            if visitor in self._open:
                return True
            # A visitor of another server, or of this one before a restart: may still come back.
            return now - self._left.setdefault(visitor, now) < ABSENT_SECONDS


PRESENCE = Presence()


class Visitors:
    """ASGI middleware: notes who is present, and refuses messages and files as the module says."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or hand it on."""
        if scope["type"] == "websocket":
            await self._follow(scope, receive, send)
        elif scope["type"] == "http" and scope["method"] == "PUT" and UPLOAD_PATH in scope["path"]:
            await self._receive_file(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def _follow(self, scope: Scope, receive: Receive, send: Send) -> None:
        cookies = cookie_parser(Headers(scope=scope).get("cookie", ""))
        visitor = visitor_id(cookies.get(XSRF_COOKIE, ""))

        async def receive_allowed() -> Message:
            while True:
                message = await receive()
                data = message.get("bytes")
                if not data or not asks_to_clear_caches(data) or not allowed().public:
                    return message
                log.warning("message_refused", extra={"fields": {"message": "clear_cache"}})

        PRESENCE.came(visitor)
        try:
            await self.app(scope, receive_allowed, send)
        finally:
            PRESENCE.went(visitor)

    async def _receive_file(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def send_noted(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        if sentence := upload_refusal(Headers(scope=scope)):
            log.warning("upload_refused", extra={"fields": {"held": received_bytes()}})
            await PlainTextResponse(sentence, 413)(scope, receive, send)
            return
        try:
            await self.app(scope, receive, send_noted)
        except OSError as error:
            if started:
                raise
            log.error("upload_failed", extra={"fields": {"error": type(error).__name__}})
            await PlainTextResponse(FULL_DISK, 507)(scope, receive, send)


def upload_refusal(headers: Headers) -> str | None:
    """Why a file is not received, or None if it may be sent."""
    size = headers.get("content-length", "")
    if not size.isdecimal() or int(size) > MAX_UPLOAD_BYTES + MULTIPART_BYTES:
        return TOO_LARGE
    if received_bytes() + int(size) > MAX_RECEIVED_BYTES:
        return NO_ROOM
    return None
