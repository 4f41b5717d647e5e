"""How exports are read: dates and their order, addresses and keys, tables of every make, and what a file covers."""

# ruff: noqa: SIM300 (expected == actual, as everywhere in the tests)

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from export_kit import BRANDWATCH, CROWDTANGLE, MELTWATER, TALKWALKER
from hypothesis import given, settings
from hypothesis import strategies as st

from listening.collectors import addresses, collector
from listening.importing import Choice, Layout, Posts, Reading, guessed, name_for, opened, recognised
from listening.importing.dates import Evidence, read
from listening.importing.layout import Dates, from_json
from listening.importing.posts import is_round, number
from listening.importing.tally import Tally
from listening.importing.tally import from_json as tally_from_json
from listening.models import Answer, Feed, Post

NEW_YORK = ZoneInfo("America/New_York")
BERLIN = ZoneInfo("Europe/Berlin")
NOON = datetime(2026, 11, 18, 17, 5, tzinfo=UTC)


# --- dates ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "said",
    [
        "2026-11-18 12:05:00", "2026-11-18T17:05:00Z", "2026-11-18 12:05:00.0", "2026-11-18T12:05:00-0500",
        "2026-11-18 17:05:00 UTC", "2026/11/18 12:05", "2026-11-18 12:05:00 EST", "2026-11-18 13:05:00 EDT",
        "1795021500", "1795021500.0", "1795021500000", "18-Nov-2026 12:05PM", "Nov 18, 2026 12:05 PM",
        "18 November 2026 12:05", "November 18, 2026 at 12:05 p.m.", "Wed, 18 Nov 2026 17:05:00 GMT",
        "Wed Nov 18 17:05:00 +0000 2026", "18.11.2026 12:05", "18. Nov 2026 12:05".replace(". ", " "),
        "11/18/2026 12:05", "11/18/26 12:05 pm", "2026-11-18T18:05:00+01:00",
    ],
)  # fmt: skip
def test_one_moment_in_the_forms_in_which_tools_write_it(said: str) -> None:
    """Where no zone is named it is the one that is given."""
    assert NOON == read(said, "", "month-first", NEW_YORK)


@pytest.mark.parametrize(
    "said",
    ["", "soon", "2026-13-01", "2026-02-30", "31/31/2026", "25:61", "2026-11-18 12:05 IST", "2026-11-18 25:00", "-5",
     "13/11/2026", "2026-11-18 13:05 pm", "99999999999999999999", "0000-10-14T15:15:10"],
)  # fmt: skip
def test_what_is_no_date_or_could_be_two_is_none(said: str) -> None:
    """India's, Israel's and Ireland's time have one abbreviation; 13 is no month."""
    assert read(said, "", "month-first", NEW_YORK) is None


def test_without_an_order_a_doubtful_date_is_not_read() -> None:
    """No row is guessed; 5/5 is one day whatever the order."""
    assert read("03/04/2026", "", "", BERLIN) is None
    assert datetime(2026, 5, 4, 22, tzinfo=UTC) == read("05/05/2026", "", "", BERLIN)


def test_a_time_in_a_column_of_its_own_belongs_to_the_date() -> None:
    """But not where the date holds one already."""
    assert NOON == read("2026-11-18", "12:05 PM", "", NEW_YORK)
    assert NOON == read("18-Nov-2026 12:05PM", "3:12 AM", "", NEW_YORK)


FORMS = {"day-first": "{d:02}/{m:02}/{y}", "month-first": "{m}-{d}-{y}"}


@given(
    moment=st.datetimes(datetime(1991, 1, 1), datetime(2060, 1, 1)).map(lambda at: at.replace(microsecond=0)),  # noqa: DTZ001
    order=st.sampled_from(["day-first", "month-first"]),
)
def test_dates_in_either_order_come_back_as_they_were_written(moment: datetime, order: Dates) -> None:
    """Whatever the day, once the order is known."""
    said = FORMS[order].format(d=moment.day, m=moment.month, y=moment.year) + f" {moment:%H:%M:%S}"
    assert moment.replace(tzinfo=UTC) == read(said, "", order, ZoneInfo("UTC"))


@given(st.text(max_size=40), st.text(max_size=12), st.sampled_from(["", "day-first", "month-first"]))
def test_no_text_breaks_the_reading_of_dates(said: str, clock: str, order: Dates) -> None:
    """Whatever stands in the cell."""
    found = read(said, clock, order, NEW_YORK)
    assert found is None or found.tzinfo is UTC


