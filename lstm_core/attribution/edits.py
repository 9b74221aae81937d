"""Small edits of a review: drop a word, swap two neighbours, replace one; as ids and as text.

An edit is made to the words of the whole text, so that what was cut off before moves in when a
word is dropped: the ids of an edited review are those of the edited text.

Symbols: V word ids, T places.
"""

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

import numpy as np

from lstm_core.errors import InputError
from lstm_core.model.sentiment_model import SentimentModel
from lstm_core.recurrent.backward import fed, logits_and_gradients, unroll
from lstm_core.recurrent.lstm import Floats, Ids, LstmForward
from lstm_core.recurrent.trace import Trace
from lstm_core.text import FIRST_WORD, Encoding, Vocabulary, find_words, stack_rows

SIGNS = ("So", "Sk", "Mn", "Cf")  # categories of emoji and their modifiers
COMMON = 3_000  # only the most frequent words are proposed: the vectors of rare ones are rough
MODELS = 4  # whose constants are kept
CHECKED = 48  # replacements that are run of each kind of promising ones


class EditKind(StrEnum):
    """What is done to a word."""

    DROP = "drop"
    SWAP = "swap"
    REPLACE = "replace"


@dataclass(frozen=True, slots=True)
class Edit:
    """One edit."""

    kind: EditKind  # what is done
    place: int  # place of the word; a swap changes it with the next one
    word: str = ""  # what replaces it, empty otherwise

    @property
    def places(self) -> tuple[int, ...]:
        """Places whose words are touched."""
        return (self.place, self.place + 1) if self.kind is EditKind.SWAP else (self.place,)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an edit leads to."""

    edit: Edit
    probability: float


def edited_ids(
    encoding: Encoding, vocabulary: Vocabulary, variants: Sequence[Sequence[Edit]]
) -> Ids:
    """Ids of a review after each set of edits: ``(N, T)``."""
    first = encoding.first_word
    words = [*encoding.ids[first:].tolist(), *vocabulary.ids_of(encoding.unread_words)]
    rows = []
    for edits in variants:
        row: list[int | None] = list(words)
        for edit in edits:
            at = edit.place - first
            if edit.kind is EditKind.DROP:
                row[at] = None
            elif edit.kind is EditKind.SWAP:
                row[at], row[at + 1] = row[at + 1], row[at]
            else:
                row[at] = vocabulary.id_of(edit.word)
        rows.append([id_ for id_ in row if id_ is not None][: encoding.maxlen - 1])
    return stack_rows(rows, encoding.maxlen)


def edited_text(encoding: Encoding, edits: Iterable[Edit]) -> str:
    """The review's text after edits; capitals at the beginning of a word are kept."""
    text = encoding.text
    for edit in sorted(edits, key=lambda edit: -edit.place):
        spans = [encoding.spans[place] for place in edit.places]
        one = spans[0]
        assert one is not None
        if edit.kind is EditKind.DROP:
            before = text[: one.start]
            after = text[one.end :]
            gap = " " if before[-1:].isspace() and after[:1].isspace() else ""
            if gap:
                before, after = before.rstrip(" "), after.lstrip(" ")
            text = before + (gap or _blank(before, after)) + after
        elif edit.kind is EditKind.SWAP:
            two = spans[1]
            assert two is not None
            before, middle, after = text[: one.start], text[one.end : two.start], text[two.end :]
            first, second = text[one.start : one.end], text[two.start : two.end]
            middle = middle or _blank(second, first)
            text = before + _blank(before, second) + second + middle
            text += first + _blank(first, after) + after
        else:
            word = edit.word
            if text[one.start].isupper():
                word = word[:1].upper() + word[1:]
            before, after = text[: one.start], text[one.end :]
            text = before + _blank(before, word) + word + _blank(word, after) + after
    return text


def _blank(before: str, after: str) -> str:
    """A blank where two pieces of text would become one word: "great👍film" without the emoji."""
    ends = (before[-1:], after[:1])
    joined = all(one.isalnum() or unicodedata.category(one or " ") in SIGNS for one in ends)
    return " " if joined else ""


def outcomes(
    model: SentimentModel, encoding: Encoding, edits: Sequence[Edit]
) -> tuple[Outcome, ...]:
    """P(positive) after each of the edits, made alone."""
    if not edits:
        return ()
    for edit in edits:
        _check(encoding, edit)
    said = model.predict_ids(edited_ids(encoding, model.vocabulary, [(edit,) for edit in edits]))
    return tuple(Outcome(edit, float(p)) for edit, p in zip(edits, said, strict=True))


def one_word(text: str) -> str:
    """The single word of a typed text, as the encoder reads it.

    Raises:
        InputError: When it holds none, or several.
    """
    words = [word for word, _ in find_words(text)]
    if len(words) != 1:
        raise InputError(f"Type one word to put in; {len(words)} came in.")
    return words[0]


