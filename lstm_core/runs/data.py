"""The data of a run: read, limited, and parted into reviews to learn from and to watch by."""

from dataclasses import dataclass, replace

import numpy as np

from lstm_core.datasets import (
    Corpus,
    Reviews,
    load_corpus,
    load_small_corpus,
    train_validation_split,
)
from lstm_core.progress import Progress, ProgressCallback
from lstm_core.runs.config import DataChoice, DataKind, RunRequest
from lstm_core.training.settings import Recipe


@dataclass(frozen=True, eq=False)
class RunData:
    """What a run learns from.

    Attributes:
        corpus: Its training part without the validation reviews.
        validation: Reviews kept apart to watch by; empty when none are wanted.
    """

    corpus: Corpus
    validation: Reviews


def load_data(request: RunRequest, report: ProgressCallback) -> RunData:
    """Read the data of a request.

    Raises:
        DataError: When it is missing or damaged.
        InputError: When it cannot be parted as asked.
    """
    corpus = _read(request.data, request.settings.recipe is Recipe.RECOMMENDED, report)
    if limit := request.review_limit:  # the rows of a corpus are in a mixed order
        corpus = replace(
            corpus,
            train=corpus.train.take(range(min(limit, len(corpus.train)))),
            test=corpus.test.take(range(min(limit, len(corpus.test)))),
            unlabelled=corpus.unlabelled[: 2 * limit],
        )
    if not request.validation_share:
        return RunData(corpus, corpus.train.take(np.zeros(0, np.intp)))
    report(Progress("parting the reviews", 0, 1))
    train = corpus.train
    learn, watch = train_validation_split(
        train.labels, request.validation_share, request.settings.seed, texts=train.groups
    )
    return RunData(replace(corpus, train=train.take(learn)), train.take(watch))


def _read(choice: DataChoice, unlabelled: bool, report: ProgressCallback) -> Corpus:
    if choice.kind is DataKind.SMALL:
        return load_small_corpus()
    return load_corpus(
        choice.path or None,
        table=choice.table,
        name=choice.name or None,
        unlabelled=unlabelled,
        download=choice.download,
        progress=report,
    )
