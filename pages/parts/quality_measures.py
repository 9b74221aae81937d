"""Overview, threshold, calibration, slices and baselines: all from the stored numbers, live."""

from collections.abc import Sequence

import streamlit as st

from lstm_core.evaluation import READINGS, Evaluation
from lstm_core.evaluation.scores import (
    CalibrationBin,
    Confusion,
    Curve,
    calibration_bins,
    confusion,
    precision_recall_curve,
    roc_curve,
)
from lstm_core.evaluation.slices import Group, by_length, by_stars, by_unknown
from lstm_core.figures.quality import (
    Dot,
    calibration_figure,
    dots_figure,
    precision_recall_figure,
    roc_figure,
)
from pages.parts.quality_data import scores_of
from pages.parts.quality_html import (
    confusion_html,
    draw_table,
    number_interval,
    share,
    share_interval,
)
from pages.parts.reading_choice import reading_names

GOOD_CALIBRATION = 0.02  # calibration error up to which probabilities may be taken as they are
QUIET = {"displayModeBar": False, "scrollZoom": False}
INTERVALS = (
    "In brackets the 95 % interval: Wilson's for shares, 200 draws of the reviews anew (a seeded "
    "bootstrap) for F1 and the areas."
)


def draw_overview(evaluation: Evaluation, reading: str) -> None:
    """All measures of both readings side by side."""
    del reading
    st.subheader("Reading on helps: the same model, two ways of reading", anchor=False)
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
        f"{INTERVALS} The calibration error has none: drawing anew can only make it look larger. "
        "A whole review is read in windows of the same length, and the windows' logits are "
        "averaged."
    )


@st.fragment
def draw_threshold(evaluation: Evaluation, reading: str) -> None:
    """ROC, precision-recall and the confusion matrix at a threshold to drag."""
    outcomes = evaluation.outcomes
    labels, p = outcomes.labels, outcomes.probabilities(reading)
    threshold = (
        st.slider(
            "Call a review positive from this probability on",
            1,
            99,
            50,
            format="%d %%",
            key="threshold",
            bind="query-params",
            persist_state="page",
        )
        / 100
    )
    found = confusion(labels, p, threshold)
    st.subheader(_threshold_title(found, threshold), anchor=False)
    left, right = st.columns([2, 3], gap="large")
    with left:
        st.html(confusion_html(found))
        st.caption("Rows are the truth, columns the verdict; shares are of the row.")
    with right:
        _draw_threshold_table(found)
    first, second = st.columns(2, gap="large")
    scores, (roc, precision_recall) = scores_of(evaluation, reading), _curves(evaluation, reading)
    with first:
        title = f"ROC curve: area {number_interval(scores.roc_area)}"
        st.markdown(f"**{title}**")
        figure = roc_figure(roc, found.false_alarm.value, found.recall.value)
        st.plotly_chart(figure, key="roc", config=QUIET, alt=title)
        st.caption("Up and left is better; dotted is a coin. Orange is your threshold.")
    with second:
        title = f"Precision and recall: area {number_interval(scores.precision_area)}"
        st.markdown(f"**{title}**")
        figure = precision_recall_figure(
            precision_recall, found.recall.value, found.precision.value, float(labels.mean())
        )
        st.plotly_chart(figure, key="pr", config=QUIET, alt=title)
        st.caption("Up and right is better; dotted is calling every review positive.")


def _draw_threshold_table(found: Confusion) -> None:
    rows = [
        ("Accuracy", share_interval(found.accuracy)),
        ("Precision (right among those called positive)", share_interval(found.precision)),
        ("Recall (positive reviews found)", share_interval(found.recall)),
        ("False alarms (negative reviews called positive)", share_interval(found.false_alarm)),
        ("F1 of positive", number_interval(found.f1_interval())),
    ]
    draw_table(["Measure", "Value (95 % interval)"], rows, "Measures at this threshold")


def _threshold_title(found: Confusion, threshold: float) -> str:
    return (
        f"From {share(threshold, 0)} on: finds {share(found.recall.value, 0)} of the positive "
        f"reviews and takes {share(found.false_alarm.value, 0)} of the negative ones for positive"
    )


@st.cache_data(show_spinner=False, max_entries=8)
def _cached_curves(
    made: str, fingerprint: str, reading: str, _evaluation: Evaluation
) -> list[Curve]:
    labels, p = _evaluation.outcomes.labels, _evaluation.outcomes.probabilities(reading)
    return [roc_curve(labels, p).thinned(), precision_recall_curve(labels, p).thinned()]


def _curves(evaluation: Evaluation, reading: str) -> list[Curve]:
    return _cached_curves(evaluation.stamp.made, evaluation.stamp.fingerprint, reading, evaluation)


