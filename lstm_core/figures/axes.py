"""The axis of words that every picture of a review shares."""

from dataclasses import dataclass
from math import ceil, floor
from typing import Any

import numpy as np
import numpy.typing as npt

from lstm_core.analysis.captions import LONGEST_LABEL, short
from lstm_core.analysis.formatting import fixed_percent, probability
from lstm_core.recurrent.lstm import Floats
from lstm_core.text import Encoding, Kind

FONT_SIZE = 11
Doubles = npt.NDArray[np.float64]


def plotly_text(text: str) -> str:
    """A text from outside for a label, hover text or title, which Plotly would read as HTML."""
    return text.replace("&", "&amp;").replace("<", "&lt;")


def plotly_word(word: str, longest: int = LONGEST_LABEL) -> str:
    """A word from outside, cut to fit."""
    return plotly_text(short(word, longest))


def percent_ticks(
    low: float = 0.0, high: float = 1.0, most: int = 6
) -> dict[str, list[float] | list[str]]:
    """Ticks of an axis of shares, at most about `most`, written as everywhere: "25 %"."""
    steps = (0.01, 0.02, 0.05, 0.1, 0.2, 0.25, 0.5)
    step = next((one for one in steps if (high - low) / one <= most), 1.0)
    values = [step * at for at in range(ceil(low / step - 1e-9), floor(high / step + 1e-9) + 1)]
    return {"tickvals": values, "ticktext": [fixed_percent(value, 0) for value in values]}


LOGIT_TICKS = (0.001, 0.01, 0.1, 0.5, 0.9, 0.99, 0.999)


def logit_of(share: npt.ArrayLike) -> Doubles:
    """Logit of probabilities, those beyond 0.05 % and 99.95 % at the ends of the axis."""
    clipped = np.clip(np.asarray(share, np.float64), 0.0005, 0.9995)
    return np.log(clipped / (1 - clipped))


def logit_axis() -> dict[str, Any]:
    """An axis of logits that says probabilities: what is near 0 or 1 can be told apart."""
    end = float(logit_of(1.0))
    return {
        "range": [-end, end],
        "tickvals": logit_of(LOGIT_TICKS).tolist(),
        "ticktext": [probability(share) for share in LOGIT_TICKS],
    }


def round_values(rows: npt.ArrayLike) -> list[float]:
    """Where the lines of a logarithmic axis stand: powers of ten; if there are few, 2 and 5 too."""
    values = np.asarray(rows, np.float64)
    found = np.log10(values[np.isfinite(values) & (values > 0)])
    low, high = (found.min(), found.max()) if len(found) else (0.0, 0.0)
    powers = range(int(np.floor(low)), int(np.ceil(high)) + 1)
    digits = (1,) if high - low > 2 else (1, 2, 5)
    return [float(f"{digit}e{power}") for power in powers for digit in digits]


@dataclass(frozen=True, slots=True)
class Places:
    """The places of a review that a picture shows, from `first` to the last one.

    Every place has its own column, whatever its word, so repeated words never merge.
    """

    encoding: Encoding
    first: int

    @classmethod
    def of(cls, encoding: Encoding, *, padding: bool) -> "Places":
        """All places, or only the words (the last place at least)."""
        first = 0 if padding else min(encoding.first_word, encoding.maxlen - 1)
        return cls(encoding, first)

    @property
    def at(self) -> list[int]:
        """The places shown, counted from 1 as a person does."""
        return list(range(self.first + 1, self.encoding.maxlen + 1))

    @property
    def labels(self) -> list[str]:
        """What stands under each column: the word; for padding and start a sign."""
        signs = {Kind.PADDING: "·", Kind.START: "start"}
        return [
            signs.get(kind) or short(word)
            for word, kind in zip(
                self.encoding.words[self.first :], self.encoding.kinds[self.first :], strict=True
            )
        ]

    @property
    def names(self) -> list[str]:
        """The same for hover texts, where unknown words are said to be so."""
        return [
            f"{short(word, 40)} (unknown word)" if kind is Kind.UNKNOWN else short(word, 40)
            for word, kind in zip(
                self.encoding.words[self.first :], self.encoding.kinds[self.first :], strict=True
            )
        ]


def round_limit(values: Floats) -> float:
    """A round number at least as large as every absolute value, and at least 1."""
    largest = float(np.nanmax(np.abs(values), initial=0.0))
    return max(1.0, float(np.ceil(largest)))
