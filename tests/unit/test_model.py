"""The public face: shapes, agreement between its functions, and agreement with Keras."""

from typing import Any

import numpy as np
import pandas
import pandas as pd
import pytest

from lstm_core import SentimentModel
from lstm_core.analysis.prediction import Label, make_verdict
from lstm_core.errors import InputError
from lstm_core.recurrent.lstm import QUANTITIES
from lstm_core.text import PAD, START, Kind, split_words

LONG = " ".join(f"the film was good, number {n}, and not bad at all." for n in range(30))


@pytest.fixture(scope="module")
def model() -> SentimentModel:
    return SentimentModel.load()


def test_shapes_and_types_are_the_promised_ones(model: SentimentModel) -> None:
    trace = model.trace("A fine film.")
    for name in QUANTITIES:
        assert getattr(trace, name).shape == (80, 32)
        assert getattr(trace, name).dtype == np.float32
    for values in (trace.probability, trace.contributions):
        assert values.shape == (80,) and values.dtype == np.float32
    predicted = model.predict(["good", "bad", ""])
    assert predicted.shape == (3,) and predicted.dtype == np.float32
    assert model.encode("good").ids.shape == (80,)
    assert len(model.encode("good").words) == 80


def test_trace_and_predict_agree(model: SentimentModel) -> None:
    texts = ["A fine film.", "Dull.", "", LONG, "zzzz qqqq"]
    traces = [model.trace(text) for text in texts]
    ends = [trace.probability[-1] for trace in traces]
    np.testing.assert_allclose(model.predict(texts), ends, atol=1e-6)
    for trace in traces:
        logit = float(trace.contributions.sum()) + trace.bias
        assert logit == pytest.approx(float(trace.logits[-1]), abs=1e-4)


def test_a_whole_review_is_the_mean_of_its_windows(model: SentimentModel) -> None:
    places = [START, *model.vocabulary.ids_of(split_words(LONG))]
    windows = [places[at : at + 80] for at in range(0, len(places), 80)]
    ids = np.array([[PAD] * (80 - len(window)) + window for window in windows])
    np.testing.assert_array_equal(ids[0], model.encode(LONG).ids)
    probabilities = model.predict_ids(ids).astype(np.float64)  # (windows,)
    logits = np.log(probabilities / (1 - probabilities))
    wanted = 1 / (1 + np.exp(-np.mean(logits)))
    assert model.predict([LONG], whole=True)[0] == pytest.approx(wanted, abs=1e-6)
    short = ["A fine film."]
    assert model.predict(short, whole=True)[0] == pytest.approx(model.predict(short)[0], abs=1e-6)


def test_layers_are_the_articles(model: SentimentModel) -> None:
    layers = model.layers()
    assert [layer.output_shape for layer in layers] == [(80, 128), (32,), (1,)]
    assert sum(layer.parameters for layer in layers) == 1_300_641


def test_a_single_text_is_refused_with_how_to_write_it(model: SentimentModel) -> None:
    with pytest.raises(InputError, match="list of reviews"):
        model.predict("good")
    assert model.predict([]).shape == (0,)


def test_column_names_are_never_taken_for_reviews(model: SentimentModel) -> None:
    table = pandas.DataFrame({"text": ["a good film", "a bad film"]})
    for given in (table, dict(table)):  # iterating over either gives the names of its columns
        with pytest.raises(InputError):
            model.predict(given)  # type: ignore[arg-type]
    assert (model.predict(table["text"]) == model.predict(list(table["text"]))).all()


@pytest.mark.parametrize(
    "texts",
    [
        pd.DataFrame({"text": ["good", "bad"], "note": ["a", "b"]}),
        {"good": 1, "bad": 0},
        {"good", "bad"},
        np.array([["good", "bad"]]),
        b"good",
        5,
        ["good", None],
        ["good", float("nan")],
        pd.Series(["good", None]),
        ["good", b"bad"],
    ],
)
@pytest.mark.parametrize("whole", [False, True])
def test_what_is_no_list_of_texts_is_refused(
    model: SentimentModel, texts: Any, whole: bool
) -> None:
    with pytest.raises(InputError):
        model.predict(texts, whole=whole)


def test_every_ordered_kind_of_texts_is_read(model: SentimentModel) -> None:
    texts = ["A good film.", "A dull film."]
    wanted = model.predict(texts)
    for given in (tuple(texts), iter(texts), pd.Series(texts, index=[7, 3]), np.array(texts)):
        np.testing.assert_array_equal(model.predict(given), wanted)
    np.testing.assert_array_equal(model.predict(np.array(texts, object)), wanted)
    one = model.predict_ids(model.encode(np.str_(texts[0])).ids[None])
    np.testing.assert_array_equal(one, model.predict(texts[:1]))  # rounded as in a batch of one


@pytest.mark.parametrize("value", [None, float("nan"), b"good", ["good"]])
def test_trace_and_encode_refuse_what_is_no_text(model: SentimentModel, value: Any) -> None:
    for read in (model.encode, model.trace):
        with pytest.raises(InputError):
            read(value)


@pytest.mark.parametrize(
    ("typed", "plain"),
    [
        ("I don’t like it", "I don't like it"),
        ("It isn’t good.", "It isn't good."),
        ("I wouldn’t recommend it", "I wouldn't recommend it"),
        ("<b>Great</b> film &amp; really<br />good", "Great film really good"),
        ("I do n't like it", "I don't like it"),
    ],
)
def test_a_review_typed_on_a_phone_gets_the_same_prediction(
    model: SentimentModel, typed: str, plain: str
) -> None:
    for whole in (False, True):
        one, other = model.predict([typed, plain], whole=whole)
        assert one == other
    assert model.trace(typed).encoding.ids.tolist() == model.trace(plain).encoding.ids.tolist()


def test_the_verdict_has_an_honest_middle(model: SentimentModel) -> None:
    empty = make_verdict(model.trace(""))
    assert empty.leaning is Label.NOTHING and "No word to read" in empty.caution
    unknown = make_verdict(model.trace("zzzz qqqq"))
    assert unknown.leaning is Label.NOTHING and "knows none" in unknown.caution
    assert make_verdict(model.trace("A wonderful, perfect, great film.")).leaning is Label.POSITIVE
    assert make_verdict(model.trace("An awful, boring waste. Terrible.")).leaning is Label.NEGATIVE


def test_padding_is_marked_and_run(model: SentimentModel) -> None:
    trace = model.trace("good")
    assert trace.encoding.kinds[:78] == (Kind.PADDING,) * 78
    assert np.abs(trace.hidden_state[:78]).max() > 0
    padding = trace.contributions[: trace.encoding.first_word].sum()
    total = padding + trace.contributions[-1] + trace.bias
    assert total == pytest.approx(float(trace.logits[-1]), abs=1e-5)


@pytest.mark.keras
def test_predict_equals_keras(model: SentimentModel) -> None:
    texts = ["A fine film.", "Dull and far too long.", "", LONG, "zzzz"]
    ids = np.stack([model.encode(text).ids for text in texts])
    wanted = model.keras_model().predict(ids, verbose=0)[:, 0]
    np.testing.assert_allclose(model.predict(texts), wanted, atol=1e-5)
    np.testing.assert_allclose(model.predict_ids(ids), wanted, atol=1e-5)
