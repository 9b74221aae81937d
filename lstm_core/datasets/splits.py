"""Parting reviews by class and seed: the same seed gives the same parts with any NumPy."""

from collections.abc import Hashable, Sequence

import numpy as np
import numpy.typing as npt

from lstm_core.errors import InputError

IndexArray = npt.NDArray[np.intp]


def stable_permutation(count: int, seed: int) -> IndexArray:
    """A seeded permutation of ``0 .. count - 1``, int ``(count,)``."""
    return _random(seed).permutation(count).astype(np.intp)


def train_validation_split(
    labels: npt.ArrayLike,
    share: float,
    seed: int,
    *,
    texts: Sequence[Hashable] | None = None,
) -> tuple[IndexArray, IndexArray]:
    """Part the training reviews into some to learn from and some to choose on.

    Every class gives the same share. Never call it with test reviews.

    Args:
        labels: Label of each training review, ``(N,)``.
        share: Share of the validation part, above 0 and below 1.
        seed: 0 to 2**32 - 1; the same one gives the same parts.
        texts: The reviews, or what else marks them as related (`Reviews.kin`). When given, equal
            ones stay on one side.

    Returns:
        Rows to train on and rows to validate on, each in ascending order.

    Raises:
        InputError: For a share outside 0 to 1, labels that are not one row, or a class with fewer
            than two different reviews.
    """
    classes = np.asarray(labels)
    if classes.ndim != 1 or not len(classes):
        raise InputError(
            f"Labels of shape {classes.shape} came in; one label for each review is needed, (N,)."
        )
    if not 0 < share < 1:
        raise InputError(f"A share of {share} came in; give one above 0 and below 1, like 0.1.")
    if texts is not None and len(texts) != len(classes):
        raise InputError(f"{len(texts)} texts came with {len(classes)} labels; give as many.")
    groups = _group_numbers(texts) if texts is not None else np.arange(len(classes))
    return _stratified(classes, groups, share, _random(seed))


def _stratified(
    classes: npt.NDArray[np.generic],
    groups: IndexArray,
    share: float,
    random: np.random.RandomState,
) -> tuple[IndexArray, IndexArray]:
    """Fill the second part class by class with whole groups; a group belongs to its first class."""
    taken = np.zeros(len(classes), dtype=bool)
    _, first_rows, owner, sizes = np.unique(
        groups, return_index=True, return_inverse=True, return_counts=True
    )
    for label in np.unique(classes):
        members = np.flatnonzero(classes[first_rows] == label)
        if len(members) < 2:
            raise InputError(
                f"The class {label} has fewer than two different reviews, so it cannot be parted. "
                "Give at least two of each class."
            )
        chosen = _fill(random.permutation(members), sizes, share)
        taken[np.isin(owner, chosen)] = True
    return np.flatnonzero(~taken), np.flatnonzero(taken)


def _fill(order: IndexArray, sizes: IndexArray, share: float) -> list[int]:
    """Groups in the given order, as many as fit into the share; at least one, never all."""
    room = int(sizes[order].sum()) * share
    room = max(round(room), 1)
    chosen: list[int] = []
    for group in order[:-1].tolist():
        if sizes[group] <= room:
            chosen.append(group)
            room -= int(sizes[group])
        if room <= 0:
            break
    return chosen or [int(order[0])]


def _group_numbers(texts: Sequence[Hashable]) -> IndexArray:
    numbers: dict[Hashable, int] = {}
    return np.array([numbers.setdefault(text, len(numbers)) for text in texts], dtype=np.intp)


def _random(seed: int) -> np.random.RandomState:
    """NumPy's frozen generator: its stream never changes, so a recorded split stays true."""
    if not 0 <= seed < 2**32:
        raise InputError(f"A seed of {seed} came in; give a whole number from 0 to 4294967295.")
    return np.random.RandomState(seed)
