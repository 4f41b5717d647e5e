"""Exports of other tools, MADE UP for tests: no real one was to be had. Their column names, encodings and oddities are
those that public code and documentation tell of; towns, people and posts are invented."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path

Rows = Sequence[Mapping[str, str]]

BRANDWATCH = (
    "Query Id", "Query Name", "Date", "Title", "Snippet", "Url", "Domain", "Sentiment", "Page Type", "Language",
    "Country Code", "Author", "Full Text", "X Author ID", "X Followers", "Bluesky Author Id", "Likes", "Comments",
    "Shares", "Added",
)  # fmt: skip
MELTWATER = (
    "Date", "Headline", "URL", "Opening Text", "Hit Sentence", "Source", "Influencer", "Country", "Language", "Reach",
    "Sentiment", "Twitter Screen Name", "Twitter Followers", "Tweet Id", "Views", "Alternate Date Format", "Time",
)  # fmt: skip
TALKWALKER = (
    "url", "root_url", "domain_url", "published", "title_snippet", "content_snippet", "content", "lang", "sentiment",
    "source_type", "extra_author_attributes.name", "extra_author_attributes.short_name", "extra_author_attributes.url",
    "article_extended_attributes.twitter_likes", "article_extended_attributes.twitter_retweets",
    "article_extended_attributes.num_comments", "reach", "engagement",
)  # fmt: skip
CROWDTANGLE = (
    "Page Name", "User Name", "Facebook Id", "Likes at Posting", "Followers at Posting", "Post Created",
    "Post Created Date", "Post Created Time", "Type", "Total Interactions", "Likes", "Comments", "Shares", "Love",
    "Post Views", "Total Views", "URL", "Message", "Link", "Image Text", "Link Text", "Description",
    "Overperforming Score (weighted  —  Likes 1x Shares 1x Comments 1x Love 1x )",
)  # fmt: skip


def table(header: Sequence[str], rows: Rows, *, delimiter: str = ",", line_end: str = "\r\n") -> str:
    """Rows as CSV; what a row does not name is empty."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter, lineterminator=line_end)
    writer.writerow(header)
    for row in rows:
        assert set(row) <= set(header), set(row) - set(header)
        writer.writerow([row.get(name, "") for name in header])
    return out.getvalue()


def brandwatch(path: Path, rows: Rows) -> Path:
    """As Brandwatch writes: lines about the query before the column names, and stray NUL bytes."""
    above = (
        'Report:,"Bulk Mentions Download"\r\nBrand:,Quillhaven\r\nQuery:,"quillhaven AND (bus, ferry)"\r\n'
        "From:,2026-11-16\r\nTo:,2026-11-22\r\nLabel:,\r\n\r\n"
    )
    usual = {"Query Id": "1999", "Query Name": "Quillhaven", "Sentiment": "negative"}
    content = above + table(BRANDWATCH, [{**usual, **row} for row in rows])
    path.write_bytes(content.replace("Quillhaven bus", "Quillhaven\0 bus").encode())
    return path


def meltwater(path: Path, rows: Rows) -> Path:
    """As Meltwater writes: UTF-16 with a byte order mark, tabs, and the name of a CSV."""
    path.write_bytes(
        table(MELTWATER, [{"Sentiment": "Positive", **row} for row in rows], delimiter="\t").encode("utf-16")
    )
    return path


def talkwalker(path: Path, rows: Rows) -> Path:
    """As Talkwalker writes: technical column names, times as milliseconds since 1970."""
    path.write_text("\ufeff" + table(TALKWALKER, rows), encoding="utf-8", newline="")
    return path


def crowdtangle(path: Path, rows: Rows) -> Path:
    """As CrowdTangle wrote: zone abbreviations, thousands with commas, a long dash in a column's name."""
    path.write_text(table(CROWDTANGLE, rows), encoding="utf-8", newline="")
    return path
