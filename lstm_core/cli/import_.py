"""``import``: a model trained elsewhere, with its vocabulary and encoding, becomes a bundle."""

import argparse
from pathlib import Path

from lstm_core.errors import EncodingQuestionError
from lstm_core.model.vocabulary_files import SCHEMES
from lstm_core.text import Side, Splitting


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "import", help="take in a model that was trained elsewhere", description=__doc__
    )
    parser.add_argument(
        "model", type=Path, metavar="FILE", help=".keras, whole-model .h5, or safetensors (PyTorch)"
    )
    parser.add_argument(
        "--vocabulary",
        type=Path,
        required=True,
        metavar="FILE",
        help="one word per line, a JSON list, a word_index, or Tokenizer.to_json",
    )
    parser.add_argument("--sizes", type=Path, metavar="FILE", help="JSON of sizes, for PyTorch")
    parser.add_argument("--name", default="", help="name of the model (default: the file's)")
    parser.add_argument(
        "--maxlen", type=int, metavar="N", help="time steps, where the file has none"
    )
    encoding = parser.add_argument_group("encoding, where the files do not say it")
    encoding.add_argument("--ids", choices=list(SCHEMES), help="which ids words have")
    sides = [str(side) for side in Side]
    encoding.add_argument("--padding", choices=sides, help="where short texts are padded")
    encoding.add_argument("--truncating", choices=sides, help="where long texts are cut")
    encoding.add_argument("--start", metavar="ID", help="id in front of every text, or none")
    encoding.add_argument("--unknown", metavar="ID", help="id of unknown words, or none")
    encoding.add_argument("--first-word", metavar="ID", help="id of the first word")
    encoding.add_argument(
        "--splitting", choices=[str(one) for one in Splitting], help="how texts are cut into words"
    )
    parser.add_argument("--classes", default="", metavar="A,B,C", help="names of softmax classes")
    parser.add_argument("--positive", type=int, metavar="N", help="class of P(positive), from 0")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Import the model, or ask what is missing."""
    from lstm_core.model.import_check import import_checked
    from lstm_core.model.import_model import ANSWERS, ModelFiles
    from lstm_core.model.registry import bundle_folder, checked_name, free_name

    wanted = arguments.name
    name = checked_name(wanted) if wanted else free_name(arguments.model.stem)
    files = ModelFiles(arguments.model, arguments.vocabulary, arguments.sizes)
    try:
        bundle, check = import_checked(
            files,
            bundle_folder(name),
            name=name,
            maxlen=arguments.maxlen,
            answers={key: getattr(arguments, key) for key in ANSWERS},
            classes=[one for one in arguments.classes.split(",") if one.strip()],
            positive=arguments.positive,
        )
    except EncodingQuestionError as question:
        said = str(question)
        for key in ("ids", "padding", "truncating"):
            said = said.replace(f"Give {key} as", f"Give --{key} as")
        raise EncodingQuestionError(said) from None
    rules = bundle.card.encoding
    print(f"imported as {name}: {', '.join(bundle.card.classes)}, {bundle.maxlen} time steps")
    print(
        f"ids: padding {rules.pad}, start {rules.start}, unknown {rules.unknown}, first word "
        f"{rules.first_word}; padding {rules.padding}, truncating {rules.truncating}"
    )
    print(check.line)
    return 0
