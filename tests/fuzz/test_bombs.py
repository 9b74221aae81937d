"""Large things in small coats: refused with a sentence, in bounded memory."""

import io
import time
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lstm_core.datasets import load_corpus
from lstm_core.errors import LstmLensError
from lstm_core.model.keras_reader import read_keras_file
from lstm_core.model.keras_weights import WEIGHTS
from lstm_core.model.vocabulary_files import read_vocabulary_file
from lstm_core.scoring.file import Limits, score_file
from tests.fuzz import keras
from tests.fuzz.npz import GOOD
from tests.fuzz.target import check_sentence
from tests.fuzz.text import model

MIB = 2**20
LINE = b"a" * (100 * 10**6)
STATUS = Path("/proc/self/status")
RESET = Path("/proc/self/clear_refs")


def kilobytes(name: str) -> int:
    line = next(at for at in STATUS.read_text().splitlines() if at.startswith(name))
    return int(line.split()[1])


def taken(work: Callable[[], object]) -> int:
    """Bytes by which memory rose while some work was refused with a sentence, at most."""
    try:
        RESET.write_text("5")  # Linux: the highest mark begins again
    except OSError:
        pytest.skip("the highest memory mark cannot be reset on this machine")
    before = kilobytes("VmRSS")
    with pytest.raises(LstmLensError) as refused:
        work()
    check_sentence(refused.value)
    return 1024 * (kilobytes("VmHWM") - before)


def repacked(content: bytes, name: str, size: int) -> bytes:
    """A zip with one member replaced by zeros."""
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as new,
    ):
        for member in old.namelist():
            with new.open(member, "w", force_zip64=True) as target:
                if member == name:
                    for _ in range(size // MIB):
                        target.write(bytes(MIB))
                else:
                    target.write(old.read(member))
    return buffer.getvalue()


def test_a_line_of_100_megabytes_to_train_on(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes(b"review,sentiment\n" + LINE + b",positive\n")
    assert taken(lambda: load_corpus(path, download=False)) < 60 * MIB


@pytest.mark.parametrize("name", ["in.csv", "in.txt"])
def test_a_line_of_100_megabytes_to_score_is_one_bad_row(tmp_path: Path, name: str) -> None:
    path, out = tmp_path / name, tmp_path / "out.csv"
    path.write_bytes(b"review\n" + LINE + b"\nA fine film.\n")
    model().predict(["warm"])
    RESET.write_text("5")
    before = kilobytes("VmRSS")
    summary = score_file(model(), path, out)
    assert summary.bad == 1 and summary.scored >= 1
    assert 1024 * (kilobytes("VmHWM") - before) < 100 * MIB


def test_a_vocabulary_of_100_megabytes(tmp_path: Path) -> None:
    path = tmp_path / "words.txt"
    path.write_bytes(LINE)
    assert taken(lambda: read_vocabulary_file(path, 10)) < 60 * MIB


def test_a_keras_file_that_unpacks_to_520_mebibytes(tmp_path: Path) -> None:
    path = tmp_path / "own.keras"
    path.write_bytes(repacked(keras.good(), WEIGHTS, 520 * MIB))
    assert path.stat().st_size < 4 * MIB
    assert taken(lambda: read_keras_file(path)) < 60 * MIB


def test_an_npz_that_unpacks_to_400_mebibytes(tmp_path: Path) -> None:
    path = tmp_path / "imdb.npz"
    path.write_bytes(repacked(GOOD, "x_train.npy", 400 * MIB))
    (tmp_path / "imdb_word_index.json").write_text('{"the": 1, "film": 2}')
    assert taken(lambda: load_corpus(path, download=False)) < 450 * MIB


def test_ten_megabytes_of_review_are_read_to_the_end_of_what_is_read() -> None:
    trace = model().trace("good " * 2_000_000)
    assert trace.encoding.unread
    assert float(trace.probability[-1]) == pytest.approx(
        float(model().predict(["good " * 100])[0]), abs=1e-6
    )


def test_a_parquet_file_of_two_kilobytes_that_unpacks_to_eight_gigabytes(tmp_path: Path) -> None:
    path = tmp_path / "in.parquet"
    texts = [pa.array(["a good film " * 8_000]), pa.array(["b" * 400_000])]
    columns = [
        pa.DictionaryArray.from_arrays(pa.array([0] * 16_000, pa.int32()), one) for one in texts
    ]
    pq.write_table(pa.table(columns, names=["review", "other"]), path, compression="zstd")
    assert path.stat().st_size < 4_000
    refused_quickly(path)


def test_a_parquet_file_whose_values_repeat_the_one_before(tmp_path: Path) -> None:
    path = tmp_path / "in.parquet"
    table = pa.table({"review": [f"{'a' * 1_000_000}{number}" for number in range(1_000)]})
    encoding = {"review": "DELTA_BYTE_ARRAY"}
    pq.write_table(table, path, use_dictionary=False, column_encoding=encoding, compression="zstd")
    del table
    assert path.stat().st_size < 100_000
    refused_quickly(path)


def refused_quickly(path: Path) -> None:
    limits = Limits(1_000_000, 512 * MIB, 400 * 10**6)
    model().predict(["warm"])
    begun = time.process_time()
    for name in ("out.csv", "out.parquet"):
        out = path.with_name(name)
        used = taken(partial(score_file, model(), path, out, limits=limits))
        assert used < 150 * MIB
    assert time.process_time() - begun < 10
    assert {one.name for one in path.parent.iterdir()} == {"in.parquet"}
