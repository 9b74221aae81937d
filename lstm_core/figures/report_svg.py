"""The report of one review as one SVG, which a browser also turns into a PNG.

SVG breaks no lines, and the server does not know how wide letters are: the review stands in letters
of one width.
"""

import re
from dataclasses import dataclass, field

from lstm_core.analysis.formatting import p_positive
from lstm_core.figures.live import reading_picture
from lstm_core.figures.report import (
    FONT,
    STEP_HEADS,
    WIDTH,
    ReportFacts,
    chart_shapes,
    escape,
    lines_of,
    step_rows,
    step_title,
    tinted_pieces,
)
from lstm_core.model.unit_words import UnitWordsReport
from lstm_core.recurrent.lstm import Floats
from lstm_core.recurrent.trace import Trace

MARGIN, LINE = 24, 20  # pixels
LETTER = 7.8  # width of a letter of the review, of 13 pixels
COLUMNS = int(WIDTH / LETTER)  # letters in a line
LONGEST_UNREAD = 4_000  # characters of what was not read
LONGEST_LINK = 600  # characters of the link that are printed; the whole one is behind it


def report_svg(
    trace: Trace,
    scores: Floats,
    step: int,
    facts: ReportFacts,
    profiles: UnitWordsReport | None = None,
) -> str:
    """The report as SVG: what `lstm_core.figures.report.report_html` holds; arguments as there."""
    picture = reading_picture(trace, scores=scores, profiles=profiles)
    page = _Page()
    page.heading(p_positive(trace.verdict_probability), 22)
    page.text(f"{facts.model} Made {facts.made}.")
    page.link(facts.link)
    page.heading("The review")
    page.review(trace, scores)
    page.text(facts.says)
    page.y += LINE // 2
    height, shapes = chart_shapes(picture)
    page.parts.append(f'<g transform="translate(0 {page.y})">{shapes}</g>')
    page.y += height
    page.heading(step_title(trace, step))
    page.table(trace, step)
    full = f'width="{WIDTH + 2 * MARGIN}" height="{page.y + 2 * MARGIN}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {full} {FONT} role="img">'
        f"<title>LSTM Lens: report of a review. {escape(picture.says)}</title>"
        f'<rect {full} fill="#fff"/><g transform="translate({MARGIN} {MARGIN})">'
        f"{''.join(page.parts)}</g></svg>"
    )


@dataclass
class _Page:
    """Shapes from top to bottom.

    Attributes:
        y: Where the next line begins.
        parts: The shapes so far.
    """

    y: int = 0
    parts: list[str] = field(default_factory=list)

    def heading(self, text: str, size: int = 15) -> None:
        self.y += LINE // 2
        self._line(text, f'font-size="{size}" font-weight="600"')

    def text(self, text: str) -> None:
        for line in lines_of(text, 150):
            self._line(line)

    def link(self, address: str) -> None:
        shown = address[:LONGEST_LINK] + ("…" if len(address) > LONGEST_LINK else "")
        self.parts.append(f'<a href="{escape(address)}">')
        for at in range(0, len(shown), COLUMNS):
            self._line(shown[at : at + COLUMNS], 'fill="#1d5fa8"')
        self.parts.append("</a>")

    def review(self, trace: Trace, scores: Floats) -> None:
        """The words on their colours, and in italics what was not read."""
        unread = trace.encoding.unread
        cut = "…" if len(unread) > LONGEST_UNREAD else ""
        pieces = [(text, colour, "") for text, colour in tinted_pieces(trace, scores)]
        if unread:
            says = f"{unread[:LONGEST_UNREAD]}{cut} (not read)"
            pieces.append((says, "", 'font-style="italic"'))
        column, breaks = 0, True
        self.parts.append('<g font-family="monospace" font-size="13">')
        for text, colour, style in pieces:
            for run in re.findall(rf"\s+|\S{{1,{COLUMNS}}}", text):
                if run.isspace():
                    column, breaks = column + 1, True
                    continue
                # A short run without a blank before it, such as a full stop, may stand out.
                room = COLUMNS if breaks or len(run) > 3 else COLUMNS + 3
                if column + len(run) > room:
                    self.y, column = self.y + LINE, 0
                self._run(run, column * LETTER, colour, style)
                column, breaks = column + len(run), False
        self.parts.append("</g>")
        self.y += LINE

    def table(self, trace: Trace, step: int) -> None:
        """The six quantities of the units with the largest effect at a step."""
        self._row(list(STEP_HEADS), 'font-weight="600"')
        for cells, colour in step_rows(trace, step):
            x, y = WIDTH * (len(cells) - 1) / len(cells), self.y
            box = f'width="{WIDTH / len(cells):.1f}" height="{LINE}"'
            self.parts.append(f'<rect x="{x:.1f}" y="{y}" {box} fill="{colour}"/>')
            self._row(cells)

    def _row(self, cells: list[str], style: str = "") -> None:
        for at, cell in enumerate(cells, 1):
            x = WIDTH * at / len(cells) - 8
            place = f'x="{x:.1f}" y="{self.y + 14}" text-anchor="end"'
            self.parts.append(f"<text {place} {style}>{escape(cell)}</text>")
        self.y += LINE

    def _line(self, text: str, style: str = "") -> None:
        self.parts.append(f'<text y="{self.y + 14}" {style}>{escape(text)}</text>')
        self.y += LINE

    def _run(self, text: str, x: float, colour: str, style: str) -> None:
        width = f"{len(text) * LETTER:.1f}"
        if colour:
            box = f'x="{x:.1f}" y="{self.y}" width="{width}" height="{LINE - 2}" rx="3"'
            self.parts.append(f'<rect {box} fill="{colour}"/>')
        place = f'x="{x:.1f}" y="{self.y + 14}" textLength="{width}"'
        fit = 'lengthAdjust="spacingAndGlyphs"'
        self.parts.append(f"<text {place} {fit} {style}>{escape(text)}</text>")
