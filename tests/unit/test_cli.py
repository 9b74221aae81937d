"""The command line: text from anywhere, machine-readable output, sentences as errors."""

import argparse
import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from lstm_core import SentimentModel
from lstm_core.cli import COMMANDS, main, make_parser
from lstm_core.cli.train import request_of
from lstm_core.runs import command_of

TEXT = "A wonderful film, perfect from start to finish."


def feed(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))


def test_classify_reads_argument_file_and_standard_input(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "review.txt"
    file.write_text(TEXT, encoding="utf-8")
    outputs = []
    for words in ([TEXT], ["--file", str(file)], []):
        feed(monkeypatch, TEXT.encode())
        assert main(["classify", *words]) == 0
        outputs.append(capsys.readouterr().out)
    assert outputs[0] == outputs[1] == outputs[2]
    assert outputs[0].startswith("positive, P(positive)")


def test_a_byte_order_mark_is_ignored(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "review.txt"
    file.write_text("Dull film.", encoding="utf-8-sig")
    outputs = []
    for words in (["Dull film."], ["--file", str(file)], []):
        feed(monkeypatch, "Dull film.".encode("utf-8-sig"))
        assert main(["trace", "--json", *words]) == 0
        outputs.append(capsys.readouterr().out)
    assert outputs[0] == outputs[1] == outputs[2]


def test_classify_prints_json_equal_to_predict(capsys: pytest.CaptureFixture[str]) -> None:
    for whole in ([], ["--whole"]):
        assert main(["classify", TEXT, "--json", *whole]) == 0
        result = json.loads(capsys.readouterr().out)
        wanted = SentimentModel.load().predict([TEXT], whole=bool(whole))[0]
        assert result["probability"] == pytest.approx(float(wanted), abs=1e-6)


def test_trace_gives_the_same_arrays_in_every_format(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    trace = SentimentModel.load().trace(TEXT)
    assert main(["trace", TEXT, "--json"]) == 0
    as_json = json.loads(capsys.readouterr().out)
    np.testing.assert_array_equal(np.float32(as_json["forget_gate"]), trace.forget_gate)
    assert main(["trace", TEXT, "--format", "csv"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert len(rows) == 80 * 32
    assert np.float32(rows[-1]["hidden_state"]) == trace.hidden_state[-1, -1]
    target = tmp_path / "trace.npz"
    assert main(["trace", TEXT, "--format", "npz", "--output", str(target)]) == 0
    with np.load(target) as stored:
        np.testing.assert_array_equal(stored["cell_state"], trace.cell_state)
        assert stored["words"][-1] == "finish"
    assert main(["trace", TEXT]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 81


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["classify", "good", "--file", "x"], "Give one of them"),
        (["classify", "--file", "/no/such/file"], "cannot be read"),
        (["classify", "good", "--model", "/no/such/model"], "no model at"),
        (["trace", "good", "--format", "npz"], "--output"),
        (["train", "--out", "/tmp", "--small"], "exists already"),
        (["train", "--out", "/tmp/x-new", "--epochs", "0"], "choose a value from 1 to 200"),
    ],
)
def test_bad_input_gets_one_sentence(
    words: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 2
    error = capsys.readouterr().err
    assert says in error and "Traceback" not in error


def test_bytes_that_are_no_text_are_refused(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    feed(monkeypatch, b"\xff bad")
    for words in ([], ["good caf\udce9"]):  # of standard input, and of the shell
        assert main(["classify", *words]) == 2
        assert "not UTF-8" in capsys.readouterr().err
    assert main(["explain", "good \ud83d", "--json"]) == 0
    assert capsys.readouterr().out.encode("utf-8")
    monkeypatch.setattr(sys, "stdin", None)
    assert main(["classify"]) == 2
    assert "Standard input is closed" in capsys.readouterr().err


def test_utf_16_with_a_mark_is_read(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    outputs = []
    for encoding in ("utf-8", "utf-16"):
        feed(monkeypatch, TEXT.encode(encoding))
        assert main(["classify"]) == 0
        outputs.append(capsys.readouterr().out)
    assert outputs[0] == outputs[1]


@pytest.mark.parametrize("target", ["", "/dev/full"])
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_output_that_cannot_be_written_ends_without_a_traceback(target: str) -> None:
    where = f">{target}" if target else ">&-"
    words = [sys.executable, "-m", "lstm_core", "trace", TEXT]
    done = subprocess.run(
        ["sh", "-c", f'"$@" {where}', "sh", *words], stderr=subprocess.PIPE, text=True
    )
    assert done.returncode == (2 if target else 0)
    assert done.stderr == ("lstm_core trace: No space left on device.\n" if target else "")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["explain", "Fine.", "--reviews", "20"], "--reviews goes with --measure"),
        (["explain", "Fine.", "--measure"], "reads test reviews"),
        (["train", "--resume", "mine", "--epochs", "3"], "--epochs came in with --resume"),
        (["train-cell", "gru", "--small", "--data", "x"], "--small and --data"),
        (["train-cell", "gru", "--small", "--separator", "tab"], "--small has no table"),
        (["score", ".", "out.csv"], "is a folder"),
        (["score", "in.csv", "out.csv", "--star-threshold", "nan"], "--star-threshold nan"),
        (["evaluate", "--out", "."], "cannot be written"),
    ],
)
def test_options_that_would_be_ignored_or_fail_late_are_refused(
    words: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 2
    assert says in capsys.readouterr().err


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main([command, "--help"])
    assert stopped.value.code == 0
    assert "usage" in capsys.readouterr().out
    (commands,) = [
        action
        for action in make_parser()._actions
        if isinstance(action, argparse._SubParsersAction)
    ]
    for action in commands.choices[command]._actions:
        assert action.help, f"{action.dest} has no help"


def test_the_cards_command_names_every_setting_that_is_not_the_recipes() -> None:
    words = ["train", "--small", "--epochs", "2", "--out", "assets/model", "--name", "mine"]
    request = request_of(make_parser().parse_args(words))
    assert request.name == "mine"
    assert command_of(request) == (
        "python -m lstm_core train --recipe article --small --epochs 2 --seed 0"
    )


@pytest.mark.keras
@pytest.mark.parametrize("word", ["--epochs", "--batch-size"])
def test_a_setting_that_the_recipe_would_ignore_is_refused(
    word: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", "--small", "--recipe", "recommended", word, "3"]) == 2
    assert "The recommended recipe has its own" in capsys.readouterr().err


def test_train_makes_a_bundle_on_the_small_corpus(tmp_path: Path) -> None:
    sizes = "--num-words 300 --embedding-dim 8 --lstm-dim 4 --maxlen 20".split()
    words = ["train", "--small", "--epochs", "1", *sizes, "--out", str(tmp_path / "made")]
    done = subprocess.run(
        [sys.executable, "-m", "lstm_core", *words],
        capture_output=True,
        text=True,
        env={**os.environ, "LSTM_LENS_HOME": str(tmp_path / "home")},
    )
    assert done.returncode == 0, done.stderr
    assert "accuracy (first" in done.stdout
    model = SentimentModel.load(tmp_path / "made")
    assert model.lstm_dim == 4 and model.maxlen == 20


IDLE_WORKER = """
import multiprocessing, os, signal
from lstm_core.tasks.executors import new_pool

with new_pool(1, fork=True) as pool:
    pool.submit(os.getpid).result()
    [worker] = multiprocessing.active_children()
    while worker.is_alive():  # one that is just sending its result goes on
        os.kill(worker.pid, signal.SIGINT)
        worker.join(1)
"""


def test_a_worker_says_nothing_at_ctrl_c() -> None:
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    command = [sys.executable, "-c", IDLE_WORKER]
    found = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60)
    assert (found.returncode, found.stderr) == (0, "")
