"""The stored words of units: measured, kept in a bundle, and shown beside the rows of a chart."""

import json
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest

from lstm_core import SentimentModel
from lstm_core.activations import build_index, upload_texts
from lstm_core.activations.unit_profiles import measure_unit_words, unit_statistics
from lstm_core.cli import main
from lstm_core.datasets.table_format import TableOptions
from lstm_core.figures.live import reading_picture
from lstm_core.figures.report import chart_svg
from lstm_core.figures.unit_labels import unit_labels
from lstm_core.model.bundle import UNITS_FILE, copy_bundle, with_artifacts
from lstm_core.model.sentiment_model import shipped_model
from lstm_core.model.unit_words import (
    UnitWords,
    UnitWordsReport,
    WordEffect,
    unit_words_of,
    unit_words_to_json,
    write_unit_words,
)
from tests.unit.helpers import small_bundle

LARGEST_SENT = 4_000  # bytes that the labels add to an update of Live


@pytest.fixture
def report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> UnitWordsReport:
    """Of random reviews of a model with random weights, stored in its bundle."""
    monkeypatch.setenv("LSTM_LENS_HOME", str(tmp_path / "home"))
    model = SentimentModel(small_bundle(tmp_path / "model"))
    texts = "\n".join(["a very good film", "not a bad film", "the film"] * 30)
    index = build_index(
        model, upload_texts(texts.encode(), "a.txt", TableOptions()), lambda _: None
    )
    found = measure_unit_words(index, model.vocabulary, "texts", "none")
    profiles = unit_statistics(index, model.bundle.weights, model.vocabulary)
    for words, profile in zip(found.units, profiles, strict=True):
        for stored, full in ((words.up, profile.up), (words.down, profile.down)):
            counts = {one.word: one.count for one in full}
            assert all(counts[one.word] == one.count >= 20 for one in stored)
    return found


def test_the_words_are_kept_in_the_bundle(report: UnitWordsReport, tmp_path: Path) -> None:
    bundle = small_bundle(tmp_path / "again")
    assert unit_words_of(bundle) is None
    stored = unit_words_of(write_unit_words(bundle, report))
    assert stored is not None and asdict(stored) == asdict(report)
    assert any(one.up or one.down for one in stored.units)


@pytest.mark.parametrize(
    "change",
    [
        {"format": 2},
        {"units": []},
        {"units": [{"up": [], "down": []}]},
        {"units": [{"up": [["good", 0, 1.0, 0.0, 1.0]], "down": []}] * 5},
    ],
)
def test_what_does_not_fit_is_left_out(
    report: UnitWordsReport, tmp_path: Path, change: dict[str, object]
) -> None:
    text = json.dumps({**json.loads(unit_words_to_json(report)), **change})
    bundle = small_bundle(tmp_path / "damaged")
    assert unit_words_of(with_artifacts(bundle, bundle.card, {UNITS_FILE: text})) is None


def test_the_words_of_another_model_are_left_out(report: UnitWordsReport, tmp_path: Path) -> None:
    foreign = replace(report, stamp=replace(report.stamp, fingerprint="f" * 64))
    assert unit_words_of(write_unit_words(small_bundle(tmp_path / "other"), foreign)) is None


def test_a_label_follows_the_sign_of_the_output_weight(report: UnitWordsReport) -> None:
    good, bad = (
        WordEffect("good", 1_200, 0.5, 0.1, 0.4),
        WordEffect("incomprehensible", 30, -1, 0, -1),
    )
    made = replace(report, units=(UnitWords((good,), (bad,)), UnitWords((good,), ())))
    weights = np.array([1.0, -1.0], np.float32)
    effect = unit_labels(made, weights, raw=False)
    assert [effect.of(unit) for unit in (0, 1)] == ["+good −incomprehe…", "−good"]
    assert effect.units[1] == ("−good", (), (("good", 1_200),))
    assert unit_labels(made, weights, raw=True).of(1) == "+good"
    assert effect.source == "90 texts"


def test_the_shipped_model_names_its_units() -> None:
    model = shipped_model()
    stored = unit_words_of(model.bundle)
    assert stored is not None and len(stored.units) == model.lstm_dim
    trace = model.trace("A wonderful film with a dull end.")
    data = reading_picture(trace, profiles=stored).data()
    assert len(json.dumps(data["unitWords"])) < LARGEST_SENT
    picture = reading_picture(trace, profiles=stored)
    assert picture.labels is not None
    label = picture.labels.of(picture.units[0])
    assert label and f"unit {picture.units[0]}: {label} " in chart_svg(picture)
    assert reading_picture(trace).data()["unitWords"] == ()


def test_a_named_word_moves_its_unit_that_way_where_it_is_read() -> None:
    model = shipped_model()
    stored = unit_words_of(model.bundle)
    assert stored is not None
    fits = []
    for unit, words in enumerate(stored.units):
        for one in (*words.up[:1], *words.down[:1]):
            states = model.trace(f"the film is {one.word}").hidden_state[:, unit]
            fits.append((states[-1] - states[-2]) * one.mean > 0)
    assert np.mean(fits) > 0.8  # a mean over all contexts, checked in one


def test_the_command_stores_the_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LSTM_LENS_HOME", str(tmp_path / "home"))
    folder = small_bundle(tmp_path / "model").folder
    texts = tmp_path / "texts.txt"
    texts.write_text("a very good film\nnot a bad film\n" * 20, encoding="utf-8")
    copy = copy_bundle(folder, tmp_path / "copy")
    assert main(["index", "--model", str(copy.folder), "--file", str(texts), "--write"]) == 0
    model = SentimentModel.load(copy.folder)
    found = unit_words_of(model.bundle)
    assert found is not None and found.stamp.reviews == 40
