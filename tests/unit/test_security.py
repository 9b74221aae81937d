"""What the guard in front of the server lets pass and what it refuses."""

import pytest
from starlette.datastructures import Headers

from pages.parts.server.security import FOREIGN_HOST, FOREIGN_ORIGIN, refusal, response_headers

UPLOAD = "/_stcore/upload_file/session/file"


def ask(kind: str = "http", method: str = "GET", path: str = "/", **headers: str) -> str | None:
    return refusal(kind, method, path, Headers({"host": "localhost:8501", **headers}))


@pytest.mark.parametrize("host", ["localhost", "localhost:8501", "127.0.0.1:8501", "[::1]:8501"])
def test_its_own_machine_may_come_in(host: str) -> None:
    assert ask(host=host) is None
    assert ask("websocket", "", host=host, origin=f"http://{host}") is None
    assert ask("websocket", "", host=host) is None  # no browser: no page could have sent it


@pytest.mark.parametrize(
    "host", ["", "evil.example", "localhost.evil.example", "10.0.0.1", "[", "a@b"]
)
def test_a_private_server_answers_to_no_other_name(host: str) -> None:
    assert ask(host=host) == FOREIGN_HOST
    assert ask("websocket", "", host=host, origin=f"http://{host}") == FOREIGN_HOST


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "", "http://[", "http://localhost:9", "file://"]
)
def test_no_other_page_may_open_a_socket(origin: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert ask("websocket", "", origin=origin) == FOREIGN_ORIGIN
    monkeypatch.setenv("LSTM_LENS_PUBLIC", "1")
    assert ask("websocket", "", host="class.example.org", origin=origin) == FOREIGN_ORIGIN


def test_a_public_server_answers_to_any_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LSTM_LENS_PUBLIC", "1")
    assert ask(host="class.example.org") is None
    origin = "https://class.example.org"
    assert ask("websocket", "", host="class.example.org", origin=origin) is None


def test_streamlits_own_numbers_are_not_for_visitors(monkeypatch: pytest.MonkeyPatch) -> None:
    assert ask(path="/_stcore/metrics") is None
    monkeypatch.setenv("LSTM_LENS_PUBLIC", "1")
    assert ask(path="/base/_stcore/metrics") is not None
    assert ask(path="/_stcore/health") is None


def test_uploads_are_refused_where_uploading_is_off(monkeypatch: pytest.MonkeyPatch) -> None:
    assert ask("http", "PUT", UPLOAD) is None
    monkeypatch.setenv("LSTM_LENS_PUBLIC", "1")
    assert "LSTM_LENS_ALLOW=upload" in (ask("http", "PUT", UPLOAD) or "")
    assert "off" in (ask("http", "PUT", f"/base{UPLOAD}") or "")
    monkeypatch.setenv("LSTM_LENS_ALLOW", "upload")
    assert ask("http", "PUT", UPLOAD) is None


def test_the_policy_lets_no_foreign_script_or_frame_in() -> None:
    policy = dict(
        part.split(" ", 1) for part in response_headers()["Content-Security-Policy"].split("; ")
    )
    assert policy["default-src"] == policy["connect-src"] == "'self'"
    assert "'unsafe-inline'" not in policy["script-src"]
    assert "'unsafe-eval'" not in policy["script-src"]
    assert "sha256-" in policy["script-src"]
    assert policy["frame-ancestors"] == policy["object-src"] == "'none'"
    assert "http" not in " ".join(policy.values())
