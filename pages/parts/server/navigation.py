"""Requests of a page that was just left: they are dropped before Streamlit would clear the page.

A browser sends a widget's new value a moment after the input. When a click on another page
overtakes it, the request still names the page that was left and one of its fragments. Streamlit
1.67 runs no fragment then, but announces a run of the page that was left, and the browser clears
the new page.
"""

from dataclasses import dataclass

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pages.parts.common.streamlit_internals import ends_run, run_request


@dataclass
class Navigation:
    """The page that one browser asks for.

    Attributes:
        page: Hash of the page of the last request, empty where the request named none.
        under_way: Whether its first run has not ended. Afterwards Streamlit itself ignores
            requests of fragments that are gone.
    """

    page: str = ""
    under_way: bool = False

    def is_stale(self, data: bytes) -> bool:
        """Note a browser's message; whether it asks for a fragment of the page that was left."""
        request = run_request(data)
        if request is None:
            return False
        other = request.page != self.page
        if request.fragment and self.under_way:
            return other
        self.under_way = other and not request.fragment
        self.page = request.page
        return False

    def sent(self, data: bytes) -> None:
        """Note a message to the browser."""
        if self.under_way and ends_run(data):
            self.under_way = False


class DropStaleFragments:
    """ASGI middleware that keeps requests of a page that was left from Streamlit."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand a request on; of a session all messages but the stale ones."""
        if scope["type"] != "websocket":
            await self.app(scope, receive, send)
            return
        navigation = Navigation()

        async def receive_current() -> Message:
            message = await receive()
            while (data := message.get("bytes")) and navigation.is_stale(data):
                message = await receive()
            return message

        async def send_noted(message: Message) -> None:
            await send(message)
            navigation.sent(message.get("bytes") or b"")

        await self.app(scope, receive_current, send_noted)
