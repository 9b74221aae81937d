"""The three screens of the file page: what to score, how far it is, what came out."""

import streamlit as st

from lstm_core.analysis.captions import plural
from lstm_core.analysis.formatting import probability
from lstm_core.datasets.table import Preview
from lstm_core.datasets.table_format import TableOptions
from lstm_core.figures.scoring import distribution_figure, distribution_title
from lstm_core.model.sentiment_model import SentimentModel
from lstm_core.scoring import Reading
from lstm_core.scoring.summary import Summary
from lstm_core.scoring.upload import PREVIEW, SCORING, FileState
from lstm_core.tasks.folder import TaskStatus
from pages.parts.batch import uploads
from pages.parts.common.escape import escape_markdown
from pages.parts.common.figures import QUIET
from pages.parts.common.html_table import draw_table
from pages.parts.common.input_mode import choose_reading, reading_names
from pages.parts.common.table_format import chosen_format, draw_format
from pages.parts.common.task_progress import draw_task
from pages.parts.server.downloads import result_link

ROWS_SHOWN = 20
BAD_SHOWN = 100
LONGEST_NAME = 60
CHARACTERS_SHOWN = 160
RESULTS = {"csv": "CSV", "excel": "CSV for Excel", "jsonl": "JSON Lines", "parquet": "Parquet"}
SEPARATORS = {",": "Comma", ";": "Semicolon", "\t": "Tab"}


def draw_choice(model: SentimentModel, state: FileState, look: Preview) -> None:
    """The head of the file, what is to be done with it, and the button."""
    name = escape_markdown(state.name, LONGEST_NAME)
    st.subheader(
        f"{name}, {_size(state.upload.size)}: which column holds the reviews?", anchor=False
    )
    st.caption("The first rows of the file, as they were read. Long texts are cut here only.")
    draw_format(look.format, uploads.FORMAT)
    names = look.format.names
    choices = list(dict.fromkeys(names[at] for at in look.choices))
    head_rows = st.container()
    left, middle, right = st.columns([2, 2, 1], vertical_alignment="bottom")
    column = left.selectbox(
        "Column with the reviews",
        choices,
        index=choices.index(look.format.text_column),
        key="file_column",
        disabled=len(choices) == 1,
    )
    with head_rows:
        head = [f"{name} (to be scored)" if name == column else name for name in names]
        draw_table(head, [[_short(cell) for cell in row] for row in look.rows], "First rows")
    choose_reading(model.maxlen, middle.segmented_control)
    right.segmented_control(
        "Output format",
        list(RESULTS),
        default="csv",
        required=True,
        format_func=RESULTS.__getitem__,
        key="file_result",
    )
    middle.checkbox("Write both readings", key="file_both")
    if st.session_state.get("file_result") == "excel":
        right.selectbox(
            "Separator", list(SEPARATORS), format_func=SEPARATORS.__getitem__, key="file_separator"
        )
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
    st.subheader(f"Reading {name}, {size}", anchor=False)
    draw_task(PREVIEW, state.upload.ticket, _ended)
    draw_other()


def draw_running(state: FileState) -> None:
    """How far the scoring is."""
    name, size = escape_markdown(state.name, LONGEST_NAME), _size(state.upload.size)
    st.subheader(f"Scoring {name}, {size}", anchor=False)
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
    """What came out: the distribution, what was not scored, the first rows, the whole file."""
    title = distribution_title(summary)
    st.subheader(title, anchor=False)
    if summary.scored:
        _draw_distribution(model, state, summary, title)
    st.caption(_counts(summary))
    with st.container(horizontal=True, vertical_alignment="center"):
        _draw_download(state)
        st.button("Change options", on_click=uploads.reopen, key="file_again")
        draw_other()
    if summary.bad:
        _draw_bad(summary)
    if summary.rows:
        _draw_first(summary)


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
    st.plotly_chart(distribution_figure(summary), key="distribution", config=QUIET, alt=title)


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


def _draw_first(summary: Summary) -> None:
    st.markdown("**The first rows**")
    rows = [
        (
            f"{row.line:,}",
            row.verdict or f"not scored: {row.problem}",
            "" if row.probability is None else probability(row.probability),
            _short(row.text),
        )
        for row in summary.first_rows[:ROWS_SHOWN]
    ]
    head = [summary.unit.capitalize(), "Verdict", "P(positive)", "Review"]
    draw_table(head, rows, "The first rows with their verdicts")


def _short(text: str) -> str:
    return text if len(text) <= CHARACTERS_SHOWN else text[: CHARACTERS_SHOWN - 1] + "…"


def _duration(seconds: float) -> str:
    return "under 0.1 s" if seconds < 0.1 else f"{seconds:.1f} s"


def _size(size: int) -> str:
    for unit, bytes_ in (("MB", 10**6), ("KB", 10**3)):
        if size >= bytes_:
            return f"{size / bytes_:.1f}\N{NO-BREAK SPACE}{unit}"
    return plural(size, "byte")
