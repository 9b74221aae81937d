"""Bundles as zip files: there and back, and nothing taken that is not a bundle."""

import io
import json
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

import lstm_core.model.bundle_zip as module
from lstm_core.errors import BundleError
from lstm_core.files import sha256_of
from lstm_core.model.bundle import MODEL_FILE, read_bundle, write_bundle
from lstm_core.model.bundle_zip import bundle_zip, unpack_bundle
from lstm_core.model.import_model import NetworkFile
from lstm_core.model.keras_weights import CONFIG
from lstm_core.paths import SHIPPED_MODEL
from lstm_core.text import Vocabulary
from tests.unit.helpers import WORDS, card_of, random_weights

Members = dict[str, bytes]


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    weights = random_weights()
    vocabulary = Vocabulary(WORDS, weights.num_words)
    return write_bundle(
        tmp_path / "tiny", NetworkFile(weights, 7), vocabulary, card_of(weights, 7)
    ).folder


def members_of(folder: Path) -> Members:
    with zipfile.ZipFile(io.BytesIO(bundle_zip(folder))) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(members: Members) -> io.BytesIO:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer


@pytest.mark.parametrize("shipped", [False, True])
def test_a_zip_brings_the_same_model_back(tiny: Path, tmp_path: Path, shipped: bool) -> None:
    folder = SHIPPED_MODEL if shipped else tiny
    found = unpack_bundle(io.BytesIO(bundle_zip(folder)), tmp_path / "home" / "runs" / "a")
    assert found.fingerprint == read_bundle(folder).fingerprint
    assert found.card == read_bundle(folder).card
    assert bundle_zip(found.folder) == bundle_zip(folder)


def test_a_zip_with_one_folder_in_it_is_taken_too(tiny: Path, tmp_path: Path) -> None:
    inside = {f"my-model/{name}": content for name, content in members_of(tiny).items()}
    assert unpack_bundle(packed(inside), tmp_path / "b").maxlen == 7


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda m: m.pop("card.json"), "no card.json"),
        (lambda m: m.pop("vocabulary.txt"), "lacks the file vocabulary.txt"),
        (lambda m: m.update({"notes.txt": b"hello"}), "holds 'notes.txt'"),
        (lambda m: m.update({"../vocabulary.txt": b"x"}), "a path that is not taken"),
        (lambda m: m.update({"/etc/card.json": b"x"}), "a path that is not taken"),
        (lambda m: m.update({"a/b/card.json": b"x"}), "a path that is not taken"),
        (lambda m: m.update({"a/card.json": b"x"}), "twice or in several folders"),
        (lambda m: m.update({"vocabulary.txt": b"other"}), "changed or damaged"),
        (lambda m: m.update({"card.json": b"[" * 100_000}), "not the card"),
        (lambda m: m.update({f"{n}.txt": b"" for n in range(20)}), "at most 4"),
    ],
)
def test_what_is_no_bundle_is_refused_and_leaves_nothing(
    tiny: Path, tmp_path: Path, change: Callable[[Members], object], reason: str
) -> None:
    members = members_of(tiny)
    change(members)
    home = tmp_path / "home"
    with pytest.raises(BundleError, match=reason) as refused:
        unpack_bundle(packed(members), home / "a")
    assert str(tmp_path) not in str(refused.value)
    assert not home.exists()


@pytest.mark.parametrize("content", [b"", b"PK", b"no zip at all", b"PK\x05\x06" + 18 * b"\0"])
def test_what_is_no_zip_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(BundleError):
        unpack_bundle(io.BytesIO(content), tmp_path / "a")


def test_every_cut_and_every_flipped_byte_is_refused_or_the_same_model(
    tiny: Path, tmp_path: Path
) -> None:
    whole = bundle_zip(tiny)
    wanted = read_bundle(tiny).fingerprint
    for at in range(0, len(whole), 211):
        broken = bytearray(whole)
        broken[at] ^= 0x55
        for number, content in enumerate((whole[:at], bytes(broken))):
            folder = tmp_path / "out" / f"{at}-{number}"
            try:
                assert unpack_bundle(io.BytesIO(content), folder).fingerprint == wanted
            except BundleError:
                assert not folder.exists()


def test_a_bomb_is_stopped_by_what_comes_out_not_by_what_it_says(
    tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BUNDLE_BYTES", 2**21)
    members = members_of(tiny)
    members["evaluation.json"] = bytes(2**25)
    with pytest.raises(BundleError, match="more than 2,097,152 bytes"):
        unpack_bundle(packed(members), tmp_path / "home" / "a")
    assert not (tmp_path / "home").exists()


def test_a_link_is_refused(tiny: Path, tmp_path: Path) -> None:
    buffer = packed(members_of(tiny))
    with zipfile.ZipFile(buffer, "a") as archive:
        link = zipfile.ZipInfo("evaluation.json")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(BundleError, match="link or special file"):
        unpack_bundle(buffer, tmp_path / "a")


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (
            lambda c: c["config"]["layers"][1]["config"].update(
                embeddings_initializer={"module": "os", "class_name": "system", "config": {}}
            ),
            "system",
        ),
        (
            lambda c: c["config"]["layers"][1]["config"].update(
                embeddings_initializer={"class_name": "__lambda__", "config": {"value": ""}}
            ),
            "__lambda__",
        ),
        (lambda c: c["config"]["layers"][0].update(module="builtins"), "builtins"),
        (lambda c: c["config"]["layers"][0].update(registered_name="mine>Layer"), "mine>Layer"),
        (lambda c: c.update(compile_config={"optimizer": "adam"}), "optimiser"),
    ],
)
def test_a_model_that_names_anything_unusual_is_not_handed_to_keras(
    tiny: Path, tmp_path: Path, change: Callable[[dict], None], named: str
) -> None:
    path = tiny / MODEL_FILE
    with zipfile.ZipFile(path) as archive:
        inner = {name: archive.read(name) for name in archive.namelist()}
    config = json.loads(inner[CONFIG])
    change(config)
    inner[CONFIG] = json.dumps(config).encode()
    path.write_bytes(packed(inner).getvalue())
    card = json.loads((tiny / "card.json").read_text(encoding="utf-8"))
    card["files"][MODEL_FILE] = {"sha256": sha256_of(path), "size": path.stat().st_size}
    (tiny / "card.json").write_text(json.dumps(card), encoding="utf-8")
    zipped = bundle_zip(tiny)
    with pytest.raises(BundleError, match=named):
        unpack_bundle(io.BytesIO(zipped), tmp_path / "a")


def test_a_name_that_is_taken_is_refused(tiny: Path) -> None:
    with pytest.raises(BundleError, match="exists already"):
        unpack_bundle(io.BytesIO(bundle_zip(tiny)), tiny)
