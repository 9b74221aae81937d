"""What the model is made of: shapes and parameter counts for any sizes.

Symbols: V word ids (num_words), T steps (maxlen), E embedding size, D units (lstm_dim).
"""

from dataclasses import dataclass

from lstm_core.errors import InputError

LIMITS = {
    "num_words": (5, 1_000_000),
    "maxlen": (2, 2_000),
    "embedding_dim": (1, 4_096),
    "lstm_dim": (1, 4_096),
}


@dataclass(frozen=True, slots=True)
class ModelSizes:
    """The four sizes of the model; the article's unless given."""

    num_words: int = 10_000
    maxlen: int = 80
    embedding_dim: int = 128
    lstm_dim: int = 32

    def __post_init__(self) -> None:
        for name, (low, high) in LIMITS.items():
            value = getattr(self, name)
            if type(value) is not int or not low <= value <= high:
                raise InputError(
                    f"{name} of {str(value)[:40]!r} came in; a whole number from {low:,} to "
                    f"{high:,} is allowed."
                )

    @property
    def embedding(self) -> int:
        """A vector of E numbers for each of V ids."""
        return self.num_words * self.embedding_dim

    @property
    def lstm(self) -> int:
        """See `lstm_parameters`."""
        return lstm_parameters(self.embedding_dim, self.lstm_dim)

    @property
    def output(self) -> int:
        """A weight a unit and a bias."""
        return self.lstm_dim + 1

    @property
    def total(self) -> int:
        """All parameters."""
        return self.embedding + self.lstm + self.output


@dataclass(frozen=True, slots=True)
class LayerLine:
    """One layer in words: what comes out for one review, how many parameters and why."""

    name: str
    shape: tuple[int, ...]
    parameters: int
    count: str


def lstm_parameters(inputs: int, units: int) -> int:
    """Four blocks (i, f, candidate, o): a weight per input and per unit, and a bias."""
    return 4 * units * (inputs + units + 1)


def layer_lines(sizes: ModelSizes) -> tuple[LayerLine, ...]:
    """The layers in order, the input first."""
    v, t, e, d = sizes.num_words, sizes.maxlen, sizes.embedding_dim, sizes.lstm_dim
    return (
        LayerLine("input", (t,), 0, "nothing is learned here"),
        LayerLine("embedding", (t, e), sizes.embedding, f"{v:,} ids × {e:,} numbers each"),
        LayerLine("lstm", (d,), sizes.lstm, f"4 × {d:,} × ({e:,} + {d:,} + 1)"),
        LayerLine("output", (1,), sizes.output, f"{d:,} weights + 1 bias"),
    )
