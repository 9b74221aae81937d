"""Word ids of the beginnings of many texts: the same as those of one text, in a third of the time.

Only as much of a text is normalised as holds its first words. Beginnings are joined with an end
mark between them, normalised and looked up as one text, and cut apart as ids.

Symbols: N texts, T places, W words of all beginnings together.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from lstm_core.text import normalize
from lstm_core.text.normalize import TEXT_END
from lstm_core.text.vocabulary import END, PAD, START, Vocabulary

TOGETHER = 500  # texts: about 250 kB, which fits the cache
LONG_WORDS = 6.5  # characters a word with its blank: 99 of 100 reviews have shorter ones


def encode_beginnings(
    texts: Sequence[str], vocabulary: Vocabulary, maxlen: int
) -> npt.NDArray[np.int32]:
    """Zeros, start and the first ``maxlen - 1`` words of each text, int32 ``(N, T)``."""
    ids = np.empty((len(texts), maxlen), np.int32)
    left, size = list(range(len(texts))), int(LONG_WORDS * maxlen)
    while left:
        longer = []
        for at in range(0, len(left), TOGETHER):
            rows = left[at : at + TOGETHER]
            ids[rows], short = _encode([texts[row] for row in rows], vocabulary, maxlen, size)
            longer += [rows[number] for number in short]
        left, size = longer, 2 * size
    return ids


def _encode(
    texts: Sequence[str], vocabulary: Vocabulary, maxlen: int, size: int
) -> tuple[npt.NDArray[np.int32], list[int]]:
    """The ids by `size` characters of each text, and which texts need more of them."""
    found = [_head(text, size) for text in texts]
    goes_on = np.array([more for _, more in found], bool)  # (N,)
    ids = np.empty((len(texts), maxlen), np.int32)  # (N, T)
    counts = np.empty(len(texts), np.int64)  # (N,)
    odd = [row for row, (head, _) in enumerate(found) if not head.isascii()]
    plain = sorted({*range(len(texts))}.difference(odd))  # in ASCII: Python's strings are smaller
    for rows in (plain, odd):
        heads = [found[row][0] for row in rows]
        ids[rows], counts[rows] = _together(heads, vocabulary, maxlen)
    # The last two words of a beginning may go on after it: "do n't".
    return ids, np.flatnonzero((counts <= maxlen) & goes_on).tolist()


def _together(
    heads: Sequence[str], vocabulary: Vocabulary, maxlen: int
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int64]]:
    """The ids ``(N, T)`` of beginnings after stages 1 and 2, and the words of each ``(N,)``."""
    text = normalize.finished(f"\n{TEXT_END}\n".join([*heads, ""]))
    found = vocabulary.table.ids_of(text)  # (W,)
    ends = np.flatnonzero(found == END)  # (N,)
    starts = np.concatenate([[0], ends[:-1] + 1])[: len(ends)]  # (N,)
    counts = ends - starts  # (N,)
    return _placed(found, starts, np.minimum(counts, maxlen - 1), maxlen), counts


def _head(text: str, size: int) -> tuple[str, bool]:
    """The text up to a blank after stages 1 and 2, and whether it goes on after that blank.

    Without markup, what follows a blank changes no word before it except the last two. A text with
    markup in its beginning is normalised whole.
    """
    cut = text.find(" ", size)
    if cut < 0:
        head = text
    else:
        head = text[: cut + 3 if text.endswith("<br", 0, cut) else cut]
    plain = head.replace("<br />", "\n") if "<" in head else head
    reference = "&" in plain and plain.count("&") != plain.count("& ")
    if reference or "<" in plain or "\\" in plain or "[" in plain:
        return normalize.without_markup(text), False
    if plain.isascii() and TEXT_END not in plain:
        return plain, cut >= 0
    return normalize.without_markup(head), cut >= 0  # a hyphen joins lines, not what is a tag


def _placed(
    found: npt.NDArray[np.int32],
    starts: npt.NDArray[np.int64],
    lengths: npt.NDArray[np.int64],
    maxlen: int,
) -> npt.NDArray[np.int32]:
    """Rows of `found`, at most ``maxlen - 1`` ids each, behind zeros and start; ``(N, T)``."""
    number = np.arange(maxlen) - (maxlen - lengths)[:, None]  # (N, T): of the row's id, from 0
    at = np.maximum(number, 0) + starts[:, None]  # (N, T)
    ids = np.take(found, at, mode="clip") if len(found) else np.zeros(at.shape, np.int32)
    ids[number < 0] = PAD
    ids[number == -1] = START
    return ids
