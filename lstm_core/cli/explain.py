"""``explain``: word scores of a review by every method, and which method to believe."""

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lstm_core.attribution.registry import NOTES, Method
from lstm_core.cli.inputs import add_model, add_text, model_of, text_of
from lstm_core.errors import InputError
from lstm_core.progress import ProgressCallback

if TYPE_CHECKING:
    from lstm_core.attribution.faithfulness import FaithfulnessReport
    from lstm_core.datasets import Corpus
    from lstm_core.evaluation.stages import StageStore
    from lstm_core.metrics import Interval
    from lstm_core.model.sentiment_model import SentimentModel

REVIEWS, FEWEST, MOST = 1_000, 10, 25_000
LEAST = 0.0005  # a smaller error is not printed


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "explain", help="attribution of words, and its faithfulness", description=__doc__
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
        if arguments.text is not None or arguments.file is not None:
            raise InputError("A review came in with --measure, which reads test reviews. Give one.")
        return _measure(arguments)
    for name in ("write", "reviews", "data"):
        if getattr(arguments, name):
            raise InputError(f"--{name} goes with --measure. Give both, or leave it out.")
    model = model_of(arguments)
    found = _scores(model, text_of(arguments))
    print(json.dumps(found, ensure_ascii=False) if arguments.json else _table(found))
    return 0


def _scores(model: "SentimentModel", text: str) -> dict[str, Any]:
    """Words and what every method gives them."""
    from lstm_core.attribution.models import score_model, unavailable_methods

    missing, trace = unavailable_methods(model), model.running_trace(text)
    found = score_model(model, trace, [method for method in Method if method not in missing])
    first = trace.encoding.first_word
    return {
        "text": text,
        "logit": float(trace.logits[-1]),
        "probability": trace.verdict_probability,
        "words": list(trace.encoding.words[first:]),
        "scores": {str(one.method): one.scores[first:].tolist() for one in found},
        "rest": {str(one.method): one.rest for one in found},
        "residual": {str(one.method): one.residual for one in found},
        "class": trace.class_name,
        "not_defined": {str(method): why for method, why in missing.items()},
    }


def _table(found: dict[str, Any]) -> str:
    """One line per word, one column per method."""
    methods = [method for method in Method if str(method) in found["scores"]]
    names = [NOTES[method].name for method in methods]
    widths = [max(len(name), 8) + 2 for name in names]
    lines = [" " * 18 + "".join(n.rjust(w) for n, w in zip(names, widths, strict=True))]
    for at, word in enumerate(found["words"]):
        cells = [f"{found['scores'][str(method)][at]:+.3f}" for method in methods]
        row = "".join(c.rjust(w) for c, w in zip(cells, widths, strict=True))
        lines.append(word[:16].ljust(18) + row)
    for name, part in (("(no word)", "rest"), ("(error)", "residual")):
        values = [found[part][str(method)] for method in methods]
        told = ["" if v is None or abs(v) < LEAST else f"{v:+.3f}" for v in values]
        row = "".join(c.rjust(w) for c, w in zip(told, widths, strict=True))
        lines.append((name.ljust(18) + row).rstrip())
    lines.append(f"logit {found['logit']:+.3f}, P({found['class']}) {found['probability']:.3f}")
    for method, why in found["not_defined"].items():
        lines.append(f"not defined for this model: {NOTES[Method(method)].full_name}, {why}")
    return "\n".join(lines)


def _measure(arguments: argparse.Namespace) -> int:
    from lstm_core.attribution.faithfulness_store import write_faithfulness
    from lstm_core.attribution.models import unavailable_methods
    from lstm_core.cli.progress import ProgressBars
    from lstm_core.datasets import load_corpus
    from lstm_core.evaluation.stages import StageStore

    reviews = REVIEWS if arguments.reviews is None else arguments.reviews
    if not FEWEST <= reviews <= MOST:
        raise InputError(f"{reviews} reviews came in; {FEWEST} to {MOST:,} are allowed.")
    model = model_of(arguments)
    if unavailable_methods(model):
        raise InputError(
            "Faithfulness is measured by the forward and backward pass of the article's "
            "architecture; for this imported model only `explain TEXT` is defined."
        )
    with ProgressBars() as bars:
        corpus = load_corpus(arguments.data, unlabelled=False, progress=bars.show)
        stages = StageStore.for_model(
            model.bundle.fingerprint, corpus.source.sha256, f"explain-{reviews}"
        )
        found = faithfulness_on(model, corpus, reviews, bars.show, stages)
    if arguments.write:
        write_faithfulness(model.bundle, found)
    stages.clear()
    print(json.dumps(_summary(found), indent=1) if arguments.json else ranking_table(found))
    return 0


def faithfulness_on(
    model: "SentimentModel",
    corpus: "Corpus",
    reviews: int,
    report: ProgressCallback,
    stages: "StageStore",
) -> "FaithfulnessReport":
    """The benchmark on some test reviews of a data set, drawn with seed 0."""
    import numpy as np

    from lstm_core.attribution.faithfulness import FaithfulnessKey, cores, measure_faithfulness
    from lstm_core.attribution.faithfulness_store import COMMAND

    chosen = np.sort(np.random.default_rng(0).permutation(len(corpus.test))[:reviews])
    some = corpus.test.take(chosen)
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
    return measure_faithfulness(
        model, some.texts, stamp, report, groups=some.films, workers=cores(), stages=stages
    )


def _summary(found: "FaithfulnessReport") -> dict[str, Any]:
    from dataclasses import asdict

    plain = asdict(found)
    del plain["curves"]
    return plain


def ranking_table(found: "FaithfulnessReport") -> str:
    """The methods in order of the area, one table per masking strategy."""
    from lstm_core.attribution.faithfulness import METRICS, RANDOM
    from lstm_core.attribution.occlusion import MaskingStrategy

    stamp = found.stamp
    lines = [f"{stamp.reviews:,} {stamp.data}, {stamp.seconds:.0f} s"]
    for removal in MaskingStrategy:
        lines.append(f"words masked by {removal}; area, how far behind the best, ERASER's metrics")
        for name in found.rank_methods(removal):
            area, *rest = (found.score(name, removal, metric) for metric in METRICS)
            shown = "random" if name == RANDOM else NOTES[Method(name)].name
            lines.append(
                f"  {shown:<26}{_cell(area.value)}  behind {_cell(area.behind)}  "
                + "  ".join(f"{one.metric} {_cell(one.value)}" for one in rest)
            )
    lines.append(f"fast method closest to the best: {NOTES[found.fast].name}")
    return "\n".join(lines)


def _cell(one: "Interval") -> str:
    return f"{one.value:.4f} ({one.low:.4f} to {one.high:.4f})"
