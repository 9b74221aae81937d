"""Overview, threshold, calibration, slices and baselines: all from the stored numbers, live."""

from functools import partial

import numpy as np
import numpy.typing as npt
import streamlit as st

from lstm_core.analysis.captions import plural
from lstm_core.analysis.formatting import fixed_percent
from lstm_core.evaluation import READINGS, Evaluation
from lstm_core.evaluation.baselines import ARTICLE
from lstm_core.evaluation.scores import (
    Confusion,
    ScoreCurve,
    calibration_bins,
    confusion,
    precision_recall_curve,
    roc_curve,
)
from lstm_core.evaluation.slices import (
    FEWEST,
    Group,
    by_length,
    by_stars,
    by_unknown,
    slice_title,
    whole_lead,
)
from lstm_core.figures.dots import Dot, dots_figure
from lstm_core.figures.evaluation import (
    calibration_figure,
    calibration_title,
    precision_recall_figure,
    roc_figure,
)
from lstm_core.metrics import Interval
from pages.parts.common.figures import draw_shared
from pages.parts.common.html_table import (
    confusion_html,
    draw_table,
    number_interval,
    share_interval,
)
from pages.parts.common.input_mode import reading_names
from pages.parts.evaluation.challenge_figures import draw_challenge, overlap_line
from pages.parts.evaluation.data import made, scores_of

PER_CENT_95 = "95\N{NO-BREAK SPACE}%"


def intervals_line(evaluation: Evaluation) -> str:
    """How the intervals of an evaluation are computed."""
    bootstrap = evaluation.outcomes.bootstrap
    if bootstrap.grouped:
        how = (
            f"a seeded bootstrap that draws {bootstrap.count:,} films with replacement, "
            f"{bootstrap.rounds} times: reviews of one film are not independent; Wilson's where a "
            "share, an area or F1 is 0 or 1"
        )
    else:
        how = (
            "Wilson's for shares and for an area or F1 of 0 or 1, a seeded bootstrap of the "
            "reviews for the rest; this data set does not say which reviews are of one film"
        )
    return f"In brackets the {PER_CENT_95} interval: {how}."


def draw_overview(evaluation: Evaluation, reading: str) -> None:
    """All measures of both readings side by side."""
    del reading
    found = {name: scores_of(evaluation, name) for name in READINGS}
    names = reading_names(evaluation.outcomes.maxlen)
    title = overview_title(whole_lead(evaluation.outcomes))
    st.header(title, anchor=False)
    dots = [Dot(f"This LSTM, {names[name].lower()}", found[name].accuracy) for name in READINGS]
    dots += [
        Dot(f"{one.name}, {names[one.reading].lower()}", one.accuracy, strong=False)
        for one in evaluation.baselines
        if one.name == ARTICLE
    ]
    make = partial(dots_figure, dots, key="overview", low=0.45)
    draw_shared(make, key="overview", alt=title, of=made(evaluation))
    st.caption(
        f"Accuracy on {plural(evaluation.stamp.reviews, 'test review')}; "
        f"{chance_level(evaluation.outcomes.labels)}. "
        f"The whiskers are {PER_CENT_95} intervals. A whole review is read in windows of the same "
        f"length, and the windows' logits are averaged. {overlap_line(evaluation)}"
    )
    draw_measures(evaluation)
    draw_challenge(evaluation)


def chance_level(labels: npt.NDArray[np.int8]) -> str:
    """The accuracy of always giving the more frequent of the labels, 0 or 1, ``(N,)``."""
    share = float(labels.mean())
    if share == 0.5:
        return "chance level is 50\N{NO-BREAK SPACE}%"
    return f"always giving the more frequent label has {fixed_percent(max(share, 1 - share))}"


def overview_title(lead: Interval) -> str:
    """Whether reading the whole review is worth it, by the interval of the paired difference."""
    points = f"{100 * abs(lead.value):.1f} points"
    if lead.low > 0:
        return f"Reading the whole review makes the same model {points} better"
    if lead.high < 0:
        return f"Reading the whole review makes the same model {points} worse"
    return "No difference is shown between reading the first words and the whole review"


