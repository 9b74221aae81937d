"""Training data of a new run: what was found, the small corpus, a file, an upload."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import streamlit as st

from lstm_core.analysis.captions import plural
from lstm_core.analysis.formatting import percent
from lstm_core.datasets import Corpus, SourceKind, find_corpus, load_corpus, load_small_corpus
from lstm_core.datasets.preview import EncodingPreview, preview
from lstm_core.datasets.table import preview as preview_table
from lstm_core.errors import LstmLensError
from lstm_core.runs import DataChoice, DataKind
from lstm_core.text import Encoding, Kind
from pages.parts.common.encoding_html import ids_html
from pages.parts.common.escape import escape_markdown
from pages.parts.common.link import linked_choice
from pages.parts.common.permission_gate import allowed, may
from pages.parts.common.table_format import (
    ENDINGS,
    chosen_format,
    draw_format,
    draw_label_rules,
)
from pages.parts.common.upload_input import upload_input

FOUND, DOWNLOAD, SMALL, PATH, UPLOAD = "found", "download", "small", "path", "upload"
NAMES = {
    FOUND: "Found here",
    DOWNLOAD: "Download IMDb",
    SMALL: "Small corpus",
    PATH: "File or folder",
    UPLOAD: "Upload a table",
}
LARGEST_PREVIEW = 100 * 2**20  # bytes of a table that is read for a preview
TABLES = (SourceKind.CSV, SourceKind.KAGGLE_CSV)


@dataclass(frozen=True, slots=True)
class Place:
    """A data set that was found: where, and its form in words; or why it cannot be read."""

    path: Path | None = None
    kind: SourceKind | None = None
    trouble: str = ""


def choose_data(num_words: int, maxlen: int) -> DataChoice | None:
    """Draw the choice of data; None while what is chosen cannot be learned from.

    Args:
        num_words: Size of the id space, for the preview.
        maxlen: Places of a review, for the preview.
    """
    here = look_for(None)
    offered = [FOUND if here.path or here.trouble else DOWNLOAD, SMALL, PATH, UPLOAD]
    if allowed().public:  # a visitor can name no path of the server
        offered.remove(PATH)
    kind = linked_choice(
        st.segmented_control,
        "Data",
        {name: NAMES[name] for name in offered},
        key="data",
        default=offered[0] if here.path else SMALL,
        wrap=True,
        label_visibility="collapsed",
    )
    if kind == FOUND:
        return _found(here)
    if kind == DOWNLOAD:
        return _download()
    if kind == PATH:
        return _named(num_words, maxlen)
    if kind == UPLOAD:
        return _uploaded(num_words, maxlen)
    return _small(num_words, maxlen)


def look_for(path: str | None) -> Place:
    """What lies at a path, or where data is looked for; nothing is read or downloaded."""
    try:
        found = find_corpus(path)
    except LstmLensError as error:
        return Place(trouble=str(error))
    return Place() if found is None else Place(found.path, found.kind)


def _shown(path: Path) -> str:
    """A path as a visitor may see it: in public only its last name."""
    return path.name if allowed().public else str(path)


def _found(here: Place) -> DataChoice | None:
    if here.path is None or here.kind is None:
        st.error(escape_markdown(here.trouble))
        return None
    st.caption(f"Found: {here.kind}, `{_shown(here.path)}`. It is read when the training begins.")
    return DataChoice(DataKind.IMDB)


def _download() -> DataChoice:
    st.caption(
        "No IMDb data was found on this machine. Keras' copy of it (25,000 reviews for training, "
        "25,000 for the test, 19 MB) is downloaded when the training begins, with a bar that shows "
        "how far it is, and is kept for later."
    )
    return DataChoice(DataKind.IMDB, download=True)


def _small(num_words: int, maxlen: int) -> DataChoice:
    seen = _preview_small(num_words, maxlen)
    st.caption(
        f"The small corpus that comes with LSTM Lens: {seen.train + seen.test} short made-up "
        "reviews. Training takes seconds; the model is **not accurate on real reviews**."
    )
    _draw_preview(lambda: seen, maxlen)
    return DataChoice(DataKind.SMALL)


def _named(num_words: int, maxlen: int) -> DataChoice | None:
    if not may("upload"):
        return None
    path = st.text_input(
        "File or folder on this machine",
        key="path",
        bind="query-params",
        placeholder="aclImdb_v1.tar.gz, its folder, imdb.npz, or a table",
    )
    if not path:
        return None
    place = look_for(path.strip())
    if place.path is None or place.kind is None:
        st.error(escape_markdown(place.trouble))
        return None
    if place.kind in TABLES:
        return _table(place.path, num_words, maxlen)
    st.caption(f"Found: {place.kind}, `{_shown(place.path)}`. It is read when the training begins.")
    return DataChoice(DataKind.PATH, path=str(place.path.resolve()))


def _uploaded(num_words: int, maxlen: int) -> DataChoice | None:
    if not may("upload"):
        return None
    upload = upload_input(
        "A table with a column of reviews and one of labels (positive/negative, 1/0, stars …): "
        "CSV, TSV, text, JSON Lines, Parquet, Excel, also as .gz or .zip",
        ENDINGS,
        "upload",
    )
    return None if upload is None else _table(upload.path, num_words, maxlen, upload.name)


def _table(path: Path, num_words: int, maxlen: int, name: str = "") -> DataChoice | None:
    """Choose format and columns of a table and look at it as the model will."""
    options = chosen_format("train_table")
    try:
        found = preview_table(path, options, name=name or None).format
        draw_format(found, "train_table")
        names = list(dict.fromkeys(found.names))
        text = names.index(found.text_column)
        label = names.index(found.label_column) if found.label_column else None
        boxes = st.columns(2)
        text_column = boxes[0].selectbox("Column with the reviews", names, text, key="text_in")
        label_column = boxes[1].selectbox("Column with the labels", names, label, key="label_in")
        choice = DataChoice(
            DataKind.PATH,
            path=str(path.resolve()),
            table=replace(
                draw_label_rules(options, "train_table"),
                text_column=text_column,
                label_column=label_column,
            ),
            name=name,
        )
        if path.stat().st_size > LARGEST_PREVIEW:
            st.caption("The table is too large to be looked at before the training.")
        else:
            corpus = _corpus(choice, path.stat().st_mtime_ns)
            _draw_preview(partial(preview, corpus, num_words, maxlen), maxlen)
    except (LstmLensError, OSError) as error:
        st.error(escape_markdown(str(error)))
        return None
    return choice


def _draw_preview(make: Callable[[], EncodingPreview], maxlen: int) -> None:
    """What becomes of the reviews, in a sentence and on a few of them."""
    panel = st.expander("Preview of the encoded data", key="data_preview", on_change="rerun")
    if not panel.open:
        return
    seen = make()
    some = seen.looked_at < seen.train
    counted = f"In the first {seen.looked_at:,} to learn from" if some else "In those to learn from"
    with panel:
        st.markdown(
            f"**{seen.train:,} reviews to learn from** ({percent(seen.positive)} positive), "
            f"{seen.test:,} for the test; {plural(seen.known_words, 'word')} "
            f"{'has' if seen.known_words == 1 else 'have'} an id. {counted}: "
            f"{seen.words:.0f} words in the median review; of the words read "
            f"**{percent(seen.unknown)} are unknown**; **{percent(seen.cut_reviews)} of the "
            f"reviews are cut** after {plural(maxlen - 1, 'word')}, which leaves "
            f"{percent(seen.cut_words)} of all words unread."
        )
        for encoding, positive in seen.shown:
            st.caption(
                f"Labelled **{'positive' if positive else 'negative'}**: "
                f"{plural(encoding.pad_count, 'zero')} in front, {len(encoding.unknown)} unknown, "
                f"{plural(len(encoding.unread_words), 'word')} not read."
            )
            _draw_ids(encoding)


def _draw_ids(encoding: Encoding) -> None:
    """The places that are not padding, with the ids under them."""
    first = encoding.pad_count
    ids = [int(id_) for id_ in encoding.ids[first:]]
    marks = [kind in (Kind.START, Kind.UNKNOWN) for kind in encoding.kinds[first:]]
    st.html(ids_html(encoding.words[first:], ids, marks))


@st.cache_resource(show_spinner=False, max_entries=32)
def _preview_small(num_words: int, maxlen: int) -> EncodingPreview:
    return preview(load_small_corpus(), num_words, maxlen)


@st.cache_resource(show_spinner="Reading the table", max_entries=1)
def _corpus(choice: DataChoice, stamp: int) -> Corpus:
    del stamp  # a file that changed is read again
    return load_corpus(
        choice.path,
        table=choice.table,
        name=choice.name or None,
    )
