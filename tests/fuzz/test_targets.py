"""A small share of the inputs, the same ones each time; `python -m tests.fuzz` sends 100,000."""

import json
import warnings
from pathlib import Path

import pytest

from tests.fuzz import npz
from tests.fuzz.target import Target, fuzz
from tests.fuzz.targets import TARGETS

INPUTS = 1_000  # of all targets together; the slow ones get their share of a smaller number
FEWEST = 12


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_no_input_breaks_a_target(target: Target) -> None:
    count = max(FEWEST, INPUTS * target.share // 1000)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the libraries that pack the damaged files
        outcome = fuzz(target, count, derandomize=True)
    assert outcome.inputs


def test_a_good_pair_of_keras_files_comes_in(tmp_path: Path) -> None:
    npz.run_one((npz.GOOD, json.dumps(npz.INDEX).encode()), tmp_path)


def test_the_shares_make_a_whole() -> None:
    assert sum(target.share for target in TARGETS) == 1000
