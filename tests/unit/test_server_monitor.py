"""The server's log, health answer, metrics and bounds, without a server."""

import asyncio
import logging
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Message, Receive, Scope, Send
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from lstm_core.errors import InputError, NotAllowedError
from lstm_core.permissions import Permissions
from pages.parts.server import monitor
from pages.parts.server.handles import HANDLES_OPEN_SESSION, MOST_SESSIONS, session_bounds
from pages.parts.server.health import Health, Metrics
from pages.parts.server.logs import EventCounter, EventFormatter, event, set_up_logging
from pages.parts.server.monitor import Monitor, ServerStats, address_of
from pages.parts.server.security import embedding_origins, response_headers

SECRET = "a review that nobody else may read"


def run(work: Coroutine[Any, Any, Any]) -> Any:
    with ThreadPoolExecutor(1) as pool:  # Playwright keeps a loop in the main thread
        return pool.submit(asyncio.run, work).result()


def rerun(page: str) -> bytes:
    message = BackMsg()
    message.rerun_script.page_name = page
    message.rerun_script.query_string = f"text={SECRET}"
    return message.SerializeToString()


def finished() -> bytes:
    return ForwardMsg(script_finished=ForwardMsg.FINISHED_SUCCESSFULLY).SerializeToString()


def scope_of(kind: str, address: str = "10.0.0.1", **headers: str) -> Scope:
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return {"type": kind, "path": "/x", "client": (address, 1), "headers": raw, "method": "GET"}


