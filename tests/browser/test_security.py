"""The server as others meet it: headers, hosts, uploads, two visitors, nothing sent elsewhere."""

from __future__ import annotations

import asyncio
import re
import socket
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.error import HTTPError

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from tests.support.server import Server, serving
from tests.support.visitor import finished, holds, visiting

if TYPE_CHECKING:
    from playwright import sync_api

ROOT = Path(__file__).resolve().parents[2]
PATHS = re.findall(r'url_path="(\w+)"', (ROOT / "app.py").read_text(encoding="utf-8"))
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
}
VIOLATIONS = """document.addEventListener("securitypolicyviolation", (event) =>
  console.error("policy: " + event.violatedDirective + " " + event.blockedURI));"""


@pytest.fixture(scope="module")
def server(serve: Callable[[Path], Server]) -> Server:
    return serve(ROOT / "app.py")


@pytest.fixture(scope="module")
def public() -> Iterator[str]:
    with serving("app.py", LSTM_LENS_PUBLIC="1") as running:
        yield running.url


def ask(url: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], str]:
    request = urllib.request.Request(url, method=method, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, dict(answer.headers), answer.read().decode(errors="replace")
    except HTTPError as error:
        return error.code, dict(error.headers), error.read().decode(errors="replace")


@pytest.mark.parametrize(
    "path", ["/", "/states", "/favicon.png", "/_stcore/health", "/_stcore/host-config", "/media/no"]
)
def test_every_answer_carries_the_headers(server: Server, path: str) -> None:
    _, headers, _ = ask(server.url + path)
    found = {name.lower(): value for name, value in headers.items()}
    assert {name: found.get(name.lower()) for name in HEADERS} == HEADERS
    assert "frame-ancestors 'none'" in found["content-security-policy"]


def test_a_private_server_refuses_other_names_and_other_sites(server: Server) -> None:
    status, headers, text = ask(server.url, Host="evil.example")
    assert status == 403
    assert "own machine only" in text
    assert "x-frame-options" in {name.lower() for name in headers}

    async def foreign_page() -> None:
        address = server.url.replace("http", "ws") + "/_stcore/stream"
        async with connect(address, origin="http://evil.example"):  # type: ignore[arg-type]
            pass

    with pytest.raises(InvalidStatus, match="403"):
        finished(foreign_page())


def test_it_listens_on_this_machine_only(server: Server) -> None:
    port = int(server.url.rsplit(":", 1)[1])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))  # sends nothing; names the address towards the network
        own = probe.getsockname()[0]
    if own.startswith("127."):
        pytest.skip("this machine has no other address")
    with pytest.raises(OSError), socket.create_connection((own, port), timeout=5):
        pass


def test_in_public_an_upload_is_refused_and_the_pages_still_read(public: str) -> None:
    status, _, text = ask(f"{public}/_stcore/upload_file/a/b", "PUT", Host="class.example.org")
    assert status == 403
    assert "LSTM_LENS_ALLOW=upload" in text
    assert ask(public, Host="class.example.org")[0] == 200


def test_one_visitor_never_sees_the_text_of_another(server: Server) -> None:
    async def one(name: str, page: str) -> list[bool]:
        seen = []
        async with visiting(server.url, page) as visitor:
            for number in range(4):
                drawn = await visitor.type(f"A film zq{name}{number} of great beauty.")
                others = {"anna", "bert", "cleo"} - {name}
                seen.append(holds(drawn, f"zq{name}{number}"))
                seen.append(not any(holds(drawn, f"zq{other}") for other in others))
        return seen

    async def all_three() -> list[list[bool]]:
        return await asyncio.gather(one("anna", "/"), one("bert", "/"), one("cleo", "/states"))

    assert all(all(seen) for seen in finished(all_three()))


@pytest.mark.browser
def test_no_page_sends_anything_elsewhere_or_breaks_the_policy(
    server: Server, chromium: sync_api.Browser
) -> None:
    context = chromium.new_context()
    context.set_default_timeout(30_000)
    tab = context.new_page()
    elsewhere: list[str] = []
    broken: list[str] = []
    tab.add_init_script(VIOLATIONS)
    tab.on(
        "request",
        lambda request: (
            request.url.startswith((server.url, "data:", "blob:")) or elsewhere.append(request.url)
        ),
    )
    own = server.url.replace("http", "ws")
    tab.on("websocket", lambda ws: ws.url.startswith(own) or elsewhere.append(ws.url))
    tab.on(
        "console",
        lambda line: "policy" in line.text.lower() and broken.append(line.text),
    )
    for path in PATHS:
        tab.goto(f"{server.url}/{path}")
        tab.wait_for_selector(".lens-lead")
        tab.wait_for_selector("[data-testid=stStatusWidget]", state="detached")
        tab.wait_for_function("() => !document.querySelector('[data-stale=true], .stSkeleton')")
    context.close()
    assert elsewhere == []
    assert broken == []
