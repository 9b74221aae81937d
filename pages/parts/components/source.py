"""Components of the app's own, and their scripts and styles without comments and indentation.

Streamlit sends these to the browser again at every update of a component, so every byte of them
counts at every letter that is typed.
"""

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

if TYPE_CHECKING:
    from streamlit.components.v2.types import ComponentRenderer

ASSETS = Path(__file__).resolve().parents[3] / "assets"
_BLOCK = re.compile(r"^\s*(//[^\n]*|/\*.*?\*/)$", re.MULTILINE | re.DOTALL)  # on own lines
_END = re.compile(r"\s+(//[^\n\"'`]*|/\*[^\n\"'`]*\*/)$", re.MULTILINE)  # one at a line's end


@cache
def component(
    name: str, html: str, css: str, *scripts: str, isolated: bool = False
) -> "ComponentRenderer":
    """Register a component.

    Args:
        name: Its name, after "lstm_lens_".
        html: Its elements.
        css: Name of its style in `assets`.
        scripts: Names of its scripts there.
        isolated: Keep the page's styles out of it, and its own in.
    """
    return st.components.v2.component(
        f"lstm_lens_{name}",
        html=html,
        css=source(css),
        js=source(*scripts),
        isolate_styles=isolated,
    )


def source(*names: str) -> str:
    """The files of `assets` one after the other, without comments and indentation.

    Args:
        names: Names of scripts or of styles; no text in them may span lines.
    """
    text = "\n".join((ASSETS / name).read_text(encoding="utf-8") for name in names)
    lines = _END.sub("", _BLOCK.sub("", text)).splitlines()
    return "\n".join(line.strip() for line in lines if line.strip())
