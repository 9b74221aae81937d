"""A page of its own for the browser tests of the review editor: it says back what arrived."""

import json

import streamlit as st

from pages.parts.components.editor import (
    current_review,
    plain_editor_toggle,
    put_review,
    review_editor,
)

LIMIT = 100_000
EXAMPLE = "A quiet film. It stays with you."


@st.fragment
def review() -> None:
    st.session_state["fragment_runs"] = st.session_state.get("fragment_runs", 0) + 1
    plain = plain_editor_toggle()
    typed = review_editor("", key="review", max_characters=LIMIT, plain=plain)
    st.button("Pick example", on_click=put_review, args=(EXAMPLE,), kwargs={"key": "review"})
    echo = {
        "length": len(typed.text),
        "text": typed.text if len(typed.text) < 5_000 else None,
        "cut": typed.cut_characters,
        "fragment_runs": st.session_state["fragment_runs"],
        "full_runs": st.session_state["full_runs"],
    }
    # ASCII only, so that every character can be compared exactly.
    st.text(json.dumps(echo))


def editor() -> None:
    st.session_state["full_runs"] = st.session_state.get("full_runs", 0) + 1
    st.toggle("Bound", key="bound", bind="query-params")
    st.selectbox("Colour", ["blue", "orange", "grey"], key="colour", bind="query-params")
    st.button("Turn orange", on_click=lambda: st.session_state.update(colour="orange"))
    review()


def other() -> None:
    st.write("Another page")
    st.text(json.dumps({"text": current_review("", key="review", max_characters=LIMIT).text}))


st.navigation(
    [st.Page(editor, default=True), st.Page(other, url_path="other")], position="top"
).run()
