"""Fuzz target: Stanford's archive: tar, gzip, names, links, sizes."""

import gzip
import io
import tarfile
from pathlib import Path

from hypothesis import strategies as st

from lstm_core.datasets import load_corpus
from tests.fuzz.target import Target, damaged

PATHS = st.sampled_from(
    [
        "train/pos/0_9.txt", "train/neg/0_1.txt", "train/pos/1_8.txt", "train/neg/1_2.txt",
        "test/pos/0_9.txt", "test/neg/0_1.txt", "../../etc/x.txt", "/abs/train/pos/0_9.txt",
        "train/pos/../../0_9.txt", "train/unsup/0_0.txt", "x" * 300, "train/pos/0_99.txt",
        "\\..\\x",
    ]
)  # fmt: skip
KINDS = st.sampled_from(
    [tarfile.REGTYPE] * 6
    + [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE]
)
MEMBER = st.tuples(PATHS, KINDS, st.binary(max_size=40))


def packed(members: list[tuple[str, bytes, bytes]], form: int = tarfile.GNU_FORMAT) -> bytes:
    """Members as an archive."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=form) as archive:
        for name, kind, content in members:
            member = tarfile.TarInfo(name if name.startswith("/") else f"aclImdb/{name}")
            member.type, member.linkname = kind, "/etc/passwd"
            member.size = len(content) if kind == tarfile.REGTYPE else 0
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


GOOD = packed(
    [
        (f"{half}/{kind}/{n}_{9 if kind == 'pos' else 1}.txt", tarfile.REGTYPE, b"A film, %d." % n)
        for half in ("train", "test")
        for kind in ("pos", "neg")
        for n in range(2)
    ]
)


def run_one(value: tuple[bytes, bool], folder: Path) -> None:
    """Read an archive as a data set."""
    content, zipped = value
    path = folder / "aclImdb_v1.tar.gz"
    path.write_bytes(gzip.compress(content, 1) if zipped else content)
    corpus = load_corpus(path)
    assert len(corpus.train) and len(corpus.test)
    assert [item.name for item in folder.iterdir()] == [path.name], "something was written"


TARGET = Target(
    "archive of the data set",
    "read in memory, nothing written; links, .. and absolute paths refused",
    st.tuples(
        st.one_of(
            damaged(GOOD),
            st.lists(MEMBER, max_size=10).map(packed),
            damaged(gzip.compress(GOOD, 1, mtime=0)),
        ),
        st.booleans(),
    ),
    run_one,
    share=50,
)
