"""Every method on the same review: one picture, how far they agree, what each claims, the texts."""

import streamlit as st

from lstm_core.analysis.formatting import signed
from lstm_core.analysis.sign_conflict import conflict_caption
from lstm_core.attribution.agreement import agreement
from lstm_core.attribution.attribute import WordScores, score_all
from lstm_core.attribution.captions import agreement_caption, strongest_caption
from lstm_core.attribution.registry import NOTES
from lstm_core.figures.attribution import agreement_figure, methods_figure
from lstm_core.model.sentiment_model import SentimentModel
from lstm_core.recurrent.running import RunningTrace
from lstm_core.recurrent.trace import Trace
from pages.parts.common.figures import Drawn
from pages.parts.common.pinned import pinned_place
from pages.parts.common.token_colors import tint_method
from pages.parts.explanations.choice import plot, show_tokens
from pages.parts.explanations.faithfulness import shown_methods

SHOWN_EVERYWHERE = "This method colours the words on all pages (why: see “Faithfulness”). "
LEAST_ERROR = 0.0005  # a smaller error of a sum is not shown


def draw_methods(model: SentimentModel, trace: Trace) -> list[Drawn]:
    """The method of all pages on the words themselves, the others as rows of one chart."""
    first = tint_method(model)
    methods = (first, *(one for one in shown_methods(model) if one is not first))
    return draw_scores(trace, score_all(model.forward, trace, methods), SHOWN_EVERYWHERE)


def draw_scores(trace: RunningTrace, found: tuple[WordScores, ...], why: str = "") -> list[Drawn]:
    """Scores of several methods, the first one on the words; `why` says why it comes first."""
    place = pinned_place(trace)
    best, others = found[0], found[1:]
    st.header(strongest_caption(trace, found), anchor=False)
    st.markdown(f"**{NOTES[best.method].full_name}.** {NOTES[best.method].question}")
    says = f"by {NOTES[best.method].inner_name}"
    show_tokens(trace, f"strip_{best.method}", best.scores, says, _marked(place))
    st.caption(
        f"Blue is positive, orange negative. {conflict_caption(trace, best.scores)} {why}Click a "
        "word to mark it everywhere; hover for its score."
    )
    st.header("The other methods on the same words", anchor=False)
    title = strongest_caption(trace, others)
    figures: list[Drawn] = [plot(methods_figure(trace, others, place), "methods", title)]
    st.caption(
        "One row per method, one column per word. Every row is scaled to its own largest "
        "attribution, so compare where the colour is, not how strong it is."
    )
    left, right = st.columns([1, 1], gap="large")
    with left:
        figures.append(_agreement(trace, found))
    with right:
        st.header("Method assumptions", anchor=False)
        for one in found:
            _claim(one)
    return figures


def _marked(place: int | None) -> list[int]:
    return [] if place is None else [place]


def _agreement(trace: RunningTrace, found: tuple[WordScores, ...]) -> Drawn:
    methods = [one.method for one in found]
    table = agreement([one.scores[trace.encoding.first_word :] for one in found])
    title = agreement_caption(methods, table)
    st.header("Agreement between methods on this review", anchor=False)
    figure = plot(agreement_figure(methods, table), "agreement", title)
    st.caption(
        f"{title}. The number is the rank correlation of the words' scores (Spearman): 1 the same "
        "order, 0 no relation, −1 the opposite order."
    )
    return figure


def _claim(one: WordScores) -> None:
    """Sum and silence of a method, with this review's rest."""
    note = NOTES[one.method]
    here = (
        "" if one.rest is None else f" Here {note.rest}: {signed(one.rest)} of {signed(one.logit)}."
    )
    if abs(one.residual) >= LEAST_ERROR:
        here += f" Error of the numerical integral: {signed(one.residual, 3)}."
    card = st.expander(note.full_name, key=f"method_{one.method}", on_change="rerun")
    if card.open:
        card.markdown(
            f"**Its scores sum:** {note.sums}{here}\n\n**It does not claim:** {note.not_claimed}"
            f"\n\n**Source:** {note.source}"
        )
