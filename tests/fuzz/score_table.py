"""The door of a file of reviews to score: CSV, TSV, plain lines."""

from pathlib import Path

from hypothesis import strategies as st

from lstm_core.scoring import Reading, score_file
from tests.fuzz.door import Door, damaged
from tests.fuzz.table import GOOD, ROWS, TABBED
from tests.fuzz.text import model

NAMES = st.sampled_from(["in.csv", "in.tsv", "in.txt"])


def knock(value: tuple[str, bytes, bool], folder: Path) -> None:
    """Look at a file and score it."""
    name, content, whole = value
    path = folder / name
    path.write_bytes(content)
    out = folder / "out.csv"
    before = sorted(item.name for item in folder.iterdir())
    try:
        reading = Reading.WHOLE if whole else Reading.FIRST
        summary = score_file(model(), path, out, reading=reading)
        assert summary.rows == summary.scored + summary.bad
        assert out.exists()
    finally:
        out.unlink(missing_ok=True)
        left = sorted(item.name for item in folder.iterdir())
        assert [name for name in left if name != "out.csv"] == [n for n in before if n != "out.csv"]


DOOR = Door(
    "CSV, TSV or lines to score",
    "each row scored or its problem named; the result whole or not there",
    st.tuples(
        NAMES, st.one_of(damaged(GOOD, TABBED), ROWS, st.binary(max_size=300)), st.booleans()
    ),
    knock,
    share=50,
)
