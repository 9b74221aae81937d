"""Data sets of reviews: found, read with care, split and encoded. Imports no TensorFlow."""

from lstm_core.datasets.corpus import Corpus, DataSource, Reviews, SourceKind
from lstm_core.datasets.find import Found, find_corpus
from lstm_core.datasets.load import (
    ImdbArrays,
    encode_corpus,
    load_corpus,
    load_imdb,
    load_small_corpus,
)
from lstm_core.datasets.splits import train_validation_split

__all__ = [
    "Corpus",
    "Found",
    "ImdbArrays",
    "Reviews",
    "DataSource",
    "SourceKind",
    "encode_corpus",
    "find_corpus",
    "load_corpus",
    "load_imdb",
    "load_small_corpus",
    "train_validation_split",
]
