"""Who is present on the server, and what it does not receive: messages, files, full disks."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from starlette.datastructures import Headers
from starlette.types import Receive, Scope, Send
from streamlit.proto.BackMsg_pb2 import BackMsg

from lstm_core.tasks.limits import ABSENT_SECONDS, MAX_RECEIVED_BYTES, MAX_UPLOAD_BYTES
from pages.parts.server import visitors
from pages.parts.server.visitors import FULL_DISK, NO_ROOM, TOO_LARGE, Presence, Visitors

PUT = "/_stcore/upload_file/session/file"


class Clock:
    """Seconds that a test moves."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def run(app: Any, scope: Scope, messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What an ASGI app sends for a connection and its messages."""
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return messages.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    with ThreadPoolExecutor(1) as pool:  # Playwright keeps a loop in the main thread
        pool.submit(asyncio.run, app(scope, receive, send)).result()
    return sent


def test_a_visitor_is_present_while_a_page_is_open_and_a_moment_longer() -> None:
    clock = Clock()
    presence = Presence(clock)
    assert presence.present("")  # the command line
    presence.came("ann")
    presence.came("ann")
    presence.went("ann")
    clock.now = 10 * ABSENT_SECONDS
    assert presence.present("ann")
    presence.went("ann")
    clock.now += ABSENT_SECONDS - 1
    assert presence.present("ann")
    clock.now += 2
    assert not presence.present("ann")
    presence.came("ann")
    assert presence.present("ann")
    assert presence.present("of before a restart")  # may come back
    clock.now += ABSENT_SECONDS + 1
    assert not presence.present("of before a restart")


@pytest.mark.parametrize("public", [True, False])
def test_the_message_that_clears_caches_is_refused_in_public_only(
    public: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LSTM_LENS_PUBLIC", "1" if public else "0")
    clear, rerun = BackMsg(), BackMsg()
    clear.clear_cache = True
    rerun.rerun_script.query_string = "a=b"
    data = [clear.SerializeToString(), b"\xff\xff", rerun.SerializeToString()]
    seen: list[bytes] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        while (message := await receive())["type"] == "websocket.receive":
            seen.append(message["bytes"])

    messages = [{"type": "websocket.receive", "bytes": one} for one in data]
    messages.append({"type": "websocket.disconnect"})
    run(Visitors(app), {"type": "websocket", "headers": [], "path": "/"}, messages)
    assert seen == (data[1:] if public else data)


def test_files_that_there_is_no_room_for_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def refusal(size: int | str) -> str | None:
        return visitors.upload_refusal(Headers({"content-length": str(size)}))

    assert refusal(MAX_UPLOAD_BYTES) is None
    assert refusal(2 * MAX_UPLOAD_BYTES) == refusal("") == refusal("-1") == TOO_LARGE
    monkeypatch.setattr(visitors, "received_bytes", lambda: MAX_RECEIVED_BYTES - 10)
    assert refusal(9) is None and refusal(11) == NO_ROOM


def test_a_full_disk_for_temporary_files_is_a_sentence() -> None:
    async def full(scope: Scope, receive: Receive, send: Send) -> None:
        raise OSError(28, "No space left on device")

    scope = {
        "type": "http",
        "method": "PUT",
        "path": PUT,
        "headers": [(b"content-length", b"10")],
    }
    start, body = run(Visitors(full), scope, [{"type": "http.disconnect"}])
    assert start["status"] == 507 and body["body"].decode() == FULL_DISK
