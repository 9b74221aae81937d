"""Measures and curves: by hand on a few numbers, and against scikit-learn on many."""

import numpy as np
import pytest
from sklearn import metrics as reference

from lstm_core.evaluation.scores import (
    CalibrationBin,
    Confusion,
    calibration_bins,
    confusion,
    precision_recall_curve,
    roc_curve,
    summarize_scores,
)
from lstm_core.evaluation.slices import Group, slice_title
from lstm_core.figures.evaluation import calibration_title
from lstm_core.metrics import ClusterBootstrap, wilson
from pages.parts.common.html_table import confusion_html, share_interval

LABELS = np.array([1, 1, 1, 0, 0, 0])
SAID = np.array([0.9, 0.8, 0.4, 0.6, 0.2, 0.1])


@pytest.fixture(scope="module")
def many() -> tuple[np.ndarray, np.ndarray]:
    """Two thousand reviews with ties among the probabilities."""
    random = np.random.default_rng(7)
    labels = random.integers(0, 2, 2_000)
    said = np.clip(0.3 * labels + 0.7 * random.random(2_000), 0, 1).round(2)
    return labels, said


def test_confusion_by_hand() -> None:
    found = confusion(LABELS, SAID)
    counts = (found.true_positive, found.false_positive, found.true_negative, found.false_negative)
    assert counts == (2, 1, 2, 1)
    assert found.precision.value == found.recall.value == pytest.approx(2 / 3)
    assert found.f1 == pytest.approx(2 / 3)
    assert found.false_positive_rate.value == pytest.approx(1 / 3)


def test_a_review_at_the_threshold_is_positive() -> None:
    assert confusion(np.array([1, 0]), np.array([0.5, 0.5])).true_positive == 1
    assert confusion(np.array([1]), np.array([0.3]), 0.3).true_positive == 1


def test_extreme_thresholds_do_not_divide_by_zero() -> None:
    nothing = confusion(LABELS, SAID, 1.1)
    assert nothing.f1 == 0 and nothing.precision.low == 0 and nothing.precision.high == 1
    assert confusion(LABELS, SAID, 0.0).recall.value == 1


def test_measures_equal_scikit_learns(many: tuple[np.ndarray, np.ndarray]) -> None:
    labels, said = many
    scores = summarize_scores(labels, said)
    called = said >= 0.5
    assert scores.accuracy.value == pytest.approx(reference.accuracy_score(labels, called))
    assert scores.f1.value == pytest.approx(reference.f1_score(labels, called))
    assert scores.roc_area.value == pytest.approx(reference.roc_auc_score(labels, said))
    assert scores.precision_area.value == pytest.approx(
        reference.average_precision_score(labels, said)
    )
    clipped = np.clip(said, 1e-7, 1 - 1e-7)
    assert scores.loss.value == pytest.approx(reference.log_loss(labels, clipped))


def test_curves_equal_scikit_learns(many: tuple[np.ndarray, np.ndarray]) -> None:
    labels, said = many
    roc = roc_curve(labels, said)
    x, y, thresholds = reference.roc_curve(labels, said, drop_intermediate=False)
    assert np.allclose(roc.x, x) and np.allclose(roc.y, y)
    assert np.array_equal(roc.thresholds, thresholds)
    found = precision_recall_curve(labels, said)
    precision, recall, _ = reference.precision_recall_curve(labels, said)
    assert np.allclose(found.x[::-1], recall[:-1]) and np.allclose(found.y[::-1], precision[:-1])


def test_intervals_hold_their_value_and_shrink_with_more_reviews(
    many: tuple[np.ndarray, np.ndarray],
) -> None:
    labels, said = many
    small, large = summarize_scores(labels[:200], said[:200]), summarize_scores(labels, said)
    for name in ("accuracy", "loss", "f1", "roc_area", "precision_area"):
        narrow, wide = getattr(large, name), getattr(small, name)
        assert narrow.low < narrow.value < narrow.high
        assert narrow.high - narrow.low < wide.high - wide.low


def test_the_bootstrap_is_seeded(many: tuple[np.ndarray, np.ndarray]) -> None:
    assert summarize_scores(*many, rounds=20) == summarize_scores(*many, rounds=20)
    assert summarize_scores(*many, rounds=20) != summarize_scores(*many, rounds=20, seed=1)


def test_the_bootstrap_covers_the_truth_about_as_often_as_it_says() -> None:
    random, inside = np.random.default_rng(3), 0
    for _ in range(60):
        labels = random.integers(0, 2, 400)
        said = 0.25 * labels + 0.75 * random.random(400)
        area = summarize_scores(labels, said, rounds=100).roc_area
        inside += area.low <= 7 / 9 <= area.high  # 1 - (2/3)^2 / 2
    assert inside >= 50


