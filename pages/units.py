"""Units: activations over a corpus, similar activations, projections, gate saturation."""

import streamlit as st

from lstm_core.activations import IndexedLayer, StateIndex, indexed_layers
from lstm_core.errors import LstmLensError
from pages.parts.common.escape import escape_markdown
from pages.parts.common.lead import draw_lead
from pages.parts.common.link import PAGES, linked_choice
from pages.parts.common.page import any_model_in_use, opened_by_navigation
from pages.parts.common.recurrent import choose_layer, draw_model_notes
from pages.parts.components.editor import plain_editor_toggle
from pages.parts.units.choice import OLD_VIEWS, VIEWS
from pages.parts.units.dataset import choose_index
from pages.parts.units.export import draw_export
from pages.parts.units.layer_profiles import NO_PROJECTIONS, draw_layer_profiles
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
DRAW_LAYER = {
    "profiles": draw_layer_profiles,
    "similar": draw_similar,
    "saturation": draw_saturation,
}


def draw_view(layer: IndexedLayer, index: StateIndex) -> None:
    """The switch between the views, and the chosen one."""
    draw = DRAW_LAYER if layer.name else DRAW
    view = linked_choice(
        st.segmented_control,
        "View",
        {name: label for name, label in VIEWS.items() if name in draw},
        key="units_view",
        parameter="view",
        old=("show",),
        aliases=OLD_VIEWS,
        label_visibility="collapsed",
        wrap=True,
    )
    figures = draw[view](layer, index)
    draw_export(layer.model, index, figures, view)
    if view == "similar":
        plain_editor_toggle()
    if layer.name:
        st.caption(NO_PROJECTIONS)


opened_by_navigation()
model = any_model_in_use()
layers = indexed_layers(model)
imported = bool(layers[0].name)
if imported:
    about = "each unit of each recurrent layer responds to in a corpus: words, similar activations"
else:
    units = layers[0].units
    each = f"each of the {units} units" if units > 1 else "the unit"
    about = f"{each} responds to in a corpus: similar activations, projections"
draw_lead(PAGES["units"], f"What {about} and gate saturation.")
draw_model_notes(model)
layer = layers[choose_layer(layers, st.columns([2, 5])[0])] if imported else layers[0]
try:
    index = choose_index(layer)
    if index is not None:
        draw_view(layer, index)
except LstmLensError as error:
    st.error(escape_markdown(str(error)))
