"""A worksheet with the numbers of a seed and, in a file of its own, its answer key."""

from collections.abc import Collection
from dataclasses import dataclass
from html import escape
from random import Random

from markdown_it import MarkdownIt

from lstm_core.analysis.formatting import general
from lstm_core.analysis.formatting import number as decimal
from lstm_core.lesson.article import SEQUENCES, article_sequences, seed_weights
from lstm_core.lesson.content import text_block
from lstm_core.lesson.facts import shape_words
from lstm_core.lesson.gates import Gates, Step, gate_sums, gates_from_inputs
from lstm_core.lesson.layer import LayerWeights, run_layer
from lstm_core.lesson.sizes import ModelSizes
from lstm_core.lesson.table_input import weight_columns, weight_row_names, weight_rows
from lstm_core.lesson.tf_random import check_seed

_STYLE = """
body { font: 11pt/1.45 Georgia, serif; max-width: 42rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.2rem; }
table { border-collapse: collapse; margin: 0.6rem 0; font-variant-numeric: tabular-nums; }
th, td { border: 1px solid #888; padding: 0.15rem 0.6rem; text-align: right; font-size: 10pt; }
li { margin-bottom: 1rem; break-inside: avoid; }
.room { height: 5.5rem; border-bottom: 1px dotted #aaa; }
@page { margin: 18mm; }
"""


SECTIONS = ("gates", "model", "returns", "truncation")  # those with exercises on paper


@dataclass(frozen=True)
class WorksheetTable:
    """A small table: headings and rows, ready to be read."""

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Exercise:
    """One exercise and its answer; plain text with ``**bold**``.

    Attributes:
        section: The section of the lesson to which it belongs.
    """

    section: str
    prompt: str
    answer: str
    table: WorksheetTable | None = None


def exercises(seed: int, sections: Collection[str] = SECTIONS) -> tuple[Exercise, ...]:
    """The exercises of a seed on some sections; the same seed gives the same numbers.

    Raises:
        InputError: For a seed that cannot be used.
    """
    random = Random(check_seed(seed))
    weights = seed_weights(seed)
    count, steps, units = random.randint(4, 9), random.randint(3, 7), random.randint(2, 5)
    sheet = (
        _gates(random),
        _first_step(weights, random.randrange(len(SEQUENCES))),
        _shapes(count, steps, units),
        _returns(weights, random.randrange(len(SEQUENCES))),
        _sizes(random),
        _cutting(random),
        _stack(count, random.randint(2, 6)),
    )
    return tuple(one for one in sheet if one.section in sections)


def as_markdown(seed: int, sections: Collection[str] = SECTIONS, *, key: bool = False) -> str:
    """The exercises as Markdown, or with `key` their answers, in a file of their own."""
    sheet = exercises(seed, sections)
    title = _text("key-title", seed=seed) if key else _text("title")
    lines = [f"# {title}"]
    if not key:
        lines += [_text("name-line"), _text("intro", seed=seed)]
        lines += [_text("equations")] if "gates" in sections else []
    for number, exercise in enumerate(sheet, 1):
        lines.append(f"{number}. {_one_line(exercise.answer if key else exercise.prompt)}")
        if exercise.table and not key:
            lines.append(_table_markdown(exercise.table))
    return "\n\n".join(lines) + "\n"


def as_html(seed: int, sections: Collection[str] = SECTIONS, *, key: bool = False) -> str:
    """The same as an HTML page that prints on A4 or Letter."""
    title = escape(_text("key-title", seed=seed) if key else _text("title"))
    body = (
        MarkdownIt("commonmark", {"html": False})
        .enable("table")
        .render(as_markdown(seed, sections, key=key))
    )
    if not key:
        body = body.replace("</li>", '<div class="room"></div></li>')
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{title}</title><style>{_STYLE}</style></head><body>{body}</body></html>\n"
    )


def _gates(random: Random) -> Exercise:
    before, candidate = random.randint(-15, 15) / 10, random.randint(1, 9) / 10
    keep, write = random.randint(1, 9) / 10, random.randint(1, 9) / 10
    mixed = Step(Gates(write, keep, candidate, 1), before)
    return Exercise(
        "gates",
        _text("gates", before=general(before), candidate=candidate, f=keep, i=write),
        _text(
            "gates-key",
            clear=_four(Step(Gates(1, 0, candidate, 1), before).cell),
            copy=_four(Step(Gates(0, 1, candidate, 1), before).cell),
            mixed=_four(mixed.cell),
            hidden=_four(mixed.hidden),
        ),
    )


