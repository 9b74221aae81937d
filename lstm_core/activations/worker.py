"""Building an index as a process of its own; see `lstm_core.tasks.process`."""

from pathlib import Path

from lstm_core.activations.store import index_root
from lstm_core.datasets.table_format import TableOptions
from lstm_core.model.bundle import Bundle
from lstm_core.tasks.process import Process, TaskStatus, start, start_in, status_of

UPLOAD = "upload"
DONE = "done"  # written by the command when its index is in place


def job_folder(bundle: Bundle, what: str) -> Path:
    """Folder of the building of one index.

    Args:
        bundle: The bundle.
        what: Names the work: the fingerprint of the texts, or of their file's stamp.
    """
    return index_root() / ".jobs" / f"{bundle.fingerprint[:16]}-{what[:16]}"


def start_test(bundle: Bundle, what: str) -> Process:
    """Start building the index of the test reviews of the data set on this machine."""
    folder = job_folder(bundle, what)
    return start(folder, _command(bundle, folder, ["--data"]))


def start_file(
    bundle: Bundle, sha256: str, content: bytes, name: str, options: TableOptions
) -> Process:
    """Start building the index of a person's file; the copy of the file is removed at the end.

    Args:
        bundle: The bundle.
        sha256: Fingerprint of the file's texts.
        content: The file.
        name: Its name.
        options: How it is read.
    """
    folder = job_folder(bundle, sha256)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / DONE).unlink(missing_ok=True)
    (folder / UPLOAD).write_bytes(content)
    given = ["--file", str(folder / UPLOAD), "--name", name, "--remove-file"]
    given += options.as_arguments()
    return start_in(folder, _command(bundle, folder, given))


def job_standing(bundle: Bundle, what: str, process: Process | None) -> TaskStatus:
    """How the building of an index stands."""
    folder = job_folder(bundle, what)
    return status_of(folder, folder / DONE, process)


def _command(bundle: Bundle, folder: Path, given: list[str]) -> list[str]:
    command = ["-m", "lstm_core", "index", "--progress", "--model", str(bundle.folder.resolve())]
    return [*command, "--done", str(folder / DONE), *given]
