"""Does order matter: shuffled reviews, and pairs of opposite meaning made of the same words."""

import streamlit as st

from lstm_core.analysis.captions import plural
from lstm_core.analysis.formatting import fixed_percent, number
from lstm_core.evaluation import READINGS, Evaluation
from lstm_core.evaluation.schema import OrderLoss
from lstm_core.evaluation.word_order import OrderPair, evaluate_order
from lstm_core.model.sentiment_model import SentimentModel
from pages.parts.common.html_table import SAID, Cell, PredictionCell, draw_table
from pages.parts.common.input_mode import reading_names


def draw_order(model: SentimentModel, evaluation: Evaluation | None, reading: str) -> None:
    """What shuffling costs, and our own pairs with their verdicts, live."""
    losses = {one.reading: one for one in evaluation.order} if evaluation else {}
    if reading in losses:
        _draw_loss(losses, reading, model.maxlen)
    pairs = sorted(evaluate_order(model), key=lambda pair: (pair.right, pair.turned))
    turned, right = sum(pair.turned for pair in pairs), sum(pair.right for pair in pairs)
    st.header(
        f"The same words in another order: {turned} of {len(pairs)} predictions flip, "
        f"{plural(right, 'pair')} both right",
        anchor=False,
    )
    st.caption(
        "Pairs of our own writing. Both texts hold the same words and mean the opposite of each "
        "other, so a model that only counts words predicts the same for both. A prediction flips "
        "when it reaches the other side of the undecided band (40 to 60 %). Predicted now; "
        "failures stand first."
    )
    head = [
        "First text",
        SAID,
        "The same words in another order",
        SAID,
        "Both right",
    ]
    draw_table(head, [_row(pair) for pair in pairs], "Pairs of the same words")


def _draw_loss(losses: dict[str, OrderLoss], reading: str, maxlen: int) -> None:
    one = losses[reading]
    st.header(order_title(one), anchor=False)
    names = reading_names(maxlen)
    rows = [
        (
            names[name],
            fixed_percent(losses[name].accuracy),
            fixed_percent(losses[name].shuffled),
            f"{_points(losses[name].lost)} ({_points(losses[name].low)} to "
            f"{_points(losses[name].high)})",
            fixed_percent(losses[name].turned),
        )
        for name in READINGS
        if name in losses
    ]
    head = [
        "Reading",
        "In order",
        "Shuffled",
        "Points lost (95 % interval)",
        "Predicted labels that change",
    ]
    draw_table(head, rows, "Accuracy in order and shuffled")
    st.caption(
        f"Every one of {one.count:,} test reviews was predicted again with exactly the words that "
        f"were read, in random order, {plural(one.shuffles, 'time')} (seeds 0 to "
        f"{one.shuffles - 1}). What stays is what the words say by themselves; what is lost is "
        "what their order added, and in part that shuffled text is like nothing it learned from."
    )


def order_title(loss: OrderLoss) -> str:
    """What shuffling costs, in words; nothing when the interval holds zero."""
    if loss.low <= 0 <= loss.high:
        return "Shuffling the words costs nothing that can be measured"
    if _points(loss.lost) == _points(0):
        return "Shuffling the words changes the accuracy by less than 0.1 points"
    if loss.high < 0:
        return f"With the words shuffled the accuracy is {_points(-loss.lost)} points higher"
    return f"Shuffling the words costs {_points(loss.lost)} points of accuracy"


def _points(value: float) -> str:
    return number(100 * value, 1)


def _row(pair: OrderPair) -> tuple[Cell, ...]:
    verdict = "yes" if pair.right else ("flips, not both right" if pair.turned else "no")
    return (
        pair.text,
        PredictionCell(pair.probability),
        pair.other,
        PredictionCell(pair.other_probability),
        verdict,
    )
