"""Faithfulness of the attribution methods: the stored benchmark, and the same on this review."""

import plotly.graph_objects as go
import streamlit as st

from lstm_core.analysis.captions import plural
from lstm_core.attribution.captions import MASKED, faithfulness_caption, fast_caption, name_of
from lstm_core.attribution.curves import FEWEST_WORDS, gain, orders_of, random_orders, review_curves
from lstm_core.attribution.faithfulness import (
    COMPREHENSIVENESS,
    RANDOM,
    SUFFICIENCY,
    FaithfulnessKey,
    FaithfulnessReport,
    measure_faithfulness,
)
from lstm_core.attribution.faithfulness_store import COMMAND, STANDARD
from lstm_core.attribution.occlusion import MaskingStrategy
from lstm_core.attribution.registry import REFERENCE, Method
from lstm_core.figures.attribution import NAMES, curves_figure
from lstm_core.figures.evaluation import Dot, dots_figure
from lstm_core.metrics import Interval
from lstm_core.model.sentiment_model import SentimentModel
from lstm_core.recurrent.trace import Trace
from pages.parts.common.escape import code_span, escape_markdown
from pages.parts.common.html_table import draw_table, number_interval
from pages.parts.common.page import command_for, examples
from pages.parts.common.token_colors import faithfulness_error, stored_faithfulness
from pages.parts.explanations.choice import plot

REMOVALS = {MaskingStrategy.DELETE: "deletion", MaskingStrategy.REPLACE_WITH_UNK: "[UNK]"}
CHANCE_ORDERS = 8  # 20 visitors are to be answered within a second
EXAMPLES = 18  # built-in reviews that a measurement here takes at most
MEASURE = "explain --measure --write"


def faithfulness_of(model: SentimentModel) -> FaithfulnessReport | None:
    """What was measured on this model: stored with it, or here on the built-in reviews."""
    return stored_faithfulness(model) or st.session_state.get(_here(model))


def ranked_methods(model: SentimentModel) -> tuple[Method, ...]:
    """The methods, the most faithful first (`FaithfulnessReport.ranking`)."""
    court = faithfulness_of(model)
    if court is None:
        return (STANDARD, *(method for method in Method if method is not STANDARD))
    return court.ranking


def shown_methods(model: SentimentModel) -> tuple[Method, ...]:
    """The ranked methods; the reference, many predictions per review, only where it is asked for.

    Draws the switch that asks for it.
    """
    asked = st.toggle(
        f"With {name_of(REFERENCE)}, the reference (up to 1,952 predictions per review)",
        key="reference",
        bind="query-params",
    )
    return tuple(one for one in ranked_methods(model) if asked or one is not REFERENCE)


def _here(model: SentimentModel) -> str:
    return f"court_{model.bundle.fingerprint}"


def draw_faithfulness(model: SentimentModel, trace: Trace) -> list[go.Figure]:
    """The benchmark over many reviews, then this review, both for one masking strategy."""
    report = faithfulness_of(model) or _offer(model)
    removal = _choose_removal()
    figures = [] if report is None else _draw_report(model, report, removal)
    if trace.encoding.read_count >= FEWEST_WORDS:
        figures.append(_this_review(model, trace, removal))
    return figures


def _choose_removal() -> MaskingStrategy:
    """How words are masked: the two strategies are reported apart."""
    chosen = st.segmented_control(
        "Mask by",
        list(MaskingStrategy),
        format_func=REMOVALS.__getitem__,
        default=MaskingStrategy.DELETE,
        required=True,
        key="missing",
        bind="query-params",
    )
    return MaskingStrategy(chosen) if chosen in REMOVALS else MaskingStrategy.DELETE


def _draw_report(
    model: SentimentModel, report: FaithfulnessReport, removal: MaskingStrategy
) -> list[go.Figure]:
    title = faithfulness_caption(report, removal)
    ranking, best = report.rank_methods(removal), report.best(removal)
    st.subheader(title, anchor=False)
    dots = [
        Dot(NAMES[name], report.score(name, removal).value, strong=name == best) for name in ranking
    ]
    figures = [plot(dots_figure(dots, key="gains", low=-0.05), "gains", title)]
    other = next(one for one in MaskingStrategy if one is not removal)
    st.caption(
        f"Area between insertion and deletion curve, with words {MASKED[removal]}; random has "
        "about 0. Deletion removes a review's words in the order of a method, the highest-ranked "
        "first, insertion adds them to an empty review. “Level with” means that the 95 % interval "
        "of the paired difference includes 0. Whiskers are 95 % intervals over "
        f"{_reviews(report)}. With words {MASKED[other]}: {faithfulness_caption(report, other)}."
    )
    draw_table(
        ["", "Area", "Area behind the best", "Comprehensiveness ↑", "Sufficiency ↓"],
        [_row(report, name, removal) for name in ranking],
        "Faithfulness of the methods",
    )
    st.caption(
        "Comprehensiveness: how far P(predicted label) falls without the 1, 5, 10, 20 and 50 % of "
        "the words that a method ranks highest, on average; sufficiency: how far it falls when "
        "only those are left (ERASER, DeYoung et al. 2020). A method that masks words as the "
        "benchmark does has an advantage there: integrated gradients and Shapley sampling start "
        f"from unknown words, occlusion deletes. {NAMES[REFERENCE]} is the reference; it needs up "
        "to 1,952 predictions per review."
    )
    others = [name for name in ranking if name != best]
    against = st.selectbox(
        "Compare with",
        others,
        format_func=NAMES.__getitem__,
        key="against",
        bind="query-params",
    )
    left, right = st.columns(2, gap="large")
    for box, direction in ((left, "deletion"), (right, "insertion")):
        with box:
            figures.append(_draw_curves(report, direction, removal, against or others[0]))
    _origin(model, report)
    return figures


