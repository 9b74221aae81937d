"""What a trace shows, as sentences: the titles of pictures and the lines beside them."""

from collections.abc import Iterable, Sequence

from lstm_core.analysis.formatting import NBSP, probability, signed
from lstm_core.model.recurrent_model import RecurrentModel
from lstm_core.model.sentiment_model import SentimentModel
from lstm_core.recurrent.lstm import Floats
from lstm_core.recurrent.running import ModelTrace, RunningTrace
from lstm_core.recurrent.trace import Trace
from lstm_core.text import Encoding, Kind, Side

LONGEST_LABEL = 16  # characters of a word on an axis
LEAST_SHOWN = 0.05  # logit: smaller attributions are not reported as findings


def short(word: str, longest: int = LONGEST_LABEL) -> str:
    """A word cut to fit an axis or a title."""
    return word if len(word) <= longest else word[: longest - 1] + "…"


def quoted(trace: RunningTrace, place: int) -> str:
    """The word of a place in quotation marks; "the start". See `quoted_place`."""
    return quoted_place(trace.encoding, place)


def quoted_place(encoding: Encoding, place: int) -> str:
    """The word of a place in quotation marks, cut when it is very long; "the start".

    A word that was read more than once has its number: "“good” (word 3)".
    """
    kind = encoding.kinds[place]
    if kind in (Kind.START, Kind.PADDING):
        return f"the {kind}"
    return quoted_word(encoding.words[place]) + _numbered(encoding, place, place, " (", ")")


def quoted_word(word: str) -> str:
    """A word in quotation marks, cut when it is very long."""
    return f"“{word if len(word) <= 24 else word[:23] + '…'}”"


def word_labels(encoding: Encoding, places: Sequence[int]) -> list[str]:
    """The words of several places as labels of an axis, with a number as in `quoted_place`."""
    return [
        short(encoding.words[place]) + _numbered(encoding, place, place, ", ") for place in places
    ]


def _numbered(encoding: Encoding, first: int, last: int, begin: str, end: str = "") -> str:
    """The numbers of words that were read more than once in this order, else an empty string."""
    words, start, length = encoding.words, encoding.first_word, last - first + 1
    phrase = words[first : last + 1]
    places = range(start, len(words) - length + 1)
    if sum(words[at : at + length] == phrase for at in places) < 2:
        return ""
    number = first - start + 1
    numbers = f"word {number}" if length == 1 else f"words {number} to {number + length - 1}"
    return f"{begin}{numbers}{end}"


def instead_of(after: float, before: float, class_name: str = "positive") -> str:
    """A changed P(positive) beside the one before: "P(positive) 61 % instead of 98 %"."""
    says = f"P({class_name}){NBSP}{probability(after)}"
    if after == before:
        return f"{says}, unchanged"
    if probability(after) == probability(before):
        return f"{says}, the same when rounded"
    return f"{says} instead of {probability(before)}"


def listed_unknown(trace: RunningTrace) -> str:
    """A sentence on the words that were read as unknown."""
    places = trace.encoding.unknown
    names = ", ".join(quoted(trace, place) for place in places[:4])
    more = f" and {len(places) - 4} more" if len(places) > 4 else ""
    return (
        f"{plural(len(places), 'word')} of the {trace.encoding.read_count:,} read "
        f"{'is' if len(places) == 1 else 'are'} out of vocabulary: {names}{more}."
    )


def similarly_spelled(words: Iterable[str]) -> str:
    """The known words in the places of unknown ones: "a similarly spelled word (“good”)"."""
    distinct = list(dict.fromkeys(words))
    names = ", ".join(quoted_word(word) for word in distinct[:4])
    names += f" and {len(distinct) - 4} more" if len(distinct) > 4 else ""
    one = len(distinct) == 1
    return f"{'a similarly spelled word' if one else 'similarly spelled words'} ({names})"


def nothing_known(encoding: Encoding) -> str:
    """Why no word can be named."""
    return "No word read is in the vocabulary" if encoding.read_count else "No word has been read"


def towards(trace: RunningTrace, positive: bool) -> str:
    """Where a contribution moves the logit: "towards negative", "away from “neutral”"."""
    more = isinstance(trace, ModelTrace) and len(trace.classes) > 2
    if trace.class_name == "positive" and not more:
        return f"towards {'positive' if positive else 'negative'}"
    return f"{'towards' if positive else 'away from'} {quoted_word(trace.class_name)}"


