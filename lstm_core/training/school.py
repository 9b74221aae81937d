"""What the model is shown by the recommended recipe, and what it should say to it.

See `recommended` for the whole recipe. Symbols: M windows, T places, N reviews.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lstm_core.datasets import Corpus
from lstm_core.errors import InputError
from lstm_core.lstm import LstmForward, LstmWeights
from lstm_core.progress import Progress, ProgressCallback
from lstm_core.text import FIRST_WORD, UNKNOWN, Vocabulary
from lstm_core.training.chance import Stream, chance
from lstm_core.training.teacher import Teacher, Totals, fit_teacher
from lstm_core.training.windows import Ids, Tokens, draw_windows, tokenise, window_ids

Floats = npt.NDArray[np.float64]

TEACHER_WORDS = 40_000  # the teacher may know more words than the model
MOST_PASSES = 60  # windows drawn in all, for each window of a whole reading: for small corpora
SCORED_AT_ONCE = 16_384


@dataclass(frozen=True, slots=True)
class RecommendedSettings:
    """Settings of the recipe; the defaults were chosen on a validation part of IMDb's training set.

    Attributes:
        num_words: V, the number of word ids.
        maxlen: T, the places of a window.
        embedding_dim: E, the size of a word's vector.
        lstm_dim: D, the number of units.
        steps: Batches learned from; fewer on small corpora.
        batch_size: Windows a batch.
        learning_rate: Adam's rate at its highest.
        labelled_share: Share of the windows that come from labelled reviews.
        opening_share: Share of the longer windows that begin where their review begins.
        short_share: Share of the windows that are short texts.
        longest_short: Words of a short text that is not a sentence, at most.
        review_weight: Weight of the review's verdict against the teacher's score of the window.
        short_review_weight: The same for short texts.
        sharpness: Sharpness of a window from the middle.
        last_sharpness: Sharpness of a window that is shorter than the places.
        short_sharpness: Sharpness of a short text.
        word_dropout: Share of the words that become unknown, drawn for each window, on average.
        embedding_dropout: Share of the embedding's columns left out in a step.
        averaging: Share of the running average that is kept at a step.
        renewals: Shares of the way at which the verdicts on unlabelled reviews are renewed.
        temperature: What the finished model's logits are divided by, inside its last layer.

    Raises:
        InputError: When a size or count is below what the recipe can work with.
    """

    num_words: int = 10_000
    maxlen: int = 80
    embedding_dim: int = 128
    lstm_dim: int = 32
    steps: int = 6_400
    batch_size: int = 256
    learning_rate: float = 4e-3
    labelled_share: float = 0.4
    opening_share: float = 0.4
    short_share: float = 0.2
    longest_short: int = 20
    review_weight: float = 0.6
    short_review_weight: float = 0.8
    sharpness: float = 2.0
    last_sharpness: float = 2.0
    short_sharpness: float = 2.5
    word_dropout: float = 0.1
    embedding_dropout: float = 0.2
    averaging: float = 0.998
    renewals: tuple[float, ...] = (0.5,)
    temperature: float = 1.25

    def __post_init__(self) -> None:
        least = {"num_words": 5, "maxlen": 2, "embedding_dim": 1, "lstm_dim": 1, "steps": 1}
        for name, low in {**least, "batch_size": 1}.items():
            if getattr(self, name) < low:
                raise InputError(f"{name} is {getattr(self, name)}; choose {low} or more.")


@dataclass(eq=False)
class Pupils:
    """One corpus as the model meets it.

    Attributes:
        tokens: Its texts in the model's own ids.
        totals: The teacher's totals.
        verdicts: P(positive) of each review: labels, or the best guess so far, ``(N,)``.
    """

    tokens: Tokens
    totals: Totals
    verdicts: Floats


class School:
    """Draws windows and says what is to be learned of them.

    Args:
        settings: The recipe's numbers.
        teacher: The fitted teacher.
        labelled: Labelled reviews.
        unlabelled: Reviews without labels, or None.
    """

    def __init__(
        self,
        settings: RecommendedSettings,
        teacher: Teacher,
        labelled: Pupils,
        unlabelled: Pupils | None,
    ) -> None:
        self.settings = settings
        self.teacher = teacher
        self.labelled = labelled
        self.unlabelled = unlabelled

    @classmethod
    def of(
        cls,
        corpus: Corpus,
        settings: RecommendedSettings,
        seed: int,
        report: ProgressCallback,
    ) -> School:
        """Read the corpus and fit the teacher; the same seed gives the same school."""
        report(Progress("reading the words", 0, 2))
        known = Vocabulary.from_texts(corpus.train.texts, TEACHER_WORDS)
        labelled = tokenise(corpus.train.texts, known)
        report(Progress("reading the words", 1, 2))
        unlabelled = tokenise(corpus.unlabelled, known)
        labels = np.asarray(corpus.train.labels, np.float32)  # (N,)
        teacher_chance = chance(seed, Stream.TEACHER)
        teacher = fit_teacher(labelled, labels, unlabelled, teacher_chance, report)
        own_ids = _renaming(known, corpus.vocabulary(settings.num_words))
        guesses = teacher.logits(teacher.unlabelled, unlabelled.offsets[:-1], unlabelled.lengths)
        first = Pupils(labelled.renamed(own_ids), teacher.labelled, labels.astype(np.float64))
        second = Pupils(unlabelled.renamed(own_ids), teacher.unlabelled, _logistic(guesses))
        return cls(settings, teacher, first, second if len(unlabelled) else None)

    @property
    def steps(self) -> int:
        """Batches to be learned from: the settings' number, less where there is little to read."""
        words = sum(len(pupils.tokens.ids) for pupils in self._corpora())
        reviews = sum(len(pupils.tokens) for pupils in self._corpora())
        windows = words // (self.settings.maxlen - 1) + reviews
        most = windows * MOST_PASSES // self.settings.batch_size + 1
        return min(self.settings.steps, most)

    def draw(self, count: int, rng: np.random.Generator) -> tuple[Ids, Floats, Floats]:
        """Windows in mixed order: ids ``(M, T)``, targets and sharpness ``(M,)``."""
        share = self.settings.labelled_share if self.unlabelled else 1.0
        labelled = round(count * share)
        parts = [self._draw_from(self.labelled, labelled, rng)]
        if self.unlabelled:
            parts.append(self._draw_from(self.unlabelled, count - labelled, rng))
        order = rng.permutation(count)
        ids, targets, sharpness = (np.concatenate(part)[order] for part in zip(*parts, strict=True))
        return self._forget_words(ids, rng), targets, sharpness

    def renew(self, weights: LstmWeights, report: ProgressCallback) -> None:
        """Judge the unlabelled reviews by the mean of the teacher's and the model's logits."""
        pupils = self.unlabelled
        if pupils is None:
            return
        tokens = pupils.tokens
        teacher = self.teacher.logits(pupils.totals, tokens.offsets[:-1], tokens.lengths)
        own = whole_logits(weights, tokens, self.settings.maxlen, report)
        own *= teacher.std() / max(own.std(), 1e-9)
        mean = (teacher + own) / 2
        pupils.verdicts = _logistic(mean * teacher.std() / max(mean.std(), 1e-9))

    def _corpora(self) -> list[Pupils]:
        return [self.labelled] + ([self.unlabelled] if self.unlabelled else [])

    def _draw_from(
        self, pupils: Pupils, count: int, rng: np.random.Generator
    ) -> tuple[Ids, Floats, Floats]:
        chosen, most = self.settings, self.settings.maxlen - 1
        windows = draw_windows(
            pupils.tokens,
            count,
            chosen.maxlen,
            rng,
            opening_share=chosen.opening_share,
            short_share=chosen.short_share,
            longest_short=chosen.longest_short,
        )
        scores = self.teacher.logits(pupils.totals, windows.start, windows.length)  # (M,)
        weight = np.where(windows.short, chosen.short_review_weight, chosen.review_weight)
        verdicts = pupils.verdicts[windows.text]  # (M,)
        targets = weight * verdicts + (1 - weight) * _logistic(scores)  # (M,)
        longer = np.where(windows.length < most, chosen.last_sharpness, chosen.sharpness)
        sharpness = np.where(windows.opening, 1.0, longer)
        sharpness = np.where(windows.short, chosen.short_sharpness, sharpness)
        ids = window_ids(pupils.tokens.ids, windows.start, windows.length, chosen.maxlen)
        return ids, targets, sharpness

    def _forget_words(self, ids: Ids, rng: np.random.Generator) -> Ids:
        share = rng.random((len(ids), 1)) * 2 * self.settings.word_dropout  # (M, 1)
        forgotten = (rng.random(ids.shape) < share) & (ids >= FIRST_WORD)
        return np.where(forgotten, np.int32(UNKNOWN), ids)


