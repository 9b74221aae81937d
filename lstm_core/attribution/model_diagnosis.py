"""Diagnosis of a wrong prediction of an imported model, by its predictions alone.

The causes are those of `lstm_core.attribution.diagnosis` that need no gates: the whole review,
words spelled like unknown ones, reading without padding, leaving out phrases and words (occlusion).
"""

import numpy as np

from lstm_core.analysis.captions import (
    instead_of,
    listed_unknown,
    phrase_text,
    plural,
    quoted,
    similarly_spelled,
)
from lstm_core.analysis.formatting import signed
from lstm_core.analysis.prediction import flips
from lstm_core.attribution.attribute import WordScores
from lstm_core.attribution.diagnosis import (
    Cause,
    CauseLine,
    cue_spans,
    nearest_spelling,
    ranked_causes,
    truncation_line,
    word_line,
)
from lstm_core.attribution.models import logits_without, score_model
from lstm_core.attribution.registry import Method
from lstm_core.model.recurrent_model import RecurrentModel
from lstm_core.recurrent.functions import logistic
from lstm_core.recurrent.lstm import Floats
from lstm_core.recurrent.running import ModelTrace
from lstm_core.text import Kind

MOST_LEFT_OUT = 8  # words that are left out together in the search for a counterfactual
UNAVAILABLE = (
    "Contributions of units, contextual decomposition and the search for replaced words are "
    "computed for the article's architecture only. Here words and phrases are left out instead "
    "(occlusion)."
)


def diagnose_model(model: RecurrentModel, trace: ModelTrace) -> tuple[CauseLine, ...]:
    """The likely causes why a model did not predict the class that it is set to.

    Args:
        model: The model, set to the right class by `for_class`.
        trace: Its trace of the review.

    Returns:
        The lines; none when that class is predicted already.
    """
    if not trace.encoding.read_count or int(trace.classes.argmax()) == model.chosen:
        return ()
    (occlusion,) = score_model(model, trace, [Method.LEAVE_OUT])
    drops = -occlusion.scores  # (T,), shift of the logit without each word
    phrase = _phrase(model, trace, drops)
    found = [
        truncation_line(model, trace, 1),
        _unknown(model, trace),
        _padding(model, trace),
        phrase,
        word_line(trace, drops, 1, phrase),
    ]
    return ranked_causes(found, [_counterfactual(model, trace, occlusion)])


def _unknown(model: RecurrentModel, trace: ModelTrace) -> CauseLine | None:
    """Known words of a similar spelling in the places of the unknown ones."""
    encoding, vocabulary = trace.encoding, model.vocabulary
    near = {
        place: nearest_spelling(encoding.words[place], vocabulary) for place in encoding.unknown
    }
    meant = {place: word for place, word in near.items() if word}
    if not meant:
        return None
    ids = encoding.ids.copy()
    for place, word in meant.items():
        ids[place] = vocabulary.id_of(word)
    words = np.ones((1, encoding.read_count), bool)
    after = float(logits_without(model, trace, words, ids)[0])
    where = f"in place of {len(meant)} of them"
    if len(meant) == len(near):
        where = f"in {'its' if len(near) == 1 else 'their'} place"
    return CauseLine(
        Cause.UNKNOWN,
        f"{listed_unknown(trace)} With {similarly_spelled(meant.values())} {where}: "
        f"{instead_of(logistic(after), trace.verdict_probability, trace.class_name)}.",
        after - float(trace.logits[-1]),
        encoding.unknown[0],
        encoding.unknown[0],
    )


def _padding(model: RecurrentModel, trace: ModelTrace) -> CauseLine | None:
    """Reading the same ids without padding; reported when that gives the right class."""
    whole = model.encode(trace.encoding.text)
    kept = np.array([kind is not Kind.PADDING for kind in whole.kinds])
    zeros = int((~kept).sum())
    if not zeros or model.classifier.embedding.config["mask_zero"]:
        return None
    after = float(model.reader.logits(model.reader.final_states(whole.ids[None, kept]))[0])
    if not flips(trace.verdict_probability, logistic(after)):
        return None
    return CauseLine(
        Cause.PADDING,
        f"{plural(zeros, 'place')} of padding {'is' if zeros == 1 else 'are'} read with the words. "
        "Without padding: "
        f"{instead_of(logistic(after), trace.verdict_probability, trace.class_name)}.",
        after - float(trace.logits[-1]),
    )


def _phrase(model: RecurrentModel, trace: ModelTrace, drops: Floats) -> CauseLine | None:
    """The phrase with a negation or condition without which the logit rises most."""
    spans, start = list(cue_spans(trace, drops)), trace.encoding.first_word
    if not spans:
        return None
    keep = np.ones((len(spans), trace.encoding.read_count), bool)  # (P, S)
    for row, (_, first, last) in enumerate(spans):
        keep[row, first - start : last + 1 - start] = False
    moved = logits_without(model, trace, keep) - float(trace.logits[-1])  # (P,)
    best = int(moved.argmax())
    if moved[best] <= 0:
        return None
    cue, first, last = spans[best]
    return CauseLine(
        Cause.PHRASE,
        f"{phrase_text(trace, first, last)} contains {quoted(trace, cue)}. Without the phrase the "
        f"logit moves by {signed(float(moved[best]))} towards the right label (occlusion).",
        float(moved[best]),
        first,
        last,
    )


def _counterfactual(
    model: RecurrentModel, trace: ModelTrace, occlusion: WordScores
) -> CauseLine | None:
    """Words that are left out, those with the largest effect first, until the prediction flips."""
    start, words = trace.encoding.first_word, trace.encoding.read_count
    order = np.argsort(occlusion.scores[start:], kind="stable")[: min(MOST_LEFT_OUT, words - 1)]
    keep = np.ones((len(order), words), bool)
    for row in range(len(order)):
        keep[row, order[: row + 1]] = False
    after = logits_without(model, trace, keep) if len(order) else np.zeros(0, np.float32)
    turned = [flips(trace.verdict_probability, logistic(float(one))) for one in after]
    if True not in turned:
        return None
    count = turned.index(True) + 1
    places = sorted(int(at) + start for at in order[:count])
    then = logistic(float(after[count - 1]))
    return CauseLine(
        Cause.COUNTERFACTUAL,
        f"Without {', '.join(quoted(trace, place) for place in places)} the prediction flips: "
        f"{instead_of(then, trace.verdict_probability, trace.class_name)}.",
        float(after[count - 1] - trace.logits[-1]),
        places[0],
        places[0],
    )
