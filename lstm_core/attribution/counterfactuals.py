"""The smallest edit that flips the prediction, of each kind: dropping, swapping, replacing.

Every single edit of a kind is tried, so when one is enough the smallest is found for certain. For
more, the best edit is taken, the most promising others are tried again with it, and so on; in the
end those that are not needed are taken back. That finds a small set, not always the smallest.

Symbols: N edits of a kind, K edits made together.
"""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import log

import numpy as np

from lstm_core.attribution.edits import (
    Edit,
    EditKind,
    common_words,
    edited_ids,
    embedding_gradients,
    nearest_words,
    top_single_edits,
)
from lstm_core.model.sentiment_model import SentimentModel
from lstm_core.recurrent.lstm import Floats, sigmoid
from lstm_core.recurrent.shared_prefix import final_states_beside
from lstm_core.recurrent.trace import UNDECIDED_TO, Trace

# Logit at the far edge of the undecided band: from there on a prediction counts as flipped.
MARGIN = log(UNDECIDED_TO / (1 - UNDECIDED_TO))
MOST_EDITS = 12  # together; a review that needs more is said not to turn
AHEAD = 24  # promising edits that are tried again after each one taken
NEAR = 6  # neighbours of each word
STEEP = 4  # common words for each place, the most promising by slope there
STRONG = 4  # and those that are strongest alone, the same for every place


class EditStrategy(StrEnum):
    """What the edits may be."""

    DROP = "drop"
    SWAP = "swap"
    NEAR = "near"
    ANY = "any"


@dataclass(frozen=True, slots=True)
class Counterfactual:
    """The smallest set of edits found of one kind."""

    way: EditStrategy  # the kind
    edits: tuple[Edit, ...]  # the edits in the order of the text; empty when none was found
    probability: float  # P(positive) after them; of the best try when none turns it
    tried: int  # how many reviews were run
    certain: bool  # whether no smaller set of this kind exists among the edits tried


def minimal_counterfactuals(model: SentimentModel, trace: Trace) -> tuple[Counterfactual, ...]:
    """The smallest edit of every kind that flips the prediction, beyond the undecided band.

    All kinds are searched side by side: what each wants to know next is run in one batch.
    """
    if not trace.encoding.read_count:
        return ()
    ways = tuple(EditStrategy)
    sign = -1 if trace.verdict_probability >= 0.5 else 1  # where the logit must go
    now = sign * float(trace.logits[-1])
    searches = [_search(candidates(model, trace, way), sign, way, now) for way in ways]
    found: dict[int, Counterfactual] = {}
    answers: dict[int, Floats | None] = dict.fromkeys(range(len(ways)))
    while answers:
        asked: dict[int, Variants] = {}
        for number, answer in answers.items():
            try:
                asked[number] = searches[number].send(answer)  # type: ignore[arg-type]
            except StopIteration as end:
                found[number] = end.value
        variants = [variant for some in asked.values() for variant in some]
        ids = edited_ids(trace.encoding, model.vocabulary, variants)
        final = final_states_beside(model.forward, ids, trace.encoding.ids, trace)
        pushed = sign * model.forward.logits(final)
        ends = np.cumsum([len(some) for some in asked.values()])
        answers = dict(zip(asked, np.split(pushed, ends[:-1]), strict=True)) if asked else {}
    return tuple(found[number] for number in range(len(ways)))


def candidates(model: SentimentModel, trace: Trace, way: EditStrategy) -> list[Edit]:
    """All single edits of a kind; of those that need a choice the nearest ones first."""
    encoding = trace.encoding
    places = range(encoding.first_word, encoding.maxlen)
    if way is EditStrategy.DROP:
        return [Edit(EditKind.DROP, place) for place in places]
    if way is EditStrategy.SWAP:
        return [
            Edit(EditKind.SWAP, place)
            for place in places[:-1]
            if encoding.ids[place] != encoding.ids[place + 1]
        ]
    if way is EditStrategy.NEAR:
        near = nearest_words(model, encoding.words[encoding.first_word :], NEAR)
        return [
            Edit(EditKind.REPLACE, place, word)
            for place, found in zip(places, near, strict=True)
            for word, _ in found
        ]
    common = common_words(model.vocabulary)
    sign = -1 if trace.verdict_probability >= 0.5 else 1
    promise = sign * embedding_gradients(model.forward, trace, len(common))  # (S, C)
    most = min(STEEP, len(common))
    best = np.argpartition(-promise, most - 1, axis=1)[:, :most]  # (S, STEEP)
    strong = top_single_edits(model, sign, STRONG)
    return [
        Edit(EditKind.REPLACE, place, word)
        for place, row in zip(places, best, strict=True)
        for word in dict.fromkeys([*(common[at] for at in row), *strong])
        if word != encoding.words[place]
    ]


Variants = Sequence[Sequence[Edit]]  # sets of edits; what is wanted are their logits
Search = Generator[Variants, Floats, Counterfactual]  # logits towards the other side, (N,)


def _search(edits: list[Edit], sign: int, way: EditStrategy, now: float) -> Search:
    """Single edits, then the best with the next best, then take back what is not needed."""
    if not edits:
        return Counterfactual(way, (), _said(now, sign), 0, True)
    alone = yield [(edit,) for edit in edits]  # (N,)
    tried, best = len(edits), int(alone.argmax())
    turning = np.flatnonzero(alone >= MARGIN)
    if len(turning):
        # Of those that are enough the one that changes the prediction least.
        gentle = int(turning[alone[turning].argmin()])
        return Counterfactual(way, (edits[gentle],), _said(alone[gentle], sign), tried, True)
    ranked = [edits[at] for at in np.argsort(-alone, kind="stable")]
    chosen, reached = [edits[best]], float(alone[best])
    while reached < MARGIN and len(chosen) < MOST_EDITS:
        ahead = [edit for edit in ranked if not _meet(edit, chosen)][:AHEAD]
        if not ahead:
            break
        pushed = yield [(*chosen, edit) for edit in ahead]
        tried += len(ahead)
        at = int(pushed.argmax())
        if pushed[at] <= reached:
            break
        chosen.append(ahead[at])
        reached = float(pushed[at])
    if reached < MARGIN:
        return Counterfactual(way, (), _said(reached, sign), tried, False)
    while len(chosen) > 2:  # drop edits without which the verdict still turns
        fewer = [chosen[:at] + chosen[at + 1 :] for at in range(len(chosen))]
        pushed = yield fewer
        tried += len(fewer)
        if pushed.max() < MARGIN:
            break
        chosen, reached = fewer[int(pushed.argmax())], float(pushed.max())
    return Counterfactual(
        way,
        tuple(sorted(chosen, key=lambda edit: edit.place)),
        _said(reached, sign),
        tried,
        len(chosen) == 2,  # no single one was enough
    )


def _meet(edit: Edit, chosen: Sequence[Edit]) -> bool:
    touched = {place for one in chosen for place in one.places}
    return any(place in touched for place in edit.places)


def _said(pushed: float, sign: int) -> float:
    """P(positive) for a logit towards the other side."""
    return float(sigmoid(np.array(sign * pushed, np.float32)))
