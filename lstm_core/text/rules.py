"""How a model's texts become ids: special ids, padding and truncation, how words are split.

The article's rules are the defaults. An imported model has the rules that it was trained with; they
are stored in its bundle.
"""

from dataclasses import dataclass
from enum import StrEnum

from lstm_core.errors import InputError


class Side(StrEnum):
    """The end of a sequence that is padded or cut, as in Keras' `pad_sequences`."""

    PRE = "pre"
    POST = "post"


class Splitting(StrEnum):
    """How a text becomes words.

    `TOKENIZER` is Keras' Tokenizer: punctuation separates words, apostrophes inside words stay.
    `TEXT_VECTORIZATION` is Keras' TextVectorization: white space separates words, punctuation and
    apostrophes are removed ("don't" is "dont", "well-made" is "wellmade").
    """

    TOKENIZER = "tokenizer"
    TEXT_VECTORIZATION = "text_vectorization"


@dataclass(frozen=True, slots=True)
class EncodingRules:
    """How words become a sequence of ids.

    Attributes:
        first_word: Id of the first word of the vocabulary; the others follow without gaps.
        pad: Id of padding.
        start: Id put in front of every text; None for none.
        unknown: Id of words that are not in the vocabulary; None when such words are left out.
        padding: Where a short sequence gets padding.
        truncating: Where a long sequence is cut: "pre" keeps its last ids, "post" its first.
        splitting: How a text becomes words.

    Raises:
        InputError: When two ids are the same, or one is negative.
    """

    first_word: int = 4
    pad: int = 0
    start: int | None = 1
    unknown: int | None = 2
    padding: Side = Side.PRE
    truncating: Side = Side.POST
    splitting: Splitting = Splitting.TOKENIZER

    def __post_init__(self) -> None:
        special = [id_ for id_ in (self.pad, self.start, self.unknown) if id_ is not None]
        if len(set(special)) < len(special) or min(special) < 0 or self.first_word <= max(special):
            raise InputError(
                f"The ids of padding ({self.pad}), start ({self.start}), unknown words "
                f"({self.unknown}) and the first word ({self.first_word}) came in; they must "
                "differ, and words come after the others."
            )


ARTICLE_RULES = EncodingRules()
