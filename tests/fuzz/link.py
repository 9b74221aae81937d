"""Fuzz target: a page's address: every parameter of every page."""

import re
from pathlib import Path

import streamlit as st_app
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from tests.fuzz.target import ANY_TEXT, Target

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(path.stem for path in (ROOT / "pages").glob("*.py"))
EVERYWHERE = ("text", "plain", "model")
# Parameters whose names are made while a page runs.
MADE = {
    "lesson": (
        "sections", "seed", "x", "h", "c", "input_gate", "forget_gate", "candidate", "output_gate",
        "num_words", "maxlen", "embedding_dim", "lstm_dim", "sequences_1", "units_1", "own_1",
    ),
    "evaluation": ("pair", "pairs", "own"),
    "states": ("step", "clamp", "clamps", "kind"),
    "train": (
        "num_words", "maxlen", "embedding_dim", "lstm_dim", "batch_size", "epochs", "seed",
        "recipe", "data", "path", "share", "limit", "run", "frame", "probe", "show",
    ),
}  # fmt: skip


def source_of(page: str) -> str:
    """The code of a page and of all parts that it is made of."""
    waiting, code = [ROOT / "pages" / f"{page}.py"], {}
    while waiting:
        path = waiting.pop()
        if path not in code:
            code[path] = path.read_text(encoding="utf-8")
            names = re.findall(r"from pages\.parts\.([\w.]+) import", code[path])
            files = [ROOT / "pages/parts" / f"{name.replace('.', '/')}.py" for name in names]
            waiting += [file for file in files if file.exists()]
    return "\n".join(code.values())


def parameters(page: str) -> tuple[str, ...]:
    """The names a page's address may have."""
    code = source_of(page)
    constants = dict(re.findall(r'^([A-Z_]+) = "(\w+)"', code, re.MULTILINE))
    names: list[str] = []
    for bind in re.finditer(r'bind="query-params"', code):
        around = code[max(0, bind.start() - 300) : bind.end() + 60]
        keys = re.findall(r'key=("\w+"|[A-Z_]+)', around)[-1:]
        names += [constants.get(key, key.strip('"')) for key in keys]
    names += re.findall(r'query_params(?:\.get\(|\[)"(\w+)"', code)
    linked = r'(?:linked_value\(\s*|key=|parameter=|old=\()"(\w+)"'
    names += re.findall(linked, code)
    return tuple(dict.fromkeys([*names, *MADE.get(page, ()), *EVERYWHERE]))


NAMES = {page: parameters(page) for page in PAGES}
WORDS = {page: sorted(set(re.findall(r'"([A-Z][\w ,]{2,30})"', source_of(page)))) for page in PAGES}
NUMBERS = st.one_of(st.integers(), st.floats(), st.integers(-3, 90)).map(str)
ODD = st.sampled_from(
    [
        "",
        "true",
        "false",
        "NaN",
        "inf",
        "1e999",
        "0x10",
        "-0",
        "None",
        "[]",
        "{}",
        "1,2",
        "..",
        "\0",
    ]
)


def values(page: str) -> st.SearchStrategy[str]:
    """What a parameter may say: options of the page, numbers, nonsense."""
    words = st.sampled_from(WORDS[page] or ["All"])
    return st.one_of(words, words, NUMBERS, ODD, ANY_TEXT.map(lambda text: text[:300]))


def addresses(page: str) -> st.SearchStrategy[tuple[str, dict[str, str]]]:
    """A page with a value for each of its parameters."""
    return st.tuples(
        st.just(page), st.fixed_dictionaries({name: values(page) for name in NAMES[page]})
    )


def run_one(value: tuple[str, dict[str, str]], folder: Path) -> None:
    """Open a page by an address."""
    del folder
    page, link = value
    st_app.cache_resource.clear()
    # Live links to the other pages, which only the router knows.
    script = ROOT / "app.py" if page == "live" else ROOT / "pages" / f"{page}.py"
    app = AppTest.from_file(str(script), default_timeout=120)
    for name, content in link.items():
        app.query_params[name] = content.encode("utf-8", "replace").decode()
    app.run()
    assert not app.exception, f"{page} {link}: {app.exception}"
    assert app.get("html"), f"{page} {link}: an empty page"


TARGET = Target(
    "parameters of the pages' addresses",
    "a page opens; what makes no sense falls back to the page's own value",
    st.sampled_from(PAGES).flatmap(addresses),
    run_one,
    share=20,
    each=sum(map(len, NAMES.values())) // len(PAGES),
)
