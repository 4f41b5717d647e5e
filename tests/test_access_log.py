"""Who did what and when is written down without keeping anybody waiting, and can be read."""

from __future__ import annotations

import json
import sqlite3
import time
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from conftest import NOON, MakeMention, Save

from listening import door
from listening.cli import main
from listening.errors import QueryError
from listening.query import parse
from listening.store import Store, View, log_access
from listening.store.access import Access, accesses, log_when_free, view_words

SETTINGS = """\
[agency]
name = "Town of Millbrook"
timezone = "America/New_York"

[[topics]]
name = "The town"
query = "millbrook"
"""


ZONE = ZoneInfo("America/New_York")


def lines(store: Store) -> list[Access]:
    with store.reading() as connection:
        return accesses(connection)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with settings, in which commands are run."""
    for name in ("LISTENING_SETTINGS", "LISTENING_STORE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "listening.toml").write_text(SETTINGS, encoding="utf-8")
    return tmp_path


def test_who_reads_does_not_wait_for_the_log(store: Store) -> None:
    """While another program writes, the line is kept, and written with the next one, at its own time."""
    with closing(sqlite3.connect(store.url.removeprefix("sqlite:///"), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        begun = time.monotonic()
        log_when_free(store, at=NOON, who="ada", what="open", detail="3 posts")
        assert time.monotonic() - begun < 3
        other.execute("COMMIT")
    assert lines(store) == []
    log_when_free(store, at=NOON + timedelta(minutes=1), who="bo", what="open", detail="4 posts")
    assert [(line.at, line.who) for line in lines(store)] == [(NOON, "ada"), (NOON + timedelta(minutes=1), "bo")]
    log_when_free(store, at=NOON, who="ada", what="open", detail="5 posts")
    assert len(lines(store)) == 3


def test_a_view_is_told_without_a_word_of_any_post() -> None:
    """Its times, its limits, and how many posts it has."""
    view = View(
        start=NOON - timedelta(days=7),
        end=NOON,
        topic="Buses",
        tag="bad",
        feeds=frozenset({"Herald"}),
        query=parse('"town hall"'),
        asking=True,
        ids=frozenset({"ab12"}),
    )
    assert view_words(view, 1, ZONE, "Questions") == (
        "Questions: 1 post, 25 February to 4 March 2026; topic: Buses; tag: bad; feeds: Herald; "
        'search: "town hall"; questions; chosen posts'
    )
    week = View(start=datetime(2026, 11, 16, tzinfo=ZONE), end=datetime(2026, 11, 23, tzinfo=ZONE))
    assert view_words(week, 3, ZONE, "Public posts, “Otter bites Mo”") == (
        "Public posts, “…”: 3 posts, 16 to 22 November 2026"
    )
    assert view_words(week, 3) == "3 posts, 16 to 22 November 2026"
    many = View(start=NOON, end=NOON, feeds=frozenset(map(str, range(40))))
    assert "feeds" not in view_words(many, 2_000, ZONE)
    assert "2,000 posts" in view_words(many, 2_000, ZONE)


def test_the_command_shows_the_log(
    here: Path, save: Save, mention: MakeMention, capsys: pytest.CaptureFixture[str]
) -> None:
    """A table, newest last, in local time; narrowed by day and by what was done."""
    store = door.store_of(door.load())
    assert main(["log"]) == 0
    assert "Nothing stands in the log yet." in capsys.readouterr().out
    now = door.now()
    # More than a day ago: where clocks are set back, a day has 25 hours.
    for hours, what, detail in ((960, "export", "csv"), (48, "search", "otters"), (26, "stories: join", "a b")):
        log_access(store, at=now - timedelta(hours=hours), who="ada", what=what, detail=detail)
    assert main(["log"]) == 0
    head, *rows = capsys.readouterr().out.splitlines()
    assert head.split() == ["When", "Who", "What", "Of", "what"]
    assert [row.split()[3] for row in rows] == ["export", "search", "stories:"]
    assert main(["log", "--since", "30d", "--what", "S", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [(line["who"], line["what"], line["detail"]) for line in found] == [
        ("ada", "search", "otters"),
        ("ada", "stories: join", "a b"),
    ]
    assert main(["log", "--since", "today"]) == 0
    assert "Nothing stands in the log of that time." in capsys.readouterr().out
    assert main(["log", "--since", f"{now - timedelta(days=41):%Y-%m-%d}", "--what", "export"]) == 0
    assert "csv" in capsys.readouterr().out


def test_the_log_is_narrowed_by_account_and_last_day(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An auditor asks what one account did in a month."""
    store = door.store_of(door.load())
    for day, who in ((1, "ada"), (2, "ada"), (2, "bo"), (3, "ada")):
        log_access(store, at=datetime(2026, 3, day, 23, tzinfo=ZONE), who=who, what="search", detail=f"{who} {day}")
    assert main(["log", "--who", "ada", "--until", "2026-03-02", "--json"]) == 0
    assert [line["detail"] for line in json.loads(capsys.readouterr().out)] == ["ada 1", "ada 2"]


def test_a_refused_search_stands_in_the_log(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Who asks for what one person writes is what an auditor looks for; the page, drawn anew, adds no second line."""
    assert main(["export", "--search", "author:@mo@harbor.example"]) == 2  # nothing is stored, and nobody to note it
    assert not (here / "mentions.db").exists()
    store = door.store_of(door.load())
    for search in ("author:@mo@harbor.example", "author:@mo@harbor.example", "otters AND ("):
        with pytest.raises(QueryError):
            door.query_of(door.load(), search)
    assert [(line.what, line.detail) for line in lines(store)] == [("search refused", "author:@mo@harbor.example")]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--who", "adda"], "Did you mean “ada”?"),
        (["--until", "soon"], "--until: “soon” is no day"),
        (["--since", "soon"], "“soon” is no day"),
        (["--since", "2026-02-31"], "is no day"),
        (["--what", "serch"], "Did you mean “search”?"),
    ],
)
def test_what_cannot_be_shown_is_explained(
    here: Path, words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """In words."""
    log_access(door.store_of(door.load()), at=NOON, who="ada", what="search", detail="otters")
    assert main(["log", *words]) == 2
    assert said in capsys.readouterr().err
