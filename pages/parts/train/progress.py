"""One run: its bars, controls and curves, its epochs, its last batch, a sentence of one's own."""

import streamlit as st

from lstm_core.analysis.captions import plural
from lstm_core.analysis.formatting import fixed_percent, percent
from lstm_core.runs import Run, Status
from pages.parts.train.batch_view import draw_batch
from pages.parts.train.common import (
    choose_run,
    current_run,
    draw_curves,
    draw_error,
    recipe_words,
    short_time,
    state_words,
    validation_share,
)
from pages.parts.train.control_panel import draw_controls
from pages.parts.train.epoch_table import draw_epochs
from pages.parts.train.own_sentence import draw_own_sentence
from pages.parts.train.waiting_list import draw_waiting

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
    """Draw the run; the timer begins or ends with a whole drawing of the page.

    That comes after everything was drawn: a browser forgets what is typed in a field that an
    unfinished drawing leaves out.
    """
    run = _draw(name)
    if run.alive != st.session_state.get(ALIVE):
        st.rerun()


def _draw(name: str) -> Run:
    run = current_run(name)
    draw_error()
    st.subheader(headline(run), anchor=False)
    st.caption(f"{recipe_words(run)}. {_numbers(run)}")
    if run.message and not run.alive:
        (st.error if run.status is Status.FAILED else st.info)(run.message)
    if run.status is Status.QUEUED:
        draw_waiting()
        return run
    _draw_bars(run)
    draw_controls(run)
    for warning in run.warnings[-3:]:
        st.warning(warning.sentence)
    with st.container(key="progress-parts"):  # columns by width, see style.css
        with st.container():
            _draw_curves(run)
        with st.container():
            draw_own_sentence(run)
        with st.container():
            draw_epochs(run)
    draw_batch(run)
    draw_waiting()
    return run


def headline(run: Run) -> str:
    """The run's state as a finding."""
    last = run.points[-1] if run.points else None
    if last is None or last.validation_accuracy is None:
        return f"“{run.name}”: {state_words(run)}"
    return (
        f"“{run.name}”: {state_words(run)}, validation accuracy "
        f"{validation_share(run, last.validation_accuracy)} after epoch {last.epoch}"
    )


def _numbers(run: Run) -> str:
    parts = []
    if run.status is Status.RUNNING and run.reviews_per_second:
        parts.append(f"{run.reviews_per_second:,.0f} reviews per second")
    if run.status in (Status.RUNNING, Status.PAUSED) and run.seconds_left is not None:
        parts.append(f"{short_time(run.seconds_left)} left")
    if run.seconds >= 1:
        parts.append(f"{short_time(run.seconds)} of training{' so far' if run.alive else ''}")
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
        if run.status is Status.PREPARING and run.start_expected:
            _draw_start(run, words)
            return
        if not stage.total or stage.total == 1:  # nothing to count: a sign that it works, and time
            st.caption(f"{words}, {short_time(run.stage_seconds)}")
            st.html(BUSY)
            return
        amount = f": {stage.done:,} of {stage.total:,}"
        st.progress(stage.share or 0.0, f"{words}{amount}, {short_time(run.stage_seconds)}")
        return
    between = stage is not None and not stage.total  # before the first steps, and at an epoch's end
    part = run.epoch_step / run.epoch_steps if run.epoch_steps else 0.0
    of_epoch = f"Epoch {run.epoch} of {run.epochs}"
    if run.step and not run.epoch_step and (between or not run.alive):
        part, of_epoch = 1.0, f"Epoch {run.epoch - 1} of {run.epochs}: done"
    elif run.epoch_steps:
        of_epoch += f": step {run.epoch_step:,} of {run.epoch_steps:,}"
    if stage is not None and between:
        of_epoch += f" ({stage.stage}, {short_time(run.stage_seconds)})"
    st.progress(min(part, 1.0), of_epoch)


def _draw_start(run: Run, words: str) -> None:
    """One bar from the click to the first step; it waits before its end when it takes longer."""
    waited, expected = run.asked_seconds, max(run.start_expected, 0.5)
    share = min(waited / expected, 1 - 0.1 / max(1.0, waited / expected))
    about = short_time(expected) if expected >= 1 else "1 s"
    st.progress(share, f"{words}: {short_time(waited)} since the start, about {about} expected")


def _draw_curves(run: Run) -> None:
    says = f"Loss and accuracy of {plural(run.step, 'step')} of {run.name}"
    draw_curves([run], key="curves", alt=says)
    st.caption(
        "The line is the mean over neighbouring batches, before the step that learned from them. "
        "The points are the validation part, reviews the model never learns from: a loss that "
        "rises there while the line falls is a sign of overfitting."
        if run.request.validation_share
        else "The line is the mean over neighbouring batches, before the step that learned from "
        "them. This run keeps no validation part apart."
    )
