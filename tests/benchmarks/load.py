"""A class at one server: many visitors type at once, over real WebSocket sessions.

python -m tests.benchmarks.load [--sessions 50] [--seconds 120] [--page /] [--no-peer] [--no-most]
python -m tests.benchmarks.load --loads 2000
python -m tests.benchmarks.load --views [WORD] [--sessions 20] [--seconds 20]

Each visitor sends a new text every second, at a moment of the second of its own, and waits for what
the page draws. An update's time runs from the moment at which it was due, so a server that keeps
its visitors waiting cannot hide it. An update is lost if the answer was not drawn for its text,
and foreign if it holds a word of another visitor. Then visitors are added until the 95th percentile
passes one second. The peer is the plain Streamlit page with ``keras_model.predict``.
"""

import argparse
import asyncio
import sys
import tempfile
import time
import urllib.request
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote_plus

from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.exceptions import WebSocketException

from tests.benchmarks.measure import Row, print_table, quantile
from tests.support.server import Server, serving
from tests.support.visitor import VisitError, Visitor, holds, visiting

TITLE = "A class of fifty at one server, an update a second each"
APP, PLAIN = "app.py", "tests/benchmarks/plain_page.py"
SESSIONS = 50
# Every view of every page, by the links that a person copies.
VIEWS = {
    "Live": "/",
    **{f"States, {v}": f"/states?view={quote_plus(v)}" for v in (
        "overview", "unit", "step", "memory", "padding", "interventions", "compare")},
    **{f"Explanations, {v}": f"/explanations?view={quote_plus(v)}" for v in (
        "methods", "faithfulness", "phrases", "counterfactuals")},
    **{f"Units, {v}": f"/units?view={v}" for v in (
        "profiles", "similar", "projections", "saturation")},
    **{f"Evaluation, {v}": f"/evaluation?view={quote_plus(v)}" for v in (
        "overview", "threshold", "calibration", "slices", "baselines", "word_order",
        "minimal_pairs", "errors", "model_card")},
    "Batch": "/batch",
    **{f"Train, {v}": f"/train?view={v}" for v in ("new", "progress", "runs")},
    "Lesson": "/lesson",
}  # fmt: skip
NO_ECHO = ("/train", "view=faithfulness")  # views that do not show the text that is typed
CLASS = 20  # visitors on each view
MOST_PER_SESSION = 8 * 2**20
FIRST = 10  # sessions after which the memory of the others is counted
STEPS = (2, 5, 10, 20, 40, 60, 80, 100)
STEP_SECONDS = 7
FORGOTTEN = 160  # seconds after which a server has forgotten those who left
HANDLES = 256  # as macOS gives a process
LIMIT = 1.0  # seconds that an update may take
WORDS = "the music was lovely and the ending made me cry but it is far too long for a child".split()


@dataclass
class Outcome:
    """What a number of visitors met.

    Attributes:
        sessions: how many there were.
        times: seconds of every update.
        lost: updates whose answer was not drawn for their text.
        foreign: updates whose answer held another visitor's text.
        errors: what went wrong, in words.
        per_session: bytes of memory a session, after the first ones.
        sent: bytes received for one update, on average.
    """

    sessions: int
    times: list[float] = field(default_factory=list)
    lost: int = 0
    foreign: int = 0
    errors: list[str] = field(default_factory=list)
    per_session: float = 0.0
    sent: float = 0.0

    @property
    def p95(self) -> float:
        """95th percentile of the updates' seconds; endless where something went wrong."""
        if self.lost or self.foreign or self.errors or not self.times:
            return float("inf")
        return quantile(self.times, 0.95)


async def update(visitor: Visitor, text: str) -> list[ForwardMsg]:
    """Type a text where the page has an editor, else ask for the page again."""
    return await (visitor.type(text) if visitor.area else visitor.run())