def test_evidence_is_the_first_row_that_decides() -> None:
    """Dates with full stops, names or the year first say nothing about slashes."""
    seen = Evidence()
    for line, said in enumerate(["18.11.2026", "Nov 18, 2026", "2026-11-18", "03/04/2026", "22/11/2026", "5/23/2026"]):
        seen.see(line, said)
    assert ((4, "22/11/2026"), (5, "5/23/2026"), (3, "03/04/2026")) == (seen.day_first, seen.month_first, seen.either)


# --- addresses --------------------------------------------------------------------------------------------------------

TWEET, VIDEO = "1990000000000000123", "abcdefghijk"
DID = "did:plc:crmrddqmbqzyqd24yjlpibz2"


@pytest.mark.parametrize(
    ("url", "source", "key"),
    [
        (f"http://twitter.com/ada/statuses/{TWEET}", "x", TWEET),
        (f"https://x.com/ada/status/{TWEET}?s=20", "x", TWEET),
        (f"https://mobile.twitter.com/i/web/status/{TWEET}", "x", TWEET),
        ("https://www.reddit.com/r/quillhaven/comments/1abcde/why/", "reddit", "t3_1abcde"),
        ("https://old.reddit.com/r/q/comments/1abcde/why/kx12345/?context=3", "reddit", "t1_kx12345"),
        ("https://redd.it/1abcde", "reddit", "t3_1abcde"),
        (f"https://youtu.be/{VIDEO}?t=5", "youtube", VIDEO),
        (f"https://www.youtube.com/shorts/{VIDEO}", "youtube", VIDEO),
        (f"https://www.youtube.com/watch?v={VIDEO}&lc=UgxComment", "youtube", "UgxComment"),
        (f"https://bsky.app/profile/{DID}/post/3lki", "bluesky", f"at://{DID}/app.bsky.feed.post/3lki"),
        ("https://harbor.example/@ada/112233445566", "mastodon", "https://harbor.example/users/ada/statuses/112233445566"),
        ("https://news.ycombinator.com/item?id=123", "hackernews", "123"),
        ("https://travel.stackexchange.com/questions/17/why", "stackexchange", "travel:17"),
        ("https://stackoverflow.com/questions/17/why/18#18", "stackexchange", "stackoverflow:answer:18"),
        ("https://m.facebook.com/story.php?story_fbid=1020304050&id=7", "facebook", "1020304050"),
        ("https://www.facebook.com/groups/77/posts/1020304050/", "facebook", "1020304050"),
        ("https://stackoverflow.com/questions/17/why#comment55_17", "stackexchange", "stackoverflow:comment:55"),
        ("https://www.facebook.com/quill/posts/1020304050?comment_id=11111111", "facebook", "1020304050:11111111"),
        ("https://www.facebook.com/quill/posts/1020304050?comment_id=11111111&reply_comment_id=22222222", "facebook",
         "1020304050:22222222"),
        ("https://www.facebook.com/share/p/AbCdEf/", "facebook", "https://www.facebook.com/share/p/AbCdEf/"),
        ("https://m.facebook.com/quill/posts/pfbid02abc", "facebook", "https://www.facebook.com/quill/posts/pfbid02abc"),
        ("https://www.instagram.com/reel/Cx_1-z/", "instagram", "Cx_1-z"),
        ("https://www.instagram.com/p/Cx_1-z/c/17900000000000/", "instagram", "Cx_1-z:17900000000000"),
        ("https://www.linkedin.com/feed/update/urn:li:activity:73000000000?commentUrn=urn%3Ali%3Acomment%3A%28"
         "activity%3A73000000000%2C73000000001%29", "linkedin", "73000000000:73000000001"),
        ("https://www.linkedin.com/feed/update/urn:li:activity:73000000000?dashCommentUrn=urn%3Ali%3Afsd_comment%3A%28"
         "73000000001%2Curn%3Ali%3Aactivity%3A73000000000%29", "linkedin", "73000000000:73000000001"),
        ("https://www.tiktok.com/@ada/video/7300000000000000000", "tiktok", "7300000000000000000"),
        ("https://www.linkedin.com/feed/update/urn:li:activity:73000000000/", "linkedin", "73000000000"),
    ],
)  # fmt: skip
def test_a_posts_address_tells_its_source_and_key(url: str, source: str, key: str) -> None:
    """However it is written."""
    found = addresses.located(url)
    assert found is not None
    assert (source, key) == (found.source, found.key)


