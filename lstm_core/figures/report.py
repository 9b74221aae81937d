"""The report of one review: one HTML file without scripts, and its chart as SVG.

Symbols: S columns shown, D units, R rows shown.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape as escape_html

import numpy as np

from lstm_core.analysis.formatting import p_positive, signed
from lstm_core.figures.colours import NEGATIVE, POSITIVE, rgba, tint
from lstm_core.figures.live import SMALLEST_LIMIT, ReadingPicture, reading_picture
from lstm_core.model.unit_words import UnitWordsReport
from lstm_core.recurrent.lstm import QUANTITIES, Floats
from lstm_core.recurrent.trace import Trace

MOST_ROWS = 40  # units in the chart, half of them from either end of the order
MOST_CELLS = 3_200  # rows times columns
LONGEST_UNREAD = 20_000  # characters of what was not read
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")  # not allowed in XML
TOP_UNITS = 8  # units in the table of the step
LEFT, WIDTH, TOP, LINE, GAP, ROW, BELOW = 220, 960, 44, 100, 40, 8, 84  # pixels of the chart
CAPTION = (
    "Above: P(positive) after each word. Below, on the same words: hidden state times output "
    "weight of each unit, blue towards positive, orange towards negative, sorted by their part in "
    "this prediction. A column of all units and the bias sum to the logit."
)
NAMED = "Beside a row: the words that raise (+) and lower (\N{MINUS SIGN}) its effect most."
FONT = 'font-family="sans-serif" font-size="11" fill="#1c2430"'
STYLE = """
body { font: 16px/1.5 sans-serif; color: #1c2430; background: #fff; max-width: 72rem;
  margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; } th, td { padding: 0.2rem 0.8rem; text-align: right; }
th { font-weight: 600; } svg { width: 100%; height: auto; }
.review { white-space: pre-wrap; overflow-wrap: anywhere; } .unread { font-style: italic; }
"""


@dataclass(frozen=True, slots=True)
class ReportFacts:
    """What a report says besides the review.

    Attributes:
        model: Name and sizes of the model, in words.
        made: When the report was made, in words.
        link: Address that shows the same review.
        says: How the words' scores were computed.
    """

    model: str
    made: str
    link: str
    says: str


def report_html(
    trace: Trace,
    scores: Floats,
    step: int,
    facts: ReportFacts,
    profiles: UnitWordsReport | None = None,
) -> str:
    """The report as one HTML page.

    Args:
        trace: The trace of the review.
        scores: The attribution of each place, ``(T,)``.
        step: The step, from 0, whose gates are shown.
        facts: What else it says.
        profiles: The words that raise and lower each unit, which name the chart's rows.
    """
    picture = reading_picture(trace, scores=scores, profiles=profiles)
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>LSTM Lens: report of a review</title>
<style>{STYLE}</style></head><body>
<h1>{p_positive(trace.verdict_probability)}</h1>
<p>{escape(facts.model)} Made {escape(facts.made)}. <a href="{escape(facts.link)}">Open it in
LSTM Lens</a>.</p>
<h2>The review</h2><p class="review">{_review(trace, scores)}</p>
<p>{escape(facts.says)}</p>
<h2>{escape(picture.title)}</h2>
<figure>{chart_svg(picture)}</figure>
<h2>{escape(step_title(trace, step))}</h2>
{_step_table(trace, step)}
</body></html>
"""


def escape(text: str) -> str:
    """A text from outside for HTML and XML, which has no control characters."""
    return escape_html(_CONTROL.sub("\N{REPLACEMENT CHARACTER}", text))


def chart_svg(picture: ReadingPicture) -> str:
    """Running probability and units' effects as SVG, with its caption in it."""
    height, shapes = chart_shapes(picture)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" {FONT} '
        f'role="img"><title>{escape(picture.says)}</title>{shapes}</svg>'
    )


