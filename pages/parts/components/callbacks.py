"""Reading widgets in callbacks, where their values may be gone.

A click on another page right after an input makes Streamlit run the input's callback at the start
of the other page's run: there the first page's widgets and components may have no value any more.
"""

from typing import Any

import streamlit as st


def value_of(key: str, default: Any = None) -> Any:
    """The value of a widget, `default` when the session does not hold it any more."""
    found = st.session_state.get(key)
    return default if found is None else found


def take_choice(key: str) -> Any:
    """The option clicked in a row of buttons, which is then free again; None for none."""
    chosen = value_of(key)
    if chosen is not None:
        st.session_state[key] = None
    return chosen


def sent_by(key: str, name: str) -> Any:
    """What a component sent under a name, None when the session does not hold it any more."""
    state = value_of(key)
    return state.get(name) if hasattr(state, "get") else None


def ignore() -> None:
    """Nothing: Streamlit wants a callback for every state that a component may send."""