async def student(visitor: Visitor, number: int, of: int, until: float, out: Outcome) -> None:
    """Type one text a second until the time is over."""
    due = time.perf_counter() + number / of
    count = 0
    while due < until:
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        count += 1
        words = WORDS[: 3 + count % len(WORDS)]
        try:
            drawn = await update(visitor, " ".join([f"zq{number}x{count}z", *words]))
        except (VisitError, OSError) as error:
            out.errors.append(repr(error))
            return
        out.times.append(time.perf_counter() - due)
        echoed = visitor.area and not any(part in visitor.page for part in NO_ECHO)
        out.lost += bool(echoed) and not holds(drawn, f"zq{number}x{count}z")
        neighbour = (number + 1) % of
        out.foreign += of > 1 and holds(drawn, f"zq{neighbour}x")
        due = max(due + 1.0, time.perf_counter())


async def lesson(server: Server, page: str, sessions: int, seconds: float) -> Outcome:
    """Let visitors come in one after the other and then type for some seconds."""
    out = Outcome(sessions)
    async with AsyncExitStack() as stack:
        visitors = []
        before = 0
        for number in range(sessions):
            visitors.append(await stack.enter_async_context(visiting(server.url, page)))
            await update(visitors[-1], f"zq{number}x0z a first text")
            if number == FIRST - 1:
                before = server.memory()
        if sessions > FIRST:
            out.per_session = (server.memory() - before) / (sessions - FIRST)
        received = sum(visitor.received for visitor in visitors)
        until = time.perf_counter() + seconds
        await asyncio.gather(
            *(student(visitor, n, sessions, until, out) for n, visitor in enumerate(visitors))
        )
        sent = sum(visitor.received for visitor in visitors) - received
        out.sent = sent / max(1, len(out.times))
    return out


def all_views(word: str, sessions: int, seconds: float) -> list[Row]:
    """A class on each view whose name holds a word; then what the server's memory comes back to."""
    rows = []
    with tempfile.TemporaryDirectory(prefix="load-") as home:
        with serving(APP, LSTM_LENS_HOME=home) as server:
            before = 0
            for name, page in VIEWS.items():
                if word.lower() not in name.lower():
                    continue
                asyncio.run(lesson(server, page, 2, 3))  # imports, and what is kept per model
                before = before or server.memory()
                out = asyncio.run(lesson(server, page, sessions, seconds))
                _tell(f"{name}: {out.p95:.2f} s, {len(out.times)} updates, {out.errors[:2]}")
                rows.append(_view_row(name, out))
            time.sleep(FORGOTTEN)
            grown = server.memory() - before
    rows.append(Row("memory that stays when all have left", f"{grown / 2**20:+.0f} MiB"))
    return rows


def page_loads(count: int) -> Row:
    """Open pages over all views of a server that may open few files."""
    failed: list[str] = []
    most = 0

    async def load(server: Server) -> None:
        nonlocal most
        for number in range(count):
            page = list(VIEWS.values())[number % len(VIEWS)]
            try:
                async with visiting(server.url, page):
                    most = max(most, len(list(Path(f"/proc/{server.process.pid}/fd").iterdir())))
            except (VisitError, OSError, WebSocketException) as error:
                failed.append(f"{page}: {error!r}")
            if number % 100 == 99:
                _tell(f"{number + 1} loads, {len(failed)} failed, most {most} handles")

    with tempfile.TemporaryDirectory(prefix="load-") as home:
        with serving(APP, handles=HANDLES, LSTM_LENS_HOME=home) as server:
            asyncio.run(load(server))
            with urllib.request.urlopen(f"{server.url}/healthz", timeout=60) as answer:
                healthy = answer.status == 200
    for line in failed[:5]:
        _tell(line)
    return Row(
        f"{count:,} page loads over all views with {HANDLES} file handles: failed, most handles",
        f"{len(failed)}, {most}",
        target="none",
        met=not failed and healthy,
    )


def _view_row(name: str, out: Outcome) -> Row:
    wrong = out.lost + out.foreign + len(out.errors)
    median = quantile(out.times, 0.5) if out.times else float("nan")
    return Row(
        f"{out.sessions} visitors on {name}: median, 95th percentile, memory each, wrong",
        f"{median:.2f} s, {out.p95:.2f} s, {out.per_session / 2**20:.1f} MiB, {wrong}",
        target="1 s, 8 MiB, none",
        met=out.p95 < LIMIT and wrong == 0 and out.per_session < MOST_PER_SESSION,
    )


