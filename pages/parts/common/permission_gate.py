"""Who the visitor of this page is and what they may do; see ``lstm_core.permissions``."""

import hashlib
import secrets

import streamlit as st

from lstm_core.permissions import Permissions, Visitor, permissions
from pages.parts.common.streamlit_internals import XSRF_COOKIE, xsrf_token

_WITHOUT_COOKIE = "visitor_without_cookie"  # session key


def allowed() -> Permissions:
    """Return what visitors may do, by the settings and the address this server listens on."""
    return permissions(st.get_option("server.address"))


def visitor() -> Visitor:
    """The visitor of this page, known by a token that this server gave to their browser alone.

    In public a session without that cookie is a visitor of its own.
    """
    may, cookie = allowed(), st.context.cookies.get(XSRF_COOKIE, "")
    if may.public and not xsrf_token(cookie):
        known = st.session_state.setdefault(_WITHOUT_COOKIE, secrets.token_hex(16))
        return Visitor(f"session-{known}", may)
    return Visitor(visitor_id(cookie), may)


def visitor_id(cookie: str) -> str:
    """Id of the visitor who sent a cookie; its value changes with every answer, its token never."""
    return hashlib.sha256(xsrf_token(cookie).hex().encode()).hexdigest()


def may(action: str) -> bool:
    """Return whether `action` is allowed; where it is not, say so in its place."""
    sentence = allowed().refusal(action)
    if sentence:
        st.info(sentence, icon=None)
    return sentence is None
