"""Batches and soft targets for the recommended recipe.

See `recommended` for the whole recipe. Symbols: M windows, T places, N reviews.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lstm_core.datasets import Corpus
from lstm_core.errors import InputError
from lstm_core.progress import Progress, ProgressCallback
from lstm_core.recurrent.lstm import LstmForward, LstmWeights
from lstm_core.text import FIRST_WORD, UNKNOWN, Vocabulary
from lstm_core.training.recommended.naive_bayes_init import naive_bayes_init
from lstm_core.training.recommended.synthetic_phrases import generate_phrases, read_templates
from lstm_core.training.recommended.teacher import Teacher, Totals, fit_teacher
from lstm_core.training.recommended.windows import (
    Ids,
    Tokens,
    draw_windows,
    tokenise,
    whole_readings,
    window_ids,
)
from lstm_core.training.rng import RngStream, step_rng

Floats = npt.NDArray[np.float64]

TEACHER_WORDS = 40_000  # the teacher's vocabulary may be larger than the model's
MOST_PASSES = 60  # sampled windows per window of a whole reading, at most: for small corpora
SCORED_AT_ONCE = 16_384
SHARP_WORDS = 4  # short texts up to this length have the full temperature, longer ones a lower one
PHRASES = 40_000  # generated once, sampled from with replacement
EMPTY_SHARE = 0.03  # of the phrases are empty texts with target 0.5


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
        labelled_share: Share of the windows of reviews that come from labelled ones.
        opening_share: Share of the windows of reviews that are beginnings, before the short ones
            take their part; the rest lie anywhere.
        short_share: Share of the windows of reviews that are short texts.
        longest_short: Words of a short text that is not a sentence, at most.
        edge_share: Share of the sentences among the short texts that are the first or the last of
            their review, which more often state its overall opinion.
        phrase_share: Share of all windows that are synthetic phrases (`synthetic_phrases`).
        review_weight: Weight of the review's label against the teacher's score of the window.
        short_review_weight: The same for short texts.
        short_sharpness: Temperature of a short text of up to `SHARP_WORDS` words; that of longer
            ones falls towards 1 in proportion to the inverse of their length.
        later_sharpness: Temperature of windows after the first.
        head_start: Begin as a count of words (`naive_bayes_init`): as good as from random
            weights, but less well calibrated.
        forget_bias: Bias of the forget gates at the start (`forget_bias_init`); Keras' own is 1.
        word_dropout: Share of the words that become unknown, drawn for each window, on average.
        embedding_dropout: Share of the embedding's columns left out in a step.
        averaging: Share of the running average that is kept at a step, after its warm-up.
        renewals: Shares of the steps after which the pseudo-labels are recomputed.
        cell_limit: Cell states beyond it are penalised.
        temperature: The final model's logits are divided by it, inside its last layer.

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
    edge_share: float = 0.5
    phrase_share: float = 0.16
    review_weight: float = 0.6
    short_review_weight: float = 0.8
    short_sharpness: float = 1.5
    later_sharpness: float = 2.7
    head_start: bool = False
    forget_bias: float = 3.0
    word_dropout: float = 0.1
    embedding_dropout: float = 0.2
    averaging: float = 0.998
    renewals: tuple[float, ...] = (0.3, 0.6)
    cell_limit: float = 6.0
    temperature: float = 1.0

    def __post_init__(self) -> None:
        least = {"num_words": 5, "maxlen": 2, "embedding_dim": 1, "lstm_dim": 1, "steps": 1}
        for name, low in {**least, "batch_size": 1}.items():
            if getattr(self, name) < low:
                raise InputError(f"{name} is {getattr(self, name)}; choose {low} or more.")


@dataclass(eq=False)
class ReviewSets:
    """Labelled or unlabelled reviews with their targets."""

    tokens: Tokens  # its texts in the model's own ids
    totals: Totals  # the teacher's totals
    verdicts: Floats  # P(positive) of each review: its label or its pseudo-label, ``(N,)``


@dataclass(frozen=True, eq=False)
class Phrases:
    """Synthetic phrases in the model's ids, and P(positive) of each, ``(N,)``."""

    tokens: Tokens
    says: Floats

    @classmethod
    def made(cls, vocabulary: Vocabulary, rng: np.random.Generator) -> Phrases:
        """Generate the phrases of a training."""
        texts, says = generate_phrases(read_templates(), PHRASES, rng)
        return cls(tokenise(texts, vocabulary), says)


