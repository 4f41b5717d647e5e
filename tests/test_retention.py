"""What is older than it is kept goes, whole; the rest stays consistent, and nothing comes back."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import partial
from pathlib import Path

import pytest
from conftest import NOON, TEXTS, TIMEZONE, MakeMention, Save
from keeping_kit import assert_whole, found_in_files
from pytest_httpserver import HTTPServer
from sqlalchemy import select
from werkzeug import Request, Response
from werkzeug.serving import WSGIRequestHandler

from listening import door, forgetting, snapshot
from listening import store as stores
from listening.cli import main
from listening.errors import StoreError
from listening.insights.picks import choose, picks
from listening.models import Mention, Reason, Span
from listening.retention import PURGED, Purged, cutoffs, daily, purge
from listening.settings import Retention, load
from listening.store import Reader, Store, View, queues, rematching, removing, reviewing
from listening.store.files import digest_of, note_file, written
from listening.store.schema import access_log, mentions, meta, reviews, verdicts

DAY = timedelta(days=1)
KEPT = Retention(mentions=30)
EVERYTHING = View(start=NOON - timedelta(days=4000), end=NOON + timedelta(days=4000))


def purged(store: Store, kept: Retention = KEPT, *, dry_run: bool = False) -> Purged:
    return purge(store, kept, now=NOON, who="ada", dry_run=dry_run)


def held(store: Store) -> set[str]:
    """The ids of all that is stored."""
    with store.reading() as connection:
        return set(connection.execute(select(mentions.c.id)).scalars())


def log(store: Store) -> list[tuple[str, str]]:
    with store.reading() as connection:
        return [(row.what, row.detail) for row in connection.execute(select(access_log).order_by(access_log.c.no))]


def number(store: Store, mention: Mention) -> int:
    with store.reading() as connection:
        return int(connection.execute(select(mentions.c.n).where(mentions.c.id == mention.id)).scalar_one())


@pytest.fixture
def old(mention: MakeMention) -> Mention:
    """A post of two months ago."""
    return mention(text="The otter mural by the quay is a joy.", published_at=NOON - 60 * DAY)


# --- mentions -------------------------------------------------------------------------------------------------------


def test_days_are_whole_local_days() -> None:
    """With 30 days everything goes that lies before midnight in New York, 30 days ago, also over a change of clocks."""
    before = cutoffs(Retention(mentions=30, reviews=1), datetime(2026, 3, 20, 3, tzinfo=UTC), TIMEZONE)
    assert before["mentions"].astimezone(UTC) == datetime(2026, 2, 17, 5, tzinfo=UTC)  # winter time then
    assert before["reviews"].astimezone(UTC) == datetime(2026, 3, 18, 4, tzinfo=UTC)
    assert set(before) == {"mentions", "reviews"}


def test_what_is_older_goes_and_the_rest_stays(store: Store, save: Save, mention: MakeMention, old: Mention) -> None:
    """To the second; a dry run says the same and changes nothing."""
    edge = cutoffs(KEPT, NOON, store.timezone)["mentions"].astimezone(UTC)
    last, first = (mention(published_at=edge + timedelta(seconds=shift)) for shift in (-1, 0))
    save(store, old, last, first, mention())
    before = held(store)
    assert purged(store, dry_run=True).counts() == {"mentions": 2}
    assert held(store) == before
    assert log(store) == []
    found = purged(store)
    assert found.counts() == {"mentions": 2}
    assert held(store) == before - {old.id, last.id}
    assert log(store) == [("purge", "2 posts about you from before 2026-02-02")]
    assert purged(store).counts() == {"mentions": 0}
    assert len(log(store)) == 1
    assert_whole(store)


def test_our_own_posts_have_a_time_of_their_own(store: Store, save: Save, mention: MakeMention, old: Mention) -> None:
    """Each class goes by its own days; without any nothing goes."""
    own = mention(own=True, published_at=NOON - 60 * DAY)
    save(store, old, own)
    assert purged(store, Retention()).counts() == {}
    assert held(store) == {old.id, own.id}
    assert purged(store, Retention(replies=30)).counts() == {"replies": 1}
    assert held(store) == {old.id}
    assert purged(store, Retention(mentions=100)).counts() == {"mentions": 0}


def test_all_that_was_kept_of_a_post_goes_with_it(store: Store, save: Save, mention: MakeMention, old: Mention) -> None:
    """Verdicts and notes, what a person took, what was sent and quoted; its words in the index, and on the disk."""
    young = mention()
    save(store, old, young)
    numbers = [number(store, old), number(store, young)]
    with store.writing() as connection:
        reviewing.review(
            store,
            connection,
            {each: {"tag": "bad", "note": "Otterly lovely", "status": "open"} for each in numbers},
            reviewer="Ana",
            at=NOON,
            seen=0,
        )
        queues.take(connection, numbers, reviewer="Ana", now=NOON)
        reviewing.note_sent(connection, numbers, "Works", NOON)
        connection.exec_driver_sql("INSERT INTO rechecks VALUES (?, 1, NULL)", (numbers[0],))
    stores.note(store, "send_owed", json.dumps({"Works": {"mail": numbers}}))
    for each in (old, young):
        choose(store, lambda chosen, each=each: chosen.pin(each.id))  # type: ignore[misc]
    purged(store)
    assert_whole(store)
    assert picks(store).pinned == (young.id,)
    assert json.loads(stores.noted(store, "send_owed") or "") == {"Works": {"mail": [numbers[1]]}}
    with store.reading() as connection:
        assert list(connection.execute(select(reviews.c.n)).scalars()) == [numbers[1]]
        assert Reader(store, connection).total(EVERYTHING) == 1
        words = connection.exec_driver_sql("SELECT count(*) FROM search WHERE search MATCH 'otter'").scalar()
    assert words == 0
    assert found_in_files(Path(store.url.removeprefix("sqlite:///")).parent, ["mural", old.key, old.id]) == []


def test_a_story_whose_first_post_goes_has_another_first(store: Store, save: Save, mention: MakeMention) -> None:
    """And a new copy still finds it, also by words that only the removed post had brought into the index."""
    text = "The council opens the swan boats on the millpond this Saturday at ten, with cake and a small brass band."
    copies = [
        mention(text=text, published_at=NOON - days * DAY, feed=f"place {days}", collected_at=NOON - days * DAY)
        for days in (31, 29, 28)
    ]
    for copy in copies:
        save(store, copy)
    with store.reading() as connection:
        assert len(set(connection.execute(select(mentions.c.story)).scalars())) == 1
    purged(store)
    assert_whole(store)
    with store.reading() as connection:
        assert set(connection.execute(select(mentions.c.story)).scalars()) == {copies[1].id}
    later = mention(text=text, published_at=NOON - 25 * DAY, feed="a place more")
    save(store, later)
    with store.reading() as connection:
        assert set(connection.execute(select(mentions.c.story)).scalars()) == {copies[1].id}
    assert_whole(store)


def test_numbers_are_not_given_again(store: Store, save: Save, mention: MakeMention, old: Mention) -> None:
    """Who still has a removed post on the screen judges no other one."""
    save(store, mention(), old)
    gone = number(store, old)
    with store.writing() as connection:
        reviewing.review(store, connection, {gone: {"tag": "bad"}}, reviewer="Ana", at=NOON, seen=0)
        seen = reviewing.latest_entry(connection)
    purged(store)
    new = mention()
    save(store, new)
    assert number(store, new) == gone + 1
    with store.writing() as connection:
        assert reviewing.latest_entry(connection) == seen
        done = reviewing.review(store, connection, {gone: {"tag": "good"}}, reviewer="Bo", at=NOON, seen=seen)
    assert done.numbers == ()


def test_nothing_is_compared_with_a_time_that_was_removed(store: Store, save: Save, old: Mention) -> None:
    """The page listens "since" the first day that is kept, or the time before would look quiet."""
    save(store, old)
    with store.writing() as connection:
        state = stores.FeedState(name=old.feed, source=old.source, first_answer_at=NOON - 90 * DAY)
        stores.save_feed(connection, state)
        for day in (20251210, 20260201, 20260202):
            stores.note_heard(connection, old.feed, day, answered=True)
    purged(store)
    with store.reading() as connection:
        reader = Reader(store, connection)
        assert str(reader.listening_since()) == "2026-02-02"
        assert reader.heard_feeds(NOON - 90 * DAY, NOON - 30 * DAY, all_along=True) == frozenset()
        days = connection.exec_driver_sql("SELECT day FROM heard").scalars().all()
    assert days == [20260202]


def test_many_posts_go_in_pieces(store: Store, save: Save, mention: MakeMention) -> None:
    """More than one batch of them, copies among them; the store is whole after each piece."""
    posts = [mention(published_at=NOON - timedelta(days=31, minutes=each)) for each in range(1200)]
    save(store, *posts, mention(text=posts[0].text))
    pieces: list[int] = []

    def progress(done: int) -> None:
        pieces.append(done)
        if done == 500:
            assert_links(store)

    purge(store, KEPT, now=NOON, who="ada", progress=progress)
    assert pieces == [500, 1000, 1200]
    assert_whole(store)
    assert len(held(store)) == 1


def assert_links(store: Store) -> None:
    with store.reading() as connection:
        lost = "SELECT count(*) FROM links WHERE n NOT IN (SELECT n FROM mentions)"
        assert connection.exec_driver_sql(lost).scalar() == 0


# --- reviews, files, the log ----------------------------------------------------------------------------------------


def test_old_verdicts_keep_counting_without_names_and_notes(store: Store, save: Save, mention: MakeMention) -> None:
    """Who judged, and what was noted, goes; the tag, the status and the answer stay."""
    one, two = mention(), mention()
    save(store, one, two)
    with store.writing() as connection:
        for each, days in ((one, 40), (two, 2)):
            reviewing.review(
                store,
                connection,
                {number(store, each): {"tag": "bad", "note": "Phoned Otto", "answered_by": "Mo", "status": "answered"}},
                reviewer="Ana",
                at=NOON - days * DAY,
                seen=0,
            )
    assert purged(store, Retention(reviews=30), dry_run=True).counts() == {"reviews": 1}
    assert purged(store, Retention(reviews=30)).counts() == {"reviews": 1}
    with store.reading() as connection:
        rows = {row.n: row for row in connection.execute(select(verdicts))}
        assert [row.n for row in connection.execute(select(reviews))] == [number(store, two)]
        assert reviewing.reviewers(connection) == ["Ana"]
        shown = Reader(store, connection).find(one.id)
    first, second = rows[number(store, one)], rows[number(store, two)]
    assert (first.tag, first.status, first.reviewer, first.note, first.answered_by) == ("bad", "answered", "", "", "")
    assert (second.reviewer, second.note) == ("Ana", "Phoned Otto")
    assert shown is not None
    assert shown.tag == "bad"
    assert_whole(store)


def test_taking_back_a_late_verdict_still_leads_to_the_old_one(store: Store, save: Save, mention: MakeMention) -> None:
    """The entry before it is kept for that, without names, until the late one is old too."""
    one = mention()
    save(store, one)
    n = number(store, one)
    with store.writing() as connection:
        for tag, who, days in (("neutral", "Ana", 50), ("bad", "Ana", 40), ("good", "Bo", 1)):
            done = reviewing.review(
                store, connection, {n: {"tag": tag}}, reviewer=who, at=NOON - days * DAY, seen=99, act=None
            )
    assert purged(store, Retention(reviews=30)).counts() == {"reviews": 2}
    assert purged(store, Retention(reviews=30)).counts() == {"reviews": 0}
    with store.writing() as connection:
        assert reviewing.reviewers(connection) == ["Bo"]
        reviewing.undo(store, connection, reviewing.entries_of(connection, done.act), reviewer="Bo", at=NOON)
        assert connection.execute(select(verdicts.c.tag)).scalar() == "bad"


def test_old_lines_of_the_access_log_go(store: Store) -> None:
    """By their time; the line that says so is a new one."""
    for days in (40, 2):
        stores.log_access(store, at=NOON - days * DAY, who="ada", what="search", detail=f"otters {days}")
    assert purged(store, Retention(access_log=30)).counts() == {"access_log": 1}
    assert log(store) == [("search", "otters 2"), ("purge", "1 line of the access log from before 2026-02-02")]


def note(store: Store, path: Path | str, *, kind: str = "export", digest: str | None = None, days: int = 40) -> None:
    note_file(
        store,
        at=NOON - days * DAY,
        who="ada",
        kind=kind,  # type: ignore[arg-type]
        path=path,
        start=None,
        end=None,
        rows=1,
        detail="",
        digest=digest_of(Path(path)) if digest is None else digest,
    )


def test_old_files_are_deleted_only_as_we_wrote_them(store: Store, tmp_path: Path) -> None:
    """What somebody changed, a backup and a download are named, for a person to deal with."""
    names = ("whole.csv", "changed.csv", "unknown.csv", "copy.db", "young.csv", "moved.csv")
    for name in names:
        (tmp_path / name).write_text("otters", encoding="utf-8")
    note(store, tmp_path / "whole.csv")
    note(store, tmp_path / "changed.csv")
    note(store, tmp_path / "unknown.csv", digest="")
    note(store, tmp_path / "copy.db", kind="backup")
    note(store, tmp_path / "young.csv", days=2)
    note(store, tmp_path / "moved.csv")
    note(store, "", kind="page", digest="")
    (tmp_path / "changed.csv").write_text("otters, and Ada's remarks", encoding="utf-8")
    (tmp_path / "moved.csv").rename(tmp_path / "elsewhere.csv")
    dry = purged(store, Retention(reports=30), dry_run=True)
    assert all((tmp_path / name).exists() for name in names if name != "moved.csv")
    found = purged(store, Retention(reports=30))
    assert [Path(file.path).name for file in found.deleted] == ["whole.csv"]
    assert [Path(file.path).name for file in dry.deleted] == ["whole.csv"]
    assert {Path(left.file.path).name: left.why for left in found.left} == {
        "changed.csv": "was changed since it was written",
        "unknown.csv": "nobody noted how it was when it was written",
        "copy.db": "a backup is deleted by nobody but you",
        "": "was downloaded with a browser: nobody but who has it can delete it",
    }
    assert not (tmp_path / "whole.csv").exists()
    assert (tmp_path / "elsewhere.csv").exists()
    with store.reading() as connection:
        left = sorted(Path(file.path).name for file in written(connection))
    assert left == ["changed.csv", "copy.db", "unknown.csv", "young.csv"]


def test_a_file_that_cannot_be_looked_at_is_left_and_keeps_nothing_else(
    store: Store, save: Save, mention: MakeMention, tmp_path: Path
) -> None:
    """A folder that one may not enter, or that is not there now, tells nothing of its files; the posts go first."""
    save(store, mention(published_at=NOON - 50 * DAY))
    note(store, tmp_path / ("x" * 300 + ".csv"), digest="ab")
    note(store, tmp_path / "drive" / "week.csv", digest="ab")
    note(store, tmp_path / "moved.csv", digest="ab")
    for _ in range(2):
        found = daily(store, Retention(mentions=30, reports=30), now=NOON, who="ada")
        assert found is not None
        assert [left.why for left in found.left] == [
            "cannot be looked at by this account",
            "is not found, nor is its folder: on a drive that is not connected, perhaps",
        ]
        assert held(store) == set()
        stores.note(store, PURGED, "")


def test_a_day_is_done_when_all_of_it_is(store: Store, save: Save, old: Mention) -> None:
    """What breaks off is tried again by the next collection."""
    save(store, old)
    with store.writing() as connection:
        connection.exec_driver_sql("ALTER TABLE files RENAME TO lost")
    with pytest.raises(StoreError):
        daily(store, Retention(mentions=30, reports=30), now=NOON, who="ada")
    assert held(store) == set()
    with store.writing() as connection:
        connection.exec_driver_sql("ALTER TABLE lost RENAME TO files")
    assert daily(store, Retention(mentions=30, reports=30), now=NOON, who="ada") is not None
    assert daily(store, Retention(mentions=30, reports=30), now=NOON, who="ada") is None


def test_a_file_that_was_written_again_is_as_young_as_that(store: Store, tmp_path: Path) -> None:
    """Also in a store of before, where each writing of a path counted."""
    file = tmp_path / "week.csv"
    file.write_text("otters", encoding="utf-8")
    note(store, file, days=40)
    note(store, file, days=2)
    with store.writing() as connection:
        connection.exec_driver_sql("UPDATE files SET gone_at = NULL")
    assert purged(store, Retention(reports=30)).deleted == []
    assert file.exists()
    with store.reading() as connection:
        assert [each.at for each in written(connection)] == [NOON - 2 * DAY]


@pytest.mark.parametrize(("begins", "stays"), [("Public posts about Quillhaven", False), ("My remarks", True)])
def test_the_read_me_beside_an_export_goes_with_it(store: Store, tmp_path: Path, begins: str, stays: bool) -> None:
    """As long as it is still that."""
    file, beside = tmp_path / "week.csv", tmp_path / "week.csv.readme.txt"
    file.write_text("otters", encoding="utf-8")
    beside.write_text(f"{begins}\n\nsearch: otters", encoding="utf-8")
    note(store, file)
    assert len(purged(store, Retention(reports=30)).deleted) == 1
    assert (file.exists(), beside.exists()) == (False, stays)


def test_who_wrote_a_file_is_kept_as_long_as_the_log(store: Store, tmp_path: Path) -> None:
    """That it was written is kept: a forgotten post may be in it."""
    for days in (40, 2):
        note_file(
            store,
            at=NOON - days * DAY,
            who="ada",
            kind="export",
            path=tmp_path / f"{days}.csv",
            start=None,
            end=None,
            rows=1,
            detail="search: otters",
        )
    purged(store, Retention(access_log=30))
    with store.reading() as connection:
        said = [(file.who, file.detail) for file in written(connection)]
    assert said == [("", ""), ("ada", "search: otters")]


def test_an_old_snapshot_goes_but_nothing_that_was_put_into_it(millbrook: Path, save: Save, old: Mention) -> None:
    """Also one that was shown; a folder with something else in it is left to a person."""
    settings = load(millbrook, {})
    store = door.store_of(settings)
    save(store, old)
    for name in ("shown", "used"):
        taken = snapshot.take(settings, store, millbrook.parent / name, now=NOON)
        note(store, taken.folder, kind="snapshot")
        door.store_of(load(taken.settings, {}))
    (millbrook.parent / "used" / "speech.txt").write_text("Dear neighbours", encoding="utf-8")
    found = purged(store, Retention(reports=30))
    assert [Path(file.path).name for file in found.deleted] == ["shown"]
    assert [Path(left.file.path).name for left in found.left] == ["used"]
    assert not (millbrook.parent / "shown").exists()
    assert (millbrook.parent / "used" / "speech.txt").exists()


# --- by itself, and with a collection -------------------------------------------------------------------------------

MILLBROOK = """\
[agency]
name = "Town of Millbrook"
timezone = "America/New_York"
contact = "press@millbrook.example"
own_accounts = ["https://town.millbrook.example"]

