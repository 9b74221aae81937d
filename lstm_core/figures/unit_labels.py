"""Row labels of units: the words that raise and lower what a chart shows of each unit."""

from dataclasses import dataclass
from functools import lru_cache

from lstm_core.analysis.captions import short
from lstm_core.model.unit_words import UnitWordsReport, WordEffect
from lstm_core.recurrent.lstm import Floats

LONGEST_WORD = 11  # characters of a word beside a row

MOST_COUNTED = 2  # words each way with their counts

Counted = tuple[tuple[str, int], ...]  # words and how often each was read


@dataclass(frozen=True, slots=True)
class UnitLabels:
    """The labels of all units.

    Attributes:
        units: For each unit in the stored order its label ("+great −worst", perhaps empty), the
            words that raise it and those that lower it, with their counts.
        source: The texts in which the words were counted.
        least: How often a word must have been read to be named.
    """

    units: tuple[tuple[str, Counted, Counted], ...]
    source: str
    least: int

    def of(self, unit: int) -> str:
        """The label of one unit."""
        return self.units[unit][0]


def unit_labels(report: UnitWordsReport, output_weights: Floats, *, raw: bool) -> UnitLabels:
    """The labels of all units.

    Args:
        report: The stored words of each unit.
        output_weights: The weight of each unit in the logit, ``(D,)``.
        raw: The chart shows hidden states; else their effect on the logit, which a word that
            raises the hidden state lowers where the output weight is negative.
    """
    swapped = () if raw else tuple((output_weights < 0).tolist())
    return _labels(report, swapped)


@lru_cache(maxsize=16)
def _labels(report: UnitWordsReport, swapped: tuple[bool, ...]) -> UnitLabels:
    found = []
    for unit, words in enumerate(report.units):
        up, down = words.up, words.down
        if swapped and swapped[unit]:
            up, down = down, up
        names = [f"+{short(one.word, LONGEST_WORD)}" for one in up[:1]]
        names += [f"\N{MINUS SIGN}{short(one.word, LONGEST_WORD)}" for one in down[:1]]
        found.append((" ".join(names), _counted(up), _counted(down)))
    stamp = report.stamp
    return UnitLabels(tuple(found), f"{stamp.reviews:,} {stamp.data}", stamp.least)


def _counted(effects: tuple[WordEffect, ...]) -> Counted:
    return tuple((one.word, one.count) for one in effects[:MOST_COUNTED])