def test_thinning_keeps_the_ends_and_the_shape(many: tuple[np.ndarray, np.ndarray]) -> None:
    random = np.random.default_rng(0)
    labels, said = random.integers(0, 2, 5_000), random.random(5_000)
    curve = roc_curve(labels, said)
    thin = curve.thinned(100)
    assert len(thin.x) <= 102
    assert (thin.x[0], thin.y[0], thin.x[-1], thin.y[-1]) == (0, 0, 1, 1)
    assert np.trapezoid(thin.y, thin.x) == pytest.approx(np.trapezoid(curve.y, curve.x), abs=0.01)


def test_calibration_bins_by_hand() -> None:
    bins = calibration_bins(LABELS, SAID, bins=2)
    assert [(one.count, one.positive.value) for one in bins] == [(3, 1 / 3), (3, 2 / 3)]
    assert bins[0].said == pytest.approx(0.7 / 3)
    assert len(calibration_bins(np.array([1]), np.array([1.0]))) == 1


def test_wilson_by_hand() -> None:
    # Newcombe 1998, table I: 81 of 263.
    found = wilson(81, 263)
    assert (found.low, found.high) == pytest.approx((0.2553, 0.3662), abs=1e-4)
    assert (wilson(0, 10).low, wilson(10, 10).high) == pytest.approx((0, 1))


def test_loss_of_a_certain_mistake_is_finite() -> None:
    assert np.isfinite(summarize_scores(np.array([1, 0]), np.array([0.0, 1.0])).loss.high)


def test_intervals_by_film_are_wider_where_films_agree() -> None:
    random = np.random.default_rng(1)
    films = np.repeat(np.arange(200), 10)
    labels = np.repeat(random.integers(0, 2, 200), 10)
    p = np.repeat(np.clip(0.5 + random.normal(0, 0.3, 200), 0, 1), 10)  # all of a film alike
    alone = summarize_scores(labels, p, rounds=200)
    by_film = summarize_scores(labels, p, rounds=200, groups=films)
    for name in ("accuracy", "loss", "f1", "roc_area", "precision_area"):
        narrow, wide = getattr(alone, name), getattr(by_film, name)
        assert wide.value == narrow.value
        assert wide.high - wide.low > 2 * (narrow.high - narrow.low)


def test_a_bootstrap_of_films_of_one_review_is_the_plain_one() -> None:
    hits, everything = np.arange(400) % 4 > 0, np.ones(400, bool)
    assert ClusterBootstrap(np.arange(400)).share(hits, everything) == wilson(300, 400)
    few = ClusterBootstrap(np.repeat(np.arange(4), 100))  # four films bear no bootstrap
    assert few.share(hits, everything) == wilson(300, 400)


def test_wilson_is_the_score_interval() -> None:
    for right, count in ((0, 5), (5, 5), (21_000, 25_000)):
        found, z, p = wilson(right, count), 1.959963984540054, right / count
        middle = (p + z * z / (2 * count)) / (1 + z * z / count)
        half = z / (1 + z * z / count) * np.sqrt(p * (1 - p) / count + (z / count / 2) ** 2)
        assert (found.low, found.high) == pytest.approx((middle - half, middle + half), abs=1e-9)


def test_titles_name_only_what_the_intervals_show() -> None:
    off = CalibrationBin(0.8, 0.87, 400, 0.83, wilson(200, 400))
    fine = CalibrationBin(0.1, 0.2, 5, 0.15, wilson(2, 5))
    assert calibration_title([off, fine], 0.1).startswith("Where it says 83")
    rest = CalibrationBin(0.4, 0.5, 40, 0.45, wilson(18, 40))
    assert "shown to be off" in calibration_title([fine, rest], 0.25), "two of five say little"
    assert "too few" in calibration_title([fine], 0.0), "five reviews show no calibration"
    groups = [Group("a", 40, wilson(30, 40)), Group("b", 35, wilson(20, 35))]
    assert slice_title(groups).startswith("from 57")
    assert slice_title([groups[0], Group("c", 3, wilson(0, 3))]) == "too few to compare"
    same = [Group("a", 40, wilson(40, 40)), Group("b", 35, wilson(35, 35))]
    assert slice_title(same) == "100\N{NO-BREAK SPACE}% in all 2 groups compared"


def test_measures_of_few_reviews_claim_no_certainty() -> None:
    one = Confusion(1, 0, 0, 0)
    assert one.f1_interval().low < 0.5 and one.f1_interval().high == 1.0
    assert share_interval(Confusion(0, 0, 5, 5).precision) == "not defined"  # none predicted so
    assert share_interval(one.recall).startswith("100.0")
    right = summarize_scores(np.array([0, 1, 1, 0, 1]), np.array([0.1, 0.9, 0.8, 0.2, 0.7]))
    assert right.roc_area == wilson(2, 2) and right.precision_area == wilson(3, 3)
    assert "%" not in confusion_html(one).rpartition("<tr>")[2]  # shares of no negative review
