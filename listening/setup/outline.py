"""Places from other feed readers, and for them: OPML, read as the stranger's document that it is.

Folders within folders are walked to their ends, whatever encoding the file is in; entities that could swell it are
refused before anything is read.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from email.utils import format_datetime
from types import MappingProxyType
from urllib.parse import parse_qs, quote, urlsplit
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from listening.errors import InputError
from listening.models import Feed
from listening.setup.written import feed_of, is_address
from listening.text import plain

MOST_BYTES = 5_000_000
MOST_FEEDS = 5_000
_LONGEST_NAME = 80

_ENCODING = re.compile(r"ascii|big5|cp\d|euc|gb|iso8859|koi8|mac|shift|tis|utf-(?:8|16|32)")
_DECLARATION = re.compile(rb"^\s*<\?xml[^>]*?encoding\s*=\s*[\"']([A-Za-z0-9._-]{1,40})")
_BARE_AMPERSAND = re.compile(r"&(?!(?:amp|lt|gt|quot|apos|#\d{1,7}|#[xX][0-9A-Fa-f]{1,6});)")


@dataclass(frozen=True, kw_only=True, slots=True)
class Outline:
    """What a file holds: its feeds, each address once, and in words what could not be used."""

    feeds: tuple[Feed, ...]
    skipped: tuple[str, ...] = ()


def read_outline(content: bytes, name: str) -> Outline:
    """The feeds of an OPML file; ``name`` is what the file is called. Raises InputError where it is none."""
    if len(content) > MOST_BYTES:
        raise InputError(
            f"{name} is larger than {MOST_BYTES // 1_000_000} MB.", "A list of feeds is small; is it the right file?"
        )
    walker = _Walker()
    _parse(_text(content, name), walker, name)
    if not walker.is_opml:
        raise InputError(
            f"{name} is not OPML, the form in which feed readers hand on their feeds.",
            "In the other program look for “Export” or “OPML”; addresses can also be typed, one a line.",
        )
    feeds: dict[str, Feed] = {}
    again = unusable = 0
    for title, url in walker.found[:MOST_FEEDS]:
        feed = _feed(title, url)
        if feed is None:
            unusable += 1
        elif url in feeds:
            again += 1
        else:
            feeds[url] = feed
    skipped = []
    if unusable:
        skipped.append(f"{unusable} whose address is none on the web")
    if again:
        skipped.append(f"{again} that stood there twice")
    if len(walker.found) > MOST_FEEDS:
        skipped.append(f"{len(walker.found) - MOST_FEEDS} beyond the first {MOST_FEEDS:,}")
    return Outline(feeds=tuple(feeds.values()), skipped=tuple(skipped))


def write_outline(name: str, feeds: Sequence[Feed], paused: Sequence[Feed], now: datetime) -> tuple[str, list[str]]:
    """OPML 2.0 with the places that have a feed, and the names of those that have none (searches, mostly).

    ``now`` is aware UTC.
    """
    without = [feed.name for feed in (*feeds, *paused) if not address_of(feed)]
    body = _lines(feeds, "    ")
    if resting := _lines(paused, "      "):
        body += ['    <outline text="Paused">', *resting, "    </outline>"]
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<opml version="2.0">',
        "  <head>",
        f"    <title>{escape(f'Where {name} listens')}</title>",
        f"    <dateCreated>{format_datetime(now, usegmt=True)}</dateCreated>",
        "  </head>",
        "  <body>",
        *body,
        "  </body>",
        "</opml>",
    ]
    return "\n".join(lines) + "\n", without


def address_of(feed: Feed) -> str:
    """The address under which any feed reader finds a place; "" where there is none."""
    options = feed.options
    if feed.source == "rss":
        return options.get("url", "")
    server = options.get("server", "").rstrip("/")
    origin = server if "://" in server else f"https://{server}"
    if feed.source == "mastodon" and (tag := options.get("tag", "").removeprefix("#")):
        return f"{origin}/tags/{quote(tag)}.rss"
    if feed.source == "mastodon" and (account := options.get("account", "").removeprefix("@")):
        return f"{origin}/@{quote(account)}.rss"
    if feed.source == "youtube" and (channel := options.get("channel", "")):
        return f"https://www.youtube.com/feeds/videos.xml?channel_id={quote(channel)}"
    if feed.source == "reddit" and not server and not options.get("search") and (name := options.get("subreddit", "")):
        return f"https://www.reddit.com/r/{quote(name, safe='+')}/new.rss"
    return ""


# --- reading --------------------------------------------------------------------------------------------------------


class _Refused(Exception):
    """The document defines what no list of feeds needs."""


class _Walker:
    """Keeps every outline that has a feed's address, however deep it lies."""

    def __init__(self) -> None:
        self.is_opml = False
        self.found: list[tuple[str, str]] = []
        self._first = True

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        tag = tag.rpartition(":")[2].casefold()
        if self._first:
            self.is_opml, self._first = tag == "opml", False
        if tag != "outline":
            return
        said = {name.casefold(): value.strip() for name, value in attributes.items()}
        if url := said.get("xmlurl", ""):
            self.found.append((said.get("title") or said.get("text") or "", url))


