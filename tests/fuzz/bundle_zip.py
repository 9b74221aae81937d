"""Fuzz target: a bundle as a zip from anywhere."""

import io
import json
import shutil
import stat
import tempfile
import zipfile
from functools import cache
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from lstm_core.model.bundle import CARD_FILE, KNOWN_FILES, write_bundle
from lstm_core.model.bundle_zip import bundle_zip, unpack_bundle
from lstm_core.model.import_model import NetworkFile
from lstm_core.text import Vocabulary
from tests.fuzz.target import Target, damaged
from tests.unit.helpers import WORDS, card_of, random_weights


@cache
def good() -> bytes:
    """A good zip."""
    with tempfile.TemporaryDirectory() as folder:
        weights = random_weights()
        vocabulary = Vocabulary(WORDS, weights.num_words)
        made = write_bundle(
            Path(folder) / "a", NetworkFile(weights, 7), vocabulary, card_of(weights, 7)
        )
        return bundle_zip(made.folder)


@cache
def members() -> dict[str, bytes]:
    """What is in it."""
    with zipfile.ZipFile(io.BytesIO(good())) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(entries: list[tuple[str, bytes, int]]) -> bytes:
    """Names, contents and modes as a zip."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content, mode in entries:
            entry = zipfile.ZipInfo(name)
            entry.external_attr = mode << 16
            archive.writestr(entry, content)
    return buffer.getvalue()


def with_card(changes: dict[str, Any]) -> bytes:
    """A good bundle whose card says other things."""
    card = {**json.loads(members()[CARD_FILE]), **changes}
    files = {**members(), CARD_FILE: json.dumps(card).encode()}
    return packed([(name, content, 0) for name, content in files.items()])


NAMES = st.sampled_from(
    [CARD_FILE, *KNOWN_FILES, "../x", "/etc/x", "a/b/c", "..\\x", "a/card.json", "", "x\0y", "C:x"]
)
MODES = st.sampled_from([0, stat.S_IFREG | 0o644, stat.S_IFLNK | 0o777, stat.S_IFIFO, stat.S_IFDIR])
ENTRIES = st.lists(st.tuples(NAMES, st.binary(max_size=50), MODES), max_size=6)
LEAF = st.none() | st.integers() | st.floats() | st.text(max_size=5)
CARDS = st.dictionaries(
    st.sampled_from("name sizes files seed data format version notes made measured".split()),
    st.recursive(LEAF, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["maxlen", "num_words", "lstm_dim", "model.keras", "../x", "bytes"]), inner
    ), max_leaves=6),
)  # fmt: skip


def run_one(value: bytes, folder: Path) -> None:
    """Unpack a zip."""
    inside = folder / "runs"
    try:
        bundle = unpack_bundle(io.BytesIO(value), inside / "new")
        assert {item.name for item in inside.iterdir()} == {"new"}
        assert {item.name for item in bundle.folder.iterdir()} <= {CARD_FILE, *KNOWN_FILES}
        shutil.rmtree(inside / "new")
    finally:
        assert not any(inside.iterdir()) if inside.exists() else True
        assert {item.name for item in folder.iterdir()} <= {"runs"}


TARGET = Target(
    "zip of a bundle",
    "only the known files, inside one new folder, whole or not at all",
    st.one_of(
        st.deferred(lambda: damaged(good())),
        ENTRIES.map(packed),
        CARDS.map(with_card),
    ),
    run_one,
    share=20,
)
