"""Many points of many dimensions on a plane: by PCA at once, by t-SNE in a process of its own.

Symbols: N points, D dimensions.
"""

import io
import re
from contextlib import redirect_stdout
from dataclasses import dataclass

import numpy as np

from lstm_core.progress import Progress, ProgressCallback
from lstm_core.recurrent.lstm import Floats

SEED = 0
STEPS = 500  # of t-SNE
PERPLEXITY = 30.0


@dataclass(frozen=True)
class Plane:
    """Points on a plane.

    Attributes:
        points: ``(N, 2)``.
        explained: Share of the variance along each axis; empty for t-SNE, whose axes mean nothing.
    """

    points: Floats
    explained: tuple[float, ...] = ()


def pca(values: Floats) -> Plane:
    """The two directions in which the points spread most (Pearson 1901), by scikit-learn.

    The sign of each axis is fixed: its largest component is positive.
    """
    from sklearn.decomposition import PCA

    size = min(2, *values.shape)
    if len(values) < 2:  # nothing spreads
        return Plane(np.zeros((len(values), 2), np.float32), (0.0,) * size)
    with np.errstate(invalid="ignore"):  # equal points have no variance to take shares of
        found = PCA(size, svd_solver="covariance_eigh").fit(values.astype(np.float64))
    axes = found.components_  # (2, D)
    signs = np.sign(np.take_along_axis(axes, np.abs(axes).argmax(axis=1)[:, None], axis=1))
    points = np.zeros((len(values), 2), np.float32)
    points[:, :size] = (values - found.mean_) @ (axes * signs).T
    shares = found.explained_variance_ / max(float(values.var(axis=0, ddof=1).sum()), 1e-12)
    return Plane(points, tuple(float(one) for one in shares))


def sample(count: int, most: int) -> np.ndarray:
    """Rows of a fixed random sample, ascending: all of them when there are few."""
    if count <= most:
        return np.arange(count)
    return np.sort(np.random.default_rng(SEED).choice(count, most, replace=False))


def tsne(values: Floats, progress: ProgressCallback) -> Floats:
    """t-SNE (van der Maaten & Hinton 2008) from the PCA's plane, seeded: ``(N, 2)``.

    Args:
        values: The points, ``(N, D)``, at least four.
        progress: Told every fifty steps.
    """
    from sklearn.manifold import TSNE
    from threadpoolctl import threadpool_limits

    run = TSNE(
        perplexity=min(PERPLEXITY, (len(values) - 1) / 3),
        init="pca",
        random_state=SEED,
        max_iter=STEPS,
        verbose=2,
    )
    # One thread: on a busy machine two of them mostly wait for each other.
    with threadpool_limits(1), redirect_stdout(_ProgressStream(progress)):
        return np.asarray(run.fit_transform(values), np.float32)


class _ProgressStream(io.TextIOBase):
    """Turns what t-SNE prints into progress."""

    def __init__(self, progress: ProgressCallback) -> None:
        self._progress = progress

    def write(self, text: str) -> int:
        """Take one piece of the output."""
        if found := re.search(r"Iteration (\d+)", text):
            self._progress(Progress("arranging the points", int(found[1]), STEPS))
        return len(text)
