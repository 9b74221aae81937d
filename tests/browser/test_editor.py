"""The live review editor in a real Chromium."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest

from tests.support.server import Server

from .editor import Editor

PAGE = Path(__file__).with_name("editor_page.py")
EXAMPLE = "A quiet film. It stays with you."
browser = pytest.mark.browser


@pytest.fixture
def editor(serve: Callable[[Path], Server], tab: Any) -> Editor:
    return Editor(tab, serve(PAGE).url)


@browser
def test_no_letter_is_lost_and_only_the_fragment_runs(editor: Editor) -> None:
    editor.open()
    # r and c are Streamlit's own shortcuts: they must stay letters here.
    text = "rc: this film starts slowly, then it grows on you, and its last ten minutes are superb."
    assert len(text) >= 85
    editor.type(text, delay=40)
    echo = editor.arrives(text)
    assert editor.caret() == len(text)
    assert echo["full_runs"] == 1
    # 87 letters at 40 ms take 3.5 s: the picture moved while they were typed.
    assert 6 <= echo["fragment_runs"] <= 40
    editor.link_becomes(text)
    assert editor.history_length() == 2


@browser
def test_typing_in_the_middle_keeps_the_caret(editor: Editor) -> None:
    editor.open("?text=" + quote("a good film"))
    editor.arrives("a good film")
    editor.area.evaluate("area => area.setSelectionRange(2, 2)")
    editor.type("really ", delay=80)
    editor.arrives("a really good film")
    assert editor.caret() == 9
    editor.type("truly ", delay=80)
    editor.arrives("a really truly good film")
    assert editor.caret() == 15


@browser
def test_paste_undo_and_redo_are_the_browsers_own(editor: Editor) -> None:
    editor.open()
    editor.type("It was ")
    editor.arrives("It was ")
    editor.paste("dull,\nslow")
    editor.arrives("It was dull,\nslow")
    editor.press("Control+z")
    editor.arrives("It was ")
    editor.press("Control+Shift+z")
    editor.arrives("It was dull,\nslow")


@browser
def test_blur_and_ctrl_enter_send_at_once(editor: Editor) -> None:
    editor.open()
    # From here on no pause ever ends: the script's timers do not fire.
    editor.tab.evaluate(
        "() => { const real = window.setTimeout; window.setTimeout = (call, ms, ...rest) =>"
        " ms > 50 && ms <= 400 ? 0 : real(call, ms, ...rest); }"
    )
    editor.type("first")
    editor.tab.wait_for_timeout(600)
    assert editor.echo()["text"] == ""
    editor.press("Control+Enter")
    editor.arrives("first")
    editor.type(" second")
    editor.area.blur()
    editor.arrives("first second")


@browser
def test_composed_text_is_sent_when_it_is_composed(editor: Editor) -> None:
    editor.open()
    keys = editor.tab.context.new_cdp_session(editor.tab)
    editor.type("ab ")
    for part in ("n", "に", "にほん"):
        where = {"selectionStart": len(part), "selectionEnd": len(part)}
        keys.send("Input.imeSetComposition", {"text": part, **where})
    editor.tab.wait_for_timeout(600)
    assert editor.area.input_value() == "ab にほん"
    assert editor.echo()["text"] == "ab "
    keys.send("Input.insertText", {"text": "日本"})
    editor.arrives("ab 日本")
    assert editor.caret() == 5


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
def test_text_of_any_kind_is_data(editor: Editor) -> None:
    editor.open()
    for text in STRANGE.values():
        editor.area.focus()
        editor.press("Control+a")
        editor.paste(text)
        editor.arrives(text)
        editor.link_becomes(text)
    # Half a surrogate pair cannot be sent or linked: it becomes U+FFFD.
    editor.area.evaluate(
        "area => { area.value = 'half \\ud83d'; area.dispatchEvent(new InputEvent('input')); }"
    )
    editor.wait_for(lambda echo: echo["text"] == "half \ufffd")
    editor.link_becomes("half \ufffd")
    everything = "\n".join(STRANGE.values())
    editor.open("?text=" + quote(everything)).arrives(everything)
    assert editor.tab.evaluate("window.hacked") is None


@browser
def test_a_megabyte_pasted_is_cut_and_told_within_two_seconds(editor: Editor) -> None:
    editor.open()
    editor.paste("")
    megabyte = "good film " * 104_858
    start = editor.tab.evaluate("performance.now()")
    editor.paste(megabyte)
    echo = editor.wait_for(lambda echo: echo["length"] == 100_000)
    editor.tab.locator(".count").get_by_text("948,580 more did not fit and were cut").wait_for()
    assert editor.tab.evaluate("performance.now()") - start < 2_000
    assert echo["cut"] == 948_580
    assert "Too long for the link" in editor.foot.inner_text()
    assert editor.linked() is None
    editor.type("x")
    editor.wait_for(lambda echo: echo["cut"] == 948_581)
    editor.press("Backspace")
    editor.wait_for(lambda echo: (echo["length"], echo["cut"]) == (99_999, 0))
    assert "99,999 of 100,000 characters" in editor.foot.inner_text()
    editor.press("Control+a", "Delete")
    editor.arrives("")
    assert editor.foot.inner_text() == ""


@browser
def test_a_reload_keeps_the_last_letters_and_what_no_link_holds(editor: Editor) -> None:
    editor.open()
    editor.type("not yet sent")
    editor.tab.reload()
    editor.ready().arrives("not yet sent")
    long = "long " * 1_800 + "\n" * 1_000
    editor.area.focus()
    editor.press("Control+a")
    editor.paste(long)
    editor.wait_for(lambda echo: echo["length"] == 10_000)
    editor.link_becomes(None)
    editor.tab.reload()
    editor.ready().wait_for(lambda echo: echo["length"] == 10_000)
    assert editor.area.input_value() == long
    # Opened again, an address shows what it says and not what the tab held.
    assert editor.open().area.input_value() == ""


@browser
def test_a_picked_text_replaces_the_typed_one(editor: Editor) -> None:
    editor.open()
    editor.type("my own words")
    editor.tab.get_by_text("Pick example").click()
    editor.arrives(EXAMPLE)
    editor.link_becomes(EXAMPLE)
    editor.area.focus()
    editor.press("Control+End")
    editor.type(" Still.")
    editor.arrives(EXAMPLE + " Still.")
    editor.tab.get_by_text("Pick example").click()
    editor.arrives(EXAMPLE)


@browser
def test_link_and_bound_widgets_live_together(editor: Editor) -> None:
    editor.open("?text=start&keep=1%20a")
    editor.press("Tab")
    editor.area.focus()
    editor.press("Control+End")
    editor.type("ed", delay=40)
    editor.link_becomes("started")
    assert "keep=1%20a" in editor.tab.url
    editor.tab.get_by_text("Bound", exact=True).click()
    editor.tab.wait_for_url("**bound=true**")
    editor.type(" well")
    editor.arrives("started well")
    editor.link_becomes("started well")
    assert editor.history_length() == 2
    # Python writes the whole address from its own copy; the script puts the text back.
    editor.tab.get_by_text("Turn orange").click()
    editor.tab.wait_for_url("**colour=orange**")
    editor.link_becomes("started well")
    query = parse_qs(urlsplit(editor.tab.url).query)
    wanted = {"text": ["started well"], "keep": ["1 a"], "bound": ["true"], "colour": ["orange"]}
    assert query == wanted


@browser
def test_back_does_not_step_through_letters(editor: Editor) -> None:
    editor.open_other_page()
    editor.tab.get_by_text("editor", exact=True).click()
    editor.ready().type("one two three", delay=40)
    editor.link_becomes("one two three")
    editor.tab.go_back()
    editor.tab.get_by_text("Another page").wait_for()
    editor.wait_for(lambda echo: echo == {"text": "one two three"})
    assert editor.linked() is None
    editor.tab.get_by_text("editor", exact=True).click()
    editor.ready().arrives("one two three")
    editor.link_becomes("one two three")
    # Letters typed in the last moment on the page are there on return.
    editor.area.focus()
    editor.press("Control+End")
    editor.type(" four")
    editor.tab.evaluate("history.back()")
    editor.tab.get_by_text("Another page").wait_for()
    editor.tab.get_by_text("editor", exact=True).click()
    editor.ready().arrives("one two three four")


@browser
def test_the_height_grows_from_three_to_eight_lines(editor: Editor) -> None:
    editor.tab.set_viewport_size({"width": 390, "height": 800})
    editor.open()
    heights = []
    for lines in (1, 3, 5, 8, 40):
        editor.area.fill("\n".join("x" * lines))
        heights.append(editor.area.bounding_box()["height"])
    assert heights[0] == heights[1] < heights[2] < heights[3] == heights[4]
    box = editor.area.bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= 390


@browser
def test_a_script_that_fails_at_mount_offers_the_plain_text_area(editor: Editor) -> None:
    editor.tab.add_init_script(
        "Object.defineProperty(HTMLTextAreaElement.prototype, 'maxLength',"
        " { set() { throw new Error('broken by the test'); } })"
    )
    editor.tab.goto(f"{editor.url}/?text=kept%20text")
    editor.tab.get_by_text("Go on in the plain text area").click()
    editor.tab.get_by_test_id("stTextArea").wait_for()
    editor.arrives("kept text")
    editor.area.focus()
    editor.press("Control+End")
    editor.type(" and more")
    editor.press("Control+Enter")
    editor.arrives("kept text and more")
    editor.link_becomes("kept text and more")


@browser
def test_a_script_that_fails_while_typing_says_so_and_keeps_the_text(editor: Editor) -> None:
    editor.open("?text=good")
    editor.tab.evaluate("() => { performance.now = () => { throw new Error('broken'); }; }")
    editor.area.focus()
    editor.press("Control+End")
    editor.type(" film")
    editor.tab.get_by_text("Go on in the plain text area").click()
    editor.tab.get_by_test_id("stTextArea").wait_for()
    editor.arrives("good film")


@browser
def test_a_script_that_cannot_be_loaded_leaves_the_switch(editor: Editor) -> None:
    editor.tab.add_init_script(
        "const make = URL.createObjectURL; URL.createObjectURL ="
        " (blob) => blob.type === 'text/javascript' ? 'blob:null/none' : make(blob)"
    )
    editor.tab.goto(f"{editor.url}/?text=kept")
    editor.tab.get_by_text("Plain text area", exact=True).click()
    editor.tab.get_by_test_id("stTextArea").wait_for()
    editor.arrives("kept")


@browser
def test_the_switch_takes_the_text_along_both_ways(editor: Editor) -> None:
    editor.open()
    switch = editor.tab.get_by_text("Plain text area", exact=True)
    editor.type("live")
    switch.click()
    editor.tab.get_by_test_id("stTextArea").wait_for()
    editor.arrives("live")
    editor.area.focus()
    editor.press("Control+End")
    editor.type(", plain")
    switch.click()
    editor.tab.get_by_test_id("stTextArea").wait_for(state="detached")
    editor.ready().arrives("live, plain")
    editor.link_becomes("live, plain")
    editor.tab.wait_for_url(lambda url: "plain=true" not in url)


@browser
def test_an_address_written_too_late_does_not_switch_the_plain_area_on_again(
    editor: Editor,
) -> None:
    editor.open("?plain=true")
    editor.tab.get_by_test_id("stTextArea").wait_for()
    # A run of an earlier input writes the address after the click, from its older copy.
    editor.tab.evaluate(
        "() => navigation.addEventListener('currententrychange', () =>"
        " history.replaceState(history.state, '', '/?plain=true&text=late'), { once: true })"
    )
    editor.tab.get_by_text("Plain text area", exact=True).click()
    editor.tab.get_by_test_id("stTextArea").wait_for(state="detached")
    editor.ready().tab.wait_for_url(lambda url: "plain=true" not in url)
