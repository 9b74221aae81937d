"""What every page shares: the model in use, the review being looked at, the page's style."""

import sys
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path

import streamlit as st
from streamlit.runtime.pages_manager import PagesManager

from lstm_core.model import SentimentModel

ASSETS = Path(__file__).resolve().parents[2] / "assets"
REVIEW = "review"  # key of the review's editor, the same text on every page
MAX_CHARACTERS = 100_000


@dataclass(frozen=True, slots=True)
class Example:
    """A built-in review of our own writing."""

    name: str
    kind: str
    text: str


def model_in_use() -> SentimentModel:
    """The model that the pages use: loaded once for all visitors, never changed."""
    if "pandas" in sys.modules:
        # Plotly trips over a pandas that another visitor's page is just importing: wait for it.
        import_module("pandas")
    return _load_model()


@st.cache_resource(show_spinner=False)
def _load_model() -> SentimentModel:
    return SentimentModel.load()


@cache
def examples() -> tuple[Example, ...]:
    """The built-in reviews, in the order of the file."""
    with (ASSETS / "examples.toml").open("rb") as file:
        return tuple(Example(**entry) for entry in tomllib.load(file)["example"])


def through_the_router() -> None:
    """Start anew by way of app.py when Streamlit took this page straight from the folder.

    A fresh server does so for a link to a page, until app.py has called `st.navigation` once: the
    page would have neither the app's menu nor its style.
    """
    if PagesManager.uses_pages_directory:
        PagesManager.uses_pages_directory = False
        st.rerun()


def draw_style() -> None:
    """Load the style that all pages share."""
    st.html(ASSETS / "style.css")
