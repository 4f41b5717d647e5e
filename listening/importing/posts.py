"""A row as a post, or why it cannot be one."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from listening.collectors import label_of, rss
from listening.collectors.addresses import Located, located
from listening.importing import dates
from listening.importing.keys import key_of
from listening.importing.layout import FIELDS, Layout
from listening.models import Post
from listening.text import canonical_url, plain, tidy

AHEAD = timedelta(minutes=10)
OLDEST_YEAR = 1990

Refusal = Literal["text", "date", "unread date", "future", "old", "spoiled", "place"]

REFUSED: dict[Refusal, str] = {
    "text": "without text",
    "date": "without a date",
    "unread date": "with a date that cannot be read",
    "future": "dated in the future",
    "old": "dated before 1990",
    "spoiled": "whose id a spreadsheet has rounded and that have no address",
    "place": "that do not say where they were published",
}
"""Why a row is no post, in words that follow "12 rows"."""

_ROUNDED = re.compile(r"[+-]?\d+(?:[.,]\d+)?[eE]\+?\d+")
_MARKUP = re.compile(r"</?(?:p|br|div|a|span|b|i|em|strong|ul|ol|li|blockquote|h\d)\b[^>]*>", re.IGNORECASE)
_ESCAPED = re.compile(r"&(?:amp|lt|gt|quot|apos|nbsp|#\d{1,6}|#x[0-9a-fA-F]{1,5});")
_NUMBER = re.compile(r"[+-]?\d{1,3}(?:[,.   ’']\d{3})+|[+-]?\d+")
_NO_OTHERS = re.compile(r"(?<=\d)(?:[.,]0{1,2}|\.0{4,})$")
"""Decimals of a whole number: three noughts are thousands."""

_PLACES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("x", ("twitter",)),
    ("reddit", ("reddit",)),
    ("facebook", ("facebook",)),
    ("instagram", ("instagram",)),
    ("youtube", ("youtube",)),
    ("tiktok", ("tiktok", "tik tok")),
    ("linkedin", ("linkedin",)),
    ("bluesky", ("bluesky", "bsky")),
    ("mastodon", ("mastodon", "fediverse")),
    ("threads", ("threads.net", "threads.com")),
    ("hackernews", ("hacker news", "hackernews", "ycombinator")),
    ("reviews", ("review",)),
    ("forum", ("forum", "board", "discussion")),
    ("feedback", ("feedback", "survey", "idea", "suggestion")),
    ("news", ("news", "blog", "magazine", "press", "print", "online_", "editorial")),
)
_WHOLE = {"x": "x", "threads": "threads", "qq": "other", "online": "news"}
_DISPLAY_NAMES = ("news", "youtube", "facebook", "linkedin", "forum", "reviews", "feedback", "other", "stackexchange")
"""Where authors are named as they like to be."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """All that is needed to turn a file's rows into posts, said once.

    ``name`` is the feed's, ``zone`` that of dates without one, ``rounded``: the file's long ids have lost their last
    digits.
    """

    layout: Layout
    header: tuple[str, ...]
    name: str
    zone: ZoneInfo
    now: datetime
    rounded: bool = False


class Posts:
    """Turns rows into posts. Built once a file."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        layout = reading.layout
        self._at = {what: layout.place(reading.header, what) for what in FIELDS}
        self._day = _midday(layout.day, reading.zone) if layout.day else None

    def post(self, row: Sequence[str]) -> Post | Refusal:
        """The post that a row is, or why it is none."""
        layout = self._reading.layout
        title = _words(self._joined(row, "title") if "title" in layout.together else self._first(row, "title"))
        text = _words(self._joined(row, "text") if "text" in layout.together else self._first(row, "text"))
        title = " ".join(title.split())
        if text == title:
            text = ""
        if not (title or text):
            return "text"
        where = self._where(row, title)
        if isinstance(where, str):
            return where
        source, found, url = where
        published = self._published(row, found)
        if isinstance(published, str):
            return published
        author = self._author(row, source) or (found.author if found else None)
        key = found.key if found else ""
        if not key:
            identity, address = self._identity(row), self._address(row)
            identity = "" if self._spoiled(identity) else identity
            key = key_of(source, address, identity, author or "", published, title, text, one=found is None)
        return Post(
            source=source,
            feed=self._feed(source),
            key=key,
            url=found.url if found and found.url else url,
            title="" if source in _UNTITLED and text else title,
            text=text if text or source not in _UNTITLED else title,
            author=author,
            author_url=self._author_url(row, source, author) or (found.author_url if found else None),
            author_followers=self._count(row, "followers") or None,  # tools write 0 where they do not know, too
            language=rss.language_tag(self._first(row, "language").split("|")[0]),
            published_at=published,
            likes=self._count(row, "likes"),
            replies=self._count(row, "replies"),
            reposts=self._count(row, "reposts"),
            views=self._count(row, "views"),
            reply_to=self._first(row, "reply_to").strip() or None,
            sensitive=self._first(row, "sensitive").strip().casefold() in ("true", "1", "yes"),
        )

    # --- parts --------------------------------------------------------------------------------------------------------

    def _first(self, row: Sequence[str], what: str) -> str:
        for place in self._at[what]:
            if (said := row[place].strip()) and said != "-":
                return said
        return ""

    def _joined(self, row: Sequence[str], what: str) -> str:
        """All that the columns hold, without what another one holds already."""
        pieces: list[str] = []
        for place in self._at[what]:
            said = row[place].strip()
            bare = said.strip(". …")
            if said and not any(bare in piece for piece in pieces):
                pieces = [piece for piece in pieces if piece.strip(". …") not in said]
                pieces.append(said)
        return "\n".join(pieces)

    def _address(self, row: Sequence[str]) -> str:
        address = self._first(row, "url")
        if address.startswith("/r/") and self._reading.layout.source == "reddit":
            return f"https://www.reddit.com{address}"
        return address

    def _identity(self, row: Sequence[str]) -> str:
        return self._first(row, "id").strip("\"' ").removesuffix(".0")

    def _where(self, row: Sequence[str], title: str) -> tuple[str, Located | None, str] | Refusal:
        """The source, what its own address tells, and the address."""
        layout = self._reading.layout
        address = self._address(row)
        identity = self._identity(row)
        said = layout.source or self._said(row)
        spoiled = bool(identity) and self._spoiled(identity)
        found = located(
            address, identity="" if spoiled else identity, said=said, author_id=self._first(row, "author_id")
        )
        if found is not None and (not layout.source or found.source == layout.source):
            return found.source, found, canonical_url(address)
        url = canonical_url(address)
        if spoiled and not url:
            return "spoiled"
        if said:
            return said, None, url
        if not url:
            return "place"
        return ("news" if title else "other"), None, url

    def _said(self, row: Sequence[str]) -> str:
        """The kind of place that a row names."""
        for place in self._at["place"]:
            said = " ".join(row[place].casefold().split())
            if said in _WHOLE:
                return _WHOLE[said]
            for source, words in _PLACES:
                if any(word in said for word in words):
                    return source
        return ""

    def _spoiled(self, identity: str) -> bool:
        return bool(_ROUNDED.fullmatch(identity)) or (self._reading.rounded and is_round(identity))

    def _published(self, row: Sequence[str], found: Located | None) -> datetime | Refusal:
        if self._day is not None:
            return self._day
        published = None
        for place in self._at["date"]:
            if said := row[place].strip():
                clock = self._first(row, "time")
                published = dates.read(said, clock, self._reading.layout.dates, self._reading.zone)
                if published is None:
                    return "unread date"
                break
        if published is None:
            published = found.published_at if found is not None else None
        if published is None:
            return "date"
        if published > self._reading.now + AHEAD:
            return "future"
        return published if published.year >= OLDEST_YEAR else "old"

    def _author(self, row: Sequence[str], source: str) -> str | None:
        said = " ".join(tidy(self._first(row, "author")).split())[:300]
        if not said or said.casefold() in ("[deleted]", "anonymous", "unknown", "n/a"):
            return None
        if source in _DISPLAY_NAMES or " " in said:
            return said
        bare = said.removeprefix("/").removeprefix("u/").removeprefix("@")
        if source == "reddit":
            return f"u/{bare}"
        return bare if source == "hackernews" else f"@{bare}"

    def _author_url(self, row: Sequence[str], source: str, author: str | None) -> str | None:
        if said := canonical_url(self._first(row, "author_url")):
            return said
        home = _HOMES.get(source)
        bare = (author or "").removeprefix("u/").removeprefix("@")
        return home.format(bare) if home and re.fullmatch(r"[\w.-]{1,100}", bare, re.ASCII) else None

    def _count(self, row: Sequence[str], what: str) -> int | None:
        """The largest of a count's columns; None where none holds a number."""
        return max((n for place in self._at[what] if (n := number(row[place])) is not None), default=None)

    def _feed(self, source: str) -> str:
        """Each kind of place is a feed of its own: numbers are asked for by it."""
        return self._reading.name if self._reading.layout.source else f"{self._reading.name}, {label_of(source)}"


