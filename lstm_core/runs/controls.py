"""Controls of a run that trains: where it pauses, its speed, settings of the next steps."""

from dataclasses import replace

from lstm_core.errors import InputError, RunError
from lstm_core.permissions import Visitor
from lstm_core.runs.control import running_folder
from lstm_core.runs.controls_file import FASTEST, Controls, read_controls, write_controls
from lstm_core.runs.folder import RunFolder
from lstm_core.runs.read import read_run
from lstm_core.runs.schema import Run, Status
from lstm_core.tasks.folder import Command, write_command
from lstm_core.training.schedule import StepSettings

SPEEDS = (0.5, 1.0, 2.0, 5.0, 20.0, FASTEST)  # steps per second


def step_run(name: str, visitor: Visitor, *, epoch: bool = False) -> None:
    """Let a paused run take one batch, or go to the end of its epoch, and pause again.

    Raises:
        NotAllowedError: When the visitor may not.
        RunError: When it is not paused.
    """
    folder, run = _paused(name, visitor)
    left = max(1, run.epoch_steps - run.epoch_step) if epoch else 1
    write_controls(folder, replace(read_controls(folder), until=run.step + left))
    write_command(folder.control, Command.RUN)


def set_speed(name: str, speed: float, visitor: Visitor) -> None:
    """Limit a run's steps per second; 0 for no limit.

    Raises:
        InputError: When the speed is none of `SPEEDS`.
        NotAllowedError: When the visitor may not.
        RunError: When it does not run.
    """
    if speed not in SPEEDS:
        raise InputError(f"The speed is {speed} steps per second; choose one of {SPEEDS}.")
    folder = running_folder(name, visitor)
    write_controls(folder, replace(read_controls(folder), speed=speed))


def change_settings(
    name: str, visitor: Visitor, *, learning_rate: float, batch_size: int, dropout: float
) -> None:
    """Use other settings for the steps that follow; the change is recorded in the run.

    Raises:
        InputError: When a value is outside its range.
        NotAllowedError: When the visitor may not.
        RunError: When the run is not paused.
    """
    folder, run = _paused(name, visitor)
    change = StepSettings(run.step, learning_rate, batch_size, dropout)
    write_controls(folder, replace(read_controls(folder), change=change))


def reset_run(name: str, visitor: Visitor) -> None:
    """Send a paused run back to its first step, with its first weights and settings.

    Raises:
        NotAllowedError: When the visitor may not.
        RunError: When it is not paused.
    """
    folder, _ = _paused(name, visitor)
    found = read_controls(folder)
    write_controls(folder, Controls(until=0, speed=found.speed, resets=found.resets + 1))


def _paused(name: str, visitor: Visitor) -> tuple[RunFolder, Run]:
    folder, run = running_folder(name, visitor), read_run(name)
    if run.status is not Status.PAUSED:
        raise RunError(f"The run {name} is {run.status}. Pause it first.")
    return folder, run
