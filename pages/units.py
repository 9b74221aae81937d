"""Units: what each one looks for, where else it behaves so, and its memory seen from above."""

import streamlit as st

from lstm_core.activations.store import StateIndex
from lstm_core.errors import LstmLensError
from lstm_core.model.sentiment_model import SentimentModel
from pages.parts.common.escape import escape_markdown
from pages.parts.common.page import model_in_use, opened_by_navigation
from pages.parts.components.editor import plain_editor_toggle
from pages.parts.units.dataset import choose_index
from pages.parts.units.export import draw_export
from pages.parts.units.profiles import draw_profiles
from pages.parts.units.projections import draw_projections
from pages.parts.units.saturation import draw_saturation
from pages.parts.units.similar import draw_similar

DRAW = {
    "Dossiers": draw_profiles,
    "Pattern": draw_similar,
    "Maps": draw_projections,
    "Saturation": draw_saturation,
}


def draw_view(model: SentimentModel, index: StateIndex) -> None:
    """The switch between the views, and the chosen one."""
    view = st.segmented_control(
        "View",
        list(DRAW),
        default="Dossiers",
        required=True,
        key="show",
        bind="query-params",
        label_visibility="collapsed",
        wrap=True,
    )
    view = view if view in DRAW else "Dossiers"
    figures = DRAW[view](model, index)
    draw_export(model, index, figures, view.lower())
    if view == "Pattern":
        plain_editor_toggle()


opened_by_navigation()
model = model_in_use()
st.html(
    f'<p class="lens-lead">Learn what each of the {model.lstm_dim} units looks for, where else the '
    "model behaves as it does in your review, and how its memory lies.</p>"
)
try:
    index = choose_index(model)
    if index is not None:
        draw_view(model, index)
except LstmLensError as error:
    st.error(escape_markdown(str(error)))
