"""A Streamlit server and a real Chromium for the browser tests.

Without a browser the tests are skipped with a reason; where ``CI`` is set they fail instead.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import pytest

if TYPE_CHECKING:
    from playwright import sync_api

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 60.0
_CHROMIUM_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@dataclass(frozen=True)
class Server:
    """A running ``streamlit run``: its address and the file its output goes to."""

    url: str
    log: Path


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _start(script: Path, port: int, log: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "streamlit", "run", str(script)]
    command += ["--server.headless", "true", "--server.address", "127.0.0.1"]
    command += ["--server.port", str(port), "--browser.gatherUsageStats", "false"]
    command += ["--server.fileWatcherType", "none"]
    with log.open("wb") as output:
        return subprocess.Popen(
            command,
            cwd=ROOT,
            # What the pages keep goes to a folder of this session, never to the repository's data/.
            env={
                **os.environ,
                "PYTHONPATH": str(ROOT),
                "LSTM_LENS_HOME": str(log.parent / "home"),
            },
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def _wait_until_healthy(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        with suppress(OSError), urllib.request.urlopen(f"{url}/_stcore/health", timeout=1):
            return
        time.sleep(0.05)
    output = log.read_text(encoding="utf-8", errors="replace")
    pytest.fail(f"Streamlit did not answer at {url} within {START_SECONDS:.0f} s:\n{output}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End the server and whatever it started: its process group is its own."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@pytest.fixture(scope="session")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Path], Server]]:
    """Return a function that serves a script, once each, until the end of the session."""
    servers: dict[Path, Server] = {}
    processes: list[subprocess.Popen[bytes]] = []

    def serve_script(script: Path) -> Server:
        if script not in servers:
            port = _free_port()
            server = Server(
                f"http://127.0.0.1:{port}", tmp_path_factory.mktemp("server") / "log.txt"
            )
            process = _start(script, port, server.log)
            processes.append(process)
            _wait_until_healthy(process, server.url, server.log)
            servers[script] = server
        return servers[script]

    yield serve_script
    for process in processes:
        _stop(process)


def _without_browser(reason: str) -> NoReturn:
    if os.environ.get("CI"):
        pytest.fail(f"{reason}, and CI is set: the browser tests must run here")
    pytest.skip(reason)


@pytest.fixture(scope="session")
def chromium() -> Iterator[sync_api.Browser]:
    """A headless Chromium of this machine."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        _without_browser("playwright is not installed")
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        _without_browser("no chromium on the PATH")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path, headless=True, args=list(_CHROMIUM_ARGUMENTS)
        )
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def context(chromium: sync_api.Browser) -> Iterator[sync_api.BrowserContext]:
    """One browser profile for all tests (its cache saves seconds a page); it has the clipboard."""
    context = chromium.new_context(permissions=["clipboard-read", "clipboard-write"])
    context.set_default_timeout(20_000)
    yield context
    context.close()


@pytest.fixture
def tab(context: sync_api.BrowserContext) -> Iterator[sync_api.Page]:
    """A new tab: a Streamlit session, a history and a session storage of its own."""
    page = context.new_page()
    yield page
    page.close()


@pytest.fixture
def site(tab: sync_api.Page, serve: Callable[..., Server]) -> str:
    """The app's address, opened once at its root."""
    tab.set_default_timeout(60_000)  # many pictures take their time on a busy machine
    url = serve(ROOT / "app.py").url
    tab.goto(url, wait_until="commit")
    tab.locator(".lens-verdict").wait_for()
    return url
