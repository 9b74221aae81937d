"""What a state index is made of: the texts it is of, its note, its sums over the corpus.

Symbols: N reviews, P words read in all of them, D units, V word ids, T places.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from lstm_core.datasets.table_format import DetectedFormat
from lstm_core.model.card import FileNote
from lstm_core.recurrent.lstm import Floats
from lstm_core.text import Encoding

Counts = npt.NDArray[np.int64]
Doubles = npt.NDArray[np.float64]

NO_LABEL = -1
GATES = ("input_gate", "forget_gate", "output_gate")
GATES_OF: Mapping[str, tuple[str, ...]] = {  # by the kind of the cell
    "LSTM": GATES,
    "GRU": ("update_gate", "reset_gate"),
    "SimpleRNN": (),
}
GATE_STEP = 255.0  # a gate is kept as round(255 g) in a byte: off by at most 0.002
STATE_STEP = 127.0  # candidate, tanh(c) and h as round(127 x) in a signed byte: at most 0.004
KEPT = {
    "input_gate": "uint8",
    "forget_gate": "uint8",
    "candidate": "int8",
    "output_gate": "uint8",
    "memory": "int8",
    "hidden_state": "int8",
}
LAYER_KEPT = {"hidden_state": "float32"}  # of a layer of an imported model: may be unbounded
LOW, HIGH = 0.1, 0.9  # a gate beyond them is saturated, as in Karpathy et al. 2015


class ReviewStates(Protocol):
    """The words of a review and the hidden states of one layer at its places."""

    @property
    def encoding(self) -> Encoding:
        """What was read."""

    @property
    def hidden_state(self) -> Floats:
        """The hidden states, ``(T, D)``."""


@dataclass(frozen=True, eq=False)
class Texts:
    """Reviews to make an index of.

    Attributes:
        name: What they are, in words for a person.
        sha256: Their fingerprint.
        texts: The reviews.
        labels: 1 positive, 0 negative, -1 unknown: int8 ``(N,)``.
        stamp: Path, size and time of the file they came from, empty when built in: tells whether
            an index is of that file without reading it.
        format: How the file was read; None when it is no table of a person.
    """

    name: str
    sha256: str
    texts: tuple[str, ...]
    labels: npt.NDArray[np.int8]
    stamp: str = ""
    format: DetectedFormat | None = None

    def __len__(self) -> int:
        return len(self.texts)


@dataclass(frozen=True)
class IndexNote:
    """What an index says about itself; stored as ``manifest.json``, written last.

    Attributes:
        format: Version of the files.
        fingerprint: The bundle's.
        sha256: Of the texts.
        name: What the texts are.
        stamp: See `Texts`.
        made: When.
        seconds: How long it took.
        num_words: V; of a layer of an imported model the number of ids that occur.
        maxlen: T.
        lstm_dim: D.
        reviews: N.
        left_out: Reviews that did not fit into the bound on disk.
        words: P.
        zeros: Places of padding in all reviews.
        silenced_reviews: Reviews on which ablation was measured.
        files: Fingerprint and size of each array.
        layer: Name of the layer with its direction, for a layer of an imported model; empty for the
            article's LSTM.
        kind: Kind of its cell: LSTM, GRU or SimpleRNN.
        backward: It reads the last word first; the words of every review are kept in the order in
            which the layer reads them.
    """

    format: int
    fingerprint: str
    sha256: str
    name: str
    stamp: str
    made: str
    seconds: float
    num_words: int
    maxlen: int
    lstm_dim: int
    reviews: int
    left_out: int
    words: int
    zeros: int
    silenced_reviews: int
    files: Mapping[str, FileNote]
    layer: str = ""
    kind: str = "LSTM"
    backward: bool = False

    @property
    def gates(self) -> tuple[str, ...]:
        """Names of the cell's gates."""
        return GATES_OF[self.kind]

    @property
    def size(self) -> int:
        """Bytes on disk."""
        return sum(file.size for file in self.files.values())


@dataclass(eq=False)
class Aggregates:
    """Exact sums over all words of a corpus, made from the unrounded values.

    Attributes:
        word_count: How often each id was read, ``(V,)``.
        word_sum: Sum of ``h_t - h_{t-1}`` over the places of each id, ``(V, D)``.
        word_square: Sum of its square, ``(V, D)``.
        low: Words at which a gate was under 0.1, ``(G, D)``; gates of `GATES_OF` (LSTM: i, f, o).
        high: Words at which it was over 0.9.
        zero_low: The same for the places of padding.
        zero_high: The same for the places of padding.
    """

    word_count: Counts
    word_sum: Doubles
    word_square: Doubles
    low: Counts
    high: Counts
    zero_low: Counts
    zero_high: Counts

    @classmethod
    def empty(cls, num_words: int, units: int, gates: int = len(GATES)) -> "Aggregates":
        """All zero."""
        shapes = cls.shapes(num_words, units, gates)
        return cls(**{name: np.zeros(shape, kind) for name, (shape, kind) in shapes.items()})

    @classmethod
    def shapes(
        cls, num_words: int, units: int, gates: int = len(GATES)
    ) -> dict[str, tuple[tuple[int, ...], str]]:
        """Shape and type of each array by name."""
        counts = ((gates, units), "int64")
        return {
            "word_count": ((num_words,), "int64"),
            "word_sum": ((num_words, units), "float64"),
            "word_square": ((num_words, units), "float64"),
            **dict.fromkeys(("low", "high", "zero_low", "zero_high"), counts),
        }


@dataclass(frozen=True)
class AblationResult:
    """What ablating each unit costs.

    Attributes:
        lost: Accuracy lost, with the ends of its 95 % interval: ``(3, D)``; nan without labels.
        turned: Share of verdicts that change, ``(D,)``.
        moved: Mean distance that the logit moves, ``(D,)``.
    """

    lost: Doubles
    turned: Doubles
    moved: Doubles


def dequantize(values: npt.NDArray[np.integer], step: float) -> Floats:
    """Kept bytes as numbers again."""
    return values.astype(np.float32) / np.float32(step)
