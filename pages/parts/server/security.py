"""The guard in front of the server: who may connect, what may be sent, what a browser may do.

It wraps Streamlit's own web server (``App(..., middleware=GUARD)`` in ``app.py``):

- Requests under a foreign host name are refused while the server is private (a page elsewhere could
  otherwise reach it through a name that it controls), and WebSockets that another page opens
  always. Streamlit would ask a server on the internet for this machine's address first.
- Uploads are refused where uploading is switched off, whatever the page shows.
- Every answer tells the browser to fetch, frame and send nothing elsewhere.
"""

import ipaddress
import logging
import os
import re
from functools import cache
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lstm_core.errors import InputError
from pages.parts.common.permission_gate import allowed
from pages.parts.common.streamlit_internals import inline_script_hashes
from pages.parts.server.logs import event

FOREIGN_HOST = (
    "This server answers its own machine only. To serve others, start it with "
    "make run PUBLIC=1 (see the README).\n"
)
OWNER_ONLY = "Streamlit's own numbers are not for visitors. See /metrics in docs/serving.md.\n"
EMBED = "LSTM_LENS_EMBED"
LOGGER = logging.getLogger(__name__)
_ORIGIN = re.compile(r"https?://[A-Za-z0-9.-]+(:\d{1,5})?")
FOREIGN_ORIGIN = "Another site's page may not connect to this server.\n"


class Guard:
    """ASGI middleware that refuses what is not allowed and sets the headers of what is."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or hand it on."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        refused = refusal(
            scope["type"], scope.get("method", ""), scope["path"], Headers(scope=scope)
        )

        async def send_guarded(message: Message) -> None:
            if message["type"] in ("http.response.start", "websocket.http.response.start"):
                MutableHeaders(scope=message).update(response_headers())
            await send(message)

        if refused is None:
            await self.app(scope, receive, send_guarded)
        else:
            event(LOGGER, "request_refused", logging.WARNING, kind=scope["type"])
            await PlainTextResponse(refused, status_code=403)(scope, receive, send_guarded)


GUARD = [Middleware(Guard)]


def refusal(kind: str, method: str, path: str, headers: Headers) -> str | None:
    """Return the sentence with which a request is refused, or None if it may pass.

    Args:
        kind: "http" or "websocket".
        method: the HTTP method; empty for a WebSocket.
        path: the path asked for.
        headers: the request's headers.
    """
    visitor = allowed()
    host = headers.get("host", "")
    if not visitor.public and not _names_this_machine(host):
        return FOREIGN_HOST
    origin = headers.get("origin")
    if kind == "websocket" and origin is not None and _place(origin) != host.lower():
        return FOREIGN_ORIGIN
    if visitor.public and path.endswith("/_stcore/metrics"):
        return OWNER_ONLY
    if method == "PUT" and "/_stcore/upload_file/" in path:
        sentence = visitor.refusal("upload")
        return sentence and f"{sentence}\n"
    return None


def embedding_origins() -> tuple[str, ...]:
    """Sites whose pages may show the app in a frame: ``LSTM_LENS_EMBED``, apart by commas.

    Raises:
        InputError: An entry is no origin such as ``https://moodle.example.org``.
    """
    given = os.environ.get(EMBED, "").replace(",", " ").split()
    for origin in given:
        if not _ORIGIN.fullmatch(origin):
            raise InputError(
                f"{EMBED} names {origin[:100]!r}. Give origins such as "
                "https://moodle.example.org, apart by commas: scheme, host and perhaps a port, "
                "nothing behind it."
            )
    return tuple(given)


@cache
def response_headers() -> dict[str, str]:
    """Headers of every answer.

    The content policy lets Streamlit live: its styles are inline, its components are scripts from
    blob addresses, its maps of icons and figures are data addresses. Of inline scripts only those
    of Streamlit's own start page run, known by their hash.
    """
    hashes = " ".join(f"'sha256-{value}'" for value in inline_script_hashes())
    policy = {
        "default-src": "'self'",
        "script-src": f"'self' blob: 'wasm-unsafe-eval' {hashes}",
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data: blob:",
        "font-src": "'self' data:",
        "media-src": "'self' data: blob:",
        "connect-src": "'self'",
        "worker-src": "'self' blob:",
        "frame-src": "'self'",
        "object-src": "'none'",
        "base-uri": "'self'",
        "form-action": "'self'",
        "frame-ancestors": " ".join(embedding_origins()) or "'none'",
    }
    frames = {} if embedding_origins() else {"X-Frame-Options": "DENY"}
    return {
        **frames,
        "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
        "X-Content-Type-Options": "nosniff",
        # A review stands in the address: no other site is told it.
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    }


def _place(origin: str) -> str:
    """Host and port of an origin; nothing for one that cannot be read ("null")."""
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return ""


def _names_this_machine(host: str) -> bool:
    try:
        name = urlsplit(f"//{host}").hostname or ""
        return name == "localhost" or ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
