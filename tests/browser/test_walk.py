"""Every view of every page: accessible, no sideways scrolling, no complaint in the server's log."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import TimeoutError

from pages.parts.common.link import PAGES

from .helpers import settled

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# The marks inside a chart are one image to a reader; it has a sentence and a table.
CONTEXT = {"exclude": [[".js-plotly-plot svg"]]}
DESKTOP, TELEPHONE = 1280, 390  # pixels of width
# “qzqz” is not in the vocabulary.
REVIEW = "A long, qzqz film with a slow start, but in the end a fine one that stays for a while."
# Colours change to the other theme's at once, not in a third of a second.
AT_ONCE = "*, *::before, *::after { transition: none !important; }"
# Nothing fades in any more.
STILL = (
    "() => document.getAnimations().every(one => one.playState !== 'running'"
    " || one.effect.getTiming().iterations === Infinity)"
)
# Every chart has the width of its place, also after the window got another width.
FITTING = """() => [...document.querySelectorAll('.js-plotly-plot')].every(chart =>
  !chart.checkVisibility() || Math.abs(chart._fullLayout.width - chart.clientWidth) <= 1)"""


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


def too_wide(tab: Page, view: str) -> list[str]:
    """The widths of a window at which the view must be scrolled sideways."""
    found = []
    for width in (TELEPHONE, DESKTOP):
        tab.set_viewport_size({"width": width, "height": 844})
        try:
            tab.wait_for_function("document.documentElement.scrollWidth <= innerWidth")
            tab.wait_for_function(FITTING)
        except TimeoutError:
            found.append(f"{view} or a chart of it is wider than {width} pixels")
    return found


def violated(tab: Page, rules: list[str]) -> list[str]:
    """The rules of `rules` that are violated seriously, each with the first elements."""
    tab.wait_for_function(STILL)
    options = {"runOnly": rules, "resultTypes": ["violations"]}
    run = "([context, options]) => axe.run(context, options).then(({ violations }) => violations)"
    return [
        f"{one['id']}: {'; '.join(node['html'][:120] for node in one['nodes'][:3])}"
        for one in tab.evaluate(run, [CONTEXT, options])
        if one["impact"] in ("serious", "critical")
    ]


@pytest.mark.parametrize("page", PAGES)
def test_every_view_of_a_page(tab: Page, site: str, log: None, page: str) -> None:
    tab.goto(f"{site}/{'' if page == 'live' else page}?text={quote(REVIEW)}")
    tab.locator(".lens-lead").wait_for()
    settled(tab)
    assert tab.title() == f"{PAGES[page]} · LSTM Lens"
    tab.evaluate(Axe().axe_script)
    tab.add_style_tag(content=AT_ONCE)
    key = "section" if page == "lesson" else f"{page}_view"
    choices = tab.locator(f".st-key-{key} button")
    if page not in ("live", "batch"):  # which have one view; Units may still be measuring
        choices.nth(2).wait_for()
    found = [*barriers(tab, "first view"), *too_wide(tab, "first view")]
    for at in range(1, choices.count()):
        choices.nth(at).click()
        tab.locator(f".st-key-{key} button[aria-checked=true]").nth(0).wait_for()
        settled(tab)
        view = f"view {at + 1}"
        found += [*barriers(tab, view), *too_wide(tab, view)]
    assert found == []


def test_values_are_set_by_default_or_by_code(tab: Page, site: str, log: None) -> None:
    """By both, Streamlit logs a warning with a stack."""
    tab.goto(f"{site}/states?view=interventions")
    for name in ("Clear and write (f", "Copy (f", "Reset (nothing forced)"):
        tab.get_by_role("button", name=name).click()
        settled(tab)
    tab.goto(f"{site}/lesson?section=gates")
    tab.get_by_role("button", name="Copy (f = 1, i = 0)").click()
    settled(tab)
    tab.goto(f"{site}/states?view=compare")
    tab.get_by_role("button", name="“good” against “not good”").click()
    settled(tab)
    tab.goto(f"{site}/train?data=small")
    for preset in tab.locator("[class*=st-key-preset] button").all():
        preset.click()
        settled(tab)
    tab.get_by_role("button", name="Start", exact=True).click()  # C7
    tab.locator(".st-key-train_view [aria-checked=true]", has_text="Progress").wait_for()
    settled(tab)
