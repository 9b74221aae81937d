"""``evaluate``: measure a model on the test reviews, and store what was found with it."""

import argparse
import json
import shlex
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lstm_core.cli.inputs import add_model, model_of
from lstm_core.cli.table_options import add_table_options, table_options
from lstm_core.errors import BundleError
from lstm_core.paths import SHIPPED_MODEL
from lstm_core.progress import ProgressCallback
from lstm_core.tasks.process import tell

if TYPE_CHECKING:
    from lstm_core.evaluation.schema import Evaluation
    from lstm_core.model.sentiment_model import SentimentModel


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to the parser."""
    parser = commands.add_parser("evaluate", help="measure a model", description=__doc__)
    add_model(parser)
    parser.add_argument(
        "--data",
        type=Path,
        metavar="PATH",
        help="archive, folder, npz or table (default: LSTM_LENS_DATA, data/, then a download)",
    )
    parser.add_argument("--article", metavar="BUNDLE", help="a bundle made by the article's recipe")
    parser.add_argument(
        "--seeds", nargs="+", default=[], metavar="BUNDLE", help="the same recipe, other seeds"
    )
    parser.add_argument("--no-baselines", action="store_true", help="leave the baselines out")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.add_argument(
        "--progress", action="store_true", help="tell the progress as JSON lines on standard error"
    )
    parser.add_argument("--out", type=Path, metavar="FILE", help="write the evaluation to a file")
    parser.add_argument("--write", action="store_true", help="store the evaluation in the bundle")
    add_table_options(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Measure, print, store."""
    from lstm_core.datasets import load_corpus
    from lstm_core.evaluation.challenge_set import limit_notes
    from lstm_core.evaluation.evaluate import SHORT_TEXTS, Plan, card_figures, measure
    from lstm_core.evaluation.store import evaluation_to_json, write_evaluation, write_file
    from lstm_core.model.sentiment_model import SentimentModel

    model = model_of(arguments)
    plan = Plan(
        baselines=not arguments.no_baselines,
        article=SentimentModel.load(arguments.article) if arguments.article else None,
        seeds=tuple(SentimentModel.load(source) for source in arguments.seeds),
        short_texts=SHORT_TEXTS if SHORT_TEXTS.is_file() else None,
        command=command_of(arguments),
    )
    _check_sisters(model, plan.seeds)
    with progress_shown(arguments.progress) as report:
        corpus = load_corpus(
            arguments.data, table=table_options(arguments), unlabelled=False, progress=report
        )
        evaluation = _keep_older(model, measure(model, corpus, plan, report))
    if arguments.out is not None:
        write_file(arguments.out, evaluation_to_json(evaluation))
    if arguments.write:
        figures, notes = card_figures(evaluation), limit_notes(model)
        write_evaluation(model.bundle, evaluation, figures, notes)
    print(json.dumps(summary(evaluation), indent=1) if arguments.json else table(evaluation))
    return 0


def summary(evaluation: "Evaluation") -> dict[str, Any]:
    """Every figure as plain values, without the numbers of the single reviews."""
    from lstm_core.evaluation.schema import READINGS
    from lstm_core.evaluation.scores import summarise

    outcomes = evaluation.outcomes
    parts = ("baselines", "order", "manners", "short", "seeds")
    return {
        "stamp": asdict(evaluation.stamp),
        "readings": {
            name: asdict(summarise(outcomes.labels, outcomes.probabilities(name)))
            for name in READINGS
        },
        **{name: [asdict(one) for one in getattr(evaluation, name)] for name in parts},
    }


