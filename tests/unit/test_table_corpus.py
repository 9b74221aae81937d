"""CSV tables: columns, labels, split, and errors that name the line."""

import csv
import hashlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lstm_core.datasets import (
    Corpus,
    SourceKind,
    counting,
    labelled,
    load_corpus,
    load_imdb,
    load_small_corpus,
)
from lstm_core.datasets.table_corpus import read_table
from lstm_core.datasets.table_format import TableOptions
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


LABELS = {"positive": 1, "pos": 1, "true": 1, "1": 1, "1.0": 1, "+": 1} | dict.fromkeys(
    ("negative", "neg", "false", "0", "0.0", "-1", "-1.0"), 0
)


@pytest.mark.parametrize("word, label", sorted(LABELS.items()))
def test_label_words(tmp_path: Path, word: str, label: int) -> None:
    table = [*rows(8), ["The one in question.", f" {word.upper()} "]]
    found = {text: lab for text, lab, _ in all_rows(load_corpus(write_rows(tmp_path, table)))}
    assert found["The one in question."] == label


@pytest.mark.parametrize(
    ("positive", "negative", "rest"),
    [
        ("yes", "no", ""),
        ("Good", "BAD", "nan"),
        ("P", "N", "N/A"),
        ("fresh", "rotten", "null"),
        ("👍", "👎", "None"),
        ("LABEL_1", "LABEL_0", "<NA>"),
        ("9,5", "2,0", "5"),
        ("8/10", "3/10", "5/10"),
        ("5.0 out of 5 stars", "1.0 out of 5 stars", "3.0 out of 5 stars"),
        ("★★★★☆", "★☆☆☆☆", "★★★☆☆"),
        ("⭐️⭐️⭐️⭐️⭐️", "⭐️", "⭐️⭐️⭐️"),
        ("4 stars", "1 Star", "3 stars"),
        ('"pos"', '"neg"', ""),
        ("positif", "Négatif", ""),
        ("好评", "差评", ""),
        ("happy", "sad", ""),
        ("five stars", "one star", "Three Stars"),
        ("5 stars", "1 star", ""),
    ],
)
def test_labels_as_people_write_them(
    tmp_path: Path, positive: str, negative: str, rest: str
) -> None:
    table = [*rows(8, positive, negative), ["In between.", rest]]
    found = all_rows(load_corpus(write_rows(tmp_path, table, ("text", "Label 1"))))
    assert {(text, label) for text, label, _ in found} == {
        (text, int(value == positive)) for text, value in table if value != rest
    }


@pytest.mark.parametrize("word", ["7", "2", "", "5 stars", "no"])
def test_rows_with_other_labels_are_left_out_and_named(tmp_path: Path, word: str) -> None:
    corpus = load_corpus(write_rows(tmp_path, [*rows(4), ["A film.", word]]))
    assert len(corpus.train) + len(corpus.test) == 4
    why = f"the label '{word}' is not known" if word else "no label"
    said = f"1 row that cannot be read left out (line 10: {why})."
    assert said in corpus.source.description


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize(
    "header",
    [("Review", " Sentiment "), ("id", "content", "polarity"), ("Review Text", "Label (pos/neg)")],
)
def test_columns_are_found(tmp_path: Path, delimiter: str, header: tuple[str, ...]) -> None:
    table = [["1", *row][-len(header) :] for row in rows(8)]
    corpus = load_corpus(write_rows(tmp_path, table, header, delimiter))
    assert len(all_rows(corpus)) == 8


def test_columns_can_be_named(tmp_path: Path) -> None:
    path = write_rows(tmp_path, rows(8), ("opinion", "verdict"))
    corpus = load_corpus(path, text_column="Opinion", label_column="verdict")
    assert len(all_rows(corpus)) == len(all_rows(load_corpus(path))) == 8
    with pytest.raises(DataError, match="'grade' for the labels.*'opinion', 'verdict'.*--label"):
        load_corpus(path, text_column="opinion", label_column="grade")
    with pytest.raises(InputError, match="Name two columns"):
        load_corpus(path, text_column="opinion", label_column="opinion")


def test_columns_are_refused_for_other_sources(tmp_path: Path) -> None:
    (tmp_path / "imdb.npz").write_bytes(b"PK")
    with pytest.raises(InputError, match="for tables; imdb.npz is a keras npz"):
        load_corpus(tmp_path, text_column="text")


