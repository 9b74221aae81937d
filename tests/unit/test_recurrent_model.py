"""Imported recurrent classifiers: traces, encoding, explanations, bundles; without Keras."""

from pathlib import Path

import numpy as np
import pytest

from lstm_core.analysis.gradient_reach import gradient_norms, memory_of_word
from lstm_core.attribution.models import DEFINED, score_model, unavailable_methods
from lstm_core.attribution.registry import Method
from lstm_core.errors import BundleError, InputError
from lstm_core.model.bundle_zip import bundle_zip, receive_bundle
from lstm_core.model.recurrent_model import RecurrentModel
from lstm_core.model.sentiment_model import SentimentModel
from lstm_core.recurrent.classifier_backward import gradients
from lstm_core.text import ARTICLE_RULES, EncodingRules, Side, encode_many, encode_windows
from tests.support import classifiers as made

TEXT = "a very good film, it was not bad: a good film"
KINDS = {
    "gru": (made.STACKED_GRU, made.TOKENIZER, {}),
    "rnn": (made.POOLED_RNN, made.LEAVING_OUT, {"mask_zero": True}),
    "three": (made.THREE_CLASSES, made.VECTORIZATION, {"classes": ("bad", "fair", "good")}),
    "start": (made.THREE_CLASSES, ARTICLE_RULES, {"classes": ("bad", "fair", "good")}),
}


@pytest.fixture(params=KINDS)
def model(request: pytest.FixtureRequest, tmp_path: Path) -> RecurrentModel:
    layers, rules, options = KINDS[request.param]
    made.write_classifier_bundle(tmp_path / "made", layers, rules, **options)
    found = SentimentModel.load(tmp_path / "made")
    assert isinstance(found, RecurrentModel)
    return found


@pytest.mark.parametrize("text", ["", "good", "not bad", TEXT, TEXT * 9])
def test_a_trace_ends_with_the_prediction(model: RecurrentModel, text: str) -> None:
    trace = model.model_trace(text)
    places = trace.encoding.maxlen
    assert abs(trace.verdict_probability - model.predict([text])[0]) < 1e-6
    assert np.abs(trace.classes - model.predict_classes([text])[0]).max() < 1e-6
    assert abs(float(trace.classes[model.chosen]) - trace.verdict_probability) < 1e-6
    assert np.isfinite(trace.logits).all() and len(trace.logits) == places
    total = trace.empty_logit + float(trace.contributions.sum(dtype=np.float64))
    assert abs(total - trace.logits[-1]) < 1e-5
    for layer in trace.layers:
        assert all(array.shape == (places, layer.units) for array in layer.quantities.values())


def test_running_probability_is_that_of_the_text_ended_there(tmp_path: Path) -> None:
    rules = EncodingRules(first_word=2, start=None, unknown=1, padding=Side.POST)
    for name, layers in (("a", made.STACKED_GRU), ("b", made.POOLED_RNN)):
        mask = name == "b"  # padding behind changes nothing where it is masked
        made.write_classifier_bundle(tmp_path / name, layers, rules, mask_zero=mask)
        model = SentimentModel.load(tmp_path / name)
        assert isinstance(model, RecurrentModel)
        words = "good film not bad a very".split()
        trace = model.model_trace(" ".join(words))
        said = model.predict([" ".join(words[:n]) for n in range(1, len(words) + 1)])
        assert np.abs(trace.probability - said).max() < 1e-6


def test_p_of_all_classes_sums_to_one_and_a_class_can_be_chosen(model: RecurrentModel) -> None:
    whole = np.stack(
        [model.for_class(n).predict([TEXT, ""]) for n in range(len(model.class_names))], axis=1
    )
    assert np.abs(whole - model.predict_classes([TEXT, ""])).max() < 1e-6
    assert np.abs(whole.sum(axis=1) - 1).max() < 1e-5
    with pytest.raises(InputError, match="Class 9"):
        model.for_class(9)


