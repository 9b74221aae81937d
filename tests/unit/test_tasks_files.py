"""Locks, atomic replacement and what a crash leaves behind."""

import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lstm_core.paths import ROOT
from lstm_core.tasks import locks
from lstm_core.tasks.atomic import (
    STAGING,
    remove_folder,
    replacing_file,
    replacing_folder,
    sweep_staging,
    write_file,
)
from lstm_core.tasks.folder import Command, write_command
from lstm_core.tasks.reporter import StatusReporter

HOLD = """
import sys
from pathlib import Path
from lstm_core.tasks import locks
print(locks.try_acquire(Path(sys.argv[1])) is not None, flush=True)
sys.stdin.read()
"""
HALF = """
import os, signal, sys
from pathlib import Path
from lstm_core.tasks.atomic import replacing_file, replacing_folder
with replacing_folder(Path(sys.argv[1]) / "folder") as made:
    (made / "part").write_text("half")
    with replacing_file(Path(sys.argv[1]) / "file") as other:
        other.write_text("half")
        os.kill(os.getpid(), signal.SIGKILL)
"""


def staged(home: Path) -> list[Path]:
    """What lies in staging folders besides their locks."""
    return [path for path in (home / STAGING).glob("*/*") if path.name != "lock"]


def test_a_lock_ends_with_its_process_however_it_ends(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    assert not locks.is_held(path)
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None and process.stdout.readline() == "True\n"
        assert locks.is_held(path)
        assert locks.try_acquire(path, patience=0.05) is None
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert not locks.is_held(path)
    handle = locks.try_acquire(path)
    assert handle is not None
    locks.write_owner(handle, "somebody")
    assert locks.read_owner(path) == "somebody"
    os.close(handle)


def test_many_tests_of_a_free_lock_never_take_it_for_held(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    path.touch()
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: locks.is_held(path), range(2_000)))
    assert not any(found)


def test_a_lock_is_taken_by_one_of_many(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(lambda _: locks.try_acquire(path, 0.05), range(16)))
    taken = [handle for handle in found if handle is not None]
    assert len(taken) == 1
    os.close(taken[0])


@given(st.lists(st.binary(max_size=20), min_size=1, max_size=4))
def test_a_file_holds_what_was_written_last(contents: list[bytes]) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as name:
        for content in contents:
            write_file(Path(name) / "file", content)
            assert (Path(name) / "file").read_bytes() == content
        assert [path.name for path in Path(name).iterdir()] == ["file"]


@pytest.mark.parametrize("inside", [True, False])
def test_what_fails_leaves_the_old_content_and_nothing_else(
    inside: bool, home: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    place = home if inside else tmp_path_factory.mktemp("elsewhere")
    write_file(place / "file", "old")
    with replacing_folder(place / "folder") as made:
        (made / "part").write_text("old")
    with pytest.raises(OSError, match="full"), replacing_file(place / "file") as file:
        file.write_text("half")
        raise OSError("full")
    with (
        pytest.raises(OSError, match="full"),
        replacing_folder(place / "folder", replace_existing=True) as made,
    ):
        (made / "part").write_text("half")
        raise OSError("full")
    with pytest.raises(FileExistsError), replacing_folder(place / "folder") as made:
        pass
    with pytest.raises(OSError, match="full"), replacing_folder(place / "a" / "b" / "c"):
        raise OSError("full")
    assert (place / "file").read_text() == "old"
    assert (place / "folder" / "part").read_text() == "old"
    assert {path.name for path in place.iterdir()} - {STAGING} == {"file", "folder"}
    assert staged(home) == []


def test_a_folder_is_replaced_without_a_moment_with_none(home: Path) -> None:
    folder, missing, ended = home / "folder", [], threading.Event()
    with replacing_folder(folder) as made:
        (made / "part").write_text("0")

    def look() -> None:
        while not ended.is_set():
            if not (folder / "part").exists():
                missing.append(1)

    looker = threading.Thread(target=look)
    looker.start()
    for number in range(300):
        with replacing_folder(folder, replace_existing=True) as made:
            (made / "part").write_text(str(number))
    ended.set()
    looker.join()
    assert missing == [] and (folder / "part").read_text() == "299"


def test_many_writers_of_one_file_do_not_meet(home: Path) -> None:
    path = home / "control"
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda number: write_file(path, str(number)), range(400)))
    assert int(path.read_text()) in range(400)
    assert staged(home) == []


def test_what_a_killed_process_left_is_swept_and_nothing_else(home: Path) -> None:
    write_file(home / "kept", "kept")
    with replacing_file(home / "mine") as mine:
        mine.write_text("being written")
        subprocess.run([sys.executable, "-c", HALF, str(home)], cwd=ROOT, check=False)
        assert len(staged(home)) == 3
        assert sweep_staging() == 1
        assert staged(home) == [mine]
    assert {path.name for path in home.iterdir()} == {STAGING, "kept", "mine"}


def test_a_removed_folder_is_gone_at_once(home: Path) -> None:
    (home / "folder" / "deep").mkdir(parents=True)
    remove_folder(home / "folder")
    assert not (home / "folder").exists() and staged(home) == []
    with pytest.raises(FileNotFoundError):
        remove_folder(home / "folder")


def test_a_pause_counts_while_it_lasts(tmp_path: Path) -> None:
    class Paused(StatusReporter):
        seen = 0.0

        def in_pause(self) -> None:
            self.seen = self.paused_seconds
            write_command(tmp_path / "control", Command.RUN)

    write_command(tmp_path / "control", Command.PAUSE)
    reporter = Paused(tmp_path / "status", tmp_path / "control", interrupt=lambda: None)
    reporter.check_commands()
    after = reporter.paused_seconds
    assert 0 < reporter.seen < after == reporter.paused_seconds