def _parse(text: str, walker: _Walker, name: str) -> None:
    try:
        _walk(text, walker)
    except _Refused:
        raise InputError(
            f"{name} defines entities as attacks do, so it is not read.", "Export it once more from the other program."
        ) from None
    except expat.ExpatError as first:
        mended = _BARE_AMPERSAND.sub("&amp;", text)
        if mended == text:
            raise _broken(first, name) from None
        walker.__init__()  # type: ignore[misc] # what was found before the place that is broken is found again
        try:
            _walk(mended, walker)
        except expat.ExpatError as error:
            raise _broken(error, name) from None


def _walk(text: str, walker: _Walker) -> None:
    def refuse(*_: object) -> None:
        raise _Refused

    parser = expat.ParserCreate(encoding="utf-8")
    parser.StartElementHandler = walker.start
    parser.EntityDeclHandler = refuse
    parser.ExternalEntityRefHandler = None
    parser.Parse(text.encode("utf-8", "replace"), True)


def _broken(error: expat.ExpatError, name: str) -> InputError:
    what = expat.errors.messages.get(error.code, "it cannot be read")
    return InputError(
        f"{name} is broken in line {error.lineno}: {what}.",
        "Export it once more from the other program; a file that was cut short or edited by hand is often so.",
    )


def _text(content: bytes, name: str) -> str:
    """The file as text: by its mark, by what it declares, else UTF-8, else as Windows wrote it."""
    marks = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
    encodings = [encoding for start, encoding in marks if content.startswith(start)]
    if not encodings and b"\x00" in content[:200]:
        encodings = ["utf-16-le" if content[1:2] == b"\x00" else "utf-16-be"]
    if not encodings and (declared := _DECLARATION.match(content)) and _of_texts(declared[1].decode("ascii")):
        encodings = [declared[1].decode("ascii")]
    for encoding in (*encodings, "utf-8", "cp1252"):
        try:
            return content.decode(encoding)
        except (LookupError, UnicodeError):
            continue
    raise InputError(f"{name} is no text.", "Name the OPML file that the other program exported.")


def _of_texts(encoding: str) -> bool:
    """Whether files are written in it; what else Python can decode (punycode) would take hours over a large one."""
    try:
        return _ENCODING.match(codecs.lookup(encoding).name) is not None
    except (LookupError, ValueError):
        return False


def _feed(title: str, url: str) -> Feed | None:
    """A place of ours for an address of a feed; None where it is none on the web."""
    if url.casefold().startswith("feed:"):
        url = url[5:] if url[5:].startswith("http") else f"https:{url[5:]}"
    if not is_address(url) or not url.isprintable():
        return None
    parts = urlsplit(url)
    name = " ".join(plain(title).split())[:_LONGEST_NAME].strip()
    channel = parse_qs(parts.query).get("channel_id", [""])[0]
    if f".{parts.hostname}".endswith(".youtube.com") and channel:
        return Feed(name=name or channel, source="youtube", options=MappingProxyType({"channel": channel}))
    try:
        feed = feed_of(url)
    except InputError:
        return None
    return replace(feed, name=name) if name else feed


def _lines(feeds: Iterable[Feed], indent: str) -> list[str]:
    return [
        f'{indent}<outline type="rss" text={quoteattr(feed.name)} xmlUrl={quoteattr(address)}/>'
        for feed in feeds
        if (address := address_of(feed))
    ]
