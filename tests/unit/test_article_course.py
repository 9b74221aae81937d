"""The article's recipe as a course: Keras' own steps, and bit for bit the same after a pause."""

from pathlib import Path

import numpy as np
import pytest

from lstm_core.recurrent.lstm import LstmWeights
from lstm_core.runs.checkpoint import read_checkpoint, write_checkpoint
from lstm_core.runs.folder import RunFolder
from lstm_core.training.article.trainer import ArticleTrainer
from lstm_core.training.rng import RngStream, step_rng
from lstm_core.training.trainer import states_equal

pytestmark = pytest.mark.keras

REVIEWS, WORDS, PLACES, BATCH, EPOCHS, SEED = 22, 30, 7, 4, 2, 5


@pytest.fixture(scope="module")
def start() -> LstmWeights:
    from lstm_core.training.article.model import build_model
    from lstm_core.training.factory import make_repeatable, weights_of

    make_repeatable(SEED)
    return weights_of(build_model(WORDS, PLACES, 5, 3))


def _reviews() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(1)
    ids = rng.integers(1, WORDS, (REVIEWS, PLACES)).astype(np.int32)
    return ids, (ids[:, -1] > WORDS // 2).astype(np.float32)


def _course(start: LstmWeights) -> ArticleTrainer:
    return ArticleTrainer(*_reviews(), start, batch_size=BATCH, epochs=EPOCHS, seed=SEED)


def test_the_steps_are_keras_steps(start: LstmWeights) -> None:
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
    course = _course(start)
    learned = []
    while course.done < course.steps:
        learned.extend(course.learn(course.steps).losses)
    np.testing.assert_allclose(learned, losses, atol=2e-5)
    ours, theirs = course.weights(), weights_of(model)
    for name in ("embedding", "kernel", "recurrent", "bias", "dense_kernel"):
        np.testing.assert_allclose(getattr(ours, name), getattr(theirs, name), atol=2e-5)


def test_every_review_once_an_epoch_in_an_order_of_its_own(start: LstmWeights) -> None:
    course = _course(start)
    assert course.epoch_ends == (6, 12)
    assert course.steps == 12
    batches = course._batches(3)
    assert batches.count == 3
    np.testing.assert_allclose(batches.shares.sum(axis=1)[:3], 1, rtol=1e-6)
    while course.done < 5:
        course.learn(5 - course.done)
    last = course._batches(1)
    assert (last.shares[0] > 0).sum() == REVIEWS % BATCH


def test_taken_up_from_a_file_it_ends_bit_for_bit_the_same(
    start: LstmWeights, tmp_path: Path
) -> None:
    folder = RunFolder(tmp_path)
    whole, first, second = _course(start), _course(start), _course(start)
    while whole.done < whole.steps:
        whole.learn(whole.steps)
    while first.done < 8:
        first.learn(1)
    write_checkpoint(folder, first.done, first.state(), {"step": 8})
    found = read_checkpoint(folder)
    assert found is not None and found.told == {"step": 8}
    second.restore(found.state)
    assert second.done == 8
    while second.done < second.steps:
        second.learn(3)
    assert states_equal(whole.state(), second.state())
    assert not states_equal(whole.state(), first.state())


def test_a_call_ends_with_the_batch_after_which_it_is_asked_to(start: LstmWeights) -> None:
    whole, asked = _course(start), _course(start)
    while whole.done < whole.steps:
        whole.learn(whole.steps)
    assert len(asked.learn(5, lambda: True)) == 1
    looks: list[int] = []

    def third_time() -> bool:
        looks.append(len(looks))
        return len(looks) == 3

    assert (len(asked.learn(5, third_time)), asked.done) == (3, 4)
    while asked.done < asked.steps:
        asked.learn(asked.steps)
    assert states_equal(whole.state(), asked.state())
