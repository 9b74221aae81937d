"""Scoring a file: the model's own numbers, every row in its place, faults marked, none lost."""

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lstm_core.analysis.prediction import make_verdict
from lstm_core.cli import main
from lstm_core.datasets.table import open_table, preview
from lstm_core.errors import InputError
from lstm_core.json_codec import from_json, to_json
from lstm_core.model.sentiment_model import SentimentModel, shipped_model
from lstm_core.progress import Progress
from lstm_core.scoring import Limits, Output, Reading, Summary, parallel, score_file

TEXTS = [
    "A fine film, warm and funny.",
    'He called it "a masterpiece"; I called it a nap.',
    "Two lines of praise,\nand a lovely ending.",
    "Dull. " * 60 + "But the last act is wonderful, brilliant, perfect. " * 12,
    "Qzxv wqzx.",
]


@pytest.fixture(scope="module")
def model() -> SentimentModel:
    return shipped_model()


def written(path: Path, rows: Sequence[Sequence[str]], delimiter: str = ",") -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=delimiter).writerows(rows)
    return path


def read_back(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t" if path.suffix == ".tsv" else ","))


@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.parametrize("ending", [".csv", ".tsv", ".parquet"])
def test_every_format_gives_the_models_own_numbers(
    model: SentimentModel, tmp_path: Path, ending: str, whole: bool
) -> None:
    path = tmp_path / f"in{ending}"
    if ending == ".parquet":
        numbers = list(range(len(TEXTS)))
        pq.write_table(pa.table({"id": numbers, "Review": TEXTS}), path, row_group_size=2)
    else:
        rows = [["id", "Review"], *([str(n), text] for n, text in enumerate(TEXTS))]
        written(path, rows, "\t" if ending == ".tsv" else ",")
    out, again = tmp_path / "out.csv", tmp_path / "out.parquet"
    reading = Reading.WHOLE if whole else Reading.FIRST
    summary = score_file(model, path, out, reading=reading)
    score_file(model, path, again, reading=reading)
    found, table = read_back(out), pq.read_table(again)
    wanted = model.predict(TEXTS, whole=whole)
    got = np.array([row["probability"] for row in found], dtype=np.float32)
    np.testing.assert_allclose(got, wanted, atol=1e-6)
    np.testing.assert_array_equal(table["probability"].to_numpy(), got)
    assert [row["Review"] for row in found] == TEXTS == table["Review"].to_pylist()
    assert [int(row["id"]) for row in found] == list(range(len(TEXTS)))
    assert [row["problem"] for row in found] == [""] * len(TEXTS)
    assert summary.rows == summary.scored == sum(summary.leanings.values()) == len(TEXTS)
    assert sum(summary.bins) == len(TEXTS)
    if not whole:
        assert [row["verdict"] for row in found] == [
            str(make_verdict(model.trace(text)).leaning) for text in TEXTS
        ]


def test_bad_rows_are_marked_and_the_others_scored(
    model: SentimentModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parallel, "ROWS", 3)  # faults fall on the borders of parts too
    path = tmp_path / "in.csv"
    content = (
        b"stars;Text\r\n9;A fine film.\r\n8;\r\n7;caf\xe9\r\n\r\n5;" + b"good " * 2_000_001
    ) + b'\r\n4;"open\r\n3;a;b\r\n2;"two\r\nlines"\r\n1;Dull.'
    path.write_bytes(b"\xef\xbb\xbf" + content)
    summary = score_file(model, path, tmp_path / "out.csv")
    found = read_back(tmp_path / "out.csv")
    assert [(row["line"], row["problem"].split(":")[0][:9]) for row in found] == [
        ("2", ""),
        ("3", "empty"),
        ("4", "not UTF-8"),
        ("5", "empty"),
        ("6", "too long"),
        ("7", "a quote i"),
        ("8", "3 fields,"),
        ("9", ""),
        ("11", ""),
    ]
    assert [bool(row["probability"]) for row in found] == [not row["problem"] for row in found]
    assert [row["stars"] for row in found] == ["9", "8", "7", "", "5", "4", "3", "2", "1"]
    assert (summary.rows, summary.bad) == (9, 6)
    assert [row.line for row in summary.bad_rows] == [3, 4, 5, 6, 7, 8]
    assert from_json(Summary, to_json(summary)) == summary


def test_every_line_of_a_text_file_is_a_row(model: SentimentModel, tmp_path: Path) -> None:
    path = tmp_path / "in.txt"
    path.write_bytes('"Fine, really\n\nDull\tand long\nOlé, olé\n'.encode() + b"\xff\xfe\nlast")
    score_file(model, path, tmp_path / "out.tsv")
    found = read_back(tmp_path / "out.tsv")
    assert [row["problem"] for row in found] == ["", "empty", "", "", "not UTF-8 text", ""]
    assert [row["text"] for row in found][:3] == ['"Fine, really', "", "Dull\tand long"]


def test_odd_parquet_columns_are_kept_and_bad_cells_marked(
    model: SentimentModel, tmp_path: Path
) -> None:
    path, out = tmp_path / "in.parquet", tmp_path / "out.parquet"
    texts = pa.array([b"Fine.", None, b"caf\xe9", b"x" * 10_000_001, b"Fine."], pa.binary())
    table = pa.table(
        {
            "text": texts,
            "tags": [["a"], [], None, ["b", "c"], []],
            "price": pa.array([1.5, None, 2.5, 3.5, 4.5], pa.float64()),
            "kind": pa.array(["x", "y", "x", None, "y"]).dictionary_encode(),
        }
    )
    pq.write_table(table, path)
    summary = score_file(model, path, out)
    found = pq.read_table(out)
    assert [row.line for row in summary.bad_rows] == [2, 3, 4]
    assert found["problem"].to_pylist()[1:3] == ["empty", "not UTF-8 text"]
    assert found["probability"].null_count == 3 and found["row"].to_pylist() == [1, 2, 3, 4, 5]
    assert found["price"].to_pylist() == table["price"].to_pylist()
    assert found["kind"].to_pylist() == table["kind"].to_pylist()
    assert found["tags"].to_pylist()[0] == "['a']"


def test_a_tsv_without_quoting_is_read_as_it_stands(model: SentimentModel, tmp_path: Path) -> None:
    path = tmp_path / "in.tsv"
    path.write_text('text\tstars\n"Fine" is what I say\t9\n"Dull, dull\t2\n', encoding="utf-8")
    assert score_file(model, path, tmp_path / "out.csv").bad == 0
    assert read_back(tmp_path / "out.csv")[1]["text"] == '"Dull, dull'


SHEET = 'id\tsaid\r\n1\tA fine film.\r\n2\t"Dull,\r\nvery ""dull""."\r\n3\t\r\n4\tNaïve, 好.\r\n'


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("name", ["in.txt", "in.tsv"])
def test_unicode_text_of_a_spreadsheet_is_read_as_a_table(
    model: SentimentModel, tmp_path: Path, encoding: str, name: str
) -> None:
    (tmp_path / name).write_bytes(("\ufeff" + SHEET).encode(encoding))
    assert preview(tmp_path / name).format.names == ("id", "said")
    found = score_file(model, tmp_path / name, tmp_path / "out.csv")
    rows = read_back(tmp_path / "out.csv")
    assert [row["id"] for row in rows] == ["1", "2", "3", "4"] and found.bad == 1
    assert [row["line"] for row in rows] == ["2", "3", "5", "6"]
    assert [row["problem"] for row in rows] == ["", "", "empty", ""]
    assert rows[1]["said"] == 'Dull,\r\nvery "dull".' and rows[3]["said"] == "Naïve, 好."


def test_half_a_letter_of_utf16_marks_its_row_alone(model: SentimentModel, tmp_path: Path) -> None:
    text = "\ufefftext\nFine.\nA \ud800 stray.\nDull.".encode("utf-16-le", "surrogatepass")
    (tmp_path / "in.csv").write_bytes(text + b"x")
    score_file(model, tmp_path / "in.csv", tmp_path / "out.csv")
    rows = read_back(tmp_path / "out.csv")
    assert [row["problem"] for row in rows] == ["", "not UTF-16 text", "not UTF-16 text"]


def test_plain_lines_in_utf16_stay_lines(model: SentimentModel, tmp_path: Path) -> None:
    (tmp_path / "in.txt").write_bytes("Fine film.\r\n\r\nDull.".encode("utf-16"))
    score_file(model, tmp_path / "in.txt", tmp_path / "out.csv")
    rows = read_back(tmp_path / "out.csv")
    assert [(row["line"], row["text"]) for row in rows] == [
        ("1", "Fine film."),
        ("2", ""),
        ("3", "Dull."),
    ]


@pytest.mark.parametrize(
    ("content", "names", "lines"),
    [
        ("What a fine film this is.\nDull.\n", ("text",), ["1", "2"]),
        ('1,"What a fine film, this."\n2,Dull.\n', ("column 1", "column 2"), ["1", "2"]),
        ("when,What did you think of this film?\n1,Dull.\n", None, ["2"]),
        ("what I think of it,n\nFine.,1\n", None, ["2"]),
        ("review\n", None, []),
    ],
)
def test_a_first_line_that_is_a_review_is_scored(
    model: SentimentModel,
    tmp_path: Path,
    content: str,
    names: tuple[str, ...] | None,
    lines: list[str],
) -> None:
    (tmp_path / "in.csv").write_text(content, encoding="utf-8")
    seen = preview(tmp_path / "in.csv").format
    assert seen.header == (names is None) and (names is None or seen.names == names)
    found = score_file(model, tmp_path / "in.csv", tmp_path / "out.csv")
    assert found.rows == len(lines)
    assert [row["line"] for row in read_back(tmp_path / "out.csv")] == lines


def test_scoring_a_result_again_keeps_its_columns(model: SentimentModel, tmp_path: Path) -> None:
    path = written(tmp_path / "in.csv", [["text"], ["Fine."]])
    score_file(model, path, tmp_path / "one.csv")
    score_file(model, tmp_path / "one.csv", tmp_path / "two.csv")
    row = read_back(tmp_path / "two.csv")[0]
    assert row["probability"] == row["probability_2"] and "line_2" in row


def test_the_look_guesses_the_column_and_cuts_long_texts(tmp_path: Path) -> None:
    path = written(tmp_path / "in.csv", [["who", "said"], ["Ann", "word " * 99], ["Bo", ""]])
    seen = preview(path)
    assert seen.format.names == ("who", "said") and seen.choices == (0, 1)
    assert seen.format.text_column == "said"
    assert len(seen.rows[0][1]) == 300 and seen.problems == ("", "empty")
    pq.write_table(pa.table({"n": [1], "said": ["Fine."]}), tmp_path / "in.parquet")
    assert preview(tmp_path / "in.parquet").choices == (1,)


def test_limits_and_the_files_own_name_are_refused(model: SentimentModel, tmp_path: Path) -> None:
    path = written(tmp_path / "in.csv", [["text"], *([text] for text in TEXTS)])
    for limits in (Limits(rows=3), Limits(written=10)):
        with pytest.raises(InputError, match="which is the most"):
            score_file(model, path, tmp_path / "out.csv", limits=limits)
    with pytest.raises(InputError, match="replace the file itself"):
        score_file(model, path, path)
    with pytest.raises(InputError, match="cannot be written"):
        score_file(model, path, tmp_path / "no" / "out.csv")
    assert sorted(one.name for one in tmp_path.iterdir()) == ["in.csv"]


def test_spans_read_the_same_rows_as_the_whole_file(tmp_path: Path) -> None:
    rows = [[str(n), "two\nlines" if n % 3 else 'a "quoted" word'] for n in range(50)]
    written(tmp_path / "in.csv", [["id", "text"], *rows])
    table = pa.table({"id": [row[0] for row in rows], "text": [row[1] for row in rows]})
    pq.write_table(table, tmp_path / "in.parquet", row_group_size=7)
    for name in ("in.csv", "in.parquet"):
        source = open_table(tmp_path / name)
        spans = list(source.spans(12))
        assert sum(one.rows for one in spans) == 50 and len(spans) > 3
        alone = [found for one in spans for found in source.batches(5, one)]
        together = list(source.batches(50))
        for attribute in ("lines", "texts", "problems"):
            joined = [value for one in alone for value in getattr(one, attribute)]
            assert joined == [value for one in together for value in getattr(one, attribute)]


def test_worker_processes_give_the_same_rows_in_order(
    model: SentimentModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parallel, "ROWS", 7)
    rows = [[str(n), f"{TEXTS[n % len(TEXTS)]} {n}"] for n in range(100)]
    path = written(tmp_path / "in.csv", [["id", "text"], *rows])
    for workers in (1, 2):
        score_file(model, path, tmp_path / f"out{workers}.csv", workers=workers)
    one, two = (read_back(tmp_path / f"out{workers}.csv") for workers in (1, 2))
    assert [row["id"] for row in two] == [row[0] for row in rows]
    for left, right in zip(one, two, strict=True):
        assert float(left.pop("probability")) == pytest.approx(
            float(right.pop("probability")), abs=1e-6
        )
        assert left == right


def test_both_readings_are_written(model: SentimentModel, tmp_path: Path) -> None:
    path = written(tmp_path / "in.csv", [["text", "verdict"], *([text, "mine"] for text in TEXTS)])
    score_file(model, path, tmp_path / "out.csv", reading=Reading.BOTH)
    found = read_back(tmp_path / "out.csv")
    for name, whole in (("probability", False), ("probability_whole", True)):
        got = [float(row[name]) for row in found]
        np.testing.assert_allclose(got, model.predict(TEXTS, whole=whole), atol=1e-6)
    assert {row["verdict"] for row in found} == {"mine"} and found[0]["verdict_2"] == "positive"


def test_json_lines_are_written_back_as_they_came(model: SentimentModel, tmp_path: Path) -> None:
    rows = [
        {"id": 1, "text": "A fine film.", "tags": ["a"], "seen": True, "price": 1.5},
        {"id": None, "text": "Dull.", "late": "new"},
    ]
    path = tmp_path / "in.jsonl"
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows) + "{broken\n")
    assert score_file(model, path, tmp_path / "out.jsonl").bad == 1
    found = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert found[0]["id"] == 1 and found[0]["seen"] is True and found[0]["tags"] == '["a"]'
    assert found[1]["id"] is None and found[1]["late"] == "new" and found[0]["late"] is None
    assert found[2]["probability"] is None and "JSON" in found[2]["problem"]
    assert found[0]["probability"] == pytest.approx(float(model.predict(["A fine film."])[0]))


