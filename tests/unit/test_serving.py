"""What the server does beside Streamlit: Plotly's script, answers at once."""

import asyncio
import os
import re
import socket
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import plotly
import pytest
from starlette.responses import HTMLResponse, PlainTextResponse
from starlette.types import ASGIApp

from pages.parts.components.plotly_script import PLOTLY, PLOTLY_PATH
from pages.parts.server.asgi import PlotlyScript
from pages.parts.server.tcp_nodelay import enable_tcp_nodelay

ROOT = Path(__file__).parents[2]
SCRIPT = PlotlyScript(PlainTextResponse("handed on"))


PAGE = HTMLResponse("<html><head><title>t</title></head></html>")


def ask(
    app: ASGIApp, path: str, headers: Sequence[tuple[bytes, bytes]] = ()
) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body that an app gives for a path."""
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
        "headers": list(headers),
    }

    async def answer() -> None:
        await app(scope, receive, send)

    with ThreadPoolExecutor(1) as pool:  # Playwright keeps a loop in the main thread
        pool.submit(asyncio.run, answer()).result()
    found = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], found, b"".join(part.get("body", b"") for part in sent[1:])


@pytest.mark.parametrize("below", ["", "/below/here"])
def test_the_script_is_plotlys_own_and_kept_for_good(below: str) -> None:
    status, headers, body = ask(SCRIPT, f"{below}/{PLOTLY_PATH}")
    assert status == 200
    assert headers["content-type"].startswith("text/javascript")
    assert "immutable" in headers["cache-control"]
    assert body == PLOTLY.read_bytes()


def test_everything_else_is_handed_on() -> None:
    for path in ("/", f"/{PLOTLY_PATH}/more", "/lens/plotly-0.min.js"):
        assert ask(SCRIPT, path)[2] == b"handed on"


def test_the_script_is_of_the_version_that_exported_figures_carry() -> None:
    whole = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
    with whole.open(encoding="utf-8") as file:
        assert f"v{PLOTLY.name.removeprefix('plotly-cartesian-').removesuffix('.min.js')}" in (
            file.read(100)
        )
    assert PLOTLY.with_name("LICENSE").is_file()


def test_figures_use_only_what_the_script_can_draw() -> None:
    used = {
        kind
        for folder in ("lstm_core", "pages")
        for path in (ROOT / folder).rglob("*.py")
        for kind in re.findall(r"\bgo\.([A-Z]\w+)", path.read_text(encoding="utf-8"))
    }
    assert used <= {"Figure", "Scatter", "Bar", "Heatmap"}


def test_answers_leave_at_once_and_no_file_stays_open() -> None:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        before = len(os.listdir("/dev/fd"))
        assert enable_tcp_nodelay() >= 1
        assert len(os.listdir("/dev/fd")) == before
        with socket.create_connection(listening.getsockname()):
            accepted, _ = listening.accept()
            with accepted:
                assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