def _first_step(weights: LayerWeights, row: int) -> Exercise:
    x = SEQUENCES[row][0]
    sums, gates = gate_sums(weights, x, 0), gates_from_inputs(weights, x, 0)
    step = Step(gates, 0)
    answer = _text(
        "step-key",
        z_i=_four(sums.input_gate),
        z_f=_four(sums.forget_gate),
        z_g=_four(sums.candidate),
        z_o=_four(sums.output_gate),
        i=_four(gates.input_gate),
        f=_four(gates.forget_gate),
        g=_four(gates.candidate),
        o=_four(gates.output_gate),
        c=_four(step.cell),
        h=_four(step.hidden),
    )
    sequence = ", ".join(str(value) for value in SEQUENCES[row])
    rows = [
        (name, *(_four(float(value)) for value in values))
        for name, values in zip(weight_row_names(1), weight_rows(weights), strict=True)
    ]
    table = WorksheetTable(("multiplies", *weight_columns(1)), tuple(rows))
    return Exercise("gates", _text("step", sequence=sequence), answer, table)


def _shapes(count: int, steps: int, units: int) -> Exercise:
    last, every = shape_words((count, units)), shape_words((count, steps, units))
    return Exercise(
        "returns",
        _text("shapes", count=count, steps=steps, units=units),
        _text("shapes-key", last=last, all=every),
    )


def _returns(weights: LayerWeights, row: int) -> Exercise:
    run = run_layer(weights, article_sequences())
    hidden = run.hidden_state[:, :, 0]  # (N, T)
    steps = tuple(f"step {step + 1}" for step in range(hidden.shape[1]))
    rows = tuple(
        (str(at + 1), *(decimal(value, 8) for value in values)) for at, values in enumerate(hidden)
    )
    value, cell = float(hidden[row, -1]), float(run.cell_state[row, -1, 0])
    return Exercise(
        "returns",
        _text("returns", row=row + 1),
        _text("returns-key", value=decimal(value, 8), cell=decimal(cell, 8)),
        WorksheetTable(("sequence", *steps), rows),
    )


def _sizes(random: Random) -> Exercise:
    sizes = ModelSizes(
        num_words=random.choice([2_000, 5_000, 8_000, 20_000]),
        maxlen=random.choice([40, 50, 100, 120]),
        embedding_dim=random.choice([8, 16, 32, 64]),
        lstm_dim=random.choice([4, 8, 16, 64]),
    )
    prompt = _text(
        "sizes",
        num_words=f"{sizes.num_words:,}",
        embedding_dim=sizes.embedding_dim,
        lstm_dim=sizes.lstm_dim,
        maxlen=sizes.maxlen,
        longer=2 * sizes.maxlen,
    )
    counts = {
        name: f"{getattr(sizes, name):,}" for name in ("embedding", "lstm", "output", "total")
    }
    return Exercise("model", prompt, _text("sizes-key", **counts))


def _cutting(random: Random) -> Exercise:
    places = random.choice([40, 80, 100])
    words = places + random.choice([-30, -12, 15, 60])
    lost = max(0, words + 1 - places)
    return Exercise(
        "truncation",
        _text("cutting", words=words, places=places),
        _text(
            "cutting-key",
            pads=max(0, places - words - 1),
            article=f"1 to {min(words, places - 1)}",
            default=f"{max(lost, 1)} to {words}",
            start="cut off" if lost else "read",
        ),
    )


def _stack(count: int, second: int) -> Exercise:
    shape = shape_words((count, second))
    return Exercise("returns", _text("stack", second=second), _text("stack-key", shape=shape))


def _text(name: str, **blanks: object) -> str:
    return text_block("worksheet", name, blanks)


def _four(value: float) -> str:
    return decimal(value, 4)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _table_markdown(table: WorksheetTable) -> str:
    rows = [table.headings, tuple("---:" for _ in table.headings), *table.rows]
    return "\n".join("   | " + " | ".join(row) + " |" for row in rows)
