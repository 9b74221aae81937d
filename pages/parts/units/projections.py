"""Maps: groups of words and units, the reviews and the words as points on a plane."""

from collections.abc import Sequence
from functools import partial

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from lstm_core.activations.coclustering import Groups, group
from lstm_core.activations.layers import IndexedLayer
from lstm_core.activations.projection import Plane, pca, sample
from lstm_core.activations.store import StateIndex
from lstm_core.activations.tsne import KIND as TSNE_KIND
from lstm_core.activations.tsne import plane_path, read_plane, start_tsne
from lstm_core.activations.unit_profiles import word_effects
from lstm_core.analysis.captions import plural, quoted_word
from lstm_core.analysis.formatting import number, p_positive, percent, signed
from lstm_core.attribution.edits import nearest_words
from lstm_core.figures.activations import MarkerKind, apart, groups_figure, plane_figure
from lstm_core.figures.axes import plotly_text
from lstm_core.figures.colours import INK, NEGATIVE, POSITIVE, rgba
from lstm_core.model.sentiment_model import SentimentModel
from lstm_core.recurrent.lstm import Floats, sigmoid
from lstm_core.text import split_words
from pages.parts.common.figures import Drawn, config_of, draw_shared
from pages.parts.common.link import linked_choice, linked_value
from pages.parts.common.task_progress import draw_task, start_button
from pages.parts.components.chart import draw_chart
from pages.parts.units.choice import index_key

GROUPS, REVIEWS, WORDS = "coclusters", "reviews", "words"
MAPS = {GROUPS: "Co-clusters", REVIEWS: "Reviews", WORDS: "Words"}
PCA, TSNE = "pca", "tsne"
PROJECTIONS = {PCA: "PCA", TSNE: "t-SNE"}
POINTS = {PCA: 2_000, TSNE: 1_000}
NEIGHBOURS = 10
PREDICTION, LABEL, CORRECT = "prediction", "label", "correct"
COLOURS = {PREDICTION: "prediction", LABEL: "label", CORRECT: "correct or wrong"}
OLD_COLOURS = {"verdict": PREDICTION, "right or wrong": CORRECT}
STRONG = 150  # words of which some bear their name on the map
LABELS = 12  # words that do


def draw_projections(layer: IndexedLayer, index: StateIndex) -> list[Drawn]:
    """The chosen map."""
    model = layer.model
    which = linked_choice(
        st.segmented_control,
        "Projection of",
        MAPS,
        key="map",
        aliases={"Groups of words and units": GROUPS},
        wrap=True,
    )
    if which == REVIEWS:
        return _draw_reviews(model, index)
    if which == WORDS:
        return _draw_words(model, index)
    return _draw_groups(model, index)


@st.cache_resource(show_spinner=False, max_entries=16, hash_funcs={StateIndex: index_key})
def _groups(index: StateIndex, count: int, _model: SentimentModel) -> Groups | None:
    return group(index, _model.bundle.weights.dense_kernel, _model.vocabulary, count)


def _draw_groups(model: SentimentModel, index: StateIndex) -> list[Drawn]:
    most = min(8, index.note.lstm_dim)
    count = int(st.slider("Co-clusters", 2, max(most, 3), 4, key="groups", bind="query-params"))
    found = _groups(index, count, model)
    if found is None:
        st.info("These reviews hold too few words that move a unit for sure. Take more reviews.")
        return []
    title = _groups_title(found)
    st.header(title, anchor=False)
    figure = draw_shared(
        partial(groups_figure, found),
        key="groups_map",
        alt=title,
        of=(*index_key(index), count),
        config=config_of("groups"),
    )
    st.caption(
        "One row per word, one column per unit. Blue: the word moved the logit towards "
        "positive through this unit, orange towards negative, on average. The lines part the "
        "groups that spectral co-clustering (Dhillon 2001) finds in words and units together; "
        "shown are the words with the strongest sure effect."
    )
    return [figure]


def _groups_title(found: Groups) -> str:
    """The two largest groups of words, each by its first word."""
    members: dict[int, list[str]] = {}
    for word, at in zip(found.words, found.word_groups, strict=True):
        members.setdefault(int(at), []).append(word)
    first, *others = sorted(members.values(), key=len, reverse=True)
    title = f"{quoted_word(first[0])} and {plural(len(first) - 1, 'other word')} form one group"
    if not others:
        return title
    second = others[0]
    return f"{title}, {quoted_word(second[0])} and {plural(len(second) - 1, 'other')} another"


