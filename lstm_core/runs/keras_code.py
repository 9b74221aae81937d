"""The Keras code of a run: a script with the article's model and `fit`, which runs by itself.

Only reading the data is left to `lstm_core`; model, optimiser, training and measuring are plain
Keras. Its figures agree with the run's within the noise of the seed: the order of the reviews and
the first weights are other ones.
"""

from lstm_core.runs.config import DataKind, Keep, RunRequest
from lstm_core.runs.schema import Run
from lstm_core.training.article.trainer import LEARNING_RATE
from lstm_core.training.schedule import StepSettings
from lstm_core.training.settings import Recipe

_DATA = '''"""{title}"""

import keras
import numpy as np

from lstm_core.datasets import {load}, train_validation_split
from lstm_core.text import encode_many

NUM_WORDS, MAXLEN = {num_words}, {maxlen}
EMBEDDING_DIM, LSTM_DIM = {embedding_dim}, {lstm_dim}

keras.utils.set_random_seed({seed})

# Data: word ids with padding in front, the vocabulary made of the training reviews.
corpus = {call}
train, test = corpus.train{limit}, corpus.test{limit}
{split}
'''

_ENCODE = """

def vocabulary_of(reviews):
    return type(corpus)(reviews, test, (), corpus.source, corpus.ranked_words).vocabulary(NUM_WORDS)


vocabulary = vocabulary_of(train)
x_train = encode_many(train.texts, vocabulary, MAXLEN)
x_test = encode_many(test.texts, vocabulary, MAXLEN)
y_train, y_test = train.labels, test.labels
"""

_MODEL = """

def build(dropout):
    inputs = keras.Input(shape=(MAXLEN,), dtype="int32", name="main_input")
    x = keras.layers.Embedding(NUM_WORDS, EMBEDDING_DIM, name="embedding")(inputs)
    if dropout:  # one mask of the embedding's columns for the whole batch
        x = keras.layers.Dropout(dropout, noise_shape=(1, 1, EMBEDDING_DIM))(x)
    x = keras.layers.LSTM(LSTM_DIM, name="lstm")(x)
    outputs = keras.layers.Dense(1, activation="sigmoid", name="output")(x)
    return keras.Model(inputs, outputs)


# Epochs, learning rate, batch size, dropout.{plan_note}
PLAN = [{plan}]
weights = None
for epochs, learning_rate, batch_size, dropout in PLAN:
    model = build(dropout)
    if weights is not None:
        model.set_weights(weights)
    model.compile(
        optimizer=keras.optimizers.Adam(learning_rate),
        loss="binary_crossentropy",
        metrics=["accuracy"],
    )
    model.fit(
        x_train,
        y_train,
        batch_size=batch_size,
        epochs=epochs,
        validation_data={validation},
        callbacks=[{callbacks}],
    )
    weights = model.get_weights()

score, accuracy = model.evaluate(x_test, y_test, batch_size=32, verbose=0)
print("Test score:", score)
print("Test accuracy:", accuracy)
"""

_RECOMMENDED = '''"""{title}

The recipe samples windows, learns soft targets of a teacher and averages weights, which a plain
`fit` cannot express: this calls it and gives back a stock Keras model.
"""

from lstm_core.datasets import {load}
from lstm_core.training.recommended.sampler import RecommendedSettings
from lstm_core.training.recommended.trainer import train_recommended

corpus = {call}
settings = RecommendedSettings(
    num_words={num_words}, maxlen={maxlen}, embedding_dim={embedding_dim}, lstm_dim={lstm_dim}
)
model = train_recommended(corpus, settings=settings, seed={seed})
model.summary()
model.save("model.keras")
'''


def keras_code(run: Run) -> str:
    """A Python script that trains the model of a run with Keras."""
    request, settings = run.request, run.request.settings
    values = {
        "title": f"The run {run.name} of LSTM Lens in Keras.",
        **{n: getattr(settings, n) for n in ("num_words", "maxlen", "embedding_dim", "lstm_dim")},
        "seed": settings.seed,
        **_reading(request),
    }
    if settings.recipe is Recipe.RECOMMENDED:
        return _RECOMMENDED.format(**values)
    limit = f".take(range(min({request.review_limit}, len(corpus.{{}}))))"
    values["limit"] = ""
    head = _DATA.format(**values, split=_split(request))
    if request.review_limit:
        head = head.replace(
            "train, test = corpus.train, corpus.test",
            f"train = corpus.train{limit.format('train')}\n"
            f"test = corpus.test{limit.format('test')}",
        )
    validated = bool(request.validation_share)
    more = "x_validation = encode_many(validation.texts, vocabulary, MAXLEN)\n" if validated else ""
    return (
        head
        + _ENCODE
        + more
        + _MODEL.format(
            plan=", ".join(_plan(run)),
            plan_note=_plan_note(run.settings_log),
            validation="(x_validation, validation.labels)" if validated else "(x_test, y_test)",
            callbacks=_callbacks(request),
        )
    )


def _reading(request: RunRequest) -> dict[str, str]:
    """The function that reads the data, and its call."""
    data = request.data
    if data.kind is DataKind.SMALL:
        return {"load": "load_small_corpus", "call": "load_small_corpus()"}
    given = [repr(data.path)] if data.path else []
    columns = {"text_column": data.table.text_column, "label_column": data.table.label_column}
    given += [f"{name}={value!r}" for name, value in columns.items() if value]
    unlabelled = request.settings.recipe is Recipe.RECOMMENDED
    given += [] if unlabelled else ["unlabelled=False"]
    return {"load": "load_corpus", "call": f"load_corpus({', '.join(given)})"}


def _split(request: RunRequest) -> str:
    if not request.validation_share:
        return "# No reviews are kept apart for validation."
    return (
        "rows, held_out = train_validation_split(\n"
        f"    train.labels, {request.validation_share:g}, {request.settings.seed}, "
        "texts=train.groups\n)\n"
        "train, validation = train.take(rows), train.take(held_out)"
    )


def _plan(run: Run) -> list[str]:
    """Pieces of the training with equal settings, in whole epochs."""
    settings = run.request.settings
    first = StepSettings(0, LEARNING_RATE, settings.batch_size, 0.0)
    log = [first, *run.settings_log]
    scale = run.epochs / run.steps if run.steps else 0.0
    ends = [round(one.step * scale) for one in log[1:]] + [settings.epochs]
    starts = [0, *ends[:-1]]
    return [
        f"({end - start}, {one.learning_rate:g}, {one.batch_size}, {one.dropout:g})"
        for one, start, end in zip(log, starts, ends, strict=True)
        if end > start
    ]


def _plan_note(log: tuple[StepSettings, ...]) -> str:
    if not log:
        return ""
    return " The run changed them between batches; here they change at the nearest epoch."


def _callbacks(request: RunRequest) -> str:
    """Early stopping and the best epoch, as far as the run has them."""
    if not request.patience and request.keep is Keep.LAST:
        return ""
    patience = request.patience or request.settings.epochs
    best = request.keep is Keep.BEST
    return (
        f'keras.callbacks.EarlyStopping("val_loss", patience={patience}, '
        f"restore_best_weights={best})"
    )
