"""Files and reports: their numbers are the page's, what strangers wrote is text, and each says how it was made."""

# ruff: noqa: SIM300 (expected == actual, as everywhere in the tests)

from __future__ import annotations

import io
import json
import re
import shutil
import subprocess
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import docx
import openpyxl
import pptx
import pyarrow.parquet as pq
import pytest
from axe_playwright_python.sync_playwright import Axe
from conftest import MakeMention, Save
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from page_kit import metrics as metrics_of
from streamlit.testing.v1 import AppTest

from listening import overview as pages
from listening import takeaway
from listening.asking import WhoAsks
from listening.export import csv, jsonl, parquet, xlsx
from listening.export.columns import COUNTS, HEADER, LISTS, MEANING, NUMBERS
from listening.export.sheets import fitting
from listening.insights.periods import between, period
from listening.query import parse
from listening.settings import Settings, load
from listening.store import FeedState, Reader, Store, View, note_heard, reviewing, save_feed
from listening.takeaway import FORMATS, REPORT_FORMATS, TEXT_FORMATS, Format, ReportFormat
from listening.upkeep import catch_up

if TYPE_CHECKING:
    from browser_kit import Town
    from playwright.sync_api import BrowserContext

pytest_plugins = ["browser_kit"]

PROJECT = Path(__file__).resolve().parent.parent
ALL = View(start=datetime(1990, 1, 1, tzinfo=UTC), end=datetime(2100, 1, 1, tzinfo=UTC))
NOW = datetime(2026, 3, 5, 15, 0, tzinfo=UTC)
SECONDS = 60

SETTINGS = """\
[agency]
name = "Town of Midvale"
timezone = "America/New_York"
contact = "press@midvale.example"

[[topics]]
name = "transit"
query = "bus OR bridge"

[[feeds]]
name = "Quillhaven social"
source = "mastodon"
server = "https://social.example"
tag = "midvale"
"""

HOSTILE = (
    '=HYPERLINK("http://example.com")',
    "+1 for the bus",
    "-2+3 on the bridge",
    "@SUM(1+1)",
    "\t=1+1",
    "line one\nline two\r\nline three",
    "<b>bold</b> & <script>alert(1)</script>",
    "{{ field }} ${x} %s _x0041_ \x01 \ufffe",
    "http://example.com/a link",
    "1234",
    "TRUE",
    "2026-03-04",
    "😀 日本 العربية",
)


