"""Fuzz target: a run's name: it becomes a folder."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from lstm_core.errors import LstmLensError
from lstm_core.model.registry import (
    bundle_folder,
    delete_model,
    find_model,
    free_name,
    load_model,
    rename_model,
)
from lstm_core.model.sentiment_model import SentimentModel
from lstm_core.paths import runs_folder
from lstm_core.runs import continue_run, delete_run, read_run, rename_run
from tests.fuzz.target import ANY_TEXT, Target, check_sentence

PARTS = st.sampled_from(
    ["..", ".", "/", "\\", "~", "con", " ", "\0", "a", "B-1", "_", "x" * 80, ":", "*", "%2e", "é"]
)


def run_one(value: str, folder: Path) -> None:
    """Ask for a run of that name in every way there is; there is none."""
    os.environ["LSTM_LENS_HOME"] = str(folder / "home")
    asks: tuple[Callable[[str], Any], ...] = (
        load_model,
        SentimentModel.load,
        read_run,
        continue_run,
        delete_run,
        lambda name: rename_run(name, "new"),
        lambda name: rename_run("no-run", name),
        delete_model,
        lambda name: rename_model("no-run", name),
    )
    try:
        free = free_name(value)
        assert bundle_folder(free).resolve().is_relative_to(runs_folder().resolve())
        assert find_model(free) is None and find_model(value) is None
        for ask in asks:
            try:
                ask(value)
            except LstmLensError as error:
                check_sentence(error)
            else:
                raise AssertionError(f"{value!r} was found")
    finally:
        del os.environ["LSTM_LENS_HOME"]
        assert not [item.name for item in folder.iterdir() if item.name != "home"]


TARGET = Target(
    "name of a run",
    "a name stays inside the folder of runs; others are refused",
    st.one_of(ANY_TEXT, st.lists(PARTS, max_size=8).map("".join)),
    run_one,
    share=150,
)
