"""Typographic normalisation: the same words for a review typed on a phone and typed in ASCII.

Stages, in this order:

1. Characters: text that was decoded wrongly is repaired (`lstm_core.text.mojibake`); curly and
   prime apostrophes become ', dashes, quotes, bullets and other punctuation their ASCII equivalents
   or a blank, invisible characters nothing, everything else its NFKC form.
2. Markup: tags are dropped, character references decoded (`lstm_core.text.markup`).
3. Separators: Keras' filter characters and white space become blanks, or line feeds where a
   sentence ends; ASCII letters become lower case; a run of emoji is a word of its own.
4. Apostrophes: "don`t", "don''t", "do n't", "don ' t", "don' t" and "it 's" are joined, quotes
   around a word removed.
5. Words: cut at blanks; those with characters outside ASCII in lower case and composed (NFC).

`split` computes no offsets; `find` runs the same stages and keeps for every character which stretch
of the original text it came from.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator

from lstm_core.text import markup, mojibake
from lstm_core.text.characters import KERAS_FILTERS, SENTENCE_ENDS, character

Replace = Callable[[re.Match[str]], str | None]

LONGEST_WORD = 200  # characters; of longer ones, runs of combining marks are shortened
MOST_MARKS = 30  # in a row, as in Unicode's Stream-Safe Text Format (UAX 15)

TEXT_END = "\x1e"  # between texts that are normalised together; in a text it is white space
END_WORD = "A"  # what becomes of it: no word of a text has a capital

_ASCII = {  # blank, line feed where a sentence ends, lower-case letter
    **{ord(sign): " " for sign in KERAS_FILTERS},
    **dict.fromkeys([*range(32), 127], " "),  # control characters
    ord(TEXT_END): END_WORD,
    **{ord(sign): "\n" for sign in SENTENCE_ENDS},
    **{capital: chr(capital + 32) for capital in range(ord("A"), ord("Z") + 1)},
}
_ASCII_BYTES = bytes(range(256)).decode("latin-1").translate(_ASCII).encode("latin-1")  # ≥ 128 stay
_EMOJI = re.compile("[\u2190-\u2bff\U0001f000-\U0001faff]+")
_OUTSIDE_ASCII = re.compile(r"[^\x00-\x7f]")

_WORD = re.compile(r"[^ \n]+")
_STRETCH = re.compile(r"\S+")
_PUNCTUATION = re.compile(rf"[{re.escape(KERAS_FILTERS)}'\x19]")  # that TextVectorization deletes
_LETTER = "(?:[^\\W\\d_]|[\u2100-\u214f\u3200-\u33ff])"  # or a sign that stands for letters: №
_HYPHENATED = re.compile(rf"(?<={_LETTER})[\u00ad¬][ \t\r]*\n\s*(?={_LETTER})")  # at a line's end
_LINE_BREAK = re.compile("<br />")  # by far the most frequent tag of the data set
_END = r"(?!(?!â\?\?)[^\W_])"  # of a word: "_" is a separator, "â??" was a quotation mark
_ENDING = rf"(?=(?:s|t|m|re|ve|ll|d){_END})"
_MISTYPED = {  # a pattern each: a search for a literal beginning is fast
    sign: re.compile(f"{sign}{_ENDING}", re.IGNORECASE) for sign in ("`", "''", "\x19")
}  # U+0019 is the lower byte of U+2019
_QUESTION_MARK = re.compile(rf"\?(?=(s|t|m|re|ve|ll|d){_END}(?![=&/]))", re.IGNORECASE)
_BRACKET = re.compile(r"-[lr][rsc]b-", re.IGNORECASE)  # as the Penn Treebank writes ( [ { } ] )
_EDGES = ("", " ", "\n", "'")  # beside an apostrophe that is a quotation mark
_AUXILIARIES = (
    "ai|are|ca|could|dare|did|does|do|had|has|have|is|may|might|must|need|ought|sha|should|was|were"
    "|wo|would"
)
_NEGATION = re.compile(rf"(?<![^ \n])({_AUXILIARIES})[ \n]+n't(?![^ \n])")
_NEGATED = frozenset(f"{auxiliary}n" for auxiliary in _AUXILIARIES.split("|"))
_CLITIC = re.compile(r" ' ?(?=(s|m|re|ve|ll|d|t)(?!\w| ?'))")
_PARTED = re.compile(r"'(?<=[a-z]') (?=(s|m|re|ve|ll|d|t)(?!\w| ?'))")
_SUBJECTS = frozenset(
    "i you he she it we they who what that there this how where when why here would could should "
    "might must may".split()
)
_LONGEST_SUBJECT = 6
_LETTERS = re.compile("[a-z]+$")
_DOT = re.compile("(?<=[Ii])\u0307+")  # "İ" as two characters
_STACKED = re.compile(r"[^\W\d_][\u0300-\u036f]{2,}")  # decoration: no language composes them
# "don\ufffdt"; the first of three bytes is left: "donât", "itâ??s".
_LOST = re.compile(
    rf"(?<![^\W_])((?:{_AUXILIARIES})n(?=(?:\ufffd{{1,3}}|â(?:\?\?)?)t{_END})"
    rf"|(?:{'|'.join(sorted(_SUBJECTS))}))(?:\ufffd{{1,3}}|â(?:\?\?)?){_ENDING}"
    rf"|([a-z])(?:\ufffd{{1,3}}|â\?\?)(?=s{_END})",
    re.IGNORECASE,
)
_LOST_QUOTE = re.compile(r"(?:\ufffd|â\?\?)+")


class Plain:
    """A text under normalisation, without character offsets."""

    def __init__(self, text: str) -> None:
        self.text = text

    def replace(self, pattern: re.Pattern[str], by: Replace) -> None:
        """Replace every match by what `by` returns for it, or keep it where that is None."""

        def replaced(found: re.Match[str]) -> str:
            return found[0] if (new := by(found)) is None else new

        self.text = pattern.sub(replaced, self.text)


class Aligned(Plain):
    """A text under normalisation with the stretch of the original that each character came from."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.starts = list(range(len(text)))
        self.ends = list(range(1, len(text) + 1))

    def replace(self, pattern: re.Pattern[str], by: Replace) -> None:
        """Replace; all characters of a replacement get the stretch of the whole match."""
        pieces: list[str] = []
        starts: list[int] = []
        ends: list[int] = []
        at = 0
        for found in pattern.finditer(self.text):
            new, (begin, end) = by(found), found.span()
            if new is None:
                continue
            pieces += self.text[at:begin], new
            starts += self.starts[at:begin]
            ends += self.ends[at:begin]
            starts += [self.starts[begin]] * len(new)
            ends += [self.ends[end - 1]] * len(new)
            at = end
        if at:
            pieces.append(self.text[at:])
            self.text = "".join(pieces)
            self.starts = starts + self.starts[at:]
            self.ends = ends + self.ends[at:]