@pytest.fixture
def agency(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The settings of a town; its store is named in them."""
    for name in ("LISTENING_SETTINGS", "LISTENING_STORE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "listening.toml").write_text(SETTINGS, encoding="utf-8")
    return load(tmp_path / "listening.toml", {})


def taken(made: Settings, store: Store, view: View, format_: Format, **more: Any) -> tuple[bytes, takeaway.Taken]:
    """A file with a view's mentions, and what was said of it."""
    text, raw = io.StringIO(newline=""), io.BytesIO()
    file = text if format_ in TEXT_FORMATS else raw
    with store.reading() as connection:
        done = takeaway.write_mentions(
            format_, file, made, store, Reader(store, connection), view, now=more.pop("now", NOW), **more
        )
    return (text.getvalue().encode() if format_ in TEXT_FORMATS else raw.getvalue()), done


def reported(
    made: Settings, store: Store, format_: ReportFormat, view: View, chosen: Any, now: datetime, **more: Any
) -> bytes:
    file = io.BytesIO()
    with store.reading() as connection:
        takeaway.write_report(format_, file, made, store, Reader(store, connection), view, chosen, now=now, **more)
    return file.getvalue()


def rows_of(format_: Format, content: bytes) -> list[dict[str, Any]]:
    """A file's rows, read by another program than the one that wrote it (CSV: by our own reader, which is tested)."""
    if format_ == "csv":
        return list(csv.read(io.TextIOWrapper(io.BytesIO(content), encoding="utf-8-sig", newline="")))
    if format_ == "json":
        return [json.loads(line) for line in content.decode().splitlines()]
    if format_ == "parquet":
        return list(pq.read_table(io.BytesIO(content)).to_pylist())
    book = openpyxl.load_workbook(io.BytesIO(content))
    heads, *lines = book["Mentions"].iter_rows(values_only=True)
    return [dict(zip(heads, line, strict=True)) for line in lines]


def texts_of(format_: ReportFormat, content: bytes) -> str:
    """All that a reader sees of a report, in one text."""
    if format_ == "html":
        return words_of(content.decode())
    if format_ == "xlsx":
        sheet = openpyxl.load_workbook(io.BytesIO(content))["Summary"]
        return "\n".join(" | ".join(shown(cell) for cell in row if cell.value is not None) for row in sheet.iter_rows())
    if format_ == "docx":
        document = docx.Document(io.BytesIO(content))
        lines = [paragraph.text for paragraph in document.paragraphs]
        lines += [" | ".join(cell.text for cell in row.cells) for table in document.tables for row in table.rows]
        return "\n".join(lines)
    lines = []
    for slide in pptx.Presentation(io.BytesIO(content)).slides:
        for shape in slide.shapes:
            if shape.has_text_frame:
                lines.append(" | ".join(each.text for each in shape.text_frame.paragraphs))
    return "\n".join(lines)


def shown(cell: Any) -> str:
    """A number as its format shows it."""
    if isinstance(cell.value, float | int) and cell.number_format == "0%":
        return f"{cell.value:.0%}"
    return f"{cell.value:,}" if isinstance(cell.value, int) else str(cell.value)


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self._hidden = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._hidden = tag == "style"

    def handle_data(self, data: str) -> None:
        if data.strip() and not self._hidden:
            self.said.append(data.strip())


def words_of(markup: str) -> str:
    """The text of a page, its pieces parted by bars."""
    found = _Words()
    found.feed(markup)
    return " | ".join(found.said)


# --- the page's numbers -----------------------------------------------------------------------------------------------

VIEWS = [
    {},
    {"period": "week"},
    {"period": "30d"},
    {"period": "24h"},
    {"period": "30d", "topic": "Buses and roads"},
    {"period": "30d", "q": "bridge"},
    {"period": "7d", "q": "nobodysaysthis"},
]


_seen: dict[str, SimpleNamespace] = {}
"""Pages that were looked at, by town and address: drawing one takes seconds."""


@pytest.fixture
def seen(town: Town, monkeypatch: pytest.MonkeyPatch) -> Callable[[dict[str, str]], SimpleNamespace]:
    """The page of a view as it is shown: its headline, its numbers with their changes, its moment; and the view."""

    def look(address: dict[str, str]) -> SimpleNamespace:
        key = str((str(town.store.url), address))
        if key not in _seen:
            _seen[key] = shown_page(address)
        return _seen[key]

    def shown_page(address: dict[str, str]) -> SimpleNamespace:
        for name in ("LISTENING_SETTINGS", "LISTENING_STORE"):
            monkeypatch.delenv(name, raising=False)
        for name, value in town.environment.items():
            monkeypatch.setenv(name, value)
        page = AppTest.from_file(str(PROJECT / "app.py"), default_timeout=SECONDS)
        for name, value in address.items():
            page.query_params[name] = value
        page.run()
        assert not page.exception
        _, now = page.session_state["as_of"]
        chosen = period(address.get("period", "7d"), now, town.settings.agency.timezone)
        view = View(
            start=chosen.start,
            end=chosen.end,
            topic=address.get("topic", ""),
            query=parse(address["q"]) if "q" in address else None,
        )
        html = " ".join(each.proto.body for each in page.get("html"))
        headline = re.search(r'<h1 class="headline"[^>]*>(.*?)</h1>', html, re.DOTALL)
        assert headline is not None
        return SimpleNamespace(
            now=now, chosen=chosen, view=view, metrics=metrics_of(page), headline=words_of(headline[1])
        )

    return look


@pytest.mark.parametrize("address", VIEWS, ids=str)
def test_every_number_at_the_top_of_the_page_stands_in_every_report(
    address: dict[str, str], town: Town, seen: Callable[[dict[str, str]], SimpleNamespace]
) -> None:
    """With its name and its change, to the last digit; and the page's headline (a week is called by its days)."""
    page = seen(address)
    assert page.metrics
    for format_ in REPORT_FORMATS:
        said = texts_of(format_, reported(town.settings, town.store, format_, page.view, page.chosen, page.now))
        for label, value, change in page.metrics:
            if format_ == "docx":  # names, numbers and changes are rows of one table
                assert label in said
                assert re.search(rf"(^|\| ){re.escape(value)}( \||$)", said, re.MULTILINE), (format_, label, value)
                assert change in said
            else:
                spoken = rf"{re.escape(label)} \| {re.escape(value)} \| (?:[▲▼]? ?\|? ?){re.escape(change)}"
                assert re.search(spoken, said), (format_, label, value, change)
        if address.get("period") != "week":
            assert page.headline in said.replace(" | ", " ") or page.headline in said, format_


@pytest.mark.parametrize("address", VIEWS[:6], ids=str)
def test_charts_hold_the_numbers_of_the_pages_bars_and_places(
    address: dict[str, str], town: Town, seen: Callable[[dict[str, str]], SimpleNamespace]
) -> None:
    """The slides' charts and the workbook's tables: each bar, tag and place, and together as many as the page says."""
    page = seen(address)
    with town.store.reading() as connection:
        reader = Reader(town.store, connection)
        mask = pages.mask_of(town.settings)
        view = pages.overview(town.settings, town.store, reader, page.view, page.chosen, now=page.now, mask=mask)
    deck = pptx.Presentation(io.BytesIO(reported(town.settings, town.store, "pptx", page.view, page.chosen, page.now)))
    charts = [shape.chart for slide in deck.slides for shape in slide.shapes if shape.has_chart]
    tags, days, places = charts
    now = view.numbers.now.tags
    wanted = {"Good": [now.get("good", 0)], "Neutral": [now.get("neutral", 0)], "Bad": [now.get("bad", 0)]}
    assert wanted == {each.name: list(each.values) for each in tags.plots[0].series}
    by_tag = {each.name: [int(value) for value in each.values] for each in days.plots[0].series}
    assert [sum(each) for each in zip(*by_tag.values(), strict=True)] == [bar.count for bar in view.bars.bars]
    assert [int(value) for value in places.plots[0].series[0].values] == [each.count for each in view.places[:8]]
    book = openpyxl.load_workbook(
        io.BytesIO(reported(town.settings, town.store, "xlsx", page.view, page.chosen, page.now))
    )
    lines = [[cell for cell in row if cell is not None] for row in book["Summary"].iter_rows(values_only=True)]
    at = next(row for row, cells in enumerate(lines) if cells and cells[0] in ("Day", "Week from"))
    told = lines[at + 1 : at + 1 + len(view.bars.bars)]
    assert [line[-1] for line in told] == [bar.count for bar in view.bars.bars]
    assert all(sum(line[1:5]) == line[5] for line in told)
    at = next(row for row, cells in enumerate(lines) if cells and cells[0] == "Place")
    assert [(line[0], line[-1]) for line in lines[at + 1 : at + 1 + len(view.places)]] == [
        (each.feed, each.count) for each in view.places
    ]
    assert view.numbers.now.mentions == sum(each.count for each in view.places) == book["Mentions"].max_row - 1


@pytest.mark.parametrize("address", VIEWS[:3], ids=str)
def test_stories_questions_and_other_times_are_the_pages(
    address: dict[str, str], town: Town, seen: Callable[[dict[str, str]], SimpleNamespace]
) -> None:
    """Each story's and question's words with their numbers, as they stand on the page; other times in every table."""
    page = seen(address)
    with town.store.reading() as connection:
        reader, mask = Reader(town.store, connection), pages.mask_of(town.settings)
        view = pages.overview(town.settings, town.store, reader, page.view, page.chosen, now=page.now, mask=mask)
        stories = reader.stories(view.view, limit=3)
    assert [each.story.count for each in view.stories] == [each.count for each in stories]
    assert view.stories
    assert view.questions
    for format_ in REPORT_FORMATS:
        content = reported(town.settings, town.store, format_, page.view, page.chosen, page.now)
        said = texts_of(format_, content).replace(" | ", " ").replace("  ", " ")
        if format_ == "xlsx":
            sheets = openpyxl.load_workbook(io.BytesIO(content))
            rows = list(sheets["Stories"].iter_rows(values_only=True))[1:4]
            assert [(told.name, told.story.count, len(told.story.feeds)) for told in view.stories] == [
                row[:3] for row in rows
            ]
            assert view.numbers.now.asking == sheets["Questions"].max_row - 1
        else:
            for told in view.stories:
                assert told.about in said
                assert told.why in said
            for asked in view.questions[:2]:
                assert asked.words.words[:60] in said
            assert view.questions_title in said
        if format_ != "pptx":
            cells = [
                text for each in view.over_time.earlier for cell in each.cells for text in (cell.value, cell.change)
            ]
            assert [] == [text for text in cells if text not in said]


@pytest.mark.parametrize("format_", FORMATS)
def test_a_file_has_the_very_rows_that_the_page_counts(
    format_: Format, town: Town, seen: Callable[[dict[str, str]], SimpleNamespace]
) -> None:
    """As many as the first number, and as many good and bad ones as the page opens."""
    page = seen({"period": "30d"})
    content, done = taken(town.settings, town.store, page.view, format_, now=page.now, period=page.chosen)
    rows = rows_of(format_, content)
    assert len(rows) == done.rows == int(page.metrics[0][1].replace(",", ""))
    with town.store.reading() as connection:
        held = {each.id: each for each in Reader(town.store, connection).stream(page.view)}
    assert [row["id"] for row in rows] == list(held)
    assert [row["tag"] for row in rows] == [each.tag for each in held.values()]


def test_all_formats_say_the_same(agency: Settings, store: Store, mention: MakeMention, save: Save) -> None:
    """Value by value, but for how each writes times, lists and what is missing."""
    save(
        store,
        mention(text="Hi", likes=3, score=-0.25, confidence=0.5),
        mention(author="@ada@social.example", views=None),
    )
    view = ALL
    by_format = {}
    for format_ in FORMATS:
        rows = rows_of(format_, taken(agency, store, view, format_, reason="a test")[0])
        by_format[format_] = [{name: alike(name, row[name]) for name in HEADER} for row in rows]
    assert by_format["csv"] == by_format["json"] == by_format["parquet"] == by_format["xlsx"]


def alike(name: str, value: Any) -> Any:
    """A value in one way of writing."""
    if value in ("", None, [], "; "):
        return None
    if isinstance(value, datetime):
        return value.replace(tzinfo=None).isoformat() if name != "day" else value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if name in LISTS:
        return value if isinstance(value, list) else value.split("; ")
    if name in COUNTS | NUMBERS:
        return float(value)
    return str(value).removesuffix("Z") if name.endswith("_at") else value


# --- what a view leaves out ---


def test_a_file_of_some_posts_says_of_which(agency: Settings, store: Store, mention: MakeMention, save: Save) -> None:
    """A workbook of bad posts does not speak of all of them."""
    save(store, *[mention(tag=tag, published_at=NOW - timedelta(hours=1)) for tag in ("good", "bad", "bad")])
    content, _ = taken(agency, store, replace(ALL, tag="bad"), "xlsx")
    said = texts_of("xlsx", content)
    assert "2 public posts about us (tag: bad)" in said
    assert "only tag: bad" in said
    assert "More of it is bad" not in said


def test_a_search_that_names_a_person_is_masked_in_what_leaves_the_house(
    agency: Settings, store: Store, mention: MakeMention, save: Save
) -> None:
    """In headlines, titles, properties and read-mes, as in the posts themselves."""
    save(store, mention(text="The bus driver @ada was so kind", published_at=NOW - timedelta(hours=2)))
    view = replace(ALL, query=parse("@ada"))
    chosen = period("7d", NOW, agency.agency.timezone)
    files = [taken(agency, store, view, format_)[0] for format_ in FORMATS]
    files += [taken(agency, store, view, "csv")[1].readme_text.encode()]
    files += [reported(agency, store, format_, view, chosen, NOW, evaluation=True) for format_ in REPORT_FORMATS]
    for content in files:
        for part in unpacked(content):
            assert b"@ada" not in part
    assert "“@•••”" in texts_of("html", files[-4])


def test_times_of_any_length_can_be_written(agency: Settings, store: Store, mention: MakeMention, save: Save) -> None:
    """The review's lists go from the first day there is to the last; a time before the oldest post is one too."""
    save(store, mention())
    for start, end in (
        (datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)),
        (datetime(1970, 1, 1, tzinfo=UTC), datetime(1970, 1, 1, tzinfo=UTC)),
        (datetime(2020, 1, 1, tzinfo=UTC), datetime(2020, 1, 2, tzinfo=UTC)),
        (NOW, NOW + timedelta(days=30)),
    ):
        for format_ in FORMATS:
            content, done = taken(agency, store, View(start=start, end=end), format_)
            assert done.rows == len(rows_of(format_, content)) == (1 if end.year == 9999 else 0)


