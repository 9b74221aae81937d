"""What is installed: locked with hashes, licensed so that it fits, each with its reason."""

import re
import tomllib
from pathlib import Path

import pytest

from tests.licences import LOCKS, licence, packages

ROOT = Path(__file__).resolve().parents[2]
NAME = re.compile(r"[A-Za-z0-9._-]+")


def declared() -> set[str]:
    """Packages that `pyproject.toml` asks for."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        project = tomllib.load(file)["project"]
    lines = project["dependencies"] + sum(project["optional-dependencies"].values(), [])
    return {NAME.match(line)[0] for line in lines}  # type: ignore[index]


@pytest.mark.parametrize("lock", LOCKS)
def test_every_package_is_pinned_with_hashes(lock: str) -> None:
    blocks = re.split(r"\n(?=[A-Za-z0-9])", (ROOT / lock).read_text(encoding="utf-8"))
    pinned = [block for block in blocks if re.match(r"[A-Za-z0-9._-]+==", block)]
    assert len(pinned) == len(packages(lock)) > 20
    assert not [block.split()[0] for block in pinned if "--hash=sha256:" not in block]


@pytest.mark.parametrize("lock", LOCKS)
def test_every_licence_fits(lock: str) -> None:
    found = [entry for name in packages(lock) if (entry := licence(name)) is not None]
    assert not [(entry.package, entry.terms) for entry in found if entry.unknown]


def test_every_dependency_has_its_reason_in_the_readme() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    table = text.split("## Why each dependency", 1)[1].split("\n## ", 1)[0]
    cells = [line.split("|")[1] for line in table.splitlines() if line.startswith("| ")]
    named = {name for cell in cells for name in NAME.findall(cell)}
    assert declared() <= named, f"without a reason: {sorted(declared() - named)}"
