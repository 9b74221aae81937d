"""Import a model: a bundle that LSTM Lens saved as zip, or a Keras model."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st

from lstm_core.errors import EncodingQuestionError, LstmLensError
from lstm_core.model.bundle_zip import receive_bundle
from lstm_core.model.classifier_reader import FAMILY
from lstm_core.model.import_check import receive_model
from lstm_core.model.limits import STEPS
from lstm_core.model.registry import bundle_folder, free_name
from lstm_core.model.vocabulary_files import SCHEMES
from lstm_core.runs.control import set_owner
from pages.parts.common.escape import escape_markdown
from pages.parts.common.link import linked_choice
from pages.parts.common.page import choose_model
from pages.parts.common.permission_gate import may, visitor
from pages.parts.common.streamlit_internals import UploadedFile

WAYS = {"zip": "a bundle (.zip)", "keras": "a model trained elsewhere (Keras, PyTorch)"}
REFUSED = ("pt", "pth", "bin", "pkl", "joblib", "onnx", "tflite", "pb", "npz", "zip")  # with why
_BROUGHT, _TROUBLE = "brought_name", "brought_trouble"
_CHECK, _QUESTION = "import_check", "import_question"


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
    if question := st.session_state.pop(_QUESTION, None):
        st.info("Answer below “Sequence length” what the files do not say, then import again.")
        st.code(question, language=None, wrap_lines=True)
    if line := st.session_state.get(_CHECK):
        st.caption(escape_markdown(line))
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
        f"A model trained elsewhere, of the family {FAMILY}; its vocabulary; and how its texts "
        "were encoded. Only the numbers of its weights are taken over. Before it is accepted, ten "
        "texts are predicted by Keras as well."
    )
    left, right = st.columns(2)
    model = left.file_uploader(
        "Model (.keras, .h5, .safetensors)",
        type=["keras", "h5", "hdf5", "safetensors", *REFUSED],
        key="import_keras_model",
    )
    words = right.file_uploader(
        "Vocabulary (.txt or .json)",
        type=["txt", "json"],
        key="bring_words",
        help="One word per line in the order of the ids, a JSON list (TextVectorization), a "
        "word_index, Keras' IMDb index, or Tokenizer.to_json.",
    )
    sizes = None
    if model is not None and model.name.endswith(".safetensors"):
        sizes = left.file_uploader(
            "Sizes of the PyTorch model (.json)",
            type=["json"],
            key="import_sizes",
            help='{"cell": "lstm", "maxlen": 200, "pooling": "last"}; see docs/import.md.',
        )
    options = _draw_options()
    torch = model is not None and model.name.endswith(".safetensors")
    ready = model is not None and words is not None and (sizes is not None or not torch)
    if st.button("Import", key="load_own", disabled=not ready):
        with st.spinner("Reading the files, then comparing ten texts with Keras ..."):
            _load_own(options)


def _draw_options() -> dict[str, Any]:
    """What the files may not say; an empty choice leaves it to them."""
    steps, classes = st.columns(2)
    places = steps.number_input(
        "Sequence length (0 = from the file)", min_value=0, max_value=STEPS, value=0, key="places"
    )
    named = classes.text_input(
        "Names of the classes, separated by commas",
        key="import_classes",
        placeholder="negative, neutral, positive",
        help="For a softmax output, in its order. The last one is taken for “positive”, unless "
        "a name says otherwise.",
    )
    columns = st.columns(3)
    ids = columns[0].selectbox(
        "Word ids",
        list(SCHEMES),
        index=None,
        format_func=lambda name: SCHEMES[name],
        key="import_ids",
        placeholder="as the file says",
    )
    sides = {
        "padding": ("Padding of short texts", {"pre": "in front", "post": "behind"}),
        "truncating": ("Cut of long texts", {"pre": "keep the last", "post": "keep the first"}),
    }
    answers: dict[str, str | int | None] = {"ids": ids}
    for column, (key, (label, names)) in zip(columns[1:], sides.items(), strict=True):
        answers[key] = column.selectbox(
            label,
            list(names),
            index=None,
            format_func=names.__getitem__,
            key=f"import_{key}",
            placeholder="as the file says",
        )
    with st.popover("Other ids"):
        for key, label in (
            ("start", "Id in front of every text"),
            ("unknown", "Id of unknown words"),
            ("first_word", "Id of the first word"),
        ):
            answers[key] = st.text_input(
                label, key=f"import_{key}", placeholder="as the file says", max_chars=9
            )
    given = [name.strip() for name in named.split(",") if name.strip()]
    lowered = [name.lower() for name in given]
    positive = lowered.index("positive") if "positive" in lowered else None
    return {
        "maxlen": int(places) or None,
        "answers": answers,
        "classes": given,
        "positive": positive,
    }


def _load_zip() -> None:
    sent = st.session_state.get("bring_zip")
    if isinstance(sent, UploadedFile):
        name = free_name(Path(sent.name).stem)
        _remember(name, lambda: receive_bundle(sent.getvalue(), bundle_folder(name)))


def _load_own(options: dict[str, Any]) -> None:
    keys = ("import_keras_model", "bring_words", "import_sizes")
    model, words, sizes = (st.session_state.get(key) for key in keys)
    if not isinstance(model, UploadedFile) or not isinstance(words, UploadedFile):
        return
    name = free_name(Path(model.name).stem)
    given = sizes if isinstance(sizes, UploadedFile) else None
    names = {"model": model.name, "vocabulary": words.name, "sizes": given.name if given else ""}

    def bring() -> None:
        contents = model.getvalue(), words.getvalue(), given.getvalue() if given else None
        folder = bundle_folder(name)
        _, check = receive_model(*contents, folder, name=name, names=names, **options)
        st.session_state[_CHECK] = check.line

    _remember(name, bring)


def _remember(name: str, bring: Callable[[], object]) -> None:
    """Do it, and keep for the page what came of it."""
    for key in (_BROUGHT, _CHECK, _QUESTION):
        st.session_state.pop(key, None)
    try:
        visitor().require("upload")
        bring()
        set_owner(name, visitor())
        st.session_state[_BROUGHT] = name
    except EncodingQuestionError as question:
        st.session_state[_QUESTION] = str(question)
    except LstmLensError as error:
        st.session_state[_TROUBLE] = str(error)
