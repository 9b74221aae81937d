"""Limits of a saved model, the same for every way in; `docs/limits.md` lists them.

They fit the content: the shipped bundle has 5.3 MiB, the largest that a course needs about 50. All
are checked on declared sizes, before memory is taken.

Symbols: V word ids, T steps, E embedding, D units.
"""

from lstm_core.errors import BundleError

MIB = 2**20

BUNDLE_BYTES = 64 * MIB  # of all files of a bundle together, unpacked
ZIP_BYTES = 64 * MIB  # of an uploaded file
ZIP_MEMBERS = 16

NUM_WORDS = 100_000
STEPS = 2_000
UNITS = 512
EMBEDDING = 1_024
WEIGHT_BYTES = BUNDLE_BYTES  # of all arrays as they are stored and as float32
# What a page computes for one review, so that a model of anybody's cannot make pages slow for all.
STEP_PRODUCTS = 100_000_000  # T * 4D * D, the multiplications of one forward pass
TABLE_BYTES = 128 * MIB  # V * 4D * 4, the table of `embedding @ kernel` that a model in use holds

FILE_BYTES = {  # of single files of a bundle, and of members of a `.keras` file
    "card.json": 1 * MIB,
    "evaluation.json": 16 * MIB,
    "explanations.json": 4 * MIB,
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
        if not 1 <= value <= most:
            raise BundleError(
                f"The model is too large: {value:,} {name}; 1 to {most:,} are allowed."
            )
    parameters = (
        num_words * embedding_dim + 4 * lstm_dim * (embedding_dim + lstm_dim + 1) + lstm_dim + 1
    )
    if 4 * parameters > WEIGHT_BYTES:
        raise BundleError(
            f"The model is too large: {parameters:,} parameters; {WEIGHT_BYTES // 4:,} are allowed "
            f"({WEIGHT_BYTES // MIB} MiB). Use fewer word ids or a smaller embedding."
        )
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
