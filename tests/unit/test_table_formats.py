"""Table formats: every entry point reads the same reviews and labels from the fixtures."""

import gzip
import json
import math
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lstm_core.activations import file_texts, upload_texts
from lstm_core.cli import main
from lstm_core.datasets import load_corpus
from lstm_core.datasets.labelled import read_labelled
from lstm_core.datasets.table import open_table, preview
from lstm_core.datasets.table_format import TableOptions
from lstm_core.errors import DataError, InputError
from lstm_core.model.sentiment_model import shipped_model
from lstm_core.runs import DataChoice, DataKind, RunRequest
from lstm_core.runs.data import load_data
from lstm_core.scoring import score_file
from lstm_core.tasks.executors import ProcessExecutor

FOLDER = Path(__file__).parents[1] / "data" / "tables"
EXPECTED: dict[str, dict[str, Any]] = json.loads(
    (FOLDER / "expected.json").read_text(encoding="utf-8")
)
LABELLED = [name for name, content in EXPECTED.items() if content["labels"][0] is not None]


def pairs(name: str) -> list[tuple[str, int | None]]:
    content = EXPECTED[name]
    return list(zip(content["reviews"], content["labels"], strict=True))


def test_every_fixture_has_its_expected_content() -> None:
    found = {path.name for path in FOLDER.iterdir()} - {"expected.json", "README.md"}
    assert found == set(EXPECTED) and len(found) >= 20


@pytest.mark.parametrize("name", EXPECTED)
def test_the_reader_gives_reviews_labels_and_lines(name: str) -> None:
    table = read_labelled(FOLDER / name, TableOptions(), labels_needed=False)
    assert [(row.text, row.label) for row in table.rows] == pairs(name)
    assert [row.line for row in table.rows] == EXPECTED[name]["lines"]
    assert table.left_out == "" and preview(FOLDER / name).format == table.format


@pytest.mark.parametrize("name", EXPECTED)
def test_scoring_reads_the_same_reviews_and_writes_them_back(name: str, tmp_path: Path) -> None:
    out = tmp_path / "out.parquet"
    summary = score_file(shipped_model(), FOLDER / name, out)
    table = pq.read_table(out)
    assert table[summary.format.text_column].to_pylist() == EXPECTED[name]["reviews"]
    assert table[summary.unit].to_pylist() == EXPECTED[name]["lines"]
    wanted = shipped_model().predict(EXPECTED[name]["reviews"])
    np.testing.assert_allclose(table["probability"].to_numpy(), wanted, atol=1e-6)


@pytest.mark.parametrize("name", LABELLED)
def test_training_and_evaluation_read_the_same_reviews_and_labels(name: str) -> None:
    corpus = load_corpus(FOLDER / name)
    parts = (corpus.train, corpus.test)
    found = [pair for part in parts for pair in zip(part.texts, part.labels, strict=True)]
    assert sorted(found) == sorted(pairs(name))
    choice = DataChoice(DataKind.PATH, str(FOLDER / name))
    run = load_data(RunRequest(data=choice, validation_share=0), lambda _: None)
    assert run.corpus.train.texts == corpus.train.texts


@pytest.mark.parametrize("name", EXPECTED)
def test_activations_read_the_same_reviews_and_labels(name: str) -> None:
    wanted = [-1 if label is None else label for label in EXPECTED[name]["labels"]]
    content = (FOLDER / name).read_bytes()
    for texts in (file_texts(FOLDER / name), upload_texts(content, name, TableOptions())):
        assert list(texts.texts) == EXPECTED[name]["reviews"]
        assert texts.labels.tolist() == wanted


@pytest.mark.parametrize("name", EXPECTED)
def test_spans_read_the_same_rows_as_the_whole_table(name: str) -> None:
    table = open_table(FOLDER / name)
    spans = list(table.spans(3))
    alone = [
        batch
        for span in spans
        for batch in open_table(FOLDER / name, detected=table.format).batches(2, span)
    ]
    assert len(spans) > 1 and sum(span.rows for span in spans) == len(EXPECTED[name]["lines"])
    assert [text for batch in alone for text in batch.texts] == EXPECTED[name]["reviews"]
    assert [line for batch in alone for line in batch.lines] == EXPECTED[name]["lines"]


