"""Bring a model of one's own: a ``.keras`` file of the family and its vocabulary become a bundle.

Only the numbers of the weights are taken over; the file that is saved is written again.
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from lstm_core.errors import BundleError, InputError, reason
from lstm_core.model.bundle import VOCABULARY_FILE, Bundle, read_bundle, write_bundle
from lstm_core.model.card import Card, DataNote, Sizes
from lstm_core.model.keras_reader import read_keras_file
from lstm_core.model.keras_writer import write_keras_file
from lstm_core.model.limits import BUNDLE_BYTES, FILE_BYTES
from lstm_core.recurrent.lstm import LstmWeights
from lstm_core.tasks.sandbox import run_sandboxed, uploaded_files
from lstm_core.text import Vocabulary, split_words

NO_FINGERPRINT = "0" * 64


@dataclass(frozen=True, slots=True)
class _Weights:
    """Weights that can save themselves as `write_bundle` asks it of a model."""

    weights: LstmWeights
    maxlen: int

    def save(self, filepath: str) -> None:
        """Write the stock ``.keras`` file."""
        write_keras_file(Path(filepath), self.weights, self.maxlen)


def import_keras_model(
    keras_file: Path, vocabulary_file: Path, folder: Path, *, name: str, maxlen: int | None = None
) -> Bundle:
    """Make a bundle of a model from outside.

    Args:
        keras_file: The model, as ``model.save("model.keras")`` writes it in Keras 3.
        vocabulary_file: One word a line, the first with id 4; or Keras' JSON ``{word: rank}``.
        folder: Where the bundle shall be.
        name: What the model is called.
        maxlen: The places it reads, for a model with an input of any length.

    Raises:
        BundleError: With the reason when model or vocabulary do not fit.
    """
    if (size := keras_file.stat().st_size) > BUNDLE_BYTES:
        raise BundleError(f"{keras_file.name} has {size:,} bytes; {BUNDLE_BYTES:,} are allowed.")
    weights, places = read_keras_file(keras_file, maxlen=maxlen)
    vocabulary = read_vocabulary(vocabulary_file, weights.num_words)
    sizes = Sizes(weights.num_words, places, weights.embedding_dim, weights.lstm_dim)
    card = Card(
        name=name,
        made=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        command=f"brought from outside as {keras_file.name}",
        recipe="brought from outside",
        seed=0,
        sizes=sizes,
        data=DataNote("Not known: the model was trained elsewhere.", NO_FINGERPRINT, 0, 0),
        notes=tuple(_notes(vocabulary)),
    )
    return write_bundle(folder, _Weights(weights, places), vocabulary, card)


def receive_keras_model(
    model: bytes, vocabulary: bytes, folder: Path, *, name: str, maxlen: int | None = None
) -> Bundle:
    """`import_keras_model` of two uploads, in a process of its own with limits.

    Raises:
        BundleError: When model or vocabulary do not fit, or take more than they may.
        NotAllowedError: Too many files are being opened.
    """
    if max(len(model), len(vocabulary)) > BUNDLE_BYTES:
        raise BundleError(f"The file has more than {BUNDLE_BYTES:,} bytes, which are allowed.")
    with uploaded_files(**{"model.keras": model, "vocabulary": vocabulary}) as files:
        paths = [str(path) for path in (*files.values(), folder.absolute())]
        run_sandboxed(f"{__name__}:import_files", *paths, name, maxlen)
    return read_bundle(folder)


def import_files(model: str, vocabulary: str, folder: str, name: str, maxlen: int | None) -> None:
    """`import_keras_model` by paths: the part that runs in the process of its own."""
    import_keras_model(Path(model), Path(vocabulary), Path(folder), name=name, maxlen=maxlen)


def read_vocabulary(path: Path, num_words: int) -> Vocabulary:
    """The words of a model's ids from a text or JSON file.

    Raises:
        BundleError: When the file is neither, or does not fit the model.
    """
    try:
        if path.stat().st_size > FILE_BYTES[VOCABULARY_FILE]:
            raise BundleError(f"{path.name} has more than {FILE_BYTES[VOCABULARY_FILE]:,} bytes.")
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise BundleError(f"{path.name} cannot be read as UTF-8 text ({reason(error)}).") from error
    try:
        if text.lstrip().startswith("{"):
            return Vocabulary.from_word_index(_ranks(text), num_words)
        return Vocabulary([line.strip() for line in text.splitlines() if line.strip()], num_words)
    except (InputError, ValueError, RecursionError) as error:
        raise BundleError(
            f"{path.name} does not fit the model, whose embedding has {num_words:,} ids: {error} "
            "Give one word a line, the most frequent first (it has id 4), or Keras' JSON of "
            "words and ranks from 1."
        ) from error


def _ranks(text: str) -> dict[str, int]:
    loaded = json.loads(text)
    if not all(type(rank) is int for rank in loaded.values()):
        raise InputError("The ranks must be whole numbers.")
    return {str(word): rank for word, rank in loaded.items()}


def _notes(vocabulary: Vocabulary) -> list[str]:
    """What a person should know about the words."""
    strange = [word for word in vocabulary.words if split_words(word) != [word]]
    if not strange:
        return []
    shown = ", ".join(repr(word[:30]) for word in strange[:3])
    return [
        f"{len(strange):,} of its {len(vocabulary):,} words can never be read, because reviews are "
        f"put in lower case and parted at punctuation ({shown})."
    ]
