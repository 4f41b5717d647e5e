"""What real sites really sent: every saved answer is read, or refused with a reason."""

from __future__ import annotations

import csv
import os
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from listening.collectors import _fast, _thorough, collector, rss
from listening.errors import FeedError
from listening.models import Answer, Feed, Page

CAPTURES = os.environ.get("LISTENING_CAPTURES", "")
pytestmark = [
    pytest.mark.captures,
    pytest.mark.skipif(not CAPTURES, reason="LISTENING_CAPTURES names no folder of saved answers"),
]

NEWS = ["agency_feeds", "google_alerts", "news_feeds", "youtube_rss"]
SMALL = ["bing_news_rss", "google_news_rss", "json_feed", "lemmy_rss", "twitter_search_atom"]
WILD = ["wild_encodings", "wild_malformed"]
ODD = ["misc_feeds", "odd_feedparser", "odd_feedvalidator", "odd_other", "stackexchange", "not_a_feed"]
KINDS = {
    "rss": [*NEWS, *SMALL, *WILD, *ODD],
    "mastodon": ["mastodon_json", "mastodon_rss"],
    "reddit": ["reddit_atom", "reddit_json"],
    "bluesky": ["bluesky_json"],
    "x": ["x_api_v2", "twitter_v1_json"],
    "youtube": ["youtube_json", "youtube_rss"],
    "hackernews": ["hn_algolia"],
    "gdelt": ["gdelt_artlist"],
    "news": ["google_alerts", "google_news_rss", "bing_news_rss"],
    "lemmy": ["lemmy_rss"],
    "stackexchange": ["stackexchange"],
}
WELL_BEHAVED = ["agency_feeds", "google_alerts", "youtube_rss", *SMALL, *WILD, "mastodon_rss", "reddit_atom"]


def files(kind: str) -> list[Path]:
    """The saved answers of one kind."""
    return sorted(path for path in (Path(CAPTURES) / kind).iterdir() if path.name != "responses.json")


@cache
def read(path: Path, source: str) -> Page | FeedError:
    """What a saved answer gives; anything but a FeedError is a bug and is raised."""
    answer = Answer(status=200, headers={}, url=path.name, body=path.read_bytes())
    try:
        return collector(source).parse(answer, Feed(name=path.name, source=source))
    except FeedError as error:
        return error


def posts_of(kind: str, source: str) -> int:
    """How many posts the saved answers of one kind give."""
    return sum(len(page.posts) for path in files(kind) if isinstance(page := read(path, source), Page))


@cache
def entries() -> Counter[str]:
    """How many entries each kind holds, as the captures' own list says."""
    counted: Counter[str] = Counter()
    with (Path(CAPTURES) / "MANIFEST.tsv").open(encoding="utf-8", newline="") as table:
        for row in csv.DictReader(table, delimiter="\t", quoting=csv.QUOTE_NONE):
            counted[row["kind"]] += int(row["entries"] or 0)
    return counted


@pytest.mark.parametrize(("source", "kind"), [(source, kind) for source, kinds in KINDS.items() for kind in kinds])
def test_every_answer_is_read_or_refused_with_a_reason(source: str, kind: str) -> None:
    """Posts have a key, and refusals a sentence and advice."""
    assert files(kind)
    for path in files(kind):
        result = read(path, source)
        if isinstance(result, Page):
            assert all(post.key and "\x00" not in post.text for post in result.posts), path.name
            assert len(result.posts) == len({post.key for post in result.posts}), path.name
        else:
            assert result.problem.endswith("."), path.name
            assert result.advice, path.name


def test_what_is_no_feed_is_refused() -> None:
    """Parking pages, logins and errors never pass for an empty feed."""
    assert [path.name for path in files("not_a_feed") if isinstance(read(path, "rss"), Page)] == []


@pytest.mark.parametrize("kind", WELL_BEHAVED)
def test_no_entry_of_a_real_feed_is_lost(kind: str) -> None:
    """At least as many posts as the captures' list counts entries."""
    source = next(source for source, kinds in KINDS.items() if kind in kinds)
    assert posts_of(kind, source) >= entries()[kind] > 0


def test_only_doubles_are_lost_from_news_feeds() -> None:
    """News sites put some entries into one document twice."""
    for kind in ("news_feeds", "misc_feeds"):
        assert posts_of(kind, "rss") >= entries()[kind] * 0.99


def test_the_same_posts_from_two_servers_have_the_same_keys() -> None:
    """Ids and counts differ from server to server; the key does not."""
    pages = [read(path, "mastodon") for path in files("mastodon_json") if "tag_rstats" in path.name]
    keys = [[post.key for post in page.posts] for page in pages if isinstance(page, Page)]
    assert (len(keys), len(keys[0])) == (2, 5)
    assert keys[0] == keys[1]


def test_the_fast_reader_agrees_with_feedparser_on_all_it_accepts() -> None:
    """Post for post and field for field; and it accepts nine of ten ordinary feeds."""
    accepted, ordinary, disagreeing = 0, 0, []
    feed = Feed(name="x", source="rss")
    for kind in dict.fromkeys(kind for kinds in KINDS.values() for kind in kinds):
        for path in files(kind):
            body = path.read_bytes()
            if not _thorough.is_utf8(body, "") or (fast := _fast.read(body)) is None:
                continue
            accepted += 1
            ordinary += kind in NEWS
            answer = Answer(status=200, headers={}, url="https://a.example/feed", body=body)
            thorough = _thorough.read(body, "")
            assert thorough is not None
            if rss.page(fast, answer, feed) != rss.page(thorough, answer, feed):
                disagreeing.append(path.name)
    assert disagreeing == []
    assert accepted > 0
    wanted = sum(len(files(kind)) for kind in NEWS)
    assert ordinary >= wanted * 0.9
