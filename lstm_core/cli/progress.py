"""Progress as bars in a terminal: of any long command, and of a training."""

from typing import Self

import rich.console
import rich.progress

from lstm_core.progress import Progress
from lstm_core.runs import EpochPoint, Run, Status


class _Bars:
    """Bars that are shown until a block ends, and lines above them."""

    def __init__(self, bars: rich.progress.Progress) -> None:
        self._bars = bars

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    def say(self, sentence: str) -> None:
        """Print a line above the bars."""
        self._bars.console.print(sentence, markup=False, highlight=False, soft_wrap=True)


class ProgressBars(_Bars):
    """Progress as bars in a terminal, one a stage; in a log, a line a stage."""

    def __init__(self) -> None:
        bars = rich.progress.Progress(
            rich.progress.TextColumn("{task.description}"),
            rich.progress.BarColumn(),
            rich.progress.TaskProgressColumn(),
            rich.progress.TimeElapsedColumn(),
            rich.progress.TimeRemainingColumn(),
            console=rich.console.Console(stderr=True),  # standard output is for the figures
        )
        super().__init__(bars)
        self._stage: str | None = None
        self._task: rich.progress.TaskID | None = None

    def show(self, progress: Progress) -> None:
        """Move the bar of the stage; a new stage gets a new bar."""
        if progress.stage != self._stage or self._task is None:
            self._stage = progress.stage
            self._task = self._bars.add_task(progress.stage, total=progress.total)
        self._bars.update(self._task, completed=progress.done, total=progress.total)


class TrainingBars(_Bars):
    """One bar for the run and one for its stage; in a log, a line a stage and epoch."""

    def __init__(self) -> None:
        bars = rich.progress.Progress(
            rich.progress.TextColumn("{task.description}"),
            rich.progress.BarColumn(),
            rich.progress.TaskProgressColumn(),
            rich.progress.TextColumn("{task.fields[note]}"),
            console=rich.console.Console(),
        )
        super().__init__(bars)
        self._stage = ""
        self._said = 0
        self._epochs: int | None = None
        self._run = bars.add_task("run", total=None, note="")
        self._now = bars.add_task("", total=None, note="")

    def show(self, run: Run) -> None:
        """Move the bars to where the run stands."""
        self._tell_epochs(run)
        for warn in run.warnings[self._said :]:
            self.say(f"look: {warn.text}")
        self._said = max(self._said, len(run.warnings))
        note = "paused" if run.status is Status.PAUSED else _speed(run)
        self._bars.update(self._run, completed=run.step, total=run.steps or None, note=note)
        if run.stage is not None:
            if run.stage.stage != self._stage and not self._bars.console.is_terminal:
                self.say(run.stage.stage)
            self._stage = run.stage.stage
            self._bars.update(
                self._now,
                description=run.stage.stage,
                completed=run.stage.done,
                total=run.stage.total,
                note=f"{run.stage_seconds:.0f} s",
            )

    def _tell_epochs(self, run: Run) -> None:
        """A line for every epoch that ended while we look on."""
        if self._epochs is None:
            self._epochs = len(run.points)
        for point in run.points[self._epochs :]:
            self.say(_line(point))
        self._epochs = max(self._epochs, len(run.points))


def _line(point: EpochPoint) -> str:
    line = f"epoch {point.epoch}: loss {point.loss:.4f}, accuracy {point.accuracy:.4f}"
    if point.validation_loss is not None and point.validation_accuracy is not None:
        line += f"; validation loss {point.validation_loss:.4f}"
        line += f", accuracy {point.validation_accuracy:.4f}"
    return line


def _speed(run: Run) -> str:
    if not run.reviews_per_second or run.seconds_left is None:
        return ""
    minutes, seconds = divmod(round(run.seconds_left), 60)
    return f"{run.reviews_per_second:,.0f} reviews per second, {minutes}:{seconds:02d} left"
