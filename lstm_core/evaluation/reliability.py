"""From when on a verdict deserves a caution: read from what was measured on this very model."""

from functools import lru_cache
from pathlib import Path

from lstm_core.analysis.prediction import UNMEASURED, ReliabilityThresholds
from lstm_core.errors import LstmLensError
from lstm_core.evaluation.schema import Evaluation
from lstm_core.evaluation.store import read_evaluation_file
from lstm_core.model.bundle import EVALUATION_FILE, Bundle

KEPT = 8  # models whose thresholds are kept in memory


def reliability_of(bundle: Bundle) -> ReliabilityThresholds:
    """The thresholds stored with a model, read once; `UNMEASURED` where there are none."""
    note = bundle.card.files.get(EVALUATION_FILE)
    if note is None:
        return UNMEASURED
    path = bundle.folder / EVALUATION_FILE
    return _read(path, bundle.fingerprint, bundle.maxlen, note.sha256)


def reliability_from(evaluation: Evaluation | None) -> ReliabilityThresholds:
    """The thresholds that an evaluation holds."""
    if evaluation is None or not evaluation.reliability:
        return UNMEASURED
    note = evaluation.reliability[0]
    return ReliabilityThresholds(
        fewest_known=note.fewest_known,
        most_unknown=note.most_unknown,
        few_accuracy=note.few_accuracy,
        unknown_accuracy=note.unknown_accuracy,
        usual_accuracy=note.full,
    )


@lru_cache(maxsize=KEPT)
def _read(path: Path, fingerprint: str, maxlen: int, sha256: str) -> ReliabilityThresholds:
    del sha256  # figures measured again are read again
    try:
        return reliability_from(read_evaluation_file(path, fingerprint, maxlen))
    except LstmLensError:
        return UNMEASURED
