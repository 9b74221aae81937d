"""The top of Live: what an LSTM does, which model this is, and where to go from here."""

from html import escape

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from lstm_core.analysis.captions import plural
from lstm_core.analysis.formatting import fixed_percent
from lstm_core.model.sentiment_model import SentimentModel
from pages.parts.common.page import chosen_model
from pages.parts.live.tour import go_to_step

LINKS = {
    "explanations": "Why this prediction?",
    "states": "All gates",
    "train": "Train your own",
}


def draw_introduction(model: SentimentModel) -> DeltaGenerator:
    """Draw heading, links, the tour's start and the model's accuracy; return the row of links."""
    row = st.container(key="live-top", horizontal=True, vertical_alignment="center")
    with row:
        st.html('<h1 class="lens-title">LSTM Lens</h1>')
        tour = "New to LSTMs? Take the tour"
        st.button(tour, key="tour_start", type="tertiary", on_click=go_to_step, args=(1,))
        for page, label in LINKS.items():
            st.page_link(f"pages/{page}.py", label=label)
    st.html(
        '<p class="lens-lead">An LSTM reads a film review word by word and predicts whether it is '
        f"positive. {model_line(model)}</p>"
    )
    return row


def model_line(model: SentimentModel) -> str:
    """Which model it is and its accuracy on test reviews, where that was measured."""
    name = "Shipped model" if chosen_model() is None else "Model of a run"
    found = model.bundle.card.figure("accuracy")
    sizes = f"{name}, {plural(model.lstm_dim, 'unit')}"
    if found is None:
        return f"{sizes}."
    share = fixed_percent(found.value, 1)
    return f"{sizes}, {share} accuracy on {found.count:,} {escape(found.measured_on)}."
