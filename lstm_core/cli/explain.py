"""``explain``: word scores of a review by every method, and which method to believe."""

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lstm_core.attribution.registry import NOTES, Method
from lstm_core.cli.inputs import add_model, add_text, model_of, text_of
from lstm_core.errors import InputError

if TYPE_CHECKING:
    from lstm_core.attribution.faithfulness import FaithfulnessReport
    from lstm_core.model.sentiment_model import SentimentModel

REVIEWS, FEWEST, MOST = 1_000, 10, 25_000


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "explain", help="word scores, and which to believe", description=__doc__
    )
    add_text(parser)
    add_model(parser)
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument(
        "--measure",
        action="store_true",
        help="measure by deletion and insertion on test reviews which method to believe",
    )
    parser.add_argument(
        "--reviews",
        type=int,
        default=REVIEWS,
        metavar="N",
        help=f"how many test reviews, {FEWEST} to {MOST:,} (default {REVIEWS:,})",
    )
    parser.add_argument(
        "--data", type=Path, metavar="PATH", help="data set (default: LSTM_LENS_DATA, data/)"
    )
    parser.add_argument(
        "--write", action="store_true", help="store what was measured in the bundle"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Score one review, or measure the methods."""
    if arguments.measure:
        return _measure(arguments)
    if arguments.write:
        raise InputError("--write stores what --measure found. Give both.")
    model = model_of(arguments)
    found = _scores(model, text_of(arguments))
    print(json.dumps(found, ensure_ascii=False) if arguments.json else _table(found))
    return 0


def _scores(model: "SentimentModel", text: str) -> dict[str, Any]:
    """Words and what every method gives them."""
    from lstm_core.attribution.attribute import score_all

    trace = model.trace(text)
    first, found = trace.encoding.first_word, score_all(model.forward, trace)
    return {
        "text": text,
        "logit": float(trace.logits[-1]),
        "probability": trace.verdict_probability,
        "words": list(trace.encoding.words[first:]),
        "scores": {str(one.method): one.scores[first:].tolist() for one in found},
        "rest": {str(one.method): one.rest for one in found},
    }


def _table(found: dict[str, Any]) -> str:
    """One line a word, one column a method."""
    names = [NOTES[method].name for method in Method]
    widths = [max(len(name), 8) + 2 for name in names]
    lines = [" " * 18 + "".join(n.rjust(w) for n, w in zip(names, widths, strict=True))]
    for at, word in enumerate(found["words"]):
        cells = [f"{found['scores'][str(method)][at]:+.3f}" for method in Method]
        row = "".join(c.rjust(w) for c, w in zip(cells, widths, strict=True))
        lines.append(word[:16].ljust(18) + row)
    rests = [found["rest"][str(method)] for method in Method]
    said = ["" if rest is None else f"{rest:+.3f}" for rest in rests]
    lines.append(
        "(no word)".ljust(18) + "".join(c.rjust(w) for c, w in zip(said, widths, strict=True))
    )
    lines.append(f"logit {found['logit']:+.3f}, P(positive) {found['probability']:.3f}")
    return "\n".join(lines)


def _measure(arguments: argparse.Namespace) -> int:
    import numpy as np

    from lstm_core.attribution.faithfulness import FaithfulnessKey, cores, measure_faithfulness
    from lstm_core.attribution.faithfulness_store import COMMAND, write_faithfulness
    from lstm_core.cli.progress import ProgressBars
    from lstm_core.datasets import load_corpus

    if not FEWEST <= arguments.reviews <= MOST:
        raise InputError(f"{arguments.reviews} reviews came in; {FEWEST} to {MOST:,} are allowed.")
    model = model_of(arguments)
    with ProgressBars() as bars:
        corpus = load_corpus(arguments.data, unlabelled=False, progress=bars.show)
        chosen = np.random.default_rng(0).permutation(len(corpus.test))[: arguments.reviews]
        stamp = FaithfulnessKey(
            fingerprint=model.bundle.fingerprint,
            data="test reviews",
            data_sha256=corpus.source.sha256,
            reviews=len(chosen),
            seed=0,
            made="",
            seconds=0.0,
            command=COMMAND,
        )
        texts = [corpus.test.texts[at] for at in np.sort(chosen)]
        court = measure_faithfulness(model, texts, stamp, bars.show, workers=cores())
    if arguments.write:
        write_faithfulness(model.bundle, court)
    print(json.dumps(_summary(court), indent=1) if arguments.json else _ranking(court))
    return 0


def _summary(court: "FaithfulnessReport") -> dict[str, Any]:
    from dataclasses import asdict

    found = asdict(court)
    del found["curves"]
    return found


def _ranking(court: "FaithfulnessReport") -> str:
    from lstm_core.attribution.faithfulness import RANDOM

    lines = [f"{court.stamp.reviews:,} {court.stamp.data}, {court.stamp.seconds:.0f} s"]
    for name in court.ranking:
        area = court.gain_of(name)
        shown = "by chance" if name == RANDOM else NOTES[Method(name)].name
        lines.append(f"  {shown:<26}{area.value:.4f}  ({area.low:.4f} to {area.high:.4f})")
    margin = court.margin
    lines.append(
        f"  the first is ahead by {margin.value:.4f} ({margin.low:.4f} to {margin.high:.4f})"
    )
    return "\n".join(lines)