def place_name(encoding: Encoding, place: int) -> str:
    """A time step, from 0, as a person counts: "word 3, step 74"; "step 5" in the padding."""
    number = place - encoding.first_word + 1
    return f"word {number}, step {place + 1}" if number > 0 else f"step {place + 1}"


def plural(count: int, one: str) -> str:
    """A counted noun: "1 word", "2 words"."""
    return f"{count:,} {one if count == 1 else one + 's'}"


def reading_line(encoding: Encoding) -> str:
    """How much of the review the model read, in words."""
    if not encoding.word_count:
        return "No word to read yet."
    parts = [f"Read {encoding.read_count:,} of {plural(encoding.word_count, 'word')}"]
    parts.append(f"{len(encoding.unknown):,} unknown" if encoding.unknown else "none unknown")
    parts.append(plural(encoding.pad_count, "place") + " of padding in front")
    return ", ".join(parts) + "."


def model_reading_line(model: SentimentModel, trace: Trace | ModelTrace) -> str:
    """`reading_line` for a model of any kind: which end it reads, where its padding lies."""
    encoding, rules = trace.encoding, model.vocabulary.rules
    if isinstance(trace, Trace) or not isinstance(model, RecurrentModel):
        return reading_line(encoding)
    if not encoding.word_count:
        return "No word to read yet."
    end = "last" if rules.truncating is Side.PRE else "first"
    read = f"Read {encoding.read_count:,} of {plural(encoding.word_count, 'word')}"
    parts = [f"{read} (the {end})" if encoding.unread_words else read]
    if rules.unknown is None:
        parts.append(f"{len(encoding.left_out):,} left out, not in the vocabulary")
    else:
        parts.append(f"{len(encoding.unknown):,} unknown")
    pads = trace.padding_behind if rules.padding is Side.POST else encoding.pad_count
    where = "behind" if rules.padding is Side.POST else "in front"
    masked = ", masked" if model.classifier.embedding.config["mask_zero"] else ""
    parts.append(f"{plural(pads, 'place')} of padding {where}{masked}")
    return ", ".join(parts) + "."


def phrase_text(trace: RunningTrace, first: int, last: int, longest: int = 48) -> str:
    """The words of a phrase in quotation marks, cut when long; numbers as in `quoted_place`."""
    text = " ".join(trace.encoding.words[first : last + 1])
    numbers = _numbered(trace.encoding, first, last, " (", ")")
    return f"“{text if len(text) <= longest else text[: longest - 1] + '…'}”{numbers}"


def strongest_title(trace: RunningTrace, scores: Floats | None = None) -> str:
    """Which words contribute most to each side, by their contributions or other scores ``(T,)``."""
    scores = trace.contributions if scores is None else scores
    first = trace.encoding.first_word
    words = scores[first:]
    if not trace.encoding.known_count:
        return nothing_known(trace.encoding)
    top, bottom = first + int(words.argmax()), first + int(words.argmin())
    ways = ((top, True, "contributes most"), (bottom, False, "most"))
    parts = [
        f"{quoted(trace, step)} {most} {towards(trace, up)} ({signed(scores[step])})"
        for step, up, most in ways
        if (scores[step] >= LEAST_SHOWN if up else scores[step] <= -LEAST_SHOWN)
    ]
    if not parts:
        return f"No word contributes more than {LEAST_SHOWN} to the logit"
    title = ", ".join(parts)
    return title if "contributes" in title else title.replace(" most ", " contributes most ", 1)


def hidden_title(trace: Trace) -> str:
    """The unit with the largest contribution to the final logit, in its direction."""
    if not trace.encoding.known_count:
        return nothing_known(trace.encoding)
    parts = trace.hidden_state[-1] * trace.output_weights  # (D,)
    sign, way = (1, "positive") if trace.logits[-1] >= 0 else (-1, "negative")
    unit = int((sign * parts).argmax())
    if sign * parts[unit] <= 0:
        return f"No unit contributes towards {way}: the bias ({signed(float(trace.bias))}) does"
    return f"Unit {unit} contributes most towards {way} ({signed(parts[unit])})"
