"""A page in Streamlit's AppTest: opened by a link, and read as a person reads it."""

import re
from pathlib import Path

from streamlit.testing.v1 import AppTest

ROOT = Path(__file__).resolve().parents[2]
SAYING = ("markdown", "caption", "subheader", "header", "info", "warning", "error", "expander")
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")


def open_page(
    page: str, *, timeout: float = 60, unfold: str = "", **link: str | list[str]
) -> AppTest:
    """Open a page of the folder, or "app" for the whole app, by the parameters of a link.

    `unfold` is the key of an expander or popover, whose contents are drawn only when it is open.
    """
    # Live and the Lesson link to other pages, which only the router knows; it opens Live first.
    routed = page in ("app", "live", "lesson")
    file = ROOT / "app.py" if routed else ROOT / "pages" / f"{page}.py"
    app = AppTest.from_file(str(file), default_timeout=timeout)
    if page == "lesson":
        app.switch_page("pages/lesson.py")
    if unfold:
        app.session_state[unfold] = True
    for name, value in link.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    return app


def words(app: AppTest) -> str:
    """All sentences of a page, without the signs that keep Markdown from reading them."""
    said = [element for kind in SAYING for element in app.get(kind)]
    return " ".join(
        read(str(getattr(one, "value", "") or getattr(one, "label", ""))) for one in said
    )


def read(markdown: str) -> str:
    """What a reader sees of an escaped text."""
    return _ESCAPED.sub(r"\1", markdown)


def html(app: AppTest) -> str:
    """All HTML of a page."""
    return " ".join(element.proto.body for element in app.get("html"))
