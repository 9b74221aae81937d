"""Word scores of one review by any of the methods.

Symbols: T places, S steps from the start sign on.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lstm_core.attribution.contextual_decomposition import phrase_parts
from lstm_core.attribution.gradients import gradient_input, integrated_gradients
from lstm_core.attribution.lrp import relevance
from lstm_core.attribution.occlusion import leave_one_out
from lstm_core.attribution.registry import NOTES, Method
from lstm_core.attribution.shapley import shapley_values
from lstm_core.recurrent.backward import Unrolled, unknown_words, unroll
from lstm_core.recurrent.contributions import ledger_contributions, running_difference
from lstm_core.recurrent.lstm import Floats, LstmForward
from lstm_core.recurrent.trace import Trace


@dataclass(frozen=True)
class WordScores:
    """The attribution of one method to the words of a review.

    Attributes:
        method: The method.
        scores: One per step, float32 ``(T,)``; zero where no word is.
        logit: The model's final logit.
        rest: The part of the logit that no word gets (`MethodNote.rest`); None when the method's
            scores do not sum to the logit. Of methods with a baseline review, that one's logit.
    """

    method: Method
    scores: Floats
    logit: float
    rest: float | None = None

    @property
    def residual(self) -> float:
        """What scores and rest miss of the logit: the error of a numerical integral, else 0."""
        if self.rest is None:
            return 0.0
        return self.logit - self.rest - float(self.scores.sum(dtype=np.float64))


def score_words(
    forward: LstmForward, trace: Trace, method: Method, run: Unrolled | None = None
) -> WordScores:
    """Score the words of a review by one method.

    Args:
        run: The same trace unrolled, when it is at hand.
    """
    run = unroll(forward, trace) if run is None else run
    scores = np.zeros(forward.maxlen, np.float32)  # (T,)
    first = trace.encoding.first_word
    logit, baseline = float(trace.logits[-1]), None
    if first < forward.maxlen:
        scores[first:], baseline = _of_words(forward, trace, method, run)
    if baseline is None and NOTES[method].rest:
        baseline = logit - float(scores.sum(dtype=np.float64))
    return WordScores(method, scores, logit, baseline)


def score_all(
    forward: LstmForward, trace: Trace, methods: Sequence[Method] = tuple(Method)
) -> tuple[WordScores, ...]:
    """Score the words of a review by several methods, in their order."""
    run = unroll(forward, trace)
    return tuple(score_words(forward, trace, method, run) for method in methods)


def _of_words(
    forward: LstmForward, trace: Trace, method: Method, run: Unrolled
) -> tuple[Floats, float | None]:
    """Scores from the first word on, and the logit of the baseline review of methods with one."""
    weights, first = forward.weights, trace.encoding.first_word
    skip = first - run.first  # the start sign, where it is a step of its own
    if method is Method.DIFFERENCE:
        return running_difference(trace, trace.output_weights)[first:], None
    if method is Method.LEDGER:
        return ledger_contributions(trace, trace.output_weights)[first:], None
    if method is Method.LEAVE_OUT:
        return leave_one_out(forward, trace.encoding.ids, first), None
    if method is Method.GRADIENT:
        return gradient_input(weights, run)[skip:], None
    if method is Method.INTEGRATED:
        empty = unknown_words(forward, trace, run)
        scores, baseline = integrated_gradients(weights, run, empty)
        return scores[skip:], baseline
    if method is Method.RELEVANCE:
        return relevance(weights, trace, run).steps[skip:].astype(np.float32), None
    if method is Method.SHAPLEY:
        return shapley_values(forward, trace.encoding.ids, first)
    alone = np.eye(run.steps, dtype=bool)[skip:]  # each word as a phrase of its own
    return phrase_parts(weights, trace, run, alone), None
