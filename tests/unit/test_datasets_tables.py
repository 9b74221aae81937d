"""CSV tables: columns, labels, split, and errors that name the line."""

import csv
import hashlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lstm_core.datasets.tables import LABELS, TableOptions, read_table

from lstm_core.datasets import (
    Corpus,
    SourceKind,
    counting,
    load_corpus,
    load_imdb,
    load_small_corpus,
    tables,
)
from lstm_core.errors import DataError, InputError
from lstm_core.progress import Progress


def write(folder: Path, content: str | bytes, name: str = "mine.csv") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def rows(count: int, positive: str = "positive", negative: str = "negative") -> list[list[str]]:
    """Alternating rows of a text of our own and a label."""
    return [
        [f'Film {at} was "fine", more or less.\nReally.', negative if at % 2 else positive]
        for at in range(count)
    ]


def write_rows(
    folder: Path,
    table: list[list[str]],
    header: tuple[str, ...] = ("text", "label"),
    delimiter: str = ",",
    name: str = "mine.csv",
) -> Path:
    path = folder / name
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, delimiter=delimiter).writerows([header, *table])
    return path


def all_rows(corpus: Corpus) -> set[tuple[str, int, str]]:
    return {
        (text, int(label), name)
        for part in (corpus.train, corpus.test)
        for text, label, name in zip(part.texts, part.labels, part.names, strict=True)
    }


def test_kaggle_table_is_halved(tmp_path: Path) -> None:
    path = write_rows(tmp_path, rows(40), ("review", "sentiment"), name="IMDB Dataset.csv")
    corpus = load_corpus(tmp_path)
    assert corpus.source.kind is SourceKind.KAGGLE_CSV
    assert corpus.source.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert corpus.source.split == "made here: stratified, test share 0.5, seed 0"
    assert len(corpus.train) == len(corpus.test) == 20
    assert corpus.train.labels.sum() == corpus.test.labels.sum() == 10
    expected = {(text, int(word == "positive")) for text, word in rows(40)}
    assert {(text, label) for text, label, _ in all_rows(corpus)} == expected
    assert ("line 2" in corpus.train.names) != ("line 2" in corpus.test.names)
    assert "line 4" in {*corpus.train.names, *corpus.test.names}


def test_own_table_gives_a_fifth_to_the_test_part(tmp_path: Path) -> None:
    corpus = load_corpus(write_rows(tmp_path, rows(40)))
    assert corpus.source.kind is SourceKind.CSV
    assert (len(corpus.train), len(corpus.test)) == (32, 8)
    assert corpus.unlabelled == ()


def test_share_and_seed_can_be_given(tmp_path: Path) -> None:
    path = write_rows(tmp_path, rows(40))
    one = load_corpus(path, test_share=0.25, seed=3)
    assert len(one.test) == 10
    assert one.test.texts == load_corpus(path, test_share=0.25, seed=3).test.texts
    assert one.test.texts != load_corpus(path, test_share=0.25, seed=4).test.texts


@pytest.mark.parametrize("share", [0.0, 1.0, -1.0, 2.0])
def test_bad_share(tmp_path: Path, share: float) -> None:
    with pytest.raises(InputError, match="test share"):
        load_corpus(write_rows(tmp_path, rows(8)), test_share=share)


def test_equal_texts_do_not_lie_on_both_sides(tmp_path: Path) -> None:
    table = [[f"Film {at % 7}.", "pos" if at % 7 > 3 else "neg"] for at in range(70)]
    corpus = load_corpus(write_rows(tmp_path, table))
    assert not set(corpus.train.texts) & set(corpus.test.texts)
    assert len(corpus.train) + len(corpus.test) == 70


@pytest.mark.parametrize("column", ["part", "Split"])
def test_parts_of_the_table_are_followed(tmp_path: Path, column: str) -> None:
    table = [[*row, "test" if at < 6 else "train"] for at, row in enumerate(rows(20))]
    path = write_rows(tmp_path, table, ("text", "label", column))
    corpus = load_corpus(path)
    assert set(corpus.test.texts) == {row[0] for row in table[:6]}
    assert corpus.source.split == "the table's own training and test part"
    assert len(load_corpus(path, test_share=0.5).test) == 10


def test_other_values_of_a_part_column_mean_nothing(tmp_path: Path) -> None:
    table = [[*row, "one"] for row in rows(20)]
    assert len(load_corpus(write_rows(tmp_path, table, ("text", "label", "part"))).test) == 4


