"""The live page against a plain Streamlit page with Keras, and one that only echoes, in Chromium.

python -m tests.benchmarks.live_speed
"""

import re
import statistics
import time
from typing import Any

from tests.benchmarks.measure import Row, browsing, print_table, quantile, repaint_times
from tests.support.server import Server, serving

TITLE = "The live page against a plain page with Keras"
STROKES = 40
TYPED = "the music was lovely and the ending made me cry but it is far too long for a child "
# A blank alone changes no chart, so it goes with the letter after it.
LETTERS = re.findall(r" ?[a-z]", " " + TYPED * 3)


def first_verdict(
    server: Server, page: Any, verdict: str, chart: str = ".js-plotly-plot .main-svg"
) -> tuple[float, float]:
    """Seconds from the start of the server to the first verdict and the first chart on screen."""
    page.goto(server.url, wait_until="commit")
    page.wait_for_selector(verdict, timeout=120_000)
    seen = time.perf_counter() - server.started
    page.wait_for_selector(chart, timeout=120_000)
    return seen, time.perf_counter() - server.started


def live_page() -> tuple[tuple[float, float], list[float], int]:
    """Start, repaint times of single letters, memory of our page."""
    with browsing() as page, serving("app.py") as server:
        start = first_verdict(server, page, ".lens-verdict .word", ".lens-picture[data-drawn]")
        page.wait_for_timeout(2_000)
        area = page.locator("textarea").first
        area.click()
        page.keyboard.press("Control+End")
        page.keyboard.type(" ")
        page.wait_for_timeout(1_500)
        times = repaint_times(page, lambda n: page.keyboard.type(LETTERS[n]), STROKES)
        return start, times, server.memory()


def peer_page(script: str) -> tuple[tuple[float, float], list[float], int]:
    """The same of a page of Streamlit's own parts, where a text is committed with Ctrl+Enter."""
    with browsing() as page, serving(f"tests/benchmarks/{script}") as server:
        start = first_verdict(server, page, "h2")
        page.wait_for_timeout(2_000)
        area = page.locator("textarea").first

        def stroke(number: int) -> None:
            area.press("Control+End")
            page.keyboard.type(LETTERS[number])
            page.keyboard.press("Control+Enter")

        stroke(0)
        page.wait_for_timeout(2_000)
        times = repaint_times(page, stroke, STROKES // 2)
        return start, times, server.memory()


def run() -> list[Row]:
    """Measure and return the rows of the figure sheet."""
    our_start, ours, our_memory = live_page()
    start, plain, memory = peer_page("plain_page.py")
    echo_start, echo, _ = peer_page("echo_page.py")
    p95, plain_p95 = quantile(ours, 0.95), quantile(plain, 0.95)
    echo_p95 = quantile(echo, 0.95)
    median, plain_median = statistics.median(ours), statistics.median(plain)
    return [
        Row(
            "one letter to the last chart repainted, 95th percentile (debounce not counted)",
            f"{p95:.0f} ms",
            f"{plain_p95:.0f} ms",
            f"{plain_p95 / p95:.1f} times sooner",
            "200 ms, 4 times",
            p95 <= 200 and plain_p95 / p95 >= 4,
        ),
        Row(
            "the same, median",
            f"{median:.0f} ms",
            f"{plain_median:.0f} ms",
            f"{plain_median / median:.1f} times sooner",
            "",
        ),
        Row(
            "one letter to the last chart, 95th percentile, beside a page that only echoes",
            f"{p95:.0f} ms",
            f"{echo_p95:.0f} ms",
            f"{p95 / echo_p95:.2f} of its time",
            "1.00",
            p95 <= echo_p95,
        ),
        Row(
            "start of the server to the first verdict, beside a page that only echoes",
            f"{our_start[0]:.1f} s",
            f"{echo_start[0]:.1f} s",
            f"{our_start[0] / echo_start[0]:.2f} of its time",
        ),
        *(
            Row(
                f"start of the server to the first {what} in the browser",
                f"{our_start[at]:.1f} s",
                f"{start[at]:.1f} s",
                f"{start[at] / our_start[at]:.1f} times sooner",
                target,
                start[at] / our_start[at] >= 3 if target else None,
            )
            for at, (what, target) in enumerate((("verdict", "3 times"), ("chart", "")))
        ),
        Row(
            "memory of the server",
            f"{our_memory / 1e6:.0f} MB",
            f"{memory / 1e6:.0f} MB",
            f"{memory / our_memory:.1f} times less",
            "3 times",
            memory / our_memory >= 3,
        ),
    ]


if __name__ == "__main__":
    print_table(TITLE, run())
