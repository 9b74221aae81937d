"""Reliability thresholds: from when a text is too short or has too many unknown words.

Measured on test reviews, which the model was not trained on: on training reviews every accuracy
would be too high. The thresholds choose no model. Two things are varied:

- the number of known words: pieces of 1 to T - 1 words are cut out of the reviews at random;
- the share of unknown words: in the first T - 1 words of each review, random words are replaced by
  the unknown word until a wanted share is reached.

Accuracy is measured on non-abstained predictions only; "undecided" already is a warning. Below the
first threshold accuracy keeps less than half of its margin over chance. Few words say little, and
the probability shows it by itself; many unknown words do not occur in training, so five points
lost are enough there.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lstm_core.evaluation.predict import Row, Rows
from lstm_core.evaluation.schema import Array, ReliabilityNote, RobustnessPoint
from lstm_core.model.sentiment_model import Forward
from lstm_core.progress import Progress, ProgressCallback
from lstm_core.recurrent.lstm import sigmoid
from lstm_core.recurrent.trace import UNDECIDED_FROM, UNDECIDED_TO

KNOWN_WORDS, UNKNOWN_SHARE = "known words", "unknown share"
PIECES = (1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 16, 20, 24, 32, 48, 64)  # words of the pieces cut out
WORD_EDGES = (1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 16, 20, 24, 32, 48, 64)
SHARES = tuple(tenth / 10 for tenth in range(1, 10))
SHARE_EDGES = (0.0, 0.05, 0.15, 0.25, 0.35, 0.45, 0.55, 0.65, 0.75, 0.85, 0.95, 1.01)
SMALLEST_GROUP = 200  # sides taken; smaller groups say nothing
POINTS_LOST = 0.05  # that make a text too strange
SEED = 0


@dataclass(frozen=True, eq=False)
class _Judged:
    """Pieces that were judged, all ``(N,)``."""

    right: npt.NDArray[np.bool_]
    confidence: npt.NDArray[np.float64]
    sided: npt.NDArray[np.bool_]
    known: Array
    share: Array


def measure_reliability(
    forward: Forward,
    rows: Rows,
    labels: Array,
    measured_on: str,
    progress: ProgressCallback,
) -> ReliabilityNote:
    """Measure both tables and choose the thresholds by them.

    Args:
        rows: Reviews that the model was not trained on.
        labels: Labels of the reviews, ``(N,)``.
        measured_on: What the reviews are, in words.
    """
    random = np.random.default_rng(SEED)
    most = rows.maxlen - 1
    first = [rows.read_first(row) for row in rows.ids]
    plain = _judge(forward, rows.with_ids(first), labels)
    pieces = [
        plain,
        *_each(
            PIECES,
            "cutting pieces",
            progress,
            lambda words: _judge(forward, *_cut(rows, labels, min(words, most), random)),
        ),
    ]
    strange = [
        plain,
        *_each(
            SHARES,
            "replacing words",
            progress,
            lambda share: _judge(
                forward,
                rows.with_ids([_replaced(row, share, random, rows.unknown_id) for row in first]),
                labels,
            ),
        ),
    ]
    table = _by_words(pieces) + _by_share(strange)
    full = _accuracy([plain.right[plain.sided]])
    words_bar, share_bar = 0.5 + (full - 0.5) / 2, full - POINTS_LOST
    fewest = choose_fewest_known(table, words_bar)
    strangest = choose_most_unknown(table, share_bar)
    return ReliabilityNote(
        measured_on=measured_on,
        full=full,
        words_bar=words_bar,
        share_bar=share_bar,
        fewest_known=fewest,
        few_accuracy=_accuracy([j.right[j.sided & (j.known < fewest)] for j in pieces]),
        most_unknown=strangest,
        unknown_accuracy=_accuracy([j.right[j.sided & (j.share >= strangest)] for j in strange]),
        usual_words=int(np.percentile(rows.words, 1)),
        usual_unknown=float(np.percentile(plain.share, 99)),
        rows=table,
    )


def choose_fewest_known(rows: Sequence[RobustnessPoint], bar: float) -> int:
    """The smallest number of known words from which on every group reaches the bar."""
    chosen = 1
    for row in sorted((r for r in rows if r.measure == KNOWN_WORDS), key=lambda r: r.low):
        if row.accuracy.value < bar:
            chosen = int(row.high) + 1
    return chosen


def choose_most_unknown(rows: Sequence[RobustnessPoint], bar: float) -> float:
    """The smallest share of unknown words from which on every group is below the bar."""
    chosen = 1.0
    by_share = sorted((r for r in rows if r.measure == UNKNOWN_SHARE), key=lambda r: -r.low)
    for row in by_share:
        if row.accuracy.value >= bar:
            break
        chosen = row.low
    return chosen


def _accuracy(parts: list[npt.NDArray[np.bool_]]) -> float:
    right = np.concatenate(parts)
    return float(right.mean()) if len(right) else 0.5


def _each(
    values: Sequence[float],
    stage: str,
    progress: ProgressCallback,
    measure: Callable[..., _Judged],
) -> list[_Judged]:
    found = []
    for at, value in enumerate(values):
        progress(Progress(stage, at, len(values)))
        found.append(measure(value))
    progress(Progress(stage, len(values), len(values)))
    return found


def _cut(rows: Rows, labels: Array, words: int, random: np.random.Generator) -> tuple[Rows, Array]:
    """One piece of `words` words at a random place of every review that has as many."""
    long = np.flatnonzero(rows.words >= words)
    starts = [int(random.integers(len(rows.ids[at]) - words + 1)) for at in long]
    pieces = [rows.ids[at][start : start + words] for at, start in zip(long, starts, strict=True)]
    return rows.with_ids(pieces), labels[long]


def _replaced(row: Row, share: float, random: np.random.Generator, unknown: int) -> Row:
    """The row with random known words made unknown until `share` of it is."""
    known = np.flatnonzero(row != unknown)
    missing = round(share * len(row)) - (len(row) - len(known))
    changed = row.copy()
    if missing > 0:
        changed[random.choice(known, missing, replace=False)] = unknown
    return changed


def _judge(forward: Forward, pieces: Rows, labels: Array) -> _Judged:
    ids = pieces.placed(pieces.ids)  # (N, T)
    p = sigmoid(forward.logits(forward.final_states(ids))).astype(np.float64)  # (N,)
    lengths, unknown = pieces.words, pieces.unknown_id
    known = np.array([np.count_nonzero(piece != unknown) for piece in pieces.ids])
    return _Judged(
        right=(p >= 0.5) == (labels == 1),
        confidence=np.maximum(p, 1 - p),
        sided=(p <= UNDECIDED_FROM) | (p >= UNDECIDED_TO),
        known=known,
        share=1 - known / np.maximum(lengths, 1),
    )


def _by_words(judged: list[_Judged]) -> tuple[RobustnessPoint, ...]:
    known = np.concatenate([part.known for part in judged])
    at = np.searchsorted(WORD_EDGES, known, side="right") - 1
    ends = [*(edge - 1 for edge in WORD_EDGES[1:]), max(int(known.max()), WORD_EDGES[-1])]
    return _rows(KNOWN_WORDS, judged, at, WORD_EDGES, ends)


def _by_share(judged: list[_Judged]) -> tuple[RobustnessPoint, ...]:
    share = np.concatenate([part.share for part in judged])
    # A share of exactly 0.3 must not fall under 0.3 by rounding.
    at = np.searchsorted(SHARE_EDGES, share + 1e-9, side="right") - 1
    return _rows(UNKNOWN_SHARE, judged, at, SHARE_EDGES[:-1], SHARE_EDGES[1:])


def _rows(
    measure: str,
    judged: list[_Judged],
    at: Array,
    lows: Sequence[float],
    highs: Sequence[float],
) -> tuple[RobustnessPoint, ...]:
    right, confidence, sided = (
        np.concatenate([getattr(part, name) for part in judged])
        for name in ("right", "confidence", "sided")
    )
    found = []
    for number, (low, high) in enumerate(zip(lows, highs, strict=True)):
        inside = at == number
        taken = inside & sided
        if taken.sum() >= SMALLEST_GROUP:
            found.append(
                RobustnessPoint(
                    measure=measure,
                    low=float(low),
                    high=min(float(high), 1.0) if measure == UNKNOWN_SHARE else float(high),
                    pieces=int(inside.sum()),
                    count=int(taken.sum()),
                    right=int(right[taken].sum()),
                    confidence=float(confidence[taken].mean()),
                )
            )
    return tuple(found)
