"""SimpleRNN, GRU and LSTM of the lesson: what ships, and what is measured on a review."""

import numpy as np
import pytest

from lstm_core.lesson.cells import FOLDER, cell_models, compare_cells
from lstm_core.lesson.content import text_block

LONG = text_block("cells", "review")


def test_three_models_of_the_same_data_and_sizes_ship_in_three_mebibytes() -> None:
    cards = [model.card for model in cell_models().values()]
    assert len({card.data for card in cards}) == len({card.sizes for card in cards}) == 1
    assert sum(path.stat().st_size for path in FOLDER.rglob("*") if path.is_file()) <= 3 * 2**20
    kinds = [model.classifier.layers[0].kind for model in cell_models().values()]
    assert kinds == ["SimpleRNN", "GRU", "LSTM"]


def test_the_gradient_of_the_simple_cell_vanishes_first() -> None:
    simple, gru, lstm = compare_cells(LONG)
    assert simple.reach < min(gru.reach, lstm.reach)
    assert simple.first_to_last < min(gru.first_to_last, lstm.first_to_last)
    assert simple.parameters < gru.parameters < lstm.parameters


@pytest.mark.parametrize("text", ["", "xqzw", "good", LONG])
def test_every_text_can_be_compared(text: str) -> None:
    for one in compare_cells(text):
        assert np.isfinite(one.norms).all() and len(one.norms) == 80
        assert 1 <= one.reach <= 80 and 0 <= one.trace.verdict_probability <= 1
        assert len(one.left) == one.trace.encoding.read_count
