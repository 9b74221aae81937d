"""The film: probe reviews read again at every moment of a training, on the same pictures."""

import time

import numpy as np
import streamlit as st

from lstm_core.analysis.captions import percent, short
from lstm_core.errors import LstmLensError
from lstm_core.figures.axes import Places
from lstm_core.figures.states import NAMES, heat_panel, running_panel
from lstm_core.figures.subplots import Stack, draw_stack
from lstm_core.figures.training import curves_figure
from lstm_core.recurrent.lstm import QUANTITIES
from lstm_core.recurrent.trace import Trace
from lstm_core.runs import Run, SnapshotLog, read_snapshots
from pages.parts.common.escape import escape_markdown
from pages.parts.common.figures import QUIET
from pages.parts.components.chart import draw_chart
from pages.parts.train.common import choose_run, fresh, run_curve

SECONDS_A_FRAME = 0.8
PLAYING, FRAME, _LAST = "film_playing", "frame", "film_last"


def draw_replay() -> None:
    """Choose the run; the film below runs by itself while it plays."""
    run = choose_run()
    if run is None:
        return
    playing = bool(st.session_state.get(PLAYING))
    st.session_state["film_timer"] = playing
    st.fragment(_draw, run_every=SECONDS_A_FRAME if playing else None)(run.name)


def _draw(name: str) -> None:
    run = fresh(name)
    if run is None:
        st.rerun()
    assert run is not None
    film = read_snapshots(name)
    if not film.frames or not film.probes:
        st.info(
            "This run has no film (yet): it needs probe reviews, and its first frame is taken "
            "when the training begins."
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
    probes = list(range(len(film.probes)))
    probe = boxes[0].selectbox(
        "Probe review",
        probes,
        format_func=lambda at: short(film.probes[at], 70),
        key="probe",
        bind="query-params",
    )
    quantity = boxes[1].selectbox(
        "Quantity",
        QUANTITIES,
        index=QUANTITIES.index("hidden_state"),
        format_func=NAMES.__getitem__,
        key="film_show",
        bind="query-params",
    )
    last = len(film.frames)
    boxes = st.columns([1, 6], vertical_alignment="bottom")
    boxes[0].toggle("Play", key=PLAYING, help="One frame after the other, to the last one.")
    kept = st.session_state.get(FRAME)
    if isinstance(kept, int) and kept > last:
        st.session_state[FRAME] = last
    if last == 1:
        return probe or 0, quantity, 0
    frame = boxes[1].slider("Moment of the training", 1, last, last, key=FRAME, bind="query-params")
    return (probe if probe in probes else 0), quantity, min(max(int(frame), 1), last) - 1


def _move_on(last: int) -> None:
    """While it plays: the next frame; from the last one it begins anew only when asked again."""
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
    when = f"After {moment.step:,} steps" if moment.step else "Before the first step"
    st.subheader(
        f"{when} it says {percent(trace.verdict_probability)} positive "
        f"(frame {frame + 1} of {len(film.frames)})",
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
            "The running verdict and one quantity of every unit, as on the other pages, read with "
            "the weights that the model had at this moment."
        )
    with right:
        curve = run_curve(run)
        if len(curve.loss):
            figure = curves_figure([curve], run.epochs, mark=moment.step * scale)
            draw_chart(figure, key="film_curves", config=QUIET, alt="Loss and accuracy")
            st.caption("The vertical line is the moment of the picture.")


def _largest(trace: Trace, quantity: str) -> str:
    """Where the quantity is farthest from zero."""
    first = min(trace.encoding.first_word, trace.encoding.maxlen - 1)
    values = getattr(trace, quantity)[first:]
    place, unit = np.unravel_index(int(np.abs(values).argmax()), values.shape)
    word = short(trace.encoding.words[first + int(place)])
    return f"Largest: unit {unit} at “{word}”, {values[place, unit]:+.2f}"
