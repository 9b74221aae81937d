"""Compiled training steps that tests of one process share: compiling takes some seconds each."""

from collections.abc import Callable
from typing import Any

from lstm_core.recurrent.weights import LstmWeights


class CompiledSteps:
    """Makes training steps, from those of equal sizes and rules that no test uses any more.

    Args:
        make: The class `TrainStep`.
    """

    def __init__(self, make: Callable[..., Any]) -> None:
        self._make = make
        self._used: list[tuple[object, Any]] = []
        self._free: list[tuple[object, Any]] = []

    def __call__(self, weights: LstmWeights, rules: Any) -> Any:
        """A step that starts from these weights."""
        key = (rules, *(array.shape for array in weights.arrays().values()))
        found = next((one for one in self._free if one[0] == key), None)
        if found is None:
            found = (key, self._make(weights, rules))
        else:
            self._free.remove(found)
            found[1].begin(weights)
        self._used.append(found)
        return found[1]

    def release(self) -> None:
        """The test has ended: others may have its steps."""
        self._free += self._used
        self._used = []
