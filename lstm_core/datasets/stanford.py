"""Stanford's Large Movie Review Dataset v1.0 (Maas et al., ACL 2011): the archive or its folder.

Reviews lie in ``aclImdb/{train,test}/{pos,neg}/<number>_<stars>.txt``, those without a label in
``aclImdb/train/unsup/``; `films` says where their films stand. Archive and folder give the same
corpus, row by row.
"""

import hashlib
import os
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from lstm_core.datasets.corpus import Corpus, DataSource, Reviews, SourceKind
from lstm_core.datasets.groups import films_of, lists_of_films, read_films
from lstm_core.datasets.labels import NEGATIVE, POSITIVE
from lstm_core.datasets.splits import stable_permutation
from lstm_core.datasets.tar_members import read_members
from lstm_core.errors import DataError
from lstm_core.files import (
    MAX_REVIEW_BYTES,
    MAX_TEXT_BYTES,
    HashedFile,
    Meter,
    listed,
    shown,
    unreadable,
)
from lstm_core.progress import ProgressCallback

ROOT = "aclImdb"
LABELLED = ("train/neg", "train/pos", "test/neg", "test/pos")
UNLABELLED = "train/unsup"

_MIX_SEED = 113  # fixed for ever: the row order is part of what a fingerprint promises
_FILM_LISTS = {path: folder for folder, path in lists_of_films(ROOT).items()}
_TOPS_KEPT = 20  # of the archive's top names, for the error that lists them
_REVIEW = re.compile(rf"{ROOT}/((?:train|test)/(?:neg|pos)|{UNLABELLED})/([^/.][^/]*\.txt)")
_NUMBERED = re.compile(r"([0-9]{1,9})_([0-9]{1,2})\.txt")
_SPLIT = "the data set's own training and test part"
_REMEDY = (
    f"Accepted: {ROOT}/train and {ROOT}/test, each with the folders neg and pos full of .txt "
    "files. Fetch aclImdb_v1.tar.gz from https://ai.stanford.edu/~amaas/data/sentiment/ again."
)


class _TextsByPart:
    """Texts of the archive or folder by part and class, with a limit on all of them."""

    def __init__(self) -> None:
        self.texts: dict[str, dict[str, str]] = {part: {} for part in (*LABELLED, UNLABELLED)}
        self.films: dict[str, tuple[str, ...]] = {}
        self._bytes = 0

    def put(self, part: str, name: str, content: bytes) -> None:
        self._bytes += len(content)
        if self._bytes > MAX_TEXT_BYTES:
            raise DataError(
                f"The reviews have more than {MAX_TEXT_BYTES // 10**6} million bytes together; "
                "Stanford's have 135 million. Give that data set or a smaller one."
            )
        try:
            self.texts[part][name] = content.decode("utf-8")
        except UnicodeDecodeError as error:
            raise DataError(
                f"{shown(f'{part}/{name}')} is not UTF-8 text (byte {error.start + 1}). "
                "Reviews are read as UTF-8: fetch the data set again or save the file as UTF-8."
            ) from error

    def check(self, where: str) -> None:
        """Raise DataError when a class has no review."""
        empty = [part for part in LABELLED if not self.texts[part]]
        if empty:
            counts = ", ".join(f"{part} {len(self.texts[part]):,}" for part in LABELLED)
            raise DataError(
                f"{where} has no reviews in {' and '.join(empty)} (found: {counts}). {_REMEDY}"
            )

    def reviews(self, split: str) -> Reviews:
        """Both classes of a part: sorted by class and number, then mixed by a fixed seed."""
        rows = [
            (f"{split}/{folder}/{name}", text, label, _rating(name))
            for folder, label in (("neg", NEGATIVE), ("pos", POSITIVE))
            for name, text in self._sorted(f"{split}/{folder}")
        ]
        names, texts, labels, ratings = zip(*rows, strict=True)
        paths = [name.rpartition("/") for name in names]
        films = films_of(
            [folder for folder, _, _ in paths], [_number(file) for _, _, file in paths], self.films
        )
        reviews = Reviews(
            texts, np.array(labels, dtype=np.int8), np.array(ratings, dtype=np.int8), names, films
        )
        return reviews.take(stable_permutation(len(reviews), _MIX_SEED))

    def unlabelled(self) -> tuple[str, ...]:
        return tuple(text for _, text in self._sorted(UNLABELLED))

    def _sorted(self, part: str) -> list[tuple[str, str]]:
        return sorted(self.texts[part].items(), key=lambda item: (_number(item[0]), item[0]))


def _number(name: str) -> int:
    found = _NUMBERED.fullmatch(name)
    return int(found[1]) if found else -1


def _rating(name: str) -> int:
    """The stars in a file name, 0 when there are none or they are not 1 to 10."""
    found = _NUMBERED.fullmatch(name)
    stars = int(found[2]) if found else 0
    return stars if stars <= 10 else 0


