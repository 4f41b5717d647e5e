"""A workbook: what the page says with charts that can be changed, the mentions, stories, questions, and a read-me.

Written row by row in flat memory. What a stranger wrote is always text: no cell of it is a formula, a number or a link.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import IO, Any

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from listening.export.columns import COUNTS, FLAGS, HEADER, NUMBERS, TIMES, values
from listening.export.look import INK, LINE, MUTED, SANS, SERIF, STACKED, TAG_COLOURS
from listening.export.readme import ReadMe, Section
from listening.insights.periods import WEEKDAYS, short_day
from listening.insights.sentences import TAG_LABELS, spoken, story_name
from listening.models import TAGS, Mention
from listening.overview import Overview
from listening.privacy import Mask
from listening.store import Story

LONGEST = 32_767
"""Of a cell, in the units of UTF-16, as Excel counts."""
MOST_ROWS = 1_048_576
"""Of a sheet; further mentions stand on another one."""

WIDTHS = {"text": 70, "title": 40, "url": 30, "feed": 26, "topics": 24, "matched": 24, "tagger": 24, "note": 30}
TIMED = 18
PLAIN_NUMBER = re.compile(r"([\d,]+(\.\d+)?)(%)?")
NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""What no cell can hold: it becomes U+FFFD."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Written:
    """How many mentions were written, and how many of their texts were too long for a cell and are cut."""

    rows: int
    cut: int


def write(
    file: IO[bytes],
    page: Overview,
    mentions: Iterable[Mention],
    stories: Iterable[Story],
    questions: Iterable[Mention],
    readme: ReadMe,
    *,
    mask: Mask | None,
) -> Written:
    """Write the workbook. ``mask`` None leaves names as they are."""
    book = xlsxwriter.Workbook(
        file,
        {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_numbers": False,
            "strings_to_urls": False,
            "default_date_format": "yyyy-mm-dd hh:mm:ss",
        },
    )
    try:
        writer = _Writer(book, page, mask)
        writer.summary()
        done = writer.mentions(mentions)
        writer.stories(stories)
        writer.questions(questions)
        writer.evaluation()
        if done.cut:
            said = (
                f"{done.cut:,} texts are longer than a cell can be ({LONGEST:,} characters) and are cut; CSV has all."
            )
            readme = (*readme, Section(heading="What this format could not hold", lines=(("", said),)))
        writer.read_me(readme)
    finally:
        book.close()
    return done


def fitting(text: str) -> tuple[str, bool]:
    """The text as a cell can hold it, and whether it had to be cut."""
    clean = NOT_XML.sub("\ufffd", text.replace("\r\n", "\n").replace("\r", "\n"))
    if len(clean) * 2 <= LONGEST or len(clean.encode("utf-16-le")) // 2 <= LONGEST:
        return clean, False
    kept = clean.encode("utf-16-le")[: 2 * (LONGEST - 1)].decode("utf-16-le", "ignore")
    return kept + "…", True


class _Writer:
    """Writes the sheets, one after the other and each from top to bottom: what is written is not kept in memory."""

    def __init__(self, book: xlsxwriter.Workbook, page: Overview, mask: Mask | None) -> None:
        self._book, self._page, self._mask = book, page, mask
        base = {"font_name": SANS, "font_size": 10, "font_color": f"#{INK}", "valign": "top"}

        def style(**more: Any) -> Format:
            return book.add_format({**base, **more})

        self._text, self._wrapped = style(), style(text_wrap=True)
        self._headline = style(font_name=SERIF, font_size=18, bold=True)
        self._section = style(font_name=SERIF, font_size=13, bold=True)
        self._muted = style(font_color=f"#{MUTED}")
        self._head = style(bold=True, bottom=2, bottom_color=f"#{INK}", text_wrap=True)
        self._head_right = style(bold=True, bottom=2, bottom_color=f"#{INK}", align="right", text_wrap=True)
        self._name = style(bottom=1, bottom_color=f"#{LINE}")
        self._number = style(num_format="#,##0", bottom=1, bottom_color=f"#{LINE}")
        self._tenth = style(num_format="#,##0.0", bottom=1, bottom_color=f"#{LINE}")
        self._percent = style(num_format="0%", bottom=1, bottom_color=f"#{LINE}")
        self._said = style(bottom=1, bottom_color=f"#{LINE}", align="right")
        self._left = style(bottom=1, bottom_color=f"#{LINE}", text_wrap=True)
        self._count, self._score = style(num_format="#,##0"), style(num_format="0.0000")
        self._time, self._day = style(num_format="yyyy-mm-dd hh:mm:ss"), style(num_format="yyyy-mm-dd")
        title = f"{page.agency}, {page.when}"
        book.set_properties({"title": title, "subject": page.headline, "comments": "Made with Listening"})

    def _put(self, sheet: Worksheet, row: int, column: int, text: str, style: Format | None = None) -> bool:
        """Write text as text; whether it had to be cut."""
        shown, cut = fitting(text)
        sheet.write_string(row, column, shown, style or self._text)
        return cut

    def _table(self, sheet: Worksheet, row: int, heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
        """Write a table with a head, words to the left and numbers to the right; the row behind it."""
        for column, head in enumerate(heads):
            self._put(sheet, row, column, head, self._head_right if column else self._head)
        row += 1
        for cells in rows:
            for column, cell in enumerate(cells):
                if not column:
                    self._put(sheet, row, column, str(cell), self._name)
                else:
                    self._said_or_number(sheet, row, column, cell)
            row += 1
        return row

    def _said_or_number(self, sheet: Worksheet, row: int, column: int, cell: int | str) -> None:
        """A number as a number, however it is said: 1,204, 8.7 or 24%; anything else as text."""
        if isinstance(cell, int):
            sheet.write_number(row, column, cell, self._number)
        elif found := PLAIN_NUMBER.fullmatch(cell):
            value = float(found[1].replace(",", ""))
            style = self._percent if found[3] else self._tenth if found[2] else self._number
            sheet.write_number(row, column, value / 100 if found[3] else value, style)
        else:
            self._put(sheet, row, column, cell, self._said)

    # --- summary ----------------------------------------------------------------------------------------------------

    def summary(self) -> None:
        """What the page says, its tables, and its two charts beside them."""
        page, sheet = self._page, self._book.add_worksheet("Summary")
        sheet.hide_gridlines(2)
        sheet.set_column(0, 0, 30)
        sheet.set_column(1, 7, 14)
        sheet.set_row(0, 30)
        sheet.set_row(1, 18)
        self._put(sheet, 0, 0, page.headline, self._headline)
        self._put(sheet, 1, 0, page.deck)
        made_up = " · Made-up data" if page.made_up else ""
        self._put(
            sheet, 2, 0, f"{page.agency} · {page.when} · changes against {page.period.compared}{made_up}", self._muted
        )
        row = 3
        if page.closed:
            self._put(sheet, row, 0, page.closed, self._muted)
            row += 1
        self._put(sheet, row + 1, 0, "The numbers", self._section)
        row = self._table(
            sheet,
            row + 2,
            ("", "Now", "Change", "Posts behind it"),
            [(each.label, each.value, each.change.words, each.count) for each in page.metrics],
        )
        now = page.numbers.now
        self._put(sheet, row + 1, 0, "Good and bad", self._section)
        shares = ((TAG_LABELS[tag], now.tags.get(tag, 0), _share(now.percent(tag), tag)) for tag in TAGS)
        row = self._table(sheet, row + 2, ("Tag", "Posts", "Of all tagged"), shares)
        row = self._over_time(sheet, row + 1)
        first_day = row + 3
        unit = "week" if page.bars.by_week else "day"
        self._put(sheet, row + 1, 0, page.bars_title, self._section)
        heads = ("Week from" if page.bars.by_week else "Day", *(TAG_LABELS[tag] for tag in STACKED), "All")
        row = self._table(
            sheet,
            row + 2,
            heads,
            (
                (_bar_name(bar.first, whole=bar.whole), *(bar.tags[tag] for tag in STACKED), bar.count)
                for bar in page.bars.bars
            ),
        )
        last_day = row - 1
        first_place = row + 3
        self._put(sheet, row + 1, 0, page.places_title, self._section)
        row = self._table(
            sheet,
            row + 2,
            ("Place", *(TAG_LABELS[tag] for tag in STACKED), "All"),
            ((place.feed, *(place.tags[tag] for tag in STACKED), place.count) for place in page.places),
        )
        if page.reach_words:
            self._put(sheet, row + 1, 0, page.reach_words, self._muted)
        self._chart(sheet, "J5", page.bars_title, f"Public posts a {unit}", page.bars_words, first_day, last_day)
        if page.places:
            words = (
                f"Bars: public posts by place. {'; '.join(f'{each.feed}: {each.count:,}' for each in page.places[:8])}."
            )
            last = min(row - 1, first_place + 11)
            self._chart(sheet, "J26", page.places_title, "Public posts", words, first_place, last, across=True)
        _printed(sheet, wide=True)

    def _over_time(self, sheet: Worksheet, row: int) -> int:
        found = self._page.over_time
        self._put(sheet, row, 0, "Beside other times", self._section)
        row += 1
        sheet.set_row(row, 40)
        for column, head in enumerate(("", "Now")):
            self._put(sheet, row, column, head, self._head_right if column else self._head)
        column = 2
        for earlier in found.earlier:
            self._put(sheet, row, column, earlier.label, self._head_right)
            self._put(sheet, row, column + 1, "Change", self._head_right)
            column += 2
        for number, name in enumerate(found.rows):
            row += 1
            self._put(sheet, row, 0, name, self._name)
            self._said_or_number(sheet, row, 1, found.now[number])
            for place, earlier in enumerate(found.earlier):
                cell = earlier.cells[number] if earlier.cells else None
                self._said_or_number(sheet, row, 2 + 2 * place, cell.value if cell else "–")
                self._said_or_number(sheet, row, 3 + 2 * place, cell.change if cell else "–")
        for earlier in found.earlier:
            if earlier.missing:
                row += 1
                self._put(sheet, row, 0, f"{earlier.label}: {earlier.missing}.", self._muted)
        return row + 1

    def _chart(
        self,
        sheet: Worksheet,
        at: str,
        title: str,
        measure: str,
        words: str,
        first: int,
        last: int,
        *,
        across: bool = False,
    ) -> None:
        chart = self._book.add_chart({"type": "bar" if across else "column", "subtype": "stacked"})
        for column, tag in enumerate(STACKED, 1):
            chart.add_series(
                {
                    "name": ["Summary", first - 1, column],
                    "categories": ["Summary", first, 0, last, 0],
                    "values": ["Summary", first, column, last, column],
                    "fill": {"color": f"#{TAG_COLOURS[tag]}"},
                    "gap": 45,
                }
            )
        font = {"name": SANS, "size": 10, "color": f"#{INK}"}
        chart.set_title({"name": title, "name_font": {"name": SERIF, "size": 14, "bold": True, "color": f"#{INK}"}})
        chart.set_legend({"position": "top", "font": font})
        names: dict[str, Any] = {"num_font": font, "line": {"color": f"#{LINE}"}}
        counts: dict[str, Any] = {
            "num_font": font,
            "name": measure,
            "name_font": {**font, "bold": False},
            "major_gridlines": {"visible": True, "line": {"color": f"#{LINE}"}},
            "line": {"none": True},
            "num_format": "#,##0",
        }
        if across:  # of a bar chart the y axis is the one with the names
            names["reverse"] = True
            names, counts = counts, names
        chart.set_x_axis(names)
        chart.set_y_axis(counts)
        chart.set_size({"width": 720, "height": 380})
        sheet.insert_chart(at, chart, {"description": words, "x_offset": 20})

    # --- rows -------------------------------------------------------------------------------------------------------

    def mentions(self, mentions: Iterable[Mention]) -> Written:
        """Every mention, on as many sheets as it takes."""
        rows = cut = 0
        sheet, at = self._mention_sheet(1), 1
        for mention in mentions:
            if at == MOST_ROWS:
                _finish(sheet, at)
                sheet, at = self._mention_sheet(rows // (MOST_ROWS - 1) + 1), 1
            shown = mention if self._mask is None else self._mask.mention(mention)
            named = self._mask is None
            cells = zip(HEADER, values(shown, self._page.zone, named=named), strict=True)
            cut += sum([self._cell(sheet, at, column, name, value) for column, (name, value) in enumerate(cells)])
            rows, at = rows + 1, at + 1
        _finish(sheet, at)
        return Written(rows=rows, cut=cut)

    def _mention_sheet(self, number: int) -> Worksheet:
        sheet = self._book.add_worksheet("Mentions" if number == 1 else f"Mentions {number}")
        for column, name in enumerate(HEADER):
            width = TIMED if name in TIMES else WIDTHS.get(name, 12)
            sheet.set_column(column, column, width)
            self._put(sheet, 0, column, name, self._head)
        sheet.freeze_panes(1, 0)
        _printed(sheet, wide=True)
        return sheet

    def _cell(self, sheet: Worksheet, row: int, column: int, name: str, value: Any) -> bool:
        """One value, typed; whether its text had to be cut."""
        if value is None:
            return False
        if name in TIMES:
            moment: datetime = value
            sheet.write_datetime(row, column, moment.replace(tzinfo=None), self._time)
        elif name == "day":
            day: date = value
            sheet.write_datetime(row, column, day, self._day)
        elif name in FLAGS:
            sheet.write_boolean(row, column, value, self._text)
        elif name in COUNTS:
            sheet.write_number(row, column, value, self._count)
        elif name in NUMBERS:
            sheet.write_number(row, column, value, self._score)
        else:
            return self._put(sheet, row, column, "; ".join(value) if isinstance(value, list) else str(value))
        return False

    def stories(self, stories: Iterable[Story]) -> None:
        """The texts that came up more than once."""
        sheet = self._book.add_worksheet("Stories")
        heads = ("Story", "Posts", "Places", "First", "Last", *(TAG_LABELS[tag] for tag in TAGS), "id")
        self._heads(sheet, heads, (70, 9, 9, TIMED, TIMED, 9, 9, 9, 11, 24))
        row = 1
        for story in stories:
            first = story.first if self._mask is None else self._mask.mention(story.first)
            self._put(sheet, row, 0, story_name(first))
            sheet.write_number(row, 1, story.count, self._count)
            sheet.write_number(row, 2, len(story.feeds), self._count)
            assert first.published_at is not None
            for column, at in ((3, first.published_at), (4, story.last_at)):
                sheet.write_datetime(row, column, at.astimezone(self._page.zone).replace(tzinfo=None), self._time)
            for column, tag in enumerate(TAGS, 5):
                sheet.write_number(row, column, story.tags.get(tag, 0), self._count)
            self._put(sheet, row, 9, first.story or first.id)
            row += 1
        _finish(sheet, row, columns=len(heads))

    def questions(self, questions: Iterable[Mention]) -> None:
        """The posts that ask for something, and what became of them."""
        sheet = self._book.add_worksheet("Questions")
        heads = (
            "Question",
            "Place",
            "Published",
            "Tag",
            "Department",
            "Status",
            "Answered",
            "Channel",
            "Minutes",
            "id",
        )
        self._heads(sheet, heads, (80, 26, TIMED, 10, 20, 12, TIMED, 16, 10, 24))
        row = 1
        for mention in questions:
            shown = mention if self._mask is None else self._mask.mention(mention)
            assert shown.published_at is not None
            said = spoken(shown) if shown.withdrawn_at or shown.sensitive else shown.text or shown.title
            self._put(sheet, row, 0, said)
            self._put(sheet, row, 1, shown.feed)
            published = shown.published_at.astimezone(self._page.zone).replace(tzinfo=None)
            sheet.write_datetime(row, 2, published, self._time)
            self._put(sheet, row, 3, TAG_LABELS[shown.tag])
            if (verdict := shown.verdict) is not None:
                self._put(sheet, row, 4, verdict.department)
                self._put(sheet, row, 5, verdict.status)
                if verdict.answered_at is not None:
                    at = verdict.answered_at.astimezone(self._page.zone).replace(tzinfo=None)
                    sheet.write_datetime(row, 6, at, self._time)
                self._put(sheet, row, 7, verdict.channel)
                if verdict.minutes is not None:
                    sheet.write_number(row, 8, verdict.minutes, self._count)
            self._put(sheet, row, 9, shown.id)
            row += 1
        _finish(sheet, row, columns=len(heads))

    def _heads(self, sheet: Worksheet, heads: Sequence[str], widths: Sequence[int]) -> None:
        for column, (head, width) in enumerate(zip(heads, widths, strict=True)):
            sheet.set_column(column, column, width)
            self._put(sheet, 0, column, head, self._head)
        sheet.freeze_panes(1, 1)
        _printed(sheet, wide=True)

    # --- words ------------------------------------------------------------------------------------------------------

    def evaluation(self) -> None:
        """The headings of three frameworks."""
        sheet = self._book.add_worksheet("Evaluation")
        sheet.hide_gridlines(2)
        for column, width in enumerate((36, 48, 80)):
            sheet.set_column(column, column, width)
        row = 0
        for framework in self._page.frameworks:
            self._put(sheet, row, 0, framework.name, self._section)
            self._put(sheet, row + 1, 0, framework.source, self._muted)
            row += 2
            for column, head in enumerate(("Heading", "What it asks", "What we know")):
                self._put(sheet, row, column, head, self._head)
            for heading in framework.headings:
                row += 1
                for column, text in enumerate((heading.name, heading.asks, heading.said)):
                    self._put(sheet, row, column, text, self._left)
            row += 2
        self._put(sheet, row, 0, "Advertising value is not given: it does not measure communication.", self._muted)
        _printed(sheet, wide=True)

    def read_me(self, readme: ReadMe) -> None:
        """What the file holds and how it was made."""
        sheet = self._book.add_worksheet("Read me")
        sheet.hide_gridlines(2)
        sheet.set_column(0, 0, 34)
        sheet.set_column(1, 1, 110)
        row = 0
        for section in readme:
            self._put(sheet, row, 0, section.heading, self._section)
            row += 1
            for name, said in section.lines:
                self._put(sheet, row, 0, name, self._wrapped)
                self._put(sheet, row, 1, said, self._wrapped)
                row += 1
            row += 1
        _printed(sheet, wide=False)


def _share(percent: int | None, tag: str) -> str:
    return "" if percent is None or tag == "unscored" else f"{percent}%"


def _bar_name(day: date, *, whole: bool) -> str:
    return f"{WEEKDAYS[day.weekday()][:3]} {short_day(day)}{'' if whole else ' (so far)'}"


def _finish(sheet: Worksheet, rows: int, *, columns: int = len(HEADER)) -> None:
    """Let a sheet be filtered by its heads."""
    sheet.autofilter(0, 0, max(rows - 1, 1), columns - 1)


def _printed(sheet: Worksheet, *, wide: bool) -> None:
    """A4, as wide as the paper, with the head on each sheet."""
    if wide:
        sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
