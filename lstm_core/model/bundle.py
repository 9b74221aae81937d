"""A saved model as a folder: the stock Keras file, its vocabulary and its card.

Writing goes to a folder beside the target that is renamed at the very end, so a crash leaves
either nothing or a whole bundle. Reading needs no TensorFlow and trusts nothing: every file is
compared with its fingerprint in the card, every size with the weights.
"""

import hashlib
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from lstm_core.errors import BundleError, InputError, reason
from lstm_core.files import sha256_of
from lstm_core.model.card import CLASSIFIER_FORMAT, Card, FileNote, Sizes
from lstm_core.model.classifier_reader import read_classifier
from lstm_core.model.keras_reader import read_keras_file
from lstm_core.model.limits import BUNDLE_BYTES, FILE_BYTES, check_sizes
from lstm_core.recurrent.classifier import Classifier
from lstm_core.recurrent.lstm import LstmWeights
from lstm_core.tasks.atomic import replacing_folder, restore_folder
from lstm_core.text import Vocabulary

MODEL_FILE = "model.keras"
VOCABULARY_FILE = "vocabulary.txt"
CARD_FILE = "card.json"
BUNDLE_FOLDER = "bundle"  # of a run
EVALUATION_FILE = "evaluation.json"  # optional: the curves and tables behind the card's figures
EXPLANATIONS_FILE = "explanations.json"  # optional: which word scores to believe, measured
UNITS_FILE = "units.json"  # optional: the words that raise and lower each unit, measured
REQUIRED_FILES = (MODEL_FILE, VOCABULARY_FILE)
MEASURED_FILES = (EVALUATION_FILE, EXPLANATIONS_FILE, UNITS_FILE)
KNOWN_FILES = (*REQUIRED_FILES, *MEASURED_FILES)
ATTEMPTS = 3  # readings of a bundle that is replaced meanwhile


class Saveable(Protocol):
    """A Keras model, as far as a bundle needs to know it."""

    def save(self, filepath: str) -> None:
        """Write the stock ``.keras`` file."""


@dataclass(frozen=True)
class Bundle:
    """A bundle that was read and checked.

    Attributes:
        network: The model: weights of the article's architecture, or any other classifier.
    """

    folder: Path
    card: Card
    vocabulary: Vocabulary
    network: LstmWeights | Classifier

    @property
    def weights(self) -> LstmWeights:
        """The weights of a model of the article's architecture.

        Raises:
            InputError: When the model is of another architecture.
        """
        if isinstance(self.network, LstmWeights):
            return self.network
        kinds = ", ".join(spec.kind for spec in self.network.specs)
        raise InputError(
            f"This needs the article's architecture (Embedding, one LSTM, one sigmoid neuron, with "
            f"the article's encoding); this model has {kinds}. Use the shipped model or a run."
        )

    @property
    def maxlen(self) -> int:
        """Number of places the model reads."""
        return self.card.sizes.maxlen

    @property
    def keras_path(self) -> Path:
        """The stock Keras file."""
        return self.folder / MODEL_FILE

    @property
    def fingerprint(self) -> str:
        """Sha256 of model and vocabulary together: the same model gives the same value."""
        parts = (self.card.files[name].sha256 for name in REQUIRED_FILES)
        return hashlib.sha256("".join(parts).encode()).hexdigest()


def write_bundle(
    folder: Path,
    model: Saveable,
    vocabulary: Vocabulary,
    card: Card,
    *,
    extra: Mapping[str, str] | None = None,
    replace_existing: bool = False,
) -> Bundle:
    """Save a model, whole or not at all, and return the bundle as read back from disk.

    Args:
        folder: Where the bundle shall be.
        card: What it says about itself; `files` is filled in here.
        extra: Further text files by name, those of `MEASURED_FILES`.
        replace_existing: Put the new bundle in the place of one that is there.

    Raises:
        BundleError: When the folder exists and may not be replaced, cannot be written, or what was
            written does not read back.
    """
    if folder.exists() and not replace_existing:
        raise BundleError(f"{folder} exists already. Choose another folder or remove it first.")
    try:
        with replacing_folder(folder, replace_existing=replace_existing) as made:
            _fill(made, model, vocabulary, card, extra or {})
            read_bundle(made)
    except OSError as error:
        raise BundleError(
            f"The bundle could not be written to {folder}: {reason(error)}. Nothing was changed "
            "there; free some space or choose another folder, and save again."
        ) from error
    return read_bundle(folder)


def with_artifacts(bundle: Bundle, card: Card, files: Mapping[str, str]) -> Bundle:
    """Put measured figures into a bundle by writing it again beside its place and renaming.

    Args:
        bundle: The bundle; model, vocabulary and what else was measured stay as they are.
        card: Its card, perhaps with other figures.
        files: Texts of some of the `MEASURED_FILES`, by name.
    """
    kept = {name: _read_text(bundle.folder / name) for name in MEASURED_FILES if name in card.files}
    return write_bundle(
        bundle.folder,
        _SameModel(bundle.keras_path),
        bundle.vocabulary,
        card,
        extra={**kept, **files},
        replace_existing=True,
    )


