"""Lets an open page notice that a training began or ended on this machine, whoever started it.

The timer is slow and draws nothing: it asks who holds the machine's lock, which takes microseconds,
and only when that is somebody else than the page shows the page is drawn once more.
"""

import streamlit as st

from lstm_core.runs import running_run, start_waiting
from pages.parts.common.permission_gate import allowed

LOOK_SECONDS = 5.0  # fifty idle pages then cost about a sixteenth of a core


def watch_runs() -> None:
    """Draw this page again as soon as another training runs than the one it shows."""
    st.fragment(_look, run_every=LOOK_SECONDS)(running_run())


def _look(shown: str | None) -> None:
    if allowed().train:
        start_waiting()  # where a killed training could not
    if running_run() != shown:
        st.rerun()
