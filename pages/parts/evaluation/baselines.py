"""Baselines: other ways to predict the same reviews, beside the model."""

from collections.abc import Sequence
from functools import partial

import streamlit as st

from lstm_core.analysis.formatting import number
from lstm_core.evaluation import Evaluation
from lstm_core.figures.dots import Dot, dots_figure
from lstm_core.metrics import Interval
from pages.parts.common.figures import draw_shared
from pages.parts.common.html_table import draw_table, share_interval
from pages.parts.common.page import any_model_in_use
from pages.parts.evaluation.data import how_to_measure, made, scores_of
from pages.parts.evaluation.measures import PER_CENT_95


def draw_baselines(evaluation: Evaluation, reading: str) -> None:
    """Other ways to judge the same words, in one table with the model."""
    scores = scores_of(evaluation, reading)
    others = [one for one in evaluation.baselines if one.reading == reading]
    if not others:
        st.info(f"No baselines are stored with this model. Measure them: `{how_to_measure()}`.")
        return
    title = baselines_title([one.lead for one in others])
    st.header(title, anchor=False)
    dots = [Dot("This LSTM", scores.accuracy)]
    dots += [Dot(one.name, one.accuracy, strong=False) for one in others]
    dots.sort(key=lambda dot: -dot.share.value)
    draw_shared(
        partial(dots_figure, dots, overall=scores.accuracy.value, key="baselines", low=0.45),
        key="baselines",
        alt=title,
        of=(*made(evaluation), reading),
    )
    own = ("This LSTM", share_interval(scores.accuracy), "", f"{scores.loss.value:.3f}")
    rows = [(*own, f"{scores.f1.value:.3f}", f"{scores.roc_area.value:.3f}", "The model in use.")]
    rows += [
        (
            one.name,
            share_interval(one.accuracy),
            _points(one.lead),
            f"{one.loss:.3f}",
            f"{one.f1:.3f}",
            f"{one.roc_area:.3f}",
            one.note,
        )
        for one in others
    ]
    head = [
        "",
        "Accuracy (95 % interval)",
        "LSTM ahead by (points)",
        "Loss",
        "F1",
        "ROC area",
        "How it is made",
    ]
    draw_table(head, rows, "The model and the baselines")
    unlabelled = any_model_in_use().card.data.unlabelled_reviews
    more = f" The LSTM also had {unlabelled:,} reviews without a label." if unlabelled else ""
    films = " that shares no film with the rest" if evaluation.outcomes.bootstrap.grouped else ""
    st.caption(
        "All learn from the training reviews alone and predict the same test reviews from the "
        f"same words.{more} C, the inverse regularisation strength, was chosen by the accuracy on "
        f"a fifth of the training reviews{films}, from a grid extended "
        f"until the best value lay inside, at most to 0.00001 and 100,000. "
        f"Whiskers are {PER_CENT_95} intervals; “better” and "
        "“level” follow the interval of the difference, paired by review."
    )


def _points(lead: Interval) -> str:
    value, low, high = (number(100 * share, 1) for share in (lead.value, lead.low, lead.high))
    return f"{value} ({low} to {high})"


def baselines_title(leads: Sequence[Interval]) -> str:
    """How many baselines the model is better, level and worse than, by the paired differences."""
    better, worse = sum(one.low > 0 for one in leads), sum(one.high < 0 for one in leads)
    level = len(leads) - better - worse
    parts = [f"better than {better} of {len(leads)} baselines"]
    parts += [f"level with {level}"] if level else []
    parts += [f"worse than {worse}"] if worse else []
    return f"On the same words this LSTM is {', '.join(parts)}"