@pytest.mark.parametrize(
    "url",
    ["", "nowhere", "https://twitter.com/ada", "https://herald.example/2026/bus", "https://notx.com/ada/status/12",
     "https://www.youtube.com/@ada", "https://bsky.app/profile/ada.example", "http://[broken", "javascript:alert(1)"],
)  # fmt: skip
def test_an_address_of_no_post_tells_nothing(url: str) -> None:
    """Nor one of another site whose name ends alike."""
    assert addresses.located(url) is None


@given(
    st.text(max_size=80), st.text(max_size=30), st.sampled_from(["", "x", "reddit", "bluesky", "mastodon", "facebook"])
)
def test_no_text_breaks_the_reading_of_addresses(url: str, identity: str, said: str) -> None:
    """What a stranger wrote may be anything."""
    for address in (url, f"https://{url}", f"https://x.com/{url}"):
        found = addresses.located(address, identity=identity, said=said)
        assert found is None or found.key or "facebook" == found.source


@pytest.mark.parametrize(
    "path", ["groups/quillhaven", "groups/77/", "quillhaven", "profile.php?id=100", "people/Ada/100", "pages/Town/100"]
)
def test_the_address_of_a_page_or_group_tells_no_post(path: str) -> None:
    """Only where it is; which of the posts there is told by an id that is one of Facebook's, else by nothing."""
    found = addresses.located(f"https://www.facebook.com/{path}")
    assert found is not None
    assert ("facebook", "") == (found.source, found.key)
    found = addresses.located(f"https://www.facebook.com/{path}", identity="100077_1020304050")
    assert found is not None
    assert found.key == "1020304050"


def collected(source: str, body: Any) -> Post:
    """What the collector itself makes of its service's answer."""
    answer = Answer(status=200, headers={}, url="https://service.example/", body=json.dumps(body).encode())
    (post,) = collector(source).parse(answer, Feed(name="there", source=source)).posts
    return post


def test_an_exported_post_has_the_very_key_and_address_that_its_collector_gives() -> None:
    """Each service's own answer beside the address that tools export."""
    tweet = collected("x", {"data": [{"id": TWEET, "text": "Quillhaven", "author_id": "7"}],
                            "includes": {"users": [{"id": "7", "username": "ada"}]}})  # fmt: skip
    link = "/r/quillhaven/comments/1abcde/why/"
    listing = {"kind": "Listing", "data": {"children": [{"kind": "t3", "data": {
        "name": "t3_1abcde", "id": "1abcde", "title": "Quillhaven", "permalink": link, "author": "ada"}}]}}  # fmt: skip
    story = {"hits": [{"objectID": "123", "title": "Quillhaven", "author": "ada", "created_at_i": 1_795_021_500}]}
    home = "https://harbor.example"
    toot = [{"uri": f"{home}/users/ada/statuses/112233445566", "content": "Quillhaven", "id": "112233445566",
             "url": f"{home}/@ada/112233445566",
             "account": {"acct": "ada", "username": "ada", "url": f"{home}/@ada"}}]  # fmt: skip
    for post, exported in (
        (tweet, f"http://twitter.com/ada/statuses/{TWEET}"),
        (collected("reddit", listing), f"http://www.reddit.com{link}?utm_source=share"),
        (collected("hackernews", story), "https://news.ycombinator.com/item?id=123"),
        (collected("mastodon", toot), "https://harbor.example/@ada/112233445566"),
    ):
        found = addresses.located(exported)
        assert found is not None
        assert (post.source, post.key, post.url) == (found.source, found.key, found.url)


# --- rows -------------------------------------------------------------------------------------------------------------


def post_of(layout: Layout, **cells: str) -> Post | str:
    """The post of a row with these cells."""
    reading = Reading(layout=layout, header=tuple(cells), name="file", zone=NEW_YORK, now=NOON + timedelta(days=9))
    return Posts(reading).post(list(cells.values()))


def key_of(url: str, source: str, text: str = "Quillhaven", identity: str = "") -> str:
    """The key of a row with this address."""
    layout = Layout(columns={"text": ("t",), "date": ("d",), "url": ("u",), "id": ("i",)}, source=source)
    found = post_of(layout, t=text, d="2026-11-18", u=url, i=identity)
    assert isinstance(found, Post)
    return found.key


@pytest.mark.parametrize("source", ["rss", "news", "gdelt", "lemmy"])
def test_where_a_collector_takes_the_address_for_a_key_an_import_does_too(source: str) -> None:
    """Whatever id a tool has given the post, and wherever on the page its address points."""
    page = "https://herald.example/bus"
    assert {page} == {
        key_of(url, source, identity=identity)
        for url, identity in ((page, ""), (page, "101"), (f"{page}#part-2", "102"), (f"{page}?utm_source=x", "103"))
    }


