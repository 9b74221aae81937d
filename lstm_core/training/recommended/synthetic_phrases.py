"""Synthetic phrases: short opinions generated from templates that determine their label.

Reviews have few negated, conditional or comparing short statements, and people type such texts
first. The recommended recipe therefore mixes a share of synthetic phrases into its windows. They
are generated from patterns in ``assets/corpus/phrases.toml``, whatever fills their slots:

    "{it} {isnt} {bad} {at_all}"  ->  "the ending wasn't dull at all", positive

About a third join two phrases by rule: "x, but y" and "although x, y" have the label of y, "x and
y" the one that both have. No evaluation text can be generated, exactly or within one edit
(``tests/unit/test_phrase_templates.py``).
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from lstm_core.errors import InputError
from lstm_core.paths import ASSETS

PHRASES_FILE = ASSETS / "corpus" / "phrases.toml"
TARGETS = {  # P(positive) to be learned of each kind of pattern
    "positive": 0.96,
    "negative": 0.04,
    "mildly_positive": 0.8,
    "mildly_negative": 0.2,
}
JOINED_SHARE = 0.3
DEEPEST = 8  # lists inside lists
AND = (" and ", ", ", ". ", "; ", ", and ", " - ")
BUT = (" but ", ", but ", ", yet ", ". But ", ", still ", ", however ", " though in the end ")
ALTHOUGH = ("although ", "even though ", "though ", "while ", "I know, ", "they say ")

SLOT = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class PhraseTemplates:
    """The lists and the patterns of a file."""

    lists: dict[str, tuple[str, ...]]  # entries of every list
    rows: tuple[tuple[str, float], ...]  # pattern and P(positive), all kinds one after the other


def read_templates(path: Path = PHRASES_FILE) -> PhraseTemplates:
    """Read patterns and their lists.

    Raises:
        InputError: When a pattern or entry names a list that is not there, or itself.
    """
    found = tomllib.loads(path.read_text(encoding="utf-8"))
    lists = {name: tuple(entries) for name, entries in found["lists"].items()}
    rows = tuple(
        (pattern, TARGETS[kind])
        for kind, patterns in found["patterns"].items()
        for pattern in patterns
    )
    for text in (*(entry for entries in lists.values() for entry in entries), *dict(rows)):
        _check(text, lists, 0)
    return PhraseTemplates(lists, rows)


def generate_phrases(
    patterns: PhraseTemplates, count: int, rng: np.random.Generator
) -> tuple[list[str], npt.NDArray[np.float64]]:
    """Generate phrases and their target P(positive).

    Args:
        patterns: What they are made from; every pattern is as likely as any other of its side.
        count: N, how many.

    Returns:
        N texts and ``(N,)``; half of them lean to each side on average.
    """
    sides = [
        [row for row in patterns.rows if (row[1] >= 0.5) == positive] for positive in (False, True)
    ]
    texts, says = [], []
    for _ in range(count):
        positive = bool(rng.random() < 0.5)
        text, target = _one(patterns, sides[positive], rng)
        if rng.random() < JOINED_SHARE:
            text = _joined(patterns, sides, positive, text, rng)
        texts.append(text)
        says.append(target)
    return texts, np.array(says)


def _one(
    patterns: PhraseTemplates, rows: list[tuple[str, float]], rng: np.random.Generator
) -> tuple[str, float]:
    pattern, target = rows[int(rng.integers(len(rows)))]
    text = pattern
    while (slot := SLOT.search(text)) is not None:
        entries = patterns.lists[slot[1]]
        entry = entries[int(rng.integers(len(entries)))]
        text = text[: slot.start()] + entry + text[slot.end() :]
    return " ".join(text.split()), target


def _joined(
    patterns: PhraseTemplates,
    sides: list[list[tuple[str, float]]],
    positive: bool,
    text: str,
    rng: np.random.Generator,
) -> str:
    """The phrase with the label last, after one of the same label or an overruled one."""
    draw = rng.random()
    same = draw < 0.5
    before, _ = _one(patterns, sides[positive if same else not positive], rng)
    if same:
        return before + _any(AND, rng) + text
    if draw < 0.8:
        return before + _any(BUT, rng) + text
    return f"{_any(ALTHOUGH, rng)}{before}, {text}"


def _any(choices: tuple[str, ...], rng: np.random.Generator) -> str:
    return choices[int(rng.integers(len(choices)))]


def _check(text: str, lists: dict[str, tuple[str, ...]], depth: int) -> None:
    for name in SLOT.findall(text):
        if name not in lists or depth > DEEPEST:
            raise InputError(
                f"The pattern {text!r} asks for {{{name}}}, which is not a list of the file or "
                "leads back to itself. Add the list or mend the name."
            )
        for entry in lists[name]:
            _check(entry, lists, depth + 1)
