"""Where things lie: what ships with the repository, and what a person makes."""

import os
from pathlib import Path

CODE = Path(__file__).resolve().parent.parent  # the folder that holds this package
IS_CHECKOUT = (CODE / "app.py").is_file()
# An installed package keeps the app, its pages and assets in a folder beside the core.
ROOT = CODE if IS_CHECKOUT else CODE / "lstm_lens_app"
ASSETS = ROOT / "assets"
SHIPPED_MODEL = ASSETS / "model"


def data_folder() -> Path:
    """Folder of what is made here.

    ``LSTM_LENS_HOME``; else ``data`` in the repository; of an installed package the user's data
    folder (``XDG_DATA_HOME``, by default ``~/.local/share``) with ``lstm-lens``.
    """
    if home := os.environ.get("LSTM_LENS_HOME"):
        return Path(home)
    if IS_CHECKOUT:
        return ROOT / "data"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "lstm-lens"


def runs_folder() -> Path:
    """Folder that holds one folder a run."""
    return data_folder() / "runs"
