"""The door of a run's name: it becomes a folder."""

import os
from pathlib import Path

from hypothesis import strategies as st

from lstm_core.errors import BundleError
from lstm_core.model import SentimentModel
from lstm_core.paths import runs_folder
from lstm_core.shelf import bundle_folder, check_name, find_shelved, free_name, load_shelved
from tests.fuzz.door import ANY_TEXT, Door, check_sentence

PARTS = st.sampled_from(
    [
        "..",
        ".",
        "/",
        "\\",
        "~",
        "con",
        "nul",
        " ",
        "\0",
        "a",
        "B-1",
        "_",
        "x" * 80,
        ":",
        "*",
        "%2e",
        "é",
    ]
)


def knock(value: str, folder: Path) -> None:
    """Ask for a run of that name in every way there is."""
    os.environ["LSTM_LENS_HOME"] = str(folder)
    try:
        free = free_name(value)
        assert check_name(free) == free
        assert bundle_folder(free).resolve().is_relative_to(runs_folder().resolve())
        assert find_shelved(value) is None
        if check_name(value):
            assert bundle_folder(value).resolve().is_relative_to(runs_folder().resolve())
        for load in (load_shelved, SentimentModel.load):
            try:
                load(value)
            except BundleError as error:
                check_sentence(error)
    finally:
        del os.environ["LSTM_LENS_HOME"]


DOOR = Door(
    "name of a run",
    "a name stays inside the folder of runs; others are refused",
    st.one_of(ANY_TEXT, st.lists(PARTS, max_size=8).map("".join)),
    knock,
    share=150,
)
