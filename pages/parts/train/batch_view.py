"""The last batch of a paused run: its reviews and losses, gradient norms, changed word vectors."""

import numpy as np
import streamlit as st

from lstm_core.analysis.captions import plural, short
from lstm_core.analysis.formatting import number, probability
from lstm_core.errors import LstmLensError
from lstm_core.figures.training import reach_figure
from lstm_core.runs import Run, Status
from lstm_core.runs.inspection import BatchReport, read_report
from lstm_core.training.settings import Recipe
from pages.parts.common.figures import QUIET
from pages.parts.common.permission_gate import visitor
from pages.parts.components.chart import draw_chart

LONGEST_TEXT = 160  # characters of a review in the table


def draw_batch(run: Run) -> None:
    """What the last step learned from and changed; only in a pause, to who may control the run."""
    if run.status is not Status.PAUSED:
        return
    try:
        report = read_report(run.name, visitor())
    except LstmLensError:
        return  # another visitor's reviews
    if report is None or report.step != run.step:
        return
    st.subheader(
        f"Batch of step {report.step:,}: mean loss "
        f"{number(float(np.mean([one.loss for one in report.reviews])), 4)}",
        anchor=False,
    )
    st.dataframe(
        [
            {
                "loss": number(one.loss, 4),
                "P(positive)": probability(one.probability),
                "target": number(one.target, 2),
                "review as read": short(one.text, LONGEST_TEXT),
            }
            for one in report.reviews
        ],
        hide_index=True,
        height=280,
    )
    st.caption(_says(run, report))
    left, middle, right = st.columns([2, 2, 3], gap="large")
    with left:
        st.markdown("**Word vectors that changed most**")
        rows = [{"word": one.word, "change": number(one.change, 4)} for one in report.words]
        st.dataframe(rows, hide_index=True)
    with middle:
        st.markdown("**Gradient norm by layer**")
        norms = report.layer_norms.items()
        st.dataframe(
            [{"layer": name, "norm": number(norm, 4)} for name, norm in norms], hide_index=True
        )
    with right:
        st.markdown("**Gradient norm by time step**")
        times = np.array([report.time_norms], np.float32)  # (1, T)
        figure = reach_figure(np.array([run.epoch], np.float32), times, key="batch_reach")
        draw_chart(figure, key="batch_reach", config=QUIET, alt="Gradient norm by time step")


def _says(run: Run, report: BatchReport) -> str:
    shown = f"{plural(len(report.reviews), 'review')} of {report.batch_size:,}"
    more = ""
    if run.request.settings.recipe is Recipe.RECOMMENDED:
        more = (
            " Plain cross-entropy: the recipe's own loss also has a temperature for some windows."
        )
    return (
        f"{shown}, highest loss first, with the weights before the step.{more} The change of a "
        "word's vector is the L2 norm of what the step added to it."
    )
