"""Words of people and files inside Streamlit's Markdown: shown as they are, never as markup."""

import re

_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")


def escape_markdown(text: str, longest: int = 1_000) -> str:
    """A text with every sign escaped that Markdown could read as markup; cut when it is long."""
    cut = text if len(text) <= longest else text[: longest - 1] + "…"
    return _PUNCTUATION.sub(r"\\\1", " ".join(cut.split()))


def code_span(text: str) -> str:
    """A text as code inside Markdown, where only a backtick could end it; cut when it is long."""
    return f"`{' '.join(text.replace('`', ' ').split())[:200]}`"
