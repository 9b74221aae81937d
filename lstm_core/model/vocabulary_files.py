"""Vocabulary files of imported models: which word has which id, and what the file leaves open.

Read are one word per line, a JSON list, a JSON object of words and numbers (`word_index`, Keras'
IMDb index), and `Tokenizer.to_json`. Where a file says which ids pad, start and unknown words have,
that is taken; what it cannot say is left open (`EncodingGuess.open`) and must be answered.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from lstm_core.errors import BundleError, InputError, reason
from lstm_core.files import is_pickle
from lstm_core.model.limits import FILE_BYTES
from lstm_core.text import ARTICLE_RULES, EncodingRules, Side, Splitting, split_words

PADS = ("", "<pad>", "[pad]", "<PAD>", "[PAD]", "_pad_", "<blank>")
STARTS = ("<start>", "<START>", "[START]", "[CLS]", "<s>", "<bos>", "<BOS>")
UNKNOWNS = ("[UNK]", "<unk>", "<UNK>", "<OOV>", "<oov>", "[OOV]", "OOV", "<unknown>", "UNK", "unk")
UNUSED = ("<UNUSED>", "<unused>")
IMDB_TOP = ("the", "and", "a", "of", "to", "is", "br", "in", "it", "i")
IMDB_WORDS = 88_584  # in Keras' imdb_word_index.json
KERAS_FILTERS = '!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n'

# What a plain list or index of words may mean; see `scheme_rules`.
SCHEMES = {
    "imdb": "Keras' IMDb ids: 0 padding, 1 start, 2 unknown, the first word 4",
    "tokenizer": "Keras' Tokenizer: 0 padding, the first word 1, unknown words left out",
    "tokenizer_oov": "Keras' Tokenizer with an unknown token: 0 padding, 1 unknown, first word 2",
    "text_vectorization": "Keras' TextVectorization: 0 padding, 1 unknown, the first word 2",
}
PICKLED = (
    "Unpickling runs code of the file. In the Python that made it: "
    "open('tokenizer.json', 'w').write(tokenizer.to_json()) for a Tokenizer, "
    "json.dump(words, open('words.json', 'w')) for a list or word_index; give that file."
)
PLAIN_LINES = "one word per line"
IDS, PADDING, TRUNCATING = "ids", "padding", "truncating"


@dataclass(frozen=True, slots=True)
class EncodingGuess:
    """What a vocabulary file says.

    Attributes:
        kind: What the file is, in words.
        words: The words in order of their ids, the first one with the id `rules.first_word`.
        rules: The rules that the file says or suggests.
        open: What the file cannot say and must be answered: "ids", "padding", "truncating".
    """

    kind: str
    words: tuple[str, ...]
    rules: EncodingRules
    open: tuple[str, ...]


def scheme_rules(scheme: str) -> EncodingRules:
    """The ids of one of the `SCHEMES`.

    Raises:
        InputError: For another name.
    """
    plain = {
        "imdb": ARTICLE_RULES,
        "tokenizer": EncodingRules(first_word=1, start=None, unknown=None),
        "tokenizer_oov": EncodingRules(first_word=2, start=None, unknown=1),
        "text_vectorization": EncodingRules(
            first_word=2,
            start=None,
            unknown=1,
            padding=Side.POST,
            splitting=Splitting.TEXT_VECTORIZATION,
        ),
    }
    if scheme not in plain:
        raise InputError(f"The ids {scheme!r} came in; choose one of {', '.join(SCHEMES)}.")
    return plain[scheme]


def read_vocabulary_file(path: Path, num_words: int) -> EncodingGuess:
    """Read a vocabulary file.

    Args:
        num_words: V, the ids of the model's embedding.

    Raises:
        BundleError: When it is no vocabulary, or holds no word.
    """
    try:
        if path.stat().st_size > FILE_BYTES["vocabulary.txt"]:
            raise BundleError(f"{path.name} has more than {FILE_BYTES['vocabulary.txt']:,} bytes.")
        content = path.read_bytes()
        if is_pickle(content):
            raise BundleError(f"{path.name} is a pickle, which is not opened here. {PICKLED}")
        text = content.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise BundleError(f"{path.name} cannot be read as UTF-8 text ({reason(error)}).") from error
    try:
        guess = _guess(text, num_words)
    except (InputError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise BundleError(
            f"{path.name} does not fit the model, whose embedding has {num_words:,} ids: "
            f"{reason(error)} Give one word per line in the order of the ids, a JSON list of "
            "words, a word_index as JSON, or Tokenizer.to_json."
        ) from error
    return guess


def _guess(text: str, num_words: int) -> EncodingGuess:
    loaded = _json(text)
    if loaded is None:
        lines = text.splitlines()
        while lines and not lines[-1].strip():
            lines.pop()
        return _listed([line.strip() for line in lines], num_words, PLAIN_LINES)
    if isinstance(loaded, str):  # json.dump of what to_json returned
        loaded = json.loads(loaded)
    if isinstance(loaded, list):
        if not all(isinstance(word, str) for word in loaded):
            raise InputError("The list must hold words.")
        return _listed(loaded, num_words, "a JSON list of words")
    if loaded.get("class_name") == "Tokenizer" and isinstance(loaded.get("config"), dict):
        return _tokenizer(loaded["config"])
    return _index(loaded, num_words)


def _json(text: str) -> Any:
    """The JSON in a file, None for lines of words, of which the first may be ``[UNK]``."""
    start = text.lstrip()[:1]
    if start not in ("{", "[", '"'):
        return None
    try:
        return json.loads(text)
    except ValueError:
        if start == "{":
            raise
        return None


def _tokenizer(config: Mapping[str, Any]) -> EncodingGuess:
    """`Tokenizer.to_json`: says everything but padding and truncation."""
    if config.get("char_level"):
        raise InputError("It is a tokenizer of characters; words are read here.")
    index = config["word_index"]
    ranks = _ranks(json.loads(index) if isinstance(index, str) else index)
    words, token, limit = list(ranks), config.get("oov_token"), config.get("num_words")
    if list(ranks.values()) != list(range(1, len(words) + 1)):
        raise InputError("The ids in its word_index must be 1, 2, 3 ... without gaps.")
    known = isinstance(token, str) and words[:1] == [token]
    if type(limit) is int:
        words = words[: max(limit - 1, 0)]
    rules = scheme_rules("tokenizer_oov" if known else "tokenizer")
    words = words[1:] if known else words
    notes = [] if config.get("lower", True) else ["; it keeps capital letters, texts here do not"]
    if config.get("filters", KERAS_FILTERS) != KERAS_FILTERS:
        notes.append("; its filter characters are not Keras' own")
    name = f"Tokenizer.to_json {'with' if known else 'without'} an unknown token"
    return EncodingGuess(name + "".join(notes), tuple(words), rules, (PADDING, TRUNCATING))


def _ranks(loaded: Any) -> dict[str, int]:
    if not isinstance(loaded, dict) or not all(type(rank) is int for rank in loaded.values()):
        raise InputError("The ranks must be whole numbers.")
    return dict(sorted(loaded.items(), key=lambda item: item[1]))


def _index(loaded: Any, num_words: int) -> EncodingGuess:
    """A JSON object of words and numbers."""
    ranks = _ranks(loaded)
    words, numbers = list(ranks), list(ranks.values())
    if not words:
        raise InputError("It holds no word.")
    first = numbers[0]
    if first not in (0, 1, 2, 3, 4) or numbers != list(range(first, first + len(words))):
        raise InputError("A word index must give whole numbers without gaps or repeats, from 1 on.")
    if first == 0 or _specials(words[:4]):
        # ids as listed; a Tokenizer's index begins with 1
        return _listed([""] * first + words if first else words, num_words, "a word index")
    if first > 1:
        rules = replace(ARTICLE_RULES, first_word=first, unknown=2 if first > 2 else None)
        return EncodingGuess("a word index", tuple(words), rules, (IDS, PADDING, TRUNCATING))
    if tuple(words[: len(IMDB_TOP)]) == IMDB_TOP and len(words) == IMDB_WORDS:
        name = "Keras' IMDb index (imdb.get_word_index)"
        return EncodingGuess(name, tuple(words), ARTICLE_RULES, (PADDING, TRUNCATING))
    return _plain(words, num_words, "a word index")


def _listed(words: Sequence[str], num_words: int, kind: str) -> EncodingGuess:
    """Words in the order of their ids, with or without special ones in front."""
    if not any(words):
        raise InputError("It holds no word.")
    special = _specials(words[:4])
    if not special:
        return _plain([word for word in words if word], num_words, kind)
    if "pad" not in special:
        raise InputError(
            f"It begins with {words[0][:40]!r} and names no padding. Add the words in front of it, "
            "in the order of their ids."
        )
    first = max(special.values()) + 1
    vectorization = special == {"pad": 0, "unk": 1} and words[0] == "" and words[1] == "[UNK]"
    rules = EncodingRules(
        first_word=first,
        pad=special["pad"],
        start=special.get("start"),
        unknown=special.get("unk"),
        padding=Side.POST if vectorization else Side.PRE,
        splitting=Splitting.TEXT_VECTORIZATION if vectorization else Splitting.TOKENIZER,
    )
    name = "a TextVectorization vocabulary" if vectorization else f"{kind} with special words"
    asked = () if vectorization else (PADDING, TRUNCATING)
    return EncodingGuess(name, tuple(words[first:]), rules, asked)


def _specials(words: Sequence[str]) -> dict[str, int]:
    """The ids of special words among the first."""
    kinds = {"pad": PADS, "start": STARTS, "unk": UNKNOWNS, "unused": UNUSED}
    found: dict[str, int] = {}
    for at, word in enumerate(words):
        for kind, names in kinds.items():
            if word in names and kind not in found:
                found[kind] = at
    return found if set(found) - {"pad"} or (words and words[0] in PADS) else {}


def _plain(words: Sequence[str], num_words: int, kind: str) -> EncodingGuess:
    """Words without special ones: the size of the embedding may tell what their ids are."""
    sizes = {4: "imdb", 2: "text_vectorization", 1: "tokenizer"}
    by_size = sizes.get(num_words - len(words))
    rules = scheme_rules(by_size or "imdb")
    asked = (PADDING, TRUNCATING) if by_size else (IDS, PADDING, TRUNCATING)
    return EncodingGuess(kind, tuple(words), rules, asked)


def strange_words(words: Sequence[str], rules: EncodingRules) -> list[str]:
    """Words of a vocabulary that no text is ever split into."""
    if rules.splitting is Splitting.TEXT_VECTORIZATION:
        return [word for word in words if word != word.lower() or any(s in word for s in " '.,!?")]
    return [word for word in words if split_words(word) != [word]]
