"""LSTM Lens: the router. Page config and navigation; without a visitor, the guarded web server."""

import streamlit as st
from streamlit.starlette import App

from pages.parts.server.asgi import MIDDLEWARE, ROUTES, lifespan
from pages.parts.server.logs import log_script_error


def redirect_to_first_page() -> None:
    """The first page has the address ``/``; a link to ``/live`` is taken there with all it says."""
    st.switch_page("pages/live.py", query_params=st.query_params.to_dict())


if __name__ == "__main__":  # Streamlit runs this file for a visitor
    # The server itself starts without what pages need, and so sooner.
    from pages.parts.common.page import ASSETS, draw_style, show_model_notice

    st.set_page_config(
        page_title="LSTM Lens",
        page_icon=str(ASSETS / "icon.png"),
        layout="wide",
        initial_sidebar_state="collapsed",
    )
    page = st.navigation(
        [
            st.Page("pages/live.py", title="Live", url_path="first", default=True),
            st.Page("pages/states.py", title="States", url_path="states"),
            st.Page("pages/explanations.py", title="Explanations", url_path="explanations"),
            st.Page("pages/units.py", title="Units", url_path="units"),
            st.Page("pages/quality.py", title="How good is it", url_path="quality"),
            st.Page("pages/file.py", title="A file", url_path="file"),
            st.Page("pages/train.py", title="Train", url_path="train"),
            st.Page("pages/lesson.py", title="Lesson", url_path="lesson"),
            st.Page(redirect_to_first_page, title="Live", url_path="live", visibility="hidden"),
        ],
        position="top",
    )
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
