"""Building a state index: read every review once, keep all, measure silencing, put it in place."""

import shutil
import time
from dataclasses import fields, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from lstm_core.activations.ablation import measure_ablation
from lstm_core.activations.collect import BLOCK, accumulate, add_padding, collect_block
from lstm_core.activations.schema import KEPT, Aggregates, IndexNote, Texts
from lstm_core.activations.store import (
    FORMAT,
    LARGEST_INDEX,
    Array,
    StateIndex,
    file_notes,
    index_folder,
    index_root,
    make_room,
    open_index,
    write_array,
    write_note,
    write_texts,
)
from lstm_core.errors import DataError
from lstm_core.model.sentiment_model import SentimentModel
from lstm_core.progress import Progress, ProgressCallback
from lstm_core.recurrent.lstm import Ids, limit_blas_threads
from lstm_core.tasks.atomic import replacing_folder
from lstm_core.text import encode_many

SILENCED = 10_000  # reviews on which silencing is measured, at most
SPARE = 2**28  # bytes that stay free on the disk
TEXT_BYTES = 1_400  # of a review, on average, for the estimate


def size_of(reviews: int, maxlen: int, units: int) -> int:
    """Bytes that an index of so many reviews needs at most, all of them as long as is read."""
    return reviews * ((maxlen - 1) * (len(KEPT) * units + 4) + 4 * units + TEXT_BYTES)


def most_reviews(maxlen: int, units: int) -> int:
    """Reviews that fit into the bound of one index."""
    return LARGEST_INDEX // size_of(1, maxlen, units)


def build_index(
    model: SentimentModel, texts: Texts, progress: ProgressCallback, *, silenced: int = SILENCED
) -> StateIndex:
    """Build the index of texts as a model reads them, by its first places.

    Args:
        model: The model.
        texts: The reviews; those beyond the bound on disk are left out and counted.
        progress: Told how far it is.
        silenced: Reviews on which silencing is measured, at most.

    Raises:
        DataError: Without a review, without room, or when the folder cannot be written.
    """
    begun = time.monotonic()
    chosen = _bounded(texts, most_reviews(model.maxlen, model.lstm_dim))
    folder = index_folder(model.bundle.fingerprint, texts.sha256)
    try:
        _check_disk(size_of(len(chosen), model.maxlen, model.lstm_dim))
        with replacing_folder(folder, replace_existing=True) as made:
            note = _fill(made, model, chosen, progress, silenced)
            note = replace(
                note,
                left_out=len(texts) - len(chosen),
                seconds=round(time.monotonic() - begun, 1),
                files=file_notes(made),
            )
            write_note(made, note)
    except OSError as error:
        raise DataError(
            f"The activations cannot be written: {error.strerror or error}. Free some space in the "
            "data folder, or let LSTM_LENS_HOME name a folder that can be written."
        ) from error
    make_room(folder)
    return open_index(folder)


def _bounded(texts: Texts, most: int) -> Texts:
    """The texts that fit into the bound.

    Raises:
        DataError: When there are none.
    """
    if not len(texts):
        raise DataError("No review came in. Give at least one.")
    if len(texts) <= most:
        return texts
    return replace(texts, texts=texts.texts[:most], labels=texts.labels[:most])


def _check_disk(size: int) -> None:
    """Refuse when the disk is too full.

    Raises:
        DataError: When it is.
        OSError: When the folder cannot be made.
    """
    root = index_root()
    root.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(root).free
    if free < size + SPARE:
        raise DataError(
            f"The index needs up to {size / 2**20:,.0f} MiB and the disk has "
            f"{free / 2**20:,.0f} MiB free. Free some space, or take fewer reviews."
        )


def _fill(
    made: Path, model: SentimentModel, texts: Texts, progress: ProgressCallback, silenced: int
) -> IndexNote:
    """Write every array; the note still lacks the files."""
    forward, units = model.forward, model.lstm_dim
    limit_blas_threads()
    ids = _encoded(model, texts, progress)
    lengths = (ids >= 2).sum(axis=1)  # (N,), without zeros and start
    words = int(lengths.sum())
    kept = {name: _new(made / f"{name}.npy", (units, words), kind) for name, kind in KEPT.items()}
    sums = Aggregates.empty(forward.weights.num_words, units)
    read = np.empty(words, np.int32)
    final = np.empty((len(ids), units), np.float32)
    at = 0
    for start in range(0, len(ids), BLOCK):
        progress(Progress("reading the reviews", start, len(ids)))
        block = collect_block(forward, ids[start : start + BLOCK])
        end = at + len(block.ids)
        for name, array in kept.items():
            array[:, at:end] = block.kept[name]
        read[at:end], final[start : start + BLOCK] = block.ids, block.final
        accumulate(sums, block)
        at = end
    progress(Progress("reading the reviews", len(ids), len(ids)))
    for array in kept.values():
        if isinstance(array, np.memmap):
            array.flush()
    zeros = add_padding(sums, forward, lengths)
    logits = forward.logits(final)
    some = slice(0, silenced)
    cost = measure_ablation(forward, ids[some], texts.labels[some], logits[some], progress)
    arrays = {
        **{field.name: getattr(sums, field.name) for field in fields(Aggregates)},
        "ids": read,
        "starts": np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        "labels": texts.labels.astype(np.int8),
        "logits": logits.astype(np.float32),
        "final": final,
        "lost": cost.lost,
        "turned": cost.turned,
        "moved": cost.moved,
    }
    for name, values in arrays.items():
        write_array(made, name, values)
    write_texts(made, texts.texts)
    return IndexNote(
        format=FORMAT,
        fingerprint=model.bundle.fingerprint,
        sha256=texts.sha256,
        name=texts.name,
        stamp=texts.stamp,
        made=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        seconds=0.0,
        num_words=forward.weights.num_words,
        maxlen=model.maxlen,
        lstm_dim=units,
        reviews=len(ids),
        left_out=0,
        words=words,
        zeros=zeros,
        silenced_reviews=min(silenced, len(ids)),
        files={},
    )


def _encoded(model: SentimentModel, texts: Texts, progress: ProgressCallback) -> Ids:
    """Encodings of all texts, ``(N, T)``."""
    ids = np.empty((len(texts), model.maxlen), np.int32)
    for start in range(0, len(texts), BLOCK):
        progress(Progress("looking up the words", start, len(texts)))
        some = texts.texts[start : start + BLOCK]
        ids[start : start + BLOCK] = encode_many(some, model.vocabulary, model.maxlen)
    return ids


def _new(path: Path, shape: tuple[int, int], kind: str) -> Array:
    """A new array on disk (in memory and saved at once when it holds nothing: nothing to map)."""
    if not shape[1]:
        empty = np.empty(shape, kind)
        np.save(path, empty)
        return empty
    return np.lib.format.open_memmap(path, mode="w+", dtype=kind, shape=shape)
