"""The recommended recipe on a tiny corpus of our own: repeatable, stock, inside its bounds."""

from pathlib import Path

import numpy as np
import pytest

from lstm_core.datasets import Corpus, DataSource, Reviews, SourceKind
from lstm_core.errors import InputError, TrainingError
from lstm_core.progress import Progress
from lstm_core.text import PAD, START, Vocabulary, encode, encode_windows, split_words
from lstm_core.training.recommended.sampler import BatchSampler, whole_logits
from lstm_core.training.recommended.teacher import _folds, fit_teacher
from lstm_core.training.recommended.trainer import (
    RecommendedSettings,
    RecommendedTrainer,
    train_recommended,
)
from lstm_core.training.recommended.windows import (
    draw_windows,
    tokenise,
    whole_readings,
    window_ids,
)
from tests.support.compiled import CompiledSteps

pytestmark = [pytest.mark.keras, pytest.mark.usefixtures("compile_once")]

GOOD = ("lovely", "warm", "clever", "charming", "superb")
BAD = ("dull", "cold", "stupid", "tiresome", "dreadful")
PLAIN = ("the film", "this story", "an actor", "the song", "our evening", "that scene")
SMALL = RecommendedSettings(
    num_words=60, maxlen=12, embedding_dim=6, lstm_dim=4, steps=24, batch_size=16
)


def _text(random: np.random.Generator, words: tuple[str, ...]) -> str:
    parts = (
        f"{random.choice(PLAIN)} was {random.choice(words)}" for _ in range(random.integers(1, 9))
    )
    return ". ".join(parts) + "!"


def _reviews(count: int, seed: int) -> Reviews:
    random = np.random.default_rng(seed)
    labels = np.arange(count, dtype=np.int8) % 2
    texts = tuple(_text(random, GOOD if label else BAD) for label in labels)
    names = tuple(f"line {number}" for number in range(count))
    return Reviews(texts, labels, np.zeros(count, np.int8), names)


def _corpus(count: int = 60, unlabelled: int = 40) -> Corpus:
    random = np.random.default_rng(9)
    texts = tuple(_text(random, GOOD if n % 2 else BAD) for n in range(unlabelled))
    source = DataSource(SourceKind.SMALL_CORPUS, Path("none"), "0" * 64, "Our own.", "by number")
    return Corpus(_reviews(count, 1), _reviews(20, 2), texts, source)


def _silent(progress: Progress) -> None:
    assert progress.done >= 0


def _sampler(corpus: Corpus) -> BatchSampler:
    return BatchSampler.of(corpus, SMALL, 0, _silent)


def test_tokens_are_the_encoder_s_words_in_order() -> None:
    texts = ("Warm -- and clever!<br /><br />I'd go (again); yes: twice...", "", "One?Two\nthree")
    vocabulary = Vocabulary.from_texts(texts, 40)
    tokens = tokenise(texts, vocabulary)
    for number, text in enumerate(texts):
        row = tokens.ids[tokens.offsets[number] : tokens.offsets[number + 1]]
        assert list(row) == (vocabulary.ids_of(split_words(text)) or [2])
    assert set(tokens.offsets) <= set(tokens.sentences)
    assert len(tokenise((), vocabulary)) == 0


def test_window_ids_are_the_encoder_s_ids() -> None:
    texts = ("the film was warm", "one", "a " * 30)
    vocabulary = Vocabulary.from_texts(texts, 40)
    tokens = tokenise(texts, vocabulary)
    length = np.minimum(tokens.lengths, 11)
    ids = window_ids(tokens.ids, tokens.offsets[:-1], length, 12)
    assert ids.dtype == np.int32
    for row, text in zip(ids, texts, strict=True):
        np.testing.assert_array_equal(row, encode(text, vocabulary, 12).ids)


