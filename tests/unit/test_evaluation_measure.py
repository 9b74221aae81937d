"""Measuring on the small corpus: the same numbers as the model's own, and every part filled."""

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lstm_core.cli import evaluate
from lstm_core.datasets import Corpus, load_small_corpus
from lstm_core.datasets.load import SMALL_CORPUS
from lstm_core.errors import InputError
from lstm_core.evaluation import Evaluation, baselines, evaluation_from_json
from lstm_core.evaluation import evaluate as evaluate_module
from lstm_core.evaluation.baselines import Task, choose_strength, measure_baselines
from lstm_core.evaluation.challenge_set import (
    CHALLENGE,
    challenge_files,
    limit_notes,
    measure_challenge_sets,
)
from lstm_core.evaluation.evaluate import Plan, card_figures, measure
from lstm_core.evaluation.misclassified import Filter, misclassified_reviews
from lstm_core.evaluation.predict import Rows, read_rows
from lstm_core.evaluation.schema import ChallengeFigure, SeedFigure
from lstm_core.evaluation.slices import by_length, by_stars, by_unknown
from lstm_core.evaluation.stages import StageStore
from lstm_core.evaluation.word_order import permute_words
from lstm_core.metrics import ClusterBootstrap, Interval
from lstm_core.model.sentiment_model import SentimentModel, shipped_model
from lstm_core.progress import Progress


def quiet(_: Progress) -> None:
    """Progress that is not shown."""


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return load_small_corpus()


@pytest.fixture(scope="module")
def model() -> SentimentModel:
    return shipped_model()


@pytest.fixture(scope="module")
def measured_task(model: SentimentModel, corpus: Corpus) -> Task:
    """What the baselines get from the small corpus."""
    train, test = corpus.train, corpus.test
    p = model.predict(test.texts)
    return Task(
        train_texts=train.texts,
        test_texts=test.texts,
        train_rows=read_rows(model, train.texts, quiet, ""),
        test_rows=read_rows(model, test.texts, quiet, ""),
        train_labels=np.asarray(train.labels),
        test_labels=np.asarray(test.labels),
        train_groups=train.groups,
        embedding=model.bundle.weights.embedding,
        own={"first": p, "whole": p},
        bootstrap=ClusterBootstrap(np.arange(len(test))),
    )


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
    assert by_name["Majority"].accuracy.value == 0.5 and by_name["Majority"].roc_area == 0.5
    assert by_name["Word counts"].accuracy.value > 0.66
    assert by_name["TF-IDF of words and pairs"].accuracy.value > 0.66
    own = ((measured.outcomes.first >= 0.5) == measured.outcomes.labels).mean()
    same = by_name["The article's recipe"]  # the shipped model stands for it
    assert same.accuracy.value == pytest.approx(own)
    assert (same.lead.value, same.lead.low, same.lead.high) == (0, 0, 0)
    lead = by_name["Word counts"].lead
    assert lead.value == pytest.approx(own - by_name["Word counts"].accuracy.value)
    assert lead.low < lead.value < lead.high


def test_the_strength_is_found_inside_a_grid_that_grows() -> None:
    for best in (0.004, 1.0, 900.0):
        found, grid = choose_strength(lambda c, best=best: abs(np.log(c / best)), 1.0)
        assert abs(np.log(found / best)) <= np.log(2) + 1e-9
        assert grid[0] < found < grid[-1]
    assert choose_strength(lambda c: -c, 1.0)[0] <= 1e5


