"""A bundle as one zip file: to take along, and to bring back from anywhere.

A zip that comes in may be anybody's: only the files a bundle has are taken, by their plain names,
sizes are counted while they unpack and not believed, nothing is written outside a folder of its
own, and what was unpacked is then read with all the checks of a bundle. The Keras file in it must
have an architecture whose every part is a known one, because Keras itself opens it later.
"""

import io
import json
import stat
import zipfile
import zlib
from pathlib import Path
from typing import IO, Any

from lstm_core.errors import BundleError, reason
from lstm_core.model.bundle import (
    CARD_FILE,
    KNOWN_FILES,
    Bundle,
    read_bundle,
)
from lstm_core.model.keras_weights import CONFIG
from lstm_core.model.limits import BUNDLE_BYTES, ZIP_BYTES, ZIP_MEMBERS
from lstm_core.tasks.atomic import replacing_folder
from lstm_core.tasks.sandbox import run_sandboxed, uploaded_files

_CHUNK = 1 << 20
_TIME = (1980, 1, 1, 0, 0, 0)  # the same bundle gives the same zip
_READ_FAILURES = (OSError, zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, ValueError)

# What a file of the family may name: Keras' own layers, the comparison that makes a mask, and the
# usual ways to start weights.
KNOWN_CLASSES = frozenset(
    "Functional Sequential InputLayer Embedding LSTM GRU SimpleRNN Bidirectional Dense Dropout "
    "SpatialDropout1D GaussianDropout GaussianNoise GlobalMaxPooling1D GlobalAveragePooling1D "
    "NotEqual DTypePolicy __keras_tensor__ __tuple__ L1 L2 L1L2 MaxNorm UnitNorm NonNeg "
    " Zeros Ones Constant GlorotUniform GlorotNormal HeUniform HeNormal "
    "LecunUniform LecunNormal RandomUniform RandomNormal TruncatedNormal VarianceScaling "
    "Orthogonal Identity".split()
)
KNOWN_MODULES = (
    "keras", "keras.layers", "keras.initializers", "keras.src.models.functional",
    "keras.regularizers", "keras.constraints", "keras.src.ops.numpy",
)  # fmt: skip
KNOWN_PARTS = {
    "class_name": KNOWN_CLASSES,
    "module": KNOWN_MODULES,
    "registered_name": ("Functional", "Sequential", "NotEqual"),
}


def bundle_zip(folder: Path) -> bytes:
    """The files of a bundle as a zip.

    Raises:
        BundleError: When the bundle is missing or damaged.
    """
    names = [CARD_FILE, *read_bundle(folder).card.files]
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            member = zipfile.ZipInfo(name, _TIME)
            member.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(member, (folder / name).read_bytes())
    return buffer.getvalue()


def unpack_bundle(file: IO[bytes], folder: Path) -> Bundle:
    """Check a zip that came from outside and make it a bundle, whole or not at all.

    Args:
        file: The zip.
        folder: Where the bundle shall be; it must not be there.

    Raises:
        BundleError: When it is no bundle's zip, damaged, too large or not to be trusted.
    """
    if folder.exists():
        raise BundleError(f"{folder} exists already. Choose another name.")
    try:
        with replacing_folder(folder) as made:
            try:
                _unpack(file, made)
                check_parts(read_bundle(made).keras_path)
            except BundleError as error:
                said = str(error).replace(f"{made}/", "").replace(str(made), "the zip")
                raise BundleError(said) from None
    except OSError as error:
        raise BundleError(
            f"The zip could not be unpacked: {reason(error)}. Free some space."
        ) from error
    return read_bundle(folder)


def receive_bundle(content: bytes, folder: Path) -> Bundle:
    """`unpack_bundle` of an upload, in a process of its own with limits on memory and time.

    Raises:
        BundleError: When the zip is refused, or takes more than a bundle may.
        NotAllowedError: Too many files are being opened.
    """
    if len(content) > ZIP_BYTES:
        raise BundleError(f"The zip has {len(content):,} bytes; at most {ZIP_BYTES:,} are taken.")
    with uploaded_files(bundle=content) as files:
        run_sandboxed(f"{__name__}:unpack_file", str(files["bundle"]), str(folder.absolute()))
    return read_bundle(folder)


