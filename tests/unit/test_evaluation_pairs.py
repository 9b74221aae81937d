"""Minimal pairs: passing, links, files, and what is refused."""

import base64
import json
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lstm_core.analysis.prediction import flips
from lstm_core.datasets.table_format import TableOptions
from lstm_core.errors import InputError
from lstm_core.evaluation.minimal_pairs import (
    LINK_LIMIT,
    LONGEST_TEXT,
    MOST_PAIRS,
    Expect,
    Pair,
    PairResult,
    by_kind,
    evaluate_pairs,
    pairs_format,
    pairs_from_file,
    pairs_from_link,
    pairs_to_csv,
    pairs_to_link,
    shipped_pairs,
)
from lstm_core.evaluation.word_order import evaluate_order
from lstm_core.model.sentiment_model import shipped_model

text = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=30)
pairs = st.builds(
    Pair,
    kind=st.just("own"),
    first=text.map(lambda t: f"a{t}"),
    second=text.map(lambda t: f"b{t}"),
    expect=st.sampled_from(Expect),
    note=st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=20),
)


@pytest.mark.parametrize(
    ("expect", "first", "second", "passed"),
    [
        (Expect.TURNS, 0.7, 0.3, True),
        (Expect.TURNS, 0.5, 0.49, False),
        (Expect.TURNS, 0.943, 0.45, False),
        (Expect.TURNS, 0.5, 0.4, True),
        (Expect.TURNS, 0.9, 0.6, False),
        (Expect.FALLS, 0.7, 0.69, True),
        (Expect.FALLS, 0.7, 0.7, False),
        (Expect.RISES, 0.1, 0.2, True),
        (Expect.STAYS, 0.7, 0.84, True),
        (Expect.STAYS, 0.7, 0.86, False),
        (Expect.STAYS, 0.52, 0.48, True),
        (Expect.STAYS, 0.52, 0.4, False),
    ],
)
def test_passing(expect: Expect, first: float, second: float, passed: bool) -> None:
    pair = Pair("own", "a", "b", expect)
    assert PairResult(pair, first, second).passed is passed


def test_the_shipped_board_is_large_and_judged_by_the_model() -> None:
    model = shipped_model()
    judged = evaluate_pairs(model, shipped_pairs())
    assert len(judged) >= 40
    assert sum(one.count for one in by_kind(judged)) == len(judged)
    assert {one.kind for one in by_kind(judged)} == {
        "negation",
        "swap",
        "intensifier",
        "typo",
        "name change",
        "appended insult",
        "upper case",
    }
    one = float(model.predict([judged[3].pair.first])[0])  # in a batch sums may end otherwise
    assert judged[3].first == pytest.approx(one, abs=1e-6)
    # The encoding is lower case: whatever the model, upper case changes nothing.
    assert all(one.passed for one in judged if one.pair.kind == "upper case")


def test_order_pairs_are_judged_and_the_right_ones_come_first() -> None:
    found = evaluate_order(shipped_model())
    assert len(found) >= 12
    right = [pair.right for pair in found]
    assert right == sorted(right, reverse=True)
    for pair in found:
        assert pair.turned == flips(pair.probability, pair.other_probability)
        sides = sorted((pair.probability, pair.other_probability))
        assert not pair.right or (sides[0] <= 0.4 and sides[1] >= 0.6), "both decided"


@given(st.lists(pairs, min_size=1, max_size=5).map(tuple))
def test_links_and_files_give_the_same_pairs_back(own: tuple[Pair, ...]) -> None:
    link = pairs_to_link(own)
    assert link is not None and pairs_from_link(link) == own
    judged = [PairResult(pair, 0.5, 0.5) for pair in own]
    read = pairs_from_file("own.CSV", pairs_to_csv(judged).encode())
    assert [(p.expect, p.first, p.second) for p in read] == [
        (p.expect, p.first, p.second) for p in own
    ]


