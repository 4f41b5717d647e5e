"""A place as people write it: an address, ``#tag@server`` or ``r/name``, turned into a feed."""

from __future__ import annotations

import re
from types import MappingProxyType
from urllib.parse import parse_qs, urlsplit

from listening.errors import InputError
from listening.models import Feed

_TAG = re.compile(r"#?([\w]+)@((?:https?://)?[\w.-]+(?::\d+)?)/?")
_TAG_PAGE = re.compile(r"/tags/([^/]+)/?")
_SUBREDDIT = re.compile(r"/?r/(\w{2,40})/?")

FORMS = "the address of a feed (https://herald.example/feed.xml), #tag@server for Mastodon, or r/name for Reddit"
"""How a place can be written."""


def is_place(text: str) -> bool:
    """Whether a text names a place on the network, and not a file."""
    return bool(is_address(text) or _TAG.fullmatch(text) or _SUBREDDIT.fullmatch(text))


def feed_of(text: str, *, kind: str | None = None) -> Feed:
    """The feed of a place; ``kind`` is its source, guessed where it is None. Raises InputError.

    The feed's name says the place shortly: "herald.example", "#tag on server", "r/name".
    """
    text = text.strip()
    if kind in (None, "mastodon") and (found := _TAG.fullmatch(text)):
        return _tag(found[1], found[2])
    if kind in (None, "reddit") and (found := _SUBREDDIT.fullmatch(text)):
        return _feed(f"r/{found[1]}", "reddit", subreddit=found[1])
    if not is_address(text):
        raise InputError(f"“{text}” is no place to listen to.", f"Write {FORMS}.")
    parts = urlsplit(text)
    host = (parts.hostname or "").removeprefix("www.")
    if kind == "mastodon":
        if found := _TAG_PAGE.fullmatch(parts.path):
            return _tag(found[1], f"{parts.scheme}://{parts.netloc}")
        raise InputError(f"{text} is not the page of a Mastodon tag.", "Write it as #tag@server.")
    on_reddit = f".{host}".endswith(".reddit.com")
    if on_reddit and kind != "rss" and (feed := _of_reddit(parts.path, parts.query)):
        return feed
    if kind == "reddit":
        raise InputError(f"{text} names no subreddit and no search of Reddit.", "Write it as r/name.")
    return _feed(host if parts.path in ("", "/") else f"{host}{parts.path}", "rss", url=text)


def is_address(text: str) -> bool:
    """Whether a text is a web address."""
    try:
        return text.startswith(("http://", "https://")) and bool(urlsplit(text).hostname)
    except ValueError:
        return False


def _tag(tag: str, server: str) -> Feed:
    address = server if "://" in server else f"https://{server}"
    return _feed(f"#{tag} on {address.split('://')[1]}", "mastodon", server=address, tag=tag)


def _of_reddit(path: str, query: str) -> Feed | None:
    subreddit = re.match(r"/r/(\w{2,40})(?:/|\.rss|$)", path)
    search = parse_qs(query).get("q", [""])[0]
    options = {"subreddit": subreddit[1]} if subreddit else {}
    options |= {"search": search} if search else {}
    if not options:
        return None
    name = f"r/{subreddit[1]}" if subreddit else "Reddit"
    return _feed(f"{name}: {search}" if search else name, "reddit", **options)


def _feed(name: str, source: str, **options: str) -> Feed:
    return Feed(name=name, source=source, options=MappingProxyType(options))
