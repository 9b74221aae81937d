"""Diagnostics of a run: gate saturation, gradient norm by time step, norms of weights."""

from collections.abc import Mapping, Sequence

import numpy as np
import streamlit as st

from lstm_core.analysis.captions import plural
from lstm_core.analysis.formatting import fixed_percent, percent
from lstm_core.figures.training import lines_figure, reach_figure
from lstm_core.recurrent.lstm import Floats
from lstm_core.runs import Run, read_diagnostics
from lstm_core.runs.health_checks import FEWEST_VALIDATION, PATIENT_EPOCHS
from lstm_core.training.diagnostics import Diagnostics
from pages.parts.common.figures import QUIET
from pages.parts.components.chart import draw_chart
from pages.parts.train.common import choose_run

GATES = ("input", "forget", "output")
ARRAYS = {
    "embedding": "embedding",
    "kernel": "kernel",
    "recurrent": "recurrent kernel",
    "bias": "bias",
    "dense_kernel": "output kernel",
}
FAR = 0.01  # of the largest gradient norm: smaller ones count as vanished


def draw_diagnostics() -> None:
    """Every measurement of a run, and what seems wrong in words."""
    run = choose_run()
    if run is None:
        return
    insides = read_diagnostics(run.name)
    for warning in run.warnings:
        st.warning(warning.sentence)
    if not insides:
        st.info("No diagnostics yet: they are computed at the end of each epoch.")
        return
    if not run.warnings:
        st.success(f"No warning. {checked(run)}")
    at = _epochs(run, insides)
    _draw_gates(at, insides)
    _draw_reach(at, insides)
    _draw_sizes(at, insides)


def checked(run: Run) -> str:
    """What was looked at so far; a trend takes some epochs."""
    checks = ["units whose gates are always closed"]
    if len(run.points) >= PATIENT_EPOCHS:
        checks.append("whether the training loss falls")
        few = 0 < run.validation_reviews < FEWEST_VALIDATION
        if run.points[-1].validation_loss is not None and not few:
            checks.append("overfitting and chance level on the validation reviews")
    later = "" if len(checks) > 1 else f"; trends take {PATIENT_EPOCHS} epochs"
    return f"Checked: {', '.join(checks)}{later}."


def _epochs(run: Run, insides: Sequence[Diagnostics]) -> Floats:
    scale = run.epochs / run.steps if run.steps else 1.0
    return np.array([one.step * scale for one in insides], np.float32)


FEW = 0.005  # share of a gate's values, below it is called not saturated
ENDS = {"low": "under 0.1, closed", "high": "over 0.9, open"}  # of the range of a gate


def _decided(inside: Diagnostics) -> str:
    """Which gate has most of its values at an end, if any has."""
    most = max(GATES, key=lambda gate: inside.high[gate] + inside.low[gate])
    share = inside.high[most] + inside.low[most]
    if share < FEW:
        return "No gate is saturated: few values are below 0.1 or above 0.9"
    return f"Most saturated: the {most} gate, {percent(share)} of its values"


def _draw_gates(at: Floats, insides: Sequence[Diagnostics]) -> None:
    last = insides[-1]
    st.subheader(_decided(last), anchor=False)
    shares = {
        part: np.array([[getattr(one, part)[gate] for gate in GATES] for one in insides])
        for part in ENDS
    }
    drawn = [part for part, rows in shares.items() if rows.max() >= FEW]
    columns = st.columns(len(drawn), gap="large") if drawn else []
    for column, part in zip(columns, drawn, strict=True):
        rows, says = shares[part], ENDS[part]
        figure = lines_figure(
            at, rows, GATES, title=f"share {says}", key=f"gates_{part}", shares=True
        )
        with column:
            draw_chart(figure, key=f"gates_{part}", config=QUIET, alt=f"Share {says}")
    dead = ", ".join(f"{gate} {last.dead[gate]}" for gate in GATES)
    never = [
        f"Values {ENDS[part]}: under {fixed_percent(FEW)} at all times, so there is no chart."
        for part in ENDS
        if part not in drawn
    ]
    st.caption(
        "Share of a gate's values, over units and time steps of some reviews, below 0.1 or above "
        "0.9. A saturated gate has almost no gradient. Units whose gate is always closed: "
        f"{' '.join([f'{dead}.', *never])}"
    )


def _draw_reach(at: Floats, insides: Sequence[Diagnostics]) -> None:
    norms = np.array([one.time_norms for one in insides], np.float32)  # (E, T)
    steps = reach(norms[-1])
    st.subheader(f"Gradient reaches {plural(steps, 'time step')} back", anchor=False)
    draw_chart(reach_figure(at, norms), key="reach", config=QUIET, alt="Gradient norm by time step")
    st.caption(
        "One row per measurement, one column per time step. The stronger the violet, the larger "
        "the gradient of the loss at that step, relative to the largest of its row. Where it "
        f"fades, words so far back change the weights little; counted is down to {percent(FAR)} of "
        "the largest."
    )


def reach(norms: Floats) -> int:
    """How many steps before the last one the gradient still has a hundredth of its largest."""
    far = np.flatnonzero(norms >= FAR * max(float(norms.max(initial=0.0)), 1e-30))
    return len(norms) - 1 - int(far[0]) if len(far) else 0


def _draw_sizes(at: Floats, insides: Sequence[Diagnostics]) -> None:
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader(_grown([one.weight_norms for one in insides]), anchor=False)
        rows = _rows([one.weight_norms for one in insides])
        figure = lines_figure(
            at, rows, list(ARRAYS.values()), title="norm", key="weights", logarithmic=True
        )
        draw_chart(figure, key="weights", config=QUIET, alt="Norms of the weights")
        st.caption("L2 norm of each weight array, on a logarithmic axis.")
    with right:
        last = insides[-1].gradient_norms
        most = max(ARRAYS, key=lambda name: last[name])
        st.subheader(f"Largest gradient norm: {ARRAYS[most]}", anchor=False)
        rows = _rows([one.gradient_norms for one in insides])
        figure = lines_figure(
            at, rows, list(ARRAYS.values()), title="norm", key="gradients", logarithmic=True
        )
        draw_chart(figure, key="gradients", config=QUIET, alt="Norms of the gradients")
        st.caption("L2 norm of the gradient of the loss, on a logarithmic axis.")


def _rows(told: Sequence[Mapping[str, float]]) -> Floats:
    return np.array([[one[name] for name in ARRAYS] for one in told], np.float32)  # (E, L)


def _grown(told: Sequence[Mapping[str, float]]) -> str:
    """Which array of weights changed its length most, as a title."""
    if len(told) < 2:
        return "Norms of the weights"
    ratios = {name: told[-1][name] / max(told[0][name], 1e-12) for name in ARRAYS if name != "bias"}
    most = max(ratios, key=lambda name: abs(np.log(max(ratios[name], 1e-12))))
    return f"Norm of the {ARRAYS[most]}: {ratios[most]:.1f} times its first value"
