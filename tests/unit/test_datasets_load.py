"""From a corpus to arrays, on small data of our own and on the full data set."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from lstm_core.datasets import (
    Corpus,
    ImdbArrays,
    Reviews,
    encode_corpus,
    load_corpus,
    load_imdb,
    train_validation_split,
)
from lstm_core.errors import InputError
from lstm_core.text import UNKNOWN, decode, encode, encode_many, split_words

Files = dict[str, str]
NO_WORD = "qqq"  # stands where a review has a word that the vocabulary does not know


def test_load_imdb_gives_five_things(
    make_archive: Callable[..., Path], review_files: Files
) -> None:
    path = make_archive(review_files)
    arrays = load_imdb(path, num_words=50, maxlen=12)
    x_train, y_train, x_test, y_test, vocabulary = arrays
    assert isinstance(arrays, ImdbArrays)
    assert (x_train.shape, x_test.shape) == ((6, 12), (4, 12))
    assert x_train.dtype == np.int32 and y_train.dtype == np.float32
    corpus = load_corpus(path)
    assert y_train.tolist() == corpus.train.labels.tolist()
    assert y_test.tolist() == corpus.test.labels.tolist()
    for text, row in zip(corpus.test.texts, x_test, strict=True):
        assert encode(text, vocabulary, 12).ids.tolist() == row.tolist()


def test_the_vocabulary_is_of_the_training_part(
    make_archive: Callable[..., Path], review_files: Files
) -> None:
    vocabulary = load_imdb(make_archive(review_files)).vocabulary
    assert "zebras" not in vocabulary
    assert "sunday" not in vocabulary
    assert "café" in vocabulary and "br" not in vocabulary
    counts: Counter[str] = Counter()
    for name, text in review_files.items():
        if name.startswith(("train/pos", "train/neg")):
            counts.update(split_words(text))
    assert set(vocabulary.words) == set(counts)
    assert vocabulary.words[0] == "a"


@pytest.mark.parametrize("wrong", [{"num_words": 4}, {"num_words": -1}, {"maxlen": 1}])
def test_bad_sizes_fail_before_reading(tmp_path: Path, wrong: dict[str, int]) -> None:
    with pytest.raises(InputError):
        load_imdb(tmp_path / "nothing here", **wrong)  # type: ignore[arg-type]
    empty = Reviews((), np.zeros(0, np.int8), np.zeros(0, np.int8), ())
    with pytest.raises(InputError):
        encode_corpus(Corpus(empty, empty, (), None), **wrong)  # type: ignore[arg-type]


def test_a_corpus_is_shown_without_its_texts(
    make_archive: Callable[..., Path], review_files: Files
) -> None:
    shown = repr(load_corpus(make_archive(review_files)))
    assert "Reviews(6: 3 positive, 3 negative)" in shown
    assert "Wooden" not in shown and "Sunday" not in shown


def test_reviews_are_of_one_length() -> None:
    with pytest.raises(ValueError, match="differ in length"):
        Reviews(("a",), np.zeros(2, np.int8), np.zeros(1, np.int8), ("x",))


@pytest.mark.data
def test_full_data_set(imdb_corpus: Corpus) -> None:
    train, test = imdb_corpus.train, imdb_corpus.test
    assert (len(train), len(test)) == (25_000, 25_000)
    assert train.labels.sum() == test.labels.sum() == 12_500
    if imdb_corpus.unlabelled:
        assert len(imdb_corpus.unlabelled) == 50_000
    if train.ratings.any():
        for reviews in (train, test):
            assert (reviews.ratings[reviews.labels == 1] >= 7).all()
            assert (reviews.ratings[reviews.labels == 0] <= 4).all()
            assert reviews.ratings.min() == 1
    learn, choose = train_validation_split(train.labels, 0.1, 0)
    assert (len(learn), len(choose)) == (22_500, 2_500)
    assert 0.4 < train.labels[:1000].mean() < 0.6


@pytest.mark.data
def test_full_vocabulary_and_round_trip(imdb_corpus: Corpus) -> None:
    vocabulary = imdb_corpus.vocabulary(10_000)
    assert len(vocabulary) == 9_996
    if not imdb_corpus.ranked_words:
        counts: Counter[str] = Counter()
        for text in imdb_corpus.train.texts:
            counts.update(split_words(text))
        ranked = sorted(counts, key=lambda word: (-counts[word], word))
        assert vocabulary.words == tuple(ranked[:9_996])
    assert NO_WORD not in vocabulary
    for ids in encode_many(imdb_corpus.train.texts[:1000], vocabulary, 80):
        words = [NO_WORD if id_ == UNKNOWN else decode([id_], vocabulary) for id_ in ids if id_]
        again = encode_many([" ".join(words)], vocabulary, 80)[0]
        assert again.tolist() == ids.tolist()
