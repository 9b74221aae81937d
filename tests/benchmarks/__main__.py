"""The figure sheet: every benchmark of the repository as one Markdown table.

python -m tests.benchmarks [--output FILE] [NAME...]

A benchmark is a module of this folder with ``TITLE`` and ``run() -> list[Row]``. Each runs in a
process of its own, so that no benchmark works on the memory and threads of the one before.
"""

import argparse
import json
import subprocess
import sys
import time
from dataclasses import asdict
from importlib import import_module
from pathlib import Path

from tests.benchmarks.measure import Row, markdown
from tests.support.server import ROOT

HERE = Path(__file__).parent


def names() -> list[str]:
    """Names of the benchmarks, in the order of the alphabet."""
    return sorted(
        path.stem
        for path in HERE.glob("*.py")
        if "\ndef run(" in (text := path.read_text(encoding="utf-8")) and "\nTITLE = " in text
    )


def measured(name: str) -> list[Row]:
    """Run one benchmark in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks", "--rows", name],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    if done.returncode:
        return [Row(f"{name} failed with exit code {done.returncode}", "", met=False)]
    return [Row(**row) for row in json.loads(done.stdout.splitlines()[-1])]


def sheet(chosen: list[str]) -> str:
    """Run the benchmarks and return the table, a line a benchmark in front of its rows."""
    rows: list[Row] = []
    for name in chosen:
        started = time.perf_counter()
        print(f"{name} ...", file=sys.stderr, flush=True)
        title = import_module(f"tests.benchmarks.{name}").TITLE
        rows += [Row(f"**{title}** (`{name}`)", ""), *measured(name)]
        print(f"{name}: {time.perf_counter() - started:.0f} s", file=sys.stderr, flush=True)
    return markdown(rows)


def main() -> None:
    """Read the arguments, run, print and, if asked to, write the sheet."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of {', '.join(names())}")
    parser.add_argument("--output", type=Path, help="write the table to this file as well")
    parser.add_argument("--rows", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if unknown := sorted(set(arguments.names) - set(names())):
        parser.error(f"no benchmark {unknown[0]!r}; there are {', '.join(names())}")
    if arguments.rows:
        rows = import_module(f"tests.benchmarks.{arguments.names[0]}").run()
        print(json.dumps([asdict(row) for row in rows], default=lambda value: value.item()))
        return
    table = sheet(arguments.names or names())
    print(table)
    if arguments.output:
        arguments.output.write_text(table + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
