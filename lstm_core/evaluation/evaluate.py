"""Evaluation of a model on a corpus: everything the page shows, in one run that can be resumed."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from lstm_core.analysis.captions import plural
from lstm_core.datasets import Corpus, Reviews, train_validation_split
from lstm_core.errors import InputError
from lstm_core.evaluation.baselines import Task, article_baselines, measure_baselines
from lstm_core.evaluation.challenge_set import ALL, measure_challenge_sets
from lstm_core.evaluation.predict import Rows, read_both, read_rows
from lstm_core.evaluation.robustness import measure_reliability
from lstm_core.evaluation.schema import (
    READINGS,
    Array,
    Baseline,
    Evaluation,
    OrderLoss,
    Outcomes,
    Overlap,
    ReliabilityNote,
    SeedFigure,
    Stamp,
)
from lstm_core.evaluation.scores import summarize_scores
from lstm_core.evaluation.stages import StageStore
from lstm_core.evaluation.word_order import word_order_losses
from lstm_core.metrics import accuracy, calibration_error, group_numbers, log_loss
from lstm_core.model.card import MetricValue
from lstm_core.model.sentiment_model import SentimentModel
from lstm_core.progress import ProgressCallback
from lstm_core.recurrent.lstm import Floats

RELIABILITY_SHARE = 0.4  # of the test reviews, for the reliability thresholds
RELIABILITY_SEED = 0


@dataclass(frozen=True)
class Plan:
    """What to measure besides the model itself.

    Attributes:
        baselines: Also train and measure the baselines.
        article: A bundle made by the article's recipe.
        seeds: Bundles of the same recipe with other seeds.
        challenge: Challenge sets, CSV files with the columns text, label and category.
        command: The command that measures the same again.
        stages: Where finished stages are kept, so that an interrupted measurement resumes.
    """

    baselines: bool = True
    article: SentimentModel | None = None
    seeds: tuple[SentimentModel, ...] = ()
    challenge: tuple[Path, ...] = ()
    command: str = ""
    stages: StageStore = field(default_factory=StageStore)


def measure(
    model: SentimentModel, corpus: Corpus, plan: Plan, progress: ProgressCallback
) -> Evaluation:
    """Measure a model on the test part of a corpus.

    Args:
        corpus: Reviews; its training part serves the baselines alone.
        plan: What else to measure.

    Raises:
        InputError: When the corpus has no test reviews, or a challenge set is unusable.
    """
    if not len(corpus.test):
        raise InputError("This data set has no test reviews. Give one with a test part.")
    start = time.monotonic()
    challenge = measure_challenge_sets(model, plan.challenge)
    labels = np.asarray(corpus.test.labels)
    rows = read_rows(model, corpus.test.texts, progress, "reading the test reviews")
    said = read_both(model.reader, rows, progress, "predicting whole test reviews")
    outcomes = outcomes_of(rows, corpus.test, said)
    related = related_to_training(corpus)
    reliability = plan.stages.get(
        "reliability",
        ReliabilityNote,
        lambda: _reliability(model, corpus.test, rows, related, progress),
    )
    order = plan.stages.get(
        "word-order",
        tuple[OrderLoss, ...],
        lambda: word_order_losses(model.reader, rows, labels, said, outcomes.bootstrap, progress),
    )
    baselines = _baselines(model, corpus, rows, outcomes, plan, progress)
    if plan.article is not None:
        baselines += _article(plan.article, corpus, outcomes, progress)
    seeds = _seeds(model, said, plan, corpus, progress)
    return Evaluation(
        stamp=_stamp(model, corpus, plan, time.monotonic() - start),
        outcomes=outcomes,
        baselines=baselines,
        order=order,
        reliability=(reliability,),
        challenge=challenge,
        overlap=_overlaps(corpus, outcomes, related),
        seeds=seeds,
    )


def outcomes_of(rows: Rows, reviews: Reviews, said: Mapping[str, Floats]) -> Outcomes:
    """The predictions for every review, with what the slices and the intervals need."""
    return Outcomes(
        maxlen=rows.maxlen,
        labels=np.asarray(reviews.labels),
        stars=np.asarray(reviews.ratings),
        words=rows.words,
        unknown_first=rows.unknown(whole=False),
        unknown_whole=rows.unknown(whole=True),
        first=said["first"].astype(np.float64),
        whole=said["whole"].astype(np.float64),
        groups=group_numbers(reviews.groups),
    )


def related_to_training(corpus: Corpus) -> Array:
    """Test reviews of a film of the training part, and such of a text of it: bool ``(2, N)``."""
    films, texts = set(corpus.train.films), set(corpus.train.texts)
    of_film = [film in films for film in corpus.test.films] or [False] * len(corpus.test)
    return np.array([of_film, [text in texts for text in corpus.test.texts]])


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
    for one in evaluation.challenge:
        if one.category == ALL:
            reading, note = one.name.removesuffix(" texts"), "of our own writing"
            found.append(
                MetricValue("accuracy", one.accuracy.value, reading, one.name, one.count, note)
            )
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


def _reliability(
    model: SentimentModel,
    test: Reviews,
    rows: Rows,
    related: Array,
    progress: ProgressCallback,
) -> ReliabilityNote:
    """Reliability thresholds from test reviews that are not related to a training review."""
    _, chosen = train_validation_split(
        test.labels, RELIABILITY_SHARE, RELIABILITY_SEED, texts=test.groups
    )
    unrelated = chosen[np.sum(related[:, chosen], axis=0) == 0]
    chosen = unrelated if len(unrelated) else chosen
    return measure_reliability(
        model.reader,
        rows.with_ids([rows.ids[at] for at in chosen]),
        np.asarray(test.labels)[chosen],
        f"{len(chosen):,} of the {len(test):,} test reviews",
        progress,
    )


def _overlaps(corpus: Corpus, outcomes: Outcomes, related: Array) -> tuple[Overlap, ...]:
    rest = np.asarray(np.sum(related, axis=0) == 0)
    return tuple(
        Overlap(
            reading=reading,
            films=len(set(corpus.train.films) & set(corpus.test.films)),
            of_films=int(related[0].sum()),
            same_text=int(related[1].sum()),
            count=int(rest.sum()),
            accuracy=outcomes.bootstrap.share(
                (outcomes.probabilities(reading) >= 0.5) == (outcomes.labels == 1), rest
            ),
        )
        for reading in READINGS
    )


def _baselines(
    model: SentimentModel,
    corpus: Corpus,
    test_rows: Rows,
    outcomes: Outcomes,
    plan: Plan,
    progress: ProgressCallback,
) -> tuple[Baseline, ...]:
    if not plan.baselines:
        return ()
    train = corpus.train
    task = Task(
        train_texts=train.texts,
        test_texts=corpus.test.texts,
        train_rows=read_rows(model, train.texts, progress, "reading the training reviews"),
        test_rows=test_rows,
        train_labels=np.asarray(train.labels),
        test_labels=outcomes.labels,
        train_groups=train.groups,
        embedding=model.embedding,
        own={reading: outcomes.probabilities(reading) for reading in READINGS},
        bootstrap=outcomes.bootstrap,
    )
    return measure_baselines(
        task, progress, lambda name, compute: plan.stages.get(name, Baseline, compute)
    )


def _said(
    model: SentimentModel, corpus: Corpus, progress: ProgressCallback, stage: str
) -> dict[str, Floats]:
    rows = read_rows(model, corpus.test.texts, progress, stage)
    return read_both(model.reader, rows, progress, stage)


def _article(
    model: SentimentModel, corpus: Corpus, outcomes: Outcomes, progress: ProgressCallback
) -> tuple[Baseline, ...]:
    said = _said(model, corpus, progress, "predicting with the article's recipe")
    epochs = int(str(model.card.settings.get("epochs", 0)))
    note = f"The same architecture trained by the article's recipe, {plural(epochs, 'epoch')}."
    own = {reading: outcomes.probabilities(reading) for reading in READINGS}
    return article_baselines(outcomes.labels, said, own, outcomes.bootstrap, note)


def _seeds(
    model: SentimentModel,
    said: Mapping[str, Floats],
    plan: Plan,
    corpus: Corpus,
    progress: ProgressCallback,
) -> tuple[SeedFigure, ...]:
    """The model itself and those of other seeds; empty without others."""
    if not plan.seeds:
        return ()
    labels = np.asarray(corpus.test.labels)
    found = []
    for other in (model, *plan.seeds):
        seed = other.card.seed
        theirs = said if other is model else _said(other, corpus, progress, f"seed {seed}")
        for reading in READINGS:
            p = theirs[reading]
            found.append(
                SeedFigure(
                    seed, reading, accuracy(labels, p), log_loss(labels, p),
                    calibration_error(labels, p),
                )
            )  # fmt: skip
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
