"""Train: begin a training, watch it, compare runs, see a film of it, bring a model."""

import streamlit as st

from pages.parts.shared import through_the_router
from pages.parts.train_bell import watch_the_machine
from pages.parts.train_bring import draw_bring
from pages.parts.train_film import draw_film
from pages.parts.train_inside import draw_inside
from pages.parts.train_new import draw_new
from pages.parts.train_now import draw_now
from pages.parts.train_runs import draw_runs
from pages.parts.train_shared import choose_view

DRAW = {
    "new": draw_new,
    "now": draw_now,
    "runs": draw_runs,
    "film": draw_film,
    "inside": draw_inside,
    "bring": draw_bring,
}

through_the_router()
st.html(
    '<p class="lens-lead">Train an LSTM and watch it learn; close the tab when you like, nothing '
    "is lost.</p>"
)
DRAW[choose_view()]()
watch_the_machine()
