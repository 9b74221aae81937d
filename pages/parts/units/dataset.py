"""Which reviews the units page looks at: chosen, indexed in the background, opened once."""

from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path

import streamlit as st

from lstm_core.activations import (
    IndexedLayer,
    StateIndex,
    Texts,
    built_in_texts,
    find_index,
    most_reviews,
    open_index,
    test_stamp,
)
from lstm_core.activations.schema import NO_LABEL
from lstm_core.activations.sources import TEST_REVIEWS, file_texts
from lstm_core.activations.store import index_root, read_note
from lstm_core.activations.worker import (
    BUILT_IN_KIND,
    KIND,
    start_built_in,
    start_file,
    start_test,
    task_key,
)
from lstm_core.analysis.captions import plural
from lstm_core.datasets.table_format import TableOptions
from lstm_core.errors import LstmLensError
from lstm_core.tasks.folder import TaskStatus
from pages.parts.common.escape import escape_markdown
from pages.parts.common.link import linked_choice
from pages.parts.common.permission_gate import allowed, may
from pages.parts.common.table_format import (
    ENDINGS,
    chosen_table,
    draw_columns,
    draw_format,
    draw_label_rules,
    forget_format,
)
from pages.parts.common.task_progress import (
    NOTE,
    Action,
    attempt,
    draw_task,
    start_button,
    task_status,
)
from pages.parts.common.upload_input import upload_input

BUILT_IN, TEST, FILE = "built_in", "test", "file"
DATASETS = {
    BUILT_IN: "Built-in texts",
    TEST: "IMDb test reviews",
    FILE: "Your file",
}
OLD_DATASETS = {"Test reviews of the data set": TEST, "A file of mine": FILE}
SMALL = 2_000  # reviews below which figures are called rough


@dataclass(frozen=True)
class BuildRequest:
    """An index that may be built.

    Attributes:
        what: Names the work.
        reviews: How many, at most.
        start: Asks for it.
        sha256: Of the texts, where it is known before.
        stamp: Of their file, where it is not.
    """

    what: str
    reviews: int
    start: Action
    sha256: str = ""
    stamp: str = ""


@st.cache_resource(show_spinner=False, max_entries=4)
def _opened(folder: str, made: str) -> StateIndex:
    """An index that was found, opened and checked once."""
    del made  # an index built again is opened again
    return open_index(index_root() / folder)


@st.cache_resource(show_spinner=False)
def _small() -> Texts:
    return built_in_texts()


@st.cache_resource(show_spinner=False, max_entries=4)
def _read_file(sha256: str, name: str, options: TableOptions, _path: Path) -> Texts:
    del sha256  # the same file is read once
    return file_texts(_path, options, name)


def choose_index(layer: IndexedLayer) -> StateIndex | None:
    """The choice of reviews, and their index; None while there is none, with what to do about it.

    Raises:
        DataError: When an index cannot be built or opened.
    """
    known = _test_stamp()
    ready = bool(known) and find_index(layer.fingerprint, stamp=known) is not None
    left, right = st.columns([2, 5], vertical_alignment="bottom", gap="medium")
    chosen = linked_choice(
        left.selectbox,
        "Dataset",
        DATASETS,
        key="units_dataset",
        parameter="dataset",
        old=("reviews",),
        default=TEST if ready else BUILT_IN,
        aliases=OLD_DATASETS,
    )
    if chosen == TEST:
        index = _of_test(layer, known)
    elif chosen == FILE:
        index = _of_file(layer)
    else:
        index = _of_built_in(layer)
    if index is not None:
        with right:
            _draw_sample_line(index)
    return index


def _draw_sample_line(index: StateIndex) -> None:
    """What the figures of this page rest on."""
    note = index.note
    labelled = int((index.labels >= 0).sum())
    says = f"{escape_markdown(note.name)}: {note.reviews:,} reviews, {note.words:,} words read"
    if labelled < note.reviews:
        says += f", {labelled:,} with a label"
    if note.left_out:
        says += f"; {note.left_out:,} more, evenly spread, were left out to keep the index small"
    if note.reviews < SMALL:
        says += ". Enough to see how this works, too few for firm figures"
    st.caption(f"{says}. Measured with the model in use.")


