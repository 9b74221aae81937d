"""A background task on a page: progress bar, place in the queue, stop, error and retry.

One fragment for all pages. It looks again every second while the task waits or runs, and draws the
whole page once when that changes.
"""

from collections.abc import Callable
from functools import partial

import streamlit as st

from lstm_core.errors import LstmLensError
from lstm_core.permissions import Visitor
from lstm_core.tasks import queue
from lstm_core.tasks.folder import TaskStatus
from pages.parts.common.escape import escape_markdown
from pages.parts.common.permission_gate import visitor

POLL_SECONDS = 1.0
NOTE = "This runs in the background. You can leave or reload this page."
_TROUBLE = "task_trouble"  # session key: sentences for the next drawing, by kind

Offer = Callable[[TaskStatus], None]
Action = Callable[[Visitor], object]  # done for the visitor who clicks, with their rights then


def task_status(kind: str, key: str) -> TaskStatus:
    """How a task of this visitor stands."""
    return queue.status(kind, key, visitor())


def draw_task(kind: str, key: str, offer: Offer, *, note: str = NOTE) -> None:
    """Draw a task: its progress while it waits or runs, else what to do.

    Args:
        kind: Its kind.
        key: Its key.
        offer: Draws what starts it, and what was found; called while it neither waits nor runs.
        note: Caption below the bar.
    """
    found = task_status(kind, key)
    if found.active:
        st.fragment(_follow, run_every=POLL_SECONDS)(kind, key, note)
        return
    if trouble := st.session_state.pop(f"{_TROUBLE}_{kind}", ""):
        st.warning(escape_markdown(trouble))
    if found.error:
        st.warning(escape_markdown(found.error))
    offer(found)


def start_button(
    label: str,
    kind: str,
    start: Action,
    *,
    permission: str = "measure",
    primary: bool = False,
    key: str = "",
) -> None:
    """A button that starts a task; a failed start is told where the task is drawn.

    Args:
        label: What it says.
        kind: Kind of the task.
        start: Asks the core for it for a visitor; raises an `LstmLensError` when it is refused.
        permission: What the visitor needs, said beside a disabled button.
        primary: It is the main action of the page.
        key: Of the button; made of the kind unless given.
    """
    refusal = visitor().permissions.refusal(permission) if permission else None
    st.button(
        label,
        key=key or f"start_{kind}",
        type="primary" if primary else "secondary",
        on_click=attempt,
        args=(kind, start),
        disabled=refusal is not None,
        help=refusal,
    )


def attempt(kind: str, act: Action) -> None:
    """Do something to a task; what goes wrong is told at its next drawing."""
    try:
        act(visitor())
    except LstmLensError as error:
        st.session_state[f"{_TROUBLE}_{kind}"] = str(error)


def _follow(kind: str, key: str, note: str) -> None:
    found = task_status(kind, key)
    if not found.active:
        st.rerun()  # the clock ends with a whole drawing of the page
    if trouble := st.session_state.pop(f"{_TROUBLE}_{kind}", ""):
        st.warning(escape_markdown(trouble))
    share = found.progress.share if found.progress else None
    st.progress(share or 0.0, escape_markdown(found.sentence))
    st.caption(note)
    st.button(
        "Stop",
        key=f"stop_{kind}",
        disabled=found.stopping,
        on_click=attempt,
        args=(kind, partial(queue.stop, kind, key)),
    )
