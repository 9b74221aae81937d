"""How far a long piece of work has come, told through a callback."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Progress:
    """One report of a piece of work.

    Attributes:
        stage: What is being done, as words for a person ("reading reviews").
        done: Units finished so far.
        total: Units in all, or None when nobody knows yet.
    """

    stage: str
    done: int
    total: int | None = None

    @property
    def share(self) -> float | None:
        """Finished share, 0 to 1, or None when the total is not known."""
        if not self.total:
            return None
        return min(max(self.done / self.total, 0.0), 1.0)


ProgressCallback = Callable[[Progress], None]
