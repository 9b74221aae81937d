"""What an uploaded model may cost: declared sizes, memory and time, in a process of its own."""

import io
import json
import resource
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from lstm_core.errors import BundleError, InputError
from lstm_core.model import limits
from lstm_core.model.bundle import read_bundle, write_bundle
from lstm_core.model.bundle_zip import bundle_zip, receive_bundle
from lstm_core.model.import_check import receive_model
from lstm_core.model.import_model import NetworkFile
from lstm_core.model.keras_reader import WEIGHT_PATHS, read_keras_file
from lstm_core.model.keras_weights import CONFIG, WEIGHTS, _Reader
from lstm_core.model.keras_writer import write_keras_file
from lstm_core.model.limits import check_sizes
from lstm_core.model.registry import bundle_folder, free_name
from lstm_core.paths import SHIPPED_MODEL
from lstm_core.tasks.sandbox import SandboxLimits, run_sandboxed
from lstm_core.text import Vocabulary
from tests.unit.helpers import WORDS, card_of, random_weights

pytestmark = pytest.mark.usefixtures("home")

VOCABULARY = "\n".join(WORDS).encode()
ARTICLE = {"ids": "imdb", "padding": "pre", "truncating": "post"}


def keras_file(folder: Path, change: Callable[[str, bytes], bytes] | None = None) -> bytes:
    """A small model, with its members changed."""
    path = folder / "model.keras"
    write_keras_file(path, random_weights(), 7)
    buffer = io.BytesIO()
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = old.read(name)
            new.writestr(name, change(name, content) if change else content)
    path.write_bytes(buffer.getvalue())
    return buffer.getvalue()


def unwritten(shapes: dict[str, tuple[int, ...]]) -> Callable[[str, bytes], bytes]:
    """Arrays that are declared, compressed and never written: a few bytes that unpack to much."""

    def change(name: str, content: bytes) -> bytes:
        if name != WEIGHTS:
            return content
        buffer = io.BytesIO()
        with h5py.File(buffer, "w") as file:
            for array, shape in shapes.items():
                file.create_dataset(
                    WEIGHT_PATHS[array], shape, "f4", compression="gzip", fillvalue=0.5
                )
        return buffer.getvalue()

    return change


def blown_up(size: int, filler: bytes) -> Callable[[str, bytes], bytes]:
    """The architecture with `size` bytes of filler behind it."""
    return lambda name, content: content + filler * size if name == CONFIG else content


SETS = dict.fromkeys(WEIGHT_PATHS, (2**27,))  # 512 MiB each
FITTING = {  # consistent with each other, 1.5 GiB
    "embedding": (100_000, 1_024),
    "kernel": (1_024, 2_048),
    "recurrent": (512, 2_048),
    "bias": (2_048,),
    "dense_kernel": (512, 1),
    "dense_bias": (1,),
}
BOMBS = {
    "six sets of 512 MiB": unwritten(SETS),
    "fitting shapes of 400 MiB": unwritten(FITTING),
    "config of 200 MB": blown_up(200_000_000, b" "),
    "config of 300 MB of line feeds": blown_up(300_000_000, b"\n"),
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_model_is_refused_by_its_declared_sizes(bomb: str, tmp_path: Path) -> None:
    keras_file(tmp_path, BOMBS[bomb])
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.perf_counter()
    with pytest.raises(BundleError):
        read_keras_file(tmp_path / "model.keras")
    assert time.perf_counter() - started < 5  # it was 7 to 11 s for everybody
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 100 * 1024, "kilobytes of memory"


@pytest.mark.parametrize("bomb", ["six sets of 512 MiB", "config of 200 MB"])
def test_an_uploaded_model_costs_this_process_nothing(bomb: str, tmp_path: Path) -> None:
    content = keras_file(tmp_path, BOMBS[bomb])
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(BundleError):
        receive_model(content, VOCABULARY, None, bundle_folder("a"), name="a", answers=ARTICLE)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 10 * 1024
    assert free_name("a") == "a"


@pytest.mark.parametrize("own", ["sentiment.keras", "../../etc/x\0.keras", "é" * 300 + ".keras"])
def test_a_refused_upload_is_named_as_the_visitor_named_it(own: str) -> None:
    names = {"model": own, "vocabulary": own, "sizes": ""}
    with pytest.raises(BundleError, match=r"\.keras is neither") as refused:
        receive_model(
            b"no model",
            VOCABULARY,
            None,
            bundle_folder("a"),
            name="a",
            names=names,
            answers=ARTICLE,
        )
    assert "lstm-lens-upload" not in str(refused.value) and len(str(refused.value)) < 400


def test_uploads_that_fit_are_taken(tmp_path: Path) -> None:
    own = bundle_folder("own")
    names = {"model": f"../x\0{'é' * 300}.keras", "vocabulary": "words.txt", "sizes": ""}
    content = keras_file(tmp_path)
    receive_model(content, VOCABULARY, None, own, name="own", names=names, answers=ARTICLE)
    found = read_bundle(own)
    assert found.maxlen == 7 and found.card.command.endswith(".keras and words.txt")
    found = receive_bundle(bundle_zip(SHIPPED_MODEL), bundle_folder("zip"))
    assert found.fingerprint == read_bundle(SHIPPED_MODEL).fingerprint


def test_a_refused_zip_leaves_its_name_free(home: Path) -> None:
    with pytest.raises(BundleError):
        receive_bundle(b"PK no zip", bundle_folder("mine"))
    assert free_name("mine") == "mine"
    assert not list((home).glob("runs/*"))


def test_a_full_folder_for_temporary_files_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "not-here"))
    with pytest.raises(BundleError, match="TMPDIR"):
        receive_bundle(b"PK", bundle_folder("mine"))


