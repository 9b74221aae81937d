"""The folder of a run: which file is what.

`request.json` what was asked for, `events.jsonl` what happened, one line each, `now.json` how it
stands at this moment, `steps.f32` loss, accuracy and gradient norm of every step, `history.csv` a
line per epoch, `checkpoint-*.npz` to go on from, `film` and `insides` what was seen on the way,
`tensorboard` event files, `worker.log` what the process printed, `control` and `controls.json` what
it is asked to do, `epochs` the weights after each epoch, `current.npz` and `batch.json` the weights
and the last batch of a moment ago, `lock` held while it lives, `bundle` the model.
"""

from dataclasses import dataclass
from pathlib import Path

from lstm_core.errors import RunError
from lstm_core.model.registry import checked_name
from lstm_core.model.sentiment_model import RUN_NAME
from lstm_core.paths import runs_folder
from lstm_core.runs.example import EXAMPLE, EXAMPLE_FOLDER, has_example


@dataclass(frozen=True, slots=True)
class RunFolder:
    """Paths inside a run's folder."""

    path: Path

    @property
    def name(self) -> str:
        """The run's name."""
        return self.path.name

    @property
    def is_example(self) -> bool:
        """Whether it is the run that ships with LSTM Lens, which is only read."""
        return self.path == EXAMPLE_FOLDER

    @property
    def request(self) -> Path:
        """What was asked for."""
        return self.path / "request.json"

    @property
    def events(self) -> Path:
        """What happened."""
        return self.path / "events.jsonl"

    @property
    def now(self) -> Path:
        """How it stands."""
        return self.path / "now.json"

    @property
    def steps(self) -> Path:
        """Loss, accuracy and gradient norm of every step."""
        return self.path / "steps.f32"

    @property
    def history(self) -> Path:
        """One line per epoch."""
        return self.path / "history.csv"

    @property
    def film(self) -> Path:
        """Folder of the film's frames."""
        return self.path / "film"

    @property
    def insides(self) -> Path:
        """Folder of what was measured inside the model."""
        return self.path / "insides"

    @property
    def tensorboard(self) -> Path:
        """Folder of TensorBoard's event files."""
        return self.path / "tensorboard"

    @property
    def log(self) -> Path:
        """What the process printed."""
        return self.path / "worker.log"

    @property
    def control(self) -> Path:
        """What the process is asked to do."""
        return self.path / "control"

    @property
    def lock(self) -> Path:
        """Held while the process lives."""
        return self.path / "lock"

    @property
    def owner(self) -> Path:
        """Who started it, by the id of a `Visitor`."""
        return self.path / "owner"

    @property
    def queued(self) -> Path:
        """Its place in the queue, while it waits for its start."""
        return self.path / "queued"

    @property
    def controls(self) -> Path:
        """Where it pauses, its speed, settings of the next steps."""
        return self.path / "controls.json"

    @property
    def watched(self) -> Path:
        """Touched while somebody looks at the current weights."""
        return self.path / "watched"

    @property
    def current(self) -> Path:
        """The weights as they were a moment ago, while somebody looks."""
        return self.path / "current.npz"

    @property
    def batch(self) -> Path:
        """What the last batch did, written in a pause."""
        return self.path / "batch.json"

    @property
    def epochs(self) -> Path:
        """Folder of the weights after each epoch."""
        return self.path / "epochs"

    @property
    def data_note(self) -> Path:
        """What it learns from, for a card."""
        return self.path / "data.json"

    @property
    def bundle(self) -> Path:
        """The model."""
        return self.path / "bundle"


def machine_lock() -> Path:
    """The lock that only one training of this machine can hold."""
    return runs_folder() / ".training.lock"


def folder_of(name: str) -> RunFolder:
    """The folder of a run that exists.

    Raises:
        RunError: When there is none of that name.
    """
    folder = RunFolder(runs_folder() / checked_name(name))
    if name == EXAMPLE and has_example():
        return RunFolder(EXAMPLE_FOLDER)
    if not folder.request.is_file():
        raise RunError(f"There is no run named {name!r}. Choose one of the list of runs.")
    return folder


def all_folders() -> list[RunFolder]:
    """The folders of all runs, in no order."""
    try:
        entries = list(runs_folder().iterdir())
    except OSError:
        return []
    folders = (RunFolder(entry) for entry in entries if RUN_NAME.fullmatch(entry.name))
    return [folder for folder in folders if folder.request.is_file()]
