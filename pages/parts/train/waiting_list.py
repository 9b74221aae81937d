"""The queue of trainings: what waits, in which order, and how to change that."""

from collections.abc import Callable
from functools import partial

import streamlit as st

from lstm_core.permissions import Visitor
from lstm_core.runs import move_waiting, read_run, remove_waiting, waiting_runs
from lstm_core.runs.control import may_control
from pages.parts.common.permission_gate import visitor
from pages.parts.train.common import control_refusal, recipe_words
from pages.parts.train.control_panel import run_action

Action = Callable[[str, Visitor], None]


def draw_waiting() -> None:
    """One line for each run that waits."""
    waiting, asking = waiting_runs(), visitor()
    if not waiting:
        return
    own = [name for name in waiting if may_control(name, asking)]
    st.markdown(f"**Queue:** {len(waiting)} waiting")
    for place, name in enumerate(waiting, start=1):
        refusal = control_refusal(name, "train")
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"{place}. “{name}”: {recipe_words(read_run(name))}")
            if refusal is None:
                _button("Earlier", f"earlier_{name}", partial(_move, places=-1), name, own[0])
                _button("Later", f"later_{name}", partial(_move, places=1), name, own[-1])
                _button("Remove", f"remove_{name}", remove_waiting, name)


def _button(label: str, key: str, what: Action, name: str, end: str = "") -> None:
    st.button(label, key=key, on_click=run_action, args=(what, name), disabled=name == end)


def _move(name: str, who: Visitor, *, places: int) -> None:
    move_waiting(name, places, who)
