"""The last batch of a paused run: losses, gradient norms, and the word vectors that it changed.

Symbols: B reviews of the batch, T places, E embedding size.
"""

from contextlib import suppress
from dataclasses import dataclass, replace

import numpy as np

from lstm_core.errors import NotAllowedError
from lstm_core.json_codec import from_json, to_json
from lstm_core.permissions import Visitor
from lstm_core.recurrent.lstm import sigmoid
from lstm_core.runs.control import may_control
from lstm_core.runs.folder import RunFolder, folder_of
from lstm_core.tasks.atomic import write_file
from lstm_core.text import FIRST_WORD, PAD, START, Vocabulary
from lstm_core.training.diagnostics import loss_gradients
from lstm_core.training.trainer import LastBatch

MOST_REVIEWS = 256  # of a larger batch the first ones are looked at
MOST_WORDS = 10
LAYERS = {
    "embedding": ("embedding",),
    "lstm": ("kernel", "recurrent", "bias"),
    "output": ("dense_kernel", "dense_bias"),
}


@dataclass(frozen=True, slots=True)
class BatchReview:
    """A review of the batch as the model read it, before the step."""

    text: str  # its words; unknown ones are marked
    target: float  # P(positive) that was to be learned
    probability: float  # what the model said
    loss: float  # cross-entropy of the two


@dataclass(frozen=True, slots=True)
class ChangedWord:
    """A word whose vector the step changed, and the L2 norm of the change."""

    word: str
    change: float


@dataclass(frozen=True, slots=True)
class BatchReport:
    """What the last step learned from and changed.

    Attributes:
        step: Number of the step, from 1.
        batch_size: Reviews of the batch.
        reviews: Those that are shown, the highest loss first.
        layer_norms: L2 norm of the gradient of the mean loss, by layer.
        time_norms: Norm of the gradient at what enters the gates, by place, mean, ``(T,)``.
        words: The word vectors that changed most.
    """

    step: int
    batch_size: int
    reviews: tuple[BatchReview, ...]
    layer_norms: dict[str, float]
    time_norms: tuple[float, ...]
    words: tuple[ChangedWord, ...]


def inspect_batch(batch: LastBatch, step: int, vocabulary: Vocabulary) -> BatchReport:
    """Look at the last batch with the weights before its step."""
    ids, targets = batch.ids[:MOST_REVIEWS], batch.targets[:MOST_REVIEWS]
    masked = replace(batch.before, embedding=batch.before.embedding * batch.mask)
    found = loss_gradients(masked, ids, targets)
    found = replace(found, embedding=found.embedding * batch.mask)
    losses = np.logaddexp(0, found.logits) - targets * found.logits  # (B,)
    reviews = [
        BatchReview(read_words(row, vocabulary), float(target), float(says), float(loss))
        for row, target, says, loss in zip(ids, targets, sigmoid(found.logits), losses, strict=True)
    ]
    return BatchReport(
        step=step,
        batch_size=len(batch.ids),
        reviews=tuple(sorted(reviews, key=lambda one: -one.loss)),
        layer_norms={
            layer: float(np.sqrt(sum(np.sum(np.square(getattr(found, name))) for name in names)))
            for layer, names in LAYERS.items()
        },
        time_norms=tuple(float(value) for value in found.time_norms),
        words=_changed(batch, vocabulary),
    )


def read_words(ids: np.ndarray, vocabulary: Vocabulary) -> str:
    """The words that ids stand for, without padding and start."""
    known = vocabulary.words
    return " ".join(
        known[at] if 0 <= (at := int(one) - FIRST_WORD) < len(known) else "(unknown)"
        for one in ids
        if one not in (PAD, START)
    )


def write_report(folder: RunFolder, report: BatchReport) -> None:
    """Keep a report for the page.

    Raises:
        OSError: It cannot be written.
    """
    write_file(folder.batch, to_json(report))


def read_report(name: str, visitor: Visitor) -> BatchReport | None:
    """The report of the last batch, None when there is none.

    Raises:
        NotAllowedError: It is another visitor's run: its reviews are theirs.
        RunError: There is no such run.
    """
    if not may_control(name, visitor):
        raise NotAllowedError("Only who started a run sees the reviews of its batches.")
    with suppress(OSError, ValueError, TypeError, KeyError):
        return from_json(BatchReport, folder_of(name).batch.read_bytes())
    return None


def _changed(batch: LastBatch, vocabulary: Vocabulary) -> tuple[ChangedWord, ...]:
    """The words with the largest change; padding, start and unknown words are no words."""
    change = batch.after.embedding - batch.before.embedding  # (V, E)
    sizes = np.sqrt((change**2).sum(axis=1))[FIRST_WORD : FIRST_WORD + len(vocabulary)]
    order = np.argsort(-sizes, kind="stable")[:MOST_WORDS]
    return tuple(ChangedWord(vocabulary.words[at], float(sizes[at])) for at in order if sizes[at])
