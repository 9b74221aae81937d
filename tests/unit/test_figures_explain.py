"""Pictures of the explanations page: valid to Plotly, and showing the numbers they are given."""

import numpy as np
import plotly.graph_objects as go
import pytest

from lstm_core.analysis.formatting import probability
from lstm_core.attribution.agreement import agreement
from lstm_core.attribution.attribute import score_all
from lstm_core.attribution.captions import (
    agreement_caption,
    counterfactual_caption,
    edit_caption,
    faithfulness_caption,
    fast_caption,
    name_of,
    phrase_caption,
    strongest_caption,
    strongest_edit_caption,
)
from lstm_core.attribution.counterfactuals import minimal_counterfactuals
from lstm_core.attribution.edits import Edit, EditKind, outcomes
from lstm_core.attribution.faithfulness import NAMES as ORDERS
from lstm_core.attribution.faithfulness import FaithfulnessKey, measure_faithfulness
from lstm_core.attribution.occlusion import MaskingStrategy
from lstm_core.attribution.phrases import phrase_grid, split_phrase
from lstm_core.attribution.registry import NOTES, Method
from lstm_core.figures.attribution import (
    NAMES,
    OTHERS,
    agreement_figure,
    curves_figure,
    grid_figure,
    methods_figure,
    parts_figure,
)
from lstm_core.figures.colours import GATE, INK, NEGATIVE, POSITIVE, SERIES, rgba
from lstm_core.figures.dots import Dot, dots_figure
from lstm_core.figures.parts import Parts
from lstm_core.metrics import Interval
from lstm_core.model.sentiment_model import shipped_model

TEXT = "A wonderful film, a wonderful cast, but the end is not so good."
STAMP = FaithfulnessKey("f", "sentences of our own", "", 0, 0, "", 0.0, "none")


def valid(parts: Parts) -> go.Figure:
    """The same figure with every property checked by Plotly."""
    return go.Figure(data=parts.data, layout=parts.layout)


def test_methods_have_a_row_each_in_their_own_scale() -> None:
    model = shipped_model()
    trace = model.trace(TEXT)
    found = score_all(model.forward, trace)
    figure = valid(methods_figure(trace, found, trace.encoding.first_word + 1))
    heat = methods_figure(trace, found, None).data[0]
    assert list(heat["y"]) == [NOTES[one.method].name for one in found]
    assert len(set(heat["x"])) == trace.encoding.read_count
    np.testing.assert_allclose(np.abs(heat["z"]).max(axis=1), 1, atol=1e-6)
    np.testing.assert_allclose(heat["customdata"][0], found[0].scores[trace.encoding.first_word :])
    assert len(figure.layout.shapes) == 1
    first = trace.encoding.first_word
    strongest = {
        trace.encoding.words[first + int(np.abs(one.scores[first:]).argmax())] for one in found
    }
    assert all(f"“{word}”" in strongest_caption(trace, found) for word in strongest)


def test_agreement_shows_its_numbers() -> None:
    model = shipped_model()
    trace = model.trace(TEXT)
    found = score_all(model.forward, trace)
    table = agreement([one.scores[trace.encoding.first_word :] for one in found])
    figure = valid(agreement_figure([one.method for one in found], table))
    texts = [note.text for note in figure.layout.annotations]
    assert texts[0] == "1.00" and len(texts) == len(Method) ** 2
    assert "Most alike" in agreement_caption(list(Method), table)
    assert name_of(Method.SHAPLEY) == "Shapley value sampling"
    assert name_of(Method.INTEGRATED) == "integrated gradients"
    single = model.trace("film")
    alone = agreement([s.scores[-1:] for s in score_all(model.forward, single)])
    assert valid(agreement_figure(list(Method), alone)).layout.annotations == ()
    assert agreement_caption(list(Method), alone) == "Too few words for an order"


def _shares(*values: float) -> list[Dot]:
    return [Dot(str(v), Interval(v, v, v), strong=n == 0) for n, v in enumerate(values)]


def test_no_dot_lies_outside_its_axis() -> None:
    """The area of a method on one review can be below zero: a worse order than a random one."""
    axis = dots_figure(_shares(0.3, -0.31), key="here", low=-0.36).layout["xaxis"]
    assert axis["range"][0] <= -0.31 and axis["ticktext"][0] == "−25\xa0%"