def test_ids_of_many_texts_are_those_of_one(model: RecurrentModel) -> None:
    texts = [TEXT, "", "zzz yyy", "good", TEXT * 5]
    many = encode_many(texts, model.vocabulary, model.maxlen)
    assert np.array_equal(many, [model.encode(text).ids for text in texts])
    windows, owners = encode_windows(texts, model.vocabulary, model.maxlen)
    assert windows.shape[1] == model.maxlen and set(owners) == set(range(len(texts)))


@pytest.mark.parametrize("method", DEFINED)
def test_word_scores_are_defined_by_predictions(model: RecurrentModel, method: Method) -> None:
    trace = model.model_trace(TEXT)
    found = score_model(model, trace, [method])[0]
    assert found.scores.shape == (trace.encoding.maxlen,) and np.isfinite(found.scores).all()
    assert abs(found.residual) < 1e-4
    if method is Method.LEAVE_OUT:
        place = trace.encoding.first_word
        keep = list(trace.encoding.words[place + 1 :])
        without = model.encode(" ".join(keep)).ids
        if model.vocabulary.rules.start is None:
            logit = model.reader.logits(model.reader.final_states(without[None]))[0]
            assert abs(found.scores[place] - (trace.logits[-1] - logit)) < 1e-5


def test_methods_of_the_article_are_refused_with_the_reason(model: RecurrentModel) -> None:
    assert set(unavailable_methods(model)) == set(Method) - set(DEFINED)
    with pytest.raises(InputError, match="not defined here"):
        score_model(model, model.model_trace(TEXT), [Method.RELEVANCE])
    with pytest.raises(InputError, match="model_trace"):
        model.trace(TEXT)
    with pytest.raises(InputError, match="this model has Embedding"):
        _ = model.forward


def test_gradients_are_those_of_finite_differences(model: RecurrentModel) -> None:
    ids = model.encode(TEXT).ids
    found = gradients(model.classifier, ids, model.reader.logit_gradient)
    table = model.embedding
    step = 1e-2
    for at in range(len(ids)):
        if model.classifier.embedding.config["mask_zero"] and ids[at] == 0:
            assert not found.by_vectors[at].any()
            continue
        same = [place for place, id_ in enumerate(ids) if id_ == ids[at]]
        kept = table[ids[at], 0]
        logits = []
        for sign in (1, -1):
            table[ids[at], 0] = kept + sign * step
            logits.append(model.reader.logits(model.reader.final_states(ids[None]))[0])
        table[ids[at], 0] = kept
        numeric = (logits[0] - logits[1]) / (2 * step)
        assert abs(found.by_vectors[same, 0].sum() - numeric) < 2e-3


def test_gradient_norms_and_memory(model: RecurrentModel) -> None:
    trace = model.model_trace(TEXT)
    norms = gradient_norms(model, trace)
    assert [one.layer.name for one in norms] == [layer.name for layer in trace.layers]
    assert all(len(one.norms) == trace.encoding.maxlen for one in norms)
    if model.classifier.bidirectional:
        with pytest.raises(InputError, match="backwards"):
            memory_of_word(model, trace, trace.encoding.first_word)
    elif not model.classifier.embedding.config["mask_zero"]:
        left = memory_of_word(model, trace, trace.encoding.first_word)
        assert left[0] == 1 and len(left) == trace.encoding.maxlen - trace.encoding.first_word


def test_a_bundle_goes_out_and_comes_back_as_a_zip(model: RecurrentModel, tmp_path: Path) -> None:
    back = receive_bundle(bundle_zip(model.bundle.folder), tmp_path / "back")
    assert back.fingerprint == model.bundle.fingerprint
    again = SentimentModel.load(tmp_path / "back")
    assert np.array_equal(again.predict([TEXT]), model.predict([TEXT]))
    assert again.card.encoding == model.vocabulary.rules


def test_a_card_with_other_classes_than_the_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="names 2 classes of 3"):
        made.write_classifier_bundle(tmp_path / "a", made.THREE_CLASSES, made.TOKENIZER)
