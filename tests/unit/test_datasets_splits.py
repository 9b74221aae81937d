"""Parting by class and seed."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lstm_core.datasets import train_validation_split
from lstm_core.errors import InputError


@given(
    counts=st.tuples(st.integers(2, 200), st.integers(2, 200)),
    share=st.floats(0.01, 0.99),
    seed=st.integers(0, 2**32 - 1),
)
def test_parts_are_whole_and_stratified(counts: tuple[int, int], share: float, seed: int) -> None:
    labels = np.repeat([0, 1], counts)
    train, validation = train_validation_split(labels, share, seed)
    assert sorted([*train, *validation]) == list(range(len(labels)))
    assert train.tolist() == sorted(train.tolist())
    for label, count in enumerate(counts):
        taken = int((labels[validation] == label).sum())
        assert taken == min(max(round(count * share), 1), count - 1)


def test_the_seed_decides() -> None:
    labels = np.tile([0, 1], 50)
    one = train_validation_split(labels, 0.2, 7)[1]
    assert one.tolist() == train_validation_split(labels, 0.2, 7)[1].tolist()
    assert one.tolist() != train_validation_split(labels, 0.2, 8)[1].tolist()


def test_a_recorded_split_stays_true() -> None:
    assert train_validation_split([0, 1] * 6, 0.34, 0)[1].tolist() == [3, 4, 7, 10]


@settings(max_examples=50)
@given(
    words=st.lists(st.sampled_from("abcdefghij"), min_size=40, max_size=80),
    seed=st.integers(0, 1000),
)
def test_equal_texts_stay_on_one_side(words: list[str], seed: int) -> None:
    texts = [*words, "k", "l"]
    labels = np.array([ord(word) % 2 for word in texts])
    if min(len({t for t in texts if ord(t) % 2 == label}) for label in (0, 1)) < 2:
        return
    train, validation = train_validation_split(labels, 0.3, seed, texts=texts)
    assert not {texts[at] for at in train} & {texts[at] for at in validation}
    assert len(train) + len(validation) == len(texts)
    assert set(labels[train]) == set(labels[validation]) == {0, 1}


@pytest.mark.parametrize(
    "labels, share, seed, said",
    [
        ([0, 1, 0, 1], 0.0, 0, "above 0 and below 1"),
        ([0, 1, 0, 1], 1.0, 0, "above 0 and below 1"),
        ([0, 1, 0, 1], float("nan"), 0, "above 0 and below 1"),
        ([0, 1, 0, 1], 0.5, -1, "seed of -1"),
        ([0, 1, 0, 1], 0.5, 2**32, "seed"),
        ([], 0.5, 0, "one label for each review"),
        ([[0, 1], [1, 0]], 0.5, 0, r"shape \(2, 2\)"),
        ([0, 0, 1], 0.5, 0, "class 1 has fewer than two"),
    ],
)
def test_bad_requests(labels: list[int], share: float, seed: int, said: str) -> None:
    with pytest.raises(InputError, match=said):
        train_validation_split(labels, share, seed)


def test_texts_must_fit_the_labels() -> None:
    with pytest.raises(InputError, match="3 texts came with 4 labels"):
        train_validation_split([0, 1, 0, 1], 0.5, 0, texts=["a", "b", "c"])