def test_all_fixtures_in_parts_by_worker_processes(tmp_path: Path) -> None:
    from lstm_core.scoring.distributed import score_files

    with ProcessExecutor(1) as executor:
        inputs = [FOLDER / name for name in EXPECTED]
        result = score_files(shipped_model(), inputs, tmp_path / "out", executor, rows=5)
    assert (result.rows, result.bad) == (sum(len(one["lines"]) for one in EXPECTED.values()), 0)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("windows_1252.csv", {"Encoding": "Windows-1252", "Separator": "semicolon"}),
        ("utf16_be_no_mark.tsv", {"Encoding": "UTF-16 BE", "Separator": "tab"}),
        ("backslash.tsv", {"Quotes": "escaped by a backslash"}),
        ("text_tab_label.txt", {"Quotes": "plain characters", "Label column": "column 2"}),
        ("old_mac.csv", {"Line ends": "CR"}),
        ("numeric_review.csv", {"Text column": "text", "Label column": "label"}),
        ("packed.zip", {"Format": "delimited text in zip"}),
        ("plain.txt", {"Format": "one review per line", "Label column": "none"}),
    ],
)
def test_detected_settings_are_described(name: str, says: dict[str, str]) -> None:
    assert says.items() <= open_table(FOLDER / name).format.described().items()


def test_settings_can_be_given_and_reach_every_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "in.dat"
    path.write_bytes("0~Schön\n1~Ein guter Film\n".encode("cp1250"))
    options = TableOptions(
        encoding="cp1250", separator="~", header=False, quoting="none", text_column="column 2"
    )
    words = [*options.as_arguments(), str(path), str(tmp_path / "out.csv")]
    assert main(["score", *words]) == 0
    assert "encoding: cp1250" in capsys.readouterr().out
    assert "Schön" in (tmp_path / "out.csv").read_text(encoding="utf-8")
    for command in ("train", "train-cell", "evaluate", "index", "score"):
        with pytest.raises(SystemExit):
            main([command, "--help"])
        said = capsys.readouterr().out
        for option in ("--encoding", "--separator", "--no-header", "--text-column"):
            assert option in said
    assert main(["train", "--small", "--separator", "tab"]) == 2


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("in.zip", b"PK\x05\x06" + bytes(18), "holds no table"),
        ("in.csv.gz", b"\x1f\x8b\x08\x00garbage", "cannot be unpacked"),
        ("in.csv", b"\x89PNG\r\n\x1a\n\x00", "picture"),
        ("in.xls", b"\xd0\xcf\x11\xe0" + bytes(100), "old Excel"),
        ("in.json", b"not JSON", "JSON"),
        ("in.json", b'{"a": [{"text": "Fine."}], "b": [{"text": "Dull."}]}', "2 lists of rows"),
        ("in.csv", b"<!DOCTYPE html><html><p>Not found</p></html>", "web page"),
        ("in.json", b'[{"text": "cut', "Element 1"),
        ("in.csv", bytes(500), "NUL"),
        (
            "in.csv.gz",
            gzip.compress(gzip.compress(b"text\n" + b"Fine.\n" * 99)),
            "compressed twice",
        ),
        ("in.csv", bytes(range(1, 256)) * 8, "control bytes"),
        ("in.csv.bz2", b"BZh91AY&SY" + bytes(9), "bzip2"),
        ("in.csv", "text\nFine".encode("utf-32"), "UTF-32"),
        ("in.csv", b"a," * 2_000 + b"\n", "columns"),
        ("in.csv", b"one,two\n1,2\n", "--text-column"),
        ("in.parquet", b"PAR1 and no more", "Parquet"),
        ("in.csv.lz4", b"\x04\x22\x4d\x18" + b"\x01" * 40, "LZ4"),
        ("in.pkl", pickle.dumps([("A fine film.", 1)]), "pickle"),
        ("in.rtf", b"{\\rtf1 A fine film.}", "RTF"),
        ("in.arff", b"@relation r\n@attribute review string\n@data\n'A fine film.',pos\n", "ARFF"),
        ("in.orc", b"ORC\n\x0b\x00\x00" + b"A fine film." * 9, "ORC"),
    ],
)
def test_what_is_no_table_is_refused(tmp_path: Path, name: str, content: bytes, says: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=says):
        open_table(tmp_path / name)


