"""Replacing a folder: at no moment is there none, whatever happens."""

import os
import threading
from pathlib import Path

import pytest

from lstm_core.model.bundle import read_bundle
from lstm_core.model.import_model import NetworkFile
from lstm_core.model.registry import find_model
from lstm_core.tasks import atomic
from lstm_core.tasks.atomic import replace_folder
from lstm_core.text import Vocabulary
from tests.unit.helpers import WORDS, card_of, random_weights
from tests.unit.test_faults import make_bundle


def folder(path: Path, content: str) -> Path:
    path.mkdir(parents=True)
    (path / "a").write_text(content)
    return path


def test_there_is_always_a_whole_bundle_while_it_is_replaced(tmp_path: Path) -> None:
    from lstm_core.model.bundle import write_bundle

    make_bundle(tmp_path / "b", seed=0)
    missing: list[object] = []
    ended = threading.Event()

    def look() -> None:
        while not ended.is_set():
            if not (tmp_path / "b" / "card.json").is_file():
                missing.append("no card")

    thread = threading.Thread(target=look)
    thread.start()
    try:
        for seed in range(30):
            weights = random_weights(seed=seed)
            vocabulary = Vocabulary(WORDS, weights.num_words)
            made = NetworkFile(weights, 7)
            write_bundle(
                tmp_path / "b", made, vocabulary, card_of(weights, 7), replace_existing=True
            )
    finally:
        ended.set()
        thread.join()
    assert not missing
    assert {path.name for path in tmp_path.iterdir()} == {"b"}


@pytest.mark.parametrize("step", [1, 2])
def test_a_crash_at_any_step_leaves_a_bundle(
    home: Path, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    place = home / "runs" / "a" / "bundle"
    make_bundle(place, seed=0)
    make_bundle(place.with_name("made"), seed=1)
    done = 0
    rename = os.rename

    def crash(source: Path, target: Path) -> None:
        nonlocal done
        done += 1
        if done == step:
            raise KeyboardInterrupt
        rename(source, target)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(atomic, "_exchange", lambda one, other: False)  # a system without it
        patch.setattr(atomic.os, "rename", crash)
        replace_folder(place.with_name("made"), place)
    assert find_model("a") is not None
    assert read_bundle(place).maxlen == 7


@pytest.mark.parametrize("exchange", [True, False])
def test_the_new_folder_is_there_and_the_old_one_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, exchange: bool
) -> None:
    if not exchange:
        monkeypatch.setattr(atomic, "_exchange", lambda one, other: False)
    old, new = folder(tmp_path / "old", "old"), folder(tmp_path / "new", "new")
    replace_folder(new, old)
    assert (old / "a").read_text() == "new"
    assert [path.name for path in tmp_path.iterdir()] == ["old"]
