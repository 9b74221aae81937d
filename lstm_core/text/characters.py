"""Characters outside ASCII and what is typed for them on a plain keyboard."""

import re
import unicodedata
from functools import lru_cache

KERAS_FILTERS = '!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n'
SENTENCE_ENDS = ".!?;:()\n"

_APOSTROPHES = "’‘‛′‵´ʹʻʼʽˈˊˋ՚׳ߴꞌꞋ❛❜｀\u0384\u1fbd\u1fbf\u1fef\u1ffd\u1ffe"
_SIGNS = {
    **dict.fromkeys(_APOSTROPHES, "'"),
    **dict.fromkeys("“”„‟″‶«»❝❞〝〞〟״", '"'),
    **dict.fromkeys("‐‑‒–−﹘﹣", "-"),
    **dict.fromkeys("—―⸺⸻", "\n"),
    **dict.fromkeys("…⋯", "..."),
    **dict.fromkeys("™®©℠•●■▪▫◦⁄∕∗∙∣∶\u2800\u3164\uffa0\u115f\u1160<>&", " "),
    **dict(zip("ᴀʙᴄᴅᴇꜰғɢɡʜɪᴊᴋʟᴍɴᴏᴘꞯǫʀꜱᴛᴜᴠᴡʏᴢ", "abcdeffgghijklmnopqqrstuvwyz", strict=True)),
    **{chr(first + at): chr(65 + at) for first in (0x1F150, 0x1F170) for at in range(26)},
}
_SIGNS["İ"] = "I"  # in lower case Python makes two characters of it
_KEPT = "ªº\ufffd"  # NFKC would make the words "a" and "o" of the first two
_INVISIBLE = re.compile(  # and strokes through or below letters
    "[\u00ad\u0332-\u0338\u034f\u061c\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u20e3"
    "\ufe00-\ufe0f\ufeff\U000e0000-\U000e0fff]"
)
_SEPARATOR = re.compile(rf"[\s⁄{re.escape(KERAS_FILTERS)}]+")


@lru_cache(maxsize=8192)
def character(sign: str) -> str:
    """The equivalent of one character outside ASCII: what is typed for it on a plain keyboard.

    Compatibility forms are taken from NFKC, unless they fall apart into several words (½, ℀).
    """
    if (known := _SIGNS.get(sign)) is not None:
        return known
    if sign in _KEPT:
        return sign
    if "\ud800" <= sign <= "\udfff":  # half of a character
        return " "
    if _INVISIBLE.match(sign):
        return ""
    if "\x80" <= sign <= "\x9f":  # Windows-1252 read as Latin-1, as browsers do
        meant = sign.encode("latin-1").decode("cp1252", "ignore")
        return character(meant) if meant else " "
    form = unicodedata.normalize("NFKC", sign)
    if form != sign:
        form = "".join(one if one.isascii() else character(one) for one in form)
    if _SEPARATOR.search(form):
        words = [word for word in _SEPARATOR.split(form) if word and word[0].isalnum()]
        if not words:
            return form if form in SENTENCE_ENDS else " "
        return f" {words[0]} " if len(words) == 1 else sign
    if not form.isascii() and unicodedata.category(form[0])[0] == "P":
        return " "
    return form
