"""Film of each review (groups), where the data set names it.

Stanford's archive lists a page of IMDb for every review: line N of ``train/urls_pos.txt`` belongs
to ``train/pos/N_*.txt``. A film's reviews share names, plot and often a verdict, so a validation
part that shares films with the reviews learned from flatters a model; the data set's own test part
shares one film (23 reviews) with its training part.
"""

import re
from collections.abc import Mapping, Sequence

_FILM = re.compile(r"/title/(tt[0-9]+)")


def lists_of_films(root: str) -> dict[str, str]:
    """Where the lists are, by the folder whose reviews they are about: the file's path."""
    return {
        f"{part}/{side}": f"{root}/{part}/urls_{side}.txt"
        for part in ("train", "test")
        for side in ("neg", "pos")
    }


def read_films(content: bytes) -> tuple[str, ...]:
    """The film of each line, like ``tt0453418``; a line that names none gives an empty word."""
    lines = content.decode("utf-8", "replace").splitlines()
    return tuple(found[1] if (found := _FILM.search(line)) else "" for line in lines)


def films_of(
    folders: Sequence[str], numbers: Sequence[int], lists: Mapping[str, Sequence[str]]
) -> tuple[str, ...]:
    """The film of each review, none at all when a single one is not known.

    Args:
        folders: The folder of each review, like ``train/pos``.
        numbers: Its number in that folder.
        lists: The films of a folder in the order of the numbers.
    """
    found: list[str] = []
    for folder, number in zip(folders, numbers, strict=True):
        films = lists.get(folder, ())
        film = films[number] if 0 <= number < len(films) else ""
        if not film:
            return ()
        found.append(film)
    return tuple(found)
