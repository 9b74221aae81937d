"""Fuzz target: a table of labelled reviews (CSV, TSV) to train on."""

from pathlib import Path

from hypothesis import strategies as st

from lstm_core.datasets import load_corpus
from tests.fuzz.target import ANY_TEXT, Target, damaged

GOOD = (
    "review,sentiment\n"
    + "".join(f'"A fine, warm film {n}.",positive\n"Dull {n}.",negative\n' for n in range(4))
).encode()
TABBED = (
    GOOD.replace(b",positive", b"\tpos")
    .replace(b",negative", b"\tneg")
    .replace(b"review,sentiment", b"text\tlabel")
)
CELL = st.one_of(ANY_TEXT, st.sampled_from(["positive", "negative", "1", "0", "-1", '"', "review"]))
ROWS = st.lists(st.lists(CELL, max_size=4).map(",".join), max_size=8).map(
    lambda rows: ("review,sentiment\n" + "\n".join(rows)).encode("utf-8", "surrogatepass")
)


def run_one(value: bytes, folder: Path) -> None:
    """Read a file as the training page does."""
    path = folder / "table.csv"
    path.write_bytes(value)
    corpus = load_corpus(path, download=False)
    assert len(corpus.train) and len(corpus.test)
    assert set(corpus.train.labels) <= {0, 1}
    assert all(text.strip() for text in corpus.train.texts)


TARGET = Target(
    "CSV or TSV to train on",
    "a corpus with both classes, or a sentence with the line",
    st.one_of(damaged(GOOD, TABBED), ROWS, st.binary(max_size=300)),
    run_one,
    share=80,
)
