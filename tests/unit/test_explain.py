"""Word scores: against plain readings of their equations, TensorFlow's gradients and the logit."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import spearmanr

from lstm_core.attribution.agreement import agreement
from lstm_core.attribution.attribute import score_all, score_words
from lstm_core.attribution.contextual_decomposition import phrase_parts, phrase_states
from lstm_core.attribution.gradients import TOLERANCE, gradient_input, integrated_gradients
from lstm_core.attribution.lrp import EPSILON, relevance
from lstm_core.attribution.occlusion import MaskingStrategy, leave_one_out, mask_words
from lstm_core.attribution.registry import NOTES, Method
from lstm_core.attribution.shapley import shapley_values
from lstm_core.model.sentiment_model import shipped_model
from lstm_core.recurrent.backward import logits_and_gradients, unknown_words, unroll
from lstm_core.recurrent.lstm import LstmForward
from lstm_core.recurrent.trace import Trace, make_trace
from lstm_core.text import PAD, START, UNKNOWN, Vocabulary, encode
from tests.unit.helpers import WORDS, random_weights

MAXLEN = 9
few = settings(max_examples=25)  # of what runs word by word in Python
SAID = (
    "not bad at all",
    "A warm, funny and clever film. " * 14,
    "A dull, slow, sad film.",
    "I wanted to like it, but the second half is a mess and nobody seems to care.",
    "The best thing about it is that it ends.",
)
WEIGHTS = random_weights()
FORWARD = LstmForward(WEIGHTS, MAXLEN)
VOCABULARY = Vocabulary(WORDS, WEIGHTS.num_words)
TEXTS = st.lists(st.sampled_from([*WORDS, "zzz"]), max_size=11).map(" ".join)


def trace_of(text: str) -> Trace:
    return make_trace(FORWARD, encode(text, VOCABULARY, MAXLEN))


def logistic(z: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-z))


@few
@given(TEXTS)
def test_every_method_scores_words_and_nothing_else(text: str) -> None:
    trace = trace_of(text)
    for found in score_all(FORWARD, trace):
        assert found.scores.dtype == np.float32 and found.scores.shape == (MAXLEN,)
        assert np.isfinite(found.scores).all()
        assert not found.scores[: trace.encoding.first_word].any()
        error = TOLERANCE if found.method is Method.INTEGRATED else 1e-5
        assert abs(found.residual) <= error
        if found.rest is not None:
            total = found.scores.sum() + found.rest + found.residual
            assert total == pytest.approx(found.logit, abs=1e-5)


@few
@given(TEXTS)
def test_methods_with_a_baseline_review_give_its_own_logit(text: str) -> None:
    trace = trace_of(text)
    ids, first = trace.encoding.ids.copy(), trace.encoding.first_word
    ids[first:] = UNKNOWN
    baseline = float(FORWARD.logits(FORWARD.final_states(ids[None]))[0])
    for method in (Method.INTEGRATED, Method.SHAPLEY):
        if first < MAXLEN:
            assert score_words(FORWARD, trace, method).rest == pytest.approx(baseline, abs=1e-5)


def test_shapley_sampling_approaches_the_exact_values() -> None:
    trace = trace_of("not a very good film")
    ids, first = trace.encoding.ids, trace.encoding.first_word
    words = MAXLEN - first

    def value(present: tuple[int, ...]) -> float:
        chosen = ids.copy()
        away = [first + at for at in range(words) if at not in present]
        chosen[away] = UNKNOWN
        return float(FORWARD.logits(FORWARD.final_states(chosen[None]))[0])

    exact = np.zeros(words)
    orders = list(permutations(range(words)))
    for order in orders:
        for size, at in enumerate(order):
            exact[at] += (value(order[: size + 1]) - value(order[:size])) / len(orders)
    found, baseline = shapley_values(FORWARD, ids, first, permutations=4_000)
    np.testing.assert_allclose(found, exact, atol=0.02 * np.abs(exact).max() + 1e-3)
    assert found.sum() + baseline == pytest.approx(float(trace.logits[-1]), abs=1e-5)
    again, _ = shapley_values(FORWARD, ids, first)
    np.testing.assert_array_equal(again, shapley_values(FORWARD, ids, first)[0])


@given(TEXTS)
def test_the_run_of_many_gives_the_logit_of_the_trace(text: str) -> None:
    trace = trace_of(text)
    run = unroll(FORWARD, trace)
    inputs = np.repeat(run.words[:, None], 3, axis=1)
    logits, _ = logits_and_gradients(WEIGHTS, inputs, run.cells[0], run.hidden[0])
    np.testing.assert_allclose(logits, trace.logits[-1], atol=2e-6)


@few
@given(TEXTS, st.integers(0, 10**6))
def test_gradients_are_the_slope_of_the_logit(text: str, seed: int) -> None:
    run = unroll(FORWARD, trace_of(text))
    way = np.random.default_rng(seed).standard_normal(run.words.shape).astype(np.float32)
    small = np.float32(2e-3)
    inputs = np.stack([run.words, run.words + small * way, run.words - small * way], axis=1)
    logits, gradients = logits_and_gradients(WEIGHTS, inputs, run.cells[0], run.hidden[0])
    slope = float(logits[1] - logits[2]) / (2 * float(small))
    assert slope == pytest.approx(float((gradients[:, 0] * way).sum()), abs=5e-3, rel=1e-2)


@pytest.mark.keras
@pytest.mark.parametrize("text", ["", "not a very good film", "bad " * 12])
def test_gradients_by_the_embedding_equal_tensorflows(text: str) -> None:
    import tensorflow as tf

    from lstm_core.training.article.model import build_model

    trace = trace_of(text)
    model = build_model(WEIGHTS.num_words, MAXLEN, WEIGHTS.embedding_dim, WEIGHTS.lstm_dim)
    lstm = model.get_layer("lstm")
    lstm.set_weights([WEIGHTS.kernel, WEIGHTS.recurrent, WEIGHTS.bias])
    vectors = tf.constant(WEIGHTS.embedding[trace.encoding.ids][None])  # (1, T, E)
    with tf.GradientTape() as tape:
        tape.watch(vectors)
        logit = tf.reduce_sum(lstm(vectors) * WEIGHTS.dense_kernel) + WEIGHTS.dense_bias
    wanted = tape.gradient(logit, vectors).numpy()[0]  # (T, E)
    run = unroll(FORWARD, trace)
    _, gradients = logits_and_gradients(WEIGHTS, run.words[:, None], run.cells[0], run.hidden[0])
    ours = gradients[:, 0] @ WEIGHTS.kernel.T  # (S, E)
    np.testing.assert_allclose(ours, wanted[run.first :], atol=2e-5)
    times_input = (WEIGHTS.embedding[trace.encoding.ids] * wanted).sum(axis=1)[run.first :]
    np.testing.assert_allclose(gradient_input(WEIGHTS, run), times_input, atol=2e-5)


@few
@given(TEXTS)
def test_integrated_gradients_lead_from_unknown_words_to_the_review(text: str) -> None:
    trace = trace_of(text)
    run = unroll(FORWARD, trace)
    scores, base = integrated_gradients(
        WEIGHTS, run, unknown_words(FORWARD, trace, run), points=(512,)
    )
    ids = trace.encoding.ids.copy()
    ids[ids >= UNKNOWN] = UNKNOWN
    assert base == pytest.approx(
        float(FORWARD.logits(FORWARD.final_states(ids[None]))[0]), abs=1e-5
    )
    assert scores.sum() + base == pytest.approx(float(trace.logits[-1]), abs=5e-3)


@pytest.mark.parametrize("text", SAID)
def test_in_the_shipped_model_few_points_meet_both_ends_and_score_as_many(text: str) -> None:
    model = shipped_model()
    trace = model.trace(text)
    run = unroll(model.forward, trace)
    empty = unknown_words(model.forward, trace, run)
    scores, base = integrated_gradients(model.forward.weights, run, empty)
    assert scores.sum() + base == pytest.approx(float(trace.logits[-1]), abs=0.02)
    of_many, _ = integrated_gradients(model.forward.weights, run, empty, points=(96,))
    np.testing.assert_allclose(scores, of_many, atol=0.02)


def plain_relevance(trace: Trace, delta: float) -> tuple[np.ndarray, float]:
    """The paper's rule term by term, every input of every sum on its own."""
    d, e = WEIGHTS.lstm_dim, WEIGHTS.embedding_dim

    def share(
        terms: np.ndarray, bias: np.ndarray, out: np.ndarray, given: np.ndarray
    ) -> np.ndarray:
        sign = np.where(out >= 0, 1.0, -1.0)
        parts = (terms + delta * (EPSILON * sign + bias) / len(terms)) / (out + EPSILON * sign)
        return (parts * given).sum(axis=1)

    zero = np.zeros((1, d))
    cells = np.concatenate([zero, trace.cell_state]).astype(float)
    hidden = np.concatenate([zero, trace.hidden_state]).astype(float)
    block = slice(2 * d, 3 * d)
    logit = np.array([float(trace.logits[-1])])
    r_h = share(
        (WEIGHTS.dense_kernel * hidden[-1])[:, None], np.array([WEIGHTS.dense_bias]), logit, logit
    )
    r_c, found = np.zeros(d), np.zeros(MAXLEN)
    for t in range(MAXLEN - 1, trace.encoding.pad_count - 1, -1):
        r_c = r_c + r_h
        terms = np.stack(
            [trace.forget_gate[t] * cells[t], trace.input_gate[t] * trace.candidate[t]]
        )
        sign = np.where(cells[t + 1] >= 0, 1.0, -1.0)
        both = (terms + delta * EPSILON * sign / 2) / (cells[t + 1] + EPSILON * sign) * r_c
        inputs = np.concatenate([WEIGHTS.embedding[trace.encoding.ids[t]], hidden[t]]).astype(float)
        w = np.concatenate([WEIGHTS.kernel, WEIGHTS.recurrent])[:, block]
        out = inputs @ w + WEIGHTS.bias[block]
        back = share(inputs[:, None] * w, WEIGHTS.bias[block], out, both[1])
        found[t], r_h, r_c = back[:e].sum(), back[e:], both[0]
    return found, float(r_h.sum() + r_c.sum())


