"""Evaluations as JSON: compact on disk, checked when read, put into a bundle whole or not at all.

Arrays of one number per review are stored as base64 of little-endian integers. A probability is the
number k of its interval of width 1/65,536 and reads back as the middle of it: the error is below
0.00001 and the verdict at one half never changes.
"""

import base64
import binascii
import json
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lstm_core.errors import BundleError, reason
from lstm_core.evaluation.schema import (
    READINGS,
    Array,
    Evaluation,
    Measurements,
    Outcomes,
)
from lstm_core.json_codec import decode
from lstm_core.metrics import Interval, group_numbers
from lstm_core.model.bundle import EVALUATION_FILE, Bundle, with_artifacts
from lstm_core.model.card import MetricValue
from lstm_core.model.measurements import ArtifactSpec, parse_measured, read_measured, read_stored

LONGEST_NAME = 80  # characters of a name that a page shows
STEPS = 65_536  # intervals of a stored probability
MOST_REVIEWS = 1_000_000
ADVICE = "Measure again with `python -m lstm_core evaluate --write`."
KIND = ArtifactSpec(EVALUATION_FILE, 2, 64 * 2**20, ADVICE)


PARTS = tuple(field.name for field in fields(Measurements))


def evaluation_to_json(evaluation: Evaluation) -> str:
    """The evaluation as JSON text."""
    outcomes = evaluation.outcomes
    plain = asdict(Measurements(**{name: getattr(evaluation, name) for name in PARTS}))
    plain["format"] = KIND.format
    plain["outcomes"] = {
        "maxlen": outcomes.maxlen,
        "labels": _packed(outcomes.labels, "u1"),
        "stars": _packed(outcomes.stars, "u1"),
        "words": _packed(outcomes.words, "u2"),
        "unknown_first": _packed(outcomes.unknown_first, "u2"),
        "unknown_whole": _packed(outcomes.unknown_whole, "u2"),
        "first": _packed(np.floor(outcomes.first * STEPS), "u2"),
        "whole": _packed(np.floor(outcomes.whole * STEPS), "u2"),
        "groups": _packed(outcomes.groups, "u2" if outcomes.groups.max() < STEPS else "u4"),
    }
    return json.dumps(plain, ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def evaluation_from_json(text: str) -> Evaluation:
    """Read an evaluation, trusting nothing in it.

    Raises:
        BundleError: When it is none, damaged or of a newer format.
    """
    # Before 0.2 the field was called sureness.
    return parse_measured(KIND, text.replace('"sureness":', '"confidence":'), _build)


def read_evaluation(bundle: Bundle) -> Evaluation | None:
    """The evaluation stored in a bundle, None when there is none.

    Raises:
        BundleError: When it is damaged, or was measured on another model.
    """
    found = read_stored(KIND, bundle, evaluation_from_json)
    return None if found is None else _fitting(found, bundle.maxlen)


def read_evaluation_file(path: Path, fingerprint: str, maxlen: int) -> Evaluation:
    """The evaluation in a file.

    Args:
        fingerprint: Of the model that it must be of.
        maxlen: Places that this model reads.

    Raises:
        BundleError: When it cannot be read or is of another model.
    """
    return _fitting(read_measured(KIND, path, fingerprint, evaluation_from_json), maxlen)


def _fitting(evaluation: Evaluation, maxlen: int) -> Evaluation:
    if evaluation.outcomes.maxlen != maxlen:
        raise BundleError(f"{EVALUATION_FILE} was measured with another number of places. {ADVICE}")
    return evaluation


def _build(loaded: Any) -> Evaluation:
    parts = decode(Measurements, loaded, "evaluation")
    outcomes = _read_outcomes(loaded["outcomes"])
    evaluation = Evaluation(outcomes=outcomes, **{name: getattr(parts, name) for name in PARTS})
    _check(evaluation)
    return evaluation


def write_evaluation(
    bundle: Bundle,
    evaluation: Evaluation,
    figures: tuple[MetricValue, ...] = (),
) -> Bundle:
    """Put an evaluation into a bundle by writing the bundle again beside it and renaming.

    Args:
        bundle: The bundle; its model and vocabulary stay as they are.
        figures: Figures for the card; they take the place of those of the same name and reading.
    """
    measured = {(figure.name, figure.reading) for figure in figures}
    kept = tuple(f for f in bundle.card.figures if (f.name, f.reading) not in measured)
    card = replace(bundle.card, figures=(*kept, *figures))
    return with_artifacts(bundle, card, {EVALUATION_FILE: evaluation_to_json(evaluation)})


def _packed(values: Array, kind: str) -> dict[str, str]:
    """Whole numbers as base64 of little-endian `kind`; larger ones are held at its largest."""
    largest = np.iinfo(kind).max
    stored = np.clip(values, 0, largest).astype(f"<{kind}")
    return {"type": kind, "data": base64.b64encode(stored.tobytes()).decode("ascii")}


def _unpacked(value: Any, name: str) -> npt.NDArray[np.int64]:
    kind, data = value["type"], value["data"]
    if kind not in ("u1", "u2", "u4") or not isinstance(data, str):
        raise ValueError(f"{name} holds {kind!r}")
    try:
        content = base64.b64decode(data, validate=True)
    except binascii.Error as error:
        raise ValueError(f"{name}: {reason(error)}") from error
    return np.frombuffer(content, f"<{kind}").astype(np.int64)


def _read_outcomes(value: Any) -> Outcomes:
    names = ("labels", "stars", "words", "unknown_first", "unknown_whole", "groups", *READINGS)
    arrays: dict[str, Any] = {name: _unpacked(value[name], name) for name in names}
    sizes = {len(array) for array in arrays.values()}
    if len(sizes) != 1 or not 0 < sizes.pop() <= MOST_REVIEWS:
        raise ValueError("the arrays differ in length or are empty")
    if arrays["labels"].max() > 1 or arrays["stars"].max() > 10:
        raise ValueError("labels or stars are out of range")
    arrays["groups"] = group_numbers(
        arrays["groups"].tolist()
    )  # from 0 without a gap, whatever came in
    for reading in READINGS:
        arrays[reading] = (arrays[reading] + 0.5) / STEPS
    for array in arrays.values():
        array.setflags(write=False)
    maxlen = value["maxlen"]
    if type(maxlen) is not int or not 2 <= maxlen <= STEPS:
        raise ValueError(f"maxlen is {maxlen!r}")
    return Outcomes(maxlen=maxlen, **arrays)


def _check(evaluation: Evaluation) -> None:
    """Raise BundleError for numbers that cannot be."""
    notes = evaluation.reliability
    rows = [row for m in notes for row in m.rows]
    intervals: list[Interval] = [
        *(b.accuracy for b in evaluation.baselines),
        *(o.accuracy for o in evaluation.overlap),
        *(c.calibration_error for c in evaluation.challenge),
    ]
    shares = [
        *(v for one in intervals for v in (one.value, one.low, one.high)),
        *(v for b in evaluation.baselines for v in (b.f1, b.roc_area)),
        *(v for o in evaluation.order for v in (o.accuracy, o.shuffled, o.turned)),
        *(s.accuracy for s in evaluation.seeds),
        *(v for m in notes for v in (m.full, m.words_bar, m.share_bar)),
        *(v for m in notes for v in (m.few_accuracy, m.unknown_accuracy)),
        *(v for m in notes for v in (m.most_unknown, m.usual_unknown)),
        *(row.confidence for row in rows),
    ]
    others = [*(b.loss for b in evaluation.baselines), *(s.loss for s in evaluation.seeds)]
    leads = [v for b in evaluation.baselines for v in (b.lead.value, b.lead.low, b.lead.high)]
    counts = [
        *((c.right, c.count) for c in evaluation.challenge),
        *((c.positive_right, c.positive_count) for c in evaluation.challenge),
        *((c.positive_count, c.count) for c in evaluation.challenge),
        *((o.same_text, evaluation.stamp.reviews) for o in evaluation.overlap),
        *((r.right, r.count) for r in rows),
        *((r.count, r.pieces) for r in rows),
    ]
    readings = {
        one.reading
        for part in (evaluation.baselines, evaluation.order, evaluation.seeds, evaluation.overlap)
        for one in part
    }
    names = [
        *(b.name for b in evaluation.baselines),
        *(name for c in evaluation.challenge for name in (c.name, c.category)),
        *(r.measure for r in rows),
    ]
    fine = (
        all(0 < len(name) <= LONGEST_NAME and name.isprintable() for name in names)
        and all(0 <= share <= 1 for share in shares)
        and all(0 <= number < 1e6 for number in others)
        and all(-1 <= number <= 1 for number in leads)
        and all(0 <= right <= count for right, count in counts)
        and readings <= set(READINGS)
        and evaluation.stamp.reviews == len(evaluation.outcomes)
    )
    if not fine:
        raise BundleError(f"{EVALUATION_FILE} holds numbers that cannot be. {ADVICE}")