def test_posts_of_one_page_are_told_apart_by_their_marks_and_else_by_their_ids() -> None:
    """And one post is the same from a tool that has no id for it, where its address is its own."""
    thread = "https://forum.example/t/roads/12"
    for urls, identities in (
        ([f"{thread}#post-1", f"{thread}#post-2"], ["", ""]),
        ([thread, thread], ["1001", "1002"]),
    ):
        assert 2 == len({key_of(url, "forum", identity=one) for url, one in zip(urls, identities, strict=True)})
    assert key_of(f"{thread}#post-1", "forum", identity="9") == key_of(f"{thread}#post-1", "forum", "cut …")
    assert key_of(f"{thread}/1001", "forum", identity="1001x") != key_of(f"{thread}/1001", "forum")
    assert key_of(f"{thread}/91001", "forum", identity="91001") == key_of(f"{thread}/91001#comments", "forum", "cut …")
    assert 3 == len({key_of(thread, "forum", identity=one) for one in ("1", "2", "12")})
    assert key_of(thread, "forum", identity="1.99E+18") == key_of(thread, "forum")


@pytest.mark.parametrize(
    ("url", "source"),
    [("https://www.facebook.com/groups/quillhaven", "facebook"),
     ("https://www.linkedin.com/company/quill/posts/", "linkedin"),
     ("https://www.tiktok.com/@ada", "tiktok"), ("https://board.example/", "forum")],
)  # fmt: skip
def test_under_the_address_of_a_list_a_post_is_known_by_what_it_is(url: str, source: str) -> None:
    """By its words, author, date and id: the address is that of many."""
    keys = [key_of(url, source, "one"), key_of(url, source, "two"), key_of(url, source, "one", "7")]
    assert 3 == len(set(keys))
    assert keys[0] == key_of(url, source, "one")


@pytest.mark.parametrize(
    ("said", "count"),
    [("12", 12), ("1,234", 1234), ("1.234.567", 1_234_567), ("1 234", 1234), ("12.0", 12), ("12,00", 12),
     ("12.000000", 12), ("1,000", 1000), ("10.000", 10_000), ("1,000,000", 1_000_000), ("1 000", 1000),
     ("1,000.0", 1000), ("0.0", 0), ("-3", 0), ("", None), ("-", None), ("12.5", None), ("many", None), ("1,23", None),
     ("9" * 30, None)],
)  # fmt: skip
def test_counts_as_tools_write_them(said: str, count: int | None) -> None:
    """What is no number is unknown, and not zero."""
    assert count == number(said)


def test_markup_and_escapes_become_plain_text() -> None:
    """An idea tool writes HTML, a tweet &amp;; a text that only speaks of < and > stays."""
    layout = Layout(columns={"text": ("t",), "date": ("d",)}, source="feedback")
    for said, text in (
        ("<p>More<br>trams</p>", "More\ntrams"),
        ("You &amp; me", "You & me"),
        ("1 < 2 > 0", "1 < 2 > 0"),
    ):
        found = post_of(layout, t=said, d="2026-11-18")
        assert isinstance(found, Post)
        assert text == found.text


def test_answers_of_one_survey_differ_by_what_they_say_and_stay_the_same_in_the_next_export() -> None:
    """Without an address a post is known by all that it is, not by its place in a file."""
    layout = Layout(columns={"text": ("t",), "date": ("d",), "id": ("i",)}, source="feedback")
    keys = [
        post_of(layout, t=text, d="2026-11-18", i=identity) for text, identity in (("a", "1"), ("b", "1"), ("a", "2"))
    ]
    again = post_of(layout, t="a", d="2026-11-18", i="1")
    assert isinstance(again, Post)
    assert 3 == len({each.key for each in keys if isinstance(each, Post)})
    assert isinstance(keys[0], Post)
    assert keys[0].key == again.key


def test_only_ids_longer_than_a_spreadsheet_keeps_can_be_rounded() -> None:
    """Sixteen digits or more, with nothing behind the fifteenth."""
    assert is_round("1990000000000000000")
    assert not is_round("1990000000000001000")
    assert not is_round("100000000000000")


