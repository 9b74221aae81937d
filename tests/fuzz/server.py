"""Fuzz target: requests and of the owner's settings: who may connect, and what may be done."""

from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from starlette.datastructures import Headers

from lstm_core.errors import NotAllowedError
from lstm_core.permissions import ACTIONS, ALLOW, PUBLIC, permissions
from pages.parts.common.streamlit_internals import asks_for_run, xsrf_token
from pages.parts.server.monitor import address_of
from pages.parts.server.security import FOREIGN_HOST, refusal
from tests.fuzz.target import ANY_TEXT, Target, damaged

LATIN = st.text(alphabet=st.characters(max_codepoint=255), max_size=60)
HOSTS = st.one_of(LATIN, st.sampled_from(["localhost", "127.0.0.1:8501", "[::1]", "[", "a@b", ""]))
REQUESTS = st.tuples(
    st.sampled_from(["http", "websocket"]),
    st.sampled_from(["GET", "PUT", "POST", ""]),
    st.one_of(LATIN, st.sampled_from(["/_stcore/upload_file/a/b", "/healthz"])),
    HOSTS,
    st.one_of(st.none(), HOSTS.map(lambda host: f"http://{host}"), LATIN),
    LATIN,
)
SETTINGS = st.tuples(
    st.one_of(st.sampled_from(["", "0", "1", "yes", "off"]), ANY_TEXT),
    st.one_of(st.lists(st.sampled_from([*ACTIONS, "all", "*"])).map(",".join), ANY_TEXT),
    st.one_of(st.none(), st.sampled_from(["localhost", "0.0.0.0", "::1", "unix://x"]), ANY_TEXT),
)
MESSAGES = damaged(b"\n\x00", b"Z\x10\n\x0epage=x&text=y\x12\x00", b"\x08\x01" * 40)


def run_one(value: tuple[Any, Any, bytes], folder: Path) -> None:
    """Judge a request, read a setting, look at a message."""
    del folder
    (kind, method, path, host, origin, forwarded), (public, allow, address), message = value
    given = {"host": host, "x-forwarded-for": forwarded, "cookie": forwarded}
    if origin is not None:
        given["origin"] = origin
    said = refusal(kind, method, path, Headers(given))
    assert said is None or said.endswith("\n")
    if "evil" in host:
        assert said == FOREIGN_HOST
    raw = [(name.encode(), text.encode("latin-1")) for name, text in given.items()]
    scope = {"type": kind, "client": ("127.0.0.1", 1), "headers": raw}
    assert len(address_of(scope)) <= 64
    assert isinstance(xsrf_token(forwarded), bytes)
    assert asks_for_run(message) in (True, False)
    may = permissions(address, {PUBLIC: public, ALLOW: allow})  # or refuses the setting
    named = set(allow.lower().replace(",", " ").split())
    for action in ACTIONS:
        allowed = not may.public or action in named
        try:
            may.require(action)
        except NotAllowedError:
            assert not allowed
        else:
            assert allowed


TARGET = Target(
    "requests, settings and messages",
    "refused or let pass by the rules, never an error; an action only where it is named",
    st.tuples(REQUESTS, SETTINGS, MESSAGES),
    run_one,
    share=40,
)
