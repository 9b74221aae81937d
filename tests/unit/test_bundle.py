"""Bundles: whole or not at all, and refused when anything about them is not as the card says."""

import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from lstm_core.errors import BundleError
from lstm_core.files import sha256_of
from lstm_core.model.bundle import read_bundle, write_bundle
from lstm_core.model.card import FORMAT, Card
from lstm_core.model.sentiment_model import SentimentModel, find_bundle
from lstm_core.paths import SHIPPED_MODEL
from lstm_core.text import Vocabulary
from tests.unit.helpers import WORDS, card_of, random_weights, tiny_bundle

pytestmark = pytest.mark.keras


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_bundle(tmp_path_factory.mktemp("bundles") / "tiny").folder


@pytest.fixture
def folder(pristine: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(pristine, tmp_path / "tiny"))


def edit_card(folder: Path, change: Callable[[dict], None]) -> None:
    path = folder / "card.json"
    card = json.loads(path.read_text(encoding="utf-8"))
    change(card)
    path.write_text(json.dumps(card), encoding="utf-8")


def test_what_was_written_reads_back(folder: Path) -> None:
    found = read_bundle(folder)
    wanted = random_weights()
    assert (found.weights.kernel == wanted.kernel).all()
    assert (found.weights.embedding == wanted.embedding).all()
    assert found.vocabulary == Vocabulary(WORDS, wanted.num_words)
    assert found.card == Card.from_json(found.card.to_json())
    assert found.maxlen == 7


def test_plain_keras_opens_the_file_in_safe_mode(folder: Path) -> None:
    import keras

    model = keras.saving.load_model(folder / "model.keras", safe_mode=True)
    names = [layer.name for layer in model.layers]
    assert names == ["main_input", "embedding", "lstm", "output"]


@pytest.mark.parametrize("name", ["model.keras", "vocabulary.txt"])
def test_one_flipped_bit_is_noticed(folder: Path, name: str) -> None:
    content = bytearray((folder / name).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / name).write_bytes(content)
    with pytest.raises(BundleError, match="changed or damaged"):
        read_bundle(folder)


@pytest.mark.parametrize("name", ["model.keras", "vocabulary.txt", "card.json"])
@pytest.mark.parametrize("left", [0, 100])
def test_a_missing_or_cut_file_is_refused(folder: Path, name: str, left: int) -> None:
    content = (folder / name).read_bytes()
    (folder / name).unlink()
    with pytest.raises(BundleError):
        read_bundle(folder)
    (folder / name).write_bytes(content[: min(left, len(content) - 1)])
    with pytest.raises(BundleError):
        read_bundle(folder)


def test_a_newer_format_is_refused_with_what_to_do(folder: Path) -> None:
    edit_card(folder, lambda card: card.update(format=FORMAT + 1))
    with pytest.raises(BundleError, match="Update LSTM Lens"):
        read_bundle(folder)


@pytest.mark.parametrize(
    "change",
    [
        lambda card: card.pop("sizes"),
        lambda card: card["sizes"].update(lstm_dim="5"),
        lambda card: card["sizes"].update(lstm_dim=6),
        lambda card: card["sizes"].update(maxlen=8),
        lambda card: card["sizes"].update(num_words=13),
        lambda card: card.update(files={}),
        lambda card: card["files"].update({"../evil.txt": {"sha256": "0" * 64, "size": 1}}),
        lambda card: card.update(figures=3),
        lambda card: card.update(notes=[1]),
        lambda card: card.update(seed=True),
    ],
)
def test_a_card_that_does_not_fit_is_refused(folder: Path, change: Callable[[dict], None]) -> None:
    edit_card(folder, change)
    with pytest.raises(BundleError):
        read_bundle(folder)


@pytest.mark.parametrize("content", ["", "[]", "nonsense", '{"format": null}', "[" * 100_000])
def test_what_is_no_card_is_refused(folder: Path, content: str) -> None:
    (folder / "card.json").write_text(content, encoding="utf-8")
    with pytest.raises(BundleError):
        read_bundle(folder)


def forge_model(folder: Path, change: Callable[[dict], None]) -> None:
    """Change the architecture inside model.keras and make the card agree with the new file."""
    path = folder / "model.keras"
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    config = json.loads(members["config.json"])
    change(config)
    members["config.json"] = json.dumps(config).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    note = {"sha256": sha256_of(path), "size": path.stat().st_size}
    edit_card(folder, lambda card: card["files"].update({"model.keras": note}))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda c: c["config"]["layers"][2]["config"].update(activation="relu"), "relu"),
        (lambda c: c["config"]["layers"][2]["config"].update(go_backwards=True), "go_backwards"),
        (lambda c: c["config"]["layers"][1]["config"].update(mask_zero=True), "masks"),
        (lambda c: c["config"]["layers"][3]["config"].update(units=2), "neurons"),
        (lambda c: c["config"]["layers"].pop(), "its layers are"),
        (lambda c: c["config"].update(layers=None), "cannot be read"),
    ],
)
def test_another_architecture_is_refused_with_the_reason(
    folder: Path, change: Callable[[dict], None], reason: str
) -> None:
    forge_model(folder, change)
    with pytest.raises(BundleError, match=reason):
        read_bundle(folder)


class FullDisk:
    """A model whose saving stops half-way."""

    def save(self, filepath: str) -> None:
        Path(filepath).write_bytes(b"half")
        raise OSError(28, "No space left on device")


def test_a_failed_save_leaves_nothing_behind_and_the_old_bundle_whole(folder: Path) -> None:
    before = read_bundle(folder).fingerprint
    weights = random_weights()
    with pytest.raises(BundleError, match="No space left"):
        write_bundle(
            folder,
            FullDisk(),
            Vocabulary(WORDS, 12),
            card_of(weights, 7),
            replace_existing=True,
        )
    assert read_bundle(folder).fingerprint == before
    assert [path.name for path in folder.parent.iterdir()] == ["tiny"]


def test_a_bundle_is_not_overwritten_unasked(folder: Path) -> None:
    with pytest.raises(BundleError, match="exists already"):
        write_bundle(folder, FullDisk(), Vocabulary(WORDS, 12), card_of(random_weights(), 7))


def test_a_run_is_found_by_its_name(folder: Path, home: Path) -> None:
    shutil.copytree(folder, home / "runs" / "my-run" / "bundle")
    assert SentimentModel.load("my-run").lstm_dim == 5
    for name in ("other", "../my-run", "a" * 500, ""):
        with pytest.raises(BundleError):
            find_bundle(name)


def test_the_shipped_bundle_is_whole_and_says_how_it_was_made() -> None:
    card = read_bundle(SHIPPED_MODEL).card
    assert card.command.startswith("python -m lstm_core train")
    assert (card.sizes.num_words, card.sizes.maxlen) == (10_000, 80)
    accuracy = card.figure("accuracy")
    assert accuracy is not None and accuracy.count == 25_000 and accuracy.value >= 0.78