def test_a_layout_and_a_tally_are_kept_as_they_are() -> None:
    """Through JSON and back."""
    layout = Layout(
        tool="T", columns={"text": ("a", "b")}, together=("text",), source="x", dates="day-first", day="2026-01-02"
    )
    assert layout == from_json(layout.as_json())
    tally = Tally(read=3, new=1, refused={"text": 2}, lines={"text": [1, 2]}, days={"2026-11-18"}, feeds={"A": "x"})
    assert tally == tally_from_json(tally.as_json())


# --- tables -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "label"),
    [(BRANDWATCH, "Brandwatch"), (MELTWATER, "Meltwater"), (TALKWALKER, "Talkwalker"),
     (CROWDTANGLE, "CrowdTangle (Facebook)")],
)  # fmt: skip
def test_a_tool_is_known_by_its_columns_however_they_are_written(header: tuple[str, ...], label: str) -> None:
    """In capitals, with blanks around them, in another order."""
    for written in (header, [name.upper() for name in header], [f" {name} " for name in reversed(header)]):
        tool = recognised(written)
        assert tool is not None
        assert label == tool.label


@pytest.mark.parametrize(
    ("label", "stem", "name"),
    [
        ("", "idea_box", "Idea box"), ("", "spoiled", "Spoiled"), ("", "town-survey 2026", "Town survey 2026"),
        ("", "export-2026-11-22", "Export 2026-11-22"), ("", "GEMA", "GEMA"), ("", "_", "_"), ("", "élan", "Élan"),
        ("Brandwatch", "week-47", "Brandwatch: week 47"), ("Brandwatch", "brandwatch", "Brandwatch"),
        ("Brandwatch", "Brandwatch_week_47", "Brandwatch: week 47"), ("Idea box", "idea boxes", "Idea box: idea boxes"),
    ],
)  # fmt: skip
def test_a_files_name_is_proposed_as_a_place_is_written(label: str, stem: str, name: str) -> None:
    """With a capital and blanks; what names a day stays as it is."""
    assert name == name_for(Choice(layout=Layout(), how="said", label=label), stem)


def test_the_names_of_a_table_made_by_hand_are_understood() -> None:
    """When, what, who: a team that copies a group's posts by hand writes plain words over its columns."""
    said = guessed(("When", "What", "Who", "Link"))
    assert {"date": ("When",), "text": ("What",), "author": ("Who",), "url": ("Link",)} == said.columns


def test_a_table_of_anything_else_is_not_taken_for_a_tools() -> None:
    """Common names alone make no tool."""
    for header in (("text", "date", "url"), ("id", "title", "author", "likes"), ("url", "date", "headline")):
        assert recognised(header) is None


CELL = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)


@settings(max_examples=60)
@given(
    rows=st.lists(st.tuples(CELL, CELL), min_size=1, max_size=8),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    delimiter=st.sampled_from([",", ";", "\t"]),
    above=st.sampled_from(["", 'Report:,"Mentions; all"\r\nLabel:\r\n\r\n']),
)
def test_every_cell_of_a_csv_comes_back(
    rows: list[tuple[str, str]], encoding: str, delimiter: str, above: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Whatever its encoding and delimiter, with lines above the column names, and line breaks within cells."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter, quoting=csv.QUOTE_ALL)
    writer.writerows([("Full Text", "Query Name"), *rows])
    file = tmp_path_factory.mktemp("csv") / "a.csv"
    file.write_bytes((above + out.getvalue()).encode(encoding))
    table = opened(file)
    assert ("Full Text", "Query Name") == table.header
    assert [list(row) for row in rows if any(row)] == [cells for _, cells in table.rows()]


def test_ragged_rows_lose_nothing_and_name_their_lines(tmp_path: Path) -> None:
    """A short row is filled up; what is too much stands in the last cell; a cell may go over several lines."""
    file = tmp_path / "a.csv"
    file.write_text('text,date\n"two\nlines",2026-11-18\nshort\n\nlong,a,b\n', encoding="utf-8", newline="")
    found = [(2, ["two\nlines", "2026-11-18"]), (4, ["short", ""]), (6, ["long", "a,b"])]
    assert found == list(opened(file).rows())


# --- what a file covers -----------------------------------------------------------------------------------------------


def test_a_file_tells_of_the_days_between_its_posts_but_not_of_long_gaps_or_of_today() -> None:
    """A quiet week is one in which nobody spoke; a silent month may be one that was not asked for."""
    tally = Tally(days={"2026-11-01", "2026-11-03", "2026-11-11", "2026-11-20", "2026-11-21"})
    covered = tally.covered(date(2026, 11, 21))
    expected = [date(2026, 11, day) for day in (*range(1, 12), 20)]
    assert expected == covered
