"""Controls of a run: play, pause, one batch, one epoch, reset, speed, changed settings."""

from collections.abc import Callable
from functools import partial

import streamlit as st

from lstm_core.errors import LstmLensError
from lstm_core.permissions import Visitor
from lstm_core.runs import Run, Status, continue_run, pause_run, stop_run
from lstm_core.runs.controls import SPEEDS, change_settings, reset_run, set_speed, step_run
from lstm_core.runs.controls_file import FASTEST, read_controls
from lstm_core.runs.folder import folder_of
from pages.parts.common.page import choose_model
from pages.parts.common.permission_gate import visitor
from pages.parts.components.callbacks import value_of
from pages.parts.train.common import TROUBLE, control_refusal

PAUSE_FIRST = "Pause the run first."
RATE, BATCH, DROPOUT = "step_learning_rate", "step_batch_size", "step_dropout"  # session keys
_SHOWN = "step_settings_of"  # session key: the run and step whose settings the fields show


def draw_controls(run: Run) -> None:
    """The buttons that fit the run's state, and in a pause the settings of the next steps."""
    refusal = control_refusal(run.name, "train")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if run.alive:
            _draw_alive(run, refusal)
        elif run.can_continue:
            _button("Resume from checkpoint", "go_on", continue_run, run, refusal)
        if run.has_bundle and not run.alive and st.button("Use this model", key="use_now"):
            choose_model(run.name)
            st.rerun()  # what stands above the page is outside of this fragment
        if run.is_example and st.button("Use the shipped model", key="use_shipped"):
            choose_model(None)
            st.rerun()
    if run.status is Status.PAUSED and refusal is None and run.settings is not None:
        _draw_settings(run)


def _draw_alive(run: Run, refusal: str | None) -> None:
    paused = run.status is Status.PAUSED
    if paused:
        _button("Play", "go_on", continue_run, run, refusal, icon=":material/play_arrow:")
    elif run.status in (Status.PREPARING, Status.RUNNING):
        _button("Pause", "pause", pause_run, run, refusal, icon=":material/pause:")
    if run.status is Status.SAVING:  # which is not left half done
        return
    why = refusal or (None if paused else PAUSE_FIRST)
    _button("One batch", "batch", step_run, run, why)
    _button("One epoch", "epoch", partial(step_run, epoch=True), run, why)
    _button("Reset", "reset", reset_run, run, why)
    _button("Stop and save", "stop", stop_run, run, refusal)
    _draw_speed(run, refusal)


def _draw_speed(run: Run, refusal: str | None) -> None:
    key = f"speed_{run.name}"
    st.session_state.setdefault(key, read_controls(folder_of(run.name)).speed)
    st.selectbox(
        "Speed",
        SPEEDS[::-1],
        format_func=lambda speed: "full" if speed == FASTEST else f"{speed:g} batches/s",
        key=key,
        on_change=_set_speed,
        args=(run.name, key),
        disabled=refusal is not None,
        width=170,
    )


def _set_speed(name: str, key: str) -> None:
    """Set the chosen speed; a field that vanishes with the end of its run may report a change."""
    speed = float(value_of(key, FASTEST))
    if speed != read_controls(folder_of(name)).speed:
        run_action(lambda run, who: set_speed(run, speed, who), name)


def _draw_settings(run: Run) -> None:
    """Fields for learning rate, batch size and dropout; they hold from the next step on."""
    assert run.settings is not None
    shown = (run.name, run.settings)
    if st.session_state.get(_SHOWN) != shown or RATE not in st.session_state:
        st.session_state[_SHOWN] = shown
        st.session_state[RATE] = run.settings.learning_rate
        st.session_state[BATCH] = run.settings.batch_size
        st.session_state[DROPOUT] = run.settings.dropout
    with st.expander("Settings of the next steps"):
        boxes = st.columns(3)
        boxes[0].number_input(
            "Learning rate",
            format="%g",
            step=1e-4,
            key=RATE,
            help="Adam's learning rate. The recommended recipe scales it by its schedule.",
        )
        boxes[1].number_input("Batch size", step=1, key=BATCH)
        boxes[2].number_input(
            "Dropout",
            step=0.05,
            key=DROPOUT,
            help="Share of the embedding's columns that are set to zero in a step, one mask for "
            "the whole batch.",
        )
        st.button("Apply", key="do_change", on_click=_change, args=(run.name,))
        st.caption(
            "Recorded in the run: a resumed training uses the same settings at the same steps. "
            f"{_log(run)}"
        )


def _log(run: Run) -> str:
    """The changes so far as a sentence."""
    changes = [
        f"from step {one.step + 1:,}: learning rate {one.learning_rate:g}, batch size "
        f"{one.batch_size:,}, dropout {one.dropout:g}"
        for one in run.settings_log
    ]
    return f"Changed {'; '.join(changes)}." if changes else "Nothing was changed so far."


def _change(name: str) -> None:
    rate, size, dropout = value_of(RATE), value_of(BATCH), value_of(DROPOUT)
    if None in (rate, size, dropout):
        return

    def change(run: str, who: Visitor) -> None:
        change_settings(
            run, who, learning_rate=float(rate), batch_size=int(size), dropout=float(dropout)
        )

    run_action(change, name)


def _button(
    label: str,
    key: str,
    what: Callable[[str, Visitor], None],
    run: Run,
    refusal: str | None,
    icon: str | None = None,
) -> None:
    st.button(
        label,
        key=f"do_{key}",
        icon=icon,
        on_click=run_action,
        args=(what, run.name),
        disabled=refusal is not None,
        help=refusal,
    )


def run_action(what: Callable[[str, Visitor], None], name: str) -> None:
    """Do something to a run; trouble is told at the next drawing."""
    try:
        what(name, visitor())
    except LstmLensError as error:
        st.session_state[TROUBLE] = str(error)
