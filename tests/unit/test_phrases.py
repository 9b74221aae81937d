"""Phrases of our own writing: labels follow from patterns, the same seed gives the same texts."""

import re
from pathlib import Path

import numpy as np
import pytest

from lstm_core.errors import InputError
from lstm_core.paths import SHIPPED_MODEL
from lstm_core.text import split_words
from lstm_core.training.recommended.synthetic_phrases import (
    TARGETS,
    PhraseTemplates,
    generate_phrases,
    read_templates,
)


@pytest.fixture(scope="module")
def patterns() -> PhraseTemplates:
    return read_templates()


def test_phrases_are_whole_short_and_balanced(patterns: PhraseTemplates) -> None:
    texts, says = generate_phrases(patterns, 4_000, np.random.default_rng(0))
    assert len(texts) == len(says) == 4_000
    assert not re.search(r"[{}]|\s\s|^\s|\s$", "\n".join(texts), re.MULTILINE)
    words = np.array([len(split_words(text)) for text in texts])
    assert words.min() >= 1
    assert words.max() < 40
    assert 0.47 < (says >= 0.5).mean() < 0.53
    assert set(says) == set(TARGETS.values())
    assert len(set(texts)) > 3_000


def test_the_same_chance_gives_the_same_phrases(patterns: PhraseTemplates) -> None:
    first, again = (generate_phrases(patterns, 50, np.random.default_rng(7)) for _ in range(2))
    assert first[0] == again[0]
    np.testing.assert_array_equal(first[1], again[1])


def test_a_label_follows_from_the_pattern_alone() -> None:
    made = PhraseTemplates(
        {"good": ("fine", "{best}"), "best": ("superb",)}, (("not {good}", 0.04),) * 2
    )
    made = PhraseTemplates(made.lists, (*made.rows, ("very {good}", 0.96)))
    texts, says = generate_phrases(made, 400, np.random.default_rng(1))
    for text, says_positive in zip(texts, says >= 0.5, strict=True):
        last = re.findall(r"not|very", text)[-1]
        assert (last == "very") == says_positive, text


def test_the_model_knows_the_words_of_the_lists(patterns: PhraseTemplates) -> None:
    known = set((SHIPPED_MODEL / "vocabulary.txt").read_text(encoding="utf-8").split())
    words = {
        word
        for name in ("good", "bad", "charm", "gem", "mess", "works", "fails")
        for entry in patterns.lists[name]
        for word in split_words(re.sub(r"\{\w+\}", "", entry))
    }
    assert words <= known, words - known


@pytest.mark.parametrize("entry", ["{missing}", "{again}"])
def test_a_list_that_leads_nowhere_is_named(tmp_path: Path, entry: str) -> None:
    path = tmp_path / "phrases.toml"
    path.write_text(f'[lists]\nagain = ["{entry}"]\n[patterns]\npositive = ["{{again}}"]\n')
    with pytest.raises(InputError, match="not a list of the file or leads back to itself"):
        read_templates(path)
