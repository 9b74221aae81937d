"""An encoding as HTML: every word with its id."""

from collections.abc import Sequence
from html import escape


def ids_html(words: Sequence[str], ids: Sequence[int], marks: Sequence[bool]) -> str:
    """Every place of an encoding: the word as typed and its id under it."""
    chips = "".join(
        f'<span class="{"mark" if mark else "word"}">{escape(word[:40])}<b>{id_}</b></span>'
        for word, id_, mark in zip(words, ids, marks, strict=True)
    )
    return f'<div class="lens-lesson-ids">{chips}</div>'
