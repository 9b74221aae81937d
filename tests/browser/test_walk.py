"""A walk through every view of every page: accessible, and no complaint in the server's log."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe

from pages.parts.common.link import PAGES
from tests.support.server import ROOT, Server

from .server_log import complaints

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# The marks inside a chart are one image to a reader; it has a sentence and a table.
CONTEXT = {"exclude": [[".js-plotly-plot svg"]]}
# No colour is on its way to the other theme's.
STILL = (
    "() => document.getAnimations().every(one => one.playState !== 'running'"
    " || one.effect.getTiming().iterations === Infinity)"
)


def settled(tab: Page) -> None:
    """Until no run is under way, and nothing has failed."""
    tab.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()
    assert tab.locator('[data-testid="stException"]').count() == 0


def barriers(tab: Page, view: str) -> list[str]:
    """Serious and critical violations of WCAG that axe finds, in both themes."""
    found = []
    for theme, rules in (("light", WCAG), ("dark", ["color-contrast"])):
        tab.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
        ground = "getComputedStyle(document.querySelector('.stApp')).backgroundColor"
        tab.wait_for_function(
            f"(dark) => ({ground} !== 'rgb(255, 255, 255)') === dark", arg=theme == "dark"
        )
        violations = violated(tab, rules)
        if violations:  # a run that started late fades what it draws again: only what stays counts
            settled(tab)
            tab.wait_for_function("!document.querySelector('[data-stale=true]')")
            violations = violated(tab, rules)
        found += [f"{view}, {theme}: {one}" for one in violations]
    tab.emulate_media(color_scheme="light")
    return found


def violated(tab: Page, rules: list[str]) -> list[str]:
    """The rules of `rules` that are violated seriously, each with the first elements."""
    tab.wait_for_function(STILL)
    options = {"runOnly": rules, "resultTypes": ["violations"]}
    return [
        f"{one['id']}: {'; '.join(node['html'][:120] for node in one['nodes'][:3])}"
        for one in Axe().run(tab, CONTEXT, options).response["violations"]
        if one["impact"] in ("serious", "critical")
    ]


def test_every_view_of_every_page(tab: Page, serve: Callable[..., Server]) -> None:
    server = serve(ROOT / "app.py")
    start = server.log.stat().st_size
    found: list[str] = []
    titles = set()
    seen = 0
    tab.set_default_timeout(60_000)
    tab.goto(server.url)
    for page, title in PAGES.items():
        tab.get_by_role("link", name=title, exact=True).first.click()
        tab.locator(".lens-lead").wait_for()
        settled(tab)
        key = "section" if page == "lesson" else f"{page}_view"
        if page not in ("live", "batch"):  # which have one view; Units may still be measuring
            tab.locator(f".st-key-{key} button").first.wait_for()
        found += barriers(tab, title)
        titles.add(tab.title())
        for at in range(1, tab.locator(f".st-key-{key} button").count()):
            tab.locator(f".st-key-{key} button").nth(at).click()
            tab.locator(f".st-key-{key} button[aria-checked=true]").nth(0).wait_for()
            settled(tab)
            found += barriers(tab, f"{title}, {at + 1}")
            seen += 1
    assert seen >= 30
    assert found == []
    assert len(titles) == len(PAGES)
    # Values that are set both by a default and by code make Streamlit log a warning with a stack.
    tab.goto(f"{server.url}/states?view=interventions")
    for name in ("Clear and write (f", "Copy (f", "Reset (nothing forced)"):
        tab.get_by_role("button", name=name).click()
        settled(tab)
    tab.goto(f"{server.url}/lesson?section=gates")
    tab.get_by_role("button", name="Copy (f = 1, i = 0)").click()
    settled(tab)
    tab.goto(f"{server.url}/states?view=compare")
    tab.get_by_role("button", name="“good” against “not good”").click()
    settled(tab)
    tab.goto(f"{server.url}/train?data=small")
    for preset in tab.locator("[class*=st-key-preset] button").all():
        preset.click()
        settled(tab)
    tab.get_by_role("button", name="Start", exact=True).click()  # C7
    tab.locator(".st-key-train_view [aria-checked=true]", has_text="Progress").wait_for()
    settled(tab)
    assert complaints(server.log, start) == []
