"""The line of a diagnosis on phrases of a corpus at which the same units become active."""

from dataclasses import dataclass

from lstm_core.activations.search import find_pattern, highest_threshold, pattern_of
from lstm_core.activations.sources import built_in_texts, test_stamp
from lstm_core.activations.store import StateIndex, find_index, open_index
from lstm_core.analysis.captions import phrase_text, plural
from lstm_core.analysis.formatting import percent
from lstm_core.attribution.diagnosis import Cause, CauseLine
from lstm_core.errors import DataError
from lstm_core.model.sentiment_model import SentimentModel
from lstm_core.recurrent.trace import Trace

LONGEST = 12  # words of a phrase
UNITS = 2  # the threshold is the highest at which so many units are in the pattern


@dataclass(frozen=True, slots=True)
class SimilarPhrases:
    """A line, and what reproduces its search."""

    line: CauseLine
    threshold: float  # how far from zero counts as active
    test: bool  # whether the corpus is the test part of the data set, else the built-in texts


def similar_phrases(
    model: SentimentModel, trace: Trace, lines: tuple[CauseLine, ...]
) -> SimilarPhrases | None:
    """Search the corpus whose activations are kept for the phrase of the first line that has one.

    Returns:
        None without a phrase or word among the causes, kept activations or another occurrence.
    """
    places = next((one.places for one in lines if one.cause in (Cause.PHRASE, Cause.WORD)), None)
    if places is None or len(places) > LONGEST:
        return None
    first, last = places.start, places.stop - 1
    found = (highest_threshold(trace, first, last, fresh=True, units=n) for n in (UNITS, 1))
    threshold = next((one for one in found if one is not None), None)
    kept = None if threshold is None else _kept_activations(model)
    if threshold is None or kept is None:
        return None
    index, test = kept
    pattern = pattern_of(trace, first, last, threshold, fresh=True)
    own = trace.encoding.ids[trace.encoding.first_word :]
    matches = find_pattern(index, pattern, exact=True, without=own)
    if not matches.reviews:
        return None
    units = ", ".join(map(str, pattern.units))
    text = (
        f"The units that become active at {phrase_text(trace, first, last)} ({units}) do so in "
        f"{matches.reviews:,} of {plural(matches.searched, 'review')} ({index.note.name}); "
        f"{percent(matches.called_positive)} of these are predicted positive."
    )
    return SimilarPhrases(CauseLine(Cause.SIMILAR, text, 0.0, first, last), threshold, test)


def _kept_activations(model: SentimentModel) -> tuple[StateIndex, bool] | None:
    """The index of the test reviews, else that of the built-in texts; whether it is the first."""
    fingerprint = model.bundle.fingerprint
    try:
        folder = find_index(fingerprint, stamp=test_stamp())
    except DataError:  # no data set here
        folder = None
    test = folder is not None
    folder = folder or find_index(fingerprint, sha256=built_in_texts().sha256)
    try:
        return None if folder is None else (open_index(folder), test)
    except DataError:  # damaged; Units says what to do
        return None
