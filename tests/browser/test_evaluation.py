"""The page "How good is it" in a real Chromium: parts, links, own pairs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from .helpers import settled

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser


def test_a_part_is_chosen_by_click_and_kept_in_the_link(tab: Page, site: str) -> None:
    tab.goto(f"{site}/evaluation")
    tab.locator(".st-key-evaluation_view").get_by_text("Word order", exact=True).click()
    tab.get_by_role("heading", name="The same words in another order").wait_for()
    tab.wait_for_url("**view=word_order**")
    tab.reload()
    tab.get_by_role("heading", name="The same words in another order").wait_for()


def at_rest(tab: Page) -> None:
    """Wait until the page is whole: nothing moves under the mouse any more."""
    settled(tab)
    tab.locator(".js-plotly-plot .main-svg").first.wait_for()


def test_a_persons_pair_survives_as_a_link(tab: Page, site: str) -> None:
    tab.goto(f"{site}/evaluation?view=minimal_pairs")
    tab.get_by_text("Add your own pairs").wait_for()
    at_rest(tab)
    tab.get_by_text("Add your own pairs").click()
    tab.get_by_label("First text").fill("A fine <img src=x onerror=alert(1)> film")
    tab.get_by_label("Second text").fill("No fine film at all")
    tab.get_by_role("button", name="Add this pair").click()
    cell = tab.locator(".lens-table").get_by_text("A fine <img src=x onerror=alert(1)> film")
    cell.wait_for()
    tab.wait_for_url("**pairs=**")
    tab.goto(tab.url)
    cell.wait_for()
    assert tab.locator(".lens-table img").count() == 0


def test_pairs_come_from_a_file(tab: Page, site: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text("first,second,expect\nA film with zest,A film without zest,falls\n")
    tab.goto(f"{site}/evaluation?view=minimal_pairs")
    tab.get_by_text("Add your own pairs").wait_for()
    at_rest(tab)
    tab.get_by_text("Add your own pairs").click()
    tab.locator("input[type=file]").set_input_files(path)
    tab.get_by_role("button", name="Add the pairs of mine.csv").click()
    tab.locator(".lens-table").get_by_text("A film without zest").wait_for()
    bad = tmp_path / "bad.csv"
    bad.write_text("first,second,expect\nA film,A film,falls\n")
    tab.locator("input[type=file]").set_input_files(bad)
    tab.get_by_role("button", name="Add the pairs of bad.csv").click()
    tab.get_by_text("Both texts are the same").wait_for()


def test_a_link_may_name_the_reading_and_keeps_it(tab: Page, site: str) -> None:
    tab.goto(f"{site}/evaluation?reading=whole")
    whole = tab.get_by_text("when it reads all their words")
    whole.wait_for()
    tab.wait_for_url("**reading=whole**")
    tab.reload()
    whole.wait_for()
