"""Train: begin a training, watch it, compare runs, see a film of it, bring a model."""

import streamlit as st

from pages.parts.common.page import through_the_router
from pages.parts.train.common import choose_view
from pages.parts.train.diagnostics import draw_inside
from pages.parts.train.import_model import draw_bring
from pages.parts.train.new_run import draw_new
from pages.parts.train.progress import draw_now
from pages.parts.train.replay import draw_film
from pages.parts.train.run_watcher import watch_the_machine
from pages.parts.train.runs import draw_runs

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
