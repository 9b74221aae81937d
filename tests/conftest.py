"""What several test files share: the real data, read once a session, and tiny data sets of ours."""

import atexit
import functools
import io
import os
import shutil
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import streamlit
from hypothesis import settings
from streamlit.components.v2 import manifest_scanner
from streamlit.runtime.scriptrunner import script_runner

from lstm_core.datasets import Corpus, load_corpus
from tests.support.compiled import CompiledSteps

# A shared machine can be slow for a moment: no property fails for its time.
# New examples are searched for here; what CI says depends on the code alone.
settings.register_profile("house", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("house")

# Streamlit reads its settings once, out of the folder of that moment; some tests work in others.
streamlit.get_option("server.address")

# Every run of an AppTest reads the metadata of all installed packages; they stay the same.
manifest_scanner.scan_component_manifests = functools.cache(
    manifest_scanner.scan_component_manifests
)

# After every run of a page Streamlit resets Keras, where a test has imported it; that collects all
# garbage, 0.5 s with TensorFlow. No page uses Keras in its own process.
script_runner._clean_problem_modules = lambda: None

ReviewFiles = dict[str, str]

# What a test keeps goes to a folder of this session, never to the repository's data/.
os.environ.setdefault("LSTM_LENS_HOME", tempfile.mkdtemp(prefix="lstm-lens-tests-"))
atexit.register(shutil.rmtree, os.environ["LSTM_LENS_HOME"], ignore_errors=True)

# No page starts a process that loads TensorFlow beforehand; tests of that process allow it.
os.environ.setdefault("LSTM_LENS_STANDBY_MINUTES", "0")

# Started first, so that no core waits at the end for a long file (--no-loadscope-reorder).
LONG_FILES = (
    "browser/test_walk.py",
    "browser/test_interactions.py",
    "unit/test_run_kills.py",
    "unit/test_run_training.py",
    "browser/test_states.py",
    "browser/test_editor.py",
    "browser/test_train.py",
    "unit/test_recommended.py",
    "browser/test_live.py",
    "browser/test_lesson.py",
    "unit/test_import_model.py",
    "browser/test_permissions.py",
    "unit/test_run_edges.py",
    "unit/test_model_trace_keras.py",
    "unit/test_normalize.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The long files in front; a browser's test once more in CI, where a click may come late.

    The report names what passed the second time only.
    """
    for item in items:
        if os.environ.get("CI") and item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.flaky(reruns=1))
    order = {str(Path(__file__).parent / name): place for place, name in enumerate(LONG_FILES)}
    items.sort(key=lambda item: order.get(str(item.path), len(order)))


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty data folder of this test alone."""
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setenv("LSTM_LENS_HOME", str(folder))
    return folder


@pytest.fixture(scope="session")
def compiled_steps() -> Iterator[CompiledSteps]:
    """Training steps that are compiled once for all tests of this process."""
    from lstm_core.training.recommended import train_step

    steps = CompiledSteps(train_step.TrainStep)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(train_step, "TrainStep", steps)
        yield steps


@pytest.fixture
def compile_once(compiled_steps: CompiledSteps) -> Iterator[None]:
    """The test's trainings take compiled steps of tests before it."""
    yield
    compiled_steps.release()


@pytest.fixture(scope="session")
def imdb_corpus() -> Corpus:
    """The full data set of ``LSTM_LENS_DATA``, with the reviews without a label."""
    if not os.environ.get("LSTM_LENS_DATA"):
        pytest.skip("LSTM_LENS_DATA is not set: the full data set is needed")
    return load_corpus()


@pytest.fixture
def review_files() -> ReviewFiles:
    """A tiny data set in Stanford's form, path below ``aclImdb/`` to text; sentences of our own."""
    return {
        "train/pos/0_9.txt": "A warm, funny film.<br /><br />I'd see it again!",
        "train/pos/10_7.txt": "Lovely songs and a brave ending.",
        "train/pos/2_10.txt": "The café scene alone is worth the ticket.",
        "train/neg/0_1.txt": "Dull from start to finish.",
        "train/neg/1_4.txt": "I didn't laugh once, and it calls itself a comedy.",
        "train/neg/3_2.txt": "Wooden acting; the plot is a mess.",
        "test/pos/0_8.txt": "Charming, if a little slow.",
        "test/pos/1_10.txt": "My favourite film this year.",
        "test/neg/0_3.txt": "A waste of two good actors.",
        "test/neg/1_1.txt": "Zebras deserve better documentaries.",
        "train/unsup/0_0.txt": "We watched it on a rainy Sunday.",
        "train/unsup/1_0.txt": "The theatre was half full.",
    }


@pytest.fixture
def make_folder(tmp_path: Path) -> Callable[[ReviewFiles], Path]:
    """Writes review files into a folder ``aclImdb`` and returns it."""

    def make(files: ReviewFiles) -> Path:
        root = tmp_path / "aclImdb"
        for name, text in files.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text, encoding="utf-8")
        return root

    return make


@pytest.fixture
def make_archive(tmp_path: Path) -> Callable[..., Path]:
    """Writes review files into ``aclImdb_v1.tar.gz`` and returns it."""

    def make(
        files: ReviewFiles,
        *,
        root: str = "aclImdb/",
        form: int = tarfile.USTAR_FORMAT,
        extra: tuple[tarfile.TarInfo, ...] = (),
    ) -> Path:
        path = tmp_path / "aclImdb_v1.tar.gz"
        with tarfile.open(path, "w:gz", format=form) as archive:
            for name, text in files.items():
                member = tarfile.TarInfo(root + name)
                member.size = len(text.encode())
                archive.addfile(member, io.BytesIO(text.encode()))
            for member in extra:
                archive.addfile(member)
        return path

    return make
