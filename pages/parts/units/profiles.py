"""Unit profiles: the table of all units, and everything about the chosen one."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from math import isnan
from typing import TYPE_CHECKING

import streamlit as st

from lstm_core.activations.layers import IndexedLayer
from lstm_core.activations.store import StateIndex
from lstm_core.activations.top_spans import PHRASE, TopSpan, decode_span, top_spans
from lstm_core.activations.unit_profiles import (
    UnitProfile,
    UnitStats,
    fewest,
    saturation_line,
    unit_profiles,
    unit_statistics,
    unit_stats_title,
)
from lstm_core.analysis.captions import plural
from lstm_core.analysis.formatting import fixed_percent, number, percent, signed
from lstm_core.figures.activations import gate_name, gates_figure, pushes_figure
from lstm_core.model.sentiment_model import SentimentModel
from pages.parts.common.figures import Drawn, config_of, draw_shared
from pages.parts.common.link import linked_choice
from pages.parts.components.callbacks import value_of
from pages.parts.units.choice import choose_unit, index_key, put_unit
from pages.parts.units.html import changes, phrase_html, phrases_html, said_of
from pages.parts.units.important import draw_important
from pages.parts.units.saturation import NO_GATE

if TYPE_CHECKING:
    import pandas as pd
    from pandas.io.formats.style import Styler

TABLE = "unit_table"
SIDES = ("< 0.1", "> 0.9")  # of a gate: how often it is closed and open
Write = Callable[[float], str]
COLUMNS: dict[str, Write | None] = {
    "Unit": None,
    "Weight": partial(signed, digits=3),
    "Top + words": None,
    "Top − words": None,
    "Half-life": partial(number, digits=0),
    "r(prediction)": signed,
    "r(label)": signed,
    "Accuracy drop": signed,
    "±": number,
    "Flips": lambda value: fixed_percent(value / 100),
    **{f"{gate} {side}": lambda value: whole_percent(value) for gate in "ifo" for side in SIDES},
}
SORT = {  # keys of the link
    "unit": "Unit",
    "weight": "Weight",
    "half_life": "Half-life",
    "r_prediction": "r(prediction)",
    "r_label": "r(label)",
    "accuracy_drop": "Accuracy drop",
    "accuracy_drop_interval": "±",
    "flips": "Flips",
    "i_closed": "i < 0.1",
    "i_open": "i > 0.9",
    "f_closed": "f < 0.1",
    "f_open": "f > 0.9",
    "o_closed": "o < 0.1",
    "o_open": "o > 0.9",
}
OLD_SORT = {
    "Verdict": "r_prediction",
    "Label": "r_label",
    "Lost": "accuracy_drop",
    "Turned": "flips",
    "Input shut": "i_closed",
    "Input open": "i_open",
    "Forget shut": "f_closed",
    "Forget open": "f_open",
    "Output shut": "o_closed",
    "Output open": "o_open",
}
PHRASES = 5


All = tuple[UnitStats, ...]


@st.cache_resource(show_spinner=False, max_entries=8, hash_funcs={StateIndex: index_key})
def unit_statistics_of(index: StateIndex, _model: SentimentModel) -> tuple[UnitProfile, ...]:
    """The profiles of an index, made once a server; of the article's LSTM `UnitStats`."""
    if index.note.layer:
        return unit_profiles(index, _model.vocabulary)
    return unit_statistics(index, _model.bundle.weights, _model.vocabulary)


def draw_profiles(layer: IndexedLayer, index: StateIndex) -> list[Drawn]:
    """The table, and the profile of the chosen unit."""
    model = layer.model
    found = tuple(one for one in unit_statistics_of(index, model) if isinstance(one, UnitStats))
    draw_important(model, found)
    if "sort" in st.query_params:  # a link to an order of the table opens it
        st.session_state.setdefault("units_all", True)
    table = st.expander("Table of all units", key="units_all", on_change="rerun")
    if table.open:
        with table:
            by = linked_choice(st.selectbox, "Sort by", SORT, key="sort", aliases=OLD_SORT)
            _draw_table(found, index, SORT[by])
    unit = choose_unit(layer, st.columns([1, 5])[0])
    one = found[unit]
    st.header(unit_stats_title(one), anchor=False)
    _draw_numbers(one, index)
    figures = draw_words_and_gates(one, index, unit_stats_title(one))
    _draw_phrases(model, index, unit)
    return figures


def draw_words_and_gates(one: UnitProfile, index: StateIndex, title: str) -> list[Drawn]:
    """The words that move a unit, and how often its gates are closed and open."""
    left, right = st.columns([3, 2], gap="large")
    of = (*index_key(index), one.unit)
    with left:
        st.markdown("**Words that move it most**")
        make = partial(pushes_figure, one)
        figures: list[Drawn] = [
            draw_shared(make, key="pushes", alt=title, of=of, config=config_of("pushes"))
        ]
        st.caption(
            "How far the hidden state moved at the word, on average, with one standard deviation; "
            f"how often the word was read stands beside it ({plural(fewest(index), 'time')} at "
            "least). Ranked by what is sure: the end of the mean's 95 % interval nearer to zero."
        )
    with right:
        if not one.gates:
            st.caption(NO_GATE.format(kind=index.note.kind))
            return figures
        st.markdown(f"**{saturation_line(one).capitalize()}**")
        make, says = partial(gates_figure, one), saturation_line(one)
        figures.append(draw_shared(make, key="gates", alt=says, of=of, config=config_of("gates")))
        st.caption(
            "Share of the words at which each gate is closed (under 0.1), open (over 0.9) or "
            "between."
        )
    return figures


