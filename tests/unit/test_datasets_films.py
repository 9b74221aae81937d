"""The film of a review, where the data set tells, and validation parts that share no film."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from lstm_core.datasets import load_corpus, train_validation_split
from lstm_core.datasets.groups import films_of, read_films

Files = dict[str, str]


def page(number: int) -> str:
    return f"http://www.imdb.com/title/tt{number:07}/usercomments"


@pytest.fixture
def files(review_files: Files) -> Files:
    """The tiny data set with its lists of films: number N of a folder stands on line N."""
    lists = {
        f"{part}/urls_{side}.txt": "\n".join(page(first + number) for number in range(11)) + "\n"
        for part, side, first in (
            ("train", "pos", 0),
            ("train", "neg", 0),
            ("test", "pos", 100),
            ("test", "neg", 200),
        )
    }
    return {**review_files, **lists}


def test_archive_and_folder_tell_the_films(
    make_archive: Callable[..., Path], make_folder: Callable[..., Path], files: Files
) -> None:
    for path in (make_archive(files), make_folder(files)):
        train = load_corpus(path).train
        for name, film in zip(train.names, train.films, strict=True):
            assert film == f"tt{int(name.split('/')[2].split('_')[0]):07}"
        assert train.groups == train.films
        assert train.take([2, 0]).films == (train.films[2], train.films[0])


def test_without_lists_there_are_no_films(
    make_archive: Callable[..., Path], review_files: Files
) -> None:
    train = load_corpus(make_archive(review_files)).train
    assert train.films == ()
    assert train.groups == train.texts


@pytest.mark.parametrize("content", ["", "nonsense\n" * 11, page(1)])
def test_a_list_that_does_not_fit_is_left_out(
    make_archive: Callable[..., Path], files: Files, content: str
) -> None:
    corpus = load_corpus(make_archive({**files, "train/urls_pos.txt": content}))
    assert corpus.train.films == ()
    assert corpus.test.films != ()


def test_read_films() -> None:
    assert read_films(f"{page(7)}\r\nno film\n{page(12)}".encode()) == (
        "tt0000007",
        "",
        "tt0000012",
    )
    assert read_films(b"\xff\xfe") == ("",)
    assert films_of(["train/pos"], [-1], {"train/pos": ("tt1",)}) == ()


def test_no_film_stands_on_both_sides() -> None:
    rng = np.random.default_rng(0)
    films, labels = [f"tt{film}" for film in rng.integers(0, 60, 400)], rng.integers(0, 2, 400)
    learn, watch = train_validation_split(labels, 0.2, 3, texts=films)
    assert not {films[row] for row in learn} & {films[row] for row in watch}
    assert abs(len(watch) - 80) <= 8
