"""A real training through the page in a real Chromium: start, watch, reload, stop, go on, use."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest

from tests.support.server import ROOT, Server

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.browser, pytest.mark.keras]

PATIENCE = 120_000  # milliseconds: TensorFlow starts slowly on a machine under load
TINY = {
    "view": "new",
    "data": "Small corpus",
    "train_num_words": 600,
    "train_maxlen": 16,
    "train_embedding_dim": 8,
    "train_lstm_dim": 6,
    "train_batch_size": 2,  # many steps: it must not end before the test has stopped it
    "train_epochs": 200,
}
STEP = re.compile(r"Run: step ([\d,]+) of")


def step_of(tab: Page) -> int:
    found = STEP.search(tab.locator("[data-testid=stProgress]").first.inner_text())
    return int(found[1].replace(",", "")) if found else 0


def wait_for_step(tab: Page, more_than: int) -> int:
    """Wait until the page by itself shows a later step."""
    tab.wait_for_function(
        """least => {
            const bar = document.querySelector('[data-testid=stProgress]');
            const found = bar && bar.innerText.match(/Run: step ([\\d,]+) of/);
            return found && Number(found[1].replaceAll(',', '')) > least;
        }""",
        arg=more_than,
        timeout=PATIENCE,
    )
    return step_of(tab)


def state(tab: Page, says: str) -> None:
    tab.get_by_role("heading", name=f"“first”: {says}").wait_for(timeout=PATIENCE)


def test_a_training_is_started_watched_reloaded_stopped_taken_up_and_used(
    tab: Page, chromium: Browser, serve: Callable[..., Server]
) -> None:
    url = serve(ROOT / "app.py").url
    tab.goto(f"{url}/train?{urlencode(TINY)}")
    tab.get_by_label("Name of the run").fill("first", timeout=PATIENCE)
    other = chromium.new_context().new_page()
    other.goto(f"{url}/train?{urlencode({'view': 'new'})}")
    other.get_by_role("button", name="Start", exact=True).wait_for(timeout=PATIENCE)
    # The name leaves its field with the click.
    tab.get_by_role("button", name="Start", exact=True).click(timeout=PATIENCE)
    state(tab, "training")
    seen = wait_for_step(tab, 0)
    wait_for_step(tab, wait_for_step(tab, seen))

    # Another visitor's open page, which nobody touches, notices it by itself.
    other.get_by_text("The run “first” is training").wait_for(timeout=PATIENCE)
    other.get_by_role("button", name="Add to the queue").wait_for(timeout=PATIENCE)
    other.context.close()

    seen = step_of(tab)
    tab.reload()
    state(tab, "training")
    wait_for_step(tab, seen)
    tab.get_by_role("button", name="Stop and save").click()
    state(tab, "stopped")
    stopped = step_of(tab)
    assert stopped > seen

    tab.get_by_role("button", name="Resume from checkpoint").click()
    state(tab, "training")
    assert wait_for_step(tab, stopped) > stopped
    tab.get_by_role("button", name="Stop and save").click()
    state(tab, "stopped")
    tab.get_by_role("button", name="Use this model").click()
    tab.get_by_text("Model in use: the run").wait_for()
    tab.get_by_role("link", name="Live").click()
    tab.get_by_text("(16 time steps, 6 units, 600 word ids)").wait_for(timeout=PATIENCE)
    tab.locator(".lens-verdict").wait_for(timeout=PATIENCE)
    tab.wait_for_url("**model=first**")
