"""Labels of reviews: what the values of a label column mean, decided on the whole column.

Two classes are read: words such as positive/negative, pos/neg, true/false, yes/no, numbers (1/0,
1/-1, 4/0) and stars ("4", "4 out of 5", "4/10", "4 stars", ★★★★). Stars follow Stanford's rule for
IMDb unless a threshold is given: up to 4 of 10 negative, from 7 positive (of 5: up to 2 and from
4), the middle left out. Three classes (-1/0/1, 0/1/2, 0/2/4, neutral) are refused, or the middle
class is left out on request.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from lstm_core.datasets.table_format import UNNAMED
from lstm_core.errors import DataError, InputError
from lstm_core.files import listed, shown

NEGATIVE, POSITIVE = 0, 1
POSITIVE_WORDS = ("positive", "pos", "true", "+")
NEGATIVE_WORDS = ("negative", "neg", "false", "-")
NEUTRAL_WORDS = ("neutral", "neu", "mixed")
MOST_VALUES = 1_000  # of a label column
LONGEST_LABEL = 30  # characters of a number with what stands behind it
INVALID_SHARE = 0.05  # share of unknown values up to which their rows alone are invalid

_FOREIGN_POSITIVE = (  # German, French, Spanish, Italian, Portuguese, Dutch, Polish, Russian ...
    "positiv positif positivo positiva positief pozytywny pozytywna pozytywne позитивный "
    "положительный olumlu 正面 好评 ポジティブ 긍정"
)
_FOREIGN_NEGATIVE = (
    "negativ négatif negatif negativo negativa negatief negatywny negatywna negatywne негативный "
    "отрицательный olumsuz 负面 差评 ネガティブ 부정"
)
_WORDS: dict[str, int | None] = {
    **dict.fromkeys((*POSITIVE_WORDS, "very positive", "somewhat positive"), POSITIVE),
    **dict.fromkeys(("fresh", "👍", "thumbs up"), POSITIVE),
    **dict.fromkeys((*NEGATIVE_WORDS, "very negative", "somewhat negative"), NEGATIVE),
    **dict.fromkeys(("rotten", "👎", "thumbs down"), NEGATIVE),
    **dict.fromkeys(_FOREIGN_POSITIVE.split(), POSITIVE),
    **dict.fromkeys(_FOREIGN_NEGATIVE.split(), NEGATIVE),
}
_MORE_WORDS: dict[str, int | None] = {  # where there is none of those above
    **dict.fromkeys(("yes", "y", "good", "p", "t", "recommended", "like", "happy"), POSITIVE),
    **dict.fromkeys(("no", "n", "bad", "f", "not recommended", "dislike", "sad"), NEGATIVE),
}
_MISSING = ("nan", "null", "none", "n/a", "na", "#n/a", "<na>")
_STARS = re.compile(
    r"([+-]?\d*(?:\.\d+|(?<=\d),\d{1,2}|(?<=\d)\.?))\s*(?:(?:/|out of|of)\s*(5|10))?\s*"
    r"(?:-?stars?|[★⭐])?"
)
_COUNTS = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5}
_DRAWN_STARS = re.compile("([★⭐]+)[☆✩]*")
_PREFIX = re.compile(r"_*label_+")  # of fastText's and Hugging Face's labels
_OF_TEN = "/10"
_SIGNS: dict[str, int | None] = {"1": POSITIVE, "0": NEGATIVE, "-1": NEGATIVE}
_TWO = ((0, 1), (-1, 1), (0, 4))  # numbers for negative and positive
_TWO_UNNAMED = (1, 2)  # so in public data sets without names of columns; elsewhere 1 is often yes
_FIVE = {0, 1, 2, 3, 4}  # of a sentiment, from very negative to very positive
_THREE = ((-1, 0, 1), (0, 1, 2), (0, 2, 4), (1, 2, 3))  # with a middle class
ACCEPTED = (
    "positive/negative, pos/neg, true/false, yes/no, good/bad, 1/0, 1/-1, 4/0, or stars (1 to 5, "
    "1 to 10)"
)


@dataclass(frozen=True, slots=True)
class LabelScheme:
    """What the values of a label column mean.

    Attributes:
        values: Of each known value (see `normalised`) the class; None for one that is left out.
        rule: The rule in words.
    """

    values: Mapping[str, int | None]
    rule: str

    def knows(self, value: object) -> bool:
        """Whether a value has a meaning, be it to be left out."""
        return normalised(value) in self.values

    def class_of(self, value: object) -> int | None:
        """`POSITIVE`, `NEGATIVE`, or None for a value that is left out or not known."""
        return self.values.get(normalised(value))


def normalised(value: object) -> str:
    """A label as it is compared: lower case, numbers in one form, "" for nothing."""
    text = (
        ""
        if value is None
        else str(value).strip().strip("\"'").strip().casefold().removesuffix(":")
    )
    if text in _MISSING:
        return ""
    text = text.replace("\ufe0f", "")  # the sign that makes an emoji of ⭐
    text = _PREFIX.sub("", text) if text.startswith(("_", "l")) else text
    if found := _DRAWN_STARS.fullmatch(text):
        return str(len(found[1]))
    if text.endswith(("star", "stars")):
        first, _, rest = text.replace("-", " ").partition(" ")
        text = f"{_COUNTS[first]} {rest}" if first in _COUNTS else text
    if len(text) < LONGEST_LABEL and (found := _STARS.fullmatch(text)):
        return f"{float(found[1].replace(',', '.')):g}{_OF_TEN if found[2] == '10' else ''}"
    return text


def is_label(value: object) -> bool:
    """Whether a single value may be a label: a word for a class, or a number from -1 to 10."""
    text = normalised(value)
    number = _number(text)
    return text in _WORDS or text in NEUTRAL_WORDS or (number is not None and -1 <= number <= 10)


def label_scheme(
    counts: Mapping[str, int],
    column: str,
    *,
    drop_neutral: bool = False,
    star_threshold: float | None = None,
    stars: bool = False,
) -> LabelScheme:
    """Decide what the values of a label column mean.

    Args:
        counts: Rows per value, as `normalised`; "" for rows without a label.
        column: Name of the column.
        drop_neutral: Leave out the middle class of three.
        star_threshold: Stars at or above are positive, the others negative.
        stars: The column's name says stars.

    Raises:
        DataError: When the values are not two classes; says why and what can be done.
        InputError: When the threshold leaves a class without rows.
    """
    found = {value: count for value, count in counts.items() if value}
    stars = stars or any(value.endswith(_OF_TEN) for value in found)
    if not found:
        raise DataError(f"The column {shown(column)} holds no label. Accepted: {ACCEPTED}.")
    numbers = {value: one for value in found if (one := _number(value)) is not None}
    meaning = _WORDS if any(value in _WORDS for value in found) else _MORE_WORDS
    words = [value for value in found if value in meaning or value in NEUTRAL_WORDS]
    total = sum(found.values())
    known = sum(count for value, count in found.items() if value in words or value in _SIGNS)
    if words and known >= total / 2:
        return _of_words(meaning, words, column, drop_neutral)
    if sum(found[value] for value in numbers) >= (1 - INVALID_SHARE) * total:
        return _of_numbers(found, numbers, column, drop_neutral, star_threshold, stars)
    strange = [value for value in found if value not in words and value not in numbers]
    raise DataError(
        f"The column {shown(column)} holds {listed(strange or found)}, which are not known as "
        f"labels. Accepted: {ACCEPTED}. Name another column with --label-column."
    )


def _of_words(
    meaning: Mapping[str, int | None], words: list[str], column: str, drop_neutral: bool
) -> LabelScheme:
    neutral = [value for value in words if value in NEUTRAL_WORDS]
    if neutral and not drop_neutral:
        raise _three_classes(column, neutral[0])
    values = {**meaning, **_SIGNS, **dict.fromkeys(neutral)}
    rule = "words for positive and negative"
    return LabelScheme(values, f"{rule}, {neutral[0]} left out" if neutral else rule)


def _of_numbers(
    found: Mapping[str, int],
    numbers: Mapping[str, float],
    column: str,
    drop_neutral: bool,
    threshold: float | None,
    stars: bool,
) -> LabelScheme:
    if threshold is not None:
        return _above(numbers, threshold, column)
    kept = set(numbers.values())
    total = sum(found[value] for value in numbers)

    def nearly_all(*allowed: float) -> bool:
        inside = sum(found[value] for value, one in numbers.items() if one in allowed)
        odd = [one for one in numbers.values() if one not in allowed]
        alone = total - inside == 1 and not (odd[0].is_integer() and -1 <= odd[0] <= 10)
        return inside >= (1 - INVALID_SHARE) * total or alone

    may_be_stars = nearly_all(*(half / 2 for half in range(2, 21)))  # 1, 1.5, ... 10
    for low, middle, high in _THREE:
        if {low, middle, high} <= kept and nearly_all(low, middle, high) and not (stars and low):
            if not drop_neutral:
                raise _three_classes(column, f"{middle:g}")
            values = {f"{low:g}": NEGATIVE, f"{middle:g}": None, f"{high:g}": POSITIVE}
            return LabelScheme(
                values, f"{high:g} is positive, {low:g} negative, {middle:g} left out"
            )
    if not (stars and may_be_stars):
        for low, high in (*_TWO, _TWO_UNNAMED) if UNNAMED.fullmatch(column) else _TWO:
            if nearly_all(low, high) and (high == 1 or {low, high} <= kept):
                values = {f"{low:g}": NEGATIVE, f"{high:g}": POSITIVE}
                return LabelScheme(values, f"{high:g} is positive, {low:g} negative")
    if {0, 4} <= kept <= _FIVE and len(kept) > 3 and (stars or "sentiment" in column.casefold()):
        values = {v: POSITIVE if n > 2 else NEGATIVE if n < 2 else None for v, n in numbers.items()}
        return LabelScheme(values, "0 to 4: 3 and 4 positive, 0 and 1 negative, 2 left out")
    if may_be_stars and (stars or len(kept) > 2 or kept in ({1, 5}, {1, 10})):
        return _stars({value: one for value, one in numbers.items() if 1 <= one <= 10})
    ordered = sorted(numbers, key=lambda value: numbers[value])
    raise DataError(
        f"The column {shown(column)} holds the numbers {listed(ordered)}, "
        f"which can be read in more than one way. Accepted: {ACCEPTED}. Say from which number on a "
        "review is positive with --star-threshold, or name another column with --label-column."
    )


def _stars(numbers: Mapping[str, float]) -> LabelScheme:
    of_ten = max(numbers.values()) > 5 or any(value.endswith(_OF_TEN) for value in numbers)
    top = 10 if of_ten else 5
    low, high = (2, 4) if top == 5 else (4, 7)
    values = {
        value: NEGATIVE if one <= low else POSITIVE if one >= high else None
        for value, one in numbers.items()
    }
    return LabelScheme(
        values,
        f"stars 1 to {top}: {high} and more positive, {low} and fewer negative, the middle left "
        "out",
    )


def _above(numbers: Mapping[str, float], threshold: float, column: str) -> LabelScheme:
    if not min(numbers.values()) < threshold <= max(numbers.values()):
        raise InputError(
            f"The threshold {threshold:g} came in; {shown(column)} goes from "
            f"{min(numbers.values()):g} to {max(numbers.values()):g}. Give one between, so that "
            "there are positive and negative reviews."
        )
    values = {v: POSITIVE if one >= threshold else NEGATIVE for v, one in numbers.items()}
    return LabelScheme(values, f"{threshold:g} and more positive, less negative")


def _three_classes(column: str, middle: str) -> DataError:
    return DataError(
        f"The column {shown(column)} holds three classes, with {shown(middle)} in the middle; the "
        "model learns two. Leave the rows of the middle class out with --drop-neutral, or name "
        "another column with --label-column."
    )


def _number(text: str) -> float | None:
    text = text.removesuffix(_OF_TEN)
    if not text[-1:].isdigit() and not text.endswith("."):
        return None  # also "nan" and "inf"
    try:
        return float(text) if len(text) < 20 and "_" not in text else None
    except ValueError:
        return None
