"""The folder of a run: which file is what."""

from dataclasses import dataclass
from pathlib import Path

from lstm_core.errors import RunError
from lstm_core.model.registry import checked_name
from lstm_core.model.sentiment_model import RUN_NAME
from lstm_core.paths import runs_folder
from lstm_core.runs.example import EXAMPLE, EXAMPLE_FOLDER, has_example
from lstm_core.tasks.folder import Inside


@dataclass(frozen=True, slots=True)
class RunFolder:
    """Paths inside a run's folder, with its checkpoints in ``checkpoint-*.npz``."""

    path: Path

    request = Inside("request.json")  # what was asked for
    events = Inside("events.jsonl")  # what happened, one JSON object per line
    now = Inside("now.json")  # how it stands at this moment
    steps = Inside("steps.f32")  # loss, accuracy and gradient norm of every step
    history = Inside("history.csv")  # one line per epoch
    film = Inside("film")  # folder of the snapshots
    insides = Inside("insides")  # folder of the diagnostics
    tensorboard = Inside("tensorboard")  # folder of TensorBoard's event files
    log = Inside("worker.log")  # what the process printed
    control = Inside("control")  # the command that the process is given
    controls = Inside("controls.json")  # where it pauses, its speed, settings of the next steps
    lock = Inside("lock")  # held while the process runs
    owner = Inside("owner")  # who started it, by the id of a `Visitor`
    queued = Inside("queued")  # its place in the queue, while it waits for its start
    watched = Inside("watched")  # touched while somebody looks at the current weights
    current = Inside("current.npz")  # the weights of a moment ago, while somebody looks
    batch = Inside("batch.json")  # what the last batch did, written in a pause
    epochs = Inside("epochs")  # folder of the weights after each epoch
    data_note = Inside("data.json")  # what it learns from, for a card
    bundle = Inside("bundle")  # the model

    @property
    def name(self) -> str:
        """The run's name."""
        return self.path.name

    @property
    def is_example(self) -> bool:
        """Whether it is the run that ships with LSTM Lens, which is only read."""
        return self.path == EXAMPLE_FOLDER


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
