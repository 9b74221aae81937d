"""``trace``: every value inside the recurrent layer while it reads a review.

As table, CSV, JSON or NPZ. Of an imported model one layer and direction is chosen.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from lstm_core.cli.inputs import add_layer, add_model, add_text, model_of, text_of
from lstm_core.errors import InputError
from lstm_core.model.sentiment_model import SentimentModel
from lstm_core.recurrent.lstm import QUANTITIES, Floats
from lstm_core.recurrent.running import ModelTrace
from lstm_core.recurrent.trace import Trace

LETTERS = {  # of the columns of the table
    "input_gate": "i",
    "forget_gate": "f",
    "candidate": "g",
    "output_gate": "o",
    "update_gate": "z",
    "reset_gate": "r",
    "cell_state": "|c|",
    "hidden_state": "|h|",
}
FORMATS = ("table", "csv", "json", "npz")


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to the parser."""
    parser = commands.add_parser("trace", help="every value inside the LSTM", description=__doc__)
    add_text(parser)
    add_model(parser)
    parser.add_argument(
        "--format",
        choices=FORMATS,
        default="table",
        help="table: one line per word; csv: one line per word and unit; json, npz: the arrays "
        "(default: table)",
    )
    parser.add_argument(
        "--json",
        action="store_const",
        const="json",
        dest="format",
        help="the same as --format json",
    )
    add_layer(parser)
    parser.add_argument("--output", type=Path, metavar="FILE", help="needed for npz")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Trace one review and write it out."""
    if arguments.format == "npz" and arguments.output is None:
        raise InputError("npz is not text: name a file with --output FILE.npz.")
    trace = _traced(model_of(arguments), arguments.layer, text_of(arguments))
    if arguments.format == "npz":
        write_npz(arguments.output, trace)
        return 0
    lines = {"table": table_lines, "csv": csv_lines, "json": json_lines}[arguments.format](trace)
    if arguments.output is None:
        sys.stdout.writelines(lines)
        return 0
    try:
        with arguments.output.open("w", encoding="utf-8", newline="") as file:
            file.writelines(lines)
    except OSError as error:
        raise InputError(f"{arguments.output} cannot be written: {error.strerror}.") from error
    return 0


def _traced(model: SentimentModel, layer: str | None, text: str) -> Trace | ModelTrace:
    """The trace of a review; of an imported model that of one layer."""
    from lstm_core.activations.layers import layer_named

    return layer_named(model, layer).trace(text)


def quantities_of(trace: Trace | ModelTrace) -> dict[str, Floats]:
    """The quantities of the layer by name, ``(T, D)`` each."""
    if isinstance(trace, Trace):
        return {name: getattr(trace, name) for name in QUANTITIES}
    return dict(trace.last_layer.quantities)


def write_npz(target: Path, trace: Trace | ModelTrace) -> None:
    """Write the file that the states page gives; of an imported model the arrays of `arrays`."""
    from lstm_core.figures.export import npz_bytes

    file = BytesIO()
    if isinstance(trace, Trace):
        file.write(npz_bytes(trace))
    else:
        np.savez_compressed(file, allow_pickle=False, **arrays(trace))
    try:
        target.write_bytes(file.getvalue())
    except OSError as error:
        raise InputError(f"{target} cannot be written: {error.strerror}.") from error


def arrays(trace: Trace | ModelTrace) -> dict[str, Any]:
    """The trace as named arrays, those of a word ``(T,)`` and those of a unit ``(T, D)``."""
    return {
        "ids": trace.encoding.ids,
        "words": np.array(trace.encoding.words),
        "probability": trace.probability,
        "contributions": trace.contributions,
        **quantities_of(trace),
    }


def table_lines(trace: Trace | ModelTrace) -> Iterator[str]:
    """One line per place: id, word, running probability, contribution, mean of each quantity."""
    shown = quantities_of(trace)
    head = ["place", "id", "word", "P", "added", *(LETTERS[name] for name in shown)]
    widths = [5, 6, 18, 7, 8, *(7 if name == "candidate" else 6 for name in shown)]
    yield "".join(name.rjust(width) for name, width in zip(head, widths, strict=True)) + "\n"
    for place, word in enumerate(trace.encoding.words):
        cells = [
            str(place + 1),
            str(trace.encoding.ids[place]),
            word[:16],
            f"{trace.probability[place]:.3f}",
            f"{trace.contributions[place]:+.3f}",
            *(_mean(name, values[place]) for name, values in shown.items()),
        ]
        yield "".join(cell.rjust(w) for cell, w in zip(cells, widths, strict=True)) + "\n"


def _mean(quantity: str, values: Floats) -> str:
    """The mean over the units at one place; of the states that of their absolute values."""
    if quantity == "candidate":
        return f"{values.mean():+.3f}"
    return f"{(np.abs(values) if quantity.endswith('_state') else values).mean():.3f}"


def csv_lines(trace: Trace | ModelTrace) -> Iterator[str]:
    """One line per place and unit, with a header; the file that the states page gives."""
    from lstm_core.figures.export import csv_bytes

    yield csv_bytes(trace).decode()


def json_lines(trace: Trace | ModelTrace) -> Iterator[str]:
    """One JSON object with every array of the trace."""
    if isinstance(trace, Trace):
        own: dict[str, Any] = {"bias": trace.bias}
    else:
        own = {
            "layer": trace.last_layer.name,
            "kind": trace.last_layer.kind,
            "class": trace.class_name,
            "empty_logit": trace.empty_logit,
            "classes": trace.classes.tolist(),
        }
    yield json.dumps(
        {
            "text": trace.encoding.text,
            **{name: array.tolist() for name, array in arrays(trace).items()},
            **own,
            "read": trace.encoding.read_count,
            "unread": trace.encoding.unread,
        },
        ensure_ascii=False,
    )
    yield "\n"
