"""The live page in a real Chromium: typing, hostile text, links, no request to another host."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

import pytest
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from lstm_core import SentimentModel
from lstm_core.analysis.formatting import p_positive
from lstm_core.analysis.prediction_change import change_caption
from lstm_core.model.sentiment_model import shipped_model
from lstm_core.model.unit_words import unit_words_of
from pages.parts.common.token_colors import token_scores
from tests.support.server import ROOT, Server
from tests.support.visitor import finished, visiting

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
PATIENCE_MS = 15_000
DRAWN = ".lens-picture[data-drawn]"
# How many of the canvas' pixels are painted in the blue or the orange of the two scales.
COLOURED = """() => {
  const canvas = document.querySelector(".lens-picture canvas");
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  let found = 0;
  for (let at = 0; at < data.length; at += 4)
    found += data[at + 3] > 0 && Math.abs(data[at] - data[at + 2]) > 60;
  return found / (canvas.width * canvas.height);
}"""


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
        self.tab.locator(DRAWN).wait_for()
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
    words = live.tab.locator(".lens-strip .word, .lens-strip .unknown")
    live.tab.locator(".lens-strip .word", has_text="end").wait_for()
    live.judged(text)
    assert words.count() == 14
    assert words.last.inner_text() == "end"


def test_both_pictures_are_drawn_and_answer_to_the_pointer(live: Live) -> None:
    text = "Dull, dull, dull and then suddenly brilliant."
    live.open(text)
    trace = SentimentModel.load().trace(text)
    bars = live.tab.locator(".lens-bars .lens-bar")
    assert bars.count() == 7
    assert "brilliant" in bars.first.inner_text()
    assert live.tab.evaluate(COLOURED) > 0.1
    figure = live.tab.locator(".lens-picture").first
    scores = token_scores(shipped_model(), trace).values
    assert change_caption(trace, scores) in (figure.get_attribute("aria-label") or "")
    canvas = live.tab.locator(".lens-picture canvas")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box is not None
    last = box["x"] + box["width"] - 30
    profiles = unit_words_of(shipped_model().bundle)
    assert profiles is not None
    live.tab.mouse.move(last, box["y"] + 60)
    live.tab.locator(".lens-tip", has_text=p_positive(trace.verdict_probability)).wait_for()
    live.tab.mouse.move(last, box["y"] + 128)
    parts = trace.hidden_state[-1] * trace.output_weights
    unit = int(parts.argmax())
    says = f"unit {unit}: effect +{parts[unit]:.4f}"
    live.tab.locator(".lens-tip", has_text=says).wait_for()
    raising = (
        profiles.units[unit].up if trace.output_weights[unit] > 0 else profiles.units[unit].down
    )
    counted = f"“{raising[0].word}” ({raising[0].count:,})"
    live.tab.locator(".lens-tip", has_text=counted).wait_for()
    fold = live.tab.locator(".lens-reading-table")
    fold.locator("summary").click()
    fold.locator("td", has_text=counted).first.wait_for()
    assert fold.locator("table").first.locator("tr").count() == 1 + len(parts)
    fold.locator("summary").click()
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box is not None
    live.tab.mouse.click(last, box["y"] + 128)
    live.tab.wait_for_url(f"**unit={unit}**")
    live.tab.locator(".lens-picture[data-row='0'][data-framed='6']").wait_for()
    figure.focus()
    live.tab.keyboard.press("ArrowLeft")
    live.tab.keyboard.press("Enter")
    live.tab.locator(".lens-picture[data-framed='5']").wait_for()
    live.tab.mouse.move(last, box["y"] + box["height"] - 5)
    live.tab.locator(".lens-tip").wait_for(state="hidden")


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
    strip = live.tab.locator(".lens-strip")
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
    live.tab.get_by_text("Show padding").click()
    live.tab.wait_for_function("() => location.search.includes('padding=true')")
    live.tab.wait_for_function("() => location.search.includes('text=A')")
    other = context.new_page()  # type: ignore[attr-defined]
    try:
        again = Live(other, live.url)
        other.goto(live.tab.url)
        other.locator(DRAWN).wait_for()
        again.judged("A fine film.")
        assert again.area.input_value() == "A fine film."
        other.locator('.lens-picture[data-columns="80"]').wait_for()
    finally:
        other.close()


def test_an_example_is_one_click_and_a_word_can_be_pinned(live: Live) -> None:
    live.open("")
    live.tab.get_by_role("radio", name="Plain disappointment").click()
    word = live.tab.locator(".lens-strip .word", has_text="terrible").first
    word.click()
    live.tab.locator('.lens-strip [aria-pressed="true"]').wait_for()
    place = int(word.get_attribute("data-place") or -1)
    shown = SentimentModel.load().maxlen - live.tab.locator(".lens-strip [data-place]").count()
    live.tab.locator(f'.lens-picture[data-framed="{place - shown}"]').wait_for()


def test_the_line_below_the_words_leads_to_the_explanations_of_this_text(live: Live) -> None:
    live.open("A fine film.")
    live.tab.get_by_role("button", name="Compare explanations").click()
    live.tab.locator(
        ".st-key-explanations_view [aria-checked=true]", has_text="Faithfulness"
    ).wait_for()
    assert urlsplit(live.tab.url).path == "/explanations"
    live.tab.get_by_text("Read 3 of 3 words").wait_for()
    live.tab.go_back()
    live.judged("A fine film.")


def test_a_letter_costs_the_server_few_messages(live: Live) -> None:
    async def drawn() -> list[ForwardMsg]:
        async with visiting(live.url) as visitor:
            return await visitor.type("A fine film.")

    kinds = [message.WhichOneof("type") for message in finished(drawn())]
    assert kinds.count("delta") <= 7  # six parts in one frame; each costs 0.3 to 0.8 ms
    assert len(kinds) <= 11


def test_nothing_is_asked_of_another_host(live: Live) -> None:
    hosts: set[str | None] = set()
    live.tab.on("request", lambda request: hosts.add(urlsplit(request.url).hostname))
    live.open("A fine film.")
    live.tab.wait_for_timeout(1_500)
    assert hosts - {"127.0.0.1", "localhost", None, ""} == set()


def test_the_words_and_the_chart_stand_on_the_first_screen(live: Live) -> None:
    live.tab.set_viewport_size({"width": 1280, "height": 800})
    live.open()
    strip = live.tab.locator(".lens-strip").bounding_box()
    canvas = live.tab.locator(".lens-picture canvas").bounding_box()
    assert strip is not None and canvas is not None
    assert strip["y"] + strip["height"] < canvas["y"]
    assert canvas["y"] + canvas["height"] <= 800
    for key in (".lens-copy", ".lens-png", ".st-key-live-export", ".st-key-diagnose"):
        box = live.tab.locator(key).bounding_box()
        assert box is not None and box["y"] + box["height"] < 800, key


@pytest.mark.parametrize("width", [1280, 390])
def test_the_diagnosis_opens_in_view_and_closes(live: Live, width: int) -> None:
    live.tab.set_viewport_size({"width": width, "height": 800})
    live.open("The film is not good, but the music is wonderful and I liked it.")
    button = live.tab.get_by_role("button", name="Why was it wrong?")
    button.click()
    line = live.tab.locator(".st-key-live-diagnosis").get_by_text("One strong word")
    line.wait_for()
    box = line.bounding_box()
    assert box is not None and box["y"] < 700
    button.click()
    line.wait_for(state="detached")


def test_the_report_is_saved_as_png_again_after_the_text_changed(
    live: Live, tmp_path: Path
) -> None:
    heights = []
    for text in ("A fine film.", "It is wonderful and long. " * 30):
        live.open(text) if not heights else live.area.fill(text)
        live.judged(text)
        if live.tab.get_by_role("button", name="Report (PNG)").count() == 0:
            live.tab.get_by_role("button", name="Export").click()
        with live.tab.expect_download(timeout=30_000) as waiting:
            live.tab.get_by_role("button", name="Report (PNG)").click()
        assert waiting.value.suggested_filename == "lstm-lens-report.png"
        waiting.value.save_as(tmp_path / "report.png")
        head = (tmp_path / "report.png").read_bytes()[:24]
        assert head.startswith(b"\x89PNG") and int.from_bytes(head[16:20]) == 2 * 1008
        heights.append(int.from_bytes(head[20:24]))
    assert heights[1] > heights[0]
