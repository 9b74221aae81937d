"""Table layouts as people and public data sets have them: the right reviews, labels and lines."""

from pathlib import Path

import pytest
from openpyxl import Workbook

from lstm_core.cli import main
from lstm_core.datasets.labelled import LabelledTable, read_labelled
from lstm_core.datasets.table import open_table, preview
from lstm_core.datasets.table_format import TableOptions
from lstm_core.errors import DataError, InputError

TEXTS = [
    "A warm film, and I smiled.",
    "Dull; I left early, alas.",
    "I wouldn't see it again.",
    'She calls it "grand", and so do I.',
    "One to keep, one to love.",
    "A waste of a good cast.",
]
LABELS = [1, 0, 0, 1, 1, 0]
WORDS = ["negative", "positive"]


def doubled(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def single(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def table(*columns: list[str], header: str = "", separator: str = ",") -> str:
    rows = [separator.join(row) for row in zip(*columns, strict=True)]
    return "".join(f"{row}\n" for row in ([header, *rows] if header else rows))


QUOTED = [doubled(text) for text in TEXTS]
SENTIMENTS = [WORDS[label] for label in LABELS]
USUAL = table(QUOTED, SENTIMENTS, header="review,sentiment")
LINES = [line.encode() for line in USUAL.splitlines()]
NUMBERS = [str(number) for number in range(1, 7)]
CODES = [str(label + 1) for label in LABELS]
SPACED = [f" {text}" for text in QUOTED]
FRONT = [
    ["0", "1"],
    ["-1", "+1"],
    ["-", "+"],
    WORDS,
    ["NEG:", "POS:"],
    ["__label__1", "__label__2"],
]


def read(path: Path, options: TableOptions = TableOptions()) -> LabelledTable:  # noqa: B008
    return read_labelled(path, options, labels_needed=False)


def check(found: LabelledTable, first: int) -> None:
    assert [row.text for row in found.rows] == TEXTS
    assert [row.label for row in found.rows] == LABELS
    assert [row.line for row in found.rows] == list(range(first, first + len(TEXTS)))


@pytest.mark.parametrize(
    ("content", "first"),
    [
        pytest.param("Film reviews, collected in 2024\n" + USUAL, 3, id="title"),
        pytest.param("Film reviews 2024,\n,\n" + USUAL, 4, id="padded title and blank row"),
        pytest.param("# from R, 2024\n# by us\n#\n" + USUAL, 5, id="comments"),
        pytest.param(",\n,\n" + USUAL, 4, id="blank rows with separators"),
        pytest.param(
            "Umfrage 2024\n\n"
            + table(QUOTED, SENTIMENTS, header="Kommentar;Urteil", separator=";"),
            4,
            id="title above unusual names",
        ),
        pytest.param(
            table(NUMBERS, SPACED, [f" {one}" for one in SENTIMENTS], header="id, review, label"),
            2,
            id="blanks before quotes",
        ),
        pytest.param(
            table([single(text) for text in TEXTS], SENTIMENTS, header="'review','label'"),
            2,
            id="single quotes",
        ),
        pytest.param(
            table(
                ["'" + text.replace("'", "\\'") + "'" for text in TEXTS],
                SENTIMENTS,
                header="review,label",
            ),
            2,
            id="single quotes behind a backslash",
        ),
        pytest.param(
            table(NUMBERS, QUOTED, SENTIMENTS, header="review,sentiment"), 2, id="R's index"
        ),
        pytest.param(
            table(QUOTED, SENTIMENTS, header="review,sentiment,notes"),
            2,
            id="a column of names only",
        ),
        pytest.param(b"\r".join(LINES[:4]) + b"\n" + b"\n".join(LINES[4:]), 2, id="CR and LF"),
        pytest.param(
            table(QUOTED, ["a film"] * 6, SENTIMENTS, header="text,label,label"),
            2,
            id="two columns named label",
        ),
        pytest.param(
            table(["7"] * 6, QUOTED, SENTIMENTS, header="text,text,label"),
            2,
            id="two columns named text",
        ),
        pytest.param(
            table(
                ["A long plot of a film, told from end to start."] * 6,
                QUOTED,
                SENTIMENTS,
                header="plot;opinion;label",
                separator=";",
            ),
            2,
            id="an opinion beside a plot",
        ),
        pytest.param(
            table(QUOTED, ["Y" if label else "N" for label in LABELS], header="review,label"),
            2,
            id="Y and N",
        ),
        pytest.param(
            table(QUOTED, [f"__label__{word[:3]}" for word in SENTIMENTS], header="review,label"),
            2,
            id="labels of fastText in a column",
        ),
        pytest.param(
            table(["4", "0", "1", "4", "3", "0"], QUOTED, header="sentiment,phrase"),
            2,
            id="classes 0 to 4",
        ),
        pytest.param(
            table(
                [f"{3 * label + 1}-star" for label in LABELS],
                QUOTED,
                header="Overall Rating,Review",
            ),
            2,
            id="4-star",
        ),
        pytest.param(table([f'"{one}"' for one in CODES], QUOTED), 1, id="Yelp"),
        pytest.param(
            table([f'"{one}"' for one in CODES], ['"A title of four words"'] * 6, QUOTED),
            1,
            id="Amazon",
        ),
        pytest.param(
            table(NUMBERS, QUOTED, ["5", "1", "2", "4", "5", "1"], header="id,review,rating")
            + "Total,,18\n",
            2,
            id="a total without text",
        ),
    ],
)
def test_a_table_is_read_as_it_is_meant(tmp_path: Path, content: str | bytes, first: int) -> None:
    path = tmp_path / "in.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    found = read(path)
    check(found, first)
    spans = list(open_table(path).spans(2))
    again = open_table(path, detected=found.format)
    texts = [text for span in spans for batch in again.batches(5, span) for text in batch.texts]
    assert texts[: len(TEXTS)] == TEXTS


def test_a_file_sorted_by_labels_has_them_in_front_too(tmp_path: Path) -> None:
    texts = [f"A film seen {number} times , and no more" for number in range(9_000)]
    labels = [str(int(number >= 8_000)) for number in range(9_000)]
    (tmp_path / "in.all").write_text(table(labels, texts, separator=" ") + "1 \n")
    found = read(tmp_path / "in.all")
    assert [row.text for row in found.rows] == texts
    assert [row.label for row in found.rows] == list(map(int, labels))
    assert found.without_text == 1


@pytest.mark.parametrize(
    "content",
    [
        "city,mark\n" + "Rome,9\nOslo,7\nBonn,8\n" * 4,
        "time,status\n" + "11:00,Completed a daily update\n12:00,Started all over\n" * 4,
        "symbol,error\nABC,0.5\n",
    ],
)
def test_a_table_without_reviews_is_refused_but_can_be_looked_at(
    tmp_path: Path, content: str
) -> None:
    path = tmp_path / "in.csv"
    path.write_text(content)
    with pytest.raises(DataError, match="plainly holds reviews.*--text-column"):
        open_table(path)
    name = preview(path).format.text_column
    assert open_table(path, TableOptions(text_column=name)).format.text_column == name


def test_columns_of_one_name_can_be_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_text(table(["7"] * 6, QUOTED, SENTIMENTS, header="text,text,label"))
    assert open_table(path).format.text_column == "text_2"
    check(read(path, TableOptions(text_column="text_2")), 2)


def test_three_classes_without_a_name_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_text(table(["4", "2", "0", "4", "2", "0"], QUOTED))
    with pytest.raises(DataError, match="--drop-neutral"):
        read_labelled(path, TableOptions())


@pytest.mark.parametrize("words", FRONT)
def test_labels_in_front_of_lines_are_no_words(tmp_path: Path, words: list[str]) -> None:
    labels = [words[label] for label in LABELS]
    (tmp_path / "in.txt").write_text(table(labels, TEXTS, separator=" "))
    found = read(tmp_path / "in.txt")
    check(found, 1)
    assert found.format.described()["Separator"] == "blank behind a label"


@pytest.mark.parametrize(
    "lines",
    [
        ["Great film", "I liked it, a lot", "Bad, very bad", "Good, so good"],
        ["1 film of the year", "2 hours too long", "0 stars", "1 more time"],
        ["#1 film of the year", "Dull", "Text", "Not for me"],
        ["- A fine film", "- A dull one"] * 20,
        ["Positive surprise", "Negative points: none", "Great", "Fine"],
        ["'Twas a film, they said'", "Fine, fine", "It's dull", "'Tis good"],
        ["Complaining", "Failing", "Needs more", "Is happy"],
        ["Great film", "", "Bad, I hate it", "Good, I love it so much", "Fine, I think it is"],
    ],
)
def test_lines_of_reviews_stay_reviews(tmp_path: Path, lines: list[str]) -> None:
    for name in ("in.txt", "in.csv"):
        (tmp_path / name).write_text("\n".join(lines))
        texts = [row.text for row in read(tmp_path / name).rows]
        assert texts == [line for line in lines if line]


@pytest.mark.parametrize(
    ("name", "content", "first"),
    [
        ("in.csv", table(TEXTS, SENTIMENTS, header="review^label", separator="^"), 2),
        ("in.csv", table(TEXTS, SENTIMENTS, header="'review'~'label'", separator="~"), 2),
        ("in.txt", table(QUOTED, list(map(str, LABELS))), 1),
    ],
)
def test_labels_behind_other_separators_are_no_words(
    tmp_path: Path, name: str, content: str, first: int
) -> None:
    (tmp_path / name).write_text(content)
    check(read(tmp_path / name), first)


def test_names_of_columns_that_come_again_are_no_review(tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_text(USUAL + "review,sentiment\n")
    found = read(path)
    check(found, 2)
    assert found.problems == ((8, "the names of the columns again"),)


def test_what_stands_for_nothing_and_totals_are_no_reviews(tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_text(USUAL + "NA,positive\nNULL,negative\nGrand total:,6\n")
    found = read(path)
    check(found, 2)
    assert found.without_text == 2 and found.problems == ((10, "a total, no review"),)


@pytest.mark.parametrize("header", ["", "review,label"])
def test_five_classes_of_something_are_not_guessed(tmp_path: Path, header: str) -> None:
    path = tmp_path / "in.csv"
    path.write_text(table(QUOTED, ["0", "1", "2", "3", "4", "4"], header=header))
    with pytest.raises(DataError, match="--star-threshold|--label-column"):
        read_labelled(path, TableOptions())


def test_one_and_two_under_a_name_are_not_guessed(tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_text(table(CODES, QUOTED, header="label,review"))
    with pytest.raises(DataError, match="--star-threshold"):
        read_labelled(path, TableOptions())
    check(read(path, TableOptions(star_threshold=2)), 2)


def test_lines_above_are_told_and_can_be_kept(tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_text("Film reviews, 2024\n" + USUAL)
    assert open_table(path).format.described()["Lines above the table"] == "1, left out"
    kept = next(open_table(path, TableOptions(header=False)).batches())
    assert kept.texts[:2] == ["Film reviews", "review"]


def book(path: Path, **sheets: list[list[object]]) -> Workbook:
    workbook = Workbook()
    workbook.remove(workbook.active)
    for name, rows in sheets.items():
        sheet = workbook.create_sheet(name)
        for row in rows:
            sheet.append(row)
    workbook.save(path)
    return workbook


def test_sheets_titles_and_merged_cells_of_a_workbook(tmp_path: Path) -> None:
    path = tmp_path / "in.xlsx"
    rows: list[list[object]] = [
        ["review", "sentiment"],
        *map(list, zip(TEXTS, SENTIMENTS, strict=True)),
    ]
    other: list[list[object]] = [["review", "sentiment"], ["Another film.", "positive"]]
    book(path, About=[["All our reviews of 2024", "v2"]], Data=[["Reviews"], [], *rows], More=other)
    found = read(path)
    check(found, 4)
    assert found.format.described()["Sheet"] == "Data (one of 3)"
    assert [row.text for row in read(path, TableOptions(sheet="more")).rows] == ["Another film."]
    out = tmp_path / "out.csv"
    assert main(["score", str(path), str(out), "--sheet", "More"]) == 0
    assert "Another film." in out.read_text(encoding="utf-8")
    with pytest.raises(InputError, match="'About', 'Data', 'More'"):
        read(path, TableOptions(sheet="Sheet1"))
    merged = book(
        path,
        S=[
            [],
            [None, "label", "review"],
            *([None, w, t] for t, w in zip(TEXTS, SENTIMENTS, strict=True)),
        ],
    )
    merged["S"]["B5"] = merged["S"]["B7"] = None
    merged["S"].merge_cells("B4:B5")
    merged["S"].merge_cells("B6:B7")
    merged.save(path)
    check(read(path), 3)


def test_a_sheet_goes_with_a_workbook(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text(USUAL)
    with pytest.raises(InputError, match="no Excel workbook"):
        open_table(tmp_path / "in.csv", TableOptions(sheet="Data"))
