"""The training loop: runs one request to a saved bundle, with progress, pauses and checkpoints."""

import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, replace
from typing import Any

from lstm_core.errors import InputError, TrainingError
from lstm_core.progress import Progress
from lstm_core.recurrent.lstm import LstmWeights
from lstm_core.runs.arrays import write_weights
from lstm_core.runs.card_notes import card_extra, change_notes, not_finite
from lstm_core.runs.checkpoint import read_checkpoint, remove_checkpoints, write_checkpoint
from lstm_core.runs.config import Keep, RunRequest, command_of
from lstm_core.runs.controls_file import Controls, is_watched, read_controls
from lstm_core.runs.data import Encoded, RunData
from lstm_core.runs.epochs import best_epoch, read_epoch
from lstm_core.runs.events import EventKind, add_event
from lstm_core.runs.folder import RunFolder
from lstm_core.runs.inspection import inspect_batch, write_report
from lstm_core.runs.pace import StepRate, throttled
from lstm_core.runs.read import read_run
from lstm_core.runs.record import RunRecord
from lstm_core.runs.schema import Status
from lstm_core.runs.status import RunReporter
from lstm_core.runs.timings import Timings, keep_step_seconds, keep_timings
from lstm_core.training.factory import Prepared, TrainedModel, save_trained

CHECKPOINT_SECONDS = 45.0  # at least every minute, whatever a call takes
CURRENT_SECONDS = 1.0  # between two writings of the current weights while somebody looks
WAIT_SECONDS = 0.02  # between two looks at the clock at a limited speed
BEGINNING, MEASURING = "taking the first steps", "measuring and saving an epoch"
TIMED_STEPS = 50  # a run with fewer says nothing about the time of a step


class NonFiniteLossError(TrainingError):
    """The loss or the weights are no numbers any more."""