@dataclass(frozen=True, eq=False)
class TrainingBatch:
    """M windows with their targets."""

    ids: Ids  # int32 ``(M, T)``
    targets: Floats  # target P(positive), ``(M,)``
    sharpness: Floats  # temperature of the logit in the loss, ``(M,)``

    def and_then(self, other: TrainingBatch) -> TrainingBatch:
        """Both, one after the other."""
        return TrainingBatch(
            np.concatenate([self.ids, other.ids]),
            np.concatenate([self.targets, other.targets]),
            np.concatenate([self.sharpness, other.sharpness]),
        )


class BatchSampler:
    """Samples training batches: windows and soft targets."""

    def __init__(
        self,
        settings: RecommendedSettings,
        teacher: Teacher,
        labelled: ReviewSets,
        unlabelled: ReviewSets | None,
        phrases: Phrases,
    ) -> None:
        self.settings = settings
        self.teacher = teacher
        self.labelled = labelled
        self.unlabelled = unlabelled
        self.phrases = phrases

    @classmethod
    def of(
        cls,
        corpus: Corpus,
        settings: RecommendedSettings,
        seed: int,
        report: ProgressCallback,
    ) -> BatchSampler:
        """Tokenise the corpus and fit the teacher; the same seed gives the same sampler."""
        report(Progress("reading the words", 0, 2))
        known = Vocabulary.from_texts(corpus.train.texts, TEACHER_WORDS)
        labelled = tokenise(corpus.train.texts, known)
        report(Progress("reading the words", 1, 2))
        unlabelled = tokenise(corpus.unlabelled, known)
        labels = np.asarray(corpus.train.labels, np.float32)  # (N,)
        teacher_chance = step_rng(0, RngStream.TEACHER)  # one teacher for all seeds
        teacher = fit_teacher(
            labelled, labels, corpus.train.groups, unlabelled, teacher_chance, report
        )
        vocabulary = corpus.vocabulary(settings.num_words)
        own_ids = _renaming(known, vocabulary)
        guesses = teacher.logits(teacher.unlabelled, unlabelled.offsets[:-1], unlabelled.lengths)
        first = ReviewSets(labelled.renamed(own_ids), teacher.labelled, labels.astype(np.float64))
        second = ReviewSets(unlabelled.renamed(own_ids), teacher.unlabelled, _logistic(guesses))
        phrases = Phrases.made(vocabulary, step_rng(seed, RngStream.PHRASES))
        return cls(settings, teacher, first, second if len(unlabelled) else None, phrases)

    @property
    def steps(self) -> int:
        """Number of batches: the settings' number, fewer on small corpora."""
        words = sum(len(review_sets.tokens.ids) for review_sets in self._corpora())
        reviews = sum(len(review_sets.tokens) for review_sets in self._corpora())
        windows = words // (self.settings.maxlen - 1) + reviews
        most = windows * MOST_PASSES // self.settings.batch_size + 1
        return min(self.settings.steps, most)

    def counted(self, weights: LstmWeights) -> LstmWeights:
        """Initial weights of a naive Bayes classifier of the labelled beginnings."""
        tokens, most = self.labelled.tokens, self.settings.maxlen - 1
        length = np.minimum(tokens.lengths, most)
        ids = window_ids(tokens.ids, tokens.offsets[:-1], length, self.settings.maxlen)
        return naive_bayes_init(weights, ids, self.labelled.verdicts)

    def draw(self, count: int, rng: np.random.Generator) -> TrainingBatch:
        """Sample M windows: phrases, labelled reviews, unlabelled reviews."""
        phrases = round(count * self.settings.phrase_share)
        share = self.settings.labelled_share if self.unlabelled else 1.0
        labelled = round((count - phrases) * share)
        lesson = self._draw_phrases(phrases, rng)
        lesson = lesson.and_then(self._draw_from(self.labelled, labelled, rng))
        if self.unlabelled:
            others = self._draw_from(self.unlabelled, count - phrases - labelled, rng)
            lesson = lesson.and_then(others)
        return lesson

    def renew(self, weights: LstmWeights, report: ProgressCallback) -> None:
        """Recompute the pseudo-labels as the mean of the teacher's and the model's logits."""
        review_sets = self.unlabelled
        if review_sets is None:
            return
        tokens = review_sets.tokens
        teacher = self.teacher.logits(review_sets.totals, tokens.offsets[:-1], tokens.lengths)
        own = whole_logits(weights, tokens, self.settings.maxlen, report)
        own *= teacher.std() / max(own.std(), 1e-9)
        mean = (teacher + own) / 2
        review_sets.verdicts = _logistic(mean * teacher.std() / max(mean.std(), 1e-9))

    def _corpora(self) -> list[ReviewSets]:
        return [self.labelled] + ([self.unlabelled] if self.unlabelled else [])

    def _draw_phrases(self, count: int, rng: np.random.Generator) -> TrainingBatch:
        """No word dropout in phrases: without its "not" the label would be wrong."""
        tokens, most = self.phrases.tokens, self.settings.maxlen - 1
        chosen = rng.integers(0, len(tokens), count)  # (M,)
        empty = rng.random(count) < EMPTY_SHARE
        length = np.where(empty, 0, np.minimum(tokens.lengths[chosen], most))
        ids = window_ids(tokens.ids, tokens.offsets[chosen], length, self.settings.maxlen)
        says = np.where(empty, 0.5, self.phrases.says[chosen])
        return TrainingBatch(ids, says, np.ones(count))

    def _draw_from(
        self, review_sets: ReviewSets, count: int, rng: np.random.Generator
    ) -> TrainingBatch:
        chosen = self.settings
        windows = draw_windows(
            review_sets.tokens,
            count,
            chosen.maxlen,
            rng,
            opening_share=chosen.opening_share,
            short_share=chosen.short_share,
            longest_short=chosen.longest_short,
            edge_share=chosen.edge_share,
        )
        weight = np.where(windows.short, chosen.short_review_weight, chosen.review_weight)
        scores = self.teacher.logits(review_sets.totals, windows.start, windows.length)  # (M,)
        targets = weight * review_sets.verdicts[windows.text] + (1 - weight) * _logistic(scores)
        sharpness = np.where(windows.marked, 1.0, chosen.later_sharpness)
        fewest = np.minimum(1, SHARP_WORDS / np.maximum(windows.length, 1))  # (M,)
        short = 1 + (chosen.short_sharpness - 1) * fewest
        sharpness = np.where(windows.short, short, sharpness)
        ids = window_ids(
            review_sets.tokens.ids, windows.start, windows.length, chosen.maxlen, windows.marked
        )
        return TrainingBatch(self._forget_words(ids, rng), targets, sharpness)

    def _forget_words(self, ids: Ids, rng: np.random.Generator) -> Ids:
        share = rng.random((len(ids), 1)) * 2 * self.settings.word_dropout  # (M, 1)
        forgotten = (rng.random(ids.shape) < share) & (ids >= FIRST_WORD)
        return np.where(forgotten, np.int32(UNKNOWN), ids)


