"""The top of a page: its heading and one sentence on what it is for."""

import streamlit as st


def draw_lead(title: str, sentence: str) -> None:
    """Draw the page's one first-level heading and its sentence; both are the app's own words."""
    st.html(f'<h1 class="lens-title">{title}</h1><p class="lens-lead">{sentence}</p>')
