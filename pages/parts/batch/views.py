"""The three screens of the file page: what to score, how far it is, what came out."""

import streamlit as st

from lstm_core.analysis.captions import plural
from lstm_core.analysis.formatting import percent, probability
from lstm_core.figures.scoring import distribution_figure, distribution_title
from lstm_core.model.sentiment_model import SentimentModel
from lstm_core.scoring.readers import Look
from lstm_core.scoring.summary import Summary
from lstm_core.scoring.upload import FileState, Stage
from pages.parts.batch import uploads
from pages.parts.common.escape import escape_markdown
from pages.parts.common.figures import QUIET
from pages.parts.common.html_table import draw_table
from pages.parts.common.input_mode import choose_reading, reading_names
from pages.parts.server.downloads import result_link

POLL_SECONDS = 1.0
ROWS_SHOWN = 20
BAD_SHOWN = 100
LONGEST_NAME = 60
CHARACTERS_SHOWN = 160
RESULTS = {"csv": "CSV", "parquet": "Parquet"}


def draw_choice(model: SentimentModel, state: FileState, look: Look) -> None:
    """The head of the file, what is to be done with it, and the button."""
    name = escape_markdown(state.name, LONGEST_NAME)
    st.subheader(f"{name}, {_size(state.size)}: which column holds the reviews?", anchor=False)
    st.caption("The first rows of the file, as they were read. Long texts are cut here only.")
    if look.nameless:
        st.caption("The first line names no columns: it is read as a row like the others.")
    head_rows = st.container()
    left, middle, right = st.columns([2, 2, 1], vertical_alignment="bottom")
    column = left.selectbox(
        "Column with the reviews",
        look.choices,
        index=look.choices.index(look.guess),
        key="file_column",
        disabled=len(look.choices) == 1,
    )
    with head_rows:
        head = [f"{name} (to be scored)" if name == column else name for name in look.names]
        draw_table(head, [[_short(cell) for cell in row] for row in look.rows], "First rows")
    choose_reading(model.maxlen, middle)
    right.segmented_control(
        "Output format",
        list(RESULTS),
        default="csv",
        required=True,
        format_func=RESULTS.__getitem__,
        key="file_result",
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


def draw_other() -> None:
    """The way to another file."""
    st.button("Choose another file", on_click=uploads.remove, key="file_other")


@st.fragment(run_every=POLL_SECONDS)
def draw_running() -> None:
    """How far the scoring is; looks again every second, and only as long as it lasts."""
    state = uploads.file_state()
    if state is None or state.stage not in (Stage.WAITING, Stage.SCORING):
        st.rerun()  # the page's other screen; ends this run
    st.subheader(
        f"Scoring {escape_markdown(state.name, LONGEST_NAME)}, {_size(state.size)}", anchor=False
    )
    share = (state.progress.share if state.progress else None) or 0.0
    waiting = f"Waiting: {plural(state.ahead + 1, 'file')} before yours"
    words = waiting if state.stage is Stage.WAITING else f"{percent(share)} of the file is read"
    st.progress(share, words)
    st.caption("Scoring runs in the background. You can leave or reload this page.")
    st.button("Stop", on_click=uploads.stop, key="file_stop")


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
    whole = bool(state.order and state.order.whole)
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
    kind = RESULTS[state.result.suffix[1:]]
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
