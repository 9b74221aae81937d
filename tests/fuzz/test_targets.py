"""A small share of the knocks, the same ones each time; `python -m tests.fuzz` sends 100,000."""

import json
import warnings
from pathlib import Path

import pytest

from tests.fuzz import npz
from tests.fuzz.door import Door, knock_at
from tests.fuzz.doors import DOORS

INPUTS = 1_000  # of all doors together; the slow ones get their share of a smaller number
FEWEST = 12


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.name)
def test_nothing_that_comes_in_breaks_the_house(door: Door) -> None:
    count = max(FEWEST, INPUTS * door.share // 1000)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the libraries that pack the damaged files
        tally = knock_at(door, count, derandomize=True)
    assert tally.inputs


def test_a_good_pair_of_keras_files_comes_in(tmp_path: Path) -> None:
    npz.knock((npz.GOOD, json.dumps(npz.INDEX).encode()), tmp_path)


def test_the_shares_make_a_whole() -> None:
    assert sum(door.share for door in DOORS) == 1000