FILMS = [{"review": "A fine film.", "label": 1}, {"review": "Dull, dull.", "label": 0}]
COLUMNS = {"review": [one["review"] for one in FILMS], "label": [one["label"] for one in FILMS]}


@pytest.mark.parametrize(
    "value",
    [
        FILMS,
        [["review", "label"], *(list(one.values()) for one in FILMS)],
        {"count": 2, "reviews": FILMS},
        {"schema": {"fields": []}, "data": FILMS},
        COLUMNS,
        {name: dict(enumerate(values)) for name, values in COLUMNS.items()},
        dict(enumerate(FILMS)),
        {"columns": [*COLUMNS], "index": [0, 1], "data": [list(one.values()) for one in FILMS]},
        {"train": FILMS[:1], "test": FILMS[1:]},
        {"meta": {"count": 2}, "data": {"reviews": FILMS}},
        {"train": {"reviews": FILMS}, "test": {"reviews": []}},
        {"meta": {"authors": [{"name": "x"}]}, **COLUMNS},
        {"a": {**FILMS[0], "comments": [{"text": "No!"}]}, "b": {**FILMS[1], "comments": []}},
        {"a": FILMS[0] | {"by": {"badges": [{"text": "x"}]}}, "b": FILMS[1]},
    ],
)
@pytest.mark.parametrize("indent", [None, 2])
def test_a_table_in_one_json_value(tmp_path: Path, value: object, indent: int | None) -> None:
    path = tmp_path / "in.json"
    path.write_text(json.dumps(value, indent=indent), encoding="utf-8")
    table = open_table(path)
    batch = next(table.batches())
    assert (batch.texts, table.labels(batch)) == (COLUMNS["review"], COLUMNS["label"])
    (span,) = table.spans(10)
    again = open_table(path, detected=table.format)
    assert [one.texts for one in again.batches(span=span)] == [batch.texts]


def test_one_json_row_is_read_rather_than_a_list_within_it(tmp_path: Path) -> None:
    row = {"text": "A fine film.", "label": 1, "user": {"badges": [{"text": "x"}]}}
    (tmp_path / "in.json").write_text(json.dumps(row))
    assert next(open_table(tmp_path / "in.json").batches()).texts == ["A fine film."]


@pytest.mark.parametrize(
    "content",
    [
        "ORCID,review,label\n1,A fine film.,1\n2,Dull.,0\n",
        "@relation,review,label\n1,A fine film.,1\n2,Dull.,0\n",
        "BZh,review,label\n1,A fine film.,1\n2,Dull.,0\n",
        "Rar!,review,label\n1,A fine film.,1\n2,Dull.,0\n",
    ],
)
def test_a_table_that_begins_like_another_format_is_read(tmp_path: Path, content: str) -> None:
    (tmp_path / "in.csv").write_text(content)
    found = [text for batch in open_table(tmp_path / "in.csv").batches() for text in batch.texts]
    assert found[-2:] == ["A fine film.", "Dull."]


def test_objects_in_json_rows_are_columns_and_nan_is_nothing(tmp_path: Path) -> None:
    path = tmp_path / "in.jsonl"
    rows = [
        {"review": {"text": one["review"], "tags": ["a"]}, "label": one["label"]} for one in FILMS
    ]
    path.write_text("\n".join(map(json.dumps, [*rows, {"review": {"text": math.nan}}])))
    table = open_table(path)
    batch = next(table.batches())
    assert table.names == ("review.text", "review.tags", "label")
    assert batch.texts == [*COLUMNS["review"], ""] and batch.problems == ["", "", "empty"]
    assert batch.columns[1] == ['["a"]', '["a"]', None]


