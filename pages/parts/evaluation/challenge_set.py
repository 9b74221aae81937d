"""The limits of a model, in sentences for its card: what holds for its data, and for it alone."""

from lstm_core.analysis.captions import plural
from lstm_core.model.card import Card
from lstm_core.model.sentiment_model import SentimentModel

IMDB = ("Large Movie Review Dataset", "Stanford's movie reviews", "IMDB Dataset.csv")


def is_imdb(card: Card) -> bool:
    """Whether the model learned from Stanford's film reviews, in whatever form they came."""
    return any(name in card.data.description for name in IMDB)


def limits(model: SentimentModel) -> str:
    """The limits as a list."""
    imdb, first = is_imdb(model.card), model.maxlen - 1
    knows = "English film reviews" if imdb else "texts like those it learned from (see “Data”)"
    half = "; half of the training reviews have more than 170 words" if imdb else ""
    found = [
        f"It knows {knows} and nothing else. A prediction for another kind of text, or in another "
        "language, is a number without meaning.",
        f"It reads {plural(first, 'word')} at a time. On most pages that is the beginning of the "
        f"review{half}.",
        "Sarcasm, comparisons (“not as good as the book”) and quoted opinions can mislead it. It "
        f"has {len(model.vocabulary):,} words; names and rare words are all the same to it.",
        *(_OF_IMDB if imdb else ()),
        "It can hold names, nations and groups against a film. Do not use it to judge people.",
    ]
    return "\n".join(f"- {one}" for one in found)


_OF_IMDB = (
    "The reviews are from before 2011 and clearly for or against: those with 5 or 6 stars were "
    "left out by the makers of the data set, so a lukewarm text is strange to it.",
)
