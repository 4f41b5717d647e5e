"""Real tables that nobody here has written: 3,000 posts of Reddit, 2,032 labelled tweets, 161 exported posts."""

# ruff: noqa: SIM300 (expected == actual, as everywhere in the tests)

from __future__ import annotations

import csv
import json
import os
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest
from keeping_kit import assert_whole

from listening import door
from listening.cli import main
from listening.collectors import collector
from listening.models import Answer, Feed, Mention
from listening.store import Reader, View

CAPTURES = os.environ.get("LISTENING_CAPTURES", "")
pytestmark = [
    pytest.mark.captures,
    pytest.mark.skipif(not CAPTURES, reason="LISTENING_CAPTURES names no folder of saved answers"),
]

SETTINGS = """
[agency]
name = "Agency of Captures"
timezone = "America/New_York"
contact = "press@agency.example"

[[topics]]
name = "NASA"
query = 'raw:"NASA"'

[[topics]]
name = "TSA"
query = 'raw:"TSA"'

[[topics]]
name = "Seattle"
query = "Seattle"
"""
FILES = (
    "reddit_posts_csv/umbrae__r_Seattle.csv",
    "reddit_posts_csv/umbrae__r_nasa.csv",
    "reddit_posts_csv/umbrae__r_weather.csv",
    "tweets_csv/medialab__bluesky-posts-export.csv",
    "tweets_csv/medialab__tweet-export.csv",
    "tweets_csv/sajao__2013_Colorado_floods-tweets_labeled.csv",
    "tweets_csv/sajao__2013_LA_airport_shootings-tweets_labeled.csv",
)


@pytest.fixture(autouse=True)
def _surroundings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A folder with settings that listen to nobody."""
    for name in ("LISTENING_SETTINGS", "LISTENING_STORE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    Path("listening.toml").write_text(SETTINGS, encoding="utf-8")


def stored() -> list[Mention]:
    """All mentions."""
    store = door.store_of(door.load())
    with store.reading() as connection:
        everything = View(start=datetime(1990, 1, 1, tzinfo=UTC), end=datetime(2100, 1, 1, tzinfo=UTC))
        return list(Reader(store, connection).stream(everything))


def test_every_file_is_recognised_and_each_mention_counted(capsys: pytest.CaptureFixture[str]) -> None:
    """No question is asked; one row of 5,193 (of the year 0) cannot be read; the tools' times come out right."""
    rows = refused = 0
    for name in FILES:
        assert main(["import", f"{CAPTURES}/{name}", "--json"]) == 0
        said = json.loads(capsys.readouterr().out)
        rows += said["rows"]
        refused += sum(said["refused"].values())
        assert main(["import", f"{CAPTURES}/{name}", "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["already"] is True
    assert (5193, 1) == (rows, refused)
    found = stored()
    by_topic = Counter((topic, mention.source) for mention in found for topic in mention.topics)
    assert {
        ("NASA", "reddit"): 467, ("NASA", "x"): 6, ("TSA", "x"): 182, ("TSA", "reddit"): 2,
        ("Seattle", "reddit"): 323, ("Seattle", "x"): 1,
    } == by_topic  # fmt: skip
    about_tsa = [each for each in found if "TSA" in each.topics and each.source == "x"]
    tweets = sorted(each.published_at for each in about_tsa if each.published_at is not None)
    assert datetime(2013, 11, 1, 16, 47, 50, tzinfo=UTC) == tweets[0]
    assert datetime(2013, 11, 6, 20, 25, 32, tzinfo=UTC) == tweets[-1]
    assert_whole(door.store_of(door.load()))


def test_posts_of_reddit_have_the_keys_that_its_collector_gives(capsys: pytest.CaptureFixture[str]) -> None:
    """The same fields as an answer of Reddit's API: key, address, title and time are the same from both ways."""
    assert main(["import", f"{CAPTURES}/{FILES[1]}"]) == 0
    capsys.readouterr()
    imported = {mention.key: mention for mention in stored()}
    with Path(f"{CAPTURES}/{FILES[1]}").open(encoding="utf-8", newline="") as file:
        children = [
            {"kind": "t3", "data": {**row, "created_utc": float(row["created_utc"]), "score": int(row["score"])}}
            for row in csv.DictReader(file)
        ]
    body = json.dumps({"kind": "Listing", "data": {"children": children}}).encode()
    answer = Answer(status=200, headers={}, url="https://www.reddit.com/r/nasa.json", body=body)
    posts = {post.key: post for post in collector("reddit").parse(answer, Feed(name="nasa", source="reddit")).posts}
    assert imported.keys() <= posts.keys()
    assert len(imported) == 463
    for key, mention in imported.items():
        post = posts[key]
        assert (post.url, " ".join(post.title.split()), post.published_at, post.likes) == (
            mention.url,
            mention.title,
            mention.published_at,
            mention.likes,
        )