_HOMES = {
    "x": "https://x.com/{}",
    "reddit": "https://www.reddit.com/user/{}",
    "bluesky": "https://bsky.app/profile/{}",
    "instagram": "https://www.instagram.com/{}/",
    "tiktok": "https://www.tiktok.com/@{}",
    "hackernews": "https://news.ycombinator.com/user?id={}",
}
_UNTITLED = ("x", "bluesky", "mastodon", "threads", "facebook", "instagram", "tiktok", "linkedin")
"""Posts there have no headline: what a tool writes as one is the beginning of the text, or its own."""


def is_round(identity: str) -> bool:
    """Whether a number of 16 digits or more holds no more than the 15 that a spreadsheet keeps."""
    return len(identity) >= 16 and identity.isascii() and identity.isdigit() and not identity[15:].strip("0")


def is_long(identity: str) -> bool:
    """Whether an id has more digits than a spreadsheet keeps."""
    return len(identity) >= 16 and identity.isascii() and identity.isdigit()


def number(said: str) -> int | None:
    """A count as tools write it: 1234, 1,234, 1 234, 12.0; None for what is none. Below zero counts as none at all."""
    said = said.strip()
    if said.isascii() and said.isdigit() and len(said) <= 15:
        return int(said)
    said = _NO_OTHERS.sub("", said)
    if len(said) > 24 or not _NUMBER.fullmatch(said):
        return None
    return max(int(re.sub(r"[^\d-]", "", said)), 0)


def _words(said: str) -> str:
    """Plain text, whether the tool wrote plain text or markup."""
    if "<" in said and _MARKUP.search(said):
        return plain(said)
    return tidy(html.unescape(said) if "&" in said and _ESCAPED.search(said) else said)


def _midday(day: str, zone: ZoneInfo) -> datetime:
    said = date.fromisoformat(day)
    return datetime(said.year, said.month, said.day, 12, tzinfo=zone).astimezone(UTC)