def _draw_reviews(model: SentimentModel, index: StateIndex) -> list[Drawn]:
    boxes = st.columns(2)
    way = _choose_way(boxes[0])
    by = linked_choice(boxes[1].selectbox, "Colour by", COLOURS, key="colour", aliases=OLD_COLOURS)
    rows = sample(index.note.reviews, POINTS[way])
    values = np.array(index.final[rows])  # (N, D)
    plane = _plane(index, "reviews", values, way)
    if plane is None:
        return []
    positive, labels = index.logits[rows] >= 0, index.labels[rows]
    title = _reviews_title(plane, index.logits[rows], labels, positive)
    st.header(title, anchor=False)
    figure = draw_shared(
        lambda: plane_figure(
            plane.points,
            _kinds(by, positive, labels),
            _review_hovers(model, index, rows),
            name=f"reviews-{way}-{by}",
            axes=_axes(plane),
        ),
        key="reviews_map",
        alt=title,
        of=(*index_key(index), way, by),
        config=config_of("reviews"),
    )
    st.caption(
        f"Each point is one of {len(rows):,} reviews: its hidden state after the last word, "
        f"{index.note.lstm_dim} numbers drawn as two. {_way_line(way)} Hover to read how it begins."
    )
    return [figure]


def _reviews_title(plane: Plane, logits: Floats, labels: np.ndarray, positive: np.ndarray) -> str:
    if plane.explained:
        with np.errstate(invalid="ignore", divide="ignore"):
            along = abs(float(np.corrcoef(plane.points[:, 0], logits)[0, 1]))
        held = f"PC 1 holds {percent(plane.explained[0])} of the variance of the final states"
        return held if np.isnan(along) else f"{held}; its correlation with the logit is {along:.2f}"
    known = labels >= 0
    if not known.any():
        return f"{plural(len(labels), 'review')}, those with like final states side by side"
    wrong = int((positive[known] != (labels[known] == 1)).sum())
    return (
        f"{plural(wrong, 'wrong prediction')} among {plural(int(known.sum()), 'labelled review')}"
    )


def _kinds(by: str, positive: np.ndarray, labels: np.ndarray) -> list[MarkerKind]:
    blue, orange = rgba(POSITIVE, 0.75), rgba(NEGATIVE, 0.75)
    known = labels >= 0
    grey = MarkerKind("no label", INK, ~known, "circle-open", 4)
    if by == LABEL:
        kinds = [MarkerKind("label positive", blue, labels == 1)]
        kinds += [MarkerKind("label negative", orange, labels == 0), grey]
    elif by == CORRECT:
        wrong = known & (positive != (labels == 1))
        kinds = [grey, MarkerKind("correct", INK, known & ~wrong, "circle", 4)]
        kinds += [MarkerKind("false positive", blue, wrong & positive, "x", 8)]
        kinds += [MarkerKind("false negative", orange, wrong & ~positive, "x", 8)]
    else:
        kinds = [MarkerKind("predicted positive", blue, positive)]
        kinds += [MarkerKind("predicted negative", orange, ~positive)]
    return [kind for kind in kinds if kind.chosen.any()]


def _review_hovers(model: SentimentModel, index: StateIndex, rows: np.ndarray) -> list[str]:
    """How each review begins, in the model's words, and what was said of it."""
    said = sigmoid(index.logits[rows])
    hovers = []
    for row, probability in zip(rows.tolist(), said.tolist(), strict=True):
        start = int(index.starts[row])
        end = min(start + 14, int(index.starts[row + 1]))
        words = " ".join(model.vocabulary.word_of(int(id_)) for id_ in index.ids[start:end])
        label = {1: "positive", 0: "negative"}.get(int(index.labels[row]), "unknown")
        hovers.append(f"{plotly_text(words)} …<br>{p_positive(probability)}, label {label}")
    return hovers


def _linked_word(values: Sequence[str]) -> str | None:
    """A word out of an address; a number there is the pinned word of another page."""
    word = values[-1].strip()[:60] if values else ""
    return None if word.isdecimal() else word


def _draw_words(model: SentimentModel, index: StateIndex) -> list[Drawn]:
    boxes = st.columns(2)
    way = _choose_way(boxes[0])
    linked_value("find_word", "", _linked_word, parameter="find", old=("word",))
    asked = boxes[1].text_input(
        "Find a word", key="find_word", persist_state="session", max_chars=60
    )
    word = " ".join(split_words(asked or ""))
    mean, _, sure, listed = word_effects(index)
    if len(listed) < 10:
        st.info("These reviews repeat too few words for a map. Take more reviews.")
        return []
    weights = model.bundle.weights
    often = listed[np.argsort(-index.sums.word_count[listed], kind="stable")[: POINTS[way]]]
    ids = np.sort(often)
    near = nearest_words(model, [word], NEIGHBOURS)[0] if word else ()
    if near and way == PCA:  # t-SNE would have to arrange all points again for one more
        ids = np.union1d(ids, [model.vocabulary.id_of(one) for one in (word, *dict(near))])
    values = weights.embedding[ids]  # (N, E)
    plane = _plane(index, "words", values, way)
    if plane is None:
        return []
    effect = (mean @ weights.dense_kernel)[ids]  # (N,)
    names = [model.vocabulary.word_of(int(id_)) for id_ in ids]
    figure = _words_figure(plane, names, effect, word, {word, *dict(near)} if near else set(), way)
    title = _words_title(word, near, model) if word else _plane_title(plane, effect, len(ids))
    st.header(title, anchor=False)
    draw_chart(figure, key="words_map", config=config_of("words"), alt=title)
    st.caption(
        f"Each point is one of the {len(ids):,} words read most often here: its embedding, "
        f"{weights.embedding_dim} numbers drawn as two. {_way_line(way)} Blue words moved the "
        "logit towards positive on average, orange ones towards negative."
    )
    return [figure]


