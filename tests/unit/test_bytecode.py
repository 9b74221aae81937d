"""Installed packages are compiled at install time, whatever PYTHONDONTWRITEBYTECODE says.

Without bytecode every process compiles them again: `import tensorflow` takes four times as long.
"""

import importlib.util
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("package", ["tensorflow", "keras", "streamlit", "sklearn", "plotly"])
def test_the_environment_holds_bytecode(package: str) -> None:
    spec = importlib.util.find_spec(package)
    assert spec is not None and spec.origin is not None
    assert Path(importlib.util.cache_from_source(spec.origin)).is_file()


def test_make_lets_python_write_bytecode() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert "unexport PYTHONDONTWRITEBYTECODE" in makefile
    assert makefile.count("$(COMPILE)") == 2, "each install compiles what it installed"