def draw_measures(evaluation: Evaluation) -> None:
    """The table of all measures, one column a reading."""
    found = {name: scores_of(evaluation, name) for name in READINGS}
    names = reading_names(evaluation.outcomes.maxlen)
    rows = [
        ("Accuracy", *(share_interval(found[name].accuracy) for name in READINGS)),
        ("Loss (cross-entropy, nats)", *(number_interval(found[name].loss) for name in READINGS)),
        ("F1 of positive", *(number_interval(found[name].f1) for name in READINGS)),
        ("Area under the ROC curve", *(number_interval(found[n].roc_area) for n in READINGS)),
        (
            "Average precision (area under precision-recall)",
            *(number_interval(found[name].precision_area) for name in READINGS),
        ),
        (
            "Calibration error (15 bins)",
            *(f"{found[name].calibration_error:.3f}" for name in READINGS),
        ),
    ]
    draw_table(["", *(names[name] for name in READINGS)], rows, "Measures of both readings")
    st.caption(
        f"{intervals_line(evaluation)} The calibration error has none: resampling can only make it "
        "look larger."
    )


def choose_threshold() -> float:
    """The decision threshold, the same in every view."""
    chosen = st.slider(
        "Decision threshold",
        1,
        99,
        50,
        format="%d %%",
        key="threshold",
        bind="query-params",
        persist_state="page",
    )
    return chosen / 100


@st.fragment
def draw_threshold(evaluation: Evaluation, reading: str) -> None:
    """ROC, precision-recall and the confusion matrix at a threshold to drag."""
    outcomes = evaluation.outcomes
    threshold = choose_threshold()
    found = _confusion(evaluation, reading, threshold)
    st.header(_threshold_title(found, threshold), anchor=False)
    left, right = st.columns([2, 3], gap="large")
    with left:
        st.html(confusion_html(found))
        st.caption(
            "Rows are labels, columns predictions; shares are of the row. Violet is correct, grey "
            "wrong. The large figure above is the accuracy from 50\N{NO-BREAK SPACE}% on."
        )
    with right:
        _draw_threshold_table(found, _confusion(evaluation, reading, 0.5), threshold)
    first, second = st.columns(2, gap="large")
    scores, (roc, precision_recall) = scores_of(evaluation, reading), _curves(evaluation, reading)
    with first:
        title = f"ROC curve: area {number_interval(scores.roc_area)}"
        st.markdown(f"**{title}**")
        make = partial(roc_figure, roc, found.false_positive_rate.value, found.recall.value)
        draw_shared(make, key="roc", alt=title, of=(*made(evaluation), reading, threshold))
        st.caption("Up and left is better; dashed: chance. The large point is your threshold.")
    with second:
        title = f"Precision and recall: area {number_interval(scores.precision_area)}"
        st.markdown(f"**{title}**")
        make = partial(
            precision_recall_figure,
            precision_recall,
            found.recall.value,
            found.precision.value,
            float(outcomes.labels.mean()),
        )
        draw_shared(make, key="pr", alt=title, of=(*made(evaluation), reading, threshold))
        st.caption(
            "Up and right is better; dashed: every review predicted positive. The large "
            "point is your threshold."
        )


def _draw_threshold_table(found: Confusion, half: Confusion, threshold: float) -> None:
    """The measures at the threshold beside those at one half."""
    columns = [found] if threshold == 0.5 else [found, half]
    rows = [
        ("Accuracy", *(share_interval(one.accuracy) for one in columns)),
        (
            "Precision",
            *(share_interval(one.precision) for one in columns),
        ),
        ("Recall (true positive rate)", *(share_interval(one.recall) for one in columns)),
        (
            "False positive rate",
            *(share_interval(one.false_positive_rate) for one in columns),
        ),
        ("F1 of positive", *(number_interval(one.f1_interval()) for one in columns)),
    ]
    head = [f"Threshold {fixed_percent(one, 0)}" for one in (threshold, 0.5)][: len(columns)]
    draw_table([f"Measure ({PER_CENT_95} interval)", *head], rows, "Measures at this threshold")


