"""Interactions in a real Chromium: what is typed, clicked and pinned is never lost (C1 to C8)."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, quote, urlsplit

import pytest

from pages.parts.common.link import PAGES
from tests.pages.run_fixtures import make_run
from tests.support.server import ROOT, Server

from .helpers import settled

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
DELAYS = (0, 15, 80)  # milliseconds between an input and a click on another page
TEXT = "The film is old and slow but not bad at all."
OTHERS = [title for page, title in PAGES.items() if page != "live"]


def open_page(tab: Page, site: str, page: str, query: str = "") -> None:
    tab.goto(f"{site}/{page}?text={quote(TEXT)}{query}")
    tab.locator(".lens-lead").wait_for()
    settled(tab)


def leave_for(tab: Page, title: str) -> None:
    """Click a page's name in the menu and wait until it is drawn without an error."""
    before = tab.locator(".lens-lead").inner_text()
    tab.get_by_role("link", name=title, exact=True).first.click()
    tab.wait_for_function(
        "before => { const lead = document.querySelector('.lens-lead');"
        " return lead && lead.innerText !== before; }",
        arg=before,
    )
    settled(tab)
    assert tab.get_by_text("encountered an error").count() == 0


def type_letter(tab: Page) -> None:
    tab.locator("textarea:not([readonly])").first.focus()
    tab.keyboard.press("Control+End")
    tab.keyboard.type("x")


def click_word(tab: Page) -> None:
    tab.locator(".lens-strip [data-place]").nth(1).click()


def take_example(tab: Page) -> None:
    tab.get_by_role("radio", name="Plain disappointment").first.click()


INPUTS = {
    "editor": ("live", "", type_letter),
    "tokens": ("live", "", click_word),
    "examples": ("live", "", take_example),
    "tokens of states": ("states", "", click_word),
    "step": ("states", "&view=step", lambda tab: tab.get_by_text("Step back").click()),
    "tokens of a method": ("explanations", "", click_word),
    "phrases": ("explanations", "&view=phrases", click_word),
    "similar": ("units", "&view=similar", click_word),
    "gates": ("lesson", "&section=gates", lambda tab: tab.get_by_text("Copy (f").click()),
}


@pytest.mark.parametrize("delay", DELAYS)
def test_typing_and_leaving_for_any_page_draws_that_page(
    tab: Page, site: str, log: None, delay: int
) -> None:
    open_page(tab, site, "")
    area = tab.locator("textarea").first
    for number, title in enumerate(OTHERS, start=1):
        type_letter(tab)
        tab.wait_for_timeout(delay)
        leave_for(tab, title)
        if title == "Explanations":  # it shows the review: with the letter, though it came late
            tab.wait_for_function(
                "text => document.querySelector('.lens-strip')?.innerText === text",
                arg=TEXT + number * "x",
            )
        leave_for(tab, "Live")
        assert area.input_value() == TEXT + number * "x"


@pytest.mark.parametrize("name", INPUTS)
def test_every_component_may_be_used_right_before_leaving(
    tab: Page, site: str, log: None, name: str
) -> None:
    page, query, use = INPUTS[name]
    open_page(tab, site, "" if page == "live" else page, query)
    for delay in DELAYS:
        use(tab)
        tab.wait_for_timeout(delay)
        leave_for(tab, "Evaluation")
        leave_for(tab, PAGES[page])


def test_an_example_keeps_the_text_of_ones_own(tab: Page, site: str, log: None) -> None:
    open_page(tab, site, "")
    area = tab.locator("textarea").first
    type_letter(tab)
    own = TEXT + "x"
    take_example(tab)
    tab.get_by_role("radio", name="Your text").wait_for()
    assert area.input_value() != own
    area.focus()
    tab.keyboard.press("Control+z")
    assert area.input_value() == own
    tab.keyboard.press("Control+y")
    assert area.input_value() != own
    tab.get_by_role("radio", name="Your text").click()
    tab.wait_for_function(
        "own => document.querySelector('textarea')?.value === own || [...document.querySelectorAll"
        "('*')].some(one => one.shadowRoot?.querySelector('textarea')?.value === own)",
        arg=own,
    )


def test_undo_takes_back_runs_of_typing(tab: Page, site: str, log: None) -> None:
    open_page(tab, site, "")
    area = tab.locator("textarea").first
    area.focus()
    tab.keyboard.press("Control+End")
    tab.keyboard.type(" I liked it very much", delay=60)
    settled(tab)
    tab.keyboard.press("Control+z")
    assert area.input_value() == TEXT
    tab.keyboard.press("Control+Shift+z")
    assert area.input_value() == TEXT + " I liked it very much"


def pressed(tab: Page) -> str:
    word = tab.locator('.lens-strip [aria-pressed="true"]').first
    word.wait_for()
    return str(word.inner_text())


def test_a_pinned_word_is_the_same_in_every_view_and_link(tab: Page, site: str, log: None) -> None:
    open_page(tab, site, "")
    tab.locator(".lens-strip .word", has_text="bad").click()
    assert pressed(tab) == "bad"
    tab.wait_for_url("**word=9**")
    leave_for(tab, "States")
    assert pressed(tab) == "bad"
    tab.locator(".st-key-states_view").get_by_text("Step", exact=True).click()
    tab.locator(".st-key-step", has_text="Word 9, step 78: “bad”").wait_for()
    leave_for(tab, "Explanations")
    tab.locator(".st-key-explanations_view").get_by_text("Phrases", exact=True).click()
    tab.locator(".st-key-phrase_ends", has_text="“bad”").wait_for()
    tab.locator(".st-key-explanations_view").get_by_text("Counterfactuals", exact=True).click()
    tab.get_by_label("Put in place of “bad”").wait_for()
    assert parse_qs(urlsplit(tab.url).query)["word"] == ["9"]
    other = tab.context.new_page()
    try:
        other.goto(tab.url)
        other.get_by_label("Put in place of “bad”").wait_for()
        assert pressed(other) == "bad"
    finally:
        other.close()


def test_the_worksheet_and_its_key_are_two_files(tab: Page, site: str, log: None) -> None:
    tab.goto(f"{site}/lesson?section=teachers")
    files = {}
    for key in ("worksheet_md", "worksheet_md_key"):
        with tab.expect_download() as download:
            tab.locator(f".st-key-{key} button").click()
        files[key] = download.value.path().read_text(encoding="utf-8")
    assert "Answer key" not in files["worksheet_md"]
    assert "Answer key" in files["worksheet_md_key"]


def test_a_deleted_run_is_named_and_can_be_restored(
    tab: Page, serve: Callable[..., Server], log: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve(ROOT / "app.py")
    # Tests of other files leave runs in this server's folder.
    shutil.rmtree(server.log.parent / "home/runs", ignore_errors=True)
    with monkeypatch.context() as patch:
        patch.setenv("LSTM_LENS_HOME", str(server.log.parent / "home"))
        for number, name in enumerate(("keep", "gone"), start=1):
            make_run(name, number=number)
    tab.goto(f"{server.url}/train?view=runs&run=gone")
    tab.get_by_role("button", name="Delete", exact=True).click()
    tab.locator(".st-key-delete_gone button").click()
    tab.get_by_text("“gone” was deleted").wait_for()
    settled(tab)
    assert tab.locator("[class*=st-key-delete_] button:visible", has_text="Delete it").count() == 0
    assert (server.log.parent / "home/runs/keep").exists()
    tab.locator(".st-key-restore_gone button").click()
    tab.locator(".st-key-restore_gone").wait_for(state="detached")
    assert (server.log.parent / "home/runs/gone").exists()
