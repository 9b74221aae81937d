"""The states page against a plain page with Keras and six charts, in a real Chromium.

python -m tests.benchmarks.states_speed [rounds]
"""

import statistics
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

from tests.benchmarks.measure import WATCH, Row, browsing, print_table, quantile, repaint_times
from tests.support.server import Server, serving

TITLE = "The states page against a plain page with Keras and six charts"
ROUNDS = 24
PEER_EVERY = 5  # rounds: a change of the plain page takes seconds
OPENINGS = 4
REVIEW = "It was a long and funny film about a good man and his very old horse in the hills. " * 18
TEXT = quote(REVIEW)
ALL_DRAWN = "() => document.querySelectorAll('.js-plotly-plot .hm image').length >= 6"
# Notes when the message with the figures came in: the first one with more than 20 kB.
ARRIVAL = """
window.arrived = 0;
const Socket = window.WebSocket;
window.WebSocket = class extends Socket {
  constructor(...values) {
    super(...values);
    this.addEventListener("message", ({ data }) => {
      const size = data.byteLength ?? data.size ?? data.length;
      if (!window.arrived && size > 20000) window.arrived = performance.now();
    });
  }
};
"""


def opening(server: Server, path: str) -> tuple[float, float]:
    """Milliseconds to six heatmaps, from the start of the page and from the figures' arrival."""
    with browsing() as page:
        page.add_init_script(ARRIVAL)
        page.goto(f"{server.url}{path}?text={TEXT}")
        page.wait_for_function(ALL_DRAWN, polling="raf", timeout=120_000)
        now, arrived = page.evaluate("() => [performance.now(), window.arrived]")
        return now, now - arrived


def changes(
    ours: Server, peer: Server, link: str, act: Callable[[Any, int], None], rounds: int
) -> tuple[list[float], list[float]]:
    """Repaint times of one kind of change, and of the plain page's in between."""
    our_times: list[float] = []
    peer_times: list[float] = []
    with browsing() as page, _second_tab(page) as other:
        for tab, url in ((page, f"{ours.url}{link}"), (other, f"{peer.url}/?text={TEXT}")):
            tab.goto(url)
            tab.wait_for_selector(".js-plotly-plot .main-svg, .lens-cell svg", timeout=120_000)
            tab.wait_for_timeout(3_000)
        for number in range(rounds + 1):
            page.bring_to_front()
            our_times += repaint_times(page, lambda _, n=number: act(page, n), 1, since="acted")
            if number % PEER_EVERY == 0:
                other.bring_to_front()
                peer_times += repaint_times(
                    other, lambda _, n=number: next_unit(other, n), 1, since="acted"
                )
    return our_times[1:], peer_times[1:]  # the first of each warms up


@contextmanager
def _second_tab(page: Any) -> Iterator[Any]:
    """Another tab of the same browser, which watches itself as well."""
    tab = page.context.browser.new_page(viewport={"width": 1280, "height": 1600})
    tab.add_init_script(WATCH)
    yield tab
    tab.close()


def next_unit(page: Any, number: int) -> None:
    """One press on the plus of the unit, later on its minus; at the last unit the other one."""
    buttons = [page.get_by_test_id(f"stNumberInputStep{way}") for way in ("Up", "Down")]
    first, second = buttons if number % 20 < 10 else buttons[::-1]
    (first if first.is_enabled() else second).click()


def next_step(page: Any, number: int) -> None:
    """One press of an arrow key on the slider."""
    thumb = page.get_by_role("slider").first
    thumb.press("ArrowRight" if number % 40 < 30 else "ArrowLeft")


def next_cell(page: Any, number: int) -> None:
    """One press of an arrow key in the cell diagram."""
    page.get_by_role("application").press("ArrowRight" if number % 40 < 30 else "ArrowLeft")


def next_order(page: Any, number: int) -> None:
    """Another order of units, by keyboard."""
    box = page.get_by_role("combobox", name="Order of units")
    box.click()
    page.keyboard.press("ArrowUp" if number % 2 else "ArrowDown")
    page.keyboard.press("Enter")


def next_clamp(page: Any, number: int) -> None:
    """One of the two presets of the article."""
    page.get_by_role("button", name="Copy" if number % 2 else "Clear and write").click()


def run(rounds: int = ROUNDS) -> list[Row]:
    """Measure and return the rows of the figure sheet."""
    plain_script = "tests/benchmarks/plain_states_page.py"
    with serving("app.py") as ours, serving(plain_script) as peer:
        for address in (f"{ours.url}/states", peer.url):  # a server's first visitor pays imports
            with browsing() as page:
                page.goto(address)
                page.wait_for_selector(".js-plotly-plot .main-svg", timeout=120_000)
        rows = _opening_rows(ours, peer)
        for name, act, view in CHANGES:
            link = f"/states?text={TEXT}&view={view}"
            times, plain = changes(ours, peer, link, act, rounds)
            print(f"{name}: done", file=sys.stderr, flush=True)
            for share, limit in ((0.5, None), (0.95, 150)):
                what = f"{name}: change to the last chart repainted, {SHARES[share]}"
                rows.append(_row(what, times, plain, share, limit))
    return rows


def _opening_rows(ours: Server, peer: Server) -> list[Row]:
    pairs = [(opening(ours, "/states"), opening(peer, "/")) for _ in range(OPENINGS)]
    whole = ([a[0] for a, _ in pairs], [b[0] for _, b in pairs])
    after = ([a[1] for a, _ in pairs], [b[1] for _, b in pairs])
    return [
        _row("opening a 300-word review to six heatmaps, median", *whole, 0.5, None),
        _row("the same from the arrival of the first figure, median", *after, 0.5, 1_000),
    ]


CHANGES = (
    ("unit", next_unit, "Overview"),
    ("step", next_step, "Overview"),
    ("order", next_order, "Overview"),
    ("clamp", next_clamp, "interventions"),
    ("step, lines of one unit", next_step, "One+unit"),
    ("unit, lines of one unit", next_unit, "One+unit"),
    ("step, cell diagram", next_cell, "step"),
)
SHARES = {0.5: "median", 0.95: "95th percentile"}


def _row(what: str, ours: list[float], peer: list[float], share: float, limit: float | None) -> Row:
    a, b = (
        (statistics.median(times) if share == 0.5 else quantile(times, share))
        for times in (ours, peer)
    )
    target, met = ("", None) if limit is None else (f"{limit:,.0f} ms", a <= limit)
    return Row(what, f"{a:.0f} ms", f"{b:.0f} ms", f"{b / a:.1f} times sooner", target, met)


if __name__ == "__main__":
    print_table(
        TITLE,
        run(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS),
    )
