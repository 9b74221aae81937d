"""The page for a file in a real Chromium: upload, follow, reload, download, nobody else's."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.server import ROOT, Server

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser


def test_a_file_is_uploaded_scored_reloaded_and_downloaded(
    tab: Page, chromium: Browser, serve: Callable[..., Server], tmp_path: Path
) -> None:
    url = serve(ROOT / "app.py").url
    path = tmp_path / "mine.csv"
    good = ["A wonderful film, perfect from start to finish.", "Dull, boring and far too long."]
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(
            [["n", "said"], *([n, good[n % 2]] for n in range(300)), [9, ""]]
        )
    tab.goto(f"{url}/batch")
    tab.locator("input[type=file]").set_input_files(path)
    tab.get_by_text("which column holds the reviews?").wait_for()
    tab.get_by_role("button", name="Score every row").click()
    finding = tab.get_by_role("heading", name="50 % of 300 reviews predicted positive")
    finding.wait_for(timeout=120_000)
    tab.get_by_text("1 row not scored, and why").wait_for()
    tab.reload()
    finding.wait_for(timeout=120_000)
    with tab.expect_download() as waiting:
        tab.get_by_role("link", name="Download every row").click()
    waiting.value.save_as(tmp_path / "scored.csv")
    assert waiting.value.suggested_filename == "mine-scored.csv"
    with (tmp_path / "scored.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["said"] for row in rows] == [*(good[n % 2] for n in range(300)), ""]
    assert [row["verdict"] for row in rows] == [*["positive", "negative"] * 150, ""]
    tab.get_by_role("radio", name="Rows").or_(tab.get_by_role("button", name="Rows")).click()
    cells = tab.locator('[data-testid="stDataFrame"] canvas').first
    cells.wait_for()
    box = cells.bounding_box()
    assert box is not None
    tab.mouse.click(box["x"] + box["width"] / 2, box["y"] + 55)  # a cell of the first row
    back = tab.get_by_role("button", name="Back to the rows of mine.csv")
    back.wait_for()
    tab.get_by_text("P(positive)").first.wait_for()
    back.click()
    finding.wait_for()
    cells.wait_for()
    stranger = chromium.new_context()
    page = stranger.new_page()
    page.goto(tab.url)
    page.get_by_text("is not here").wait_for()
    assert page.get_by_text("wonderful").count() == 0
    link = tab.get_by_role("link", name="Download every row").get_attribute("href")
    assert stranger.request.get(f"{url}/{link}").status == 404
    stranger.close()
    tab.set_viewport_size({"width": 390, "height": 844})
    finding.wait_for(timeout=120_000)
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390
    tab.get_by_role("button", name="Choose another file").click()
    tab.get_by_text("Use an example file").wait_for()