def saturation(server: Server, page: str, steps: tuple[int, ...] = STEPS) -> int:
    """The most visitors, of the steps tried, that are answered within the limit."""
    most = 0
    for sessions in steps:
        out = asyncio.run(lesson(server, page, sessions, STEP_SECONDS))
        _tell(f"{sessions} visitors: 95th percentile {out.p95:.2f} s")
        if out.p95 > LIMIT:
            break
        most = sessions
    return most


def run(
    sessions: int = SESSIONS,
    seconds: float = 60,
    page: str = "/",
    peer: bool = True,
    most: bool = True,
) -> list[Row]:
    """Measure and return the rows of the figure sheet.

    Args:
        sessions: visitors at once.
        seconds: how long they type.
        page: the page they type into.
        peer: measure the plain page as well, for at most 20 s.
        most: look for the most visitors that are answered in time.
    """
    ours, ours_most = _measured(APP, page, sessions, seconds, most)
    theirs, theirs_most = None, 0
    if peer:
        theirs, theirs_most = _measured(PLAIN, "/", sessions, min(seconds, 20), most)
    return _rows(ours, theirs, str(ours_most) if most else "", str(theirs_most) if most else "")


def _measured(
    script: str, page: str, sessions: int, seconds: float, most: bool
) -> tuple[Outcome, int]:
    with serving(script) as server:
        asyncio.run(lesson(server, page, 2, 3))  # the first visitors pay for imports
        out = asyncio.run(lesson(server, page, sessions, seconds))
        _tell(f"{script}: {out.p95:.2f} s, {len(out.times)} updates, {out.errors[:2]}")
        return out, saturation(server, page) if most else 0


def _rows(ours: Outcome, theirs: Outcome | None, most: str, theirs_most: str) -> list[Row]:
    wrong = ours.lost + ours.foreign + len(ours.errors)
    name = f"{ours.sessions} visitors, one update a second each"
    rows = [
        Row(
            f"{name}: an update, 95th percentile",
            f"{ours.p95:.2f} s",
            f"{theirs.p95:.2f} s" if theirs else "",
            f"{theirs.p95 / ours.p95:.1f} times sooner" if theirs else "",
            "1 s",
            ours.p95 < LIMIT,
        ),
        Row(
            "updates in it, and how many were lost, foreign or failed",
            f"{len(ours.times):,}, {wrong}",
            f"{len(theirs.times):,}" if theirs else "",
            target="none wrong",
            met=wrong == 0,
        ),
        Row(
            f"memory a session, after the first {FIRST}",
            f"{ours.per_session / 2**20:.2f} MiB",
            f"{theirs.per_session / 2**20:.2f} MiB" if theirs else "",
            target="5 MiB",
            met=ours.per_session < 5 * 2**20,
        ),
        Row(
            "sent for one update",
            f"{ours.sent / 1e3:.0f} kB",
            f"{theirs.sent / 1e3:.0f} kB" if theirs else "",
        ),
    ]
    if most:
        tried = ", ".join(map(str, STEPS))
        what = f"most visitors (of {tried}) of whom 95 % are answered within a second"
        rows.append(Row(what, most, theirs_most if theirs else ""))
    return rows


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=int, default=SESSIONS)
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--page", default="/")
    parser.add_argument("--no-peer", action="store_true")
    parser.add_argument("--no-most", action="store_true")
    parser.add_argument("--views", nargs="?", const="", metavar="WORD")
    parser.add_argument("--loads", type=int, default=0, metavar="COUNT")
    given = parser.parse_args()
    if given.loads:
        print_table(TITLE, [page_loads(given.loads)])
        sys.exit()
    if given.views is not None:
        print_table(TITLE, all_views(given.views, min(given.sessions, CLASS), given.seconds))
        sys.exit()
    print_table(
        TITLE,
        run(given.sessions, given.seconds, given.page, not given.no_peer, not given.no_most),
    )