def common_words(vocabulary: Vocabulary) -> tuple[str, ...]:
    """The words that are proposed."""
    return vocabulary.words[:COMMON]


def nearest_words(
    model: SentimentModel, words: Sequence[str], count: int
) -> tuple[tuple[tuple[str, float], ...], ...]:
    """Common words whose vectors point most nearly the same way (cosine), without the word itself.

    Args:
        words: Words; an unknown one has no neighbours.
        count: How many neighbours each.

    Returns:
        For each word its neighbours, the nearest first, with their cosines.
    """
    common = common_words(model.vocabulary)
    ids = model.vocabulary.ids_of(words)
    asked = model.bundle.weights.embedding[ids]  # (N, E)
    cosines = _unit(asked) @ _common_directions(model).T  # (N, C)
    found: list[tuple[tuple[str, float], ...]] = []
    for word, row in zip(words, cosines, strict=True):
        if word not in model.vocabulary:
            found.append(())
            continue
        near = np.argpartition(-row, min(count, len(row) - 1))[: count + 1]
        ranked = near[np.argsort(-row[near], kind="stable")]
        best = [at for at in ranked if common[at] != word][:count]
        found.append(tuple((common[at], float(row[at])) for at in best))
    return tuple(found)


def embedding_gradients(forward: LstmForward, trace: Trace, common: int) -> Floats:
    """First-order change of the logit when a word is replaced by each common word.

    Returns:
        ``(S, C)`` from the first word on.
    """
    run = unroll(forward, trace)
    skip = trace.encoding.first_word - run.first
    _, gradients = logits_and_gradients(
        forward.weights, run.words[:, None], run.cells[0], run.hidden[0]
    )
    slope = gradients[skip:, 0]  # (S, 4D)
    table = _common_inputs(forward, common)  # (C, 4D)
    return slope @ table.T - (slope * run.words[skip:]).sum(axis=1, keepdims=True)


def top_single_edits(model: SentimentModel, sign: int, count: int) -> list[str]:
    """Common words that pull most to one side (1 positive, -1 negative) in a review of one word."""
    common = common_words(model.vocabulary)
    ranked = np.argsort(-sign * _common_alone(model), kind="stable")
    return [common[at] for at in ranked[:count]]


@lru_cache(maxsize=MODELS)
def _common_alone(model: SentimentModel) -> Floats:
    """Logit of a review of each common word alone, ``(C,)``: a constant of the model."""
    rows = [[id_] for id_ in model.vocabulary.ids_of(common_words(model.vocabulary))]
    return model.forward.logits(model.forward.final_states(stack_rows(rows, model.maxlen)))


@lru_cache(maxsize=MODELS)
def _common_inputs(forward: LstmForward, common: int) -> Floats:
    """What each common word feeds into the gates, ``(C, 4D)``: a constant of the model."""
    return fed(forward.weights, np.arange(FIRST_WORD, FIRST_WORD + common))


@lru_cache(maxsize=MODELS)
def _common_directions(model: SentimentModel) -> Floats:
    """Vectors of the common words, each of length 1, ``(C, E)``: a constant of the model."""
    count = len(common_words(model.vocabulary))
    return _unit(model.bundle.weights.embedding[FIRST_WORD : FIRST_WORD + count])


def antonym_candidates(
    model: SentimentModel, trace: Trace, place: int, count: int
) -> tuple[Outcome, ...]:
    """Common words that pull the review furthest to the side the word at a place pulls against.

    The word's pull is its effect against being left out. Those that are most promising by slope and
    those that are strongest alone are run.
    """
    encoding = trace.encoding
    dropped = outcomes(model, encoding, [Edit(EditKind.DROP, place)])[0].probability
    sign = -1 if trace.verdict_probability >= dropped else 1
    common = common_words(model.vocabulary)
    row = embedding_gradients(model.forward, trace, len(common))[
        place - encoding.first_word
    ]  # (C,)
    steep = [common[at] for at in np.argsort(-sign * row, kind="stable")[:CHECKED]]
    words = dict.fromkeys([*steep, *top_single_edits(model, sign, CHECKED)])
    edits = [Edit(EditKind.REPLACE, place, word) for word in words if word != encoding.words[place]]
    found = outcomes(model, encoding, edits)
    return tuple(sorted(found, key=lambda one: -sign * one.probability)[:count])


def _unit(vectors: Floats) -> Floats:
    size = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.maximum(size, np.float32(1e-12))


def _check(encoding: Encoding, edit: Edit) -> None:
    if not encoding.first_word <= edit.places[0] <= edit.places[-1] < encoding.maxlen:
        raise InputError(
            f"An edit at place {edit.place} came in; the words of this review stand at the places "
            f"{encoding.first_word} to {encoding.maxlen - 1}."
        )
