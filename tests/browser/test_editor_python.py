"""The review editor's Python face, without a browser: AppTest, and what the browser may send."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages.parts.components.editor import EditorValue, _new_sheet, _taken_in, clean_text, put_review

PAGE = Path(__file__).with_name("editor_page.py")
EXAMPLE = "A quiet film. It stays with you."


def app(**query: str) -> AppTest:
    test = AppTest.from_file(str(PAGE), default_timeout=20)
    for name, value in query.items():
        test.query_params[name] = value
    return test.run()


def echoed(test: AppTest) -> dict[str, Any]:
    assert not test.exception
    echo: dict[str, Any] = json.loads(test.text[-1].value)
    return echo


def test_in_apptest_the_text_comes_from_the_link_or_from_put_review() -> None:
    test = app(text="from the link")
    assert echoed(test)["text"] == "from the link"
    put_review("put there", key="review", state=test.session_state)
    assert echoed(test.run())["text"] == "put there"
    next(button for button in test.button if button.label == "Pick example").click()
    assert echoed(test.run())["text"] == EXAMPLE


def test_in_apptest_the_plain_text_area_can_be_typed_in() -> None:
    test = app(plain="true", text="plain")
    area = test.text_area(key="review_plain")
    assert area.value == "plain"
    assert echoed(area.set_value("typed\r\nhere").run())["text"] == "typed\nhere"
    put_review("put there", key="review", state=test.session_state)
    assert echoed(test.run())["text"] == "put there"
    assert test.text_area(key="review_plain").value == "put there"


@pytest.mark.parametrize(
    ("text", "limit", "typed"),
    [
        ("plain", 10, EditorValue("plain", 0)),
        ("a\r\nb\rc", 10, EditorValue("a\nb\nc", 0)),
        ("half \ud83d", 10, EditorValue("half \ufffd", 0)),
        ("12345", 3, EditorValue("123", 2)),
        ("\U0001f600" * 4, 3, EditorValue("\U0001f600" * 3, 1)),
    ],
)
def test_clean_text(text: str, limit: int, typed: EditorValue) -> None:
    assert clean_text(text, limit) == typed


@pytest.mark.parametrize(
    "value",
    [
        None,
        "typed",
        {},
        {"text": 5, "revision": 3, "cut": 0},
        {"text": "no revision", "cut": 0},
        {"text": "a truth", "revision": True, "cut": 0},
        {"text": "a fraction", "revision": 3.0, "cut": 0},
        {"text": "beyond counting", "revision": 2**40, "cut": 0},
        {"text": "typed before the text was replaced", "revision": 2, "cut": 0},
    ],
)
def test_a_malformed_or_older_value_changes_nothing(value: object) -> None:
    sheet = _new_sheet(EditorValue("here"), 3)
    assert _taken_in(sheet, value, 100) == sheet


def test_a_sound_value_is_taken_in_and_cut() -> None:
    sheet = _new_sheet(EditorValue("here"), 3)
    value = {"text": "12345", "revision": 3, "cut": 10}
    assert _taken_in(sheet, value, 4).typed == EditorValue("1234", 11)
    # After a lost session the browser knows a later revision than the new one.
    assert _taken_in(sheet, {**value, "revision": 7, "cut": -1}, 9).revision == 7
