"""The model card: data, recipe, figures, limits, citation; and measuring again."""

from functools import partial

import streamlit as st

from lstm_core.analysis.captions import plural
from lstm_core.analysis.formatting import fixed_percent, probability
from lstm_core.analysis.prediction import make_verdict
from lstm_core.evaluation import READINGS, Evaluation
from lstm_core.evaluation.baselines import ARTICLE
from lstm_core.evaluation.challenge_set import limit_notes
from lstm_core.evaluation.robustness import KNOWN_WORDS
from lstm_core.evaluation.schema import ReliabilityNote, SeedFigure
from lstm_core.evaluation.worker import KIND
from lstm_core.figures.evaluation import strangeness_figure
from lstm_core.model.card import Card
from lstm_core.model.sentiment_model import SentimentModel
from pages.parts.common.escape import escape_markdown
from pages.parts.common.figures import draw_shared
from pages.parts.common.html_table import draw_table, number_interval, share_interval
from pages.parts.common.input_mode import reading_names
from pages.parts.common.prediction_view import WORDS
from pages.parts.common.task_progress import NOTE, draw_task, start_button
from pages.parts.evaluation.challenge_figures import draw_challenge
from pages.parts.evaluation.challenge_set import is_imdb, limits
from pages.parts.evaluation.data import (
    NO_DATA,
    data_is_here,
    made,
    measured_evaluation,
    scores_of,
    start_measuring,
    stored_evaluation,
)
from pages.parts.evaluation.measures import draw_measures

CITATION = """Andrew L. Maas, Raymond E. Daly, Peter T. Pham, Dan Huang, Andrew Y. Ng and
Christopher Potts (2011). Learning Word Vectors for Sentiment Analysis. Proceedings of the 49th
Annual Meeting of the Association for Computational Linguistics: Human Language Technologies,
pages 142-150. Portland, Oregon. https://aclanthology.org/P11-1015/"""
SHORT_EXAMPLES = ("a great movie", "terrible", "not good", "not bad at all", "")


def draw_card(model: SentimentModel, evaluation: Evaluation | None) -> None:
    """The whole card; what one looks up is folded."""
    card = model.card
    st.header(f"The model in use: {escape_markdown(card.name, 120)}", anchor=False)
    _draw_making(card)
    if evaluation is not None:
        st.markdown("**Figures**")
        draw_measures(evaluation)
        _draw_beside(evaluation)
    elif card.figures:
        st.markdown("**Figures of the model card**")
        draw_card_figures(model)
    st.markdown("**Limits**")
    notes = () if evaluation is None else limit_notes(evaluation)
    st.markdown(
        "\n".join([limits(model), *(f"- {escape_markdown(note, 4_000)}" for note in notes)])
    )
    if evaluation is not None and evaluation.seeds:
        with st.expander("Accuracy of the same recipe with other seeds"):
            _draw_seeds(evaluation.seeds, model.maxlen)
    if evaluation is not None and evaluation.challenge:
        with st.expander("Sentences of our own writing by category"):
            draw_challenge(evaluation)
    with st.expander(f"Predictions of {len(SHORT_EXAMPLES)} short texts"):
        _draw_short(model)
    if evaluation is not None and evaluation.reliability:
        with st.expander("Reliability thresholds"):
            _draw_reliability(evaluation.reliability[0], made(evaluation))
    if is_imdb(card):
        with st.expander("How to cite the data set"):
            st.code(" ".join(CITATION.split()), language=None, wrap_lines=True)
    st.markdown("**Re-run evaluation**")
    draw_measuring(model)


def draw_card_figures(model: SentimentModel) -> None:
    """The figures that the card holds, measured when the model was trained."""
    names = reading_names(model.maxlen)
    rows = [
        (
            figure.name[:1].upper()
            + f"{figure.name[1:]}, {names.get(figure.reading, figure.reading).lower()}",
            f"{figure.value:.4f}",
            f"{figure.count:,} {figure.measured_on}",
            figure.note,
        )
        for figure in model.card.figures
    ]
    draw_table(["Figure", "Value", "Measured on", "Note"], rows, "Figures of the model card")


def _draw_making(card: Card) -> None:
    sizes = card.sizes
    settings = ", ".join(f"{name} {value}" for name, value in card.settings.items())
    rows = [
        ("Data", f"{card.data.description} Fingerprint (sha256) {card.data.sha256[:16]}…"),
        (
            "Reviews",
            f"{card.data.train_reviews:,} with labels for training, "
            f"{card.data.unlabelled_reviews:,} without, {card.data.test_reviews:,} for the test",
        ),
        (
            "Architecture",
            f"{sizes.num_words:,} word ids, {sizes.maxlen} time steps, embedding "
            f"{sizes.embedding_dim}, LSTM {plural(sizes.lstm_dim, 'unit')}, one sigmoid",
        ),
        ("Recipe", f"{card.recipe}, seed {card.seed}; {settings}"),
        ("Made", f"{card.made} by {card.command}"),
        ("Versions", ", ".join(f"{name} {number}" for name, number in card.versions.items())),
    ]
    draw_table(["", "What the bundle says about itself"], rows, "Making of the model")
    for note in card.notes:
        st.markdown(f"- {escape_markdown(note, 4_000)}")


