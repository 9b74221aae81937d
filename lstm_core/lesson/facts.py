"""Facts that decide the questions, each computed from what the page shows."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from lstm_core.analysis.captions import plural
from lstm_core.analysis.formatting import number
from lstm_core.lesson.gates import Gates, Step, gates_from_inputs
from lstm_core.lesson.layer import (
    LayerSteps,
    LayerWeights,
    Returned,
    Setting,
    equal_to_last,
    returned,
    run_layer,
)
from lstm_core.lesson.quiz import Facts
from lstm_core.lesson.sizes import LIMITS, ModelSizes, lstm_parameters
from lstm_core.lesson.truncation import Cuts
from lstm_core.recurrent.lstm import Floats


def shape_words(shape: tuple[int, ...]) -> str:
    """A shape as Python writes it."""
    return str(tuple(int(size) for size in shape))


def gate_facts(step: Step, weights: LayerWeights, x: float) -> list[Facts]:
    """Questions of the section on gates.

    Args:
        step: The step as it stands: its candidate, memory and output gate are asked about.
        weights: One unit's weights, for how the candidate depends on h before.
        x: The input they are tried with.
    """
    g, before, o = step.gates.candidate, step.cell_before, step.gates.output_gate
    numbers = {
        "candidate": number(g),
        "before": number(before),
        "sum": number(g + before),
        "zero": number(0),
    }
    cleared = Step(Gates(1, 0, g, o), before).cell
    copied = Step(Gates(0, 1, g, o), before).cell
    low, high = (gates_from_inputs(weights, x, h).candidate for h in (-1.0, 1.0))
    opened = Step(Gates(step.gates.input_gate, step.gates.forget_gate, g, 1), before)
    return [
        Facts("clear-and-write", _which(numbers, number(cleared), "candidate"), numbers),
        Facts("copy", _which(numbers, number(copied), "before"), numbers),
        Facts(
            "still-history",
            "no" if low == high else "yes",
            {"low": number(low, 3), "high": number(high, 3), "x": number(x)},
        ),
        Facts(
            "direction",
            step.direction,
            {
                "i": number(step.gates.input_gate),
                "f": number(step.gates.forget_gate),
                **numbers,
                "kept": number(step.kept),
                "written": number(step.written),
                "after": number(step.cell),
            },
        ),
        Facts(
            "open-output",
            "squashed",
            {
                "cell": number(opened.cell, 3),
                "squashed": number(opened.hidden, 3),
                "one": "1.000",
                "zero": "0.000",
            },
        ),
    ]


def size_facts(sizes: ModelSizes) -> list[Facts]:
    """Questions of the section on what the model is made of."""
    v, t, e, d = sizes.num_words, sizes.maxlen, sizes.embedding_dim, sizes.lstm_dim
    blanks = {
        "num_words": f"{v:,}",
        "maxlen": f"{t:,}",
        "embedding_dim": f"{e:,}",
        "lstm_dim": f"{d:,}",
        "vocabulary_times_vector": f"{v * e:,}",
        "places_times_vector": f"{t * e:,}",
        "vocabulary_times_places": f"{v * t:,}",
    }
    counts = {
        "vocabulary": v * e,
        "places": t * e,
        "both": v * t,
    }
    growth = lstm_parameters(e, 2 * d) / lstm_parameters(e, d)
    longer = replace(sizes, maxlen=2 * t if 2 * t <= LIMITS["maxlen"][1] else t // 2)
    return [
        Facts("embedding-count", _which(counts, sizes.embedding, "vocabulary"), blanks),
        Facts("longer-reviews", "same" if longer.total == sizes.total else "more", blanks),
        Facts(
            "twice-the-units",
            "twice" if growth == 2 else "between" if 2 < growth < 4 else "four",
            {**blanks, "wide_dim": f"{2 * d:,}", "growth": f"{growth:.2f}"},
        ),
    ]


def return_facts(run: LayerSteps, setting: Setting) -> list[Facts]:
    """Questions of the section on what a layer returns."""
    count, steps, units = run.hidden_state.shape
    shapes = {
        "all": shape_words((count, steps, units)),
        "last": shape_words((count, units)),
        "flat": shape_words((count, steps * units)),
        "turned": shape_words((steps, count, units)),
    }
    with_sequences = returned(run, Setting(True, False))[0].values.shape
    arrays = len(returned(run, Setting(False, True)))
    both = returned(run, Setting(True, True))
    marks = [bool(equal_to_last(array, run.hidden_state[:, -1]).any()) for array in both]
    now = returned(run, setting)
    blanks = {"count": count, "steps": steps, "units": units, **shapes}
    return [
        Facts("shape-of-sequences", _which(shapes, shape_words(with_sequences), "all"), blanks),
        Facts("how-many-arrays", {1: "one", 2: "two", 3: "three"}[arrays], blanks),
        Facts("which-are-equal", "hidden" if marks == [True, True, False] else "none", blanks),
        Facts(
            "what-is-missing",
            "cells" if not _cells_returned(run, now + both) else "nothing",
            blanks,
        ),
    ]


def _cells_returned(run: LayerSteps, arrays: tuple[Returned, ...]) -> bool:
    """Whether any returned array holds the cell state of every step."""
    return any(np.array_equal(array.values, run.cell_state) for array in arrays)


def stack_facts(first: LayerSteps, second: LayerWeights, sequences: Floats) -> list[Facts]:
    """Questions of the section on stacking.

    Args:
        first: The first layer's run.
        second: The second layer's weights.
        sequences: What the first layer read, ``(N, T, F)``.
    """
    count, steps, units = first.hidden_state.shape
    out = run_layer(second, first.hidden_state).hidden_state[:, -1]
    shapes = {
        "second": shape_words((count, second.units)),
        "first": shape_words((count, units)),
        "every": shape_words((count, steps, second.units)),
    }
    blanks = {
        "first_units": plural(units, "unit"),
        "second_units": plural(second.units, "unit"),
        "steps": steps,
        "given": shape_words((count, units)),
        "wanted": shape_words((count, steps, units)),
        "inputs": sequences.shape[2],
        **{f"shape_{key}": value for key, value in shapes.items()},
    }
    return [
        Facts("why-sequences", "axis", blanks),
        Facts("stack-shape", _which(shapes, shape_words(out.shape), "second"), blanks),
    ]


def cutting_facts(cuts: Cuts) -> list[Facts]:
    """Questions of the section on padding and cutting; the review needs a word at least."""
    words = [word for word, _ in cuts.words]
    blanks: dict[str, object] = {
        "count": f"{len(words):,}",
        "places": len(cuts.article.ids),
        "pads": cuts.article.pads,
        "pads_and_one": cuts.article.pads + 1,
        "words_article": cuts.article.words,
        "words_default": cuts.default.words,
        "both": cuts.read_by_both,
        "lost_article": len(words) - cuts.article.end,
        "lost_default": cuts.default.first,
    }
    if not words:
        return []
    facts = [
        Facts("zeros", "exact", blanks),
        Facts("start-mark", "default" if not cuts.default.has_start else "neither", blanks),
    ]
    first, last = cuts.default.first, cuts.article.end - 1
    named = {**blanks, "first": words[0], "default": words[first], "article_last": words[last]}
    return [Facts("first-word", "kept" if first else "beginning", named), *facts]


def _which(values: Mapping[str, object], value: object, first: str) -> str:
    """The key under which a value stands; when it stands there several times, `first` if it may."""
    if values[first] == value:
        return first
    return next(key for key, stands in values.items() if stands == value)
