"""Import a model: a bundle that LSTM Lens saved as zip, or a Keras model."""

from collections.abc import Callable
from pathlib import Path

import streamlit as st

from lstm_core.errors import LstmLensError
from lstm_core.model.bundle import Bundle
from lstm_core.model.bundle_zip import receive_bundle
from lstm_core.model.import_keras import receive_keras_model
from lstm_core.model.keras_reader import FAMILY
from lstm_core.model.limits import STEPS
from lstm_core.model.registry import bundle_folder, free_name
from lstm_core.runs.control import set_owner
from pages.parts.common.escape import escape_markdown
from pages.parts.common.link import linked_choice
from pages.parts.common.page import choose_model
from pages.parts.common.permission_gate import may, visitor
from pages.parts.common.streamlit_internals import UploadedFile

WAYS = {"zip": "a bundle (.zip)", "keras": "a Keras model (.keras, .h5)"}
_BROUGHT, _TROUBLE = "brought_name", "brought_trouble"


def draw_import() -> None:
    """Choose the way, send the files, and use what came in."""
    if not may("upload"):
        return
    way = linked_choice(
        st.segmented_control, "Import from", WAYS, key="import_from", old=("bring",)
    )
    (_own if way == "keras" else _zip)()
    if trouble := st.session_state.pop(_TROUBLE, None):
        st.error(escape_markdown(trouble))
    if name := st.session_state.get(_BROUGHT):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.success(f"The model is here under the name “{name}”.")
            st.button("Use this model", key="use_brought", on_click=choose_model, args=(name,))


def _zip() -> None:
    st.caption(
        "The zip that “Download the model” saves, here or on another machine. It is checked like "
        "all imports: only the files of a bundle, with size limits and fingerprints; no code is "
        "executed."
    )
    sent = st.file_uploader("Bundle (.zip)", type=["zip"], key="bring_zip")
    st.button("Import", key="load_zip", disabled=sent is None, on_click=_load_zip)


def _own() -> None:
    st.caption(
        "A `.keras` or `.h5` file that `model.save` wrote in Keras 2 or 3, of the family "
        f"{FAMILY}, and the words of its ids. Only the numbers of its weights are taken over; what "
        "does not fit is refused with the reason."
    )
    left, right = st.columns(2)
    model = left.file_uploader(
        "Model (.keras, .h5)", type=["keras", "h5", "hdf5"], key="import_keras_model"
    )
    words = right.file_uploader(
        "Vocabulary (.txt or .json)",
        type=["txt", "json"],
        key="bring_words",
        help="One word a line, the first has id 4; or Keras' word index as JSON, ranks from 1. "
        "Ids 0 to 3 are padding, start, unknown and one that is not used.",
    )
    left.number_input(
        "Sequence length (0 = from the file)", min_value=0, max_value=STEPS, value=0, key="places"
    )
    ready = model is not None and words is not None
    st.button("Import", key="load_own", disabled=not ready, on_click=_load_own)


def _load_zip() -> None:
    sent = st.session_state.get("bring_zip")
    if isinstance(sent, UploadedFile):
        name = free_name(Path(sent.name).stem)
        _remember(name, lambda: receive_bundle(sent.getvalue(), bundle_folder(name)))


def _load_own() -> None:
    model, words = st.session_state.get("import_keras_model"), st.session_state.get("bring_words")
    if not isinstance(model, UploadedFile) or not isinstance(words, UploadedFile):
        return
    name = free_name(Path(model.name).stem)
    places = int(st.session_state.get("places") or 0) or None

    def bring() -> Bundle:
        given = model.getvalue(), words.getvalue()
        return receive_keras_model(*given, bundle_folder(name), name=name, maxlen=places)

    _remember(name, bring)


def _remember(name: str, bring: Callable[[], Bundle]) -> None:
    """Do it, and keep for the page what came of it."""
    st.session_state.pop(_BROUGHT, None)
    try:
        visitor().require("upload")
        bring()
        set_owner(name, visitor())
        st.session_state[_BROUGHT] = name
    except LstmLensError as error:
        st.session_state[_TROUBLE] = str(error)
