"""Streamlit's private parts are used in one module, which was read again for this version."""

import re
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

import pytest
import streamlit
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.scriptrunner_utils import script_run_context

from pages.parts.common import streamlit_internals
from pages.parts.common.streamlit_internals import WRITTEN_FOR, inline_script_hashes, xsrf_token

ROOT = Path(__file__).parents[2]
PRIVATE = re.compile(
    r"streamlit(\.|\s+import\s+)(runtime|web|proto|source_util)\b"
    r"|\"index\.html\"|st\.runtime\b"
)
MODULE = "pages/parts/common/streamlit_internals.py"


def test_the_module_was_written_for_the_version_that_is_installed() -> None:
    assert streamlit.__version__ == WRITTEN_FOR, (
        f"Streamlit {streamlit.__version__} is installed; {MODULE} was written for {WRITTEN_FOR}. "
        "Read what changed in the parts that it names, adapt it, and set WRITTEN_FOR."
    )


def test_no_other_module_uses_what_is_private() -> None:
    files = [ROOT / "app.py", *(ROOT / "lstm_core").rglob("*.py"), *(ROOT / "pages").rglob("*.py")]
    using = {
        str(path.relative_to(ROOT))
        for path in files
        for line in path.read_text(encoding="utf-8").splitlines()
        if PRIVATE.search(line)
    }
    assert using <= {MODULE}


def test_what_it_reads_is_there() -> None:
    assert inline_script_hashes()
    assert xsrf_token("no cookie") == b""


def element(place: int, fragment: str) -> ForwardMsg:
    message = ForwardMsg(hash=f"{place}")
    message.metadata.delta_path[:] = [0, place]
    message.delta.new_element.text.body = "known to the browser"
    message.delta.fragment_id = fragment
    return message


@pytest.mark.parametrize(
    ("fragment", "run", "kind"),
    [("f", (), "delta"), ("f", ("f",), "ref_hash"), ("", (), "ref_hash")],
)
def test_a_page_sends_its_fragments_whole(
    monkeypatch: pytest.MonkeyPatch, fragment: str, run: Sequence[str], kind: str
) -> None:
    monkeypatch.setattr(script_run_context, "create_reference_msg", None)
    context = SimpleNamespace(fragment_ids_this_run=run)
    monkeypatch.setattr(streamlit_internals, "get_script_run_ctx", lambda: context)
    streamlit_internals.send_fragments_whole()
    sent = script_run_context.create_reference_msg(element(4, fragment))
    assert sent.WhichOneof("type") == kind
