"""Input mode: the first words of a review or all of them; one switch, kept in the link."""

from collections.abc import Callable
from typing import Any

from lstm_core.analysis.captions import plural
from pages.parts.common.link import linked_choice

READING = "reading"  # key of the switch and parameter of the link


def reading_names(maxlen: int) -> dict[str, str]:
    """Keys and labels of the two input modes."""
    return {"first": f"First {plural(maxlen - 1, 'word')}", "whole": "Whole review"}


def choose_reading(maxlen: int, draw: Callable[..., Any], **look: Any) -> str:
    """The switch between the two input modes, drawn by a ``segmented_control``."""
    old = {f"First {maxlen - 1} words": "first", "Whole review": "whole"}
    return linked_choice(draw, "Input", reading_names(maxlen), key=READING, aliases=old, **look)