def _make_plain(work: Plain) -> None:
    """Stages 1 and 2: characters and markup; 1 again for what 1 and 2 leave."""
    work.text = work.text.replace(TEXT_END, " ")
    if "\\" in work.text:
        work.replace(mojibake.ESCAPES, mojibake.unescaped)
        work.text = work.text.replace(TEXT_END, " ")
    if "\n" in work.text and not work.text.isascii():
        work.replace(_HYPHENATED, lambda _: "")
    _replace_characters(work)
    before = work.text
    _drop_markup(work)
    if work.text != before or mojibake.pattern_in(work.text):
        _replace_characters(work)


def _replace_characters(work: Plain) -> None:
    """Stage 1."""
    if work.text.isascii():
        return
    for _ in range(mojibake.DEPTH):
        if pattern := mojibake.pattern_in(work.text):
            work.replace(pattern, mojibake.repaired)
    work.replace(_OUTSIDE_ASCII, lambda found: character(found[0]))
    if "\u0307" in work.text:
        work.replace(_DOT, lambda _: "")
    if any(sign in work.text for sign in "\ufffdâÂ"):
        work.replace(_LOST, lambda found: f"{found[1] or found[2]}'")
        work.replace(_LOST_QUOTE, _lost_quote)


def _lost_quote(found: re.Match[str]) -> str | None:
    """A blank for a character that was lost beside a word; inside a word or alone it stays."""
    begin, end = found.span()
    around = found.string[begin - 1 : begin], found.string[end : end + 1]
    left, right = (bool(sign) and unicodedata.category(sign)[0] in "LMN" for sign in around)
    return None if left == right and "â" not in found[0] else " "


