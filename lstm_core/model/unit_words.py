"""Unit profiles stored in a bundle: the words that raise and lower each hidden unit.

Measured over a corpus by `lstm_core.activations.unit_profiles.measure_unit_words`; read here, so
that a page can name its units without the activations.
"""

import json
from dataclasses import asdict, dataclass
from functools import lru_cache
from math import isfinite
from pathlib import Path
from typing import Any

from lstm_core.errors import LstmLensError
from lstm_core.json_codec import decode
from lstm_core.model.bundle import UNITS_FILE, Bundle, with_artifacts
from lstm_core.model.measurements import ArtifactSpec, parse_measured, read_measured

COMMAND = "python -m lstm_core index --write"
KIND = ArtifactSpec(UNITS_FILE, 1, 4 * 2**20, f"Measure again with `{COMMAND}`.")
MOST_WORDS = 3  # stored for each direction


@dataclass(frozen=True, slots=True)
class WordEffect:
    """How far one word moves a unit."""

    word: str
    count: int  # how often it was read
    mean: float  # mean of ``h_t - h_{t-1}`` where it was read
    spread: float  # standard deviation of it
    sure: float  # the end of the mean's 95 % interval that is nearer to zero: ranks the words


@dataclass(frozen=True, slots=True)
class UnitWords:
    """The words that move one unit most."""

    up: tuple[WordEffect, ...]  # words that raise its hidden state most, the clearest first
    down: tuple[WordEffect, ...]  # words that lower it most


@dataclass(frozen=True, slots=True)
class UnitWordsStamp:
    """What was measured."""

    fingerprint: str  # of the model
    data: str  # what the texts are: "test reviews"
    data_sha256: str  # fingerprint of the texts
    reviews: int  # number of texts
    words: int  # words read in them
    made: str  # time of the measurement
    least: int  # how often a word must have been read to be named
    command: str  # command that repeats it


@dataclass(frozen=True, slots=True, eq=False)
class UnitWordsReport:
    """The words of every unit of a model; compared by identity, so that it is a cheap cache key."""

    stamp: UnitWordsStamp  # what was measured
    units: tuple[UnitWords, ...]  # one entry per unit, in the stored order, ``(D,)``


def unit_words_to_json(report: UnitWordsReport) -> str:
    """The report as JSON text, one unit per line."""
    head = json.dumps({"format": KIND.format, "stamp": asdict(report.stamp)}, ensure_ascii=False)
    units = (json.dumps(asdict(one), ensure_ascii=False, allow_nan=False) for one in report.units)
    lines = ",\n".join(units)
    return f'{head[:-1]}, "units": [\n{lines}\n]}}\n'


def unit_words_from_json(text: str) -> UnitWordsReport:
    """Read a report, trusting nothing in it.

    Raises:
        BundleError: When it is none, damaged or of another format.
    """
    return parse_measured(KIND, text, _build)


def write_unit_words(bundle: Bundle, report: UnitWordsReport) -> Bundle:
    """Put the report into a bundle."""
    return with_artifacts(bundle, bundle.card, {UNITS_FILE: unit_words_to_json(report)})


def unit_words_of(bundle: Bundle) -> UnitWordsReport | None:
    """The report stored in a bundle; None without one that can be read and fits the model."""
    if UNITS_FILE not in bundle.card.files:
        return None
    found = _read(bundle.folder / UNITS_FILE, bundle.fingerprint)
    return found if found and len(found.units) == bundle.card.sizes.lstm_dim else None


@lru_cache(maxsize=8)
def _read(path: Path, fingerprint: str) -> UnitWordsReport | None:
    try:
        return read_measured(KIND, path, fingerprint, unit_words_from_json)
    except LstmLensError:
        return None


def _build(loaded: Any) -> UnitWordsReport:
    report = decode(UnitWordsReport, loaded, "unit words")
    words = [one for unit in report.units for one in (*unit.up, *unit.down)]
    sides = [side for unit in report.units for side in (unit.up, unit.down)]
    fine = (
        report.stamp.reviews > 0
        and all(len(side) <= MOST_WORDS for side in sides)
        and all(one.count > 0 and len(one.word) <= 100 for one in words)
        and all(isfinite(v) for one in words for v in (one.mean, one.spread, one.sure))
        and all(one.sure > 0 for unit in report.units for one in unit.up)
        and all(one.sure < 0 for unit in report.units for one in unit.down)
    )
    if not fine:
        raise ValueError("numbers that cannot be")
    return report