def whole_logits(
    weights: LstmWeights, tokens: Tokens, maxlen: int, report: ProgressCallback
) -> Floats:
    """The verdict on whole reviews: the plain mean of their windows' logits, ``(N,)``."""
    forward, most = LstmForward(weights, maxlen), maxlen - 1
    counts = -(-tokens.lengths // most)  # windows of each review
    text = np.repeat(np.arange(len(tokens)), counts)  # (M,)
    number = np.arange(len(text)) - np.repeat(np.cumsum(counts) - counts, counts)
    start = tokens.offsets[text] + number * most
    length = np.minimum(tokens.offsets[text + 1] - start, most)
    logits = np.empty(len(text))
    for at in range(0, len(text), SCORED_AT_ONCE):
        report(Progress("judging the reviews anew", at, len(text)))
        rows = slice(at, at + SCORED_AT_ONCE)
        ids = window_ids(tokens.ids, start[rows], length[rows], maxlen)
        logits[rows] = forward.logits(forward.final_states(ids))
    return np.bincount(text, logits, minlength=len(tokens)) / counts


def _renaming(known: Vocabulary, vocabulary: Vocabulary) -> Ids:
    """From the teacher's ids to the model's, int32 ``(teacher's ids,)``."""
    table = np.full(FIRST_WORD + len(known), UNKNOWN, np.int32)
    table[FIRST_WORD:] = vocabulary.ids_of(known.words)
    return table


def _logistic(logits: Floats) -> Floats:
    return (1 + np.tanh(logits / 2)) / 2
