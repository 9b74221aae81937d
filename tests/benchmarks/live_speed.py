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
STARTS = 7
SCRIPTS = ("app.py", "tests/benchmarks/echo_page.py")
SEEN = {  # by script: the prediction, or the number in its place, and the chart
    "app.py": (".lens-verdict .word", ".lens-picture[data-drawn]"),
    "tests/benchmarks/echo_page.py": ("h2", ".js-plotly-plot .hm image"),
    "tests/benchmarks/plain_page.py": ("h2", ".js-plotly-plot .main-svg"),
}


def first_verdict(server: Server, page: Any, script: str) -> tuple[float, float]:
    """Seconds from the start of the server to the first verdict and the first chart on screen."""
    verdict, chart = SEEN[script]
    page.goto(server.url, wait_until="commit")
    page.wait_for_selector(verdict, timeout=120_000)
    seen = time.perf_counter() - server.started
    page.wait_for_selector(chart, timeout=120_000)
    return seen, time.perf_counter() - server.started


def starts_in_turns() -> list[tuple[float, float]]:
    """Median seconds to the first verdict and chart, of our page and of the one that echoes."""
    times: dict[str, list[tuple[float, float]]] = {script: [] for script in SCRIPTS}
    for script in SCRIPTS * STARTS:
        with browsing() as page, serving(script) as server:
            times[script].append(first_verdict(server, page, script))
    columns = [zip(*times[script], strict=True) for script in SCRIPTS]
    return [(statistics.median(first), statistics.median(last)) for first, last in columns]


def live_page() -> tuple[list[float], int]:
    """Repaint times of single letters, memory of our page."""
    with browsing() as page, serving("app.py") as server:
        first_verdict(server, page, "app.py")
        page.wait_for_timeout(2_000)
        area = page.locator("textarea").first
        area.click()
        page.keyboard.press("Control+End")
        page.keyboard.type(" ")
        page.wait_for_timeout(1_500)
        times = repaint_times(page, lambda n: page.keyboard.type(LETTERS[n]), STROKES)
        return times, server.memory()


def peer_page(script: str) -> tuple[tuple[float, float], list[float], int]:
    """The same of a page of Streamlit's own parts, where a text is committed with Ctrl+Enter."""
    with browsing() as page, serving(script) as server:
        start = first_verdict(server, page, script)
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
    our_start, echo_start = starts_in_turns()
    ours, our_memory = live_page()
    start, plain, memory = peer_page("tests/benchmarks/plain_page.py")
    _, echo, _ = peer_page(SCRIPTS[1])
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
        *(
            Row(
                f"start of the server to the first {what}, beside a page that only echoes, "
                f"median of {STARTS} in turns",
                f"{our_start[at]:.2f} s",
                f"{echo_start[at]:.2f} s",
                f"{our_start[at] / echo_start[at]:.2f} of its time",
                target,
                our_start[at] <= echo_start[at] if target else None,
            )
            for at, (what, target) in enumerate((("verdict", ""), ("chart", "1.00")))
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
