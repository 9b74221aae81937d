"""Measuring a model on a corpus: everything the page shows, in one run."""

import csv
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from lstm_core.analysis.captions import plural
from lstm_core.datasets import Corpus, train_validation_split
from lstm_core.errors import InputError, reason
from lstm_core.evaluation.baselines import Task, article_baselines, measure_baselines
from lstm_core.evaluation.predict import Rows, read_both, read_rows
from lstm_core.evaluation.robustness import measure_reliability
from lstm_core.evaluation.schema import (
    READINGS,
    Baseline,
    Evaluation,
    Outcomes,
    ReliabilityNote,
    SeedFigure,
    ShortFigure,
    Stamp,
)
from lstm_core.evaluation.scores import summarize_scores
from lstm_core.evaluation.word_order import word_order_losses
from lstm_core.metrics import accuracy, log_loss
from lstm_core.model.card import MetricValue
from lstm_core.model.sentiment_model import SentimentModel
from lstm_core.paths import ASSETS
from lstm_core.progress import ProgressCallback
from lstm_core.recurrent.lstm import Floats

SHORT_TEXTS = ASSETS / "evaluation" / "short_texts.csv"
VALIDATION_SHARE = 0.2  # of the training reviews, for the cautions
VALIDATION_SEED = 0


@dataclass(frozen=True)
class Plan:
    """What to measure besides the model itself.

    Attributes:
        baselines: Also train and measure the baselines.
        article: A bundle made by the article's recipe.
        seeds: Bundles of the same recipe with other seeds.
        short_texts: A CSV of short texts with the columns text, label and kind.
        command: The command that measures the same again.
    """

    baselines: bool = True
    article: SentimentModel | None = None
    seeds: tuple[SentimentModel, ...] = ()
    short_texts: Path | None = None
    command: str = ""


def measure(
    model: SentimentModel, corpus: Corpus, plan: Plan, progress: ProgressCallback
) -> Evaluation:
    """Measure a model on the test part of a corpus.

    Args:
        model: The model.
        corpus: Reviews; its training part serves the baselines and the cautions alone.
        plan: What else to measure.
        progress: Told how far it is.

    Raises:
        InputError: When the corpus has no test reviews, or the short texts are unusable.
    """
    if not len(corpus.test):
        raise InputError("This data set has no test reviews. Give one with a test part.")
    start = time.monotonic()
    short = () if plan.short_texts is None else measure_short(model, plan.short_texts)
    labels = np.asarray(corpus.test.labels)
    rows = read_rows(model, corpus.test.texts, progress, "reading the test reviews")
    said = read_both(model.forward, rows, progress, "judging whole test reviews")
    baselines, manners = _on_training(model, corpus, rows, plan, progress)
    if plan.article is not None:
        baselines += _article(plan.article, corpus, progress)
    order = word_order_losses(model.forward, rows, labels, said, progress)
    seeds = _seeds(model, said, plan, corpus, progress)
    return Evaluation(
        stamp=_stamp(model, corpus, plan, time.monotonic() - start),
        outcomes=outcomes_of(rows, labels, np.asarray(corpus.test.ratings), said),
        baselines=baselines,
        order=order,
        manners=(manners,),
        short=short,
        seeds=seeds,
    )


def outcomes_of(
    rows: Rows, labels: np.ndarray, stars: np.ndarray, said: Mapping[str, Floats]
) -> Outcomes:
    """What the model said to every review, with what the slices need."""
    return Outcomes(
        maxlen=rows.maxlen,
        labels=labels,
        stars=stars,
        words=rows.words,
        unknown_first=rows.unknown(whole=False),
        unknown_whole=rows.unknown(whole=True),
        first=said["first"].astype(np.float64),
        whole=said["whole"].astype(np.float64),
    )


def measure_short(model: SentimentModel, path: Path) -> tuple[ShortFigure, ...]:
    """Right verdicts on a file of short texts, in all and by kind.

    Raises:
        InputError: When the file cannot be read or lacks a column.
    """
    try:
        with path.open(newline="", encoding="utf-8") as file:
            lines = [(row["text"], row["label"], row["kind"]) for row in csv.DictReader(file)]
    except (OSError, UnicodeDecodeError, csv.Error, KeyError) as error:
        raise InputError(
            f"{path} cannot be read as short texts ({reason(error)}). Give a CSV in UTF-8 with "
            "the columns text, label (positive or negative) and kind."
        ) from error
    if not lines or {label for _, label, _ in lines} - {"positive", "negative"}:
        raise InputError(f"{path}: every label must be positive or negative.")
    called = model.predict([text for text, _, _ in lines]) >= 0.5
    right = [c == (label == "positive") for c, (_, label, _) in zip(called, lines, strict=True)]
    counts, good = Counter(kind for *_, kind in lines), Counter[str]()
    for fine, (*_, kind) in zip(right, lines, strict=True):
        good[kind] += bool(fine)
    by_kind = [ShortFigure(kind, good[kind], counts[kind]) for kind in sorted(counts)]
    return (ShortFigure("all", int(sum(right)), len(right)), *by_kind)


