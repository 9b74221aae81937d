"""The board of minimal pairs: ours and a person's own, judged live, kept by link and by file."""

import streamlit as st

from lstm_core.datasets.table_format import TableOptions
from lstm_core.errors import InputError
from lstm_core.evaluation.minimal_pairs import (
    LARGEST_FILE,
    LONGEST_TEXT,
    MOST_PAIRS,
    OWN_KIND,
    STAYS_WITHIN,
    Expect,
    Pair,
    PairResult,
    by_kind,
    evaluate_pairs,
    pairs_format,
    pairs_from_file,
    pairs_from_link,
    pairs_to_csv,
    pairs_to_link,
    shipped_pairs,
)
from lstm_core.figures.dots import Dot, dots_figure
from lstm_core.model.sentiment_model import SentimentModel
from pages.parts.common.escape import escape_markdown
from pages.parts.common.figures import QUIET
from pages.parts.common.html_table import SAID, HighlightedText, PredictionCell, draw_table
from pages.parts.common.pair_input import FIRST, SECOND, pair_is_begun
from pages.parts.common.streamlit_internals import UploadedFile
from pages.parts.common.table_format import ENDINGS, chosen_format, draw_format, forget_format
from pages.parts.components.callbacks import take_choice, value_of
from pages.parts.components.chart import draw_chart

OWN = "own_pairs"  # key of a person's pairs in the session
LINK = "pairs"  # the link's parameter
TROUBLE = "own_pairs_trouble"
FAILS = HighlightedText("failed")
MEANING = {
    Expect.TURNS: "the prediction flips",
    Expect.FALLS: "becomes more negative",
    Expect.RISES: "becomes more positive",
    Expect.STAYS: "stays as it is",
}


def draw_pairs(model: SentimentModel) -> None:
    """The board by kind, its rows, and what a person adds."""
    own = own_pairs()
    judged = evaluate_pairs(model, (*own, *shipped_pairs()))
    passed = sum(one.passed for one in judged)
    st.header(f"{passed} of {len(judged)} minimal pairs passed", anchor=False)
    st.caption(
        "Two texts that differ in one small thing, with what should follow from it. “Stays” means "
        f"the same prediction, moved by less than {100 * STAYS_WITHIN:.0f} points; “flips”, that "
        "it reaches the other side of the undecided band (40 to 60 %). Predicted now by the model "
        "from the first words; failures stand first."
    )
    dots = [Dot(f"{one.kind} ({one.passed} of {one.count})", one.share) for one in by_kind(judged)]
    draw_chart(
        dots_figure(dots, key="pairs"), key="pairs-by-kind", config=QUIET, alt="Passes by kind"
    )
    _draw_own(model)
    _draw_board(judged)


def own_pairs() -> tuple[Pair, ...]:
    """A person's own pairs: those of the session, at first those of the link."""
    if OWN not in st.session_state:
        st.session_state[OWN] = ()
        if linked := st.query_params.get(LINK):
            try:
                st.session_state[OWN] = pairs_from_link(linked)
            except InputError as error:
                st.session_state[TROUBLE] = str(error)
    pairs: tuple[Pair, ...] = st.session_state[OWN]
    _write_link(pairs)
    return pairs


def _write_link(pairs: tuple[Pair, ...]) -> None:
    """Keep the link in step; pairs that are too many for it stay in the session and the file."""
    code = pairs_to_link(pairs) if pairs else None
    if code and st.query_params.get(LINK) != code:
        st.query_params[LINK] = code
    elif code is None and LINK in st.query_params:
        del st.query_params[LINK]


def _draw_board(judged: tuple[PairResult, ...]) -> None:
    kinds = list(dict.fromkeys(one.pair.kind for one in judged))
    left, right = st.columns([3, 1], vertical_alignment="bottom")
    chosen = left.pills(
        "Kinds",
        kinds,
        selection_mode="multi",
        key="kinds",
        wrap=True,
        format_func=escape_markdown,
    )
    only_failed = right.toggle("Failures only", key="failed", bind="query-params")
    shown = [
        one
        for one in judged
        if (not chosen or one.pair.kind in chosen) and not (only_failed and one.passed)
    ]
    shown.sort(key=lambda one: (one.pair.kind != OWN_KIND, one.passed))
    if not shown:
        st.caption("No such pair: all of these pass.")
        return
    rows = [
        (
            one.pair.kind,
            one.pair.first,
            PredictionCell(one.first),
            one.pair.second,
            PredictionCell(one.second),
            MEANING[one.pair.expect],
            "passed" if one.passed else FAILS,
            one.pair.note,
        )
        for one in shown
    ]
    head = ["Kind", "First", SAID, "Second", SAID, "Expected", "Result", "Why"]
    draw_table(head, rows, "Minimal pairs")


