"""Minimal pairs: two texts that differ in one small thing, and what should follow from it.

Rows come from the shipped file, from a link or from a person's file (TOML or CSV); all of them are
checked alike.
"""

import base64
import binascii
import csv
import io
import json
import tomllib
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from typing import Any

from lstm_core.analysis.prediction import flips
from lstm_core.datasets.table import Table, open_table
from lstm_core.datasets.table_format import EMPTY, DetectedFormat, TableOptions
from lstm_core.datasets.unpack import TemporaryCopy
from lstm_core.errors import InputError, LstmLensError, reason
from lstm_core.metrics import Interval, wilson
from lstm_core.model.sentiment_model import SentimentModel
from lstm_core.paths import ASSETS

PAIRS_FILE = ASSETS / "pairs.toml"
OWN_KIND = "own"
STAYS_WITHIN = 0.15  # how far the probability may move when it should stay
FIELDS = ("kind", "first", "second", "expect", "note")
MOST_PAIRS = 200
LONGEST_TEXT = 2_000  # characters
LONGEST_NAME = 40
LINK_LIMIT = 6_000  # characters of a link's parameter
LARGEST_FILE = 2 * 2**20  # bytes


class Expect(StrEnum):
    """What should happen from the first text to the second."""

    TURNS = "turns"
    FALLS = "falls"
    RISES = "rises"
    STAYS = "stays"


@dataclass(frozen=True, slots=True)
class Pair:
    """One pair, checked.

    Raises:
        InputError: For an empty, overlong or missing part.
    """

    kind: str
    first: str
    second: str
    expect: Expect
    note: str = ""

    def __post_init__(self) -> None:
        for name, longest in (
            ("kind", LONGEST_NAME),
            ("first", LONGEST_TEXT),
            ("second", LONGEST_TEXT),
            ("note", LONGEST_TEXT),
        ):
            value = getattr(self, name)
            if not isinstance(value, str) or len(value) > longest:
                raise InputError(f"'{name}' must be a text of at most {longest:,} characters.")
            if not value.isprintable() and not _encodable(value):
                raise InputError(f"'{name}' holds characters that no text has. Write them again.")
            if name != "note" and not value.strip():
                raise InputError(f"'{name}' is empty. Fill in both texts and a kind.")
        if self.first == self.second:
            raise InputError("Both texts are the same. Change something in the second.")
        if not isinstance(self.expect, Expect):
            raise InputError(f"'expect' must be one of {', '.join(Expect)}.")


@dataclass(frozen=True, slots=True)
class PairResult:
    """A pair with what the model says to both texts."""

    pair: Pair
    first: float
    second: float

    @property
    def passed(self) -> bool:
        """Whether what should happen happens."""
        turned = flips(self.first, self.second)
        return {
            Expect.TURNS: turned,
            Expect.FALLS: self.second < self.first,
            Expect.RISES: self.second > self.first,
            Expect.STAYS: not turned and abs(self.second - self.first) < STAYS_WITHIN,
        }[self.pair.expect]


@dataclass(frozen=True, slots=True)
class KindScore:
    """How many pairs of a kind passed."""

    kind: str
    passed: int
    count: int

    @property
    def share(self) -> Interval:
        """Share that passed with its interval."""
        return wilson(self.passed, self.count)


@cache
def shipped_pairs() -> tuple[Pair, ...]:
    """The pairs of our own writing that come with LSTM Lens."""
    return pairs_from_toml(PAIRS_FILE.read_text(encoding="utf-8"))


def evaluate_pairs(model: SentimentModel, pairs: Sequence[Pair]) -> tuple[PairResult, ...]:
    """Both probabilities of every pair, by the first reading."""
    said = model.predict([text for pair in pairs for text in (pair.first, pair.second)])
    both = said.astype(float).reshape(-1, 2)  # (pairs, 2)
    return tuple(PairResult(p, float(a), float(b)) for p, (a, b) in zip(pairs, both, strict=True))


def by_kind(judged: Iterable[PairResult]) -> tuple[KindScore, ...]:
    """Passes by kind, in the order in which the kinds appear."""
    counts: dict[str, list[int]] = {}
    for one in judged:
        entry = counts.setdefault(one.pair.kind, [0, 0])
        entry[0] += one.passed
        entry[1] += 1
    return tuple(KindScore(kind, passed, count) for kind, (passed, count) in counts.items())


def pairs_to_link(pairs: Sequence[Pair]) -> str | None:
    """Pairs as a link's parameter, None when it would be too long to be passed on."""
    plain = [[getattr(pair, name) for name in FIELDS] for pair in pairs]
    packed = zlib.compress(json.dumps(plain, ensure_ascii=False).encode(), 9)
    text = base64.urlsafe_b64encode(packed).decode("ascii").rstrip("=")
    return text if len(text) <= LINK_LIMIT else None


