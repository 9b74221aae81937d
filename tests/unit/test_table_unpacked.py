"""Compressed tables and zips of texts: what is read, what is refused and for which reason."""

import gzip
import zipfile
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

import pytest

from lstm_core.datasets.legacy_encoding import encoding_of
from lstm_core.datasets.table import open_table
from lstm_core.errors import DataError


def zipped(files: Mapping[str, str | bytes]) -> bytes:
    content = BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return content.getvalue()


@pytest.mark.parametrize(
    ("name", "files", "says"),
    [
        ("in.docx", {"word/document.xml": "<x/>"}, "Word document"),
        ("in.ods", {"content.xml": "<x/>"}, "OpenDocument"),
        ("in.keras", {"a.json": "", "b.json": "", "model.weights.h5": ""}, "Keras model"),
        ("in.zip", {"pos/a.txt": "good " * 2_000_001}, "at most 10,000,000. Shorten"),
        ("in.zip", {"pos/1.txt": "Fine.", "README.txt": "x"}, "2 tables"),
        ("in.zip", {"pos/1": "", "neg/1.txt": "Dull.", "unsup/1.txt": "x"}, "2 tables"),
        ("in.zip", {f"pos/{n}.txt": "" for n in range(10_001)}, "10,001 files"),
    ],
)
def test_a_zip_that_is_no_table_is_refused(
    tmp_path: Path, name: str, files: Mapping[str, str], says: str
) -> None:
    (tmp_path / name).write_bytes(zipped(files))
    with pytest.raises(DataError, match=says):
        open_table(tmp_path / name)


def test_a_zip_of_texts_in_folders_of_their_classes_is_a_table(tmp_path: Path) -> None:
    texts = {"a/train/pos/0_9.txt": "Fine, “café”.", "a/test/neg/1_2.txt": "Dull.\nVery dull."}
    files = {"__MACOSX/a/._x.txt": "x", "README.txt": "x", "a/train/urls_pos.txt": "x", **texts}
    (tmp_path / "in.zip").write_bytes(zipped(files))
    table = open_table(tmp_path / "in.zip")
    batch = next(table.batches())
    assert batch.texts == list(texts.values())
    assert table.labels(batch) == ["positive", "negative"]
    assert batch.columns[-1] == ["train", "test"]
    for encoding in ("cp1252", "utf-8-sig", "utf-16", "utf-16-be", "utf-32"):
        encoded = {name: text.encode(encoding) for name, text in texts.items()}
        (tmp_path / f"{encoding}.zip").write_bytes(zipped(encoded))
        assert next(open_table(tmp_path / f"{encoding}.zip").batches()).texts == batch.texts


@pytest.mark.parametrize(
    ("encoding", "texts"),
    [
        ("cp1251", "Отличный фильм|Скучно|Не жалею, что посмотрел|Ужасный конец|Хорошо"),
        ("gbk", "这部电影很好看|无聊|我喜欢这个故事|演员不好|值得一看，推荐给大家"),
        ("koi8-r", "Отличный фильм|Скучно|Не жалею, что посмотрел|Ужасный конец|Хорошо"),
        ("cp1252", "Très déçu.|A café film|Naïve|It isn’t good|Élégant"),
    ],
)
def test_a_zip_of_short_texts_is_read_in_one_encoding(
    tmp_path: Path, encoding: str, texts: str
) -> None:
    said = texts.split("|")
    files = {f"{'pos' if n % 2 else 'neg'}/{n}.txt": t.encode(encoding) for n, t in enumerate(said)}
    (tmp_path / "in.zip").write_bytes(zipped(files))
    assert sorted(next(open_table(tmp_path / "in.zip").batches()).texts) == sorted(said)


def test_one_invalid_byte_does_not_change_the_encoding(tmp_path: Path) -> None:
    files = {"pos/1.txt": "café “fine”".encode() + b"\xff", "neg/1.txt": b"Dull."}
    (tmp_path / "in.zip").write_bytes(zipped(files))
    assert "café “fine”\ufffd" in next(open_table(tmp_path / "in.zip").batches()).texts


@pytest.mark.parametrize(
    ("encoding", "text"), [("cp1251", "Хороший фильм"), ("cp949", "좋은 영화예요")]
)
def test_a_table_of_one_short_text_in_another_script(
    tmp_path: Path, encoding: str, text: str
) -> None:
    (tmp_path / "in.csv").write_bytes(f"text\n{text}\n".encode(encoding))
    assert next(open_table(tmp_path / "in.csv").batches()).texts == [text]


def test_a_sample_does_not_end_inside_a_character() -> None:
    content = b"a" + "这部电影很好看，我喜欢这个故事，演员也很好。".encode("gbk") * 4000
    assert encoding_of(content) in ("gbk", "gb18030")


def test_a_zip_with_two_tables_names_them(tmp_path: Path) -> None:
    content = zipped({"a.csv": "text\nFine.\n", "b.csv": "text\nDull.\n"})
    (tmp_path / "two.zip").write_bytes(content)
    with pytest.raises(DataError, match="'a.csv', 'b.csv'"):
        open_table(tmp_path / "two.zip")


def test_unpacked_bytes_are_bounded(tmp_path: Path) -> None:
    path = tmp_path / "bomb.csv.gz"
    with gzip.open(path, "wb", compresslevel=1) as file:
        for _ in range(20):
            file.write(b"text\n" + b"a" * 10**6)
    with pytest.raises(DataError, match="unpacks to over 10 million bytes"):
        open_table(path, limit=10**7)