@pytest.mark.parametrize("mark", ["\ufeff\ufeff", "ï»¿", "\ufeffï»¿"])
def test_marks_before_the_header_and_separators_behind_the_last_column(
    tmp_path: Path, mark: str
) -> None:
    lines = [f"{mark}text,label", "Good.,1,", '"Bad, bad.",0,,', "Fine.,1", "Poor.,0, "]
    corpus = load_corpus(write(tmp_path, "\r\n".join(lines)))
    assert {text for text, _, _ in all_rows(corpus)} == {"Good.", "Bad, bad.", "Fine.", "Poor."}


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
    assert corpus.source.description == (
        "Table mine.csv: 8 reviews. Labels in 'label': words for positive and negative. 2 rows "
        "without text left out."
    )


@pytest.mark.parametrize(
    "content, said",
    [
        (b"", "is empty"),
        (b"\n\n", "empty or cannot be read"),
        (b"text,label\n", "no rows with text"),
        (b"text,label\nGood.,1\nFine.,1\nBad.,0\n", "2 positive and 1 negative"),
        (b"text,label\nSo,so,1\nGood.,1\nBad.,0\n", "line 2: 3 fields, the table has 2"),
        (b"text,label\nGood.\nFine.,1\nBad.,0\n", "line 2: 1 field, the table has 2"),
        (b"\x89PNG\r\n\x1a\n\x00", "'mine.csv' is not a table: it is a picture"),
        (b"text,label\nGood.,1\nGood.,1\nBad.,0\nPoor.,0\n", "cannot be split.*class 1"),
        (b"text,label\n" + b"Good.,comedy\nBad.,drama\n" * 9, "'comedy', 'drama', .*not known"),
        (b"text,label\n" + b"Good.,1\nSo.,0\nBad.,-1\n" * 9, "three classes.*--drop-neutral"),
        (b"text,label\n" + b"Good.,2\nSo.,1\nBad.,0\n" * 9, "three classes, with '1' in the"),
        (b"text,label\n" + b"Good.,pos\nSo.,neutral\nBad.,neg\n" * 9, "classes, with 'neutral'"),
        (b"text,label\n" + b"Good.,2\nBad.,1\n" * 9, "more than one way.*--star-threshold"),
    ],
)
def test_bad_tables(tmp_path: Path, content: bytes, said: str) -> None:
    with pytest.raises(DataError, match=said):
        load_corpus(write(tmp_path, content))


@pytest.mark.parametrize(
    "labels, options, rule",
    [
        ("1 0 -1", TableOptions(drop_neutral=True), "1 is positive, -1 negative, 0 left out"),
        ("2 1 0", TableOptions(drop_neutral=True), "2 is positive, 0 negative, 1 left out"),
        ("4 2 0", TableOptions(drop_neutral=True), "4 is positive, 0 negative, 2 left out"),
        ("pos neutral neg", TableOptions(drop_neutral=True), "neutral left out"),
        ("5 3 1", TableOptions(label_column="stars"), "stars 1 to 5: 4 and more positive"),
        ("8 5 2", TableOptions(label_column="stars"), "stars 1 to 10: 7 and more positive"),
        ("2 1 1", TableOptions(star_threshold=2), "2 and more positive, less negative"),
    ],
)
def test_middle_classes_and_stars(
    tmp_path: Path, labels: str, options: TableOptions, rule: str
) -> None:
    values = labels.split()
    table = [[f"Film {n} was seen.", values[n % 3]] for n in range(12)]
    path = write_rows(tmp_path, table, ("text", options.label_column or "label"))
    corpus = load_corpus(path, table=options)
    high = {text for text, value in table if value == values[0]}
    assert {text for text, label, _ in all_rows(corpus) if label == 1} == high
    dropped = 4 if len(set(values)) == 3 else 0
    assert len(all_rows(corpus)) == 12 - dropped and rule in corpus.source.description


def test_very_long_fields_and_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_rows(tmp_path, [*rows(4), ["long " * 30_000, "pos"]])
    assert max(len(text) for text, _, _ in all_rows(load_corpus(path))) == 150_000
    monkeypatch.setattr(labelled, "MAX_TEXT_BYTES", 50)
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
    assert load_small_corpus() is corpus  # every drawing of Train asks for its size
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
    corpus = read_table(path, test_share=0.5)
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
    assert counting.count_reviews(named, TableOptions(text_column="what")).train == 24
    bare = write_rows(tmp_path, [["Film."], ["Film."]], ("text",), name="bare.csv")
    with pytest.raises(DataError, match="no column of labels"):
        counting.count_reviews(bare)
    with pytest.raises(DataError, match="cannot be read"):
        counting.count_reviews(tmp_path / "none.csv")

    monkeypatch.setattr(counting, "COUNTED", 2_000)
    large = write_rows(tmp_path, rows(1_000), name="large.csv")
    assert counting.count_reviews(large).train == pytest.approx(800, rel=0.1)
