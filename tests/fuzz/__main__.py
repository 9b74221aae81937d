"""Fuzz every target and print a table.

python -m tests.fuzz [--inputs 100000] [--target NAME...]
"""

import argparse
import sys
import time

from tests.fuzz.target import fuzz
from tests.fuzz.targets import TARGETS

if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--inputs", type=int, default=100_000, help="inputs in all")
    parser.add_argument(
        "--target", nargs="*", metavar="NAME", help="only targets with this in the name"
    )
    given = parser.parse_args()
    print("| target | inputs | refused with a sentence | slowest | most memory | seconds |")
    print("| --- | --- | --- | --- | --- | --- |", flush=True)
    inputs = refused = 0
    started = time.perf_counter()
    for target in TARGETS:
        if given.target and not any(word in target.name for word in given.target):
            continue
        print(target.name, file=sys.stderr, flush=True)
        outcome = fuzz(target, -(-given.inputs * target.share // 1000))
        inputs, refused = inputs + outcome.inputs, refused + outcome.refused
        print(
            f"| {target.name} | {outcome.inputs:,} | {outcome.refused:,} | {outcome.slowest:.2f} s "
            f"| {outcome.largest / 2**20:.0f} MiB | {outcome.seconds:.0f} |",
            flush=True,
        )
    print(f"| all | {inputs:,} | {refused:,} | | | {time.perf_counter() - started:.0f} |")