def test_no_number_is_written_across_the_line() -> None:
    dots = dots_figure(_shares(0.5, 0.45, 0.55, 0.9), overall=0.5, overall_name="all", key="k")
    beside = ["top right", "top left", "top right", "top center"]
    assert dots.data[0]["textposition"] == beside
    assert valid(dots).layout.annotations[0].text == "all"


def test_blue_and_orange_are_predictions_and_nothing_else() -> None:
    blue, orange = rgba(POSITIVE, 1.0), rgba(NEGATIVE, 1.0)
    edits = dots_figure(_shares(0.01, 0.99, 0.5), key="edits", form=probability, logit=True)
    marker = edits.data[0]["marker"]
    assert marker["color"] == [orange, blue, INK]
    assert marker["symbol"] == ["circle", "circle-open", "circle-open"]  # filled: it flips
    ranked = dots_figure(_shares(0.01, 0.99), key="ranking").data[0]["marker"]["color"]
    assert not {blue, orange, rgba(GATE, 1.0)} & {*ranked, *SERIES}


@pytest.mark.parametrize("removal", MaskingStrategy)
def test_curves_have_the_best_method_in_front_with_its_band(removal: MaskingStrategy) -> None:
    report = measure_faithfulness(
        shipped_model(), [TEXT, "Dull, long, badly acted."], STAMP, lambda _: None
    )
    best, other = report.best(removal), report.rank_methods(removal)[1]
    figure = valid(curves_figure(report, "deletion", removal, other))
    assert len(figure.data) == len(ORDERS) + 2
    legend = [line.name for line in figure.data if line.showlegend is not False]
    assert sorted(legend) == sorted({NOTES[best].name, NAMES[other], "Random", OTHERS})
    wanted = {
        c.mean
        for c in report.curves
        if (c.method, c.removal, c.direction) == (best, removal, "deletion")
    }
    assert tuple(figure.data[-1].y) in wanted or tuple(figure.data[-3].y) in wanted
    said = faithfulness_caption(report, removal)
    assert name_of(best) in said and "%" in said
    assert "deleted" in fast_caption(report) and "[UNK]" in fast_caption(report)


def test_a_grid_is_a_pyramid_and_a_phrase_a_sentence() -> None:
    model = shipped_model()
    trace = model.trace(TEXT)
    first = trace.encoding.words.index("not")
    grid = phrase_grid(model.forward, trace, first, first + 2)
    words = trace.encoding.words[first : first + 3]
    figure = valid(grid_figure(words, grid))
    heat = grid_figure(words, grid).data[0]
    z = np.asarray(heat["z"], float)
    assert z.shape == (3, 6) and np.isfinite(z).sum(axis=1).tolist() == [6, 4, 2]
    assert z[2, 2] == z[2, 3] == pytest.approx(float(grid[2, 0]))
    assert heat["customdata"][1][3] == "so good" and len(figure.layout.annotations) == 6
    phrase = split_phrase(model.forward, trace, first, first + 2)
    assert phrase_caption(trace, phrase).startswith("“not so good” by itself contributes ")
    bars = valid(parts_figure([("By itself", phrase.own, True), ("Joint", phrase.joint, False)]))
    assert list(bars.data[0].x) == [phrase.own, phrase.joint]


def test_edits_are_said_as_a_person_would() -> None:
    model = shipped_model()
    trace = model.trace(TEXT)
    at = trace.encoding.words.index("cast")
    edits = [
        Edit(EditKind.DROP, at),
        Edit(EditKind.SWAP, at),
        Edit(EditKind.REPLACE, at, "boredom"),
    ]
    assert [edit_caption(trace.encoding, edit) for edit in edits] == [
        "without “cast”",
        "“but” before “cast”",
        "“cast” → “boredom”",
    ]
    twice = model.trace("10 of 10").encoding
    edits = [Edit(EditKind.DROP, 79), Edit(EditKind.SWAP, 78)]
    assert [edit_caption(twice, edit) for edit in edits] == [
        "without “10” (word 3)",
        "“10” (word 3) before “of”",
    ]
    said = strongest_edit_caption(trace, outcomes(model, trace.encoding, edits))
    assert "P(positive)" in said and "instead of" in said
    found = minimal_counterfactuals(model, trace)
    assert "flips the prediction" in counterfactual_caption(trace.encoding, found)
    assert counterfactual_caption(trace.encoding, ()).startswith("No counterfactual found")
