"""What every page shares: the model in use, the review being looked at, the page's style."""

import math
import re
import sys
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path

import streamlit as st

from lstm_core.analysis.captions import plural
from lstm_core.errors import BundleError
from lstm_core.model.recurrent_model import RecurrentModel
from lstm_core.model.registry import LONGEST_NAME, find_model, load_model
from lstm_core.model.sentiment_model import SentimentModel
from pages.parts.common.escape import escape_markdown
from pages.parts.common.streamlit_internals import leave_pages_directory

ASSETS = Path(__file__).resolve().parents[3] / "assets"
REVIEW = "review"  # key of the review's editor, the same text on every page
MAX_CHARACTERS = 100_000
WRITTEN = ("text", "other")  # parameters of a link that hold what a person wrote
MODEL = "model"  # query parameter: the run whose model the pages use
_CHOSEN, _LINKED = "model_chosen", "model_linked"  # session keys: the run's name, the last link's


@dataclass(frozen=True, slots=True)
class Example:
    """A built-in review of our own writing."""

    name: str
    kind: str
    text: str


def model_in_use() -> SentimentModel:
    """The model of the article's architecture that this visitor's pages use.

    The chosen run's, else the shipped one, also when the chosen model is of another architecture
    (`any_model_in_use`).
    """
    model = any_model_in_use()
    return load_default_model() if isinstance(model, RecurrentModel) else model


def any_model_in_use() -> SentimentModel:
    """The model that this visitor's pages use: the chosen run's, else the shipped one.

    It is loaded once for all visitors and never changes. An imported one may be a `RecurrentModel`.
    """
    if "pandas" in sys.modules:
        # Plotly trips over a pandas that another visitor's page is just importing: wait for it.
        import_module("pandas")
    name = chosen_model()
    model = None if name is None else _run_or_none(name)
    return model or load_default_model()


def chosen_model() -> str | None:
    """Name of the run whose model this visitor chose, here or by a link; None for the shipped."""
    linked = st.query_params.get(MODEL)
    if linked is not None:  # shown in sentences: what no name of a run can hold is left out
        linked = re.sub(r"[^A-Za-z0-9_-]+", "-", linked)[:LONGEST_NAME]
    if linked is not None and linked != st.session_state.get(_LINKED):
        st.session_state[_CHOSEN] = linked
    st.session_state[_LINKED] = linked
    return st.session_state.get(_CHOSEN) or None


def command_for(command: str) -> str:
    """A command line of LSTM Lens for the model in use: "evaluate --write" on the chosen run."""
    name = chosen_model()
    return f"python -m lstm_core {command}{f' --model {name}' if name else ''}"


def choose_model(name: str | None) -> None:
    """Make a run's model (None: the shipped one) the one that this visitor's pages use."""
    st.session_state[_CHOSEN] = name
    _put_in_link(name)


def load_run(name: str) -> SentimentModel:
    """The model of a run, loaded once for all visitors.

    Raises:
        BundleError: When the run is gone, has no bundle or a damaged one.
    """
    found = find_model(name)
    return load_model(name) if found is None else _load_run(name, found.stamp)


def show_model_notice() -> None:
    """Above every page: which model it shows, when that is not the shipped one."""
    name = chosen_model()
    _put_in_link(name)
    if name is None:
        return
    model = _run_or_none(name)
    with st.container(horizontal=True, vertical_alignment="center"):
        if model is None:
            st.warning(
                f"The model “{escape_markdown(name)}” {_trouble(name)} You see the shipped model."
            )
        else:
            st.caption(
                f"Model in use: the run **{escape_markdown(name)}** ({model.maxlen} time steps, "
                f"{plural(model.lstm_dim, 'unit')}, {model.num_words:,} word ids)."
            )
        st.button("Use the shipped model", key="model_shipped", on_click=choose_model, args=(None,))


def _put_in_link(name: str | None) -> None:
    """Keep the link in step, so that it opens with the same model; a change of page empties it."""
    if name is not None and st.query_params.get(MODEL) != name:
        st.query_params[MODEL] = name
    elif name is None and MODEL in st.query_params:
        del st.query_params[MODEL]
    st.session_state[_LINKED] = name


def _run_or_none(name: str) -> SentimentModel | None:
    try:
        return load_run(name)
    except (BundleError, OSError):
        return None


def _trouble(name: str) -> str:
    if find_model(name) is None:
        return "is not here (any more): its run was deleted or renamed, or never left a model."
    return "cannot be opened: its files are damaged."


@st.cache_resource(show_spinner=False)
def load_default_model() -> SentimentModel:
    """The shipped model, loaded once for all visitors."""
    return SentimentModel.load()


@st.cache_resource(show_spinner=False, max_entries=4)
def _load_run(name: str, stamp: int) -> SentimentModel:
    del stamp  # a run made again under the same name is loaded again
    return load_model(name)


@cache
def examples() -> tuple[Example, ...]:
    """The built-in reviews, in the order of the file."""
    with (ASSETS / "examples.toml").open("rb") as file:
        return tuple(Example(**entry) for entry in tomllib.load(file)["example"])


def opened_by_navigation() -> None:
    """Start again by way of app.py when Streamlit took this page straight from the folder.

    A fresh server does so for a link to a page, until app.py has called `st.navigation` once: the
    page would have neither the app's menu nor its style.
    """
    if leave_pages_directory():
        st.rerun()
    _without_endless_numbers()


def _without_endless_numbers() -> None:
    """Take numbers such as ``inf`` out of the link: Streamlit's number fields fail over them."""
    endless = [
        name
        for name in st.query_params
        if name not in WRITTEN and any(map(_is_endless, st.query_params.get_all(name)))
    ]
    for name in endless:
        del st.query_params[name]
    if endless:
        st.rerun()


def _is_endless(value: str) -> bool:
    try:
        return math.isinf(float(value))
    except ValueError:
        return False


def draw_style() -> None:
    """Load the style that all pages share."""
    st.html(ASSETS / "style.css")
