"""Phrases that sum to the logit, edits as ids and as text, and the smallest edit that turns."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lstm_core.attribution.counterfactuals import (
    EditStrategy,
    minimal_counterfactuals,
)
from lstm_core.attribution.edits import (
    Edit,
    EditKind,
    antonym_candidates,
    edited_ids,
    edited_text,
    nearest_words,
    one_word,
    outcomes,
)
from lstm_core.attribution.phrases import phrase_grid, split_phrase
from lstm_core.errors import InputError
from lstm_core.model.sentiment_model import shipped_model
from lstm_core.recurrent.trace import UNDECIDED_FROM, UNDECIDED_TO

TEXT = "It is NOT a bad film, and the Songs are lovely; I was never bored."
LONG = "One slow, clever and wonderful story. " * 20 + "Boring at the end."


def place_of(word: str, text: str = TEXT) -> int:
    return shipped_model().encode(text).words.index(word)


@pytest.mark.parametrize("text", [TEXT, LONG, "bad"])
def test_the_parts_of_a_phrase_sum_to_the_logit(text: str) -> None:
    model = shipped_model()
    trace = model.trace(text)
    first = trace.encoding.first_word
    last = min(first + 3, model.maxlen - 1)
    found = split_phrase(model.forward, trace, first, last)
    total = found.own + found.others + found.silent + found.joint
    assert total == pytest.approx(float(trace.logits[-1]), abs=1e-5)
    assert len(found.words) == last + 1 - first
    words = trace.encoding.words
    without = " ".join((*words[last + 1 :], *trace.encoding.unread_words))
    if not trace.encoding.unread_words:
        other = float(model.trace(without).logits[-1])
        assert found.taken_out == pytest.approx(found.logit - other, abs=1e-5)


def test_a_phrase_of_one_word_is_that_word() -> None:
    model = shipped_model()
    trace, at = model.trace(TEXT), place_of("bad")
    found = split_phrase(model.forward, trace, at, at)
    assert found.words == pytest.approx([found.own], abs=1e-6)


def test_the_grid_holds_every_part_of_the_phrase() -> None:
    model = shipped_model()
    trace, first, last = model.trace(TEXT), place_of("not"), place_of("film")
    grid = phrase_grid(model.forward, trace, first, last)
    assert grid.shape == (4, 4) and np.isfinite(grid).sum() == 10
    whole = split_phrase(model.forward, trace, first, last)
    assert grid[3, 0] == pytest.approx(whole.own, abs=1e-5)
    np.testing.assert_allclose(grid[0], whole.words, atol=1e-5)
    pair = split_phrase(model.forward, trace, first + 1, first + 2)
    assert grid[1, 1] == pytest.approx(pair.own, abs=1e-5)


@pytest.mark.parametrize(("first", "last"), [(0, 3), (79, 78), (78, 80)])
def test_a_phrase_outside_the_words_is_refused(first: int, last: int) -> None:
    model = shipped_model()
    with pytest.raises(InputError, match="places"):
        split_phrase(model.forward, model.trace("two words"), first, last)


@settings(max_examples=60)
@given(st.data())
def test_edited_ids_are_those_of_the_edited_text(data: st.DataObject) -> None:
    model = shipped_model()
    encoding = model.encode(data.draw(st.sampled_from([TEXT, LONG, "Bad, bad!", "one"])))
    places = st.integers(encoding.first_word, encoding.maxlen - 1)
    edits: list[Edit] = []
    for _ in range(data.draw(st.integers(1, 4))):
        kind, place = data.draw(st.sampled_from(EditKind)), data.draw(places)
        edit = Edit(kind, place, "superb" if kind is EditKind.REPLACE else "")
        touched = {p for one in edits for p in one.places}
        if not touched & set(edit.places) and edit.places[-1] < encoding.maxlen:
            edits.append(edit)
    ids = edited_ids(encoding, model.vocabulary, [edits])[0]
    text = edited_text(encoding, edits)
    assert list(ids) == list(model.encode(text).ids), text


@pytest.mark.parametrize("text", ["great👍film", "so ❤️film👍👍bad, good", "“great”—film"])
def test_edits_beside_emoji_join_no_words(text: str) -> None:
    model = shipped_model()
    encoding = model.encode(text)
    places = range(encoding.first_word, encoding.maxlen)
    edits = [Edit(EditKind.DROP, at) for at in places]
    edits += [Edit(EditKind.REPLACE, at, "fine") for at in places]
    edits += [Edit(EditKind.SWAP, at) for at in places[:-1]]
    for edit in edits:
        ids = edited_ids(encoding, model.vocabulary, [(edit,)])[0]
        assert model.encode(edited_text(encoding, [edit])).ids.tolist() == ids.tolist()


def test_edited_text_reads_like_text() -> None:
    encoding = shipped_model().encode(TEXT)
    drop = edited_text(encoding, [Edit(EditKind.DROP, place_of("not"))])
    assert drop.startswith("It is a bad film, and")
    swap = edited_text(encoding, [Edit(EditKind.SWAP, place_of("film"))])
    assert "a bad and, film the" in swap
    put = edited_text(encoding, [Edit(EditKind.REPLACE, place_of("songs"), "jokes")])
    assert "the Jokes are" in put


def test_outcomes_are_the_models_own_numbers() -> None:
    model = shipped_model()
    encoding = model.encode(TEXT)
    edits = [Edit(EditKind.DROP, place_of("never")), Edit(EditKind.SWAP, place_of("bad"))]
    for one in outcomes(model, encoding, edits):
        said = float(model.predict([edited_text(encoding, [one.edit])])[0])
        assert one.probability == pytest.approx(said, abs=1e-6)
    assert outcomes(model, encoding, []) == ()
    with pytest.raises(InputError, match="places"):
        outcomes(model, encoding, [Edit(EditKind.SWAP, model.maxlen - 1)])


def test_neighbours_are_near_and_opposites_pull_the_other_way() -> None:
    model = shipped_model()
    near, none = nearest_words(model, ["terrible", "zzyzzx"], 5)
    assert len(near) == 5 and none == () and "terrible" not in dict(near)
    cosines = [cosine for _, cosine in near]
    assert cosines == sorted(cosines, reverse=True) and cosines[0] <= 1.001
    trace = model.trace("A wonderful film.")
    other = antonym_candidates(model, trace, place_of("wonderful", "A wonderful film."), 5)
    assert len(other) == 5
    assert all(one.probability < trace.verdict_probability for one in other)
    assert other[0].probability <= other[-1].probability < 0.5


def test_only_one_word_can_be_put_in() -> None:
    assert one_word(" Superb! ") == "superb"
    for text in ("", "two words", "..."):
        with pytest.raises(InputError, match="one word"):
            one_word(text)


@pytest.mark.parametrize("text", [TEXT, LONG, "I loved it", "A dull and boring film.", "zz yy"])
def test_the_smallest_edit_turns_the_verdict_when_it_is_made(text: str) -> None:
    model = shipped_model()
    trace = model.trace(text)
    found = minimal_counterfactuals(model, trace)
    assert [one.way for one in found] == list(EditStrategy)
    positive = trace.verdict_probability >= 0.5

    def flipped(p: float) -> bool:
        """Whether a probability is on the other side of the undecided band."""
        return p <= UNDECIDED_FROM if positive else p >= UNDECIDED_TO

    for one in found:
        assert flipped(one.probability) == bool(one.edits)
        if one.edits:
            said = float(model.predict([edited_text(trace.encoding, one.edits)])[0])
            assert said == pytest.approx(one.probability, abs=1e-5)


def test_one_word_that_is_enough_is_found_among_all() -> None:
    model = shipped_model()
    text = "The acting is fine and the songs are fine but the film is boring."
    trace = model.trace(text)
    first = trace.encoding.first_word
    drops = [Edit(EditKind.DROP, place) for place in range(first, model.maxlen)]
    enough = [o for o in outcomes(model, trace.encoding, drops) if o.probability >= 0.5]
    all_kinds = minimal_counterfactuals(model, trace)
    found = next(one for one in all_kinds if one.way is EditStrategy.DROP)
    assert trace.verdict_probability < 0.5
    if enough:
        assert len(found.edits) == 1 and found.certain and found.tried == len(drops)
    else:
        assert len(found.edits) != 1


def test_a_review_without_words_has_nothing_to_edit() -> None:
    model = shipped_model()
    assert minimal_counterfactuals(model, model.trace("")) == ()
