"""Where things lie: what ships with the repository, and what a person makes."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ASSETS = ROOT / "assets"
SHIPPED_MODEL = ASSETS / "model"


def data_folder() -> Path:
    """Folder of what is made here: ``LSTM_LENS_HOME``, or ``data`` in the repository."""
    return Path(os.environ.get("LSTM_LENS_HOME") or ROOT / "data")


def runs_folder() -> Path:
    """Folder that holds one folder a run."""
    return data_folder() / "runs"
