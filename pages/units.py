"""Units: activations over a corpus, similar activations, projections, gate saturation."""

import streamlit as st

from lstm_core.activations.store import StateIndex
from lstm_core.errors import LstmLensError
from lstm_core.model.sentiment_model import SentimentModel
from pages.parts.common.escape import escape_markdown
from pages.parts.common.lead import draw_lead
from pages.parts.common.link import PAGES, linked_choice
from pages.parts.common.page import model_in_use, opened_by_navigation
from pages.parts.common.recurrent import recurrent_in_use
from pages.parts.components.editor import plain_editor_toggle
from pages.parts.units.choice import OLD_VIEWS, VIEWS
from pages.parts.units.dataset import choose_index
from pages.parts.units.export import draw_export
from pages.parts.units.profiles import draw_profiles
from pages.parts.units.projections import draw_projections
from pages.parts.units.saturation import draw_saturation
from pages.parts.units.similar import draw_similar

DRAW = {
    "profiles": draw_profiles,
    "similar": draw_similar,
    "projections": draw_projections,
    "saturation": draw_saturation,
}


def draw_view(model: SentimentModel, index: StateIndex) -> None:
    """The switch between the views, and the chosen one."""
    view = linked_choice(
        st.segmented_control,
        "View",
        VIEWS,
        key="units_view",
        parameter="view",
        old=("show",),
        aliases=OLD_VIEWS,
        label_visibility="collapsed",
        wrap=True,
    )
    figures = DRAW[view](model, index)
    draw_export(model, index, figures, view)
    if view == "similar":
        plain_editor_toggle()


opened_by_navigation()
if recurrent_in_use() is not None:
    draw_lead(PAGES["units"], "What each unit responds to in a corpus.")
    st.info(
        "The units of imported models are not profiled over a corpus: profiles, similar "
        "activations and projections are computed by the article's LSTM. Their states for one "
        "review are on the States page."
    )
    st.stop()
model = model_in_use()
draw_lead(
    PAGES["units"],
    f"What each of the {model.lstm_dim} units responds to in a corpus: "
    "similar activations, projections and gate saturation.",
)
try:
    index = choose_index(model)
    if index is not None:
        draw_view(model, index)
except LstmLensError as error:
    st.error(escape_markdown(str(error)))
