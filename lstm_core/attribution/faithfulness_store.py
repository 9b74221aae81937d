"""The verdict on the methods as JSON beside the model: written whole, checked when read."""

import json
from collections import Counter
from dataclasses import asdict
from itertools import product
from typing import Any

from lstm_core.attribution.faithfulness import METRICS, NAMES, FaithfulnessReport
from lstm_core.attribution.occlusion import MaskingStrategy
from lstm_core.attribution.registry import Method
from lstm_core.errors import LstmLensError
from lstm_core.model.bundle import EXPLANATIONS_FILE, Bundle, with_artifacts
from lstm_core.model.card import build_value
from lstm_core.model.measurements import ArtifactSpec, parse_measured, read_stored

COMMAND = "python -m lstm_core explain --measure --write"
KIND = ArtifactSpec(EXPLANATIONS_FILE, 2, 4 * 2**20, f"Measure again with `{COMMAND}`.")
STANDARD = Method.RELEVANCE  # where nothing was measured: cheap, and close to the best


def faithfulness_to_json(court: FaithfulnessReport) -> str:
    """The verdict as JSON text."""
    return json.dumps({"format": KIND.format, **asdict(court)}, allow_nan=False) + "\n"


def faithfulness_from_json(text: str) -> FaithfulnessReport:
    """Read a verdict, trusting nothing in it.

    Raises:
        BundleError: When it is none, damaged or of another format.
    """
    return parse_measured(KIND, text, _build)


def read_faithfulness(bundle: Bundle) -> FaithfulnessReport | None:
    """The verdict stored in a bundle, None when there is none.

    Raises:
        BundleError: When it is damaged, or was measured on another model.
    """
    return read_stored(KIND, bundle, faithfulness_from_json)


def write_faithfulness(bundle: Bundle, court: FaithfulnessReport) -> Bundle:
    """Put the verdict into a bundle."""
    return with_artifacts(bundle, bundle.card, {EXPLANATIONS_FILE: faithfulness_to_json(court)})


def most_faithful(bundle: Bundle) -> Method:
    """The fast method that is closest to the best one on this model (`FaithfulnessReport.fast`).

    The standard one where nothing fit was measured.
    """
    try:
        found = read_faithfulness(bundle)
    except LstmLensError:
        found = None
    return STANDARD if found is None else found.fast


def _build(loaded: Any) -> FaithfulnessReport:
    court = build_value(FaithfulnessReport, loaded, "explanations")
    assert isinstance(court, FaithfulnessReport)
    _check(court)
    return court


def _check(report: FaithfulnessReport) -> None:
    """Raise ValueError for what cannot be."""
    points = len(report.shares)
    shares = [v for c in report.curves for v in (*c.mean, *c.low, *c.high)]
    removals = [str(one) for one in MaskingStrategy]
    values = [one for s in report.scores for one in (s.value, s.behind)]
    fine = (
        Counter((c.method, c.removal, c.direction) for c in report.curves)
        == Counter(product(NAMES, removals, ("deletion", "insertion")))
        and Counter((s.method, s.removal, s.metric) for s in report.scores)
        == Counter(product(NAMES, removals, METRICS))
        and all(len(v) == points for c in report.curves for v in (c.mean, c.low, c.high))
        and all(0 <= share <= 1 for share in (*shares, *report.shares))
        and all(-2 <= v <= 2 for one in values for v in (one.value, one.low, one.high))
        and points > 1
        and report.stamp.reviews > 0
    )
    if not fine:
        raise ValueError("numbers that cannot be")
