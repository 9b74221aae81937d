"""The project's own texts hold what their readers rely on: counts, balance, lengths, kinds."""

from __future__ import annotations

import csv
import re
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
LABELS = {"positive", "negative"}
SHORT_KINDS = {"plain", "negation", "intensifier", "comparison", "mixed", "idiom", "other"}
EXAMPLE_KINDS = {
    "clear",
    "mixed",
    "sarcastic",
    "negated",
    "very short",
    "long",
    "unknown words",
    "neutral",
}
EXPECTED_BY_KIND = {
    "negation": {"turns", "rises", "falls"},
    "swap": {"turns", "rises", "falls"},
    "intensifier": {"rises", "falls"},
    "appended insult": {"turns", "falls"},
    "typo": {"stays"},
    "name change": {"stays"},
    "upper case": {"stays"},
}
TESTED_APART = {"a great movie", "terrible", "not good", "not bad at all"}


def read_csv(path: Path) -> list[dict[str, str]]:
    """Return the rows of a CSV file as dictionaries of strings."""
    with path.open(newline="", encoding="utf-8") as handle:
        return list(csv.DictReader(handle, strict=True))


def read_tables(name: str, table: str) -> list[dict[str, Any]]:
    """Return one array of tables of a TOML file in assets."""
    document = tomllib.loads((ROOT / "assets" / name).read_text(encoding="utf-8"))
    assert list(document) == [table]
    return list(document[table])


def plain(text: str) -> str:
    """Lower case, words only, one space between them."""
    return " ".join(re.findall(r"[\w']+", text.lower()))


def length(text: str) -> int:
    """Words by white space."""
    return len(text.split())


@pytest.fixture(scope="module")
def short_texts() -> list[dict[str, str]]:
    return read_csv(ROOT / "assets" / "evaluation" / "short_texts.csv")


@pytest.fixture(scope="module")
def corpus() -> list[dict[str, str]]:
    return read_csv(ROOT / "assets" / "corpus" / "small.csv")


@pytest.fixture(scope="module")
def examples() -> list[dict[str, Any]]:
    return read_tables("examples.toml", "example")


@pytest.fixture(scope="module")
def pairs() -> list[dict[str, Any]]:
    return read_tables("pairs.toml", "pair")


@pytest.fixture(scope="module")
def orders() -> list[dict[str, Any]]:
    return read_tables("order.toml", "order")


def test_short_texts_are_many_unique_and_balanced(short_texts: list[dict[str, str]]) -> None:
    assert len(short_texts) >= 240
    assert all(set(row) == {"text", "label", "kind"} for row in short_texts)
    labels = Counter(row["label"] for row in short_texts)
    assert set(labels) == LABELS
    assert labels["positive"] == labels["negative"]
    words = [plain(row["text"]) for row in short_texts]
    assert len(set(words)) == len(words)
    assert not TESTED_APART & set(words)


def test_short_texts_have_one_to_twelve_words(short_texts: list[dict[str, str]]) -> None:
    lengths = Counter(length(row["text"]) for row in short_texts)
    assert set(lengths) == set(range(1, 13))
    assert all(lengths[words] >= 12 for words in range(1, 9))
    for words in lengths:
        labels = Counter(row["label"] for row in short_texts if length(row["text"]) == words)
        assert labels["positive"] == labels["negative"]


def test_short_texts_have_all_kinds_and_a_quarter_negation(
    short_texts: list[dict[str, str]],
) -> None:
    assert {row["kind"] for row in short_texts} == SHORT_KINDS
    negated = Counter(row["label"] for row in short_texts if row["kind"] == "negation")
    assert negated.total() >= len(short_texts) / 4
    assert min(negated[label] for label in LABELS) >= 0.4 * negated.total()


def test_examples_have_short_unique_names_and_all_kinds(examples: list[dict[str, Any]]) -> None:
    assert len(examples) >= 14
    assert all(set(example) == {"name", "kind", "text"} for example in examples)
    assert {example["kind"] for example in examples} == EXAMPLE_KINDS
    assert len({example["name"] for example in examples}) == len(examples)
    assert len({example["text"] for example in examples}) == len(examples)
    assert all(2 <= length(example["name"]) <= 4 for example in examples)
    assert all(example["text"] == example["text"].strip() for example in examples)


