"""`listening export` from end to end: the mentions that the options mean, masked, noted, and over nothing of ours."""

# ruff: noqa: SIM300 (expected == actual, as everywhere in the tests)

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from conftest import MakeMention, Save
from sqlalchemy import select

import listening
from listening import door
from listening import store as stores
from listening.cli import main
from listening.cli.exporting import view_of
from listening.cli.labels import Counted, labelled
from listening.cli.parser import parser
from listening.export import csv
from listening.insights.periods import CHOICES, DEFAULT, midnight, period
from listening.models import Mention
from listening.settings import load
from listening.store import Reader, Store, View, reviewing
from listening.store.schema import access_log, mentions

PROJECT = Path(listening.__file__).resolve().parent.parent
CHICAGO = ZoneInfo("America/Chicago")

SETTINGS = """\
[agency]
name = "Town of Midvale"
timezone = "America/Chicago"
own_accounts = ["@town@midvale.example"]

[[topics]]
name = "The town"
query = "midvale"

[[topics]]
name = "Buses"
query = "midvale AND bus"

[privacy]
listed_accounts = ["@weather@harbor.example"]

[[feeds]]
name = "Herald"
source = "rss"
url = "https://herald.example/feed.xml"
outlet = true

[[feeds]]
name = "Old Herald"
source = "rss"
url = "https://old.example/feed.xml"
outlet = true
paused = true

[[feeds]]
name = "Harbor"
source = "mastodon"
server = "https://harbor.example"
tag = "midvale"
"""


