"""The lesson's texts: Markdown files in ``assets/lesson``, one a section, filled in with numbers.

A file is a row of pieces, each under a line ``## name``. ``{{name}}`` in a piece is a blank that
the page fills. In ``questions.md`` a piece is a question; its answers stand under ``### key``, the
first line of each being the answer as it is offered, the rest what is said when it is chosen.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from lstm_core.errors import DataError
from lstm_core.paths import ASSETS

FOLDER = ASSETS / "lesson"
_BLANK = re.compile(r"\{\{(\w+)\}\}")


@dataclass(frozen=True, slots=True)
class AnswerChoice:
    """One answer that is offered: its key, its words and what to say when it is chosen."""

    key: str
    label: str
    reply: str


@dataclass(frozen=True, slots=True)
class QuestionText:
    """A question as written, blanks not yet filled."""

    name: str
    prompt: str
    choices: tuple[AnswerChoice, ...]


def text_block(section: str, name: str, blanks: Mapping[str, object] | None = None) -> str:
    """One piece of a section's text, its blanks filled.

    Raises:
        DataError: When the file, the piece or a blank is missing.
    """
    pieces = read_pieces(section)
    if name not in pieces:
        raise DataError(
            f"{FOLDER / section}.md has no piece '{name}'. It has: {', '.join(pieces)}. "
            f"Write it under a line '## {name}'."
        )
    return render(pieces[name], blanks or {}, f"{section}.md, {name}")


@cache
def read_pieces(section: str) -> dict[str, str]:
    """All pieces of a section by name, blanks not yet filled."""
    path = FOLDER / f"{section}.md"
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"The lesson's text {path} cannot be read: {error}.") from error
    return _split(text, "## ")


def render(text: str, blanks: Mapping[str, object], where: str) -> str:
    """Fill every ``{{blank}}``; a blank without a value is an error, a spare value is none."""

    def value(found: re.Match[str]) -> str:
        if found[1] not in blanks:
            raise DataError(
                f"The text {where} has the blank '{found[1]}', which is not known there. "
                f"Known: {', '.join(blanks) or 'none'}."
            )
        return str(blanks[found[1]])

    return _BLANK.sub(value, text)


@cache
def question_texts() -> dict[str, QuestionText]:
    """Every question as written, by name, in the order of the file."""
    return {name: _question(name, body) for name, body in read_pieces("questions").items()}


def _question(name: str, body: str) -> QuestionText:
    prompt = body.split("\n### ", 1)[0].strip()
    choices = []
    for key, text in _split("\n" + body, "### ").items():
        label, _, reply = text.partition("\n")
        choices.append(AnswerChoice(key, label.strip(), reply.strip()))
    if len(choices) < 2 or not prompt:
        raise DataError(
            f"The question '{name}' in questions.md has {len(choices)} answers and "
            f"{'a' if prompt else 'no'} prompt. Give a prompt and two answers at least."
        )
    return QuestionText(name, prompt, tuple(choices))


def _split(text: str, mark: str) -> dict[str, str]:
    """Pieces under lines that begin with `mark`; what stands before the first is left out."""
    found: dict[str, str] = {}
    for part in ("\n" + text).split("\n" + mark)[1:]:
        name, _, body = part.partition("\n")
        found[name.strip()] = body.strip()
    return found
