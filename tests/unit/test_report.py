"""The report of one review: small, complete, and without anything that a text could run."""

from xml.etree import ElementTree

import pytest

from lstm_core import SentimentModel
from lstm_core.analysis.formatting import p_positive
from lstm_core.figures.live import reading_picture
from lstm_core.figures.report import CAPTION, ReportFacts, chart_svg, report_html
from lstm_core.figures.report_svg import report_svg

FACTS = ReportFacts("A model & more.", "2026-01-31", "http://here/?text=a&b=1", "By deletion.")
MARKUP = "<script>alert(1)</script> A dull start, but \x07 a wonderful end. & 'more'"


@pytest.mark.parametrize("text", ["", "Good.", MARKUP, "A wonderful, terrible film. " * 3_500])
def test_a_report_holds_the_review_and_is_small(text: str) -> None:
    model = SentimentModel.load()
    trace = model.trace(text)
    page = report_html(trace, trace.contributions, model.maxlen - 1, FACTS)
    assert len(page.encode()) <= 400_000
    assert "<script" not in page and "A model &amp; more." in page and "&amp;b=1" in page
    assert p_positive(trace.verdict_probability) in page
    assert "wonderful</span>" in page or "wonderful" not in text
    assert all(word in page for word in CAPTION.split())


@pytest.mark.parametrize("text", ["", MARKUP, "A wonderful, terrible film. " * 90])
def test_the_chart_is_well_formed_with_its_caption(text: str) -> None:
    trace = SentimentModel.load().trace(text)
    picture = reading_picture(trace)
    svg = ElementTree.fromstring(chart_svg(picture))
    texts = " ".join(element.text or "" for element in svg.iter())
    assert all(word in texts for word in CAPTION.split())
    assert f"unit {picture.units[0]} " in texts


@pytest.mark.parametrize(
    "text", ["", "Good.", MARKUP, "x" * 900, "A wonderful, dull film. " * 3_500]
)
def test_a_report_as_svg_is_well_formed_and_holds_the_same(text: str) -> None:
    model = SentimentModel.load()
    trace = model.trace(text)
    page = report_svg(trace, trace.contributions, model.maxlen - 1, FACTS)
    assert len(page.encode()) <= 400_000
    texts = [element.text or "" for element in ElementTree.fromstring(page).iter()]
    said = " ".join(texts)
    assert "script" not in {tag.tag.split("}")[1] for tag in ElementTree.fromstring(page).iter()}
    for part in (p_positive(trace.verdict_probability), FACTS.made, FACTS.link, FACTS.says):
        assert part in said
    assert all(word in said for word in CAPTION.split())
    assert "Input gate" in texts and f"Gates at step {model.maxlen}: " in said
    shown = text.replace("\x07", "\N{REPLACEMENT CHARACTER}").split()[:70]
    assert "".join(shown) in "".join(texts).replace(" ", "")


@pytest.mark.parametrize("text", ["ok," * 90, "a-" * 100, "(yes)" * 60])
def test_words_without_blanks_stay_inside_the_drawing(text: str) -> None:
    model = SentimentModel.load()
    trace = model.trace(text)
    page = ElementTree.fromstring(report_svg(trace, trace.contributions, model.maxlen - 1, FACTS))
    places = [element.attrib for element in page.iter() if element.tag.endswith("text")]
    assert max(float(place.get("x", 0)) for place in places) < float(page.attrib["width"]) - 5
