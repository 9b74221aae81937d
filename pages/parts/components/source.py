"""Scripts and styles of the components without comments and indentation.

Streamlit sends them to the browser again at every update of a component, so every byte of them
counts at every letter that is typed.
"""

import re
from pathlib import Path

ASSETS = Path(__file__).resolve().parents[3] / "assets"
_BLOCK = re.compile(r"^\s*(//[^\n]*|/\*.*?\*/)$", re.MULTILINE | re.DOTALL)  # on own lines
_END = re.compile(r"\s+(//[^\n\"'`]*|/\*[^\n\"'`]*\*/)$", re.MULTILINE)  # one at a line's end


def source(*names: str) -> str:
    """The files of `assets` one after the other, without comments and indentation.

    Args:
        names: Names of scripts or of styles; no text in them may span lines.
    """
    text = "\n".join((ASSETS / name).read_text(encoding="utf-8") for name in names)
    lines = _END.sub("", _BLOCK.sub("", text)).splitlines()
    return "\n".join(line.strip() for line in lines if line.strip())
