"""Challenge sets by category, and the overlap of the test part with the training part."""

import streamlit as st

from lstm_core.analysis.captions import plural
from lstm_core.evaluation import Evaluation
from lstm_core.evaluation.challenge_set import ALL
from lstm_core.evaluation.schema import ChallengeFigure
from pages.parts.common.html_table import draw_table, number_interval, share_interval
from pages.parts.common.input_mode import reading_names


def draw_challenge(evaluation: Evaluation) -> None:
    """One table per set: accuracy, recall per class and calibration error of each category."""
    for name in dict.fromkeys(one.name for one in evaluation.challenge):
        figures = [one for one in evaluation.challenge if one.name == name]
        figures.sort(key=lambda one: (one.category != ALL, one.accuracy.value))
        rows = [_row(one) for one in figures]
        st.markdown(f"**{name.capitalize()}**")
        head = [
            "Category",
            "Correct",
            "Accuracy",
            "Recall of positive",
            "Recall of negative",
            "ECE",
        ]
        draw_table(head, rows, f"{name.capitalize()} by category")
    if evaluation.challenge:
        st.caption(
            "Sentences of our own writing, not used in training; the weakest category stands "
            "first. In brackets the 95 % interval: Wilson's for shares, a bootstrap of the "
            "sentences for the expected calibration error (ECE), which is too high on few "
            "sentences and is therefore given for whole sets."
        )


def _row(one: ChallengeFigure) -> tuple[str, ...]:
    whole = one.category == ALL
    negative = one.count - one.positive_count
    return (
        "All" if whole else one.category,
        f"{one.right} of {one.count}",
        share_interval(one.accuracy),
        share_interval(one.recall_positive) if one.positive_count else "none",
        share_interval(one.recall_negative) if negative else "none",
        number_interval(one.calibration_error) if whole else "",
    )


def overlap_line(evaluation: Evaluation) -> str:
    """How many test reviews are related to a training review, and the accuracy without them."""
    if not evaluation.overlap:
        return ""
    one = evaluation.overlap[0]
    kin, same = one.of_films, one.same_text
    films_known = evaluation.outcomes.bootstrap.grouped
    if not kin and not same:
        shares = "film or its text" if films_known else "text"
        return f"No test review shares its {shares} with a training review."
    names = reading_names(evaluation.outcomes.maxlen)
    left = "; ".join(
        f"{names[o.reading].lower()} {share_interval(o.accuracy)}" for o in evaluation.overlap
    )
    said = f"{plural(same, 'test review')} {'is' if same == 1 else 'are'} in the training part too"
    if films_known:
        shares, stands = ("shares" if kin == 1 else "share"), ("stands" if same == 1 else "stand")
        said = (
            f"{plural(kin, 'test review')} {shares} {plural(one.films, 'film')} with the training "
            f"part and {same:,} {stands} in it word for word"
        )
    return f"{said}; without them, on {one.count:,} reviews: {left}."
