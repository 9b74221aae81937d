"""Architecture rules that linters do not express; import directions are in `pyproject.toml`."""

import ast
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CORE = sorted((ROOT / "lstm_core").rglob("*.py"))
ALL_PAGES = [ROOT / "app.py", *sorted((ROOT / "pages").rglob("*.py"))]


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


def test_files_keep_to_their_length() -> None:
    lines = {
        path: len(path.read_text(encoding="utf-8").splitlines()) for path in [*CORE, *ALL_PAGES]
    }
    long = {
        str(path.relative_to(ROOT)): count
        for path, count in lines.items()
        if count > (120 if path.parent == ROOT / "pages" else 350)
    }
    assert not long, "split by meaning"


SHOWING = {
    "warning",
    "error",
    "info",
    "success",
    "caption",
    "markdown",
    "subheader",
    "header",
    "title",
}
OF_OTHERS = {"error", "trouble", "problem"}  # names of sentences that may hold a person's words


def bare(node: ast.AST) -> list[str]:
    """What a call shows of other people's words without `escape_markdown` or `escape` around it."""
    name = getattr(node, "id", getattr(node, "attr", ""))
    if isinstance(node, ast.Call):
        called = getattr(node.func, "id", getattr(node.func, "attr", ""))
        if called in ("escape_markdown", "escape"):
            return []
    elif isinstance(node, ast.Name | ast.Attribute) and name in OF_OTHERS:
        return [ast.unparse(node)]
    return [found for child in ast.iter_child_nodes(node) for found in bare(child)]


def test_no_page_shows_an_error_as_markup() -> None:
    shown = [
        f"{path.relative_to(ROOT)}: {found}"
        for path in ALL_PAGES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and getattr(node.func, "attr", "") in SHOWING
        and getattr(getattr(node.func, "value", None), "id", "") != "log"
        for argument in (*node.args, *(keyword.value for keyword in node.keywords))
        for found in bare(argument)
    ]
    assert not shown, "put escape_markdown() around it"


def test_an_unescaped_error_is_found() -> None:
    assert bare(ast.parse("str(error)", mode="eval"))
    assert bare(ast.parse("f'No. {state.error}'", mode="eval"))
    assert not bare(ast.parse("f'No. {escape_markdown(state.error)}'", mode="eval"))