def _row(report: FaithfulnessReport, name: str, removal: str) -> tuple[str, ...]:
    area = report.score(name, removal)
    rest = (report.score(name, removal, one).value for one in (COMPREHENSIVENESS, SUFFICIENCY))
    behind = "best" if name == report.best(removal) else number_interval(area.behind)
    return (NAMES[name], number_interval(area.value), behind, *map(number_interval, rest))


def _reviews(report: FaithfulnessReport) -> str:
    stamp = report.stamp
    films = f", resampled by film ({stamp.films:,} films)" if stamp.films else ""
    return f"{stamp.reviews:,} {escape_markdown(stamp.data)}{films}"


def _draw_curves(
    report: FaithfulnessReport, direction: str, removal: MaskingStrategy, other: str
) -> go.Figure:
    quarter = {
        one.method: one.mean[len(report.shares) // 4]
        for one in report.curves
        if (one.direction, one.removal) == (direction, str(removal))
    }
    best = report.best(removal)
    title = (
        f"Without the top quarter {quarter[best]:.0%} is left; random {quarter[RANDOM]:.0%}"
        if direction == "deletion"
        else f"The top quarter alone brings {quarter[best]:.0%}; random {quarter[RANDOM]:.0%}"
    )
    st.markdown(f"**{title}**")
    figure = plot(curves_figure(report, direction, removal, other), direction, title)
    st.caption(
        f"Blue: {NAMES[best]}. Orange: {NAMES[other]}. Dotted: random. "
        f"{'Lower' if direction == 'deletion' else 'Higher'} is better; bands are 95 % intervals."
    )
    return figure


def _origin(model: SentimentModel, report: FaithfulnessReport) -> None:
    """Of which model and which reviews these figures are, and how to get them again."""
    stamp, name = report.stamp, escape_markdown(model.card.name)
    if stored_faithfulness(model) is None:
        st.caption(
            f"Measured here on the model in use ({name}), with {_reviews(report)}, in "
            f"{stamp.seconds:.0f} s; forgotten when you leave, and the colours of the live page do "
            f"not follow it. To store a benchmark on 1,000 test reviews: `{command_for(MEASURE)}`."
        )
        return
    st.caption(
        f"Measured on {stamp.made[:10]} on the model in use ({name}), with {_reviews(report)}, in "
        f"{stamp.seconds:.0f} s; again with {code_span(stamp.command)}. The live page colours its "
        f"words by {name_of(report.fast)}, the fast method that is least behind under the strategy "
        f"that suits it least: {fast_caption(report)}."
    )


def _offer(model: SentimentModel) -> FaithfulnessReport | None:
    """Say that nothing was measured, and measure on the built-in reviews when the button asks."""
    texts = [example.text.strip() for example in examples()[:EXAMPLES]]
    place = st.empty()
    with place.container():
        reason = escape_markdown(faithfulness_error(model))
        st.info(
            f"{reason or 'Nothing has been measured on this model yet.'} With the data set, "
            f"`{command_for(MEASURE)}` does it on 1,000 test reviews. Here it takes some "
            f"seconds on the {len(texts)} built-in reviews, which is enough for a first idea."
        )
        asked = st.button("Measure on the built-in reviews", key="measure_here")
    if not asked:
        return None
    with place, st.spinner("Removing words and adding them …"):
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


def _this_review(model: SentimentModel, trace: Trace, removal: MaskingStrategy) -> go.Figure:
    """The area of every method on this one review."""
    words, methods = trace.encoding.read_count, shown_methods(model)
    orders = orders_of(model.forward, trace, methods)
    orders += random_orders(words, CHANCE_ORDERS, 0)
    curves = review_curves(model.forward, trace, orders, removal)
    areas = gain(curves.deletion, curves.insertion)  # (K,)
    found = {str(m): float(area) for m, area in zip(methods, areas, strict=False)}
    found[RANDOM] = float(areas[len(methods) :].mean())
    ranking = sorted(found, key=lambda name: -found[name])
    best = next(name for name in ranking if name != RANDOM)
    title = f"On this review {name_of(best)} has the largest area: {100 * found[best]:.1f} %"
    st.subheader(title, anchor=False)
    dots = [
        Dot(NAMES[name], Interval(found[name], found[name], found[name]), strong=name == best)
        for name in ranking
    ]
    low = min(-0.05, *(value - 0.05 for value in found.values()))
    figure = plot(dots_figure(dots, key="here", low=low), "this-review", title)
    st.caption(
        f"The same measure on these {plural(words, 'word')} alone, words {MASKED[removal]}, random "
        f"as the mean of {CHANCE_ORDERS} orders. One review says little about the methods: on a "
        "short or undecided one every order may look good or bad."
    )
    return figure