def test_a_part_with_one_class_is_refused(tmp_path: Path) -> None:
    table = [[*row, "test" if row[1] == "negative" else "train"] for row in rows(20)]
    path = write_rows(tmp_path, table, ("text", "label", "part"))
    with pytest.raises(DataError, match="10 positive and 0 negative reviews in the training part"):
        load_corpus(path)


@pytest.mark.parametrize("word, label", sorted(LABELS.items()))
def test_label_words(tmp_path: Path, word: str, label: int) -> None:
    table = [*rows(8), ["The one in question.", f" {word.upper()} "]]
    found = {text: lab for text, lab, _ in all_rows(load_corpus(write_rows(tmp_path, table)))}
    assert found["The one in question."] == label


@pytest.mark.parametrize("word", ["7", "2", "neutral", "", "5 stars", "no"])
def test_other_labels_are_refused_with_their_line(tmp_path: Path, word: str) -> None:
    path = write_rows(tmp_path, [*rows(2), ["A film.", word]])
    with pytest.raises(DataError, match=f"label '{word}' in line 6 .*positive/negative.*stars"):
        load_corpus(path)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("header", [("Review", " Sentiment "), ("id", "content", "polarity")])
def test_columns_are_found(tmp_path: Path, delimiter: str, header: tuple[str, ...]) -> None:
    table = [["1", *row][-len(header) :] for row in rows(8)]
    corpus = load_corpus(write_rows(tmp_path, table, header, delimiter))
    assert len(all_rows(corpus)) == 8


def test_columns_can_be_named(tmp_path: Path) -> None:
    path = write_rows(tmp_path, rows(8), ("opinion", "verdict"))
    with pytest.raises(DataError, match="found: 'opinion', 'verdict'. Accepted: for the text one"):
        load_corpus(path)
    corpus = load_corpus(path, text_column="Opinion", label_column="verdict")
    assert len(all_rows(corpus)) == 8
    with pytest.raises(DataError, match="for the label 'grade'"):
        load_corpus(path, text_column="opinion", label_column="grade")
    with pytest.raises(DataError, match="lacks a text or a label"):
        load_corpus(path, text_column="opinion", label_column="opinion")


def test_columns_are_refused_for_other_sources(tmp_path: Path) -> None:
    (tmp_path / "imdb.npz").write_bytes(b"PK")
    with pytest.raises(InputError, match="for CSV files; imdb.npz is a keras npz"):
        load_corpus(tmp_path, text_column="text")


def test_byte_order_mark_and_line_ends(tmp_path: Path) -> None:
    lines = ["text,label", "Good.,1", "Bad.,0", "", "Fine.,1", "Poor.,0", ""]
    for end in ("\n", "\r\n"):
        corpus = load_corpus(write(tmp_path, b"\xef\xbb\xbf" + end.join(lines).encode()))
        assert all_rows(corpus) == {
            ("Good.", 1, "line 2"),
            ("Bad.", 0, "line 3"),
            ("Fine.", 1, "line 5"),
            ("Poor.", 0, "line 6"),
        }


def test_rows_without_text_are_counted(tmp_path: Path) -> None:
    corpus = load_corpus(write_rows(tmp_path, [*rows(8), ["  ", "pos"], ["", "neg"]]))
    assert (
        corpus.source.description == "Table mine.csv: 8 reviews. 2 rows without text were left out."
    )


@pytest.mark.parametrize(
    "content, said",
    [
        (b"", "is empty"),
        (b"\n\ntext,label", "begins with an empty line"),
        (b"text,label\n", "0 positive and 0 negative"),
        (b"text,label\nGood.,1\nFine.,1\nBad.,0\n", "2 positive and 1 negative"),
        (b"text,label\nSo,so,1\n", "Line 2 .* has 3 fields, the first line has 2"),
        (b"text,label\nGood.\n", "Line 2 .* has 1 fields"),
        (b'text,label\nGood.,1\n"Bad.,0\nFine.,1\n', "from line 3 on: unexpected end of data"),
        (b'text,label\n"Good" one.,1\n', "from line 2 on"),
        (b"text,label\nGood.,1\nSch\xf6n.,1\n", "Line 3 .* is not UTF-8 text .byte 4 .* 0xf6"),
        ("text,label\nGood.,1\n".encode("utf-16"), "UTF-16.*CSV UTF-8"),
        (b"\x89PNG\r\n\x1a\n\x00", "Line 1 of 'mine.csv' is not UTF-8"),
        (b'"text,label\n', "first line .* cannot be read as CSV|lacks a text"),
        (b"text,label\nGood.,1\nGood.,1\nBad.,0\nPoor.,0\n", "cannot be parted.*class 1"),
    ],
)
def test_bad_tables(tmp_path: Path, content: bytes, said: str) -> None:
    with pytest.raises(DataError, match=said):
        load_corpus(write(tmp_path, content))


