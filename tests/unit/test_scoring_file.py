"""Scoring a file: the model's own numbers, every row in its place, faults marked, none lost."""

import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lstm_core.analysis.prediction import make_verdict
from lstm_core.cli import main
from lstm_core.errors import DataError, InputError
from lstm_core.json_codec import from_json, to_json
from lstm_core.model.sentiment_model import SentimentModel, shipped_model
from lstm_core.progress import Progress
from lstm_core.scoring import Limits, Summary, batch, look, score_file
from lstm_core.scoring import readers as sources_module

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
    summary = score_file(model, path, out, whole=whole)
    score_file(model, path, again, whole=whole)
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
    monkeypatch.setattr(batch, "ROWS", 3)  # faults fall on the borders of parts too
    path = tmp_path / "in.csv"
    content = (
        b"stars;Text\r\n9;A fine film.\r\n8;\r\n7;caf\xe9\r\n\r\n5;" + b"good " * 20_001
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
    path.write_bytes('"Fine, really\n\nDull\tand long\n\xff\xfe\nlast'.encode("latin-1"))
    score_file(model, path, tmp_path / "out.tsv")
    found = read_back(tmp_path / "out.tsv")
    assert [row["problem"] for row in found] == ["", "empty", "", "not UTF-8 text", ""]
    assert [row["text"] for row in found][:3] == ['"Fine, really', "", "Dull\tand long"]


def test_odd_parquet_columns_are_kept_and_bad_cells_marked(
    model: SentimentModel, tmp_path: Path
) -> None:
    path, out = tmp_path / "in.parquet", tmp_path / "out.parquet"
    texts = pa.array([b"Fine.", None, b"caf\xe9", b"x" * 100_001, b"Fine."], pa.binary())
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
    assert look(tmp_path / name).names == ("id", "said")
    found = score_file(model, tmp_path / name, tmp_path / "out.csv", column="said")
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
    seen = look(tmp_path / "in.csv")
    assert seen.nameless == (names is not None) and (names is None or seen.names == names)
    found = score_file(model, tmp_path / "in.csv", tmp_path / "out.csv", column=seen.guess)
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
    seen = look(path)
    assert seen.names == seen.choices == ("who", "said") and seen.guess == "said"
    assert len(seen.rows[0][1]) == 300 and seen.problems == ("", "empty")
    pq.write_table(pa.table({"n": [1], "said": ["Fine."]}), tmp_path / "in.parquet")
    assert look(tmp_path / "in.parquet").choices == ("said",)


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("in.doc", b"text", "none of the files"),
        ("in.csv", b"", "is empty"),
        ("in.csv", b"\n\n", "names the columns"),
        ("in.csv", "text\nFine".encode("utf-32"), "UTF-32"),
        ("in.csv", b"caf\xe9,b\n", "cannot be read"),
        ("in.csv", b"a," * 2_000 + b"\n", "columns"),
        ("in.csv", b"x" * (1 << 21), "names the columns"),
        ("in.parquet", b"PAR1 and no more", "Parquet"),
        ("in.csv", b"one,two\n1,2\n", "--column"),
    ],
)
def test_unusable_files_get_a_sentence(
    model: SentimentModel, tmp_path: Path, name: str, content: bytes, says: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises((DataError, InputError), match=says):
        score_file(model, tmp_path / name, tmp_path / "out.csv")
    assert {one.name for one in tmp_path.iterdir()} == {name}


def test_a_parquet_file_without_texts_and_a_wrong_column_are_refused(
    model: SentimentModel, tmp_path: Path
) -> None:
    pq.write_table(pa.table({"n": [1]}), tmp_path / "in.parquet")
    with pytest.raises(DataError, match="no column of texts"):
        look(tmp_path / "in.parquet")
    with pytest.raises(InputError, match="no column 'n' of texts"):
        score_file(model, tmp_path / "in.parquet", tmp_path / "out.csv", column="n")


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


def test_stretches_read_the_same_rows_as_the_whole_file(tmp_path: Path) -> None:
    rows = [[str(n), "two\nlines" if n % 3 else 'a "quoted" word'] for n in range(50)]
    written(tmp_path / "in.csv", [["id", "text"], *rows])
    table = pa.table({"id": [row[0] for row in rows], "text": [row[1] for row in rows]})
    pq.write_table(table, tmp_path / "in.parquet", row_group_size=7)
    for name in ("in.csv", "in.parquet"):
        source = sources_module.open_source(tmp_path / name)
        source.choose("text")
        stretches = list(source.stretches(12))
        assert sum(one.rows for one in stretches) == 50 and len(stretches) > 3
        alone = [found for one in stretches for found in source.parts(5, one)]
        together = list(source.parts(50))
        for attribute in ("lines", "texts", "problems"):
            joined = [value for one in alone for value in getattr(one, attribute)]
            assert joined == [value for one in together for value in getattr(one, attribute)]


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
    assert "2 rows, 1 scored" in said and "not scored: line 3, empty" in said
    assert [row["verdict"] for row in read_back(out)] == ["positive", ""]
    assert main(["score", str(path)]) == 2
    assert "give two" in capsys.readouterr().err
    assert main(["score", str(path), str(out), "--column", "m"]) == 2
    assert "no column 'm'" in capsys.readouterr().err
