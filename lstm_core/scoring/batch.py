"""Some rows of a file, before and after they are scored."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from lstm_core.analysis.prediction import label_of
from lstm_core.model.sentiment_model import SentimentModel, read_reviews
from lstm_core.recurrent.lstm import sigmoid

ROWS = 4_096  # rows read, scored and written at a time
PART_BYTES = 16 << 20  # bytes read at a time, as far as a single row has no more
LONGEST_TEXT = 100_000  # characters of a review; the longest of Stanford's has 13,704

EMPTY = "empty"
NOT_UTF8 = "not UTF-8 text"
NOT_UTF16 = "not UTF-16 text"
Values = list[Any]  # of one column, a text or what Parquet holds; None where there is nothing


@dataclass(frozen=True, slots=True)
class Part:
    """Rows that follow each other.

    Attributes:
        lines: Where each row begins: its line in the file, in a Parquet file its row; from 1.
        texts: The reviews, empty for a row that cannot be scored.
        problems: Why a row cannot be scored; empty for all others.
        columns: All values of the file's columns, column by column.
    """

    lines: list[int]
    texts: list[str]
    problems: list[str]
    columns: list[Values]

    def __len__(self) -> int:
        return len(self.lines)


@dataclass(frozen=True, slots=True)
class Scored:
    """A part with what the model says about it.

    Attributes:
        part: The rows.
        probabilities: P(positive), float32 ``(N,)``, NaN for a row that was not scored.
        verdicts: The verdict in a word or two, empty for a row that was not scored.
        known: Known words read in each row, int64 ``(N,)``.
    """

    part: Part
    probabilities: npt.NDArray[np.float32]
    verdicts: list[str]
    known: npt.NDArray[np.int64]

    @property
    def good(self) -> npt.NDArray[np.bool_]:
        """Which rows were scored, bool ``(N,)``."""
        return np.array([not problem for problem in self.part.problems], dtype=np.bool_)


def score_part(model: SentimentModel, part: Part, *, whole: bool) -> Scored:
    """Read every row that can be read.

    Args:
        model: The model.
        part: The rows.
        whole: Read whole reviews in windows; otherwise their first places.
    """
    good = np.flatnonzero([not problem for problem in part.problems])  # (G,)
    texts = [part.texts[row] for row in good]
    logits, found = read_reviews(model.forward, texts, model.vocabulary, whole=whole)  # (G,)
    probabilities = np.full(len(part), np.nan, np.float32)  # (N,)
    probabilities[good] = sigmoid(logits)
    known = np.zeros(len(part), np.int64)  # (N,)
    known[good] = found
    verdicts = [""] * len(part)
    for row in good:
        verdicts[row] = str(label_of(float(probabilities[row]), int(known[row])))
    return Scored(part, probabilities, verdicts, known)


def problem_of(text: str) -> str:
    """Why a text cannot be scored, empty when it can."""
    if not text.strip():
        return EMPTY
    if len(text) > LONGEST_TEXT:
        return f"too long: {len(text):,} characters, at most {LONGEST_TEXT:,} are read"
    return ""
