"""A workbook: what the page says with charts that can be changed, the mentions, stories, questions, and a read-me.

Written row by row in flat memory. What a stranger wrote is always text: no cell of it is a formula, a number or a link.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import IO, Any

import xlsxwriter
from xlsxwriter.exceptions import FileCreateError
from xlsxwriter.worksheet import Worksheet

from listening.export.columns import COUNTS, FLAGS, HEADER, NUMBERS, TIMES, values
from listening.export.readme import ReadMe, Section
from listening.export.sheets import LONGEST, Sheets, printed, tall
from listening.export.summary import Summary
from listening.insights.sentences import TAG_LABELS, spoken, story_name
from listening.models import TAGS, Mention
from listening.overview import Overview
from listening.privacy import Mask
from listening.sentiment import with_title
from listening.store import Story

MOST_ROWS = 1_048_576
"""Of a sheet; further mentions stand on another one."""

WIDTHS = {"text": 70, "title": 40, "url": 30, "feed": 26, "topics": 24, "matched": 24, "tagger": 24, "note": 30}
TIMED = 18


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
    words: Callable[[Mention], str] = lambda mention: "",
) -> Written:
    """Write the workbook. ``mask`` None leaves names as they are; ``words`` gives those of a mention that ask."""
    with tempfile.TemporaryDirectory() as folder:  # what is written is kept there until the book is put together
        book = xlsxwriter.Workbook(
            file,
            {
                "constant_memory": True,
                "tmpdir": folder,
                "use_zip64": True,
                "strings_to_formulas": False,
                "strings_to_numbers": False,
                "strings_to_urls": False,
                "default_date_format": "yyyy-mm-dd hh:mm:ss",
            },
        )
        try:
            sheets = Sheets(book, page)
            Summary(sheets).write()
            writer = _Writer(sheets, mask)
            done = writer.mentions(mentions)
            writer.stories(stories)
            writer.questions(questions, words)
            writer.evaluation()
            if done.cut:
                most = f"{LONGEST:,} characters"
                said = f"{done.cut:,} texts are longer than a cell can be ({most}) and are cut; a CSV has all of them."
                readme = (*readme, Section(heading="What this format could not hold", lines=(("", said),)))
            writer.read_me(readme)
        except BaseException:
            book.fileclosed = True  # else a book that nobody wants would be put together at its end
            raise
        try:
            book.close()
        except FileCreateError as failure:
            raise OSError(*failure.args[0].args if failure.args else ()) from failure
    return done


class _Writer:
    """Writes the other sheets, each from top to bottom."""

    def __init__(self, sheets: Sheets, mask: Mask | None) -> None:
        self._sheets, self._page, self._book, self._mask = sheets, sheets.page, sheets.book, mask

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
            self._sheets.put(sheet, 0, column, name, self._sheets.head)
        sheet.freeze_panes(1, 0)
        return sheet

    def _cell(self, sheet: Worksheet, row: int, column: int, name: str, value: Any) -> bool:
        """One value, typed; whether its text had to be cut."""
        if value is None:
            return False
        if name in TIMES:
            moment: datetime = value
            sheet.write_datetime(row, column, moment.replace(tzinfo=None), self._sheets.time)
        elif name == "day":
            day: date = value
            sheet.write_datetime(row, column, day, self._sheets.day)
        elif name in FLAGS:
            sheet.write_boolean(row, column, value, self._sheets.text)
        elif name in COUNTS:
            sheet.write_number(row, column, value, self._sheets.count)
        elif name in NUMBERS:
            sheet.write_number(row, column, value, self._sheets.score)
        else:
            return self._sheets.put(sheet, row, column, "; ".join(value) if isinstance(value, list) else str(value))
        return False

    def stories(self, stories: Iterable[Story]) -> None:
        """The texts that came up more than once."""
        sheet = self._book.add_worksheet("Stories")
        zone = self._page.zone.key
        heads = (
            "Story",
            "Posts",
            "Places",
            f"First ({zone})",
            f"Last ({zone})",
            *(TAG_LABELS[tag] for tag in TAGS),
            "id",
        )
        self._heads(sheet, heads, (70, 9, 9, TIMED, TIMED, 9, 9, 9, 11, 24), numbers=range(1, 9))
        row = 1
        for story in stories:
            first = story.first if self._mask is None else self._mask.mention(story.first)
            self._sheets.put(sheet, row, 0, story_name(first))
            sheet.write_number(row, 1, story.count, self._sheets.count)
            sheet.write_number(row, 2, len(story.feeds), self._sheets.count)
            assert first.published_at is not None
            for column, at in ((3, first.published_at), (4, story.last_at)):
                sheet.write_datetime(
                    row, column, at.astimezone(self._page.zone).replace(tzinfo=None), self._sheets.time
                )
            for column, tag in enumerate(TAGS, 5):
                sheet.write_number(row, column, story.tags.get(tag, 0), self._sheets.count)
            self._sheets.put(sheet, row, 9, first.story or first.id)
            row += 1
        _finish(sheet, row, columns=len(heads))

    def questions(self, questions: Iterable[Mention], words: Callable[[Mention], str]) -> None:
        """The posts that ask for something: the words that ask, the post they are from, and what became of it."""
        sheet = self._book.add_worksheet("Questions")
        zone = self._page.zone.key
        who = ("Question", "Post", "Place", f"Published ({zone})", "Tag", "Department", "Status")
        heads = (*who, f"Answered ({zone})", "Channel", "Minutes", "id")
        self._heads(sheet, heads, (56, 60, 26, TIMED, 10, 20, 12, TIMED, 16, 10, 24), numbers=(3, 7, 9))
        row = 1
        for mention in questions:
            shown = mention if self._mask is None else self._mask.mention(mention)
            hidden = shown.withdrawn_at is not None or shown.sensitive
            whole = spoken(shown) if hidden else with_title(shown.text, shown.title)
            asked = "" if hidden else words(shown)
            self._sheets.put(sheet, row, 0, asked or whole)
            self._sheets.put(sheet, row, 1, whole)
            self._sheets.put(sheet, row, 2, shown.feed)
            self._local(sheet, row, 3, shown.published_at)
            self._sheets.put(sheet, row, 4, TAG_LABELS[shown.tag])
            if (verdict := shown.verdict) is not None:
                self._sheets.put(sheet, row, 5, verdict.department)
                self._sheets.put(sheet, row, 6, verdict.status)
                self._local(sheet, row, 7, verdict.answered_at)
                self._sheets.put(sheet, row, 8, verdict.channel)
                if verdict.minutes is not None:
                    sheet.write_number(row, 9, verdict.minutes, self._sheets.count)
            self._sheets.put(sheet, row, 10, shown.id)
            row += 1
        _finish(sheet, row, columns=len(heads))

    def _local(self, sheet: Worksheet, row: int, column: int, at: datetime | None) -> None:
        if at is not None:
            local = at.astimezone(self._page.zone).replace(tzinfo=None)
            sheet.write_datetime(row, column, local, self._sheets.time)

    def _heads(
        self, sheet: Worksheet, heads: Sequence[str], widths: Sequence[int], *, numbers: Iterable[int] = ()
    ) -> None:
        right = set(numbers)
        for column, (head, width) in enumerate(zip(heads, widths, strict=True)):
            sheet.set_column(column, column, width)
            self._sheets.put(sheet, 0, column, head, self._sheets.head_right if column in right else self._sheets.head)
        sheet.freeze_panes(1, 1)
        printed(sheet, wide=True)

    # --- words ------------------------------------------------------------------------------------------------------

    def evaluation(self) -> None:
        """The headings of three frameworks."""
        sheet = self._book.add_worksheet("Evaluation")
        sheet.hide_gridlines(2)
        for column, width in enumerate((36, 48, 80)):
            sheet.set_column(column, column, width)
        row = 0
        for framework in self._page.frameworks:
            self._sheets.put(sheet, row, 0, framework.name, self._sheets.section)
            self._sheets.put(sheet, row + 1, 0, framework.source, self._sheets.muted)
            row += 2
            for column, head in enumerate(("Heading", "What it asks", "What we know")):
                self._sheets.put(sheet, row, column, head, self._sheets.head)
            for heading in framework.headings:
                row += 1
                texts = (heading.name, heading.asks, heading.said)
                sheet.set_row(row, tall(zip(texts, (36, 48, 80), strict=True)))
                for column, text in enumerate(texts):
                    self._sheets.put(sheet, row, column, text, self._sheets.left)
            row += 2
        self._sheets.put(
            sheet, row, 0, "Advertising value is not given: it does not measure communication.", self._sheets.muted
        )
        printed(sheet, wide=True)

    def read_me(self, readme: ReadMe) -> None:
        """What the file holds and how it was made."""
        sheet = self._book.add_worksheet("Read me")
        sheet.hide_gridlines(2)
        sheet.set_column(0, 0, 34)
        sheet.set_column(1, 1, 110)
        row = 0
        for section in readme:
            self._sheets.put(sheet, row, 0, section.heading, self._sheets.section)
            row += 1
            for name, said in section.lines:
                sheet.set_row(row, tall(((name, 34), (said, 110))))
                self._sheets.put(sheet, row, 0, name, self._sheets.wrapped)
                self._sheets.put(sheet, row, 1, said, self._sheets.wrapped)
                row += 1
            row += 1
        printed(sheet, wide=False)


def _finish(sheet: Worksheet, rows: int, *, columns: int = len(HEADER)) -> None:
    """Let a sheet be filtered by its heads."""
    sheet.autofilter(0, 0, max(rows - 1, 1), columns - 1)
