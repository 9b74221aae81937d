"""The two laws of the house, and that the arrows inside it go one way."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CORE = sorted((ROOT / "lstm_core").rglob("*.py"))
PAGES = sorted((ROOT / "pages").glob("*.py"))


def imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
    return found


@pytest.mark.parametrize("path", CORE, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_core_imports_no_streamlit_and_no_page(path: Path) -> None:
    assert not {name for name in imports(path) if name.split(".")[0] in ("streamlit", "pages")}


WITHOUT_TENSORFLOW = """
import sys
import lstm_core
from lstm_core import SentimentModel, Trace, Encoding, load_imdb, train_lstm
from lstm_core.figures.live import reading_picture, strongest_words
from lstm_core.cli import main
model = SentimentModel.load()
trace = model.trace("A fine film.")
model.predict(["good"], whole=True)
reading_picture(trace).data(), strongest_words(trace).data()
main(["classify", "good"])
heavy = [name for name in ("tensorflow", "keras", "streamlit", "sklearn") if name in sys.modules]
sys.exit(f"imported {heavy}" if heavy else 0)
"""


def test_classifying_tracing_and_drawing_import_no_tensorflow() -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_TENSORFLOW], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("path", [*CORE, *(ROOT / "pages").rglob("*.py")], ids=str)
def test_files_keep_to_their_length(path: Path) -> None:
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= (120 if path in PAGES else 350), f"{path.name} has {lines} lines: split it"


SHOWING = {"warning", "error", "info", "success", "caption", "markdown", "subheader", "title"}
OF_OTHERS = {"error", "trouble", "problem"}  # names of sentences that may hold a person's words


def bare(node: ast.AST) -> list[str]:
    """What a call shows of other people's words without `plain` or `escape` around it."""
    name = getattr(node, "id", getattr(node, "attr", ""))
    if isinstance(node, ast.Call):
        called = getattr(node.func, "id", getattr(node.func, "attr", ""))
        if called in ("plain", "escape"):
            return []
    elif isinstance(node, ast.Name | ast.Attribute) and name in OF_OTHERS:
        return [ast.unparse(node)]
    return [found for child in ast.iter_child_nodes(node) for found in bare(child)]


@pytest.mark.parametrize("path", [ROOT / "app.py", *(ROOT / "pages").rglob("*.py")], ids=str)
def test_no_page_shows_an_error_as_markup(path: Path) -> None:
    shown = [
        found
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") in SHOWING
        for argument in (*node.args, *(keyword.value for keyword in node.keywords))
        for found in bare(argument)
    ]
    assert not shown, f"{path.name} shows {shown}: put plain() around it"


def test_the_law_sees_a_bare_error() -> None:
    assert bare(ast.parse("str(error)", mode="eval"))
    assert bare(ast.parse("f'No. {state.error}'", mode="eval"))
    assert not bare(ast.parse("f'No. {plain(state.error)}'", mode="eval"))
