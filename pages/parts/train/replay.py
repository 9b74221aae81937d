"""Replay: tracked reviews traced at every snapshot of a run, on the same charts."""

import time

import numpy as np
import streamlit as st

from lstm_core.analysis.captions import plural, quoted, short
from lstm_core.analysis.formatting import p_positive, signed
from lstm_core.errors import LstmLensError
from lstm_core.figures.axes import Places
from lstm_core.figures.states import NAMES, heat_panel, running_panel
from lstm_core.figures.subplots import Stack, draw_stack
from lstm_core.figures.training import curves_figure
from lstm_core.recurrent.lstm import QUANTITIES
from lstm_core.recurrent.trace import Trace
from lstm_core.runs import Run, SnapshotLog, read_snapshots
from lstm_core.runs.epochs import kept_epochs, model_epoch
from lstm_core.runs.folder import folder_of
from pages.parts.common.escape import escape_markdown
from pages.parts.common.figures import QUIET
from pages.parts.common.link import linked_choice, linked_value, whole_number
from pages.parts.components.chart import draw_chart
from pages.parts.train.common import choose_run, current_run, draw_error, run_curve
from pages.parts.train.epoch_table import draw_use

SECONDS_A_FRAME = 0.8
PLAYING, FRAME, _LAST = "film_playing", "snapshot", "film_last"


def draw_replay() -> None:
    """Choose the run; the film below runs by itself while it plays."""
    run = choose_run()
    if run is None:
        return
    playing = bool(st.session_state.get(PLAYING))
    st.session_state["film_timer"] = playing
    st.fragment(_draw, run_every=SECONDS_A_FRAME if playing else None)(run.name)


def _draw(name: str) -> None:
    run = current_run(name)
    draw_error()
    film = read_snapshots(name)
    if not film.frames or not film.probes:
        st.info(
            "This run has no snapshots yet: they need tracked reviews, and the first one is taken "
            "when training starts."
        )
        return
    _move_on(len(film.frames))
    probe, quantity, frame = _choose(film)
    try:
        trace = film.trace(frame, probe)
    except LstmLensError as error:
        st.error(escape_markdown(str(error)))
        return
    _draw_moment(run, film, frame, trace, quantity)
    if bool(st.session_state.get(PLAYING)) != st.session_state["film_timer"]:
        st.rerun()  # the timer begins or stops with a whole drawing of the page


def _choose(film: SnapshotLog) -> tuple[int, str, int]:
    """The probe, the quantity and the frame."""
    boxes = st.columns([3, 2])
    old = {short(text, 70): str(number) for number, text in enumerate(film.probes, start=1)}
    probe = linked_choice(
        boxes[0].selectbox,
        "Tracked review",
        {number: text for text, number in old.items()},
        key="probe",
    )
    quantity = linked_choice(
        boxes[1].selectbox,
        "Quantity",
        {name: NAMES[name] for name in QUANTITIES},
        key="replay_quantity",
        default="hidden_state",
        old=("film_show",),
        aliases={"Candidate g": "candidate"},
    )
    last = len(film.frames)
    boxes = st.columns([1, 6], vertical_alignment="bottom")
    boxes[0].toggle("Play", key=PLAYING, help="One snapshot after the other, to the last one.")
    if last == 1:
        return int(probe) - 1, quantity, 0
    st.session_state[FRAME] = min(st.session_state.get(FRAME, last), last)
    frame = linked_value(FRAME, last, whole_number(1, last), old=("frame",))
    boxes[1].slider(
        "Training step", 1, last, key=FRAME, format="snapshot %d", persist_state="session"
    )
    return int(probe) - 1, quantity, frame - 1


def _move_on(last: int) -> None:
    """While it plays: the next frame; from the last one it begins again only when asked again."""
    now = time.monotonic()
    if not st.session_state.get(PLAYING) or last < 2:
        return
    if now - st.session_state.get(_LAST, 0.0) < 0.8 * SECONDS_A_FRAME:
        return
    first_look = now - st.session_state.get(_LAST, 0.0) > 3 * SECONDS_A_FRAME
    st.session_state[_LAST] = now
    at = st.session_state.get(FRAME, last)
    if at >= last:
        st.session_state[FRAME] = 1 if first_look else last
        st.session_state[PLAYING] = first_look
    else:
        st.session_state[FRAME] = at + 1


def _draw_moment(run: Run, film: SnapshotLog, frame: int, trace: Trace, quantity: str) -> None:
    moment = film.frames[frame]
    scale = run.epochs / run.steps if run.steps else 0.0
    when = f"After {plural(moment.step, 'step')}" if moment.step else "Before the first step"
    st.subheader(
        f"{when}: {p_positive(trace.verdict_probability)} "
        f"(snapshot {frame + 1} of {len(film.frames)})",
        anchor=False,
    )
    left, right = st.columns([3, 2], gap="large")
    with left:
        places = Places.of(trace.encoding, padding=False)
        stack = Stack(
            name="film",
            labels=places.labels,
            panels=[
                running_panel(trace, places.first),
                heat_panel(trace, quantity, places.first, _largest(trace, quantity)),
            ],
            order=range(trace.hidden_state.shape[1]),
        )
        draw_chart(
            draw_stack(stack), key="film_states", config=QUIET, alt=f"{when}: {NAMES[quantity]}"
        )
        st.caption(
            "The running probability and one quantity of every unit, as on the other pages, read "
            "with the weights that the model had at this moment."
        )
    with right:
        curve = run_curve(run)
        if len(curve.loss):
            figure = curves_figure([curve], run.epochs, mark=moment.step * scale)
            draw_chart(figure, key="film_curves", config=QUIET, alt="Loss and accuracy")
            st.caption("The vertical line is the moment of the picture.")
        kept = [one.epoch for one in kept_epochs(folder_of(run.name))]
        at = [point.epoch for point in run.points if point.step == moment.step]
        if at and at[0] in kept and at[0] != model_epoch(run):
            draw_use(run, at[0])


def _largest(trace: Trace, quantity: str) -> str:
    """Where the quantity is farthest from zero."""
    first = min(trace.encoding.first_word, trace.encoding.maxlen - 1)
    values = getattr(trace, quantity)[first:]
    place, unit = np.unravel_index(int(np.abs(values).argmax()), values.shape)
    word = quoted(trace, first + int(place))
    return f"Largest: unit {unit} at {word}, {signed(values[place, unit])}"