[[topics]]
name = "The town"
query = "millbrook"

[retention]
mentions = 30
replies = 10

[[feeds]]
name = "Herald"
source = "rss"
url = "{url}"
"""


SERVERS_CLOCK = {"now": NOON}


@pytest.fixture
def millbrook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, httpserver: HTTPServer) -> Path:
    """Settings with times and one feed on a real server, whose clock the test sets."""
    said = lambda handler, timestamp=None: format_datetime(SERVERS_CLOCK["now"], usegmt=True)  # noqa: E731
    monkeypatch.setattr(WSGIRequestHandler, "date_time_string", said)
    for name in ("LISTENING_SETTINGS", "LISTENING_STORE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "listening.toml"
    file.write_text(MILLBROOK.format(url=httpserver.url_for("/feed")), encoding="utf-8")
    return file


def item(title: str, days: float | None, *, host: str = "herald.example") -> str:
    when = "" if days is None else f"<pubDate>{NOON - days * DAY:%a, %d %b %Y %H:%M:%S} +0000</pubDate>"
    key = f"https://{host}/{title.replace(' ', '-')}"
    return f"<item><title>{title}</title><link>{key}</link><guid>{key}</guid>{when}</item>"


def serve(server: HTTPServer, *items: str, at: datetime = NOON) -> None:
    """Serve a feed, by a clock that says ``at``."""
    SERVERS_CLOCK["now"] = at
    server.clear()
    server.expect_request("/feed").respond_with_data(
        f"<rss version='2.0'><channel><title>Herald</title>{''.join(items)}</channel></rss>",
        content_type="application/rss+xml",
    )


def titles(store: Store) -> set[str]:
    with store.reading() as connection:
        return set(connection.execute(select(mentions.c.title)).scalars())


def test_a_feed_does_not_bring_back_what_is_too_old(millbrook: Path, httpserver: HTTPServer) -> None:
    """Neither what was removed nor what was never stored; our own posts go by their own days."""
    settings = load(millbrook, {})
    ours = item("Millbrook town posts", 12, host="town.millbrook.example")
    serve(httpserver, item("Millbrook new", 1), item("Millbrook old", 31), item("Millbrook ageing", 29), ours)
    result = door.listen(settings, clock=lambda: NOON, environ={})
    store = door.store_of(settings)
    assert titles(store) == {"Millbrook new", "Millbrook ageing"}
    assert result.new == 2
    later = NOON + 2 * DAY
    for hours in (0, 1):
        httpserver.clear()
        serve(
            httpserver,
            item("Millbrook new", 1),
            item("Millbrook old", 31),
            item("Millbrook ageing", 29),
            f"<!--{hours}-->",
            at=later,
        )
        door.listen(settings, clock=lambda hours=hours: later + timedelta(minutes=hours), environ={})  # type: ignore[misc]
        assert titles(store) == {"Millbrook new"}
    assert_whole(store)


def test_a_post_without_a_date_does_not_come_back_as_new(millbrook: Path, httpserver: HTTPServer) -> None:
    """It was stored under the time when it was first seen; while the feed holds it, it stays removed."""
    settings = load(millbrook, {})
    serve(httpserver, item("Millbrook undated", None))
    door.listen(settings, clock=lambda: NOON, environ={})
    store = door.store_of(settings)
    assert titles(store) == {"Millbrook undated"}
    later = NOON + 40 * DAY
    serve(httpserver, item("Millbrook undated", None), item("Millbrook news", -39), at=later)
    door.listen(settings, clock=lambda: later, environ={})
    assert titles(store) == {"Millbrook news"}
    serve(httpserver, item("Millbrook undated", None), item("Millbrook more", -39), at=later)
    result = door.listen(settings, clock=lambda: later, environ={})
    assert titles(store) == {"Millbrook news", "Millbrook more"}
    assert result.new == 1


def test_the_first_collection_of_a_day_purges_and_the_others_do_not(
    millbrook: Path, httpserver: HTTPServer, save: Save, mention: MakeMention
) -> None:
    """Once a local day, quietly, with a line in the log; without a time never."""
    settings = load(millbrook, {})
    store = door.store_of(settings)

    def fill() -> None:
        save(store, mention(title="Old Millbrook", published_at=NOON - 50 * DAY))

    for hours, left in ((0, set()), (5, {"Old Millbrook"}), (20, set())):
        fill()
        serve(httpserver, at=NOON + timedelta(hours=hours))
        door.listen(settings, clock=lambda hours=hours: NOON + timedelta(hours=hours), environ={})  # type: ignore[misc]
        assert titles(store) == left
    assert [what for what, _ in log(store)] == ["purge", "purge"]
    fill()
    assert daily(store, Retention(), now=NOON + 9 * DAY, who="ada") is None
    assert titles(store) == {"Old Millbrook"}


@pytest.mark.parametrize("days", [-400, 400])
def test_a_clock_that_servers_contradict_removes_nothing_and_costs_no_post(
    days: int, millbrook: Path, httpserver: HTTPServer
) -> None:
    """A year ahead everything would be too old, and a year back everything would have been published then."""
    settings = load(millbrook, {})
    serve(httpserver, item("Millbrook stored", 1))
    door.listen(settings, clock=lambda: NOON, environ={})
    serve(httpserver, item("Millbrook stored", 1), item("Millbrook new", 0.5), item("Millbrook undated", None))
    result = door.listen(settings, clock=lambda: NOON + days * DAY, environ={})
    store = door.store_of(settings)
    assert titles(store) == {"Millbrook stored", "Millbrook new"} | {"Millbrook undated"}
    assert door.CLOCK_DOUBTED in result.notes
    with store.reading() as connection:
        published = select(mentions.c.published_at).where(mentions.c.title == "Millbrook new")
        assert connection.execute(published).scalar() == (NOON - DAY / 2).timestamp()
    result = door.listen(settings, clock=lambda: NOON + timedelta(minutes=2), environ={})
    assert door.CLOCK_DOUBTED not in result.notes
    assert_whole(store)


def test_a_clock_that_jumps_during_a_collection_removes_nothing(millbrook: Path, httpserver: HTTPServer) -> None:
    """Also where the server that answers last agrees with it."""
    settings = load(millbrook, {})
    serve(httpserver, item("Millbrook stored", 1))
    door.listen(settings, clock=lambda: NOON, environ={})
    store = door.store_of(settings)
    asked = threading.Event()

    def answer(request: Request) -> Response:
        asked.set()
        return Response("gone for a moment", 503)

    httpserver.clear()
    httpserver.expect_request("/feed").respond_with_handler(answer)
    SERVERS_CLOCK["now"] = NOON + 400 * DAY
    result = door.listen(settings, clock=lambda: NOON + (400 * DAY if asked.is_set() else 0 * DAY), environ={})
    assert titles(store) == {"Millbrook stored"}
    assert door.CLOCK_DOUBTED in result.notes


def test_a_clock_that_jumps_at_any_of_its_readings_removes_nothing(millbrook: Path, httpserver: HTTPServer) -> None:
    """No two readings of one collection may be taken for one moment."""
    settings = load(millbrook, {})
    serve(httpserver, item("Millbrook stored", 1))
    readings: list[int] = []

    def clock(jump_at: int) -> datetime:
        readings.append(jump_at)
        return NOON + (400 * DAY if len(readings) >= jump_at else 0 * DAY)

    jump_at, whole = 10_000, 0
    while not whole or jump_at <= whole:
        readings.clear()
        door.listen(settings, clock=partial(clock, jump_at), environ={})
        assert titles(door.store_of(settings)) == {"Millbrook stored"}
        if not whole:
            whole, jump_at = len(readings), 0
        jump_at += 1
    assert whole > 5


def test_a_purge_that_was_ended_in_the_middle_is_finished_by_the_next_run(
    millbrook: Path, httpserver: HTTPServer, save: Save, mention: MakeMention, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was removed last is no longer there to be found: that its traces are left is noted with its removal."""
    settings = load(millbrook, {})
    store = door.store_of(settings)
    save(store, mention(title="Otterly Millbrook", published_at=NOON - 50 * DAY))

    def ended(_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(removing, "sweep", ended)
        with pytest.raises(KeyboardInterrupt):
            purge(store, Retention(mentions=30), now=NOON, who="ada")
    assert titles(store) == set()
    with pytest.raises(AssertionError, match="story_keys"):
        assert_whole(store)
    serve(httpserver)
    door.listen(replace(settings, retention=Retention()), clock=lambda: NOON, environ={})
    assert_whole(store)
    with store.reading() as connection:
        left = select(meta.c.key).where(meta.c.key.in_((removing.TO_SWEEP, removing.TO_CLEAN)))
        assert connection.execute(left).all() == []


def test_an_export_goes_with_its_read_me(millbrook: Path, save: Save, mention: MakeMention) -> None:
    """As the command writes them both."""
    store = door.store_of(load(millbrook, {}))
    save(store, mention(published_at=door.now() - DAY))
    assert main(["export", "-o", "week.csv"]) == 0
    files = [millbrook.parent / name for name in ("week.csv", "week.csv.readme.txt")]
    assert all(file.exists() for file in files)
    assert len(purge(store, Retention(reports=30), now=door.now() + 40 * DAY, who="ada").deleted) == 1
    assert not any(file.exists() for file in files)


def test_the_command_says_what_goes(
    millbrook: Path, save: Save, mention: MakeMention, capsys: pytest.CaptureFixture[str]
) -> None:
    """In words and for programs; first what would, then what did."""
    store = door.store_of(load(millbrook, {}))
    now = door.now()
    save(store, *(mention(published_at=now - days * DAY) for days in (1, 40, 50)))
    assert main(["purge", "--dry-run"]) == 0
    said = capsys.readouterr().out
    assert "2  posts about you from before" in said
    assert "would be removed" in said
    assert "for good  entries of the review's log: no time is set." in said
    assert main(["purge", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["removed"] == {"mentions": 2, "replies": 0}
    assert not answer["dry_run"]
    assert len(held(store)) == 1
    millbrook.write_text(millbrook.read_text(encoding="utf-8").replace("= 30", "= 0").replace("= 10", "= 0"))
    assert main(["purge"]) == 0
    assert "kept for good" in capsys.readouterr().out


def test_nothing_is_purged_in_a_snapshot(millbrook: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It stays as it was."""
    settings = load(millbrook, {})
    snapshot.take(settings, door.store_of(settings), millbrook.parent / "meeting", now=NOON)
    assert main(["purge", "--settings", "meeting/listening.toml"]) == 2
    assert "is a snapshot" in capsys.readouterr().err


@pytest.mark.parametrize("seed", range(6))
def test_whatever_goes_in_whatever_order_the_store_stays_whole(
    store: Store, save: Save, mention: MakeMention, seed: int
) -> None:
    """Saved, edited, withdrawn, forgotten and purged at random: no table names what is not there."""
    rng = random.Random(seed)
    texts = [f"{text} Near the {place}." for text in TEXTS for place in ("quay", "mill", "school")]
    posts: list[Mention] = []
    for step in range(60):
        there = sorted(held(store))
        match rng.randrange(8):
            case 0 | 1 | 2 | 3:
                new = [
                    mention(
                        text=rng.choice(texts),
                        feed=f"place {rng.randrange(5)}",
                        author=f"@neighbour{rng.randrange(4)}@harbor.example",
                        published_at=NOON - timedelta(days=rng.randrange(40), minutes=step),
                        own=rng.random() < 0.1,
                        question=rng.choice([True, False, None]),
                        tag=rng.choice(["good", "bad", "neutral"]),
                        date_from=rng.choice(["source", "fetched"]),
                    )
                    for _ in range(rng.randrange(1, 6))
                ]
                posts += new
                save(store, *new)
            case 4 if posts:
                save(store, replace(rng.choice(posts), text=rng.choice(texts), tag="bad"))
            case 5 if there:
                with store.writing() as connection:
                    chosen = select(mentions.c.n).where(mentions.c.id.in_(rng.sample(there, min(3, len(there)))))
                    removing.withdraw(connection, connection.execute(chosen).scalars().all(), NOON)
            case 6 if there:
                forgetting.forget(store, forgetting.find_posts(store, [rng.choice(there)]), at=NOON, who="ada")
            case 7:
                purged(store, Retention(mentions=rng.randrange(20, 40), replies=30))
    removing.sweep(store)
    assert_whole(store)
    assert forgetting.finish(store) == ""
    assert_whole(store)


def test_what_is_matched_and_tagged_anew_meanwhile_brings_nothing_back(
    store: Store, save: Save, mention: MakeMention
) -> None:
    """Both read first and write later: what was removed or emptied in between stays so."""
    gone, emptied, left = (mention(text="Otters at the quay") for _ in range(3))
    save(store, gone, emptied, left)
    with store.reading() as connection:
        batch = [pair for some in rematching.read(connection, [1, 2, 3]) for pair in some]
    again = [
        (number, replace(each, tag="bad", why=(Reason(words="Otters", effect=1.0),), matched=(QUAY,)))
        for number, each in batch
    ]
    forgetting.forget(store, forgetting.find_posts(store, [gone.id]), at=NOON, who="ada")
    with store.writing() as connection:
        removing.withdraw(connection, [number(store, emptied)], NOON)
    with store.writing() as connection:
        rematching.rewrite(store, connection, again)
        stores.retag(connection, again)
    removing.sweep(store)
    assert_whole(store)
    with store.reading() as connection:
        shown = Reader(store, connection).find(emptied.id)
        other = Reader(store, connection).find(left.id)
    assert shown is not None
    assert (shown.matched, shown.why) == ((), ())
    assert other is not None
    assert (other.tag, other.matched) == ("bad", (QUAY,))


QUAY = Span(topic="transit", field="text", start=14, end=18, words="quay")


def test_a_collection_and_a_purge_at_the_same_time_lose_nothing(store: Store, save: Save, mention: MakeMention) -> None:
    """What is old goes, what is saved meanwhile stays, and neither waits long for the other."""
    save(store, *(mention(published_at=NOON - timedelta(days=40, minutes=each)) for each in range(2000)))
    new = [mention(published_at=NOON - timedelta(minutes=each)) for each in range(200)]
    longest = 0.0

    def collect() -> None:
        nonlocal longest
        for start in range(0, 200, 5):
            begun = time.monotonic()
            save(store, *new[start : start + 5])
            longest = max(longest, time.monotonic() - begun)

    with ThreadPoolExecutor(1) as other:
        collecting = other.submit(collect)
        purged(store)
        collecting.result()
    assert held(store) == {each.id for each in new}
    assert longest < 5
    assert_whole(store)


KILLED = """
import signal
import sys
from listening import door, retention
from listening.settings import load

settings = load(__import__("pathlib").Path(sys.argv[1]), {})


def progress(done):
    if done == 500:
        print(done, flush=True)
        signal.setitimer(signal.ITIMER_REAL, 0.08)  # nobody handles it: it ends the process, wherever that is


retention.purge(door.store_of(settings), settings.retention, now=door.now(), who="ada", progress=progress)
"""


def test_a_purge_that_is_killed_leaves_a_whole_store_that_the_next_one_completes(
    millbrook: Path, save: Save, mention: MakeMention
) -> None:
    """Killed in the middle, while others write. Two days more than the time: a clock may have been changed between."""
    store = door.store_of(load(millbrook, {}))
    now = door.now()
    posts = [mention(published_at=now - timedelta(days=32 + each % 200, minutes=each)) for each in range(3000)]
    save(store, *posts, mention(published_at=now))
    program = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(millbrook)], stdout=subprocess.PIPE, text=True, env=dict(os.environ)
    )
    assert program.stdout is not None
    with program:
        assert program.stdout.readline() == "500\n"
        save(store, mention(published_at=now))
        assert program.wait() == -signal.SIGALRM
    assert 2 < len(held(store)) < 3002
    assert_links(store)
    purge(store, KEPT, now=now, who="ada")
    assert len(held(store)) == 2
    assert_whole(store)
