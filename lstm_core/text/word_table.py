"""Ids of all words of a long text at once: a hash table in NumPy.

A word of up to 16 bytes is two numbers of 64 bits, so cutting, hashing, looking up and comparing
are a few array operations for all words, a quarter of the time of `str.split` and a dict. Longer
words, one in 400, are looked up in a dict.

Symbols: W words of the text, V words of the table, S slots.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.uint64]

UTF_8 = ("utf-8", "surrogatepass")
HALF = 8  # bytes in a number
LONGEST = 2 * HALF
SLOTS_PER_WORD = 4
_MASKS = np.array([2 ** (8 * size) - 1 for size in range(HALF + 1)], np.uint64)  # of `size` bytes


class WordTable:
    """Ids by word for texts in which blanks and line feeds separate the words.

    Open addressing with linear probing (Knuth, vol. 3, 6.4). The hash function is drawn at random,
    so that nobody can choose words that collide; the ids do not depend on it.

    Args:
        ids: Ids by word.
        unknown: Id of all other words.
    """

    def __init__(self, ids: Mapping[str, int], unknown: int) -> None:
        known = {word.encode(*UTF_8): id_ for word, id_ in ids.items() if word}
        short = [word for word in known if len(word) <= LONGEST]
        self._unknown = unknown
        self._long = {word: id_ for word, id_ in known.items() if len(word) > LONGEST}
        # Row 0 stands for an empty slot: no word has its size.
        letters = b"".join(word.ljust(LONGEST, b"\0") for word in (b"", *short))
        self._first, self._second = np.frombuffer(letters, "<u8").reshape(-1, 2).T.copy()  # (V,)
        self._sizes = np.array([-1, *map(len, short)])  # (V,)
        self._ids = np.array([unknown, *(known[word] for word in short)], np.int32)  # (V,)
        bits = (SLOTS_PER_WORD * len(self._sizes)).bit_length()
        self._shift, self._last = np.uint64(64 - bits), 2**bits - 1
        self._factors = np.random.default_rng().integers(0, 2**63, 2, np.uint64) * 2 + 1
        self._rows = np.zeros(2**bits, np.int32)  # (S,)
        for row, slot in enumerate(self._slots(self._first, self._second).tolist()):
            while row and self._rows[slot]:
                slot = (slot + 1) & self._last
            self._rows[slot] = row or self._rows[slot]

    def ids_of(self, text: str) -> npt.NDArray[np.int32]:
        """The ids of the words of a text in order, int32 ``(W,)``."""
        padded = b" " + text.encode(*UTF_8) + b" " + bytes(LONGEST)
        letters = np.frombuffer(padded, np.uint8)[:-LONGEST]
        inside = (letters != ord(" ")) & (letters != ord("\n"))
        edges = np.flatnonzero(inside[1:] != inside[:-1])  # (2W,)
        starts, sizes = edges[::2] + 1, edges[1::2] - edges[::2]  # (W,)
        numbers = np.ndarray(len(padded) - HALF + 1, "<u8", padded, strides=(1,))
        first = _take(numbers, starts) & _take(_MASKS, np.minimum(sizes, HALF))  # (W,)
        second = _take(numbers, starts + HALF) & _take(_MASKS, sizes - HALF)  # (W,)
        ids = self._look_up(first, second, sizes)
        for at in np.flatnonzero(sizes > LONGEST).tolist():
            word = padded[starts[at] : starts[at] + sizes[at]]
            ids[at] = self._long.get(word, self._unknown)
        return ids

    def _slots(self, first: Numbers, second: Numbers) -> Ints:
        """Where to look first, ``(W,)``: multiply-shift hashing (Dietzfelbinger et al. 1997)."""
        hashed = first * self._factors[0] + second * self._factors[1]
        return (hashed >> self._shift).astype(np.int64)

    def _look_up(self, first: Numbers, second: Numbers, sizes: Ints) -> npt.NDArray[np.int32]:
        slots = self._slots(first, second)
        rows = _take(self._rows, slots)
        same = self._same(rows, first, second, sizes)
        ids = np.where(same, _take(self._ids, rows), np.int32(self._unknown))  # (W,)
        left = np.flatnonzero(~same & (rows > 0))  # words of other slots: look further
        while len(left):
            slots[left] = (slots[left] + 1) & self._last
            rows = self._rows[slots[left]]
            same = self._same(rows, first[left], second[left], sizes[left])
            ids[left[same]] = self._ids[rows[same]]
            left = left[~same & (rows > 0)]
        return ids

    def _same(
        self, rows: npt.NDArray[np.int32], first: Numbers, second: Numbers, sizes: Ints
    ) -> npt.NDArray[np.bool_]:
        """Whether the rows hold the words, ``(W,)``."""
        same = _take(self._first, rows) == first
        same &= _take(self._second, rows) == second
        same &= _take(self._sizes, rows) == sizes
        return same


def _take(values: npt.NDArray[Any], at: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """``values[at]``, where a negative index is 0: a third faster, as nothing is checked."""
    return values.take(at, mode="clip")
