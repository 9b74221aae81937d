"""Step rate: how many steps fit between two reports, and how many a second are taken."""

from collections import deque

CALL_SECONDS = 0.4  # of steps between two reports; what is asked is looked at after each step
SPEED_SECONDS = 6.0  # over which the speed is a mean


def throttled(steps: int, seconds: float) -> int:
    """How many steps fit between two reports, when so many took so long; at most 8 times more."""
    return max(1, min(8 * steps, int(steps * CALL_SECONDS / max(seconds, 1e-6))))


class StepRate:
    """Steps a second, as a mean over the last seconds."""

    def __init__(self) -> None:
        self._recent: deque[tuple[float, int]] = deque()

    def at(self, seconds: float, done: int) -> float:
        """The rate when so many steps are done after so many seconds; 0 while it is not known."""
        self._recent.append((seconds, done))
        while seconds - self._recent[0][0] > SPEED_SECONDS and len(self._recent) > 2:
            self._recent.popleft()
        (before, first), (now, last) = self._recent[0], self._recent[-1]
        return (last - first) / (now - before) if now > before else 0.0
