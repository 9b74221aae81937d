"""Equal to Keras, measured here and now; and a check that finds what is not equal."""

import json
from pathlib import Path

import numpy as np
import pytest

import lstm_core.model.keras_parity as keras_check
from lstm_core.cli import main
from lstm_core.errors import InputError
from lstm_core.json_codec import decode, from_json
from lstm_core.model.keras_parity import (
    TASK_KIND,
    TOLERANCE,
    Differences,
    compare_with_keras,
    parity_key,
    start_parity_check,
)
from lstm_core.paths import SHIPPED_MODEL
from lstm_core.permissions import LOCAL
from lstm_core.recurrent.lstm import QUANTITIES
from lstm_core.tasks import queue
from tests.support.tasks import wait_for_end
from tests.unit.helpers import tiny_bundle

TEXTS = ["", "good", "A fine film, zyzzyva and all.", "not a very good film " * 40]


def test_differences_survive_json() -> None:
    found = Differences({"cell state": 1.5e-6, "probability": 0.0}, 3, "3.15.1")
    assert from_json(Differences, found.to_json()) == found
    assert found.largest == 1.5e-6 and found.equal
    assert not Differences({"cell state": 1.1e-5}, 1, "3").equal


def test_a_value_that_is_no_number_is_never_equal() -> None:
    found = Differences({"cell state": float("nan"), "probability": 0.0}, 1, "3")
    assert found.largest == float("inf") and not found.equal
    assert not Differences({}, 0, "3").equal


def test_without_a_text_there_is_nothing_to_compare() -> None:
    with pytest.raises(InputError):
        compare_with_keras(SHIPPED_MODEL, [])


@pytest.mark.keras
@pytest.mark.parametrize("which", ["shipped", "tiny"])
def test_every_quantity_equals_keras(which: str, tmp_path: Path) -> None:
    folder = SHIPPED_MODEL if which == "shipped" else tiny_bundle(tmp_path / "bundle").folder
    found = compare_with_keras(folder, TEXTS)
    assert set(found.by_quantity) >= {name.replace("_", " ") for name in QUANTITIES}
    assert "probability" in found.by_quantity
    assert found.texts == len(TEXTS)
    assert found.largest <= TOLERANCE, found


@pytest.mark.keras
def test_a_difference_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tiny_bundle(tmp_path / "bundle").folder
    true = keras_check._ours

    def wrong(model: object, texts: list[str]) -> dict[str, np.ndarray]:
        found = dict(true(model, texts))  # type: ignore[arg-type]
        found["forget gate"] = found["forget gate"] + np.float32(0.001)
        return found

    monkeypatch.setattr(keras_check, "_ours", wrong)
    found = compare_with_keras(folder, TEXTS)
    assert found.by_quantity["forget gate"] == pytest.approx(0.001, abs=1e-5)
    assert not found.equal


@pytest.mark.keras
def test_the_check_runs_as_a_task(home: Path, tmp_path: Path) -> None:
    bundle, text = tiny_bundle(tmp_path / "bundle"), "not good – “çé” 🙂"
    start_parity_check(bundle, text, LOCAL)
    status = wait_for_end(TASK_KIND, parity_key(bundle, text))
    assert status.done, status.error
    found = decode(Differences, status.result)
    assert found.equal and found.texts == 1
    assert queue.status(TASK_KIND, parity_key(bundle, "other"), LOCAL).phase is None


@pytest.mark.keras
def test_verify_prints_the_largest_difference_and_its_exit_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = str(tiny_bundle(tmp_path / "bundle").folder)
    assert main(["verify", "--model", folder, "--text", "good", "--text", "bad", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["texts"] == 2 and answer["equal"] and answer["largest"] <= TOLERANCE
    assert main(["verify", "--model", folder]) == 0
    assert "equal within 1e-05" in capsys.readouterr().out
    monkeypatch.setattr(keras_check, "TOLERANCE", -1.0)
    assert main(["verify", "--model", folder, "--text", "good"]) == 1
    assert "NOT equal" in capsys.readouterr().out


def test_verify_refuses_a_senseless_number_of_reviews(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", "--data", "0"]) == 2
    assert "1 to 25,000" in capsys.readouterr().err