def draw_calibration(evaluation: Evaluation, reading: str) -> None:
    """What was said against what was true."""
    outcomes = evaluation.outcomes
    bins = calibration_bins(outcomes.labels, outcomes.probabilities(reading))
    error = scores_of(evaluation, reading).calibration_error
    title = calibration_title(bins, error)
    st.subheader(title, anchor=False)
    st.caption(
        f"Calibration error {error:.3f}: the gap between points and dotted line, averaged over all "
        f"reviews. Each point is one of {len(bins)} bins of reviews with nearly the same "
        "probability, the whiskers its 95 % interval. On the dotted line, “80 %” means that 80 of "
        "100 such reviews are positive. Below: how many reviews got such a probability."
    )
    st.plotly_chart(calibration_figure(bins), key="calibration", config=QUIET, alt=title)


def calibration_title(bins: Sequence[CalibrationBin], error: float) -> str:
    """Whether the probabilities hold; else the bin of some size that is furthest off."""
    if error <= GOOD_CALIBRATION:
        return "Its probabilities can be taken at their word"
    total = sum(one.count for one in bins)
    large = [one for one in bins if one.count >= total / 50] or list(bins)
    worst = max(large, key=lambda one: abs(one.said - one.positive.value))
    return (
        f"Where it says {share(worst.said, 0)} positive on average, "
        f"{share(worst.positive.value, 0)} are"
    )


def draw_slices(evaluation: Evaluation, reading: str) -> None:
    """Accuracy by stars, by length and by share of unknown words."""
    outcomes, overall = evaluation.outcomes, scores_of(evaluation, reading).accuracy.value
    st.caption(
        "Each dot is the accuracy on a group of test reviews, the whiskers its 95 % interval; the "
        "dotted line is the accuracy on all of them."
    )
    kinds = (
        ("stars", "By star rating", by_stars(outcomes, reading)),
        ("length", "By words in the whole review", by_length(outcomes, reading)),
        ("unknown", "By share of unknown words among those read", by_unknown(outcomes, reading)),
    )
    for column, (key, name, groups) in zip(st.columns(3, gap="medium"), kinds, strict=True):
        with column:
            title = slice_title(groups) if groups else "This data set has no star ratings"
            st.markdown(f"**{name}**")
            st.caption(title)
            if groups:
                dots = [Dot(g.name, g.accuracy, f"{g.count:,} reviews") for g in groups]
                figure = dots_figure(dots, overall=overall, key=key, low=0.6)
                st.plotly_chart(figure, key=f"slice-{key}", config=QUIET, alt=f"{name}. {title}")


def slice_title(groups: Sequence[Group]) -> str:
    """The best and the worst group."""
    best = max(groups, key=lambda one: one.accuracy.value)
    worst = min(groups, key=lambda one: one.accuracy.value)
    return (
        f"From {share(worst.accuracy.value, 0)} ({worst.name}) to "
        f"{share(best.accuracy.value, 0)} ({best.name})."
    )


def draw_baselines(evaluation: Evaluation, reading: str) -> None:
    """Other ways to judge the same words, in one table with the model."""
    scores = scores_of(evaluation, reading)
    others = [one for one in evaluation.baselines if one.reading == reading]
    if not others:
        st.info(
            "No baselines are stored. Measure them with `python -m lstm_core evaluate --write`."
        )
        return
    beaten = sum(scores.accuracy.value > one.accuracy.value for one in others)
    st.subheader(f"This LSTM beats {beaten} of {len(others)} on the same words", anchor=False)
    dots = [Dot("This LSTM", scores.accuracy)]
    dots += [Dot(one.name, one.accuracy, strong=False) for one in others]
    dots.sort(key=lambda dot: -dot.share.value)
    st.plotly_chart(
        dots_figure(dots, overall=scores.accuracy.value, key="baselines", low=0.45),
        key="baselines",
        config=QUIET,
        alt="Accuracy of the LSTM and of the baselines",
    )
    own = ("This LSTM", share_interval(scores.accuracy), f"{scores.loss.value:.3f}")
    rows = [(*own, f"{scores.f1.value:.3f}", f"{scores.roc_area.value:.3f}", "The model in use.")]
    rows += [
        (
            one.name,
            share_interval(one.accuracy),
            f"{one.loss:.3f}",
            f"{one.f1:.3f}",
            f"{one.roc_area:.3f}",
            one.note,
        )
        for one in others
    ]
    head = ["", "Accuracy (95 % interval)", "Loss", "F1", "ROC area", "How it is made"]
    draw_table(head, rows, "The model and the baselines")
    st.caption(
        "All learn from the training reviews alone and judge the same test reviews by the same "
        "words; C, the inverse strength of the regularisation, was chosen on a fifth of the "
        "training reviews."
    )
