"""LSTM Lens: the router. Page config and navigation, nothing else."""

import streamlit as st

from pages.parts.shared import ASSETS, draw_model_note, draw_style

st.set_page_config(
    page_title="LSTM Lens",
    page_icon=str(ASSETS / "icon.png"),
    layout="wide",
    initial_sidebar_state="collapsed",
)
page = st.navigation(
    [
        st.Page("pages/live.py", title="Live", url_path="live", default=True),
        st.Page("pages/states.py", title="States", url_path="states"),
        st.Page("pages/quality.py", title="How good is it", url_path="quality"),
        st.Page("pages/lesson.py", title="Lesson", url_path="lesson"),
    ],
    position="top",
)
draw_style()
draw_model_note()
page.run()
