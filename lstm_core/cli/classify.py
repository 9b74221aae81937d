"""``classify``: how positive is a review?"""

import argparse
import json

from lstm_core.analysis.captions import model_reading_line
from lstm_core.analysis.formatting import probability
from lstm_core.analysis.prediction import make_verdict, whole_verdict
from lstm_core.cli.inputs import add_model, add_text, model_of, text_of
from lstm_core.evaluation.reliability import reliability_of
from lstm_core.model.card import CLASSES
from lstm_core.model.sentiment_model import SentimentModel
from lstm_core.recurrent.running import ModelTrace
from lstm_core.recurrent.trace import Trace


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to the parser."""
    parser = commands.add_parser("classify", help="how positive is a review?", description=__doc__)
    add_text(parser)
    add_model(parser)
    parser.add_argument(
        "--whole", action="store_true", help="read the whole review in windows, not its beginning"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Classify one review and print the verdict."""
    text = text_of(arguments)
    model = model_of(arguments)
    trace = model.running_trace(text)
    encoding, thresholds = trace.encoding, reliability_of(model.bundle)
    verdict = make_verdict(trace, thresholds)
    if arguments.whole:
        whole = float(model.predict([text], whole=True)[0])
        verdict = whole_verdict(encoding, model.vocabulary, whole, thresholds)
    leaning = str(verdict.leaning)
    if arguments.json:
        unknown = [encoding.words[place] for place in encoding.unknown]
        if arguments.whole:
            unknown += [word for word in encoding.unread_words if word not in model.vocabulary]
        result = {
            "leaning": leaning,
            "probability": verdict.probability,
            "reading": "whole" if arguments.whole else "first",
            "words": encoding.word_count,
            "read": encoding.word_count if arguments.whole else encoding.read_count,
            "unknown": unknown,
            "caution": verdict.caution,
        }
        if isinstance(trace, ModelTrace):
            names = model.card.classes
            if not (arguments.whole and encoding.unread_words):  # they are of the first words
                result["classes"] = dict(zip(names, trace.classes.tolist(), strict=True))
            result["left_out"] = list(encoding.left_out)
        print(json.dumps(result, ensure_ascii=False))
        return 0
    if arguments.whole:
        what = f"P({trace.class_name}) {probability(verdict.probability)}"
        label = f"{leaning}, " if model.card.classes == CLASSES else ""
        print(f"{label}{what} over the whole review, in windows.")
    else:
        print(_prediction(model, trace, leaning))
        print(model_reading_line(model, trace))
    if verdict.caution:
        print(verdict.caution)
    return 0


def _prediction(model: SentimentModel, trace: Trace | ModelTrace, leaning: str) -> str:
    """P(positive), or P of every class of a model with classes of its own, the largest first."""
    names = model.card.classes
    if isinstance(trace, Trace) or names == CLASSES:
        return f"{leaning}, P(positive) {probability(trace.verdict_probability)}"
    order = trace.classes.argsort()[::-1].tolist()
    return ", ".join(f"{names[n]} {probability(float(trace.classes[n]))}" for n in order)