class Training:
    """The steps of one run and everything that is kept of them."""

    def __init__(
        self,
        folder: RunFolder,
        request: RunRequest,
        data: RunData,
        encoded: Encoded,
        prepared: Prepared,
        reporter: RunReporter,
    ) -> None:
        self.folder, self.request, self.data, self.reporter = folder, request, data, reporter
        self.trainer, self.vocabulary = prepared.trainer, prepared.vocabulary
        self.record = RunRecord(folder, request, data, encoded)
        self._first_state = self.trainer.state()
        self._mark = self._clock()
        self._saved_at = self._current_at = time.monotonic()
        self._rate = StepRate()
        self._pace = self.trainer.steps  # handed over at once; the first call says how fast it is
        self._resets = read_controls(folder).resets
        self._shown = -1  # steps done when the last batch was looked at
        self._timed = True  # its times are those of a run that nobody paused or slowed
        self._began_at = -1
        self._learning = self._epoch_ends_took = self._start_took = 0.0

    def resume_from(self) -> None:
        """Go on from the last checkpoint, or begin.

        Raises:
            TrainingError: When the checkpoint is of other data.
        """
        for change in read_run(self.folder.name).settings_log:
            self.trainer.change(change)
        found = read_checkpoint(self.folder)
        if found is not None:
            self._check_same_data(found.told)
            self.trainer.restore(found.state)
            self.record.seconds = float(found.told["seconds"])
        self._began_at = self.trainer.done
        self.record.begin(self.trainer.done, self.trainer.epoch_ends, self.weights())
        self._mark = self._clock()
        self._tell(0)

    def run(self) -> None:
        """Take all steps that are left.

        Raises:
            StopRequested: When the run is to stop.
            NonFiniteLossError: When the loss is no number any more.
            OSError: When something cannot be written.
        """
        self._mark = self._clock()
        self.reporter.show(Progress(BEGINNING, 0))
        self.reporter.enter(Status.RUNNING)
        self.reporter.hold, self.reporter.tend = self._held, self._tend_pause
        while self.trainer.done < self.trainer.steps and not self.ended_early:
            self._await_turn()
            self._take_steps()
            if self.trainer.done in self.trainer.epoch_ends:
                self._end_epoch()
            elif self.trainer.done in self.record.moments:
                self.record.take_snapshot(self.weights(), self.trainer.done)
            if self.trainer.done in self.trainer.epoch_ends or self._due():
                self.save_checkpoint()
            self._write_current()

    @property
    def ended_early(self) -> bool:
        """Whether the validation loss has not fallen for as many epochs as its patience is."""
        points, patience = self.record.points, self.request.patience
        best = best_epoch(points)
        return bool(patience and best and points[-1].epoch - best.epoch >= patience)

    @property
    def outcome(self) -> str:
        """What is to be said at the end; empty when all epochs were done."""
        best = best_epoch(self.record.points)
        said = []
        if self.ended_early and self.trainer.done < self.trainer.steps and best is not None:
            said.append(
                f"Ended early after epoch {self.record.points[-1].epoch}: the validation loss was "
                f"lowest after epoch {best.epoch}."
            )
        if self.request.keep is Keep.BEST and best is not None:
            said.append(f"The model has the weights after epoch {best.epoch}.")
        return " ".join(said)

    def save_checkpoint(self) -> None:
        """Save everything to go on from."""
        told = {
            "step": self.trainer.done,
            "seconds": round(self.record.seconds, 3),
            "sha256": self.data.corpus.source.sha256,
            "reviews": len(self.data.corpus.train),
        }
        write_checkpoint(self.folder, self.trainer.done, self.trainer.state(), told)
        self._saved_at = time.monotonic()

    def save_bundle(self) -> None:
        """Measure the model as it is and save it; a whole run needs its checkpoints no more."""
        began = time.monotonic()
        self.reporter.enter(Status.SAVING)
        self.record.close()
        whole = self.trainer.done >= self.trainer.steps or self.ended_early
        request, notes = self.request, [self.outcome] if self.outcome else []
        if not whole:
            notes.append(
                f"Stopped after step {self.trainer.done:,} of {self.trainer.steps:,}; it can go on."
            )
        saved = save_trained(
            TrainedModel(self._kept_weights(), self.vocabulary),
            self.data.corpus,
            request.settings,
            self.folder.bundle,
            command=command_of(request),
            report=self.reporter.report,
            extra=card_extra(request),
            notes=[*notes, *change_notes(read_run(self.folder.name).settings_log)],
            replace_existing=True,
        )
        self.record.warn_if_at_chance(saved.card)
        for seen in (self.folder.current, self.folder.batch):
            seen.unlink(missing_ok=True)
        if whole:
            remove_checkpoints(self.folder)
            self._keep_times(time.monotonic() - began)

    def weights(self) -> LstmWeights:
        """The model as it is now.

        Raises:
            NonFiniteLossError: When it holds values that are no numbers.
        """
        try:
            return self.trainer.weights()
        except InputError as error:
            raise NonFiniteLossError(not_finite(self.trainer.done)) from error

    def _kept_weights(self) -> LstmWeights:
        """The weights that become the model."""
        best = best_epoch(self.record.points)
        if self.request.keep is Keep.BEST and best is not None:
            return read_epoch(self.folder, best.epoch)
        return self.weights()

    def _take_steps(self) -> None:
        """Some steps, no more than fit between two reports."""
        trainer, controls = self.trainer, read_controls(self.folder)
        moments = {*self.record.moments, *trainer.epoch_ends}
        limits = [moment for moment in moments if moment > trainer.done]
        if controls.until is not None and controls.until > trainer.done:
            limits.append(controls.until)
        pace = 1 if controls.speed else self._pace
        began = time.monotonic()
        steps = min([pace, *(end - trainer.done for end in limits)])
        learned = trainer.learn(steps, self.reporter.asked)
        took = time.monotonic() - began
        self._learning += took
        self._pace = throttled(len(learned), took)
        if not self._start_took:
            self._start_took = time.time() - self.reporter.asked_at - self.reporter.cold_seconds
        if (bad := self.record.add_steps(trainer.done, learned)) is not None:
            raise NonFiniteLossError(not_finite(bad))
        self._tell(len(learned))
        while controls.speed and time.monotonic() - began < 1 / controls.speed:
            self._timed = False
            self._write_current()
            controls = read_controls(self.folder)
            if self.reporter.asked() or controls.until == trainer.done:
                return
            time.sleep(WAIT_SECONDS)

    def _end_epoch(self) -> None:
        began = time.monotonic()
        self.reporter.show(Progress(MEASURING, 0))
        self._lap()
        self.record.end_epoch(self.weights(), self.trainer.done)
        self._epoch_ends_took += time.monotonic() - began

    def _await_turn(self) -> None:
        """Wait in a pause; what is asked for in it is done meanwhile."""
        before = self.reporter.paused_seconds
        self.reporter.check_commands()
        self._timed = self._timed and self.reporter.paused_seconds == before

    def _held(self) -> bool:
        """Whether the step that the run was sent to is reached."""
        until = read_controls(self.folder).until
        return until is not None and self.trainer.done >= until

    def _tend_pause(self) -> None:
        """In a pause: show the last batch, take other settings, or go back to the beginning."""
        controls = read_controls(self.folder)
        if controls.resets != self._resets:
            self._reset(controls.resets)
        elif controls.change is not None:
            self._change(controls)
        if self._shown != self.trainer.done:
            self._shown = self.trainer.done
            if self.trainer.done > self._began_at:
                report = inspect_batch(
                    self.trainer.last_batch(), self.trainer.done, self.vocabulary
                )
                write_report(self.folder, report)
            else:  # the batch was taken by an earlier process
                self.folder.batch.unlink(missing_ok=True)
            self._tell(0)
            self._current_at = 0.0
        self._write_current()

    def _change(self, controls: Controls) -> None:
        """Use other settings from here on, unless they are the same."""
        done = self.trainer.done
        change = (
            replace(controls.change, step=done) if controls.change else self.trainer.log.at(done)
        )
        if change != replace(self.trainer.log.at(done), step=done):
            add_event(self.folder.events, EventKind.CHANGED, **asdict(change))
            self.trainer.change(change)
            self.record.plan(self.trainer.epoch_ends)
            self._timed = False
            self._rate = StepRate()
            self._tell(0)

    def _reset(self, resets: int) -> None:
        """Go back to the first weights and settings."""
        self._resets = resets
        remove_checkpoints(self.folder)
        self.trainer.forget_changes()
        self.trainer.restore(self._first_state)
        self.record.seconds, self._began_at, self._timed = 0.0, 0, False
        self._rate = StepRate()
        self.record.begin(0, self.trainer.epoch_ends, self.weights(), reset=True)
        self.save_checkpoint()
        self._mark = self._clock()
        self._tell(0)

    def _write_current(self) -> None:
        """Write the weights for those who look at their own sentence."""
        if time.monotonic() - self._current_at < CURRENT_SECONDS or not is_watched(self.folder):
            return
        self._current_at = time.monotonic()
        with suppress(OSError):  # it is only looked at
            write_weights(self.folder.current, self.weights(), step=self.trainer.done)

    def _check_same_data(self, told: Mapping[str, Any]) -> None:
        corpus = self.data.corpus
        if (told["sha256"], told["reviews"]) != (corpus.source.sha256, len(corpus.train)):
            raise TrainingError(
                f"The data at {corpus.source.path} is not the data that this run began with. Put "
                "the same data back and go on, or start a new run."
            )

    def _keep_times(self, saving: float) -> None:
        """Keep the times of a run that went from beginning to end by itself."""
        if not self._timed or self._began_at or self._start_took <= 0:
            return
        epochs = max(1, len(self.record.points))
        times = Timings(self._start_took, self._epoch_ends_took / epochs, saving)
        keep_timings(self.request, times)
        if self.trainer.done >= TIMED_STEPS:
            with suppress(OSError):
                keep_step_seconds(self.request.settings, self._learning / self.trainer.done)

    def _clock(self) -> float:
        """Seconds that stand still in a pause, whatever the machine's clock is set to."""
        return time.monotonic() - self.reporter.paused_seconds

    def _lap(self) -> None:
        """Add the time since the last look to the seconds of training."""
        before, self._mark = self._mark, self._clock()
        self.record.seconds += max(0.0, self._mark - before)

    def _due(self) -> bool:
        return time.monotonic() - self._saved_at > CHECKPOINT_SECONDS

    def _tell(self, steps: int) -> None:
        """Report the progress of the run, after so many more steps."""
        self._lap()
        done, ends, seconds = self.trainer.done, self.trainer.epoch_ends, self.record.seconds
        epoch = min(sum(end <= done for end in ends) + 1, len(ends))
        first = ends[epoch - 2] if epoch > 1 else 0
        rate = self._rate.at(seconds, done)
        settings = self.trainer.log.at(done)
        self.reporter.tell(
            step=done,
            steps=self.trainer.steps,
            epoch=epoch,
            epochs=len(ends),
            epoch_step=done - first,
            epoch_steps=ends[epoch - 1] - first,
            rate=round(rate * settings.batch_size, 1),
            seconds=round(seconds, 2),
            left=round((self.trainer.steps - done) / rate, 1) if rate else None,
            settings=asdict(settings),
        )
        if steps:
            stage = f"epoch {epoch} of {len(ends)}"
            self.reporter.show(Progress(stage, done - first, ends[epoch - 1] - first))
