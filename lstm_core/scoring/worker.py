"""The process that reads an uploaded file: `python -m lstm_core.scoring.worker look|score FOLDER`.

It is apart from the server, so that a long or hostile file takes neither the server's time nor its
memory. All it knows stands in the folder, all it finds is written there, each file whole or not at
all: `look.json` after a look, `summary.json` and the result after scoring, `error.txt` with a
sentence when it could not. `progress.json` holds how far it has come.
"""

import json
import os
import sys
from dataclasses import asdict, dataclass, field
from pathlib import Path

from lstm_core.datasets.table_format import TableOptions
from lstm_core.errors import DataError, InputError, LstmLensError
from lstm_core.progress import Progress
from lstm_core.scoring.batch import Reading
from lstm_core.scoring.writers import Output

ORDER_FILE = "order.json"
LOOK_FILE = "look.json"
SUMMARY_FILE = "summary.json"
PROGRESS_FILE = "progress.json"
ERROR_FILE = "error.txt"
MEMORY = 4 << 30  # bytes of address space: a small file that unpacks to more than that is refused
DATA = 1 << 30  # bytes that the process itself may allocate
MOST_ROWS = 1_000_000
MOST_WRITTEN = 512 << 20  # bytes
MOST_UNPACKED = 400 * 10**6  # bytes of an upload of at most 100 MB
NICENESS = 5  # the pages of all visitors come first

TOO_LARGE = (
    "This file unpacks to more than this server has room for. Give a smaller one, or one with "
    "smaller row groups."
)


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be done with a file.

    Attributes:
        file: Name of the file in the folder.
        name: What its owner calls it.
        result: Name of the file to write there.
        model: Folder of the bundle.
        options: What its owner says about it.
        reading: How much of a review is read.
        output: The form of a CSV result.
    """

    file: str
    name: str
    result: str = ""
    model: str = ""
    options: TableOptions = field(default_factory=TableOptions)
    reading: Reading = Reading.FIRST
    output: Output = field(default_factory=Output)


def read_order(folder: Path) -> Order:
    """The order that lies in a folder."""
    values = json.loads((folder / ORDER_FILE).read_text(encoding="utf-8"))
    return Order(
        **{
            **values,
            "options": TableOptions(**values["options"]),
            "reading": Reading(values["reading"]),
            "output": Output(**values["output"]),
        }
    )


def write_whole(path: Path, text: str) -> None:
    """Write a file so that it is there whole or not at all."""
    beside = path.with_name(f".{path.name}")
    beside.write_text(text, encoding="utf-8")
    beside.replace(path)


def main(task: str, folder: Path) -> int:
    """Do one task and leave what was found, or a sentence, in the folder."""
    _be_modest()
    try:
        if task == "look":
            _look(folder)
        else:
            _score(folder)
    except LstmLensError as error:
        write_whole(folder / ERROR_FILE, str(error))
        return 1
    except MemoryError:  # Arrow's own is one of these too
        write_whole(folder / ERROR_FILE, TOO_LARGE)
        return 1
    return 0


def _look(folder: Path) -> None:
    from lstm_core.datasets.table import preview

    order = read_order(folder)
    seen = preview(folder / order.file, order.options, name=order.name, limit=MOST_UNPACKED)
    write_whole(folder / LOOK_FILE, json.dumps(asdict(seen), ensure_ascii=False))


def _score(folder: Path) -> None:
    from lstm_core.model.sentiment_model import SentimentModel
    from lstm_core.scoring.file import Limits, score_file

    order, parent = read_order(folder), os.getppid()

    def tell(progress: Progress) -> None:
        if os.getppid() != parent:  # the server is gone, and nobody will ask for the result
            sys.exit(1)
        write_whole(folder / PROGRESS_FILE, json.dumps(asdict(progress)))

    summary = score_file(
        SentimentModel.load(Path(order.model)),
        folder / order.file,
        folder / order.result,
        options=order.options,
        reading=order.reading,
        output=order.output,
        limits=Limits(MOST_ROWS, MOST_WRITTEN, MOST_UNPACKED),
        workers=1,
        name=order.name,
        progress=tell,
    )
    write_whole(folder / SUMMARY_FILE, summary.to_json())


def _be_modest() -> None:
    """Stand back behind the pages, and take no more memory than a file may need."""
    try:
        import resource

        os.nice(NICENESS)
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_DATA, (DATA, DATA))
    except (ImportError, AttributeError, OSError, ValueError):
        return  # not on this system: the limits on rows and sizes stay


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] not in ("look", "score"):
        raise InputError("Give a task, look or score, and a folder.")
    if not Path(sys.argv[2]).is_dir():
        raise DataError("There is no such folder.")
    sys.exit(main(sys.argv[1], Path(sys.argv[2])))