def test_of_a_time_in_which_nobody_listened_nothing_is_claimed(
    agency: Settings, store: Store, mention: MakeMention, save: Save
) -> None:
    """No zero, no "nobody asks": it is not known."""
    save(store, mention())
    chosen = between(datetime(2025, 3, 3, tzinfo=UTC), datetime(2025, 3, 10, tzinfo=UTC), agency.agency.timezone)
    for format_ in REPORT_FORMATS:
        said = texts_of(format_, reported(agency, store, format_, ALL, chosen, NOW))
        assert "Nothing is known of the time from 2 to 9 March 2025" in said
        assert "Nobody asks" not in said
        assert "No bad posts" not in said or format_ == "pptx"


def test_long_words_are_cut_where_a_format_has_no_room(
    agency: Settings, store: Store, mention: MakeMention, save: Save
) -> None:
    """A search of 300 characters, an agency with a very long name."""
    save(store, mention(published_at=NOW - timedelta(hours=2)))
    long = replace(agency, agency=replace(agency.agency, name="Office of the Bridges and Ferries " * 12))
    view = replace(ALL, query=parse(" OR ".join(f"bridge{number}" for number in range(30))))
    chosen = period("7d", NOW, agency.agency.timezone)
    for format_ in REPORT_FORMATS:
        assert texts_of(format_, reported(long, store, format_, view, chosen, NOW))


