"""Imported models of another architecture, as several pages show them.

Pages of the article's architecture show its single LSTM layer; an imported model has layers,
directions and classes of its own, so these pages have views of their own for it.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from lstm_core.analysis.captions import model_reading_line
from lstm_core.analysis.formatting import probability
from lstm_core.attribution.captions import name_of
from lstm_core.attribution.models import score_model
from lstm_core.attribution.registry import Method
from lstm_core.model.card import CLASSES
from lstm_core.model.recurrent_model import RecurrentModel
from lstm_core.model.sentiment_model import SentimentModel
from lstm_core.recurrent.running import LayerStates, ModelTrace
from lstm_core.recurrent.trace import Trace
from lstm_core.text import Side
from pages.parts.common.escape import escape_markdown
from pages.parts.common.link import linked_choice
from pages.parts.common.page import any_model_in_use
from pages.parts.common.token_colors import tint_line, token_scores
from pages.parts.components.token_view import TokenColors

if TYPE_CHECKING:
    from lstm_core.activations.layers import IndexedLayer

MOST_STEPS = 20_000  # words times time steps up to which a review is tinted by occlusion
SHOWN_CLASSES = 6


def recurrent_in_use() -> RecurrentModel | None:
    """The imported model in use, for the class of its card; None for the article's architecture."""
    model = any_model_in_use()
    return model if isinstance(model, RecurrentModel) else None


def choose_class(model: RecurrentModel) -> RecurrentModel:
    """The model for the class that a person chose; of two classes the card's is taken."""
    if len(model.class_names) == 2:
        return model
    names = {str(n): name for n, name in enumerate(model.class_names)}
    chosen = linked_choice(
        st.selectbox, "Class", names, key="class", default=str(model.card.positive)
    )
    return model.for_class(int(chosen))


def prediction_line(model: RecurrentModel, trace: ModelTrace) -> str:
    """The prediction and what was read, as a sentence."""
    order = trace.classes.argsort()[::-1][:SHOWN_CLASSES]
    said = ", ".join(
        f"{escape_markdown(model.class_names[n])} {probability(float(trace.classes[n]))}"
        for n in order
    )
    if not trace.encoding.known_count:
        said = f"no known word; without one the model says {said}"
    return f"**{said}**. {model_reading_line(model, trace)}"


def running_line(model: RecurrentModel) -> str:
    """What the running probability of this model is, and what the two sides mean."""
    how = (
        "what the model says to the beginning of the review up to the word, read as a review of "
        "its own (a layer reads backwards, so no step depends on the beginning alone)"
        if model.classifier.bidirectional
        else "what the model would say if the review ended at the word"
    )
    sides = (
        ""
        if model.class_names == CLASSES and model.chosen == 1
        else f" Blue is towards “{escape_markdown(model.class_name)}”, orange away from it."
    )
    return f"The running probability is {how}.{sides}"


def review_colors(model: SentimentModel, trace: Trace | ModelTrace) -> tuple[TokenColors, str]:
    """What tints the words of a review, and the sentence about it, for models of any kind."""
    if isinstance(trace, Trace):
        return token_scores(model, trace), tint_line(model)
    assert isinstance(model, RecurrentModel)
    return recurrent_colors(model, trace)


def choose_layer(
    layers: "Sequence[LayerStates | IndexedLayer]",
    box: "st.delta_generator.DeltaGenerator",
) -> int:
    """Which direction of which layer is looked at; the last forward one at first."""
    names = {str(number): one.name for number, one in enumerate(layers)}
    last = max((n for n, one in enumerate(layers) if not one.backward), default=len(layers) - 1)
    return int(
        linked_choice(box.selectbox, "Layer and direction", names, key="layer", default=str(last))
    )


def draw_model_notes(model: SentimentModel) -> None:
    """What a page that speaks of P(positive) and of first words means for an imported model."""
    if not isinstance(model, RecurrentModel):
        return
    notes = []
    if (model.class_names, model.chosen) != (CLASSES, 1):
        notes.append(
            f"Here P(positive) is the probability of the class “{escape_markdown(model.class_name)}"
            f"”, one of {len(model.class_names)}; a review counts as positive from one half on."
        )
    if model.vocabulary.rules.truncating is Side.PRE:
        notes.append(
            "This model reads the end of a long review: where this page says first words, its last "
            "words are meant."
        )
    if notes:
        st.caption(" ".join(notes))


def recurrent_colors(model: RecurrentModel, trace: ModelTrace) -> tuple[TokenColors, str]:
    """What tints the words, and the sentence about it."""
    few = trace.encoding.read_count * model.maxlen <= MOST_STEPS
    method = Method.LEAVE_OUT if few else Method.DIFFERENCE
    scores = score_model(model, trace, [method])[0].scores
    name = name_of(method)
    return TokenColors(scores, f"by {name}"), f"Coloured by {name}. {running_line(model)}"
