"""What several browser tests wait for."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page


def settled(tab: Page) -> None:
    """Until the page is drawn and no run is under way, and nothing has failed."""
    tab.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()
    assert tab.locator('[data-testid="stException"]').count() == 0
