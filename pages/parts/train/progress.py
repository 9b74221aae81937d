"""The run under way: its bars, its curves, pause, go on, stop."""

from collections.abc import Callable

import streamlit as st

from lstm_core.analysis.captions import plural
from lstm_core.analysis.formatting import NBSP, fixed_percent, percent
from lstm_core.errors import LstmLensError
from lstm_core.figures.training import curves_figure
from lstm_core.permissions import Visitor
from lstm_core.runs import Run, Status, continue_run, pause_run, stop_run
from pages.parts.common.figures import QUIET
from pages.parts.common.page import choose_model
from pages.parts.common.permission_gate import visitor
from pages.parts.components.chart import draw_chart
from pages.parts.train.common import (
    SAYS,
    TROUBLE,
    choose_run,
    control_refusal,
    draw_error,
    fresh,
    recipe_words,
    run_curve,
    short_time,
)

TICK = 0.5  # seconds between two looks: bars move at least once a second, drawing included
BUSY = '<div class="lens-busy" role="progressbar" aria-label="at work"></div>'
ALIVE = "train_was_alive"


def draw_progress() -> None:
    """Choose the run; what changes by itself is drawn again and again, only while it lives."""
    run = choose_run()
    if run is None:
        return
    st.session_state[ALIVE] = run.alive
    st.fragment(_follow, run_every=TICK if run.alive else None)(run.name)


def _follow(name: str) -> None:
    run = fresh(name)
    if run is None:
        st.rerun()
    assert run is not None
    if run.alive != st.session_state.get(ALIVE):
        st.rerun()  # the timer begins or ends with a whole drawing of the page
    draw_error()
    st.subheader(headline(run), anchor=False)
    st.caption(f"{recipe_words(run)}. {_numbers(run)}")
    if run.message and not run.alive:
        (st.error if run.status is Status.FAILED else st.info)(run.message)
    _draw_bars(run)
    _draw_buttons(run)
    for warning in run.warnings[-3:]:
        st.warning(f"After epoch {warning.epoch}: {warning.text}")
    _draw_curves(run)


def headline(run: Run) -> str:
    """The run's state as a finding."""
    last = run.points[-1] if run.points else None
    if last is None or last.validation_accuracy is None:
        return f"“{run.name}”: {SAYS[run.status]}"
    return (
        f"“{run.name}”: {SAYS[run.status]}, validation accuracy "
        f"{validation_share(run, last.validation_accuracy)} after epoch {last.epoch}"
    )


def validation_share(run: Run, accuracy: float) -> str:
    """A validation accuracy with its 95 % interval, where the number of reviews is known."""
    if not run.validation_reviews:
        return fixed_percent(accuracy)
    found = run.validation_interval(accuracy)
    low, high = fixed_percent(found.low), fixed_percent(found.high)
    reviews = plural(run.validation_reviews, "review")
    return f"{fixed_percent(accuracy)} (95{NBSP}% interval {low} to {high}, {reviews})"


def _numbers(run: Run) -> str:
    parts = []
    if run.status is Status.RUNNING and run.reviews_per_second:
        parts.append(f"{run.reviews_per_second:,.0f} reviews per second")
    if run.status in (Status.RUNNING, Status.PAUSED) and run.seconds_left is not None:
        parts.append(f"{short_time(run.seconds_left)} left")
    if run.seconds:
        parts.append(f"{short_time(run.seconds)} of training so far")
    best = max(run.points, key=lambda point: point.validation_accuracy or 0.0, default=None)
    if best is not None and best.validation_accuracy is not None:
        parts.append(
            f"highest validation accuracy {fixed_percent(best.validation_accuracy)} after epoch "
            f"{best.epoch}"
        )
    return ", ".join(parts).capitalize() + ("." if parts else "")


def _draw_bars(run: Run) -> None:
    """Always two bars: of the run, and of the epoch or of what is prepared or saved instead."""
    share = run.step / run.steps if run.steps else 0.0
    of_run = f"Run: step {run.step:,} of {run.steps:,}" if run.steps else "Run: not begun"
    st.progress(min(share, 1.0), f"{of_run} ({percent(share)})")
    stage = run.stage
    if stage is not None and run.status in (Status.PREPARING, Status.SAVING):
        words = (stage.stage[:1].upper() + stage.stage[1:]) or "Starting"
        if not stage.total or stage.total == 1:  # nothing to count: a sign that it works, and time
            st.caption(f"{words}, {short_time(run.stage_seconds)}")
            st.html(BUSY)
            return
        amount = f": {stage.done:,} of {stage.total:,}"
        st.progress(stage.share or 0.0, f"{words}{amount}, {short_time(run.stage_seconds)}")
        return
    part = run.epoch_step / run.epoch_steps if run.epoch_steps else 0.0
    of_epoch = f"Epoch {run.epoch} of {run.epochs}"
    if run.epoch_steps:
        of_epoch += f": step {run.epoch_step:,} of {run.epoch_steps:,}"
    if stage is not None and not stage.total:  # before the first steps, and between two epochs
        of_epoch += f" ({stage.stage}, {short_time(run.stage_seconds)})"
    st.progress(min(part, 1.0), of_epoch)


def _draw_buttons(run: Run) -> None:
    train = control_refusal(run.name, "train")
    with st.container(horizontal=True):
        if run.status is Status.PAUSED:
            _button("Resume", "go_on", continue_run, run, train)
        elif run.status in (Status.PREPARING, Status.RUNNING):
            _button("Pause", "pause", pause_run, run, train)
        if run.alive and run.status is not Status.SAVING:  # which is not left half done
            _button("Stop and save", "stop", stop_run, run, train)
        elif run.can_continue:
            _button("Resume from checkpoint", "go_on", continue_run, run, train)
        usable = run.has_bundle and not run.alive
        if usable and st.button("Use this model", key="use_now"):
            choose_model(run.name)
            st.rerun()  # what stands above the page is outside of this fragment


def _button(
    label: str, key: str, what: Callable[[str, Visitor], None], run: Run, refusal: str | None
) -> None:
    st.button(
        label,
        key=f"do_{key}",
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


def _draw_curves(run: Run) -> None:
    curve = run_curve(run)
    says = f"Loss and accuracy of {plural(run.step, 'step')} of {run.name}"
    draw_chart(curves_figure([curve], run.epochs), key="curves", config=QUIET, alt=says)
    st.caption(
        "The line is the mean over neighbouring batches, before the step that learned from them. "
        "The points are the validation part, reviews the model never learns from: when they turn "
        "away from the line, it learns by heart."
        if run.request.validation_share
        else "The line is the mean over neighbouring batches, before the step that learned from "
        "them. This run keeps no validation part apart."
    )
