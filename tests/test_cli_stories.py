"""`listening stories` from end to end: what is listed, why, and that a person's word holds."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from conftest import MakeMention, Save
from sqlalchemy import select

from listening import door
from listening.cli import main
from listening.models import Mention
from listening.settings import load
from listening.store import Store
from listening.store.schema import access_log

SETTINGS = """\
[agency]
name = "Town of Midvale"
timezone = "America/Chicago"

[[topics]]
name = "The town"
query = "midvale"

[[feeds]]
name = "Herald"
source = "rss"
url = "https://herald.example/feed.xml"
"""
REPORT = "Midvale opens its new footbridge over the Mill Stream on Saturday, two years after the old one was closed"


@pytest.fixture
def town(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """The store of a small town, in the folder one is in."""
    for name in ("LISTENING_SETTINGS", "LISTENING_STORE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "listening.toml").write_text(SETTINGS, encoding="utf-8")
    return door.store_of(load(tmp_path / "listening.toml", {}))


@pytest.fixture
def told(town: Store, save: Save, mention: MakeMention) -> tuple[Mention, Mention, Mention]:
    """A report, its copy the next day, and something else."""
    now = datetime.now(UTC)
    report = mention(text=REPORT, feed="Herald", topics=("The town",), published_at=now - timedelta(days=2))
    copy = mention(text=f"{REPORT} #Midvale", feed="Social", topics=("The town",), published_at=now - timedelta(days=1))
    other = mention(
        text="What time does the Midvale library open?", topics=("The town",), published_at=now - timedelta(hours=3)
    )
    save(town, report, copy, other)
    return report, copy, other


Said = Callable[..., str]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Said:
    """Runs `listening stories` and returns what it said."""

    def call(*options: str, expected: int = 0) -> str:
        assert main(["stories", *options]) == expected
        out, err = capsys.readouterr()
        return err if expected else out

    return call


def as_json(said: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(said)
    return found


def test_copies_are_listed_as_one_story(told: tuple[Mention, Mention, Mention], run: Said) -> None:
    """How many posts and stories there are, and each repeated text with its posts, places and days."""
    said = run()
    assert "3 public posts, 2 stories" in said
    assert "Midvale opens its new footbridge" in said
    assert told[0].id in said
    listed = as_json(run("--json"))
    assert (listed["mentions"], listed["stories"]) == (3, 2)
    (story,) = listed["repeated"]
    assert (story["mentions"], story["feeds"], story["first"]) == (2, ["Herald", "Social"], told[0].id)


def test_a_view_can_be_named(told: tuple[Mention, Mention, Mention], run: Said) -> None:
    """The same options as for an export."""
    assert as_json(run("--json", "--search", "library"))["stories"] == 1
    assert "No text came up more than once." in run("--since", "today", "--search", "library")


def test_why_two_posts_are_one_story(told: tuple[Mention, Mention, Mention], run: Said) -> None:
    """The likeness in words, the days between, and the other post."""
    report, copy, other = told
    said = run("--why", copy.id)
    assert said.startswith("Same headline 100 %, a day apart, as in Herald: Midvale opens")
    assert report.id in said
    assert "a story of its own" in run("--why", other.id)


def test_a_person_splits_and_joins(told: tuple[Mention, Mention, Mention], run: Said, town: Store) -> None:
    """It is said, it holds, and the access log knows who did it."""
    report, copy, other = told
    assert "stays so" in run("--split", copy.id)
    assert as_json(run("--json"))["stories"] == 3
    assert "one story of 2 posts" in run("--join", report.id, other.id)
    assert "by hand" in run("--why", other.id)
    with town.reading() as connection:
        log = [(row.what, row.detail) for row in connection.execute(select(access_log))]
    assert log == [("stories: split", copy.id), ("stories: join", f"{report.id} {other.id}")]


def test_what_is_not_there_is_said(told: tuple[Mention, Mention, Mention], run: Said) -> None:
    """An unknown id changes nothing and says where ids are found; two wishes at once are refused."""
    for options in (("--why", "nobody"), ("--split", "nobody"), ("--join", told[0].id, "nobody")):
        assert "No mention has the id nobody." in run(*options, expected=2)
    assert "do not go together" in run("--why", told[0].id, "--split", told[0].id, expected=2)
    assert as_json(run("--json"))["stories"] == 2
