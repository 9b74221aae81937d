"""The picture of one step, drawn in place so that moving a slider does not make it flicker."""

from functools import cache
from typing import TYPE_CHECKING

import streamlit as st

from lstm_core.figures.lesson import step_svg
from lstm_core.lesson.content import FOLDER
from lstm_core.lesson.gates import Step

if TYPE_CHECKING:
    from streamlit.components.v2.types import ComponentRenderer


def draw_step(step: Step, x: float | None, hidden_before: float | None, *, key: str) -> None:
    """Draw a step with its valves; x and h before are None when the gates were set by hand."""
    _component()(key=key, data={"svg": step_svg(step, x, hidden_before)})


@cache
def _component() -> "ComponentRenderer":
    return st.components.v2.component(
        "lstm_lens_step",
        html='<div class="step"></div>',
        css=(FOLDER / "step.css").read_text(encoding="utf-8"),
        js=(FOLDER / "step.js").read_text(encoding="utf-8"),
    )
