"""Import a model from outside: model file, vocabulary and encoding become a bundle.

Only the numbers of the weights and checked settings are taken over; the file that is saved is
written again. What the files do not say about the encoding must be answered
(`EncodingQuestionError`).
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from lstm_core.errors import BundleError, EncodingQuestionError, InputError, reason
from lstm_core.model.bundle import Bundle, write_bundle
from lstm_core.model.card import CLASSES, CLASSIFIER_FORMAT, Card, DataNote, Sizes
from lstm_core.model.classifier_reader import read_classifier
from lstm_core.model.classifier_writer import write_classifier
from lstm_core.model.keras_reader import article_weights
from lstm_core.model.keras_writer import write_keras_file
from lstm_core.model.limits import BUNDLE_BYTES
from lstm_core.model.torch_reader import is_safetensors, read_torch
from lstm_core.model.vocabulary_files import (
    IDS,
    PADDING,
    PLAIN_LINES,
    SCHEMES,
    TRUNCATING,
    EncodingGuess,
    read_vocabulary_file,
    scheme_rules,
    strange_words,
)
from lstm_core.recurrent.classifier import Classifier
from lstm_core.recurrent.lstm import LstmWeights
from lstm_core.text import ARTICLE_RULES, EncodingRules, Side, Vocabulary, encode

NO_FINGERPRINT = "0" * 64
SAMPLE = "It was not a good film, but I don't regret watching it"
ANSWERS = ("ids", "padding", "truncating", "start", "unknown", "first_word", "splitting")
NONE = "none"  # of start and unknown: there is no such id

Answers = Mapping[str, str | int | None]


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """What a model is imported from."""

    model: Path  # ``.keras``, ``.h5`` or safetensors
    vocabulary: Path
    sizes: Path | None = None  # the JSON of sizes, for safetensors


@dataclass(frozen=True, slots=True)
class NetworkFile:
    """A model that can save itself as `write_bundle` asks it."""

    network: LstmWeights | Classifier
    maxlen: int

    def save(self, filepath: str) -> None:
        """Write the stock ``.keras`` file."""
        if isinstance(self.network, LstmWeights):
            write_keras_file(Path(filepath), self.network, self.maxlen)
        else:
            write_classifier(Path(filepath), self.network, self.maxlen)


def import_model(
    files: ModelFiles,
    folder: Path,
    *,
    name: str,
    maxlen: int | None = None,
    answers: Answers | None = None,
    classes: Sequence[str] = (),
    positive: int | None = None,
) -> Bundle:
    """Make a bundle of a model from outside; `lstm_core.model.import_check` compares it with Keras.

    Args:
        folder: Where the bundle shall be.
        name: What the model is called.
        maxlen: The steps it reads, for a model with an input of any length.
        answers: What the files do not say, see `resolve`.
        classes: Names of the classes of a softmax output, in their order.
        positive: The class whose probability is P(positive); the last one when left out.

    Raises:
        BundleError: With the reason when the files cannot be used.
        EncodingQuestionError: When an answer is missing.
    """
    classifier, places = read_network_file(files, maxlen)
    guess = read_vocabulary_file(files.vocabulary, classifier.num_words)
    vocabulary = resolve(guess, classifier.num_words, places, answers or {})
    network: LstmWeights | Classifier = classifier
    if vocabulary.rules == ARTICLE_RULES and not classes:
        with suppress(InputError, BundleError):  # another architecture, or too large for its views
            network = article_weights(classifier, places)
    article, count = isinstance(network, LstmWeights), classifier.classes
    names = _class_names(classes, count)
    if positive is not None and not 0 <= positive < count:
        raise InputError(f"The class {positive} came in; there are 0 to {count - 1}.")
    units = network.lstm_dim if isinstance(network, LstmWeights) else network.units
    card = Card(
        name=name,
        made=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        command=f"imported from {files.model.name} and {files.vocabulary.name}",
        recipe="imported",
        seed=0,
        sizes=Sizes(network.num_words, places, network.embedding_dim, units),
        data=DataNote("Not known: the model was trained elsewhere.", NO_FINGERPRINT, 0, 0),
        notes=tuple(_notes(guess, vocabulary)),
        format=1 if article else CLASSIFIER_FORMAT,
        encoding=vocabulary.rules,
        classes=names,
        positive=count - 1 if positive is None else positive,
    )
    return write_bundle(folder, NetworkFile(network, places), vocabulary, card)


def read_network_file(files: ModelFiles, maxlen: int | None) -> tuple[Classifier, int]:
    """The classifier in a model file, and the steps it reads.

    Raises:
        BundleError: When it cannot be used.
    """
    path = files.model
    try:
        if (size := path.stat().st_size) > 2 * BUNDLE_BYTES:
            raise BundleError(f"{path.name} has {size:,} bytes; {2 * BUNDLE_BYTES:,} are allowed.")
        torch = is_safetensors(path)
    except OSError as error:
        raise BundleError(f"{path.name} cannot be opened ({reason(error)}).") from error
    if not torch:
        return read_classifier(path, maxlen=maxlen)
    if files.sizes is None:
        raise BundleError(
            f"{path.name} holds weights of PyTorch only. Give the JSON of its sizes as well: "
            '{"cell": "lstm", "maxlen": 200, "pooling": "last"}.'
        )
    return read_torch(path, files.sizes, maxlen=maxlen)


def resolve(guess: EncodingGuess, num_words: int, maxlen: int, answers: Answers) -> Vocabulary:
    """The vocabulary with the rules that the file says and the answers complete.

    Args:
        guess: What the vocabulary file says.
        num_words: V.
        maxlen: T.
        answers: Some of `ANSWERS`: `ids` one of `SCHEMES`; `padding` and `truncating` "pre" or
            "post"; `start` and `unknown` an id or "none"; `first_word` an id; `splitting`.

    Raises:
        EncodingQuestionError: When something is open.
        InputError: When an answer is none of those.
    """
    given = {key: value for key, value in answers.items() if value not in (None, "")}
    if unknown := [key for key in given if key not in ANSWERS]:
        raise InputError(f"The answers {unknown} came in; there are {', '.join(ANSWERS)}.")
    rules = scheme_rules(str(given[IDS])) if IDS in given else guess.rules
    try:
        changed: dict[str, Any] = {}
        for key in ("start", "unknown", "first_word"):
            if key in given:
                changed[key] = None if given[key] == NONE else int(str(given[key]))
        for key in ("padding", "truncating"):
            if key in given:
                changed[key] = Side(str(given[key]))
        if "splitting" in given:
            changed["splitting"] = type(rules.splitting)(str(given["splitting"]))
        rules = replace(rules, **changed)
    except ValueError as error:
        raise InputError(f"An answer about the encoding cannot be used: {reason(error)}.") from None
    answered = {IDS} if "first_word" in given else set()
    if missing := [key for key in guess.open if key not in given and key not in answered]:
        raise EncodingQuestionError(_question(guess, num_words, maxlen, rules, missing))
    # An index lists all words of the training; of these the model knows the first ones.
    words = (
        guess.words if guess.kind == PLAIN_LINES else guess.words[: num_words - rules.first_word]
    )
    try:
        return Vocabulary(words, num_words, rules)
    except InputError as error:
        raise BundleError(f"The vocabulary does not fit the model: {error}") from error


def _question(
    guess: EncodingGuess, num_words: int, maxlen: int, rules: EncodingRules, missing: Sequence[str]
) -> str:
    lines = [
        f"The files do not say everything about the encoding (the vocabulary is {guess.kind})."
    ]
    if IDS in missing:
        lines.append("Which ids do words have? Give ids as one of:")
        lines += [
            f"  {name}: {said}. {preview(guess, num_words, maxlen, scheme_rules(name))}"
            for name, said in SCHEMES.items()
        ]
    if PADDING in missing:
        lines.append("Where do short texts get padding? Give padding as pre or post.")
    if TRUNCATING in missing:
        lines.append(
            "Where are long texts cut? Give truncating as pre (the last words are kept; default of "
            "Keras' pad_sequences) or post (the first words are kept)."
        )
    if IDS not in missing:
        lines.append(f"So far: {preview(guess, num_words, maxlen, rules)}")
    return "\n".join(lines)


def preview(guess: EncodingGuess, num_words: int, maxlen: int, rules: EncodingRules) -> str:
    """The ids of a sample sentence under some rules."""
    try:
        words = guess.words[: max(num_words - rules.first_word, 0)]
        ids = encode(SAMPLE, Vocabulary(words, num_words, rules), max(maxlen, 2)).ids
    except InputError as error:
        return str(error)
    shown = [*map(str, ids[:4]), "...", *map(str, ids[-8:])] if len(ids) > 24 else map(str, ids)
    return f"“{SAMPLE}” is {' '.join(shown)}"


def _class_names(given: Sequence[str], count: int) -> tuple[str, ...]:
    names = [" ".join(str(name).split())[:40] for name in given if str(name).strip()]
    if not names:
        return CLASSES if count == 2 else tuple(f"class {n}" for n in range(count))
    if len(names) != count or len(set(names)) != count:
        raise InputError(
            f"{len(names)} names of classes came in ({', '.join(names)[:200]}); this model has "
            f"{count} classes. Give that many different names, in the order of the output."
        )
    return tuple(names)


def _notes(guess: EncodingGuess, vocabulary: Vocabulary) -> list[str]:
    """What a person should know about the words."""
    notes = [f"Vocabulary file: {guess.kind}."]
    if strange := strange_words(vocabulary.words, vocabulary.rules):
        shown = ", ".join(repr(word[:30]) for word in strange[:3])
        notes.append(
            f"{len(strange):,} of its {len(vocabulary):,} words can never be read, because reviews "
            f"are put in lower case and parted at punctuation ({shown})."
        )
    return notes
