"""Activations of the layers of imported models: sums that can be checked by hand, and traces."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

import lstm_core.activations.build as build
from lstm_core.activations import (
    build_index,
    find_index,
    indexed_layers,
    layer_named,
    open_index,
)
from lstm_core.activations.layers import kept_states
from lstm_core.activations.saturation import saturation_of
from lstm_core.activations.schema import NO_LABEL, Texts
from lstm_core.activations.search import find_pattern, highest_threshold, pattern_of
from lstm_core.activations.store import StateIndex
from lstm_core.activations.top_spans import decode_span, extreme_spans
from lstm_core.activations.unit_profiles import unit_profile_title, unit_profiles
from lstm_core.analysis.formatting import signed
from lstm_core.errors import InputError
from lstm_core.model.recurrent_model import RecurrentModel
from lstm_core.model.sentiment_model import SentimentModel
from tests.support import classifiers as made
from tests.unit.helpers import WORDS

pytestmark = pytest.mark.usefixtures("home")

SUMMING = ("SimpleRNN", {"return_sequences": True, "activation": "linear"})
HEAD = [("GlobalAveragePooling1D", {}), ("Dense", {"units": 1, "activation": "sigmoid"})]
COUNTED = ("bad good good good", "good the", "bad the film") * 10
KINDS = {
    "gru": (made.STACKED_GRU, made.TOKENIZER, {}),
    "rnn": (made.POOLED_RNN, made.LEAVING_OUT, {"mask_zero": True}),
    "lstm": (made.THREE_CLASSES, made.VECTORIZATION, {"classes": ("a", "b", "c")}),
}


def model_of(folder: Path, layers: Sequence[made.Layer], **options: object) -> RecurrentModel:
    made.write_classifier_bundle(folder / "made", layers, made.TOKENIZER, **options)  # type: ignore[arg-type]
    model = SentimentModel.load(folder / "made")
    assert isinstance(model, RecurrentModel)
    return model


def texts_of(*texts: str) -> Texts:
    return Texts("tests", "ab" * 32, texts, np.full(len(texts), NO_LABEL, np.int8))


def index_of(model: RecurrentModel, number: int, *texts: str) -> StateIndex:
    layer = indexed_layers(model)[number]
    return build_index(model, texts_of(*texts), lambda _: None, layer=layer)


def sum_up(model: RecurrentModel) -> None:
    """Make unit 0 of every direction the sum of its words: good is 1, bad is -2, the rest 0."""
    model.embedding[:] = 0
    model.embedding[model.vocabulary.id_of("good"), 0] = 1
    model.embedding[model.vocabulary.id_of("bad"), 0] = -2
    weights = model.classifier.layers[0].weights()
    for kernel, recurrent, bias in zip(weights[::3], weights[1::3], weights[2::3], strict=True):
        kernel[:], recurrent[:], bias[:] = 0, np.eye(made.UNITS), 0
        kernel[0, 0] = 1


@pytest.mark.parametrize("number", [0, 1])
def test_words_and_passages_of_a_unit_that_sums_up(tmp_path: Path, number: int) -> None:
    model = model_of(tmp_path, [("Bidirectional " + SUMMING[0], SUMMING[1]), *HEAD])
    sum_up(model)
    index = index_of(model, number, *COUNTED)
    one, other = unit_profiles(index, model.vocabulary)[:2]
    assert [(e.word, e.count, e.mean, e.spread) for e in one.up] == [("good", 40, 1, 0)]
    assert [(e.word, e.count, e.mean, e.spread) for e in one.down] == [("bad", 20, -2, 0)]
    assert one.gates == one.low == one.high == () and other.up == other.down == ()
    title = unit_profile_title(one)
    assert f"({signed(1)}, read 40 times)" in title and f"({signed(-2)}, read 20 times)" in title
    assert index.note.num_words == 5  # padding, good, bad, the, film
    high, low = (extreme_spans(index, 0, high=side) for side in (True, False))
    # bad good good good: -2 -1 0 1 forwards; backwards, from the last word on, 1 2 3 1
    forward, backward = (0, 4, 1.0), (1, 3, 3.0)
    best = high[0]
    assert (best.first, best.length, best.value) == (backward if number else forward)
    assert low[0].value == -2 and len(low) == 2 + number  # of equal passages one is given
    states = kept_states(indexed_layers(model)[number], index, best.review)
    running = [1, 3, 2, 1] if number else [-2, -1, 0, 1]
    assert states.hidden_state[states.encoding.first_word :, 0].tolist() == running
    pieces = decode_span(states, best, states.hidden_state[:, 0])
    inside = [piece.text for piece in pieces if piece.inside and piece.value is not None]
    assert inside == ["good"] * 3 if number else inside == ["bad", "good", "good", "good"]


@pytest.mark.parametrize("mask", [False, True])
@pytest.mark.parametrize(
    ("kind", "biases", "low", "high"),
    [("LSTM", (-5, 5, 0, 0), (1, 0, 0), (0, 1, 0)), ("GRU", (5, 0, 0), (0, 0), (1, 0))],
)
def test_gates_that_are_constant_are_saturated_always_or_never(
    tmp_path: Path,
    kind: str,
    biases: tuple[int, ...],
    low: tuple[int, ...],
    high: tuple[int, ...],
    mask: bool,
) -> None:
    model = model_of(tmp_path, [(kind, {"return_sequences": True}), *HEAD], mask_zero=mask)
    kernel, recurrent, bias = model.classifier.layers[0].weights()
    kernel[:] = recurrent[:] = bias[:] = 0
    rows = np.repeat(biases, made.UNITS)
    bias[:] = rows if kind == "LSTM" else np.stack([rows, 0 * rows])
    index = index_of(model, 0, "good film", "bad")
    words, padding = saturation_of(index, padding=False), saturation_of(index, padding=True)
    assert words.gates == indexed_layers(model)[0].gates and len(words.gates) == len(low)
    assert words.places == 3 and padding.places == (0 if mask else 2 * model.maxlen - 3)
    for unit in range(made.UNITS):
        assert tuple(words.low[:, unit]) == low and tuple(words.high[:, unit]) == high
        assert mask or tuple(padding.high[:, unit]) == high


@pytest.mark.parametrize("kind", KINDS)
def test_an_index_of_a_layer_is_its_traces(tmp_path: Path, kind: str) -> None:
    layers, rules, options = KINDS[kind]
    made.write_classifier_bundle(tmp_path / "made", layers, rules, **options)
    model = SentimentModel.load(tmp_path / "made")
    assert isinstance(model, RecurrentModel)
    rng = np.random.default_rng(0)
    texts = tuple(" ".join(rng.choice([*WORDS, "zzz"], rng.integers(0, 14))) for _ in range(40))
    for layer in indexed_layers(model):
        index = build_index(model, texts_of(*texts), lambda _: None, layer=layer)
        assert layer.number is not None
        sums = np.zeros_like(index.sums.word_sum)
        for row, text in enumerate(texts):
            trace = model.model_trace(text)
            found = trace.layers[layer.number]
            step = -1 if layer.backward else 1
            first = trace.encoding.first_word
            hidden = found.quantities["hidden_state"][first:][::step]
            kept = slice(*index.starts[row : row + 2])
            np.testing.assert_allclose(index.kept("hidden_state")[:, kept].T, hidden, atol=1e-6)
            ids = trace.encoding.ids[first:][::step]
            assert np.array_equal(index.ids[kept], ids)
            whole = found.quantities["hidden_state"][::step]
            change = np.diff(whole, axis=0, prepend=np.float32(0))
            if not layer.backward and model.vocabulary.rules.padding == "pre":
                change = change[first:]
            if len(ids) == len(change):  # padding behind that is read first is not in the trace
                np.add.at(sums, np.searchsorted(index.word_ids, ids), change)
            assert abs(float(index.logits[row]) - float(trace.logits[-1])) < 1e-5
            light = kept_states(layer, index, row).hidden_state
            np.testing.assert_allclose(light[first:][::step], hidden, atol=1e-6)
        if model.vocabulary.rules.padding == "pre" and not layer.backward:
            np.testing.assert_allclose(index.sums.word_sum, sums, atol=1e-4)
        assert find_index(layer.fingerprint, sha256="ab" * 32) == index.folder
        assert open_index(index.folder, thorough=True).note.layer == layer.name


@pytest.mark.parametrize("fresh", [False, True])
@pytest.mark.parametrize("number", range(4))
def test_a_pattern_is_on_wherever_it_is_found(tmp_path: Path, number: int, fresh: bool) -> None:
    model = model_of(tmp_path, made.STACKED_GRU)
    rng = np.random.default_rng(1)
    texts = tuple(" ".join(rng.choice(WORDS, rng.integers(2, 9))) for _ in range(60))
    layer = indexed_layers(model)[number]
    index = index_of(model, number, *texts)
    trace = layer.trace("not a good film but very bad")
    first = trace.encoding.first_word + 2
    options = {"fresh": fresh, "backward": layer.backward}
    most = highest_threshold(trace, first, first + 1, **options)
    assert most is not None
    pattern = pattern_of(trace, first, first + 1, most, **options)
    found = find_pattern(index, pattern, exact=True, most=60)
    assert len(found.best) == found.reviews
    wanted = set()
    for row, text in enumerate(texts):
        other = layer.trace(text)
        for place in range(other.encoding.first_word, other.encoding.maxlen - 1):
            try:
                here = pattern_of(other, place, place + 1, most, **options)
            except InputError:
                continue
            before = place + 2 if layer.backward else place - 1
            read = other.encoding.first_word <= before < other.encoding.maxlen
            on = dict(zip(here.units, here.sides, strict=True))
            same = all(on.get(u) == s for u, s in zip(pattern.units, pattern.sides, strict=True))
            if same and (read or not fresh):  # a word must stand before a fresh one
                wanted.add(row)
    texts_found = {index.text(one.review) for one in found.best}
    assert texts_found == {texts[row] for row in wanted}


def test_the_number_of_texts_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "MOST_LAYER_REVIEWS", 3)
    model = model_of(tmp_path, made.STACKED_GRU)
    index = index_of(model, 0, *(f"good {word}" for word in WORDS))
    assert (index.note.reviews, index.note.left_out) == (3, len(WORDS) - 3)
    assert [index.text(row).split()[1] for row in range(3)] == [WORDS[0], WORDS[3], WORDS[6]]


def test_texts_without_words_have_an_index(tmp_path: Path) -> None:
    index = index_of(model_of(tmp_path, made.STACKED_GRU), 1, "", "!")
    assert index.note.words == 0 and extreme_spans(index, 0, high=True) == ()


def test_a_layer_is_named_or_numbered(tmp_path: Path) -> None:
    model = model_of(tmp_path, made.STACKED_GRU)
    names = [layer.name for layer in indexed_layers(model)]
    assert layer_named(model, names[1]).number == 1 == layer_named(model, "1").number
    assert layer_named(model, None).number == 2
    with pytest.raises(InputError, match="forward"):
        layer_named(model, "dense")
