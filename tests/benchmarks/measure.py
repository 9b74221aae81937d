"""What the benchmarks share: timing side by side, servers, a browser, a Markdown table."""

import shutil
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tests.support.server import CHROMIUM_ARGUMENTS


@dataclass(frozen=True)
class Row:
    """One line of the figure sheet.

    Attributes:
        what: What was measured, as words.
        ours: Our figure with its unit.
        peer: The peer's figure, measured in the same run; empty without a peer.
        ratio: How many times better ours is than the peer's.
        target: What was to be reached; empty without a target.
        met: Whether it was reached; None without a target.
    """

    what: str
    ours: str
    peer: str = ""
    ratio: str = ""
    target: str = ""
    met: bool | None = None


def print_table(title: str, rows: Sequence[Row]) -> None:
    """Print rows as a Markdown table."""
    print(f"\n### {title}\n")
    print(markdown(rows), flush=True)


def markdown(rows: Sequence[Row]) -> str:
    """Rows as a Markdown table."""
    lines = [
        "| what | ours | peer | ratio | target | met |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for row in rows:
        met = {True: "yes", False: "no", None: ""}[row.met]
        cells = (row.what, row.ours, row.peer, row.ratio, row.target, met)
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def quantile(values: Sequence[float], share: float) -> float:
    """The value below which that share of the values lies."""
    ranked = sorted(values)
    return ranked[min(int(share * len(ranked)), len(ranked) - 1)]


def seconds(work: Callable[[], Any]) -> float:
    """Wall time of one call."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def interleaved(
    ours: Callable[[], Any], peer: Callable[[], Any], rounds: int
) -> tuple[float, float]:
    """Median seconds of two pieces of work, taken in turns so that both see the same machine."""
    pairs = [(seconds(ours), seconds(peer)) for _ in range(rounds)]
    return statistics.median(p[0] for p in pairs), statistics.median(p[1] for p in pairs)


@contextmanager
def browsing(width: int = 1280, height: int = 1600) -> Iterator[Any]:
    """A page in Debian's Chromium that notes when messages leave and when charts were repainted."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=CHROMIUM_ARGUMENTS
        )
        page = browser.new_page(viewport={"width": width, "height": height})
        page.add_init_script(WATCH)
        yield page
        browser.close()


# Notes the time of the last message sent and the time by which the last change inside a chart was
# on the screen (the frame after the change). A picture on a canvas changes an attribute when it is
# painted; a Plotly chart changes its elements.
WATCH = """
window.watch = { acted: 0, sent: 0, painted: 0, changed: 0 };
for (const name of ["keydown", "click"]) {
  document.addEventListener(name, () => { window.watch.acted = performance.now(); }, true);
}
const send = WebSocket.prototype.send;
WebSocket.prototype.send = function (...values) {
  window.watch.sent = performance.now();
  return send.apply(this, values);
};
const charts = ".js-plotly-plot, .lens-picture, .lens-cell svg, [data-testid=stPlotlyChart]";
const start = () => new MutationObserver((changes) => {
  for (const change of changes) {
    const at = change.target.nodeType === 1 ? change.target : change.target.parentElement;
    if (!at || !at.closest) continue;
    const whole = [...change.addedNodes].some((node) => node.querySelector?.(charts));
    if (!whole && !at.closest(charts)) continue;
    window.watch.changed = performance.now();
    requestAnimationFrame(() => setTimeout(() => { window.watch.painted = performance.now(); }));
    return;
  }
}).observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
document.documentElement ? start() : document.addEventListener("DOMContentLoaded", start);
"""


def repaint_times(
    page: Any, act: Callable[[int], None], rounds: int, quiet: int = 500, since: str = "sent"
) -> list[float]:
    """Milliseconds from the message that an act sends to the last chart on the screen.

    Since "acted": from the key or click itself, for charts that do not wait for the answer.
    """
    times = []
    for number in range(rounds):
        page.evaluate("() => { watch.sent = 0; watch.painted = 0; watch.changed = 0; }")
        act(number)
        done = f"() => watch.sent > 0 && watch.painted > watch.{since}"
        page.wait_for_function(done, timeout=30_000)
        page.wait_for_function(
            f"() => performance.now() - watch.changed > {quiet} && watch.painted >= watch.changed",
            timeout=30_000,
        )
        times.append(page.evaluate(f"() => watch.painted - watch.{since}"))
    return times
