"""The one-page brief as a document that the office can change: stories, good and bad, questions, what we ask.

The brief is the first page. Behind it stand other times for comparison, how the numbers are made, and, where it is
wanted, the headings of three frameworks. What a stranger wrote is text in paragraphs: no fields, no links.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import IO, Any

from docx import Document
from docx.enum.section import WD_ORIENT
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_BREAK
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor

from listening.export.look import INK, LINE, MUTED, SANS, SERIF, TAG_COLOURS
from listening.export.readme import ReadMe
from listening.export.slide_parts import named, plain
from listening.insights.frameworks import TO_FILL
from listening.insights.periods import day_words
from listening.insights.sentences import TAG_LABELS, excerpt
from listening.models import Mention, Tag
from listening.overview import Overview
from listening.sentiment import with_title

MOST_QUOTES, MOST_QUESTIONS, MOST_ASKS = 2, 3, 2
QUOTE, QUESTION = 220, 120
"""Characters: the brief is one page."""

BLANK = "______________"


def write(file: IO[bytes], page: Overview, readme: ReadMe, *, evaluation: bool) -> None:
    """Write the brief; ``evaluation``: with the headings of three frameworks."""
    _Writer(page).written(readme, evaluation=evaluation).save(file)


class _Writer:
    """Writes the document from top to bottom."""

    def __init__(self, page: Overview) -> None:
        self._page = page
        self._document = Document()
        self._dress()

    def written(self, readme: ReadMe, *, evaluation: bool) -> Any:
        """All of it."""
        page = self._page
        made_up = " · Made-up data" if page.made_up else ""
        filtered = f" · {page.filtered}" if page.filtered else ""
        self._line(f"{page.agency} · {page.when}{filtered}{made_up}", size=9, color=MUTED)
        self._document.add_heading(plain(page.headline), level=0)
        self._line(page.deck, size=10.5)
        if page.closed:
            self._line(page.closed, size=9, color=MUTED)
        if page.heard:
            self._numbers()
            self._stories()
            self._quotes()
            self._questions()
        self._asks()
        self._new_page()
        if page.heard:
            self._over_time()
        if evaluation:
            self._evaluation()
        self._read_me(readme)
        return self._document

    def _dress(self) -> None:
        """A4, our fonts, and what the file says of itself."""
        page, section = self._page, self._document.sections[0]
        section.orientation = WD_ORIENT.PORTRAIT
        letter = page.zone.key.startswith("America/")  # where paper is Letter, mostly
        section.page_width, section.page_height = (Cm(21.59), Cm(27.94)) if letter else (Cm(21), Cm(29.7))
        section.left_margin = section.right_margin = Cm(1.7)
        section.top_margin, section.bottom_margin = Cm(1.3), Cm(1.2)
        styles = self._document.styles
        for name, size, font, before, after in (
            ("Normal", 9.5, SANS, 0, 2),
            ("Title", 17, SERIF, 0, 3),
            ("Heading 1", 11.5, SERIF, 6, 2),
            ("Heading 2", 10, SANS, 6, 2),
        ):
            style = styles[name]
            style.font.size, style.font.name = Pt(size), font
            style.font.color.rgb = RGBColor.from_string(INK)
            fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
            for which in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
                fonts.attrib.pop(qn(f"w:{which}"), None)
            for which in ("ascii", "hAnsi", "cs"):
                fonts.set(qn(f"w:{which}"), font)
            style.paragraph_format.space_before, style.paragraph_format.space_after = Pt(before), Pt(after)
            style.font.bold = name != "Normal"
        border = styles["Title"].element.find(f".//{qn('w:pBdr')}")
        if border is not None:
            border.getparent().remove(border)
        named(self._document.core_properties, page)

    # --- the page ---------------------------------------------------------------------------------------------------

    def _numbers(self) -> None:
        """The numbers beside each other: what they are called is the table's head."""
        metrics = self._page.metrics
        table = self._table([each.label for each in metrics], right=False)
        values, changes = table.add_row().cells, table.add_row().cells
        for place, metric in enumerate(metrics):
            _said(values[place], metric.value, size=15, bold=True)
            arrow = {1: "▲ ", -1: "▼ "}.get(metric.change.direction or 0, "")
            _said(changes[place], arrow + metric.change.words, size=8.5, color=MUTED)
        self._line(f"{self._page.reach_words} {self._page.compared}".strip(), size=8.5, color=MUTED)

    def _stories(self) -> None:
        page = self._page
        self._document.add_heading(plain(page.stories_title or "No story came up more than once"), level=1)
        for told in page.stories:
            paragraph = self._document.add_paragraph()
            _run(paragraph, told.name, bold=True)
            if told.said:
                _run(paragraph, f"  “{told.said}”", size=9)
            _run(paragraph, f"  {told.about}.", color=MUTED, size=8.5)
            paragraph = self._document.add_paragraph()
            _run(paragraph, "Why it matters: ", bold=True, size=9)
            _run(paragraph, told.why, size=9)
            _run(paragraph, "  What we do: ", bold=True, size=9)
            _run(paragraph, told.done or BLANK, size=9)

    def _quotes(self) -> None:
        page = self._page
        self._document.add_heading("Good and bad, in people’s own words", level=1)
        table = self._table(["What people like", "What people are upset about"], right=False)
        sides: tuple[tuple[Tag, Sequence[Mention]], ...] = (("good", page.quotes.good), ("bad", page.quotes.bad))
        cells = table.add_row().cells
        for cell, (tag, quotes) in zip(cells, sides, strict=True):
            if not quotes:
                none = f"No {tag} posts." if not page.numbers.now.tags.get(tag) else "None short enough to quote."
                _said(cell, none, color=MUTED)
            for rank, quote in enumerate(quotes[:MOST_QUOTES]):
                paragraph = cell.paragraphs[0] if not rank else cell.add_paragraph()
                words = excerpt(with_title(quote.text, quote.title), QUOTE)
                _run(paragraph, f"“{words}” ", size=9)
                assert quote.published_at is not None
                day = day_words(quote.published_at.astimezone(page.zone).date())
                _run(paragraph, TAG_LABELS[tag], size=8, bold=True, color=TAG_COLOURS[tag])
                _run(paragraph, f" · {quote.feed} · {day}", size=8, color=MUTED)

    def _questions(self) -> None:
        page = self._page
        if not page.questions_title:
            return
        self._document.add_heading(plain(page.questions_title), level=1)
        self._line(page.questions_words)
        for asked in page.asked(MOST_QUESTIONS):
            paragraph = self._document.add_paragraph(style="List Bullet")
            _run(paragraph, f"“{excerpt(asked.words.words, QUESTION)}” ")
            _run(paragraph, f"{asked.about}. ", size=8.5, color=MUTED)
            _run(paragraph, f"What we do: {asked.done or BLANK}", size=8.5)
        if (more := page.more_questions(MOST_QUESTIONS)) > 0:
            self._line(f"And {more:,} more; the workbook has all of them.", size=8.5, color=MUTED)

    def _asks(self) -> None:
        if not self._page.asks:
            return
        self._document.add_heading("What we ask", level=1)
        for ask in self._page.asks[:MOST_ASKS]:
            paragraph = self._document.add_paragraph(style="List Bullet")
            _run(paragraph, f"{ask.what}. ", bold=True)
            parts = (
                ("The risk", ask.risk),
                ("The safeguard", ask.safeguard),
                ("We stop", ask.stop_rule),
                ("We will not", ask.will_not),
            )
            _run(paragraph, " ".join(f"{label}: {said}." for label, said in parts if said), size=8.5)

    # --- behind it --------------------------------------------------------------------------------------------------

    def _over_time(self) -> None:
        found = self._page.over_time
        self._document.add_heading("Beside other times, over the places heard in both", level=1)
        heads = ["", "Now"]
        for earlier in found.earlier:
            heads += [earlier.label, "Change"]
        table = self._table(heads, widths=(2.9, 1.5, *[2.2] * (len(heads) - 2)))
        for number, name in enumerate(found.rows):
            cells = table.add_row().cells
            _said(cells[0], name)
            _said(cells[1], found.now[number], right=True)
            for place, earlier in enumerate(found.earlier):
                cell = earlier.cells[number] if earlier.cells else None
                _said(cells[2 + 2 * place], cell.value if cell else "–", right=True)
                _said(cells[3 + 2 * place], cell.change if cell else "–", right=True)
        for earlier in found.earlier:
            if earlier.missing:
                self._line(f"{earlier.label}: {earlier.missing}.", size=8.5, color=MUTED)
        self._document.add_heading(plain(self._page.bars_title), level=1)
        bars = self._page.bars
        unit = "Week from" if bars.by_week else "Day"
        tags: tuple[Tag, ...] = ("good", "neutral", "bad", "unscored")
        table = self._table([unit, *(TAG_LABELS[tag] for tag in tags), "All"], widths=(6.6, *[2.2] * 5))
        for bar in bars.bars:
            cells = table.add_row().cells
            _said(cells[0], day_words(bar.first) + ("" if bar.whole else " (so far)"))
            for place, count in enumerate((*(bar.tags[tag] for tag in tags), bar.count), 1):
                _said(cells[place], f"{count:,}", right=True)

    def _evaluation(self) -> None:
        self._new_page()
        self._document.add_heading("Evaluation", level=1)
        for framework in self._page.frameworks:
            self._document.add_heading(plain(framework.name), level=2)
            table = self._table(["Heading", "What it asks", "What we know"], right=False, widths=(4.0, 4.8, 8.8))
            for heading in framework.headings:
                cells = table.add_row().cells
                _said(cells[0], heading.name, bold=True)
                _said(cells[1], heading.asks)
                _said(cells[2], heading.said, color=MUTED if heading.said == TO_FILL else INK)
            self._line(f"Source: {framework.source}.", size=8, color=MUTED)
        self._line("Advertising value is not given: it does not measure communication.", size=8.5, color=MUTED)

    def _read_me(self, readme: ReadMe) -> None:
        self._document.add_heading("About these numbers", level=1)
        for section in readme:
            self._document.add_heading(plain(section.heading), level=2)
            for name, said in section.lines:
                paragraph = self._document.add_paragraph()
                if name:
                    _run(paragraph, f"{name}: ", bold=True, size=8.5)
                _run(paragraph, said, size=8.5)

    # --- pieces -------------------------------------------------------------------------------------------------------

    def _line(self, text: str, **how: Any) -> None:
        if text:
            _run(self._document.add_paragraph(), text, **how)

    def _new_page(self) -> None:
        self._document.add_paragraph().add_run().add_break(WD_BREAK.PAGE)

    def _table(self, heads: Iterable[str], *, right: bool = True, widths: Sequence[float] = ()) -> Any:
        """A table with a head that is one for screen readers too, and stands again on each page; ``widths`` in cm."""
        named = list(heads)
        table = self._document.add_table(rows=1, cols=len(named))
        table.alignment = WD_TABLE_ALIGNMENT.CENTER
        if widths:
            table.autofit = False
            for column, width in zip(table.columns, widths, strict=True):
                column.width = Cm(width)
        for place, (cell, head) in enumerate(zip(table.rows[0].cells, named, strict=True)):
            _said(cell, head, bold=True, size=8.5, right=right and place > 0)
        row = table.rows[0]._tr.get_or_add_trPr()
        row.append(_element("w:tblHeader", val="true"))
        properties = table._tbl.tblPr
        borders = OxmlElement("w:tblBorders")
        for side in ("top", "bottom", "insideH"):
            borders.append(_element(f"w:{side}", val="single", sz="4", space="0", color=LINE))
        properties.append(borders)
        return table


def _element(name: str, **attributes: str) -> Any:
    made = OxmlElement(name)
    for attribute, value in attributes.items():
        made.set(qn(f"w:{attribute}"), value)
    return made


def _said(cell: Any, text: str, *, right: bool = False, **how: Any) -> None:
    paragraph = cell.paragraphs[0]
    paragraph.paragraph_format.space_after = Pt(1)
    if right:
        paragraph.alignment = 2
    _run(paragraph, text, **how)


def _run(paragraph: Any, text: str, *, size: float | None = None, bold: bool = False, color: str = INK) -> None:
    run = paragraph.add_run(_kept(text))
    run.bold = bold
    if size is not None:
        run.font.size = Pt(size)
    run.font.color.rgb = RGBColor.from_string(color)


def _kept(text: str) -> str:
    """The text on one line, with the blanks at its ends, which part one run from the next."""
    before, after = " " * (len(text) - len(text.lstrip(" "))), " " * (len(text) - len(text.rstrip(" ")))
    return f"{before}{plain(text)}{after}"
