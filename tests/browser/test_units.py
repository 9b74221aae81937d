"""The units page in a real Chromium: links, the way from the states page."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
TEXT = "A good film, a wonderful film, and not once was I bored."
BUILT_IN = "dataset=built_in"


def open_units(tab: Page, site: str, query: str) -> None:
    tab.goto(f"{site}/units?{BUILT_IN}&text={quote(TEXT)}&{query}")
    tab.get_by_role("button", name="Export").wait_for(timeout=60_000)


def test_the_unit_and_the_view_stand_in_the_link(tab: Page, site: str) -> None:
    open_units(tab, site, "unit=3")
    tab.get_by_role("heading", name="Unit 3 pushes towards").wait_for()
    tab.get_by_label("Unit", exact=True).focus()
    tab.keyboard.press("ArrowUp")
    tab.get_by_role("heading", name="Unit 4 pushes towards").wait_for()
    tab.wait_for_url("**unit=4**")
    tab.get_by_text("Saturation", exact=True).click()
    tab.wait_for_url("**view=saturation**")
    tab.get_by_text("After Karpathy").wait_for()
    assert tab.locator(".js-plotly-plot").count() == 3


def test_a_word_of_the_states_page_is_found_elsewhere(tab: Page, site: str) -> None:
    tab.goto(f"{site}/states?text={quote(TEXT)}&step=74")
    tab.get_by_role("button", name="Find activations similar to “film”").click(timeout=60_000)
    tab.locator(".st-key-units_phrase").wait_for(timeout=60_000)
    tab.wait_for_url(lambda url: "phrase=6-6" in url and "text=" in url)
    tab.reload()
    tab.get_by_text("The phrase is “film”").wait_for(timeout=60_000)
