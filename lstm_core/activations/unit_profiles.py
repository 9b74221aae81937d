"""Unit profiles: what each unit weighs, remembers, listens to and carries, over a whole corpus.

Symbols: N reviews, D units, V word ids.
"""

from dataclasses import dataclass

import numpy as np

from lstm_core.activations.ablation import Z
from lstm_core.activations.schema import GATE_STEP, GATES, Doubles, dequantize
from lstm_core.activations.store import StateIndex
from lstm_core.analysis.captions import quoted_word
from lstm_core.analysis.formatting import percent
from lstm_core.analysis.unit_stats import median_time_to_half
from lstm_core.metrics import Interval
from lstm_core.recurrent.lstm import LstmWeights
from lstm_core.text import FIRST_WORD, Vocabulary

FEWEST = 5  # a word must have been read so often before its push counts
PRIOR = 4  # readings with the unit's usual spread that every word is given
WORDS_A_COUNT = 100_000  # and once more for each so many words of the corpus
FEWEST_FINDING = 20  # readings of a word before a sentence names it
LEAST_FINDING = 0.05  # of the hidden state that it must move for that, at the end of its interval
HALF_LIFE_REVIEWS = 2_000  # enough for a median


@dataclass(frozen=True, slots=True)
class WordEffect:
    """How far one word moves a unit.

    Attributes:
        word: The word.
        count: How often it was read.
        mean: Mean of ``h_t - h_{t-1}`` where it was read.
        spread: Standard deviation of it.
        sure: The end of the mean's 95 % interval that is nearer to zero: ranks the words.
    """

    word: str
    count: int
    mean: float
    spread: float
    sure: float


@dataclass(frozen=True, slots=True)
class UnitStats:
    """One unit over a corpus.

    Attributes:
        unit: The unit.
        output_weight: Its weight in the logit: above 0 a raised unit speaks for positive.
        half_life: Median measured time to half, in words: see
            `lstm_core.analysis.unit_stats.median_time_to_half`.
        verdict: Correlation of its last hidden state with the final logit.
        label: The same with the labels; nan without them.
        lost: Accuracy lost when it is silenced; None without labels.
        turned: Share of verdicts that change when it is silenced.
        moved: Mean distance that the logit moves then.
        low: Share of words at which each gate (i, f, o) is under 0.1.
        high: Share of words at which it is over 0.9.
        up: Words that raise it most.
        down: Words that lower it most.
    """

    unit: int
    output_weight: float
    half_life: float
    verdict: float
    label: float
    lost: Interval | None
    turned: float
    moved: float
    low: tuple[float, ...]
    high: tuple[float, ...]
    up: tuple[WordEffect, ...]
    down: tuple[WordEffect, ...]


def unit_statistics(
    index: StateIndex, weights: LstmWeights, vocabulary: Vocabulary, words: int = 10
) -> tuple[UnitStats, ...]:
    """The profile of every unit.

    Args:
        index: The index.
        weights: The weights of the model it is of.
        vocabulary: The model's words.
        words: How many words to list each way.
    """
    sums, silenced = index.sums, index.silenced
    read = max(index.note.words, 1)
    known = index.labels >= 0
    verdict = _correlation(index.final, index.logits)
    label = _correlation(index.final[known], index.labels[known])
    half = half_lives(index)  # (D,)
    low, high = sums.low / read, sums.high / read  # (3, D)
    mean, spread, sure, listed = word_effects(index)
    found = []
    for unit in range(index.note.lstm_dim):
        value, bottom, top = (float(end) for end in silenced.lost[:, unit])
        ranked = listed[np.argsort(-sure[listed, unit], kind="stable")]

        def push(id_: int, unit: int = unit) -> WordEffect:
            return WordEffect(
                vocabulary.word_of(int(id_)),
                int(sums.word_count[id_]),
                float(mean[id_, unit]),
                float(spread[id_, unit]),
                float(sure[id_, unit]),
            )

        found.append(
            UnitStats(
                unit=unit,
                output_weight=float(weights.dense_kernel[unit]),
                half_life=float(half[unit]),
                verdict=float(verdict[unit]),
                label=float(label[unit]),
                lost=None if np.isnan(value) else Interval(value, bottom, top),
                turned=float(silenced.turned[unit]),
                moved=float(silenced.moved[unit]),
                low=tuple(low[:, unit].tolist()),
                high=tuple(high[:, unit].tolist()),
                up=tuple(push(id_) for id_ in ranked[:words] if sure[id_, unit] > 0),
                down=tuple(push(id_) for id_ in ranked[::-1][:words] if sure[id_, unit] < 0),
            )
        )
    return tuple(found)