def test_that_nobody_asks_is_said_only_where_it_is_known(
    agency: Settings, store: Store, mention: MakeMention, save: Save
) -> None:
    """Questions are found in English: of posts in other languages nothing is claimed."""
    german = {"text": "Wann fährt der Bus wieder?", "question": None, "tag": "unscored", "language": "de"}
    save(store, *[mention(published_at=NOW - timedelta(hours=each + 1), **german) for each in range(3)])
    catch_up(store, WhoAsks(lambda source: "post"))
    chosen = period("7d", NOW, agency.agency.timezone)
    for format_ in ("html", "docx", "pptx"):
        said = texts_of(format_, reported(agency, store, format_, ALL, chosen, NOW))
        assert "Nobody asks for anything in the posts in English" in said


def test_what_was_done_is_said_of_as_many_as_it_was_done_of(
    agency: Settings, store: Store, mention: MakeMention, save: Save
) -> None:
    """One answered copy of five does not speak for the story."""
    text = (
        "The new timetable of the bus starts on Monday, with a later last one from the harbour for all who work late."
    )
    copies = [
        mention(text=text, feed=f"place {each}", published_at=NOW - timedelta(hours=each + 1)) for each in range(5)
    ]
    save(store, *copies)
    with store.writing() as connection:
        change = {"status": "answered", "department": "Roads", "answered_at": NOW}
        reviewing.review(store, connection, {1: change}, reviewer="Ben Hill", at=NOW, seen=0)
    chosen = period("7d", NOW, agency.agency.timezone)
    assert "1 of 5 posts: with Roads; answered on Thursday 5 March." in texts_of(
        "html", reported(agency, store, "html", ALL, chosen, NOW)
    )


