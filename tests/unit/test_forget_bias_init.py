"""Forget gates that start open."""

import numpy as np

from lstm_core.recurrent.lstm import LstmForward, LstmWeights
from lstm_core.training.recommended.forget_bias_init import forget_bias_init

D, E = 3, 4


def fresh() -> LstmWeights:
    rng = np.random.default_rng(0)
    bias = np.zeros(4 * D, np.float32)
    bias[D : 2 * D] = 1
    return LstmWeights(
        embedding=rng.uniform(-0.05, 0.05, (9, E)).astype(np.float32),
        kernel=rng.normal(0, 0.3, (E, 4 * D)).astype(np.float32),
        recurrent=np.zeros((D, 4 * D), np.float32),
        bias=bias,
        dense_kernel=rng.normal(size=D).astype(np.float32),
        dense_bias=0.0,
    )


def test_the_forget_gates_alone_are_changed() -> None:
    before = fresh()
    after = forget_bias_init(before, 3.0)
    np.testing.assert_array_equal(after.bias, [0] * D + [3] * D + [0] * 2 * D)
    np.testing.assert_array_equal(after.kernel, before.kernel)
    np.testing.assert_array_equal(before.bias[D : 2 * D], 1)  # what came in is left alone
    np.testing.assert_array_equal(forget_bias_init(before, 1.0).bias, before.bias)


def test_what_a_word_wrote_is_half_gone_after_two_words_or_after_fourteen() -> None:
    ids = np.array([[4] + [0] * 39], np.int32)
    for bias, half in ((1.0, 2), (3.0, 14)):
        weights = forget_bias_init(fresh(), bias)
        weights.embedding[0] = 0
        cells = LstmForward(weights, 40).steps(ids[0]).cell_state[:, 0]
        left = np.abs(cells / cells[0])
        assert left[half] > 0.45 and left[half + 1] < 0.5