def _draw_own(model: SentimentModel) -> None:
    """The form for one pair, and how to keep one's pairs."""
    if trouble := st.session_state.pop(TROUBLE, ""):
        st.warning(escape_markdown(trouble))
    opened = bool(own_pairs()) or pair_is_begun()
    with st.expander("Add your own pairs, keep them by link or file", expanded=opened):
        with st.form("new-pair", clear_on_submit=False, border=False):
            first, second, expect = st.columns([3, 3, 2])
            first.text_input("First text", key=FIRST, max_chars=LONGEST_TEXT)
            second.text_input("Second text", key=SECOND, max_chars=LONGEST_TEXT)
            expect.selectbox(
                "Expected", list(Expect), format_func=MEANING.__getitem__, key="new_expect"
            )
            st.form_submit_button("Add this pair", on_click=_add)
        uploaded = st.file_uploader(
            "Or take pairs from a file: a table (CSV, Excel …) or TOML",
            type=[*ENDINGS, "toml"],
            key="pairs_file",
        )
        if uploaded is not None:
            _draw_format(uploaded)
            st.button(
                f"Add the pairs of {escape_markdown(uploaded.name, 60)}",
                on_click=_add_file,
                args=(uploaded,),
            )
        if own_pairs():
            _draw_keeping(model)


def _table_key(uploaded: UploadedFile) -> str:
    return f"pairs_table_{uploaded.file_id}"


def _draw_format(uploaded: UploadedFile) -> None:
    """How a table of pairs is read, and the choices that change it."""
    if uploaded.name.lower().endswith(".toml"):
        return
    key, content = _table_key(uploaded), uploaded.getvalue()[: LARGEST_FILE + 1]
    try:
        draw_format(pairs_format(uploaded.name, content, chosen_format(key)), key)
    except InputError as error:
        st.error(escape_markdown(str(error)))
        if chosen_format(key) != TableOptions():
            st.button("Detect the format again", on_click=forget_format, args=(key,))


def _draw_keeping(model: SentimentModel) -> None:
    own = own_pairs()
    if pairs_to_link(own):
        st.caption("Your pairs are in this page's address: copy the link to keep or share them.")
    else:
        st.caption("Your pairs are too long for a link: download them to keep them.")
    out, drop, empty = st.columns(3, vertical_alignment="bottom")
    names = [f"{pair.first[:40]} / {pair.second[:40]}" for pair in own]
    table = pairs_to_csv(evaluate_pairs(model, own))
    out.download_button("Download your pairs", table, "pairs.csv", "text/csv", on_click="ignore")
    drop.selectbox(
        "Delete one",
        range(len(own)),
        index=None,
        format_func=lambda at: names[at],
        key="drop_pair",
        on_change=_drop,
        placeholder="Choose a pair",
    )
    empty.button("Delete all your pairs", on_click=_clear)


def _add() -> None:
    first, second = value_of(FIRST, ""), value_of(SECOND, "")
    try:
        _take((Pair(OWN_KIND, first, second, Expect(value_of("new_expect", Expect.TURNS))),))
    except InputError as error:
        st.session_state[TROUBLE] = str(error)


def _add_file(uploaded: UploadedFile) -> None:
    try:
        content = uploaded.getvalue()[: LARGEST_FILE + 1]
        _take(pairs_from_file(uploaded.name, content, chosen_format(_table_key(uploaded))))
    except InputError as error:
        st.session_state[TROUBLE] = str(error)


def _take(new: tuple[Pair, ...]) -> None:
    merged = tuple(dict.fromkeys((*st.session_state.get(OWN, ()), *new)))
    if len(merged) > MOST_PAIRS:
        raise InputError(f"That would be {len(merged)} pairs; at most {MOST_PAIRS} are kept.")
    st.session_state[OWN] = merged


def _drop() -> None:
    at, own = take_choice("drop_pair"), st.session_state.get(OWN, ())
    if at is not None:
        st.session_state[OWN] = own[:at] + own[at + 1 :]


def _clear() -> None:
    st.session_state[OWN] = ()
