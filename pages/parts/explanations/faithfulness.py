"""Faithfulness of the methods: the stored measurement, and the same on this review."""

import plotly.graph_objects as go
import streamlit as st

from lstm_core.analysis.captions import plural
from lstm_core.analysis.formatting import percent
from lstm_core.attribution.captions import faithfulness_caption, fast_caption, name_of
from lstm_core.attribution.curves import FEWEST_WORDS, gain, orders_of, random_orders, review_curves
from lstm_core.attribution.faithfulness import (
    METRICS,
    RANDOM,
    FaithfulnessKey,
    FaithfulnessReport,
    measure_faithfulness,
)
from lstm_core.attribution.faithfulness_store import COMMAND, STANDARD
from lstm_core.attribution.occlusion import MaskingStrategy
from lstm_core.attribution.registry import Method
from lstm_core.figures.attribution import NAMES, OLD_NAMES, curves_figure
from lstm_core.figures.evaluation import Dot, dots_figure
from lstm_core.metrics import Interval
from lstm_core.model.sentiment_model import SentimentModel
from lstm_core.recurrent.trace import Trace
from pages.parts.common.escape import code_span, escape_markdown
from pages.parts.common.html_table import draw_table, number_interval
from pages.parts.common.link import linked_choice
from pages.parts.common.page import command_for, examples
from pages.parts.common.token_colors import stored_faithfulness
from pages.parts.explanations.choice import plot

MASKS = {str(MaskingStrategy.DELETE): "deletion", str(MaskingStrategy.REPLACE_WITH_UNK): "[UNK]"}
OLD_MASKS = {
    "taken out": str(MaskingStrategy.DELETE),
    "made unknown": str(MaskingStrategy.REPLACE_WITH_UNK),
}
CHANCE_ORDERS = 8  # 20 visitors are to be answered within a second
EXAMPLES = 18  # built-in reviews that a measurement here takes at most
MEASURE = "explain --measure --write"


def faithfulness_of(model: SentimentModel) -> FaithfulnessReport | None:
    """What was measured on this model: stored with it, or here on the built-in reviews."""
    return stored_faithfulness(model) or st.session_state.get(_here(model))


def ranked_methods(model: SentimentModel) -> tuple[Method, ...]:
    """The methods, the most faithful one first."""
    report = faithfulness_of(model)
    if report is None:
        return (STANDARD, *(method for method in Method if method is not STANDARD))
    return report.ranking


def _here(model: SentimentModel) -> str:
    return f"faithfulness_{model.bundle.fingerprint}"


def draw_faithfulness(model: SentimentModel, trace: Trace) -> list[go.Figure]:
    """The measurement over many reviews, then this review, for one masking strategy."""
    report = faithfulness_of(model) or _offer(model)
    removal = linked_choice(
        st.segmented_control, "Mask by", MASKS, key="missing", aliases=OLD_MASKS
    )
    figures = [] if report is None else _draw_report(model, report, removal)
    if trace.encoding.read_count >= FEWEST_WORDS:
        figures.append(_this_review(model, trace, MaskingStrategy(removal)))
    return figures


def _draw_report(
    model: SentimentModel, report: FaithfulnessReport, removal: str
) -> list[go.Figure]:
    title = faithfulness_caption(report, removal)
    st.subheader(title, anchor=False)
    best, ranked = str(report.best(removal)), report.rank_methods(removal)
    dots = [
        Dot(NAMES[name], report.score(name, removal).value, strong=name == best) for name in ranked
    ]
    figures = [plot(dots_figure(dots, key="gains", low=-0.05), "gains", title)]
    st.caption(
        "Words are masked in the order of a method, those with the largest attribution to the "
        "prediction first (deletion), or added to an empty review in the same order (insertion). "
        "Shown is the area between the two curves: larger is more faithful, a random order has "
        f"none. Whiskers are 95 % intervals over {report.stamp.reviews:,} "
        f"{escape_markdown(report.stamp.data)}."
    )
    other = linked_choice(
        st.selectbox,
        "Compare with",
        {name: NAMES[name] for name in ranked if name != best},
        key="against",
        aliases={"By chance": RANDOM} | {old: name for name, old in OLD_NAMES.items()},
        width=320,
    )
    left, right = st.columns(2, gap="large")
    for box, direction in ((left, "deletion"), (right, "insertion")):
        with box:
            figures.append(_draw_curves(report, direction, removal, other))
    _draw_metrics(report, removal)
    _origin(model, report)
    return figures


