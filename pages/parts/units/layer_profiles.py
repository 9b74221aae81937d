"""Profiles of the units of one layer of an imported model over a corpus."""

import numpy as np
import streamlit as st

from lstm_core.activations.layers import IndexedLayer, kept_states
from lstm_core.activations.store import StateIndex
from lstm_core.activations.top_spans import PHRASE, TopSpan, decode_span, extreme_spans
from lstm_core.activations.unit_profiles import unit_profile_title
from lstm_core.analysis.formatting import signed
from lstm_core.model.sentiment_model import SentimentModel
from pages.parts.common.figures import Drawn
from pages.parts.units.choice import choose_unit
from pages.parts.units.html import phrase_html, phrases_html, said_of
from pages.parts.units.profiles import (
    SIDES,
    draw_words_and_gates,
    unit_statistics_of,
    unit_table,
    whole_percent,
    written,
)

NO_PROJECTIONS = (
    "Projections, ablation and the weight in the logit are those of the article's architecture, "
    "whose output reads one LSTM layer; they are not offered for the layers of an imported model."
)
PASSAGES = 5


def draw_layer_profiles(layer: IndexedLayer, index: StateIndex) -> list[Drawn]:
    """The chosen unit: words that move it, gates, passages with its highest and lowest state."""
    unit = choose_unit(layer, st.columns([1, 5])[0])
    one = unit_statistics_of(index, layer.model)[unit]
    title = unit_profile_title(one)
    st.header(title, anchor=False)
    if layer.backward:
        st.caption(
            "This direction reads the last word first: a change at a word is that from the state "
            "after the word behind it."
        )
    figures = draw_words_and_gates(one, index, title)
    _draw_passages(layer, index, unit)
    with st.expander(f"Table of all {layer.units} units"):
        _draw_table(index, layer.model)
    return figures


def _draw_table(index: StateIndex, model: SentimentModel) -> None:
    table = unit_table(unit_statistics_of(index, model))
    shares = {name: whole_percent for name in table.columns if name.endswith(SIDES)}
    columns = {**shares, "r(prediction)": signed, "r(label)": signed}
    st.dataframe(written(table, columns), height=250, hide_index=True)
    st.caption(
        "r: correlation of the unit's state after the layer's last step with the logit and with "
        "the label. Gates: share of the words at which they are closed (under 0.1) and open (over "
        "0.9). Click a heading to sort."
    )


def _draw_passages(layer: IndexedLayer, index: StateIndex, unit: int) -> None:
    for box, high in zip(st.columns(2, gap="large"), (True, False), strict=True):
        way = "highest" if high else "lowest"
        with box:
            st.markdown(f"**Passages with the {way} state of unit {unit}**")
            passages = extreme_spans(index, unit, high=high, most=PASSAGES)
            if not passages:
                st.caption("No word was read in these texts.")
                continue
            shown = [_passage(layer, index, unit, passage) for passage in passages]
            st.html(phrases_html(shown, f"Passages with the {way} state of unit {unit}"))
    which = "first" if layer.backward else "last"
    st.caption(
        f"One passage a text: the state is that after the {which} of the underlined words, the "
        f"last words (at most {PHRASE}) that the layer read up to there. Each word is tinted by "
        "the state after it: blue above zero, orange below."
    )


def _passage(layer: IndexedLayer, index: StateIndex, unit: int, passage: TopSpan) -> str:
    found = kept_states(layer, index, passage.review)
    values = found.hidden_state[:, unit]
    pieces = decode_span(found, passage, values)
    says = f"state {signed(passage.value)}; {said_of(index, passage.review)}"
    return phrase_html(pieces, says, full=max(1.0, float(np.abs(values).max())))
