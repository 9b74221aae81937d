"""The unit that remembers the start: by its cell, after any words."""

import numpy as np

from lstm_core.recurrent.lstm import LstmForward, LstmWeights
from lstm_core.text import PAD, START
from lstm_core.training.recommended.start_token_init import start_token_init

V, E, D, T = 50, 128, 8, 80


def fresh() -> LstmWeights:
    """Weights of the size that Keras draws."""
    rng = np.random.default_rng(0)

    def draw(*shape: int) -> np.ndarray:
        return rng.uniform(-0.05, 0.05, shape).astype(np.float32)

    return LstmWeights(draw(V, E), draw(E, 4 * D), draw(D, 4 * D), draw(4 * D), draw(D), 0.0)


def last_hidden_of(weights: LstmWeights, first: int, words: int) -> float:
    """The last unit's h after padding, one id and some words."""
    ids = np.full((1, T), PAD, np.int32)
    ids[0, T - words - 1] = first
    ids[0, T - words :] = 4 + np.arange(words) % (V - 4)
    return float(LstmForward(weights, T).final_states(ids)[0, -1])


def test_the_latch_tells_a_start_from_a_word_79_words_later() -> None:
    weights = start_token_init(fresh())
    for words in (3, 40, 79):
        assert last_hidden_of(weights, START, words) > 0.55
        assert abs(last_hidden_of(weights, 7, words)) < 0.2


def test_the_other_units_and_words_stay_as_they_were() -> None:
    before = fresh()
    after = start_token_init(before)
    others = [column for column in range(4 * D) if column % D != D - 1]
    np.testing.assert_array_equal(after.kernel[:, others], before.kernel[:, others])
    np.testing.assert_array_equal(after.recurrent[:, others], before.recurrent[:, others])
    rows = [row for row in range(V) if row != START]
    np.testing.assert_array_equal(after.embedding[rows], before.embedding[rows])


def test_a_model_of_one_unit_is_left_alone() -> None:
    rng = np.random.default_rng(0).standard_normal
    weights = LstmWeights(rng((9, 4)), rng((4, 4)), rng((1, 4)), rng(4), rng(1), 0.0)
    assert start_token_init(weights) is weights