def half_lives(index: StateIndex) -> Doubles:
    """Median measured time to half of each unit, over the first reviews of a corpus: ``(D,)``."""
    starts = index.starts[: HALF_LIFE_REVIEWS + 1]
    gates = dequantize(index.kept("forget_gate")[:, : int(starts[-1])], GATE_STEP)  # (D, P)
    return np.array([median_time_to_half(gate, np.diff(starts)) for gate in gates])


def word_effects(index: StateIndex) -> tuple[Doubles, Doubles, Doubles, np.ndarray]:
    """How far every word moves every unit.

    Returns:
        Mean, standard deviation and the sure part of ``h_t - h_{t-1}``, ``(V, D)`` each, and the
        ids of the words that were read often enough to say so. The sure part is the end of the
        mean's 95 % interval that is nearer to zero, zero when the interval holds it. For the
        interval each word is counted as if it had been read a few times more with the spread
        that the unit has over all words: a word that stands in one sentence only, read again and
        again, would have none.
    """
    sums = index.sums
    count = np.maximum(sums.word_count, 1)[:, None]  # (V, 1)
    mean = sums.word_sum / count
    spread = np.sqrt(np.maximum(sums.word_square / count - mean**2, 0))
    usual = (sums.word_square.sum(axis=0) / max(index.note.words, 1))[None]  # (1, D)
    likely = np.sqrt((count * spread**2 + PRIOR * usual) / (count + PRIOR))  # (V, D)
    sure = np.sign(mean) * np.maximum(np.abs(mean) - Z * likely / np.sqrt(count), 0)
    often = sums.word_count >= fewest(index)
    often[:FIRST_WORD] = False
    return mean, spread, sure, np.flatnonzero(often)


def fewest(index: StateIndex) -> int:
    """How often a word must have been read before its push counts."""
    return FEWEST + index.note.words // WORDS_A_COUNT


def unit_stats_title(one: UnitStats) -> str:
    """What stands out of a unit; names a word only from a stated count and effect on."""
    way = "positive" if one.output_weight > 0 else "negative"
    says = f"Unit {one.unit} pushes towards {way} when it rises"
    found = [
        f"{quoted_word(word.word)} {verb} it most ({word.mean:+.2f}, read {word.count:,} times)"
        for word, verb in ((_finding(one.up), "raises"), (_finding(one.down), "lowers"))
        if word is not None
    ]
    if found:
        return f"{says}; {', '.join(found)}"
    return (
        f"{says}; no word that was read {FEWEST_FINDING} times or more moves it by "
        f"{LEAST_FINDING} or more"
    )


def _finding(effects: tuple[WordEffect, ...]) -> WordEffect | None:
    """The first word with the count and the effect that a finding needs."""
    fine = (e for e in effects if e.count >= FEWEST_FINDING and abs(e.sure) >= LEAST_FINDING)
    return next(fine, None)


def saturation_line(one: UnitStats) -> str:
    """The gate of a unit that is saturated most often."""
    names = [name.replace("_", " ") for name in GATES]
    shares = [(share, f"{name} closed") for share, name in zip(one.low, names, strict=True)]
    shares += [(share, f"{name} open") for share, name in zip(one.high, names, strict=True)]
    share, says = max(shares)
    return f"{says} at {percent(share)} of the words"


def _correlation(values: np.ndarray, other: np.ndarray) -> Doubles:
    """Pearson's correlation of each column ``(N, D)`` with ``(N,)``; nan where one is constant."""
    if len(values) < 2:
        return np.full(values.shape[1], np.nan)
    x = values - values.mean(axis=0, dtype=np.float64)  # (N, D)
    y = other - other.mean(dtype=np.float64)  # (N,)
    with np.errstate(invalid="ignore", divide="ignore"):
        return (y @ x) / np.sqrt((x**2).sum(axis=0) * (y**2).sum())
