"""What the training page stands on: the preview of a data set, and files that people send."""

from pathlib import Path

import pytest

import lstm_core.tasks.uploads as uploads
from lstm_core.datasets import load_corpus
from lstm_core.datasets.preview import preview
from lstm_core.errors import InputError
from lstm_core.tasks.uploads import keep_upload, uploads_folder


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LSTM_LENS_HOME", str(tmp_path / "home"))
    return tmp_path


def test_the_preview_counts_what_the_model_will_see(home: Path) -> None:
    table = home / "own.csv"
    rows = [f"good film good {n},1" for n in range(5)] + [f"bad {n},0" for n in range(5)]
    table.write_text("\n".join(["text,label", *rows]), encoding="utf-8")
    seen = preview(load_corpus(table), num_words=7, maxlen=4)
    assert (seen.train, seen.test, seen.positive) == (8, 2, 0.5)
    assert seen.known_words == 3
    assert seen.cut_reviews == 0.5  # four words of which three are read
    assert seen.cut_words == pytest.approx(4 / 24)
    assert seen.unknown == pytest.approx(4 / 20)  # of "bad n" the number
    assert [len(one.ids) for one, _ in seen.shown] == [4, 4, 4]


def test_a_file_is_kept_once_under_a_harmless_name(home: Path) -> None:
    path = keep_upload("../../my <file>.csv", b"a,b")
    assert path.parent == uploads_folder()
    assert path.name.endswith("-my-file-.csv")
    assert keep_upload("../../my <file>.csv", b"a,b") == path
    assert [file.name for file in uploads_folder().iterdir()] == [path.name]


def test_too_much_is_refused(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "LARGEST_FILE", 5)
    with pytest.raises(InputError, match="has 6 bytes; at most 5"):
        keep_upload("a.csv", b"123456")
    monkeypatch.setattr(uploads, "LARGEST_ALL", 7)
    keep_upload("a.csv", b"1234")
    with pytest.raises(InputError, match="holds 4 bytes already"):
        keep_upload("b.csv", b"5678")


def test_a_home_that_is_a_file_is_told(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "file").write_bytes(b"")
    monkeypatch.setenv("LSTM_LENS_HOME", str(home / "file"))
    with pytest.raises(InputError, match="could not be kept"):
        keep_upload("a.csv", b"1")
