"""What the sheets of a workbook share: styles, and how text and numbers are written.

Written row by row in flat memory. What a stranger wrote is always text: no cell of it is a formula, a number or a link.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from listening.export.look import INK, LINE, MUTED, SANS, SERIF
from listening.overview import Overview

LONGEST = 32_767
"""Of a cell, in the units of UTF-16, as Excel counts."""

PLAIN_NUMBER = re.compile(r"([\d,]+(\.\d+)?)(%)?")
NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""What no cell can hold: it becomes U+FFFD."""


def fitting(text: str) -> tuple[str, bool]:
    """The text as a cell can hold it, and whether it had to be cut."""
    clean = NOT_XML.sub("\ufffd", text.replace("\r\n", "\n").replace("\r", "\n"))
    if len(clean) * 2 <= LONGEST or len(clean.encode("utf-16-le")) // 2 <= LONGEST:
        return clean, False
    kept = clean.encode("utf-16-le")[: 2 * (LONGEST - 1)].decode("utf-16-le", "ignore")
    return kept + "…", True


class Sheets:
    """The workbook with its styles; what is written is not kept in memory, so each sheet goes from top to bottom."""

    def __init__(self, book: xlsxwriter.Workbook, page: Overview) -> None:
        self.book, self.page = book, page
        base = {"font_name": SANS, "font_size": 10, "font_color": f"#{INK}", "valign": "top"}

        def style(**more: Any) -> Format:
            return book.add_format({**base, **more})

        self.text, self.wrapped = style(), style(text_wrap=True)
        self.headline = style(font_name=SERIF, font_size=18, bold=True, text_wrap=True)
        self.section = style(font_name=SERIF, font_size=13, bold=True)
        self.muted, self.muted_wrapped = style(font_color=f"#{MUTED}"), style(font_color=f"#{MUTED}", text_wrap=True)
        self.head = style(bold=True, bottom=2, bottom_color=f"#{INK}", text_wrap=True)
        self.head_right = style(bold=True, bottom=2, bottom_color=f"#{INK}", align="right", text_wrap=True)
        self.name = style(bottom=1, bottom_color=f"#{LINE}")
        self.number = style(num_format="#,##0", bottom=1, bottom_color=f"#{LINE}")
        self.tenth = style(num_format="#,##0.0", bottom=1, bottom_color=f"#{LINE}")
        self.percent = style(num_format="0%", bottom=1, bottom_color=f"#{LINE}")
        self.said = style(bottom=1, bottom_color=f"#{LINE}", align="right")
        self.left = style(bottom=1, bottom_color=f"#{LINE}", text_wrap=True)
        self.count, self.score = style(num_format="#,##0"), style(num_format="0.0000")
        self.time, self.day = style(num_format="yyyy-mm-dd hh:mm:ss"), style(num_format="yyyy-mm-dd")
        title = f"{page.agency}, {page.when}"
        book.set_properties(
            {"title": fitting(title)[0], "subject": fitting(page.headline)[0], "comments": "Made with Listening"}
        )

    def put(self, sheet: Worksheet, row: int, column: int, text: str, style: Format | None = None) -> bool:
        """Write text as text; whether it had to be cut."""
        shown, cut = fitting(text)
        sheet.write_string(row, column, shown, style or self.text)
        return cut

    def table(self, sheet: Worksheet, row: int, heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
        """Write a table with a head, words to the left and numbers to the right; the row behind it."""
        for column, head in enumerate(heads):
            self.put(sheet, row, column, head, self.head_right if column else self.head)
        row += 1
        for cells in rows:
            for column, cell in enumerate(cells):
                if not column:
                    self.put(sheet, row, column, str(cell), self.name)
                else:
                    self.said_or_number(sheet, row, column, cell)
            row += 1
        return row

    def said_or_number(self, sheet: Worksheet, row: int, column: int, cell: int | str) -> None:
        """A number as a number, however it is said: 1,204, 8.7 or 24%; anything else as text."""
        if isinstance(cell, int):
            sheet.write_number(row, column, cell, self.number)
        elif found := PLAIN_NUMBER.fullmatch(cell):
            value = float(found[1].replace(",", ""))
            style = self.percent if found[3] else self.tenth if found[2] else self.number
            sheet.write_number(row, column, value / 100 if found[3] else value, style)
        else:
            self.put(sheet, row, column, cell, self.said)


def tall(texts: Iterable[tuple[str, int]]) -> float:
    """How high a row is, in points, whose texts are wrapped in columns of so many characters.

    Programs do not all find that out by themselves when they open a file.
    """
    lines = max(
        max(1, -(-len(line) * 11 // (10 * width))) for text, width in texts for line in text.split("\n") or [""]
    )
    return 13.5 * lines + 1.5


def printed(sheet: Worksheet, *, wide: bool) -> None:
    """A4, as wide as the paper, with the head on each sheet."""
    if wide:
        sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