def _draw_beside(evaluation: Evaluation) -> None:
    """The article's recipe beside the model, where it was measured on the same reviews."""
    rows = [
        (
            reading_names(evaluation.outcomes.maxlen)[one.reading],
            share_interval(one.accuracy),
            share_interval(scores_of(evaluation, one.reading).accuracy),
        )
        for one in evaluation.baselines
        if one.name == ARTICLE
    ]
    if rows:
        draw_table(["Accuracy", ARTICLE, "This model"], rows, "The article's recipe and this one")


def _draw_seeds(seeds: tuple[SeedFigure, ...], maxlen: int) -> None:
    numbers = sorted({one.seed for one in seeds})
    rows = []
    for reading in READINGS:
        own = {one.seed: one.accuracy for one in seeds if one.reading == reading}
        if not own:
            continue
        mean = sum(own.values()) / len(own)
        spread = (sum((v - mean) ** 2 for v in own.values()) / max(len(own) - 1, 1)) ** 0.5
        cells = [fixed_percent(own[seed], 2) if seed in own else "" for seed in numbers]
        rows.append(
            (
                reading_names(maxlen)[reading],
                *cells,
                fixed_percent(mean, 2),
                fixed_percent(spread, 2),
            )
        )
    head = ["Accuracy", *(f"Seed {seed}" for seed in numbers), "Mean", "Standard deviation"]
    draw_table(head, rows, "Accuracy by seed")


def _draw_short(model: SentimentModel) -> None:
    verdicts = [(text, make_verdict(model.running_trace(text))) for text in SHORT_EXAMPLES]
    now = [
        (text or "(an empty text)", WORDS[one.leaning].lower(), probability(one.probability))
        for text, one in verdicts
    ]
    draw_table(["Text", "Label now", "P(positive)"], now, "Some short texts")


def _draw_reliability(note: ReliabilityNote, of: tuple[str, str]) -> None:
    st.caption(
        f"Measured on {escape_markdown(note.measured_on)}, which the model was not trained on. "
        f"Accuracy is that of non-abstained predictions; on the reviews as they are it is "
        f"{fixed_percent(note.full)}. {reliability_line(note)} Of the reviews, 99 in 100 have at "
        f"least {plural(note.usual_words, 'word')} and at most "
        f"{fixed_percent(note.usual_unknown, 0)} unknown ones among those read."
    )
    left, right = st.columns(2, gap="large")
    words = [row for row in note.rows if row.measure == KNOWN_WORDS]
    shares = [row for row in note.rows if row.measure != KNOWN_WORDS]
    with left:
        draw_shared(
            partial(strangeness_figure, words, note.words_bar, share=False),
            key="few-words",
            alt="Accuracy on pieces of reviews by number of known words",
            of=of,
        )
        st.caption("Pieces of few words, cut out of the reviews at random positions.")
    with right:
        draw_shared(
            partial(strangeness_figure, shares, note.share_bar, share=True),
            key="strange-words",
            alt="Accuracy by share of unknown words",
            of=of,
        )
        st.caption("The first words of the reviews, with random words made unknown.")


def reliability_line(note: ReliabilityNote) -> str:
    """From when on a text is too short and too strange, where it ever is."""
    short = (
        f"A text is too short under {plural(note.fewest_known, 'known word')}, where less than "
        f"half of the margin over chance is left (dashed: {fixed_percent(note.words_bar)})."
        if note.fewest_known > 1
        else "Even a single known word keeps half of the margin over chance."
    )
    strange = (
        f"It is too strange from {fixed_percent(note.most_unknown, 0)} unknown words on, where "
        f"five points "
        f"are lost (dashed: {fixed_percent(note.share_bar)})."
        if note.most_unknown < 1
        else "However many words are unknown, it does not lose five points."
    )
    return f"{short} {strange}"


def draw_measuring(model: SentimentModel) -> None:
    """Start, follow, stop an evaluation; it goes on when the page is left or reloaded."""
    draw_task(
        KIND,
        model.bundle.fingerprint,
        lambda _: _offer(model),
        note=f"{NOTE} Each stage fills the bar once.",
    )


def _offer(model: SentimentModel) -> None:
    """The button that measures, and what was measured here last."""
    if not data_is_here(model):
        st.caption(NO_DATA)
    else:
        st.checkbox("Train the baselines too (a few minutes more)", key="with_baselines")
        start_button("Re-run evaluation", KIND, partial(start_measuring, model))
    if (found := measured_evaluation(model)) is not None:
        _draw_comparison(model, found)


def _draw_comparison(model: SentimentModel, measured: Evaluation) -> None:
    """Stored and measured figures side by side."""
    stored = stored_evaluation(model).evaluation
    rows = []
    for reading in READINGS:
        new = scores_of(measured, reading)
        old = scores_of(stored, reading) if stored else None
        name = reading_names(model.maxlen)[reading]
        for measure in ("accuracy", "loss"):
            show = share_interval if measure == "accuracy" else number_interval
            before = show(getattr(old, measure)) if old else "not stored"
            rows.append((f"{name}: {measure}", before, show(getattr(new, measure))))
    draw_table(["", "Stored with the model", "Measured here"], rows, "Stored and measured figures")
    stamp = measured.stamp
    st.caption(
        f"Measured here {stamp.made} on {stamp.reviews:,} test reviews in {stamp.seconds:.0f} s."
    )
