"""Fuzz target: a Parquet file of reviews to score."""

import io
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import strategies as st

from lstm_core.scoring.file import score_file
from tests.fuzz.target import ANY_TEXT, Target, damaged
from tests.fuzz.text import model


def packed(columns: dict[str, list[Any]], **options: Any) -> bytes:
    """Columns as the bytes of a Parquet file."""
    buffer = io.BytesIO()
    pq.write_table(pa.table(columns), buffer, **options)
    return buffer.getvalue()


@cache
def good() -> tuple[bytes, ...]:
    """Good files of several kinds."""
    rows: dict[str, list[Any]] = {"review": ["A fine film.", None, "Dull."], "stars": [9, None, 2]}
    return (
        packed(rows),
        packed(rows, compression="none", use_dictionary=False),
        packed({"text": ["a"] * 40, "more": [[1]] * 40}, row_group_size=7, compression="zstd"),
    )


COLUMN = st.one_of(
    st.lists(st.none() | ANY_TEXT.filter(lambda t: t.isprintable()), min_size=3, max_size=3),
    st.lists(st.none() | st.integers(-(2**60), 2**60), min_size=3, max_size=3),
    st.lists(st.none() | st.binary(max_size=9), min_size=3, max_size=3),
)
TABLES = st.dictionaries(st.sampled_from(["review", "text", "", "a b"]), COLUMN, max_size=3).map(
    packed
)


def run_one(value: bytes, folder: Path) -> None:
    """Score a file."""
    path = folder / "in.parquet"
    path.write_bytes(value)
    summary = score_file(model(), path, folder / "out.parquet")
    assert summary.rows == summary.scored + summary.bad


TARGET = Target(
    "Parquet to score",
    "each row scored or its problem named, or the damage named",
    st.one_of(st.deferred(lambda: damaged(*good())), TABLES),
    run_one,
    share=30,
)
