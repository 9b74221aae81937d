"""Units grouped by behaviour and words by effect, together: spectral co-clustering (Dhillon 2001).

The table has a row for each word and two columns for each unit, one for how far the word raises it
and one for how far it lowers it, so that "good" and "bad" do not fall together for moving the same
units. Words and columns that belong together end up in one group; a unit is in the group of its
heavier column.

Symbols: W words, D units.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lstm_core.activations.schema import Doubles
from lstm_core.activations.store import StateIndex
from lstm_core.activations.unit_profiles import word_effects
from lstm_core.recurrent.lstm import Floats
from lstm_core.text import Vocabulary

SEED = 0
WORDS = 80  # of the table


@dataclass(frozen=True)
class Groups:
    """Words and units in groups, put in the order in which they are drawn."""

    words: tuple[str, ...]  # ``(W,)``
    counts: tuple[int, ...]  # how often each was read, ``(W,)``
    word_groups: npt.NDArray[np.intp]  # group of each word, ascending, ``(W,)``
    units: npt.NDArray[np.intp]  # ``(D,)``
    unit_groups: npt.NDArray[np.intp]  # group of each unit, ascending, ``(D,)``
    effects: Doubles  # mean part of the logit that a word moves through a unit, ``(W, D)``

    @property
    def count(self) -> int:
        """How many groups there are."""
        return int(max(self.word_groups.max(initial=0), self.unit_groups.max(initial=0))) + 1


def group(
    index: StateIndex,
    output_weights: Floats,
    vocabulary: Vocabulary,
    groups: int,
) -> Groups | None:
    """Co-cluster the words with the strongest sure effect and the units; None without enough.

    Args:
        output_weights: ``(D,)``.
        groups: How many groups to make, at least 2.
    """
    from sklearn.cluster import SpectralCoclustering
    from threadpoolctl import threadpool_limits

    mean, _, sure, listed = word_effects(index)
    strength = np.abs(sure[listed] * output_weights).sum(axis=1)  # over the units
    listed = listed[np.argsort(-strength, kind="stable")[:WORDS]]
    listed = listed[np.abs(sure[listed]).sum(axis=1) > 0]
    units = len(output_weights)
    if len(listed) < 2 * groups or units < groups:
        return None
    effects = mean[listed] * output_weights  # (W, D)
    split = np.concatenate([np.maximum(effects, 0), np.maximum(-effects, 0)], axis=1)  # (W, 2D)
    used = split.sum(axis=0) > 0
    with threadpool_limits(1):  # a small table: threads would only wait for each other
        found = SpectralCoclustering(groups, random_state=SEED, n_init=4).fit(split[:, used])
    columns = np.zeros(2 * units, np.intp)
    columns[used] = found.column_labels_
    heavier = split.sum(axis=0).reshape(2, units).argmax(axis=0)  # (D,)
    of_units = columns[heavier * units + np.arange(units)]
    return _in_order(index, vocabulary, listed, effects, found.row_labels_, of_units)


def _in_order(
    index: StateIndex,
    vocabulary: Vocabulary,
    ids: npt.NDArray[np.intp],
    effects: Doubles,
    of_words: npt.NDArray[np.intp],
    of_units: npt.NDArray[np.intp],
) -> Groups:
    """Groups from the most positive words to the most negative; inside them by effect."""
    total = effects.sum(axis=1)  # (W,)
    labels = np.unique(np.concatenate([of_words, of_units]))
    means = [total[of_words == one].mean() if (of_words == one).any() else 0.0 for one in labels]
    rank = np.zeros(labels.max() + 1, np.intp)
    rank[labels[np.argsort(-np.array(means), kind="stable")]] = np.arange(len(labels))
    of_words, of_units = rank[of_words], rank[of_units]
    rows = np.lexsort((-total, of_words))
    columns = np.lexsort((-np.abs(effects).sum(axis=0), of_units))
    return Groups(
        words=tuple(vocabulary.word_of(int(id_)) for id_ in ids[rows]),
        counts=tuple(index.sums.word_count[ids[rows]].tolist()),
        word_groups=of_words[rows],
        units=columns,
        unit_groups=of_units[columns],
        effects=effects[rows][:, columns],
    )
