"""The recommended recipe: sampled windows, knowledge distillation, weight averaging.

The architecture is the article's; only the training examples and the optimisation differ:

1. A linear teacher (`teacher`) is fitted on the labelled reviews. It scores any window of any text.
2. Every batch holds newly sampled windows (`windows`): beginnings of reviews, windows at any place,
   windows where reading a whole review puts them, and short texts. Unlabelled reviews take part.
3. The target of a window (`sampler`) mixes the teacher's score of that window with the label of its
   review or, where there is none, a pseudo-label: the teacher's prediction, recomputed twice during
   the training as the mean of the teacher's and the model's own logits.
4. The prediction for a whole review is the mean of its windows' logits. Averaging under-confident
   window logits gives an under-confident review logit, so windows after the first are trained with
   temperature T > 1 (``logit / T`` enters the loss), which makes their raw logits larger. First
   windows, which are also used alone, keep T = 1, so that both readings stay calibrated. The start
   token tells the two apart (`start_token_init`).
5. Short texts are rare in reviews, and negation in them rarer: a share of the windows are synthetic
   phrases (`synthetic_phrases`), and half of the sentences sampled from reviews are the first or
   the last of their review, which more often state its overall opinion. Texts of a few words are
   trained with a temperature a little above 1.
6. Word dropout, dropout of embedding columns, a cosine schedule of the learning rate, a penalty on
   large cell states, open forget gates at the start (`forget_bias_init`), and an average of the
   weights over the last steps, which is the model (`train_step`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from lstm_core.datasets import Corpus
from lstm_core.progress import Progress, ProgressCallback
from lstm_core.recurrent.lstm import LstmWeights
from lstm_core.training.recommended.forget_bias_init import forget_bias_init
from lstm_core.training.recommended.sampler import BatchSampler, RecommendedSettings
from lstm_core.training.recommended.start_token_init import start_token_init
from lstm_core.training.rng import RngStream, step_rng
from lstm_core.training.schedule import SettingsLog, StepSettings, steps_per_call
from lstm_core.training.trainer import Asked, LastBatch, StepMetrics, never_stop

if TYPE_CHECKING:
    import keras

    from lstm_core.training.recommended.train_step import (
        BatchIterator,
        MakeStep,
        OptimizerConfig,
    )

__all__ = ["RecommendedTrainer", "RecommendedSettings", "train_recommended"]

ROUNDS = 20  # reported to callbacks as epochs
LARGEST_NORM = 1.0  # of the gradient, all weights together
WARM_UP = 100  # steps until the learning rate is at its highest, in short trainings a tenth


def train_recommended(
    corpus: Corpus,
    *,
    settings: RecommendedSettings | None = None,
    seed: int = 0,
    progress: ProgressCallback | None = None,
    callbacks: Sequence[keras.callbacks.Callback] = (),
) -> keras.Model:
    """Train the model by the recommended recipe; `RecommendedSettings` holds its numbers.

    The vocabulary of the model is ``corpus.vocabulary(settings.num_words)``.

    Args:
        corpus: Labelled training reviews, and unlabelled ones if there are any. The test part is
            not looked at.
        settings: Sizes and the recipe's numbers.
        seed: The same seed gives the same model on the same machine.
        progress: Told every stage and call.
        callbacks: Keras callbacks; an epoch is a twentieth of the way, its logs hold the loss, and
            at its end the model has the averaged weights. ``model.stop_training`` stops.

    Returns:
        The stock Keras model with the layers main_input, embedding, lstm, output; not compiled.

    Raises:
        TrainingError: When a class has fewer than two training reviews.
    """
    from lstm_core.training.article.model import build_model
    from lstm_core.training.factory import copy_weights, make_repeatable, weights_of

    settings = settings or RecommendedSettings()
    report = progress or _no_report
    make_repeatable(seed)
    model = build_model(
        settings.num_words, settings.maxlen, settings.embedding_dim, settings.lstm_dim
    )
    trainer = RecommendedTrainer(corpus, weights_of(model), settings, seed, report)
    _learn(trainer, model, report, callbacks)
    copy_weights(trainer.weights(), model)
    return model


def optimizer_config(settings: RecommendedSettings) -> OptimizerConfig:
    """How the weights follow the gradient in this recipe."""
    from lstm_core.training.recommended.train_step import OptimizerConfig

    return OptimizerConfig(
        settings.averaging, LARGEST_NORM, as_keras=False, cell_limit=settings.cell_limit
    )


class RecommendedTrainer:
    """Training steps of the recipe; each depends on its number and on `state` alone.

    Args:
        seed: Of every random draw.
        report: Told the stages of preparation and of recomputing pseudo-labels.
        step: Makes the training step; `TrainStep` unless given.
    """

    def __init__(
        self,
        corpus: Corpus,
        start: LstmWeights,
        settings: RecommendedSettings,
        seed: int,
        report: ProgressCallback,
        step: MakeStep | None = None,
    ) -> None:
        from lstm_core.training.recommended.train_step import TrainStep

        self.settings = settings
        self._seed = seed
        self._report = report
        self._sampler = BatchSampler.of(corpus, settings, seed, report)
        start = forget_bias_init(start, settings.forget_bias)
        start = start_token_init(self._sampler.counted(start) if settings.head_start else start)
        self._train_step = (step or TrainStep)(start, optimizer_config(settings))
        self.steps = self._sampler.steps
        self.log = SettingsLog(
            StepSettings(0, settings.learning_rate, settings.batch_size, settings.embedding_dropout)
        )
        self.done = 0
        bounds = np.linspace(0, self.steps, min(ROUNDS, self.steps) + 1).astype(int)  # (R + 1,)
        self.epoch_ends = tuple(int(end) for end in bounds[1:])
        rounds = len(self.epoch_ends)
        self._renewals = tuple(int(bounds[int(share * rounds)]) for share in settings.renewals)

    def make_ready(self) -> None:
        """Compile the step."""
        self._train_step.run(self._batches(self.done, 0))

    def change(self, change: StepSettings) -> None:
        """Use other settings from a step on."""
        self.log.add(change)

    def forget_changes(self) -> None:
        """Use the first settings for all steps again."""
        self.log.restart()

    def last_batch(self) -> LastBatch:
        """The batch of the last step, which was taken by this process."""
        batches = self._batches(self.done - 1, 1)
        before, after = self._train_step.around_last_step(float(batches.rates[0]))
        return LastBatch(batches.ids[0], batches.targets[0], batches.masks[0], before, after)

    def learn(self, count: int, asked: Asked = never_stop) -> StepMetrics:
        """Take up to `count` steps, no more than a call and never past a renewal or a change."""
        if self.done in self._renewals:
            self._sampler.renew(self._train_step.weights(), self._report)
        count = self.log.next_call(self.done, count, (self.steps, *self._renewals))
        learned = self._train_step.run(self._batches(self.done, count), asked)
        self.done += len(learned)
        return learned

    def weights(self) -> LstmWeights:
        """The model: the running average, its logits divided by the temperature."""
        found = self._train_step.weights()
        temperature = np.float32(self.settings.temperature)
        return replace(
            found,
            dense_kernel=found.dense_kernel / temperature,
            dense_bias=float(np.float32(found.dense_bias) / temperature),
        )

    def state(self) -> dict[str, npt.NDArray[Any]]:
        """Everything the next step depends on, by name."""
        found: dict[str, npt.NDArray[Any]] = {
            "done": np.array(self.done),
            **self._train_step.state(),
        }
        if self._sampler.unlabelled is not None:
            found["verdicts"] = self._sampler.unlabelled.verdicts
        return found

    def restore(self, state: Mapping[str, npt.NDArray[Any]]) -> None:
        """Go on from a state."""
        self._train_step.restore(state)
        if self._sampler.unlabelled is not None:
            self._sampler.unlabelled.verdicts = np.asarray(state["verdicts"], np.float64)
        self.done = int(state["done"])

    def _batches(self, step: int, count: int) -> BatchIterator:
        """Batches from a step on, filled up to the size of a call."""
        from lstm_core.training.recommended.train_step import BatchIterator

        chosen, own = self.log.at(step), self.settings
        size, call = chosen.batch_size, steps_per_call(chosen.batch_size)
        ids = np.zeros((call, size, own.maxlen), np.int32)  # (S, B, T)
        targets = np.zeros((call, size), np.float32)  # (S, B)
        sharpness = np.ones((call, size), np.float32)  # (S, B)
        masks = np.ones((call, own.embedding_dim), np.float32)  # (S, E)
        for row in range(count):
            rng = step_rng(self._seed, RngStream.WINDOWS, step + row)
            batch = self._sampler.draw(size, rng)
            ids[row], targets[row], sharpness[row] = batch.ids, batch.targets, batch.sharpness
            kept = rng.random(own.embedding_dim) >= chosen.dropout
            masks[row] = kept / (1 - chosen.dropout)
        steps = step + np.arange(call)  # (S,)
        warm_up = min(WARM_UP, -(-self.steps // 10))
        rates = chosen.learning_rate * np.minimum(1, (steps + 1) / warm_up)
        rates *= (1 + np.cos(np.pi * np.minimum(steps / self.steps, 1))) / 2
        shares = np.full((call, size), 1 / size, np.float32)
        return BatchIterator(
            ids, targets, sharpness, shares, masks, rates.astype(np.float32), count
        )


def _learn(
    trainer: RecommendedTrainer,
    model: keras.Model,
    report: ProgressCallback,
    callbacks: Sequence[keras.callbacks.Callback],
) -> None:
    """All calls, in rounds that callbacks see as epochs."""
    import keras

    from lstm_core.training.factory import copy_weights

    ends = trainer.epoch_ends
    told = keras.callbacks.CallbackList(list(callbacks), model=model, epochs=len(ends))
    model.stop_training = False
    told.on_train_begin()
    logs: dict[str, float] = {}
    for number, end in enumerate(ends):
        told.on_epoch_begin(number)
        losses: list[float] = []
        while trainer.done < end:
            report(Progress("training", trainer.done, trainer.steps))
            losses.extend(trainer.learn(end - trainer.done).losses)
        copy_weights(trainer.weights(), model)
        logs = {"loss": float(np.mean(losses))}
        told.on_epoch_end(number, logs)
        if model.stop_training:
            break
    report(Progress("training", trainer.steps, trainer.steps))
    told.on_train_end(logs)


def _no_report(progress: Progress) -> None:
    del progress
