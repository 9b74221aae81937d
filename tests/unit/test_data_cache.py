"""Data that was read before: the same corpus from the cache, read again when anything changed."""

import os
from pathlib import Path

import numpy as np
import pytest

from lstm_core.datasets import Corpus, load_corpus
from lstm_core.runs import DataChoice, DataKind, RunRequest, data
from lstm_core.runs.data import encode_data, load_data
from lstm_core.training.settings import TrainSettings
from tests.conftest import ReviewFiles

REQUEST = RunRequest(
    TrainSettings(num_words=40, maxlen=8), DataChoice(DataKind.IMDB), validation_share=0.34
)


@pytest.fixture
def archive(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, review_files: ReviewFiles, make_archive
) -> Path:
    path: Path = make_archive(review_files)
    monkeypatch.setenv("LSTM_LENS_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("LSTM_LENS_DATA", str(path))
    return path


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How often the data set itself was read."""
    seen: list[int] = []

    def read(*words: object, **named: object) -> Corpus:
        seen.append(1)
        return load_corpus(*words, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(data, "load_corpus", read)
    return seen


def test_a_corpus_and_its_ids_are_read_once(archive: Path, reads: list[int]) -> None:
    first = load_data(REQUEST, lambda _: None)
    ids = encode_data(REQUEST, first, lambda _: None)
    again = load_data(REQUEST, lambda _: None)
    known = encode_data(REQUEST, again, lambda _: None)
    assert len(reads) == 1
    for name in ("train", "test"):
        one, other = getattr(first.corpus, name), getattr(again.corpus, name)
        assert (one.texts, one.names, one.films) == (other.texts, other.names, other.films)
        assert np.array_equal(one.labels, other.labels)
        assert np.array_equal(one.ratings, other.ratings)
    assert first.corpus.source == again.corpus.source
    assert first.corpus.unlabelled == again.corpus.unlabelled == ()
    assert known.vocabulary.words == ids.vocabulary.words
    for name in ("train", "validation", "test"):
        assert np.array_equal(getattr(known, name), getattr(ids, name))


def test_a_changed_file_or_a_damaged_entry_is_read_again(archive: Path, reads: list[int]) -> None:
    load_data(REQUEST, lambda _: None)
    os.utime(archive, (1, 1))
    load_data(REQUEST, lambda _: None)
    assert len(reads) == 2
    for entry in (archive.parent / "home" / "cache").iterdir():
        entry.write_bytes(entry.read_bytes()[:200])
    assert len(load_data(REQUEST, lambda _: None).corpus.train) == 4
    assert len(reads) == 3