def _words_title(word: str, near: tuple[tuple[str, float], ...], model: SentimentModel) -> str:
    if word not in model.vocabulary:
        return f"{quoted_word(word)} is not in the vocabulary: the model reads it as unknown"
    shown = ", ".join(f"{quoted_word(one)} {number(cosine)}" for one, cosine in near[:5])
    return f"Nearest to {quoted_word(word)}: {shown}"


def _plane_title(plane: Plane, effect: np.ndarray, count: int) -> str:
    """How far the first direction of the words follows their effect on the logit."""
    if not plane.explained:
        return f"{count:,} words, those with like vectors side by side"
    along = abs(float(np.corrcoef(plane.points[:, 0], effect)[0, 1])) if effect.std() else 0.0
    return (
        f"PC 1 holds {percent(plane.explained[0])} of the variance of the embeddings; its "
        f"correlation "
        f"with the words' effect on the logit is {along:.2f}"
    )


def _words_figure(
    plane: Plane, names: list[str], effect: np.ndarray, first: str, marked: set[str], way: str
) -> go.Figure:
    found = np.array([name in marked for name in names])
    near = np.abs(effect) < 0.02
    kinds = [
        MarkerKind("hardly moves the logit", INK, near, "circle", 4),
        MarkerKind("towards positive", rgba(POSITIVE, 0.75), ~near & (effect > 0)),
        MarkerKind("towards negative", rgba(NEGATIVE, 0.75), ~near & (effect < 0)),
    ]
    if marked:
        kinds.append(MarkerKind("the word and its neighbours", INK, found, "circle-open", 13))
        ranked = sorted(np.flatnonzero(found).tolist(), key=lambda row: names[row] != first)
    else:
        ranked = np.argsort(-np.abs(effect), kind="stable")[:STRONG].tolist()
    labels = [(row, names[row]) for row in apart(plane.points, ranked, LABELS)]
    hover = [
        f"{plotly_text(name)}: {signed(value, 3)} to the logit"
        for name, value in zip(names, effect, strict=True)
    ]
    kinds = [kind for kind in kinds if kind.chosen.any()]
    return plane_figure(
        plane.points, kinds, hover, name=f"words-{way}", axes=_axes(plane), labels=labels
    )


def _choose_way(box: "st.delta_generator.DeltaGenerator") -> str:
    return linked_choice(
        box.segmented_control, "Projection", PROJECTIONS, key="projection", old=("way",)
    )


def _way_line(way: str) -> str:
    if way == TSNE:
        return "t-SNE keeps near points near; distances between far groups mean nothing."
    return "PCA shows the two directions of largest variance."


def _axes(plane: Plane) -> tuple[str, str]:
    if not plane.explained:
        return "", ""
    first, second = (*plane.explained, 0.0)[:2]
    return f"PC 1 ({percent(first)} of the variance)", f"PC 2 ({percent(second)})"


def _plane(index: StateIndex, what: str, values: Floats, way: str) -> Plane | None:
    """The points on a plane; None while t-SNE has still to arrange them."""
    if way == PCA:
        return pca(values)
    points = read_plane(index, what, len(values))
    if points is not None:
        return Plane(points)
    draw_task(TSNE_KIND, plane_path(index, what).stem, lambda _: _offer(index, what, values))
    return None


def _offer(index: StateIndex, what: str, values: Floats) -> None:
    """The button that starts t-SNE, or why it cannot."""
    if read_plane(index, what, len(values)) is not None:
        st.rerun()
    if len(values) < 8:
        st.info("t-SNE needs at least 8 points.")
        return
    st.markdown(
        f"t-SNE puts points that are near each other side by side. It takes some seconds for "
        f"{len(values):,} points, once; the result is kept."
    )
    start = partial(start_tsne, index, what, values)
    start_button("Run t-SNE", TSNE_KIND, start, primary=True, key="arrange")
