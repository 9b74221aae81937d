"""Input mode: the first words of a review or all of them; one switch, kept in the link."""

from streamlit.delta_generator import DeltaGenerator

from pages.parts.common.link import linked_choice

READING = "reading"  # key of the switch and parameter of the link


def reading_names(maxlen: int) -> dict[str, str]:
    """Keys and labels of the two input modes."""
    return {"first": f"First {maxlen - 1} words", "whole": "Whole review"}


def choose_reading(maxlen: int, box: DeltaGenerator) -> str:
    """The switch between the two input modes."""
    old = {f"First {maxlen - 1} words": "first", "Whole review": "whole"}
    return linked_choice(
        box.segmented_control, "Input", reading_names(maxlen), key=READING, aliases=old
    )
