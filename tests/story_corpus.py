"""Captured posts by file and entry id, for labelled pairs: the labels are in this repository, the texts are not."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from listening.collectors import rss
from listening.models import Answer, Feed, Post

TWITTER_EPOCH_MS = 1288834974657
"""Since when tweet ids count milliseconds, in their bits above the 22nd."""


def tweet_time(number: int) -> datetime:
    """When a tweet was sent, by its id."""
    return datetime.fromtimestamp(((number >> 22) + TWITTER_EPOCH_MS) / 1000, UTC)


@cache
def entries(captures: Path, file: str) -> dict[str, Post]:
    """The posts of a captured file by entry id."""
    read = {"gdelt_artlist": _gdelt, "tweets_csv": _tweets, "x_api_v2": _x}.get(file.split("/")[0], _feed)
    return {post.key: post for post in read(captures, file)}


def _feed(captures: Path, file: str) -> Iterator[Post]:
    answer = Answer(
        status=200, headers={"content-type": "text/xml"}, url=f"https://captured.example/{file}",
        body=(captures / file).read_bytes(),
    )  # fmt: skip
    # Files of one outlet are what its feed held at different times: gesab001__bbc_2020-04-21T1546.xml.
    outlet = file.rsplit("_", 1)[0] if file.startswith("news_feeds/gesab001__") else file
    for post in rss.parse(answer, Feed(name=outlet, source="rss", options={"url": answer.url})).posts:
        yield replace(post, published_at=post.published_at or datetime(2000, 1, 1, tzinfo=UTC))


def _gdelt(captures: Path, file: str) -> Iterator[Post]:
    said = json.loads((captures / file).read_text(encoding="utf-8"))
    for article in said["articles"] if isinstance(said, dict) else said:
        yield Post(
            source="gdelt",
            feed=article["domain"],
            key=article["url"],
            url=article["url"],
            title=article["title"],
            published_at=datetime.strptime(article["seendate"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC),
        )


def _tweets(captures: Path, file: str) -> Iterator[Post]:
    with (captures / file).open(encoding="utf-8", errors="replace", newline="") as lines:
        for row in csv.reader(lines, skipinitialspace=True):
            if row and row[0].isdigit():
                yield _tweet(row[0], row[1])


def _x(captures: Path, file: str) -> Iterator[Post]:
    said = json.loads((captures / file).read_text(encoding="utf-8"))
    for tweet in said["data"]:
        yield _tweet(tweet["id"], tweet["text"])


def _tweet(number: str, text: str) -> Post:
    return Post(source="x", feed="x", key=number, text=text, published_at=tweet_time(int(number)))
