"""The lesson's layer: the article's four tables, the switches, TensorFlow's random numbers."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lstm_core.errors import InputError, LstmLensError
from lstm_core.json_codec import decode
from lstm_core.lesson.article import (
    ONE_UNIT_IN_THE_LAST_PLACE,
    article_run,
    article_sequences,
    as_printed,
    compare,
    equal_digits,
    legacy_tanh,
    seed_weights,
)
from lstm_core.lesson.keras_tasks import (
    KIND,
    KerasResult,
    compare_outputs,
    keras_key,
    start_keras_run,
)
from lstm_core.lesson.layer import (
    SETTINGS,
    LayerWeights,
    Setting,
    draw_weights,
    equal_to_last,
    keras_code,
    keras_preamble,
    returned,
    run_layer,
)
from lstm_core.lesson.tf_random import LARGEST_SEED, TfRandom, philox_block
from lstm_core.permissions import LOCAL
from lstm_core.recurrent.lstm import LstmForward, LstmWeights
from tests.support.tasks import wait_for_end

ROOT = Path(__file__).resolve().parents[2]
# Design notes of the project: the weights behind the article's tables.
KERNEL = [-0.45575964, -0.6428807, 0.07753718, 0.13420844]
RECURRENT = [0.8810551, 0.16066343, -0.43837115, 0.07589388]


def test_seed_0_gives_the_articles_weights() -> None:
    weights = seed_weights(0)
    np.testing.assert_allclose(weights.kernel[0], KERNEL, rtol=0, atol=1e-7)
    np.testing.assert_allclose(weights.recurrent[0], RECURRENT, rtol=0, atol=1e-7)
    assert weights.bias.tolist() == [0, 1, 0, 0]


@pytest.mark.parametrize("setting", SETTINGS)
def test_every_printed_digit_comes_out_with_the_tanh_of_2022(setting: Setting) -> None:
    run = article_run(as_in_2022=True)
    for ours, theirs in zip(returned(run, setting), as_printed(setting), strict=True):
        assert ours.values.shape == theirs.shape
        assert equal_digits(ours.values, theirs).all(), ours.name


@pytest.mark.parametrize("setting", SETTINGS)
def test_todays_numbers_are_within_one_unit_of_the_eighth_decimal(setting: Setting) -> None:
    run = article_run(as_in_2022=False)
    for ours, theirs in zip(returned(run, setting), as_printed(setting), strict=True):
        gap = np.abs(ours.values.astype(np.float64) - theirs).max()
        assert gap < ONE_UNIT_IN_THE_LAST_PLACE


def test_the_comparison_counts_all_four_tables() -> None:
    then, today = (compare(article_run(as_in_2022=flag)) for flag in (True, False))
    assert then.numbers == today.numbers == 6 + 18 + 18 + 30
    assert then.equal_digits == then.numbers
    assert 0 < today.numbers - today.equal_digits < 20
    assert today.largest < ONE_UNIT_IN_THE_LAST_PLACE


@given(st.floats(-30, 30, width=32))
def test_the_tanh_of_2022_is_a_tanh(value: float) -> None:
    x = np.array([value], np.float32)
    assert abs(float(legacy_tanh(x)[0]) - np.tanh(value)) < 5e-7


def test_philox_gives_the_published_test_vectors() -> None:
    everything = 2**64 - 1
    assert philox_block(0, 0, 0) == (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)
    assert philox_block(everything, everything, everything) == (
        0x408F276D,
        0x41C83B0E,
        0xA20BC7C6,
        0x6D5451FD,
    )


@pytest.mark.parametrize("seed", [-1, LARGEST_SEED + 1, 1.0, True, "7", None])
def test_a_seed_that_is_none_is_refused_with_a_sentence(seed: object) -> None:
    with pytest.raises(InputError, match="whole number from 0"):
        TfRandom(seed)  # type: ignore[arg-type]


@given(st.integers(0, LARGEST_SEED), st.integers(1, 3), st.integers(1, 4))
def test_drawn_weights_are_what_the_initialisers_promise(
    seed: int, inputs: int, units: int
) -> None:
    weights = draw_weights(TfRandom(seed), inputs, units)
    limit = np.sqrt(6 / (inputs + 4 * units))
    assert np.abs(weights.kernel).max() <= limit * (1 + 1e-6)
    product = weights.recurrent @ weights.recurrent.T
    np.testing.assert_allclose(product, np.eye(units), atol=1e-5)
    assert weights.bias.sum() == units


def test_the_layer_is_the_models_own_forward_pass() -> None:
    weights = draw_weights(TfRandom(3), 5, 4)
    embedding = np.random.default_rng(1).normal(size=(9, 5)).astype(np.float32)
    ids = np.array([0, 0, 1, 5, 8, 2, 5], np.int32)
    model = LstmWeights(
        embedding, weights.kernel, weights.recurrent, weights.bias, np.zeros(4, np.float32), 0.0
    )
    steps = LstmForward(model, len(ids)).steps(ids)
    run = run_layer(weights, embedding[ids][None])
    for name in ("input_gate", "forget_gate", "candidate", "output_gate", "cell_state"):
        np.testing.assert_allclose(getattr(run, name)[0], getattr(steps, name), atol=1e-6)
    np.testing.assert_allclose(run.hidden_state[0], steps.hidden_state, atol=1e-6)


@given(st.integers(1, 5), st.integers(1, 6), st.integers(1, 3), st.integers(1, 4))
def test_what_is_returned_has_keras_shapes_and_equalities(
    count: int, steps: int, inputs: int, units: int
) -> None:
    data = np.random.default_rng(0).normal(size=(count, steps, inputs)).astype(np.float32)
    run = run_layer(draw_weights(TfRandom(1), inputs, units), data)
    last = run.hidden_state[:, -1]
    output, state_h, state_c = returned(run, Setting(False, True))
    sequences = returned(run, Setting(True, False))[0]
    assert sequences.values.shape == (count, steps, units)
    assert output.values.shape == state_h.values.shape == state_c.values.shape == (count, units)
    assert np.array_equal(sequences.values[:, -1], state_h.values)
    assert equal_to_last(output, last).all() and equal_to_last(state_h, last).all()
    marks = equal_to_last(sequences, last)
    assert marks[:, -1].all()
    assert not marks[:, :-1].any()
    assert not equal_to_last(state_c, last).any()


def test_a_second_layer_needs_the_sequences_of_the_first() -> None:
    run = run_layer(seed_weights(0, 2), article_sequences())
    second = draw_weights(TfRandom(0), 2, 3)
    assert run_layer(second, run.hidden_state).hidden_state.shape == (6, 3, 3)
    with pytest.raises(InputError, match="return its sequences"):
        run_layer(second, run.hidden_state[:, -1])
    with pytest.raises(InputError, match="do not belong together"):
        LayerWeights(second.kernel, second.recurrent, second.bias[:4])


def test_large_numbers_make_no_warning_and_no_nonsense() -> None:
    run = run_layer(seed_weights(5), article_sequences() * np.float32(3_000))
    assert np.isfinite(run.hidden_state).all() and np.abs(run.hidden_state).max() <= 1


def test_other_shapes_than_ours_are_refused() -> None:
    weights, sequences = seed_weights(), article_sequences()
    with pytest.raises(LstmLensError, match="Keras returned the shapes"):
        compare_outputs(weights, sequences, {SETTINGS[0]: [sequences]})


@pytest.mark.keras
def test_the_real_layer_gives_the_same_four_tables_as_a_task(home: Path) -> None:
    weights, sequences = seed_weights(7, 3), article_sequences()
    start_keras_run(weights, sequences, LOCAL)
    status = wait_for_end(KIND, keras_key(weights, sequences))
    assert status.done, status.error
    result = decode(KerasResult, status.result)
    assert [one.setting for one in result.results] == list(SETTINGS)
    assert result.largest_difference < 1e-6


@pytest.mark.keras
def test_keras_itself_prints_the_articles_tables_draws_these_weights_and_refuses_a_stack() -> None:
    """One process for all of it: TensorFlow takes long to load."""
    process = subprocess.run(
        [sys.executable, "-c", _IN_KERAS],
        input=json.dumps([_codes(), [0, 1, 7, 12345]]),
        capture_output=True,
        text=True,
        timeout=400,
        cwd=ROOT,
    )
    assert process.returncode == 0, process.stderr[-2000:]
    answer = json.loads(process.stdout.strip().splitlines()[-1])
    for setting, arrays in zip(SETTINGS, answer["tables"], strict=True):
        for theirs, article in zip(arrays, as_printed(setting), strict=True):
            gap = np.abs(np.array(theirs) - article).max()
            assert gap < ONE_UNIT_IN_THE_LAST_PLACE
    for seed, drawn in answer["weights"].items():
        ours, second = _two_layers(int(seed))
        for name in ("kernel", "recurrent"):
            np.testing.assert_allclose(getattr(ours, name), drawn["first"][name], atol=5e-7)
            np.testing.assert_allclose(getattr(second, name), drawn["second"][name], atol=5e-7)
    assert "expected ndim=3, found ndim=2" in answer["refusal"]
    assert "(None, 1)" in answer["refusal"]


def _codes() -> list[str]:
    weights, data = seed_weights(), article_sequences()
    return [
        f"{keras_preamble(weights, data)}\n{keras_code(setting, weights, data)}"
        for setting in SETTINGS
    ]


def _two_layers(seed: int) -> tuple[LayerWeights, LayerWeights]:
    random = TfRandom(seed)
    return draw_weights(random, 1, 1), draw_weights(random, 1, 2)


_IN_KERAS = """
import json, os, sys
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
import tensorflow as tf, keras

codes, seeds = json.load(sys.stdin)
tables = []
for code in codes:
    names = {}
    exec(code, names)
    wanted = [name for name in ("output", "sequences", "state_h", "state_c") if name in names]
    tables.append([names[name].tolist() for name in wanted])

def draw(inputs, units):
    limit = (6 / (inputs + 4 * units)) ** 0.5
    kernel = tf.random.uniform([inputs, 4 * units], -limit, limit)
    q, r = tf.linalg.qr(tf.random.normal([4 * units, units]))
    recurrent = tf.transpose(q * tf.sign(tf.linalg.diag_part(r)))
    return {"kernel": kernel.numpy().tolist(), "recurrent": recurrent.numpy().tolist()}

weights = {}
for seed in seeds:
    tf.random.set_seed(seed)
    weights[seed] = {"first": draw(1, 1), "second": draw(1, 2)}
try:
    inputs = keras.Input(shape=(3, 1))
    keras.layers.LSTM(2)(keras.layers.LSTM(1)(inputs))
    refusal = ""
except ValueError as error:
    refusal = str(error)
print(json.dumps({"tables": tables, "weights": weights, "refusal": refusal}))
"""
