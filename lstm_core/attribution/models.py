"""Word scores for any model: by all methods for the article's architecture, else by those defined.

For an imported model (`RecurrentModel`) the methods that ask the model for predictions are computed
by its own forward pass, and input × gradient by back-propagation through its layers.

Symbols: T places, S words, E embedding size.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from lstm_core.attribution.attribute import WordScores, score_all
from lstm_core.attribution.registry import Method
from lstm_core.attribution.shapley import PERMUTATIONS, SEED
from lstm_core.errors import InputError
from lstm_core.model.recurrent_model import RecurrentModel
from lstm_core.model.sentiment_model import SentimentModel
from lstm_core.recurrent.classifier_backward import gradients, missing_slope
from lstm_core.recurrent.lstm import Floats, Ids
from lstm_core.recurrent.running import ModelTrace
from lstm_core.recurrent.trace import Trace
from lstm_core.text import Kind, places_of

ARTICLE_ONLY = {
    Method.LEDGER: "it decomposes the cell state of a single LSTM layer that the output reads",
    Method.INTEGRATED: "its path integral is implemented for the article's architecture only",
    Method.RELEVANCE: "its rules are implemented for the article's architecture only",
    Method.DECOMPOSITION: "its rules are implemented for the article's architecture only",
}
DEFINED = (Method.LEAVE_OUT, Method.GRADIENT, Method.DIFFERENCE, Method.SHAPLEY)
MOST_PREDICTIONS = 2_000  # of one review, for Shapley values


def unavailable_methods(model: SentimentModel) -> Mapping[Method, str]:
    """The methods that are not defined for a model, with the reason."""
    if not isinstance(model, RecurrentModel):
        return {}
    found = dict(ARTICLE_ONLY)
    if why := missing_slope(model.classifier):
        found[Method.GRADIENT] = why
    return found


def score_model(
    model: SentimentModel, trace: Trace | ModelTrace, methods: Sequence[Method]
) -> tuple[WordScores, ...]:
    """Score the words of a review by several methods, in their order.

    Raises:
        InputError: When a method is not defined for the model.
    """
    if isinstance(trace, Trace):
        return score_all(model.forward, trace, methods)
    assert isinstance(model, RecurrentModel)
    missing = unavailable_methods(model)
    for method in methods:
        if method in missing:
            raise InputError(f"The method {method} is not defined here: {missing[method]}.")
    return tuple(_scores(model, trace, method) for method in methods)


def _scores(model: RecurrentModel, trace: ModelTrace, method: Method) -> WordScores:
    logit, first = float(trace.logits[-1]), trace.encoding.first_word
    scores = np.zeros(trace.encoding.maxlen, np.float32)  # (T,)
    rest: float | None = None
    if method is Method.DIFFERENCE:
        scores[first:] = trace.contributions[first:]
        rest = logit - float(scores.sum(dtype=np.float64))
    elif not trace.encoding.read_count:
        rest = logit if method is Method.SHAPLEY else None
    elif method is Method.LEAVE_OUT:
        scores[first:] = _occlusion(model, trace)
    elif method is Method.GRADIENT:
        scores[first:] = _input_gradient(model, trace)
    else:
        scores[first:], rest = _shapley(model, trace)
    return WordScores(method, scores, logit, rest)


def logits_without(
    model: RecurrentModel, trace: ModelTrace, keep: np.ndarray, ids: Ids | None = None
) -> Floats:
    """The logits without some words, which the others close up: bool ``(N, S)`` -> ``(N,)``.

    Args:
        model: The model.
        trace: Its trace of the review.
        keep: The words that stay.
        ids: Ids in the place of those of the review, ``(T,)``.
    """
    encoding, rules = trace.encoding, model.vocabulary.rules
    words = (encoding.ids if ids is None else ids)[encoding.first_word :]
    if Kind.START not in encoding.kinds:
        rules = replace(rules, start=None)
    rows = [places_of(words[row].tolist(), rules, model.maxlen) for row in keep]
    return model.reader.logits(model.reader.final_states(np.array(rows, np.int32)))


def _occlusion(model: RecurrentModel, trace: ModelTrace) -> Floats:
    """The logit minus the logit without each word, ``(S,)``."""
    words = trace.encoding.read_count
    keep = ~np.eye(words, dtype=bool)
    return np.float32(trace.logits[-1]) - logits_without(model, trace, keep)


def _input_gradient(model: RecurrentModel, trace: ModelTrace) -> Floats:
    """Word vector times gradient, ``(S,)``."""
    whole = model.encode(trace.encoding.text)
    found = gradients(model.classifier, whole.ids, model.reader.logit_gradient)
    scores = (found.by_vectors * found.vectors).sum(axis=1)  # (T,)
    first = trace.encoding.first_word
    return np.asarray(scores[first : trace.encoding.maxlen], np.float32)


def _shapley(model: RecurrentModel, trace: ModelTrace) -> tuple[Floats, float]:
    """Sampled Shapley values of the words, and the logit of the review without words.

    Words join a review without any of them; a model without an id for unknown words has no other
    neutral review.
    """
    words = trace.encoding.read_count
    count = max(1, min(PERMUTATIONS, MOST_PREDICTIONS // words))
    random = np.random.default_rng(SEED)
    orders = np.stack([random.permutation(words) for _ in range(count)])  # (P, S)
    ranks = np.argsort(orders, axis=1)  # (P, S)
    keep = ranks[:, None, :] < np.arange(words + 1)[:, None]  # (P, S + 1, S)
    logits = logits_without(model, trace, keep.reshape(-1, words)).reshape(count, words + 1)
    steps = np.diff(logits, axis=1)  # (P, S), in the order in which words join
    values = np.take_along_axis(steps, ranks, axis=1).mean(axis=0)
    return np.asarray(values, np.float32), float(logits[0, 0])
