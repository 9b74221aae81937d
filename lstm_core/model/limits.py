"""Limits of a saved model, the same for every way in; `docs/limits.md` lists them.

They fit the content: the shipped bundle has 5.3 MiB, the largest that a course needs about 50. All
are checked on declared sizes, before memory is taken.

Symbols: V word ids, T steps, E embedding, D units.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from lstm_core.errors import BundleError
from lstm_core.recurrent.recurrent_layers import BLOCKS, cells_of

MIB = 2**20

BUNDLE_BYTES = 64 * MIB  # of all files of a bundle together, unpacked
ZIP_BYTES = 64 * MIB  # of an uploaded file
ZIP_MEMBERS = 16

NUM_WORDS = 100_000
STEPS = 2_000
UNITS = 512
EMBEDDING = 1_024
WEIGHT_BYTES = BUNDLE_BYTES  # of all arrays as they are stored and as float32
ARRAY_CHUNKS = 10_000  # of one HDF5 array; each that is read takes 4 kB of memory
# What a page computes for one review, so that a model of anybody's cannot make pages slow for all.
STEP_PRODUCTS = 100_000_000  # T * 4D * D, the multiplications of one forward pass
CLASSIFIER_PRODUCTS = 500_000_000  # of all recurrent layers of an imported classifier
TABLE_BYTES = 128 * MIB  # V * 4D * 4, the table of `embedding @ kernel` that a model in use holds

FILE_BYTES = {  # of single files of a bundle, and of members of a `.keras` file
    "card.json": 1 * MIB,
    "evaluation.json": 16 * MIB,
    "explanations.json": 4 * MIB,
    "units.json": 4 * MIB,
    "vocabulary.txt": 8 * MIB,
    "model.keras": BUNDLE_BYTES,
    "config.json": 1 * MIB,
    "metadata.json": 64 * 1024,
    "model.weights.h5": BUNDLE_BYTES,
}


def check_sizes(num_words: int, maxlen: int, embedding_dim: int, lstm_dim: int) -> None:
    """Refuse sizes that are too large one by one or together.

    Raises:
        BundleError: Which size came in and what is allowed.
    """
    for name, value, most in (
        ("word ids (num_words)", num_words, NUM_WORDS),
        ("steps (maxlen)", maxlen, STEPS),
        ("numbers per word (embedding_dim)", embedding_dim, EMBEDDING),
        ("units (lstm_dim)", lstm_dim, UNITS),
    ):
        _within(name, value, most)
    parameters = (
        num_words * embedding_dim + 4 * lstm_dim * (embedding_dim + lstm_dim + 1) + lstm_dim + 1
    )
    _check_parameters(parameters)
    products = 4 * maxlen * lstm_dim**2
    if products > STEP_PRODUCTS:
        raise BundleError(
            f"Reading one review with {lstm_dim:,} units over {maxlen:,} steps takes {products:,} "
            f"multiplications; {STEP_PRODUCTS:,} are allowed. Use fewer units or fewer steps."
        )
    table = 16 * num_words * lstm_dim
    if table > TABLE_BYTES:
        raise BundleError(
            f"A model of {num_words:,} word ids and {lstm_dim:,} units takes {table / MIB:,.0f} "
            f"MiB of memory in use; {TABLE_BYTES // MIB} MiB are allowed. Use fewer of either."
        )


def check_classifier(layers: Sequence[tuple[str, Mapping[str, Any]]], maxlen: int) -> None:
    """Refuse a recurrent classifier whose declared sizes are too large.

    Args:
        layers: Class and settings of every layer, from the embedding on.
        maxlen: T, the steps.

    Raises:
        BundleError: Which size came in and what is allowed.
    """
    parameters = products = size = 0
    for kind, config in layers:
        if kind == "Embedding":
            size = config["output_dim"]
            _within("word ids (num_words)", config["input_dim"], NUM_WORDS)
            _within("numbers per word (embedding_dim)", size, EMBEDDING)
            parameters += config["input_dim"] * size
        elif kind == "Dense":
            _within("neurons", config["units"], UNITS)
            parameters += (size + 1) * config["units"]
            size = config["units"]
        elif kind in BLOCKS or kind == "Bidirectional":
            sides = cells_of(kind, config, ())
            for side, settings, _ in sides:
                units = settings["units"]
                _within("units", units, UNITS)
                weights = BLOCKS[side] * units * (size + units + 2)
                parameters += weights
                products += maxlen * weights
            both = len(sides) == 2 and config["merge_mode"] == "concat"
            size = sides[0][1]["units"] * (2 if both else 1)
    _check_parameters(parameters)
    if products > CLASSIFIER_PRODUCTS:
        raise BundleError(
            f"Reading one review takes {products:,} multiplications in the recurrent layers; "
            f"{CLASSIFIER_PRODUCTS:,} are allowed. Use fewer units or fewer steps."
        )


def _within(name: str, value: int, most: int) -> None:
    if not 1 <= value <= most:
        raise BundleError(f"The model has {value:,} {name}; 1 to {most:,} are allowed.")


def _check_parameters(count: int) -> None:
    if 4 * count > WEIGHT_BYTES:
        raise BundleError(
            f"The model is too large: {count:,} parameters; {WEIGHT_BYTES // 4:,} are allowed "
            f"({WEIGHT_BYTES // MIB} MiB). Use fewer word ids or a smaller embedding."
        )
