"""What was measured on a model and is stored beside it as JSON: one careful reader for all."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

from lstm_core.errors import BundleError, reason
from lstm_core.json_codec import loads
from lstm_core.model.bundle import Bundle


class Fingerprinted(Protocol):
    """What a measurement says of itself, as far as the reader needs it."""

    @property
    def fingerprint(self) -> str:
        """Of the model that was measured."""
        ...


class Artifact(Protocol):
    """A measurement with its stamp."""

    @property
    def stamp(self) -> Fingerprinted:
        """What was measured."""
        ...


M = TypeVar("M", bound=Artifact)


@dataclass(frozen=True, slots=True)
class ArtifactSpec:
    """One kind of measurement."""

    file: str  # its file in the bundle
    format: int  # the format that this version reads
    largest: int  # bytes of a file that is read
    advice: str  # what to do when it cannot be used


def parse_measured(kind: ArtifactSpec, text: str, build: Callable[[Any], M]) -> M:
    """Read a measurement, trusting nothing in it.

    Args:
        kind: What it should be.
        text: The file's text.
        build: Makes the measurement of what the JSON holds, and raises when that cannot be.

    Raises:
        BundleError: When it is none, damaged or of another format.
    """
    try:
        loaded = loads(text)
        found = loaded["format"]
        if found != kind.format:
            age = "an older" if type(found) is int and found < kind.format else "another"
            raise BundleError(
                f"{kind.file} was measured with {age} version of LSTM Lens (format {found!r:.100}; "
                f"this version reads {kind.format}). {kind.advice}"
            )
        return build(loaded)
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError) as error:
        raise BundleError(f"{kind.file} is damaged: {error!r:.200}. {kind.advice}") from error


def read_measured(kind: ArtifactSpec, path: Path, fingerprint: str, parse: Callable[[str], M]) -> M:
    """The measurement in a file; it must be of the model with this fingerprint.

    Raises:
        BundleError: When it cannot be read, is damaged or is of another model.
    """
    try:
        if path.stat().st_size > kind.largest:
            raise BundleError(f"{path} has more than {kind.largest:,} bytes. {kind.advice}")
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BundleError(f"{path} cannot be read ({reason(error)}). {kind.advice}") from error
    found = parse(text)
    if found.stamp.fingerprint != fingerprint:
        raise BundleError(f"{path} was measured on another model. {kind.advice}")
    return found


def read_stored(kind: ArtifactSpec, bundle: Bundle, parse: Callable[[str], M]) -> M | None:
    """The measurement stored in a bundle, None when there is none.

    Raises:
        BundleError: When it is damaged, or was measured on another model.
    """
    if kind.file not in bundle.card.files:
        return None
    return read_measured(kind, bundle.folder / kind.file, bundle.fingerprint, parse)
