"""Uploaded files: each in its own folder, found by a ticket, limited in size, removed after a time.

``uploads/<ticket>/`` holds the file under its visitor's own name for it and ``upload.json``. A
ticket cannot be guessed and opens nothing without the browser that sent the file.
"""

import hashlib
import os
import re
import secrets
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from lstm_core.errors import DataError, InputError, NotAllowedError, reason
from lstm_core.json_codec import from_json, to_json
from lstm_core.paths import data_folder
from lstm_core.permissions import Visitor
from lstm_core.tasks.atomic import remove_folder, replacing_folder, write_file
from lstm_core.tasks.limits import (
    MAX_ALL_UPLOAD_BYTES,
    MAX_UPLOAD_BYTES,
    MAX_VISITOR_UPLOAD_BYTES,
    MAX_VISITOR_UPLOADS,
    TRAINING_UPLOAD_KEPT_SECONDS,
    UPLOAD_KEPT_SECONDS,
)

NOTE_FILE, SEEN_FILE, USED_FILE = "upload.json", ".seen", ".used"
TICKET = re.compile(r"[A-Za-z0-9_-]{22}")
LONGEST_NAME = 120  # bytes


@dataclass(frozen=True, slots=True)
class Upload:
    """An uploaded file."""

    ticket: str  # under which it is found again
    name: str  # what its visitor calls it; also the name of its copy here
    size: int  # its bytes
    sha256: str  # of its content
    owner: str  # id of the visitor who sent it

    @property
    def folder(self) -> Path:
        """Its folder."""
        return uploads_folder() / self.ticket

    @property
    def path(self) -> Path:
        """The file."""
        return self.folder / self.name


def uploads_folder() -> Path:
    """Folder of all uploads."""
    return data_folder() / "uploads"


def keep_upload(
    name: str, content: bytes | memoryview, visitor: Visitor, *, ours: bool = False
) -> Upload:
    """Keep a file; one that the same visitor sent before is kept once.

    Args:
        name: What its visitor calls it.
        content: What it holds.
        ours: It is a file of ours, which needs no permission.

    Raises:
        NotAllowedError: The visitor may send no files.
        InputError: It is too large.
        DataError: There is no room, or it cannot be written.
    """
    if not ours:
        visitor.require("upload")
    shown, size = file_name(name), memoryview(content).nbytes
    if size > MAX_UPLOAD_BYTES:
        raise InputError(f"{shown!r} has {size:,} bytes; at most {MAX_UPLOAD_BYTES:,} are taken.")
    upload = Upload(
        secrets.token_urlsafe(16), shown, size, hashlib.sha256(content).hexdigest(), visitor.id
    )
    try:
        own = [one for one in _uploads() if one.owner == visitor.id]
        for one in own:
            if (one.name, one.sha256) == (upload.name, upload.sha256) and one.path.is_file():
                _touch(one.folder / SEEN_FILE)
                return one
        _make_room(own, size)
        with replacing_folder(upload.folder) as made:
            made.chmod(0o700)
            (made / upload.name).write_bytes(content)
            write_file(made / NOTE_FILE, to_json(upload))
            (made / SEEN_FILE).touch()
    except OSError as error:
        raise DataError(
            f"The file cannot be kept here: {reason(error)}. Try later, or send a smaller one."
        ) from error
    return upload


def find_upload(ticket: str, visitor: Visitor) -> Upload | None:
    """The file of a ticket, which counts as seen; None when this visitor has none (any more)."""
    found = _read(uploads_folder() / ticket) if TICKET.fullmatch(ticket) else None
    if found is None or not secrets.compare_digest(found.owner, visitor.id):
        return None
    _touch(found.folder / SEEN_FILE)
    return found


def remove_upload(ticket: str, visitor: Visitor) -> None:
    """Remove a file of this visitor."""
    found = find_upload(ticket, visitor)
    if found is not None:
        with suppress(OSError):
            remove_folder(found.folder)


