"""Two reviews over each other."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lstm_core.analysis.compare import Alignment, align, difference, max_difference_index, take
from lstm_core.figures.states import comparison
from lstm_core.model.sentiment_model import shipped_model
from lstm_core.text import Vocabulary, encode
from tests.unit.helpers import WORDS

MODEL = shipped_model()
WORD_LISTS = st.lists(st.sampled_from([*WORDS, "zebra"]), max_size=12)


def test_good_and_not_good_differ_by_one_word() -> None:
    a, b = MODEL.trace("This film is good."), MODEL.trace("This film is not good.")
    pairs = align(a.encoding, b.encoding, Alignment.WORD)
    assert pairs.labels == ("this", "film", "is", "– | not", "good")
    assert pairs.left.tolist()[3] == -1
    change = difference(a, b, "hidden_state", pairs)
    assert change is not None
    assert np.isnan(change[3]).all()
    last = b.hidden_state[-1] - a.hidden_state[-1]
    np.testing.assert_array_equal(change[4], last)
    assert max_difference_index(a, b, pairs) == 4


def test_reviews_differ_most_where_their_probabilities_are_farthest_apart() -> None:
    """At "good" the two meet again, although nowhere else the gap changes more."""
    a = MODEL.trace("It is not good, but the songs are great.")
    b = MODEL.trace("This film is not good.")
    pairs = align(a.encoding, b.encoding, Alignment.WORD)
    gaps = np.abs(take(a.probability, pairs.left) - take(b.probability, pairs.right))
    at = max_difference_index(a, b, pairs)
    assert at is not None and pairs.labels[at] == "not"
    assert gaps[at] == np.nanmax(gaps) > 5 * gaps[pairs.labels.index("good")]
    panel = comparison(a, b, "hidden_state", Alignment.WORD, range(32)).panels[0]
    assert panel.finding.endswith("“not”: A 39\xa0%, B 24\xa0%")
    same = comparison(a, a, "hidden_state", Alignment.WORD, range(32)).panels[0]
    assert same.finding == "The same at every common word"


def test_unrelated_words_never_stand_together() -> None:
    a, b = MODEL.trace("A beautiful film."), MODEL.trace("Not a film.")
    labels = align(a.encoding, b.encoding, Alignment.WORD).labels
    assert labels == ("– | not", "a", "beautiful | –", "film")
    a, b = MODEL.trace("The actor was good"), MODEL.trace("The actors were bad, not good")
    labels = align(a.encoding, b.encoding, Alignment.WORD).labels
    assert "actor | actors" in labels and labels[-1] == "good"
    both = [label for label in labels if " | " in label and "–" not in label]
    assert both == ["actor | actors"]


def test_the_alignment_has_the_least_edit_distance() -> None:
    # The longest common block ("x y") is not part of the best alignment.
    a, b = "good x y film bad old dull".split(), "x y good film bad old dull".split()
    traces = [MODEL.trace(" ".join(words)) for words in (a, b)]
    pairs = align(traces[0].encoding, traces[1].encoding, Alignment.WORD)
    assert ((pairs.left < 0) | (pairs.right < 0)).sum() == 2


def test_by_place_lines_up_the_ends() -> None:
    a, b = MODEL.trace("This film is good."), MODEL.trace("This film is not good.")
    pairs = align(a.encoding, b.encoding, Alignment.PLACE)
    assert pairs.left.tolist()[1:] == pairs.right.tolist()[1:]
    assert pairs.labels[0] == "– | this"
    assert pairs.labels[-1] == "good"


@given(left=WORD_LISTS, right=WORD_LISTS, by=st.sampled_from(Alignment))
def test_every_word_stands_in_order_exactly_once(
    left: list[str], right: list[str], by: Alignment
) -> None:
    vocabulary = Vocabulary(WORDS, 12)
    a, b = (encode(" ".join(words), vocabulary, 7) for words in (left, right))
    pairs = align(a, b, by)
    for places, encoding in ((pairs.left, a), (pairs.right, b)):
        assert places[places >= 0].tolist() == list(range(encoding.first_word, 7))
    assert ((pairs.left >= 0) | (pairs.right >= 0)).all()


def test_the_same_review_has_no_difference() -> None:
    a = MODEL.trace("A good film.")
    pairs = align(a.encoding, a.encoding, Alignment.WORD)
    change = difference(a, a, "cell_state", pairs)
    assert change is not None and not change.any()


@pytest.mark.parametrize("texts", [("", ""), ("", "good"), ("good", "")])
def test_nothing_in_common_is_said_so(texts: tuple[str, str]) -> None:
    a, b = (MODEL.trace(text) for text in texts)
    pairs = align(a.encoding, b.encoding, Alignment.WORD)
    assert max_difference_index(a, b, pairs) is None
    assert len(take(a.probability, pairs.left)) == len(pairs.labels)
