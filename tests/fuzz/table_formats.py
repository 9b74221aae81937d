"""Fuzz target: any file as a table, in every format, encoding and container that is read."""

import gzip
import io
import json
import zipfile
from functools import cache
from pathlib import Path

from hypothesis import strategies as st

from lstm_core.datasets.labelled import read_labelled
from lstm_core.datasets.table import open_table, preview
from lstm_core.datasets.table_format import Quoting, TableOptions
from tests.fuzz.target import ANY_TEXT, Target, damaged

FOLDER = Path(__file__).parents[1] / "data" / "tables"
LIMIT = 4_000_000  # bytes of an unpacked table
NAMES = ["t.csv", "t.tsv", "t.txt", "t.json", "t.jsonl", "t.parquet", "t.xlsx", "t.gz", "t.zip", ""]
ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "cp1251"]
CELLS = st.one_of(
    ANY_TEXT, st.sampled_from(["positive", "neg", "1", "0", "-1", "3", '"', '\\"', "review", ""])
)


@cache
def fixtures() -> tuple[bytes, ...]:
    """The good files of `tests/data/tables`."""
    return tuple(path.read_bytes() for path in sorted(FOLDER.iterdir()) if path.suffix != ".md")


def _delimited(
    rows: list[list[str]], separator: str, end: str, quote: bool, encoding: str
) -> bytes:
    mark = '"' if quote else ""
    text = end.join(separator.join(f"{mark}{cell}{mark}" for cell in row) for row in rows)
    return text.encode(encoding, "replace")


def _json(rows: list[list[str]], array: bool) -> bytes:
    found = [{str(at): cell for at, cell in enumerate(row)} for row in rows]
    text = json.dumps(found) if array else "\n".join(map(json.dumps, found))
    return text.encode("utf-8", "replace")


def _packed(content: bytes, container: str, name: str) -> bytes:
    if container == "gzip":
        return gzip.compress(content, 1)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name or "t.csv", content)
    return buffer.getvalue()


ROWS = st.lists(st.lists(CELLS, min_size=1, max_size=4), max_size=7)
WRITTEN = st.one_of(
    st.builds(
        _delimited,
        ROWS,
        st.sampled_from([",", ";", "\t", "|"]),
        st.sampled_from(["\n", "\r\n", "\r"]),
        st.booleans(),
        st.sampled_from(ENCODINGS),
    ),
    st.builds(_json, ROWS, st.booleans()),
)
CONTENT = st.one_of(
    WRITTEN,
    st.builds(_packed, WRITTEN, st.sampled_from(["gzip", "zip"]), st.sampled_from(NAMES)),
    st.deferred(lambda: damaged(*fixtures())),
    st.deferred(lambda: st.sampled_from(fixtures())),
    st.binary(max_size=300),
)
OPTIONS = st.one_of(
    st.just(TableOptions()),
    st.builds(
        TableOptions,
        encoding=st.sampled_from([None, *ENCODINGS, "shift_jis", "no-such", "\0"]),
        separator=st.sampled_from([None, ",", "|", "", "~", "ab", '"', "\n"]),
        quoting=st.sampled_from([None, *map(str, Quoting), "odd"]),
        header=st.sampled_from([None, True, False]),
        text_column=st.sampled_from([None, None, "review", "0"]),
        label_column=st.sampled_from([None, None, "label", "1"]),
        drop_neutral=st.booleans(),
        star_threshold=st.sampled_from([None, None, 2.0, 7.0]),
    ),
)


def run_one(value: tuple[str, bytes, TableOptions], folder: Path) -> None:
    """Open a file, read all rows whole and in spans, and as labelled reviews."""
    name, content, options = value
    path = folder / "sent"
    path.write_bytes(content)
    table = open_table(path, options, name=name or None, limit=LIMIT)
    whole = list(table.batches(5))
    for batch in whole:
        assert len(batch.columns) == len(table.names)
        assert {len(batch), len(batch.texts), len(batch.problems)} == {len(batch.lines)}
        assert all(len(values) == len(batch) for values in batch.columns)
        for text, problem in zip(batch.texts, batch.problems, strict=True):
            assert bool(text.strip()) != bool(problem)
            text.encode("utf-8")
    lines = [line for batch in whole for line in batch.lines]
    assert lines == sorted(lines)
    again = open_table(path, detected=table.format, name=name or None, limit=LIMIT)
    spans = [batch for span in table.spans(3) for batch in again.batches(2, span)]
    texts = [text for batch in whole for text in batch.texts]
    assert [text for batch in spans for text in batch.texts] == texts
    assert [line for batch in spans for line in batch.lines] == lines
    assert len(preview(path, options, name=name or None, limit=LIMIT).rows) <= len(lines)
    labelled = read_labelled(path, options, name=name or None, labels_needed=False, limit=LIMIT)
    assert [row.text for row in labelled.rows] == [text for text in texts if text]
    assert len(labelled.rows) + labelled.invalid == len(lines)


TARGET = Target(
    "tables of every format",
    "the same rows at once and in spans, each valid or with its problem; or a sentence",
    st.tuples(st.sampled_from(NAMES), CONTENT, OPTIONS),
    run_one,
    share=60,
)
