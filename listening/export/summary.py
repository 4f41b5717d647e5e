"""The workbook's first sheet: what the page says, its tables, and its charts beside them, which can be changed."""

from __future__ import annotations

from datetime import date
from typing import Any

from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from listening.export.look import INK, LINE, SANS, SERIF, STACKED, TAG_COLOURS
from listening.export.sheets import Sheets, printed
from listening.insights.periods import WEEKDAYS, short_day
from listening.insights.sentences import TAG_LABELS
from listening.models import TAGS

LAST_COLUMN = 8
CHART_ROWS = 18
"""Rows above the tables, for the charts."""


class Summary:
    """Writes the sheet."""

    def __init__(self, sheets: Sheets) -> None:
        self._sheets, self._page, self._book = sheets, sheets.page, sheets.book

    def write(self) -> None:
        """What the page says, its tables, and its two charts beside them."""
        page, sheet = self._page, self._book.add_worksheet("Summary")
        sheet.hide_gridlines(2)
        sheet.set_column(0, 0, 30)
        sheet.set_column(1, 7, 14)
        self._across(sheet, 0, page.headline, self._sheets.headline, tall=56)
        self._across(sheet, 1, page.deck, self._sheets.wrapped, tall=30)
        made_up = " · Made-up data" if page.made_up else ""
        only = f" · only {page.filtered}" if page.filtered else ""
        self._across(sheet, 2, f"{page.agency} · {page.when}{only}{made_up}", self._sheets.muted_wrapped, tall=16)
        self._across(sheet, 3, f"{page.reach_words} {page.compared}".strip(), self._sheets.muted_wrapped, tall=44)
        row = 4
        if page.closed:
            self._sheets.put(sheet, row, 0, page.closed, self._sheets.muted)
        row += 1
        row += CHART_ROWS  # the charts stand there
        self._sheets.put(sheet, row + 1, 0, "The numbers", self._sheets.section)
        row = self._sheets.table(
            sheet,
            row + 2,
            ("", "Now", "Change", "Posts behind it"),
            [(each.label, each.value, each.change.words, each.count) for each in page.metrics],
        )
        now = page.numbers.now
        self._sheets.put(sheet, row + 1, 0, "Good and bad", self._sheets.section)
        shares = ((TAG_LABELS[tag], now.tags.get(tag, 0), _share(now.percent(tag), tag)) for tag in TAGS)
        row = self._sheets.table(sheet, row + 2, ("Tag", "Posts", "Of all tagged"), shares)
        row = self._over_time(sheet, row + 1)
        first_day = row + 3
        unit = "week" if page.bars.by_week else "day"
        self._sheets.put(sheet, row + 1, 0, page.bars_title, self._sheets.section)
        heads = ("Week from" if page.bars.by_week else "Day", *(TAG_LABELS[tag] for tag in STACKED), "All")
        row = self._sheets.table(
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
        self._sheets.put(sheet, row + 1, 0, page.places_title, self._sheets.section)
        row = self._sheets.table(
            sheet,
            row + 2,
            ("Place", *(TAG_LABELS[tag] for tag in STACKED), "All"),
            ((place.feed, *(place.tags[tag] for tag in STACKED), place.count) for place in page.places),
        )
        self._chart(sheet, "A7", page.bars_title, f"Public posts a {unit}", page.bars_words, first_day, last_day)
        if page.places:
            words = (
                f"Bars: public posts by place. {'; '.join(f'{each.feed}: {each.count:,}' for each in page.places[:8])}."
            )
            last = min(row - 1, first_place + 11)
            self._chart(sheet, "E7", page.places_title, "Public posts", words, first_place, last, across=True)
        printed(sheet, wide=True)

    def _across(self, sheet: Worksheet, row: int, text: str, style: Format, *, tall: float) -> None:
        """A line over all columns of the sheet, wrapped."""
        sheet.set_row(row, tall)
        sheet.merge_range(row, 0, row, LAST_COLUMN, "", style)
        self._sheets.put(sheet, row, 0, text, style)

    def _over_time(self, sheet: Worksheet, row: int) -> int:
        found = self._page.over_time
        title = "Beside other times, over the places heard in both"
        self._sheets.put(sheet, row, 0, title, self._sheets.section)
        row += 1
        sheet.set_row(row, 28)
        for column, head in enumerate(("", "Now")):
            self._sheets.put(sheet, row, column, head, self._sheets.head_right if column else self._sheets.head)
        column = 2
        for earlier in found.earlier:
            self._sheets.put(sheet, row, column, earlier.label, self._sheets.head_right)
            self._sheets.put(sheet, row, column + 1, "Change", self._sheets.head_right)
            column += 2
        for number, name in enumerate(found.rows):
            row += 1
            self._sheets.put(sheet, row, 0, name, self._sheets.name)
            self._sheets.said_or_number(sheet, row, 1, found.now[number])
            for place, earlier in enumerate(found.earlier):
                cell = earlier.cells[number] if earlier.cells else None
                self._sheets.said_or_number(sheet, row, 2 + 2 * place, cell.value if cell else "–")
                self._sheets.said_or_number(sheet, row, 3 + 2 * place, cell.change if cell else "–")
        for earlier in found.earlier:
            if earlier.missing:
                row += 1
                self._sheets.put(sheet, row, 0, f"{earlier.label}: {earlier.missing}.", self._sheets.muted)
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
        chart.set_size({"width": 500, "height": 330})
        sheet.insert_chart(at, chart, {"description": words, "x_offset": 20})


def _share(percent: int | None, tag: str) -> str:
    return "" if percent is None or tag == "unscored" else f"{percent}%"


def _bar_name(day: date, *, whole: bool) -> str:
    return f"{WEEKDAYS[day.weekday()][:3]} {short_day(day)}{'' if whole else ' (so far)'}"