@pytest.mark.parametrize("maxlen", [2, 5, 80])
def test_windows_stay_inside_their_text(maxlen: int) -> None:
    corpus = _corpus()
    tokens = tokenise(corpus.train.texts, corpus.vocabulary(60))
    windows = draw_windows(
        tokens,
        3_000,
        maxlen,
        np.random.default_rng(0),
        opening_share=0.4,
        short_share=0.3,
        longest_short=6,
    )
    assert (windows.length + windows.marked).max() <= maxlen
    assert windows.length.min() >= 1
    assert (windows.start >= tokens.offsets[windows.text]).all()
    assert (windows.start + windows.length <= tokens.offsets[windows.text + 1]).all()
    begins = windows.start == tokens.offsets[windows.text]
    assert begins[windows.marked & ~windows.short].all()
    assert not begins[~windows.marked].any()
    assert 0.2 < windows.short.mean() < 0.4


def test_targets_are_probabilities_and_shares_are_kept() -> None:
    sampler = _sampler(_corpus())
    batch = sampler.draw(400, np.random.default_rng(0))
    ids = batch.ids
    assert ids.shape == (400, SMALL.maxlen)
    assert ids.min() >= PAD
    assert ids.max() < SMALL.num_words
    assert ((ids == START).sum(axis=1) <= 1).all()
    assert len(batch.targets) == len(batch.sharpness) == 400
    assert batch.targets.min() >= 0
    assert batch.targets.max() <= 1
    # Between 1 and the setting for short texts, by their length; other windows have one of two.
    later = batch.sharpness == SMALL.later_sharpness
    assert later.any()
    assert batch.sharpness[~later].min() == 1.0
    assert batch.sharpness[~later].max() == SMALL.short_sharpness


def test_whole_readings_are_the_encoder_s_windows() -> None:
    corpus = _corpus()
    vocabulary = corpus.vocabulary(60)
    tokens = tokenise(corpus.train.texts, vocabulary)
    drawn = np.array([3, 0, 7])
    windows, owner = whole_readings(tokens, drawn, 12)
    expected, owners = encode_windows([corpus.train.texts[row] for row in drawn], vocabulary, 12)
    np.testing.assert_array_equal(owner, owners)
    ids = window_ids(tokens.ids, windows.start, windows.length, 12, windows.marked)
    np.testing.assert_array_equal(ids, expected)


def test_the_teacher_knows_good_from_bad_and_scores_any_stretch() -> None:
    corpus = _corpus()
    tokens = tokenise(corpus.train.texts, Vocabulary.from_texts(corpus.train.texts, 100))
    labels = np.asarray(corpus.train.labels, np.float32)
    empty = tokenise((), Vocabulary.from_texts(corpus.train.texts, 100))
    teacher = fit_teacher(
        tokens, labels, corpus.train.groups, empty, np.random.default_rng(0), _silent
    )
    logits = teacher.logits(teacher.labelled, tokens.offsets[:-1], tokens.lengths)
    assert ((logits > 0) == labels).mean() > 0.9
    single = teacher.logits(teacher.labelled, np.arange(len(tokens.ids)), np.ones(1, np.int64))
    assert np.isfinite(single).all()


def test_renewed_verdicts_are_probabilities() -> None:
    from lstm_core.training.article.model import build_model
    from lstm_core.training.factory import weights_of

    sampler = _sampler(_corpus())
    assert sampler.unlabelled is not None
    before = sampler.unlabelled.verdicts
    weights = weights_of(build_model(60, 12, 6, 4))
    sampler.renew(weights, _silent)
    after = sampler.unlabelled.verdicts
    assert after.shape == before.shape
    assert ((after >= 0) & (after <= 1)).all()
    assert not np.array_equal(after, before)
    assert np.isfinite(whole_logits(weights, sampler.labelled.tokens, 12, _silent)).all()