async def session(app: Monitor, messages: list[bytes], scope: Scope | None = None) -> list[Message]:
    """What a browser is sent that asks with these messages."""
    sent: list[Message] = []

    async def receive() -> Message:
        if messages:
            return {"type": "websocket.receive", "bytes": messages.pop(0)}
        return {"type": "websocket.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    await app(scope or scope_of("websocket"), receive, send)
    return sent


async def answer(scope: Scope, receive: Receive, send: Send) -> None:
    """A server that answers every request."""
    while (await receive()).get("bytes"):
        await send({"type": "websocket.send", "bytes": finished()})


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is logged."""
    found: list[str] = []

    class Lines(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            found.append(EventFormatter().format(record))

    handler = Lines()
    for name in ("lstm_core", "pages"):
        logger = logging.getLogger(name)
        monkeypatch.setattr(logger, "handlers", [handler])
        monkeypatch.setattr(logger, "level", logging.INFO)
    return found


def test_updates_are_counted_and_slow_ones_logged_without_their_text(
    lines: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    stats = ServerStats()
    run(session(Monitor(answer, stats), [rerun("states"), rerun("states"), b"no message"]))
    assert (stats.updates, stats.slow, stats.sessions.total()) == (2, 0, 0)
    assert 0 < stats.p95 < 1
    monkeypatch.setattr(monitor, "SLOW_SECONDS", 0.0)
    run(session(Monitor(answer, stats), [rerun("states")]))
    assert stats.slow == 1
    assert "slow_update page=states seconds=" in lines[-1]
    assert SECRET not in "".join(lines)


def test_sessions_are_bounded_in_all_and_by_address(lines: list[str]) -> None:
    stats = ServerStats(most_sessions=3, most_per_address=2)
    stats.sessions.update({"10.0.0.1": 2})
    sent = run(session(Monitor(answer, stats), []))
    assert sent[0]["type"].endswith("http.response.start") and sent[0]["status"] == 503
    assert stats.refused == 1 and "session_refused" in lines[-1]
    assert not run(session(Monitor(answer, stats), [], scope_of("websocket", "10.0.0.2")))
    stats.sessions.update({"10.0.0.3": 1})
    assert run(session(Monitor(answer, stats), [], scope_of("websocket", "10.0.0.2")))


@pytest.mark.parametrize(
    ("address", "headers", "wanted"),
    [
        ("127.0.0.1", {"x_forwarded_for": "6.6.6.6, 10.1.1.1"}, "10.1.1.1"),
        ("127.0.0.1", {}, "127.0.0.1"),
        ("10.0.0.1", {"x_forwarded_for": "10.1.1.1"}, "10.0.0.1"),  # anybody can send a header
    ],
)
def test_the_address_is_the_proxys_word_only_on_this_machine(
    address: str, headers: dict[str, str], wanted: str
) -> None:
    assert address_of(scope_of("http", address, **headers)) == wanted


def test_a_full_disk_on_upload_is_an_answer_not_a_crash(lines: list[str]) -> None:
    async def full(scope: Scope, receive: Receive, send: Send) -> None:
        raise OSError(28, "No space left on device")

    sent = run(session(Monitor(full, ServerStats()), [], scope_of("http")))
    assert sent[0]["status"] == 507
    assert "request_failed errno=28" in lines[-1]


@pytest.mark.parametrize("handles", [64, 256, 1024, 4096])
def test_sessions_fit_the_file_handles(handles: int) -> None:
    most, kept = session_bounds(handles)
    assert 1 <= most <= MOST_SESSIONS
    assert most * HANDLES_OPEN_SESSION + kept * 3 <= max(handles - 100, 40)


def ask(route: Callable[[Request], Coroutine[Any, Any, Any]], scope: Scope) -> Any:
    return run(route(Request(scope)))


async def draws() -> bool:
    return True


def test_health_tells_what_cannot_be_done(monkeypatch: pytest.MonkeyPatch) -> None:
    async def fails() -> bool:
        return False

    async def raises() -> bool:
        raise RuntimeError(SECRET)

    scope = scope_of("http")
    assert ask(Health(draws).answer, scope).status_code == 200
    assert ask(Health(fails).answer, scope).status_code == 503
    broken = ask(Health(raises).answer, scope)
    assert broken.status_code == 503 and SECRET.encode() not in broken.body
    monkeypatch.setattr("tempfile.tempdir", "/nowhere")
    assert b"temporary" in ask(Health(draws).answer, scope).body


def test_health_is_looked_at_once_for_many_who_ask() -> None:
    looked = []

    async def counts() -> bool:
        looked.append(1)
        await asyncio.sleep(0)
        return True

    health = Health(counts)

    async def many() -> None:
        await asyncio.gather(*(health.answer(Request(scope_of("http"))) for _ in range(50)))

    run(many())
    assert len(looked) == 1


def test_metrics_are_off_and_for_this_machine_only(monkeypatch: pytest.MonkeyPatch) -> None:
    stats = ServerStats(updates=3)
    metrics = Metrics(stats, EventCounter(), lambda: {"scoring": 2})
    here = scope_of("http", "127.0.0.1")
    assert ask(metrics.answer, here).status_code == 404
    monkeypatch.setenv("LSTM_LENS_METRICS", "1")
    text = ask(metrics.answer, here).body.decode()
    assert "lstm_lens_updates_total 3\n" in text
    assert 'lstm_lens_queue_length{queue="scoring"} 2\n' in text
    assert ask(metrics.answer, scope_of("http", "10.0.0.1")).status_code == 404
    proxied = scope_of("http", "127.0.0.1", x_forwarded_for="10.0.0.1")
    assert ask(metrics.answer, proxied).status_code == 404


def test_a_thread_that_dies_is_logged(capfd: pytest.CaptureFixture[str]) -> None:
    hook, counter = threading.excepthook, EventCounter()
    try:
        set_up_logging(counter)

        def die() -> None:
            raise ValueError(SECRET)

        thread = threading.Thread(target=die, name="worker")
        thread.start()
        thread.join()
    finally:
        threading.excepthook = hook
        for name in ("lstm_core", "pages"):
            logging.getLogger(name).handlers.clear()
            logging.getLogger(name).propagate = True
    said = capfd.readouterr().err
    assert "ERROR pages.parts.server.logs thread_died thread=worker error=ValueError" in said
    assert SECRET not in said and counter.counts["thread_died"] == 1


def test_a_refusal_of_the_core_is_logged(lines: list[str]) -> None:
    with pytest.raises(NotAllowedError):
        Permissions(public=True, upload=False).require("upload")
    assert "refused action=upload" in lines[-1]


def test_a_line_stays_one_line(lines: list[str]) -> None:
    event(logging.getLogger("pages"), "event", what="two\nlines \N{ESC}[31m", empty="")
    assert len(lines[-1].splitlines()) == 1
    assert lines[-1].endswith('event what="two\\nlines \\u001b[31m" empty=""')


def test_other_sites_frame_the_app_only_where_the_setting_names_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert "frame-ancestors 'none'" in response_headers()["Content-Security-Policy"]
    assert response_headers()["X-Frame-Options"] == "DENY"
    response_headers.cache_clear()
    monkeypatch.setenv("LSTM_LENS_EMBED", "https://moodle.example.org, https://b.example:8443")
    try:
        found = response_headers()
        assert (
            "frame-ancestors https://moodle.example.org https://b.example:8443"
            in (found["Content-Security-Policy"])
        )
        assert "X-Frame-Options" not in found
    finally:
        response_headers.cache_clear()


@pytest.mark.parametrize(
    "value", ["*", "moodle.example.org", "https://a.example/x", "https://a;script-src", "data:"]
)
def test_a_setting_that_names_no_origin_is_refused(
    value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LSTM_LENS_EMBED", value)
    with pytest.raises(InputError, match="LSTM_LENS_EMBED"):
        embedding_origins()


def test_the_plain_answer_is_handed_on() -> None:
    app = Monitor(PlainTextResponse("handed on"), ServerStats())
    assert run(session(app, [], scope_of("http")))[1]["body"] == b"handed on"
