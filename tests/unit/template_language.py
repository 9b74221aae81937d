"""The set of phrases that the training templates can generate, and the edit distance to it.

A text is compared word by word after the encoder's normalisation, so punctuation, case and white
space do not count. One edit replaces, removes or adds a word of the text, or replaces or removes
one element of a pattern (a word or a whole slot).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from lstm_core.text import split_words
from lstm_core.training.recommended.synthetic_phrases import (
    ALTHOUGH,
    AND,
    BUT,
    SLOT,
    PhraseTemplates,
)

Words = tuple[str, ...]
MOST_EDITS = 1
FAR = MOST_EDITS + 1


@dataclass
class TemplateLanguage:
    """Everything that `generate_phrases` can return for a file of patterns.

    Attributes:
        patterns: Lists and patterns.
    """

    patterns: PhraseTemplates
    _lists: dict[Words, set[str]] = field(init=False)
    _rows: list[tuple[tuple[str, bool], ...]] = field(init=False)

    def __post_init__(self) -> None:
        expanded: dict[str, frozenset[Words]] = {}
        for name in self.patterns.lists:
            self._expand(name, expanded)
        self._lists = defaultdict(set)
        for name, phrases in expanded.items():
            for phrase in phrases:
                self._lists[phrase].add(name)
        self._longest = max(map(len, self._lists))
        self._rows = [_elements(pattern) for pattern, _ in self.patterns.rows]
        self._and_but = {tuple(split_words(joint)) for joint in (*AND, *BUT)}
        self._although = {tuple(split_words(lead)) for lead in ALTHOUGH}

    def edits(self, text: str) -> int:
        """Edits from a text to the nearest phrase; `FAR` when there are more than `MOST_EDITS`."""
        words = tuple(split_words(text))
        ends: dict[int, list[int]] = {}

        def costs(start: int) -> list[int]:  # of the words from start to each end
            if start not in ends:
                ends[start] = self._costs(words, start)
            return ends[start]

        best = costs(0)[len(words)]
        starts = [0] + [len(lead) for lead in self._although if words[: len(lead)] == lead]
        for begin in starts:
            for middle in range(begin + 1, len(words)):
                for joint in self._and_but if begin == 0 else {()}:
                    after = middle + len(joint)
                    if words[middle:after] == joint and after < len(words):
                        first = costs(begin)[middle]
                        if first < best:
                            best = min(best, first + costs(after)[len(words)])
        return min(best, FAR)

    def _expand(self, name: str, done: dict[str, frozenset[Words]]) -> frozenset[Words]:
        if name not in done:
            found: set[Words] = set()
            for entry in self.patterns.lists[name]:
                partial: set[Words] = {()}
                for element, is_slot in _elements(entry):
                    fillers = self._expand(element, done) if is_slot else {(element,)}
                    partial = {left + right for left in partial for right in fillers}
                found |= partial
            done[name] = frozenset(found)
        return done[name]

    def _costs(self, words: Words, start: int) -> list[int]:
        """Fewest edits from the words between `start` and each place to one pattern."""
        spans: dict[tuple[str, int], list[int]] = defaultdict(list)
        for at in range(start, len(words) + 1):
            for stop in range(at, min(len(words), at + self._longest) + 1):
                for name in self._lists.get(words[at:stop], ()):
                    spans[name, at].append(stop)
        best = [FAR] * (len(words) + 1)
        for row in self._rows:
            reached = {start: 0}
            for element, is_slot in row:
                reached = _follow(words, reached, element, is_slot, spans)
                if not reached:
                    break
            for place, cost in _with_added(words, reached).items():
                best[place] = min(best[place], cost)
        return best


def _follow(
    words: Words,
    reached: dict[int, int],
    element: str,
    is_slot: bool,
    spans: dict[tuple[str, int], list[int]],
) -> dict[int, int]:
    """Places after one more element of a pattern, with their edits."""
    found: dict[int, int] = {}
    for place, cost in _with_added(words, reached).items():
        if is_slot:
            exact = spans.get((element, place), [])
        else:
            exact = [place + 1] if words[place : place + 1] == (element,) else []
        for stop in exact:
            found[stop] = min(found.get(stop, FAR), cost)
        if cost < MOST_EDITS:  # the element removed, or another word in its place
            for stop in (place, place + 1):
                if stop <= len(words):
                    found[stop] = min(found.get(stop, FAR), cost + 1)
    return found


def _with_added(words: Words, reached: dict[int, int]) -> dict[int, int]:
    """The same places, and those after one word that the pattern lacks."""
    found = dict(reached)
    for place, cost in reached.items():
        if cost < MOST_EDITS and place < len(words):
            found[place + 1] = min(found.get(place + 1, FAR), cost + 1)
    return found


def _elements(pattern: str) -> tuple[tuple[str, bool], ...]:
    """Words and slots of a pattern in order; True marks a slot."""
    found: list[tuple[str, bool]] = []
    for number, piece in enumerate(SLOT.split(pattern)):
        if number % 2:
            found.append((piece, True))
        else:
            found += [(word, False) for word in split_words(piece)]
    return tuple(found)
