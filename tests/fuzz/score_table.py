"""Fuzz target: a file of reviews to score: CSV, TSV, plain lines."""

import csv
import io
from contextlib import suppress
from pathlib import Path

from hypothesis import strategies as st

from lstm_core.errors import LstmLensError
from lstm_core.scoring import Output, Reading, score_file
from lstm_core.scoring.labels import label_report
from lstm_core.scoring.rows import NOTE, NUMBERS, TEXTS, read_rows, rows_to_csv
from tests.fuzz.table import GOOD, ROWS, TABBED
from tests.fuzz.target import Target, damaged
from tests.fuzz.text import model

NAMES = st.sampled_from(["in.csv", "in.tsv", "in.txt"])


def run_one(value: tuple[str, bytes, bool], folder: Path) -> None:
    """Look at a file and score it."""
    name, content, whole = value
    path = folder / name
    path.write_bytes(content)
    out = folder / "out.csv"
    before = sorted(item.name for item in folder.iterdir())
    try:
        reading = Reading.WHOLE if whole else Reading.FIRST
        output = Output(excel=whole, separator=";" if whole else None)
        summary = score_file(model(), path, out, reading=reading, output=output, rows=folder)
        assert summary.rows == summary.scored + summary.bad
        with out.open(encoding="utf-8-sig", newline="") as file:
            written = list(csv.reader(file, delimiter=output.separator or ",", strict=True))
        assert len(written) == summary.rows + 1
        assert {len(fields) for fields in written} == {len(written[0])}
        rows = read_rows(folder)
        assert len(rows) == summary.rows and rows.scored.sum() == summary.scored
        everything = range(len(rows))
        texts = rows.texts(everything)
        assert len(list(csv.reader(io.StringIO(rows_to_csv(rows, everything))))) == len(rows) + 1
        for row in everything[:1] if rows.scored[:1].all() else ():
            assert rows.matching(texts[row][:9])[row]
        with suppress(LstmLensError):
            label_report(rows)
    finally:
        for made in ("out.csv", NUMBERS, TEXTS, NOTE):
            (folder / made).unlink(missing_ok=True)
        left = sorted(item.name for item in folder.iterdir())
        assert [name for name in left if name != "out.csv"] == [n for n in before if n != "out.csv"]


TARGET = Target(
    "CSV, TSV or lines to score",
    "each row scored or its problem named; the result whole or not there",
    st.tuples(
        NAMES, st.one_of(damaged(GOOD, TABBED), ROWS, st.binary(max_size=300)), st.booleans()
    ),
    run_one,
    share=50,
)
