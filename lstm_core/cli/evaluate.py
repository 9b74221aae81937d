"""``evaluate``: measure a model on the test reviews, and store what was found with it."""

import argparse
import json
import os
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lstm_core.analysis.formatting import fixed_percent
from lstm_core.cli.inputs import add_data, add_model, add_small, model_of
from lstm_core.cli.table_options import add_table_options, table_options
from lstm_core.errors import BundleError, InputError
from lstm_core.paths import SHIPPED_MODEL
from lstm_core.progress import Progress, ProgressCallback

if TYPE_CHECKING:
    from lstm_core.datasets import Corpus
    from lstm_core.evaluation.schema import ChallengeFigure, Evaluation
    from lstm_core.evaluation.scores import Scores
    from lstm_core.evaluation.stages import StageStore
    from lstm_core.model.sentiment_model import SentimentModel
    from lstm_core.tasks.worker import TaskContext


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to the parser."""
    parser = commands.add_parser("evaluate", help="measure a model", description=__doc__)
    add_model(parser)
    add_data(parser)
    add_small(parser)
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
    parser.add_argument(
        "--all",
        action="store_true",
        help="store everything that is measured on a model: the evaluation, the card's figures and "
        "the faithfulness of the attribution methods; started again, it resumes",
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Measure, print, store."""
    from lstm_core.datasets import load_corpus
    from lstm_core.datasets.load import SMALL_CORPUS
    from lstm_core.evaluation.challenge_set import challenge_files
    from lstm_core.evaluation.evaluate import Plan, card_figures, measure
    from lstm_core.evaluation.stages import StageStore
    from lstm_core.evaluation.store import KIND, evaluation_to_json, write_evaluation
    from lstm_core.model.sentiment_model import SentimentModel
    from lstm_core.tasks.atomic import write_file

    if arguments.all and arguments.no_baselines:
        raise InputError("--all measures the baselines, too. Give --write with --no-baselines.")
    if arguments.out is not None:
        _check_writable(arguments.out)
    model = model_of(arguments)
    article = SentimentModel.load(arguments.article) if arguments.article else None
    seeds = tuple(SentimentModel.load(source) for source in arguments.seeds)
    _check_sisters(model, seeds)
    if arguments.small and arguments.data is not None:
        raise InputError("--small and --data came in. Give one of them.")
    with progress_shown(arguments.progress) as report:
        corpus = load_corpus(
            SMALL_CORPUS if arguments.small else arguments.data,
            table=table_options(arguments),
            unlabelled=False,
            progress=report,
        )
        stages = StageStore.for_model(
            model.bundle.fingerprint, corpus.source.sha256, f"v{KIND.format}"
        )
        plan = Plan(
            baselines=not arguments.no_baselines,
            article=article,
            seeds=seeds,
            challenge=challenge_files(),
            command=command_of(arguments),
            stages=stages,
        )
        evaluation = _keep_older(model, measure(model, corpus, plan, report))
        if arguments.out is not None:
            write_file(arguments.out, evaluation_to_json(evaluation), durable=True)
        if arguments.write or arguments.all:
            bundle = write_evaluation(model.bundle, evaluation, card_figures(evaluation))
            if arguments.all:
                _write_faithfulness(SentimentModel(bundle), corpus, report, stages)
    stages.clear()
    print(json.dumps(summary(evaluation), indent=1) if arguments.json else table(evaluation))
    return 0


