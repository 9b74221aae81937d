"""From a review to word ids and back: the one encoder that serves training and the app.

The rules are those of Keras' IMDb data with the article's cutting: id 0 pads, 1 starts, 2 stands
for an unknown word, words count from 4; a short review gets zeros in front, of a long one the first
``maxlen`` ids are kept. Words are cut by Keras' rules after typography and markup are normalised
(`lstm_core.text.normalize`): an apostrophe inside a word stays, quotes around it do not.
"""

from lstm_core.text.encode_rules import places_of, windows_of
from lstm_core.text.encoding import (
    Encoding,
    Kind,
    check_maxlen,
    check_text,
    check_texts,
    cut_windows,
    decode,
    encode,
    encode_many,
    encode_windows,
    stack_places,
    stack_rows,
)
from lstm_core.text.rules import ARTICLE_RULES, EncodingRules, Side, Splitting
from lstm_core.text.vocabulary import (
    FIRST_WORD,
    LEFT_OUT,
    PAD,
    START,
    UNKNOWN,
    Vocabulary,
)
from lstm_core.text.words import (
    Span,
    find_words,
    plain_text,
    split_sentences,
    split_words,
)

__all__ = [
    "ARTICLE_RULES",
    "Encoding",
    "EncodingRules",
    "FIRST_WORD",
    "Kind",
    "LEFT_OUT",
    "PAD",
    "START",
    "Side",
    "Span",
    "Splitting",
    "UNKNOWN",
    "Vocabulary",
    "check_maxlen",
    "check_text",
    "check_texts",
    "cut_windows",
    "decode",
    "encode",
    "encode_many",
    "encode_windows",
    "find_words",
    "places_of",
    "plain_text",
    "split_sentences",
    "split_words",
    "stack_places",
    "stack_rows",
    "windows_of",
]
