"""How a table is read: what was detected, and the choices that change it."""

from dataclasses import replace

import streamlit as st

from lstm_core.datasets.table import FORMATS
from lstm_core.datasets.table_format import (
    QUOTING_NAMES,
    SEPARATOR_NAMES,
    DetectedFormat,
    Quoting,
    TableKind,
    TableOptions,
    encoding_name,
)
from pages.parts.common.escape import escape_markdown

ENDINGS = [ending.removeprefix(".") for ending in FORMATS]  # of an uploader
DETECT = "detect"
ENCODINGS = ["utf-8", "utf-16-le", "utf-16-be", "cp1252"]
HEADERS = {"yes": "The first row names the columns", "no": "The first row is a review"}
FORMAT_CHOICES = ("encoding", "separator", "quoting", "header", "sheet")
_COLUMN = "column "  # in front of a name of the file, which may be any word
TEXT_KINDS = (TableKind.DELIMITED, TableKind.LINES)


def chosen_format(key: str) -> TableOptions:
    """What the choices of `draw_format` say now.

    Args:
        key: Prefix of the keys of the choices.
    """
    header, sheet = _said(key, "header"), _said(key, "sheet")
    return TableOptions(
        encoding=_said(key, "encoding"),
        separator=_said(key, "separator"),
        quoting=_said(key, "quoting"),
        header=None if header is None else header == "yes",
        sheet=None if sheet is None else sheet.removeprefix(_COLUMN),
    )


def chosen_table(key: str) -> TableOptions:
    """What the choices of `draw_format`, `draw_columns` and `draw_label_rules` say now."""
    rules, columns = chosen_label_rules(key), [_said(key, name) for name in ("text", "labels")]
    text, labels = (None if one is None else one.removeprefix(_COLUMN) for one in columns)
    return replace(
        chosen_format(key),
        text_column=text,
        label_column=labels,
        star_threshold=rules.star_threshold,
        drop_neutral=rules.drop_neutral,
    )


def draw_columns(found: DetectedFormat, key: str) -> None:
    """The choices of the columns with the reviews and the labels."""
    names = {f"{_COLUMN}{name}": name for name in found.names}
    left, right = st.columns(2)
    _choice(left, "Column with the reviews", names, found.text_column, f"{key}_text")
    labels = found.label_column or "none"
    _choice(right, "Column with the labels", names, labels, f"{key}_labels")


def _said(key: str, name: str) -> str | None:
    value: str = st.session_state.get(f"{key}_{name}", DETECT)
    return None if value == DETECT else value


def forget_format(key: str) -> None:
    """Forget the choices of format and labels, so that everything is detected."""
    for name in (*FORMAT_CHOICES, "text", "labels", "stars", "neutral"):
        st.session_state.pop(f"{key}_{name}", None)


def draw_format(found: DetectedFormat, key: str) -> None:
    """What was detected, in a line, and the choices that change it, folded."""
    described = found.described()
    line = " · ".join(escape_markdown(f"{name}: {value}") for name, value in described.items())
    with st.expander(f"How the file is read: {line}"):
        boxes = st.columns(4)
        if found.kind in TEXT_KINDS or found.kind is TableKind.JSON:
            names = {one: encoding_name(one) for one in ENCODINGS}
            _choice(boxes[0], "Encoding", names, encoding_name(found.encoding), f"{key}_encoding")
        if found.kind in TEXT_KINDS:
            separator = SEPARATOR_NAMES.get(found.separator, found.separator)
            _choice(boxes[1], "Separator", SEPARATOR_NAMES, separator, f"{key}_separator")
            quotings = {str(one): QUOTING_NAMES[one] for one in Quoting}
            _choice(boxes[3], "Quotes", quotings, QUOTING_NAMES[found.quoting], f"{key}_quoting")
        if found.kind in (*TEXT_KINDS, TableKind.EXCEL):
            _choice(boxes[2], "Header", HEADERS, "yes" if found.header else "no", f"{key}_header")
        if len(found.sheets) > 1:
            sheets = {f"{_COLUMN}{name}": name for name in found.sheets}
            _choice(boxes[0], "Sheet", sheets, found.sheet, f"{key}_sheet")
        if found.kind is TableKind.PARQUET:
            st.caption("A Parquet file says itself how it is read.")


def chosen_label_rules(key: str) -> TableOptions:
    """What the choices of `draw_label_rules` say now."""
    stars, drop = st.session_state.get(f"{key}_stars"), st.session_state.get(f"{key}_neutral")
    return TableOptions(star_threshold=stars, drop_neutral=bool(drop))


def draw_label_rules(options: TableOptions, key: str) -> TableOptions:
    """The choices about labels: the middle class of three, and from how many stars on."""
    left, right = st.columns(2, vertical_alignment="bottom")
    threshold = left.number_input(
        "Positive from how many stars on",
        value=None,
        step=1.0,
        key=f"{key}_stars",
        persist_state="session",
        placeholder="7 of 10, 4 of 5; the middle left out",
        help="For a column of stars or other numbers. Empty: Stanford's rule for IMDb.",
    )
    drop = right.checkbox(
        "Leave out the middle class of three", key=f"{key}_neutral", persist_state="session"
    )
    return replace(options, star_threshold=threshold, drop_neutral=drop)


def _choice(
    box: "st.delta_generator.DeltaGenerator",
    label: str,
    names: dict[str, str],
    detected: str,
    key: str,
) -> None:
    names = {DETECT: f"Detected: {detected}", **names}
    box.selectbox(label, list(names), format_func=names.__getitem__, key=key)