def test_the_step_computes_what_keras_computes() -> None:
    import tensorflow as tf

    from lstm_core.training.article.model import build_model
    from lstm_core.training.recommended.bptt import window_logits

    model = build_model(60, 12, 6, 4)
    random = np.random.default_rng(0)
    ids = random.integers(0, 60, (5, 12)).astype(np.int32)
    variables = [weight.value for weight in model.trainable_weights]
    targets = tf.constant([0.0, 1.0, 0.3, 0.7, 1.0])
    with tf.GradientTape(persistent=True) as tape:
        ours = window_logits(variables, tf.constant(ids), tf.ones(6))
        probabilities = model(ids)[:, 0]
        loss = tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(targets, ours))
        theirs = tf.reduce_mean(tf.keras.losses.binary_crossentropy(targets[:, None], model(ids)))
    np.testing.assert_allclose(tf.sigmoid(ours), probabilities, atol=1e-6)
    for own, other in zip(
        tape.gradient(loss, variables), tape.gradient(theirs, variables), strict=True
    ):
        np.testing.assert_allclose(
            tf.convert_to_tensor(own), tf.convert_to_tensor(other), atol=1e-6
        )


def test_cells_beyond_the_limit_are_pulled_back_by_the_gradient_of_a_penalty() -> None:
    import tensorflow as tf

    from lstm_core.training.recommended.bptt import PULL, last_hidden

    steps, batch, d, limit = 7, 3, 2, 0.4
    random = np.random.default_rng(0)
    inputs = tf.Variable(random.normal(0, 2, (steps, batch, 4 * d)).astype(np.float32))
    recurrent = tf.Variable(random.normal(0, 1, (d, 4 * d)).astype(np.float32))
    with tf.GradientTape(persistent=True) as tape:
        own = tf.reduce_mean(last_hidden(inputs, recurrent, limit))
        h, c, penalty = tf.zeros((batch, d)), tf.zeros((batch, d)), 0.0
        for t in range(steps):
            i, f, g, o = tf.split(inputs[t] + h @ recurrent, 4, axis=1)
            c = tf.sigmoid(f) * c + tf.sigmoid(i) * tf.tanh(g)
            h = tf.sigmoid(o) * tf.tanh(c)
            penalty += PULL / 2 / batch * tf.reduce_sum(tf.nn.relu(tf.abs(c) - limit) ** 2)
        theirs = tf.reduce_mean(h) + penalty
    assert penalty > 1e-4
    np.testing.assert_allclose(own, tf.reduce_mean(h), atol=1e-6)
    for one, other in zip(
        tape.gradient(own, (inputs, recurrent)),
        tape.gradient(theirs, (inputs, recurrent)),
        strict=True,
    ):
        np.testing.assert_allclose(one, other, atol=1e-6)


def test_a_teacher_scores_no_review_by_another_of_its_film() -> None:
    labels = np.array([1, 1, 0, 0, 1, 0, 1, 0, 1, 0, 1, 0], np.float32)
    films = ["a", "a", "b", "b", "c", "d", "c", "d", "e", "f", "g", "h"]
    fold = _folds(labels, films, np.random.default_rng(0))
    assert all(
        len({fold[row] for row, film in enumerate(films) if film == one}) == 1 for one in films
    )
    assert sorted(set(fold)) == [0, 1, 2, 3]
    one_film = _folds(labels, ["a"] * 12, np.random.default_rng(0))
    assert sorted(set(one_film)) == [0, 1, 2, 3]  # nothing to part by: as if nothing were known


