"""Unit profiles: what each unit weighs, remembers, listens to and carries, over a whole corpus.

Symbols: N reviews, D units, V word ids.
"""

from dataclasses import dataclass, fields

import numpy as np

from lstm_core.activations.ablation import Z
from lstm_core.activations.schema import GATE_STEP, Doubles, dequantize
from lstm_core.activations.store import StateIndex
from lstm_core.analysis.captions import quoted_word
from lstm_core.analysis.formatting import percent, signed
from lstm_core.analysis.unit_stats import median_time_to_half
from lstm_core.metrics import Interval
from lstm_core.model.unit_words import (
    MOST_WORDS,
    UnitWords,
    UnitWordsReport,
    UnitWordsStamp,
    WordEffect,
)
from lstm_core.recurrent.lstm import LstmWeights
from lstm_core.text import FIRST_WORD, Vocabulary

FEWEST = 5  # a word must have been read so often before its push counts
PRIOR = 4  # readings with the unit's usual spread that every word is given
WORDS_A_COUNT = 100_000  # and once more for each so many words of the corpus
FEWEST_FINDING = 20  # readings of a word before a sentence names it
LEAST_FINDING = 0.05  # of the hidden state that it must move for that, at the end of its interval
FREQUENT = 20_000  # words of a corpus for each reading of a word that names a unit on a chart
HALF_LIFE_REVIEWS = 2_000  # enough for a median


