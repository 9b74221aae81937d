"""``classify``: how positive is a review?"""

import argparse
import json

from lstm_core.analysis.captions import percent, reading_line
from lstm_core.analysis.prediction import make_verdict
from lstm_core.cli.inputs import add_model, add_text, model_of, text_of
from lstm_core.evaluation.reliability import reliability_of


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
    verdict = make_verdict(trace, reliability_of(model.bundle))
    encoding = trace.encoding
    whole = float(model.predict([text], whole=True)[0])
    if arguments.json:
        result = {
            "leaning": str(verdict.leaning),
            "probability": whole if arguments.whole else verdict.probability,
            "reading": "whole" if arguments.whole else "first",
            "words": encoding.word_count,
            "read": encoding.word_count if arguments.whole else encoding.read_count,
            "unknown": [encoding.words[place] for place in encoding.unknown],
            "caution": verdict.caution,
        }
        print(json.dumps(result, ensure_ascii=False))
        return 0
    if arguments.whole:
        print(f"P(positive) {percent(whole)} over the whole review, in windows.")
    else:
        print(f"{verdict.leaning}, P(positive) {percent(verdict.probability)}")
        print(reading_line(encoding))
    if verdict.caution:
        print(verdict.caution)
    return 0
