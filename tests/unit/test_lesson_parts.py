"""The lesson's gates, sizes, cutting, typed tables, links and picture."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lstm_core.errors import InputError
from lstm_core.figures.lesson import logit_figure, matrix_figure
from lstm_core.lesson.article import article_sequences, seed_weights
from lstm_core.lesson.gates import Gates, Step, gates_from_inputs
from lstm_core.lesson.layer import draw_weights, run_layer
from lstm_core.lesson.links import (
    MOST_STEPS,
    lesson_query,
    sections_from_query,
    tour_steps,
)
from lstm_core.lesson.sizes import ModelSizes, layer_lines
from lstm_core.lesson.table_input import (
    read_sequences,
    read_weights,
    weight_columns,
    weight_row_names,
    weight_rows,
)
from lstm_core.lesson.tf_random import TfRandom
from lstm_core.lesson.truncation import cut
from lstm_core.model.sentiment_model import SentimentModel
from lstm_core.text import START, Vocabulary, encode

shares = st.floats(0, 1)
VOCABULARY = Vocabulary(["the", "film", "good", "bad"], 12)


@given(shares, shares, st.floats(-1, 1), shares, st.floats(-2, 2))
def test_a_step_adds_up(i: float, f: float, g: float, o: float, before: float) -> None:
    step = Step(Gates(i, f, g, o), before)
    assert step.cell == pytest.approx(f * before + i * g)
    assert abs(step.hidden) <= 1
    assert Step(Gates(1, 0, g, o), before).cell == g
    assert Step(Gates(0, 1, g, o), before).cell == before
    assert Step(Gates(0, 1, g, o), before).direction == "stays"


@given(st.integers(0, 1_000), st.integers(0, 5))
def test_gates_from_inputs_are_the_layers(seed: int, row: int) -> None:
    weights = seed_weights(seed)
    sequences = article_sequences()
    run = run_layer(weights, sequences)
    gates = gates_from_inputs(
        weights, float(sequences[row, 1, 0]), float(run.hidden_state[row, 0, 0])
    )
    step = Step(gates, float(run.cell_state[row, 0, 0]))
    assert gates.forget_gate == pytest.approx(float(run.forget_gate[row, 1, 0]), abs=1e-6)
    assert step.cell == pytest.approx(float(run.cell_state[row, 1, 0]), abs=1e-6)
    assert step.hidden == pytest.approx(float(run.hidden_state[row, 1, 0]), abs=1e-6)


def test_the_articles_model_has_its_parameters() -> None:
    sizes = ModelSizes()
    assert sizes.total == 1_300_641
    assert [line.parameters for line in layer_lines(sizes)] == [0, 1_280_000, 20_608, 33]
    assert [line.shape for line in layer_lines(sizes)] == [(80,), (80, 128), (32,), (1,)]


def test_counts_agree_with_the_loaded_model() -> None:
    model = SentimentModel.load()
    weights = model.bundle.weights
    sizes = ModelSizes(weights.num_words, model.maxlen, weights.embedding_dim, weights.lstm_dim)
    lines = layer_lines(sizes)[1:]
    assert [(one.output_shape, one.parameters) for one in model.layers()] == [
        (line.shape, line.parameters) for line in lines
    ]


@pytest.mark.parametrize("size", [{"maxlen": 1}, {"lstm_dim": 0}, {"num_words": 10**9}])
def test_impossible_sizes_are_refused(size: dict[str, int]) -> None:
    with pytest.raises(InputError, match="whole number from"):
        ModelSizes(**size)


def test_a_long_review_keeps_its_front_or_its_end() -> None:
    text = "the film good bad the film"
    cuts = cut(text, VOCABULARY, 4)
    assert cuts.article.ids.tolist() == [START, 4, 5, 6]
    assert cuts.default.ids.tolist() == [6, 7, 4, 5]
    assert (cuts.article.first, cuts.article.end, cuts.article.has_start) == (0, 3, True)
    assert (cuts.default.first, cuts.default.end, cuts.default.has_start) == (2, 6, False)
    assert cuts.read_by_both == 1
    assert cuts.differ


@given(st.lists(st.sampled_from(["the", "film", "good", "odd"]), max_size=30), st.integers(2, 12))
def test_the_article_rule_is_the_encoders(words: list[str], maxlen: int) -> None:
    text = " ".join(words)
    cuts = cut(text, VOCABULARY, maxlen)
    assert np.array_equal(cuts.article.ids, encode(text, VOCABULARY, maxlen).ids)
    assert len(cuts.default.ids) == len(cuts.behind.ids) == maxlen
    assert cuts.differ == (len(words) + 1 > maxlen)
    for one in (cuts.article, cuts.default):
        read = VOCABULARY.ids_of(word for word, _ in cuts.words[one.first : one.end])
        start = [START] if one.has_start else []
        assert one.ids.tolist() == [0] * one.pads + start + read


@pytest.mark.keras
def test_keras_default_is_keras_default() -> None:
    from keras.utils import pad_sequences

    for words in (0, 3, 11, 12, 13, 40):
        text = " ".join(["the", "good", "film", "odd"] * 10) if words == 40 else "the " * words
        cuts = cut(text, VOCABULARY, 12)
        ids = [START, *VOCABULARY.ids_of(word for word, _ in cuts.words)]
        assert np.array_equal(pad_sequences([ids], 12)[0], cuts.default.ids)
        assert np.array_equal(pad_sequences([ids], 12, truncating="post")[0], cuts.article.ids)


@given(st.integers(1, 4))
def test_weights_go_through_the_table_unchanged(units: int) -> None:
    weights = draw_weights(TfRandom(9), 1, units)
    rows = weight_rows(weights)
    assert rows.shape == (len(weight_row_names(units)), len(weight_columns(units)))
    again = read_weights([[float(str(v)) for v in row] for row in rows], units)
    assert np.array_equal(again.kernel, weights.kernel)
    assert np.array_equal(again.recurrent, weights.recurrent)
    assert np.array_equal(again.bias, weights.bias)


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ([], "0 sequences"),
        ([[0.1]] * 21, "21 sequences"),
        ([[0.1, None]], "sequence 1, step 2 is empty"),
        ([[0.1], [float("nan")]], "sequence 2, step 1 is empty"),
        ([[float("inf")]], "out of range"),
        ([[1e9]], "out of range"),
        ([["three"]], "is no number"),
    ],
)
def test_bad_cells_are_told_in_a_sentence(rows: list[list[object]], says: str) -> None:
    with pytest.raises(InputError, match=says):
        read_sequences(rows)


def test_weights_of_another_shape_are_refused() -> None:
    with pytest.raises(InputError, match="4 rows and 8 columns"):
        read_weights([[0.0] * 4] * 3, 2)


def test_links_ask_for_known_sections_only() -> None:
    known = ["gates", "model", "returns"]
    assert sections_from_query(None, known).sections == tuple(known)
    asked = sections_from_query(" Returns,gates,nonsense,gates", known)
    assert (asked.sections, asked.unknown) == (("gates", "returns"), ("nonsense",))
    assert sections_from_query("nonsense", known).sections == tuple(known)
    assert lesson_query(["gates", "returns"], 7) == "?sections=gates,returns&seed=7"


def test_the_tour_is_short_and_its_steps_are_whole() -> None:
    steps = tour_steps()
    assert 1 <= len(steps) <= MOST_STEPS
    assert all(step.title and step.text for step in steps)


def test_the_walks_pictures_hold_what_the_model_computed() -> None:
    model = SentimentModel.load()
    trace = model.trace("A good film, a good film.")
    vectors = model.bundle.weights.embedding[trace.encoding.ids]
    figure = matrix_figure(trace, vectors, "number", 0.1)
    assert np.array_equal(figure.data[0].z, vectors.T)
    bars = logit_figure(trace).data[0]
    assert float(bars.y.sum()) + trace.bias == pytest.approx(float(trace.logits[-1]), abs=1e-5)
