"""The encoder: the article's rules, offsets that hold, any text at all."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lstm_core.errors import InputError
from lstm_core.text import (
    FIRST_WORD,
    PAD,
    START,
    UNKNOWN,
    Kind,
    Vocabulary,
    decode,
    encode,
    encode_many,
    encode_windows,
    find_words,
    split_words,
)

VOCABULARY = Vocabulary(["the", "film", "good", "not", "don't"], num_words=20)
MAXLEN = 8
WORDS = st.lists(st.sampled_from(VOCABULARY.words), max_size=MAXLEN - 1)


def test_a_short_review_gets_zeros_in_front_and_a_start() -> None:
    encoding = encode("The film: GOOD!", VOCABULARY, MAXLEN)
    assert encoding.ids.tolist() == [0, 0, 0, 0, 1, 4, 5, 6]
    assert encoding.ids.dtype == np.int32
    assert encoding.words[4:] == ("(start)", "the", "film", "good")
    assert encoding.kinds[:5] == (Kind.PADDING,) * 4 + (Kind.START,)
    assert (encoding.pad_count, encoding.first_word, encoding.read_count) == (4, 5, 3)
    assert encoding.unread == ""


def test_of_a_long_review_the_first_places_are_kept() -> None:
    encoding = encode("good film the not good film the; not read, at all", VOCABULARY, MAXLEN)
    assert encoding.ids.tolist() == [1, 6, 5, 4, 7, 6, 5, 4]
    assert encoding.unread == "not read, at all"
    assert encoding.unread_words == ("not", "read", "at", "all")
    assert encoding.word_count == 11


def test_unknown_words_become_two_and_keep_their_spelling() -> None:
    encoding = encode("the flim", VOCABULARY, MAXLEN)
    assert encoding.ids[-1] == UNKNOWN
    assert encoding.words[-1] == "flim"
    assert encoding.unknown == (MAXLEN - 1,)
    assert encoding.known_count == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Good<br />film<BR>the<br/>end", ["good", "film", "the", "end"]),
        ("a<b and c>d", ["a", "b", "and", "c", "d"]),
        ("Don't; 'quote' it's", ["don't", "quote", "it's"]),
        (
            "tab\tline\nform\x0cspace\u2003nbsp\u00a0end",
            ["tab", "line", "form", "space", "nbsp", "end"],
        ),
        ("¿Qué? 10/10 — ok", ["qué", "10", "10", "ok"]),
        ("", []),
        ("...!?", []),
    ],
)
def test_words(text: str, words: list[str]) -> None:
    assert split_words(text) == words


def test_the_words_are_those_of_keras_own_splitting() -> None:
    text = 'A "fine" film_noir; (really)? 50% [sic] @home: ~ok~ {x} `y` a\\b c|d e^f g=h i+j'
    lowered = text.lower()
    for sign in '!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n':
        lowered = lowered.replace(sign, " ")
    assert split_words(text) == lowered.split()


@given(st.text(max_size=400))
def test_any_text_encodes_to_ids_in_range(text: str) -> None:
    encoding = encode(text, VOCABULARY, MAXLEN)
    assert encoding.ids.shape == (MAXLEN,)
    assert 0 <= encoding.ids.min() and encoding.ids.max() < VOCABULARY.num_words
    assert (encoding.ids == encode_many([text], VOCABULARY, MAXLEN)[0]).all()


@given(st.text(max_size=400))
def test_offsets_point_at_the_word(text: str) -> None:
    encoding = encode(text, VOCABULARY, MAXLEN)
    at = 0
    for word, span in zip(encoding.words, encoding.spans, strict=True):
        if span is not None:
            assert at <= span.start < span.end <= encoding.unread_start
            assert word in split_words(text[span.start : span.end])
            at = span.end
    if "<" not in text:
        assert split_words(encoding.unread) == list(encoding.unread_words)


def test_unknown_ids_decode_to_something_unknown() -> None:
    ids = encode("the flim good", VOCABULARY, MAXLEN).ids
    assert (encode(decode(ids, VOCABULARY), VOCABULARY, MAXLEN).ids == ids).all()


@given(WORDS)
def test_encode_of_decode_is_the_identity(words: list[str]) -> None:
    ids = encode(" ".join(words), VOCABULARY, MAXLEN).ids
    assert (encode(decode(ids, VOCABULARY), VOCABULARY, MAXLEN).ids == ids).all()


@given(st.text(max_size=600))
def test_windows_hold_every_word_once(text: str) -> None:
    ids, owners = encode_windows([text, "the"], VOCABULARY, MAXLEN)
    of_first = ids[owners == 0]
    read = [int(i) for row in of_first for i in row if i not in (PAD, START)]
    assert read == VOCABULARY.ids_of(split_words(text))
    assert [int(i) for row in of_first for i in row if i != PAD] == [START, *read]
    np.testing.assert_array_equal(of_first[0], encode(text, VOCABULARY, MAXLEN).ids)
    assert (of_first[:-1] != PAD).all()
    assert owners.tolist().count(1) == 1


@given(st.text(max_size=300))
def test_both_ways_of_finding_words_agree(text: str) -> None:
    assert [word for word, _ in find_words(text)] == split_words(text)


def test_a_vocabulary_is_ranked_by_count_then_alphabet() -> None:
    vocabulary = Vocabulary.from_texts(["b a b", "c a", "d"], num_words=FIRST_WORD + 3)
    assert vocabulary.words == ("a", "b", "c")
    assert vocabulary.id_of("a") == FIRST_WORD
    assert vocabulary.id_of("d") == UNKNOWN


def test_ids_of_keras_word_index_are_rank_plus_three() -> None:
    vocabulary = Vocabulary.from_word_index({"the": 1, "and": 2, "a": 3}, num_words=6)
    assert [vocabulary.id_of(word) for word in ("the", "and", "a")] == [4, 5, 2]


@pytest.mark.parametrize("words", [["a", "a"], ["a"] + [str(n) for n in range(20)]])
def test_a_vocabulary_refuses_repeats_and_overflow(words: list[str]) -> None:
    with pytest.raises(InputError):
        Vocabulary(words, num_words=20)


@pytest.mark.parametrize("value", [None, b"bytes", 3, ["a"]])
def test_what_is_no_text_is_refused_with_a_sentence(value: object) -> None:
    with pytest.raises(InputError, match="must be a text"):
        encode(value, VOCABULARY, MAXLEN)  # type: ignore[arg-type]


def test_a_megabyte_is_read_quickly_and_counted() -> None:
    encoding = encode("good film " * 100_000, VOCABULARY, MAXLEN)
    assert encoding.word_count == 200_000
