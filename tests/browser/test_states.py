"""The states page in a real Chromium: figures, keys, links, downloads, telephones, the badge."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from lstm_core.analysis.formatting import probability
from lstm_core.analysis.unit_stats import UnitOrder, finding, order_units
from lstm_core.model.sentiment_model import shipped_model
from tests.support.server import ROOT, Server

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
TEXT = "A good film, a good film, and not once was I bored."
HEATMAPS = ".js-plotly-plot .hm image"
GRAPH = "document.querySelector('.js-plotly-plot')"
FILES = {
    "CSV": "trace.csv",
    "NPZ": "trace.npz",
    "Parquet": "trace.parquet",
    "HTML": "overview.html",
}


def open_states(tab: Page, site: str, query: str = "") -> None:
    tab.goto(f"{site}/states?text={quote(TEXT)}&{query}")
    tab.locator(".lens-lead").wait_for()
    tab.get_by_role("button", name="Export").wait_for()


def wait_for_heatmaps(tab: Page) -> None:
    """Until all six are drawn; on a machine under load Plotly's script alone takes a while."""
    drawn = f"() => document.querySelectorAll('{HEATMAPS}').length === 6"
    tab.wait_for_function(drawn, timeout=60_000)


def wait_for_title(tab: Page, says: str) -> None:
    tab.locator(".annotation-text", has_text=says).first.wait_for()


def test_all_six_heatmaps_are_drawn_and_have_a_text_alternative(tab: Page, site: str) -> None:
    open_states(tab, site)
    wait_for_heatmaps(tab)
    trace = shipped_model().trace(TEXT)
    for quantity in ("input_gate", "forget_gate", "candidate", "cell_state"):
        wait_for_title(tab, finding(trace, quantity).split(":")[0])
    ticks = [text.strip("\u200b\u200c") for text in tab.locator(".xtick text").all_text_contents()]
    assert ticks.count("good") == 2 and "bored" in ticks
    says = tab.get_by_role("figure").first.get_attribute("aria-label") or ""
    assert "Forget gate f: " in says and "Running probability: " in says
    # Numbers in hover texts.
    locale = f"{GRAPH}._fullLayout._d3locale"
    tab.wait_for_function(f"() => {locale}.written")
    write = "([form, value]) => " + locale + ".numberFormat(form)(value)"
    shown = [tab.evaluate(write, one) for one in (["+.3f", -0.5], ["+.3f", -0.0001], [".2e", 2e-5])]
    assert shown == ["\u22120.500", "0.000", "2.00e\u22125"]


def test_the_toolbar_saves_a_png_and_zooms_through_all_panels(
    tab: Page, site: str, tmp_path: Path
) -> None:
    open_states(tab, site)
    wait_for_heatmaps(tab)
    tools = tab.evaluate(
        "() => [...document.querySelectorAll('.modebar-btn')].map((tool) => tool.dataset.title)"
    )
    # No button sends the chart to another host.
    assert tools == ["Download plot as a PNG", "Zoom", "Reset axes"]
    with tab.expect_download(timeout=30_000) as waiting:
        tab.locator('.modebar-btn[data-title="Download plot as a PNG"]').click()
    assert waiting.value.suggested_filename == "lstm-lens-overview.png"
    waiting.value.save_as(tmp_path / "figure.png")
    assert (tmp_path / "figure.png").read_bytes().startswith(b"\x89PNG")

    tab.locator('.modebar-btn[data-title="Zoom"]').click()
    tab.locator(".js-plotly-plot .nsewdrag").nth(2).scroll_into_view_if_needed()
    panel = tab.locator(".js-plotly-plot .nsewdrag").nth(2).bounding_box()
    assert panel is not None
    across = panel["y"] + panel["height"] / 2
    tab.mouse.move(panel["x"] + panel["width"] * 0.5, across)
    tab.mouse.down()
    tab.mouse.move(panel["x"] + panel["width"] * 0.9, across, steps=5)
    tab.mouse.up()
    tab.wait_for_function("() => document.querySelectorAll('.xtick text').length < 9")
    reach = "Math.abs(g.xaxis.range[1] - g.xaxis.range[0])"
    assert tab.evaluate(f"(() => {{ const g = {GRAPH}._fullLayout; return {reach}; }})()") < 8


