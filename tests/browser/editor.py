"""One tab with an editor page: how the browser tests type, wait and look."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

PATIENCE_MS = 15_000


class Editor:
    """One tab with the editor page: the textarea and what the server says it received."""

    def __init__(self, tab: Any, url: str) -> None:
        self.tab = tab
        self.url = url
        self.area = tab.locator("textarea")
        self.foot = tab.locator(".foot")

    def open(self, query: str = "") -> Editor:
        self.tab.goto(f"{self.url}/{query}")
        return self.ready()

    def open_other_page(self) -> Editor:
        self.tab.goto(f"{self.url}/other")
        self.tab.get_by_text("Another page").wait_for()
        return self

    def ready(self) -> Editor:
        self.tab.wait_for_function("() => document.querySelectorAll('[data-testid=stText]').length")
        self.tab.locator("textarea:not([readonly])").wait_for()
        return self

    def type(self, text: str, delay: float = 0) -> None:
        self.area.focus()
        self.tab.keyboard.type(text, delay=delay)

    def press(self, *keys: str) -> None:
        for key in keys:
            self.tab.keyboard.press(key)

    def paste(self, text: str) -> None:
        self.tab.evaluate("text => navigator.clipboard.writeText(text)", text)
        self.area.focus()
        self.press("Control+v")

    def echo(self) -> dict[str, Any]:
        echo: dict[str, Any] = json.loads(self.tab.get_by_test_id("stText").last.inner_text())
        return echo

    def wait_for(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        for _ in range(PATIENCE_MS // 50):
            if wanted(echo := self.echo()):
                return echo
            self.tab.wait_for_timeout(50)
        pytest.fail(f"the server never got it; its last echo: {self.echo()}")

    def arrives(self, text: str) -> dict[str, Any]:
        """Wait until the server has exactly `text`, and the textarea has it too.

        What the server picks it says first here and then to the textarea, in another message.
        """
        echo = self.wait_for(lambda echo: echo["text"] == text)
        for _ in range(PATIENCE_MS // 50):
            if self.area.input_value() == text:
                return echo
            self.tab.wait_for_timeout(50)
        pytest.fail(f"the textarea has {self.area.input_value()!r}")

    def caret(self) -> int:
        caret: int = self.area.evaluate("area => area.selectionEnd")
        return caret

    def history_length(self) -> int:
        length: int = self.tab.evaluate("history.length")
        return length

    def linked(self) -> str | None:
        values = parse_qs(urlsplit(self.tab.url).query, keep_blank_values=True).get("text")
        return values[0] if values else None

    def link_becomes(self, text: str | None) -> None:
        for _ in range(PATIENCE_MS // 50):
            if self.linked() == text:
                return
            self.tab.wait_for_timeout(50)
        pytest.fail(f"the address stayed {self.tab.url}")
