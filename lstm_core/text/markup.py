"""HTML as a browser would show it: tags and comments dropped, character references decoded.

Only what is certainly markup is removed: tags of known elements whose attributes have values,
comments, and forum tags ("[b]great[/b]") of which the text has the closing one. "a < b", "<3",
"x<y and y>z" and "<sigh>" stay text. Tags of block elements become a line feed, tags of inline
elements nothing ("un<b>believ</b>able" is one word). Text that was escaped more than once
(``&amp;lt;br /&amp;gt;``) is common in collected data, so up to three levels of escaping are
removed, where a browser would remove one.

Every rule is a regular expression with its replacement, so that the encoder can apply it with or
without character offsets. Quantifiers are possessive: the time is linear in the length of the text.
"""

import html
import re
from collections.abc import Callable
from html.entities import html5

INLINE = frozenset(
    "a abbr acronym b bdi bdo big cite code data del dfn em font i ins kbd label mark nobr q s "
    "samp small span strike strong sub sup time tt u var wbr".split()
)
BLOCK = frozenset(
    "address applet area article aside audio base blockquote body br button canvas caption center "
    "col colgroup dd details dialog dir div dl dt embed fieldset figcaption figure footer form "
    "frame frameset h1 h2 h3 h4 h5 h6 head header hr html iframe img input legend li link main map "
    "menu meta nav noscript object ol optgroup option p param picture pre script section select "
    "source style summary svg table tbody td template textarea tfoot th thead title tr track ul "
    "video".split()
)
BOOLEAN = frozenset(  # attributes that stand without a value
    "allowfullscreen async autofocus autoplay checked compact controls defer disabled hidden loop "
    "multiple muted noshade nowrap open readonly required reversed selected".split()
)
OFFICE = ("o:", "w:", "v:", "m:", "st1:")  # name spaces of elements that word processors write
FORUM = dict.fromkeys("b i u s url color size font sub sup strike email".split(), "") | (
    dict.fromkeys("center code h1 h2 h3 img left list quote right spoiler spoilers".split(), "\n")
)
LEVELS = 3  # of escaping

_VALUE = r"(?:\s*+=\s*+(?:\"[^\"]*+(?:\"|\Z)|'[^']*+(?:'|\Z)|[^\s\"'<>`]++))"
HIDDEN = re.compile(
    r"<!--(?:-?>|.*?(?:--!?>|\Z))"
    r"|<(script|style)(?=[\s/>])[^<>]*+>.*?(?:</\1(?=[\s/>])[^<>]*+>|\Z)"
    r"|<svg(?=[\s/>])[^<>]*+(?<!/)>.*?(?:</svg(?=[\s/>])[^<>]*+>|\Z)"  # <svg/> has no content
    r"|<!doctype\b[^<>]*+>|<!\[CDATA\[|<!\[[^<>]*+>|<\?xml\b[^<>]*+>",
    re.IGNORECASE | re.DOTALL,
)
TAG = re.compile(
    rf"<(/?)([a-z][a-z0-9:]*+)((?:[\s/]*+[^\s\"'<>/=]++{_VALUE}?+)*+)[\s/]*+(>|\Z)?+",
    re.IGNORECASE,
)
REFERENCE = re.compile(
    r"&(?:#(?:[0-9]{1,10}+|x[0-9a-f]{1,10}+);?+|(?:amp|lt|gt|quot|nbsp)\b;?+|[a-z][a-z0-9]{1,31}+;)",
    re.IGNORECASE,
)
BBCODE = re.compile(
    rf"\[img\][^\s\[]*+\[/img\]|\[(/?)({'|'.join(FORUM)})(?:=[^\[\]\n]*+)?\]", re.IGNORECASE
)
_ATTRIBUTE = re.compile(rf"([^\s\"'<>/=]++)({_VALUE}?+)")


def of_hidden(_: re.Match[str]) -> str:
    """What a comment, a script or a style sheet is replaced by."""
    return "\n"


def of_tag(found: re.Match[str]) -> str | None:
    """What a tag is replaced by; None when it is text that only looks like a tag."""
    slash, name, attributes, end = found.groups()
    name = name.lower()
    if end is None or not (name in INLINE or name in BLOCK or name.startswith(OFFICE)):
        return None
    pairs = _ATTRIBUTE.findall(attributes)
    if any(not value and attribute.lower() not in BOOLEAN for attribute, value in pairs):
        return None
    if not pairs and not end and not slash and len(name) == 1:
        return None  # "a <b" at the end of a text
    return "\n" if name in BLOCK else ""


def bbcode_in(text: str) -> Callable[[re.Match[str]], str | None]:
    """What the forum tags of a text are replaced by; None where one of two is missing."""
    tags = {(found[1], found[2].lower()) for found in BBCODE.finditer(text) if found[2]}
    closed = {name for slash, name in tags if slash and ("", name) in tags}

    def replaced(found: re.Match[str]) -> str | None:
        if found[2] is None:  # the address of a picture
            return "\n"
        name = found[2].lower()
        return FORUM[name] if name in closed else None

    return replaced


def of_reference(found: re.Match[str]) -> str | None:
    """The characters that a reference stands for; None when there is no such reference."""
    if found[0][1] == "#":
        return html.unescape(found[0])
    return html5.get(found[0][1:].rstrip(";") + ";")