def read_archive(
    path: Path, *, unlabelled: bool = True, progress: ProgressCallback | None = None
) -> Corpus:
    """Read ``aclImdb_v1.tar.gz`` (or the same unzipped, ``.tar``) once, in memory.

    Args:
        path: The archive.
        unlabelled: Also keep the reviews without a label.
        progress: Told the bytes read of the bytes in all, about 20 times per second.

    Raises:
        DataError: For a damaged, cut or foreign archive and for one larger than any of its kind.
    """
    texts_by_part = _TextsByPart()
    tops: dict[str, None] = {}
    where = f"The archive {shown(path.name)}"

    def wanted(name: str) -> bool:
        found = _REVIEW.fullmatch(name)
        listed_films = name in _FILM_LISTS
        return listed_films or (found is not None and (unlabelled or found[1] != UNLABELLED))

    with HashedFile(path, "reading the archive", progress) as file:
        for name, content in read_members(file, wanted):
            top = name.partition("/")[0]
            if len(tops) < _TOPS_KEPT or top == ROOT:
                tops[top] = None
            if content is not None and (found := _REVIEW.fullmatch(name)):
                texts_by_part.put(found[1], found[2], content)
            elif content is not None:
                texts_by_part.films[_FILM_LISTS[name]] = read_films(content)
        sha256 = file.drain()
    if ROOT not in tops:
        raise DataError(f"{where} has no folder {ROOT}/; found: {listed(tops)}. {_REMEDY}")
    texts_by_part.check(where)
    return _corpus(texts_by_part, path, sha256, SourceKind.STANFORD_ARCHIVE)


def read_folder(
    path: Path, *, unlabelled: bool = True, progress: ProgressCallback | None = None
) -> Corpus:
    """Read the unpacked folder ``aclImdb``.

    Args:
        path: The folder that holds ``train`` and ``test``.
        unlabelled: Also read the reviews without a label.
        progress: Told the reviews read of the reviews in all, about 20 times per second.

    Raises:
        DataError: When a class folder is missing, empty or cannot be read.
    """
    missing = [part for part in LABELLED if not (path / part).is_dir()]
    if missing:
        raise DataError(
            f"The folder {shown(str(path), 200)} has no {' and no '.join(missing)}. {_REMEDY}"
        )
    texts_by_part = _TextsByPart()
    parts = (*LABELLED, UNLABELLED) if unlabelled else LABELLED
    files = [(part, file) for part in parts for file in _text_files(path / part)]
    meter = Meter("reading reviews", len(files), progress)
    digest = hashlib.sha256()
    for count, (part, file) in enumerate(files, start=1):
        content = _content(file)
        texts_by_part.put(part, file.name, content)
        if part != UNLABELLED:
            digest.update(f"{part}/{file.name}\0{len(content)}\0".encode())
            digest.update(content)
        meter.at(count)
    meter.finish(len(files))
    for listing, folder in _FILM_LISTS.items():
        texts_by_part.films[folder] = _films_in(path.joinpath(*listing.split("/")[1:]))
    texts_by_part.check(f"The folder {shown(str(path), 200)}")
    return _corpus(texts_by_part, path, digest.hexdigest(), SourceKind.STANFORD_FOLDER)


def _films_in(listing: Path) -> tuple[str, ...]:
    """The films of a list beside the folders; none when it is missing or no list of this kind."""
    try:
        if not listing.is_file() or listing.stat().st_size > MAX_REVIEW_BYTES:
            return ()
        return read_films(listing.read_bytes())
    except OSError:
        return ()


def _text_files(folder: Path) -> Sequence["os.DirEntry[str]"]:
    """The .txt files of a folder in the order of their names, hidden ones left out."""
    if not folder.is_dir():
        return ()
    try:
        with os.scandir(folder) as entries:
            found = [entry for entry in entries if entry.name.endswith(".txt")]
    except OSError as error:
        raise unreadable(folder, error) from error
    visible = (entry for entry in found if not entry.name.startswith("."))
    return sorted(visible, key=lambda entry: entry.name)


def _content(file: "os.DirEntry[str]") -> bytes:
    try:
        if not file.is_file():
            raise DataError(f"{shown(file.path, 200)} is no plain file. Take it out of the data.")
        with open(file.path, "rb", buffering=0) as opened:
            size = os.fstat(opened.fileno()).st_size
            if size <= MAX_REVIEW_BYTES:
                return opened.read(size)
    except OSError as error:
        raise unreadable(Path(file.path), error) from error
    raise DataError(
        f"{shown(file.path, 200)} has {size:,} bytes; a review may have at most "
        f"{MAX_REVIEW_BYTES:,}. Take it out of the data."
    )


def _corpus(texts_by_part: _TextsByPart, path: Path, sha256: str, kind: SourceKind) -> Corpus:
    train, test, unlabelled = (
        texts_by_part.reviews("train"),
        texts_by_part.reviews("test"),
        texts_by_part.unlabelled(),
    )
    description = (
        f"Stanford's Large Movie Review Dataset v1.0 (Maas et al. 2011): {len(train):,} training "
        f"and {len(test):,} test reviews, {len(unlabelled):,} without a label read."
    )
    return Corpus(train, test, unlabelled, DataSource(kind, path, sha256, description, _SPLIT))
