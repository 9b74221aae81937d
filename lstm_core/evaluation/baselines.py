"""Baselines: other ways to predict the same reviews from the same words.

scikit-learn is imported in the functions that need it. All baselines learn from the training part
alone. The inverse regularisation strength C is chosen by the accuracy on a fifth of the training
reviews that shares no film with the rest, from a geometric grid that is extended until the best
value lies inside it; of equal ones the smallest C.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lstm_core.datasets import train_validation_split
from lstm_core.evaluation.predict import Row, Rows
from lstm_core.evaluation.schema import READINGS, Array, Baseline
from lstm_core.evaluation.scores import confusion, summarize_scores
from lstm_core.metrics import ClusterBootstrap, accuracy, log_loss
from lstm_core.progress import Progress, ProgressCallback
from lstm_core.recurrent.lstm import Floats
from lstm_core.text import split_words

VALIDATION_SHARE = 0.2
SEED = 0
RAREST = 2  # training reviews that a word or pair of words must occur in
GRID_STEP = 4.0  # ratio of neighbouring values of C
GRID_ENDS = (1e-5, 1e5)  # the grid is not extended beyond
ARTICLE = "The article's recipe"
_WORDS = {"first": "first words", "whole": "whole reviews"}

Cached = Callable[[str, Callable[[], Baseline]], Baseline]  # a finished baseline by name, or new


@dataclass(frozen=True, eq=False)
class Features:
    """One kind of feature for the training and the test reviews."""

    note: str  # how they are made
    train: Any  # features ``(N, F)``, sparse or dense
    test: Any  # features ``(M, F)``
    start: float  # value of C at which the search begins


@dataclass(frozen=True, eq=False)
class Task:
    """What every baseline is given.

    Attributes:
        train_texts: Training reviews.
        test_texts: Test reviews.
        train_rows: The same as the model's word ids.
        test_rows: The same as the model's word ids.
        train_labels: ``(N,)``.
        test_labels: ``(M,)``.
        train_groups: Film (or text) of each training review, for the validation split.
        embedding: The model's embedding, ``(V, E)``.
        own: P(positive) of the model by reading, ``(M,)`` each: what the baselines compare with.
        bootstrap: Draws of the test reviews' films.
    """

    train_texts: Sequence[str]
    test_texts: Sequence[str]
    train_rows: Rows
    test_rows: Rows
    train_labels: Array
    test_labels: Array
    train_groups: Sequence[str]
    embedding: Floats
    own: Mapping[str, Array]
    bootstrap: ClusterBootstrap


def measure_baselines(
    task: Task, progress: ProgressCallback, cached: Cached = lambda _, compute: compute()
) -> tuple[Baseline, ...]:
    """Every baseline for both readings.

    Args:
        cached: Gives a baseline that an interrupted measurement has finished, or computes it.
    """
    found: list[Baseline] = []
    for reading in READINGS:
        found.append(_majority(task, reading))
        for number, (name, make) in enumerate(_MAKERS.items()):
            progress(Progress(f"baselines, {_WORDS[reading]}", number, len(_MAKERS)))

            def compute(name: str = name, make: _Maker = make, reading: str = reading) -> Baseline:
                return _fit_and_score(name, make(task, reading), task, reading)

            found.append(cached(f"{make.__name__.strip('_')}-{reading}", compute))
        progress(Progress(f"baselines, {_WORDS[reading]}", len(_MAKERS), len(_MAKERS)))
    return tuple(found)


def article_baselines(
    labels: Array,
    said: Mapping[str, Floats],
    own: Mapping[str, Array],
    bootstrap: ClusterBootstrap,
    note: str,
) -> tuple[Baseline, ...]:
    """The article's recipe as a baseline, from the probabilities of a bundle made by it."""
    return tuple(
        _scored(ARTICLE, reading, labels, said[reading], own[reading], bootstrap, note)
        for reading in READINGS
    )


def choose_strength(error_at: Callable[[float], float], start: float) -> tuple[float, list[float]]:
    """C of the smallest error on a geometric grid that is extended until it is not at an end.

    Returns:
        C and the grid, ascending.
    """
    errors = {c: error_at(c) for c in (start / GRID_STEP, start, start * GRID_STEP)}
    while True:
        best = min(errors, key=lambda c: (errors[c], c))
        edges = {min(errors): min(errors) / GRID_STEP, max(errors): max(errors) * GRID_STEP}
        following = edges.get(best)
        if following is None or not GRID_ENDS[0] <= following <= GRID_ENDS[1]:
            return best, sorted(errors)
        errors[following] = error_at(following)


def _majority(task: Task, reading: str) -> Baseline:
    share = float(np.mean(task.train_labels == 1))
    said = np.full(len(task.test_labels), share)
    note = "Always the more frequent class of the training part."
    return _scored(
        "Majority", reading, task.test_labels, said, task.own[reading], task.bootstrap, note
    )