@pytest.mark.parametrize("separator", [None, ";", "\t"])
def test_csv_for_excel_has_a_mark_and_no_formulas(
    model: SentimentModel, tmp_path: Path, separator: str | None
) -> None:
    cells = ["=1+1", "+cmd", "-2+3", "@now", "\tx", "\ry", "-5", "Schön; gut", "a=1"]
    path = written(tmp_path / "in.csv", [["=x", "text"], *([cell, "Fine."] for cell in cells)])
    out = tmp_path / "out.csv"
    score_file(model, path, out, output=Output(excel=True, separator=separator))
    content = out.read_bytes()
    assert content.startswith(b"\xef\xbb\xbf") and content.count(b"\r\n") == len(cells) + 1
    text = content.decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator or ","))
    wanted = [f"'{cell}" for cell in ["=x", *cells[:6]]] + cells[6:]
    assert [row[0] for row in rows] == wanted


def test_values_with_a_lone_cr_come_back(model: SentimentModel, tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_bytes(b'id,text\n1,"two\rlines"\n2,plain\rcr\n3,"crlf\r\nline"\n')
    assert score_file(model, path, tmp_path / "out.csv").bad == 0
    found = read_back(tmp_path / "out.csv")
    assert [row["text"] for row in found] == ["two\rlines", "plain\rcr", "crlf\r\nline"]


def test_the_exit_code_is_one_where_no_row_was_scored(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = written(tmp_path / "mine.csv", [["text", "n"], ["", "1"], [" ", "2"]])
    assert main(["score", str(path), str(tmp_path / "out.csv")]) == 1
    assert "mine.csv, line 2, empty" in capsys.readouterr().out
    assert main(["score", str(path), "--output", str(tmp_path / "out"), "--workers", "1"]) == 1


def test_progress_reaches_the_end(model: SentimentModel, tmp_path: Path) -> None:
    path, told = written(tmp_path / "in.csv", [["text"], ["Fine."]] * 9), list[Progress]()
    score_file(model, path, tmp_path / "out.csv", progress=told.append)
    assert told[-1].share == 1.0


def test_the_command_line_scores_and_names_what_it_did_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = written(tmp_path / "in.csv", [["text", "n"], ["A wonderful film.", "1"], ["", "2"]])
    out = tmp_path / "out.csv"
    assert main(["score", str(path), str(out)]) == 0
    said = capsys.readouterr().out
    assert "2 rows, 1 scored" in said and "not scored: in.csv, line 3, empty" in said
    assert [row["verdict"] for row in read_back(out)] == ["positive", ""]
    assert main(["score", str(path)]) == 2
    assert "give two" in capsys.readouterr().err
    assert main(["score", str(path), str(out), "--text-column", "m"]) == 2
    assert "no column 'm'" in capsys.readouterr().err
