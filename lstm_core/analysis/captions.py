"""What a trace shows, as sentences: the titles of pictures and the lines beside them."""

from lstm_core.analysis.formatting import signed
from lstm_core.analysis.prediction import label_of
from lstm_core.recurrent.lstm import Floats
from lstm_core.recurrent.trace import Trace, flip_positions
from lstm_core.text import Encoding

LONGEST_LABEL = 16  # characters of a word on an axis


def short(word: str, longest: int = LONGEST_LABEL) -> str:
    """A word cut to fit an axis or a title."""
    return word if len(word) <= longest else word[: longest - 1] + "…"


def quoted(trace: Trace, place: int) -> str:
    """The word of a place in quotation marks, cut when it is very long."""
    return quoted_word(trace.encoding.words[place])


def quoted_word(word: str) -> str:
    """A word in quotation marks, cut when it is very long."""
    return f"“{word if len(word) <= 24 else word[:23] + '…'}”"


def percent(probability: float) -> str:
    """A probability as whole per cent, never rounded to certainty: "1 %" to "99 %"."""
    return f"{min(max(round(100 * probability), 1), 99)} %"


def place_name(encoding: Encoding, place: int) -> str:
    """A time step, from 0, as a person counts: "word 3, step 74"; "step 5" in the padding."""
    number = place - encoding.first_word + 1
    return f"word {number}, step {place + 1}" if number > 0 else f"step {place + 1}"


def plural(count: int, one: str, many: str | None = None) -> str:
    """A counted noun: "1 word", "2 words"."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def reading_line(encoding: Encoding) -> str:
    """How much of the review the model read, in words."""
    if not encoding.word_count:
        return "No word to read yet."
    parts = [f"Read {encoding.read_count:,} of {plural(encoding.word_count, 'word')}"]
    parts.append(f"{len(encoding.unknown):,} unknown" if encoding.unknown else "none unknown")
    parts.append(plural(encoding.pad_count, "place") + " of padding in front")
    return ", ".join(parts) + "."


def running_title(trace: Trace) -> str:
    """What the running verdict shows in this review."""
    if not trace.encoding.read_count:
        return "The running verdict begins with the first word"
    turning = flip_positions(trace)
    word_logits = trace.contributions[trace.encoding.first_word :]
    end = label_of(trace.verdict_probability, trace.encoding.read_count)
    if turning:
        place = turning[-1]
        way = "positive" if trace.probability[place] >= 0.5 else "negative"
        ended = "" if way == end else f", but it ended {end}"
        return f"{quoted(trace, place)} turned it {way}{ended}"
    strongest = trace.encoding.first_word + int(abs(word_logits).argmax())
    way = "positive" if trace.contributions[strongest] >= 0 else "negative"
    return f"{quoted(trace, strongest)} moved it most, towards {way}; it ended {end}"


def strongest_title(trace: Trace, scores: Floats | None = None) -> str:
    """Which words decided this review, by their contributions or other scores ``(T,)``."""
    scores = trace.contributions if scores is None else scores
    first = trace.encoding.first_word
    words = scores[first:]
    if not len(words):
        return "No word has spoken yet"
    top, bottom = first + int(words.argmax()), first + int(words.argmin())
    for_it = scores[top] > 0
    against = scores[bottom] < 0
    if for_it and against and top != bottom:
        return f"{quoted(trace, top)} speaks most for it, {quoted(trace, bottom)} most against"
    place, way = (top, "for") if for_it else (bottom, "against")
    return f"{quoted(trace, place)} speaks most {way} it"


def hidden_title(trace: Trace) -> str:
    """Which unit carries the verdict at the end."""
    parts = trace.hidden_state[-1] * trace.output_weights  # (D,)
    way = "positive" if trace.logits[-1] >= 0 else "negative"
    unit = int(parts.argmax() if way == "positive" else parts.argmin())
    return f"Unit {unit} speaks most for {way} ({signed(parts[unit])})"
