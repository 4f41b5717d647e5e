"""What leaves the house as a file: the mentions of a view, or the report of a period, each with its read-me.

One way for the page and the commands, so that a file taken by either holds the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import IO, Any, Literal, get_args

from listening import overview as pages
from listening import provenance, weeks
from listening.asking import WhoAsks
from listening.export import csv, docx, html, jsonl, parquet, slides, xlsx
from listening.export.readme import ReadMe, Section, as_text
from listening.insights.periods import Period, between
from listening.insights.questions import asking
from listening.models import Mention
from listening.overview import Overview
from listening.privacy import Mask
from listening.settings import Settings
from listening.store import Reader, Store, View

Format = Literal["csv", "xlsx", "json", "parquet"]
FORMATS: tuple[Format, ...] = get_args(Format)
ReportFormat = Literal["html", "pptx", "docx", "xlsx"]
REPORT_FORMATS: tuple[ReportFormat, ...] = get_args(ReportFormat)

TEXT_FORMATS = frozenset({"csv", "json"})
"""Written as text; their read-me stands in a file beside them, as nothing in them could hold it."""

NAMES: dict[Format | ReportFormat, str] = {
    "csv": "CSV",
    "xlsx": "Excel workbook",
    "json": "JSON lines",
    "parquet": "Parquet",
    "html": "brief for a browser (HTML)",
    "pptx": "slides (PowerPoint)",
    "docx": "brief (Word)",
}
MEDIA: dict[Format | ReportFormat, str] = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "json": "application/jsonl",
    "parquet": "application/vnd.apache.parquet",
    "html": "text/html",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}
MOST_STORIES = 500
"""Of a workbook's sheet; those with most posts."""

Counted = Callable[[Iterator[Mention]], Iterator[Mention]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Taken:
    """How many mentions were written, and the read-me of the file."""

    rows: int
    readme: ReadMe

    @property
    def readme_text(self) -> str:
        """The read-me as plain text."""
        return as_text(self.readme)


def write_mentions(
    format_: Format,
    file: IO[Any],
    settings: Settings,
    store: Store,
    reader: Reader,
    view: View,
    *,
    now: datetime,
    reason: str | None = None,
    period: Period | None = None,
    delimiter: str = ",",
    counted: Counted = lambda mentions: mentions,
) -> Taken:
    """Write the mentions of a view into an open file: text for ``TEXT_FORMATS``, else bytes.

    ``reason`` why names may stand in it; None masks them. ``period`` is the page's, for the workbook's summary.
    ``counted`` may watch the mentions go by.
    """
    zone = settings.agency.timezone
    mask = None if reason is not None else pages.mask_of(settings, rows=True)
    rows = reader.total(view)
    page = _page(settings, store, reader, view, now=now, period=period) if format_ == "xlsx" else None
    method = page.written_method if page else ()
    readme = provenance.readme(
        settings, store, reader, view, now=now, rows=rows, reason=reason, mask=mask, method=method
    )
    mentions = counted(reader.stream(view))
    if format_ == "csv":
        written = csv.write(mentions, file, timezone=zone, mask=mask, delimiter=delimiter)
    elif format_ == "json":
        written = jsonl.write(mentions, file, timezone=zone, mask=mask)
    elif format_ == "parquet":
        written = parquet.write(mentions, file, timezone=zone, mask=mask, readme=readme)
    else:
        assert page is not None
        written = _workbook(file, reader, page, mentions, readme, mask, pages.who_asks(settings))
    return Taken(rows=written, readme=readme)


def read_me(settings: Settings, store: Store, reader: Reader, view: View, *, now: datetime) -> str:
    """The read-me of a masked file with a view's mentions, for those that cannot hold it."""
    rows = reader.total(view)
    mask = pages.mask_of(settings, rows=True)
    return as_text(provenance.readme(settings, store, reader, view, now=now, rows=rows, reason=None, mask=mask))


def write_report(
    format_: ReportFormat,
    file: IO[bytes],
    settings: Settings,
    store: Store,
    reader: Reader,
    view: View,
    period: Period,
    *,
    now: datetime,
    evaluation: bool = False,
) -> Overview:
    """Write the report of a period into an open file, and return what it says.

    ``evaluation``: with the headings of three frameworks (a workbook always has them).
    """
    page = _page(settings, store, reader, view, now=now, period=period)
    rows = page.numbers.now.mentions
    whole = format_ == "xlsx"
    readme = provenance.readme(
        settings,
        store,
        reader,
        replace(view, start=period.start, end=period.end),
        now=now,
        rows=rows,
        reason=None,
        mask=pages.mask_of(settings, rows=True),
        method=page.written_method if format_ in ("xlsx", "docx") else (),
        columns=whole,
    )
    if format_ == "xlsx":
        mask = pages.mask_of(settings, rows=True)
        _workbook(file, reader, page, reader.stream(page.view), readme, mask, pages.who_asks(settings))
    elif format_ == "pptx":
        slides.write(file, page, readme)
    elif format_ == "docx":
        docx.write(file, page, readme, evaluation=evaluation)
    else:
        file.write(html.brief(page, readme, evaluation=evaluation).encode())
    return page


def _page(
    settings: Settings, store: Store, reader: Reader, view: View, *, now: datetime, period: Period | None
) -> Overview:
    zone = settings.agency.timezone
    chosen = period or between(*_bounds(reader, view, now), zone)
    closed = ""
    if not chosen.key and chosen.end > now:  # what is to come is not compared with what has been
        chosen = between(chosen.start, max(chosen.start, now + timedelta(seconds=1)), zone)
    if chosen.key == "week" and not chosen.named:  # "the last full week" is another one when the file is read
        chosen = weeks.period_of(weeks.key_of(chosen.start.astimezone(zone).date()), zone)
    if chosen.key == "week" and view.query is None and not view.topic:
        closed = weeks.closed_words(store, weeks.key_of(chosen.start.astimezone(zone).date()))
    return pages.overview(settings, store, reader, view, chosen, now=now, mask=pages.mask_of(settings), closed=closed)


def _bounds(reader: Reader, view: View, now: datetime) -> tuple[datetime, datetime]:
    """A view's times, no longer than what is stored and what has been."""
    oldest = reader.oldest_at()
    end = min(view.end, max(view.start, now + timedelta(seconds=1)))
    start = view.start if oldest is None else max(view.start, min(oldest, end))
    return (max(start, end - timedelta(days=1)) if oldest is None else start), end


def _workbook(
    file: IO[bytes],
    reader: Reader,
    page: Overview,
    mentions: Iterator[Mention],
    readme: ReadMe,
    mask: Mask | None,
    who_asks: WhoAsks,
) -> int:
    stories = reader.stories(page.view, limit=MOST_STORIES)
    if len(stories) == MOST_STORIES:
        said = f"The sheet of stories has the {MOST_STORIES:,} with most posts."
        readme = (*readme, Section(heading="Not all stories", lines=(("", said),)))
    questions = reader.stream(replace(page.view, asking=True))
    words = partial(_asking_words, who_asks=who_asks)
    return xlsx.write(file, page, mentions, stories, questions, readme, mask=mask, words=words).rows


def _asking_words(mention: Mention, who_asks: WhoAsks) -> str:
    """The words of a mention that ask us; "" where today's rules find none."""
    found = asking(mention, who_asks)
    return "" if found is None else found.words