def pairs_from_link(value: str) -> tuple[Pair, ...]:
    """Pairs from a link's parameter.

    Raises:
        InputError: When it is damaged or too large.
    """
    try:
        if len(value) > LINK_LIMIT:
            raise ValueError("too long")
        packed = base64.urlsafe_b64decode(value + "=" * (-len(value) % 4))
        unpacker = zlib.decompressobj()
        content = unpacker.decompress(packed, LARGEST_FILE)
        if unpacker.unconsumed_tail:
            raise ValueError("too large")
        rows = json.loads(content)
        entries = [dict(zip(FIELDS, row, strict=True)) for row in rows]
    except (ValueError, TypeError, zlib.error, binascii.Error, RecursionError) as error:
        raise InputError(
            "The pairs in this link cannot be read: the link was cut or changed. Ask for it again."
        ) from error
    return _checked(entries)


def pairs_from_file(
    name: str,
    content: bytes,
    options: TableOptions = TableOptions(),  # noqa: B008 - frozen
) -> tuple[Pair, ...]:
    """Pairs from an uploaded file: TOML by its name, else a table in any format that is read.

    Args:
        name: What its owner calls it.
        content: What it holds.
        options: What its owner says about the table.

    Raises:
        InputError: When it is too large, of another form, or holds a bad pair.
    """
    if len(content) > LARGEST_FILE:
        raise InputError(f"The file has more than {LARGEST_FILE:,} bytes. Give fewer pairs.")
    if not content:
        raise InputError(f"The file is empty. {_FORM}")
    if not name.lower().endswith(".toml"):
        return _pairs_from_table(name, content, options)
    try:
        return pairs_from_toml(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise InputError(
            f"The file is not UTF-8 (byte {error.start}). Save it as UTF-8."
        ) from error


def pairs_from_toml(text: str) -> tuple[Pair, ...]:
    """Pairs from TOML with one ``[[pair]]`` table a pair."""
    try:
        entries = tomllib.loads(text).get("pair", [])
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise InputError(f"The file is no TOML ({reason(error)}). {_FORM}") from error
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise InputError(f"The file has no [[pair]] tables. {_FORM}")
    return _checked(entries)


def pairs_format(name: str, content: bytes, options: TableOptions) -> DetectedFormat:
    """How a table of pairs is read.

    Raises:
        InputError: When it cannot be read.
    """
    try:
        return _pairs_table(TemporaryCopy([content], name, LARGEST_FILE), name, options).format
    except LstmLensError as error:
        raise InputError(f"{error} {_FORM}") from error


def _pairs_table(copy: TemporaryCopy, name: str, options: TableOptions) -> Table:
    options = replace(options, header=True, text_column="first")
    return open_table(copy.path, options, name=name, limit=LARGEST_FILE)


def _pairs_from_table(name: str, content: bytes, options: TableOptions) -> tuple[Pair, ...]:
    """Pairs from a table with a header line."""
    copy = TemporaryCopy([content], name, LARGEST_FILE)
    try:
        table = _pairs_table(copy, name, options)
        entries: list[dict[str, Any]] = []
        for batch in table.batches():
            for at, line in enumerate(batch.lines):
                if batch.problems[at] not in ("", EMPTY):
                    raise InputError(f"{table.unit.capitalize()} {line}: {batch.problems[at]}.")
                row = [str(values[at] or "") for values in batch.columns]
                if any(row):
                    entries.append(dict(zip(map(str.casefold, table.names), row, strict=True)))
    except LstmLensError as error:
        raise InputError(f"{error} {_FORM}") from error
    return _checked(entries)


def pairs_to_csv(judged: Iterable[PairResult]) -> str:
    """Pairs with the verdicts as CSV; reads back as pairs."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")  # so that a lone CR is quoted, too
    writer.writerow([*FIELDS, "p_first", "p_second", "passed"])
    for one in judged:
        plain = [_harmless(str(getattr(one.pair, name))) for name in FIELDS]
        writer.writerow([*plain, f"{one.first:.4f}", f"{one.second:.4f}", one.passed])
    return out.getvalue()


_FORM = (
    "Give a table (CSV, Excel ...) with the columns kind, first, second, expect and note, or TOML "
    "with these keys in [[pair]] tables; expect is turns, falls, rises or stays."
)


def _checked(entries: Sequence[dict[str, Any]]) -> tuple[Pair, ...]:
    if not entries:
        raise InputError(f"There is no pair in it. {_FORM}")
    if len(entries) > MOST_PAIRS:
        raise InputError(f"{len(entries):,} pairs came in; at most {MOST_PAIRS} are taken.")
    found = []
    for number, entry in enumerate(entries, start=1):
        try:
            expect = Expect(str(entry["expect"]).strip().lower())
            kind, note = entry.get("kind") or OWN_KIND, entry.get("note") or ""
            found.append(Pair(kind, entry["first"], entry["second"], expect, note))
        except (KeyError, ValueError) as error:
            raise InputError(
                f"Pair {number}: {reason(error)} is missing or not allowed. {_FORM}"
            ) from error
        except InputError as error:
            raise InputError(f"Pair {number}: {error}") from error
    return tuple(found)


def _encodable(text: str) -> bool:
    """Whether a text can be written down: JSON may name halves of characters."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _harmless(text: str) -> str:
    """A spreadsheet would run a cell that begins like a formula; a blank in front prevents it."""
    return f" {text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
