"""A place as people write it becomes a feed of the right source."""

from __future__ import annotations

import pytest

from listening.errors import InputError
from listening.setup.written import feed_of, is_place


@pytest.mark.parametrize(
    ("written", "source", "options"),
    [
        ("https://herald.example/feed.xml", "rss", {"url": "https://herald.example/feed.xml"}),
        ("#quillhaven@river.example", "mastodon", {"server": "https://river.example", "tag": "quillhaven"}),
        ("@town@river.example", "mastodon", {"server": "https://river.example", "account": "@town"}),
        ("mastodon:old mill@river.example", "mastodon", {"server": "river.example", "search": "old mill"}),
        ("r/quillhaven", "reddit", {"subreddit": "quillhaven"}),
        ("reddit:quillhaven", "reddit", {"search": "quillhaven"}),
        ('hackernews:"Town of Quillhaven"', "hackernews", {"search": '"Town of Quillhaven"'}),
    ],
)
def test_a_place_is_recognised(written: str, source: str, options: dict[str, str]) -> None:
    """By its form alone; and it is no file."""
    assert is_place(written)
    feed = feed_of(written)
    assert (feed.source, dict(feed.options)) == (source, options)
    assert feed.name


@pytest.mark.parametrize("written", ["notes:today", "C:\\feeds\\a.xml", "answers/index.json", "feed.xml", "q:y:z"])
def test_a_file_is_no_place(written: str) -> None:
    """Nor are words before a colon that name no source."""
    assert not is_place(written)


def test_where_to_search_is_asked_for() -> None:
    """Words alone name no server."""
    with pytest.raises(InputError, match="does not say where"):
        feed_of("mastodon:old mill")