def chart_shapes(picture: ReadingPicture) -> tuple[int, str]:
    """Height of the chart in pixels, and what stands in its SVG."""
    columns = min(len(picture.probability), MOST_CELLS)
    rows = _rows(len(picture.units), max(2, MOST_CELLS // columns))
    step = (WIDTH - LEFT) / columns
    states_top = TOP + LINE + GAP
    bottom = states_top + ROW * len(rows)
    parts = [f'<text y="14" font-weight="600">{escape(picture.title)}</text>']
    for share in (0.0, 0.5, 1.0):
        y = TOP + (1 - share) * LINE
        parts.append(f'<path d="M{LEFT} {y:g}H{WIDTH}" stroke="#999" stroke-dasharray="2"/>')
        parts.append(_text(f"{100 * share:.0f}\N{NO-BREAK SPACE}%", LEFT - 6, y + 4))
    points = [
        f"{LEFT + (at + end) * step:.1f},{TOP + (1 - float(value)) * LINE:.1f}"
        for at, value in enumerate(picture.probability[:columns])
        for end in (0, 1)
    ]
    line = f'points="{" ".join(points)}" fill="none" stroke="#555" stroke-width="2"'
    parts.append(f"<polyline {line}/>")
    limit = max(picture.limit, SMALLEST_LIMIT)
    for at, row in enumerate(rows):
        y = states_top + at * ROW
        parts.append(f'<g transform="translate(0 {y})">{_cells(picture, row, step, limit)}</g>')
        if at % 2 == 0 and picture.parts is not None:
            parts.append(_text(_row_name(picture, row), LEFT - 6, y + ROW, size=10))
    every = max(1, round(13 / step + 0.5))
    for at in range(0, columns, every):
        x = LEFT + (at + 0.5) * step
        turned = f'transform="translate({x:.1f} {bottom + 8}) rotate(-60)" text-anchor="end"'
        parts.append(f"<text {turned}>{escape(picture.places.labels[at])}</text>")
    for at, line in enumerate(lines_of(f"{CAPTION} {NAMED}" if picture.labels else CAPTION, 150)):
        parts.append(f'<text y="{bottom + BELOW + 16 * (at + 1)}">{escape(line)}</text>')
    return bottom + BELOW + 60, "".join(parts)


def _rows(units: int, most: int) -> Sequence[int]:
    """The rows shown: all, or as many from either end."""
    most = min(MOST_ROWS, most)
    if units <= most:
        return range(units)
    half = most // 2
    return [*range(half), *range(units - half, units)]


def _row_name(picture: ReadingPicture, row: int) -> str:
    """A row's unit, the words that move it, and its part in the final logit."""
    assert picture.parts is not None
    unit = picture.units[row]
    words = picture.labels.of(unit) if picture.labels else ""
    name = f"unit {unit}: {words}" if words else f"unit {unit}"
    return f"{name} {signed(float(picture.parts[row]), 2)}"


def _cells(picture: ReadingPicture, row: int, step: float, limit: float) -> str:
    """One row of the chart; cells that would be white are left out."""
    found = []
    for at, value in enumerate(picture.states[:MOST_CELLS, row]):
        share = min(abs(float(value)) / limit, 1.0)
        if share >= 0.02:
            colour = "#{:02x}{:02x}{:02x}".format(*(POSITIVE if value > 0 else NEGATIVE))
            found.append(
                f'<path d="M{LEFT + at * step:.1f} 0h{step:.1f}v{ROW}h-{step:.1f}z" '
                f'fill="{colour}" fill-opacity="{share:.2f}"/>'
            )
    return "".join(found)


def _text(text: str, x: float, y: float, *, size: int = 11) -> str:
    place = f'x="{x:g}" y="{y:g}" font-size="{size}" text-anchor="end"'
    return f"<text {place}>{escape(text)}</text>"


def lines_of(text: str, longest: int) -> list[str]:
    """A text in lines of at most so many characters, broken between words."""
    found = [""]
    for word in text.split():
        if len(found[-1]) + len(word) >= longest:
            found.append("")
        found[-1] = f"{found[-1]} {word}".strip()
    return found


def tinted_pieces(trace: Trace, scores: Floats) -> list[tuple[str, str]]:
    """What was read of the text, in pieces, each with its colour; none between the words."""
    encoding, text = trace.encoding, trace.encoding.text
    limit = max(float(np.abs(scores[encoding.first_word :]).max(initial=0.0)), 0.5)
    found, at = [], 0
    for place in range(encoding.first_word, encoding.maxlen):
        span = encoding.spans[place]
        assert span is not None
        found.append((text[at : span.start], ""))
        found.append((text[span.start : span.end], tint(float(scores[place]), limit)))
        at = span.end
    found.append((text[at : encoding.unread_start], ""))
    return found


def _review(trace: Trace, scores: Floats) -> str:
    """The words with their colours, and in italics what was not read."""
    found = [
        f'<span style="background:{colour}">{escape(text)}</span>' if colour else escape(text)
        for text, colour in tinted_pieces(trace, scores)
    ]
    unread = trace.encoding.unread
    if unread:
        more = "…" if len(unread) > LONGEST_UNREAD else ""
        shown = escape(unread[:LONGEST_UNREAD])
        found.append(f'<span class="unread">{shown}{more}</span> (not read)')
    return "".join(found)


STEP_HEADS = ("Unit", *(name.replace("_", " ").capitalize() for name in QUANTITIES), "Effect")


def step_rows(trace: Trace, step: int) -> list[tuple[list[str], str]]:
    """The cells below `STEP_HEADS` of the units with the largest effect, and its colour."""
    effects = trace.hidden_state[step] * trace.output_weights
    limit = max(float(np.abs(effects).max()), SMALLEST_LIMIT)
    rows = []
    for unit in np.argsort(-np.abs(effects), kind="stable")[:TOP_UNITS].tolist():
        found = [(name, float(getattr(trace, name)[step, unit])) for name in QUANTITIES]
        values = [f"{v:.3f}" if "gate" in name else signed(v, 3) for name, v in found]
        effect = float(effects[unit])
        colour = rgba(POSITIVE if effect > 0 else NEGATIVE, abs(effect) / limit * 0.6)
        rows.append(([str(unit), *values, signed(effect, 3)], colour))
    return rows


def step_title(trace: Trace, step: int) -> str:
    """Which step the gates are of, in words."""
    return f"Gates at step {step + 1}: “{trace.encoding.words[step]}”"


def _step_table(trace: Trace, step: int) -> str:
    """The six quantities of the units with the largest effect at a step."""
    heads = "".join(f'<th scope="col">{name}</th>' for name in STEP_HEADS)
    rows = []
    for (unit, *values, effect), colour in step_rows(trace, step):
        cells = "".join(f"<td>{value}</td>" for value in values)
        last = f'<td style="background:{colour}">{effect}</td>'
        rows.append(f'<tr><th scope="row">{unit}</th>{cells}{last}</tr>')
    return f"<table><tr>{heads}</tr>{''.join(rows)}</table>"