def test_rows_of_another_width_do_not_hide_the_labels(tmp_path: Path) -> None:
    rows = [f"Funny, warm and well played. {n},positive" for n in range(6)]
    rows += [f"A dull film. {n},negative" for n in range(6)]
    (tmp_path / "in.csv").write_text("\n".join(["review,sentiment", *rows]))
    table = open_table(tmp_path / "in.csv")
    assert table.format.label_column == "sentiment"
    assert next(table.batches()).problems[0] == "3 fields, the table has 2 columns"


def test_a_table_without_rows_is_refused_for_that(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("review,sentiment\n")
    with pytest.raises(DataError, match="no rows with text"):
        read_labelled(tmp_path / "in.csv", TableOptions())


def test_cells_of_ten_megabytes_are_read(tmp_path: Path) -> None:
    long = "good " * 1_999_999
    path = tmp_path / "in.csv"
    path.write_text(f'note,text\n"{long}",A fine film.\nshort,"{long}"\n', encoding="utf-8")
    found = read_labelled(path, TableOptions(), labels_needed=False)
    assert [len(row.text) for row in found.rows] == [12, len(long)] and not found.invalid


def test_errors_name_the_users_own_file(tmp_path: Path) -> None:
    (tmp_path / "3f2a-copy").write_bytes(b"one,two\n1,2\n")
    for work in (open_table, preview):
        with pytest.raises(DataError, match="'mine.csv'") as refused:
            work(tmp_path / "3f2a-copy", name="mine.csv")
        assert "3f2a" not in str(refused.value)


def test_parquet_without_text_and_a_column_of_numbers_are_refused(tmp_path: Path) -> None:
    pq.write_table(pa.table({"n": [1]}), tmp_path / "in.parquet")
    with pytest.raises(DataError, match="no column of text"):
        preview(tmp_path / "in.parquet")
    pq.write_table(pa.table({"n": [1], "text": ["Fine."]}), tmp_path / "in.parquet")
    with pytest.raises(InputError, match="column 'n' of 'in.parquet' holds no text"):
        open_table(tmp_path / "in.parquet", TableOptions(text_column="n"))


@pytest.mark.parametrize("encoding", ["PLAIN", "DELTA_BYTE_ARRAY", "DELTA_LENGTH_BYTE_ARRAY"])
def test_every_encoding_of_parquet_is_read(tmp_path: Path, encoding: str) -> None:
    texts = [f"A fine film number {number}" for number in range(50)]
    path = tmp_path / "t.parquet"
    how = {"review": encoding}
    pq.write_table(pa.table({"review": texts}), path, use_dictionary=False, column_encoding=how)
    assert [text for batch in open_table(path).batches() for text in batch.texts] == texts


def test_blank_rows_above_the_header_of_a_sheet_are_skipped(tmp_path: Path) -> None:
    from openpyxl import Workbook

    book = Workbook()
    for row in ([], [], ["review", "label"], ["A fine film.", 1], ["Dull.", 0]):
        book.active.append(row)
    book.save(tmp_path / "in.xlsx")
    table = open_table(tmp_path / "in.xlsx")
    batch = next(table.batches())
    assert (batch.texts, table.labels(batch)) == (["A fine film.", "Dull."], ["1", "0"])
    assert batch.lines == [4, 5]


def test_a_headerless_table_of_polarities_has_its_labels(tmp_path: Path) -> None:
    rows = [f'"{4 * (n % 2)}","146{n}","NO_QUERY","A film seen {n} times"' for n in range(9)]
    (tmp_path / "in.csv").write_text("\n".join(rows))
    assert open_table(tmp_path / "in.csv").format.label_column == "column 1"
