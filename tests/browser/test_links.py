"""Links in a real Chromium: older addresses, keys in the address, back and forward."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser


def query(tab: Page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(tab.url).query)


def wait_for_query(tab: Page, path: str, **wanted: str) -> None:
    def arrived(url: str) -> bool:
        found = parse_qs(urlsplit(url).query)
        return urlsplit(url).path == path and found == {k: [v] for k, v in wanted.items()}

    tab.wait_for_url(arrived)


def chosen(tab: Page, key: str) -> str:
    return tab.locator(f".st-key-{key} button[aria-checked=true]").inner_text()


def wait_for_choice(tab: Page, key: str, label: str) -> None:
    tab.locator(f".st-key-{key} button[aria-checked=true]", has_text=label).wait_for()


def test_older_addresses_lead_to_their_page_with_all_they_say(tab: Page, site: str) -> None:
    tab.goto(f"{site}/quality?part=Order&reading=Whole+review")
    wait_for_choice(tab, "evaluation_view", "Word order")
    wait_for_query(tab, "/evaluation", view="word_order", reading="whole")
    tab.goto(f"{site}/file")
    tab.get_by_role("button", name=re.compile("example file")).wait_for()
    wait_for_query(tab, "/batch")
    tab.goto(f"{site}/live?text=Dull.&padding=true")
    tab.locator(".lens-verdict .word", has_text="Negative").wait_for()
    wait_for_query(tab, "/", text="Dull.", padding="true")
    tab.goto(f"{site}/units?show=Pattern&phrase=2&phrase=3")
    wait_for_choice(tab, "units_view", "Similar activations")
    wait_for_query(tab, "/units", view="similar", phrase="2-3")


def test_the_address_holds_keys_and_back_returns_to_the_view_before(tab: Page, site: str) -> None:
    tab.goto(f"{site}/states?view=One+step&step=70")
    wait_for_choice(tab, "states_view", "Step")
    wait_for_query(tab, "/states", view="step", step="70")
    tab.locator(".st-key-states_view").get_by_text("Memory", exact=True).click()
    wait_for_query(tab, "/states", view="memory", step="70")
    tab.locator(".st-key-states_view").get_by_text("Overview", exact=True).click()
    wait_for_query(tab, "/states", step="70")
    tab.go_back()
    wait_for_choice(tab, "states_view", "Memory")
    tab.go_back()
    wait_for_choice(tab, "states_view", "Step")
    tab.go_forward()
    wait_for_choice(tab, "states_view", "Memory")
    tab.reload()
    wait_for_choice(tab, "states_view", "Memory")


def test_a_choice_outlives_a_visit_to_another_page(tab: Page, site: str) -> None:
    tab.goto(f"{site}/states?view=memory&step=70")
    wait_for_choice(tab, "states_view", "Memory")
    tab.get_by_role("link", name="Explanations", exact=True).click()
    wait_for_choice(tab, "explanations_view", "Methods")
    tab.get_by_role("link", name="States", exact=True).click()
    wait_for_choice(tab, "states_view", "Memory")
    wait_for_query(tab, "/states", view="memory", step="70")


def test_back_leads_to_the_view_before_and_keeps_the_pinned_word(tab: Page, site: str) -> None:
    """A run writes several parameters into the address: they are one history entry."""
    text = "The film is wonderful and good."
    tab.goto(f"{site}/?text={text}&word=4")
    pinned = tab.locator(".lens-strip [aria-pressed=true]", has_text="wonderful")
    pinned.wait_for()
    tab.get_by_role("link", name="Units", exact=True).click()
    wait_for_choice(tab, "units_view", "Profiles")
    before = tab.evaluate("history.length")
    tab.locator(".st-key-units_view").get_by_text("Similar activations", exact=True).click()
    wait_for_query(tab, "/units", view="similar", word="4", text=text)
    assert tab.evaluate("history.length") == before + 1
    tab.go_back()
    wait_for_choice(tab, "units_view", "Profiles")
    tab.get_by_role("link", name="Live", exact=True).click()
    pinned.wait_for()
