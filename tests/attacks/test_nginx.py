"""The deployment guide's nginx set-up on this machine: TLS, WebSocket, headers, limits."""

import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.server import ROOT, Server, serving
from tests.support.visitor import finished, holds, visiting

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
SITE = ROOT / "docs" / "deploy" / "nginx.conf"
FRAME = "https://moodle.example.org"
pytestmark = pytest.mark.skipif(NGINX is None, reason="nginx is not installed")

MAIN = """
daemon off; pid {folder}/pid; error_log {folder}/error.log; worker_processes 1;
events {{ worker_connections 512; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
    include {folder}/site.conf;
}}
"""


@dataclass(frozen=True)
class Proxy:
    """nginx in front of a server."""

    plain: str
    url: str
    tls: ssl.SSLContext
    behind: Server


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def site(folder: Path, behind: str, plain: int, secure: int) -> str:
    """The guide's file with this test's ports and certificate; nothing else is changed."""
    text = SITE.read_text(encoding="utf-8")
    for found, put in (
        (r"listen 80;", f"listen 127.0.0.1:{plain};"),
        (r"listen 443 ssl;", f"listen 127.0.0.1:{secure} ssl;"),
        (r"/etc/ssl/private/lens\.example\.org\.key", f"{folder}/key.pem"),
        (r"/etc/ssl/lens\.example\.org\.pem", f"{folder}/certificate.pem"),
        (r"127\.0\.0\.1:8501", behind.removeprefix("http://").replace("localhost", "127.0.0.1")),
        (r"server_name lens\.example\.org;", "server_name localhost;"),
    ):
        text, count = re.subn(found, put, text)
        assert count, f"the guide's file no longer has {found}"
    return text


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    folder = tmp_path_factory.mktemp("nginx")
    subprocess.run(
        f"openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost "
        f"-addext subjectAltName=DNS:localhost -keyout {folder}/key.pem "
        f"-out {folder}/certificate.pem".split(),
        check=True,
        capture_output=True,
    )
    plain, secure = free_port(), free_port()
    environment = {
        "LSTM_LENS_HOME": str(folder / "home"),
        "LSTM_LENS_PUBLIC": "1",
        "LSTM_LENS_EMBED": FRAME,
        "LSTM_LENS_METRICS": "1",
    }
    with serving("app.py", **environment) as server:
        (folder / "site.conf").write_text(site(folder, server.url, plain, secure))
        (folder / "nginx.conf").write_text(MAIN.format(folder=folder))
        process = subprocess.Popen(
            [str(NGINX), "-p", str(folder), "-e", f"{folder}/error.log", "-c"]
            + [f"{folder}/nginx.conf"],
            start_new_session=True,
        )
        tls = ssl.create_default_context(cafile=folder / "certificate.pem")
        try:
            wait_for(secure)
            yield Proxy(f"http://localhost:{plain}", f"https://localhost:{secure}", tls, server)
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(timeout=20)


def wait_for(port: int) -> None:
    end = time.monotonic() + 30
    while time.monotonic() < end:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError("nginx did not start")


def get(proxy: Proxy, path: str, **headers: str) -> tuple[int, dict[str, str]]:
    """Status and headers of an answer."""
    request = urllib.request.Request(proxy.url + path, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=60, context=proxy.tls) as answer:
            return answer.status, {k.lower(): v for k, v in answer.headers.items()}
    except urllib.error.HTTPError as error:
        with error:
            return error.code, {k.lower(): v for k, v in error.headers.items()}


def test_a_page_comes_over_tls_with_every_header(proxy: Proxy) -> None:
    status, headers = get(proxy, "/states")
    assert status == 200
    assert headers["strict-transport-security"].startswith("max-age=")
    assert headers["x-content-type-options"] == "nosniff"
    assert f"frame-ancestors {FRAME}" in headers["content-security-policy"]
    assert "x-frame-options" not in headers
    assert headers["referrer-policy"] == "no-referrer"


def test_plain_http_is_sent_to_tls(proxy: Proxy) -> None:
    port = int(proxy.plain.rpartition(":")[2])
    with socket.create_connection(("localhost", port), timeout=20) as plain:
        plain.sendall(b"GET /states HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        answer = plain.recv(4_096).decode()
    assert answer.startswith("HTTP/1.1 301") and "Location: https://localhost/states" in answer


def test_a_review_is_read_through_the_proxy(proxy: Proxy) -> None:
    async def read() -> bool:
        async with visiting(proxy.url, "/", proxy.tls) as visitor:
            return holds(await visitor.type("a fine film zqproxyz"), "zqproxyz")

    assert finished(read())


def test_the_metrics_and_uploads_are_closed_to_visitors(proxy: Proxy) -> None:
    assert get(proxy, "/metrics")[0] == 404
    assert get(proxy, "/healthz")[0] == 200
    with urllib.request.urlopen(f"{proxy.behind.url}/metrics", timeout=60) as answer:
        assert b"lstm_lens_sessions" in answer.read()
    address = f"{proxy.url}/_stcore/upload_file/{uuid.uuid4()}/{uuid.uuid4()}"
    request = urllib.request.Request(address, b"x", method="PUT")
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=60, context=proxy.tls)
    with refused.value as error:
        assert error.code == 403


def test_a_large_upload_ends_at_the_proxy(proxy: Proxy) -> None:
    port = int(proxy.url.rpartition(":")[2])
    with (
        socket.create_connection(("localhost", port), timeout=20) as plain,
        proxy.tls.wrap_socket(plain, server_hostname="localhost") as secure,
    ):
        secure.sendall(
            b"PUT /_stcore/upload_file/a/b HTTP/1.1\r\nHost: localhost\r\n"
            b"Content-Length: 200000000\r\n\r\n"
        )
        assert secure.recv(64).startswith(b"HTTP/1.1 413")


def test_another_sites_page_opens_no_session(proxy: Proxy) -> None:
    headers = {
        "Origin": FRAME,
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "c2FtcGxlIG5vbmNlMTIzNA==",
    }
    assert get(proxy, "/_stcore/stream", **headers)[0] == 403


def test_the_unit_file_names_only_settings_that_exist() -> None:
    text = (ROOT / "docs" / "deploy" / "lstm-lens.service").read_text(encoding="utf-8")
    named = set(re.findall(r"LSTM_LENS_\w+", text))
    code = "".join(
        path.read_text(encoding="utf-8")
        for folder in ("lstm_core", "pages")
        for path in (ROOT / folder).rglob("*.py")
    )
    assert named and all(f'"{name}"' in code for name in named)
