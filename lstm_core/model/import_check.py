"""Import with verification: what a bundle predicts is compared with Keras before it is accepted.

Reading the files and the comparison run in processes of their own, with limits on memory and time.
Keras opens the imported file itself, in safe mode and after every class named in it was found to
be a known one. Where it cannot (weights of PyTorch; files of Keras 2 with settings that Keras 3
does not know), it opens the model that was rebuilt from the weights, which the note states.
"""

import json
import os
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from lstm_core.errors import BundleError, reason
from lstm_core.model.bundle import Bundle, copy_bundle, read_bundle, with_artifacts
from lstm_core.model.bundle_zip import strange_class
from lstm_core.model.import_model import ModelFiles, import_model
from lstm_core.model.keras_parity import TOLERANCE
from lstm_core.model.keras_weights import is_keras_2
from lstm_core.model.limits import BUNDLE_BYTES
from lstm_core.model.recurrent_model import RecurrentModel
from lstm_core.model.sentiment_model import SentimentModel
from lstm_core.recurrent.functions import sigmoid
from lstm_core.tasks.sandbox import SandboxLimits, run_sandboxed, uploaded_files
from lstm_core.text import encode_many

KERAS_LIMITS = SandboxLimits(memory=16 * 2**30, seconds=180.0, files=1024, file_bytes=256 * 2**20)
# Ten texts of different lengths; the long ones are cut by most models.
_SENTENCES = (
    "A wonderful film, warm and funny from beginning to end.",
    "I don't like it at all; the story is dull and the acting is worse.",
    "It is not good, but the music is great.",
    "The worst two hours of my life.",
    "Strange names such as Xqzwv and 12345 appear in it.",
)
TEXTS = (*_SENTENCES, "", *(" ".join(_SENTENCES * n) for n in (1, 2, 8, 40)))


@dataclass(frozen=True, slots=True)
class Check:
    """The comparison of an imported model with Keras.

    Attributes:
        largest: Largest absolute difference between the probabilities.
        texts: How many texts were predicted.
        keras: Version of Keras.
        rebuilt: Why the model rebuilt from the weights was compared instead of the imported file;
            empty when it was the file.
    """

    largest: float
    texts: int
    keras: str
    rebuilt: str = ""

    @property
    def line(self) -> str:
        """The result as a sentence."""
        what = (
            f"the model rebuilt from its weights ({self.rebuilt})" if self.rebuilt else "the file"
        )
        return (
            f"Verified on import: {self.texts} texts predicted by {what} in Keras {self.keras}, "
            f"largest difference {self.largest:.1e}."
        )


def import_checked(
    files: ModelFiles,
    folder: Path,
    **options: Any,
) -> tuple[Bundle, Check]:
    """Import a model and accept it only when it predicts what Keras predicts.

    Args:
        folder: Where the bundle shall be; it must not be there.
        options: Keyword arguments of `import_model`.

    Raises:
        BundleError: When the files cannot be used, or the predictions differ by more than 1e-5.
        InputError: When an answer about the encoding is missing or cannot be used.
        NotAllowedError: Too many files are being opened.
    """
    if folder.exists():
        raise BundleError(f"{folder} exists already. Choose another name.")
    paths = [str(files.model), str(files.vocabulary), str(files.sizes) if files.sizes else None]
    with tempfile.TemporaryDirectory(prefix="lstm-lens-import-") as scratch:
        made = Path(scratch) / "bundle"
        run_sandboxed(f"{__name__}:import_files", paths, str(made), options)
        found = run_sandboxed(f"{__name__}:compare_files", paths[0], str(made), bounds=KERAS_LIMITS)
        check = Check(**found)
        if not check.largest <= TOLERANCE:
            raise BundleError(
                f"The model was not imported: its predictions differ from Keras' by "
                f"{check.largest:.1e}; {TOLERANCE:.0e} is allowed. Please report the architecture."
            )
        bundle = read_bundle(made)
        with_artifacts(bundle, replace(bundle.card, notes=(*bundle.card.notes, check.line)), {})
        return copy_bundle(made, folder), check


def import_files(paths: Sequence[str | None], folder: str, options: Mapping[str, Any]) -> None:
    """`import_model` of plain values: the part that runs in a process of its own."""
    model, vocabulary, sizes = paths
    assert model is not None and vocabulary is not None
    files = ModelFiles(Path(model), Path(vocabulary), Path(sizes) if sizes else None)
    import_model(files, Path(folder), **options)


