"""Which explanation to believe: the stored measurement, and the same on this review."""

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from lstm_core.analysis.captions import plural
from lstm_core.attribution.captions import winner_caption
from lstm_core.attribution.curves import FEWEST_WORDS, gain, orders_of, random_orders, review_curves
from lstm_core.attribution.faithfulness import (
    RANDOM,
    FaithfulnessKey,
    FaithfulnessReport,
    measure_faithfulness,
)
from lstm_core.attribution.faithfulness_store import COMMAND, STANDARD
from lstm_core.attribution.occlusion import MaskingStrategy
from lstm_core.attribution.registry import NOTES, Method
from lstm_core.figures.attribution import NAMES, curves_figure
from lstm_core.figures.evaluation import Dot, dots_figure
from lstm_core.metrics import Interval
from lstm_core.model.sentiment_model import SentimentModel
from lstm_core.recurrent.trace import Trace
from pages.parts.common.escape import code_span, escape_markdown
from pages.parts.common.page import command_for, examples
from pages.parts.common.token_colors import stored_faithfulness
from pages.parts.explanations.choice import plot

REMOVALS = {MaskingStrategy.DELETE: "taken out", MaskingStrategy.REPLACE_WITH_UNK: "made unknown"}
CHANCE_ORDERS = 8  # 20 visitors are to be answered within a second
EXAMPLES = 18  # built-in reviews that a measurement here takes at most
MEASURE = "explain --measure --write"
ALIKE = 0.005  # a smaller difference on one review is none


def faithfulness_of(model: SentimentModel) -> FaithfulnessReport | None:
    """What was measured on this model: stored with it, or here on the built-in reviews."""
    return stored_faithfulness(model) or st.session_state.get(_here(model))


def ranked_methods(model: SentimentModel) -> tuple[Method, ...]:
    """The methods, the one to believe most first."""
    court = faithfulness_of(model)
    if court is None:
        return (STANDARD, *(method for method in Method if method is not STANDARD))
    return tuple(Method(name) for name in court.ranking if name != RANDOM)


def _here(model: SentimentModel) -> str:
    return f"court_{model.bundle.fingerprint}"


def draw_faithfulness(model: SentimentModel, trace: Trace) -> list[go.Figure]:
    """The measurement over many reviews, then this review."""
    court = faithfulness_of(model) or _offer(model)
    figures = [] if court is None else _draw_court(model, court)
    if trace.encoding.read_count >= FEWEST_WORDS:
        figures.append(_this_review(model, trace))
    return figures


def _draw_court(model: SentimentModel, court: FaithfulnessReport) -> list[go.Figure]:
    title = winner_caption(court)
    st.subheader(title, anchor=False)
    dots = [
        Dot(NAMES[name], court.gain_of(name), strong=name == court.winner) for name in court.ranking
    ]
    figures = [plot(dots_figure(dots, key="gains", low=-0.05), "gains", title)]
    st.caption(
        "Take a review's words away in the order of a method, those that speak most for the "
        "verdict first: the faster the verdict falls, the better the method knew. Put them into an "
        "empty review in the same order: the earlier the verdict is there, the better. The share "
        "is the area between the two curves, the mean of both ways of missing a word; chance has "
        f"none. Whiskers are 95 % intervals over {court.stamp.reviews:,} "
        f"{escape_markdown(court.stamp.data)}."
    )
    boxes = st.columns(2, vertical_alignment="bottom")
    chosen = boxes[0].segmented_control(
        "Missing words are",
        list(MaskingStrategy),
        format_func=REMOVALS.__getitem__,
        default=MaskingStrategy.DELETE,
        required=True,
        key="missing",
        bind="query-params",
    )
    removal = MaskingStrategy(chosen) if chosen in REMOVALS else MaskingStrategy.DELETE
    others = [name for name in court.ranking if name != court.winner]
    other = boxes[1].selectbox(
        "Compare in orange",
        others,
        format_func=NAMES.__getitem__,
        key="against",
        bind="query-params",
    )
    left, right = st.columns(2, gap="large")
    for box, direction in ((left, "deletion"), (right, "insertion")):
        with box:
            figures.append(_draw_curves(court, direction, removal, other or others[0]))
    _origin(model, court)
    return figures