def card_figures(evaluation: Evaluation) -> tuple[MetricValue, ...]:
    """The figures that a bundle's card shows."""
    outcomes, where = evaluation.outcomes, "test reviews"
    found = []
    for reading in READINGS:
        scores = summarize_scores(outcomes.labels, outcomes.probabilities(reading), rounds=0)
        values = {
            "accuracy": scores.accuracy.value,
            "loss": scores.loss.value,
            "F1": scores.f1.value,
            "area under ROC": scores.roc_area.value,
            "calibration error": scores.calibration_error,
        }
        found += [MetricValue(n, v, reading, where, scores.count) for n, v in values.items()]
        found += _spread(evaluation.seeds, reading, scores.count)
    for short in evaluation.short[:1]:
        value, note = short.right / short.count, "1 to 12 words, of our own writing"
        found.append(MetricValue("accuracy", value, "short", "short texts", short.count, note))
    return tuple(found)


def _spread(seeds: Sequence[SeedFigure], reading: str, count: int) -> list[MetricValue]:
    own = [figure for figure in seeds if figure.reading == reading]
    if len(own) < 2:
        return []
    values = np.array([figure.accuracy for figure in own])
    named = ", ".join(str(figure.seed) for figure in own)
    note = f"seeds {named}; standard deviation {values.std(ddof=1):.4f}"
    return [
        MetricValue(
            "accuracy, mean of seeds", float(values.mean()), reading, "test reviews", count, note
        )
    ]


def _on_training(
    model: SentimentModel,
    corpus: Corpus,
    test_rows: Rows,
    plan: Plan,
    progress: ProgressCallback,
) -> tuple[tuple[Baseline, ...], ReliabilityNote]:
    """What is measured or learned on the training part: the cautions and the baselines."""
    train = corpus.train
    _, validation = train_validation_split(
        train.labels, VALIDATION_SHARE, VALIDATION_SEED, texts=train.groups
    )
    some = train if plan.baselines else train.take(validation)
    rows = read_rows(model, some.texts, progress, "reading the training reviews")
    chosen = Rows(tuple(rows.ids[at] for at in validation), rows.maxlen) if plan.baselines else rows
    manners = measure_reliability(
        model.forward,
        chosen,
        np.asarray(train.labels)[validation],
        f"{len(chosen):,} of the {len(train):,} training reviews",
        progress,
    )
    if not plan.baselines:
        return (), manners
    task = Task(
        train_texts=train.texts,
        test_texts=corpus.test.texts,
        train_rows=rows,
        test_rows=test_rows,
        train_labels=np.asarray(train.labels),
        test_labels=np.asarray(corpus.test.labels),
        embedding=model.bundle.weights.embedding,
    )
    return measure_baselines(task, progress), manners


def _said(
    model: SentimentModel, corpus: Corpus, progress: ProgressCallback, stage: str
) -> dict[str, Floats]:
    rows = read_rows(model, corpus.test.texts, progress, stage)
    return read_both(model.forward, rows, progress, stage)


def _article(
    model: SentimentModel, corpus: Corpus, progress: ProgressCallback
) -> tuple[Baseline, ...]:
    said = _said(model, corpus, progress, "judging with the article's recipe")
    epochs = int(str(model.card.settings.get("epochs", 0)))
    note = f"The same architecture trained by the article's recipe, {plural(epochs, 'epoch')}."
    return article_baselines(np.asarray(corpus.test.labels), said, note)


def _seeds(
    model: SentimentModel,
    said: Mapping[str, Floats],
    plan: Plan,
    corpus: Corpus,
    progress: ProgressCallback,
) -> tuple[SeedFigure, ...]:
    """The model itself and its sisters of other seeds; empty without sisters."""
    if not plan.seeds:
        return ()
    labels = np.asarray(corpus.test.labels)
    found = []
    for sister in (model, *plan.seeds):
        seed = sister.card.seed
        theirs = said if sister is model else _said(sister, corpus, progress, f"seed {seed}")
        for reading in READINGS:
            p = theirs[reading]
            found.append(SeedFigure(seed, reading, accuracy(labels, p), log_loss(labels, p)))
    return tuple(found)


def _stamp(model: SentimentModel, corpus: Corpus, plan: Plan, seconds: float) -> Stamp:
    return Stamp(
        fingerprint=model.bundle.fingerprint,
        made=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        command=plan.command,
        seconds=round(seconds, 1),
        data=corpus.source.description,
        data_sha256=corpus.source.sha256,
        reviews=len(corpus.test),
    )