# --- what strangers wrote ---------------------------------------------------------------------------------------------


def test_nothing_that_a_stranger_wrote_is_a_formula_a_number_or_a_link(
    agency: Settings, store: Store, mention: MakeMention, save: Save
) -> None:
    """In the workbook each of it is typed as text, also where a place is called so."""
    save(store, *[mention(text=text, title=text, feed=text[:40], author=text, question=True) for text in HOSTILE])
    content, _ = taken(agency, store, ALL, "xlsx", reason="a test")
    book = openpyxl.load_workbook(io.BytesIO(content))
    typed = {}
    for sheet in book:
        for row in sheet.iter_rows():
            for cell in row:
                assert "f" != cell.data_type, (sheet.title, cell.coordinate, cell.value)
                assert cell.hyperlink is None
                typed[(sheet.title, cell.coordinate)] = cell.data_type
    heads = {cell.value: cell.column_letter for cell in book["Mentions"][1]}
    for name in ("text", "title", "feed", "author"):
        assert {"s", "inlineStr"} >= {typed[("Mentions", f"{heads[name]}{row}")] for row in range(2, len(HOSTILE) + 2)}
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        assert not [name for name in parts.namelist() if "externalLink" in name or "vbaProject" in name]
        assert not [
            name for name in parts.namelist() if name.endswith(".rels") and b'TargetMode="External"' in parts.read(name)
        ]


@pytest.mark.parametrize("format_", ["html", "docx", "pptx"])
def test_in_a_report_what_strangers_wrote_is_text(
    format_: ReportFormat, agency: Settings, store: Store, mention: MakeMention, save: Save
) -> None:
    """Markup is shown as it was written, and nothing leads anywhere."""
    for number, text in enumerate(HOSTILE):
        said = f"{text} says everybody at the bus stop"
        tags = {"tag": "good" if number % 2 else "bad", "likes": number, "question": True}
        for copy in range(2):
            save(
                store,
                mention(
                    text=said, feed=f"{text[:30]}{copy}", published_at=NOW - timedelta(hours=number + copy), **tags
                ),
            )
    chosen = period("7d", NOW, agency.agency.timezone)
    content = reported(agency, store, format_, ALL, chosen, NOW, evaluation=True)
    if format_ == "html":
        page = content.decode()
        assert not re.findall(r"<(script|b>bold|iframe|img|a )", page)
        assert "default-src 'none'" in page
        return
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        for name in parts.namelist():
            if name.endswith(".rels"):
                assert b'TargetMode="External"' not in parts.read(name)
            if name.startswith("ppt/embeddings/"):  # the numbers behind a chart, with the names of places
                book = openpyxl.load_workbook(io.BytesIO(parts.read(name)))
                cells = [cell for row in book.active.iter_rows() for cell in row]
                assert not [cell.value for cell in cells if cell.data_type == "f" or cell.hyperlink is not None]
            if name.startswith(("word/document", "ppt/slides/slide")):
                part = parts.read(name)
                assert b"instrText" not in part
                assert b"hlinkClick" not in part
                assert b"w:hyperlink" not in part


ANY_TEXT = st.text(st.characters(codec=None), max_size=60) | st.sampled_from(HOSTILE)
QUICK = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


def writable(text: str) -> str:
    return re.sub("[\ud800-\udfff]", "\ufffd", text)


@QUICK
@given(texts=st.lists(st.tuples(ANY_TEXT, ANY_TEXT), min_size=1, max_size=4))
@example(texts=[("\ud83d", "a\u2028b")])
def test_json_and_parquet_give_every_text_back(texts: list[tuple[str, str]], mention: MakeMention) -> None:
    """Whatever it holds; half a character, which no file can hold, becomes the sign for one that is missing."""
    mentions = [mention(text=text, author=author) for text, author in texts]
    file, raw = io.StringIO(), io.BytesIO()
    zone = ZoneInfo("America/New_York")
    assert len(texts) == jsonl.write(mentions, file, timezone=zone, mask=None)
    assert len(texts) == parquet.write(mentions, raw, timezone=zone, mask=None, readme=())
    wanted = [(writable(text), writable(author)) for text, author in texts]
    assert wanted == [
        (row["text"], row["author"]) for row in map(json.loads, file.getvalue().encode().decode().split("\n")[:-1])
    ]
    assert wanted == [(row["text"], row["author"]) for row in pq.read_table(io.BytesIO(raw.getvalue())).to_pylist()]