def _word_counts(task: Task, reading: str) -> Features:
    """How often each word of the model's vocabulary occurs in the review."""
    window = _window(task, reading)
    size = len(task.embedding)
    train = _count_matrix(_known(task.train_rows, window), size)
    test = _count_matrix(_known(task.test_rows, window), size)
    note = f"Counts of the model's own {size:,} word ids, logistic regression."
    return Features(note, train, test, 0.02)


def _mean_embedding(task: Task, reading: str) -> Features:
    """The mean of the model's own word vectors: what is left without the LSTM."""
    window = _window(task, reading)
    train, test = (
        np.stack([_mean_vector(row, task.embedding) for row in _known(rows, window)])
        for rows in (task.train_rows, task.test_rows)
    )
    scale = float(train.std()) or 1.0
    note = "The model's own embedding averaged over the words, logistic regression."
    return Features(note, train / scale, test / scale, 1.0)


def _tfidf(task: Task, reading: str) -> Features:
    """Words and pairs of neighbours, all words of the training part, weighted by TF-IDF."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    window = _window(task, reading)
    vectorizer = TfidfVectorizer(
        tokenizer=lambda text: split_words(text)[window],
        token_pattern=None,
        lowercase=False,
        ngram_range=(1, 2),
        min_df=RAREST if len(task.train_texts) > RAREST else 1,
        sublinear_tf=True,
    )
    train = vectorizer.fit_transform(task.train_texts)
    test = vectorizer.transform(task.test_texts)
    note = f"{train.shape[1]:,} words and pairs of words, TF-IDF, logistic regression."
    return Features(note, train, test, 4.0)


_Maker = Callable[[Task, str], Features]
_MAKERS: dict[str, _Maker] = {
    "Word counts": _word_counts,
    "TF-IDF of words and pairs": _tfidf,
    "Mean of embeddings": _mean_embedding,
}


def _fit_and_score(name: str, features: Features, task: Task, reading: str) -> Baseline:
    """Choose C on a film-disjoint fifth of the training part, fit on all of it, score the test."""
    labels = np.asarray(task.train_labels)
    fit, check = train_validation_split(labels, VALIDATION_SHARE, SEED, texts=task.train_groups)

    def error_at(strength: float) -> float:
        predict = _fit(features.train[fit], labels[fit], strength)
        return 1 - accuracy(labels[check], predict(features.train[check]))

    best, grid = choose_strength(error_at, features.start)
    said = _fit(features.train, labels, best)(features.test)
    note = f"{features.note} C = {best:.3g}, chosen from {grid[0]:.3g} to {grid[-1]:.3g}."
    return _scored(name, reading, task.test_labels, said, task.own[reading], task.bootstrap, note)


def _fit(x: Any, y: Array, strength: float) -> Callable[[Any], Array]:
    """A logistic regression as a function from features to P(positive)."""
    from sklearn.linear_model import LogisticRegression

    # liblinear meets its tolerance in few passes; lbfgs takes ten times as long on counts.
    model = LogisticRegression(C=strength, solver="liblinear", tol=0.01).fit(x, y)

    def predict(features: Any) -> Array:
        return np.asarray(model.predict_proba(features)[:, 1])

    return predict


def _scored(
    name: str,
    reading: str,
    labels: Array,
    said: Array,
    own: Array,
    bootstrap: ClusterBootstrap,
    note: str,
) -> Baseline:
    said = np.asarray(said, np.float64)
    scores = summarize_scores(labels, said, rounds=0)
    right, model_right = ((p >= 0.5) == (labels == 1) for p in (said, own))
    return Baseline(
        name=name,
        reading=reading,
        count=len(labels),
        accuracy=bootstrap.share(right, np.ones(len(labels), bool)),
        lead=bootstrap.mean(model_right.astype(float) - right),
        loss=log_loss(labels, said),
        f1=confusion(labels, said).f1,
        roc_area=scores.roc_area.value,
        note=note,
    )


def _window(task: Task, reading: str) -> slice:
    """The words of a review that the model reads."""
    return task.train_rows.first_window if reading == "first" else slice(None)


def _known(rows: Rows, window: slice) -> Iterator[Row]:
    """The known words among those read."""
    for row in rows.ids:
        read = row[window]
        yield read[read != rows.unknown_id]


def _mean_vector(row: Row, embedding: Floats) -> Floats:
    if not len(row):
        return np.zeros(embedding.shape[1], np.float32)
    return np.asarray(embedding[row].mean(axis=0, dtype=np.float32))


def _count_matrix(rows: Iterator[Row], size: int) -> Any:
    """Counts of column numbers in each row, sparse float64 ``(N, size)``."""
    from scipy.sparse import csr_matrix

    listed = list(rows)
    ends = np.cumsum([0, *(len(row) for row in listed)])
    columns = np.concatenate(listed) if listed else np.empty(0, np.int64)
    matrix = csr_matrix((np.ones(len(columns)), columns, ends), shape=(len(listed), size))
    matrix.sum_duplicates()
    return matrix
