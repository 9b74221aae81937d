"""The explanations page in a real Chromium: clicks on words, links, edits."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
TEXT = "A wonderful film, but the end is not so good."


def open_view(tab: Page, site: str, query: str) -> None:
    tab.goto(f"{site}/explanations?text={quote(TEXT)}&{query}", wait_until="commit")
    tab.get_by_role("button", name="Export").wait_for()
    tab.locator(".js-plotly-plot").first.wait_for()


def wait_for_marked(tab: Page, count: int) -> None:
    """Until so many words are marked."""
    found = tab.locator(".lens-strip .marked")
    found.nth(count - 1).wait_for()
    found.nth(count).wait_for(state="detached")


def test_a_click_marks_the_word_and_stands_in_the_link(tab: Page, site: str) -> None:
    open_view(tab, site, "view=methods")
    tab.locator(".lens-strip .word", has_text="wonderful").click()
    wait_for_marked(tab, 1)
    assert tab.locator(".lens-strip .marked").all_text_contents() == ["wonderful"]
    tab.wait_for_url("**word=2**")


def test_two_clicks_mark_a_phrase(tab: Page, site: str) -> None:
    open_view(tab, site, "view=phrases&phrase=2")
    tab.locator(".lens-strip .marked", has_text="wonderful").wait_for()
    tab.locator(".lens-strip .word", has_text="not").click()
    wait_for_marked(tab, 7)
    tab.locator(".lens-strip .word", has_text="not").click()
    wait_for_marked(tab, 1)
    tab.locator(".lens-strip .word", has_text="good").click()
    wait_for_marked(tab, 3)
    tab.get_by_text("“not so good” by itself contributes").first.wait_for()


def test_an_edit_goes_into_the_review(tab: Page, site: str) -> None:
    open_view(tab, site, "view=counterfactuals&word=2")
    tab.get_by_role("radio", name="without “wonderful”").click()
    tab.locator(".lens-strip .word", has_text="wonderful").first.wait_for(state="detached")