def _draw_curves(
    court: FaithfulnessReport, direction: str, removal: MaskingStrategy, other: str
) -> go.Figure:
    half = {
        one.method: one.mean[len(court.shares) // 4]
        for one in court.curves
        if (one.direction, one.removal) == (direction, str(removal))
    }
    best = half[court.winner]
    title = (
        f"Without the top quarter {best:.0%} is left; by chance {half[RANDOM]:.0%}"
        if direction == "deletion"
        else f"The top quarter alone brings {best:.0%}; by chance {half[RANDOM]:.0%}"
    )
    st.markdown(f"**{title}**")
    figure = plot(curves_figure(court, direction, removal, other), direction, title)
    st.caption(
        f"Blue: {NAMES[court.winner]}. Orange: {NAMES[other]}. Dotted: by chance. "
        f"{'Lower' if direction == 'deletion' else 'Higher'} is better; bands are 95 % intervals."
    )
    return figure


def _origin(model: SentimentModel, court: FaithfulnessReport) -> None:
    """Of which model and which reviews these figures are, and how to get them again."""
    stamp, name = court.stamp, escape_markdown(model.card.name)
    summing = NAMES[court.summing].lower()
    reviews = f"{stamp.reviews:,} {escape_markdown(stamp.data)}"
    if stored_faithfulness(model) is None:
        origin = (
            f"Measured here on the model in use ({name}), with {reviews}, in {stamp.seconds:.0f} s;"
            " forgotten when you leave, and the tints of the live page do not follow it. To store "
            f"a measurement on 1,000 test reviews: `{command_for(MEASURE)}`."
        )
    else:
        origin = (
            f"Measured on {stamp.made[:10]} on the model in use ({name}), with {reviews} "
            f"(intervals by bootstrap), in {stamp.seconds:.0f} s; again with "
            f"{code_span(stamp.command)}. The live page tints its words by the winner."
        )
    st.caption(
        f"{origin} Of the methods whose scores sum to the logit with a rest that has a name, "
        f"{summing} is best."
    )


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
    with place, st.spinner("Taking words away and putting them in …"):
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
        court = measure_faithfulness(model, texts, stamp, lambda _: None)
    place.empty()
    st.session_state[_here(model)] = court
    return court


def _this_review(model: SentimentModel, trace: Trace) -> go.Figure:
    """The area of every method on this one review."""
    words = trace.encoding.read_count
    methods = tuple(Method)
    orders = orders_of(model.forward, trace, methods)
    both = [
        review_curves(model.forward, trace, [*orders, *random_orders(words, CHANCE_ORDERS, 0)], way)
        for way in MaskingStrategy
    ]
    areas = np.mean([gain(one.deletion, one.insertion) for one in both], axis=0)  # (K,)
    found = {str(m): float(area) for m, area in zip(methods, areas, strict=False)}
    found[RANDOM] = float(areas[len(methods) :].mean())
    ranking = sorted(found, key=lambda name: -found[name])
    best = next(name for name in ranking if name != RANDOM)
    title = (
        f"On this review {NOTES[Method(best)].name.lower()} does best: {100 * found[best]:.1f} %"
    )
    st.subheader(title, anchor=False)
    dots = [
        Dot(NAMES[name], Interval(found[name], found[name], found[name]), strong=name == best)
        for name in ranking
    ]
    low = min(-0.05, *(value - 0.05 for value in found.values()))
    figure = plot(dots_figure(dots, key="here", low=low), "this-review", title)
    st.caption(
        f"The same measure on these {plural(words, 'word')} alone, chance as the mean of "
        f"{CHANCE_ORDERS} orders. One review says little: on a short or undecided one every order "
        "may look good or bad."
    )
    return figure
