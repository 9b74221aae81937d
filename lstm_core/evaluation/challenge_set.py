"""Challenge sets: sentences written for measuring, with figures per category (Ribeiro et al. 2020).

A set is a CSV file with the columns text, label (positive or negative) and category; the file's
name is the name of the set. They are for measuring: no model is trained on them.
"""

import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from lstm_core.analysis.captions import plural
from lstm_core.errors import InputError, reason
from lstm_core.evaluation.schema import Array, ChallengeFigure, Evaluation
from lstm_core.metrics import ROUNDS, calibration_error, percentile_interval
from lstm_core.model.sentiment_model import SentimentModel
from lstm_core.paths import ASSETS

FOLDER = ASSETS / "evaluation"
ALL = "all"  # the category of a whole set
SHORT, CHALLENGE = "short texts", "challenge sentences"
WEAKEST = 3  # categories that the card's note names
FEWEST = 10  # sentences of a category that it names


def challenge_files() -> tuple[Path, ...]:
    """The challenge sets that are there, by name."""
    return tuple(sorted(FOLDER.glob("*.csv")))


def measure_challenge_sets(
    model: SentimentModel, paths: Sequence[Path]
) -> tuple[ChallengeFigure, ...]:
    """Figures of every set: the whole set first, then its categories by name.

    Raises:
        InputError: When a file cannot be read, lacks a column or holds another label.
    """
    found: list[ChallengeFigure] = []
    for path in paths:
        texts, labels, categories = _read(path)
        p, name = model.predict(texts).astype(float), path.stem.replace("_", " ")
        found.append(_figure(name, ALL, labels, p))
        found += [
            _figure(name, category, labels[categories == category], p[categories == category])
            for category in sorted(set(categories.tolist()))
        ]
    return tuple(found)


def limit_notes(evaluation: Evaluation) -> tuple[str, ...]:
    """The categories of challenge sentences that go wrong most, as a sentence for the card."""
    own = [one for one in evaluation.challenge if one.name == CHALLENGE]
    whole = next((one for one in own if one.category == ALL), None)
    if whole is None or whole.right == whole.count:
        return ()
    rest = [one for one in own if one.category != ALL and one.count >= FEWEST]
    worst = sorted(rest, key=lambda one: one.right / one.count)[:WEAKEST]
    named = "; ".join(f"{one.category} {one.right} of {one.count}" for one in worst)
    return (
        f"Of {plural(whole.count, 'challenge sentence')} of our own writing "
        f"{whole.right} are predicted correctly"
        + (f"; weakest categories: {named}." if named else "."),
    )


def _read(path: Path) -> tuple[list[str], Array, Array]:
    """Texts, labels 0 or 1 ``(N,)``, categories ``(N,)``."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            lines = [
                (row["text"], row["label"], row.get("category") or row["kind"])
                for row in csv.DictReader(file, strict=True)
            ]
    except (OSError, UnicodeDecodeError, csv.Error, KeyError) as error:
        raise InputError(
            f"{path} cannot be read as a challenge set ({reason(error)}). Give a CSV in UTF-8 with "
            "the columns text, label (positive or negative) and category."
        ) from error
    if not lines or {label for _, label, _ in lines} - {"positive", "negative"}:
        raise InputError(f"{path}: every label must be positive or negative.")
    texts, labels, categories = zip(*lines, strict=True)
    return list(texts), np.array(labels) == "positive", np.array(categories)


def _figure(name: str, category: str, labels: Array, p: Array) -> ChallengeFigure:
    right = (p >= 0.5) == labels
    return ChallengeFigure(
        name=name,
        category=category,
        right=int(right.sum()),
        count=len(labels),
        positive_right=int(right[labels].sum()),
        positive_count=int(labels.sum()),
        calibration_error=percentile_interval(
            calibration_error(labels, p), _resampled_errors(labels, p)
        ),
    )


def _resampled_errors(labels: Array, p: Array) -> Array:
    """Calibration error of sentences drawn with replacement, ``(R,)``."""
    rows = np.random.default_rng(0).integers(len(p), size=(ROUNDS, len(p)))
    return np.array([calibration_error(labels[drawn], p[drawn]) for drawn in rows])
