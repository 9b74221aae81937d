"""Training: the one part that needs TensorFlow, imported when a training starts."""

from lstm_core.training.article.model import train_lstm

__all__ = ["train_lstm"]