def _check_writable(path: Path) -> None:
    """Fail before the measurement, not after it."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error.strerror}.") from error
    if path.is_dir() or not os.access(path.parent, os.W_OK):
        raise InputError(f"{path} cannot be written. Give a file in a folder that can.")


def _write_faithfulness(
    model: "SentimentModel", corpus: "Corpus", report: ProgressCallback, stages: "StageStore"
) -> None:
    """Measure the attribution methods on 1,000 of the test reviews and store the report."""
    from lstm_core.attribution.faithfulness_store import write_faithfulness
    from lstm_core.cli.explain import REVIEWS, faithfulness_on, ranking_table

    found = faithfulness_on(model, corpus, REVIEWS, report, stages)
    write_faithfulness(model.bundle, found)
    print(ranking_table(found))


def summary(evaluation: "Evaluation") -> dict[str, Any]:
    """Every figure as plain values, without the numbers of the single reviews."""
    from lstm_core.evaluation.schema import READINGS

    parts = ("baselines", "order", "reliability", "challenge", "overlap", "seeds")
    return {
        "stamp": asdict(evaluation.stamp),
        "readings": {name: asdict(scores_of(evaluation, name)) for name in READINGS},
        **{name: [asdict(one) for one in getattr(evaluation, name)] for name in parts},
    }


def table(evaluation: "Evaluation") -> str:
    """The figures as lines for a person."""
    from lstm_core.evaluation.schema import READINGS

    lines = []
    for name in READINGS:
        scores = scores_of(evaluation, name)
        lines.append(f"{name} reading, {scores.count:,} reviews")
        for measure in ("accuracy", "loss", "f1", "roc_area", "precision_area"):
            found = getattr(scores, measure)
            lines.append(f"  {measure:<28}{found.value:.4f}  ({found.low:.4f} to {found.high:.4f})")
        lines.append(f"  {'calibration error':<28}{scores.calibration_error:.4f}")
        for baseline in (one for one in evaluation.baselines if one.reading == name):
            found, lead = baseline.accuracy, baseline.lead
            lines.append(
                f"  {baseline.name:<28}{found.value:.4f}  ({found.low:.4f} to {found.high:.4f}), "
                f"model ahead by {lead.value:+.4f} ({lead.low:+.4f} to {lead.high:+.4f}). "
                f"{baseline.note}"
            )
        for loss in (one for one in evaluation.order if one.reading == name):
            lines.append(
                f"  {'lost by shuffling':<28}{loss.lost:.4f}  ({loss.low:.4f} to {loss.high:.4f})"
            )
        lines += [
            f"  seed {one.seed:<23}{one.accuracy:.4f}"
            for one in evaluation.seeds
            if one.reading == name
        ]
    lines += [
        f"without {one.of_films} reviews of {one.films} film(s) of the training part and "
        f"{one.same_text} with a text of it: {one.reading} reading {one.accuracy.value:.4f} "
        f"({one.accuracy.low:.4f} to {one.accuracy.high:.4f}) on {one.count:,} reviews"
        for one in evaluation.overlap
    ]
    lines += [line for note in evaluation.reliability for line in _reliability_lines(note)]
    lines += [_challenge_line(one) for one in evaluation.challenge]
    lines.append(f"measured in {evaluation.stamp.seconds:.0f} s")
    return "\n".join(lines)


def _challenge_line(one: "ChallengeFigure") -> str:
    shares = {
        "right": one.accuracy,
        "recall positive": one.recall_positive,
        "recall negative": one.recall_negative,
        "calibration error": one.calibration_error,
    }
    cells = (f"{name} {s.value:.3f} ({s.low:.3f} to {s.high:.3f})" for name, s in shares.items())
    return f"{one.name}, {one.category:<14}{one.right:>4} of {one.count:<4} {', '.join(cells)}"


def scores_of(evaluation: "Evaluation", reading: str) -> "Scores":
    """Metrics of one reading with intervals by film."""
    from lstm_core.evaluation.scores import summarize_scores

    outcomes = evaluation.outcomes
    return summarize_scores(
        outcomes.labels, outcomes.probabilities(reading), groups=outcomes.groups
    )


def _reliability_lines(note: Any) -> list[str]:
    lines = [
        f"reliability, on {note.measured_on}; non-abstained predictions: {note.full:.4f} right",
        f"  too short below {note.fewest_known} known words ({note.few_accuracy:.4f} right)",
        f"  too many unknown from {fixed_percent(note.most_unknown, 0)} on "
        f"({note.unknown_accuracy:.4f} right)",
        f"  99 of 100 reviews: {note.usual_words} words or more, "
        f"{fixed_percent(note.usual_unknown, 0)} unknown or less",
    ]
    for row in note.rows:
        span = f"{row.low:g} to {row.high:g}"
        lines.append(
            f"  {row.measure:<15}{span:<13}{row.accuracy.value:.4f} right, "
            f"{row.confidence:.4f} sure, sides taken on {row.count:,} of {row.pieces:,} pieces"
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
    if arguments.all:
        return shlex.join([*words, "--all"])
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
        challenge=measured.challenge or older.challenge,
        seeds=measured.seeds or older.seeds,
    )


def run_task(task: "TaskContext") -> None:
    """The function of the background task "evaluation", see `lstm_core.evaluation.worker`."""
    given = task.arguments
    arguments = argparse.ArgumentParser()
    add_to(arguments.add_subparsers())
    words = ["evaluate", "--model", str(given["model"]), "--out", str(given["out"])]
    words += ["--data", str(given["data"])] if given.get("data") else []
    parsed = arguments.parse_args(words if given["baselines"] else [*words, "--no-baselines"])
    parsed.progress = task.report
    run(parsed)


@contextmanager
def progress_shown(wanted: bool | ProgressCallback) -> Iterator[ProgressCallback]:
    """Progress as JSON lines for another program, as bars for a person, or for a callback."""
    if callable(wanted):
        yield wanted
    elif wanted:
        yield emit_progress
    else:
        from lstm_core.cli.progress import ProgressBars

        with ProgressBars() as bars:
            yield bars.show


def emit_progress(progress: Progress) -> None:
    """Progress as one JSON line on standard error."""
    print(json.dumps(asdict(progress)), file=sys.stderr, flush=True)
