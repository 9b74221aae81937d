"""Encoding by the rules of an imported model: its special ids, padding, truncation, splitting.

`lstm_core.text.encoding` calls these functions for a vocabulary whose rules are not the article's.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import numpy.typing as npt

from lstm_core.text import normalize
from lstm_core.text.rules import EncodingRules, Side, Splitting
from lstm_core.text.vocabulary import LEFT_OUT, PAD_LABEL, START_LABEL, Vocabulary
from lstm_core.text.words import Span

if TYPE_CHECKING:
    from lstm_core.text.encoding import Encoding

Item = TypeVar("Item")


def words_of(text: str, rules: EncodingRules) -> list[str]:
    """The words of a text."""
    if rules.splitting is Splitting.TEXT_VECTORIZATION:
        return [word for word, _, _ in normalize.find_without_punctuation(text)]
    return normalize.split(text)


def ids_of(text: str, vocabulary: Vocabulary) -> list[int]:
    """The ids of all words of a text that get one, without start and padding."""
    words = words_of(text, vocabulary.rules)
    return [id_ for id_ in vocabulary.ids_of(words) if id_ != LEFT_OUT]


def places_of(ids: Sequence[int], rules: EncodingRules, maxlen: int) -> list[int]:
    """Start and ids, cut and padded to `maxlen` places."""
    return _fitted(_with_start(ids, rules.start), rules, maxlen, rules.pad)


def windows_of(ids: Sequence[int], rules: EncodingRules, maxlen: int) -> list[list[int]]:
    """Start and ids in windows of `maxlen` places, the last one padded; at least one."""
    places = _with_start(ids, rules.start)
    starts = range(0, max(len(places), 1), maxlen)
    return [_fitted(places[at : at + maxlen], rules, maxlen, rules.pad) for at in starts]


def stack(rows: Sequence[Sequence[int]], maxlen: int) -> npt.NDArray[np.int32]:
    """Rows of `maxlen` ids as an array ``(N, maxlen)``."""
    return np.array(rows, np.int32).reshape(len(rows), maxlen)


def encode_by_rules(text: str, vocabulary: Vocabulary, maxlen: int) -> "Encoding":
    """Encode one review; its ids are those of `places_of`."""
    from lstm_core.text.encoding import Encoding, Kind

    rules = vocabulary.rules
    found, left_out = [], []
    for word, span in _spans(text, rules):
        id_ = vocabulary.id_of(word)
        if id_ == LEFT_OUT:
            left_out.append(word)
            continue
        kind = Kind.UNKNOWN if id_ == rules.unknown else Kind.WORD
        found.append((id_, word, kind, span))
    start = (rules.start, START_LABEL, Kind.START, None)
    places = found if rules.start is None else [start, *found]
    read = _fitted(places, rules, maxlen, (rules.pad, PAD_LABEL, Kind.PADDING, None))
    spans = [span for *_, span in read if span is not None]
    cut = len(found) - len(spans)
    before = cut if rules.truncating is Side.PRE else 0
    rest = found[:cut] if before else found[len(spans) :]
    return Encoding(
        text=text,
        ids=np.array([id_ for id_, *_ in read], np.int32),
        words=tuple(word for _, word, *_ in read),
        kinds=tuple(kind for *_, kind, _ in read),
        spans=tuple(span for *_, span in read),
        unread_words=tuple(word for _, word, *_ in rest),
        unread_start=len(text) if before or not cut else _begin(found[len(spans)][-1]),
        unread_before=_begin(spans[0]) if before and spans else 0,
        left_out=tuple(left_out),
    )


def _begin(span: Span | None) -> int:
    return 0 if span is None else span.start


def _spans(text: str, rules: EncodingRules) -> Iterator[tuple[str, Span]]:
    bare = rules.splitting is Splitting.TEXT_VECTORIZATION
    find = normalize.find_without_punctuation if bare else normalize.find
    for word, begin, end in find(text):
        yield word, Span(begin, end)


def _with_start(ids: Sequence[int], start: int | None) -> list[int]:
    return list(ids) if start is None else [start, *ids]


def _fitted(items: Sequence[Item], rules: EncodingRules, maxlen: int, pad: Item) -> list[Item]:
    """Cut and pad to `maxlen` items."""
    kept = items[-maxlen:] if rules.truncating is Side.PRE else items[:maxlen]
    pads = [pad] * (maxlen - len(kept))
    return [*pads, *kept] if rules.padding is Side.PRE else [*kept, *pads]
