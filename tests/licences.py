"""The licences of what the app installs, and that all of them go together.

python -m tests.licences    prints the table, exits 1 on a licence that is not known to fit
"""

import re
import sys
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LOCKS = ("requirements.txt", "requirements-cluster.txt", "tests/requirements.txt")
PINNED = re.compile(r"^([A-Za-z0-9._-]+)==", re.MULTILINE)

# Permissive licences, and MPL-2.0, which binds only changes of its own files.
ALLOWED = {
    "0BSD", "Apache-2.0", "BSD", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "ISC", "MIT", "MIT-CMU",
    "MPL-2.0", "PSF-2.0", "Unlicense", "Zlib", "ZPL-2.1",
}  # fmt: skip
SPELLED = (
    (r"apache", "Apache-2.0"),
    (r"mozilla|mpl", "MPL-2.0"),
    (r"3-clause|new bsd|modified bsd", "BSD-3-Clause"),
    (r"2-clause|simplified bsd", "BSD-2-Clause"),
    (r"\bbsd\b", "BSD"),
    (r"\bmit\b", "MIT"),
    (r"\bisc\b", "ISC"),
    (r"zope|zpl", "ZPL-2.1"),
    (r"python software foundation|psf", "PSF-2.0"),
)
# Packages whose metadata name no licence: what their licence file is.
NAMED_ELSEWHERE = {"namex": "Apache-2.0", "axe-playwright-python": "MIT"}  # their LICENSE files


@dataclass(frozen=True)
class Licence:
    """A package and its licences; `unknown` are those not on the list of allowed ones."""

    package: str
    terms: str
    unknown: tuple[str, ...]


def packages(lock: str) -> list[str]:
    """Names of all packages of a lock file."""
    return PINNED.findall((ROOT / lock).read_text(encoding="utf-8"))


def licence(package: str) -> Licence | None:
    """The licence of an installed package, None where it is not installed (other systems)."""
    try:
        found = distribution(package)
    except PackageNotFoundError:
        return None
    terms = NAMED_ELSEWHERE.get(package) or _terms(found)
    names = [name.strip("() ") for name in re.split(r" AND | OR | WITH ", terms)]
    # Of "A OR B" one may be chosen: one that is allowed is enough.
    choices = [name.strip("() ") for name in terms.split(" OR ")]
    if " OR " in terms and any(name in ALLOWED for name in choices):
        return Licence(package, terms, ())
    return Licence(package, terms, tuple(name for name in names if name not in ALLOWED))


def _terms(found: Distribution) -> str:
    metadata = found.metadata
    if expression := metadata.get("License-Expression"):
        return str(expression)
    classifiers = [
        value.rsplit(" :: ", 1)[-1]
        for value in metadata.get_all("Classifier") or []
        if value.startswith("License :: ") and value.count(" :: ") > 1
    ]
    spelled = [*classifiers, (metadata.get("License") or "")[:200]]
    for text in spelled:
        for pattern, name in SPELLED:
            if re.search(pattern, text.lower()):
                return name
    return spelled[0] or "none named"


def main() -> int:
    """Print the table and return the exit code."""
    names = sorted({name for lock in LOCKS for name in packages(lock)})
    found = [entry for name in names if (entry := licence(name)) is not None]
    for entry in found:
        print(f"{entry.package:28} {entry.terms}{'   NOT ALLOWED' if entry.unknown else ''}")
    print(f"{len(found)} of {len(names)} packages are installed here.")
    return int(any(entry.unknown for entry in found))


if __name__ == "__main__":
    sys.exit(main())
