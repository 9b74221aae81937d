"""What libraries say, made fit for a sentence."""

from hypothesis import given
from hypothesis import strategies as st

from lstm_core.errors import reason


@given(st.text(st.characters(codec=None)), st.integers(1, 400))
def test_whatever_a_library_quotes_becomes_a_short_printable_line(said: str, limit: int) -> None:
    found = reason(ValueError(said), limit)
    assert 0 < len(found) and len(found) <= max(limit, len("ValueError"))
    assert found.isprintable()
    found.encode("utf-8")


def test_what_is_short_and_plain_stays_as_it_is() -> None:
    assert reason(OSError(28, "No space left on device")) == "[Errno 28] No space left on device"
    assert reason(ValueError("  two\n lines ")) == "two lines"
    assert reason(ValueError()) == "ValueError"
    assert reason(ValueError("x" * 400)) == "x" * 299 + "…"
