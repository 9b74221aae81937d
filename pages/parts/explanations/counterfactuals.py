"""Edit and see: drop, swap or replace a word, and the smallest edit that turns the verdict."""

from collections.abc import Sequence

import streamlit as st

from lstm_core.analysis.captions import quoted
from lstm_core.analysis.formatting import number, p_positive, probability
from lstm_core.analysis.prediction import flips
from lstm_core.attribution.attribute import score_words
from lstm_core.attribution.captions import (
    WAYS,
    counterfactual_caption,
    edit_caption,
    name_of,
    strongest_edit_caption,
)
from lstm_core.attribution.counterfactuals import (
    MOST_EDITS,
    NEAR,
    STEEP,
    STRONG,
    Counterfactual,
    minimal_counterfactuals,
)
from lstm_core.attribution.edits import (
    COMMON,
    Edit,
    EditKind,
    Outcome,
    antonym_candidates,
    edited_text,
    nearest_words,
    one_word,
    outcomes,
)
from lstm_core.errors import InputError
from lstm_core.figures.dots import Dot, dots_figure
from lstm_core.metrics import Interval
from lstm_core.model.sentiment_model import SentimentModel
from lstm_core.recurrent.trace import Trace
from pages.parts.common.escape import escape_markdown
from pages.parts.common.figures import Drawn
from pages.parts.common.html_table import draw_table
from pages.parts.common.page import REVIEW
from pages.parts.common.pinned import pinned_place
from pages.parts.common.token_colors import tint_method
from pages.parts.components.callbacks import take_choice
from pages.parts.components.editor import put_review
from pages.parts.explanations.choice import plot, show_tokens

PROPOSED = 6  # neighbours, and opposites, of a word
LONGEST_WORD = 40


def draw_counterfactuals(model: SentimentModel, trace: Trace) -> list[Drawn]:
    """Edits of one word, then the smallest edit of all."""
    method = tint_method(model)
    scores = score_words(model.forward, trace, method).scores
    place = pinned_place(trace)
    if place is None:
        place = int(abs(scores).argmax())
    show_tokens(trace, "edit_strip", scores, f"by {name_of(method)}", [place])
    st.caption("Click the word to edit; at first it is the strongest one.")
    figures = [_one_word(model, trace, place)]
    _smallest(model, trace)
    return figures


def _one_word(model: SentimentModel, trace: Trace, place: int) -> Drawn:
    """All edits of one word as a dot plot, and a row of buttons that make them."""
    encoding = trace.encoding
    heading = st.container()
    typed = st.text_input(
        f"Put in place of {quoted(trace, place)}",
        key="put_in",
        max_chars=LONGEST_WORD,
        bind="query-params",
        placeholder="a word of your own",
    )
    simple = [Edit(EditKind.DROP, place)]
    simple += [Edit(EditKind.SWAP, place - 1)] if place > encoding.first_word else []
    simple += [Edit(EditKind.SWAP, place)] if place + 1 < encoding.maxlen else []
    if typed.strip():
        try:
            simple.append(Edit(EditKind.REPLACE, place, one_word(typed)))
        except InputError as error:
            st.warning(escape_markdown(str(error)))
    near = nearest_words(model, [encoding.words[place]], PROPOSED)[0]
    edits = [*simple, *(Edit(EditKind.REPLACE, place, word) for word, _ in near)]
    found = outcomes(model, encoding, edits)
    other = antonym_candidates(model, trace, place, PROPOSED)
    title = strongest_edit_caption(trace, [*found, *other])
    heading.header(title, anchor=False)
    dots = [_dot(trace, one, "") for one in found[: len(simple)]]
    dots += [
        _dot(trace, one, f"neighbour, cosine {number(cosine)}")
        for one, (_, cosine) in zip(found[len(simple) :], near, strict=True)
    ]
    dots += [_dot(trace, one, "opposite") for one in other]
    figure = plot(
        dots_figure(
            dots,
            key="edits",
            overall=trace.verdict_probability,
            overall_name=f"unchanged: {probability(trace.verdict_probability)}",
            title="P(positive) after the edit",
            form=probability,
            logit=True,
        ),
        "edits",
        title,
    )
    unknown = "" if near else " The model does not know this word, so it has no neighbours."
    st.caption(
        "Each row is the review with this one edit: P(positive) on a logit axis, on which values "
        "near 0 and 100 % can be told apart; the dashed line is the review as it is. Filled points "
        "flip the prediction. First dropping and swapping, then the nearest neighbours of the "
        "word's vector, then the opposites: common words (the "
        f"{min(COMMON, len(model.vocabulary)):,} most frequent) that "
        f"pull this place most to the other side.{unknown}"
    )
    _buttons(trace, [one.edit for one in (*found, *other)])
    return figure


def _dot(trace: Trace, one: Outcome, hover: str) -> Dot:
    p = one.probability
    turned = flips(trace.verdict_probability, p)
    name = edit_caption(trace.encoding, one.edit)
    return Dot(
        name, Interval(p, p, p), hover + ("; flips the prediction" if turned else ""), turned
    )


def _buttons(trace: Trace, edits: Sequence[Edit]) -> None:
    """A row of edits; a click makes one in the review of all pages."""
    names = {edit_caption(trace.encoding, edit): edit for edit in edits}
    st.pills(
        "Apply edit",
        list(names),
        key="make_edit",
        on_change=_make,
        args=(trace, {name: (edit,) for name, edit in names.items()}, "make_edit"),
        wrap=True,
    )


def _make(trace: Trace, edits: dict[str, tuple[Edit, ...]], key: str) -> None:
    chosen = take_choice(key)
    if chosen in edits:
        put_review(edited_text(trace.encoding, edits[chosen]), key=REVIEW)


def _smallest(model: SentimentModel, trace: Trace) -> None:
    """A table of the smallest edits of each kind, and buttons that make them."""
    found = minimal_counterfactuals(model, trace)
    st.header(counterfactual_caption(trace.encoding, found), anchor=False)
    rows = [_row(trace, one) for one in found]
    draw_table(
        ("Edit by", "Edits", "Number", "P(positive) then", "Reviews tried"), rows, "Counterfactuals"
    )
    st.caption(
        f"The smallest edit found that moves this review "
        f"({p_positive(trace.verdict_probability)}) "
        "to the other side of the undecided band. Tried alone are every drop, every swap of "
        f"neighbours, and for each word its {NEAR} nearest and the {STEEP + STRONG} common words "
        "that promise most; of single edits that suffice, the one that changes the prediction "
        "least is shown. Where none does, the best is taken and the next best added, up to "
        f"{MOST_EDITS}, and what is not needed taken back: a small set, not always the smallest. "
        "Near is what the model's own vectors call near: they know praise from blame, not grammar."
    )
    fine = {WAYS[one.way]: one.edits for one in found if one.edits}
    if fine:
        st.pills(
            "Apply all",
            list(fine),
            key="make_smallest",
            on_change=_make,
            args=(trace, fine, "make_smallest"),
            wrap=True,
        )


def _row(trace: Trace, one: Counterfactual) -> tuple[str, ...]:
    name = WAYS[one.way][:1].upper() + WAYS[one.way][1:]
    if not one.edits:
        return (name, "none found", "", f"{probability(one.probability)} at best", f"{one.tried:,}")
    said = ", ".join(edit_caption(trace.encoding, edit) for edit in one.edits)
    count = f"{len(one.edits)}" + (", no fewer of those tried" if one.certain else "")
    return (name, said, count, probability(one.probability), f"{one.tried:,}")