def unit_table(profiles: Sequence[UnitProfile]) -> "pd.DataFrame":
    """All profiles as one table, one row per unit; of imported models with fewer columns."""
    import pandas as pd

    found = [one for one in profiles if isinstance(one, UnitStats)]
    if not found:
        return _layer_table(profiles)
    rows = [
        (
            one.unit,
            one.output_weight,
            ", ".join(push.word for push in one.up[:3]),
            ", ".join(push.word for push in one.down[:3]),
            one.half_life,
            one.verdict,
            one.label,
            100 * one.lost.value if one.lost else None,
            50 * (one.lost.high - one.lost.low) if one.lost else None,
            100 * one.turned,
            *(100 * share for gate in zip(one.low, one.high, strict=True) for share in gate),
        )
        for one in found
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def written(table: "pd.DataFrame", columns: Mapping[str, Write | None]) -> "Styler":
    """A table with its numbers written as on all pages; it is still sorted by their values."""
    return table.style.format({name: write for name, write in columns.items() if write}, na_rep="")


def whole_percent(value: float) -> str:
    """A number of per cent without decimals."""
    return fixed_percent(value / 100, 0)


def _layer_table(profiles: Sequence[UnitProfile]) -> "pd.DataFrame":
    import pandas as pd

    columns = ["Unit", "Top + words", "Top − words", "r(prediction)", "r(label)"]
    gates = profiles[0].gates
    columns += [f"{gate_name(gate)} {side}" for gate in gates for side in SIDES]
    rows = [
        (
            one.unit,
            ", ".join(push.word for push in one.up[:3]),
            ", ".join(push.word for push in one.down[:3]),
            one.verdict,
            one.label,
            *(100 * share for gate in zip(one.low, one.high, strict=True) for share in gate),
        )
        for one in profiles
    ]
    return pd.DataFrame(rows, columns=columns)


def _draw_table(found: All, index: StateIndex, by: str) -> None:
    table = unit_table(found)
    if by != "Unit":
        table = table.sort_values(by, ascending=False, kind="stable", na_position="last")
    order = table["Unit"].tolist()
    st.dataframe(
        written(table, COLUMNS),
        key=TABLE,
        height=250,
        hide_index=True,
        on_select=lambda: _take_row(order),
        selection_mode="single-row",
    )
    st.caption(
        "Click a row to choose its unit, a heading to sort. Weight: output weight. Half-life: "
        "median words, measured, until at most half of what was written is left. r: correlation "
        "of its last hidden state with the prediction and the label. Accuracy drop: points of "
        "accuracy lost when the unit is ablated, measured on "
        f"{index.note.silenced_reviews:,} reviews, ± half of the 95 % interval. Flips: "
        "predicted labels that change when the unit is ablated. i, f, o: how often the gate is "
        "closed (under 0.1) or open (over 0.9)."
    )


def _take_row(order: list[int]) -> None:
    """Choose the unit of the row that was clicked."""
    table = value_of(TABLE)
    rows = table.selection.rows if table else ()
    if rows and 0 <= rows[0] < len(order):
        put_unit(int(order[rows[0]]))


def _draw_numbers(one: UnitStats, index: StateIndex) -> None:
    boxes = st.columns(5)
    boxes[0].metric("Output weight", signed(one.output_weight, 3))
    kept = one.half_life == float("inf")
    half = "not within a review" if kept else plural(int(one.half_life), "word")
    boxes[1].metric("Time until half is forgotten", half)
    boxes[2].metric("Correlation with prediction", _signed(one.verdict))
    lost = "no labels" if one.lost is None else f"{signed(100 * one.lost.value)} points"
    boxes[3].metric("Accuracy drop when ablated", lost)
    boxes[4].metric("Flips when ablated", percent(one.turned))
    if one.lost is not None:
        rest = "so these reviews show no effect on the accuracy"
        if one.lost.low > 0:
            rest = "so accuracy is lost without it"
        elif one.lost.high < 0:
            rest = "so the accuracy is higher without it"
        st.caption(
            f"Ablated means that its output gate is held at 0. The accuracy lost on "
            f"{index.note.silenced_reviews:,} reviews lies between {signed(100 * one.lost.low)} "
            f"and "
            f"{signed(100 * one.lost.high)} points (95 %), {rest}. The logit moves by "
            f"{one.moved:.2f} "
            "on average."
        )


def _signed(value: float) -> str:
    return "not defined" if isnan(value) else signed(value)


def _draw_phrases(model: SentimentModel, index: StateIndex, unit: int) -> None:
    for box, up in zip(st.columns(2, gap="large"), (True, False), strict=True):
        way = "raise" if up else "lower"
        with box:
            st.markdown(f"**Phrases that {way} unit {unit} most**")
            shown = _phrases(index, unit, up, model)
            if not shown:
                st.caption(f"No phrase of {PHRASE} words {way}s it here.")
                continue
            st.html(phrases_html(shown, f"Phrases that {way} unit {unit}"))
    st.caption(
        f"The {PHRASE} words (underlined) over which its hidden state moves farthest, one phrase a "
        "review. Each word is tinted by what it alone changed: blue raises the unit, orange lowers "
        "it."
    )


@st.cache_resource(show_spinner=False, max_entries=256, hash_funcs={StateIndex: index_key})
def _phrases(index: StateIndex, unit: int, up: bool, _model: SentimentModel) -> list[str]:
    """The phrases that move a unit most, as HTML; made once a server."""
    found = top_spans(index, unit, up=up, most=PHRASES)
    return [_phrase(_model, index, unit, phrase) for phrase in found]


def _phrase(model: SentimentModel, index: StateIndex, unit: int, phrase: TopSpan) -> str:
    trace = model.trace(index.text(phrase.review))
    pieces = decode_span(trace, phrase, changes(trace.hidden_state, unit))
    return phrase_html(pieces, f"{signed(phrase.value)} in all; {said_of(index, phrase.review)}")
