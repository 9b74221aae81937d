"""Plotly's script goes out as it is, to be kept for good; everything else is handed on."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from starlette.responses import PlainTextResponse

from pages.parts.serving import PLOTLY, PLOTLY_PATH, PlotlyScript


def ask(path: str) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body that the middleware gives for a path."""
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "method": "GET",
        "path": path,
        "headers": [],
    }

    async def answer() -> None:
        await PlotlyScript(PlainTextResponse("handed on"))(scope, receive, send)

    with ThreadPoolExecutor(1) as pool:  # Playwright keeps a loop in the main thread
        pool.submit(asyncio.run, answer()).result()
    headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], headers, b"".join(part.get("body", b"") for part in sent[1:])


@pytest.mark.parametrize("below", ["", "/below/here"])
def test_the_script_is_plotlys_own_and_kept_for_good(below: str) -> None:
    status, headers, body = ask(f"{below}/{PLOTLY_PATH}")
    assert status == 200
    assert headers["content-type"].startswith("text/javascript")
    assert "immutable" in headers["cache-control"]
    assert body == PLOTLY.read_bytes()


def test_everything_else_is_handed_on() -> None:
    for path in ("/", f"/{PLOTLY_PATH}/more", "/lens/plotly-0.min.js"):
        assert ask(path)[2] == b"handed on"


def test_a_page_that_begins_with_a_chart_asks_for_the_script_early() -> None:
    assert PLOTLY_PATH in ask("/states")[1]["link"]
    assert "link" not in ask("/")[1]
