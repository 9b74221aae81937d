"""The live page in a real Chromium: typing, hostile text, links, no request to another host."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

import pytest

from lstm_core import SentimentModel
from tests.browser.conftest import ROOT, Server

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
PATIENCE_MS = 15_000


def needle(text: str) -> str:
    """Where the verdict's needle must stand for a text: the model's own probability."""
    return f"left: {100 * float(SentimentModel.load().predict([text])[0]):.1f}%"


class Live:
    """One tab with the live page."""

    def __init__(self, tab: Page, url: str) -> None:
        self.tab = tab
        self.url = url
        self.area = tab.locator("textarea").first

    def open(self, text: str | None = None, query: str = "") -> Live:
        link = f"/?text={quote(text)}{query}" if text is not None else f"/?{query}"
        self.tab.goto(self.url + link)
        self.tab.locator(".lens-verdict").wait_for()
        self.tab.locator("textarea:not([readonly])").first.wait_for()
        self.tab.locator(".js-plotly-plot .main-svg").first.wait_for()
        return self

    def judged(self, text: str) -> None:
        """Wait until the verdict is that of exactly this text."""
        wanted = needle(text)
        for _ in range(PATIENCE_MS // 100):
            style = self.tab.locator(".lens-verdict .needle").get_attribute("style") or ""
            if style.strip().rstrip(";") == wanted:
                return
            self.tab.wait_for_timeout(100)
        pytest.fail(f"the needle stood at {style!r}, not {wanted!r}")


@pytest.fixture
def live(tab: Page, serve: Callable[..., Server]) -> Live:
    return Live(tab, serve(ROOT / "app.py").url)


def test_typing_changes_the_verdict_and_loses_no_letter(live: Live) -> None:
    live.open("")
    text = "A slow start, but what a wonderful, moving film it becomes in the end."
    live.area.click()
    live.tab.keyboard.type(text, delay=30)
    live.judged(text)
    assert live.area.input_value() == text
    words = live.tab.locator(".strip .word, .strip .unknown")
    live.tab.locator(".strip .word", has_text="end").wait_for()
    live.judged(text)
    assert words.count() == 14
    assert words.last.inner_text() == "end"


def test_every_chart_is_drawn_with_the_words_of_the_review(live: Live) -> None:
    live.open("Dull, dull, dull and then suddenly brilliant.")
    charts = live.tab.locator(".js-plotly-plot")
    assert charts.count() == 2
    ticks = live.tab.locator(".js-plotly-plot .xtick text")
    ticks.first.wait_for()
    shown = [text.strip("\u200b\u200c ") for text in ticks.all_text_contents()]
    assert shown.count("dull") >= 3 and "brilliant" in shown


def test_the_first_page_answers_to_its_own_name_too(live: Live) -> None:
    live.tab.goto(f"{live.url}/live?text=Terrible")
    live.tab.locator(".lens-verdict").wait_for()
    live.judged("Terrible")
    assert live.tab.get_by_text("Page not found").count() == 0


HOSTILE = (
    "<script>window.hacked = 1</script> <img src=x onerror='window.hacked = 2'> "
    "**bold** $\\frac{1}{2}$ [link](javascript:alert(1)) "
    "\u202e\u0645\u0631\u062d\u0628\u0627 \U0001f600"
)


def test_markup_in_a_text_is_shown_and_never_run(live: Live) -> None:
    live.open(HOSTILE)
    live.judged(HOSTILE)
    strip = live.tab.locator(".strip")
    assert "<script>window.hacked = 1</script>" in strip.inner_text()
    assert "**bold**" in strip.inner_text()
    assert live.tab.evaluate("window.hacked") is None
    assert strip.locator("script, img, a, strong").count() == 0


def test_a_megabyte_pasted_is_answered_within_two_seconds(live: Live) -> None:
    live.open("")
    live.tab.evaluate("text => navigator.clipboard.writeText(text)", "good film " * 100_000)
    live.area.focus()
    live.tab.keyboard.press("Control+v")
    live.tab.get_by_text("were left out").wait_for(timeout=PATIENCE_MS)
    kept = ("good film " * 100_000)[:100_000]
    live.judged(kept)


def test_a_copied_address_shows_the_same_page(live: Live, context: object) -> None:
    live.open("")
    live.area.click()
    live.tab.keyboard.type("A fine film.")
    live.judged("A fine film.")
    live.tab.get_by_text("Show the padding in front").click()
    live.tab.wait_for_function("() => location.search.includes('padding=true')")
    live.tab.wait_for_function("() => location.search.includes('text=A')")
    other = context.new_page()  # type: ignore[attr-defined]
    try:
        again = Live(other, live.url)
        other.goto(live.tab.url)
        other.locator(".js-plotly-plot .main-svg").first.wait_for()
        again.judged("A fine film.")
        assert again.area.input_value() == "A fine film."
        other.locator(".xtick text", has_text="·").first.wait_for()
    finally:
        other.close()


def test_an_example_is_one_click_and_a_word_can_be_pinned(live: Live) -> None:
    live.open("")
    live.tab.get_by_role("radio", name="Plain disappointment").click()
    word = live.tab.locator(".strip .word", has_text="terrible").first
    word.click()
    live.tab.locator('.strip [aria-pressed="true"]').wait_for()
    live.tab.locator(".js-plotly-plot .shapelayer path").nth(1).wait_for(state="attached")


def test_nothing_is_asked_of_another_host(live: Live) -> None:
    hosts: set[str | None] = set()
    live.tab.on("request", lambda request: hosts.add(urlsplit(request.url).hostname))
    live.open("A fine film.")
    live.tab.wait_for_timeout(1_500)
    assert hosts - {"127.0.0.1", "localhost", None, ""} == set()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_is_wider_than_the_window(live: Live, width: int, scheme: str) -> None:
    live.tab.set_viewport_size({"width": width, "height": 900})
    live.tab.emulate_media(color_scheme=scheme)
    live.open("A fine film with a long and winding road to a happy end.")
    wide = live.tab.evaluate("() => document.documentElement.scrollWidth")
    assert wide <= width