def test_the_same_seed_gives_the_same_stock_model(compiled_steps: CompiledSteps) -> None:
    corpus = _corpus()
    reports: list[Progress] = []
    first = train_recommended(corpus, settings=SMALL, seed=3, progress=reports.append)
    compiled_steps.release()
    again = train_recommended(corpus, settings=SMALL, seed=3)
    compiled_steps.release()
    other = train_recommended(corpus, settings=SMALL, seed=4)
    assert [layer.name for layer in first.layers] == ["main_input", "embedding", "lstm", "output"]
    for one, two in zip(first.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(one, two)
    assert not np.array_equal(first.get_weights()[0], other.get_weights()[0])
    assert reports[-1] == Progress("training", 24, 24)


def test_it_learns_without_unlabelled_reviews_and_tells_callbacks() -> None:
    import keras

    class Diary(keras.callbacks.Callback):
        losses: list[float] = []

        def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
            self.losses.append((logs or {})["loss"])
            if epoch == 2:
                self.model.stop_training = True

    diary = Diary()
    corpus = _corpus(unlabelled=0)
    model = train_recommended(corpus, settings=SMALL, callbacks=[diary])
    assert len(diary.losses) == 3
    assert all(np.isfinite(weight).all() for weight in model.get_weights())


def test_what_it_cannot_work_with_is_said() -> None:
    with pytest.raises(InputError, match="maxlen is 1; choose 2 or more"):
        RecommendedSettings(maxlen=1)
    with pytest.raises(TrainingError, match="at least two of each"):
        train_recommended(_corpus(count=3), settings=SMALL)


def test_a_course_taken_up_again_ends_bit_for_bit_the_same(compiled_steps: CompiledSteps) -> None:
    from lstm_core.training.article.model import build_model
    from lstm_core.training.factory import make_repeatable, weights_of
    from tests.unit.helpers import states_equal

    make_repeatable(1)
    start = weights_of(build_model(60, 12, 6, 4))

    def trainer() -> RecommendedTrainer:
        return RecommendedTrainer(_corpus(), start, SMALL, 1, _silent)

    whole = trainer()
    while whole.done < whole.steps:
        whole.learn(5)
    ended = whole.state()
    compiled_steps.release()
    first = trainer()
    while first.done < 13:  # past the renewal, in the middle of an epoch
        first.learn(3)
    left = first.state()
    compiled_steps.release()
    second = trainer()
    second.restore(left)
    while second.done < second.steps:
        second.learn(2)
    assert states_equal(ended, second.state())
    assert not states_equal(ended, left)


def test_the_average_is_warmed_up_so_that_it_soon_forgets_the_first_weights() -> None:
    from lstm_core.training.article.model import build_model
    from lstm_core.training.factory import make_repeatable, weights_of

    make_repeatable(1)
    start = weights_of(build_model(60, 12, 6, 4))
    trainer = RecommendedTrainer(_corpus(), start, SMALL, 1, _silent)
    expected = trainer.state()["average.kernel"].astype(np.float64)
    first_share = 1.0
    for step in range(1, 13):
        trainer.learn(1)
        state = trainer.state()
        kept = min(SMALL.averaging, (1 + step) / (10 + step))
        expected = kept * expected + (1 - kept) * state["weights.kernel"]
        np.testing.assert_allclose(state["average.kernel"], expected, rtol=1e-5, atol=1e-7)
        first_share *= kept
    assert first_share < 1e-4  # 0.998 ** 12 is 0.976


def test_on_the_small_corpus_it_is_at_least_as_good_as_the_article_s_recipe() -> None:
    from lstm_core.datasets import load_small_corpus
    from lstm_core.metrics import accuracy
    from lstm_core.recurrent.lstm import LstmForward
    from lstm_core.text import encode_many
    from lstm_core.training.factory import prepare
    from lstm_core.training.settings import Recipe, TrainSettings

    corpus, found = load_small_corpus(), {}
    for recipe in Recipe:
        prepared = prepare(corpus, TrainSettings(recipe=recipe), _silent)
        trainer = prepared.trainer
        while trainer.done < trainer.steps:
            trainer.learn(trainer.steps - trainer.done)
        forward = LstmForward(trainer.weights(), 80)
        ids = encode_many(corpus.test.texts, prepared.vocabulary, 80)
        logits = forward.logits(forward.final_states(ids))
        found[recipe] = accuracy(np.asarray(corpus.test.labels), (logits > 0).astype(np.float32))
    assert found[Recipe.RECOMMENDED] >= max(found[Recipe.ARTICLE], 0.89)
