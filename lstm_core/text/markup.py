"""HTML as a browser would show it: tags and comments dropped, character references decoded.

Only what is certainly markup is removed: tags of known elements whose attributes have values, and
comments. "a < b", "<3", "x<y and y>z" and "<sigh>" stay text. Tags of block elements become a line
feed, tags of inline elements nothing ("un<b>believ</b>able" is one word). Text that was escaped
more than once (``&amp;lt;br /&amp;gt;``) is common in collected data, so up to three levels of
escaping are removed, where a browser would remove one.

Every rule is a regular expression with its replacement, so that the encoder can apply it with or
without character offsets. Quantifiers are possessive: the time is linear in the length of the text.
"""

import html
import re
from html.entities import html5

INLINE = frozenset(
    "a abbr acronym b bdi bdo big cite code data del dfn em font i ins kbd label mark nobr o:p q s "
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
LEVELS = 3  # of escaping

_VALUE = r"(?:\s*+=\s*+(?:\"[^\"]*+(?:\"|\Z)|'[^']*+(?:'|\Z)|[^\s\"'<>`]++))"
HIDDEN = re.compile(
    r"<!--(?:-?>|.*?(?:--!?>|\Z))"
    r"|<(script|style)\b[^<>]*+>.*?(?:</\1\b[^<>]*+>|\Z)"
    r"|<!doctype\b[^<>]*+>|<!\[[^<>]*+>|<\?xml\b[^<>]*+>",
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
_ATTRIBUTE = re.compile(rf"([^\s\"'<>/=]++)({_VALUE}?+)")


def of_hidden(_: re.Match[str]) -> str:
    """What a comment, a script or a style sheet is replaced by."""
    return "\n"


def of_tag(found: re.Match[str]) -> str | None:
    """What a tag is replaced by; None when it is text that only looks like a tag."""
    slash, name, attributes, end = found.groups()
    name = name.lower()
    if end is None or (name not in INLINE and name not in BLOCK):
        return None
    pairs = _ATTRIBUTE.findall(attributes)
    if any(not value and attribute.lower() not in BOOLEAN for attribute, value in pairs):
        return None
    if not pairs and not end and not slash and len(name) == 1:
        return None  # "a <b" at the end of a text
    return "" if name in INLINE else "\n"


def of_reference(found: re.Match[str]) -> str | None:
    """The characters that a reference stands for; None when there is no such reference."""
    if found[0][1] == "#":
        return html.unescape(found[0])
    return html5.get(found[0][1:].rstrip(";") + ";")