class _SameModel:
    """A model that is on disk already and is copied byte for byte."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def save(self, filepath: str) -> None:
        shutil.copyfile(self._path, filepath)


def copy_bundle(source: Path, folder: Path, *, replace_existing: bool = False) -> Bundle:
    """Copy a bundle so that it is there whole or not at all.

    Raises:
        BundleError: When the source is no bundle, or the folder exists and may not be replaced or
            cannot be written.
    """
    read_bundle(source)
    if folder.exists() and not replace_existing:
        raise BundleError(f"{folder} exists already. Choose another folder or remove it first.")
    try:
        with replacing_folder(folder, replace_existing=replace_existing) as made:
            shutil.copytree(source, made, dirs_exist_ok=True)
    except OSError as error:
        raise BundleError(
            f"The bundle could not be copied to {folder}: {reason(error)}. It is still at {source}."
        ) from error
    return read_bundle(folder)


def read_bundle(folder: Path | str) -> Bundle:
    """Read and check a bundle.

    Raises:
        BundleError: When it is missing, damaged, foreign or of a newer format.
    """
    folder = Path(folder)
    for _ in range(ATTEMPTS - 1):
        before = _stamp(folder)
        try:
            return _read_bundle(folder)
        except BundleError:
            if _stamp(folder) == before:  # else it was replaced while it was read
                raise
    return _read_bundle(folder)


def _stamp(folder: Path) -> tuple[int, int] | None:
    """Changes when the bundle in a folder is replaced; None without one."""
    try:
        found = (folder / CARD_FILE).stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns


def _read_bundle(folder: Path) -> Bundle:
    restore_folder(folder)
    if not folder.is_dir():
        raise BundleError(
            f"There is no bundle at {folder}. Give the folder of a bundle or the name of a run."
        )
    card = Card.from_json(_read_text(folder / CARD_FILE))
    for name in REQUIRED_FILES:
        if name not in card.files:
            raise BundleError(f"The card in {folder} does not name {name}. Take a fresh copy.")
    for name in card.files:
        if name not in KNOWN_FILES:
            raise BundleError(
                f"The card in {folder} names the file {name!r}; a bundle holds only "
                f"{', '.join(KNOWN_FILES)} and {CARD_FILE}."
            )
    _check_together(card)
    for name, note in card.files.items():
        _check_file(folder / name, note)
    vocabulary = _read_vocabulary(folder / VOCABULARY_FILE, card)
    network: LstmWeights | Classifier
    if card.format >= CLASSIFIER_FORMAT:
        network, maxlen = read_classifier(folder / MODEL_FILE)
        units, classes = network.units, network.classes
    else:
        network, maxlen = read_keras_file(folder / MODEL_FILE)
        units, classes = network.lstm_dim, 2
    found = Sizes(network.num_words, maxlen, network.embedding_dim, units)
    if found != card.sizes:
        raise BundleError(f"The model in {folder} has {found}, its card says {card.sizes}.")
    if len(card.classes) != classes or not 0 <= card.positive < classes:
        raise BundleError(f"The card in {folder} names {len(card.classes)} classes of {classes}.")
    return Bundle(folder, card, vocabulary, network)


def _fill(
    folder: Path,
    model: Saveable,
    vocabulary: Vocabulary,
    card: Card,
    extra: Mapping[str, str],
) -> None:
    model.save(str(folder / MODEL_FILE))
    texts = {VOCABULARY_FILE: "\n".join(vocabulary.words) + "\n", **extra}
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
    files = {}
    for name in (MODEL_FILE, *texts):
        path = folder / name
        files[name] = FileNote(sha256_of(path), path.stat().st_size)
    card_text = replace(card, files=files).to_json()
    (folder / CARD_FILE).write_text(card_text, encoding="utf-8", newline="\n")
    for path in folder.iterdir():
        with path.open("rb") as file:
            os.fsync(file.fileno())


def _check_file(path: Path, note: FileNote) -> None:
    if path.is_symlink() or not path.is_file():
        raise BundleError(f"The bundle lacks the file {path}. Take a fresh copy.")
    if _size_of(path) != note.size or sha256_of(path) != note.sha256:
        raise BundleError(
            f"{path} is not the file that the bundle's card describes: it was changed or damaged. "
            "Take a fresh copy of the bundle."
        )


def _check_together(card: Card) -> None:
    """Refuse what is too large by what the card says, before any of it is read."""
    sizes = card.sizes
    if card.format < CLASSIFIER_FORMAT:  # others are checked by their architecture
        check_sizes(sizes.num_words, sizes.maxlen, sizes.embedding_dim, sizes.lstm_dim)
    together = sum(note.size for note in card.files.values())
    if together > BUNDLE_BYTES:
        raise BundleError(
            f"The bundle's files have {together:,} bytes; {BUNDLE_BYTES:,} are allowed."
        )


def _size_of(path: Path) -> int:
    """Bytes of a file of a bundle, no more than are allowed for it."""
    size = path.stat().st_size
    if size > (most := FILE_BYTES[path.name]):
        raise BundleError(f"{path} has {size:,} bytes; at most {most:,} are read.")
    return size


def _read_text(path: Path) -> str:
    try:
        _size_of(path)
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BundleError(
            f"{path} cannot be read ({reason(error)}). A bundle is a folder with {MODEL_FILE}, "
            f"{VOCABULARY_FILE} and {CARD_FILE}."
        ) from error


def _read_vocabulary(path: Path, card: Card) -> Vocabulary:
    words = _read_text(path).removesuffix("\n").split("\n")
    try:
        words = [] if words == [""] else words
        return Vocabulary(words, card.sizes.num_words, card.encoding)
    except InputError as error:
        raise BundleError(f"{path}: {error}") from error
