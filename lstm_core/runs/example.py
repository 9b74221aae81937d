"""The example run: the training of the shipped model, so that no view is empty before a first run.

It lies among the assets and is only read: curves, epochs, diagnostics and snapshots. Its model is
the shipped one. It holds no review of the data set.
"""

from lstm_core.paths import ASSETS, SHIPPED_MODEL, runs_folder

EXAMPLE = "example"
EXAMPLE_FOLDER = ASSETS / "runs" / EXAMPLE
EXAMPLE_VOCABULARY = SHIPPED_MODEL / "vocabulary.txt"


def has_example() -> bool:
    """Whether the example run is there and no run of this machine has its name."""
    own = runs_folder() / EXAMPLE
    return (EXAMPLE_FOLDER / "request.json").is_file() and not own.exists()