@few
@given(TEXTS, st.booleans())
def test_relevance_is_the_papers_rule(text: str, share_bias: bool) -> None:
    trace = trace_of(text)
    found = relevance(WEIGHTS, trace, unroll(FORWARD, trace), share_bias=share_bias)
    wanted, before = plain_relevance(trace, float(share_bias))
    size = max(1.0, float(np.abs(wanted).max()))
    np.testing.assert_allclose(found.steps / size, wanted[-len(found.steps) :] / size, atol=2e-3)
    assert found.before == pytest.approx(before, abs=2e-3 * size)


@few
@given(TEXTS)
def test_relevance_with_the_biases_shared_sums_to_the_logit(text: str) -> None:
    trace = trace_of(text)
    found = relevance(WEIGHTS, trace, unroll(FORWARD, trace), share_bias=True)
    size = max(1.0, float(np.abs(found.steps).max()))
    assert (found.steps.sum() + found.before - trace.logits[-1]) / size == pytest.approx(
        0, abs=1e-4
    )


def two_sided(trace: Trace, mark: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Beta and gamma both run forward, as the paper writes them: ``(D,)`` each."""
    d, w = WEIGHTS.lstm_dim, WEIGHTS
    names = ("i", "f", "g", "o")
    u = {n: w.recurrent[:, k * d : (k + 1) * d].astype(float) for k, n in enumerate(names)}
    b = {n: w.bias[k * d : (k + 1) * d].astype(float) for k, n in enumerate(names)}
    x_of = {n: w.kernel[:, k * d : (k + 1) * d].astype(float) for k, n in enumerate(names)}
    act = {"i": logistic, "f": logistic, "g": np.tanh}
    beta_h, gamma_h, beta_c, gamma_c = (np.zeros(d) for _ in range(4))
    for t, id_ in enumerate(trace.encoding.ids):
        x = w.embedding[id_].astype(float)
        own, rest, bias = {}, {}, {}
        for n, a in act.items():
            p = beta_h @ u[n] + mark[t] * (x @ x_of[n])
            r = gamma_h @ u[n] + (1 - mark[t]) * (x @ x_of[n])
            total = b[n] + p + r
            own[n] = 0.5 * (a(b[n] + p) - a(b[n]) + a(total) - a(b[n] + r))
            rest[n] = 0.5 * (a(b[n] + r) - a(b[n]) + a(total) - a(b[n] + p))
            bias[n] = a(b[n])
        g_all = own["g"] + rest["g"] + bias["g"]
        both = bias["i"] * bias["g"]  # the phrase's at its own words, as in the authors' code
        beta_u = own["i"] * (own["g"] + bias["g"]) + bias["i"] * own["g"] + mark[t] * both
        gamma_u = rest["i"] * g_all + (own["i"] + bias["i"]) * rest["g"] + (1 - mark[t]) * both
        f_all = own["f"] + rest["f"] + bias["f"]
        gamma_c_new = f_all * gamma_c + rest["f"] * beta_c + gamma_u
        beta_c, gamma_c = (own["f"] + bias["f"]) * beta_c + beta_u, gamma_c_new
        o = logistic(x @ x_of["o"] + (beta_h + gamma_h) @ u["o"] + b["o"])
        total = beta_c + gamma_c
        beta_h = o * 0.5 * (np.tanh(beta_c) + np.tanh(total) - np.tanh(gamma_c))
        gamma_h = o * 0.5 * (np.tanh(gamma_c) + np.tanh(total) - np.tanh(beta_c))
    return beta_h, gamma_h


@few
@given(TEXTS, st.integers(0, 2**MAXLEN - 1))
def test_a_phrase_and_its_rest_are_the_two_sides_of_the_paper(text: str, bits: int) -> None:
    trace = trace_of(text)
    run = unroll(FORWARD, trace)
    mark = np.array([bits >> t & 1 for t in range(MAXLEN)], bool)
    mark[: run.first] = False
    beta, gamma = two_sided(trace, mark)
    found = phrase_states(WEIGHTS, trace, run, mark[None, run.first :])[0]
    np.testing.assert_allclose(found, beta, atol=1e-5)
    np.testing.assert_allclose(trace.hidden_state[-1] - found, gamma, atol=1e-5)


def test_no_phrase_says_nothing_and_many_at_once_say_what_each_says_alone() -> None:
    trace = trace_of("not a very good film")
    run = unroll(FORWARD, trace)
    marks = np.random.default_rng(0).random((6, run.steps)) < 0.5
    marks[0] = False
    together = phrase_parts(WEIGHTS, trace, run, marks)
    alone = [phrase_parts(WEIGHTS, trace, run, mark[None])[0] for mark in marks]
    np.testing.assert_allclose(together, alone, atol=1e-6)
    assert together[0] == pytest.approx(0, abs=1e-6)


@few
@given(TEXTS)
def test_all_words_with_padding_and_start_are_the_whole_state(text: str) -> None:
    trace = trace_of(text)
    run = unroll(FORWARD, trace)
    marks, padding = np.ones((1, run.steps), bool), np.ones(1, bool)
    found = phrase_states(WEIGHTS, trace, run, marks, padding)[0]
    np.testing.assert_allclose(found, trace.hidden_state[-1], atol=1e-5)


@few
@given(TEXTS)
def test_leaving_one_out_is_the_review_typed_without_it(text: str) -> None:
    trace = trace_of(text)
    words = list(trace.encoding.words[trace.encoding.first_word :])
    scores = leave_one_out(FORWARD, trace.encoding.ids, trace.encoding.first_word)
    for at, score in enumerate(scores):
        other = trace_of(" ".join(words[:at] + words[at + 1 :]))
        assert score == pytest.approx(float(trace.logits[-1] - other.logits[-1]), abs=1e-5)


@given(TEXTS, st.integers(0, 2**MAXLEN - 1))
def test_words_that_are_removed_leave_the_others_in_order(text: str, bits: int) -> None:
    ids = trace_of(text).encoding.ids
    keep = np.array([bits >> t & 1 for t in range(MAXLEN)], bool)
    word = (ids != PAD) & (ids != START)
    out = mask_words(ids, keep[None], MaskingStrategy.DELETE)[0]
    stays = list(ids[word & keep])
    assert list(out) == [PAD] * (MAXLEN - 1 - len(stays)) + [START] + stays
    blank = mask_words(ids, keep[None], MaskingStrategy.REPLACE_WITH_UNK)[0]
    assert list(blank) == list(np.where(word & ~keep, UNKNOWN, ids))


def test_agreement_goes_from_the_same_order_to_the_opposite_one() -> None:
    a = np.array([1, 2, 3, 4], np.float32)
    found = agreement([a, 10 * a, -a, np.zeros(4, np.float32)])
    np.testing.assert_allclose(found[0, :3], [1, 1, -1], atol=1e-6)
    assert np.isnan(found[3, 0])
    tied, other = np.array([1, 1, 2, 3], np.float32), np.array([4, 1, 3, 2], np.float32)
    expected = spearmanr(tied, other).statistic
    assert agreement([tied, other])[0, 1] == pytest.approx(expected, abs=1e-6)


@settings(max_examples=5)
@given(st.sampled_from(Method))
def test_every_method_says_what_it_is(method: Method) -> None:
    note = NOTES[method]
    assert note.question.endswith("?") and note.not_claimed.endswith(".") and note.source
