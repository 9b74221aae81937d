"""LSTM Lens' core: train or load the IMDb sentiment LSTM, classify, and see every value inside it.

Importing this package imports no TensorFlow; each name is loaded when it is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lstm_core.datasets import load_imdb as load_imdb
    from lstm_core.model.model_trace import trace_model as trace_model
    from lstm_core.model.sentiment_model import SentimentModel as SentimentModel
    from lstm_core.recurrent.trace import Trace as Trace
    from lstm_core.text import Encoding as Encoding
    from lstm_core.training import train_lstm as train_lstm

_HOMES = {
    "SentimentModel": "lstm_core.model.sentiment_model",
    "Encoding": "lstm_core.text",
    "Trace": "lstm_core.recurrent.trace",
    "trace_model": "lstm_core.model.model_trace",
    "load_imdb": "lstm_core.datasets",
    "train_lstm": "lstm_core.training",
}
__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'lstm_core' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
