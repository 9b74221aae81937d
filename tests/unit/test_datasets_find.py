"""Where the data is looked for, what is downloaded, and what is said when there is none."""

import hashlib
import http.server
import os
import socket
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import pytest

from lstm_core.datasets import SourceKind, find_corpus, keras_download, load_corpus
from lstm_core.datasets.keras_download import RemoteFile
from lstm_core.datasets.keras_imdb import INDEX_NAME, NPZ_NAME
from lstm_core.errors import DataError, InputError
from lstm_core.progress import Progress

Files = dict[str, str]
CONTENTS = {NPZ_NAME: b"PK our own bytes" * 50_000, INDEX_NAME: b'{"film": 1}'}


@pytest.fixture(autouse=True)
def empty_house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without data: an empty current folder, no variable, empty caches."""
    house = tmp_path / "house"
    house.mkdir()
    monkeypatch.chdir(house)
    monkeypatch.delenv("LSTM_LENS_DATA", raising=False)
    monkeypatch.setenv("LSTM_LENS_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    temp = SimpleNamespace(gettempdir=lambda: str(tmp_path / "temp"))
    monkeypatch.setattr(keras_download, "tempfile", temp)
    return house


def remote_files() -> tuple[RemoteFile, ...]:
    """Our own contents in the place of Keras' files."""
    return tuple(
        RemoteFile(name, hashlib.sha256(content).hexdigest(), "sha256", len(content))
        for name, content in CONTENTS.items()
    )


def test_nothing_is_found_in_an_empty_house(empty_house: Path, tmp_path: Path) -> None:
    assert find_corpus() is None
    assert not (tmp_path / "keras").exists()
    with pytest.raises(DataError, match="No review data was found.*LSTM_LENS_DATA.*small corpus"):
        load_corpus(download=False)