@QUICK
@given(text=st.text(st.characters(codec=None), max_size=200))
@example(text="\r\n\r")
@example(text="_x000D_")
@example(text="\x00\x0b\ufffe\ud800")
def test_a_cell_holds_every_character_that_a_workbook_can(text: str, tmp_path: Path) -> None:
    """Line ends become one kind; what XML cannot hold becomes the sign for a missing character. Read by openpyxl."""
    import xlsxwriter

    raw = io.BytesIO()
    book = xlsxwriter.Workbook(raw, {"constant_memory": True, "strings_to_formulas": False})
    cell, cut = fitting(text)
    book.add_worksheet().write_string(0, 0, cell)
    book.close()
    assert not cut
    kept = openpyxl.load_workbook(io.BytesIO(raw.getvalue())).active["A1"].value or ""
    assert cell == kept.replace("_x005F_", "_") or cell == kept


@pytest.mark.parametrize(
    ("text", "cut"), [("x" * 32_767, False), ("x" * 32_768, True), ("😀" * 16_384, True), ("😀" * 16_383, False)]
)
def test_a_text_that_is_longer_than_a_cell_is_cut_and_the_file_says_so(
    text: str, cut: bool, agency: Settings, store: Store, mention: MakeMention, save: Save
) -> None:
    """As Excel counts: a sign beyond the first plane is two. A CSV has all of it."""
    save(store, mention(text=text))
    content, _ = taken(agency, store, ALL, "xlsx")
    row = rows_of("xlsx", content)[0]
    assert len(str(row["text"]).encode("utf-16-le")) // 2 <= 32_767
    assert cut == (row["text"] != text)
    readme = "\n".join(
        str(cell.value) for line in openpyxl.load_workbook(io.BytesIO(content))["Read me"] for cell in line
    )
    assert cut == ("longer than a cell can be" in readme)
    assert text == rows_of("csv", taken(agency, store, ALL, "csv")[0])[0]["text"]


def test_more_mentions_than_a_sheet_holds_go_onto_the_next(
    agency: Settings, store: Store, mention: MakeMention, save: Save, monkeypatch: pytest.MonkeyPatch
) -> None:
    """None is lost, and each sheet has its head."""
    monkeypatch.setattr(xlsx, "MOST_ROWS", 4)
    save(store, *[mention() for _ in range(7)])
    content, done = taken(agency, store, ALL, "xlsx")
    book = openpyxl.load_workbook(io.BytesIO(content))
    sheets = [sheet for sheet in book if sheet.title.startswith("Mentions")]
    assert ["Mentions", "Mentions 2", "Mentions 3"] == [sheet.title for sheet in sheets]
    assert [3, 3, 1] == [sheet.max_row - 1 for sheet in sheets]
    assert 7 == done.rows == len({row[0].value for sheet in sheets for row in list(sheet.iter_rows())[1:]})


# --- names ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("format_", FORMATS)
def test_names_are_masked_alike_within_a_file_and_otherwise_in_the_next(
    format_: Format, agency: Settings, store: Store, mention: MakeMention, save: Save
) -> None:
    """Two posts of one person have one mark; two files cannot be laid beside each other."""
    who = {"author": "@ada@social.example", "author_url": "https://social.example/@ada"}
    save(store, mention(text="Thanks @bo", **who), mention(url="https://social.example/@ada/1", **who))
    marks = []
    for _ in range(2):
        content, _ = taken(agency, store, ALL, format_)
        rows = rows_of(format_, content)
        assert 1 == len({row["author"] for row in rows})
        assert b"@ada" not in content
        assert [] == [
            value for row in rows for value in row.values() if "ada@social" in str(value) or "@bo" in str(value)
        ]
        marks.append(rows[0]["author"])
    assert marks[0] != marks[1]
    named, _ = taken(agency, store, ALL, format_, reason="answering letters")
    assert "@ada@social.example" == rows_of(format_, named)[0]["author"]


def test_what_the_team_wrote_is_left_out_where_names_are_masked(
    agency: Settings, store: Store, mention: MakeMention, save: Save
) -> None:
    """Who reviewed and answered, and the notes, are in no masked file and in no report."""
    one = mention(text="When does the bus come?", question=True, published_at=NOW - timedelta(hours=2))
    save(store, one)
    decided = {"status": "answered", "department": "Public Works", "note": "Rang Clara", "answered_by": "Dora Fell"}
    with store.writing() as connection:
        change = {**decided, "answered_at": NOW, "minutes": 9}
        reviewing.review(store, connection, {1: change}, reviewer="Ben Hill", at=NOW, seen=0)
    chosen = period("7d", NOW, agency.agency.timezone)
    files: list[bytes] = [taken(agency, store, ALL, format_)[0] for format_ in FORMATS]
    files += [reported(agency, store, format_, ALL, chosen, NOW, evaluation=True) for format_ in REPORT_FORMATS]
    for content in files:
        for part in unpacked(content):
            for secret in (b"Ben Hill", b"Clara", b"Dora"):
                assert secret not in part
    row = rows_of("json", files[FORMATS.index("json")])[0]
    assert ("answered", "Public Works", 9) == (row["status"], row["department"], row["minutes"])
    assert "With Public Works; answered on 5 March" in texts_of("html", files[-4]).replace("Thursday ", "")


def unpacked(content: bytes) -> Iterator[bytes]:
    if content[:2] != b"PK":
        yield content
        return
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        yield from (parts.read(name) for name in parts.namelist())


