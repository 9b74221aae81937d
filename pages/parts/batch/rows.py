"""The rows of a scored file: filtered, sorted, by pages; a click opens one in Live."""

import zlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import streamlit as st

from lstm_core.analysis.captions import plural
from lstm_core.analysis.formatting import probability
from lstm_core.evaluation.minimal_pairs import LONGEST_TEXT
from lstm_core.recurrent.trace import UNDECIDED_FROM, UNDECIDED_TO
from lstm_core.scoring.batch import Reading
from lstm_core.scoring.labels import LabelReport
from lstm_core.scoring.rows import Order, ScoredRows, rows_to_csv
from pages.parts.common.html_table import PredictionCell
from pages.parts.common.link import linked_choice, linked_value, whole_number
from pages.parts.common.page import MAX_CHARACTERS, REVIEW
from pages.parts.common.pair_input import send_to_pairs
from pages.parts.common.way_back import open_in_live
from pages.parts.components.editor import put_review

if TYPE_CHECKING:
    from pandas.io.formats.style import Styler

PAGE_ROWS = 50
PAGE = "file_page"  # key of the number of the page
CHARACTERS_SHOWN = 400
ORDERS = {
    Order.FILE: "As in the file",
    Order.POSITIVE: "P(positive), highest first",
    Order.NEGATIVE: "P(positive), lowest first",
    Order.UNCERTAIN: "Most uncertain first",
    Order.DISAGREEMENT: "Largest disagreement with the label first",
}
KINDS = {
    "all": "All rows",
    "positive": "Predicted positive",
    "negative": "Predicted negative",
    "undecided": "Undecided",
    "wrong": "Wrong predictions",
    "problem": "Not scored",
}

Numbers = npt.NDArray[np.intp]


