"""The tutorial notebook runs from beginning to end, and what it stores is small."""

from pathlib import Path

import nbformat
from nbclient import NotebookClient

ROOT = Path(__file__).parents[2]
TUTORIAL = ROOT / "docs" / "tutorial.ipynb"


def test_the_tutorial_runs_without_tensorflow() -> None:
    notebook = nbformat.read(TUTORIAL, as_version=4)
    assert TUTORIAL.stat().st_size < 128 * 1024
    notebook.cells.append(
        nbformat.v4.new_code_cell(
            "import sys\nassert not {'tensorflow', 'keras', 'streamlit'} & set(sys.modules)"
        )
    )
    client = NotebookClient(
        notebook, timeout=600, kernel_name="python3", resources={"metadata": {"path": str(ROOT)}}
    )
    client.execute()
    shown = {
        kind
        for cell in notebook.cells
        for output in cell.get("outputs", ())
        for kind in output.get("data", ())
    }
    assert {"text/html", "application/vnd.plotly.v1+json"} <= shown