def _of_built_in(layer: IndexedLayer) -> StateIndex | None:
    """The index of the built-in texts, computed when it is first looked at and kept."""
    texts = _small()
    folder = find_index(layer.fingerprint, sha256=texts.sha256)
    if folder is not None:
        return _open(folder.name)
    key = task_key(layer, texts.sha256)
    start = partial(start_built_in, layer, texts.sha256)
    found = task_status(BUILT_IN_KIND, key)
    if found.phase is None or found.done:
        attempt(BUILT_IN_KIND, start)
    draw_task(BUILT_IN_KIND, key, partial(_offer_built_in, layer, texts.sha256))
    return None


def _offer_built_in(layer: IndexedLayer, sha256: str, found: TaskStatus) -> None:
    """What to do after the computing ended: draw the page, or try again."""
    if found.done and find_index(layer.fingerprint, sha256=sha256) is not None:
        st.rerun()
    start = partial(start_built_in, layer, sha256)
    start_button("Read the built-in texts", BUILT_IN_KIND, start, permission="")


def _of_test(layer: IndexedLayer, stamp: str) -> StateIndex | None:
    if not stamp:
        st.info(
            "The data set is not on this machine. Put Stanford's aclImdb_v1.tar.gz into the folder "
            "data/, or name it in LSTM_LENS_DATA, and load this page again. The built-in texts and "
            "a file of your own work without it."
        )
        return None
    folder = find_index(layer.fingerprint, stamp=stamp)
    if folder is not None:
        return _open(folder.name)
    what = sha256(stamp.encode()).hexdigest()
    start = partial(start_test, layer, what)
    _offer(layer, BuildRequest(what, TEST_REVIEWS, start, stamp=stamp))
    return None


def _of_file(layer: IndexedLayer) -> StateIndex | None:
    if not may("upload"):
        return None
    upload = upload_input(
        "A table with a text column (a label column if there is one), or one review per line",
        ENDINGS,
        "units_file",
    )
    if upload is None:
        st.caption(
            "Its states are kept in the folder data/index of this machine until room is needed; "
            "nothing is sent elsewhere."
        )
        return None
    table = f"units_table_{upload.ticket}"
    options = chosen_table(table)
    try:
        texts = _read_file(upload.sha256, upload.name, options, upload.path)
    except LstmLensError as error:
        st.error(escape_markdown(str(error)))
        if options != TableOptions():
            st.button("Detect everything again", on_click=forget_format, args=(table,))
        return None
    if texts.format is not None:
        draw_format(texts.format, table)
        with st.expander(f"{_counted(texts)}; columns and labels"):
            draw_columns(texts.format, table)
            draw_label_rules(options, table)
    folder = find_index(layer.fingerprint, sha256=texts.sha256)
    if folder is not None:
        return _open(folder.name)
    start = partial(start_file, layer, texts.sha256, upload, options)
    _offer(layer, BuildRequest(texts.sha256, len(texts), start, sha256=texts.sha256))
    return None


def _counted(texts: Texts) -> str:
    labelled = int((texts.labels != NO_LABEL).sum())
    return f"{plural(len(texts), 'review')}, {labelled:,} with a label"


def _open(folder: str) -> StateIndex:
    note = read_note(index_root() / folder)
    return _opened(folder, note.made if note else "")


def _offer(layer: IndexedLayer, order: BuildRequest) -> None:
    """What an index costs, the button that builds it, and how far it is."""
    key = task_key(layer, order.what)
    draw_task(
        KIND,
        key,
        partial(_offer_build, layer, order),
        note=f"{NOTE} Each stage fills the bar once.",
    )


def _offer_build(layer: IndexedLayer, order: BuildRequest, found: TaskStatus) -> None:
    fingerprint = layer.fingerprint
    if found.done and find_index(fingerprint, sha256=order.sha256, stamp=order.stamp) is not None:
        st.rerun()
    fits = min(order.reviews, most_reviews(layer))
    what, rate = "States and gates", " and about a minute for every 25,000 reviews"
    if layer.number is not None:
        what, rate = "States", ""
    st.markdown(
        f"The activations of this {'layer' if layer.name else 'model'} on these reviews have not "
        f"been computed yet. {what} for {plural(fits, 'review')} take up to "
        f"**{layer.size_of(fits) / 2**20:,.0f} MiB** in the folder data/index{rate}."
    )
    if sentence := allowed().refusal("measure"):
        st.info(sentence)
    else:
        start_button("Compute activations", KIND, order.start, primary=True, key="build_index")


def _test_stamp() -> str:
    """Path, size and time of the data set on this machine, empty without one."""
    try:
        return test_stamp()
    except (LstmLensError, OSError):
        return ""
