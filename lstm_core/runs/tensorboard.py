"""TensorBoard's event files: the numbers of a run for other tools.

They are written as records with TensorFlow's own writer, so TensorBoard itself is not needed. After
a restart a new file begins with the mark that makes TensorBoard forget the steps done again.
"""

import time
from collections.abc import Mapping

from lstm_core.runs.folder import RunFolder
from lstm_core.runs.schema import EpochPoint
from lstm_core.training.diagnostics import Diagnostics
from lstm_core.training.trainer import StepMetrics


class TensorBoardWriter:
    """Writes scalars into a new event file.

    Args:
        step: Steps done when the process began.
    """

    def __init__(self, folder: RunFolder, step: int) -> None:
        import tensorflow as tf

        self._v1 = tf.compat.v1
        folder.tensorboard.mkdir(exist_ok=True)
        number = len(list(folder.tensorboard.iterdir()))
        path = folder.tensorboard / f"events.out.tfevents.{int(time.time()):010d}.{number:04d}"
        self._writer = tf.io.TFRecordWriter(str(path))
        self._write(self._v1.Event(wall_time=time.time(), file_version="brain.Event:2"))
        start = self._v1.SessionLog(status=self._v1.SessionLog.START)
        self._write(self._v1.Event(wall_time=time.time(), step=step + 1, session_log=start))

    def steps(self, done: int, learned: StepMetrics) -> None:
        """Means over the steps of one call."""
        numbers = {
            "batch/loss": learned.losses.mean(),
            "batch/accuracy": learned.accuracies.mean(),
            "batch/gradient norm": learned.norms.mean(),
        }
        self._scalars(done, numbers)

    def epoch(self, point: EpochPoint, inside: Diagnostics) -> None:
        """What was measured at the end of an epoch."""
        numbers = {"epoch/loss": point.loss, "epoch/accuracy": point.accuracy}
        if point.validation_loss is not None and point.validation_accuracy is not None:
            numbers["epoch/validation loss"] = point.validation_loss
            numbers["epoch/validation accuracy"] = point.validation_accuracy
        for gate in inside.low:
            numbers[f"gates/{gate} under 0.1"] = inside.low[gate]
            numbers[f"gates/{gate} over 0.9"] = inside.high[gate]
        groups = {"gradient norm": inside.gradient_norms, "weight norm": inside.weight_norms}
        for group, norms in groups.items():
            numbers.update({f"{group}/{name}": norm for name, norm in norms.items()})
        self._scalars(point.step, numbers)
        self._writer.flush()

    def close(self) -> None:
        """Write what is left."""
        self._writer.close()

    def _scalars(self, step: int, numbers: Mapping[str, float]) -> None:
        values = [
            self._v1.Summary.Value(tag=name, simple_value=float(value))
            for name, value in numbers.items()
        ]
        summary = self._v1.Summary(value=values)
        self._write(self._v1.Event(wall_time=time.time(), step=step, summary=summary))

    def _write(self, event: object) -> None:
        self._writer.write(event.SerializeToString())  # type: ignore[attr-defined]