def test_a_change_keeps_the_charts_element_and_draws_only_what_changed(
    tab: Page, site: str
) -> None:
    open_states(tab, site, "unit=3")
    wait_for_heatmaps(tab)
    tab.evaluate(f"() => {{ {GRAPH}.dataset.mine = 'yes'; }}")
    image = f"() => document.querySelector('{HEATMAPS}').getAttribute('href') || ''"
    before = tab.evaluate(image)
    tab.get_by_label("Unit", exact=True).focus()
    tab.keyboard.press("ArrowUp")
    frames = f"{GRAPH}.layout.shapes.filter((shape) => shape.xref === 'paper' && shape.y0 === 3.5)"
    tab.wait_for_function(f"() => {frames}.length === 6")
    assert tab.evaluate(image) == before
    tab.get_by_role("combobox", name="Order of units").click()
    tab.get_by_role("option", name="by output weight").click()
    trace = shipped_model().trace(TEXT)
    first = int(order_units(trace, UnitOrder.WEIGHT)[0])
    tab.wait_for_function(f"() => {GRAPH}.data[1].y[0] === '{first}'")
    assert tab.evaluate(f"{GRAPH}.dataset.mine") == "yes"


def test_frames_move_before_the_page_answers(
    tab: Page, site: str, serve: Callable[[Path], Server]
) -> None:
    server = serve(ROOT / "app.py").process
    open_states(tab, site, "unit=3")
    wait_for_heatmaps(tab)
    column = f"{GRAPH}.layout.shapes.find(({{ type, xref }}) => type === 'rect' && xref === 'x').x0"
    rows = (
        f"{GRAPH}.layout.shapes.filter(({{ xref, y0 }}) => xref === 'paper' && y0 === 3.5).length"
    )
    last = tab.evaluate(column)
    os.kill(server.pid, signal.SIGSTOP)
    try:
        tab.get_by_label("Unit", exact=True).press("ArrowUp")
        tab.wait_for_function(f"() => {rows} === 6")
        tab.get_by_role("slider").first.press("ArrowLeft")
        tab.wait_for_function(f"(last) => {column} === last - 1", arg=last)
        tab.locator(".lens-strip [data-place]").first.click()
        tab.wait_for_function(f"() => {column} === -0.5")
    finally:
        os.kill(server.pid, signal.SIGCONT)
    tab.locator(".lens-strip [aria-pressed=true]").wait_for()
    tab.wait_for_url("**unit=4**")
    assert tab.evaluate(f"{column} === -0.5 && {rows} === 6")


def test_unit_and_step_move_with_the_arrow_keys_and_stand_in_the_link(tab: Page, site: str) -> None:
    last = shipped_model().maxlen
    open_states(tab, site, f"view=step&unit=0&step={last}")
    tab.get_by_label("Unit", exact=True).focus()
    tab.keyboard.press("ArrowUp")
    tab.get_by_role("heading", name="Unit 1 at word").wait_for()
    tab.get_by_role("slider").first.focus()
    tab.keyboard.press("ArrowLeft")
    tab.get_by_role("heading", name=f"step {last - 1}, “i”").wait_for()
    # The diagram takes the same keys, and as fast as they come.
    diagram = tab.get_by_role("application")
    diagram.get_by_text("xₜ “i”").wait_for()
    diagram.focus()
    for key in ("ArrowLeft", "ArrowLeft", "ArrowUp"):
        tab.keyboard.press(key)
    tab.get_by_role("heading", name=f"Unit 2 at word 9, step {last - 3}, “once”").wait_for()
    tab.wait_for_url(re.compile(f"step={last - 3}"))
    tab.wait_for_url("**unit=2**")
    heading = tab.get_by_role("heading", level=2).first.inner_text()
    tab.goto(tab.url)
    tab.get_by_role("heading", name=heading).wait_for()


def test_the_lines_of_the_next_unit_are_drawn_before_the_page_answers(
    tab: Page, site: str, serve: Callable[[Path], Server]
) -> None:
    server = serve(ROOT / "app.py").process
    open_states(tab, site, "view=unit&unit=3")
    titles = tab.locator(".annotation-text")
    titles.first.wait_for()
    before = titles.first.text_content()
    os.kill(server.pid, signal.SIGSTOP)
    try:
        tab.get_by_label("Unit", exact=True).press("ArrowUp")
        titles.first.filter(has_not_text=before).wait_for()
        drawn = titles.all_text_contents()
    finally:
        os.kill(server.pid, signal.SIGCONT)
    tab.wait_for_url("**unit=4**")
    assert titles.all_text_contents() == drawn


def test_the_diagram_follows_an_arrow_key_before_the_page_answers(
    tab: Page, site: str, serve: Callable[[Path], Server]
) -> None:
    server = serve(ROOT / "app.py").process
    open_states(tab, site, f"view=step&unit=0&step={shipped_model().maxlen}")
    diagram = tab.get_by_role("application")
    diagram.get_by_text("xₜ “bored”").wait_for()
    os.kill(server.pid, signal.SIGSTOP)
    try:
        diagram.press("ArrowLeft")
        diagram.get_by_text("xₜ “i”").wait_for()
        equations = tab.locator(".lens-equations").inner_text()
    finally:
        os.kill(server.pid, signal.SIGCONT)
    tab.get_by_role("heading", name="“i”: c goes").wait_for()
    assert tab.locator(".lens-equations").inner_text() == equations


