"""How long a training would take: a few real steps measured in a process of their own."""

import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

import streamlit as st

from lstm_core.errors import LstmLensError
from lstm_core.runs import Estimate, RunRequest, estimate, known_estimate, running_run
from pages.parts.common.escape import escape_markdown
from pages.parts.common.permission_gate import allowed
from pages.parts.train.common import short_time

LOOK_SECONDS = 0.8
REST_SECONDS = 1.5  # settings that did not change for so long are worth measuring
_SINCE, _TICKING = "estimate_since", "estimate_ticking"


@dataclass
class EstimateQueue:
    """The measurement under way on this server: one at a time, for all visitors."""

    pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "estimate"))
    asked: "tuple[RunRequest, Future[Estimate]] | None" = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def ask(self, request: RunRequest) -> None:
        """Begin to measure, unless something is being measured."""
        with self.lock:
            if self.asked is None or self.asked[1].done():
                self.asked = request, self.pool.submit(estimate, request)

    def trouble(self, request: RunRequest) -> str:
        """Why a request could not be measured; empty when nothing went wrong."""
        if self.asked is None or self.asked[0] != request or not self.asked[1].done():
            return ""
        error = self.asked[1].exception()
        return str(error) if isinstance(error, LstmLensError | OSError) else ""


def draw_estimate(request: RunRequest) -> None:
    """Say how long it takes; sizes that were never measured are, once they stood still."""
    if not allowed().train:
        return
    ticking = known_estimate(request) is None and not _desk().trouble(request)
    st.session_state[_TICKING] = ticking
    st.fragment(_draw, run_every=LOOK_SECONDS if ticking else None)(request)


def _draw(request: RunRequest) -> None:
    found, trouble = known_estimate(request), _desk().trouble(request)
    if found is not None:
        st.markdown(
            f"About **{_time(found.seconds)} of training** on this machine: "
            f"about {found.steps:,} steps of {1_000 * found.seconds_a_step:.3g} ms, as measured "
            "here. Reading the data and saving come on top."
        )
    elif trouble:
        st.warning(escape_markdown(trouble))
    elif running := running_run():
        st.caption(f"How long it takes is measured once the run {running} has ended.")
    else:
        st.caption("Measuring a few real steps on this machine …")
        _measure(request)
    if st.session_state.get(_TICKING) and (found is not None or trouble):
        st.rerun()  # the timer ends with a whole drawing of the page


def _time(seconds: float) -> str:
    return short_time(seconds) if seconds >= 1 else "a second"


def _measure(request: RunRequest) -> None:
    """Ask for a measurement when the sizes have not changed for a moment."""
    sizes = request.settings
    seen, since = st.session_state.get(_SINCE, (None, 0.0))
    if seen != sizes:
        since = time.monotonic()
        st.session_state[_SINCE] = (sizes, since)
    if time.monotonic() - since >= REST_SECONDS:
        _desk().ask(request)


@st.cache_resource(show_spinner=False)
def _desk() -> EstimateQueue:
    return EstimateQueue()
