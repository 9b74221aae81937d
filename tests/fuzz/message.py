"""Fuzz target: what the browser's scripts send: the live editor and the word strip."""

import math
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from pages.parts.components.editor import EditorValue, _new_sheet, _taken_in, clean_text
from pages.parts.components.token_view import checked_place
from tests.fuzz.target import ANY_TEXT, Target
from tests.fuzz.text import model

LIMIT = 500
LEAF = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    ANY_TEXT,
    st.sampled_from([2**31, -1, 10**400, math.inf, "0", b"", "\ud800" * 9]),
)
ANYTHING = st.recursive(
    LEAF, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3)
)
NEAR = st.fixed_dictionaries(
    {}, optional={"text": LEAF, "revision": LEAF, "cut": LEAF, "place": LEAF, "stamp": LEAF}
)


def run_one(value: Any, folder: Path) -> None:
    """Take a message in as the page does."""
    del folder
    before = _new_sheet(EditorValue("A fine film."), 3)
    after = _taken_in(before, value, LIMIT)
    text = after.typed.text
    assert isinstance(text, str) and len(text) <= LIMIT
    assert clean_text(text, LIMIT).text == text
    assert type(after.typed.cut_characters) is int and after.typed.cut_characters >= 0
    assert type(after.revision) is int and after.revision >= before.revision
    encoding = model().encode("A fine film.")
    if isinstance(value, dict):
        place = checked_place(value, encoding)
        assert place is None or encoding.first_word <= place < encoding.maxlen


TARGET = Target(
    "messages of the editor and the word strip",
    "what is malformed, older or too long changes nothing beyond the limit",
    st.one_of(NEAR, NEAR, ANYTHING),
    run_one,
    share=210,
)
