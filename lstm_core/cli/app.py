"""``app``: start the app in this process' place and open it at http://localhost:8501."""

import argparse
import os
import sys

from lstm_core.errors import InputError
from lstm_core.paths import ROOT


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to the parser."""
    parser = commands.add_parser("app", help="start the app", description=__doc__)
    parser.add_argument("--port", type=int, default=8501, help="port (default 8501)")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Replace this process by Streamlit."""
    if not 1 <= arguments.port <= 65_535:
        raise InputError(f"Port {arguments.port} came in; 1 to 65535 are allowed.")
    script, port = str(ROOT / "app.py"), str(arguments.port)
    words = ["-m", "streamlit", "run", script, "--server.port", port]
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, *words])
