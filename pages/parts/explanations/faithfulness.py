"""Faithfulness of the methods: the stored measurement, and the same on this review."""

from collections.abc import Sequence
from functools import partial

import streamlit as st

from lstm_core.analysis.captions import plural
from lstm_core.analysis.formatting import fixed_percent, percent
from lstm_core.attribution.captions import MASKED, faithfulness_caption, fast_caption, name_of
from lstm_core.attribution.curves import FEWEST_WORDS, gain, orders_of, random_orders, review_curves
from lstm_core.attribution.faithfulness import METRICS, RANDOM, FaithfulnessReport
from lstm_core.attribution.faithfulness_store import (
    STANDARD,
    TASK_KIND,
    measured_here,
    start_faithfulness,
)
from lstm_core.attribution.occlusion import MaskingStrategy
from lstm_core.attribution.registry import REFERENCE, Method
from lstm_core.figures.attribution import NAMES, OLD_NAMES, curves_figure
from lstm_core.figures.dots import Dot, dots_figure
from lstm_core.metrics import Interval
from lstm_core.model.sentiment_model import SentimentModel
from lstm_core.recurrent.trace import Trace
from lstm_core.tasks.folder import TaskStatus
from pages.parts.common.escape import code_span, escape_markdown
from pages.parts.common.figures import Drawn
from pages.parts.common.html_table import draw_table, number_interval
from pages.parts.common.link import linked_choice, linked_value
from pages.parts.common.page import command_for, examples
from pages.parts.common.task_progress import draw_task, start_button
from pages.parts.common.token_colors import faithfulness_error, stored_faithfulness
from pages.parts.explanations.choice import plot, plot_shared

MASKS = {str(MaskingStrategy.DELETE): "deletion", str(MaskingStrategy.REPLACE_WITH_UNK): "[UNK]"}
OLD_MASKS = {
    "taken out": str(MaskingStrategy.DELETE),
    "taken_out": str(MaskingStrategy.DELETE),
    "made unknown": str(MaskingStrategy.REPLACE_WITH_UNK),
    "unknown": str(MaskingStrategy.REPLACE_WITH_UNK),
}
CHANCE_ORDERS = 8  # 20 visitors are to be answered within a second
EXAMPLES = 18  # built-in reviews that a measurement here takes at most
AREA = "area between the two curves"
MEASURE = "explain --measure --write"


def faithfulness_of(model: SentimentModel) -> FaithfulnessReport | None:
    """What was measured on this model: stored with it, or here on the built-in reviews."""
    return stored_faithfulness(model) or measured_here(model.bundle)


def ranked_methods(model: SentimentModel) -> tuple[Method, ...]:
    """The methods, the most faithful one first."""
    report = faithfulness_of(model)
    if report is None:
        return (STANDARD, *(method for method in Method if method is not STANDARD))
    return report.ranking


def shown_methods(model: SentimentModel) -> tuple[Method, ...]:
    """The ranked methods; the reference, many predictions per review, only where it is asked for.

    Draws the switch that asks for it.
    """
    linked_value("reference", False, _switched, write=_switch_text)
    asked = st.toggle(
        f"With {name_of(REFERENCE)}, the reference (up to 1,952 predictions per review)",
        key="reference",
        persist_state="session",
    )
    return tuple(one for one in ranked_methods(model) if asked or one is not REFERENCE)


def _switched(values: Sequence[str]) -> bool | None:
    return {"true": True, "false": False}.get(values[-1]) if values else None


def _switch_text(on: bool) -> str:
    return "true" if on else "false"


def draw_faithfulness(model: SentimentModel, trace: Trace) -> list[Drawn]:
    """The measurement over many reviews, then this review, for one masking strategy."""
    st.markdown(
        "**Which method finds the words that matter?** Without them P(predicted label), the "
        "probability of the model's own prediction, falls fast; with them alone it is soon back."
    )
    report = faithfulness_of(model)
    if report is None:
        draw_task(TASK_KIND, model.bundle.fingerprint, partial(_offer, model))
    removal = linked_choice(
        st.segmented_control, "Mask by", MASKS, key="missing", aliases=OLD_MASKS
    )
    figures = [] if report is None else _draw_report(model, report, removal)
    if trace.encoding.read_count >= FEWEST_WORDS:
        figures.append(_this_review(model, trace, MaskingStrategy(removal)))
    return figures