def test_the_strength_is_chosen_on_films_that_are_not_learned_from(
    measured_task: Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[object] = []
    real = baselines.train_validation_split

    def watched(labels: object, share: float, seed: int, *, texts: object) -> object:
        seen.append(texts)
        return real(labels, share, seed, texts=texts)  # type: ignore[arg-type]

    monkeypatch.setattr(baselines, "train_validation_split", watched)
    measure_baselines(measured_task, quiet)
    assert seen and all(texts is measured_task.train_groups for texts in seen)


def test_an_interrupted_measurement_resumes(
    model: SentimentModel, corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stages = StageStore(tmp_path / "stages")
    names = Counter[str]()
    real = baselines._fit_and_score

    def until_the_fourth(name: str, *rest: object) -> object:
        names[name] += 1
        if names.total() == 4:
            raise KeyboardInterrupt
        return real(name, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(baselines, "_fit_and_score", until_the_fourth)
    with pytest.raises(KeyboardInterrupt):
        measure(model, corpus, Plan(stages=stages), quiet)
    found = measure(model, corpus, Plan(stages=stages), quiet)
    assert names.total() == 4 + 3  # three were finished, the fourth and two more remained
    monkeypatch.undo()
    plain = measure(model, corpus, Plan(), quiet)
    assert found.baselines == plain.baselines and found.reliability == plain.reliability
    assert found.order == plain.order
    stages.clear()
    assert not (tmp_path / "stages").exists()


def test_a_damaged_stage_is_computed_again(tmp_path: Path) -> None:
    stages = StageStore(tmp_path)
    value = SeedFigure(1, "first", 0.8, 0.4)
    assert stages.get("seed", SeedFigure, lambda: value) == value
    (tmp_path / "seed.json").write_text('{"seed": "x"}')
    assert stages.get("seed", SeedFigure, lambda: value) == value
    stages.store("part", np.arange(3))
    (tmp_path / "part.npy").write_bytes(b"no array")
    assert stages.stored("part") is None and stages.stored("other") is None


def test_test_reviews_of_training_films_and_texts_are_counted(
    model: SentimentModel, corpus: Corpus
) -> None:
    train, test = corpus.train, corpus.test
    shared = replace(
        corpus,
        train=replace(train, films=tuple(f"tt{n // 2}" for n in range(len(train)))),
        test=replace(
            test,
            texts=(train.texts[0], *test.texts[1:]),
            films=("tt1", "tt1", *(f"tx{n}" for n in range(len(test) - 2))),
        ),
    )
    found = measure(model, shared, Plan(baselines=False), quiet)
    first = next(one for one in found.overlap if one.reading == "first")
    assert (first.films, first.of_films, first.same_text) == (1, 2, 1)
    assert first.count == len(test) - 2
    assert len(set(found.outcomes.groups.tolist())) == len(test) - 1


def test_reliability_is_measured_on_test_reviews(
    model: SentimentModel, corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Rows] = []
    real = evaluate_module.measure_reliability

    def watched(forward: object, rows: Rows, *rest: object) -> object:
        seen.append(rows)
        return real(forward, rows, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(evaluate_module, "measure_reliability", watched)
    found = measure(model, corpus, Plan(baselines=False), quiet)
    test = {tuple(row.tolist()) for row in read_rows(model, corpus.test.texts, quiet, "").ids}
    assert seen and all(tuple(row.tolist()) in test for row in seen[0].ids)
    assert "test reviews" in found.reliability[0].measured_on


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
    unknown = measured.outcomes.unknown_share("first")
    assert few and all(unknown[one.row] < 0.1 for one in few)


def test_challenge_sets_by_category(model: SentimentModel, tmp_path: Path) -> None:
    path = tmp_path / "hard_texts.csv"
    path.write_text(
        "text,label,category\na great film,positive,x\nawful,negative,y\ngreat,negative,y\n"
    )
    total, x, y = measure_challenge_sets(model, [path])
    assert (total.name, total.category, total.count, x.count, y.count) == (
        "hard texts", "all", 3, 1, 2,
    )  # fmt: skip
    assert total.right == x.right + y.right == 2
    assert (total.recall_positive.value, total.recall_negative.value) == (1, 0.5)
    assert (x.recall_negative.low, x.recall_negative.high) == (0, 1)  # no negative sentence
    error = total.calibration_error
    assert error.low <= error.value <= error.high
    path.write_text("text,label\na,positive\n")
    with pytest.raises(InputError, match="columns"):
        measure_challenge_sets(model, [path])
    path.write_text("text,label,kind\na,good,x\n")
    with pytest.raises(InputError, match="positive or negative"):
        measure_challenge_sets(model, [path])


def test_the_note_of_the_card_names_the_weakest_categories() -> None:
    error = Interval(0.1, 0.0, 0.2)

    def figure(category: str, right: int, count: int) -> ChallengeFigure:
        return ChallengeFigure(CHALLENGE, category, right, count, 0, count // 2, error)

    rows = (figure("all", 40, 64), figure("irony", 5, 20), figure("too", 19, 20))
    rows += (figure("only", 16, 20), figure("rare", 0, 4))
    stamp, outcomes = None, None
    note = limit_notes(Evaluation(stamp, outcomes=outcomes, challenge=rows))  # type: ignore[arg-type]
    assert len(note) == 1 and "irony 5 of 20" in note[0] and "rare" not in note[0]
    assert limit_notes(Evaluation(stamp, outcomes=outcomes)) == ()  # type: ignore[arg-type]


def test_every_challenge_set_that_ships_can_be_read(model: SentimentModel) -> None:
    found = measure_challenge_sets(model, challenge_files())
    assert {one.name for one in found if one.category == "all"} >= {"short texts"}


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
