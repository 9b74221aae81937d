"""Run folders written by hand, as a training leaves them, without TensorFlow."""

import json
from collections.abc import Sequence
from dataclasses import asdict, replace

import numpy as np

from lstm_core.model.bundle import write_bundle
from lstm_core.model.import_model import NetworkFile
from lstm_core.paths import runs_folder
from lstm_core.recurrent.lstm import LstmWeights
from lstm_core.runs import EpochPoint, RunRequest
from lstm_core.runs.events import EventKind, add_event
from lstm_core.runs.folder import RunFolder
from lstm_core.runs.metrics_log import write_diagnostics
from lstm_core.runs.snapshots import SnapshotWriter
from lstm_core.text import Vocabulary, encode_many
from lstm_core.training.diagnostics import compute_diagnostics
from lstm_core.training.settings import TrainSettings
from tests.unit.helpers import WORDS, card_of, random_weights

STEPS_AN_EPOCH = 40
PROBES = ("a very good film", "bad, not good")


def make_run(
    name: str,
    *,
    number: int = 1,
    done: int = 120,
    end: EventKind | None = EventKind.FINISHED,
    settings: TrainSettings | None = None,
    warning: str = "",
    bundle: bool = True,
) -> RunFolder:
    """Write a run of three epochs.

    Args:
        name: Its name.
        number: Its place among the runs.
        done: Steps done, of 120.
        end: How its process ended; None for one that was killed.
        settings: Its settings; 8 units and 30 places unless given.
        warning: What looked wrong after the first epoch.
        bundle: It left a model.
    """
    wanted = settings or TrainSettings(
        num_words=12, maxlen=30, embedding_dim=6, lstm_dim=8, epochs=3
    )
    weights = random_weights(12, 6, wanted.lstm_dim)
    folder = RunFolder(runs_folder() / name)
    folder.path.mkdir(parents=True)
    request = RunRequest(settings=wanted, name=name, probes=PROBES)
    folder.request.write_text(request.to_json(), encoding="utf-8")
    add_event(folder.events, EventKind.CREATED, number=number, made="2026-01-31T12:00:00Z")
    add_event(folder.events, EventKind.STARTED, step=0)
    at = np.arange(done) / STEPS_AN_EPOCH
    table = np.stack([0.7 * np.exp(-at / 2), 1 - 0.5 * np.exp(-at), np.ones(done)], axis=1)
    folder.steps.write_bytes(table.astype(np.float32).tobytes())
    ends = [STEPS_AN_EPOCH * (epoch + 1) for epoch in range(3)]
    vocabulary = Vocabulary(WORDS, 12)
    camera = SnapshotWriter(folder, PROBES, vocabulary, wanted.maxlen, ends)
    camera.prepare(weights, 0)
    ids = encode_many(PROBES, vocabulary, wanted.maxlen)
    for step in sorted(moment for moment in camera.moments if moment <= done):
        grown = _grown(weights, (step + 1) / 121)
        camera.take(grown, step)
        if step in (0, *ends):
            inside = compute_diagnostics(grown, ids, np.array([1, 0], np.float32), step, step // 40)
            write_diagnostics(folder, inside)
    _tell(folder, done, ends, warning, end)
    if bundle:
        write_bundle(
            folder.bundle,
            NetworkFile(weights, wanted.maxlen),
            vocabulary,
            card_of(weights, wanted.maxlen),
        )
    return folder


def _grown(weights: LstmWeights, share: float) -> LstmWeights:
    arrays = ("embedding", "kernel", "recurrent", "bias", "dense_kernel")
    return replace(weights, **{n: (getattr(weights, n) * np.float32(share)) for n in arrays})


def _tell(
    folder: RunFolder, done: int, ends: Sequence[int], warning: str, end: EventKind | None
) -> None:
    for epoch, last in enumerate(ends, start=1):
        if last <= done:
            point = EpochPoint(
                epoch, last, 0.7 / epoch, 0.6, 0.8 / epoch, 0.5 + epoch / 10, epoch * 9
            )
            add_event(folder.events, EventKind.EPOCH, point=asdict(point))
    if warning:
        add_event(folder.events, EventKind.WARNING, code="w", epoch=1, text=warning)
    if end is not None:
        message = "The loss is no number any more." if end is EventKind.FAILED else ""
        add_event(folder.events, end, message=message, again=end is not EventKind.FINISHED)
    now = {"phase": "running", "step": done, "steps": 120, "epoch": 3, "epochs": 3}
    now |= {"epoch_step": done % 40, "epoch_steps": 40, "rate": 900.0, "seconds": 25.0}
    folder.now.write_text(json.dumps(now), encoding="utf-8")
