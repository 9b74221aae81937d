"""An imported model: any recurrent classifier with the encoding that it was trained with."""

from collections.abc import Iterable
from dataclasses import replace
from functools import cached_property, lru_cache

import numpy as np

from lstm_core import text
from lstm_core.errors import InputError
from lstm_core.model.bundle import Bundle
from lstm_core.model.sentiment_model import Layer, SentimentModel
from lstm_core.recurrent.classifier import Classifier, ClassifierForward, layer_units
from lstm_core.recurrent.lstm import Floats, LstmForward
from lstm_core.recurrent.running import ModelTrace, layer_states
from lstm_core.recurrent.trace import Trace

MOST_PREFIXES = 200  # beginnings of a review that a bidirectional model reads for its trace


class RecurrentModel(SentimentModel):
    """A model of another architecture or encoding than the article's.

    It predicts, encodes and traces like `SentimentModel`. P(positive) is the probability of one
    of its classes, `chosen`.

    Args:
        bundle: A bundle of such a model.
        chosen: The class whose probability is predicted; that of the card when left out.
    """

    reader: ClassifierForward

    def __init__(self, bundle: Bundle, chosen: int | None = None) -> None:
        assert isinstance(bundle.network, Classifier)
        self.bundle = bundle
        self.classifier = bundle.network
        self.chosen = bundle.card.positive if chosen is None else chosen
        self.reader = ClassifierForward(self.classifier, bundle.maxlen, self.chosen)
        self._by_class = {self.chosen: self}
        self._trace = lru_cache(maxsize=8)(self._traced)

    @property
    def forward(self) -> LstmForward:
        """Only the article's architecture has this forward pass: raises InputError."""
        self.bundle.weights  # noqa: B018 (raises, with the architecture)
        raise InputError("This model has no LstmForward.")

    @property
    def class_names(self) -> tuple[str, ...]:
        """Names of the classes."""
        return self.card.classes

    @property
    def class_name(self) -> str:
        """Name of the class whose probability is predicted."""
        return self.card.classes[self.chosen]

    @property
    def embedding(self) -> Floats:
        """The word vectors, float32 ``(V, E)``."""
        return self.classifier.embedding.weights()[0]

    def for_class(self, chosen: int) -> "RecurrentModel":
        """The same model, predicting the probability of another class."""
        if not 0 <= chosen < self.classifier.classes:
            raise InputError(
                f"Class {chosen} came in; this model has the classes 0 to "
                f"{self.classifier.classes - 1}."
            )
        if chosen not in self._by_class:
            self._by_class[chosen] = RecurrentModel(self.bundle, chosen)
        return self._by_class[chosen]

    def predict_classes(self, texts: Iterable[str]) -> Floats:
        """P of every class, float32 ``(N, K)``."""
        ids = text.encode_many(text.check_texts(texts), self.vocabulary, self.maxlen)
        found = self.classifier
        return found.probabilities(found.outputs(found.features(ids)))

    def trace(self, review: str | text.Encoding) -> Trace:
        """Only the article's architecture has this trace: raises InputError. See `model_trace`."""
        raise InputError(
            "trace() is that of the article's architecture. This model is another one: use "
            "model_trace(), or lstm_core.trace_model for its layers."
        )

    def running_trace(self, review: str) -> ModelTrace:
        """The same as `model_trace`."""
        return self.model_trace(review)

    def model_trace(self, review: str) -> ModelTrace:
        """Every value of every recurrent layer for a review; of the last few it is kept."""
        return self._trace(text.check_text(review))

    def _traced(self, review: str) -> ModelTrace:
        whole = self.encode(review)
        encoding = whole.without_padding_behind()
        places = encoding.maxlen
        states = [
            one
            for trace in self.classifier.traces(whole.ids[None])
            for one in layer_states(trace, places)
        ]
        outputs = self.classifier.outputs(self.classifier.features(whole.ids[None]))
        return ModelTrace(
            encoding=encoding,
            logits=self._running_logits(whole, encoding),
            classes=self.classifier.probabilities(outputs)[0],
            layers=tuple(states),
            padding_behind=whole.maxlen - places,
            empty_logit=self._empty_logit,
            class_name=self.class_name,
        )

    @cached_property
    def _empty_logit(self) -> float:
        """The logit of a review without words."""
        return float(self.reader.logits(self.reader.final_states(self.encode("").ids[None]))[0])

    def _running_logits(self, whole: text.Encoding, encoding: text.Encoding) -> Floats:
        """The logit after every place; the last one is that of the review.

        A model that reads forwards: what it would say if the sequence ended there. One that reads
        backwards as well has read nothing of a word before it has read all that follow: what it
        says to the beginning of the review up to there, as a review of its own.
        """
        final = self.reader.logits(self.reader.final_states(whole.ids[None]))
        if not self.classifier.bidirectional:
            found = self.reader.logits(self.classifier.running_features(whole.ids))
            found = found[: encoding.maxlen].copy()
        else:
            found = self._logits_of_beginnings(encoding)
        found[-1] = final[0]
        return np.asarray(found, np.float32)

    def _logits_of_beginnings(self, encoding: text.Encoding) -> Floats:
        """The logit of the review's beginning up to every place, ``(T,)``."""
        rules, first = self.vocabulary.rules, encoding.first_word
        words = [int(id_) for id_ in encoding.ids[first:]]
        if rules.start is not None and text.Kind.START not in encoding.kinds:
            rules = replace(rules, start=None)  # it was cut off with the words before
        ends = np.unique(np.linspace(0, len(words), min(len(words), MOST_PREFIXES) + 1).astype(int))
        rows = [text.places_of(words[:end], rules, self.maxlen) for end in ends]
        logits = self.reader.logits(self.reader.final_states(np.array(rows, np.int32)))
        at = np.searchsorted(ends, np.arange(len(words) + 1), side="right") - 1
        return np.concatenate([np.full(first, logits[0]), logits[at][1:]])

    def layers(self) -> tuple[Layer, ...]:
        """The layers with output shape and parameter count, in order."""
        found = []
        shape: tuple[int, ...] = (self.maxlen,)
        for spec in self.classifier.specs:
            if spec.kind == "Embedding":
                shape = (self.maxlen, self.classifier.embedding_dim)
            elif spec in self.classifier.layers:
                last = spec is self.classifier.layers[-1] and self.classifier.pooling is None
                shape = (layer_units(spec),) if last else (self.maxlen, layer_units(spec))
            elif spec.kind == "Dense":
                shape = (int(spec.config["units"]),)
            else:
                shape = shape[1:]
            parameters = sum(array.size for array in spec.weights())
            found.append(Layer(spec.name, shape, parameters))
        return tuple(found)