def unpack_file(path: str, folder: str) -> None:
    """`unpack_bundle` of a file, both named by their paths: the part that runs in the process."""
    with Path(path).open("rb") as file:
        unpack_bundle(file, Path(folder))


def _unpack(file: IO[bytes], folder: Path) -> None:
    try:
        with zipfile.ZipFile(file) as archive:
            left = BUNDLE_BYTES
            for member in _members(archive):
                name = Path(member.filename).name
                with archive.open(member) as packed, (folder / name).open("xb") as target:
                    left -= _copy(packed, target, left)
    except BundleError:
        raise
    except _READ_FAILURES as error:
        raise BundleError(
            f"This is no zip that can be read ({reason(error)}). Give the zip that the training "
            "page or another LSTM Lens saved."
        ) from error


def _members(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """The files to unpack; all in one folder at most, each known and named once."""
    entries = archive.infolist()
    if len(entries) > ZIP_MEMBERS:
        raise BundleError(f"The zip holds {len(entries):,} files; a bundle has at most 4.")
    if not all(entry.filename for entry in entries):
        raise BundleError("The zip holds a file without a name; no bundle does.")
    files = [entry for entry in entries if not entry.is_dir()]
    folders = {str(Path(entry.filename).parent) for entry in files}
    for entry in files:
        parts = Path(entry.filename).parts
        if entry.filename.startswith(("/", "\\")) or ".." in parts or len(parts) > 2:
            raise BundleError(f"The zip names {entry.filename[:80]!r}, a path that is not taken.")
        if parts[-1] not in (CARD_FILE, *KNOWN_FILES):
            raise BundleError(
                f"The zip holds {entry.filename[:80]!r}; a bundle has only {CARD_FILE}, "
                f"{', '.join(KNOWN_FILES)}."
            )
        mode = entry.external_attr >> 16
        if mode and stat.S_IFMT(mode) not in (0, stat.S_IFREG):
            raise BundleError(f"{entry.filename[:80]!r} in the zip is a link or special file.")
    names = [Path(entry.filename).name for entry in files]
    if len(folders) > 1 or len(set(names)) != len(names):
        raise BundleError("The zip holds a file twice or in several folders; give one bundle.")
    if CARD_FILE not in names:
        raise BundleError(f"The zip holds no {CARD_FILE}, so it is no bundle of LSTM Lens.")
    return files


def _copy(packed: IO[bytes], target: IO[bytes], most: int) -> int:
    """Copy piece by piece and count what really comes out."""
    done = 0
    while piece := packed.read(_CHUNK):
        done += len(piece)
        if done > most:
            raise BundleError(
                f"The zip unpacks to more than {BUNDLE_BYTES:,} bytes; such a bundle is not taken."
            )
        target.write(piece)
    return done


def check_parts(keras_file: Path) -> None:
    """Raise BundleError when a ``.keras`` file names a class that the family does not need."""
    with zipfile.ZipFile(keras_file) as archive:
        config = json.loads(archive.read(CONFIG))
    if config.get("compile_config"):
        raise BundleError(
            "The model in it still has the optimiser of its training. Save it again with "
            "LSTM Lens, or without compiling it."
        )
    if (strange := strange_class(config)) is not None:
        raise BundleError(f"The model in it names {strange[:80]!r}, which is not opened.")


def strange_class(config: Any) -> str | None:
    """A class or module in a configuration that the family does not need; None without one."""
    return next(filter(None, map(_strange, _parts(config))), None)


def _parts(value: Any) -> list[dict[str, Any]]:
    """Every object in a configuration, without recursion: it may be nested deeply."""
    found: list[dict[str, Any]] = []
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            found.append(item)
            waiting += item.values()
        elif isinstance(item, list):
            waiting += item
    return found


def _strange(part: dict[str, Any]) -> str | None:
    """The unknown class or module that a part names, None when there is none."""
    for key, known in KNOWN_PARTS.items():
        if part.get(key) is not None and str(part[key]) not in known:
            return str(part[key])
    return None
