"""Configuration of a run: settings, data and probe reviews."""

import json
import shlex
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path

from lstm_core.datasets.table_format import TableOptions
from lstm_core.errors import InputError, RunError, reason
from lstm_core.json_codec import decode, loads
from lstm_core.training.settings import TrainSettings

MOST_PROBES = 6
LONGEST_PROBE = 2_000  # characters
LARGEST_SHARE = 0.5
MOST_PATIENCE = 50  # epochs
DEFAULT_PROBES = (
    "A wonderful film: warm, funny and beautifully acted.",
    "A boring mess. The worst two hours of my year.",
    "It is not good, but the songs are great.",
)


class DataKind(StrEnum):
    """Where the reviews come from."""

    SMALL = "small"  # the small corpus of the repository
    IMDB = "imdb"  # IMDb where it is found, see `find_corpus`
    PATH = "path"  # a file or folder that is named


class Keep(StrEnum):
    """Which epoch's weights become the model of a run."""

    LAST = "last"
    BEST = "best"  # the lowest validation loss


@dataclass(frozen=True, slots=True)
class DataChoice:
    """The data of a training."""

    kind: DataKind = DataKind.SMALL  # where the reviews come from
    path: str = ""  # the file or folder, for `DataKind.PATH`
    table: TableOptions = field(default_factory=TableOptions)  # for a table, how it is read
    name: str = ""  # what its owner calls an uploaded table; empty for its name in the path
    download: bool = False  # let Keras download IMDb when it is not found

    def __post_init__(self) -> None:
        if (self.kind is DataKind.PATH) != bool(self.path):
            raise InputError(
                f"The data is {self.kind} with the path {self.path!r}; give a path for a file or "
                "folder of your own, and none otherwise."
            )


@dataclass(frozen=True, slots=True)
class RunRequest:
    """The configuration of a run.

    Raises:
        InputError: When a value is outside its range.
    """

    settings: TrainSettings = field(default_factory=TrainSettings)  # recipe, sizes and seed
    data: DataChoice = field(default_factory=DataChoice)  # what is learned from
    validation_share: float = 0.1  # share of the training reviews kept apart to watch by, 0 to 0.5
    review_limit: int = 0  # training reviews used at most, and test reviews; 0 for all
    probes: tuple[str, ...] = DEFAULT_PROBES  # reviews that are traced while the model learns
    name: str = ""  # of the run; empty for one made of the recipe and a number
    keep: Keep = Keep.LAST  # which epoch's weights become the model; the article keeps the last
    patience: int = 0  # epochs without a lower validation loss after which it ends; 0 for never

    def __post_init__(self) -> None:
        if not 0 <= self.patience <= MOST_PATIENCE:
            raise InputError(
                f"The patience is {self.patience} epochs; choose 0 (never end early) to "
                f"{MOST_PATIENCE}."
            )
        if (self.keep is Keep.BEST or self.patience) and not self.validation_share:
            raise InputError(
                "The best epoch and early stopping are decided by the validation loss, and this "
                "run keeps no validation reviews apart. Choose a validation share above 0."
            )
        if not 0 <= self.validation_share <= LARGEST_SHARE:
            raise InputError(
                f"The validation share is {self.validation_share}; choose 0 to {LARGEST_SHARE}."
            )
        if self.review_limit < 0 or 0 < self.review_limit < 20:
            raise InputError(
                f"The limit is {self.review_limit} reviews; choose 20 or more, or 0 for all."
            )
        if len(self.probes) > MOST_PROBES:
            raise InputError(
                f"{len(self.probes)} probe reviews came in; choose {MOST_PROBES} at most."
            )
        if long := [len(probe) for probe in self.probes if len(probe) > LONGEST_PROBE]:
            raise InputError(
                f"A probe review has {long[0]:,} characters; at most {LONGEST_PROBE:,} are read."
            )

    def to_json(self) -> str:
        """As JSON text."""
        return json.dumps(asdict(self), indent=2, ensure_ascii=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> "RunRequest":
        """Read a request.

        Raises:
            RunError: When the text is none.
        """
        try:
            found = loads(text)
            data = found["data"]
            if "table" not in data:  # runs of older versions name the columns alone
                columns = ("text_column", "label_column")
                data["table"] = {name: data.get(name) or None for name in columns}
            return decode(cls, found)
        except (ValueError, TypeError, KeyError, InputError) as error:
            raise RunError(f"The settings of the run cannot be read: {reason(error)}.") from error


def command_of(request: RunRequest) -> str:
    """The command that makes the same model again; a file stands there without its folder."""
    settings, plain = request.settings, TrainSettings(request.settings.recipe)
    words = ["python", "-m", "lstm_core", "train", "--recipe", str(settings.recipe)]
    if request.data.kind is DataKind.SMALL:
        words.append("--small")
    if request.data.kind is DataKind.PATH:
        words += ["--data", request.data.name or Path(request.data.path).name]
    words += request.data.table.as_arguments()
    for name in ("num_words", "maxlen", "embedding_dim", "lstm_dim", "batch_size", "epochs"):
        if name not in settings.unused and getattr(settings, name) != getattr(plain, name):
            words += [f"--{name.replace('_', '-')}", str(getattr(settings, name))]
    words += ["--seed", str(settings.seed)]
    if request.validation_share:
        words += ["--validation-share", f"{request.validation_share:g}"]
    if request.review_limit:
        words += ["--limit", str(request.review_limit)]
    if request.keep is Keep.BEST:
        words += ["--keep", str(request.keep)]
    if request.patience:
        words += ["--patience", str(request.patience)]
    return shlex.join(words)
