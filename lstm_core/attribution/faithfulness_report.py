"""Report of the faithfulness benchmark: curves, metrics, rankings per masking strategy."""

from dataclasses import dataclass
from functools import cached_property

from lstm_core.attribution.occlusion import MaskingStrategy
from lstm_core.attribution.registry import SLOW, Method
from lstm_core.metrics import Interval

RANDOM = "random"
NAMES = (*(str(method) for method in Method), RANDOM)
AREA, COMPREHENSIVENESS, SUFFICIENCY = "area", "comprehensiveness", "sufficiency"
METRICS = (AREA, COMPREHENSIVENESS, SUFFICIENCY)
LOWER_IS_BETTER = (SUFFICIENCY,)


@dataclass(frozen=True, slots=True)
class FaithfulnessKey:
    """What was measured on what."""

    fingerprint: str  # of the model and its vocabulary
    data: str  # the reviews, in words
    data_sha256: str  # fingerprint of the data set; empty for the built-in examples
    reviews: int  # how many
    seed: int  # of the choice of reviews, of the random orders and of the bootstrap
    made: str  # when, in UTC
    seconds: float  # how long it took
    command: str  # what measures the same again
    films: int = 0  # films that the reviews are of; 0 where the data set does not name them


@dataclass(frozen=True, slots=True)
class RemovalCurve:
    """The mean curve of one method with its 95 % interval at every point."""

    method: str
    removal: str
    direction: str
    mean: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class MethodScore:
    """One metric of one method under one masking strategy."""

    method: str  # the method, or "random"
    removal: str  # the masking strategy
    metric: str  # one of `METRICS`
    value: Interval  # mean over the reviews
    behind: Interval  # how far it is behind the best method, paired by review: 0 or more is worse


@dataclass(frozen=True)
class FaithfulnessReport:
    """What was measured of the methods."""

    stamp: FaithfulnessKey  # what was measured on what
    shares: tuple[float, ...]  # shares of the words moved, the x axis of every curve
    curves: tuple[RemovalCurve, ...]  # one for each method, strategy and direction
    scores: tuple[MethodScore, ...]  # one for each method, strategy and metric

    def score(self, method: str, removal: str, metric: str = AREA) -> MethodScore:
        """One metric of one method under one masking strategy."""
        return self._scores[method, removal, metric]

    @cached_property
    def _scores(self) -> dict[tuple[str, str, str], MethodScore]:
        return {(one.method, one.removal, one.metric): one for one in self.scores}

    def rank_methods(self, removal: str, metric: str = AREA) -> tuple[str, ...]:
        """Methods and random, the best first."""
        sign = 1 if metric in LOWER_IS_BETTER else -1
        return tuple(
            sorted(NAMES, key=lambda name: sign * self.score(name, removal, metric).value.value)
        )

    def best(self, removal: str, metric: str = AREA) -> Method:
        """The best method by one metric."""
        return Method(next(n for n in self.rank_methods(removal, metric) if n != RANDOM))

    def level_with_best(self, removal: str) -> tuple[Method, ...]:
        """Methods whose area's paired difference to the best includes 0, without the best."""
        best = self.best(removal)
        return tuple(
            Method(name)
            for name in self.rank_methods(removal)
            if name not in (RANDOM, best) and self.score(name, removal).behind.low <= 0
        )

    @cached_property
    def ranking(self) -> tuple[Method, ...]:
        """Methods by how far they are behind under the strategy that suits them least."""
        return tuple(sorted(Method, key=self.largest_deficit))

    @cached_property
    def fast(self) -> Method:
        """The first of the ranking that is fast enough for every change of a text."""
        return next(method for method in self.ranking if method not in SLOW)

    def largest_deficit(self, method: Method) -> float:
        """How far a method's area is behind the best, under the worse of the strategies."""
        return max(self.score(method, str(one)).behind.value for one in MaskingStrategy)
