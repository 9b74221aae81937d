"""Measuring on the small corpus: the same numbers as the model's own, and every part filled."""

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from lstm_core.cli import evaluate
from lstm_core.datasets import Corpus, load_small_corpus
from lstm_core.datasets.load import SMALL_CORPUS
from lstm_core.errors import InputError
from lstm_core.evaluation import Evaluation, evaluation_from_json
from lstm_core.evaluation.evaluate import Plan, card_figures, measure, measure_short
from lstm_core.evaluation.misclassified import Filter, misclassified_reviews
from lstm_core.evaluation.predict import read_rows
from lstm_core.evaluation.slices import by_length, by_stars, by_unknown
from lstm_core.evaluation.word_order import permute_words
from lstm_core.model.sentiment_model import SentimentModel, shipped_model
from lstm_core.progress import Progress


def quiet(_: Progress) -> None:
    """Nobody watches."""


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return load_small_corpus()


@pytest.fixture(scope="module")
def model() -> SentimentModel:
    return shipped_model()


@pytest.fixture(scope="module")
def measured(model: SentimentModel, corpus: Corpus) -> Evaluation:
    """The shipped model on the small corpus, which stands for the article's recipe as well."""
    return measure(model, corpus, Plan(article=model, command="test"), quiet)


def test_the_numbers_are_the_models_own(
    measured: Evaluation, model: SentimentModel, corpus: Corpus
) -> None:
    outcomes = measured.outcomes
    assert np.abs(outcomes.first - model.predict(corpus.test.texts)).max() < 1e-6
    assert np.abs(outcomes.whole - model.predict(corpus.test.texts, whole=True)).max() < 1e-6
    assert np.array_equal(outcomes.labels, corpus.test.labels)


def test_words_and_unknown_words_are_those_of_the_encoding(
    measured: Evaluation, model: SentimentModel, corpus: Corpus
) -> None:
    for row in range(0, len(corpus.test), 7):
        encoding = model.encode(corpus.test.texts[row])
        assert measured.outcomes.words[row] == encoding.word_count
        assert measured.outcomes.unknown_first[row] == len(encoding.unknown)


def test_long_reviews_are_read_in_windows(model: SentimentModel) -> None:
    from lstm_core.evaluation.predict import read_both

    texts = ["good " * 200 + "bad", "", "fine", "a b c " * 79]
    said = read_both(model.forward, read_rows(model, texts, quiet, ""), quiet, "")
    assert np.allclose(said["first"], model.predict(texts), atol=1e-6)
    assert np.allclose(said["whole"], model.predict(texts, whole=True), atol=1e-6)


def test_every_baseline_is_there_for_both_readings(measured: Evaluation) -> None:
    names = Counter(one.name for one in measured.baselines)
    assert names == dict.fromkeys(
        [
            "Majority",
            "Word counts",
            "TF-IDF of words and pairs",
            "Mean of embeddings",
            "The article's recipe",
        ],
        2,
    )
    by_name = {one.name: one for one in measured.baselines if one.reading == "first"}
    assert by_name["Majority"].right == 60 and by_name["Majority"].roc_area == 0.5
    assert by_name["Word counts"].right > 80
    assert by_name["TF-IDF of words and pairs"].right > 80
    own = measured.outcomes
    assert by_name["The article's recipe"].right == ((own.first >= 0.5) == own.labels).sum()


def test_shuffling_keeps_the_words_that_were_read(model: SentimentModel) -> None:
    rows = read_rows(model, ["one two three four", " ".join(map(str, range(200)))], quiet, "")
    for whole in (False, True):
        mixed = permute_words(rows, 0, whole=whole)
        for row, shuffled in zip(rows.ids, mixed.ids, strict=True):
            assert Counter(shuffled.tolist()) == Counter(row[: None if whole else 79].tolist())
    again, other = permute_words(rows, 0, whole=True), permute_words(rows, 1, whole=True)
    assert np.array_equal(again.ids[0], permute_words(rows, 0, whole=True).ids[0])
    assert not np.array_equal(again.ids[1], other.ids[1]) or len(set(rows.ids[1])) < 3


def test_the_loss_by_shuffling_is_the_difference(measured: Evaluation) -> None:
    for loss in measured.order:
        assert loss.lost == pytest.approx(loss.accuracy - loss.shuffled)
        assert loss.low <= loss.lost <= loss.high
        assert 0 <= loss.turned <= 1 and loss.count == 120


def test_groups_hold_every_review_once(measured: Evaluation) -> None:
    for reading in ("first", "whole"):
        for groups in (by_length, by_unknown):
            assert sum(one.count for one in groups(measured.outcomes, reading)) == 120
    assert by_stars(measured.outcomes, "first") == ()  # the small corpus has no ratings


def test_mistakes_are_wrong_and_the_surest_come_first(measured: Evaluation) -> None:
    found = misclassified_reviews(measured.outcomes, "first", Filter())
    wrong = (measured.outcomes.first >= 0.5) != measured.outcomes.labels
    assert {one.row for one in found} == set(np.flatnonzero(wrong))
    confidence = [abs(one.probability - 0.5) for one in found]
    assert confidence == sorted(confidence, reverse=True)
    for chosen in (Filter(called_positive=True), Filter(called_positive=False)):
        ways = {one.positive for one in misclassified_reviews(measured.outcomes, "first", chosen)}
        assert ways <= {not chosen.called_positive}
    assert not misclassified_reviews(measured.outcomes, "first", Filter(cut=True))
    few = misclassified_reviews(measured.outcomes, "first", Filter(many_unknown=False))
    assert all(one.unknown < 0.1 for one in few)


def test_short_texts_by_kind(model: SentimentModel, tmp_path: Path) -> None:
    path = tmp_path / "short.csv"
    path.write_text('text,label,kind\n"a, b",positive,x\nc,negative,y\nd,negative,y\n')
    total, x, y = measure_short(model, path)
    assert (total.kind, total.count, x.count, y.count) == ("all", 3, 1, 2)
    assert total.right == x.right + y.right
    path.write_text("text,label\na,positive\n")
    with pytest.raises(InputError, match="columns"):
        measure_short(model, path)
    path.write_text("text,label,kind\na,good,x\n")
    with pytest.raises(InputError, match="positive or negative"):
        measure_short(model, path)


def test_the_card_gets_the_figures(measured: Evaluation) -> None:
    found = {(one.name, one.reading): one.value for one in card_figures(measured)}
    own = measured.outcomes
    assert found["accuracy", "first"] == pytest.approx(((own.first >= 0.5) == own.labels).mean())
    assert {("F1", "whole"), ("area under ROC", "first")} <= set(found)


def test_the_command_prints_json_and_writes_a_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import argparse

    parser = argparse.ArgumentParser()
    evaluate.add_to(parser.add_subparsers())
    out = tmp_path / "deep" / "evaluation.json"
    words = ["evaluate", "--data", str(SMALL_CORPUS), "--no-baselines", "--json", "--progress"]
    arguments = parser.parse_args([*words, "--out", str(out)])
    assert arguments.run(arguments) == 0
    printed, told = capsys.readouterr()
    found = json.loads(printed)
    assert found["readings"]["first"]["count"] == 120
    assert all({"stage", "done", "total"} == set(json.loads(line)) for line in told.splitlines())
    evaluation = evaluation_from_json(out.read_text(encoding="utf-8"))
    assert evaluation.stamp.command == "python -m lstm_core evaluate --no-baselines"
    assert "accuracy" in evaluate.table(evaluation)
    assert str(tmp_path) not in out.read_text(encoding="utf-8")
