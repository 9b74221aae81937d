"""``trace-model``: every gate and state of the recurrent layers of a Keras model file."""

import argparse
import json
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lstm_core.errors import InputError, reason

if TYPE_CHECKING:
    from lstm_core.recurrent.layer_trace import AnyTrace, LayerTrace, Traces

LARGEST_ARRAY = 256 * 2**20  # bytes


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "trace-model", help="gates and states of any Keras model", description=__doc__
    )
    parser.add_argument("model", type=Path, metavar="FILE", help="a .keras or whole-model .h5 file")
    given = parser.add_mutually_exclusive_group(required=True)
    given.add_argument(
        "--ids", metavar="IDS", help="word ids of one sequence, separated by commas or spaces"
    )
    given.add_argument(
        "--npy", type=Path, metavar="FILE", help="ids (N, T) or numbers (N, T, F) in NumPy's format"
    )
    parser.add_argument("--layers", nargs="+", metavar="NAME", help="only these layers")
    parser.add_argument("--output", type=Path, metavar="FILE", help="write all arrays as .npz")
    parser.add_argument("--json", action="store_true", help="print all arrays as JSON")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Trace the model and write or print what was found."""
    from lstm_core.model.model_trace import trace_model

    x = _ids(arguments.ids) if arguments.npy is None else _npy(arguments.npy)
    traces = trace_model(arguments.model, x, arguments.layers)
    if arguments.output is not None:
        try:
            with arguments.output.open("wb") as file:
                np.savez_compressed(file, allow_pickle=False, **arrays(traces))
        except OSError as error:
            raise InputError(f"{arguments.output} cannot be written: {error.strerror}.") from error
    if arguments.json:
        print(json.dumps(_as_json(traces)))
    else:
        print("\n".join(_lines(traces)))
    return 0


def arrays(traces: "Traces") -> dict[str, np.ndarray[Any, Any]]:
    """All arrays by name: ``layer/quantity``, in both directions ``layer/forward/quantity``."""
    found: dict[str, np.ndarray[Any, Any]] = {}
    for name, trace in traces.items():
        for inside, part in _parts(trace):
            for quantity, values in part.arrays().items():
                found[f"{name}/{inside}{quantity}"] = values
            found[f"{name}/{inside}steps"] = part.steps
    return found


def _parts(trace: "AnyTrace") -> list[tuple[str, "LayerTrace"]]:
    from lstm_core.recurrent.layer_trace import BidirectionalTrace, StackedTrace

    if isinstance(trace, BidirectionalTrace):
        return [("forward/", trace.forward), ("backward/", trace.backward)]
    if isinstance(trace, StackedTrace):
        return [(f"cell {number}/", cell) for number, cell in enumerate(trace.cells)]
    return [("", trace)]


def _as_json(traces: "Traces") -> dict[str, Any]:
    found = {name: array.tolist() for name, array in arrays(traces).items()}
    return {"arrays": found, "unsupported": dict(traces.unsupported)}


def _lines(traces: "Traces") -> list[str]:
    """One line for each quantity, and one for each layer that was not computed."""
    lines = [
        f"{name:<48} {array.shape!s:<16} {array.min():+.4f} to {array.max():+.4f}"
        for name, array in arrays(traces).items()
        if not name.endswith("/steps")
    ]
    return lines + [f"{name}: not computed, {why}" for name, why in traces.unsupported.items()]


def _ids(text: str) -> np.ndarray[Any, Any]:
    try:
        return np.array([[int(word) for word in text.replace(",", " ").split()]], np.int64)
    except (ValueError, OverflowError) as error:
        raise InputError(
            f"--ids {text[:80]!r} came in; whole numbers are read, such as 1,14,22."
        ) from error


def _npy(path: Path) -> np.ndarray[Any, Any]:
    """The array of a ``.npy`` file; nothing is unpickled."""
    try:
        if path.stat().st_size > LARGEST_ARRAY:
            raise InputError(f"{path} has more than {LARGEST_ARRAY:,} bytes.")
        loaded = np.load(path, allow_pickle=False)
        if isinstance(loaded, np.ndarray):
            return loaded
        raise ValueError("it is no .npy file")
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, MemoryError) as error:
        why = "it is no .npy file of numbers" if "pickle" in str(error) else reason(error)
        raise InputError(
            f"{path} cannot be read as an array of numbers ({why}). Save it with numpy.save."
        ) from error
