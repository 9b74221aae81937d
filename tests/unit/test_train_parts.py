"""What the training page stands on: the preview of a data set."""

from pathlib import Path
from typing import Any

import pytest

from lstm_core import train_lstm
from lstm_core.datasets import load_corpus
from lstm_core.datasets.preview import preview
from lstm_core.errors import InputError

pytestmark = pytest.mark.usefixtures("home")


def test_the_preview_counts_what_the_model_will_see(home: Path) -> None:
    table = home / "own.csv"
    rows = [f"good film good {n},1" for n in range(5)] + [f"bad {n},0" for n in range(5)]
    table.write_text("\n".join(["text,label", *rows]), encoding="utf-8")
    seen = preview(load_corpus(table), num_words=7, maxlen=4)
    assert (seen.train, seen.test, seen.positive) == (8, 2, 0.5)
    assert seen.known_words == 3
    assert seen.cut_reviews == 0.5  # four words of which three are read
    assert seen.cut_words == pytest.approx(4 / 24)
    assert seen.unknown == pytest.approx(4 / 20)  # of "bad n" the number
    assert [len(one.ids) for one, _ in seen.shown] == [4, 4, 4]


@pytest.mark.parametrize(
    ("x", "y", "settings", "says"),
    [
        ([], [], {}, "at least one review"),
        ([[1, 4], [1]], [0, 1], {}, "lists of different lengths"),
        ([[1, 4]], [0, 1], {"maxlen": 2}, "one per review"),
        ([[1, 4]], [2], {"maxlen": 2}, "must be 0 .* or 1"),
        ([[1, 4]], [1], {"maxlen": 2, "epochs": 0}, "epochs is 0"),
        ([[1, 4]], [1], {"maxlen": 2, "lstm_dim": 1.5}, "lstm_dim is 1.5"),
    ],
)
def test_what_the_articles_function_cannot_train_on_is_refused(
    x: list[Any], y: list[Any], settings: dict[str, Any], says: str
) -> None:
    with pytest.raises(InputError, match=says):
        train_lstm(x, y, x, y, **settings)