def _drop_markup(work: Plain) -> None:
    """Stage 2."""
    if "[/" in work.text:
        work.replace(markup.BBCODE, markup.bbcode_in(work.text))
    for _ in range(markup.LEVELS):
        if "<" in work.text:
            work.replace(_LINE_BREAK, lambda _: "\n")
        if "<" in work.text:
            work.replace(markup.HIDDEN, markup.of_hidden)
            work.replace(markup.TAG, markup.of_tag)
        if "&" not in work.text:
            return
        before = work.text
        work.replace(markup.REFERENCE, markup.of_reference)
        if work.text == before:
            return


def _prepare(work: Plain) -> None:
    """Stages 1 to 4; ends in words with blanks between, line feeds where sentences end."""
    _make_plain(work)
    _part(work)


def _part(work: Plain) -> None:
    """Stages 3 and 4: separators and apostrophes."""
    for sign, pattern in _MISTYPED.items():
        if sign in work.text:
            work.replace(pattern, _meant)
    if "?" in work.text:
        work.replace(_QUESTION_MARK, _lost_apostrophe)
    if "RB-" in work.text or "rb-" in work.text:
        work.replace(_BRACKET, lambda _: "\n")
    work.text = work.text.replace("--", "\n\n")
    # As bytes, ten times as fast: in UTF-8, a byte of ASCII is never part of another character.
    content = work.text.encode("utf-8", "surrogatepass").translate(_ASCII_BYTES)
    work.text = content.decode("utf-8", "surrogatepass")
    if not work.text.isascii():
        work.replace(_EMOJI, lambda found: f" {found[0]} ")
    if "'" not in work.text:
        return
    if " '" in work.text:
        work.replace(_CLITIC, _joined_clitic)
    if "' " in work.text:
        work.replace(_PARTED, _joined_clitic)
    work.text, parted = _strip_quotes(work.text)
    if parted:
        work.replace(_NEGATION, lambda found: f"{found[1]}n't")


def _meant(found: re.Match[str]) -> str | None:
    """An apostrophe for what was typed for one inside a word."""
    before = found.string[max(found.start() - 1, 0) : found.start()]
    return "'" if before.isalpha() else None


def _lost_apostrophe(found: re.Match[str]) -> str | None:
    """An apostrophe for a question mark that a program without that character wrote instead."""
    at, end = found.start(), found[1].lower()
    if found[1] != end and not found.string[max(at - 1, 0)].isupper():
        return None  # the first letter of a sentence: "Who made it?M. Night did"
    before = _LETTERS.search(found.string[max(at - _LONGEST_SUBJECT - 2, 0) : at].lower())
    if before is None:
        return None
    known = _NEGATED if end == "t" else _SUBJECTS
    return "'" if before[0] in known or (end == "s" and len(before[0]) > 2) else None


