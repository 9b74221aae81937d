"""A visitor without a browser: speaks Streamlit's own messages over its WebSocket.

It opens a page, keeps what the server draws, types into the page's text and waits for the answer,
as a browser does and at a hundredth of a browser's cost::

    async with visiting("http://localhost:8501", "/live") as visitor:
        answer = await visitor.type("A fine film.")
"""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect

FINISHED = (
    ForwardMsg.FINISHED_SUCCESSFULLY,
    ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY,
)
MAX_MESSAGE = 64 * 2**20
T = TypeVar("T")


class VisitError(Exception):
    """The server did not answer as it must."""


@dataclass
class Visitor:
    """One open session.

    Attributes:
        socket: the connection.
        page: path and query of the page.
        state: widget values sent with every message, as a browser does, by widget id.
        area: id of the page's text widget.
        live: whether the text widget is the app's own editor.
        fragment: the fragment that the text widget runs.
        revision: the editor's revision.
        session: the server's name for this session.
        received: bytes received so far.
        drawn: what the last run drew.
    """

    socket: ClientConnection
    page: str
    state: dict[str, dict[str, Any]] = field(default_factory=dict)
    area: str = ""
    live: bool = True
    fragment: str = ""
    revision: int = 0
    session: str = ""
    received: int = 0
    script: str = ""
    drawn: list[ForwardMsg] = field(default_factory=list)

    async def run(self, fragment: str = "") -> list[ForwardMsg]:
        """Ask for one run of the page or of a fragment and return all that it drew."""
        message = BackMsg()
        request = message.rerun_script
        path, _, query = self.page.partition("?")
        request.query_string = query
        request.page_name = path.strip("/")
        request.page_script_hash = "" if request.page_name else self.script
        request.fragment_id = fragment
        for name, value in self.state.items():
            widget = request.widget_states.widgets.add(id=name)
            for kind, what in value.items():
                setattr(widget, kind, what)
        await self.socket.send(message.SerializeToString())
        self.drawn = await self._answer()
        return self.drawn

    async def type(self, text: str) -> list[ForwardMsg]:
        """Put a text into the page's text widget and return what the server drew for it."""
        if self.live:
            typed = {"text": text, "revision": self.revision, "cut": 0}
            self.state[self.area] = {"json_value": json.dumps({"typed": typed})}
        else:
            self.state[self.area] = {"string_value": text}
        return await self.run(self.fragment)

    async def _answer(self) -> list[ForwardMsg]:
        drawn: list[ForwardMsg] = []
        while True:
            data = await self.socket.recv(decode=False)
            self.received += len(data)
            message = ForwardMsg.FromString(data)
            drawn.append(message)
            kind = message.WhichOneof("type")
            if kind == "new_session":
                self.session = message.new_session.initialize.session_id
                self.script = message.new_session.page_script_hash
            elif kind == "delta":
                self._note(message)
            elif kind == "session_event" and message.session_event.HasField(
                "script_compilation_exception"
            ):
                raise VisitError(str(message.session_event))
            elif kind == "script_finished" and message.script_finished in FINISHED:
                return drawn

    def _note(self, message: ForwardMsg) -> None:
        element = message.delta.new_element
        kind = element.WhichOneof("type")
        if kind == "exception":
            raise VisitError(element.exception.message)
        if kind == "bidi_component" and "review_editor" in element.bidi_component.component_name:
            self.area, self.live = element.bidi_component.id, True
            self.fragment = message.delta.fragment_id
            self.revision = json.loads(element.bidi_component.json)["revision"]
        elif kind == "text_area" and not self.area:
            self.area, self.live = element.text_area.id, False
            self.fragment = message.delta.fragment_id


@asynccontextmanager
async def visiting(
    url: str, page: str = "/", tls: ssl.SSLContext | None = None
) -> AsyncIterator[Visitor]:
    """Open a page at a server until the block ends.

    Args:
        url: The server.
        page: Path and query.
        tls: What an ``https`` server's certificate is checked against.
    """
    address = url.replace("http", "ws", 1) + "/_stcore/stream"
    async with connect(
        address,
        origin=url,  # type: ignore[arg-type]
        subprotocols=["streamlit"],  # type: ignore[list-item]
        max_size=MAX_MESSAGE,
        compression=None,
        open_timeout=60,
        ssl=tls,
    ) as socket:
        visitor = Visitor(socket, page)
        await visitor.run()
        yield visitor


def finished(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end in a thread of its own: Playwright keeps a loop in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()


def holds(messages: list[ForwardMsg], text: str) -> bool:
    """Whether a text occurs anywhere in what was drawn."""
    return any(text.encode() in message.SerializeToString() for message in messages)


if __name__ == "__main__":
    import sys
    import time

    async def show() -> None:
        async with visiting(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "/") as visitor:
            print(visitor.area, visitor.fragment, visitor.session, visitor.received)
            for number in range(5):
                start, size = time.perf_counter(), visitor.received
                drawn = await visitor.type(f"A film zq{number} of great beauty.")
                print(time.perf_counter() - start, visitor.received - size, len(drawn))
                print(holds(drawn, f"zq{number}"))

    asyncio.run(show())
