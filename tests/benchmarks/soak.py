"""A long day of one server: nothing may pile up.

python -m tests.benchmarks.soak [--texts 20000] [--visits 500] [--uploads 100] [--trainings 50]

Each kind of work is done a tenth first (caches fill, libraries are imported), then in full; memory
is taken after both, when the server has forgotten the visitors that left. At the end the server is
stopped, and no process, temporary file or half-made run may be left.
"""

import argparse
import asyncio
import os
import re
import sys
import tempfile
import time
import urllib.request
import uuid
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from lstm_core.runs import DataChoice, DataKind, RunRequest, Status, read_run, start_run
from lstm_core.training.settings import TrainSettings
from pages.parts.server.handles import MOST_KEPT
from tests.benchmarks.measure import Row, print_table
from tests.support.server import ROOT, Server, serving
from tests.support.visitor import holds, visiting

TITLE = "A long day of one server"
APP = "app.py"
FORGETS = 2  # seconds after which the server forgets a visitor who left
TYPISTS = 4
GROWTH = 0.05
UPLOAD = 1_000_000  # bytes
PAGES = re.findall(r'url_path="(\w+)"', (ROOT / APP).read_text(encoding="utf-8"))
WORDS = "a fine warm film with a slow start and a cold dull end that nobody will like".split()
SHORT = RunRequest(
    TrainSettings(num_words=500, maxlen=20, embedding_dim=8, lstm_dim=4, epochs=1),
    DataChoice(DataKind.SMALL),
    review_limit=128,
)


@dataclass(frozen=True)
class Counts:
    """How much of each kind of work."""

    texts: int = 20_000
    visits: int = 500
    uploads: int = 100
    trainings: int = 50


@dataclass(frozen=True)
class State:
    """What a server holds: bytes of memory, open files and sockets, child processes."""

    memory: int
    handles: int
    children: int


def state_of(server: Server) -> State:
    """Look at a server that has come to rest."""
    for _ in range(2):  # Streamlit forgets who left when the next one comes
        time.sleep(FORGETS + 1)
        asyncio.run(_visit(server, 1))
    time.sleep(1)
    process = Path(f"/proc/{server.process.pid}")
    children = (process / "task" / process.name / "children").read_text().split()
    return State(server.memory(), len(list((process / "fd").iterdir())), len(children))


async def _type(server: Server, count: int) -> None:
    async with AsyncExitStack() as stack:

        async def typist(number: int) -> None:
            visitor = await stack.enter_async_context(visiting(server.url))
            for turn in range(count // TYPISTS):
                words = WORDS[turn % 7 : 8 + turn % len(WORDS)]
                drawn = await visitor.type(" ".join([f"zq{number}x{turn}z", *words]))
                assert holds(drawn, f"zq{number}x{turn}z"), "a text was not answered"

        await asyncio.gather(*(typist(number) for number in range(TYPISTS)))


async def _visit(server: Server, count: int) -> None:
    for turn in range(count):
        async with visiting(server.url, f"/{PAGES[turn % len(PAGES)]}?text=A+fine+film+{turn}."):
            pass


async def _upload(server: Server, count: int) -> None:
    with urllib.request.urlopen(f"{server.url}/_stcore/health") as answer:
        cookie = (answer.headers.get("Set-Cookie") or "").split(";")[0]
    token = cookie.partition("=")[2]
    for _ in range(count):
        async with visiting(server.url, "/batch") as visitor:
            part = b'--edge\r\nContent-Disposition: form-data; name="f"; filename="in.csv"\r\n\r\n'
            body = part + os.urandom(UPLOAD) + b"\r\n--edge--\r\n"
            request = urllib.request.Request(
                f"{server.url}/_stcore/upload_file/{visitor.session}/{uuid.uuid4()}",
                body,
                {
                    "Content-Type": "multipart/form-data; boundary=edge",
                    "Cookie": cookie,
                    "X-Xsrftoken": token,
                },
                method="PUT",
            )
            answer = await asyncio.to_thread(urllib.request.urlopen, request)
            assert answer.status in (200, 204)


def _train(server: Server, count: int) -> None:
    del server  # it only sees the runs
    for _ in range(count):
        name = start_run(SHORT)
        while (run := read_run(name)).alive:
            time.sleep(0.2)
        assert run.status is Status.FINISHED, run.message


def soak(counts: Counts) -> list[Row]:
    """Do all the work and return a row for each kind of it."""
    rows = []
    with tempfile.TemporaryDirectory(prefix="soak-") as place:
        home, temporary = Path(place) / "home", Path(place) / "tmp"
        home.mkdir(), temporary.mkdir()
        os.environ["LSTM_LENS_HOME"] = str(home)
        with serving(
            APP,
            TMPDIR=str(temporary),
            STREAMLIT_SERVER_DISCONNECTED_SESSION_TTL=str(FORGETS),
        ) as server:
            asyncio.run(_visit(server, 2 * MOST_KEPT))  # as many visitors who left as it keeps
            for name, work, count in _works(counts):
                rows.append(_measured(server, name, work, count))
            group = server.process.pid
        left = [str(path.relative_to(place)) for path in temporary.iterdir()]
        left += [path.name for path in (home / ".staging").rglob("*") if path.is_file()]
        alive = [pid for pid in _pids() if _group(pid) == group]
        rows.append(
            Row(
                "processes and temporary files left when the server was stopped",
                f"{len(alive)}, {len(left)}",
                target="0, 0",
                met=not alive and not left,
            )
        )
        if left:
            print("left:", *left[:9], file=sys.stderr)
    return rows


def _works(counts: Counts) -> list[tuple[str, Callable[[Server, int], None], int]]:
    works: list[tuple[str, Callable[[Server, int], None], int]] = [
        ("classifications", lambda s, n: asyncio.run(_type(s, n)), counts.texts),
        ("page visits", lambda s, n: asyncio.run(_visit(s, n)), counts.visits),
        ("uploads of 1 MB", lambda s, n: asyncio.run(_upload(s, n)), counts.uploads),
        ("short trainings", _train, counts.trainings),
    ]
    return [work for work in works if work[2]]


def _measured(server: Server, name: str, work: Callable[[Server, int], None], count: int) -> Row:
    work(server, max(TYPISTS, count // 10))
    before = state_of(server)
    started = time.perf_counter()
    work(server, count)
    seconds = time.perf_counter() - started
    after = state_of(server)
    growth = after.memory / before.memory - 1
    print(f"{count:,} {name}: {seconds:.0f} s, {before} -> {after}", file=sys.stderr, flush=True)
    return Row(
        f"{count:,} {name}: memory of the server, handles, child processes",
        f"{before.memory / 2**20:.0f} → {after.memory / 2**20:.0f} MiB ({growth:+.1%}), "
        f"{after.handles - before.handles:+d}, {after.children}",
        target="under 5 %, none more, 0",
        met=growth < GROWTH and after.handles <= before.handles + 6 and after.children == 0,
    )


def _pids() -> list[int]:
    return [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]


def _group(pid: int) -> int | None:
    try:
        return os.getpgid(pid)
    except OSError:
        return None


def run() -> list[Row]:
    """The rows of the figure sheet: a tenth of the day."""
    return soak(Counts(2_000, 100, 30, 3))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    whole = Counts()
    for each in ("texts", "visits", "uploads", "trainings"):
        parser.add_argument(f"--{each}", type=int, default=getattr(whole, each))
    print_table(TITLE, soak(Counts(**vars(parser.parse_args()))))
