"""Reviews as word ids, read by a model in both readings without splitting the texts again.

The numbers are those of `SentimentModel.predict`; a test compares them. Symbols: N reviews, T
places, W windows.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from lstm_core.model.sentiment_model import Forward, SentimentModel
from lstm_core.progress import Progress, ProgressCallback
from lstm_core.recurrent.lstm import Floats, sigmoid
from lstm_core.text import ARTICLE_RULES, LEFT_OUT, EncodingRules, Side, places_of, windows_of
from lstm_core.text.encode_rules import stack, words_of

Row = npt.NDArray[np.int32]

BLOCK = 2_000  # reviews between two reports of progress


@dataclass(frozen=True, eq=False)
class Rows:
    """Reviews as the word ids of all their words, known or not, without start and padding."""

    ids: tuple[Row, ...]  # one int32 array a review; `unknown_id` for words without an id
    maxlen: int  # T, the places the model reads
    rules: EncodingRules = ARTICLE_RULES  # how the model's texts become ids

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def words(self) -> npt.NDArray[np.int64]:
        """Number of words of each review, ``(N,)``."""
        return np.array([len(row) for row in self.ids], np.int64)

    def unknown(self, *, whole: bool) -> npt.NDArray[np.int64]:
        """Unknown words among those read, ``(N,)``."""
        read = self.ids if whole else map(self.read_first, self.ids)
        return np.array([np.count_nonzero(row == self.unknown_id) for row in read], np.int64)

    @property
    def unknown_id(self) -> int:
        """The id of unknown words; of a model without one they take no place."""
        return LEFT_OUT if self.rules.unknown is None else self.rules.unknown

    @property
    def first_window(self) -> slice:
        """Which words of a review are read in the first reading."""
        if self.rules.truncating is Side.PRE:
            return slice(-self.maxlen, None)
        return slice(None, self.maxlen - (self.rules.start is not None))

    def read_first(self, row: Row) -> Row:
        """The words of a review that are read in the first reading."""
        return row[self.first_window]

    def placed(self, rows: Sequence[Row]) -> Row:
        """Word ids in the model's places, ``(N, T)``."""
        listed = (row[row != LEFT_OUT].tolist() for row in rows)
        return stack([places_of(ids, self.rules, self.maxlen) for ids in listed], self.maxlen)

    def windows(self, row: Row) -> list[list[int]]:
        """The windows of a whole review."""
        return windows_of(row[row != LEFT_OUT].tolist(), self.rules, self.maxlen)

    def with_ids(self, ids: Sequence[Row]) -> "Rows":
        """Other reviews for the same model."""
        return replace(self, ids=tuple(ids))


def read_rows(
    model: SentimentModel, texts: Sequence[str], progress: ProgressCallback, stage: str
) -> Rows:
    """Split and look up the words of reviews."""
    rows = []
    for at, text in enumerate(texts):
        if at % BLOCK == 0:
            progress(Progress(stage, at, len(texts)))
        words = words_of(text, model.vocabulary.rules)
        rows.append(np.array(model.vocabulary.ids_of(words), np.int32))
    progress(Progress(stage, len(texts), len(texts)))
    return Rows(tuple(rows), model.maxlen, model.vocabulary.rules)


def read_first(forward: Forward, rows: Rows) -> Floats:
    """P(positive) from the first places of each review, float32 ``(N,)``."""
    found = np.empty(len(rows), np.float32)
    for at in range(0, len(rows), BLOCK):
        ids = rows.placed(rows.ids[at : at + BLOCK])  # (B, T)
        found[at : at + BLOCK] = forward.logits(forward.final_states(ids))
    return sigmoid(found)


def read_whole(forward: Forward, rows: Rows, progress: ProgressCallback, stage: str) -> Floats:
    """P(positive) from all windows of each review, logits averaged, float32 ``(N,)``."""
    found = np.empty(len(rows), np.float32)
    for at in range(0, len(rows), BLOCK):
        progress(Progress(stage, at, len(rows)))
        block = rows.ids[at : at + BLOCK]
        cut = [rows.windows(row) for row in block]
        counts = np.array([len(windows) for windows in cut])
        owners = np.repeat(np.arange(len(block)), counts)  # (W,)
        ids = stack([window for windows in cut for window in windows], rows.maxlen)
        logits = forward.logits(forward.final_states(ids))  # (W,)
        sums = np.bincount(owners, weights=logits, minlength=len(block))
        found[at : at + BLOCK] = sums / counts
    progress(Progress(stage, len(rows), len(rows)))
    return sigmoid(found)


def read_both(
    forward: Forward, rows: Rows, progress: ProgressCallback, stage: str
) -> dict[str, Floats]:
    """Both readings by name."""
    return {
        "first": read_first(forward, rows),
        "whole": read_whole(forward, rows, progress, stage),
    }