@pytest.fixture(autouse=True)
def _quiet_surroundings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Each test has an empty working directory and no settings of the machine's own."""
    for name in ("LISTENING_SETTINGS", "LISTENING_STORE", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def town(tmp_path: Path) -> Store:
    """listening.toml of a town in Chicago, and the empty store beside it."""
    (tmp_path / "listening.toml").write_text(SETTINGS, encoding="utf-8")
    return stores.open_store(f"sqlite:///{tmp_path / 'mentions.db'}", CHICAGO)


@pytest.fixture
def post(mention: MakeMention) -> Callable[..., Mention]:
    """Makes a post by a private person on Harbor about the town; ``at`` is its time in UTC, without a Z."""

    def make(at: str = "2026-03-04T17:00", **changes: Any) -> Mention:
        values: dict[str, Any] = {
            "feed": "Harbor",
            "text": "Midvale has a lovely park.",
            "author": "@ada@harbor.example",
            "topics": ("The town",),
            "published_at": datetime.fromisoformat(at).replace(tzinfo=UTC),
        }
        return mention(**{**values, **changes})

    return make


def rows(file: str | Path = "out.csv") -> list[dict[str, Any]]:
    with Path(file).open(encoding="utf-8-sig", newline="") as opened:
        return list(csv.read(opened))


MARCH = ("--since", "2026-03-01", "--until", "2026-03-31")
"""Days that hold what ``post`` makes, whatever day it is."""


def texts(*options: str) -> list[str]:
    """The texts in the file that these options write."""
    assert 0 == main(["export", "-o", "out.csv", *options])
    return [row["text"] for row in rows()]


def files() -> list[str]:
    """What lies in the working directory, without the store's."""
    return sorted(file.name for file in Path.cwd().iterdir() if not file.name.startswith("mentions.db"))


def noted(store: Store) -> list[tuple[str, str]]:
    """What the access log says: what, and its details."""
    with store.reading() as connection:
        return [(row.what, row.detail) for row in connection.execute(select(access_log).order_by(access_log.c.no))]


# --- which mentions ---------------------------------------------------------------------------------------------------


def test_from_a_day_up_to_and_with_a_day(town: Store, save: Save, post: Callable[..., Mention]) -> None:
    """Days of the agency: the first and the last are in, each from its midnight to the next, over a changed clock."""
    edges = {
        "2026-03-07T05:59:59": "before",
        "2026-03-07T06:00:00": "first",
        "2026-03-09T04:59:59": "last",  # the clocks went forward on 8 March
        "2026-03-09T05:00:00": "after",
    }
    save(town, *(post(at, text=text) for at, text in edges.items()))
    assert ["last", "first"] == texts("--since", "2026-03-07", "--until", "2026-03-08")
    assert ["last", "first", "before"] == texts("--until", "2026-03-08")
    assert ["last"] == texts("--since", "2026-03-08", "--until", "2026-03-08")
    assert ["2026-03-08"] == [row["day"] for row in rows()]


def test_until_alone_goes_back_to_the_oldest(town: Store, save: Save, post: Callable[..., Mention]) -> None:
    """However old it is; the command says which days it wrote."""
    save(town, post("2019-06-01T12:00", text="old"), post("2026-03-04T12:00", text="new"))
    assert ["old"] == texts("--until", "2026-01-01")


def meant(now: datetime, *options: str) -> tuple[datetime, datetime]:
    """Start and end of the view that options mean at a moment, in UTC."""
    arguments = parser().parse_args(["export", "-o", "out.csv", *options])
    view = view_of(arguments, load(Path("listening.toml")), now=now, oldest=now - timedelta(days=900))
    return view.start.astimezone(UTC), view.end.astimezone(UTC)


SUNDAY_NIGHT = datetime(2026, 3, 9, 3, 30, tzinfo=UTC)
"""Half past ten in Chicago on Sunday 8 March, the day of 23 hours; in UTC it is Monday."""


@pytest.mark.parametrize(
    ("options", "start", "end"),
    [
        (["--since", "today"], "2026-03-08T06:00", "2026-03-09T03:30"),
        (["--since", "yesterday"], "2026-03-07T06:00", "2026-03-09T03:30"),
        (["--since", "Yesterday", "--until", "YESTERDAY"], "2026-03-07T06:00", "2026-03-08T06:00"),
        (["--since", "2026-03-07"], "2026-03-07T06:00", "2026-03-09T03:30"),
        (["--since", "2026-03-08", "--until", "today"], "2026-03-08T06:00", "2026-03-09T05:00"),
        (["--since", "12h"], "2026-03-08T15:30", "2026-03-09T03:30"),
        (["--since", "2d", "--until", "24h"], "2026-03-07T03:30", "2026-03-08T03:30"),
        (["--since", "1 W", "--until", "1D"], "2026-03-02T03:30", "2026-03-08T03:30"),
        (["--until", "30d"], "2023-09-21T03:30", "2026-02-07T03:30"),
        (["--since", "99999w"], "1970-01-02T06:00", "2026-03-09T03:30"),
    ],
)
def test_days_back_and_words_for_days(options: list[str], start: str, end: str, town: Store) -> None:
    """30d, 12h and 2w are so long before now; today and yesterday are days of the agency."""
    assert [f"{start}:00+00:00", f"{end}:00+00:00"] == [at.isoformat() for at in meant(SUNDAY_NIGHT, *options)]


@pytest.mark.parametrize("key", list(CHOICES))
def test_the_periods_of_the_page(key: str, town: Store) -> None:
    """Each is the very period that the page shows."""
    chosen = period(key, SUNDAY_NIGHT, CHICAGO)
    assert (chosen.start, chosen.end) == meant(SUNDAY_NIGHT, "--period", key.upper())
    if key == DEFAULT:
        assert (chosen.start, chosen.end) == meant(SUNDAY_NIGHT)


def test_without_a_time_it_is_the_last_seven_days(town: Store, save: Save, post: Callable[..., Mention]) -> None:
    """As on the page; other times can be named."""
    now = door.now()
    for text, days in (("now", 0.1), ("six", 6.9), ("eight", 7.1), ("a month", 29)):
        save(town, post(text=text, published_at=now - timedelta(days=days)))
    assert ["now", "six"] == texts() == texts("--period", "7D") == texts("--since", "1w")
    assert ["now", "six", "eight", "a month"] == texts("--period", "30d") == texts("--since", "30d")
    assert ["eight", "a month"] == texts("--until", "7d")


def test_only_posts_that_ask(town: Store, save: Save, post: Callable[..., Mention]) -> None:
    """The column says so too; the access log says that it was asked for."""
    save(
        town,
        post("2026-03-04T04:00", text="When does the pool open?", question=True),
        post("2026-03-04T03:00", text="The pool is lovely", question=False),
        post("2026-03-04T02:00", text="La piscina", question=None),
    )
    assert ["When does the pool open?"] == texts(*MARCH, "--questions")
    assert ["questions: only" in detail for _, detail in noted(town)] == [True]
    assert [True] == [row["question"] for row in rows()]


def test_topic_tag_source_and_search(town: Store, save: Save, post: Callable[..., Mention]) -> None:
    """Each narrows, together they narrow more; names may be written in any case."""
    save(
        town,
        post("2026-03-04T04:00", text="Midvale bus, lovely", topics=("The town", "Buses"), tag="good"),
        post("2026-03-04T03:00", text="Midvale bus, late", topics=("The town", "Buses"), tag="bad"),
        post("2026-03-04T02:00", text="Midvale park", tag="good", source="rss", feed="Herald"),
        post("2026-03-04T01:00", text="Midvale?", tag="unscored"),
        post("2026-03-04T00:00", text="Our Midvale bus", own=True),
    )
    assert 4 == len(texts(*MARCH))
    assert ["Midvale bus, lovely", "Midvale bus, late"] == texts(*MARCH, "--topic", "buses ")
    assert ["Midvale bus, lovely", "Midvale park"] == texts(*MARCH, "--tag", "Good")
    assert ["Midvale?"] == texts(*MARCH, "--tag", "unscored")
    assert ["Midvale park"] == texts(*MARCH, "--source", "RSS")
    assert ["Midvale bus, late"] == texts(*MARCH, "--search", "bus NOT lovely")
    assert ["Midvale bus, late"] == texts(*MARCH, "--search", "topic:Buses late")
    assert [] == texts(*MARCH, "--source", "rss", "--topic", "Buses")
    assert ["Midvale bus, lovely"] == texts(*MARCH, "--topic", "Buses", "--tag", "good", "--search", "bus")


def test_the_rows_are_what_the_view_counts(town: Store, save: Save, post: Callable[..., Mention]) -> None:
    """The number that is said, the rows of the file and the number of the store are one."""
    save(town, *(post(f"2026-03-04T{hour:02}:30", tag=("good", "bad")[hour % 2], text="Midvale") for hour in range(20)))
    view = View(
        start=midnight(date(2026, 3, 4), CHICAGO), end=midnight(date(2026, 3, 5), CHICAGO), tag="bad", topic="The town"
    )
    with town.reading() as connection:
        counted = Reader(town, connection).total(view)
    found = texts("--since", "2026-03-04", "--until", "2026-03-04", "--tag", "bad", "--topic", "The town")
    assert counted == len(found) > 0


# --- what people said -------------------------------------------------------------------------------------------------


def judge(store: Store, said: dict[str, dict[str, Any]]) -> None:
    """Somebody judges posts, by their texts."""
    with store.writing() as connection:
        found = connection.execute(select(mentions.c.text, mentions.c.n)).all()
        changes = {row.n: said[row.text] for row in found if row.text in said}
        at = datetime(2026, 3, 5, 12, 0, tzinfo=UTC)
        reviewing.review(store, connection, changes, reviewer="Ana Brook", at=at, seen=0)


@pytest.fixture
def departments(town: Store, save: Save, post: Callable[..., Mention]) -> Store:
    """The town with two departments, and four posts of which three were judged."""
    settings = SETTINGS.replace('query = "midvale AND bus"', 'query = "midvale AND bus"\ndepartment = "Transit"')
    settings += '[[departments]]\nname = "Roads"\nwords = "pothole*"\n'
    Path("listening.toml").write_text(settings, encoding="utf-8")
    texts_ = ("Midvale bus?", "Midvale pothole", "Midvale pothole again", "Midvale park")
    save(town, *(post(f"2026-03-04T1{hour}:00", text=text, tag="bad") for hour, text in enumerate(texts_)))
    judge(
        town,
        {
            "Midvale bus?": {"status": "open", "department": "Transit", "tag": "neutral", "note": "Asked twice"},
            "Midvale pothole": {"status": "answered", "department": "Roads", "minutes": 4, "tag": "bad"},
            "Midvale pothole again": {"status": "open", "department": "Roads"},
        },
    )
    return town


def test_a_departments_list_and_what_has_a_status(departments: Store) -> None:
    """The very rows that a view of them counts; names of departments may be written in any case."""
    assert ["Midvale pothole again", "Midvale pothole"] == texts(*MARCH, "--department", "roads")
    assert ["Midvale pothole again"] == texts(*MARCH, "--department", "Roads", "--status", "Open")
    assert ["Midvale bus?"] == texts(*MARCH, "--department", "transit")
    assert ["Midvale pothole"] == texts(*MARCH, "--status", "answered")
    assert [] == texts(*MARCH, "--status", "closed")
    assert ["Midvale pothole", "Midvale bus?"] == texts(*MARCH, "--reviewed")
    assert ["Midvale park", "Midvale pothole again"] == texts(*MARCH, "--unreviewed")
    assert ["Midvale pothole"] == texts(*MARCH, "--reviewed", "--department", "Roads")
    with departments.reading() as connection:
        view = View(start=midnight(date(2026, 3, 1), CHICAGO), end=midnight(date(2026, 4, 1), CHICAGO), status="open")
        assert len(texts(*MARCH, "--status", "open")) == Reader(departments, connection).total(view)
    log = [detail.partition("2026-04-01T05:00:00Z; ")[2] for _, detail in noted(departments)]
    assert "department: Roads; status: open; to out.csv" == log[1]
    assert "department: Roads; reviewed: only; to out.csv" == log[7]
    assert "reviewed: none; to out.csv" == log[6]


def test_what_people_said_stands_behind_and_names_nobody_without_a_reason(departments: Store) -> None:
    """Who reviewed and what they noted is in the file only where handles are shown too."""
    texts(*MARCH, "--department", "Transit")
    row = rows()[0]
    assert ("bad", "neutral", "open", "Transit") == tuple(
        row[name] for name in ("machine_tag", "tag", "status", "department")
    )
    assert (None, "", "") == (row["reviewed_by"], row["note"], row["answered_by"])
    texts(*MARCH, "--department", "Transit", "--handles", "a letter")
    assert ("Ana Brook", "Asked twice") == (rows()[0]["reviewed_by"], rows()[0]["note"])


def test_in_a_file_that_people_reviewed_the_machines_tag_is_still_the_machines(departments: Store) -> None:
    """So that it can be compared with labels; also a file from before there were reviews is known as ours."""
    texts(*MARCH)
    file = Path("out.csv")
    lines = file.read_text(encoding="utf-8-sig").replace("withdrawn_at,day", "withdrawn_at,day,label", 1).splitlines()
    labelled_ = [lines[0], *(line.replace(",2026-03-04,", ",2026-03-04,good,") for line in lines[1:])]
    old = [line.partition(",good,")[0] + ",good" for line in labelled_[1:]]
    for name, written in (("new.csv", labelled_), ("old.csv", [lines[0].partition(",machine_tag")[0], *old])):
        Path(name).write_text("\n".join(written) + "\n", encoding="utf-8")
    given = [one.given for one in labelled(Path("new.csv"), None, None, Counted(), "post")]
    assert ["bad"] * 4 == given
    assert ["mastodon"] * 4 == [one.source for one in labelled(Path("old.csv"), None, None, Counted(), "post")]


# --- what is said and noted -------------------------------------------------------------------------------------------


def test_it_says_how_many_of_when_and_where_to(
    town: Store, save: Save, post: Callable[..., Mention], capsys: pytest.CaptureFixture[str]
) -> None:
    """On stderr, in one line; nothing on stdout."""
    save(town, post(), post("2026-03-08T12:00"))
    assert 0 == main(["export", "-o", "out.csv", "--since", "2026-03-02", "--until", "2026-03-08"])
    shown = capsys.readouterr()
    assert "" == shown.out
    assert shown.err == (
        "2 mentions of 2 to 8 March 2026 written to out.csv. Private people's names and handles are masked.\n"
        "What it holds and how it was made stands in out.csv.readme.txt.\n"
    )
    assert 0 == main(["export", "-o", "out.csv", "--since", "2026-03-02", "--until", "2026-03-02"])
    assert "0 mentions of 2 March 2026 written to out.csv." == capsys.readouterr().err.splitlines()[0]
    assert [] == rows()
    assert 0 == main(["export", "-o", "out.csv", "--since", "2026-03-08", "--until", "2026-03-08"])
    assert capsys.readouterr().err.startswith("1 mention of 8 March 2026 written")


def test_who_exported_what_is_noted(town: Store, save: Save, post: Callable[..., Mention]) -> None:
    """With every limit, the number of mentions and the time asked for."""
    save(town, post(text="Midvale bus", topics=("Buses",)))
    days = ["--since", "2026-03-02", "--until", "2026-03-08"]
    limits = ["--topic", "buses", "--tag", "good", "--source", "mastodon", "--search", "bus"]
    before = int(door.now().timestamp())
    assert 0 == main(["export", "-o", "out.csv", *days, *limits])
    assert noted(town) == [
        (
            "export",
            "csv, 1 mention, 2026-03-02T06:00:00Z to 2026-03-09T05:00:00Z; topic: Buses; tag: good; "
            "source: mastodon; search: bus; to out.csv",
        )
    ]
    with town.reading() as connection:
        row = connection.execute(select(access_log)).one()
    assert row.who
    assert before <= row.at


def test_handles_are_masked_unless_there_is_a_reason(
    town: Store, save: Save, post: Callable[..., Mention], capsys: pytest.CaptureFixture[str]
) -> None:
    """Outlets, also paused ones, our own and listed accounts keep their names; the reason stands in the access log."""
    save(
        town,
        post(text="Midvale thanks @bo, @town@midvale.example and @weather@harbor.example", likes=1),
        post("2026-03-04T16:00", author="@weather@harbor.example", text="Rain"),
        post("2026-03-04T15:00", author="Ada Brook", feed="Herald", source="rss", text="Park"),
        post("2026-03-04T14:00", author="Bo Hill", feed="Old Herald", source="rss", text="Bus"),
    )
    masked = "Midvale thanks @••, @town@midvale.example and @weather@harbor.example"
    assert [masked, "Rain", "Park", "Bus"] == texts(*MARCH)
    authors = [row["author"] for row in rows()]
    assert ["@weather@harbor.example", "Ada Brook", "Bo Hill"] == authors[1:]
    assert authors[0].startswith("person-")
    assert masked.replace("••", "bo") in texts(*MARCH, "--handles", "  answering letters ")
    assert "@ada@harbor.example" == rows()[0]["author"]
    assert capsys.readouterr().err.splitlines()[-2].endswith("Names and handles are as they were.")
    log = noted(town)
    assert "handles" not in log[0][1]
    assert "; handles shown: answering letters; to out.csv" in log[1][1]


@pytest.mark.parametrize(("sign", "delimiter"), [(";", ";"), ("tab", "\t"), ("\\t", "\t"), ("Comma", ",")])
def test_the_delimiter_can_be_chosen(
    sign: str, delimiter: str, town: Store, save: Save, post: Callable[..., Mention]
) -> None:
    """For an Excel that wants semicolons."""
    save(town, post())
    assert ["Midvale has a lovely park."] == texts(*MARCH, "--delimiter", sign)
    assert Path("out.csv").read_text(encoding="utf-8-sig").startswith(f"id{delimiter}source{delimiter}feed")


def test_on_stdout_it_is_the_very_file(town: Store, save: Save, post: Callable[..., Mention]) -> None:
    """Byte for byte, with its mark and its line ends, and what is said goes elsewhere."""
    save(town, post(text="Midvale\nstraße 日本 😀", author=None))
    days = ["--since", "2026-03-01", "--until", "2026-03-05"]
    environment = {**os.environ, "PYTHONPATH": str(PROJECT), "PYTHONIOENCODING": "ascii"}
    ended = subprocess.run(
        [sys.executable, "-m", "listening", "export", "-o", "-", *days],
        env=environment,
        capture_output=True,
        check=True,
    )
    assert 0 == main(["export", "-o", "out.csv", *days])
    assert Path("out.csv").read_bytes() == ended.stdout
    assert ended.stdout.startswith(b"\xef\xbb\xbfid,")
    assert ["Midvale\nstraße 日本 😀"] == [
        row["text"] for row in csv.read(io.StringIO(ended.stdout.decode("utf-8-sig"), newline=""))
    ]
    said = ended.stderr.decode()
    assert said.startswith("1 mention of 1 to 5 March 2026. Private")
    assert noted(town)[0][1].endswith("; to standard output")


# --- over nothing of ours ---------------------------------------------------------------------------------------------


@pytest.mark.skipif(os.name == "nt", reason="permissions")
def test_an_older_export_is_replaced_whole(town: Store, save: Save, post: Callable[..., Mention]) -> None:
    """No rest of it, no half-written file beside it but the read-me, and its permissions stay."""
    save(town, post())
    old = Path("out.csv")
    old.write_text("x" * 100_000, encoding="utf-8")
    old.chmod(0o640)
    assert 1 == len(texts(*MARCH))
    assert 0o640 == old.stat().st_mode & 0o777
    assert ["listening.toml", "out.csv", "out.csv.readme.txt"] == files()


@pytest.mark.skipif(os.name == "nt", reason="links")
@pytest.mark.parametrize(
    "name", ["mentions.db", "mentions.db-wal", "./mentions.db", "link.csv", "hard.csv", "listening.toml"]
)
def test_the_store_and_the_settings_are_never_written_over(
    name: str, town: Store, save: Save, post: Callable[..., Mention], capsys: pytest.CaptureFixture[str]
) -> None:
    """By whatever name they are called."""
    save(town, post())
    Path("link.csv").symlink_to("mentions.db")
    os.link("mentions.db", "hard.csv")
    settings = Path("listening.toml").read_bytes()
    assert 2 == main(["export", "-o", name, *MARCH])
    said = capsys.readouterr().err
    assert f"{Path(name)} is a file that Listening needs." in said
    assert "Name another one after -o." in said
    assert settings == Path("listening.toml").read_bytes()
    assert Path("link.csv").is_symlink()
    assert 1 == stores.size(town)[0]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--since", "tomorrow"], ["--since: “tomorrow” is no day.", "2026-11-30, today, yesterday, or 30d"]),
        (["--since", "2026-02-30"], ["--since: “2026-02-30” is no day."]),
        (["--until", "30x"], ["--until: “30x” is no day."]),
        (["--until", "9999-12-31"], ["--until: “9999-12-31” is no day."]),
        (["--since", "2026-03-05", "--until", "2026-03-01"], ["--since is later than --until."]),
        (["--since", "9998-12-30"], ["--since lies in the future."]),
        (["--period", "7d", "--since", "1d"], ["--period and --since or --until do not go together."]),
        (["--period", "8d"], ["There is no period “8d”.", "24h, 7d, week, 30d, 90d, 365d."]),
        (["--topic", "buse"], ["There is no topic “buse”.", "Did you mean “Buses”?", "The town, Buses."]),
        (["--tag", "goood"], ["There is no tag “goood”.", "Did you mean “good”?", "good, neutral, bad, unscored."]),
        (["--source", "pigeon"], ["There is no source “pigeon”.", "reddit, reviews, rss"]),
        (["--department", "Roads"], ["There is no department “Roads”.", "The settings name no department."]),
        (["--status", "done"], ["There is no status “done”.", "open, pending, answered, closed."]),
        (["--reviewed", "--unreviewed"], ["--unreviewed: not allowed with argument --reviewed"]),
        (["--search", "bus OR OR"], ["The query cannot be read at column 5", "bus OR OR\n      ^"]),
        (["--search", ""], ["The query is empty."]),
        (["--search", "author:ada"], ["author:"]),
        (["--handles", " "], ["--handles needs a reason."]),
        (["--delimiter", "|"], ["“|” cannot stand between columns.", "a comma, a semicolon or tab"]),
        (["--format", "xlsx"], ["out.csv is named like another format than xlsx.", "Name the file .xlsx."]),
        (["--format", "pdf"], ["There is no format “pdf”.", "csv, xlsx, json, parquet"]),
        (["--format", "pptx"], ["Mentions are not exported as pptx.", "listening report --format pptx"]),
        (["-o", "-", "--format", "xlsx"], ["The format xlsx cannot be printed.", "Name a file with -o."]),
        (["-o", "out.xlsx", "--format", "csv"], ["out.xlsx is named like another format than csv."]),
        (["-o", "no such folder/out.csv"], ["could not be written: no such file or directory"]),
        (["-o", "."], [". could not be written: is a directory"]),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_what_cannot_be_done_is_refused_in_words(
    words: list[str],
    said: list[str],
    town: Store,
    save: Save,
    post: Callable[..., Mention],
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Exit code 2, the reason and what would be right, no traceback, and no file is made or changed."""
    save(town, post())
    Path("out.csv").write_text("older", encoding="utf-8")
    assert 2 == main(["export", "-o", "out.csv", *words])
    shown = capsys.readouterr()
    assert "" == shown.out
    assert [] == [part for part in said if part not in shown.err]
    assert "Traceback" not in shown.err
    assert "older" == Path("out.csv").read_text(encoding="utf-8")
    assert ["listening.toml", "out.csv"] == files()


def test_before_the_first_collection_there_is_nothing_to_export(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It says so, and makes no store."""
    (tmp_path / "listening.toml").write_text(SETTINGS, encoding="utf-8")
    assert 2 == main(["export", "-o", "out.csv"])
    said = capsys.readouterr().err
    assert "Nothing is stored yet" in said
    assert "listening collect" in said
    assert ["listening.toml"] == files()
    assert not Path("mentions.db").exists()


def test_an_empty_store_gives_an_empty_file(town: Store) -> None:
    """A header and no rows, whatever is asked for."""
    assert [] == texts()
    assert [] == texts("--since", "2026-01-01", "--search", "bus")
    assert [] == texts("--until", "2026-01-01")


def test_other_settings_and_another_store_can_be_named(
    town: Store, save: Save, post: Callable[..., Mention], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """With --settings and LISTENING_STORE, from any folder."""
    save(town, post())
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    settings = str(tmp_path / "listening.toml")
    assert ["Midvale has a lovely park."] == texts("--settings", settings, *MARCH)
    other = stores.open_store(f"sqlite:///{tmp_path / 'other.db'}", CHICAGO)
    save(other, post(text="another store"))
    monkeypatch.setenv("LISTENING_STORE", str(tmp_path / "other.db"))
    assert ["another store"] == texts("--settings", settings, *MARCH)