def draw_rows(rows: ScoredRows, name: str, report: LabelReport | None) -> None:
    """The filters, one page of the rows, and what can be done with them."""
    boxes = st.columns([3, 2, 3, 1], vertical_alignment="bottom")
    found = _draw_filters(rows, report, boxes)
    first = (_choose_page(-(-len(found) // PAGE_ROWS), boxes[3]) - 1) * PAGE_ROWS
    shown = found[first : first + PAGE_ROWS]
    if not len(shown):
        st.caption("No row of this kind.")
        return
    st.caption(
        f"{first + 1:,} to {first + len(shown):,} of {plural(len(found), 'row')} in this order. "
        "Click a cell to open its review in Live; tick rows to compare or export them."
    )
    numbers = [int(row) for row in shown]
    event = st.dataframe(
        _styled(rows, numbers),
        key=f"file_rows_{zlib.crc32(shown.tobytes())}",  # a selection belongs to these rows
        hide_index=True,
        on_select="rerun",
        selection_mode=["multi-row", "single-cell"],
        column_config={"Review": st.column_config.TextColumn(width="large")},
        alt="Scored rows",
    )
    selection = event["selection"]
    if cells := selection["cells"]:
        _open(rows, numbers[cells[0][0]], name)
    _draw_actions(rows, [numbers[row] for row in selection["rows"]], name)


def _draw_filters(
    rows: ScoredRows,
    report: LabelReport | None,
    boxes: "Sequence[st.delta_generator.DeltaGenerator]",
) -> Numbers:
    """The numbers of the rows that are looked at, in their order."""
    query = boxes[0].text_input(
        "Reviews that contain", key="file_query", max_chars=200, persist_state="session"
    )
    kinds = {
        kind: label
        for kind, label in KINDS.items()
        if (kind != "wrong" or report) and (kind != "problem" or not rows.scored.all())
    }
    kind = linked_choice(boxes[1].selectbox, "Rows", kinds, key="file_kind", parameter="rows")
    orders = {
        str(one): label
        for one, label in ORDERS.items()
        if one is not Order.DISAGREEMENT or report is not None
    }
    order = linked_choice(
        boxes[2].selectbox, "Sort by", orders, key="file_order", parameter="order"
    )
    chosen = _of_kind(rows, kind, report)
    if query:
        chosen = chosen & _matching(str(rows.folder), query, rows)
    labels = None if report is None else report.classes
    return rows.ordered(np.flatnonzero(chosen), Order(order), labels)


def _of_kind(rows: ScoredRows, kind: str, report: LabelReport | None) -> npt.NDArray[np.bool_]:
    p = rows.probabilities
    if kind == "positive":
        return p >= UNDECIDED_TO
    if kind == "negative":
        return p <= UNDECIDED_FROM
    if kind == "undecided":
        return (p > UNDECIDED_FROM) & (p < UNDECIDED_TO)
    if kind == "wrong" and report is not None:
        return (report.classes >= 0) & ((p >= 0.5) != (report.classes == 1))
    return ~rows.scored if kind == "problem" else np.ones(len(rows), np.bool_)


@st.cache_data(show_spinner=False, max_entries=8)
def _matching(folder: str, query: str, _rows: ScoredRows) -> npt.NDArray[np.bool_]:
    del folder  # the folder of a task is never used for another one
    return _rows.matching(query)


def _choose_page(pages: int, box: "st.delta_generator.DeltaGenerator") -> int:
    """Which page; another filter may leave fewer than the number that was chosen before."""
    pages = max(pages, 1)
    st.session_state[PAGE] = min(st.session_state.get(PAGE, 1), pages)
    linked_value(PAGE, 1, whole_number(1, pages), parameter="page")
    return box.number_input(f"Page, 1 to {pages:,}", 1, pages, key=PAGE, persist_state="session")


def _styled(rows: ScoredRows, numbers: list[int]) -> "Styler":
    """The table: numbers stay numbers, so that a click on a heading sorts by them."""
    import pandas as pd

    both = rows.note.reading is Reading.BOTH
    second = {"P(positive), whole review": rows.numbers["whole"][numbers]} if both else {}
    labels = {} if rows.note.label_column is None else {"Label": list(map(rows.label, numbers))}
    predicted = {"P(positive)": rows.probabilities[numbers], **second}
    texts = [text[:CHARACTERS_SHOWN] for text in rows.texts(numbers)]
    table = pd.DataFrame(
        {
            rows.note.unit.capitalize(): rows.numbers["line"][numbers],
            **predicted,
            "Prediction": [rows.verdict(row) or "not scored" for row in numbers],
            **labels,
            "Review": texts,
        }
    )
    styled = table.style.format(probability, subset=list(predicted), na_rep="")
    return styled.map(_tint, subset=list(predicted))


def _tint(p: float) -> str:
    return "" if p != p else f"background-color: {PredictionCell(p).tint}"


def _open(rows: ScoredRows, row: int, name: str) -> None:
    if rows.scored[row]:
        put_review(rows.texts([row])[0][:MAX_CHARACTERS], key=REVIEW)
        open_in_live("batch", f"Back to the rows of {name}")


def _draw_actions(rows: ScoredRows, chosen: list[int], name: str) -> None:
    """What can be done with the rows that are ticked."""
    chosen = [row for row in chosen if rows.scored[row]]
    texts = rows.texts(chosen[:2])
    fitting = 0 < len(chosen) <= 2 and all(len(text) <= LONGEST_TEXT for text in texts)
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button(
            "Open in Live", key="file_open", disabled=len(chosen) != 1, help="Tick one row."
        ):
            _open(rows, chosen[0], name)
        if st.button(
            "Send to Minimal pairs",
            key="file_pair",
            disabled=not fitting,
            help=f"Tick one or two rows of at most {LONGEST_TEXT:,} characters: the first and the "
            "second text of a pair.",
        ):
            send_to_pairs(texts)
            st.switch_page("pages/evaluation.py", query_params={"view": "minimal_pairs"})
        st.download_button(
            f"Export {plural(len(chosen), 'ticked row')}" if chosen else "Export ticked rows",
            lambda: rows_to_csv(rows, chosen),
            "selected-rows.csv",
            "text/csv",
            key="file_export",
            disabled=not chosen,
            on_click="ignore",
        )
