"""Values kept in the address: a stable key there, a label of today on the page.

Streamlit's own ``bind="query-params"`` writes the label that is shown into the address, so that no
label could ever change without breaking links. Here the address holds the key (``view=step``); what
older versions wrote (their labels, their parameters) is read as an alias.

The address decides when a page is opened and when a person goes back or forward; from then on the
session decides and the address follows.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

import streamlit as st

from pages.parts.common.streamlit_internals import goes_through_history

# Address and title of each page in the order of the menu; the first one has the address ``/``.
PAGES = {
    "live": "Live",
    "states": "States",
    "explanations": "Explanations",
    "units": "Units",
    "evaluation": "Evaluation",
    "batch": "Batch",
    "train": "Train",
    "lesson": "Lesson",
}
# Addresses of older links and the page they mean.
MOVED = {"live": "live", "quality": "evaluation", "file": "batch"}


T = TypeVar("T")
LONGEST = 6_000  # characters of a value; mail programs and chats break longer links
_VISIT, _READ = "link_visit", "link_read"  # session keys: (page, number), parameter -> visit read


def note_page(page: str) -> bool:
    """Tell which page is opened, before it runs: only then its address is read once more.

    Returns:
        Whether a click opened it, not the browser's Back or Forward.
    """
    last, number = st.session_state.get(_VISIT, ("", 0))
    if page == last:
        return False
    st.session_state[_VISIT] = (page, number + 1)
    return not goes_through_history()


def visit_number() -> int:
    """How many pages this session has opened so far."""
    return int(st.session_state.get(_VISIT, ("", 0))[1])


def reopen(query: Mapping[str, str]) -> None:
    """Open the page that is shown once more, with other parameters; for a widget's callback."""
    _, number = st.session_state.get(_VISIT, ("", 0))
    st.session_state[_VISIT] = ("", number)
    st.query_params.from_dict(dict(query))


def linked_value(
    key: str,
    default: T,
    read: Callable[[Sequence[str]], T | None],
    *,
    write: Callable[[T], str] = str,
    parameter: str | None = None,
    old: Sequence[str] = (),
) -> T:
    """Bring the session's value and the address in step; call it before the widget is drawn.

    The widget itself takes no default and is drawn with ``key=key, persist_state="session"``.

    Args:
        key: The widget's key.
        default: The value of an address without the parameter.
        read: Values of the parameter to the value, None when they make no sense.
        write: The value as it stands in the address.
        parameter: The parameter's name, `key` when left out.
        old: Names of the parameter in older links.
    """
    parameter = parameter or key
    state, query = st.session_state, st.query_params
    if _must_read(key):
        found = (read(query.get_all(name)) for name in (parameter, *old) if name in query)
        linked = next((value for value in found if value is not None), None)
        if linked is not None:
            state[key] = linked
        elif goes_through_history():
            state[key] = default
    if key not in state or read([write(state[key])]) is None:
        state[key] = default
    value: T = state[key]
    for name in old:
        if name in query:
            del query[name]
    text = write(value)
    if value == default or len(text) > LONGEST:
        if parameter in query:
            del query[parameter]
    elif query.get_all(parameter) != [text]:
        query[parameter] = text
    return value


def linked_choice(
    draw: Callable[..., Any],
    label: str,
    options: Mapping[str, str],
    *,
    key: str,
    default: str | None = None,
    parameter: str | None = None,
    old: Sequence[str] = (),
    aliases: Mapping[str, str] | None = None,
    **look: Any,
) -> str:
    """Draw a choice of one of several options and return its key.

    Args:
        draw: ``st.segmented_control`` or ``st.selectbox``, of the page or of a container.
        label: The widget's label.
        options: Keys, as they stand in the address, and the labels that are shown.
        key: The widget's key.
        default: Key of the option chosen at first, the first one when left out.
        parameter: Name in the address, `key` when left out.
        old: Names of the parameter in older links.
        aliases: Labels of older links and the keys they mean.
        look: Further arguments of the widget.
    """
    names = {label.casefold(): name for name, label in options.items()}
    names |= {alias.casefold(): name for alias, name in (aliases or {}).items() if name in options}
    names |= {name.casefold(): name for name in options}

    def read(values: Sequence[str]) -> str | None:
        last = values[-1] if values else ""
        return last if last in options else names.get(last.casefold())

    start = default if default is not None and default in options else next(iter(options))
    linked_value(key, start, read, parameter=parameter, old=old)
    if "segmented" in getattr(draw, "__name__", ""):
        look.setdefault("required", True)
    chosen = draw(
        label,
        list(options),
        format_func=lambda name: options.get(name, name),
        key=key,
        persist_state="session",
        **look,
    )
    return str(chosen) if chosen in options else start


def whole_number(low: int, high: int) -> Callable[[Sequence[str]], int | None]:
    """Reads a whole number between two limits out of an address."""

    def read(values: Sequence[str]) -> int | None:
        text = values[-1].strip() if values else ""
        if not text.removeprefix("-").isascii() or not text.removeprefix("-").isdigit():
            return None
        return min(max(int(text[:12]), low), high)

    return read


def real_number(low: float, high: float) -> Callable[[Sequence[str]], float | None]:
    """Reads a number between two limits out of an address."""

    def read(values: Sequence[str]) -> float | None:
        try:
            number = float(values[-1][:40])
        except (IndexError, ValueError):
            return None
        return min(max(number, low), high) if number == number else None

    return read


def span(last: int) -> Callable[[Sequence[str]], tuple[int, int] | None]:
    """Reads two numbers from 1 to `last` out of an address: "3-5", or the parameter twice."""

    def read(values: Sequence[str]) -> tuple[int, int] | None:
        parts = [part.strip() for value in values for part in value[:20].split("-")]
        if not 1 <= len(parts) <= 2 or not all(part.isascii() and part.isdigit() for part in parts):
            return None
        low, high = sorted((int(parts[0]), int(parts[-1])))
        return (low, high) if 1 <= low and high <= last else None

    return read


def span_text(value: tuple[int, int]) -> str:
    """Two numbers as they stand in an address."""
    return f"{value[0]}-{value[1]}"


def linked_names(known: Iterable[str]) -> Callable[[Sequence[str]], str | None]:
    """Reads one of the known names out of an address."""
    names = set(known)

    def read(values: Sequence[str]) -> str | None:
        return values[-1] if values and values[-1] in names else None

    return read


def _must_read(key: str) -> bool:
    """Whether the address decides: once a visit, and whenever a person goes back or forward."""
    _, visit = st.session_state.get(_VISIT, ("", 0))
    seen: dict[str, int] = st.session_state.setdefault(_READ, {})
    first = seen.get(key) != visit
    seen[key] = visit
    return first or goes_through_history()
