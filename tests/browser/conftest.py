"""A Streamlit server and a real Chromium for the browser tests.

Without a browser the tests are skipped with a reason; where ``CI`` is set they fail instead.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import pytest

from tests.support.server import CHROMIUM_ARGUMENTS, ROOT, Server, serving

from .server_log import complaints

if TYPE_CHECKING:
    from playwright import sync_api

LAUNCH = {
    "executable_path": shutil.which("chromium") or shutil.which("chromium-browser"),
    "headless": True,
    # All tabs in one process, which has the scripts in memory: a third of the time of a page.
    "args": [*CHROMIUM_ARGUMENTS, "--renderer-process-limit=1", "--disable-site-isolation-trials"],
}


@pytest.fixture(scope="session")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Path], Server]]:
    """Return a function that serves a script, once each, until the end of the session."""
    servers: dict[Path, Server] = {}
    with ExitStack() as running:

        def serve_script(script: Path) -> Server:
            if script not in servers:
                folder = tmp_path_factory.mktemp("server")
                # What the pages keep goes to a folder of this session, never to the repository.
                servers[script] = running.enter_context(
                    serving(
                        str(script), log=folder / "log.txt", LSTM_LENS_HOME=str(folder / "home")
                    )
                )
            return servers[script]

        yield serve_script


def _without_browser(reason: str) -> NoReturn:
    if os.environ.get("CI"):
        pytest.fail(f"{reason}, and CI is set: the browser tests must run here")
    pytest.skip(reason)


@pytest.fixture(scope="session")
def installed() -> Iterator[sync_api.BrowserType]:
    """The Chromium of this machine."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        _without_browser("playwright is not installed")
    if LAUNCH["executable_path"] is None:
        _without_browser("no chromium on the PATH")
    with sync_playwright() as playwright:
        yield playwright.chromium


@pytest.fixture(scope="session")
def chromium(installed: sync_api.BrowserType) -> Iterator[sync_api.Browser]:
    """A browser whose contexts are other visitors."""
    browser = installed.launch(**LAUNCH)
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def context(
    installed: sync_api.BrowserType, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[sync_api.BrowserContext]:
    """One browser profile for all tests; it has the clipboard.

    It is kept in a folder: only then Chromium keeps compiled scripts too, which are a quarter of
    the time of a page.
    """
    context = installed.launch_persistent_context(
        tmp_path_factory.mktemp("profile"),
        permissions=["clipboard-read", "clipboard-write"],
        **LAUNCH,
    )
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
def log(serve: Callable[..., Server]) -> Iterator[None]:
    """The server complains of nothing while the test runs."""
    path = serve(ROOT / "app.py").log
    start = path.stat().st_size
    yield
    assert complaints(path, start) == []


@pytest.fixture
def site(tab: sync_api.Page, serve: Callable[..., Server]) -> str:
    """The app's address."""
    tab.set_default_timeout(60_000)  # many pictures take their time on a busy machine
    return serve(ROOT / "app.py").url