def table(evaluation: "Evaluation") -> str:
    """The figures as lines for a person."""
    from lstm_core.evaluation.schema import READINGS
    from lstm_core.evaluation.scores import summarise

    outcomes, lines = evaluation.outcomes, []
    for name in READINGS:
        scores = summarise(outcomes.labels, outcomes.probabilities(name))
        lines.append(f"{name} reading, {scores.count:,} reviews")
        for measure in ("accuracy", "loss", "f1", "roc_area", "precision_area"):
            found = getattr(scores, measure)
            lines.append(f"  {measure:<28}{found.value:.4f}  ({found.low:.4f} to {found.high:.4f})")
        lines.append(f"  {'calibration error':<28}{scores.calibration_error:.4f}")
        for baseline in (one for one in evaluation.baselines if one.reading == name):
            lines.append(f"  {baseline.name:<28}{baseline.accuracy.value:.4f}  {baseline.note}")
        for loss in (one for one in evaluation.order if one.reading == name):
            lines.append(
                f"  {'lost by shuffling':<28}{loss.lost:.4f}  ({loss.low:.4f} to {loss.high:.4f})"
            )
        lines += [
            f"  seed {one.seed:<23}{one.accuracy:.4f}"
            for one in evaluation.seeds
            if one.reading == name
        ]
    lines += [f"short texts, {one.kind:<17}{one.right} of {one.count}" for one in evaluation.short]
    lines += [line for note in evaluation.manners for line in _manners_lines(note)]
    lines.append(f"measured in {evaluation.stamp.seconds:.0f} s")
    return "\n".join(lines)


def _manners_lines(note: Any) -> list[str]:
    lines = [
        f"cautions, measured on {note.measured_on}; sides taken as they are: {note.full:.4f} right",
        f"  too short below {note.fewest_known} known words ({note.few_accuracy:.4f} right)",
        f"  too strange from {note.most_unknown:.0%} unknown ({note.unknown_accuracy:.4f} right)",
        f"  99 of 100 reviews: {note.usual_words} words or more, "
        f"{note.usual_unknown:.0%} unknown or less",
    ]
    for row in note.rows:
        span = f"{row.low:g} to {row.high:g}"
        lines.append(
            f"  {row.measure:<15}{span:<13}{row.accuracy.value:.4f} right, "
            f"{row.sureness:.4f} sure, sides taken on {row.count:,} of {row.pieces:,} pieces"
        )
    return lines


def command_of(arguments: argparse.Namespace) -> str:
    """The command that measures the same again; absolute paths by their last name."""

    def shown(source: object) -> str:
        path = Path(str(source))
        return path.name if path.is_absolute() else str(path)

    words = ["python", "-m", "lstm_core", "evaluate"]
    if arguments.model and Path(arguments.model).resolve() != SHIPPED_MODEL:
        words += ["--model", shown(arguments.model)]
    if arguments.article:
        words += ["--article", shown(arguments.article)]
    if arguments.seeds:
        words += ["--seeds", *(shown(source) for source in arguments.seeds)]
    if arguments.no_baselines:
        words.append("--no-baselines")
    return shlex.join([*words, "--write"] if arguments.write else words)


def _check_sisters(model: "SentimentModel", sisters: "tuple[SentimentModel, ...]") -> None:
    seeds = [one.card.seed for one in (model, *sisters)]
    if len(set(seeds)) != len(seeds):
        raise BundleError(f"The bundles have the seeds {seeds}. Give bundles of different seeds.")


def _keep_older(model: "SentimentModel", measured: "Evaluation") -> "Evaluation":
    """What was not measured this time is kept from the bundle's own evaluation of this model."""
    from lstm_core.evaluation.store import read_evaluation

    try:
        older = read_evaluation(model.bundle)
    except BundleError:
        older = None
    if older is None or older.stamp.data_sha256 != measured.stamp.data_sha256:
        return measured
    names = {one.name for one in measured.baselines}
    kept = tuple(one for one in older.baselines if one.name not in names)
    return replace(
        measured,
        baselines=(*measured.baselines, *kept),
        short=measured.short or older.short,
        seeds=measured.seeds or older.seeds,
    )


def progress_shown(as_lines: bool) -> AbstractContextManager[ProgressCallback]:
    """Progress as JSON lines for another program, or as bars for a person."""
    if as_lines:
        return nullcontext(tell)
    return _Bars()


class _Bars:
    """The bars of the other commands, as a context that gives the callback."""

    def __init__(self) -> None:
        from lstm_core.cli.progress import ProgressBars

        self._bars = ProgressBars()

    def __enter__(self) -> ProgressCallback:
        return self._bars.__enter__().show

    def __exit__(self, *found: object) -> None:
        self._bars.__exit__(*found)
