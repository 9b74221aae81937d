"""The state index: every quantity of a corpus, computed once, and what can be learned from it."""

from lstm_core.activations.build import build_index, most_reviews
from lstm_core.activations.layers import IndexedLayer, indexed_layers, layer_named
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
    "IndexedLayer",
    "StateIndex",
    "Texts",
    "build_index",
    "built_in_texts",
    "file_texts",
    "find_index",
    "indexed_layers",
    "layer_named",
    "most_reviews",
    "open_index",
    "test_stamp",
    "test_texts",
    "upload_texts",
]