def test_very_long_fields_and_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    limit = csv.field_size_limit()
    path = write_rows(tmp_path, [*rows(4), ["long " * 30_000, "pos"]])
    with pytest.raises(DataError, match=r"field larger than field limit \(131072\)"):
        load_corpus(path)
    assert csv.field_size_limit() == limit
    monkeypatch.setattr(tables, "MAX_REVIEW_BYTES", 1000)
    with pytest.raises(DataError, match="has over 1,000 bytes"):
        load_corpus(path)
    monkeypatch.setattr(tables, "MAX_TEXT_BYTES", 50)
    with pytest.raises(DataError, match="million characters together"):
        load_corpus(path)


def test_progress_is_told(tmp_path: Path) -> None:
    seen: list[Progress] = []
    path = write_rows(tmp_path, rows(8))
    load_imdb(path, progress=seen.append)
    assert seen[0].stage == "reading the table"
    assert [report.stage for report in seen if report.share == 1.0] == [
        "reading the table",
        "counting words",
        "encoding reviews",
    ]


def test_the_small_corpus_says_what_it_is() -> None:
    corpus = load_small_corpus()
    assert corpus.source.kind is SourceKind.SMALL_CORPUS
    assert "small corpus written for LSTM Lens" in corpus.source.description
    assert len(corpus.train) > len(corpus.test) > 20
    assert abs(corpus.train.labels.mean() - 0.5) < 0.1
    assert not set(corpus.train.texts) & set(corpus.test.texts)


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=200), header=st.booleans())
def test_any_bytes_give_a_corpus_or_a_data_error(
    tmp_path: Path, content: bytes, header: bool
) -> None:
    path = write(tmp_path, b"text,label\n" * header + content)
    try:
        assert isinstance(read_table(path), Corpus)
    except DataError as error:
        assert len(str(error)) > 40


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    texts=st.lists(
        st.text(st.characters(codec="utf-8", exclude_characters="\r"), min_size=1), min_size=8
    )
)
def test_any_text_comes_back_as_written(tmp_path: Path, texts: list[str]) -> None:
    texts = [f"{at} {text}" for at, text in enumerate(texts)]
    path = write_rows(tmp_path, [[text, str(at % 2)] for at, text in enumerate(texts)])
    corpus = read_table(path, TableOptions(test_share=0.5))
    assert {text for text, _, _ in all_rows(corpus)} == set(texts)


def test_reviews_are_counted_as_they_will_be_parted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = write_rows(tmp_path, rows(50))
    assert counting.count_reviews(plain) == counting.Count(len(load_corpus(plain).train), 8.0)
    kaggle = write_rows(tmp_path, rows(52), ("review", "sentiment"), name="IMDB Dataset.csv")
    assert counting.count_reviews(kaggle).train == len(load_corpus(kaggle).train) == 26
    parted = [[*row, "test" if at < 10 else "train"] for at, row in enumerate(rows(50))]
    own = write_rows(tmp_path, parted, ("text", "label", "part"), ";", "parted.csv")
    assert counting.count_reviews(own).train == len(load_corpus(own).train) == 40
    named = write_rows(tmp_path, rows(30), ("what", "how"), name="named.csv")
    assert counting.count_reviews(named, "what", "how").train == 24
    with pytest.raises(DataError, match="lacks a text or a label column"):
        counting.count_reviews(named)
    with pytest.raises(DataError, match="cannot be read"):
        counting.count_reviews(tmp_path / "none.csv")

    monkeypatch.setattr(counting, "COUNTED", 2_000)
    large = write_rows(tmp_path, rows(1_000), name="large.csv")
    assert counting.count_reviews(large).train == pytest.approx(800, rel=0.1)
