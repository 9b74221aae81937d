"""The way back from Live to the page that sent a review there."""

import streamlit as st

from pages.parts.common.escape import escape_markdown

_BACK = "way_back"  # session key: page file and the button's label


def open_in_live(page: str, label: str) -> None:
    """Show Live, with a button that leads back.

    Args:
        page: File name of the page to come back to, without its ending.
        label: What the button says.
    """
    st.session_state[_BACK] = (page, label)
    st.switch_page("pages/live.py")


def forget_way_back() -> None:
    """The visitor is back."""
    st.session_state.pop(_BACK, None)


def draw_way_back() -> None:
    """The button that leads back, where there is a way."""
    if _BACK in st.session_state:
        page, label = st.session_state[_BACK]
        if st.button(escape_markdown(label), key="way_back_button", icon=":material/arrow_back:"):
            st.switch_page(f"pages/{page}.py")
