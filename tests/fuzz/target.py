"""Fuzz targets: what they are, how they are run, and bounds of memory and time per input."""

import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from lstm_core.errors import LstmLensError

LONGEST_SENTENCE = 1_000


@dataclass(frozen=True)
class Target:
    """A place where something from outside comes in.

    Attributes:
        name: What comes in.
        promise: What holds whatever comes in.
        inputs: What is sent.
        run_one: Sends one input; has a folder for files. It may raise an `LstmLensError`, which
            refuses the input with a sentence, or return; anything else is a bug.
        share: Its part of all inputs, in per mille.
        each: How many inputs one call of `run_one` counts for.
        memory: Bytes by which one input may raise this process' memory.
        cpu: Seconds of a core that one input may take.
    """

    name: str
    promise: str
    inputs: st.SearchStrategy[Any]
    run_one: Callable[[Any, Path], None]
    share: int
    each: int = 1
    memory: int = 256 * 2**20
    cpu: float = 10.0


@dataclass
class Outcome:
    """What became of the inputs of one target."""

    inputs: int = 0
    refused: int = 0
    slowest: float = 0.0
    largest: int = 0
    seconds: float = 0.0
    sentences: Counter[str] = field(default_factory=Counter)


def check_sentence(error: LstmLensError) -> None:
    """A refusal is a sentence that a person can read, however strange the input was."""
    text = str(error)
    assert text.strip(), "a refusal without a sentence"
    assert len(text) <= LONGEST_SENTENCE, f"a refusal of {len(text)} characters: {text[:200]}"
    assert "Traceback" not in text
    text.encode("utf-8")


def fuzz(target: Target, count: int, *, derandomize: bool = False) -> Outcome:
    """Send that many inputs and return what became of them; the first bug is raised, made small."""
    outcome = Outcome()
    with tempfile.TemporaryDirectory(prefix="lstm-lens-fuzz-") as folder:

        @settings(
            max_examples=max(1, -(-count // target.each)),
            derandomize=derandomize,
            database=None,
            deadline=None,
            phases=[Phase.explicit, Phase.generate, Phase.shrink],
            suppress_health_check=list(HealthCheck),
        )
        @given(target.inputs)
        def one(value: Any) -> None:
            started, before = time.process_time(), _memory_mark()
            try:
                target.run_one(value, Path(folder))
            except LstmLensError as error:
                outcome.refused += target.each
                check_sentence(error)
            outcome.inputs += target.each
            seconds, grown = time.process_time() - started, _memory_since(before)
            outcome.slowest = max(outcome.slowest, seconds)
            outcome.largest = max(outcome.largest, grown)
            assert seconds < target.cpu, f"an input took {seconds:.1f} s"
            assert grown < target.memory, f"an input took {grown / 2**20:.0f} MiB"

        started = time.perf_counter()
        one()
        outcome.seconds = time.perf_counter() - started
    return outcome


def _memory_mark() -> int:
    """Bytes of memory now; the highest mark begins again. 0 where the system does not say."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return 0
    return _bytes("VmRSS")


def _memory_since(before: int) -> int:
    """Bytes by which memory was higher than at a mark, at most."""
    return max(_bytes("VmHWM") - before, 0) if before else 0


def _bytes(name: str) -> int:
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return 1024 * int(next(line for line in lines if line.startswith(name)).split()[1])


def damaged(*whole: bytes) -> st.SearchStrategy[bytes]:
    """Bytes of a good file with some places overwritten, cut out, doubled or cut short."""

    def apply(start: bytes, changes: list[tuple[str, float, bytes]]) -> bytes:
        data = bytearray(start)
        for kind, share, piece in changes:
            at = int(share * len(data))
            if kind == "write":
                data[at : at + len(piece)] = piece
            elif kind == "insert":
                data[at:at] = piece
            elif kind == "remove":
                del data[at : at + 1 + len(piece)]
            elif kind == "double":
                data[at:at] = data[at : at + 64 * len(piece)]
            else:
                del data[at:]
        return bytes(data)

    change = st.tuples(
        st.sampled_from(["write", "write", "write", "insert", "remove", "double", "cut"]),
        st.floats(0, 1, exclude_max=True),
        st.binary(max_size=6),
    )
    return st.builds(apply, st.sampled_from(whole), st.lists(change, min_size=1, max_size=4))


# Text with what people and programs put into it: controls, surrogates, markup, endless words.
ANY_TEXT = st.one_of(
    st.text(max_size=200),
    st.text(alphabet=st.characters(categories=["Cs", "Cc", "Cf", "Lo", "So", "Zs"]), max_size=60),
    st.lists(
        st.sampled_from(
            [
                "good", "not", "<br />", "<script>", "';--", "\0", "\ufeff", "\u202e", "a" * 5_000,
                "'" * 50, "\r\n", "\t", "{}", "%s", "{0.__class__}", "../", "\\", "İ", "ß",
                "\ud800",                 "1e400", "NaN", "=1+1", "🎬", "&amp;", "$(x)", "`",
            ]
        ),
        max_size=30,
    ).map(" ".join),
)  # fmt: skip
