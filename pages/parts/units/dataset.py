"""Which reviews the units page looks at: chosen, indexed in the background, opened once."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256

import streamlit as st

from lstm_core.activations import (
    StateIndex,
    Texts,
    build_index,
    built_in_texts,
    file_texts,
    find_index,
    open_index,
    size_of,
    test_stamp,
)
from lstm_core.activations.build import most_reviews
from lstm_core.activations.sources import TEST_REVIEWS
from lstm_core.activations.store import index_root, read_note
from lstm_core.activations.worker import job_standing, start_file, start_test
from lstm_core.analysis.captions import plural
from lstm_core.errors import DataError, LstmLensError
from lstm_core.model.sentiment_model import SentimentModel
from lstm_core.tasks.process import Process, TaskStatus
from pages.parts.common.escape import escape_markdown
from pages.parts.common.link import linked_choice
from pages.parts.common.permission_gate import allowed, may

BUILT_IN, TEST, FILE = "built_in", "test", "file"
DATASETS = {
    BUILT_IN: "Built-in texts",
    TEST: "IMDb test reviews",
    FILE: "Your file",
}
OLD_DATASETS = {"Test reviews of the data set": TEST, "A file of mine": FILE}
POLL_SECONDS = 1.0
SMALL = 2_000  # reviews below which figures are called rough


@dataclass
class Builders:
    """Processes that this server started, by model and texts; one starts at a time."""

    running: dict[tuple[str, str], Process] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)
    _locks: dict[str, threading.Lock] = field(default_factory=dict)

    def lock_of(self, fingerprint: str) -> threading.Lock:
        """The lock of one model."""
        with self.lock:
            return self._locks.setdefault(fingerprint, threading.Lock())


@dataclass(frozen=True)
class BuildRequest:
    """An index that may be built.

    Attributes:
        what: Names the work.
        reviews: How many, at most.
        begin: Starts the process.
        sha256: Of the texts, where it is known before.
        stamp: Of their file, where it is not.
    """

    what: str
    reviews: int
    begin: Callable[[], Process]
    sha256: str = ""
    stamp: str = ""


@st.cache_resource(show_spinner=False)
def builders() -> Builders:
    """The one of this server."""
    return Builders()


@st.cache_resource(show_spinner=False, max_entries=4)
def _opened(folder: str, made: str) -> StateIndex:
    """An index that was found, opened and checked once."""
    del made  # an index built anew is opened anew
    return open_index(index_root() / folder)


@st.cache_resource(show_spinner=False)
def _small() -> Texts:
    return built_in_texts()


@st.cache_resource(show_spinner=False, max_entries=4)
def _read_file(content: bytes, name: str) -> Texts:
    return file_texts(content, name)


def choose_index(model: SentimentModel) -> StateIndex | None:
    """The choice of reviews, and their index; None while there is none, with what to do about it.

    Raises:
        DataError: When an index cannot be built or opened.
    """
    known = _test_stamp()
    ready = bool(known) and find_index(model.bundle.fingerprint, stamp=known) is not None
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
        index = _of_test(model, known)
    elif chosen == FILE:
        index = _of_file(model)
    else:
        index = _of_built_in(model)
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
        says += f"; {note.left_out:,} more were left out to keep the index small"
    if note.reviews < SMALL:
        says += ". Enough to see how this works, too few for firm figures"
    st.caption(f"{says}. Measured with the model in use.")


def _of_built_in(model: SentimentModel) -> StateIndex:
    """The index of the built-in texts: a second's work, done at once and kept."""
    texts = _small()
    fingerprint = model.bundle.fingerprint
    folder = find_index(fingerprint, sha256=texts.sha256)
    if folder is not None:
        return _open(folder.name)
    with builders().lock_of(fingerprint):  # a model of one visitor keeps no other model's waiting
        folder = find_index(fingerprint, sha256=texts.sha256)
        if folder is None:
            with st.spinner("Reading the built-in texts …"):
                folder = build_index(model, texts, lambda _: None).folder
    return _open(folder.name)


