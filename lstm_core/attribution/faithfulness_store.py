"""Report of the faithfulness benchmark as JSON beside the model, checked when read."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from functools import lru_cache
from itertools import product
from pathlib import Path
from typing import Any

from lstm_core.attribution.faithfulness import (
    METRICS,
    NAMES,
    FaithfulnessKey,
    FaithfulnessReport,
    measure_faithfulness,
)
from lstm_core.attribution.occlusion import MaskingStrategy
from lstm_core.attribution.registry import Method
from lstm_core.errors import LstmLensError
from lstm_core.json_codec import decode
from lstm_core.model.bundle import EXPLANATIONS_FILE, Bundle, with_artifacts
from lstm_core.model.measurements import (
    ArtifactSpec,
    parse_measured,
    read_measured,
    read_stored,
)
from lstm_core.model.sentiment_model import SentimentModel
from lstm_core.paths import data_folder
from lstm_core.permissions import Visitor
from lstm_core.tasks.atomic import write_file
from lstm_core.tasks.queue import submit
from lstm_core.tasks.worker import TaskContext

COMMAND = "python -m lstm_core explain --measure --write"
KIND = ArtifactSpec(EXPLANATIONS_FILE, 2, 4 * 2**20, f"Measure again with `{COMMAND}`.")
TASK_KIND = "faithfulness"
STANDARD = Method.RELEVANCE  # where nothing was measured: cheap, and close to the best


def faithfulness_to_json(report: FaithfulnessReport) -> str:
    """The verdict as JSON text."""
    return json.dumps({"format": KIND.format, **asdict(report)}, allow_nan=False) + "\n"


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


def write_faithfulness(bundle: Bundle, report: FaithfulnessReport) -> Bundle:
    """Put the verdict into a bundle."""
    return with_artifacts(bundle, bundle.card, {EXPLANATIONS_FILE: faithfulness_to_json(report)})


def most_faithful(bundle: Bundle) -> Method:
    """The fast method that is closest to the best one on this model (`FaithfulnessReport.fast`).

    The standard one where nothing fit was measured.
    """
    try:
        found = read_faithfulness(bundle)
    except LstmLensError:
        found = None
    return STANDARD if found is None else found.fast


def result_path(bundle: Bundle) -> Path:
    """File of the last finished measurement made here on the built-in reviews."""
    return data_folder() / "evaluations" / bundle.fingerprint[:16] / EXPLANATIONS_FILE


def measured_here(bundle: Bundle) -> FaithfulnessReport | None:
    """The last finished measurement made here, None when there is none that can be read."""
    path = result_path(bundle)
    try:
        return _read_here(path, bundle.fingerprint, path.stat().st_mtime_ns)
    except (OSError, LstmLensError):
        return None


@lru_cache(maxsize=4)
def _read_here(path: Path, fingerprint: str, written: int) -> FaithfulnessReport:
    del written  # a new result is read again
    return read_measured(KIND, path, fingerprint, faithfulness_from_json)


def start_faithfulness(bundle: Bundle, texts: Sequence[str], visitor: Visitor) -> None:
    """Ask for the measurement of all methods on a few built-in reviews, see `lstm_core.tasks`.

    Raises:
        NotAllowedError: The visitor may not measure.
        TaskError: It cannot be started.
    """
    arguments = {
        "model": str(bundle.folder.resolve()),
        "out": str(result_path(bundle).resolve()),
        "texts": list(texts),
    }
    submit(TASK_KIND, bundle.fingerprint, arguments, visitor)


def run(task: TaskContext) -> None:
    """The task's function: measure, and replace the last measurement made here."""
    model = SentimentModel.load(Path(str(task.arguments["model"])))
    stamp = FaithfulnessKey(
        fingerprint=model.bundle.fingerprint,
        data="built-in reviews",
        data_sha256="",
        reviews=0,
        seed=0,
        made="",
        seconds=0.0,
        command=COMMAND,
    )
    texts = [str(text) for text in task.arguments["texts"]]
    found = measure_faithfulness(model, texts, stamp, task.report)
    out = Path(str(task.arguments["out"]))
    out.parent.mkdir(parents=True, exist_ok=True)
    write_file(out, faithfulness_to_json(found))


def _build(loaded: Any) -> FaithfulnessReport:
    report = decode(FaithfulnessReport, loaded, "explanations")
    _check(report)
    return report


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
