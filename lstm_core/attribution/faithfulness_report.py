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
    """What was measured on what.

    Attributes:
        fingerprint: Of the model and its vocabulary.
        data: The reviews, in words.
        data_sha256: Fingerprint of the data set; empty for the built-in examples.
        reviews: How many.
        seed: Of the choice of reviews, of the random orders and of the bootstrap.
        made: When, in UTC.
        seconds: How long it took.
        command: What measures the same again.
        films: Films that the reviews are of; 0 where the data set does not name them.
    """

    fingerprint: str
    data: str
    data_sha256: str
    reviews: int
    seed: int
    made: str
    seconds: float
    command: str
    films: int = 0


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
    """One metric of one method under one masking strategy.

    Attributes:
        method: The method, or "random".
        removal: The masking strategy.
        metric: One of `METRICS`.
        value: Mean over the reviews.
        behind: How far it is behind the best method, paired by review: 0 or more is worse.
    """

    method: str
    removal: str
    metric: str
    value: Interval
    behind: Interval


@dataclass(frozen=True)
class FaithfulnessReport:
    """What was measured of the methods.

    Attributes:
        stamp: What was measured on what.
        shares: Shares of the words moved, the x axis of every curve.
        curves: One for each method, strategy and direction.
        scores: One for each method, strategy and metric.
    """

    stamp: FaithfulnessKey
    shares: tuple[float, ...]
    curves: tuple[RemovalCurve, ...]
    scores: tuple[MethodScore, ...]

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
