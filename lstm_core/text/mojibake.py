"""Text that was decoded wrongly or stored escaped: "donâ€™t" and "don\\u2019t" for "don’t".

Mojibake: a spreadsheet that opens a UTF-8 file as Windows-1252 and saves it as UTF-8 again stores
such text. A sequence is repaired where it can hardly be anything else:

* any character of three bytes that begins with â (quotes, dashes, signs), an emoji, a byte order
  mark, and "â€", which is what remains of a closing quote (its last byte is not in Windows-1252);
* Â or Ã with any character that stands for a continuation byte, unless that is a quote, a dash or
  an ellipsis and real text could end there ("Â" in quotes, Portuguese "AMANHÃ…");
* Ä or Å with such a character inside a word, as only there is it not a capital before punctuation;
* two or more other characters of two bytes in a row (Cyrillic, Greek, Hebrew, Arabic).

Escapes of JSON and Python that were stored as text ("don\\u2019t", "film.\\nDull", "caf\\xc3\\xa9")
become what they stand for: none of the labelled reviews has one.

The same bytes read as Mac Roman ("don‚Äôt", "caf√©") are repaired where they are the signs of the
first rule or accented letters beside letters. What text was encoded twice is repaired twice.
"""

import re
import sys

DEPTH = 3  # times that a text was encoded again

_SPECIAL = bytes(set(range(0x80, 0xA0)) - {0x81, 0x8D, 0x8F, 0x90, 0x9D}).decode("cp1252")
_NEXT = rf"[\x80-\xbf{_SPECIAL}]"  # a continuation byte as Windows-1252 or Latin-1
_END = "’”»›‹…–—"  # of these, what may follow a word
_OPEN = "«“‘„‹"
_WINDOWS = re.compile(
    rf"(?:â(?![‘’“”]){_NEXT}{{2}}|â€\ufffd?|ð[Ÿ\x9f]{_NEXT}{{2}}|ï»¿|ï¿½"
    rf"|(?<!Â)Â++(?![{_END}]){_NEXT}|(?<![Â{_OPEN}])Â++[{_END}]"
    rf"|Ã(?![{_END}‘“\xa0]){_NEXT}|(?<![A-ZÀ-Þ{_OPEN}])Ã{_NEXT}|Ã[{_END}‘“](?=[A-Za-zÀ-ÿ])"
    rf"|(?<=[a-zß-ÿ])[ÄÅ]{_NEXT}|[ÄÅ]{_NEXT}(?=[a-z]))++"
    rf"|(?:[ÄÅÎÏÐÑ×ØÙ]{_NEXT}){{2,}}+"
)
_MAC_NEXT = f"[{bytes(range(0x80, 0xC0)).decode('mac_roman')}]"
_MAC = re.compile(
    rf"(?:‚Ä{_MAC_NEXT})++|(?<=[A-Za-z])√(?![∞±≤≥∂∑∏π∫Ω]){_MAC_NEXT}|√{_MAC_NEXT}(?=[a-z])|¬†"
)
ESCAPES = re.compile(
    r"(?<!\\)(?:(?-i:(?:\\++U[0-9a-fA-F]{8})+)|(?:\\++u[0-9a-f]{4})+|(?:\\++x[0-9a-f]{2})+"
    r"|(?<!\W[a-z]:)\\++[nrt]|\\++['’])",
    re.IGNORECASE,
)
_SUSPECT = re.compile(r"[âðïÂÃÄÅÎÏÐÑ×ØÙ‚√¬][^\x00-\x7f]")
_LOST = re.compile(rf"â€(?!{_NEXT})\ufffd?")
_REPEATED = re.compile("Â{2,}")
_RESIDUE = re.compile(rf"(?<=[â√])[{_NEXT[1:-1]}{_MAC_NEXT[1:-1]}]+")
_BYTES = {ord(sign): sign.encode("cp1252").decode("latin-1") for sign in _SPECIAL}


def pattern_in(text: str) -> re.Pattern[str] | None:
    """The pattern of the mojibake that a text holds; None when it holds none."""
    if text.isascii() or not _SUSPECT.search(text):
        return None
    return next((known for known in (_WINDOWS, _MAC) if known.search(text)), None)


def repaired(found: re.Match[str]) -> str:
    """What a match of a pattern of `pattern_in` encodes."""
    if found.re is _MAC:
        return found[0].encode("mac_roman").decode("utf-8")
    stretch = _REPEATED.sub("Â", _LOST.sub('"', found[0]))
    return stretch.translate(_BYTES).encode("latin-1").decode("utf-8")


def unescaped(found: re.Match[str]) -> str:
    """What a match of `ESCAPES` stands for."""
    kind, codes = found[0].lstrip("\\")[0], re.split(r"\\+.", found[0])[1:]
    if kind in "'’":
        return "'"
    if kind in "xX":
        content = bytes(int(code, 16) for code in codes)
        try:
            text = content.decode("utf-8")
        except UnicodeDecodeError:
            text = content.decode("cp1252", "replace")
    elif len(codes[0]) == 8:
        points = [int(code, 16) for code in codes]
        text = "".join(chr(one) if one <= sys.maxunicode else " " for one in points)
    elif kind in "uU":
        units = b"".join(int(code, 16).to_bytes(2, "big") for code in codes)
        text = units.decode("utf-16-be", "replace")
    else:
        text = "\n"
    return text.replace("\\", " ")


def settled(word: str) -> str:
    """A word without what looks like mojibake only since it is composed and in lower case."""
    return _RESIDUE.sub("", word) if pattern_in(word) else word