def whole_logits(
    weights: LstmWeights, tokens: Tokens, maxlen: int, report: ProgressCallback
) -> Floats:
    """Logits of whole reviews: the mean of their windows' logits, ``(N,)``."""
    forward = LstmForward(weights, maxlen)
    windows, text = whole_readings(tokens, np.arange(len(tokens)), maxlen)
    logits = np.empty(len(text))
    for at in range(0, len(text), SCORED_AT_ONCE):
        report(Progress("recomputing pseudo-labels", at, len(text)))
        rows = slice(at, at + SCORED_AT_ONCE)
        ids = window_ids(
            tokens.ids, windows.start[rows], windows.length[rows], maxlen, windows.marked[rows]
        )
        logits[rows] = forward.logits(forward.final_states(ids))
    sums = np.bincount(text, logits, minlength=len(tokens))
    return sums / np.bincount(text, minlength=len(tokens))


def _renaming(known: Vocabulary, vocabulary: Vocabulary) -> Ids:
    """From the teacher's ids to the model's, int32 ``(teacher's ids,)``."""
    table = np.full(FIRST_WORD + len(known), UNKNOWN, np.int32)
    table[FIRST_WORD:] = vocabulary.ids_of(known.words)
    return table


def _logistic(logits: Floats) -> Floats:
    return (1 + np.tanh(logits / 2)) / 2