def test_a_spreadsheet_runs_no_formula_of_a_pair() -> None:
    pair = Pair("own", "=1+1", "@now", Expect.STAYS)
    table = pairs_to_csv([PairResult(pair, 0.5, 0.5)])
    assert ",=" not in table and ",@" not in table


def test_too_many_pairs_give_no_link_but_a_file() -> None:
    own = tuple(
        Pair("own", f"{n} " + str(hash((n, "first"))) * 3, str(hash((n, 2))) * 3, Expect.STAYS)
        for n in range(MOST_PAIRS)
    )
    assert pairs_to_link(own) is None
    judged = [PairResult(pair, 0.5, 0.5) for pair in own]
    assert pairs_from_file("x.csv", pairs_to_csv(judged).encode()) != ()


def packed(value: object) -> str:
    """A link's parameter of any JSON value."""
    content = zlib.compress(json.dumps(value).encode())
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


@pytest.mark.parametrize(
    "link",
    [
        "",
        "%%%",
        "AAAA",
        "ä",
        "a" * (LINK_LIMIT + 1),
        packed({}),
        packed([]),
        packed(5),
        packed([["own", "a", "b", "turns"]]),
        packed([["own", "a", "b", "explodes", ""]]),
        packed([["own", "a", "a", "turns", ""]]),
        packed([["own", "", "b", "turns", ""]]),
        packed([["own", 5, "b", "turns", ""]]),
        packed([["own", "a", "b" * (LONGEST_TEXT + 1), "turns", ""]]),
        packed([["own", "a", "b", "turns", ""]] * (MOST_PAIRS + 1)),
        packed("x" * 3_000_000)[:LINK_LIMIT],
    ],
)
def test_bad_links_are_refused_with_a_sentence(link: str) -> None:
    with pytest.raises(InputError):
        pairs_from_link(link)


def test_a_link_that_unpacks_to_gigabytes_is_cut_off() -> None:
    bomb = base64.urlsafe_b64encode(zlib.compress(b" " * 4_000_000)).decode().rstrip("=")
    assert len(bomb) < LINK_LIMIT
    with pytest.raises(InputError, match="cannot be read"):
        pairs_from_link(bomb)


def test_toml_and_csv_of_a_person() -> None:
    toml = '[[pair]]\nfirst = "a"\nsecond = "b"\nexpect = "Turns"\n'
    assert pairs_from_file("p.toml", toml.encode()) == (Pair("own", "a", "b", Expect.TURNS),)
    table = "\ufefffirst,second,expect\na,b,rises\n"
    assert pairs_from_file("p.csv", table.encode()) == (Pair("own", "a", "b", Expect.RISES),)


def test_a_table_of_pairs_is_read_as_its_owner_says() -> None:
    table = "first;second;expect\ncafé;thé, chaud;rises\n".encode("cp1252")
    pair = Pair("own", "café", "thé, chaud", Expect.RISES)
    assert pairs_from_file("p.csv", table) == (pair,)
    assert pairs_format("p.csv", table, TableOptions()).separator == ";"
    options = TableOptions(encoding="cp437")
    assert pairs_from_file("p.csv", table, options)[0].first == "cafΘ"
    with pytest.raises(InputError, match="first"):
        pairs_format("p.csv", table, TableOptions(separator="|"))


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("p.csv", b"\x89PNG" + bytes(9), "picture"),
        ("p.csv", b"", "empty"),
        ("p.csv", b"first,second\na,b\n", "Pair 1"),
        ("p.csv", b"first,second,expect\na,b,turns\na,,turns\n", "Pair 2"),
        ("p.csv", b'first,second,expect\n"a', "Line 2"),
        ("p.toml", b"pair = 3", "pair"),
        ("p.toml", b"[[pair", "TOML"),
        ("p.toml", b"", "empty"),
        ("p.csv", b"x" * (2**21 + 1), "bytes"),
    ],
)
def test_bad_files_are_refused_with_a_sentence(name: str, content: bytes, says: str) -> None:
    with pytest.raises(InputError, match=says):
        pairs_from_file(name, content)
