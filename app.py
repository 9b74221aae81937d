"""LSTM Lens: the router. Page config and navigation; without a visitor, the guarded web server."""

from functools import partial

import streamlit as st
from streamlit.starlette import App

from pages.parts.server.asgi import MIDDLEWARE, ROUTES, lifespan
from pages.parts.server.logs import log_script_error


def redirect(page: str) -> None:
    """Open a page from one of its older addresses, with everything the link says."""
    query = {name: st.query_params.get_all(name) for name in st.query_params}
    st.switch_page(f"pages/{page}.py", query_params=query)


if __name__ == "__main__":  # Streamlit runs this file for a visitor
    # The server itself starts without what pages need, and so sooner.
    from pages.parts.common.link import MOVED, PAGES, note_page
    from pages.parts.common.page import (
        ASSETS,
        MAX_CHARACTERS,
        REVIEW,
        draw_style,
        show_model_notice,
    )
    from pages.parts.components.editor import take_linked_review

    current = [
        st.Page(
            f"pages/{page}.py",
            title=title,
            url_path="first" if page == "live" else page,
            default=page == "live",
        )
        for page, title in PAGES.items()
    ]
    moved = [
        st.Page(partial(redirect, page), title=PAGES[page], url_path=old, visibility="hidden")
        for old, page in MOVED.items()
    ]
    page = st.navigation([*current, *moved], position="top")
    st.set_page_config(
        page_title=f"{page.title} · LSTM Lens",
        page_icon=str(ASSETS / "icon.png"),
        layout="wide",
        initial_sidebar_state="collapsed",
    )
    if note_page(page.url_path):
        take_linked_review(key=REVIEW, max_characters=MAX_CHARACTERS)
    draw_style()
    show_model_notice()
    page.run()
else:  # `streamlit run app.py` imports it once to serve it
    app = App(
        __file__,
        middleware=MIDDLEWARE,
        routes=ROUTES,
        lifespan=lifespan,
        on_script_error=log_script_error,
    )
