"""The trainer of the article's recipe: Keras' own steps, and bit for bit the same after a pause."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lstm_core.recurrent.lstm import LstmWeights
from lstm_core.runs.checkpoint import read_checkpoint, write_checkpoint
from lstm_core.runs.folder import RunFolder
from lstm_core.training.article.trainer import ArticleTrainer
from lstm_core.training.rng import RngStream, step_rng
from lstm_core.training.schedule import EpochSchedule, StepSettings
from tests.support.compiled import CompiledSteps
from tests.unit.helpers import states_equal

pytestmark = pytest.mark.keras

REVIEWS, WORDS, PLACES, BATCH, EPOCHS, SEED = 22, 30, 7, 4, 2, 5


@pytest.fixture(scope="module")
def start() -> LstmWeights:
    from lstm_core.training.article.model import build_model
    from lstm_core.training.factory import make_repeatable, weights_of

    make_repeatable(SEED)
    return weights_of(build_model(WORDS, PLACES, 5, 3))


class Whole(NamedTuple):
    """State and weights at the end of a training, and the losses of its steps."""

    state: dict[str, np.ndarray]
    weights: LstmWeights
    losses: list[float]


def _reviews() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(1)
    ids = rng.integers(1, WORDS, (REVIEWS, PLACES)).astype(np.int32)
    return ids, (ids[:, -1] > WORDS // 2).astype(np.float32)


@pytest.fixture(scope="module")
def make(start: LstmWeights, compiled_steps: CompiledSteps) -> Callable[..., ArticleTrainer]:
    """Makes a trainer from the same weights; the one before it is not used any more."""

    def new(*changes: StepSettings) -> ArticleTrainer:
        compiled_steps.release()
        trainer = ArticleTrainer(*_reviews(), start, batch_size=BATCH, epochs=EPOCHS, seed=SEED)
        for change in changes:
            trainer.change(change)
        return trainer

    return new


def _to_the_end(trainer: ArticleTrainer, steps: int = 99) -> list[float]:
    """Take the steps that are left, so many at once; their losses."""
    losses = list[float]()
    while trainer.done < trainer.steps:
        losses.extend(trainer.learn(steps).losses)
    return losses


@pytest.fixture(scope="module")
def whole(make: Callable[..., ArticleTrainer]) -> Whole:
    """The training without a pause."""
    trainer = make()
    losses = _to_the_end(trainer)
    return Whole(trainer.state(), trainer.weights(), losses)


def test_the_steps_are_keras_steps(start: LstmWeights, whole: Whole) -> None:
    """The same batches through the article's `compile` and `train_on_batch`."""
    from lstm_core.training.article.model import build_model
    from lstm_core.training.factory import copy_weights, weights_of

    model = build_model(WORDS, PLACES, 5, 3)
    copy_weights(start, model)
    model.compile(optimizer="adam", loss="binary_crossentropy")
    ids, labels = _reviews()
    losses = []
    for epoch in range(EPOCHS):
        order = step_rng(SEED, RngStream.ORDER, epoch).permutation(REVIEWS)
        for at in range(0, REVIEWS, BATCH):
            rows = order[at : at + BATCH]
            losses.append(float(model.train_on_batch(ids[rows], labels[rows, None])))
            model.reset_metrics()
    np.testing.assert_allclose(whole.losses, losses, atol=2e-5)
    ours, theirs = whole.weights, weights_of(model)
    for name in ("embedding", "kernel", "recurrent", "bias", "dense_kernel"):
        np.testing.assert_allclose(getattr(ours, name), getattr(theirs, name), atol=2e-5)


def test_every_review_once_an_epoch_in_an_order_of_its_own(
    make: Callable[..., ArticleTrainer],
) -> None:
    trainer = make()
    assert trainer.epoch_ends == (6, 12)
    assert trainer.steps == 12
    batches = trainer._batches(0, 3)
    assert batches.count == 3
    np.testing.assert_allclose(batches.shares.sum(axis=1)[:3], 1, rtol=1e-6)
    while trainer.done < 5:
        trainer.learn(5 - trainer.done)
    last = trainer._batches(5, 1)
    assert (last.shares[0] > 0).sum() == REVIEWS % BATCH


