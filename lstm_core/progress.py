"""How far a long piece of work has come, told through a callback."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Progress:
    """One report of a piece of work."""

    stage: str  # what is being done, as words for a person ("reading reviews")
    done: int  # units finished so far
    total: int | None = None  # units in all, or None when nobody knows yet

    @property
    def share(self) -> float | None:
        """Finished share, 0 to 1, or None when the total is not known."""
        if not self.total:
            return None
        return min(max(self.done / self.total, 0.0), 1.0)


ProgressCallback = Callable[[Progress], None]
