"""Honest baselines: other ways to judge the same reviews by the same words.

scikit-learn is imported in the functions that need it. All of them learn from the training part
alone; the strength of the regularisation is chosen on a fifth of it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from lstm_core.datasets import train_validation_split
from lstm_core.evaluation.predict import Row, Rows
from lstm_core.evaluation.schema import READINGS, Array, Baseline
from lstm_core.evaluation.scores import confusion, summarize_scores
from lstm_core.metrics import accuracy, log_loss
from lstm_core.progress import Progress, ProgressCallback
from lstm_core.recurrent.lstm import Floats
from lstm_core.text import UNKNOWN, split_words

VALIDATION_SHARE = 0.2
RAREST_PAIR = 2  # reviews a word or pair of words must stand in
SEED = 0
ARTICLE = "The article's recipe"


@dataclass(frozen=True, eq=False)
class Parts:
    """One kind of feature for the training and the test reviews, and the strengths to try.

    Attributes:
        name: The baseline's name.
        note: How it is made.
        train: Features ``(N, F)``, sparse or dense.
        test: Features ``(M, F)``.
        strengths: Values of scikit-learn's C, inverse regularisation.
    """

    name: str
    note: str
    train: Any
    test: Any
    strengths: tuple[float, ...]


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
        embedding: The model's embedding, ``(V, E)``.
    """

    train_texts: Sequence[str]
    test_texts: Sequence[str]
    train_rows: Rows
    test_rows: Rows
    train_labels: Array
    test_labels: Array
    embedding: Floats


def measure_baselines(task: Task, progress: ProgressCallback) -> tuple[Baseline, ...]:
    """Every baseline for both readings."""
    found: list[Baseline] = []
    for reading in READINGS:
        found.append(_majority(task, reading))
        for number, make in enumerate((_word_counts, _tfidf_pairs, _mean_embedding)):
            progress(Progress(f"baselines, {_WORDS[reading]}", number, 3))
            found.append(_learn(make(task, reading), task, reading))
        progress(Progress(f"baselines, {_WORDS[reading]}", 3, 3))
    return tuple(found)


def article_baselines(labels: Array, said: dict[str, Floats], note: str) -> tuple[Baseline, ...]:
    """The article's recipe as a baseline, from the probabilities of a bundle made by it."""
    return tuple(_scored(ARTICLE, reading, labels, said[reading], note) for reading in READINGS)


_WORDS = {"first": "first words", "whole": "whole reviews"}


def _majority(task: Task, reading: str) -> Baseline:
    share = float(np.mean(task.train_labels == 1))
    said = np.full(len(task.test_labels), share)
    note = "Always the more frequent class of the training part."
    return _scored("Majority", reading, task.test_labels, said, note)


def _word_counts(task: Task, reading: str) -> Parts:
    """How often each word of the model's vocabulary stands in the review."""
    most = _most(task, reading)
    size = len(task.embedding)
    train = _count_matrix(_known(task.train_rows, most), size)
    test = _count_matrix(_known(task.test_rows, most), size)
    note = f"Counts of the model's own {size:,} word ids, logistic regression."
    return Parts("Word counts", note, train, test, (0.01, 0.03, 0.1))


def _mean_embedding(task: Task, reading: str) -> Parts:
    """The mean of the model's own word vectors: what is left without the LSTM."""
    most = _most(task, reading)
    train, test = (
        np.stack([_mean_vector(row, task.embedding) for row in _known(rows, most)])
        for rows in (task.train_rows, task.test_rows)
    )
    scale = float(train.std()) or 1.0
    note = "The model's own embedding averaged over the words, logistic regression."
    return Parts("Mean of embeddings", note, train / scale, test / scale, (0.1, 1.0, 10.0))


def _tfidf_pairs(task: Task, reading: str) -> Parts:
    """Words and pairs of neighbours, all words of the training part, weighed by TF-IDF."""
    from sklearn.feature_extraction.text import TfidfTransformer

    most = _most(task, reading)
    numbers: dict[str, int] = {}
    train_words = [_numbered(text, most, numbers, grow=True) for text in task.train_texts]
    test_words = [_numbered(text, most, numbers, grow=False) for text in task.test_texts]
    codes = np.unique(np.concatenate([_codes(row, len(numbers)) for row in train_words]))
    train = _code_matrix(train_words, codes, len(numbers))
    test = _code_matrix(test_words, codes, len(numbers))
    kept = np.flatnonzero(np.bincount(train.indices, minlength=len(codes)) >= RAREST_PAIR)
    weigh = TfidfTransformer(sublinear_tf=True).fit(train[:, kept])
    note = f"{len(kept):,} words and pairs of words, TF-IDF, logistic regression."
    matrices = (weigh.transform(train[:, kept]), weigh.transform(test[:, kept]))
    return Parts("TF-IDF of words and pairs", note, *matrices, (1.0, 4.0, 16.0))


