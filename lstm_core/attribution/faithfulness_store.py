"""The verdict on the methods as JSON beside the model: written whole, checked when read."""

import json
from dataclasses import asdict
from itertools import product
from typing import Any

from lstm_core.attribution.faithfulness import NAMES, FaithfulnessReport
from lstm_core.attribution.occlusion import MaskingStrategy
from lstm_core.attribution.registry import Method
from lstm_core.errors import LstmLensError
from lstm_core.model.bundle import EXPLANATIONS_FILE, Bundle, with_artifacts
from lstm_core.model.card import build_value
from lstm_core.model.measurements import ArtifactSpec, parse_measured, read_stored

COMMAND = "python -m lstm_core explain --measure --write"
KIND = ArtifactSpec(EXPLANATIONS_FILE, 1, 4 * 2**20, f"Measure again with `{COMMAND}`.")
CURVES = sorted(product(NAMES, map(str, MaskingStrategy), ("deletion", "insertion")))
GAINS = sorted(product(NAMES, (*map(str, MaskingStrategy), "both")))
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
    """The method that won on this model; the standard one where nothing fit was measured."""
    try:
        court = read_faithfulness(bundle)
    except LstmLensError:
        court = None
    return STANDARD if court is None else Method(court.winner)


def _build(loaded: Any) -> FaithfulnessReport:
    court = build_value(FaithfulnessReport, loaded, "explanations")
    assert isinstance(court, FaithfulnessReport)
    _check(court)
    return court


def _check(court: FaithfulnessReport) -> None:
    """Raise ValueError for what cannot be."""
    points = len(court.shares)
    shares = [v for c in court.curves for v in (*c.mean, *c.low, *c.high)]
    fine = (
        {court.winner, court.second, court.summing} <= {str(m) for m in Method}
        and sorted((c.method, c.removal, c.direction) for c in court.curves) == CURVES
        and sorted((g.method, g.removal) for g in court.gains) == GAINS
        and all(len(v) == points for c in court.curves for v in (c.mean, c.low, c.high))
        and all(0 <= share <= 1 for share in (*shares, *court.shares))
        and all(-1 <= v <= 1 for g in court.gains for v in (g.area.low, g.area.high))
        and court.stamp.reviews > 0
    )
    if not fine:
        raise ValueError("numbers that cannot be")
