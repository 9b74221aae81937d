"""Vanishing gradients on one review: norms of gradients by step, and effect of a word's state.

The gradient of the logit by the hidden state of every step (Bengio, Simard & Frasconi 1994 show why
it vanishes in a simple recurrent network), and the difference that one word makes to all later
states.

Symbols: T places, D units.
"""

from dataclasses import dataclass

import numpy as np

from lstm_core.errors import InputError
from lstm_core.model.recurrent_model import RecurrentModel
from lstm_core.recurrent.classifier_backward import gradients, missing_slope
from lstm_core.recurrent.lstm import Floats
from lstm_core.recurrent.recurrent_layers import run_recurrent
from lstm_core.recurrent.running import LayerStates, ModelTrace

REACH = 0.01  # of the largest norm: a step with a smaller gradient counts as not reached
SURVIVES = 0.1  # of the first difference: what is left of a word's mark counts as gone below


@dataclass(frozen=True, eq=False)
class LayerGradient:
    """The gradient by the hidden states of one direction of one layer.

    Attributes:
        layer: The layer.
        norms: Euclidean norm of d logit / d h_t, float32 ``(T,)``, for the places of the trace.
    """

    layer: LayerStates
    norms: Floats


def gradient_norms(model: RecurrentModel, trace: ModelTrace) -> tuple[LayerGradient, ...]:
    """The norms of d logit / d h_t for every direction of every recurrent layer.

    Raises:
        InputError: When the model has an activation without a derivative here.
    """
    if why := missing_slope(model.classifier):
        raise InputError(f"The gradient is not computed: {why}.")
    whole = model.encode(trace.encoding.text)
    found = gradients(model.classifier, whole.ids, model.reader.logit_gradient)
    places = trace.encoding.maxlen
    return tuple(
        LayerGradient(layer, np.linalg.norm(one[:places], axis=1).astype(np.float32))
        for layer, one in zip(trace.layers, found.by_hidden, strict=True)
    )


def gradient_reach(norms: Floats) -> int:
    """Steps back from the last one until the norm stays below 1 % of the largest."""
    large = np.flatnonzero(norms >= REACH * norms.max(initial=0.0))
    return len(norms) - int(large[0]) if len(large) and norms.max(initial=0.0) > 0 else 0


def memory_of_word(model: RecurrentModel, trace: ModelTrace, place: int) -> Floats:
    """What is left of a word's mark on the last layer's states, from its place on.

    The review is read twice, as it is and with the word replaced by padding; the norm of the
    difference between the two states (c and h of an LSTM, else h) at every later step is divided
    by that at the word itself.

    Args:
        model: A model that reads forwards.
        place: The word's place, from 0.

    Returns:
        Float32 ``(T - place,)``, 1 at the word; zeros when the word makes no difference.

    Raises:
        InputError: When the model reads backwards as well, or there is no word at the place.
    """
    encoding = trace.encoding
    if model.classifier.bidirectional:
        raise InputError("A layer of this model reads backwards: words come in from both ends.")
    if not encoding.first_word <= place < encoding.maxlen:
        raise InputError(f"Place {place} came in; words are at {encoding.first_word} and after.")
    whole = model.encode(encoding.text)
    without = whole.ids.copy()
    without[place] = model.vocabulary.rules.pad
    x = model.classifier.embed(np.stack([whole.ids, without]))
    for spec in model.classifier.layers:
        result = run_recurrent(spec, x, None, x.mask)
        x = result.outputs[0]
    arrays = getattr(result.trace, "arrays")()  # noqa: B009 (forward layers have plain traces)
    names = [name for name in ("cell_state", "hidden_state") if name in arrays]
    states = np.concatenate([arrays[name] for name in names], axis=-1)  # (2, T, D or 2D)
    gaps = np.linalg.norm(states[0] - states[1], axis=-1)[place : encoding.maxlen]
    first = float(gaps[0])
    return np.asarray(gaps / first if first > 0 else np.zeros_like(gaps), np.float32)


def survival_steps(left: Floats) -> int | None:
    """Steps until less than a tenth of a word's mark is left; None when it outlives the text."""
    alive = np.flatnonzero(left >= SURVIVES)
    last = int(alive[-1]) if len(alive) else 0
    return None if last == len(left) - 1 else last + 1
