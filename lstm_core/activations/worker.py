"""Computing the activations of a corpus as a background task, see `lstm_core.tasks`."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from lstm_core.activations.build import build_index
from lstm_core.activations.layers import IndexedLayer, indexed_layers
from lstm_core.activations.sources import built_in_texts, file_texts, test_texts
from lstm_core.datasets.table_format import TableOptions
from lstm_core.json_codec import decode
from lstm_core.model.sentiment_model import SentimentModel
from lstm_core.permissions import Visitor
from lstm_core.tasks.queue import submit
from lstm_core.tasks.uploads import Upload
from lstm_core.tasks.worker import TaskContext

KIND, BUILT_IN_KIND = "activations", "built_in_activations"
BUILT_IN, TEST, FILE = "built-in", "test", "file"


def task_key(layer: IndexedLayer, what: str) -> str:
    """Key of the task for a layer.

    Args:
        what: Names the reviews: the fingerprint of the texts, or of their file's stamp.
    """
    return f"{layer.fingerprint} {what}"


def start_built_in(layer: IndexedLayer, what: str, visitor: Visitor) -> None:
    """Ask for the activations of the built-in texts, which need no permission.

    Raises:
        TaskError: They cannot be started.
    """
    submit(BUILT_IN_KIND, task_key(layer, what), _arguments(layer, BUILT_IN), visitor)


def start_test(layer: IndexedLayer, what: str, visitor: Visitor) -> None:
    """Ask for the activations of the test reviews of the data set on this machine.

    Raises:
        NotAllowedError: The visitor may not measure.
        TaskError: They cannot be started.
    """
    submit(KIND, task_key(layer, what), _arguments(layer, TEST), visitor)


def start_file(
    layer: IndexedLayer, what: str, upload: Upload, options: TableOptions, visitor: Visitor
) -> None:
    """Ask for the activations of an uploaded file.

    Raises:
        NotAllowedError: The visitor may not measure.
        TaskError: They cannot be started.
    """
    arguments = {
        **_arguments(layer, FILE, path=str(upload.path.resolve()), name=upload.name),
        "options": asdict(options),
    }
    submit(KIND, task_key(layer, what), arguments, visitor)


def run(task: TaskContext) -> dict[str, Any]:
    """The task's function: read the reviews, compute, and put the activations in place."""
    given = task.arguments
    model = SentimentModel.load(Path(str(given["model"])))
    if given["source"] == TEST:
        texts = test_texts(task.report)
    elif given["source"] == FILE:
        options = decode(TableOptions, given["options"])
        texts = file_texts(Path(str(given["path"])), options, str(given["name"]))
    else:
        texts = built_in_texts()
    layer = indexed_layers(model)[int(given["layer"])]
    index = build_index(model, texts, task.report, layer=layer)
    return {"folder": index.folder.name}


def _arguments(layer: IndexedLayer, source: str, **more: str) -> dict[str, Any]:
    folder, number = str(layer.bundle.folder.resolve()), layer.number or 0
    return {"model": folder, "source": source, "layer": number, **more}
