"""The predictions of a scored file against its labels: accuracy, calibration, errors by group."""

import streamlit as st

from lstm_core.analysis.captions import plural
from lstm_core.analysis.formatting import fixed_percent
from lstm_core.evaluation.scores import calibration_bins
from lstm_core.evaluation.slices import FEWEST, Group, slice_title
from lstm_core.figures.dots import Dot, dots_figure
from lstm_core.figures.evaluation import calibration_figure, calibration_title
from lstm_core.scoring.labels import LabelReport
from pages.parts.common.escape import escape_markdown
from pages.parts.common.figures import QUIET
from pages.parts.common.html_table import confusion_html, share_interval
from pages.parts.components.chart import draw_chart

INTERVAL = "95\N{NO-BREAK SPACE}% interval"


def draw_labels(report: LabelReport, column: str) -> None:
    """The findings, and what the labels mean."""
    found = report.confusion
    wrong = found.false_positive + found.false_negative
    st.header(
        f"Accuracy {fixed_percent(found.accuracy.value)}: {plural(wrong, 'error')} among "
        f"{plural(found.count, 'labelled review')}",
        anchor=False,
    )
    left_out = plural(report.unlabelled, "scored review")
    st.caption(
        f"Labels in the column “{escape_markdown(column)}”: {report.rule}. A review counts as "
        f"predicted positive from P(positive) 50 % on. Accuracy with its {INTERVAL}: "
        f"{share_interval(found.accuracy)}."
        + (f" {left_out} without such a label left out." if report.unlabelled else "")
    )
    left, right = st.columns([2, 3], gap="large")
    with left:
        st.markdown("**Confusion matrix**")
        st.html(confusion_html(found))
        st.caption(
            "Rows are labels, columns predictions; shares are of the row. Violet is correct, grey "
            "wrong."
        )
    with right:
        _draw_calibration(report)
    _draw_groups(report)


def _draw_calibration(report: LabelReport) -> None:
    bins = calibration_bins(report.outcomes.labels, report.probabilities)
    title = calibration_title(bins, report.calibration_error)
    st.markdown(f"**{title}**")
    draw_chart(calibration_figure(bins), key="file_calibration", config=QUIET, alt=title)
    st.caption(
        f"Calibration error {report.calibration_error:.3f}: the gap between points and dashed "
        "line, averaged over the labelled reviews. Below: how many reviews got such a probability."
    )


def _draw_groups(report: LabelReport) -> None:
    overall = report.confusion.accuracy.value
    st.header("Errors by group", anchor=False)
    st.caption(
        f"Each dot is the accuracy on a group of the labelled reviews, the whiskers its {INTERVAL};"
        f" the dashed line is the accuracy on all of them, {fixed_percent(overall)}. Negation and "
        f"“but” are looked for among the words that the model read. Titles compare groups of at "
        f"least {FEWEST} reviews."
    )
    columns = st.columns(2, gap="large")
    for number, (name, groups) in enumerate(report.groups.items()):
        with columns[number % 2]:
            title = f"{name}: {slice_title(groups)}"
            st.markdown(f"**{title}**")
            dots = [_dot(group) for group in groups]
            figure = dots_figure(dots, overall=overall, key=f"file-{number}", low=0.6)
            draw_chart(figure, key=f"file_group_{number}", config=QUIET, alt=title)


def _dot(group: Group) -> Dot:
    wrong = group.count - round(group.count * group.accuracy.value)
    count = plural(group.count, "review")
    return Dot(f"{group.name} ({wrong:,} of {group.count:,} wrong)", group.accuracy, count)
