"""`listening import`: other tools' exports on the way of a collected post. The exports are made up (export_kit)."""

# ruff: noqa: DTZ001, SIM300 (cells know no zone; expected == actual)

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import pty
import random
import signal
import subprocess
import sys
import tempfile
import time
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from export_kit import brandwatch, crowdtangle, meltwater, talkwalker
from keeping_kit import assert_whole

from listening import door, importing
from listening import store as stores
from listening.cli import main
from listening.collectors import kinds
from listening.errors import InputError
from listening.models import Mention, Post, mention_id
from listening.pages import uploads
from listening.pages.uploads import Upload
from listening.settings import Settings
from listening.store import Reader, Store, View, forgotten, imports, placing
from listening.store.access import accesses

SETTINGS = """
[agency]
name = "Town of Quillhaven"
timezone = "America/New_York"
contact = "press@quillhaven.example"
own_accounts = ["@townhall"]

[[topics]]
name = "Town"
query = "quillhaven"

[[topics]]
name = "Buses"
query = "quillhaven AND bus"
"""


@pytest.fixture(autouse=True)
def _surroundings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A folder with Quillhaven's settings, which listen to nobody."""
    for name in ("LISTENING_SETTINGS", "LISTENING_STORE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    Path("listening.toml").write_text(SETTINGS, encoding="utf-8")


@pytest.fixture
def settings() -> Settings:
    """The settings in the folder."""
    return door.load()


def brought(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    """What an import says for programs."""
    capsys.readouterr()
    assert main(["import", *words, "--json"]) == 0, capsys.readouterr().err
    said: dict[str, Any] = json.loads(capsys.readouterr().out)
    parts = ("new", "known", "unmatched", "too_old", "forgotten")
    assert said["rows"] == sum(said[name] for name in parts) + sum(said["refused"].values())
    return said


def refused(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """What an import that cannot be says on stderr."""
    capsys.readouterr()
    assert main(["import", *words]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    return said.err


def stored() -> dict[str, Mention]:
    """All mentions, by their keys."""
    store = door.store_of(door.load())
    everything = View(start=datetime(1990, 1, 1, tzinfo=UTC), end=datetime(2100, 1, 1, tzinfo=UTC))
    with store.reading() as connection:
        return {mention.key: mention for mention in Reader(store, connection).stream(everything)}


def plain_csv(path: str, header: str, *lines: str) -> str:
    """A CSV file of these lines."""
    Path(path).write_text("\n".join([header, *lines, ""]), encoding="utf-8", newline="")
    return path


TWEET = "1990000000000000123"


# --- the four tools ---------------------------------------------------------------------------------------------------


def test_brandwatch_is_recognised_below_its_lines_about_the_query(capsys: pytest.CaptureFixture[str]) -> None:
    """Lines above the column names, NUL bytes, commas in them: each post is where, whose and when it was."""
    file = brandwatch(
        Path("week 47.csv"),
        [
            {"Url": f"http://twitter.com/ada_w/statuses/{TWEET}", "Date": "2026-11-18 14:05:00.0", "Author": "ada_w",
             "Full Text": "The Quillhaven bus came on time &amp; was warm. Thank you!", "Page Type": "twitter",
             "X Followers": "1,204", "Likes": "7", "Comments": "2", "Shares": "1", "Language": "en"},
            {"Url": "https://herald.example/bus?utm_source=x", "Date": "2026-11-18 09:00:00.0", "Page Type": "news",
             "Title": "Quillhaven opens a bus lane", "Snippet": "…opens on Monday, said Quillhaven…"},
            {"Url": "https://www.reddit.com/r/quillhaven/comments/1abcde/buses/kx12345/", "Page Type": "reddit",
             "Date": "2026-11-19 09:00:00.0", "Author": "birder", "Full Text": "Quillhaven\nbuses, two\nlines"},
            {"Url": "https://bsky.app/profile/ada.example/post/3lkicuf37nc2v", "Page Type": "bluesky",
             "Bluesky Author Id": "did:plc:crmrddqmbqzyqd24yjlpibz2", "Date": "2026-11-19 10:00:00.0",
             "Full Text": "Quillhaven in the rain", "Author": "ada.example"},
            {"Url": "https://harbor.example/1", "Date": "2026-11-19 10:00:00.0", "Full Text": "Nothing about the town",
             "Page Type": "forum"},
        ],
    )  # fmt: skip
    said = brought(capsys, str(file))
    assert (said["rows"], said["new"], said["unmatched"]) == (5, 4, 1)
    found = stored()
    tweet = found[TWEET]
    assert ("x", f"https://x.com/ada_w/status/{TWEET}", "@ada_w") == (tweet.source, tweet.url, tweet.author)
    assert tweet.text == "The Quillhaven bus came on time & was warm. Thank you!"
    assert datetime(2026, 11, 18, 19, 5, tzinfo=UTC) == tweet.published_at  # 14:05 in New York
    assert (tweet.author_followers, tweet.likes, tweet.replies, tweet.reposts, tweet.views) == (1204, 7, 2, 1, None)
    assert tweet.tag == "good"  # although the tool's own column says negative
    assert tweet.topics == ("Town", "Buses")
    assert tweet.feed == "Brandwatch: week 47, X (Twitter)"
    article = found["https://herald.example/bus"]
    assert (article.source, article.feed) == ("news", "Brandwatch: week 47, News search")
    assert (found["t1_kx12345"].source, found["t1_kx12345"].author) == ("reddit", "u/birder")
    assert "at://did:plc:crmrddqmbqzyqd24yjlpibz2/app.bsky.feed.post/3lkicuf37nc2v" in found
    assert_whole(door.store_of(door.load()))


def test_meltwater_comes_in_utf_16_with_tabs(capsys: pytest.CaptureFixture[str]) -> None:
    """Opening text and hit sentence are read together, the month's name says the date, ids in quotes are ids."""
    file = meltwater(
        Path("export.csv"),
        [
            {"Date": "18-Nov-2026 03:12PM", "URL": "https://herald.example/ferry", "Headline": "Ferry back – at last",
             "Opening Text": "The ferry is back, said Zoë.", "Hit Sentence": "Quillhaven, says the mayor, is proud.",
             "Source": "The Herald"},
            {"Date": "18-Nov-2026 03:12PM", "URL": f"http://twitter.com/ada_w/statuses/{TWEET}", "Source": "Twitter",
             "Hit Sentence": "Quillhaven ferry!", "Opening Text": "Quillhaven ferry!", "Twitter Screen Name": "@ada_w",
             "Twitter Followers": "12", "Tweet Id": f'"{TWEET}"'},
        ],
    )  # fmt: skip
    assert brought(capsys, str(file))["new"] == 2
    found = stored()
    article = found["https://herald.example/ferry"]
    assert article.text == "The ferry is back, said Zoë.\nQuillhaven, says the mayor, is proud."
    assert datetime(2026, 11, 18, 20, 12, tzinfo=UTC) == article.published_at
    assert (
        found[TWEET].text,
        found[TWEET].author,
        found[TWEET].author_followers,
    ) == ("Quillhaven ferry!", "@ada_w", 12)


def test_talkwalker_counts_milliseconds(capsys: pytest.CaptureFixture[str]) -> None:
    """Its technical names are known, and its times are UTC."""
    file = talkwalker(
        Path("results.csv"),
        [
            {"url": f"https://x.com/ada_w/status/{TWEET}", "published": "1795356300000", "content": "Quillhaven hums",
             "source_type": "SOCIALMEDIA_TWITTER", "extra_author_attributes.short_name": "ada_w",
             "article_extended_attributes.twitter_likes": "4", "article_extended_attributes.twitter_retweets": "2"},
            {"url": "https://board.example/t/9", "published": "1795356300000", "title_snippet": "Quillhaven trams?",
             "content_snippet": "Why has Quillhaven none?", "source_type": "MESSAGEBOARD"},
        ],
    )  # fmt: skip
    assert brought(capsys, str(file))["new"] == 2
    found = stored()
    assert datetime(2026, 11, 22, 14, 5, tzinfo=UTC) == found[TWEET].published_at
    assert (found[TWEET].likes, found[TWEET].reposts) == (4, 2)
    assert (
        found["https://board.example/t/9"].source,
        found["https://board.example/t/9"].title,
    ) == ("forum", "Quillhaven trams?")


def test_crowdtangle_names_its_zone(capsys: pytest.CaptureFixture[str]) -> None:
    """EDT and EST are what they say, 1,234 is a number, and a Facebook post is known by its number."""
    file = crowdtangle(
        Path("facebook.csv"),
        [
            {"Page Name": "Friends of Quillhaven", "Post Created": "2026-10-01 12:00:00 EDT", "Likes": "1,234",
             "Message": "Quillhaven’s library is open again", "URL": "https://www.facebook.com/100/posts/1020304050",
             "Total Interactions": "1,300", "Comments": "12", "Followers at Posting": "9001"},
            {"Page Name": "Friends of Quillhaven", "Post Created": "2026-11-22 12:00:00 EST", "Message": "",
             "Link Text": "Quillhaven news", "URL": "https://m.facebook.com/story.php?story_fbid=77665544332&id=100"},
        ],
    )  # fmt: skip
    assert brought(capsys, str(file))["new"] == 2
    found = stored()
    post = found["1020304050"]
    assert (post.source, post.author, post.likes, post.replies) == ("facebook", "Friends of Quillhaven", 1234, 12)
    assert datetime(2026, 10, 1, 16, 0, tzinfo=UTC) == post.published_at
    assert datetime(2026, 11, 22, 17, 0, tzinfo=UTC) == found["77665544332"].published_at


# --- one post, several ways -------------------------------------------------------------------------------------------


def test_a_post_from_two_tools_is_one_mention_with_the_larger_counts(capsys: pytest.CaptureFixture[str]) -> None:
    """Counts that grew are kept up to date, those that a tool has less of do not fall, and the words stay."""
    first = [{"Url": f"https://twitter.com/ada_w/status/{TWEET}", "Date": "2026-11-18 14:05:00", "Likes": "7",
              "Full Text": "Quillhaven shines", "Comments": "5", "Author": "ada_w"}]  # fmt: skip
    brought(capsys, str(brandwatch(Path("one.csv"), first)))
    second = [{"url": f"https://x.com/ada_w/status/{TWEET}?s=20", "published": "2026-11-18 19:05:00 UTC",
               "content": "Quillhaven shi", "article_extended_attributes.twitter_likes": "9",
               "article_extended_attributes.num_comments": "1"}]  # fmt: skip
    said = brought(capsys, str(talkwalker(Path("two.csv"), second)))
    assert (said["new"], said["known"]) == (0, 1)
    (mention,) = stored().values()
    assert (mention.text, mention.likes, mention.replies) == ("Quillhaven shines", 9, 5)
    store = door.store_of(door.load())
    with store.reading() as connection:
        number = stores.numbers_of(connection, [mention.id])
        assert {number[0]: ("Talkwalker: two, X (Twitter)",)} == placing.of(connection, number)


def test_what_a_place_said_itself_is_not_overwritten_by_an_export(
    capsys: pytest.CaptureFixture[str], settings: Settings
) -> None:
    """The collected post keeps its whole text; only a larger count is taken over."""
    whole = "Quillhaven has a new bus, and here is all that I have to say about it."
    post = Post(
        source="x", feed="X search", key=TWEET, text=whole, likes=3, published_at=datetime(2026, 11, 18, tzinfo=UTC)
    )
    mention = door.concluder_of(settings).mention(post, kind="post", now=datetime(2026, 11, 18, tzinfo=UTC))
    store = door.store_of(settings)
    with store.writing() as connection:
        assert mention is not None
        stores.save(store, connection, [mention])
    row = {"Url": f"https://x.com/ada_w/status/{TWEET}", "Date": "2026-11-18 14:05:00", "Snippet": "Quillhaven has",
           "Likes": "30"}  # fmt: skip
    assert brought(capsys, str(brandwatch(Path("one.csv"), [row])))["known"] == 1
    after = stored()[TWEET]
    assert (whole, 30, "X search") == (after.text, after.likes, after.feed)


def test_an_article_known_from_a_feed_stays_one_mention(capsys: pytest.CaptureFixture[str], settings: Settings) -> None:
    """By its address and its headline, as where two feeds carry it; the import stands beside it as a further place."""
    at = datetime(2026, 11, 18, 12, tzinfo=UTC)
    post = Post(
        source="rss", feed="Herald", key="herald-guid-1", url="https://herald.example/bus", published_at=at,
        title="Quillhaven opens its first bus lane", text="",
    )  # fmt: skip
    mention = door.concluder_of(settings).mention(post, kind="headline", now=at)
    assert mention is not None
    store = door.store_of(settings)
    with store.writing() as connection:
        stores.save(store, connection, [mention])
    row = {"Url": "https://herald.example/bus?utm_source=a", "Date": "2026-11-18 08:00:00", "Page Type": "news",
           "Title": "Quillhaven opens its first bus lane", "Full Text": "It is eleven miles long."}  # fmt: skip
    said = brought(capsys, str(brandwatch(Path("one.csv"), [row])))
    assert (said["new"], said["known"]) == (0, 1)
    (only,) = stored().values()
    assert (only.key, only.feed, only.text) == ("herald-guid-1", "Herald", "It is eleven miles long.")


def test_a_corrected_mapping_mends_what_the_first_import_read_wrongly(capsys: pytest.CaptureFixture[str]) -> None:
    """Under the same name the file says anew what its posts are."""
    file = plain_csv(
        "a.csv", "link,what,more,day", f"https://x.com/a/status/{TWEET},Quillhaven,Quillhaven sings,2026-11-18"
    )
    usual = ("--map", "url=link", "--map", "date=day", "--name", "Ours")
    brought(capsys, file, "--map", "text=what", *usual)
    assert brought(capsys, file, "--map", "text=more", *usual)["known"] == 1
    assert stored()[TWEET].text == "Quillhaven sings"


def test_posts_that_share_an_address_stay_as_many_as_they_are_and_come_once(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A group copied by hand, a thread, comments: by id, mark or comment; a second time nothing is new."""
    group = "https://www.facebook.com/groups/quillhaven"
    post = "https://www.facebook.com/quill/posts/1234567890"
    thread = "https://forum.example/t/roads/12"
    columns = tuple(f"--map={name}={name}" for name in ("text", "url", "id", "date"))
    for name, urls, ids in (
        ("group", [group] * 3, ["101", "102", "103"]),
        ("comments", [post, f"{post}?comment_id=11111111", f"{post}?comment_id=22222222"], [""] * 3),
        ("thread", [thread] * 3, ["1", "2", "3"]),
        ("marks", [f"{thread}#post-{n}" for n in range(3)], [""] * 3),
    ):
        lines = [
            f"Quillhaven {name} {n},{url},{one},2026-01-05 1{n}:00"
            for n, (url, one) in enumerate(zip(urls, ids, strict=True))
        ]
        for file, new in ((f"{name}.csv", 3), (f"{name} again.csv", 0)):
            said = brought(capsys, plain_csv(file, "text,url,id,date", *lines), *columns)
            assert (new, 3 - new) == (said["new"], said["known"]), name


def test_rows_that_will_be_taken_for_one_post_are_spoken_of(capsys: pytest.CaptureFixture[str]) -> None:
    """Where one address stands beside many texts, and no id tells these apart; not of one headline."""
    page = "https://reviews.example/town-hall"
    lines = [f"Quillhaven review {n},{page},{n},2026-01-05,Head" for n in range(4)]
    file = plain_csv("reviews.csv", "text,url,id,date,title", *lines)
    columns = ("--map=text=text", "--map=url=url", "--map=date=date")
    for more, spoken in ((("--source=reviews",), True), (("--map=id=id", "--source=reviews"), False),
                         (("--map=title=title", "--source=news"), False)):  # fmt: skip
        assert main(["import", file, *columns, *more, "--dry-run"]) == 0
        said = capsys.readouterr().err
        assert spoken is ("3 rows have the address of another row and another text." in said)
        assert spoken is ("--map id=COLUMN" in said)


# --- what cannot be read ----------------------------------------------------------------------------------------------


def test_rows_that_are_no_posts_are_counted_with_their_lines(capsys: pytest.CaptureFixture[str]) -> None:
    """One bad row is not a bad file: the rest comes in, and each reason is said with the first lines."""
    file = plain_csv(
        "posts.csv",
        "url,message,date",
        "https://harbor.example/1,Quillhaven one,2026-11-18",
        "https://harbor.example/2,,2026-11-18",
        "https://harbor.example/3,Quillhaven three,",
        "https://harbor.example/4,Quillhaven four,next Tuesday",
        "https://harbor.example/5,Quillhaven five,2206-11-18",
        "https://harbor.example/6,Quillhaven six,1899-12-30",
        "nowhere,Quillhaven seven,2026-11-18",
        "https://harbor.example/8",
    )
    mapped = ("--map", "text=message", "--map", "date=date", "--map", "url=url")
    said = brought(capsys, file, *mapped)
    assert said["new"] == 1
    assert said["refused"] == {"text": 2, "date": 1, "unread date": 1, "future": 1, "old": 1, "place": 1}
    assert said["lines"]["text"] == [3, 9]
    assert main(["import", file, *mapped]) == 0
    out = capsys.readouterr().out
    assert "7 rows could not be read: 2 without text (lines 3, 9), 1 without a date (line 4)" in out
    assert "nothing has changed" in out


def test_ids_that_a_spreadsheet_spoiled_are_refused_unless_an_address_tells(capsys: pytest.CaptureFixture[str]) -> None:
    """1.99E+18 is nobody's id; nor is one whose last digits became zeros, where those of the whole file did."""
    header = "Tweet ID,Tweet Text,link"
    spoiled = plain_csv(
        "spoiled.csv", header,
        "1.99E+18,Quillhaven one,", '"1,99E+18",Quillhaven two,', "1990000000000000000,Quillhaven three,",
        f"1.99E+18,Quillhaven four,https://x.com/a/status/{TWEET}",
    )  # fmt: skip
    said = brought(capsys, spoiled, "--map", "url=link")
    assert said["refused"] == {"spoiled": 3}
    assert list(stored()) == [TWEET]
    sound = plain_csv("sound.csv", "Tweet ID,Tweet Text", f"{TWEET},Quillhaven", "1990000000000001000,Quillhaven too")
    assert brought(capsys, sound)["refused"] == {}  # one that happens to end in zeros is an id like any other
    main(["import", spoiled, "--again"])
    assert "A spreadsheet has rounded the ids" in capsys.readouterr().err


def test_the_time_is_taken_from_a_tweets_id_where_there_is_no_date(capsys: pytest.CaptureFixture[str]) -> None:
    """(id >> 22) + 1288834974657 milliseconds."""
    brought(capsys, plain_csv("tweets.csv", "Tweet ID, Tweet Text", f'"{TWEET}",Quillhaven'))
    milliseconds = (int(TWEET) >> 22) + 1288834974657
    assert datetime.fromtimestamp(milliseconds // 1000, UTC) == stored()[TWEET].published_at


MAPPED = ("--map", "text=text", "--map", "date=date", "--source", "feedback")


def test_a_clock_that_is_behind_the_file_refuses_no_row_and_moves_none(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """By such a clock every row would be of the future; the file itself was there before."""
    yesterday = (datetime.now(UTC) - timedelta(days=1)).replace(microsecond=0)
    plain_csv("posts.csv", "url,text,date", f"https://herald.example/a,Quillhaven is kind,{yesterday.isoformat()}")
    monkeypatch.setattr(door, "now", lambda: yesterday - timedelta(days=44))
    columns = (f"--map={name}={name}" for name in ("url", "text", "date"))
    assert brought(capsys, "posts.csv", *columns, "--source=rss")["new"] == 1
    (mention,) = stored().values()
    assert (mention.published_at, mention.date_from) == (yesterday, "source")


def test_a_file_dated_far_ahead_brings_no_posts_from_the_future(capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing but its own date says that it is 2031; and when posts were collected, no file says at all."""
    file = plain_csv("posts.csv", "text,date", "Quillhaven was kind,2026-11-18", "Quillhaven will be kind,2031-05-01")
    for ahead, days in ((datetime(2031, 6, 1, tzinfo=UTC), 0), (datetime.now(UTC) + timedelta(hours=20), 1)):
        os.utime(file, (ahead.timestamp(), ahead.timestamp()))
        said = brought(capsys, file, *MAPPED, "--name", f"after {days}")
        assert {"future": 1} == said["refused"]
    (mention,) = stored().values()
    assert mention.collected_at <= datetime.now(UTC)


def test_a_kept_mapping_holds_for_later_files_without_the_day_and_the_order_of_its_first(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Neither the day that somebody said of one file, nor what one file's dates showed, is silently another's."""
    file = plain_csv("undated.csv", "what", "Quillhaven needs trams")
    words = ("--map", "text=what", "--source", "feedback")
    brought(capsys, file, *words, "--day", "2026-01-05", "--save-mapping", "Undated")
    later = plain_csv("later.csv", "what", "Quillhaven needs ferries")
    assert "No column with the dates is named." in refused(capsys, later)
    assert brought(capsys, later, "--day", "2026-02-05")["new"] == 1
    dated = (*words, "--map", "date=day", "--save-mapping", "Dated")
    header = "what,day"
    brought(capsys, plain_csv("jan.csv", header, "Quillhaven needs bikes,22/01/2026"), *dated)
    assert brought(capsys, plain_csv("feb.csv", header, "Quillhaven needs quiet,2/22/2026"))["new"] == 1
    assert "nothing in the file says which" in refused(capsys, plain_csv("b.csv", header, "Quillhaven,03/04/2026"))
    assert {"2026-01-05", "2026-02-05", "2026-01-22", "2026-02-22"} == {
        f"{each.published_at:%Y-%m-%d}" for each in stored().values()
    }


def test_the_order_of_day_and_month_is_asked_for_where_the_file_leaves_it_open(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """It is never guessed: without a terminal the options are named; with either the day is the one that is meant."""
    file = plain_csv(
        "ideas.csv", "text,date", "Quillhaven needs trams,03/04/2026", "Quillhaven needs ferries,05/06/2026"
    )
    said = refused(capsys, file, *MAPPED)
    assert "03/04/2026" in said
    assert "--dates day-first" in said
    assert stored() == {}
    brought(capsys, file, *MAPPED, "--dates", "day-first", "--name", "A")
    assert {datetime(2026, 4, 3, 4, tzinfo=UTC), datetime(2026, 6, 5, 4, tzinfo=UTC)} == {
        each.published_at for each in stored().values()
    }


def test_a_later_row_decides_the_order_for_all(capsys: pytest.CaptureFixture[str]) -> None:
    """22/11 can only be read day first, and so are all rows, the first ones too."""
    file = plain_csv(
        "ideas.csv", "text,date", "Quillhaven needs trams,03/04/2026", "Quillhaven needs ferries,22/05/2026"
    )
    brought(capsys, file, *MAPPED)
    assert datetime(2026, 4, 3, 4, tzinfo=UTC) in {each.published_at for each in stored().values()}


def test_a_file_in_two_orders_is_refused_with_the_two_rows(capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody can tell what the other rows mean, so nothing is imported."""
    file = plain_csv(
        "ideas.csv", "text,date", "Quillhaven one,03/04/2026", "Quillhaven two,22/05/2026", "Quillhaven,5/22/2026"
    )
    said = refused(capsys, file, *MAPPED)
    assert "“22/05/2026” (line 3)" in said
    assert "“5/22/2026” (line 4)" in said
    assert stored() == {}
    assert "Line 3 has the date “22/05/2026”, which is not month first." in refused(
        capsys, file, *MAPPED, "--dates", "month-first"
    )


def test_an_unknown_file_names_its_columns_and_the_command_to_copy(capsys: pytest.CaptureFixture[str]) -> None:
    """What the names suggest stands in the command; as it stands it works."""
    file = plain_csv(
        "ideas from the town.csv", "Idea,Votes,Created At,Name", "Quillhaven needs trams,12,2026-11-03,Ada"
    )
    said = refused(capsys, file)
    assert "“Idea”, “Votes”, “Created At”, “Name”" in said
    command = next(line for line in said.splitlines() if line.startswith("  listening import"))
    words = subprocess.run(["sh", "-c", f"printf '%s\\n' {command}"], capture_output=True, text=True, check=True)
    assert main([word for word in words.stdout.splitlines()[1:] if word != "--dry-run"]) == 0
    (idea,) = stored().values()
    assert (idea.source, idea.text, idea.likes, idea.author) == ("feedback", "Quillhaven needs trams", 12, "Ada")


def test_where_the_names_tell_nothing_the_command_says_what_to_fill_in(capsys: pytest.CaptureFixture[str]) -> None:
    """No command is proposed that proposes nothing; with the columns' names put in, it works."""
    file = plain_csv("list.csv", "a,b", "Quillhaven needs trams,2026-11-03")
    said = refused(capsys, file)
    assert "their names do not tell" in said
    command = "listening import list.csv --map text=COLUMN --source feedback --map date=COLUMN --dry-run"
    assert f"  {command}" in said.splitlines()
    words = command.replace("text=COLUMN", "text=a").replace("date=COLUMN", "date=b").split()
    assert main([word for word in words[1:] if word != "--dry-run"]) == 0
    assert ["Quillhaven needs trams"] == [idea.text for idea in stored().values()]


def test_all_that_is_missing_is_said_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    """Not one thing after the other."""
    said = refused(capsys, plain_csv("list.csv", "a,b", "Quillhaven,2026-11-03"), "--map", "likes=b")
    for each in ("No column with the texts", "Nothing says where", "No column with the dates"):
        assert each in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("nothing.csv",), "There is no file"),
        (("--kind", "brandwatsch", "posts.csv"), "Did you mean “brandwatch”?"),
        (("--kind", "meltwater", "posts.csv"), "no export of Meltwater as we know it"),
        (("--mapping", "Survey", "posts.csv"), "No mapping “Survey” is kept."),
        (("--map", "text=mesage", "posts.csv"), "Did you mean “message”?"),
        (("--map", "words=message", "posts.csv"), "FIELD=COLUMN"),
        (("--map", "text=message", "posts.csv"), "Nothing says where these posts were published."),
        (("--map", "text=message", "--source", "myspace", "posts.csv"), "There is no kind of place “myspace”."),
        (("--map", "text=message", "--source", "forum", "posts.csv"), "No column with the dates is named."),
        (("--map", "text=message", "--source", "forum", "--day", "tomorrow", "posts.csv"), "“tomorrow” is no day."),
        (("--map", "text=message", "--source", "forum", "--timezone", "Mars/Dome", "posts.csv"), "no time zone"),
        (("--dry-run", "--save-mapping", "a", "posts.csv"), "--dry-run stores nothing"),
    ],
)  # fmt: skip
def test_wishes_that_cannot_be_are_refused_in_words(
    words: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each says what is wrong and what could be said instead."""
    plain_csv("posts.csv", "message,place name", "Quillhaven,Harbor")
    assert said in refused(capsys, *words)


# --- other files ------------------------------------------------------------------------------------------------------


def test_a_mapping_is_kept_and_the_next_file_needs_no_word(capsys: pytest.CaptureFixture[str]) -> None:
    """It is known by its column names, or called by its own."""
    header = "what,day"
    first = plain_csv("jan.csv", header, "Quillhaven needs trams,03/04/2026")
    brought(capsys, first, "--map", "text=what", "--map", "date=day", "--source", "feedback", "--dates", "day-first",
            "--save-mapping", "Ideas")  # fmt: skip
    said = brought(capsys, plain_csv("feb.csv", header, "Quillhaven needs ferries,04/05/2026"))
    assert (said["name"], said["new"]) == ("Ideas: feb", 1)
    assert datetime(2026, 5, 4, 4, tzinfo=UTC) in {each.published_at for each in stored().values()}
    other = plain_csv("march.csv", "what,day,more", "Quillhaven needs bikes,05/06/2026,x")
    assert brought(capsys, other, "--mapping", "Ideas")["new"] == 1


def test_a_workbook_and_json_lines_are_read_like_a_csv(capsys: pytest.CaptureFixture[str]) -> None:
    """Dates in cells are dates, numbers numbers, nested keys columns with dots."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["Survey of the autumn"])
    sheet.append(["Comment", "Date", "Votes"])
    sheet.append(["Quillhaven is fine", datetime(2026, 11, 3, 14, 30), 4.0])
    sheet.append([None, None, None])
    sheet.append([12345, datetime(2026, 11, 4), None])
    book.save("survey.xlsx")
    said = brought(capsys, "survey.xlsx", "--map", "text=Comment", "--map", "date=Date", "--map", "likes=Votes",
                   "--source", "feedback")  # fmt: skip
    assert (said["rows"], said["new"], said["unmatched"]) == (2, 1, 1)
    (mention,) = stored().values()
    assert (4, datetime(2026, 11, 3, 19, 30, tzinfo=UTC)) == (mention.likes, mention.published_at)
    lines = [
        {"text": "Quillhaven", "creation_time": "2026-11-05T10:00:00+0000", "id": "900800700600",
         "post_owner": {"name": "Ada"}, "statistics": {"like_count": 3, "views": 40}},
        {"text": "elsewhere", "creation_time": "2026-11-05T10:00:00+0000", "post_owner": {"name": "Bo"}},
    ]  # fmt: skip
    Path("library.ndjson").write_text(
        "\n".join([*(json.dumps(line) for line in lines), "{broken", ""]), encoding="utf-8"
    )
    said = brought(capsys, "library.ndjson", "--source", "facebook")
    assert (said["rows"], said["new"], said["refused"]) == (3, 1, {"text": 1})
    post = stored()["900800700600"]
    assert (post.source, post.author, post.likes, post.views) == ("facebook", "Ada", 3, 40)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"PK\x03\x04 nothing", "damaged workbook"),
        (b"%PDF-1.7", "is a PDF"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "old form of Excel"),
        (b"<html><body>Log in</body></html>", "web page"),
        (b'[{"text": "Quillhaven"}]', "one list in JSON"),
        (b"{\n  broken\n}\n", "no line of it is an object"),
        (b"\0" * 400, "is empty"),
    ],
)
def test_what_is_no_table_is_refused_in_words(content: bytes, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    """And the words say what to do with it."""
    Path("file").write_bytes(content)
    assert said in refused(capsys, "file")


# --- an upload --------------------------------------------------------------------------------------------------------


@dataclass
class Opened:
    """As much of what the page stands on as an upload needs: settings and store, both in earnest."""

    settings: Settings
    store: Store


def uploaded(base: Opened, name: str, row: str) -> tuple[dict[str, Any], int]:
    """What the page knows of an upload's import in the moment in which it is over: what it said, and its rows."""
    layout = importing.Layout(columns={"text": ("text",), "date": ("date",)}, source="forum")
    upload = Upload(name=name, content=f"text,date\n{row},2026-11-18\n".encode(), mark=row)
    called = upload.stem
    running = uploads.begin(base, upload, layout, called, door.now(), keep_as=f"-{called}")  # type: ignore[arg-type]
    while not running.over:
        time.sleep(0.001)
    said = uploads.result_of(running)
    assert said is not None, running.complained
    state = uploads.state_of(base, running, said)  # type: ignore[arg-type]
    assert state is not None
    return said, state.rows


def test_an_upload_that_is_over_has_said_what_it_brought_whatever_it_is_called_and_however_often_it_comes(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A name that begins with a dash is a name; and one that was imported long ago is found by its number."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    base = Opened(settings=settings, store=door.store_of(settings))
    first, _ = uploaded(base, "-report.csv", "Quillhaven 0")
    assert ("-report.csv", "-report", 1) == (first["file"], first["name"], first["new"])
    assert "--report" in imports.layouts(base.store)
    for number in range(10):  # the page shows ten
        with base.store.writing() as connection:
            imports.begin(
                connection, mark=f"{number}", file=f"{number}", name="b", rows=9, tally="{}", at=datetime.now(UTC)
            )
    again, rows = uploaded(base, "-report.csv", "Quillhaven 0")
    assert (True, first["number"], 1) == (again["already"], again["number"], rows)


def test_an_upload_is_not_over_before_what_its_process_has_said_is_known() -> None:
    """A process that has ended says nothing yet: its words have still to be read."""
    process = subprocess.Popen([sys.executable, "-c", "print('{}')"], stdout=subprocess.PIPE, text=True)
    process.wait()
    running = uploads.Running(process=process, file="a.csv", name="a", began=datetime.now(UTC))
    assert not running.over
    uploads.wait(running, Path("nowhere"))
    assert running.over
    assert uploads.result_of(running) == {}


def packed(*parts: str, **said: str) -> bytes:
    """A packed file with these parts, empty but for what is said."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as file:
        for part in parts:
            file.writestr(part, "")
        for part, words in said.items():
            file.writestr(part, words)
    return content.getvalue()


PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x10\0\0\0\x10\x08\x02\0\0\0\x90\x91h6" + bytes(range(256))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (PNG, "is a picture, not a table."),
        (b"\xff\xd8\xff\xe0\0\x10JFIF\0" + bytes(range(256)), "is a picture, not a table."),
        (b"RIFF\x24\0\0\0WEBPVP8 " + bytes(range(256)), "is a picture, not a table."),
        (b"\0\0\0\x18ftypheic\0\0\0\0" + bytes(range(256)), "is a picture, not a table."),
        (b"\0\0\0\x18ftypisom\0\0\0\0" + bytes(range(256)), "is a film or a recording, not a table."),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "is a PDF: it has no rows to read."),
        (packed("[Content_Types].xml", "word/document.xml"), "is a Word document, not a table."),
        (b"\xd0\xcf\x11\xe0" + b"\0" * 500 + "WordDocument".encode("utf-16-le"), "is a Word document"),
        (packed("[Content_Types].xml", "ppt/presentation.xml"), "is a presentation, not a table."),
        (packed(mimetype="application/vnd.oasis.opendocument.spreadsheet"), "is a workbook of LibreOffice."),
        (packed("posts.csv"), "is packed, and is no Excel workbook."),
        (packed(), "is packed, and is no Excel workbook."),
        (gzip.compress(b"text,date\n", mtime=0), "is packed."),
        (b"SQLite format 3\0" + bytes(400), "is a database, not a table."),
        (b"\x7fELF" + bytes(range(256)) * 4, "is not a table: what is in it is not text."),
        (b"\x02\0\x3e\0\x01\0\0\0" * 200, "is not a table: what is in it is not text."),
        (zlib.compress(random.Random(7).randbytes(5_000)), "is not a table: what is in it is not text."),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_a_file_that_is_something_else_is_named_as_what_it_is(
    content: bytes, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """By what is in it: that it is called .csv makes no table of it."""
    Path("picture.csv").write_bytes(content)
    assert f"picture.csv {said}" in refused(capsys, "picture.csv")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252", "utf-32"])
def test_a_table_in_any_encoding_is_not_taken_for_something_else(
    encoding: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nor for a single control character, a NUL, or a header that begins like the mark of a picture."""
    text = "BM number,text,date\n1,Quillhaven’s tram\x07 – naïve,2026-11-03\n" * 3
    Path("posts.csv").write_bytes(text.encode(encoding))
    said = brought(capsys, "posts.csv", "--map", "text=text", "--map", "date=date", "--source", "forum")
    assert 1 == said["new"]


def test_an_import_that_could_read_no_row_is_no_success(capsys: pytest.CaptureFixture[str]) -> None:
    """Its result is said as ever; the exit code and a line tell a timer and a person that it is probably wrong."""
    file = plain_csv("a.csv", "text,date", "Quillhaven,soon", "Quillhaven,later")
    words = ["import", file, "--map", "text=text", "--map", "date=date", "--source", "forum"]
    for _ in range(2):
        assert 1 == main(words)
        said = capsys.readouterr()
        assert "2 rows could not be read: with a date that cannot be read (lines 2, 3)." in said.out
        assert "No row of the file could be read." in said.err
    assert 0 == main([*words[:1], plain_csv("b.csv", "text,date"), *words[2:]])  # a week without a post is none
    assert 0 == main([*words[:1], plain_csv("c.csv", "text,date", "Quillhaven,2026-11-03", ",soon"), *words[2:]])


def test_no_followers_is_an_audience_that_is_not_known(capsys: pytest.CaptureFixture[str]) -> None:
    """Tools write 0 into “X Followers” of an article and of a post on Facebook: nobody has counted there."""
    rows = [
        {"Url": f"https://twitter.com/ada_w/status/{TWEET}", "Page Type": "twitter", "X Followers": "120"},
        {"Url": "https://herald.example/bus", "Page Type": "news", "X Followers": "0"},
        {"Url": "https://www.facebook.com/harbor/posts/900800700600", "Page Type": "facebook", "X Followers": "0"},
    ]
    said = {"Date": "2026-11-18 14:05:00.0", "Full Text": "The Quillhaven bus came on time."}
    file = brandwatch(Path("week.csv"), [{**row, **said} for row in rows])
    assert 3 == brought(capsys, str(file))["new"]
    found = sorted((mention.source, mention.author_followers) for mention in stored().values())
    assert [("facebook", None), ("news", None), ("x", 120)] == found


# --- as in a collection -----------------------------------------------------------------------------------------------


def test_own_posts_forgotten_authors_and_old_posts_are_treated_as_in_a_collection(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Ours are no conversation, who was forgotten stays away, and what is too old is not brought in."""
    with Path("listening.toml").open("a", encoding="utf-8") as changed:
        changed.write("[retention]\nmentions = 400\n")
    store = door.store_of(door.load())
    with store.writing() as connection:
        author = forgotten.Author(source="x", name="@bo")
        forgotten.note_forgotten(connection, at=door.now(), authors=[author])
    header = "url,text,user_screen_name,timestamp_utc,id"
    now = int(time.time())
    file = plain_csv(
        "tweets.csv", header,
        f"https://x.com/townhall/status/1990000000000000001,Quillhaven is us,townhall,{now - 900},1990000000000000001",
        f"https://x.com/bo/status/1990000000000000002,Quillhaven is me,bo,{now - 900},1990000000000000002",
        f"https://x.com/ada/status/1990000000000000003,Quillhaven was,ada,{now - 900 * 86400},1990000000000000003",
        f"https://x.com/ada/status/1990000000000000004,Quillhaven is,ada,{now - 900},1990000000000000004",
    )  # fmt: skip
    said = brought(capsys, file)
    assert (said["new"], said["own"], said["forgotten"], said["too_old"]) == (2, 1, 1, 1)
    found = stored()
    assert list(found) == ["1990000000000000004"]  # our own is stored, and counted nowhere
    with store.reading() as connection:
        own = mention_id(source="x", key="1990000000000000001", feed="")
        assert stores.numbers_of(connection, [own])


def test_the_same_file_twice_changes_nothing_and_new_queries_bring_more(capsys: pytest.CaptureFixture[str]) -> None:
    """Rows that no topic matched are not kept; after a change of queries the file brings them."""
    file = plain_csv("a.csv", "url,text,date", "https://harbor.example/1,Quillhaven,2026-11-18",
                     "https://harbor.example/2,Millbrook,2026-11-18")  # fmt: skip
    words = (file, "--map", "url=url", "--map", "text=text", "--map", "date=date")
    said = brought(capsys, *words)
    assert (1, 1, False) == (said["new"], said["unmatched"], said["already"])
    before = Path("mentions.db").read_bytes()
    assert brought(capsys, *words)["already"] is True
    assert before == Path("mentions.db").read_bytes()
    text = Path("listening.toml").read_text(encoding="utf-8")
    Path("listening.toml").write_text(text.replace('"quillhaven"', '"quillhaven OR millbrook"'), encoding="utf-8")
    said = brought(capsys, *words)
    assert (1, 1) == (said["new"], said["known"])


def test_an_import_stands_in_the_access_log(capsys: pytest.CaptureFixture[str]) -> None:
    """Who, what file, how many."""
    brought(capsys, plain_csv("tweets.csv", "Tweet ID,Tweet Text", f"{TWEET},Quillhaven"))
    with door.store_of(door.load()).reading() as connection:
        (line,) = accesses(connection, what="import")
    assert (door.who(), "tweets.csv: 1 row, 1 new mention; as “Tweets”") == (line.who, line.detail)


def test_a_place_that_is_listened_to_cannot_be_the_name_of_a_file(capsys: pytest.CaptureFixture[str]) -> None:
    """Its numbers would mix what it said with what others had of it."""
    with Path("listening.toml").open("a", encoding="utf-8") as file:
        file.write('[[feeds]]\nname = "Herald"\nsource = "rss"\nurl = "https://herald.example/feed"\n')
    file_ = plain_csv("tweets.csv", "Tweet ID,Tweet Text", f"{TWEET},Quillhaven")
    assert "is a place that is listened to" in refused(capsys, file_, "--name", "herald")


def test_every_kind_of_imported_place_works_in_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    """Retag, rematch, export, report, notice, forget: sources without a collector are sources like any other."""
    for source in kinds():
        file = plain_csv(f"{source}.csv", "text,day", f"Why is the Quillhaven bus late on {source}?,2026-11-18")
        brought(capsys, file, "--map", "text=text", "--map", "date=day", "--source", source)
    assert set(kinds()) == {each.source for each in stored().values()}
    # 2: nobody has read anything yet.
    for code, words in (
        (0, ["retag"]), (0, ["rematch"]), (0, ["status"]), (0, ["notice", "-o", "n.html"]),
        (0, ["notice", "--record", "-o", "r.html"]), (0, ["stories", "--since", "2026-11-01"]),
        (0, ["export", "-o", "out.csv", "--since", "2026-11-01", "--source", "facebook"]),
        (0, ["report", "-o", "out.html", "--week", "2026-W47"]), (0, ["quotes", "--since", "2026-11-01"]),
        (2, ["evaluate"]), (0, ["forget", "--author", "@ada", "--source", "tiktok", "--also-unseen", "--yes"]),
    ):  # fmt: skip
        got = main(words)
        said = capsys.readouterr()
        assert (got, "There is no source" in said.err) == (code, False), (words, said.err)
    with Path("out.csv").open(encoding="utf-8-sig", newline="") as exported:
        assert [row["source"] for row in csv.DictReader(exported)] == ["facebook"]


# --- stopped and gone on ----------------------------------------------------------------------------------------------


def many(path: str, rows: int) -> str:
    """A file of tweets, every other one about us."""
    lines = (
        f"{1_990_000_000_000_000_001 + number},{'Quillhaven' if number % 2 else 'Millbrook'} has {number} boats today"
        for number in range(rows)
    )
    return plain_csv(path, "Tweet ID,Tweet Text", *lines)


def test_after_a_kill_the_same_command_goes_on_where_it_was(capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever the moment: what was reported stays, nothing comes twice, and the end is as if it had never happened."""
    file = many("many.csv", 16_000)
    environment = {**os.environ, "LISTENING_SETTINGS": str(Path("listening.toml").absolute())}
    done = 0
    for _ in range(2):
        with subprocess.Popen([sys.executable, "-m", "listening", "import", file], env=environment) as process:
            while process.poll() is None and _done() < done + 2_000:
                time.sleep(0.02)
            process.send_signal(signal.SIGKILL)
        done = _done()
        assert 0 < done < 16_000
        assert_whole(door.store_of(door.load()))
    said = brought(capsys, file)
    assert done == said["resumed_at"]
    assert tuple(said[name] for name in ("rows", "new", "unmatched", "known")) == (16_000, 8_000, 8_000, 0)
    assert len(stored()) == 8_000
    assert_whole(door.store_of(door.load()))
    assert brought(capsys, file)["already"] is True


def _done() -> int:
    """How many rows of the one import are done."""
    if not Path("mentions.db").exists():
        return 0
    with door.store_of(door.load()).reading() as connection:
        found = imports.latest(connection)
    return found[0].done if found else 0


def test_two_processes_with_one_file_do_not_count_it_twice(
    capsys: pytest.CaptureFixture[str], settings: Settings
) -> None:
    """The one that is behind notices, and says so; each row is counted by one of them."""
    file = Path(many("many.csv", 3_000))
    store = door.store_of(settings)
    table = importing.opened(file)
    choice = importing.choose(table.header, importing.Wishes(), {})
    reading = importing.Reading(
        layout=choice.layout, header=table.header, name="A", zone=settings.agency.timezone, now=door.now()
    )
    seen: list[int] = []
    with door.import_job(settings, store) as job:
        mark = importing.mark_of(job, reading, "digest")

        def overtake(done: int) -> None:
            seen.append(done)
            if done == 1_000:
                importing.run(job, table, reading, rows=3_000, mark=mark)

        with pytest.raises(InputError, match="another process"):
            importing.run(job, table, reading, rows=3_000, mark=mark, report=overtake)
        outcome = importing.run(job, table, reading, rows=3_000, mark=mark)
    assert outcome.already is not None
    assert (outcome.tally.read, outcome.tally.new) == (3_000, 1_500)


# --- on a terminal ----------------------------------------------------------------------------------------------------


def on_a_terminal(*words: str, answers: str, environ: Mapping[str, str] = os.environ) -> str:
    """What the command says on a terminal on which these answers are typed."""
    process, terminal = pty.fork()
    if process == 0:
        os.execve(sys.executable, [sys.executable, "-m", "listening", "import", *words], {**environ, "TERM": "dumb"})
    os.write(terminal, answers.encode())
    said = b""
    while True:
        try:
            piece = os.read(terminal, 4096)
        except OSError:
            break
        if not piece:
            break
        said += piece
    os.waitpid(process, 0)
    os.close(terminal)
    return said.decode(errors="replace")


def test_on_a_terminal_columns_and_order_are_asked_for() -> None:
    """Enter takes what stands in brackets; a number or a name is a column; one question settles all dates."""
    file = plain_csv("ideas.csv", "nr,what they said,written", "1,Quillhaven needs trams,03/04/2026")
    answers = "2\n\n\n\nwritten\n\n\n\n\n\nfeedback\nday\n"
    said = on_a_terminal(file, answers=answers)
    assert "does the day come first, or the month?" in said
    assert "1 row read: 1 new mention" in said
    (idea,) = stored().values()
    assert ("Quillhaven needs trams", datetime(2026, 4, 3, 4, tzinfo=UTC)) == (idea.text, idea.published_at)
