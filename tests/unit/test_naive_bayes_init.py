"""The start from word counts: by hand, and against the sums that it claims to be."""

import numpy as np
import pytest

from lstm_core.recurrent.lstm import LstmForward
from lstm_core.text import PAD, START
from lstm_core.training.recommended.naive_bayes_init import SMOOTHING, naive_bayes_init, word_scores
from tests.unit.helpers import random_weights

GOOD, BAD, PLAIN = 4, 5, 6
IDS = np.array(
    [
        [PAD, START, GOOD, PLAIN],
        [PAD, START, GOOD, GOOD],
        [PAD, START, PLAIN, BAD],
        [START, BAD, PLAIN, BAD],
    ],
    np.int32,
)
LABELS = np.array([1.0, 1.0, 0.0, 0.0])


def test_scores_are_log_ratios_of_reviews_that_hold_the_word() -> None:
    scores = word_scores(IDS, LABELS, 8)
    ratio = np.log((2 + SMOOTHING) / SMOOTHING)
    plain = np.log((1 + SMOOTHING) / (2 + SMOOTHING))  # in one positive and two negative reviews
    np.testing.assert_allclose(scores, [0, 0, 0, 0, ratio, -ratio, plain, 0], atol=1e-12)


def test_the_lstm_adds_up_the_scores() -> None:
    weights = naive_bayes_init(random_weights(8, 6, 3), IDS, LABELS)
    forward = LstmForward(weights, 4)
    logits = forward.logits(forward.final_states(IDS))
    assert (logits > 0).tolist() == [True, True, False, False]
    totals = word_scores(IDS, LABELS, 8)[IDS].sum(axis=1)
    assert np.argsort(logits).tolist() == np.argsort(totals).tolist()


def test_the_other_units_stay_as_they_were() -> None:
    fresh = random_weights(8, 6, 3)
    started = naive_bayes_init(fresh, IDS, LABELS)
    others = [unit for unit in range(12) if unit % 3]
    np.testing.assert_array_equal(started.recurrent[:, others], fresh.recurrent[:, others])
    np.testing.assert_array_equal(started.kernel[:, others], fresh.kernel[:, others])
    np.testing.assert_array_equal(started.embedding[:, 6:], fresh.embedding[:, 6:])
    assert not np.shares_memory(started.embedding, fresh.embedding)


@pytest.mark.parametrize("label", [0.0, 1.0])
def test_one_class_alone_gives_finite_weights(label: float) -> None:
    started = naive_bayes_init(random_weights(8, 6, 3), IDS, np.full(4, label))
    forward = LstmForward(started, 4)
    assert np.isfinite(forward.logits(forward.final_states(IDS))).all()
