"""The vocabulary of a model: words and their ids."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from itertools import repeat

from lstm_core.errors import InputError
from lstm_core.text.normalize import END_WORD
from lstm_core.text.rules import ARTICLE_RULES, EncodingRules
from lstm_core.text.word_table import WordTable
from lstm_core.text.words import split_words

END = -1  # between texts that are encoded together
LEFT_OUT = -2  # instead of an id, for unknown words of a model that has no id for them
# Ids of the article's rules; those of an imported model are in its `Vocabulary.rules`.
PAD = 0
START = 1
UNKNOWN = 2
FIRST_WORD = 4  # Keras leaves id 3 unused: rank 1 becomes id 4

PAD_LABEL = "(padding)"
START_LABEL = "(start)"
UNKNOWN_LABEL = "(unknown)"
UNKNOWN_SIGN = "\N{REPLACEMENT CHARACTER}"


class Vocabulary:
    """The words a model knows, most frequent first; belongs to one bundle.

    Args:
        words: Distinct words in order of id: the first one has id 4, or that of `rules`.
        num_words: Size of the id space, so that ids are below it. At most ``num_words - 4`` words.
        rules: How texts become ids.

    Raises:
        InputError: For repeated or too many words, or a ``num_words`` that leaves no room for one.
    """

    def __init__(
        self, words: Sequence[str], num_words: int, rules: EncodingRules = ARTICLE_RULES
    ) -> None:
        first = rules.first_word
        if num_words <= first:
            raise InputError(
                f"A vocabulary of {num_words} ids has no room for a word: ids 0 to {first - 1} are "
                f"reserved. Use num_words of at least {first + 1}."
            )
        if len(words) > num_words - first:
            raise InputError(
                f"{len(words)} words do not fit into {num_words} ids, of which {first} are "
                f"reserved. Give at most {num_words - first} words or raise num_words."
            )
        self.words = tuple(words)
        self.num_words = num_words
        self.rules = rules
        self._unknown = LEFT_OUT if rules.unknown is None else rules.unknown
        self._ids = {word: id_ for id_, word in enumerate(self.words, start=first)}
        if len(self._ids) != len(self.words):
            repeated = next(w for w, n in Counter(self.words).items() if n > 1)
            raise InputError(
                f"The word {repeated!r} stands twice in the vocabulary. Give every word once."
            )

    def __len__(self) -> int:
        return len(self.words)

    def __contains__(self, word: object) -> bool:
        return word in self._ids

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Vocabulary):
            return NotImplemented
        return (self.num_words, self.words, self.rules) == (
            other.num_words,
            other.words,
            other.rules,
        )

    def __hash__(self) -> int:
        return hash((self.num_words, self.words))

    def __repr__(self) -> str:
        return f"Vocabulary({len(self.words)} words, num_words={self.num_words})"

    def id_of(self, word: str) -> int:
        """Id of a word as it stands in the vocabulary (lower case), 2 when it is not known.

        With other rules their unknown id, or `LEFT_OUT` where they have none.
        """
        return self._ids.get(word, self._unknown)

    def ids_of(self, words: Iterable[str]) -> list[int]:
        """Ids of many words; see `id_of`."""
        return list(map(self._ids.get, words, repeat(self._unknown)))

    @cached_property
    def table(self) -> WordTable:
        """Ids by word, and `END` for the ends of texts that are encoded together."""
        return WordTable({**self._ids, END_WORD: END}, self._unknown)

    def word_of(self, id_: int) -> str:
        """The word of an id, or a label in brackets for padding, start and unknown.

        Raises:
            InputError: For an id outside 0 .. num_words - 1.
        """
        if not 0 <= id_ < self.num_words:
            raise InputError(f"Word id {id_} is outside 0 to {self.num_words - 1}.")
        rules = self.rules
        if rules.first_word <= id_ < rules.first_word + len(self.words):
            return self.words[id_ - rules.first_word]
        return {rules.pad: PAD_LABEL, rules.start: START_LABEL}.get(id_, UNKNOWN_LABEL)

    @classmethod
    def from_texts(cls, texts: Iterable[str], num_words: int) -> "Vocabulary":
        """The most frequent words of the texts; ties go by the alphabet, so the order is fixed."""
        counts: Counter[str] = Counter()
        for text in texts:
            counts.update(split_words(text))
        ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        return cls([word for word, _ in ranked[: max(num_words - FIRST_WORD, 0)]], num_words)

    @classmethod
    def from_word_index(cls, word_index: Mapping[str, int], num_words: int) -> "Vocabulary":
        """From Keras' ``{word: rank}`` with ranks 1, 2, 3 ... without gaps."""
        ranked = sorted(word_index.items(), key=lambda item: item[1])
        if [rank for _, rank in ranked] != list(range(1, len(ranked) + 1)):
            raise InputError(
                "A word index must give the ranks 1, 2, 3 ... without gaps or repeats, as Keras' "
                "imdb_word_index.json does."
            )
        return cls([word for word, _ in ranked[: max(num_words - FIRST_WORD, 0)]], num_words)
