"""A public server and messages that its pages do not offer: nothing starts, others go on."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from lstm_core.datasets.load import SMALL_CORPUS
from lstm_core.runs.events import EventKind
from lstm_core.tasks import locks
from lstm_core.tasks.limits import SHUTDOWN_SECONDS
from lstm_core.tasks.schedule import tasks_folder
from tests.pages.run_fixtures import make_run
from tests.support.server import Server, serving
from tests.support.tasks import active_count, end_all_tasks, wait_until
from tests.support.visitor import Visitor, finished, visiting

LOOKS = 600  # at 0.2 s


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("LSTM_LENS_HOME", str(tmp_path))
    monkeypatch.setenv("LSTM_LENS_DATA", str(SMALL_CORPUS))
    yield tmp_path
    end_all_tasks()


def button(drawn: list[ForwardMsg], key: str) -> str:
    """Id of a drawn button by its key; empty when there is none."""
    buttons = [message.delta.new_element.button for message in drawn]
    return next((one.id for one in buttons if one.id.endswith(f"-{key}")), "")


async def press(visitor: Visitor, key: str) -> None:
    """Send the message of a pressed button, whether the button can be pressed or not."""
    visitor.state[button(visitor.drawn, key)] = {"trigger_value": True}
    await visitor.run()


def kinds(home: Path) -> set[str]:
    """Kinds of the tasks that were ever asked for."""
    return {path.name.rpartition("-")[0] for path in (home / "tasks").glob("[!.]*")}


async def with_activations(url: str, page: str) -> str:
    """Open a page of activations until those of the built-in texts are there, and press t-SNE."""
    for _ in range(LOOKS):
        async with visiting(url, page) as visitor:
            if button(visitor.drawn, "arrange"):
                await press(visitor, "arrange")
                return "pressed"
        await asyncio.sleep(0.2)
    return "not offered"


PAGES = {
    "/states?text=A+fine+film.": "check",
    "/lesson?section=returns": "keras_returns",
    "/evaluation?view=model_card": "start_evaluation",
}
UNITS = "/units?view=projections&map=reviews&way=tsne"


def test_a_message_for_heavy_work_starts_nothing_without_the_right(home: Path) -> None:
    with serving("app.py", LSTM_LENS_PUBLIC="1") as server:

        async def try_all() -> list[str]:
            pressed = []
            for page, key in PAGES.items():
                async with visiting(server.url, page) as visitor:
                    pressed.append(button(visitor.drawn, key))
                    await press(visitor, key)
            return pressed

        assert all(finished(try_all())), "each button is drawn, so its message is a real one"
        assert finished(with_activations(server.url, UNITS)) == "pressed"
        assert kinds(home) == {"built_in_activations"}


def test_with_the_right_the_same_message_starts_the_work(home: Path) -> None:
    with serving("app.py", LSTM_LENS_PUBLIC="1", LSTM_LENS_ALLOW="measure") as server:
        assert finished(with_activations(server.url, UNITS)) == "pressed"
        assert "projection" in kinds(home)


def test_the_run_of_another_visitor_is_not_stopped(home: Path) -> None:
    folder = make_run("theirs", done=60, end=None, bundle=False)
    folder.owner.write_text("somebody else")
    handle = locks.try_acquire(folder.lock)
    ended = make_run("ended", number=2, done=60, end=EventKind.STOPPED)
    ended.owner.write_text("somebody else")
    with serving("app.py", LSTM_LENS_PUBLIC="1", LSTM_LENS_ALLOW="train,delete") as server:

        async def try_all() -> list[str]:
            pressed = []
            for page, keys in {
                "/train?view=progress&run=theirs": ("do_stop", "do_pause"),
                "/train?view=runs&run=ended": ("continue", "rename", "delete_ended"),
            }.items():
                for key in keys:
                    async with visiting(server.url, page) as visitor:
                        pressed.append(button(visitor.drawn, key))
                        await press(visitor, key)
            return pressed

        assert all(finished(try_all()))
    assert handle is not None
    os.close(handle)
    assert not folder.control.exists() and not ended.control.exists()
    assert ended.path.is_dir() and not ended.log.exists()


async def clear_caches(server: Server) -> None:
    message = BackMsg()
    message.clear_cache = True
    async with visiting(server.url, "/") as visitor:
        await visitor.socket.send(message.SerializeToString())
        await visitor.run()


def test_the_message_that_clears_all_caches_is_refused_in_public(home: Path) -> None:
    log = home / "server.log"
    with serving("app.py", log=log, LSTM_LENS_PUBLIC="1") as server:
        finished(clear_caches(server))
    assert "message_refused" in log.read_text(encoding="utf-8")


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_the_server_ends_in_time_and_its_tasks_go_on(home: Path, how: signal.Signals) -> None:
    with serving("app.py") as server:

        async def start() -> None:
            async with visiting(server.url, "/evaluation?view=model_card") as visitor:
                await press(visitor, "start_evaluation")
                assert active_count()[0] == 1
                begun = time.monotonic()
                # As Ctrl-C in a terminal does: to the server's whole process group.
                os.killpg(server.process.pid, how)
                server.process.wait(timeout=2 * SHUTDOWN_SECONDS)
                assert time.monotonic() - begun < SHUTDOWN_SECONDS

        finished(start())
    wait_until(lambda: active_count() == (0, 0))
    assert list((home / "evaluations").glob("*/evaluation.json")), "it went on to its end"
    assert tasks_folder().is_dir()
