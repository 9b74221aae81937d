"""Data sets of reviews: found, read with care, split and encoded. Imports no TensorFlow."""

from lstm_core.datasets.corpus import Corpus, Reviews, Source, SourceKind
from lstm_core.datasets.find import Found, find_corpus
from lstm_core.datasets.load import (
    ImdbArrays,
    encode_corpus,
    load_corpus,
    load_imdb,
    load_small_corpus,
)
from lstm_core.datasets.splits import split_validation

__all__ = [
    "Corpus",
    "Found",
    "ImdbArrays",
    "Reviews",
    "Source",
    "SourceKind",
    "encode_corpus",
    "find_corpus",
    "load_corpus",
    "load_imdb",
    "load_small_corpus",
    "split_validation",
]
