"""What is measured inside a model, against numbers by hand and against TensorFlow."""

import numpy as np
import pytest

from lstm_core.recurrent.backward import fed, forward_pass
from lstm_core.recurrent.lstm import LstmForward, LstmWeights
from lstm_core.training.diagnostics import compute_diagnostics, loss_gradients


def _weights(seed: int = 0) -> LstmWeights:
    rng = np.random.default_rng(seed)

    def some(*shape: int) -> np.ndarray:
        return rng.standard_normal(shape).astype(np.float32) * np.float32(0.7)

    return LstmWeights(some(20, 4), some(4, 12), some(3, 12), some(12), some(3), 0.2)


IDS = np.random.default_rng(1).integers(0, 20, (6, 9)).astype(np.int32)
LABELS = np.array([1, 0, 1, 1, 0, 0], np.float32)


def test_the_forward_pass_is_the_models() -> None:
    weights = _weights()
    start = np.zeros(3, np.float32)
    gates, cells, hidden = forward_pass(weights, fed(weights, IDS.T), start, start)
    forward = LstmForward(weights, 9)
    for row, ids in enumerate(IDS):
        steps = forward.steps(ids)
        np.testing.assert_allclose(gates[:, row, :3], steps.input_gate, atol=1e-6)
        np.testing.assert_allclose(gates[:, row, 6:9], steps.candidate, atol=1e-6)
        np.testing.assert_allclose(cells[1:, row], steps.cell_state, atol=1e-6)
        np.testing.assert_allclose(hidden[1:, row], steps.hidden_state, atol=1e-6)


def test_shares_and_norms_by_hand() -> None:
    weights = _weights()
    open_input = LstmWeights(
        weights.embedding,
        np.zeros((4, 12), np.float32),
        np.zeros((3, 12), np.float32),
        np.array([9, 9, 9, -9, -9, -9, 0, 0, 0, 0, 0, 9], np.float32),
        weights.dense_kernel,
        0.0,
    )
    inside = compute_diagnostics(open_input, IDS, LABELS, step=7, epoch=2)
    assert (inside.step, inside.epoch) == (7, 2)
    assert inside.high == {"input": 1.0, "forget": 0.0, "output": pytest.approx(1 / 3)}
    assert inside.low == {"input": 0.0, "forget": 1.0, "output": 0.0}
    assert inside.dead == {"input": 0, "forget": 3, "output": 0}
    assert inside.weight_norms["bias"] == pytest.approx(np.sqrt(7 * 81))
    assert inside.weight_norms["kernel"] == 0
    # The forget gate is shut: hardly anything of the loss reaches a place before the last.
    assert inside.time_norms[-1] > 100 * inside.time_norms[-2]
    assert len(inside.time_norms) == 9


@pytest.mark.keras
def test_the_gradients_are_tensorflows() -> None:
    import tensorflow as tf

    from lstm_core.training.recommended.bptt import window_logits

    weights = _weights(3)
    arrays = ("embedding", "kernel", "recurrent", "bias", "dense_kernel")
    variables = [tf.Variable(getattr(weights, name)) for name in arrays]
    with tf.GradientTape() as tape:
        column = [*variables[:4], variables[4][:, None], tf.constant([weights.dense_bias])]
        logits = window_logits(column, tf.constant(IDS), tf.ones(4))
        loss = tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(LABELS, logits))
    found = loss_gradients(weights, IDS, LABELS)
    for name, gradient in zip(arrays, tape.gradient(loss, variables), strict=True):
        expected = tf.convert_to_tensor(gradient).numpy()
        np.testing.assert_allclose(getattr(found, name), expected, atol=2e-7, err_msg=name)
    inside = compute_diagnostics(weights, IDS, LABELS, 0, 0)
    assert inside.gradient_norms["kernel"] == pytest.approx(np.linalg.norm(found.kernel), rel=1e-5)
