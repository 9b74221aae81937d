"""Too short, too many unknown words: how the thresholds are chosen, and the warnings."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lstm_core.analysis.prediction import UNMEASURED, Label, ReliabilityThresholds, make_verdict
from lstm_core.evaluation import read_evaluation
from lstm_core.evaluation.reliability import reliability_from, reliability_of
from lstm_core.evaluation.robustness import (
    KNOWN_WORDS,
    UNKNOWN_SHARE,
    _replaced,
    choose_fewest_known,
    choose_most_unknown,
)
from lstm_core.evaluation.schema import RobustnessPoint
from lstm_core.evaluation.store import write_evaluation
from lstm_core.model.bundle import copy_bundle
from lstm_core.model.sentiment_model import shipped_model
from lstm_core.text import UNKNOWN

THRESHOLDS = ReliabilityThresholds(4, 0.5, 0.58, 0.61, 0.9)


def word_rows(*shares: float) -> list[RobustnessPoint]:
    """Groups of 1, 2, 3 ... known words with the given accuracy."""
    return [
        RobustnessPoint(KNOWN_WORDS, n, n, 2000, 1000, round(1000 * share), 0.7)
        for n, share in enumerate(shares, start=1)
    ]


def share_rows(*shares: float) -> list[RobustnessPoint]:
    """Groups of 0 to 10 %, 10 to 20 % ... unknown words with the given accuracy."""
    return [
        RobustnessPoint(UNKNOWN_SHARE, n / 10, (n + 1) / 10, 2000, 1000, round(1000 * share), 0.7)
        for n, share in enumerate(shares)
    ]


def test_the_fewest_words_are_those_from_which_on_all_reach_the_bar() -> None:
    assert choose_fewest_known(word_rows(0.5, 0.6, 0.7, 0.8), 0.65) == 3
    assert choose_fewest_known(word_rows(0.5, 0.7, 0.6, 0.8), 0.65) == 4
    assert choose_fewest_known(word_rows(0.7, 0.8), 0.65) == 1


def test_the_most_unknown_is_the_share_from_which_on_none_reaches_the_bar() -> None:
    assert choose_most_unknown(share_rows(0.8, 0.7, 0.6, 0.5), 0.65) == pytest.approx(0.2)
    assert choose_most_unknown(share_rows(0.8, 0.6, 0.7, 0.5), 0.65) == pytest.approx(0.3)
    assert choose_most_unknown(share_rows(0.8, 0.7), 0.65) == 1.0


def test_replacing_reaches_the_share_and_never_undoes_an_unknown_word() -> None:
    random = np.random.default_rng(0)
    row = np.array([UNKNOWN, *range(10, 29)], np.int32)  # 20 words, one unknown
    for share, wanted in ((0.0, 1), (0.05, 1), (0.5, 10), (1.0, 20)):
        changed = _replaced(row, share, random, UNKNOWN)
        assert np.count_nonzero(changed == UNKNOWN) == wanted
        assert changed[0] == UNKNOWN and len(changed) == 20
    assert np.count_nonzero(row == UNKNOWN) == 1


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "without words"),
        ("xqzt wvbk", "none of these words"),
        ("a great film", "Too short to be reliable (3 known words)"),
        ("great", "1 known word"),
        ("a great film indeed and the story of it", ""),
        ("this is the story of xqzta xqztb xqztc xqztd xqzte", "does not know 5 of the 10 words"),
    ],
)
def test_the_caution_says_what_is_wrong(text: str, says: str) -> None:
    caution = make_verdict(shipped_model().trace(text), THRESHOLDS).caution
    assert says in caution if says else not caution


def test_the_caution_names_the_measured_share() -> None:
    model = shipped_model()
    assert "58 times in 100" in make_verdict(model.trace("a great film"), THRESHOLDS).caution
    strange = make_verdict(model.trace("great film xqzt xqzt xqzt"), THRESHOLDS)
    assert "61 times in 100, instead of 90" in strange.caution
    assert strange.leaning is not Label.NOTHING


def test_the_number_of_the_model_is_never_changed() -> None:
    trace = shipped_model().trace("a great film")
    assert make_verdict(trace, THRESHOLDS).probability == trace.verdict_probability


def test_a_models_thresholds_are_those_measured_on_it(tmp_path: Path) -> None:
    bundle = shipped_model().bundle
    evaluation = read_evaluation(bundle)
    assert evaluation is not None, "measure the shipped model: evaluate --write"
    note = evaluation.reliability[0]
    assert reliability_of(bundle) == ReliabilityThresholds(
        note.fewest_known,
        note.most_unknown,
        note.few_accuracy,
        note.unknown_accuracy,
        note.full,
    )
    other = copy_bundle(bundle.folder, tmp_path / "other")
    changed = replace(evaluation, reliability=(replace(note, few_accuracy=0.123, fewest_known=7),))
    other = write_evaluation(other, changed)
    caution = make_verdict(shipped_model().trace("a fine film"), reliability_of(other)).caution
    assert "with fewer than 7 are correct 12 times in 100" in caution


def test_figures_of_another_model_are_never_quoted(tmp_path: Path) -> None:
    """None stored, none of this model: the sentence says that it was not measured."""
    bundle = shipped_model().bundle
    evaluation = read_evaluation(bundle)
    assert evaluation is not None
    foreign = replace(evaluation, stamp=replace(evaluation.stamp, fingerprint="0" * 64))
    other = write_evaluation(copy_bundle(bundle.folder, tmp_path / "other"), foreign)
    assert reliability_of(other) is UNMEASURED
    assert reliability_from(None) is UNMEASURED
    for text, rule in (
        ("a fine film", "12 known words"),
        ("fine xqzta xqztb", "50\N{NO-BREAK SPACE}% unknown"),
    ):
        caution = make_verdict(shipped_model().trace(text), UNMEASURED).caution
        assert "was not measured" in caution and rule in caution
        assert "times in 100" not in caution