def compare_files(model_file: str, folder: str) -> dict[str, Any]:
    """Predict the texts by the bundle and by Keras, as plain values. Imports TensorFlow."""
    bundle = read_bundle(Path(folder))
    model = SentimentModel.load(Path(folder))
    ids = encode_many(TEXTS, bundle.vocabulary, bundle.maxlen)  # (N, T)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import keras

    theirs, rebuilt = probabilities_by_keras(Path(model_file), bundle, ids)
    if isinstance(model, RecurrentModel):
        ours = model.predict_classes(TEXTS)  # (N, K)
    else:
        positive = model.predict(TEXTS)
        ours = np.stack([1 - positive, positive], axis=1)
    said = np.isfinite(theirs).all(axis=1)  # the mean over no step is not a number in Keras
    largest = float(np.abs(ours - theirs)[said].max(initial=0.0)) if said.sum() > 1 else 1e9
    return asdict(Check(largest, len(TEXTS), keras.__version__, rebuilt))


def probabilities_by_keras(path: Path, bundle: Bundle, ids: Any) -> tuple[Any, str]:
    """P of every class ``(N, K)``, and why it is not the imported file that was asked."""
    import keras

    try:
        _check_classes(path)
        opened = keras.saving.load_model(_with_its_ending(path), compile=False, safe_mode=True)
        rebuilt = ""
    except BundleError as error:
        opened, rebuilt = None, reason(error)
    except Exception as error:  # whatever Keras raises for a file of another version
        opened, rebuilt = None, f"Keras cannot open the file: {reason(error, 120)}"
    if opened is None:
        opened = keras.saving.load_model(bundle.keras_path, safe_mode=True)
    outputs = np.asarray(opened.predict(ids, verbose=0), np.float32)  # (N, 1 or K)
    function = str(opened.layers[-1].get_config().get("activation"))
    if outputs.shape[1] == 1:
        positive = sigmoid(outputs) if function == "linear" else outputs
        return np.concatenate([1 - positive, positive], axis=1), rebuilt
    if function == "linear":
        outputs = np.asarray(keras.ops.softmax(outputs))
    return outputs, rebuilt


def _with_its_ending(path: Path) -> Path:
    """The file under a name that ends as Keras wants it."""
    ending = ".keras" if zipfile.is_zipfile(path) else ".h5"
    if path.suffix == ending:
        return path
    link = Path(tempfile.mkdtemp(prefix="lstm-lens-keras-")) / f"model{ending}"
    link.symlink_to(path.resolve())
    return link


def _check_classes(path: Path) -> None:
    """Raise BundleError unless the file is one that Keras may open: all its classes are known."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            config = json.loads(archive.read("config.json"))
            version = json.loads(archive.read("metadata.json")).get("keras_version")
    else:
        import h5py

        try:
            with h5py.File(path) as file:
                config = json.loads(file.attrs["model_config"])
                version = file.attrs.get("keras_version", "1")
        except (OSError, KeyError):
            raise BundleError("weights of PyTorch") from None
    config.pop("compile_config", None)  # the model is opened without it
    if (strange := strange_class(config)) is not None:
        raise BundleError(f"the file names {strange[:80]!r}, which Keras is not given to open")
    version = version.decode() if isinstance(version, bytes) else version
    if is_keras_2(version) and '"hard_sigmoid"' in json.dumps(config):
        raise BundleError("hard_sigmoid of its Keras 2 has another slope in Keras 3")


def receive_model(
    model: bytes,
    vocabulary: bytes,
    sizes: bytes | None,
    folder: Path,
    *,
    names: Mapping[str, str] = MappingProxyType({}),
    **options: Any,
) -> tuple[Bundle, Check]:
    """`import_checked` of uploads.

    Args:
        model: The model's file.
        vocabulary: The vocabulary's file.
        sizes: The sizes of PyTorch weights, None without them.
        folder: The new bundle's folder.
        names: The visitor's own file names of "model", "vocabulary" and "sizes".
        options: Keyword arguments of `import_checked`.

    Raises:
        BundleError: Also when the uploads are too large, or there is no room for them.
    """
    if max(len(model), len(vocabulary), len(sizes or b"")) > 2 * BUNDLE_BYTES:
        raise BundleError(f"The file has more than {2 * BUNDLE_BYTES:,} bytes, which are allowed.")
    contents = {"model": model, "vocabulary": vocabulary, "sizes": sizes or b""}
    with uploaded_files(names, **contents) as paths:
        given = paths["sizes"] if sizes else None
        return import_checked(
            ModelFiles(paths["model"], paths["vocabulary"], given), folder, **options
        )
