"""A small part of the fault campaign (``python tests/campaign.py``), and that its own checks find what they are for."""

# ruff: noqa: SIM300 (expected == actual, as everywhere in the tests)

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import campaign_recount as recount
import pytest
from campaign_deeds import DEEDS, STORE
from campaign_faults import FAULTS
from campaign_world import Server, World, write_settings

from listening.cli import main
from listening.store.schema import mentions

CAMPAIGN = Path(__file__).resolve().with_name("campaign.py")
pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="the campaign's children are forked")


def test_whatever_goes_wrong_nothing_is_lost_or_doubled() -> None:
    """Some of each deed's faults, without a choice of ours: the store stays whole, and once more completes what is
    missing. The command runs all of them, many times."""
    runs = sum(fault in deed.faults for deed in DEEDS.values() for fault in FAULTS) // 5
    done = subprocess.run(
        [sys.executable, str(CAMPAIGN), f"--runs={runs}", "--seed=tests", "--jobs=1", "--worlds=2"],
        capture_output=True,
        text=True,
        check=False,
        timeout=1_200,
    )
    assert (0, "") == (done.returncode, done.stderr), done.stdout
    assert f"{runs} runs, " in done.stdout
    assert "; 0 wrong." in done.stdout


@pytest.fixture(scope="module")
def heard(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a store that has heard the papers once."""
    folder = tmp_path_factory.mktemp("heard")
    server = Server()
    server.say(World("tests"), 0)
    assert 0 == main(["--settings", str(write_settings(folder, server.port)), "collect"])
    server.close()
    return folder


def copied(folder: Path, to: Path) -> Path:
    """A copy of its store."""
    with closing(sqlite3.connect(folder / STORE)) as raw, closing(sqlite3.connect(to / STORE)) as copy:
        raw.backup(copy)
    return to / STORE


REST = ", ".join(column.name for column in mentions.columns if column.name not in ("n", "id"))
SPOILED: dict[str, str] = {
    "a count": "UPDATE daily SET count = count + 1 WHERE (topic, day) IN (SELECT topic, day FROM daily LIMIT 1)",
    "who asks": "UPDATE daily SET asking = asking + 1 WHERE (topic, day) IN (SELECT topic, day FROM daily LIMIT 1)",
    "a month": "UPDATE sums SET count = count + 1 WHERE (topic, span) IN (SELECT topic, span FROM sums LIMIT 1)",
    "a small row": "DELETE FROM links WHERE n = 3 AND topic = 0",
    "a tag": "UPDATE mentions SET tag = 'unscored' WHERE n = (SELECT n FROM links LIMIT 1)",
    "a story": "UPDATE mentions SET story = 'nobody' WHERE n = 3",
    "a word": "UPDATE mentions SET text = text || ' more' WHERE n = 3",
    "terms": "DELETE FROM terms WHERE n = 3",
    "a key": "INSERT INTO story_keys VALUES (1, 9999)",
    "a verdict": "INSERT INTO verdicts (n, entry, reviewer, at, published_at) VALUES (3, 1, 'Ana', 1, 1)",
    "a place": "INSERT INTO places SELECT n, feed, '', 1 FROM mentions LIMIT 1",
    "a double": f"INSERT INTO mentions SELECT n + 1000, id || 'x', {REST} FROM mentions WHERE n = 3",
}


@pytest.mark.parametrize("what", SPOILED)
def test_the_recount_finds_what_is_spoiled(what: str, heard: Path, tmp_path: Path) -> None:
    """A store that is whole is found so; with one thing that is wrong it is not."""
    store = copied(heard, tmp_path)
    assert [] == recount.wrong(store)
    with closing(sqlite3.connect(store)) as raw, raw:
        assert raw.execute(SPOILED[what]).rowcount > 0
    assert [] != recount.wrong(store)


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ("UPDATE mentions SET text = 'else' WHERE n = 3", "1 articles"),
        ("UPDATE links SET tag = 'unscored' WHERE n = 3", "daily"),
        ("UPDATE mentions SET collected_at = 1", ""),
    ],
)
def test_a_digest_tells_stores_apart(change: str, found: str, heard: Path, tmp_path: Path) -> None:
    """Two stores that hold the same are the same, and one with something else in it is not."""
    store = copied(heard, tmp_path)
    whole = recount.digest(store)
    with closing(sqlite3.connect(store)) as raw, raw:
        raw.execute(change)
    said = recount.differences(whole, recount.digest(store))
    assert (not said) if not found else any(found in each for each in said)


def test_a_deed_is_registered_by_its_name() -> None:
    """The names are those of the table, and every fault is one of some deed."""
    of: Callable[[str], set[str]] = lambda fault: {name for name, deed in DEEDS.items() if fault in deed.faults}  # noqa: E731
    assert {"collect", "import", "review"} <= of("kill") & of("full") & of("clock") & of("lock")
    assert {"collect"} == of("socket")
    assert set(FAULTS) == {fault for deed in DEEDS.values() for fault in deed.faults}