def _draw_report(model: SentimentModel, report: FaithfulnessReport, removal: str) -> list[Drawn]:
    title = faithfulness_caption(report, removal)
    st.header(title, anchor=False)
    best, ranked = str(report.best(removal)), report.rank_methods(removal)
    dots = [
        Dot(NAMES[name], report.score(name, removal).value, strong=name == best) for name in ranked
    ]
    make = partial(dots_figure, dots, key="gains", low=-0.05, title=AREA)
    figures = [plot_shared(make, "gains", title, (*_made(report), removal))]
    st.caption(
        "Words are masked in the order of a method, those with the largest attribution to the "
        "prediction first (deletion), or added to an empty review in the same order (insertion). "
        "Shown is the area between the two curves: larger is more faithful, a random order has "
        "none on average. “Level with” means that the 95 % interval of the paired difference "
        "includes 0. "
        f"Whiskers are 95 % intervals over {_reviews(report)}. "
        + " ".join(
            f"With words {MASKED[one]}, {_lower(faithfulness_caption(report, one))}."
            for one in MaskingStrategy
            if one != removal
        )
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


def _draw_curves(report: FaithfulnessReport, direction: str, removal: str, other: str) -> Drawn:
    best = str(report.best(removal))
    half = {
        one.method: one.mean[len(report.shares) // 4]
        for one in report.curves
        if (one.direction, one.removal) == (direction, removal)
    }
    which = {
        "deletion": ("Without the top quarter of the words", "without a random quarter"),
        "insertion": ("With the top quarter of the words alone", "with a random quarter"),
    }[direction]
    title = (
        f"{which[0]} P(predicted label) is {percent(half[best])}, "
        f"{which[1]} {percent(half[RANDOM])}"
    )
    st.markdown(f"**{title}**")
    make = partial(curves_figure, report, direction, removal, other)
    figure = plot_shared(make, direction, title, (*_made(report), direction, removal, other))
    st.caption(
        f"{'Lower' if direction == 'deletion' else 'Higher'} is better. The top quarter is that of "
        f"{name_of(best)}; bands are 95 % intervals."
    )
    return figure


def _lower(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]


def _made(report: FaithfulnessReport) -> tuple[str, str]:
    return report.stamp.made, report.stamp.fingerprint


def _draw_metrics(report: FaithfulnessReport, removal: str) -> None:
    """All metrics of all methods under one masking strategy."""
    best = report.best(removal)
    rows = []
    for name in report.rank_methods(removal):
        area, *rest = (report.score(name, removal, metric) for metric in METRICS)
        behind = "best" if name == best else number_interval(area.behind)
        values = (number_interval(one.value) for one in rest)
        rows.append((NAMES[name], number_interval(area.value), behind, *values))
    head = ["Method", "Area", "Area behind the best", "Comprehensiveness ↑", "Sufficiency ↓"]
    with st.expander("Metrics of every method"):
        draw_table(head, rows, "Faithfulness metrics")
        st.caption(
            "Comprehensiveness: fall of P(predicted label) without the top 1, 5, 10, 20 and 50 % "
            "of the words, higher is better. Sufficiency: fall with only those words, lower is "
            "better (ERASER, DeYoung et al. 2020). In brackets the 95 % interval. A method that "
            "masks words as the benchmark does has an advantage there: integrated gradients and "
            "Shapley sampling start from unknown words, occlusion deletes. Shapley value sampling "
            "is the reference; it needs up to 1,952 predictions per review."
        )


def _origin(model: SentimentModel, report: FaithfulnessReport) -> None:
    """Of which model and which reviews these figures are, and how to get them again."""
    stamp, name = report.stamp, escape_markdown(model.card.name)
    reviews = _reviews(report)
    if stored_faithfulness(model) is None:
        origin = (
            f"Measured here on the model in use ({name}), with {reviews}, in {stamp.seconds:.0f} s;"
            " kept on this server; other pages do not use it. To store a measurement on 1,000 "
            f"test reviews: `{command_for(MEASURE)}`."
        )
    else:
        origin = (
            f"Measured on {stamp.made[:10]} on the model in use ({name}), with {reviews}, "
            f"in {stamp.seconds:.0f} s; again with {code_span(stamp.command)}. Words are coloured "
            f"by {name_of(report.fast)}, the fast method that is least behind under the strategy "
            f"that suits it least: {fast_caption(report)}."
        )
    st.caption(origin)


def _reviews(report: FaithfulnessReport) -> str:
    stamp = report.stamp
    films = f" of {stamp.films:,} films (resampled by film)" if stamp.films else ""
    return f"{stamp.reviews:,} {escape_markdown(stamp.data)}{films}"


def _offer(model: SentimentModel, found: TaskStatus) -> None:
    """Say that nothing was measured, and offer to measure on the built-in reviews."""
    if found.done and faithfulness_of(model) is not None:
        st.rerun()
    texts = [example.text.strip() for example in examples()[:EXAMPLES]]
    reason = escape_markdown(faithfulness_error(model))
    st.info(
        f"{reason or 'Nothing has been measured on this model yet.'} With the data set, "
        f"`{command_for(MEASURE)}` does it on 1,000 test reviews. Here it takes some "
        f"seconds on the {len(texts)} built-in reviews, which is enough for a first idea."
    )
    start = partial(start_faithfulness, model.bundle, texts)
    start_button("Measure on the built-in reviews", TASK_KIND, start, key="measure_here")


def _this_review(model: SentimentModel, trace: Trace, removal: MaskingStrategy) -> Drawn:
    """The area of every method on this one review."""
    words = trace.encoding.read_count
    methods = shown_methods(model)
    orders = [*orders_of(model.forward, trace, methods), *random_orders(words, CHANCE_ORDERS, 0)]
    curves = review_curves(model.forward, trace, orders, removal)
    areas = gain(curves.deletion, curves.insertion)  # (K,)
    found = {str(m): float(area) for m, area in zip(methods, areas, strict=False)}
    found[RANDOM] = float(areas[len(methods) :].mean())
    ranking = sorted(found, key=lambda name: -found[name])
    best = next(name for name in ranking if name != RANDOM)
    title = f"On this review: {NAMES[best]} has the largest area, {fixed_percent(found[best])}"
    if ranking[0] == RANDOM:
        title = "On this review: no method is better than a random order"
    st.header(title, anchor=False)
    dots = [
        Dot(NAMES[name], Interval(found[name], found[name], found[name]), strong=name == best)
        for name in ranking
    ]
    low = min(-0.05, *(value - 0.05 for value in found.values()))
    figure = plot(dots_figure(dots, key="here", low=low, title=AREA), "this-review", title)
    st.caption(
        f"The same metric on these {plural(words, 'word')} alone, {MASKED[removal]}, random as "
        f"the mean of {CHANCE_ORDERS} orders. One review says little: on a short or undecided one "
        "every order may look good or bad."
    )
    return figure
