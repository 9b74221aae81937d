"""The page for a file: from the example to the result, refusals in public, links of others."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from lstm_core.permissions import Visitor
from lstm_core.scoring.upload import Stage, file_state, take_file
from pages.parts.common.escape import escape_markdown
from pages.parts.common.permission_gate import visitor_id
from tests.pages.helpers import html, open_page, words
from tests.support.tasks import end_all_tasks, run_until_ended, wait_until

VISITOR = Visitor(visitor_id(""))  # of a browser without a cookie, as in AppTest


@pytest.fixture(autouse=True)
def no_task_is_left(home: Path, fresh_caches: None) -> Iterator[None]:
    yield
    end_all_tasks()


def taken(name: str, content: bytes, visitor: Visitor = VISITOR) -> str:
    """The ticket of a file whose first rows were read."""
    ticket = take_file(name, content, visitor)

    def seen() -> bool:
        state = file_state(ticket, visitor)
        return state is not None and state.stage is not Stage.READING

    wait_until(seen)
    return ticket


def opened(**parameters: str) -> AppTest:
    return open_page("batch", timeout=120, **parameters)


def everything(page: AppTest) -> str:
    return f"{words(page)} {html(page)}"


def button(page: AppTest, label: str) -> object:
    return next(one for one in page.button if one.label.startswith(label))


def until_done(page: AppTest) -> AppTest:
    return run_until_ended(page, "Stop")


def test_the_example_is_scored_and_found_again_by_its_link() -> None:
    page = opened()
    button(page, "Use an example").click().run()  # type: ignore[attr-defined]
    until_done(page)
    assert "which column holds the reviews?" in page.header[0].value
    assert page.selectbox(key="file_column").options == ["text", "label", "part"]
    page.button(key="score").click().run()
    until_done(page)
    assert " predicted " in page.header[0].value
    assert "of 600 reviews" in page.header[0].value
    ticket = page.session_state["file"]
    page.segmented_control(key="file_view").set_value("rows").run()
    assert list(page.dataframe[0].value["Label"][:2]) == ["positive", "positive"]
    page.text_input(key="file_query").set_value("BORING").run()
    page.selectbox(key="file_order").select("disagreement").run()
    rows = page.dataframe[0].value
    assert len(rows) and all("boring" in text.lower() for text in rows["Review"])
    wrong = [abs(p - (label == "positive")) for p, label in rows[["P(positive)", "Label"]].values]
    assert wrong == sorted(wrong, reverse=True)
    page.segmented_control(key="file_view").set_value("labels").run()
    assert "600 labelled reviews" in everything(page)
    other = opened(file=ticket)
    assert "of 600 reviews" in other.header[0].value
    page.button(key="file_again").click().run()
    page.segmented_control(key="reading").set_value("whole")
    page.button(key="score").click().run()
    until_done(page)
    assert "Whole reviews were scored" not in everything(page)
    page.segmented_control(key="file_view").set_value("rows").run()
    assert "Whole reviews were scored" in everything(page)
    page.segmented_control(key="file_view").set_value("overview").run()
    assert "whole review read" in everything(page)
    page.button(key="file_other").click().run()
    assert "file" not in page.query_params and not page.header
    gone = opened(file=ticket)
    assert "is not here" in gone.warning[0].value and "file" not in gone.query_params


def test_bad_rows_and_markup_are_shown_as_they_are() -> None:
    content = b"<b>text</b>,n\n<img src=x>fine film,1\n,2\n"
    page = opened(file=taken("![x](y)*.csv", content))
    assert "&lt;b&gt;text&lt;/b&gt;" in everything(page)
    assert page.header[0].value.startswith(escape_markdown("![x](y)*.csv"))
    page.button(key="score").click().run()
    until_done(page)
    said = everything(page)
    assert "1 row not scored" in said and "empty" in said
    assert "<img" not in said
    page.segmented_control(key="file_view").set_value("rows").run()
    rows = page.dataframe[0].value
    assert list(rows["Review"]) == ["<img src=x>fine film", "empty"]
    assert list(rows["Prediction"]) == ["positive", "not scored"]


def test_another_browsers_file_is_not_shown() -> None:
    ticket = taken("theirs.csv", b"text\nSecret.\n", Visitor("another"))
    page = opened(file=ticket)
    assert "is not here" in page.warning[0].value and "Secret" not in everything(page)


def test_an_unreadable_file_is_said_and_another_can_be_taken() -> None:
    page = opened(file=taken("mine.parquet", b"none"))
    assert "Parquet" in page.warning[0].value
    page.button(key="file_other").click().run()
    assert not page.exception and not page.warning


def test_in_public_nothing_is_uploaded_but_the_example_works(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LSTM_LENS_PUBLIC", "1")
    page = opened()
    assert page.info and not page.get("file_uploader")
    button(page, "Use an example").click().run()  # type: ignore[attr-defined]
    assert page.header