# --- what a file says of itself ---------------------------------------------------------------------------------------


def readmes(agency: Settings, store: Store, view: View) -> dict[str, str]:
    """The read-me of each kind of file, read out of it."""
    chosen = between(view.start, view.end, agency.agency.timezone)
    found: dict[str, str] = {}
    for format_ in FORMATS:
        content, done = taken(agency, store, view, format_)
        if format_ == "xlsx":
            sheet = openpyxl.load_workbook(io.BytesIO(content))["Read me"]
            found[format_] = "\n".join(
                ": ".join(str(cell.value) for cell in row if cell.value) for row in sheet.iter_rows()
            )
        elif format_ == "parquet":
            found[format_] = pq.read_schema(io.BytesIO(content)).metadata[parquet.NOTE].decode()
        else:
            found[format_] = done.readme_text
    briefs: tuple[ReportFormat, ...] = ("html", "docx")
    for report in briefs:
        found[report] = texts_of(report, reported(agency, store, report, view, chosen, NOW))
    deck = pptx.Presentation(io.BytesIO(reported(agency, store, "pptx", view, chosen, NOW)))
    found["pptx"] = "\n".join(slide.notes_slide.notes_text_frame.text for slide in deck.slides)
    return found


def test_every_file_carries_its_read_me(agency: Settings, store: Store, mention: MakeMention, save: Save) -> None:
    """Time, time zone, filters, names, places that failed, how tags were made and how often they are right."""
    save(store, mention(tagger="model 2, rules 2"))
    view = View(
        start=datetime(2026, 3, 2, 5, tzinfo=UTC),
        end=datetime(2026, 3, 9, 4, tzinfo=UTC),
        topic="transit",
        query=parse("bus"),
    )
    for format_, said in readmes(agency, store, view).items():
        flat = said.replace(" | ", " ").replace(":  ", ": ")
        for wanted in (
            "Monday 2 March 2026, 00:00",
            "Monday 9 March 2026, 00:00",
            "America/New_York",
            "transit",
            "bus",
            "masked",
            "No place was asked in this time.",
            "model 2, rules 2",
            "Nobody has checked yet how often the tags are right.",
        ):
            assert wanted in flat, (format_, wanted)
        if format_ in FORMATS:
            assert [] == [name for name, meaning in MEANING.items() if f"{name}: {meaning}" not in said]


def test_the_read_me_tells_how_often_the_tags_agreed_with_people(
    agency: Settings, store: Store, mention: MakeMention, save: Save
) -> None:
    """With the interval, from what the team read."""
    mentions = [
        mention(text=f"The {word} bus is so lovely, thank you!", language="en")
        for word in ("red", "blue", "old", "new")
    ]
    save(store, *mentions)
    with store.writing() as connection:
        said = {number: {"tag": "bad" if number == 1 else "good"} for number in range(1, 5)}
        reviewing.review(store, connection, said, reviewer="Ben Hill", at=NOW, seen=0)
    _, done = taken(agency, store, ALL, "csv")
    assert (
        "Of 4 posts that the team read, one a story, 3 had the right tag: of all posts like these 30 to 95 of 100"
        in done.readme_text
    )


def test_every_column_has_its_meaning() -> None:
    """In the order of the file; what it says of the kinds of places names none as if there were no others."""
    assert list(HEADER) == list(MEANING)
    assert MEANING["source"].endswith("and so on")


# --- made to be read --------------------------------------------------------------------------------------------------


def test_charts_have_words_slides_titles_and_tables_heads(
    town: Town, seen: Callable[[dict[str, str]], SimpleNamespace]
) -> None:
    """What a screen reader needs: alternative texts, real titles, headings and table heads."""
    page = seen({"period": "30d"})
    args = (page.view, page.chosen, page.now)
    deck = pptx.Presentation(io.BytesIO(reported(town.settings, town.store, "pptx", *args)))
    assert 4 == len(deck.slides)
    for slide in deck.slides:
        assert slide.shapes.title.text_frame.text
        for shape in slide.shapes:
            if shape.has_chart:
                assert 30 < len(shape._element.xpath(".//p:cNvPr")[0].get("descr"))
        assert slide.notes_slide.notes_text_frame.text
    book = reported(town.settings, town.store, "xlsx", *args)
    with zipfile.ZipFile(io.BytesIO(book)) as parts:
        drawing = parts.read("xl/drawings/drawing1.xml").decode()
    assert 2 == len(re.findall(r'descr="Bars: [^"]{20,}"', drawing))
    document = docx.Document(io.BytesIO(reported(town.settings, town.store, "docx", *args, evaluation=True)))
    styles = {paragraph.style.name for paragraph in document.paragraphs if paragraph.style is not None}
    assert {"Title", "Heading 1", "Heading 2"} <= styles
    assert all(table.rows[0]._tr.xpath(".//w:tblHeader") for table in document.tables)
    brief = reported(town.settings, town.store, "html", *args).decode()
    assert re.search(r'<svg class="days"[^>]* role="img" aria-label="Bars: ', brief)
    assert '<html lang="en">' in brief


