"""The three screens of the file page: what to score, how far it is, what came out."""

import streamlit as st

from lstm_core.analysis.captions import plural
from lstm_core.datasets.table import Preview
from lstm_core.datasets.table_format import TableOptions
from lstm_core.errors import DataError, LstmLensError
from lstm_core.figures.scoring import distribution_figure, distribution_title
from lstm_core.model.sentiment_model import SentimentModel
from lstm_core.scoring import Reading
from lstm_core.scoring.labels import LabelReport, label_report
from lstm_core.scoring.rows import ScoredRows
from lstm_core.scoring.summary import Summary
from lstm_core.scoring.upload import PREVIEW, SCORING, FileState, scored_rows
from lstm_core.tasks.folder import TaskStatus
from pages.parts.batch import uploads
from pages.parts.batch.labels import draw_labels
from pages.parts.batch.rows import draw_rows
from pages.parts.common.escape import escape_markdown
from pages.parts.common.figures import QUIET
from pages.parts.common.html_table import draw_table
from pages.parts.common.input_mode import choose_reading, reading_names
from pages.parts.common.link import linked_choice
from pages.parts.common.table_format import (
    chosen_format,
    chosen_label_rules,
    draw_format,
    draw_label_rules,
)
from pages.parts.common.task_progress import draw_task
from pages.parts.components.chart import draw_chart
from pages.parts.server.downloads import result_link

BAD_SHOWN = 100
LONGEST_NAME = 60
CHARACTERS_SHOWN = 160
RESULTS = {"csv": "CSV", "excel": "CSV for Excel", "jsonl": "JSON Lines", "parquet": "Parquet"}
VIEWS = {"overview": "Overview", "rows": "Rows", "labels": "Labels and errors"}
SEPARATORS = {",": "Comma", ";": "Semicolon", "\t": "Tab"}


def draw_choice(model: SentimentModel, state: FileState, look: Preview) -> None:
    """The head of the file, what is to be done with it, and the button."""
    name = escape_markdown(state.name, LONGEST_NAME)
    st.header(f"{name}, {_size(state.upload.size)}: which column holds the reviews?", anchor=False)
    st.caption("The first rows of the file, as they were read. Long texts are cut here only.")
    draw_format(look.format, uploads.FORMAT)
    names = look.format.names
    choices = list(dict.fromkeys(names[at] for at in look.choices))
    head_rows = st.container()
    left, right = st.columns(2)
    column = left.selectbox(
        "Column with the reviews",
        choices,
        index=choices.index(look.format.text_column),
        key="file_column",
        disabled=len(choices) == 1,
    )
    others = [one for one in dict.fromkeys(names) if one != column]
    found = look.format.label_column
    right.selectbox(
        "Column with the labels",
        others,
        index=others.index(found) if found in others else None,
        key="file_label",
        disabled=not others,
        placeholder="None: no comparison with labels",
    )
    with head_rows:
        head = [f"{name} (to be scored)" if name == column else name for name in names]
        draw_table(head, [[_short(cell) for cell in row] for row in look.rows], "First rows")
    _draw_output(model)
    folder = str(model.bundle.folder.resolve())
    with st.container(horizontal=True):
        st.button(
            "Score every row",
            type="primary",
            on_click=uploads.start,
            args=(folder, column),
            key="score",
        )
        draw_other()


def _draw_output(model: SentimentModel) -> None:
    """How much of a review is read, and the form of the result."""
    left, right = st.columns(2)
    choose_reading(model.maxlen, left.segmented_control)
    left.checkbox("Write both readings", key="file_both")
    chosen = right.segmented_control(
        "Output format",
        list(RESULTS),
        default="csv",
        required=True,
        format_func=RESULTS.__getitem__,
        key="file_result",
    )
    if chosen == "excel":
        right.selectbox(
            "Separator", list(SEPARATORS), format_func=SEPARATORS.__getitem__, key="file_separator"
        )


def draw_unreadable(state: FileState) -> None:
    """Why the file cannot be read, and the ways on."""
    st.warning(escape_markdown(state.error))
    with st.container(horizontal=True):
        if chosen_format(uploads.FORMAT) != TableOptions():
            st.button("Detect the format again", on_click=uploads.detect_again, key="file_detect")
        draw_other()


def draw_other() -> None:
    """The way to another file."""
    st.button("Choose another file", on_click=uploads.remove, key="file_other")


def draw_reading(state: FileState) -> None:
    """How far the reading of the first rows is."""
    name, size = escape_markdown(state.name, LONGEST_NAME), _size(state.upload.size)
    st.header(f"Reading {name}, {size}", anchor=False)
    draw_task(PREVIEW, state.upload.ticket, _ended)
    draw_other()


def draw_running(state: FileState) -> None:
    """How far the scoring is."""
    name, size = escape_markdown(state.name, LONGEST_NAME), _size(state.upload.size)
    st.header(f"Scoring {name}, {size}", anchor=False)
    draw_task(
        SCORING,
        state.upload.ticket,
        _ended,
        note="Scoring runs in the background. You can leave or reload this page.",
    )


