"""The data of a run: read, limited, and split into training and validation reviews."""

from dataclasses import dataclass, replace

import numpy as np

from lstm_core.datasets import (
    Corpus,
    Reviews,
    SourceKind,
    find_corpus,
    load_corpus,
    load_small_corpus,
    train_validation_split,
)
from lstm_core.datasets.table_format import TableOptions
from lstm_core.errors import DataError
from lstm_core.progress import Progress, ProgressCallback
from lstm_core.recurrent.lstm import Ids
from lstm_core.runs.arrays import Arrays
from lstm_core.runs.config import DataChoice, DataKind, RunRequest
from lstm_core.runs.data_cache import cached_arrays, cached_corpus, joined, parted
from lstm_core.text import Vocabulary
from lstm_core.training.factory import encode_in_parts
from lstm_core.training.settings import Recipe

KEPT = (SourceKind.STANFORD_ARCHIVE, SourceKind.KERAS_NPZ, SourceKind.KAGGLE_CSV)


@dataclass(frozen=True, eq=False)
class RunData:
    """What a run learns from."""

    corpus: Corpus  # its training part without the validation reviews
    validation: Reviews  # reviews kept apart to watch by; empty when none are wanted


@dataclass(frozen=True, eq=False)
class Encoded:
    """The reviews of a run as the model reads them."""

    vocabulary: Vocabulary  # the words of the ids
    train: Ids  # of the training reviews, int32 ``(N, T)``
    validation: Ids  # of the validation reviews
    test: Ids  # of the test reviews, their first places


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
    _require_both_classes(corpus.train)
    if not request.validation_share:
        return RunData(corpus, corpus.train.take(np.zeros(0, np.intp)))
    report(Progress("parting the reviews", 0, 1))
    train = corpus.train
    learn, watch = train_validation_split(
        train.labels, request.validation_share, request.settings.seed, texts=train.groups
    )
    return RunData(replace(corpus, train=train.take(learn)), train.take(watch))


def _require_both_classes(reviews: Reviews) -> None:
    """Refuse data that only one label stands in: any model of it is right without learning."""
    positive = int(reviews.labels.sum())
    if not 0 < positive < len(reviews):
        only = "positive" if positive else "negative"
        raise DataError(
            f"All {len(reviews):,} training reviews are labelled {only}. A model needs reviews of "
            "both labels: add some of the other one, or check the column with the labels."
        )


def _read(choice: DataChoice, unlabelled: bool, report: ProgressCallback) -> Corpus:
    if choice.kind is DataKind.SMALL:
        return load_small_corpus()

    def read() -> Corpus:
        return load_corpus(
            choice.path or None,
            table=choice.table,
            name=choice.name or None,
            unlabelled=unlabelled,
            download=choice.download,
            progress=report,
        )

    found = find_corpus() if choice.kind is DataKind.IMDB else None
    if found is None or found.kind not in KEPT or choice.table != TableOptions():
        return read()
    return cached_corpus(found.path, found.kind, unlabelled, read)


def encode_data(request: RunRequest, data: RunData, report: ProgressCallback) -> Encoded:
    """The vocabulary of a run and the ids of its reviews; those of IMDb are kept for later runs."""
    settings, source = request.settings, data.corpus.source

    def compute() -> Arrays:
        words = data.corpus.vocabulary(settings.num_words, progress=report)
        parts = {
            "train": data.corpus.train,
            "validation": data.validation,
            "test": data.corpus.test,
        }
        return dict(joined(words.words)) | {
            name: encode_in_parts(part.texts, words, settings.maxlen, report)
            for name, part in parts.items()
        }

    key = ["ids", source.sha256, settings.num_words, settings.maxlen, settings.seed]
    key += [request.validation_share, request.review_limit]
    found = cached_arrays(key, compute) if request.data.kind is DataKind.IMDB else compute()
    vocabulary = Vocabulary(parted(found), settings.num_words)
    return Encoded(vocabulary, found["train"], found["validation"], found["test"])
