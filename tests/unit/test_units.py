"""Orders of units, half-lives, findings, and what padding does."""

from dataclasses import replace

import numpy as np
import pytest

from lstm_core.analysis.unit_stats import (
    UnitOrder,
    finding,
    half_lives,
    logit_parts,
    longest_open,
    median_time_to_half,
    order_units,
    unit_of,
    write_half_lives,
)
from lstm_core.model.sentiment_model import SentimentModel, shipped_model
from lstm_core.recurrent.contributions import ledger_contributions, memory_ledger
from lstm_core.recurrent.lstm import QUANTITIES, LstmForward
from lstm_core.recurrent.padding import padding_effect
from lstm_core.recurrent.trace import Trace, make_trace
from lstm_core.text import Vocabulary, encode
from tests.unit.helpers import WORDS, random_weights

MAXLEN = 7
FORWARD = LstmForward(random_weights(), MAXLEN)
TEXTS = ("", "good", "a very good film not bad", "the film zebra film film film film film")


def trace_of(text: str = "a very good film") -> Trace:
    return make_trace(FORWARD, encode(text, Vocabulary(WORDS, 12), MAXLEN))


def with_forget(values: np.ndarray) -> Trace:
    """A trace whose forget gates are given, ``(T, D)``."""
    return replace(trace_of("a very good film not"), forget_gate=values.astype(np.float32))


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("order", UnitOrder)
def test_every_order_holds_every_unit_once(order: UnitOrder, text: str) -> None:
    assert sorted(order_units(trace_of(text), order)) == list(range(5))


def test_orders_are_what_their_names_say() -> None:
    trace = trace_of()
    assert order_units(trace, UnitOrder.STORED).tolist() == [0, 1, 2, 3, 4]
    by_weight = trace.output_weights[order_units(trace, UnitOrder.WEIGHT)]
    assert (np.diff(by_weight) <= 0).all()
    by_part = np.abs(logit_parts(trace))[order_units(trace, UnitOrder.IMPACT)]
    assert (np.diff(by_part) <= 0).all()


def test_units_that_behave_alike_stand_together() -> None:
    trace = trace_of()
    hidden = trace.hidden_state.copy()
    hidden[:, 4], hidden[:, 2] = hidden[:, 0] + 1e-4, hidden[:, 1] + 1e-4
    order = order_units(replace(trace, hidden_state=hidden), UnitOrder.SIMILAR).tolist()
    assert abs(order.index(4) - order.index(0)) == 1
    assert abs(order.index(2) - order.index(1)) == 1


def test_parts_of_all_units_and_the_bias_sum_to_the_logit() -> None:
    trace = trace_of()
    total = sum(unit_of(trace, unit).logit_part for unit in range(5)) + trace.bias
    assert total == pytest.approx(float(trace.logits[-1]), abs=1e-5)


def test_half_life_of_a_constant_gate_is_the_textbook_one_in_whole_words() -> None:
    gates = np.tile([0.5, 0.25, 2**-0.5, 1.0, 0.0], (MAXLEN, 1))
    assert half_lives(with_forget(gates)).tolist() == [1, 1, 2, np.inf, 1]


def test_half_life_is_the_measured_time_and_not_that_of_the_mean_gate() -> None:
    gate = np.tile([0.9, 0.9, 0.9, 0.9, 0.01], 4)  # the geometric mean says 0.69 words
    left = [np.cumprod(gate[at + 1 :]) for at in range(len(gate) - 5)]
    times = [int(np.flatnonzero(one <= 0.5)[0]) + 1 for one in left]
    assert median_time_to_half(gate, np.array([len(gate)])) == np.median(times) == 3


def test_half_life_counts_what_lasts_to_the_end_as_lasting() -> None:
    gate = np.array([1.0, 1.0, 1.0, 0.4, 1.0, 1.0])
    both = np.tile(gate, 2)
    # In a review of three words nothing is forgotten: the first three writes are censored.
    assert median_time_to_half(gate[:3], np.array([3])) == np.inf
    assert median_time_to_half(both, np.array([6, 6])) == median_time_to_half(gate, np.array([6]))
    assert median_time_to_half(np.zeros(0), np.zeros(0, int)) == np.inf


def test_the_half_life_of_a_write_counts_real_steps() -> None:
    gates = np.full((MAXLEN, 5), 0.8)  # 0.8^3 = 0.512, 0.8^4 = 0.41
    found = write_half_lives(with_forget(gates))
    assert found[0].tolist() == [4] * 5
    assert found[MAXLEN - 5].tolist() == [4] * 5
    assert found[MAXLEN - 4].tolist() == [-1] * 5


def test_the_longest_open_stretch_is_found() -> None:
    gates = np.full((MAXLEN, 5), 0.1)
    gates[3:6, 2] = 0.95
    gates[5:, 1] = 0.99
    trace = with_forget(gates)
    assert longest_open(trace) == (2, 2, 3)
    assert finding(trace, "forget_gate") == "Unit 2 stays open for 3 words after “a”"


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("quantity", QUANTITIES)
def test_every_quantity_has_a_finding_for_every_review(quantity: str, text: str) -> None:
    assert 10 < len(finding(trace_of(text), quantity)) < 90


@pytest.mark.parametrize("text", [*TEXTS, "word " * 300])
def test_the_ledger_sums_to_the_cell_state_and_its_shares_to_the_logit(text: str) -> None:
    for trace in (trace_of(text), shipped_model().trace(text)):
        total = memory_ledger(trace).sum(axis=0)
        np.testing.assert_allclose(total, trace.cell_state[-1], atol=1e-5)
        shares = ledger_contributions(trace, trace.output_weights).sum() + trace.bias
        assert shares == pytest.approx(float(trace.logits[-1]), abs=1e-4)


@pytest.mark.parametrize("text", TEXTS)
def test_the_real_number_of_zeros_gives_the_real_verdict(text: str) -> None:
    weights = random_weights()
    trace = trace_of(text)
    effect = padding_effect(weights, trace.encoding)
    assert effect.zeros == trace.encoding.pad_count
    assert effect.probabilities.shape == (MAXLEN,)
    assert effect.probabilities[effect.zeros] == pytest.approx(trace.verdict_probability, abs=1e-6)


def test_other_numbers_of_zeros_are_what_a_longer_model_says() -> None:
    model: SentimentModel = shipped_model()
    text, words = "A fine and funny film", 5
    effect = padding_effect(model.bundle.weights, model.encode(text))
    for zeros in (0, 3, model.maxlen - 1):
        longer = LstmForward(model.bundle.weights, zeros + 1 + words)
        encoding = encode(text, model.vocabulary, longer.maxlen)
        expected = make_trace(longer, encoding).verdict_probability
        assert effect.probabilities[zeros] == pytest.approx(expected, abs=1e-6)
