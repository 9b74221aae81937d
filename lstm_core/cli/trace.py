"""``trace``: every value inside the LSTM while it reads a review, as table, CSV, JSON or NPZ."""

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from lstm_core.cli.inputs import add_model, add_text, model_of, text_of
from lstm_core.errors import InputError
from lstm_core.recurrent.lstm import QUANTITIES
from lstm_core.recurrent.trace import Trace

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
        help="table: one line a word; csv: one line a word and unit; json, npz: the arrays",
    )
    parser.add_argument("--json", action="store_const", const="json", dest="format")
    parser.add_argument("--output", type=Path, metavar="FILE", help="needed for npz")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Trace one review and write it out."""
    if arguments.format == "npz" and arguments.output is None:
        raise InputError("npz is not text: name a file with --output FILE.npz.")
    trace = model_of(arguments).trace(text_of(arguments))
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


def write_npz(target: Path, trace: Trace) -> None:
    """Write the file that the states page gives."""
    from lstm_core.figures.export import npz_bytes

    try:
        target.write_bytes(npz_bytes(trace))
    except OSError as error:
        raise InputError(f"{target} cannot be written: {error.strerror}.") from error


def arrays(trace: Trace) -> dict[str, Any]:
    """The trace as named arrays, those of a word ``(T,)`` and those of a unit ``(T, D)``."""
    named = {name: getattr(trace, name) for name in QUANTITIES}
    return {
        "ids": trace.encoding.ids,
        "words": np.array(trace.encoding.words),
        "probability": trace.probability,
        "contributions": trace.contributions,
        **named,
    }


def table_lines(trace: Trace) -> Iterator[str]:
    """One line a place: id, word, running probability, contribution, mean of each quantity."""
    head = ["place", "id", "word", "P", "added", "i", "f", "g", "o", "|c|", "|h|"]
    widths = [5, 6, 18, 7, 8, 6, 6, 7, 6, 6, 6]
    yield "".join(name.rjust(width) for name, width in zip(head, widths, strict=True)) + "\n"
    for place, word in enumerate(trace.encoding.words):
        cells = [
            str(place + 1),
            str(trace.encoding.ids[place]),
            word[:16],
            f"{trace.probability[place]:.3f}",
            f"{trace.contributions[place]:+.3f}",
            f"{trace.input_gate[place].mean():.3f}",
            f"{trace.forget_gate[place].mean():.3f}",
            f"{trace.candidate[place].mean():+.3f}",
            f"{trace.output_gate[place].mean():.3f}",
            f"{np.abs(trace.cell_state[place]).mean():.3f}",
            f"{np.abs(trace.hidden_state[place]).mean():.3f}",
        ]
        yield "".join(cell.rjust(w) for cell, w in zip(cells, widths, strict=True)) + "\n"


def csv_lines(trace: Trace) -> Iterator[str]:
    """One line a place and unit, with a header; the file that the states page gives."""
    from lstm_core.figures.export import csv_bytes

    yield csv_bytes(trace).decode()


def json_lines(trace: Trace) -> Iterator[str]:
    """One JSON object with every array of the trace."""
    yield json.dumps(
        {
            "text": trace.encoding.text,
            **{name: array.tolist() for name, array in arrays(trace).items()},
            "bias": trace.bias,
            "read": trace.encoding.read_count,
            "unread": trace.encoding.unread,
        },
        ensure_ascii=False,
    )
    yield "\n"
