"""The tour of the app and the corner for teachers."""

from collections.abc import Sequence

import streamlit as st

from lstm_core.analysis.captions import plural
from lstm_core.lesson.content import text_block
from lstm_core.lesson.links import TourStep, lesson_query, tour_steps
from lstm_core.lesson.worksheet import SECTIONS, as_html, as_markdown, exercises
from pages.parts.common.link import PAGES, reopen
from pages.parts.lesson.common import NAMES, Lesson, draw_title

FOR_CLASS = [name for name in NAMES if name not in ("tour", "teachers")]


def draw_tour(lesson: Lesson) -> None:
    """The steps, each with its link."""
    del lesson  # the tour is the same for every seed
    draw_title("tour")
    steps = tour_steps()
    st.markdown(text_block("tour", "lead"))
    columns = st.columns(2, gap="large")
    half = -(-len(steps) // 2)
    for number, step in enumerate(steps, 1):
        with columns[0 if number <= half else 1]:
            st.markdown(f"**{number}. {step.title}.** {step.text}")
            _draw_link(number, step)


def _draw_link(number: int, step: TourStep) -> None:
    """Lead to a step in this tab by a link, which adds one entry to the browser's history.

    This page itself must be told to read its parameters again.
    """
    page = step.page or "live"
    label, key = f"Open {PAGES[page]}", f"tour_{number}"
    if page == "lesson":
        st.button(label, key=key, on_click=reopen, args=(step.query,))
    else:
        with st.container(key=key):
            icon = ":material/arrow_forward:"
            st.page_link(f"pages/{page}.py", label=label, icon=icon, query_params=step.query)


@st.fragment
def draw_teachers(lesson: Lesson) -> None:
    """A link with chosen sections and this seed; the worksheet with its key."""
    draw_title("teachers")
    st.markdown(text_block("teachers", "lead"))
    left, right = st.columns(2, gap="large")
    with left:
        chosen = st.pills(
            "Sections",
            FOR_CLASS,
            selection_mode="multi",
            default=FOR_CLASS,
            format_func=NAMES.__getitem__,
            key="class_sections",
            wrap=True,
        )
        st.markdown(text_block("teachers", "link"))
        sections = [name for name in FOR_CLASS if name in chosen] or FOR_CLASS
        st.code(_here() + lesson_query(sections, lesson.seed), language=None, wrap_lines=True)
    with right:
        _draw_worksheet(lesson.seed, sections)
    st.caption(text_block("teachers", "mend"))


def _draw_worksheet(seed: int, sections: Sequence[str]) -> None:
    count = len(exercises(seed, sections))
    if not count:
        names = ", ".join(NAMES[name] for name in SECTIONS)
        st.markdown(text_block("teachers", "without", {"names": names}))
        return
    blanks = {"seed": seed, "count": plural(count, "exercise")}
    st.markdown(text_block("teachers", "worksheet", blanks))
    for label, key in (("Exercises", False), ("Answer key", True)):
        _downloads(seed, sections, label, key=key)


def _downloads(seed: int, sections: Sequence[str], label: str, *, key: bool) -> None:
    """The exercises or their answers, for printing and for changing."""
    name = f"lstm-worksheet-{seed}{'-key' if key else ''}"
    files = (
        ("HTML, to print", "html", "text/html", as_html),
        ("Markdown", "md", "text/markdown", as_markdown),
    )
    for column, (form, ending, mime, make) in zip(st.columns(2), files, strict=True):
        column.download_button(
            f"{label} ({form})",
            make(seed, sections, key=key),
            f"{name}.{ending}",
            mime,
            on_click="ignore",
            width="stretch",
            key=f"worksheet_{ending}{'_key' if key else ''}",
        )


def _here() -> str:
    """This page's address without its parameters; a relative one where it is not known."""
    return (st.context.url or "lesson").split("?", 1)[0]
