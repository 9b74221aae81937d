"""A review typed on a phone, pasted or tokenised gets the plain review's numbers at every entry.

Findings A1 to A6 by command line, scored files, training tables, minimal pairs and activations;
`predict` and `trace` are in `test_model`, the Live page in `tests/pages/test_live.py`.
"""

import csv
import io
import json
import sys
from pathlib import Path

import pytest

from lstm_core.activations.sources import file_texts
from lstm_core.cli import main
from lstm_core.datasets import load_corpus
from lstm_core.evaluation.minimal_pairs import Expect, Pair, evaluate_pairs, pairs_from_file
from lstm_core.model.sentiment_model import SentimentModel, shipped_model
from lstm_core.scoring import score_file
from lstm_core.text import Vocabulary, encode_many

FORMS = {
    "I don’t like it": "I don't like it",
    "It isn‘t good… it´s awful": "It isn't good. it's awful",
    "“Great”—really ‘good’": "Great really good",
    "I do n't like it , it 's not for me": "I don't like it, it's not for me",
    "I don ’ t like it": "I don't like it",
    "I don’ t like it, it' s dull, we' re out": "I don't like it, it's dull, we're out",
    "<p>I didn&rsquo;t&nbsp;like <b>this</b></p>": "I didn't like this",
    "won\u00adder\u200bful ﬁlm 👍🏽": "wonderful film 👍🏽",
    "a cafe\u0301, ｇｒｅａｔ film\ud83d": "a café, great film",
    "I <3 it, a < b": "I 3 it a b",
}
WHOLE = {typed: plain for typed, plain in FORMS.items() if "\ud83d" not in typed}


@pytest.fixture(scope="module")
def model() -> SentimentModel:
    return shipped_model()


def written(path: Path, rows: list[list[str]]) -> Path:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows(rows)
    return path


@pytest.mark.parametrize("typed", FORMS)
def test_python(model: SentimentModel, typed: str) -> None:
    plain = FORMS[typed]
    assert model.encode(typed).ids.tolist() == model.encode(plain).ids.tolist()
    first, second = model.predict([typed, plain])
    assert first == second


@pytest.mark.parametrize("way", ["argument", "file", "standard input"])
def test_the_command_line(
    way: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def classified(text: str) -> dict[str, object]:
        words, content = ["classify", "--json"], text.encode("utf-8-sig", "surrogatepass")
        if way == "file":
            file = tmp_path / "review.txt"
            file.write_bytes(content)
            words += ["--file", str(file)]
        elif way == "argument":
            words.append(text)
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
        assert main(words) == 0
        found: dict[str, object] = json.loads(capsys.readouterr().out)
        return found

    forms = FORMS if way == "argument" else WHOLE  # half a character cannot be a file
    for typed, plain in forms.items():
        assert classified(typed) == classified(plain)


def test_the_label_of_a_whole_review_is_that_of_its_probability(
    capsys: pytest.CaptureFixture[str],
) -> None:
    text = "Wonderful, a great film. " * 25 + "Terrible, awful, a boring waste. " * 60
    found = []
    for words in ([], ["--whole"]):
        assert main(["classify", text, "--json", *words]) == 0
        found.append(json.loads(capsys.readouterr().out))
    assert [one["leaning"] for one in found] == ["positive", "negative"]
    assert main(["classify", text, "--whole"]) == 0
    assert capsys.readouterr().out.startswith("negative, P(positive)")


def test_a_scored_file(model: SentimentModel, tmp_path: Path) -> None:
    texts = [*WHOLE, *WHOLE.values()]
    path = written(tmp_path / "in.csv", [["review"], *([text] for text in texts)])
    score_file(model, path, tmp_path / "out.csv")
    rows = list(csv.DictReader((tmp_path / "out.csv").read_text("utf-8").splitlines()))
    found = [float(row["probability"]) for row in rows]
    assert found[: len(WHOLE)] == pytest.approx(found[len(WHOLE) :], abs=1e-6)


def test_a_table_to_train_on(model: SentimentModel, tmp_path: Path) -> None:
    rows = [["text", "label"]]
    for number, (typed, plain) in enumerate(WHOLE.items()):
        rows += [[f"{typed} {number} {n}", str(n % 2)] for n in range(4)]
        rows += [[f"{plain} {number} {n}", str(n % 2)] for n in range(4, 8)]
    corpus = load_corpus(written(tmp_path / "train.csv", rows))
    texts = [*corpus.train.texts, *corpus.test.texts]
    assert len(texts) == len(rows) - 1
    known = Vocabulary.from_texts(WHOLE.values(), 2_000)
    ids = {tuple(row) for row in encode_many([text[:-4] for text in texts], known, 30).tolist()}
    assert ids == {tuple(row) for row in encode_many(list(WHOLE.values()), known, 30).tolist()}


def test_minimal_pairs_and_activations(model: SentimentModel, tmp_path: Path) -> None:
    for result in evaluate_pairs(
        model, [Pair("own", typed, plain, Expect.STAYS) for typed, plain in WHOLE.items()]
    ):
        assert result.first == result.second and result.passed
    head = ["kind", "first", "second", "expect", "note"]
    rows = [["own", typed, plain, "stays", ""] for typed, plain in WHOLE.items()]
    path = written(tmp_path / "pairs.csv", [head, *rows])
    pairs = pairs_from_file("pairs.csv", path.read_bytes())
    assert [(pair.first, pair.second) for pair in pairs] == list(WHOLE.items())
    texts = file_texts(written(tmp_path / "read.csv", [["text"], *([one] for one in WHOLE)])).texts
    assert list(texts) == list(WHOLE)
