"""Files that people send: kept under names of our own, bounded one by one and all together."""

import hashlib
import re
from pathlib import Path

from lstm_core.errors import InputError, reason
from lstm_core.paths import data_folder

LARGEST_FILE = 100 * 2**20  # bytes
LARGEST_ALL = 2 * 2**30  # bytes of all that is kept


def uploads_folder() -> Path:
    """Where they lie."""
    return data_folder() / "uploads"


def keep_upload(name: str, content: bytes) -> Path:
    """Keep a file that was sent; the same one is kept once.

    Args:
        name: What its owner calls it; only harmless characters of it are used.
        content: What it holds.

    Raises:
        InputError: When it is too large, there is no room, or it cannot be written.
    """
    if len(content) > LARGEST_FILE:
        raise InputError(f"{name[:80]!r} has {len(content):,} bytes; at most {LARGEST_FILE:,}.")
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", Path(name).name).strip("-.")[-60:] or "file"
    path = uploads_folder() / f"{hashlib.sha256(content).hexdigest()[:12]}-{plain}"
    try:
        if path.is_file() and path.stat().st_size == len(content):
            return path
        uploads_folder().mkdir(parents=True, exist_ok=True)
        kept = sum(file.stat().st_size for file in uploads_folder().iterdir())
        if kept + len(content) > LARGEST_ALL:
            raise InputError(
                f"{uploads_folder()} holds {kept:,} bytes already; remove files that no run needs."
            )
        made = path.with_name(f".{path.name}.part")
        made.write_bytes(content)
        made.replace(path)
    except OSError as error:
        raise InputError(
            f"The file could not be kept: {reason(error)}. Free some space."
        ) from error
    return path
