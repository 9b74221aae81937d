"""Deletion and insertion curves, the verdict on the methods, its file, and the command."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lstm_core.attribution.curves import SHARES, gain, random_orders, review_curves
from lstm_core.attribution.faithfulness import (
    NAMES,
    FaithfulnessKey,
    measure_faithfulness,
    summarise,
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


def test_a_method_that_is_better_in_every_review_wins_and_chance_does_not() -> None:
    draw = np.random.default_rng(0).normal(0, 0.02, (40, len(NAMES), 2, 2, len(SHARES)))
    curves = (0.5 + draw).astype(np.float32)
    ledger = NAMES.index(Method.LEDGER)
    curves[:, ledger, :, 1] += 0.3
    curves[:, -1, :, 1] += 0.4  # chance can not win, whatever its number
    court = summarise(curves, STAMP)
    assert court.winner == court.summing == Method.LEDGER
    assert court.margin.low > 0.2 and court.gain_of(Method.LEDGER).value == pytest.approx(
        0.3, abs=0.02
    )
    assert faithfulness_from_json(faithfulness_to_json(court)) == court


def test_short_reviews_are_left_out_and_none_left_is_said() -> None:
    model, told = shipped_model(), []
    court = measure_faithfulness(model, TEXTS, STAMP, told.append)
    assert court.stamp.reviews == 3 and told[-1].done == 4
    assert len(court.curves) == len(NAMES) * 4 and len(court.gains) == len(NAMES) * 3
    assert court.gain_of(court.winner).value > court.gain_of("random").value
    with pytest.raises(InputError, match="5 words"):
        measure_faithfulness(model, ["Nice.", ""], STAMP, told.append)


def test_it_lies_beside_the_evaluation_and_belongs_to_one_model(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(SHIPPED_MODEL, folder)
    model = SentimentModel.load(folder)
    stamp = replace(STAMP, fingerprint=model.bundle.fingerprint)
    court = measure_faithfulness(model, TEXTS, stamp, lambda _: None)
    bundle = write_faithfulness(model.bundle, court)
    assert read_faithfulness(bundle) == court and most_faithful(bundle) == court.winner
    assert (EVALUATION_FILE in bundle.card.files) == (EVALUATION_FILE in model.card.files)
    assert bundle.fingerprint == model.bundle.fingerprint
    read_evaluation(bundle)
    foreign = write_faithfulness(bundle, replace(court, stamp=replace(stamp, fingerprint="0" * 64)))
    with pytest.raises(BundleError, match="another model"):
        read_faithfulness(foreign)
    assert most_faithful(foreign) == STANDARD
    (folder / EXPLANATIONS_FILE).write_text("{}")
    with pytest.raises(BundleError, match="damaged"):
        read_bundle(folder)


@pytest.mark.parametrize("change", ["{", "[]", '{"format": 1}', '{"format": 2}', "null"])
def test_a_damaged_file_is_refused_with_a_sentence(change: str) -> None:
    with pytest.raises(BundleError, match="Measure again"):
        faithfulness_from_json(change)


def test_numbers_that_cannot_be_are_refused() -> None:
    court = measure_faithfulness(shipped_model(), TEXTS[:2], STAMP, lambda _: None)
    loaded = json.loads(faithfulness_to_json(court))
    for name, value in (("winner", "magic"), ("curves", []), ("shares", [0.5])):
        with pytest.raises(BundleError, match="damaged"):
            faithfulness_from_json(json.dumps({**loaded, name: value}))


def test_the_command_prints_scores(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "not a bad film"]) == 0
    said = capsys.readouterr().out
    assert "Layer-wise relevance" in said and "film" in said and "P(positive)" in said
    assert main(["explain", "--json", "not a bad film"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["words"] == ["not", "a", "bad", "film"] and set(found["scores"]) == set(Method)
    total = sum(found["scores"]["relevance"]) + found["rest"]["relevance"]
    assert total == pytest.approx(found["logit"], abs=1e-4)


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
