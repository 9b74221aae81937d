"""The state index: every quantity of a corpus, computed once, and what can be learned from it."""

from lstm_core.activations.build import build_index, size_of
from lstm_core.activations.schema import GATES, IndexNote, Texts
from lstm_core.activations.sources import (
    built_in_texts,
    file_texts,
    test_stamp,
    test_texts,
    upload_texts,
)
from lstm_core.activations.store import StateIndex, find_index, open_index

__all__ = [
    "GATES",
    "IndexNote",
    "StateIndex",
    "Texts",
    "build_index",
    "built_in_texts",
    "file_texts",
    "find_index",
    "open_index",
    "size_of",
    "test_stamp",
    "test_texts",
    "upload_texts",
]
