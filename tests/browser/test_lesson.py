"""The lesson in a real Chromium: pictures follow, tables take numbers, links keep their word."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest

from lstm_core.lesson.links import tour_steps
from tests.support.server import ROOT, Server

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
PATIENCE_MS = 90_000  # a cold server on a busy machine


@pytest.fixture
def url(serve: Callable[..., Server]) -> str:
    return f"{serve(ROOT / 'app.py').url}/lesson"


@pytest.fixture
def tab(tab: Page) -> Page:
    tab.set_default_timeout(PATIENCE_MS)
    return tab


def open_lesson(tab: Page, url: str, query: str = "") -> None:
    tab.goto(url + query)
    tab.locator(".lens-lead").wait_for()
    tab.get_by_text("questions answered").wait_for()


def test_a_case_moves_the_picture_and_stays_in_the_link(tab: Page, url: str) -> None:
    open_lesson(tab, url)
    picture = tab.locator(".lens-cell .diagram svg")
    picture.wait_for()
    tab.get_by_role("button", name="Copy (f").click()
    tab.locator('.lens-cell .diagram svg[aria-label*="forget gate, 1.0"]').wait_for()
    tab.wait_for_url("**f=1**")
    tab.wait_for_url("**i=0**")
    tab.reload()
    tab.locator('.lens-cell .diagram svg[aria-label*="forget gate, 1.0"]').wait_for()


def test_answers_are_counted_across_sections(tab: Page, url: str) -> None:
    open_lesson(tab, url, "?sections=gates,model&seed=7")
    tab.get_by_text("0 of 8 questions").wait_for()
    tab.get_by_text("−0.60", exact=True).first.click()
    tab.get_by_text("1 of 8 questions").wait_for()
    tab.get_by_role("radio", name="Model").click()
    tab.get_by_text("What the model is made of").wait_for()
    tab.get_by_text("1,280,000", exact=True).first.click()
    tab.get_by_text("2 of 8 questions").wait_for()
    query = parse_qs(urlsplit(tab.url).query)
    assert query["sections"] == ["gates,model"] and query["seed"] == ["7"]


def test_a_typed_weight_changes_the_tables(tab: Page, url: str) -> None:
    open_lesson(tab, url, "?section=Own+numbers")
    table = tab.locator(".lens-lesson-table").first
    table.wait_for()
    before = table.inner_text()
    cells = tab.locator('[data-testid="stDataFrame"]').nth(1)
    cells.wait_for()
    overlay = tab.locator("#portal input")  # where the table, itself a canvas, takes what is typed
    for _ in range(20):  # it draws itself and listens some time after it is there
        cells.scroll_into_view_if_needed()
        box = cells.bounding_box()
        assert box
        tab.mouse.dblclick(box["x"] + box["width"] * 0.3, box["y"] + 52)
        tab.wait_for_timeout(500)
        if overlay.count():
            break
    overlay.fill("2.5")
    overlay.press("Enter")
    tab.wait_for_function(
        "before => document.querySelector('.lens-lesson-table').innerText !== before", arg=before
    )


def test_the_long_review_shows_both_rules(tab: Page, url: str) -> None:
    open_lesson(tab, url, "?section=truncation")
    tab.get_by_role("button", name="Take a long review").click()
    tab.get_by_text("without the start mark").wait_for()
    assert tab.locator(".lens-lesson-words span.default").count() == 81  # one in the legend


def test_a_step_of_the_tour_opens_in_the_same_tab(tab: Page, url: str) -> None:
    tabs = len(tab.context.pages)
    tab.goto(url.replace("/lesson", ""))  # the review of Live is not that of the step
    tab.locator(".lens-strip").first.wait_for()
    tab.get_by_role("link", name="Lesson", exact=True).first.click()
    tab.locator(".st-key-section button", has_text="Tour").click()
    assert tab.locator('a[target="_blank"]').count() == 0
    step = next(step for step in tour_steps() if step.query.get("view") == "step")
    tab.locator(f".st-key-tour_{tour_steps().index(step) + 1} a").click()
    tab.locator('[aria-checked="true"]', has_text="Step").first.wait_for()
    assert parse_qs(urlsplit(tab.url).query)["gate"] == [step.query["gate"]]
    tab.locator(".lens-strip", has_text=step.query["text"]).wait_for()
    assert len(tab.context.pages) == tabs


def test_a_link_to_the_lesson_works_on_a_fresh_server(
    tab: Page, serve: Callable[..., Server]
) -> None:
    fresh = serve(ROOT / "pages" / ".." / "app.py").url
    open_lesson(tab, f"{fresh}/lesson", "?section=Tour&seed=7")
    tab.get_by_role("link", name="Live").first.wait_for()
    assert tab.get_by_role("link", name="app", exact=True).count() == 0
    tab.get_by_text("A tour of the app").wait_for()
    assert tab.locator('input[aria-label="Seed"]').input_value() == "7"


@pytest.mark.keras
def test_keras_proves_the_tables_while_the_page_goes_on(tab: Page, url: str) -> None:
    open_lesson(tab, url, "?section=returns")
    tab.get_by_role("button", name="Run it in Keras").click()
    tab.get_by_role("button", name="Stop").wait_for()
    tab.get_by_text("return_sequences", exact=True).first.click()
    tab.get_by_text("sequences (6, 3, 1)").first.wait_for()
    tab.get_by_text("returned the same shapes").wait_for(timeout=180_000)
