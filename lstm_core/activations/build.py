"""Building a state index: read every review once, keep all, measure ablation, put it in place."""

import shutil
import time
from dataclasses import asdict, fields, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from lstm_core.activations.ablation import measure_ablation
from lstm_core.activations.collect import (
    BLOCK,
    ActivationBatch,
    accumulate,
    add_padding,
    collect_block,
)
from lstm_core.activations.layers import MOST_REVIEWS as MOST_LAYER_REVIEWS
from lstm_core.activations.layers import IndexedLayer, block_size, collect_layer, layer_named
from lstm_core.activations.schema import Aggregates, IndexNote, Texts
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
from lstm_core.recurrent.lstm import Floats, Ids, limit_blas_threads
from lstm_core.tasks.atomic import replacing_folder
from lstm_core.text import encode_many

SILENCED = 10_000  # reviews on which ablation is measured, at most
SPARE = 2**28  # bytes that stay free on the disk


def most_reviews(layer: IndexedLayer) -> int:
    """Reviews that fit into the bound of one index; of a layer of an imported model fewer."""
    fit = max(LARGEST_INDEX // layer.size_of(1), 1)
    return fit if layer.number is None else min(fit, MOST_LAYER_REVIEWS)


def build_index(
    model: SentimentModel,
    texts: Texts,
    progress: ProgressCallback,
    *,
    silenced: int = SILENCED,
    layer: IndexedLayer | None = None,
) -> StateIndex:
    """Build the index of texts as a model reads them, by its first places.

    Args:
        texts: The reviews; those beyond the bound are left out, evenly spread, and counted.
        silenced: Reviews on which ablation is measured, at most; not for imported models.
        layer: Which layer of the model; the last one that reads forwards when left out.

    Raises:
        DataError: Without a review, without room, or when the folder cannot be written.
    """
    begun = time.monotonic()
    read = layer or layer_named(model, None)
    chosen = _bounded(texts, most_reviews(read))
    folder = index_folder(read.fingerprint, texts.sha256)
    try:
        _check_disk(read.size_of(len(chosen)))
        with replacing_folder(folder, replace_existing=True) as made:
            note = _fill(made, read, chosen, progress, silenced)
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
    rows = np.linspace(0, len(texts) - 1, most).astype(int)  # files are often sorted by label
    return replace(texts, texts=tuple(texts.texts[row] for row in rows), labels=texts.labels[rows])


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
    made: Path, layer: IndexedLayer, texts: Texts, progress: ProgressCallback, silenced: int
) -> IndexNote:
    """Write every array; the note still lacks the files."""
    model, units, imported = layer.model, layer.units, layer.number is not None
    limit_blas_threads()
    ids = _encoded(model, texts, progress)
    rules = model.vocabulary.rules
    lengths = ((ids != rules.pad) & (ids != rules.start)).sum(axis=1)  # (N,), of words
    words = int(lengths.sum())
    word_ids = np.unique(ids) if imported else np.arange(model.num_words, dtype=np.int32)
    kept = {
        name: _new(made / f"{name}.npy", (units, words), kind) for name, kind in layer.kept.items()
    }
    sums = Aggregates.empty(len(word_ids), units, len(layer.gates))
    read = np.empty(words, np.int32)
    final, logits = np.empty((len(ids), units), np.float32), np.empty(len(ids), np.float32)
    at = zeros = 0
    size = block_size(layer) if imported else BLOCK
    for start in range(0, len(ids), size):
        progress(Progress("reading the reviews", start, len(ids)))
        block, said = _collect(layer, ids[start : start + size])
        end = at + len(block.ids)
        for name, array in kept.items():
            array[:, at:end] = block.kept[name]
        read[at:end] = block.ids
        final[start : start + size], logits[start : start + size] = block.final, said
        accumulate(sums, block, word_ids)
        at, zeros = end, zeros + block.zeros
    progress(Progress("reading the reviews", len(ids), len(ids)))
    for array in kept.values():
        if isinstance(array, np.memmap):
            array.flush()
    own: dict[str, Array] = {"word_ids": word_ids.astype(np.int32)}
    some = slice(0, 0 if imported else silenced)
    if not imported:
        zeros = add_padding(sums, model.forward, lengths)
        own = asdict(
            measure_ablation(model.forward, ids[some], texts.labels[some], logits[some], progress)
        )
    arrays = {
        **{field.name: getattr(sums, field.name) for field in fields(Aggregates)},
        "ids": read,
        "starts": np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        "labels": texts.labels.astype(np.int8),
        "logits": logits,
        "final": final,
        **own,
    }
    for name, values in arrays.items():
        write_array(made, name, values)
    write_texts(made, texts.texts)
    return IndexNote(
        format=FORMAT,
        fingerprint=layer.fingerprint,
        sha256=texts.sha256,
        name=texts.name,
        stamp=texts.stamp,
        made=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        seconds=0.0,
        num_words=len(word_ids),
        maxlen=model.maxlen,
        lstm_dim=units,
        reviews=len(ids),
        left_out=0,
        words=words,
        zeros=zeros,
        silenced_reviews=len(ids[some]),
        files={},
        layer=layer.name,
        kind=layer.kind,
        backward=layer.backward,
    )


def _collect(layer: IndexedLayer, ids: Ids) -> tuple[ActivationBatch, Floats]:
    """What is kept of a block of reviews, and the logits that the model gives them."""
    if layer.number is not None:
        block, features = collect_layer(layer, ids)
        return block, layer.model.reader.logits(features)
    block = collect_block(layer.model.forward, ids)
    return block, layer.model.forward.logits(block.final)


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
