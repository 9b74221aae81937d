"""Visitors' files on a server: each alone, scored apart, stopped, removed, shown to no other."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lstm_core.datasets.table_format import TableOptions
from lstm_core.errors import DataError, InputError
from lstm_core.paths import SHIPPED_MODEL
from lstm_core.scoring import upload_queue as desk_module
from lstm_core.scoring.upload import BROKEN, LOCK_FILE, PREFIX, FileState, Stage
from lstm_core.scoring.upload_queue import Desk, owner_of
from lstm_core.scoring.worker import Order

ANN, BO = owner_of("ann"), owner_of("bo")
ORDER = Order("", "", "out.csv", str(SHIPPED_MODEL))
CONTENT = b"text,n\nA wonderful film.,1\n,2\nDull and boring.,3\n"
PATIENCE = 180.0


class Clock:
    """Seconds that a test moves."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def desk(tmp_path: Path, clock: Clock) -> Iterator[Desk]:
    made = Desk(tmp_path, clock)
    yield made
    made.close()
    assert list(tmp_path.iterdir()) == []  # nothing is left behind


def wait_for(desk: Desk, ticket: str, wanted: Callable[[FileState], bool]) -> FileState:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        state = desk.state(ticket, ANN)
        assert state is not None
        if wanted(state):
            return state
        time.sleep(0.02)
    pytest.fail("the file never came so far")


def at_end(state: FileState) -> bool:
    return state.stage in (Stage.DONE, Stage.FAILED)


def test_a_file_is_looked_at_scored_and_removed(desk: Desk) -> None:
    ticket = desk.take("mine.csv", CONTENT, ANN)
    seen = desk.state(ticket, ANN)
    assert seen is not None and seen.stage is Stage.SEEN and seen.look is not None
    assert seen.look.format.text_column == "text" and seen.look.rows[0] == (
        "A wonderful film.",
        "1",
    )
    desk.start(ticket, ANN, ORDER)
    done = wait_for(desk, ticket, at_end)
    assert done.summary is not None and done.result is not None
    assert (done.summary.rows, done.summary.bad) == (3, 1)
    assert done.result.read_text(encoding="utf-8").count("\n") == 4
    assert Path(done.result.parent).stat().st_mode & 0o077 == 0  # for this user alone
    desk.remove(ticket, ANN)
    assert desk.state(ticket, ANN) is None and not done.result.parent.exists()


def test_nobody_else_sees_starts_or_removes_a_file(desk: Desk) -> None:
    ticket = desk.take("mine.csv", CONTENT, ANN)
    assert desk.state(ticket, BO) is None
    desk.remove(ticket, BO)
    with pytest.raises(InputError, match="not here any more"):
        desk.start(ticket, BO, ORDER)
    assert desk.state(ticket, ANN) is not None
    for guess in ("", "..", "../" + ticket, ticket[:-1], "x" * 22):
        assert desk.state(guess, ANN) is None


def test_an_unreadable_file_gets_a_sentence(desk: Desk) -> None:
    state = desk.state(desk.take("mine.parquet", b"no parquet", ANN), ANN)
    assert state is not None and state.stage is Stage.FAILED
    assert "cannot be read as a Parquet file" in state.error
    with pytest.raises(DataError, match="are read"):
        desk.take("mine.exe", b"MZ", ANN)


def test_a_file_that_is_refused_while_scored_says_why_and_may_be_tried_again(desk: Desk) -> None:
    ticket = desk.take("mine.csv", CONTENT, ANN)
    desk.start(ticket, ANN, replace(ORDER, options=TableOptions(text_column="gone")))
    failed = wait_for(desk, ticket, at_end)
    assert failed.stage is Stage.FAILED and "no column 'gone'" in failed.error
    desk.start(ticket, ANN, ORDER)
    assert wait_for(desk, ticket, at_end).stage is Stage.DONE


def test_files_wait_for_their_turn_and_can_be_stopped(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk_module, "AT_ONCE", 1)
    large = b"text\n" + b"a film to remember for years\n" * 150_000
    first, second = desk.take("a.csv", large, ANN), desk.take("b.csv", CONTENT, ANN)
    desk.start(first, ANN, ORDER)
    desk.start(second, ANN, ORDER)
    with pytest.raises(InputError, match="already"):
        desk.start(first, ANN, ORDER)
    waiting = desk.state(second, ANN)
    assert waiting is not None and waiting.stage is Stage.WAITING and waiting.ahead == 0
    moving = wait_for(desk, first, lambda state: bool(state.progress and state.progress.share))
    assert moving.stage is Stage.SCORING
    desk.stop(first, ANN)
    stopped = desk.state(first, ANN)
    assert stopped is not None and stopped.stage is Stage.SEEN
    assert wait_for(desk, second, at_end).stage is Stage.DONE


def test_a_scoring_that_dies_says_so(desk: Desk) -> None:
    ticket = desk.take("a.csv", CONTENT, ANN)
    desk.start(ticket, ANN, ORDER)
    process = desk._files[ticket].process
    assert process is not None
    process.kill()
    state = wait_for(desk, ticket, at_end)
    assert state.stage is Stage.FAILED and state.error == BROKEN


def test_forgotten_files_and_dead_servers_leave_nothing(
    desk: Desk, clock: Clock, tmp_path: Path
) -> None:
    ticket = desk.take("a.csv", CONTENT, ANN)
    clock.now = desk_module.KEPT_SECONDS - 1
    desk.sweep()
    assert desk.state(ticket, ANN) is not None  # a look begins the hour anew
    clock.now += desk_module.KEPT_SECONDS + 1
    desk.sweep()
    assert desk.state(ticket, ANN) is None
    dead = tmp_path / f"{PREFIX}dead"
    dead.mkdir()
    (dead / LOCK_FILE).touch()
    Desk(tmp_path).close()
    assert not dead.exists() and desk.root.exists()


def test_idle_files_make_room_and_a_full_desk_refuses(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = desk.take("a.csv", CONTENT, ANN)
    monkeypatch.setattr(desk_module, "MOST_BYTES", 3 * len(CONTENT))
    second = desk.take("b.csv", CONTENT, ANN)
    assert desk.state(first, ANN) is None and desk.state(second, ANN) is not None
    monkeypatch.setattr(desk_module, "MOST_BYTES", 10)
    with pytest.raises(DataError, match="too many files"):
        desk.take("c.csv", CONTENT, ANN)


def test_a_small_file_that_unpacks_large_is_refused(desk: Desk) -> None:
    inner, text = desk.root / "bomb.parquet", pa.array(["x" * 5_000_000])
    codes = pa.array([0] * 400, pa.int32())
    table = pa.table({"text": pa.DictionaryArray.from_arrays(codes, text)})  # 2 GB of letters
    pq.write_table(table, inner, compression="zstd", dictionary_pagesize_limit=1 << 28)
    content = inner.read_bytes()
    inner.unlink()
    assert len(content) < 1 << 20
    ticket = desk.take("bomb.parquet", content, ANN)
    desk.start(ticket, ANN, ORDER)
    state = wait_for(desk, ticket, at_end)
    assert state.stage is Stage.FAILED and "unpack to over" in state.error
    left = sum(path.stat().st_size for path in (desk.root / ticket).iterdir())
    assert left < 2 * len(content) + 10_000
