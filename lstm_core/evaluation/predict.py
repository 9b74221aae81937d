"""Reviews as word ids, read by a model in both readings without splitting the texts again.

The numbers are those of `SentimentModel.predict`; a test compares them. Symbols: N reviews, T
places, W windows.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lstm_core.model.sentiment_model import SentimentModel
from lstm_core.progress import Progress, ProgressCallback
from lstm_core.recurrent.lstm import Floats, LstmForward, sigmoid
from lstm_core.text import UNKNOWN, cut_windows, split_words, stack_places, stack_rows

Row = npt.NDArray[np.int32]

BLOCK = 2_000  # reviews between two reports of progress


@dataclass(frozen=True, eq=False)
class Rows:
    """Reviews as the word ids of all their words, known or not, without start and padding.

    Attributes:
        ids: One int32 array a review.
        maxlen: T, the places the model reads.
    """

    ids: tuple[Row, ...]
    maxlen: int

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def words(self) -> npt.NDArray[np.int64]:
        """Number of words of each review, ``(N,)``."""
        return np.array([len(row) for row in self.ids], np.int64)

    def unknown(self, *, whole: bool) -> npt.NDArray[np.int64]:
        """Unknown words among those read, ``(N,)``."""
        most = None if whole else self.maxlen - 1
        return np.array([np.count_nonzero(row[:most] == UNKNOWN) for row in self.ids], np.int64)


def read_rows(
    model: SentimentModel, texts: Sequence[str], progress: ProgressCallback, stage: str
) -> Rows:
    """Split and look up the words of reviews."""
    rows = []
    for at, text in enumerate(texts):
        if at % BLOCK == 0:
            progress(Progress(stage, at, len(texts)))
        rows.append(np.array(model.vocabulary.ids_of(split_words(text)), np.int32))
    progress(Progress(stage, len(texts), len(texts)))
    return Rows(tuple(rows), model.maxlen)


def read_first(forward: LstmForward, rows: Rows) -> Floats:
    """P(positive) from the first places of each review, float32 ``(N,)``."""
    found = np.empty(len(rows), np.float32)
    for at in range(0, len(rows), BLOCK):
        block = [row[: rows.maxlen - 1].tolist() for row in rows.ids[at : at + BLOCK]]
        ids = stack_rows(block, rows.maxlen)  # (B, T)
        found[at : at + BLOCK] = forward.logits(forward.final_states(ids))
    return sigmoid(found)


def read_whole(forward: LstmForward, rows: Rows, progress: ProgressCallback, stage: str) -> Floats:
    """P(positive) from all windows of each review, logits averaged, float32 ``(N,)``."""
    found = np.empty(len(rows), np.float32)
    for at in range(0, len(rows), BLOCK):
        progress(Progress(stage, at, len(rows)))
        block = rows.ids[at : at + BLOCK]
        cut = [cut_windows(row.tolist(), rows.maxlen) for row in block]
        counts = np.array([len(windows) for windows in cut])
        owners = np.repeat(np.arange(len(block)), counts)  # (W,)
        ids = stack_places([window for windows in cut for window in windows], rows.maxlen)
        logits = forward.logits(forward.final_states(ids))  # (W,)
        sums = np.bincount(owners, weights=logits, minlength=len(block))
        found[at : at + BLOCK] = sums / counts
    progress(Progress(stage, len(rows), len(rows)))
    return sigmoid(found)


def read_both(
    forward: LstmForward, rows: Rows, progress: ProgressCallback, stage: str
) -> dict[str, Floats]:
    """Both readings by name."""
    return {
        "first": read_first(forward, rows),
        "whole": read_whole(forward, rows, progress, stage),
    }