def _ended(_: TaskStatus) -> None:
    """Draw the page again: the task ended after the page had looked at the file."""
    st.rerun()


def draw_result(model: SentimentModel, state: FileState, summary: Summary) -> None:
    """What came out: the counts, the whole file, and the views of its rows."""
    title = distribution_title(summary)
    st.header(title, anchor=False)
    st.caption(_counts(summary))
    with st.container(horizontal=True, vertical_alignment="center"):
        _draw_download(state)
        st.button("Change options", on_click=uploads.reopen, key="file_again")
        draw_other()
    if summary.bad:
        _draw_bad(summary)
    if not summary.scored:
        return
    try:
        rows = scored_rows(state)
    except DataError as error:
        st.warning(escape_markdown(str(error)))
        return
    labelled = rows.note.label_column is not None
    view = linked_choice(
        st.segmented_control,
        "View",
        VIEWS if labelled else {name: VIEWS[name] for name in VIEWS if name != "labels"},
        key="file_view",
        parameter="view",
        label_visibility="collapsed",
    )
    if view == "overview":
        _draw_distribution(model, state, summary, title)
        return
    report, trouble = _report(rows)
    if view == "rows":
        draw_rows(rows, state.name, report)
        if difference := _difference(model, state):
            st.caption(difference)
    else:
        _draw_labels(rows, report, trouble)


def _difference(model: SentimentModel, state: FileState) -> str:
    """Why Live shows other numbers than the rows, empty where it shows the same."""
    if state.order is None:
        return ""
    if state.order.model != str(model.bundle.folder.resolve()):
        return "Scored with another model than the one in use now, so Live shows other numbers."
    if state.order.reading is Reading.WHOLE:
        return (
            f"Whole reviews were scored; Live shows the first {plural(model.maxlen - 1, 'word')}."
        )
    return ""


def _report(rows: ScoredRows) -> tuple[LabelReport | None, str]:
    """The comparison with the labels, or why there is none."""
    try:
        return label_report(rows, chosen_label_rules(uploads.FORMAT)), ""
    except LstmLensError as error:
        return None, str(error)


def _draw_labels(rows: ScoredRows, report: LabelReport | None, trouble: str) -> None:
    if report is None:
        st.info(escape_markdown(trouble))
    else:
        draw_labels(report, rows.note.label_column or "")
    with st.expander("What counts as positive", expanded=report is None):
        draw_label_rules(TableOptions(), uploads.FORMAT)


def _draw_distribution(
    model: SentimentModel, state: FileState, summary: Summary, title: str
) -> None:
    """How the probabilities are spread, and how to read it."""
    whole = state.order is not None and state.order.reading is Reading.WHOLE
    how = reading_names(model.maxlen)["whole" if whole else "first"].lower()
    st.caption(
        f"{escape_markdown(state.name, LONGEST_NAME)}: {plural(summary.rows, 'row')} in "
        f"{_duration(summary.seconds)}, {how} read. Each bar counts the reviews whose P(positive) "
        "lies in that twentieth: orange to the left negative, blue to the right positive, grey in "
        "between undecided."
    )
    draw_chart(distribution_figure(summary), key="distribution", config=QUIET, alt=title)


def _counts(summary: Summary) -> str:
    counts = ", ".join(f"{count:,} {name}" for name, count in summary.leanings.items() if count)
    said = f"{counts[:1].upper()}{counts[1:]}." if counts else ""
    if summary.bad:
        said += f" {plural(summary.bad, 'row')} not scored."
    if summary.short:
        said += (
            f" {plural(summary.short, 'review')} {'has' if summary.short == 1 else 'have'} fewer "
            f"than {summary.fewest_known} known words: too short to be sure of."
        )
    return said.strip()


def _draw_download(state: FileState) -> None:
    if state.result is None:
        return
    excel = state.order is not None and state.order.output.excel
    kind = RESULTS["excel" if excel else state.result.suffix[1:]]
    size = _size(state.result.stat().st_size)
    link = result_link(uploads.upload_id(), f"Download every row ({kind}, {size})")
    st.html(link, width="content")


def _draw_bad(summary: Summary) -> None:
    rows = [(f"{row.line:,}", row.problem) for row in summary.bad_rows[:BAD_SHOWN]]
    with st.expander(f"{plural(summary.bad, 'row')} not scored, and why", expanded=len(rows) <= 10):
        draw_table([summary.unit.capitalize(), "Why"], rows, "Rows that were not scored")
        if summary.bad > len(rows):
            st.caption(
                f"The first {len(rows)} of {summary.bad:,}. The column “problem” of the download "
                "names every one."
            )


def _short(text: str) -> str:
    return text if len(text) <= CHARACTERS_SHOWN else text[: CHARACTERS_SHOWN - 1] + "…"


def _duration(seconds: float) -> str:
    return "under 0.1 s" if seconds < 0.1 else f"{seconds:.1f} s"


def _size(size: int) -> str:
    for unit, bytes_ in (("MB", 10**6), ("KB", 10**3)):
        if size >= bytes_:
            return f"{size / bytes_:.1f}\N{NO-BREAK SPACE}{unit}"
    return plural(size, "byte")