def _learn(parts: Parts, task: Task, reading: str) -> Baseline:
    """Choose the strength on a fifth of the training part, learn from all of it, judge the test."""
    labels = np.asarray(task.train_labels)
    learn, check = train_validation_split(labels, VALIDATION_SHARE, SEED, texts=task.train_texts)
    losses = [
        log_loss(labels[check], _fit(parts.train[learn], labels[learn], c)(parts.train[check]))
        for c in parts.strengths
    ]
    best = parts.strengths[int(np.argmin(losses))]
    said = _fit(parts.train, labels, best)(parts.test)
    return _scored(parts.name, reading, task.test_labels, said, f"{parts.note} C = {best:g}.")


def _fit(x: Any, y: Array, strength: float) -> Any:
    """A logistic regression as a function from features to P(positive)."""
    from sklearn.linear_model import LogisticRegression

    # liblinear meets its tolerance in few passes; lbfgs takes ten times as long on counts.
    model = LogisticRegression(C=strength, solver="liblinear", tol=0.01).fit(x, y)
    return lambda features: model.predict_proba(features)[:, 1]


def _scored(name: str, reading: str, labels: Array, said: Array, note: str) -> Baseline:
    said = np.asarray(said, np.float64)
    scores = summarize_scores(labels, said, rounds=0)
    right = round(accuracy(labels, said) * len(labels))
    return Baseline(
        name=name,
        reading=reading,
        right=right,
        count=len(labels),
        loss=log_loss(labels, said),
        f1=confusion(labels, said).f1,
        roc_area=scores.roc_area.value,
        note=note,
    )


def _most(task: Task, reading: str) -> int | None:
    return task.train_rows.maxlen - 1 if reading == "first" else None


def _known(rows: Rows, most: int | None) -> Iterator[Row]:
    """The known words among those read."""
    for row in rows.ids:
        read = row[:most]
        yield read[read != UNKNOWN]


def _mean_vector(row: Row, embedding: Floats) -> Floats:
    if not len(row):
        return np.zeros(embedding.shape[1], np.float32)
    return np.asarray(embedding[row].mean(axis=0, dtype=np.float32))


def _numbered(text: str, most: int | None, numbers: dict[str, int], *, grow: bool) -> Row:
    """Numbers of a text's words; new words get one in training, else -1."""
    words = split_words(text)[:most]
    if grow:
        return np.array([numbers.setdefault(word, len(numbers)) for word in words], np.int32)
    return np.array([numbers.get(word, -1) for word in words], np.int32)


def _codes(row: Row, size: int) -> npt.NDArray[np.int64]:
    """One number for every word and every pair of neighbours; those with a new word left out."""
    single = row.astype(np.int64)
    pairs = (single[:-1] + 1) * size + single[1:]
    fine = (single[:-1] >= 0) & (single[1:] >= 0)
    return np.concatenate([single[single >= 0], pairs[fine]])


def _code_matrix(rows: Sequence[Row], codes: npt.NDArray[np.int64], size: int) -> Any:
    """Counts of the known codes in each row, sparse ``(N, len(codes))``."""
    found = []
    for row in rows:
        own = _codes(row, size)
        at = np.minimum(np.searchsorted(codes, own), len(codes) - 1)
        found.append(at[codes[at] == own])
    return _count_matrix(found, len(codes))


def _count_matrix(rows: Any, size: int) -> Any:
    """Counts of column numbers in each row, sparse float64 ``(N, size)``."""
    from scipy.sparse import csr_matrix

    listed = list(rows)
    ends = np.cumsum([0, *(len(row) for row in listed)])
    columns = np.concatenate(listed) if listed else np.empty(0, np.int64)
    matrix = csr_matrix((np.ones(len(columns)), columns, ends), shape=(len(listed), size))
    matrix.sum_duplicates()
    return matrix
