"""The command line: ``python -m lstm_core COMMAND``. Each command is a module of its own."""

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module

from lstm_core.errors import LstmLensError

COMMANDS = (
    "classify",
    "trace",
    "trace-model",
    "explain",
    "score",
    "train",
    "train-cell",
    "import",
    "sweep",
    "evaluate",
    "index",
    "verify",
    "app",
)
MODULES = {"import": "import_"}  # a word of Python's own
USAGE_ERROR = 2
INTERRUPTED = 130


def main(argv: Sequence[str], program: str = "python -m lstm_core") -> int:
    """Run one command.

    Args:
        argv: The words after the program.
        program: What the help calls it.

    Returns:
        The exit code: 0 done, 1 a check failed, 2 unusable input, 130 stopped by the person.
    """
    parser = make_parser(program)
    arguments = parser.parse_args(argv)
    if sys.stdout is None:  # closed by the shell: >&-
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - until the end
    try:
        code = int(arguments.run(arguments))
        sys.stdout.flush()
        return code
    except LstmLensError as error:
        print(f"lstm_core {arguments.command}: {error}", file=sys.stderr)
        return USAGE_ERROR
    except KeyboardInterrupt:
        print(f"lstm_core {arguments.command}: stopped.", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # The reader (head, less) went away: no error, and nothing more to write at exit.
        _drop_output()
        return 0
    except OSError as error:
        _drop_output()
        where = f"{error.filename}: " if error.filename else ""
        print(f"lstm_core {arguments.command}: {where}{error.strerror or error}.", file=sys.stderr)
        return USAGE_ERROR


def _drop_output() -> None:
    """Send what is still to be written nowhere, so that the exit does not fail again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def console() -> int:
    """The installed command ``lstm-lens``."""
    return main(sys.argv[1:], "lstm-lens")


def make_parser(program: str = "python -m lstm_core") -> argparse.ArgumentParser:
    """The parser with all commands."""
    parser = argparse.ArgumentParser(
        prog=program,
        description="See every value inside an LSTM while it reads a film review.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name in COMMANDS:
        import_module(f"lstm_core.cli.{MODULES.get(name, name.replace('-', '_'))}").add_to(commands)
    return parser