def _of_test(model: SentimentModel, stamp: str) -> StateIndex | None:
    if not stamp:
        st.info(
            "The data set is not on this machine. Put Stanford's aclImdb_v1.tar.gz into the folder "
            "data/, or name it in LSTM_LENS_DATA, and load this page again. The built-in texts and "
            "a file of your own work without it."
        )
        return None
    folder = find_index(model.bundle.fingerprint, stamp=stamp)
    if folder is not None:
        return _open(folder.name)
    what = sha256(stamp.encode()).hexdigest()
    order = BuildRequest(what, TEST_REVIEWS, partial(start_test, model.bundle, what), stamp=stamp)
    _offer(model, order)
    return None


def _of_file(model: SentimentModel) -> StateIndex | None:
    if not may("upload"):
        return None
    sent = st.file_uploader(
        "A CSV with a text column (a label column if there is one), or one review a line",
        ["csv", "tsv", "txt"],
        key="units_file",
    )
    if sent is None:
        st.caption(
            "Its states are kept in the folder data/index of this machine until room is needed; "
            "nothing is sent elsewhere."
        )
        return None
    content = sent.getvalue()
    texts = _read_file(content, sent.name)
    folder = find_index(model.bundle.fingerprint, sha256=texts.sha256)
    if folder is not None:
        return _open(folder.name)
    begin = partial(start_file, model.bundle, texts.sha256, content, sent.name)
    _offer(model, BuildRequest(texts.sha256, len(texts), begin, sha256=texts.sha256))
    return None


def _open(folder: str) -> StateIndex:
    note = read_note(index_root() / folder)
    return _opened(folder, note.made if note else "")


def _offer(model: SentimentModel, order: BuildRequest) -> None:
    """What an index costs, the button that builds it, and how far it is."""
    running = _standing(model, order.what).running
    st.fragment(_follow, run_every=POLL_SECONDS if running else None)(model, order)


def _follow(model: SentimentModel, order: BuildRequest) -> None:
    found = _standing(model, order.what)
    fingerprint = model.bundle.fingerprint
    if found.done and find_index(fingerprint, sha256=order.sha256, stamp=order.stamp) is not None:
        st.rerun()
    if found.running:
        progress = found.progress
        words = progress.stage.capitalize() if progress else "Starting"
        st.progress((progress.share if progress else None) or 0.0, words)
        st.caption(
            "Computing runs in the background. You can leave or reload this page. Each stage fills "
            "the bar once."
        )
        return
    if found.error:
        st.warning(escape_markdown(found.error))
    fits = min(order.reviews, most_reviews(model.maxlen, model.lstm_dim))
    most = size_of(fits, model.maxlen, model.lstm_dim) / 2**20
    st.markdown(
        f"The activations of this model on these reviews have not been computed yet. States and "
        f"gates for "
        f"{plural(fits, 'review')} take up to **{most:,.0f} MiB** in the folder data/index and "
        "about a minute for every 25,000 reviews."
    )
    if sentence := allowed().refusal("train"):
        st.info(sentence)
    elif st.button("Compute activations", key="build_index", type="primary"):
        _start(model, order)
        st.rerun()


def _start(model: SentimentModel, order: BuildRequest) -> None:
    with builders().lock:  # two visitors may press at once
        if not _standing(model, order.what).running:
            try:
                builders().running[model.bundle.fingerprint, order.what] = order.begin()
            except OSError as error:
                raise DataError(
                    f"The folder for indices cannot be written: {error.strerror or error}."
                ) from error


def _standing(model: SentimentModel, what: str) -> TaskStatus:
    process = builders().running.get((model.bundle.fingerprint, what))
    return job_standing(model.bundle, what, process)


def _test_stamp() -> str:
    """Path, size and time of the data set on this machine, empty without one."""
    try:
        return test_stamp()
    except (LstmLensError, OSError):
        return ""