def test_taken_up_from_a_file_it_ends_bit_for_bit_the_same(
    make: Callable[..., ArticleTrainer], whole: Whole, tmp_path: Path
) -> None:
    folder, first = RunFolder(tmp_path), make()
    while first.done < 8:
        first.learn(1)
    write_checkpoint(folder, first.done, first.state(), {"step": 8})
    found = read_checkpoint(folder)
    assert found is not None and found.told == {"step": 8}
    assert not states_equal(whole.state, first.state())
    second = make()
    second.restore(found.state)
    assert second.done == 8
    _to_the_end(second, 3)
    assert states_equal(whole.state, second.state())


CHANGES = (StepSettings(4, 1e-2, 3, 0.5), StepSettings(9, 1e-3, 7, 0.0))


def test_changed_settings_are_the_same_when_resumed_before_the_change(
    make: Callable[..., ArticleTrainer], whole: Whole
) -> None:
    changed = make(*CHANGES)
    _to_the_end(changed)
    assert changed.steps == 4 + 2 + 3 + 2  # 16 in fours, 6 in threes; 9 in threes, 13 in sevens
    batches, ended = changed._batches(4, 1), changed.state()
    assert set(np.unique(batches.masks[0])) == {0.0, 2.0}
    assert batches.rates[0] == np.float32(1e-2)
    assert not states_equal(whole.state, ended)
    first = make()  # it does not know the changes yet
    while first.done < 3:
        first.learn(3 - first.done)
    left, resumed = first.state(), make(*CHANGES)
    resumed.restore(left)
    _to_the_end(resumed, 2)
    assert states_equal(ended, resumed.state())


@given(
    st.integers(1, 40),
    st.integers(1, 4),
    st.integers(1, 9),
    st.lists(st.tuples(st.integers(1, 30), st.integers(1, 9)), max_size=3),
)
def test_every_epoch_has_every_review_once_whatever_the_batch_sizes(
    reviews: int, epochs: int, size: int, changes: list[tuple[int, int]]
) -> None:
    sizes = [(0, size), *sorted(dict(changes).items())]
    schedule = EpochSchedule(reviews, epochs, sizes)
    read: list[list[int]] = [[] for _ in range(epochs)]
    for step in range(schedule.epoch_ends[-1]):
        epoch, first = schedule.position(step)
        batch = [batch for begin, batch in sizes if begin <= step][-1]
        read[epoch].extend(range(first, min(first + batch, reviews)))
        if step + 1 in schedule.epoch_ends:
            assert len(read[epoch]) == reviews
    assert read == [list(range(reviews))] * epochs
    assert len(schedule.epoch_ends) == epochs


def test_the_weights_before_the_last_step_are_known_after_it(
    make: Callable[..., ArticleTrainer],
) -> None:
    trainer = make(*CHANGES)
    for _ in range(5):
        before = trainer.weights()
        trainer.learn(1)
    last = trainer.last_batch()
    for name in ("embedding", "kernel", "recurrent", "bias", "dense_kernel"):
        np.testing.assert_allclose(getattr(last.before, name), getattr(before, name), atol=1e-6)
    assert np.array_equal(last.after.kernel, trainer.weights().kernel)


def test_a_call_ends_with_the_batch_after_which_it_is_asked_to(
    make: Callable[..., ArticleTrainer], whole: Whole
) -> None:
    asked = make()
    assert len(asked.learn(5, lambda: True)) == 1
    looks: list[int] = []

    def third_time() -> bool:
        looks.append(len(looks))
        return len(looks) == 3

    assert (len(asked.learn(5, third_time)), asked.done) == (3, 4)
    _to_the_end(asked)
    assert states_equal(whole.state, asked.state())
