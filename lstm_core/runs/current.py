"""The current model of a run; while it trains, with the weights that it wrote last."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from lstm_core.errors import RunError
from lstm_core.files import stamp
from lstm_core.model.sentiment_model import SentimentModel
from lstm_core.paths import SHIPPED_MODEL
from lstm_core.recurrent.lstm import LstmForward
from lstm_core.recurrent.trace import Trace, as_trace
from lstm_core.runs.arrays import read_weights
from lstm_core.runs.controls_file import watch_weights
from lstm_core.runs.epochs import kept_epochs, model_epoch
from lstm_core.runs.folder import folder_of
from lstm_core.runs.schema import Run
from lstm_core.runs.snapshots import read_vocabulary
from lstm_core.text import Vocabulary, encode


@dataclass(frozen=True, eq=False)
class CurrentModel:
    """Weights of a run and how to read a review with them."""

    step: int  # steps done when the weights were so
    forward: LstmForward  # the forward pass
    vocabulary: Vocabulary  # the words of the ids

    def trace(self, review: str) -> Trace:
        """Every value inside the model while it reads a review."""
        encoding = encode(review, self.vocabulary, self.forward.maxlen)
        return as_trace(self.forward, encoding, self.forward.steps(encoding.ids))


def current_model(run: Run) -> CurrentModel | None:
    """The newest weights of a run, None before the first ones are there.

    Looking at a run that trains asks it to write its weights about once a second.
    """
    folder = folder_of(run.name)
    if run.alive:
        watch_weights(folder)
        path = folder.current
    elif run.is_example or run.bundle_is_current:
        bundle = SHIPPED_MODEL if run.is_example else folder.bundle
        model = _bundle(bundle, stamp(bundle / "card.json"))
        epoch = model_epoch(run)
        step = next((point.step for point in run.points if point.epoch == epoch), run.step)
        return CurrentModel(step, model.forward, model.vocabulary)
    elif kept := kept_epochs(folder):
        path = kept[-1].path
    else:
        return None
    try:
        step, forward = _weights(path, stamp(path), run.request.settings.maxlen)
        vocabulary = read_vocabulary(folder, forward.weights.num_words)
    except RunError:
        return None
    return CurrentModel(min(step, run.step), forward, vocabulary)


@lru_cache(maxsize=4)  # read about once a second for every visitor who looks
def _weights(path: Path, _stamp: tuple[int, int], maxlen: int) -> tuple[int, LstmForward]:
    weights, arrays = read_weights(path)
    return int(arrays["step"]), LstmForward(weights, maxlen)


@lru_cache(maxsize=4)
def _bundle(folder: Path, _stamp: tuple[int, int]) -> SentimentModel:
    return SentimentModel.load(folder)
