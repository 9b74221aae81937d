"""Bounded attacks on a running server: many page loads, many sessions, a restart, the clock.

All of them stay on this machine and end by themselves.
"""

import asyncio
import json
import os
import signal
import socket
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from tests.support.server import Server, serving
from tests.support.visitor import finished, holds, visiting

SECRET = "zqsecretword"
VIEWS = (
    "/",
    "/states",
    "/explanations?ask=methods",
    "/units?show=Dossiers",
    "/units?show=Pattern",
    "/units?show=Saturation",
    "/train",
    "/lesson",
)
HANDLES = 256


def get(url: str, timeout: float = 60) -> tuple[int, str]:
    """Status and text of an address."""
    try:
        with urllib.request.urlopen(url, timeout=timeout) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def handles_of(server: Server) -> int:
    return len(list(Path(f"/proc/{server.process.pid}/fd").iterdir()))


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("log") / "server.log"


@pytest.fixture(scope="module")
def server(log: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    home = tmp_path_factory.mktemp("home")
    with serving(
        "app.py", log=log, handles=HANDLES, LSTM_LENS_HOME=str(home), LSTM_LENS_METRICS="1"
    ) as found:
        yield found


async def load(url: str, pages: tuple[str, ...]) -> None:
    for page in pages:
        async with visiting(url, page):
            pass


def test_many_page_loads_fit_into_few_file_handles(server: Server) -> None:
    """Each left a session of three handles for two minutes: 70 loads were the end."""
    finished(load(server.url, VIEWS * 11))
    assert handles_of(server) < HANDLES - 60
    assert get(f"{server.url}/healthz") == (200, "ok")


def test_sessions_beyond_the_bound_are_refused_and_the_others_served(server: Server) -> None:
    async def crowd() -> tuple[int, int]:
        async with asyncio.timeout(300):
            refused = 0
            stack = []
            for _ in range(60):
                one = visiting(server.url, "/lesson")
                try:
                    stack.append((one, await one.__aenter__()))
                except InvalidStatus as error:
                    assert error.response.status_code == 503
                    refused += 1
            status, _ = await asyncio.to_thread(get, f"{server.url}/healthz")
            assert status == 200
            for one, _ in stack:
                await one.__aexit__(None, None, None)
            return len(stack), refused

    served, refused = finished(crowd())
    assert served > 10 and refused > 10
    text = get(f"{server.url}/metrics")[1]
    assert f"lstm_lens_sessions_refused_total {refused}" in text
    finished(load(server.url, ("/lesson",)))  # there is room again


def test_health_fails_when_no_file_can_be_opened(server: Server) -> None:
    address = server.url.removeprefix("http://").split(":")
    with ExitStack() as stack:
        for _ in range(HANDLES):  # idle connections, more than there are handles
            one = stack.enter_context(socket.socket())
            one.settimeout(2)
            try:
                one.connect((address[0], int(address[1])))
            except OSError:
                break
        try:
            status, _ = get(f"{server.url}/healthz", timeout=10)
        except OSError:  # not even a connection is taken
            status = 503
        assert status != 200
    finished(load(server.url, ("/lesson",)))


def test_the_log_tells_an_operator_and_holds_no_review(server: Server, log: Path) -> None:
    async def write() -> None:
        async with visiting(server.url, f"/?text={SECRET}+a+fine+film") as visitor:
            assert holds(visitor.drawn, SECRET)

    finished(write())
    request = urllib.request.Request(server.url, headers={"Host": f"{SECRET}.example"})
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=60)
    refused.value.close()
    said = log.read_text(encoding="utf-8")
    assert "server_started" in said and "request_refused" in said
    assert SECRET not in said


def test_open_tabs_survive_a_restart_and_a_clock_that_is_set_back(tmp_path: Path) -> None:
    """A tab that was open connects again with what it holds, and gets its page."""
    state: dict[str, dict[str, Any]] = {}

    async def first(url: str) -> tuple[str, dict[str, dict[str, Any]]]:
        async with visiting(url, "/?text=a+fine+film") as visitor:
            await visitor.type("the ending was zqkeptz")
            return visitor.area, dict(visitor.state)

    async def again(url: str, area: str) -> bool:
        async with visiting(url, "/") as visitor:
            assert visitor.area == area  # the tab's widgets are the new server's
            visitor.state.update(state)
            return holds(await visitor.run(visitor.fragment), "zqkeptz")

    with serving("app.py", LSTM_LENS_HOME=str(tmp_path)) as server:
        area, state = finished(first(server.url))
        assert json.loads(state[area]["json_value"])["typed"]["text"]
    back = tmp_path / "sitecustomize.py"
    back.write_text(
        "import time\nnow = time.time\ntime.time = lambda: now() - 10 * 365 * 86_400\n",
        encoding="utf-8",
    )
    paths = os.pathsep.join([str(tmp_path), str(Path.cwd())])
    with serving("app.py", LSTM_LENS_HOME=str(tmp_path), PYTHONPATH=paths) as server:
        assert finished(again(server.url, area))
        finished(load(server.url, VIEWS))


def test_a_server_that_is_asked_to_stop_says_so_and_ends(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with serving("app.py", log=log, LSTM_LENS_HOME=str(tmp_path)) as server:
        finished(load(server.url, ("/",)))
        server.process.send_signal(signal.SIGTERM)
        server.process.wait(timeout=60)
        assert "server_stopped updates=1" in log.read_text(encoding="utf-8")


def test_a_home_that_cannot_be_written_is_said_on_the_page(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    log = tmp_path / "log"
    home = str(tmp_path / "file" / "home")
    with serving("app.py", log=log, LSTM_LENS_HOME=home) as server:

        async def look() -> bool:
            async with visiting(server.url, "/units") as visitor:
                return any(
                    message.delta.new_element.WhichOneof("type") == "alert"
                    for message in visitor.drawn
                )

        assert finished(look())
        finished(load(server.url, VIEWS))
    assert "page_failed" not in log.read_text(encoding="utf-8")