def card_changed(tmp_path: Path, **changes: Any) -> bytes:
    """A good bundle's zip whose card says other things."""
    weights = random_weights()
    vocabulary = Vocabulary(WORDS, weights.num_words)
    write_bundle(tmp_path / "b", NetworkFile(weights, 7), vocabulary, card_of(weights, 7))
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(bundle_zip(tmp_path / "b"))) as old,
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            content = old.read(name)
            if name == "card.json":
                content = json.dumps({**json.loads(content), **changes}).encode()
            new.writestr(name, content)
    return buffer.getvalue()


def test_a_card_of_many_bytes_is_not_read(tmp_path: Path) -> None:
    content = card_changed(tmp_path, command="x" * 30_000_000)
    with pytest.raises(BundleError, match=r"card\.json has .* bytes"):
        receive_bundle(content, bundle_folder("a"))


@pytest.mark.parametrize(
    "sizes",
    [
        (10_000, 80, 128, 32),
        (100_000, 80, 128, 32),
        (10_000, 2_000, 64, 100),
        (10_000, 80, 128, 512),
    ],
)
def test_the_sizes_of_a_course_are_allowed(sizes: tuple[int, int, int, int]) -> None:
    check_sizes(*sizes)


@pytest.mark.parametrize(
    "sizes",
    [
        (100_001, 80, 128, 32),
        (10_000, 2_001, 128, 32),
        (10_000, 80, 128, 513),
        (10_000, 80, 1_025, 32),
        (100_000, 80, 1_024, 32),
        (1_000, 10_000, 128, 1_024),
        (1_000, 2_000, 128, 512),
        (100_000, 80, 32, 512),
        (0, 80, 128, 32),
    ],
)
def test_sizes_that_would_make_pages_slow_for_all_are_not(
    sizes: tuple[int, int, int, int],
) -> None:
    with pytest.raises(BundleError):
        check_sizes(*sizes)


def eat_memory() -> int:
    return int(np.ones(2**29, np.float32)[0])


def run_for_ever() -> None:
    while True:
        pass


def open_many_files() -> int:
    return len([open("/dev/null") for _ in range(500)])  # noqa: SIM115


def write_a_large_file(path: str) -> None:
    with open(path, "wb") as file:
        for _ in range(200):
            file.write(bytes(2**20))


def refuse() -> None:
    raise InputError("this came in")


HERE = __name__
SMALL = SandboxLimits(seconds=1.0)


@pytest.mark.parametrize("name", ["eat_memory", "run_for_ever", "open_many_files"])
def test_the_process_ends_at_its_limits(name: str) -> None:
    started = time.perf_counter()
    with pytest.raises(BundleError):
        run_sandboxed(f"{HERE}:{name}", bounds=SMALL)
    assert time.perf_counter() - started < 20


def test_the_process_writes_no_large_file(tmp_path: Path) -> None:
    with pytest.raises(BundleError):
        run_sandboxed(f"{HERE}:write_a_large_file", str(tmp_path / "x"))
    assert (tmp_path / "x").stat().st_size <= limits.BUNDLE_BYTES


def test_what_the_process_refuses_is_refused_here() -> None:
    with pytest.raises(InputError, match="this came in"):
        run_sandboxed(f"{HERE}:refuse")


def test_an_array_in_very_many_pieces_is_refused_before_it_is_read(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "pieces.h5", "w") as file:
        file.create_dataset("few", (200, 100), "f4", chunks=(2, 2))
        file.create_dataset("many", (200, 100), "f4", chunks=(1, 1))
        reader = _Reader(file, trusted=False)
        assert reader.array("few").shape == (200, 100)
        with pytest.raises(ValueError, match="10,000 pieces"):
            reader.array("many")