def test_order_of_search(
    empty_house: Path,
    tmp_path: Path,
    make_archive: Callable[..., Path],
    review_files: Files,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    archive = make_archive(review_files)
    places = [tmp_path / "home", empty_house / "data", tmp_path / "named", tmp_path / "given"]
    for place in places:
        place.mkdir()
        (place / archive.name).write_bytes(archive.read_bytes())
    monkeypatch.setattr(keras_download, "FILES", remote_files())
    cache = tmp_path / "keras" / "datasets"
    cache.mkdir(parents=True)
    for name, content in CONTENTS.items():
        (cache / name).write_bytes(content)
    monkeypatch.setenv("LSTM_LENS_DATA", str(places[2]))

    assert path_found(places[3]) == places[3] / archive.name
    assert path_found() == places[2] / archive.name
    monkeypatch.setenv("LSTM_LENS_DATA", "")
    assert path_found() == Path("data") / archive.name
    (empty_house / "data" / archive.name).unlink()
    assert path_found() == places[0] / archive.name
    (places[0] / archive.name).unlink()
    assert path_found() == cache / NPZ_NAME
    (cache / NPZ_NAME).write_bytes(b"PK cut")
    assert find_corpus() is None


def path_found(path: Path | None = None) -> Path:
    found = find_corpus(path)
    assert found is not None
    return found.path


@pytest.mark.parametrize(
    "name, kind",
    [
        ("aclImdb_v1.tar.gz", SourceKind.STANFORD_ARCHIVE),
        ("imdb.npz", SourceKind.KERAS_NPZ),
        ("IMDB Dataset.csv", SourceKind.KAGGLE_CSV),
        ("aclImdb/train/pos/0_9.txt", SourceKind.STANFORD_FOLDER),
        ("train/pos/0_9.txt", SourceKind.STANFORD_FOLDER),
    ],
)
def test_known_names(tmp_path: Path, name: str, kind: SourceKind) -> None:
    (tmp_path / "set" / name).parent.mkdir(parents=True)
    (tmp_path / "set" / name).touch()
    found = find_corpus(tmp_path / "set")
    assert found is not None and found.kind is kind


def test_a_missing_path(empty_house: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DataError, match="The path 'nowhere.csv' does not exist.*Accepted: Stanf"):
        load_corpus("nowhere.csv")
    with pytest.raises(DataError, match="does not exist"):
        load_corpus("a\0b")
    with pytest.raises(DataError, match="cannot be read"):
        load_corpus("a" * 5000)
    (empty_house / "data").mkdir()
    (empty_house / "data" / "aclImdb").mkdir()
    monkeypatch.setenv("LSTM_LENS_DATA", "elsewhere")
    with pytest.raises(DataError, match="in LSTM_LENS_DATA, 'elsewhere' does not exist"):
        load_corpus()


@pytest.mark.parametrize("path", [7, "", b"bytes", ["a"]])
def test_what_is_no_path(path: object) -> None:
    with pytest.raises(InputError, match="is no path"):
        load_corpus(path)  # type: ignore[arg-type]


def test_a_folder_without_data_is_listed(tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    with pytest.raises(DataError, match="it holds nothing"):
        load_corpus(folder)
    for number in range(12):
        (folder / f"{number:02}.jpg").touch()
    with pytest.raises(DataError, match="holds '00.jpg', .*'07.jpg' and 4 more. Accepted"):
        load_corpus(folder)


def test_pipes_and_zips_are_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(DataError, match="no plain file or folder"):
        load_corpus(tmp_path / "pipe")
    with zipfile.ZipFile(tmp_path / "archive.zip", "w") as archive:
        archive.writestr("notes.md", "review,sentiment")
    with pytest.raises(DataError, match="holds no table"):
        load_corpus(tmp_path / "archive.zip")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_forbidden_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.touch(mode=0)
    with pytest.raises(DataError, match="Permission denied"):
        load_corpus(path)


def write_slowly(contents: dict[str, bytes]) -> Callable[[RemoteFile, Path], None]:
    """Stands for Keras' download: writes half, waits, writes the rest."""

    def get(file: RemoteFile, home: Path) -> None:
        path = home / "datasets" / file.name
        path.parent.mkdir(parents=True, exist_ok=True)
        content = contents[file.name]
        path.write_bytes(content[: len(content) // 2])
        time.sleep(0.25)
        path.write_bytes(content)

    return get


def test_download_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keras_download, "FILES", remote_files())
    monkeypatch.setattr(keras_download, "_import_keras", lambda: None)
    monkeypatch.setattr(keras_download, "_get_file", write_slowly(CONTENTS))
    seen: list[Progress] = []
    path = keras_download.download_npz(seen.append)
    assert path == tmp_path / "keras" / "datasets" / NPZ_NAME
    shares = [report.share for report in seen if report.stage == f"downloading {NPZ_NAME}"]
    assert 0.5 in shares and shares[-1] == 1.0
    assert path_found() == path


def test_failed_download(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(file: RemoteFile, home: Path) -> None:
        raise OSError("URL fetch failure: no route to host")

    monkeypatch.setattr(keras_download, "_import_keras", lambda: None)
    monkeypatch.setattr(keras_download, "_get_file", fail)
    with pytest.raises(DataError, match="no route to host.*What to do: give a path"):
        load_corpus()


def test_stalled_download(monkeypatch: pytest.MonkeyPatch) -> None:
    go_on = threading.Event()
    monkeypatch.setattr(keras_download, "_import_keras", lambda: None)
    monkeypatch.setattr(keras_download, "_STALLED_AFTER", 0.3)
    monkeypatch.setattr(keras_download, "_get_file", lambda file, home: go_on.wait(20) and None)
    with pytest.raises(DataError, match="no byte of imdb.npz came"):
        load_corpus()
    go_on.set()


def test_missing_keras(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keras", None)
    with pytest.raises(DataError, match="Keras, which would download it, is missing"):
        load_corpus()


@dataclass
class Web:
    """A web server of our own that holds our own contents.

    Attributes:
        address: Where it answers.
        pieces: In how many pieces it sends a file, a moment apart.
        status: What it answers with.
        lost: Bytes that it promises and does not send.
    """

    address: str = ""
    pieces: int = 1
    status: int = 200
    lost: int = 0


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch) -> Iterator[Web]:
    told = Web()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content = CONTENTS[self.path.removeprefix("/data/")]
            self.send_response(told.status)
            self.send_header("Content-Length", str(len(content) + told.lost))
            self.end_headers()
            size = -(-len(content) // told.pieces)
            for at in range(0, len(content), size):
                self.wfile.write(content[at : at + size])
                self.wfile.flush()
                time.sleep(0.25 if told.pieces > 1 else 0)

        def log_message(self, *_: object) -> None:
            pass

    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr(keras_download, "FILES", remote_files())
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        told.address = f"http://127.0.0.1:{server.server_port}/data"
        monkeypatch.setenv(keras_download.MIRROR, told.address)
        yield told
        server.shutdown()


@pytest.mark.keras
def test_keras_own_download(
    web: Web, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    web.pieces = 4
    seen: list[Progress] = []
    path = keras_download.download_npz(seen.append)
    assert path.read_bytes() == CONTENTS[NPZ_NAME]
    assert path.with_name(INDEX_NAME).read_bytes() == CONTENTS[INDEX_NAME]
    assert capfd.readouterr().out == ""
    assert {report.stage for report in seen} == {f"downloading {name}" for name in CONTENTS}
    npz = {report.share for report in seen if report.stage.endswith(NPZ_NAME)}
    assert len(npz) > 3 and 1.0 in npz  # the bar moved on the way

    path.unlink()
    wrong = RemoteFile(NPZ_NAME, "0" * 64, "sha256", 1)
    monkeypatch.setattr(keras_download, "FILES", (wrong,))
    with pytest.raises(DataError, match="its download failed .*hash"):
        keras_download.download_npz()


@pytest.mark.keras
@pytest.mark.parametrize(
    ("trouble", "says"), [({"status": 404}, "404 -- Not Found"), ({"lost": 500}, "got only")]
)
def test_keras_download_that_fails_is_a_sentence_and_leaves_nothing_half(
    web: Web, trouble: dict[str, int], says: str
) -> None:
    for name, value in trouble.items():
        setattr(web, name, value)
    with pytest.raises(DataError, match=f"its download failed .*{says}.*What to do: give a path"):
        load_corpus()
    assert find_corpus() is None
    web.status, web.lost = 200, 0
    assert keras_download.download_npz().read_bytes() == CONTENTS[NPZ_NAME]


@pytest.mark.keras
def test_keras_without_a_network(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr(keras_download, "ORIGIN", f"http://127.0.0.1:{port}/")
    with pytest.raises(DataError, match="its download failed.*Connection refused.*What to do"):
        load_corpus()


def test_reading_imports_no_tensorflow_and_no_streamlit() -> None:
    code = (
        "import sys; from lstm_core.datasets import find_corpus, load_small_corpus;"
        "find_corpus(); load_small_corpus();"
        "print({'keras', 'tensorflow', 'streamlit'} & set(sys.modules))"
    )
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "set()"
