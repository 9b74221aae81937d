"""Which reviews a step learns from and with which settings, when settings change between steps.

A change takes effect after a number of steps and holds from there on, so every step is still a
function of seed and number, and a resumed training repeats the changes at the same steps.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lstm_core.errors import InputError
from lstm_core.training.settings import LIMITS

SMALLEST_RATE, LARGEST_RATE = 1e-6, 1.0
LARGEST_DROPOUT = 0.9
WINDOWS_A_CALL = 512  # handed to TensorFlow at once: a report waits for no more


@dataclass(frozen=True, slots=True)
class StepSettings:
    """Settings of the steps that can be changed while a training is paused.

    Raises:
        InputError: When a value is outside its range.
    """

    step: int  # steps done when they take effect
    learning_rate: float  # Adam's rate; of the recommended recipe the highest of its schedule
    batch_size: int  # B, reviews or windows a step
    dropout: float  # share of the embedding's columns left out in a step (one mask for the batch)

    def __post_init__(self) -> None:
        sizes = LIMITS["batch_size"]
        for name, value, low, high in (
            ("learning rate", self.learning_rate, SMALLEST_RATE, LARGEST_RATE),
            ("batch size", self.batch_size, sizes.low, sizes.high),
            ("dropout", self.dropout, 0.0, LARGEST_DROPOUT),
        ):
            if not low <= value <= high:
                raise InputError(
                    f"The {name} is {value:g}; choose a value from {low:g} to {high:g}."
                )


def steps_per_call(batch_size: int) -> int:
    """How many batches are handed to TensorFlow at once."""
    return max(1, WINDOWS_A_CALL // batch_size)


class SettingsLog:
    """The settings of every step: those at the beginning, and the changes."""

    def __init__(self, start: StepSettings) -> None:
        self._log = [start]

    def add(self, change: StepSettings) -> None:
        """Add a change; one that was made later before the run was reset is forgotten."""
        kept = [one for one in self._log if one.step < change.step or one.step == 0]
        self._log = [*kept, change]

    def at(self, step: int) -> StepSettings:
        """The settings of a step, by the steps done before it."""
        return [one for one in self._log if one.step <= step][-1]

    def next_call(self, done: int, count: int, ends: Iterable[int]) -> int:
        """Steps of the next call, up to `count`: none past `ends` or a change of settings."""
        changes = [one.step for one in self._log]
        limit = min(step for step in (*ends, *changes) if step > done)
        return min(count, steps_per_call(self.at(done).batch_size), limit - done)

    def restart(self) -> None:
        """Discard all changes."""
        self._log = self._log[:1]

    @property
    def batch_sizes(self) -> list[tuple[int, int]]:
        """Steps done and batch size, where it changes."""
        found = [(one.step, one.batch_size) for one in self._log]
        return [one for at, one in enumerate(found) if at == 0 or one[1] != found[at - 1][1]]


class EpochSchedule:
    """Epochs over N reviews, each once an epoch, with batch sizes that change between steps.

    Args:
        reviews: N.
        epochs: Times through them.
        batch_sizes: Steps done and the batch size from there on, rising, the first at 0.
    """

    def __init__(self, reviews: int, epochs: int, batch_sizes: Sequence[tuple[int, int]]) -> None:
        self._reviews = reviews
        self._pieces = [(0, 0, 0, batch_sizes[0][1])]  # steps done, epoch, reviews read of it, B
        for step, size in batch_sizes[1:]:
            epoch, row = self.position(step)
            self._pieces.append((step, epoch, row, size))
        self.epoch_ends = self._ends(epochs)

    def position(self, step: int) -> tuple[int, int]:
        """Epochs done and reviews read of the next one, after so many steps."""
        begin, epoch, row, size = [piece for piece in self._pieces if piece[0] <= step][-1]
        first, whole = _steps(self._reviews - row, size), _steps(self._reviews, size)
        if (taken := step - begin) < first:
            return epoch, row + taken * size
        more, within = divmod(taken - first, whole)
        return epoch + 1 + more, within * size

    def _ends(self, epochs: int) -> tuple[int, ...]:
        """Steps done at the end of each epoch."""
        ends: list[int] = []
        borders = [piece[0] for piece in self._pieces[1:]] + [None]
        for (begin, _, row, size), border in zip(self._pieces, borders, strict=True):
            end = begin + _steps(self._reviews - row, size)
            while len(ends) < epochs and (border is None or end <= border):
                ends.append(end)
                end += _steps(self._reviews, size)
        return tuple(ends)


def _steps(reviews: int, size: int) -> int:
    return -(-reviews // size)
