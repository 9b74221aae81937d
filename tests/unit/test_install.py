"""The wheel, installed by pip into a folder and used outside the repository."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BUILT = ("lstm_core", "pages", "assets", ".streamlit", "app.py", "pyproject.toml", "README.md")
PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check")
ONLY = """
import sys
allowed = {"numpy", "h5py", "threadpoolctl", "lstm_core"} | set(sys.stdlib_module_names)
class Others:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] not in allowed:
            raise ImportError(f"{name} is not needed by the core")
sys.meta_path.insert(0, Others())
import lstm_core
from lstm_core import SentimentModel, trace_model
model = SentimentModel.load()
trace = model.trace("a wonderful film")
assert abs(trace.probability[-1] - model.predict(["a wonderful film"])[0]) < 1e-6
model.explain("a wonderful film")
assert len(trace_model(model.bundle.keras_path, trace.encoding.ids[None])) == 1
print(lstm_core.__file__)
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built of a copy of the sources."""
    source = tmp_path_factory.mktemp("source")
    for name in BUILT:
        found = ROOT / name
        if found.is_dir():
            shutil.copytree(found, source / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(found, source / name)
    target = tmp_path_factory.mktemp("wheel")
    build = ["wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([*PIP, *build, "-w", str(target), str(source)], check=True, timeout=600)
    (built,) = target.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder into which pip installed the wheel."""
    folder = tmp_path_factory.mktemp("installed")
    words = ["install", "--quiet", "--no-deps", "--no-index", "--no-compile", "--target"]
    subprocess.run([*PIP, *words, str(folder), str(wheel)], check=True, timeout=600)
    return folder


def environment(installed: Path, home: Path) -> dict[str, str]:
    """The variables of a person who has the package installed, and nothing of the repository."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("LSTM_LENS")}
    return {**kept, "PYTHONPATH": str(installed), "HOME": str(home), "XDG_DATA_HOME": str(home)}


def run(installed: Path, folder: Path, *words: str) -> str:
    """What a command prints, run in a folder outside the repository."""
    done = subprocess.run(
        [sys.executable, *words],
        cwd=folder,
        env=environment(installed, folder),
        capture_output=True,
        encoding="utf-8",
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_wheel_holds_every_file_of_core_pages_and_assets(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    for folder, place in (
        ("lstm_core", ""),
        ("pages", "lstm_lens_app/"),
        ("assets", "lstm_lens_app/"),
    ):
        for path in (ROOT / folder).rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                assert f"{place}{path.relative_to(ROOT).as_posix()}" in names
    assert {"lstm_lens_app/app.py", "lstm_lens_app/.streamlit/config.toml"} <= names
    tops = {name.partition("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"lstm_core", "lstm_lens_app"}


def test_the_core_needs_numpy_h5py_and_threadpoolctl_only(installed: Path, tmp_path: Path) -> None:
    where = run(installed, tmp_path, "-c", ONLY).strip()
    assert Path(where).is_relative_to(installed)


def test_the_command_classifies(installed: Path, tmp_path: Path) -> None:
    command = str(installed / "bin" / "lstm-lens")
    assert "P(positive)" in run(installed, tmp_path, command, "classify", "A wonderful film.")
    assert "lstm-lens" in run(installed, tmp_path, command, "--help")


def test_the_command_starts_the_app(installed: Path, tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, str(installed / "bin" / "lstm-lens"), "app", "--port", str(port)]
    with (tmp_path / "log").open("w") as log:
        server = subprocess.Popen(
            command, cwd=tmp_path, env=environment(installed, tmp_path), stdout=log, stderr=log
        )
    try:
        assert answer(f"http://localhost:{port}/_stcore/health", server) == "ok"
        assert "<title>" in answer(f"http://localhost:{port}/", server)
    finally:
        server.terminate()
        server.wait(60)
    log_text = (tmp_path / "log").read_text(encoding="utf-8")
    assert "Traceback" not in log_text, log_text
    assert not (installed / "lstm_lens_app" / "data").exists()


def answer(url: str, server: "subprocess.Popen[bytes]", seconds: float = 300.0) -> str:
    """What a page answers, as soon as the server runs."""
    end = time.monotonic() + seconds
    while True:
        try:
            with urllib.request.urlopen(url, timeout=30) as response:
                return response.read().decode()
        except OSError:
            if server.poll() is not None or time.monotonic() > end:
                raise
            time.sleep(0.2)
