"""Arrays out of an ``.npz`` file from an untrusted source: nothing in it is executed.

Keras' ``imdb.npz`` holds object arrays, which NumPy can only store as pickles, and a pickle may
call any function. So headers are parsed here, and pickles are read by an unpickler that knows a
handful of names, each of which stands for the same inert class: no code of NumPy or the file runs.
"""

import io
import pickle
import re
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from lstm_core.errors import DataError, reason
from lstm_core.files import MAX_MEMBERS, listed, shown, unreadable

MAX_ARRAY_BYTES = 200_000_000  # Keras' x_train has about 18 million, 47 with wide integers
MAX_NUMBERS = 100_000_000  # Keras' x_train has about 6 million

_MAGIC = b"\x93NUMPY"
_HEADER = re.compile(
    rb"\{'descr': '([<>|=]?[A-Za-z][0-9]{0,3})', 'fortran_order': (?:True|False), "
    rb"'shape': \(([0-9]{1,12})L?,\),? ?\} *\n?"
)
_ONE_ROW = "one row of values, shape (N,)"


class _Inert:
    """Stands for whatever a pickled object array names; keeps its state and does nothing."""

    __slots__ = ("state",)

    def __init__(self, *_: object) -> None:
        self.state: object = None

    def __setstate__(self, state: object) -> None:
        self.state = state


class _ListUnpickler(pickle.Unpickler):
    """Reads the pickle of an object array of plain values; refuses every other name."""

    _HARMLESS = frozenset(
        {
            ("numpy", "ndarray"),
            ("numpy", "dtype"),
            ("numpy.core.multiarray", "_reconstruct"),
            ("numpy._core.multiarray", "_reconstruct"),
            ("_codecs", "encode"),  # how an old pickle spells a bytes value
        }
    )

    def find_class(self, module: str, name: str) -> type[_Inert]:
        """The inert class for the names of an object array, an error for any other."""
        if (module, name) in self._HARMLESS:
            return _Inert
        raise pickle.UnpicklingError(f"it asks for {shown(f'{module}.{name}')}")


@dataclass(frozen=True, slots=True)
class _Member:
    """One ``.npy`` member: what its header says and the bytes after it."""

    name: str
    descr: str
    count: int
    body: bytes


class NpzFile:
    """The members of an ``.npz`` file, read one at a time.

    Raises:
        DataError: When the file is not a zip archive.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._title = f"The file {shown(path.name)}"
        try:
            self._zip = zipfile.ZipFile(path)
        except OSError as error:
            raise unreadable(path, error) from error
        except (
            Exception
        ) as error:  # zipfile lets struct, value and unicode errors of damage through
            raise DataError(
                f"{self._title} is damaged or is no .npz file: {reason(error)}. Fetch it again."
            ) from error

    def __enter__(self) -> "NpzFile":
        return self

    def __exit__(self, *_: object) -> None:
        self._zip.close()

    def names(self) -> list[str]:
        """Names of the arrays."""
        return [name.removesuffix(".npy") for name in self._zip.namelist()]

    def integers(self, name: str) -> npt.NDArray[np.int64]:
        """An array of whole numbers, int64 ``(N,)``.

        Raises:
            DataError: When it is missing, damaged or something else.
        """
        member = self._member(name)
        if not re.fullmatch(r"[<>|=]?[iub][1248]", member.descr):
            raise self._wrong(name, f"values of type {member.descr}", "whole numbers")
        dtype = np.dtype(member.descr)
        if member.count * dtype.itemsize != len(member.body):
            raise self._wrong(name, f"{len(member.body)} bytes", f"{member.count} values")
        return np.frombuffer(member.body, dtype=dtype).astype(np.int64)

    def number_lists(self, name: str) -> list[list[int]]:
        """An object array of lists of whole numbers, as lists.

        Raises:
            DataError: When it is missing, damaged or something else.
        """
        member = self._member(name)
        if member.descr.lstrip("|") != "O":
            raise self._wrong(name, f"values of type {member.descr}", "lists of word ranks")
        rows = self._unpickled(member)
        if len(rows) != member.count or member.count > MAX_MEMBERS:
            raise self._wrong(
                name, f"{len(rows):,} rows", f"as many as its header says, at most {MAX_MEMBERS:,}"
            )
        numbers = 0  # one list may stand in many rows, so the file's size does not bound this
        for at, row in enumerate(rows):
            numbers += len(row) if type(row) is list else 0
            if numbers > MAX_NUMBERS:
                raise self._wrong(name, f"over {MAX_NUMBERS:,} numbers", "fewer")
            if type(row) is not list or not set(map(type, row)) <= {int}:
                raise self._wrong(name, f"row {at}", "a list of whole numbers in each row")
        return rows

    def _unpickled(self, member: _Member) -> list[list[int]]:
        try:
            array = _ListUnpickler(io.BytesIO(member.body), encoding="latin1").load()
        except Exception as error:  # a damaged pickle may raise anything at all
            raise DataError(
                f"{self._title}: {member.name} is not a plain array of lists ({reason(error)}). "
                "Nothing of it was run. Fetch Keras' imdb.npz again from a place you trust."
            ) from error
        state = array.state if type(array) is _Inert else None
        rows = state[4] if type(state) is tuple and len(state) == 5 else None
        if type(rows) is not list:
            raise self._wrong(member.name, "another object", "an object array")
        return rows

    def _member(self, name: str) -> _Member:
        try:
            with self._zip.open(f"{name}.npy") as stream:
                data = stream.read(MAX_ARRAY_BYTES + 1)
        except KeyError:
            raise DataError(
                f"{self._title} has no array {name}; found: {listed(self.names())}. Accepted is "
                "Keras' imdb.npz with x_train, y_train, x_test and y_test."
            ) from None
        except Exception as error:  # zipfile lets struct, zlib and other errors of damage through
            raise DataError(
                f"{self._title} is damaged: {name} cannot be unpacked ({reason(error)}). Fetch it "
                "again."
            ) from error
        if len(data) > MAX_ARRAY_BYTES:
            raise self._wrong(name, f"over {MAX_ARRAY_BYTES:,} bytes", "a smaller array")
        return self._parsed(name, data)

    def _parsed(self, name: str, data: bytes) -> _Member:
        """Part a ``.npy`` file into header and body; format: NumPy's NEP 1."""
        wide = data[6:7] != b"\1"
        start = 12 if wide else 10
        length = int.from_bytes(data[8:start], "little")
        found = _HEADER.fullmatch(data[start : start + length])
        if not data.startswith(_MAGIC) or data[6:7] not in (b"\1", b"\2", b"\3") or not found:
            what = data[start : start + min(length, 90)].decode("latin1").strip()
            raise self._wrong(name, f"the header {shown(what, 90)}", _ONE_ROW)
        return _Member(name, found[1].decode(), int(found[2]), data[start + length :])

    def _wrong(self, name: str, found: str, accepted: str) -> DataError:
        return DataError(
            f"{self._title}: in {name} there is {found}, accepted is {accepted}. Give Keras' "
            "imdb.npz with x_train, y_train, x_test and y_test."
        )
