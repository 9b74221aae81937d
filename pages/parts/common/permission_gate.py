"""What the visitor of this page may do on this server; see ``lstm_core.permissions``."""

import streamlit as st

from lstm_core.permissions import Permissions, permissions


def allowed() -> Permissions:
    """Return what visitors may do, by the settings and the address this server listens on."""
    return permissions(st.get_option("server.address"))


def may(action: str) -> bool:
    """Return whether `action` is allowed; where it is not, say so in its place."""
    sentence = allowed().refusal(action)
    if sentence:
        st.info(sentence, icon=None)
    return sentence is None