def test_the_evaluation_marks_what_only_the_team_knows(
    town: Town, seen: Callable[[dict[str, str]], SimpleNamespace]
) -> None:
    """Ten, six and seven headings with their sources; what the store knows is filled in, and no advertising value."""
    page = seen({"period": "30d"})
    with town.store.reading() as connection:
        view = pages.overview(
            town.settings,
            town.store,
            Reader(town.store, connection),
            page.view,
            page.chosen,
            now=page.now,
            mask=pages.mask_of(town.settings),
        )
    us, gcs, amec = view.frameworks
    assert (10, 6, 7) == (len(us.headings), len(gcs.headings), len(amec.headings))
    assert all("20" in each.source for each in view.frameworks)
    by_name = {heading.name: heading for heading in us.headings}
    tags = view.numbers.now.tags
    assert by_name["Customer experience: sentiment"].known.startswith(
        f"{tags['good']:,} good, {tags['neutral']:,} neutral"
    )
    assert "To be filled in" == by_name["Breadth: community size"].said
    said = texts_of(
        "docx", reported(town.settings, town.store, "docx", page.view, page.chosen, page.now, evaluation=True)
    )
    for each in (us, gcs, amec):
        assert each.name in said
    assert "To be filled in" in said
    assert "Advertising value is not given" in said


def test_with_nothing_to_say_every_report_says_so(agency: Settings, store: Store) -> None:
    """No empty chart, no crash: the page's own sentence."""
    with store.writing() as connection:
        save_feed(connection, FeedState(name="Quillhaven social", source="mastodon", state="ok", first_answer_at=NOW))
        note_heard(connection, "Quillhaven social", 20260304, answered=True)
    chosen = period("7d", NOW, agency.agency.timezone)
    for format_ in REPORT_FORMATS:
        said = texts_of(format_, reported(agency, store, format_, ALL, chosen, NOW, evaluation=True))
        assert "No public posts about us in the last 7 days" in said


@pytest.mark.browser
def test_the_brief_opens_from_the_disk_and_prints_on_one_sheet(
    town: Town,
    browser: BrowserContext,
    seen: Callable[[dict[str, str]], SimpleNamespace],
    tmp_path: Path,
) -> None:
    """At a desk and on a telephone nothing is wider than the screen, axe finds nothing, nothing is loaded."""
    page = seen({"period": "30d"})
    file = tmp_path / "brief.html"
    args = (page.view, page.chosen, page.now)
    file.write_bytes(reported(town.settings, town.store, "html", *args, evaluation=True))
    tab = browser.new_page()
    asked: list[str] = []
    tab.on("request", lambda request: asked.append(request.url))
    for width, height in ((1280, 720), (390, 844)):
        tab.set_viewport_size({"width": width, "height": height})
        tab.goto(file.as_uri())
        for each in tab.locator("summary").all():
            each.click()
        assert tab.evaluate("document.documentElement.scrollWidth") <= width
        found = Axe().run(tab, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]})
        assert [] == [violation["id"] for violation in found.response["violations"]]
    assert {file.as_uri()} == set(asked)
    file.write_bytes(reported(town.settings, town.store, "html", *args))  # the evaluation has sheets of its own
    tab.goto(file.as_uri())
    for paper in ("A4", "Letter"):
        assert 1 == len(re.findall(rb"/Type\s*/Page\b", tab.pdf(format=paper)))
    tab.close()


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
def test_libreoffice_opens_every_file(
    town: Town, seen: Callable[[dict[str, str]], SimpleNamespace], tmp_path: Path
) -> None:
    """Four slides are four pages, the brief is short, and the workbook's second sheet has our columns."""
    page = seen({"period": "30d"})
    for format_ in ("pptx", "docx", "xlsx"):
        content = reported(town.settings, town.store, format_, page.view, page.chosen, page.now)
        (tmp_path / f"report.{format_}").write_bytes(content)
    soffice = ["soffice", f"-env:UserInstallation=file://{tmp_path}/office", "--headless"]
    for format_, to in (
        ("pptx", "pdf"),
        ("docx", "pdf"),
        ("xlsx", "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,2"),
    ):
        ended = subprocess.run(
            [*soffice, "--convert-to", to, "--outdir", str(tmp_path / format_), str(tmp_path / f"report.{format_}")],
            check=True,
            capture_output=True,
            timeout=180,
            text=True,
        )
        assert "Error" not in ended.stdout, ended.stdout
    pages_of = {
        name: len(re.findall(rb"/Type\s*/Page\b", next((tmp_path / name).glob("*.pdf")).read_bytes()))
        for name in ("pptx", "docx")
    }
    assert 4 == pages_of["pptx"]
    assert 2 <= pages_of["docx"] <= 4
    (sheet,) = (tmp_path / "xlsx").glob("*.csv")
    heads = sheet.read_text(encoding="utf-8").splitlines()[0]
    assert heads.startswith("id,source,feed,key,url,title,text")
