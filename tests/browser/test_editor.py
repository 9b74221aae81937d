"""The live review editor in a real Chromium."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest

from tests.support.server import Server

from .editor import Desk

PAGE = Path(__file__).with_name("editor_page.py")
EXAMPLE = "A quiet film. It stays with you."
browser = pytest.mark.browser


@pytest.fixture
def desk(serve: Callable[[Path], Server], tab: Any) -> Desk:
    return Desk(tab, serve(PAGE).url)


@browser
def test_no_letter_is_lost_and_only_the_fragment_runs(desk: Desk) -> None:
    desk.open()
    # r and c are Streamlit's own shortcuts: they must stay letters here.
    text = "rc: this film starts slowly, then it grows on you, and its last ten minutes are superb."
    assert len(text) >= 85
    desk.type(text, delay=40)
    echo = desk.arrives(text)
    assert desk.caret() == len(text)
    assert echo["full_runs"] == 1
    # 87 letters at 40 ms take 3.5 s: the picture moved while they were typed.
    assert 6 <= echo["fragment_runs"] <= 40
    desk.link_becomes(text)
    assert desk.history_length() == 2


@browser
def test_typing_in_the_middle_keeps_the_caret(desk: Desk) -> None:
    desk.open("?text=" + quote("a good film"))
    desk.arrives("a good film")
    desk.area.evaluate("area => area.setSelectionRange(2, 2)")
    desk.type("really ", delay=80)
    desk.arrives("a really good film")
    assert desk.caret() == 9
    desk.type("truly ", delay=80)
    desk.arrives("a really truly good film")
    assert desk.caret() == 15


@browser
def test_paste_undo_and_redo_are_the_browsers_own(desk: Desk) -> None:
    desk.open()
    desk.type("It was ")
    desk.arrives("It was ")
    desk.paste("dull,\nslow")
    desk.arrives("It was dull,\nslow")
    desk.press("Control+z")
    desk.arrives("It was ")
    desk.press("Control+Shift+z")
    desk.arrives("It was dull,\nslow")


@browser
def test_blur_and_ctrl_enter_send_at_once(desk: Desk) -> None:
    desk.open()
    # From here on no pause ever ends: the script's timers do not fire.
    desk.tab.evaluate(
        "() => { const real = window.setTimeout; window.setTimeout = (call, ms, ...rest) =>"
        " ms > 50 && ms <= 400 ? 0 : real(call, ms, ...rest); }"
    )
    desk.type("first")
    desk.tab.wait_for_timeout(600)
    assert desk.echo()["text"] == ""
    desk.press("Control+Enter")
    desk.arrives("first")
    desk.type(" second")
    desk.area.blur()
    desk.arrives("first second")


@browser
def test_composed_text_is_sent_when_it_is_composed(desk: Desk) -> None:
    desk.open()
    keys = desk.tab.context.new_cdp_session(desk.tab)
    desk.type("ab ")
    for part in ("n", "に", "にほん"):
        where = {"selectionStart": len(part), "selectionEnd": len(part)}
        keys.send("Input.imeSetComposition", {"text": part, **where})
    desk.tab.wait_for_timeout(600)
    assert desk.area.input_value() == "ab にほん"
    assert desk.echo()["text"] == "ab "
    keys.send("Input.insertText", {"text": "日本"})
    desk.arrives("ab 日本")
    assert desk.caret() == 5


STRANGE = {
    "markup": "<script>window.hacked = 1</script><img src=x onerror='window.hacked = 1'>&amp;",
    "markdown": "# head\n**bold** [link](javascript:alert(1)) `code` :smile: :red[red]",
    "latex": "$\\frac{1}{2}$ \\(x\\) $$\\sum$$",
    "emoji": "good \U0001f44d\U0001f3fd film \U0001f468\u200d\U0001f469\u200d\U0001f467",
    "combining": "cafe\u0301 n\u0303o \u0915\u094d\u0937\u093f",
    "right to left": "\u05e1\u05e8\u05d8 \u05d8\u05d5\u05d1 \u202eabc\u202c \u0641\u064a",
    "zero byte": "zero\x00byte",
    "address": "50% & more + a=b #1 'x' \"y\" ?text=no \\ ~*()!",
}


@browser
def test_text_of_any_kind_is_data(desk: Desk) -> None:
    desk.open()
    for text in STRANGE.values():
        desk.area.focus()
        desk.press("Control+a")
        desk.paste(text)
        desk.arrives(text)
        desk.link_becomes(text)
    # Half a surrogate pair cannot be sent or linked: it becomes U+FFFD.
    desk.area.evaluate(
        "area => { area.value = 'half \\ud83d'; area.dispatchEvent(new InputEvent('input')); }"
    )
    desk.wait_for(lambda echo: echo["text"] == "half \ufffd")
    desk.link_becomes("half \ufffd")
    everything = "\n".join(STRANGE.values())
    desk.open("?text=" + quote(everything)).arrives(everything)
    assert desk.tab.evaluate("window.hacked") is None


@browser
def test_a_megabyte_pasted_is_cut_and_told_within_two_seconds(desk: Desk) -> None:
    desk.open()
    desk.paste("")
    megabyte = "good film " * 104_858
    start = desk.tab.evaluate("performance.now()")
    desk.paste(megabyte)
    echo = desk.wait_for(lambda echo: echo["length"] == 100_000)
    desk.tab.locator(".count").get_by_text("948,580 more did not fit and were cut").wait_for()
    assert desk.tab.evaluate("performance.now()") - start < 2_000
    assert echo["cut"] == 948_580
    assert "Too long for the link" in desk.foot.inner_text()
    assert desk.linked() is None
    desk.type("x")
    desk.wait_for(lambda echo: echo["cut"] == 948_581)
    desk.press("Backspace")
    desk.wait_for(lambda echo: (echo["length"], echo["cut"]) == (99_999, 0))
    assert "99,999 of 100,000 characters" in desk.foot.inner_text()
    desk.press("Control+a", "Delete")
    desk.arrives("")
    assert desk.foot.inner_text() == ""


@browser
def test_a_reload_keeps_the_last_letters_and_what_no_link_holds(desk: Desk) -> None:
    desk.open()
    desk.type("not yet sent")
    desk.tab.reload()
    desk.ready().arrives("not yet sent")
    long = "long " * 1_800 + "\n" * 1_000
    desk.area.focus()
    desk.press("Control+a")
    desk.paste(long)
    desk.wait_for(lambda echo: echo["length"] == 10_000)
    desk.link_becomes(None)
    desk.tab.reload()
    desk.ready().wait_for(lambda echo: echo["length"] == 10_000)
    assert desk.area.input_value() == long
    # Opened again, an address shows what it says and not what the tab held.
    assert desk.open().area.input_value() == ""


@browser
def test_a_picked_text_replaces_the_typed_one(desk: Desk) -> None:
    desk.open()
    desk.type("my own words")
    desk.tab.get_by_text("Pick example").click()
    desk.arrives(EXAMPLE)
    desk.link_becomes(EXAMPLE)
    desk.area.focus()
    desk.press("Control+End")
    desk.type(" Still.")
    desk.arrives(EXAMPLE + " Still.")
    desk.tab.get_by_text("Pick example").click()
    desk.arrives(EXAMPLE)


@browser
def test_link_and_bound_widgets_live_together(desk: Desk) -> None:
    desk.open("?text=start&keep=1%20a")
    desk.press("Tab")
    desk.area.focus()
    desk.press("Control+End")
    desk.type("ed", delay=40)
    desk.link_becomes("started")
    assert "keep=1%20a" in desk.tab.url
    desk.tab.get_by_text("Bound", exact=True).click()
    desk.tab.wait_for_url("**bound=true**")
    desk.type(" well")
    desk.arrives("started well")
    desk.link_becomes("started well")
    assert desk.history_length() == 2
    # Python writes the whole address from its own copy; the script puts the text back.
    desk.tab.get_by_text("Turn orange").click()
    desk.tab.wait_for_url("**colour=orange**")
    desk.link_becomes("started well")
    query = parse_qs(urlsplit(desk.tab.url).query)
    wanted = {"text": ["started well"], "keep": ["1 a"], "bound": ["true"], "colour": ["orange"]}
    assert query == wanted


@browser
def test_back_does_not_step_through_letters(desk: Desk) -> None:
    desk.open_other_page()
    desk.tab.get_by_text("editor", exact=True).click()
    desk.ready().type("one two three", delay=40)
    desk.link_becomes("one two three")
    desk.tab.go_back()
    desk.tab.get_by_text("Another page").wait_for()
    desk.wait_for(lambda echo: echo == {"text": "one two three"})
    assert desk.linked() is None
    desk.tab.get_by_text("editor", exact=True).click()
    desk.ready().arrives("one two three")
    desk.link_becomes("one two three")
    # Letters typed in the last moment on the page are there on return.
    desk.area.focus()
    desk.press("Control+End")
    desk.type(" four")
    desk.tab.evaluate("history.back()")
    desk.tab.get_by_text("Another page").wait_for()
    desk.tab.get_by_text("editor", exact=True).click()
    desk.ready().arrives("one two three four")


@browser
def test_the_height_grows_from_three_to_eight_lines(desk: Desk) -> None:
    desk.tab.set_viewport_size({"width": 390, "height": 800})
    desk.open()
    heights = []
    for lines in (1, 3, 5, 8, 40):
        desk.area.fill("\n".join("x" * lines))
        heights.append(desk.area.bounding_box()["height"])
    assert heights[0] == heights[1] < heights[2] < heights[3] == heights[4]
    box = desk.area.bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= 390


@browser
def test_a_script_that_fails_at_mount_offers_the_plain_text_area(desk: Desk) -> None:
    desk.tab.add_init_script(
        "Object.defineProperty(HTMLTextAreaElement.prototype, 'maxLength',"
        " { set() { throw new Error('broken by the test'); } })"
    )
    desk.tab.goto(f"{desk.url}/?text=kept%20text")
    desk.tab.get_by_text("Go on in the plain text area").click()
    desk.tab.get_by_test_id("stTextArea").wait_for()
    desk.arrives("kept text")
    desk.area.focus()
    desk.press("Control+End")
    desk.type(" and more")
    desk.press("Control+Enter")
    desk.arrives("kept text and more")
    desk.link_becomes("kept text and more")


@browser
def test_a_script_that_fails_while_typing_says_so_and_keeps_the_text(desk: Desk) -> None:
    desk.open("?text=good")
    desk.tab.evaluate("() => { performance.now = () => { throw new Error('broken'); }; }")
    desk.area.focus()
    desk.press("Control+End")
    desk.type(" film")
    desk.tab.get_by_text("Go on in the plain text area").click()
    desk.tab.get_by_test_id("stTextArea").wait_for()
    desk.arrives("good film")


@browser
def test_a_script_that_cannot_be_loaded_leaves_the_switch(desk: Desk) -> None:
    desk.tab.add_init_script(
        "const make = URL.createObjectURL; URL.createObjectURL ="
        " (blob) => blob.type === 'text/javascript' ? 'blob:null/none' : make(blob)"
    )
    desk.tab.goto(f"{desk.url}/?text=kept")
    desk.tab.get_by_text("Plain text area", exact=True).click()
    desk.tab.get_by_test_id("stTextArea").wait_for()
    desk.arrives("kept")


@browser
def test_the_switch_takes_the_text_along_both_ways(desk: Desk) -> None:
    desk.open()
    switch = desk.tab.get_by_text("Plain text area", exact=True)
    desk.type("live")
    switch.click()
    desk.tab.get_by_test_id("stTextArea").wait_for()
    desk.arrives("live")
    desk.area.focus()
    desk.press("Control+End")
    desk.type(", plain")
    switch.click()
    desk.tab.get_by_test_id("stTextArea").wait_for(state="detached")
    desk.ready().arrives("live, plain")
    desk.link_becomes("live, plain")
    desk.tab.wait_for_url(lambda url: "plain=true" not in url)


@browser
def test_an_address_written_too_late_does_not_switch_the_plain_area_on_again(desk: Desk) -> None:
    desk.open("?plain=true")
    desk.tab.get_by_test_id("stTextArea").wait_for()
    # A run of an earlier input writes the address after the click, from its older copy.
    desk.tab.evaluate(
        "() => navigation.addEventListener('currententrychange', () =>"
        " history.replaceState(history.state, '', '/?plain=true&text=late'), { once: true })"
    )
    desk.tab.get_by_text("Plain text area", exact=True).click()
    desk.tab.get_by_test_id("stTextArea").wait_for(state="detached")
    desk.ready().tab.wait_for_url(lambda url: "plain=true" not in url)
