"""The lesson's links: which sections they ask for, and the tour's steps."""

import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache

from lstm_core.errors import DataError
from lstm_core.lesson.content import FOLDER

MOST_STEPS = 10
OLD_SECTIONS = {"cutting": "truncation"}  # names in older links


@dataclass(frozen=True, slots=True)
class SectionQuery:
    """The sections a link asks for.

    Attributes:
        sections: Known ones in the lesson's order; all when the link names none that is known.
        unknown: Names in the link that are no section.
        chosen: Whether the link chose.
    """

    sections: tuple[str, ...]
    unknown: tuple[str, ...]
    chosen: bool


@dataclass(frozen=True)
class TourStep:
    """One step of the tour: where it leads, in which state, and what to look at there."""

    title: str
    text: str
    page: str
    query: dict[str, str] = field(default_factory=dict)


def sections_from_query(value: str | None, known: Sequence[str]) -> SectionQuery:
    """Read the link's ``sections``, names with commas between."""
    names = [name.strip().lower() for name in (value or "")[:400].split(",") if name.strip()]
    names = [OLD_SECTIONS.get(name, name) for name in names]
    found = tuple(name for name in known if name in names)
    unknown = tuple(dict.fromkeys(name[:40] for name in names if name not in known))
    return SectionQuery(found or tuple(known), unknown, bool(found))


def lesson_query(sections: Iterable[str], seed: int) -> str:
    """The link's query for chosen sections and a seed."""
    return f"?sections={','.join(sections)}&seed={seed}"


@cache
def tour_steps() -> tuple[TourStep, ...]:
    """The steps of ``assets/lesson/tour.toml``.

    Raises:
        DataError: When there are more than ten or one lacks its title, text or page.
    """
    path = FOLDER / "tour.toml"
    with path.open("rb") as file:
        entries = tomllib.load(file).get("step", [])
    try:
        steps = tuple(TourStep(**entry) for entry in entries)
    except TypeError as error:
        raise DataError(f"A step in {path} is not whole: {error}.") from error
    if len(steps) > MOST_STEPS:
        raise DataError(f"{path} has {len(steps)} steps; a tour of {MOST_STEPS} is the longest.")
    return steps
