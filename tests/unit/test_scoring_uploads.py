"""Visitors' files to score: each alone, bounded, stopped, removed, shown to no other visitor."""

import os
import signal
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lstm_core.datasets.table_format import TableOptions
from lstm_core.errors import DataError, InputError, TaskError
from lstm_core.paths import SHIPPED_MODEL
from lstm_core.permissions import Visitor, permissions
from lstm_core.scoring import upload
from lstm_core.scoring.upload import (
    PREVIEW,
    SCORING,
    FileState,
    Stage,
    file_state,
    leave_result,
    read_first_rows,
    remove_file,
    start_scoring,
    take_file,
)
from lstm_core.scoring.worker import ScoreOrder
from lstm_core.tasks import queue, uploads
from lstm_core.tasks.folder import DIED, Phase
from lstm_core.tasks.limits import UPLOAD_KEPT_SECONDS
from lstm_core.tasks.schedule import sweep, task_folder, tasks_folder
from lstm_core.tasks.uploads import SEEN_FILE, expire_uploads, uploads_folder
from tests.support.tasks import active_count, end_all_tasks, wait_until

HOME = permissions("localhost", {})
ANN, BO = Visitor("ann", HOME), Visitor("bo", HOME)
ORDER = ScoreOrder("out.csv", str(SHIPPED_MODEL))
CONTENT = b"text,n\nA wonderful film.,1\n,2\nDull and boring.,3\n"


@pytest.fixture(autouse=True)
def no_task_is_left(home: Path) -> Iterator[None]:
    yield
    end_all_tasks()


def state_of(ticket: str, visitor: Visitor = ANN) -> FileState:
    state = file_state(ticket, visitor)
    assert state is not None
    return state


def seen(ticket: str, visitor: Visitor = ANN) -> FileState:
    wait_until(lambda: state_of(ticket, visitor).stage is not Stage.READING)
    return state_of(ticket, visitor)


def scored(ticket: str, visitor: Visitor = ANN) -> FileState:
    wait_until(lambda: state_of(ticket, visitor).stage is not Stage.SCORING)
    return state_of(ticket, visitor)


def test_a_file_is_looked_at_scored_and_removed(home: Path) -> None:
    ticket = take_file("mine.csv", CONTENT, ANN)
    first = seen(ticket)
    assert first.stage is Stage.SEEN and first.look is not None
    assert first.look.format.text_column == "text"
    assert first.look.rows[0] == (
        "A wonderful film.",
        "1",
    )
    start_scoring(ticket, ORDER, ANN)
    done = scored(ticket)
    assert done.stage is Stage.DONE and done.summary is not None and done.result is not None
    assert (done.summary.rows, done.summary.bad) == (3, 1)
    assert done.result.read_text(encoding="utf-8").count("\n") == 4
    for folder in (done.result.parent, done.upload.folder):
        assert folder.stat().st_mode & 0o077 == 0  # for this user alone
    leave_result(ticket, ANN)
    assert state_of(ticket).stage is Stage.SEEN and not done.result.exists()
    start_scoring(ticket, ORDER, ANN)
    assert scored(ticket).stage is Stage.DONE
    remove_file(ticket, ANN)
    assert file_state(ticket, ANN) is None
    assert not list(uploads_folder().iterdir()) and not list(tasks_folder().glob("[!.]*"))


def test_nobody_else_sees_starts_or_removes_a_file() -> None:
    ticket = take_file("mine.csv", CONTENT, ANN)
    assert file_state(ticket, BO) is None
    remove_file(ticket, BO)
    leave_result(ticket, BO)
    with pytest.raises(InputError, match="not here any more"):
        start_scoring(ticket, ORDER, BO)
    assert file_state(ticket, ANN) is not None
    for guess in ("", "..", "../" + ticket, ticket[:-1], "x" * 22):
        assert file_state(guess, ANN) is None


@pytest.mark.parametrize("name", ["mine.parquet", "../../etc/Mein Film (3).parquet"])
def test_an_unreadable_file_gets_a_sentence_with_its_own_name(name: str) -> None:
    found = seen(take_file(name, b"no parquet", ANN))
    assert found.stage is Stage.FAILED and found.look is None
    assert "cannot be read as a Parquet file" in found.error
    assert name.rsplit("/", 1)[-1] in found.error
    with pytest.raises(DataError, match="are read"):
        take_file("mine.exe", b"MZ", ANN)


def test_a_file_that_is_refused_while_scored_says_why_and_may_be_tried_again() -> None:
    ticket = take_file("mine.csv", CONTENT, ANN)
    seen(ticket)
    start_scoring(ticket, replace(ORDER, options=TableOptions(text_column="gone")), ANN)
    failed = scored(ticket)
    assert failed.stage is Stage.FAILED and "no column 'gone'" in failed.error
    assert failed.look is not None
    start_scoring(ticket, ORDER, ANN)
    assert scored(ticket).stage is Stage.DONE


def test_a_scoring_is_followed_stopped_and_killed() -> None:
    large = b"text\n" + b"a film to remember for years\n" * 150_000
    ticket = take_file("a.csv", large, ANN)
    seen(ticket)
    start_scoring(ticket, ORDER, ANN)
    with pytest.raises(InputError, match="already"):
        start_scoring(ticket, ORDER, ANN)

    def share() -> float:
        progress = queue.status(SCORING, ticket, ANN).progress
        return (progress.share if progress else None) or 0.0

    wait_until(lambda: share() > 0)
    queue.stop(SCORING, ticket, ANN)
    wait_until(lambda: not queue.status(SCORING, ticket, ANN).active)
    assert state_of(ticket).stage is Stage.SEEN
    start_scoring(ticket, ORDER, ANN)
    wait_until(lambda: share() > 0)
    os.kill(_pid(ticket), signal.SIGKILL)
    failed = scored(ticket)
    assert failed.stage is Stage.FAILED and failed.error == DIED


