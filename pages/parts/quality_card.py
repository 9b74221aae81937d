"""The model card: data, recipe, figures, limits, citation; and measuring anew."""

import streamlit as st

from lstm_core.card import Card
from lstm_core.evaluation import READINGS, Evaluation
from lstm_core.evaluation.record import MannersNote, SeedFigure
from lstm_core.evaluation.strangeness import KNOWN_WORDS
from lstm_core.figures.quality import strangeness_figure
from lstm_core.model import SentimentModel
from pages.parts.quality_data import (
    NO_DATA,
    data_is_here,
    measuring,
    scores_of,
    start_measuring,
    stop_measuring,
    stored_evaluation,
)
from pages.parts.quality_html import draw_table, number_interval, said, share, share_interval
from pages.parts.quality_measures import QUIET
from pages.parts.reading_choice import reading_names

CITATION = """Andrew L. Maas, Raymond E. Daly, Peter T. Pham, Dan Huang, Andrew Y. Ng and
Christopher Potts (2011). Learning Word Vectors for Sentiment Analysis. Proceedings of the 49th
Annual Meeting of the Association for Computational Linguistics: Human Language Technologies,
pages 142-150. Portland, Oregon. https://aclanthology.org/P11-1015/"""
SHORT_EXAMPLES = ("a great movie", "terrible", "not good", "not bad at all", "")


def draw_card(model: SentimentModel, evaluation: Evaluation | None) -> None:
    """The whole card."""
    card = model.card
    st.subheader(f"The model in use: {card.name}", anchor=False)
    _draw_making(card)
    st.markdown("**Limits**")
    st.markdown(_limits(model))
    if evaluation is not None and evaluation.seeds:
        _draw_seeds(evaluation.seeds, model.maxlen)
    _draw_short(model, evaluation)
    if evaluation is not None and evaluation.manners:
        _draw_manners(evaluation.manners[0])
    st.markdown("**How to cite the data set**")
    st.code(" ".join(CITATION.split()), language=None, wrap_lines=True)
    st.markdown("**Measure anew**")
    draw_measuring(model)


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
            f"{sizes.num_words:,} word ids, {sizes.maxlen} places, embedding "
            f"{sizes.embedding_dim}, LSTM {sizes.lstm_dim} units, one sigmoid",
        ),
        ("Recipe", f"{card.recipe}, seed {card.seed}; {settings}"),
        ("Made", f"{card.made} by {card.command}"),
        ("Versions", ", ".join(f"{name} {number}" for name, number in card.versions.items())),
    ]
    draw_table(["", "What the bundle says about itself"], rows, "Making of the model")
    for note in card.notes:
        st.markdown(f"- {note}")


def _limits(model: SentimentModel) -> str:
    return f"""
- It knows English film reviews and nothing else. A verdict on another kind of text, or in another
  language, is a number without meaning.
- It reads {model.maxlen - 1} words at a time. On most pages that is the beginning of the review;
  half of the training reviews have more than 170 words.
- Sarcasm, comparisons (“not as good as the book”) and quoted opinions mislead it. It has
  {len(model.vocabulary):,} words; names and rare words are all the same to it.
- The reviews are from before 2011 and clearly for or against: those with 5 or 6 stars were left out
  by the makers of the data set, so a lukewarm text is strange to it.
- It can hold names, nations and groups against a film. Do not use it to judge people."""


def _draw_seeds(seeds: tuple[SeedFigure, ...], maxlen: int) -> None:
    st.markdown("**The same recipe with other seeds**")
    numbers = sorted({one.seed for one in seeds})
    rows = []
    for reading in READINGS:
        own = {one.seed: one.accuracy for one in seeds if one.reading == reading}
        if not own:
            continue
        mean = sum(own.values()) / len(own)
        spread = (sum((v - mean) ** 2 for v in own.values()) / max(len(own) - 1, 1)) ** 0.5
        cells = [share(own[seed], 2) if seed in own else "" for seed in numbers]
        rows.append((reading_names(maxlen)[reading], *cells, share(mean, 2), share(spread, 2)))
    head = ["Accuracy", *(f"Seed {seed}" for seed in numbers), "Mean", "Standard deviation"]
    draw_table(head, rows, "Accuracy by seed")


def _draw_short(model: SentimentModel, evaluation: Evaluation | None) -> None:
    st.markdown("**Short texts**")
    if evaluation is not None and evaluation.short:
        rows = [
            (one.kind, f"{one.right} of {one.count}", share_interval(one.accuracy))
            for one in evaluation.short
        ]
        draw_table(["Kind", "Right", "Share (95 % interval)"], rows, "Short texts by kind")
        st.caption(
            "Texts of 1 to 12 words of our own writing, written before any model was trained and "
            "used for measuring only."
        )
    verdicts = zip(SHORT_EXAMPLES, model.predict(SHORT_EXAMPLES), strict=True)
    rows = [(text or "(an empty text)", said(float(p)), share(float(p))) for text, p in verdicts]
    draw_table(["Text", "Verdict now", "P(positive)"], rows, "Some short texts")


def _draw_manners(note: MannersNote) -> None:
    st.markdown("**When a verdict deserves doubt**")
    st.caption(
        f"Measured on {note.measured_on}, never on test reviews. The model may have learned from "
        "them, so the levels flatter it; the fall is what counts. Counted are the verdicts that "
        f"take sides; on the reviews as they are {share(note.full)} of these are right. A text is "
        f"too short under {note.fewest_known} known words, where less than half of the advantage "
        f"over a coin is left (dotted: {share(note.words_bar)}). It is too strange from "
        f"{note.most_unknown:.0%} unknown words on, where five points are lost (dotted: "
        f"{share(note.share_bar)}). Of the reviews, 99 in 100 have at least {note.usual_words} "
        f"words and at most {note.usual_unknown:.0%} unknown ones among those read."
    )
    left, right = st.columns(2, gap="large")
    words = [row for row in note.rows if row.measure == KNOWN_WORDS]
    shares = [row for row in note.rows if row.measure != KNOWN_WORDS]
    with left:
        st.plotly_chart(
            strangeness_figure(words, note.words_bar, share=False),
            key="few-words",
            config=QUIET,
            alt="Accuracy on pieces of reviews by number of known words",
        )
        st.caption("Pieces of few words, cut out of the reviews at random places.")
    with right:
        st.plotly_chart(
            strangeness_figure(shares, note.share_bar, share=True),
            key="strange-words",
            config=QUIET,
            alt="Accuracy by share of unknown words",
        )
        st.caption("The first words of the reviews, with random words made unknown.")


@st.fragment(run_every=1.5)
def draw_measuring(model: SentimentModel) -> None:
    """Start, follow, stop a measurement; it goes on when the page is left or loaded anew."""
    state = measuring(model)
    if state.running:
        progress = state.progress
        words = progress.stage.capitalize() if progress else "Starting"
        st.progress((progress.share if progress else None) or 0.0, words)
        st.caption(
            "A process of its own measures; you may leave this page or load it anew. Each stage "
            "fills the bar once."
        )
        st.button("Stop measuring", on_click=stop_measuring, args=(model,))
        return
    if state.error:
        st.warning(state.error)
    if not data_is_here():
        st.caption(NO_DATA)
    else:
        also = st.checkbox("Train the baselines too (a few minutes more)", key="with_baselines")
        st.button(
            "Measure all figures anew",
            on_click=start_measuring,
            args=(model,),
            kwargs={"baselines": also},
        )
    if state.evaluation is not None:
        _draw_comparison(model, state.evaluation)


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