def _draw_curves(report: FaithfulnessReport, direction: str, removal: str, other: str) -> go.Figure:
    best = str(report.best(removal))
    half = {
        one.method: one.mean[len(report.shares) // 4]
        for one in report.curves
        if (one.direction, one.removal) == (direction, removal)
    }
    left = f"{percent(half[best])} is left; random order {percent(half[RANDOM])}"
    title = {
        "deletion": f"Without the top quarter of the words {left}",
        "insertion": f"With the top quarter of the words alone {left}",
    }[direction]
    st.markdown(f"**{title}**")
    figure = plot(curves_figure(report, direction, removal, other), direction, title)
    st.caption(
        f"Blue: {NAMES[best]}. Orange: {NAMES[other]}. Dotted: random. "
        f"{'Lower' if direction == 'deletion' else 'Higher'} is better; bands are 95 % intervals."
    )
    return figure


def _draw_metrics(report: FaithfulnessReport, removal: str) -> None:
    """All metrics of all methods under one masking strategy."""
    rows = [
        (NAMES[name], *(number_interval(report.score(name, removal, m).value) for m in METRICS))
        for name in report.rank_methods(removal)
    ]
    head = ["Method", "Area between the curves", "Comprehensiveness", "Sufficiency"]
    with st.expander("Metrics of every method"):
        draw_table(head, rows, "Faithfulness metrics")
        st.caption(
            "Comprehensiveness: fall of P(predicted label) without the top 1, 5, 10, 20 and 50 % "
            "of the words, higher is better. Sufficiency: fall with only those words, lower is "
            "better (ERASER, DeYoung et al. 2020). In brackets the 95 % interval."
        )


def _origin(model: SentimentModel, report: FaithfulnessReport) -> None:
    """Of which model and which reviews these figures are, and how to get them again."""
    stamp, name = report.stamp, escape_markdown(model.card.name)
    reviews = f"{stamp.reviews:,} {escape_markdown(stamp.data)}"
    if stored_faithfulness(model) is None:
        origin = (
            f"Measured here on the model in use ({name}), with {reviews}, in {stamp.seconds:.0f} s;"
            " kept until you leave; other pages do not use it. To store a measurement on 1,000 "
            f"test reviews: `{command_for(MEASURE)}`."
        )
    else:
        origin = (
            f"Measured on {stamp.made[:10]} on the model in use ({name}), with {reviews} "
            f"(intervals by bootstrap), in {stamp.seconds:.0f} s; again with "
            f"{code_span(stamp.command)}. Words are coloured by {name_of(report.fast)}: "
            f"{fast_caption(report)}."
        )
    st.caption(origin)


def _offer(model: SentimentModel) -> FaithfulnessReport | None:
    """Say that nothing was measured, and measure on the built-in reviews when the button asks."""
    texts = [example.text.strip() for example in examples()[:EXAMPLES]]
    place = st.empty()
    with place.container():
        st.info(
            "Nothing has been measured on this model yet. With the data set, "
            f"`{command_for(MEASURE)}` does it on 1,000 test reviews. Here it takes some "
            f"seconds on the {len(texts)} built-in reviews, which is enough for a first idea."
        )
        asked = st.button("Measure on the built-in reviews", key="measure_here")
    if not asked:
        return None
    with place, st.spinner("Masking words …"):
        stamp = FaithfulnessKey(
            fingerprint=model.bundle.fingerprint,
            data="built-in reviews",
            data_sha256="",
            reviews=0,
            seed=0,
            made="",
            seconds=0.0,
            command=COMMAND,
        )
        report = measure_faithfulness(model, texts, stamp, lambda _: None)
    place.empty()
    st.session_state[_here(model)] = report
    return report


def _this_review(model: SentimentModel, trace: Trace, removal: MaskingStrategy) -> go.Figure:
    """The area of every method on this one review."""
    words = trace.encoding.read_count
    methods = tuple(Method)
    orders = [*orders_of(model.forward, trace, methods), *random_orders(words, CHANCE_ORDERS, 0)]
    curves = review_curves(model.forward, trace, orders, removal)
    areas = gain(curves.deletion, curves.insertion)  # (K,)
    found = {str(m): float(area) for m, area in zip(methods, areas, strict=False)}
    found[RANDOM] = float(areas[len(methods) :].mean())
    ranking = sorted(found, key=lambda name: -found[name])
    best = next(name for name in ranking if name != RANDOM)
    title = f"On this review: {NAMES[best]} has the largest area, {percent(found[best])}"
    st.subheader(title, anchor=False)
    dots = [
        Dot(NAMES[name], Interval(found[name], found[name], found[name]), strong=name == best)
        for name in ranking
    ]
    low = min(-0.05, *(value - 0.05 for value in found.values()))
    figure = plot(dots_figure(dots, key="here", low=low), "this-review", title)
    st.caption(
        f"The same metric on these {plural(words, 'word')} alone, random as the mean of "
        f"{CHANCE_ORDERS} orders. One review says little: on a short or undecided one every order "
        "may look good or bad."
    )
    return figure