def _pid(ticket: str) -> int:
    import psutil

    folder = str(task_folder(SCORING, ticket).path.resolve())
    found = [p.pid for p in psutil.process_iter(["cmdline"]) if folder in (p.info["cmdline"] or [])]
    assert len(found) == 1
    return int(found[0])


def test_example_files_of_many_visitors_start_few_processes_and_the_others_wait() -> None:
    visitors = [Visitor(f"v{number}", HOME) for number in range(8)]
    tickets = [take_file("example.csv", CONTENT, one, ours=True) for one in visitors]
    running, waiting = active_count()
    assert running <= 2 and waiting <= len(visitors)
    phases = {queue.status(PREVIEW, t, v).phase for t, v in zip(tickets, visitors, strict=True)}
    assert Phase.FAILED not in phases
    for ticket, one in zip(tickets, visitors, strict=True):
        assert seen(ticket, one).stage is Stage.SEEN
    with pytest.raises(TaskError, match="at most 3"):
        for number in range(9):
            take_file(f"{number}.csv", CONTENT + b"x" * number, ANN)


def test_forgotten_files_go_with_everything_made_of_them(home: Path) -> None:
    ticket = take_file("a.csv", CONTENT, ANN)
    found = seen(ticket)
    mark = found.upload.folder / SEEN_FILE
    old = time.time() - UPLOAD_KEPT_SECONDS + 60
    os.utime(mark, (old, old))
    expire_uploads()
    assert file_state(ticket, ANN) is not None  # a look begins the hour again
    old -= 120
    os.utime(mark, (old, old))
    expire_uploads()
    sweep(lambda _: True)
    assert file_state(ticket, ANN) is None
    assert not list(uploads_folder().iterdir()) and not list(tasks_folder().glob("[!.]*"))


def test_a_clock_set_back_keeps_files_for_their_time_and_not_for_ever() -> None:
    mark = seen(take_file("a.csv", CONTENT, ANN)).upload.folder / SEEN_FILE
    later = time.time() + 1e8
    os.utime(mark, (later, later))
    expire_uploads()
    assert abs(mark.stat().st_mtime - time.time()) < 60


def test_a_visitors_share_and_that_of_all_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "MAX_VISITOR_UPLOAD_BYTES", 2 * len(CONTENT) + 5)
    first = take_file("a.csv", CONTENT, ANN)
    theirs = take_file("b.csv", CONTENT, BO)
    take_file("c.csv", CONTENT, ANN)
    assert take_file("a.csv", CONTENT, ANN) == first  # the same file is kept once
    seen(first)
    take_file("d.csv", CONTENT, ANN)  # takes the place of the one seen longest ago
    assert len(list(uploads_folder().iterdir())) == 3
    assert file_state(theirs, BO) is not None
    monkeypatch.setattr(uploads, "MAX_ALL_UPLOAD_BYTES", 10)
    with pytest.raises(DataError, match="too many files"):
        take_file("e.csv", CONTENT, Visitor("cy", HOME))
    monkeypatch.setattr(uploads, "MAX_UPLOAD_BYTES", 10)
    with pytest.raises(InputError, match="at most 10"):
        take_file("f.csv", CONTENT, ANN)


def test_a_file_that_cannot_be_kept_is_said_and_leaves_nothing(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(uploads, "write_file", full)
    with pytest.raises(DataError, match="No space left on device"):
        take_file("a.csv", CONTENT, ANN)
    monkeypatch.undo()
    monkeypatch.setenv("LSTM_LENS_HOME", str(home))
    monkeypatch.setattr(upload.queue, "start_next", full)
    with pytest.raises(TaskError, match="cannot be started"):
        take_file("a.csv", CONTENT, ANN)
    assert not list(uploads_folder().iterdir())


def test_the_first_rows_are_read_again_as_the_visitor_says(home: Path) -> None:
    ticket = take_file("mine.csv", b"text;n|x\nA fine film;1|2\n", ANN)
    first = seen(ticket)
    assert first.look is not None and first.look.format.separator == ";"
    assert not read_first_rows(first.upload, ANN)
    assert read_first_rows(first.upload, ANN, TableOptions(separator="|"))
    again = seen(ticket)
    assert again.look is not None and again.look.format.names == ("text;n", "x")
    assert read_first_rows(first.upload, ANN, TableOptions(encoding="none such"))
    assert "'none such' came in as the encoding" in seen(ticket).error


def test_a_small_file_that_unpacks_large_is_refused(tmp_path: Path) -> None:
    inner, text = tmp_path / "bomb.parquet", pa.array(["x" * 5_000_000])
    codes = pa.array([0] * 400, pa.int32())
    table = pa.table({"text": pa.DictionaryArray.from_arrays(codes, text)})  # 2 GB of letters
    pq.write_table(table, inner, compression="zstd", dictionary_pagesize_limit=1 << 28)
    content = inner.read_bytes()
    assert len(content) < 1 << 20
    ticket = take_file("bomb.parquet", content, ANN)
    state = seen(ticket)
    assert state.stage is Stage.FAILED and "unpacks to over" in state.error and not state.look
