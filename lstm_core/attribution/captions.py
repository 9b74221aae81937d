"""What the pictures of the explanations page show, as sentences."""

from collections import Counter
from collections.abc import Sequence

from lstm_core.analysis.captions import (
    LEAST_SHOWN,
    instead_of,
    phrase_text,
    quoted,
    quoted_place,
    quoted_word,
)
from lstm_core.analysis.formatting import number, signed
from lstm_core.analysis.prediction import flips
from lstm_core.attribution.attribute import WordScores
from lstm_core.attribution.counterfactuals import MOST_EDITS, Counterfactual, EditStrategy
from lstm_core.attribution.edits import Edit, EditKind, Outcome
from lstm_core.attribution.faithfulness import RANDOM, FaithfulnessReport
from lstm_core.attribution.occlusion import MaskingStrategy
from lstm_core.attribution.phrases import Phrase
from lstm_core.attribution.registry import NOTES, Method
from lstm_core.metrics import Interval
from lstm_core.recurrent.lstm import Floats
from lstm_core.recurrent.running import RunningTrace
from lstm_core.recurrent.trace import Trace
from lstm_core.text import Encoding

WAYS = {
    EditStrategy.DROP: "dropping words",
    EditStrategy.SWAP: "swapping neighbours",
    EditStrategy.NEAR: "replacing words by near ones",
    EditStrategy.ANY: "replacing words by common ones",
}

MASKED = {
    MaskingStrategy.DELETE: "deleted",
    MaskingStrategy.REPLACE_WITH_UNK: "replaced by [UNK]",
}


def strongest_caption(trace: RunningTrace, found: Sequence[WordScores]) -> str:
    """Which word most methods call the strongest."""
    first = trace.encoding.first_word
    if first >= trace.encoding.maxlen:
        return "No word has been read"
    scores = [abs(one.scores[first:]) for one in found]
    tops = Counter(first + int(one.argmax()) for one in scores if one.max() >= LEAST_SHOWN)
    if not tops:
        return f"No method gives a word more than {LEAST_SHOWN}"
    count = tops.most_common(1)[0][1]
    name, *others = (quoted(trace, at) for at, _ in tops.most_common())
    if count == len(found):
        return f"All {count} methods rank {name} highest"
    listed = " or ".join(filter(None, (", ".join(others[:-1]), *others[-1:])))
    rest = f"; others {listed}" if others else ""
    ranks = "ranks" if count == 1 else "rank"
    return f"{count} of {len(found)} methods {ranks} {name} highest{rest}"


def agreement_caption(methods: Sequence[Method], found: Floats) -> str:
    """Which two methods agree most, and which least."""
    pairs = [
        (float(found[a, b]), methods[a], methods[b])
        for a in range(len(methods))
        for b in range(a)
        if found[a, b] == found[a, b]
    ]
    if not pairs:
        return "Too few words for an order"
    most, least = max(pairs), min(pairs)

    def named(pair: tuple[float, Method, Method]) -> str:
        names = sorted((NOTES[one].inner_name for one in pair[1:]), key=str.casefold)
        return f"{' and '.join(names)} ({number(pair[0])})"

    if len(pairs) == 1:
        return f"Rank correlation: {named(most)}"
    return f"Most alike: {named(most)}; least: {named(least)}"


def name_of(method: str) -> str:
    """A method's name in the middle of a sentence."""
    return "random" if method == RANDOM else NOTES[Method(method)].inner_name


def faithfulness_caption(report: FaithfulnessReport, removal: str) -> str:
    """Which method is most faithful under one masking strategy, and which are level with it."""
    best, level = report.best(removal), report.level_with_best(removal)
    area = f"{100 * report.score(best, removal).value.value:.1f} %"
    if level:
        return f"Most faithful: {name_of(best)} (area {area}); level with it: {listed_names(level)}"
    ranked = [name for name in report.rank_methods(removal) if name not in (RANDOM, best)]
    behind = _points(report.score(ranked[0], removal).behind)
    return f"Most faithful: {name_of(best)} (area {area}); {name_of(ranked[0])} is {behind} behind"


def listed_names(methods: Sequence[Method]) -> str:
    """Names of methods in a sentence: "a, b and c"."""
    names = [name_of(method) for method in methods]
    return " and ".join([", ".join(names[:-1]), names[-1]] if names[1:] else names)


def fast_caption(report: FaithfulnessReport) -> str:
    """Why the words are coloured by the fast method that is: how far it is behind the best."""
    parts = []
    for removal in MaskingStrategy:
        behind = report.score(report.fast, removal).behind
        best = report.best(removal)
        how = f"{_points(behind)} behind {name_of(best)}"
        if best == report.fast:
            how = "the best"
        elif behind.low <= 0:
            how = f"level with {name_of(best)}"
        parts.append(f"{how} when words are {MASKED[removal]}")
    return ", ".join(parts)


def _points(one: Interval) -> str:
    value, low, high = (number(100 * at, 1) for at in (one.value, one.low, one.high))
    return f"{value} points ({low} to {high})"


def phrase_caption(trace: Trace, phrase: Phrase) -> str:
    """What a phrase contributes by itself, and its words one by one."""
    text = phrase_text(trace, phrase.first, phrase.last)
    if phrase.first == phrase.last:
        return f"{text} by itself contributes {signed(phrase.own)}"
    alone = sum(phrase.words)
    own = f"{text} by itself contributes {signed(phrase.own)}"
    return f"{own}; its words one by one sum to {signed(alone)}"


def edit_caption(encoding: Encoding, edit: Edit) -> str:
    """An edit in words; a word that the review holds more than once with its number."""
    word = quoted_place(encoding, edit.place)
    if edit.kind is EditKind.DROP:
        return f"without {word}"
    if edit.kind is EditKind.SWAP:
        return f"{quoted_place(encoding, edit.place + 1)} before {word}"
    return f"{word} → {quoted_word(edit.word)}"


def strongest_edit_caption(trace: Trace, found: Sequence[Outcome]) -> str:
    """Which of the edits of a word changes most."""
    now = trace.verdict_probability
    most = max(found, key=lambda one: abs(one.probability - now))
    turned = flips(now, most.probability)
    says = edit_caption(trace.encoding, most.edit)
    return (
        f"{says[:1].upper()}{says[1:]}: {instead_of(most.probability, now)}"
        f"{', the prediction flips' if turned else ''}"
    )


def counterfactual_caption(encoding: Encoding, found: Sequence[Counterfactual]) -> str:
    """The smallest of the smallest edits."""
    fine = [one for one in found if one.edits]
    if not fine:
        return f"No counterfactual found within {MOST_EDITS} edits"
    best = min(fine, key=lambda one: len(one.edits))
    if len(best.edits) == 1:
        return f"One edit flips the prediction: {edit_caption(encoding, best.edits[0])}"
    return f"{len(best.edits)} edits together flip the prediction, by {WAYS[best.way]}"
