"""Single-byte and East Asian encodings: which one a sample of bytes is in."""

import codecs
import re

MOST = 64 << 10  # bytes looked at
HIGH = bytes(range(128, 256))
_FOREIGN_LETTERS = 0.2  # share of high bytes above which a text is not in a Latin alphabet
_FEWEST_FOREIGN = 20  # high bytes: of fewer beside ASCII letters they are taken for accented ones
_ACCENTED = re.compile(rb"[A-Za-z][\x80-\xff]|[\x80-\xff][A-Za-z]")
_RARE = ["mac_cyrillic", "mac_greek", "mac_latin2", "mac_turkish"]  # short texts fit these as well


def encoding_of(sample: bytes) -> str:
    """The encoding of bytes that are no UTF-8: Windows-1252, or that of another script."""
    sample = _whole_characters(sample)
    letters = len(re.findall(rb"[A-Za-z\x80-\xff]", sample))
    high = len(sample) - len(sample.translate(None, HIGH))
    certain = high >= _FEWEST_FOREIGN or not _ACCENTED.search(sample)
    if high > _FOREIGN_LETTERS * letters and certain:
        from charset_normalizer import from_bytes

        best = from_bytes(sample, cp_exclusion=_RARE).best()
        if best is not None and best.encoding not in ("utf_8", "ascii", "utf_32", "utf_16"):
            return codecs.lookup(best.encoding).name
    return "cp1252"


def _whole_characters(sample: bytes) -> bytes:
    """A sample of at most 64 KiB that does not end inside a character of two bytes."""
    if len(sample) <= MOST:
        return sample
    sample = sample[:MOST]
    behind = max(map(sample.rfind, (b" ", b"\n", b",", b".")))  # never a second byte
    if behind > MOST // 2:
        return sample[:behind]
    run = len(sample) - len(sample.rstrip(HIGH))
    return sample[: len(sample) - run % 2]
