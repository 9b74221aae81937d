"""How long a training would take: a few real steps measured in a process of their own."""

import time

import streamlit as st

from lstm_core.analysis.captions import plural
from lstm_core.errors import LstmLensError
from lstm_core.runs import Estimate, RunRequest, known_estimate, running_run, start_estimate
from lstm_core.runs.estimate import TASK_KIND, estimate_key
from lstm_core.runs.standby import keep_ready
from lstm_core.tasks.folder import Phase, TaskStatus
from pages.parts.common.escape import escape_markdown
from pages.parts.common.permission_gate import allowed, visitor
from pages.parts.common.task_progress import task_status
from pages.parts.train.common import short_time

LOOK_SECONDS = 0.8
ROUND_TO = ((20, 1), (120, 5), (600, 30), (7_200, 60))  # below so many seconds, steps of so many
REST_SECONDS = 1.5  # settings that did not change for so long are worth measuring
_SINCE, _TICKING, _REFUSED = "estimate_since", "estimate_ticking", "estimate_refused"


def draw_estimate(request: RunRequest) -> None:
    """Say how long it takes; sizes that were never measured are, once they stood still."""
    if not allowed().train:
        return
    keep_ready(visitor(), request.settings)
    found = known_estimate(request)
    ticking = found is None and not task_status(TASK_KIND, estimate_key(request)).error
    st.session_state[_TICKING] = ticking
    if ticking:
        st.fragment(_look, run_every=LOOK_SECONDS)(request)
    else:
        _draw(request, found)


def _look(request: RunRequest) -> None:
    _draw(request, known_estimate(request))


def _draw(request: RunRequest, found: Estimate | None) -> None:
    status = task_status(TASK_KIND, estimate_key(request))
    trouble = status.error or st.session_state.get(_REFUSED, "")
    if found is not None:
        st.markdown(
            f"**{wait_range(found)} until the model is ready** on this machine: about "
            f"{_time(found.start)} until the first step, then about "
            f"{plural(found.steps, 'step')} of {1_000 * found.seconds_a_step:.3g} ms, as measured "
            "here, and the measuring and saving."
        )
    elif trouble and not status.active:
        st.warning(escape_markdown(trouble))
    elif running := running_run():
        st.caption(f"How long it takes is measured once the run {running} has ended.")
    else:
        waiting = status.phase is Phase.QUEUED
        st.caption(status.sentence if waiting else "Measuring a few real steps on this machine …")
        _measure(request, status)
    if st.session_state.get(_TICKING) and (found is not None or status.error):
        st.rerun()  # the timer ends with a whole drawing of the page


def wait_range(found: Estimate) -> str:
    """The whole wait as a range of rounded times: "20 s to 45 s"."""
    low, high = short_time(_rounded(found.low)), short_time(_rounded(found.high, up=True))
    return low if low == high else f"{low} to {high}"


def _rounded(seconds: float, *, up: bool = False) -> float:
    """Seconds in steps of a readable size; the range never becomes narrower."""
    size = next((size for most, size in ROUND_TO if seconds < most), 600)
    return max(1, (-(-seconds // size) if up else seconds // size) * size)


def _time(seconds: float) -> str:
    return short_time(seconds) if seconds >= 1 else "a second"


def _measure(request: RunRequest, status: TaskStatus) -> None:
    """Ask for a measurement when the sizes have not changed for a moment."""
    sizes = request.settings
    seen, since = st.session_state.get(_SINCE, (None, 0.0))
    if seen != sizes:
        since = time.monotonic()
        st.session_state[_SINCE] = (sizes, since)
        st.session_state.pop(_REFUSED, None)
    if time.monotonic() - since >= REST_SECONDS and not status.active:
        try:
            start_estimate(request, visitor())
        except LstmLensError as error:
            st.session_state[_REFUSED] = str(error)