@dataclass(frozen=True, slots=True)
class UnitProfile:
    """One unit of any recurrent layer over a corpus.

    Attributes:
        unit: The unit.
        verdict: Correlation of its last hidden state with the final logit.
        label: The same with the labels; nan without them.
        gates: Names of the cell's gates (LSTM: input, forget, output; none for a SimpleRNN).
        low: Share of words at which each gate is under 0.1.
        high: Share of words at which it is over 0.9.
        up: Words that raise it most.
        down: Words that lower it most.
    """

    unit: int
    verdict: float
    label: float
    gates: tuple[str, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    up: tuple[WordEffect, ...]
    down: tuple[WordEffect, ...]


@dataclass(frozen=True, slots=True)
class UnitStats(UnitProfile):
    """One unit of the article's LSTM over a corpus.

    Attributes:
        output_weight: Its weight in the logit: above 0 a raised unit speaks for positive.
        half_life: Median measured time to half, in words: see
            `lstm_core.analysis.unit_stats.median_time_to_half`.
        lost: Accuracy lost when it is silenced; None without labels.
        turned: Share of verdicts that change when it is silenced.
        moved: Mean distance that the logit moves then.
    """

    output_weight: float
    half_life: float
    lost: Interval | None
    turned: float
    moved: float


def unit_statistics(
    index: StateIndex, weights: LstmWeights, vocabulary: Vocabulary
) -> tuple[UnitStats, ...]:
    """The profile of every unit of the article's LSTM.

    Args:
        weights: The weights of the model it is of.
    """
    silenced, half = index.silenced, half_lives(index)  # (D,)
    found = []
    for one in unit_profiles(index, vocabulary):
        value, bottom, top = (float(end) for end in silenced.lost[:, one.unit])
        found.append(
            UnitStats(
                **{field.name: getattr(one, field.name) for field in fields(UnitProfile)},
                output_weight=float(weights.dense_kernel[one.unit]),
                half_life=float(half[one.unit]),
                lost=None if np.isnan(value) else Interval(value, bottom, top),
                turned=float(silenced.turned[one.unit]),
                moved=float(silenced.moved[one.unit]),
            )
        )
    return tuple(found)


def unit_profiles(
    index: StateIndex, vocabulary: Vocabulary, words: int = 10
) -> tuple[UnitProfile, ...]:
    """The profile of every unit of the layer that an index is of.

    Args:
        words: How many words to list each way.
    """
    sums, read = index.sums, max(index.note.words, 1)
    known = index.labels >= 0
    verdict = _correlation(index.final, index.logits)
    label = _correlation(index.final[known], index.labels[known])
    low, high = sums.low / read, sums.high / read  # (G, D)
    mean, spread, sure, listed = word_effects(index, vocabulary.rules.first_word)
    found = []
    for unit in range(index.note.lstm_dim):
        ranked = listed[np.argsort(-sure[listed, unit], kind="stable")]

        def push(row: int, unit: int = unit) -> WordEffect:
            return WordEffect(
                vocabulary.word_of(int(index.word_ids[row])),
                int(sums.word_count[row]),
                float(mean[row, unit]),
                float(spread[row, unit]),
                float(sure[row, unit]),
            )

        found.append(
            UnitProfile(
                unit=unit,
                verdict=float(verdict[unit]),
                label=float(label[unit]),
                gates=index.note.gates,
                low=tuple(low[:, unit].tolist()),
                high=tuple(high[:, unit].tolist()),
                up=tuple(push(row) for row in ranked[:words] if sure[row, unit] > 0),
                down=tuple(push(row) for row in ranked[::-1][:words] if sure[row, unit] < 0),
            )
        )
    return tuple(found)


def measure_unit_words(
    index: StateIndex, vocabulary: Vocabulary, data: str, command: str
) -> UnitWordsReport:
    """The frequent words that raise and lower each unit most, to be stored in the bundle.

    Args:
        data: What the reviews are: "test reviews".
        command: Command that repeats the measurement.
    """
    note = index.note
    least = max(FEWEST_FINDING, note.words // FREQUENT)
    stamp = UnitWordsStamp(
        fingerprint=note.fingerprint,
        data=data,
        data_sha256=note.sha256,
        reviews=note.reviews,
        words=note.words,
        made=note.made,
        least=least,
        command=command,
    )
    found = unit_profiles(index, vocabulary, words=len(vocabulary))
    units = tuple(UnitWords(_frequent(one.up, least), _frequent(one.down, least)) for one in found)
    return UnitWordsReport(stamp, units)


def _frequent(effects: tuple[WordEffect, ...], least: int) -> tuple[WordEffect, ...]:
    """The first findings that were read so often, rounded."""
    found = [one for one in effects if one.count >= least and _is_finding(one)]
    return tuple(
        WordEffect(e.word, e.count, round(e.mean, 4), round(e.spread, 4), round(e.sure, 4))
        for e in found[:MOST_WORDS]
    )


def half_lives(index: StateIndex) -> Doubles:
    """Median measured time to half of each unit, over the first reviews of a corpus: ``(D,)``."""
    starts = index.starts[: HALF_LIFE_REVIEWS + 1]
    gates = dequantize(index.kept("forget_gate")[:, : int(starts[-1])], GATE_STEP)  # (D, P)
    return np.array([median_time_to_half(gate, np.diff(starts)) for gate in gates])


def word_effects(
    index: StateIndex, first_word: int = FIRST_WORD
) -> tuple[Doubles, Doubles, Doubles, np.ndarray]:
    """How far every word moves every unit.

    Args:
        first_word: The first id that is a word.

    Returns:
        Mean, standard deviation and the sure part of ``h_t - h_{t-1}``, ``(V, D)`` each, and the
        rows (for the article's model the ids) of the words that were read often enough to say so.
        The sure part is the end of the mean's 95 % interval that is nearer to zero, zero when the
        interval holds it. For the interval each word is counted as if it had been read a few
        times more with the spread that the unit has over all words: a word that stands in one
        sentence only, read again and again, would have none.
    """
    sums = index.sums
    count = np.maximum(sums.word_count, 1)[:, None]  # (V, 1)
    mean = sums.word_sum / count
    spread = np.sqrt(np.maximum(sums.word_square / count - mean**2, 0))
    usual = (sums.word_square.sum(axis=0) / max(index.note.words, 1))[None]  # (1, D)
    likely = np.sqrt((count * spread**2 + PRIOR * usual) / (count + PRIOR))  # (V, D)
    sure = np.sign(mean) * np.maximum(np.abs(mean) - Z * likely / np.sqrt(count), 0)
    often = sums.word_count >= fewest(index)
    often &= index.word_ids >= first_word
    return mean, spread, sure, np.flatnonzero(often)


def fewest(index: StateIndex) -> int:
    """How often a word must have been read before its push counts."""
    return FEWEST + index.note.words // WORDS_A_COUNT


def unit_stats_title(one: UnitStats) -> str:
    """What stands out of a unit; names a word only from a stated count and effect on."""
    way = "positive" if one.output_weight > 0 else "negative"
    return f"Unit {one.unit} pushes towards {way} when it rises; {_words_that_move(one)}"


def unit_profile_title(one: UnitProfile) -> str:
    """The words that move a unit of an imported model most; see `unit_stats_title`."""
    return f"Unit {one.unit}: {_words_that_move(one)}"


def _words_that_move(one: UnitProfile) -> str:
    found = [
        f"{quoted_word(word.word)} {verb} it most ({signed(word.mean)}, read {word.count:,} times)"
        for word, verb in ((_finding(one.up), "raises"), (_finding(one.down), "lowers"))
        if word is not None
    ]
    if found:
        return ", ".join(found)
    return (
        f"no word that was read {FEWEST_FINDING} times or more moves it by {LEAST_FINDING} or more"
    )


def _finding(effects: tuple[WordEffect, ...]) -> WordEffect | None:
    """The first word with the count and the effect that a finding needs."""
    return next(filter(_is_finding, effects), None)


def _is_finding(effect: WordEffect) -> bool:
    return effect.count >= FEWEST_FINDING and abs(effect.sure) >= LEAST_FINDING


def saturation_line(one: UnitProfile) -> str:
    """The gate of a unit that is saturated most often; the cell must have one."""
    names = [name.replace("_", " ") for name in one.gates]
    shares = [(share, f"{name} closed") for share, name in zip(one.low, names, strict=True)]
    shares += [(share, f"{name} open") for share, name in zip(one.high, names, strict=True)]
    share, says = max(shares)
    if share < 0.005:
        return "no gate is saturated at 1 % of the words"
    return f"{says} at {percent(share)} of the words"


def _correlation(values: np.ndarray, other: np.ndarray) -> Doubles:
    """Pearson's correlation of each column ``(N, D)`` with ``(N,)``; nan where one is constant."""
    if len(values) < 2:
        return np.full(values.shape[1], np.nan)
    x = values - values.mean(axis=0, dtype=np.float64)  # (N, D)
    y = other - other.mean(dtype=np.float64)  # (N,)
    with np.errstate(invalid="ignore", divide="ignore"):
        return (y @ x) / np.sqrt((x**2).sum(axis=0) * (y**2).sum())