def test_a_click_in_the_diagram_explains_the_part(tab: Page, site: str) -> None:
    open_states(tab, site, "view=step")
    diagram = tab.locator(".lens-cell .diagram")
    inside = "e => { const a = e.getBoundingClientRect(), b = e.closest('.lens-cell')"
    inside += ".getBoundingClientRect(); return [a.top - b.top, a.width, a.height]; }"
    box = diagram.evaluate(inside)
    diagram.locator('[data-part="f"] text').last.click()
    detail = tab.locator(".lens-cell .detail")
    detail.get_by_role("heading", name="forget gate").wait_for()
    assert detail.get_by_role("row", name="z, total").is_visible()
    diagram.locator("[data-part=x] text").click()
    detail.get_by_role("heading", name="inputs").wait_for()
    assert diagram.evaluate(inside) == box  # the explanation moves nothing


def test_a_click_on_a_word_chooses_its_step_and_play_goes_on_from_there(
    tab: Page, site: str
) -> None:
    open_states(tab, site, "view=step")
    for word in ("bored", "was"):
        tab.locator(".lens-strip [data-place]", has_text=word).click()
        tab.get_by_role("heading", name=f"“{word}”: c goes").wait_for()
    tab.get_by_text("Play", exact=True).click()
    tab.get_by_role("heading", name="“bored”: c goes").wait_for()


def test_a_preset_of_the_clamp_lab_changes_picture_verdict_and_link(tab: Page, site: str) -> None:
    open_states(tab, site, "view=interventions")
    tab.get_by_role("heading", name="Nothing is forced").wait_for()
    tab.get_by_role("button", name="Copy (f = 1, i = 0)").click()
    true = shipped_model().trace(TEXT).verdict_probability
    tab.get_by_role("heading", name=f"instead of {probability(true)}").wait_for()
    tab.wait_for_url(re.compile("clamp_f=1"))
    heading = tab.get_by_role("heading", level=2).first.inner_text()
    tab.goto(tab.url)
    tab.get_by_role("heading", name=heading).wait_for()


def test_the_review_comes_along_from_the_live_page(tab: Page, site: str) -> None:
    tab.goto(f"{site}/?text={quote('Nothing but rain and a very dull horse.')}")
    tab.locator("textarea:not([readonly])").first.wait_for()
    tab.locator(".lens-strip", has_text="horse").wait_for()
    tab.get_by_role("link", name="States").click()
    tab.get_by_role("button", name="Export").wait_for()
    tab.locator(".lens-strip", has_text="dull horse").wait_for()
    tab.wait_for_url(re.compile("text=Nothing"))


def test_files_can_be_taken_along(tab: Page, site: str, tmp_path: Path) -> None:
    open_states(tab, site)
    tab.get_by_role("button", name="Export").click()
    for label, file in FILES.items():
        with tab.expect_download(timeout=30_000) as waiting:
            tab.get_by_role("button", name=label, exact=True).click()
        assert waiting.value.suggested_filename == f"lstm-lens-{file}"
        waiting.value.save_as(tmp_path / file)
        assert (tmp_path / file).stat().st_size > 20_000
    tab.route("http*://**", lambda route: route.abort())
    tab.goto((tmp_path / FILES["HTML"]).as_uri(), wait_until="commit")
    wait_for_heatmaps(tab)


def test_a_telephone_shows_one_panel_at_a_time(tab: Page, site: str) -> None:
    tab.set_viewport_size({"width": 390, "height": 844})
    open_states(tab, site)
    tab.get_by_label("Chart shown").select_option("Forget gate f")
    wait_for_title(tab, "Forget gate f")
    assert tab.locator(HEATMAPS).count() == 1


def test_the_inputs_of_a_step_fit_into_their_box_on_a_telephone(tab: Page, site: str) -> None:
    tab.set_viewport_size({"width": 390, "height": 844})
    word = "abcdefghijklmnopqrstuvwxyz"  # cut at 24 letters
    tab.goto(f"{site}/states?text={word} {word} {word}&view=step&word=2")
    box = tab.locator(".lens-cell [data-part=x]").first
    box.locator("text", has_text="(word 2)").wait_for()
    inside = "(part) => part.querySelector('text').getBBox().width"
    assert box.evaluate(inside) < box.evaluate(
        "(part) => part.querySelector('rect').width.baseVal.value"
    )


@pytest.mark.keras
def test_the_badge_is_measured_in_a_process_of_its_own(tab: Page, site: str) -> None:
    open_states(tab, site)
    tab.get_by_role("button", name="Check against Keras").click()
    tab.get_by_role("radio", name="Unit").click()  # the page goes on meanwhile
    tab.get_by_text("Time until half is forgotten", exact=True).wait_for()
    tab.locator(".lens-badge.good", has_text="Equal to Keras").wait_for(timeout=300_000)