def _threshold_title(found: Confusion, threshold: float) -> str:
    return (
        f"Threshold {fixed_percent(threshold, 0)}: recall {fixed_percent(found.recall.value)}, "
        f"false positive rate {fixed_percent(found.false_positive_rate.value)}"
    )


@st.cache_resource(show_spinner=False, max_entries=200, hash_funcs={Evaluation: made})
def _confusion(evaluation: Evaluation, reading: str, threshold: float) -> Confusion:
    outcomes = evaluation.outcomes
    labels, p = outcomes.labels, outcomes.probabilities(reading)
    return confusion(labels, p, threshold, outcomes.bootstrap)


@st.cache_resource(show_spinner=False, max_entries=200, hash_funcs={Evaluation: made})
def _slices(evaluation: Evaluation, reading: str, threshold: float) -> dict[str, tuple[Group, ...]]:
    groups = {"stars": by_stars, "length": by_length, "unknown": by_unknown}
    return {key: by(evaluation.outcomes, reading, threshold) for key, by in groups.items()}


@st.cache_data(show_spinner=False, max_entries=8, hash_funcs={Evaluation: made})
def _curves(evaluation: Evaluation, reading: str) -> list[ScoreCurve]:
    labels, p = evaluation.outcomes.labels, evaluation.outcomes.probabilities(reading)
    return [roc_curve(labels, p).thinned(), precision_recall_curve(labels, p).thinned()]


def draw_calibration(evaluation: Evaluation, reading: str) -> None:
    """What was said against what was true."""
    outcomes = evaluation.outcomes
    bins = calibration_bins(outcomes.labels, outcomes.probabilities(reading))
    gap = scores_of(evaluation, reading).calibration_error
    title = calibration_title(bins, gap)
    st.header(title, anchor=False)
    st.caption(
        f"Calibration error {gap:.3f}: the gap between points and dashed line, averaged over all "
        f"reviews. Each point is one of {len(bins)} bins of reviews with nearly the same "
        f"probability, the whiskers its {PER_CENT_95} interval. On the dashed line, “80 %” means "
        "that 80 of 100 such reviews are positive. Below: how many reviews got such a probability."
    )
    make = partial(calibration_figure, bins)
    draw_shared(make, key="calibration", alt=title, of=(*made(evaluation), reading))


@st.fragment
def draw_slices(evaluation: Evaluation, reading: str) -> None:
    """Accuracy by stars, by length and by share of unknown words."""
    threshold = choose_threshold()
    overall = _confusion(evaluation, reading, threshold).accuracy.value
    slices = _slices(evaluation, reading, threshold)
    st.caption(
        f"Each dot is the accuracy on a group of test reviews, the whiskers its {PER_CENT_95} "
        f"interval; the dashed line is the accuracy on all of them, {fixed_percent(overall)}. A "
        "group ends before the number at which the next begins. Titles compare groups of at least "
        f"{FEWEST} reviews."
    )
    kinds = (
        ("stars", "By star rating"),
        ("length", "By words in the whole review"),
        ("unknown", "By unknown words among those read"),
    )
    for column, (key, name) in zip(st.columns(3, gap="medium"), kinds, strict=True):
        groups = slices[key]
        with column:
            title = slice_title(groups) if groups else "this data set has no star ratings"
            st.markdown(f"**{name}: {title}**")
            if groups:
                dots = [Dot(g.name, g.accuracy, plural(g.count, "review")) for g in groups]
                draw_shared(
                    partial(dots_figure, dots, overall=overall, key=key, low=0.6),
                    key=f"slice-{key}",
                    alt=f"{name}: {title}",
                    of=(*made(evaluation), reading, threshold),
                )
