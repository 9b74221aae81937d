"""Sequences that share the beginning of a known one end as they do when run whole."""

import numpy as np

from lstm_core import SentimentModel
from lstm_core.recurrent.shared_prefix import final_states_beside


def test_what_is_shared_changes_nothing() -> None:
    model = SentimentModel.load()
    rng = np.random.default_rng(0)
    for text in ("a good film", "a dull film with a good end " * 30, ""):
        trace = model.trace(text)
        ids = np.repeat(trace.encoding.ids[None], 600, axis=0)
        rows, places = np.arange(599), rng.integers(0, model.maxlen, 599)
        ids[rows, places] = rng.integers(4, 1_000, 599)  # the last one is the known sequence
        found = final_states_beside(model.forward, ids, trace.encoding.ids, trace)
        np.testing.assert_allclose(found, model.forward.final_states(ids), atol=2e-6)
