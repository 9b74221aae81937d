"""The recommended recipe: the article's model, taught by windows of many lengths and a teacher.

The model is fixed, so everything is in what it is shown:

1. A linear teacher (`teacher`) learns the labelled reviews. It scores any stretch of any text.
2. The model sees windows drawn anew every step (`windows`): openings, windows from the middle, the
   padded last ones of a whole reading, and short texts. Reviews without labels take part as well.
3. What a window should say (`school`) is a mix of the teacher's score of that window and the
   verdict on its review: the label, or where there is none the teacher's verdict. Once on the way
   that verdict is renewed as the mean of the teacher's and the model's own, which err differently.
4. A whole review is the plain mean of its windows' logits. A mean of cautious voices is too
   cautious, so windows other than openings are taught to speak up: their logit is divided by a
   sharpness above one before it meets its target. That keeps both ways of reading honest.
5. Words become unknown at random, embedding columns drop out, the rate falls along a cosine, and
   the running average of the weights is the model (`learner`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from lstm_core.datasets import Corpus
from lstm_core.lstm import LstmWeights
from lstm_core.progress import Progress, ProgressCallback
from lstm_core.training.school import RecommendedSettings, School

if TYPE_CHECKING:
    import keras

    from lstm_core.training.learner import Batches, Learner

__all__ = ["RecommendedSettings", "train_recommended"]

STEPS_PER_CALL = 8
ROUNDS = 20  # what callbacks see as epochs
WARM_UP = 100  # steps until the learning rate is at its highest


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
    from lstm_core.training.article import build_model
    from lstm_core.training.build import make_repeatable, weights_of
    from lstm_core.training.learner import Learner

    settings = settings or RecommendedSettings()
    report = progress or _no_report
    make_repeatable(seed)
    model = build_model(
        settings.num_words, settings.maxlen, settings.embedding_dim, settings.lstm_dim
    )
    school = School.of(corpus, settings, np.random.default_rng(seed), report)
    learner = Learner(weights_of(model), settings.averaging)
    _learn(school, learner, model, report, callbacks)
    return model


def _learn(
    school: School,
    learner: Learner,
    model: keras.Model,
    report: ProgressCallback,
    callbacks: Sequence[keras.callbacks.Callback],
) -> None:
    """All calls, in rounds that callbacks see as epochs."""
    import keras

    steps = -(-school.steps // STEPS_PER_CALL) * STEPS_PER_CALL  # whole calls
    calls = np.arange(0, steps, STEPS_PER_CALL)
    rounds = np.array_split(calls, min(ROUNDS, len(calls)))
    renewals = [int(share * len(rounds)) for share in school.settings.renewals]
    told = keras.callbacks.CallbackList(list(callbacks), model=model, epochs=len(rounds))
    model.stop_training = False
    told.on_train_begin()
    logs: dict[str, float] = {}
    for number, part in enumerate(rounds):
        told.on_epoch_begin(number)
        if number in renewals:
            school.renew(learner.averaged())
        losses = []
        for first in part:
            report(Progress("training", int(first), steps))
            losses.append(learner.run(_batches(school, int(first), steps)))
        _copy_weights(learner.averaged(), model, school.settings.temperature)
        logs = {"loss": float(np.mean(losses))}
        told.on_epoch_end(number, logs)
        if model.stop_training:
            break
    report(Progress("training", steps, steps))
    told.on_train_end(logs)


def _batches(school: School, first: int, steps: int) -> Batches:
    """The batches of one call that begins with step number `first`."""
    from lstm_core.training.learner import Batches

    chosen, rng = school.settings, school.rng
    shape = (STEPS_PER_CALL, chosen.batch_size)
    ids, targets, sharpness = school.draw(shape[0] * shape[1])
    kept = rng.random((STEPS_PER_CALL, chosen.embedding_dim)) >= chosen.embedding_dropout
    step = first + np.arange(STEPS_PER_CALL)
    warm = np.minimum(1, (step + 1) / WARM_UP)
    rates = chosen.learning_rate * warm * (1 + np.cos(np.pi * step / steps)) / 2  # (S,)
    return Batches(
        ids=ids.reshape(*shape, chosen.maxlen),
        targets=targets.reshape(shape).astype(np.float32),
        sharpness=sharpness.reshape(shape).astype(np.float32),
        masks=(kept / (1 - chosen.embedding_dropout)).astype(np.float32),
        rates=rates.astype(np.float32),
    )


def _copy_weights(weights: LstmWeights, model: keras.Model, temperature: float) -> None:
    """Give the model these weights, its logits divided by the temperature."""
    dense_kernel = weights.dense_kernel[:, None] / np.float32(temperature)  # (D, 1)
    dense_bias = np.array([weights.dense_bias / temperature], np.float32)
    model.get_layer("embedding").set_weights([weights.embedding])
    model.get_layer("lstm").set_weights([weights.kernel, weights.recurrent, weights.bias])
    model.get_layer("output").set_weights([dense_kernel, dense_bias])


def _no_report(progress: Progress) -> None:
    del progress