def require_own_path(path: Path, visitor: Visitor) -> None:
    """Let a visitor in public name no path of the server but that of their own upload.

    Raises:
        NotAllowedError: It is another path.
    """
    if not visitor.permissions.public:
        return
    root, asked = uploads_folder().resolve(), path.expanduser().resolve()
    if asked.is_relative_to(root):
        ticket = asked.relative_to(root).parts[:1]
        found = find_upload(ticket[0], visitor) if ticket else None
        if found is not None and asked == found.path.resolve():
            return
    raise NotAllowedError(
        "Visitors of this server can only use files that they sent themselves. Upload the file."
    )


def keep_for_training(path: Path) -> None:
    """Keep an upload that a run learns from for longer, so that the run can be resumed."""
    with suppress(OSError):
        if path.resolve().parent.parent == uploads_folder().resolve():
            _touch(path.parent / USED_FILE)


def expire_uploads() -> None:
    """Remove the uploads that were not looked at for their time."""
    now = time.time()
    with suppress(OSError):
        for folder in uploads_folder().iterdir():
            with suppress(OSError):
                if _age(folder, SEEN_FILE, now) < UPLOAD_KEPT_SECONDS:
                    continue
                if _age(folder, USED_FILE, now) >= TRAINING_UPLOAD_KEPT_SECONDS:
                    remove_folder(folder)


def file_name(name: str) -> str:
    """A visitor's name for a file as a harmless file name, as like it as can be."""
    base = name.replace("\\", "/").rsplit("/", 1)[-1]
    plain = "".join(sign for sign in base if sign.isprintable()).lstrip(". ").rstrip()
    stem, dot, ending = plain.rpartition(".")
    room = LONGEST_NAME - len(ending.encode()) - 1
    if dot and 0 < room < len(stem.encode()):
        plain = stem.encode()[:room].decode(errors="ignore") + dot + ending
    cut = plain.encode(errors="ignore")[:LONGEST_NAME].decode(errors="ignore")
    return cut if cut and cut != NOTE_FILE else "file"


def held_bytes(root: Path) -> int:
    """Bytes of all files below a folder; one that is removed meanwhile counts nothing."""
    held = 0
    for folder, _, names in os.walk(root):
        for name in names:
            with suppress(OSError):
                held += os.path.getsize(os.path.join(folder, name))
    return held


def _make_room(own: list[Upload], size: int) -> None:
    """Remove the visitor's files that were not looked at for longest, until a new one has room.

    Raises:
        DataError: When the files of all visitors leave none.
    """
    own = sorted(own, key=lambda one: -_age(one.folder, SEEN_FILE, time.time()))
    while own and (
        len(own) >= MAX_VISITOR_UPLOADS
        or sum(one.size for one in own) + size > MAX_VISITOR_UPLOAD_BYTES
    ):
        remove_folder(own.pop(0).folder)
    # A file, its result and the texts of its rows, each of about the size of the file.
    held = held_bytes(uploads_folder()) + held_bytes(data_folder() / "tasks")
    if held + 3 * size > MAX_ALL_UPLOAD_BYTES:
        raise DataError("This server holds too many files just now. Try again later.")


def _uploads() -> list[Upload]:
    try:
        folders = list(uploads_folder().iterdir())
    except FileNotFoundError:
        return []
    return [found for folder in folders if (found := _read(folder)) is not None]


def _read(folder: Path) -> Upload | None:
    try:
        found = from_json(Upload, (folder / NOTE_FILE).read_bytes())
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return found if found.ticket == folder.name else None


def _touch(path: Path) -> None:
    with suppress(OSError):
        path.touch()


def _age(folder: Path, name: str, now: float) -> float:
    """Seconds since a mark was set; one from the future (the clock was set back) is set now."""
    try:
        at = (folder / name).stat().st_mtime
    except FileNotFoundError:
        return float("inf")
    if at > now + 1:
        os.utime(folder / name, (now, now))
        return 0.0
    return max(now - at, 0.0)