def _joined_clitic(found: re.Match[str]) -> str | None:
    """An apostrophe without the blank beside it; None when it opens or ends a quotation."""
    text, at = found.string, found.start()
    before = re.split("[ \n]", text[max(at - _LONGEST_SUBJECT - 2, 0) : at])[-1].lstrip("'")
    if found[1] == "s":
        alone = found[0] == "' " and len(before) < 3 and before not in _SUBJECTS
        return "'" if text[at - 1 : at].isalnum() and not alone else None
    return "'" if before in (_NEGATED if found[1] == "t" else _SUBJECTS) else None


def _strip_quotes(text: str) -> tuple[str, bool]:
    """Blank the apostrophes at the edges of words, the length stays; whether "n't" is a word."""
    pieces, done, parted, at = [], 0, False, text.find("'")
    while at >= 0:
        before = text[at - 1 : at]
        if before in _EDGES or text[at + 1 : at + 2] in _EDGES:
            pieces.append(text[done:at])
            done = at + 1
        elif before == "n" and text[at - 2 : at - 1] in _EDGES and text[at + 1] == "t":
            parted = True
        at = text.find("'", at + 1)
    return " ".join([*pieces, text[done:]]), parted


def _finished(word: str) -> str:
    """A word with characters outside ASCII in lower case and composed."""
    if len(word) > LONGEST_WORD:
        word = _fewer_marks(word)
    composed = unicodedata.normalize("NFC", word.lower())
    return mojibake.settled(_STACKED.sub(lambda found: _letter(found[0][0]), composed))


def _letter(sign: str) -> str:
    """A letter without its accents."""
    return unicodedata.normalize("NFD", sign)[0]


def _fewer_marks(word: str) -> str:
    """Shorten runs of combining marks: sorting them takes quadratic time."""
    kept, marks = [], 0
    for sign in word:
        marks = marks + 1 if unicodedata.combining(_letter(sign)) else 0
        if marks <= MOST_MARKS:
            kept.append(sign)
    return "".join(kept)


def plain_text(text: str) -> str:
    """The text a browser would show, in plain typography, without empty lines."""
    lines = (line.strip() for line in without_markup(text).split("\n"))
    return "\n".join(line for line in lines if line)


def split(text: str) -> list[str]:
    """The words of a text in order."""
    return cut(without_markup(text))


def without_markup(text: str) -> str:
    """A text after stages 1 and 2."""
    work = Plain(text)
    _make_plain(work)
    return work.text


def finished(plain: str) -> str:
    """The words of a text after stages 1 and 2, blanks between; ends of texts are words."""
    work = Plain(plain)
    _part(work)
    if work.text.isascii():
        return work.text
    return " ".join([_outside(word) for word in work.text.split()])


def cut(plain: str) -> list[str]:
    """The words of a text after stages 1 and 2."""
    return finished(plain).split()


def split_sentences(text: str) -> list[list[str]]:
    """The words of a text by sentence; the same words as those of `split`."""
    work = Plain(text)
    _prepare(work)
    sentences = (line.split() for line in work.text.split("\n"))
    return [[_outside(word) for word in words] for words in sentences if words]


def find(text: str) -> Iterator[tuple[str, int, int]]:
    """The words of a text with the character offsets of the stretch each came from."""
    work = Aligned(text)
    _prepare(work)
    for found in _WORD.finditer(work.text):
        begin, end = found.span()
        yield _outside(found[0]), work.starts[begin], work.ends[end - 1]


def find_without_punctuation(text: str) -> Iterator[tuple[str, int, int]]:
    """The words of a text as Keras' TextVectorization makes them: punctuation is deleted.

    White space separates words; ``"don't"`` is ``"dont"``. Characters and markup are normalised
    first, as for `find`.
    """
    work = Aligned(text)
    _make_plain(work)
    for found in _STRETCH.finditer(work.text):
        if word := _PUNCTUATION.sub("", found[0]).lower():
            begin, end = found.span()
            yield _outside(word), work.starts[begin], work.ends[end - 1]


def _outside(word: str) -> str:
    return word if word.isascii() else _finished(word)