def test_examples_have_the_lengths_of_their_kinds(examples: list[dict[str, Any]]) -> None:
    kinds = Counter(example["kind"] for example in examples)
    assert kinds["long"] >= 3
    assert min(kinds["very short"], kinds["sarcastic"], kinds["negated"]) >= 2
    allowed = {"long": range(200, 351), "very short": range(1, 6)}
    for example in examples:
        assert length(example["text"]) in allowed.get(example["kind"], range(15, 71))


def test_long_examples_turn_after_the_words_that_are_read(examples: list[dict[str, Any]]) -> None:
    for example in examples:
        if example["kind"] == "long":
            first, rest = example["text"].split("\n\n", 1)
            # A model of 80 places reads nothing of what comes after the turn.
            assert 80 <= length(first) <= 130
            assert length(rest) >= 120


def test_pairs_are_complete_and_different(pairs: list[dict[str, Any]]) -> None:
    assert len(pairs) >= 48
    fields = {"kind", "first", "second", "expect", "note"}
    assert all(set(pair) == fields and all(pair.values()) for pair in pairs)
    assert all(pair["first"] != pair["second"] for pair in pairs)
    assert len({(pair["first"], pair["second"]) for pair in pairs}) == len(pairs)


def test_pairs_of_each_kind_expect_what_the_kind_allows(pairs: list[dict[str, Any]]) -> None:
    kinds = Counter(pair["kind"] for pair in pairs)
    assert set(kinds) == set(EXPECTED_BY_KIND)
    assert min(kinds.values()) >= 6
    for pair in pairs:
        assert pair["expect"] in EXPECTED_BY_KIND[pair["kind"]]


def test_pairs_differ_in_the_way_of_their_kind(pairs: list[dict[str, Any]]) -> None:
    for pair in pairs:
        first, second = pair["first"], pair["second"]
        if pair["kind"] == "upper case":
            assert first.lower() == second.lower()
        elif pair["kind"] == "appended insult":
            assert second.startswith(first)
        elif pair["kind"] in {"typo", "name change"}:
            assert length(first) == length(second)


def test_order_pairs_are_the_same_words_in_another_order(orders: list[dict[str, Any]]) -> None:
    assert len(orders) >= 12
    for order in orders:
        assert set(order) == {"text", "label", "other"}
        assert order["label"] in LABELS
        first, other = plain(order["text"]).split(), plain(order["other"]).split()
        assert first != other
        assert Counter(first) == Counter(other)
    assert {order["label"] for order in orders} == LABELS


def test_corpus_is_unique_and_balanced_in_each_part(corpus: list[dict[str, str]]) -> None:
    assert all(set(row) == {"text", "label", "part"} for row in corpus)
    cells = Counter((row["part"], row["label"]) for row in corpus)
    assert cells == {
        ("train", "positive"): 240,
        ("train", "negative"): 240,
        ("test", "positive"): 60,
        ("test", "negative"): 60,
    }
    assert len({plain(row["text"]) for row in corpus}) == len(corpus)
    assert all(4 <= length(row["text"]) <= 60 for row in corpus)


def test_corpus_negates_on_both_sides(corpus: list[dict[str, str]]) -> None:
    negation = re.compile(r"\b(not|never|no|nothing|nobody|none|without|cannot|\w+n't)\b", re.I)
    for label in LABELS:
        texts = [row["text"] for row in corpus if row["label"] == label]
        assert sum(bool(negation.search(text)) for text in texts) >= len(texts) / 4


def test_corpus_can_be_learnt_from(corpus: list[dict[str, str]]) -> None:
    words: dict[str, Counter[str]] = {"train": Counter(), "test": Counter()}
    for row in corpus:
        words[row["part"]].update(plain(row["text"]).split())
    known = sum(count for word, count in words["test"].items() if word in words["train"])
    assert known >= 0.9 * words["test"].total()
    assert sum(count >= 5 for count in words["train"].values()) >= 200


def test_no_short_text_stands_in_another_collection(
    short_texts: list[dict[str, str]],
    corpus: list[dict[str, str]],
    pairs: list[dict[str, Any]],
    orders: list[dict[str, Any]],
) -> None:
    others = {plain(row["text"]) for row in corpus}
    others |= {plain(pair[side]) for pair in pairs for side in ("first", "second")}
    others |= {plain(order[side]) for order in orders for side in ("text", "other")}
    assert not others & {plain(row["text"]) for row in short_texts}


def test_the_note_beside_the_short_texts_says_what_they_are_for() -> None:
    note = (ROOT / "assets" / "evaluation" / "README.md").read_text(encoding="utf-8")
    assert "before the shipped model was trained" in note
    assert "tuned" in note
