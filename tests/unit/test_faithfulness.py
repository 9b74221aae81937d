"""Deletion and insertion curves, the ranking of the methods, its file, and the command."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lstm_core.attribution import faithfulness
from lstm_core.attribution.captions import faithfulness_caption
from lstm_core.attribution.curves import SHARES, gain, random_orders, review_curves
from lstm_core.attribution.faithfulness import (
    METRICS,
    NAMES,
    FaithfulnessKey,
    measure_faithfulness,
    summarize,
)
from lstm_core.attribution.faithfulness_store import (
    STANDARD,
    faithfulness_from_json,
    faithfulness_to_json,
    most_faithful,
    read_faithfulness,
    write_faithfulness,
)
from lstm_core.attribution.occlusion import MaskingStrategy
from lstm_core.attribution.registry import Method
from lstm_core.cli import main
from lstm_core.errors import BundleError, InputError
from lstm_core.evaluation import read_evaluation
from lstm_core.evaluation.stages import StageStore
from lstm_core.model.bundle import EVALUATION_FILE, EXPLANATIONS_FILE, read_bundle
from lstm_core.model.sentiment_model import SentimentModel, shipped_model
from lstm_core.paths import SHIPPED_MODEL

TEXTS = (
    "A warm and clever film with a wonderful ending that I loved.",
    "Dull, badly written and far too long, a waste of good actors.",
    "The songs are lovely but the story is a mess from start to finish.",
    "Nice.",
)
STAMP = FaithfulnessKey("f", "sentences of our own", "", 3, 0, "", 0.0, "none")


def test_curves_begin_and_end_where_they_must() -> None:
    model = shipped_model()
    trace = model.trace(TEXTS[0])
    orders = random_orders(trace.encoding.read_count, 3, seed=1)
    whole, nothing = model.predict([TEXTS[0], ""])
    for removal in MaskingStrategy:
        found = review_curves(model.forward, trace, orders, removal)
        np.testing.assert_allclose(found.deletion[:, 0], whole, atol=1e-5)
        np.testing.assert_allclose(found.insertion[:, -1], whole, atol=1e-5)
        np.testing.assert_allclose(found.deletion[:, -1], found.insertion[:, 0], atol=1e-6)
        if removal is MaskingStrategy.DELETE:
            np.testing.assert_allclose(found.deletion[:, -1], nothing, atol=1e-5)


def test_the_middle_of_a_curve_is_a_review_that_one_can_type() -> None:
    model = shipped_model()
    words = "a dull but clever film by two old and tired men".split()
    trace = model.trace(" ".join(words))
    order = np.array([1, 3, 0, 2, 4, 5, 6, 7, 8, 9, 10])
    found = review_curves(model.forward, trace, [order], MaskingStrategy.DELETE)
    moved = round(SHARES[6] * len(words))  # 30 per cent
    assert moved == 3
    left = " ".join(w for at, w in enumerate(words) if at not in order[:moved])
    only = " ".join(words[at] for at in sorted(order[:moved]))
    sign = np.sign(trace.logits[-1])
    for text, said in ((left, found.deletion[0, 6]), (only, found.insertion[0, 6])):
        p = model.predict([text])[0]
        assert said == pytest.approx(float(p if sign > 0 else 1 - p), abs=1e-5)


def test_the_gain_is_the_area_between_the_curves() -> None:
    points = len(SHARES)
    ones, zeros = np.ones(points, np.float32), np.zeros(points, np.float32)
    line = np.linspace(0, 1, points, dtype=np.float32)
    assert gain(zeros, ones) == pytest.approx(1)
    assert gain(ones, ones) == pytest.approx(0)
    assert gain(line, ones) == pytest.approx(0.5)


def test_comprehensiveness_and_sufficiency_are_those_of_the_paper() -> None:
    model = shipped_model()
    words = "a dull but clever film by two old and tired men".split()
    trace = model.trace(" ".join(words))
    order = np.array([1, 3, 0, 2, 4, 5, 6, 7, 8, 9, 10])
    found = review_curves(model.forward, trace, [order], MaskingStrategy.DELETE)
    sign = np.sign(trace.logits[-1])

    def p(kept: list[str]) -> float:
        said = float(model.predict([" ".join(kept)])[0])
        return said if sign > 0 else 1 - said

    numbers = [max(round(share * len(words)), 1) for share in (0.01, 0.05, 0.1, 0.2, 0.5)]
    assert numbers == [1, 1, 1, 2, 6]
    left = [[w for at, w in enumerate(words) if at not in order[:n]] for n in numbers]
    only = [[words[at] for at in sorted(order[:n])] for n in numbers]
    for value, texts in ((found.comprehensiveness, left), (found.sufficiency, only)):
        assert value[0] == pytest.approx(np.mean([p(words) - p(one) for one in texts]), abs=1e-5)


def made_up(**gains: float) -> np.ndarray:
    """Forty reviews in which methods, under both strategies, are better by so much."""
    shape = (40, len(NAMES), len(MaskingStrategy), 2, len(SHARES) + 1)
    curves = (0.5 + np.random.default_rng(0).normal(0, 0.02, shape)).astype(np.float32)
    for name, more in gains.items():
        curves[:, NAMES.index(name), :, 1, :-1] += more
        curves[:, NAMES.index(name), :, 0, -1] += more
    return curves


def test_a_method_that_is_better_in_every_review_is_named_and_random_is_not() -> None:
    report = summarize(made_up(ledger=0.3, random=0.4), STAMP)
    for removal in MaskingStrategy:
        assert report.best(removal) == report.best(removal, "comprehensiveness") == Method.LEDGER
        assert report.rank_methods(removal)[0] == "random"
        assert report.level_with_best(removal) == ()
        assert "Most faithful: memory" in faithfulness_caption(report, removal)
        value = report.score("ledger", removal).value
        assert value.low < value.value < value.high and value.value == pytest.approx(0.3, abs=0.02)
        behind = report.score("relevance", removal).behind
        assert behind.low > 0.2 and behind.value == pytest.approx(0.3, abs=0.02)
    assert report.fast == Method.LEDGER
    assert faithfulness_from_json(faithfulness_to_json(report)) == report


def test_methods_that_do_not_differ_are_called_level() -> None:
    report = summarize(made_up(ledger=0.3, shapley=0.3), STAMP)
    best = report.best(MaskingStrategy.DELETE)
    other = Method.LEDGER if best is Method.SHAPLEY else Method.SHAPLEY
    assert report.level_with_best(MaskingStrategy.DELETE) == (other,)
    assert "level with it: " in faithfulness_caption(report, MaskingStrategy.DELETE)
    assert report.fast == Method.LEDGER  # Shapley sampling is too slow for every keystroke


def test_the_strategies_are_reported_apart_and_never_averaged() -> None:
    curves = made_up()
    curves[:, NAMES.index("ledger"), 0, 1, :-1] += 0.3
    curves[:, NAMES.index("relevance"), 1, 1, :-1] += 0.3
    report = summarize(curves, STAMP)
    assert report.best(MaskingStrategy.DELETE) == Method.LEDGER
    assert report.best(MaskingStrategy.REPLACE_WITH_UNK) == Method.RELEVANCE
    assert {one.removal for one in report.scores} == set(MaskingStrategy)


def test_intervals_are_resampled_by_film() -> None:
    films = np.repeat(np.arange(30), 4)
    curves = np.repeat(made_up()[:30], 4, axis=0)  # all reviews of a film alike
    alone, by_film = summarize(curves, STAMP), summarize(curves, STAMP, films)
    for method in ("ledger", "relevance"):
        narrow, wide = (r.score(method, "delete").value for r in (alone, by_film))
        assert wide.high - wide.low > 1.5 * (narrow.high - narrow.low)


def test_interrupted_chunks_are_not_measured_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, texts, stages = shipped_model(), [*TEXTS[:3]] * 9, StageStore(tmp_path)
    first = measure_faithfulness(model, texts, STAMP, lambda _: None, stages=stages)
    assert len(list(tmp_path.glob("*.npy"))) == 2
    (tmp_path / "faithfulness-0-00025.npy").write_bytes(b"cut off")
    measured: list[int] = []
    real = faithfulness.curves_of

    def counted(*arguments: object) -> np.ndarray:
        measured.append(arguments[3])  # type: ignore[arg-type]
        return real(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(faithfulness, "curves_of", counted)
    again = measure_faithfulness(model, texts, STAMP, lambda _: None, stages=stages)
    assert measured == [25] and again.scores == first.scores


def test_short_reviews_are_left_out_and_none_left_is_said() -> None:
    model, told = shipped_model(), []
    report = measure_faithfulness(model, TEXTS, STAMP, told.append)
    assert report.stamp.reviews == 3 and told[-1].done == 4
    assert len(report.curves) == len(NAMES) * 4
    assert len(report.scores) == len(NAMES) * 2 * len(METRICS)
    for removal in MaskingStrategy:
        best = report.score(report.best(removal), removal)
        assert best.value.value > report.score("random", removal).value.value
        assert (best.behind.value, best.behind.low, best.behind.high) == (0, 0, 0)
    with pytest.raises(InputError, match="5 words"):
        measure_faithfulness(model, ["Nice.", ""], STAMP, told.append)


def test_it_lies_beside_the_evaluation_and_belongs_to_one_model(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(SHIPPED_MODEL, folder)
    model = SentimentModel.load(folder)
    stamp = replace(STAMP, fingerprint=model.bundle.fingerprint)
    report = measure_faithfulness(model, TEXTS, stamp, lambda _: None)
    bundle = write_faithfulness(model.bundle, report)
    assert read_faithfulness(bundle) == report and most_faithful(bundle) == report.fast
    assert (EVALUATION_FILE in bundle.card.files) == (EVALUATION_FILE in model.card.files)
    assert bundle.fingerprint == model.bundle.fingerprint
    read_evaluation(bundle)
    foreign = write_faithfulness(
        bundle, replace(report, stamp=replace(stamp, fingerprint="0" * 64))
    )
    with pytest.raises(BundleError, match="another model"):
        read_faithfulness(foreign)
    assert most_faithful(foreign) == STANDARD
    (folder / EXPLANATIONS_FILE).write_text("{}")
    with pytest.raises(BundleError, match="damaged"):
        read_bundle(folder)


@pytest.mark.parametrize(
    "change", ["{", "[]", '{"format": 1}', '{"format": 2}', '{"format": 3}', "null"]
)
def test_a_damaged_file_is_refused_with_a_sentence(change: str) -> None:
    with pytest.raises(BundleError, match="Measure again"):
        faithfulness_from_json(change)


def test_numbers_that_cannot_be_are_refused() -> None:
    report = measure_faithfulness(shipped_model(), TEXTS[:2], STAMP, lambda _: None)
    loaded = json.loads(faithfulness_to_json(report))
    for name, value in (("scores", []), ("curves", []), ("shares", [0.5])):
        with pytest.raises(BundleError, match="damaged"):
            faithfulness_from_json(json.dumps({**loaded, name: value}))


def test_the_command_prints_scores(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "not a bad film"]) == 0
    said = capsys.readouterr().out
    assert "Layer-wise relevance" in said and "film" in said and "P(positive)" in said
    assert main(["explain", "--json", "not a bad film"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["words"] == ["not", "a", "bad", "film"] and set(found["scores"]) == set(Method)
    for method in ("relevance", "integrated", "shapley"):
        parts = [*found["scores"][method], found["rest"][method], found["residual"][method]]
        assert sum(parts) == pytest.approx(found["logit"], abs=1e-4)


def test_the_command_refuses_what_makes_no_sense(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "--write", "good"]) == 2
    assert main(["explain", "--measure", "--reviews", "3"]) == 2
    assert "allowed" in capsys.readouterr().err


def test_the_command_measures_on_the_data_set_in_processes(
    review_files: dict[str, str], make_folder, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = make_folder(review_files)
    assert main(["explain", "--measure", "--data", str(folder), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["stamp"]["reviews"] == 3 and found["stamp"]["data"].startswith("test reviews")
