"""Knock at every door and print a table.

python -m tests.fuzz [--inputs 100000] [--door NAME...]
"""

import argparse
import sys
import time

from tests.fuzz.door import knock_at
from tests.fuzz.doors import DOORS

if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--inputs", type=int, default=100_000, help="inputs in all")
    parser.add_argument(
        "--door", nargs="*", metavar="NAME", help="only doors with this in the name"
    )
    given = parser.parse_args()
    print("| door | inputs | refused with a sentence | slowest | most memory | seconds |")
    print("| --- | --- | --- | --- | --- | --- |", flush=True)
    inputs = refused = 0
    started = time.perf_counter()
    for door in DOORS:
        if given.door and not any(word in door.name for word in given.door):
            continue
        print(door.name, file=sys.stderr, flush=True)
        tally = knock_at(door, -(-given.inputs * door.share // 1000))
        inputs, refused = inputs + tally.inputs, refused + tally.refused
        print(
            f"| {door.name} | {tally.inputs:,} | {tally.refused:,} | {tally.slowest:.2f} s "
            f"| {tally.largest / 2**20:.0f} MiB | {tally.seconds:.0f} |",
            flush=True,
        )
    print(f"| all | {inputs:,} | {refused:,} | | | {time.perf_counter() - started:.0f} |")
