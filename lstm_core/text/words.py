"""Words of a text, normalised, with or without the stretches they came from."""

from collections.abc import Iterator
from dataclasses import dataclass

from lstm_core.text import normalize


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of the original text, in characters: ``text[start:end]``."""

    start: int
    end: int


def find_words(text: str) -> Iterator[tuple[str, Span]]:
    """Yield every word of a text, normalised, with the stretch of the text it came from."""
    for word, start, end in normalize.find(text):
        yield word, Span(start, end)


def split_words(text: str) -> list[str]:
    """The words of a text in order, normalised; the same as `find_words` without the stretches."""
    return normalize.split(text)


def split_sentences(text: str) -> list[list[str]]:
    """The words of a text by sentence; the same words as `split_words`."""
    return normalize.split_sentences(text)


def plain_text(text: str) -> str:
    """The text a browser would show, in plain typography; for display."""
    return normalize.plain_text(text)
