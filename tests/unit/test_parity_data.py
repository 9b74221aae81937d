"""The trace against Keras on a thousand real test reviews; needs the full data set."""

from pathlib import Path

import pytest

from lstm_core import SentimentModel
from lstm_core.datasets import Corpus
from lstm_core.model.keras_parity import TOLERANCE, compare_with_keras
from lstm_core.paths import SHIPPED_MODEL

REVIEWS = 1_000


@pytest.mark.keras
@pytest.mark.data
def test_every_quantity_equals_keras_on_real_reviews(imdb_corpus: Corpus) -> None:
    texts = imdb_corpus.test.texts[:REVIEWS]
    found = compare_with_keras(Path(SHIPPED_MODEL), texts)
    assert found.texts == REVIEWS
    assert found.largest <= TOLERANCE == 1e-5, found.by_quantity


@pytest.mark.data
def test_contributions_sum_to_the_logit_on_real_reviews(imdb_corpus: Corpus) -> None:
    model = SentimentModel.load()
    for text in imdb_corpus.test.texts[:REVIEWS]:
        trace = model.trace(text)
        total = float(trace.contributions.sum()) + trace.bias
        assert total == pytest.approx(float(trace.logits[-1]), abs=1e-4)
