"""Evaluations on disk: small, equal when read back, and checked as untrusted input."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lstm_core.errors import BundleError
from lstm_core.evaluation import evaluation_from_json, evaluation_to_json, read_evaluation
from lstm_core.evaluation.schema import (
    Baseline,
    ChallengeFigure,
    Evaluation,
    OrderLoss,
    Outcomes,
    Overlap,
    ReliabilityNote,
    RobustnessPoint,
    SeedFigure,
    Stamp,
)
from lstm_core.evaluation.store import PARTS, write_evaluation
from lstm_core.metrics import Interval
from lstm_core.model.bundle import EVALUATION_FILE, read_bundle
from lstm_core.model.card import MetricValue
from lstm_core.paths import SHIPPED_MODEL

COUNT = 25_000


def make_evaluation(count: int = 200, fingerprint: str = "f" * 64) -> Evaluation:
    """An evaluation with every part filled by a seeded generator."""
    random = np.random.default_rng(0)
    words = random.integers(0, 3_000, count)
    outcomes = Outcomes(
        maxlen=80,
        labels=random.integers(0, 2, count),
        stars=random.integers(0, 11, count),
        words=words,
        unknown_first=np.minimum(words, 79) // 8,
        unknown_whole=words // 8,
        first=random.random(count),
        whole=random.random(count),
        groups=np.arange(count) // 3,
    )
    share = Interval(0.5, 0.4, 0.6)
    return Evaluation(
        stamp=Stamp(fingerprint, "2026-01-01T00:00:00Z", "evaluate", 1.5, "data", "a" * 64, count),
        outcomes=outcomes,
        baselines=(Baseline("Majority", "first", 200, share, share, 0.69, 0.5, 0.5, "note"),),
        order=(OrderLoss("first", 0.8, 0.7, 0.1, 0.09, 0.11, 0.2, 200, 3),),
        reliability=(
            ReliabilityNote(
                *("some", 0.8, 0.65, 0.75, 4, 0.6, 0.5, 0.6, 40, 0.2),
                (RobustnessPoint("known words", 1, 1, 20, 9, 5, 0.6),),
            ),
        ),
        challenge=(ChallengeFigure("short texts", "all", 3, 4, 1, 2, share),),
        overlap=(Overlap("first", 1, 30, 3, 150, share),),
        seeds=(SeedFigure(1, "whole", 0.9, 0.3),),
    )


def changed(change: str, value: Any) -> str:
    """The JSON text with one value, named by a path of keys, put in another's place."""
    loaded = json.loads(evaluation_to_json(make_evaluation()))
    *path, last = change.split(".")
    at = loaded
    for key in path:
        at = at[int(key)] if key.isdigit() else at[key]
    at[int(last) if last.isdigit() else last] = value
    return json.dumps(loaded)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the shipped bundle without its evaluation."""
    target = tmp_path / "bundle"
    shutil.copytree(SHIPPED_MODEL, target)
    card = json.loads((target / "card.json").read_text(encoding="utf-8"))
    card["files"].pop(EVALUATION_FILE, None)
    (target / "card.json").write_text(json.dumps(card), encoding="utf-8")
    (target / EVALUATION_FILE).unlink(missing_ok=True)
    return target


def test_what_is_read_is_what_was_written() -> None:
    written = make_evaluation()
    found = evaluation_from_json(evaluation_to_json(written))
    for name in PARTS:
        assert getattr(found, name) == getattr(written, name)
    for name in ("labels", "stars", "words", "unknown_first", "unknown_whole", "groups"):
        assert np.array_equal(getattr(found.outcomes, name), getattr(written.outcomes, name))
    for name in ("first", "whole"):
        ours, theirs = getattr(found.outcomes, name), getattr(written.outcomes, name)
        assert np.abs(ours - theirs).max() < 1e-5


def test_no_verdict_changes_by_storing() -> None:
    edge = np.array([0.5, np.nextafter(0.5, 0), 0.49999999, 0.0, 1.0, 0.50000001])
    evaluation = make_evaluation(len(edge))
    outcomes = replace(evaluation.outcomes, first=edge)
    found = evaluation_from_json(evaluation_to_json(replace(evaluation, outcomes=outcomes)))
    assert np.array_equal(found.outcomes.first >= 0.5, edge >= 0.5)
    assert found.outcomes.first.min() > 0 and found.outcomes.first.max() < 1


def test_25000_reviews_take_less_than_500_kb() -> None:
    assert len(evaluation_to_json(make_evaluation(COUNT))) < 500_000


@pytest.mark.parametrize(
    ("change", "value"),
    [
        ("format", 1),
        ("format", 3),
        ("outcomes.groups.type", "u8"),
        ("baselines.0.lead.low", -1.5),
        ("overlap.0.same_text", 201),
        ("challenge.0.positive_right", 3),
        ("stamp", {}),
        ("stamp.reviews", 7),
        ("stamp.seconds", "long"),
        ("outcomes.first.data", "AAAA"),
        ("outcomes.first.data", "not base64!"),
        ("outcomes.first.type", "f8"),
        ("outcomes.labels.data", 5),
        ("outcomes.maxlen", 1),
        ("outcomes.maxlen", True),
        ("baselines.0.accuracy.value", 1.5),
        ("baselines.0.reading", "half"),
        ("baselines.0.roc_area", 1.5),
        ("order.0.turned", -0.1),
        ("reliability.0.rows.0.right", 10),
        ("reliability.0.rows.0.count", 21),
        ("reliability.0.share_bar", 1.2),
        ("reliability.0.most_unknown", "half"),
        ("challenge.0.right", -1),
        ("seeds", [1]),
        ("seeds", "none"),
    ],
)
def test_what_cannot_be_is_refused(change: str, value: Any) -> None:
    with pytest.raises(BundleError, match="evaluat"):
        evaluation_from_json(changed(change, value))


@pytest.mark.parametrize(
    "text", ["", "[]", "null", "{}", '{"format": 1}', "[" * 100_000, '{"format": NaN}']
)
def test_what_is_no_evaluation_is_refused(text: str) -> None:
    with pytest.raises(BundleError):
        evaluation_from_json(text)


def test_a_file_of_an_older_version_says_to_measure_again() -> None:
    with pytest.raises(BundleError, match="older version.*Measure again"):
        evaluation_from_json(changed("format", 1))


def test_not_a_number_is_refused() -> None:
    text = evaluation_to_json(make_evaluation()).replace("0.69", "NaN")
    with pytest.raises(BundleError):
        evaluation_from_json(text)
    text = evaluation_to_json(make_evaluation()).replace("0.69", "1e999")
    with pytest.raises(BundleError):
        evaluation_from_json(text)


def test_a_bundle_takes_an_evaluation_and_stays_the_same_model(folder: Path) -> None:
    before = read_bundle(folder)
    assert read_evaluation(before) is None
    figure = MetricValue("accuracy", 0.875, "first", "test reviews", 200)
    stored = make_evaluation(200, before.fingerprint)
    after = write_evaluation(before, stored, (figure,))
    assert after.card.notes == before.card.notes
    assert after.fingerprint == before.fingerprint
    found = read_evaluation(read_bundle(folder))
    assert found is not None and found.stamp.reviews == 200
    assert after.card.figure("accuracy") == figure
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]


def test_an_evaluation_of_another_model_is_refused(folder: Path) -> None:
    bundle = write_evaluation(read_bundle(folder), make_evaluation())
    with pytest.raises(BundleError, match="another model"):
        read_evaluation(bundle)


def test_a_changed_evaluation_is_noticed_by_the_bundle(folder: Path) -> None:
    bundle = read_bundle(folder)
    write_evaluation(bundle, make_evaluation(200, bundle.fingerprint))
    path = folder / EVALUATION_FILE
    path.write_text(path.read_text(encoding="utf-8").replace("Majority", "Minority"))
    with pytest.raises(BundleError, match="changed or damaged"):
        read_bundle(folder)
