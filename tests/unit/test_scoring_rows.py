"""Scored rows kept for looking through: text filter, orders, labels, errors by group."""

import csv
import io
from pathlib import Path

import numpy as np
import pytest

from lstm_core.cli import main
from lstm_core.datasets.table_format import TableOptions
from lstm_core.errors import DataError
from lstm_core.model.sentiment_model import SentimentModel
from lstm_core.scoring import Reading, score_file
from lstm_core.scoring.labels import confusion_of, label_report
from lstm_core.scoring.rows import (
    BUT,
    NEGATION,
    Order,
    ScoredRows,
    features_of,
    read_rows,
    rows_to_csv,
)
from lstm_core.text import split_words

GOOD, BAD = "A wonderful film, perfect from start to finish.", "Dull, boring, and far too long."
LONG = "Ein Film für ÄLTERE, but not bad. " + "word " * 200


@pytest.fixture(scope="module")
def model() -> SentimentModel:
    return SentimentModel.load()


def kept(
    model: SentimentModel,
    tmp_path: Path,
    rows: list[tuple[str, ...]],
    reading: Reading = Reading.FIRST,
) -> ScoredRows:
    path = tmp_path / "in.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    score_file(model, path, tmp_path / "out.csv", reading=reading, rows=tmp_path)
    return read_rows(tmp_path)


def test_rows_are_filtered_by_text_in_any_case_and_read_by_number(
    model: SentimentModel, tmp_path: Path
) -> None:
    texts = [GOOD, "", LONG, BAD, "one \x1e sign"] * 1_000
    rows = kept(model, tmp_path, [("review", "n"), *((text, "7") for text in texts)])
    assert rows.texts([2, 3, 1, 4999]) == [LONG, BAD, "empty", "one   sign"]
    assert np.flatnonzero(rows.matching("ältere")).tolist() == list(range(2, 5_000, 5))
    assert np.flatnonzero(rows.matching("BORING, and")).tolist() == list(range(3, 5_000, 5))
    assert not rows.matching("empty").any()  # the reason of a row that was not scored
    assert rows.verdict(0) == "positive" and rows.verdict(1) == ""
    assert [int(line) for line in rows.numbers["line"][:3]] == [2, 3, 4]


def test_the_numbers_are_those_of_the_model(model: SentimentModel, tmp_path: Path) -> None:
    texts = [GOOD, BAD, LONG]
    table: list[tuple[str, ...]] = [("review",), *((text,) for text in texts)]
    rows = kept(model, tmp_path, table, Reading.BOTH)
    assert rows.numbers["first"].tolist() == model.predict(texts).tolist()
    assert rows.numbers["whole"].tolist() == model.predict(texts, whole=True).tolist()
    assert rows.note.label_column is None
    with pytest.raises(DataError, match="no column of labels"):
        label_report(rows)


def test_orders_and_label_report(model: SentimentModel, tmp_path: Path) -> None:
    table = [("review", "label")]
    table += [(GOOD, "pos"), (BAD, "neg"), (GOOD, "neg"), ("", "pos"), (LONG, "pos"), (BAD, "")]
    rows = kept(model, tmp_path, table)
    report = label_report(rows)
    p, everything = rows.probabilities, np.arange(len(rows))
    assert report.classes.tolist() == [1, 0, 0, -1, 1, -1] and report.unlabelled == 1
    assert report.confusion.count == 4 and report.confusion.false_positive == 1
    for order, key in (
        (Order.POSITIVE, -p),
        (Order.NEGATIVE, p),
        (Order.UNCERTAIN, np.abs(p - 0.5)),
        (Order.DISAGREEMENT, np.where(report.classes < 0, np.nan, -np.abs(p - report.classes))),
    ):
        found = rows.ordered(everything, order, report.classes)
        assert found.tolist() == np.argsort(key, kind="stable").tolist()
    assert rows.ordered(everything, Order.DISAGREEMENT, report.classes)[0] == 2
    assert rows.ordered(everything, Order.FILE, None).tolist() == everything.tolist()
    counts = {name: [one.count for one in groups] for name, groups in report.groups.items()}
    assert counts["Negation"] == [3, 1] and counts["“but”"] == [3, 1]
    assert counts["Truncation"] == [3, 1] and sum(counts["Length in words"]) == 4
    written = list(csv.DictReader(io.StringIO(rows_to_csv(rows, [2, 3]))))
    assert written[0] == {
        "line": "4", "review": GOOD, "label": "neg", "probability": str(p[2]),
        "verdict": "positive",
    }  # fmt: skip
    assert written[1]["probability"] == ""


def test_the_summary_counts_the_same_as_the_rows(
    model: SentimentModel, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = [("review", "label"), (GOOD, "1"), (BAD, "-1"), (GOOD, "-1"), (GOOD, "0"), ("", "1")]
    path = tmp_path / "in.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(table)
    neutral = TableOptions(drop_neutral=True)
    summary = score_file(model, path, tmp_path / "out.csv", options=neutral, rows=tmp_path)
    found, rule = confusion_of(summary, neutral)
    assert found == label_report(read_rows(tmp_path), neutral).confusion
    assert "0 left out" in rule and (found.count, found.false_positive) == (3, 1)
    command = ["score", str(path), str(tmp_path / "out.jsonl")]
    assert main(command) == 0 and "three classes" in capsys.readouterr().out
    assert main([*command, "--drop-neutral"]) == 0
    assert "on 3 labelled rows" in capsys.readouterr().out
    assert main([*command[:2], "--output", str(tmp_path / "d"), "--drop-neutral"]) == 2


def test_three_classes_are_refused_or_the_middle_is_left_out(
    model: SentimentModel, tmp_path: Path
) -> None:
    table = [("review", "sentiment"), (GOOD, "1"), (BAD, "-1"), ("So so.", "0")]
    rows = kept(model, tmp_path, table)
    with pytest.raises(DataError, match="three classes"):
        label_report(rows)
    report = label_report(rows, TableOptions(drop_neutral=True))
    assert report.classes.tolist() == [1, 0, -1] and report.confusion.accuracy.value == 1


def test_a_file_without_rows(model: SentimentModel, tmp_path: Path) -> None:
    rows = kept(model, tmp_path, [("review", "label")])
    assert len(rows) == 0 and not rows.matching("x").any()


@pytest.mark.parametrize(
    ("text", "features"),
    [
        ("A good film", 0),
        ("Not good", NEGATION),
        ("I don’t like it, but", NEGATION | BUT),
        ("butter knots", 0),
    ],
)
def test_features_of_words(text: str, features: int) -> None:
    assert features_of(split_words(text)) == features
