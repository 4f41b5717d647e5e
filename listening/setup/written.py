"""A place as people write it: an address, ``#tag@server``, ``r/name`` or ``bluesky:words``, turned into a feed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from urllib.parse import parse_qs, urlsplit

from listening.collectors import every
from listening.errors import InputError
from listening.models import Feed

_TAG = re.compile(r"#?([\w]+)@((?:https?://)?[\w.-]+(?::\d+)?)/?")
_TAG_PAGE = re.compile(r"/tags/([^/]+)/?")
_SUBREDDIT = re.compile(r"/?r/(\w{2,40})/?")

_ACCOUNT = re.compile(r"@([\w.-]+)@((?:https?://)?[\w.-]+(?::\d+)?)/?")
_WORDS = re.compile(r"([A-Za-z]+):(.+)", re.DOTALL)
_NEWS = re.compile(r"(google_news|bing_news|google_alerts):(.+)", re.DOTALL | re.IGNORECASE)
_NEWS_NAMES: Mapping[str, str] = {
    "google_news": "Google News",
    "bing_news": "Bing News",
    "google_alerts": "Google alert",
}
_WHERE = re.compile(r"(.+)@([\w.-]+(?::\d+)?)", re.DOTALL)
_PROFILE = re.compile(r"/profile/([\w.:-]+)/?")
_CHANNEL = re.compile(r"/channel/(UC[\w-]{10,40})/?")

ASKED_AT: Mapping[str, str] = {"mastodon": "server", "lemmy": "server", "stackexchange": "site"}
"""Sources whose words are searched for at one place, and the option that names it: lemmy:words@lemmy.world."""

FORMS = (
    "the address of a feed (https://herald.example/feed.xml), #tag@server or @account@server for Mastodon, r/name for "
    "Reddit, or a source and words to search for (bluesky:words, youtube:words, lemmy:words@server, google_news:words)"
)
"""How a place can be written."""


def is_place(text: str) -> bool:
    """Whether a text names a place on the network, and not a file."""
    return bool(
        is_address(text)
        or any(form.fullmatch(text) for form in (_TAG, _ACCOUNT, _SUBREDDIT))
        or _searched(text) is not None
    )


def _searched(text: str) -> Feed | None:
    """The feed of a source and words to search for; None where it is none."""
    if news := _NEWS.fullmatch(text):
        service, what = news[1].casefold(), news[2].strip()
        option = {"alert" if service == "google_alerts" else "search": what}
        return _feed(f"{_NEWS_NAMES[service]}: {what}", "news", service=service, **option)
    if (found := _WORDS.fullmatch(text)) is None:
        return None
    source, words = found[1].casefold(), found[2].strip()
    module = next((module for module in every() if source == module.SOURCE and "search" in module.KEYS), None)
    if module is None or words.startswith("//"):
        return None
    options = {}
    if (key := ASKED_AT.get(source)) is not None:
        if (where := _WHERE.fullmatch(words)) is None:
            raise InputError(
                f"“{text}” does not say where to search.", f"Write it as {source}:words@{key}, with the {key}'s name."
            )
        words, options[key] = where[1].strip(), where[2]
    place = f" on {options[ASKED_AT[source]]}" if options else ""
    return _feed(f"{module.LABEL}{place}: {words}", source, search=words, **options)


def feed_of(text: str, *, kind: str | None = None) -> Feed:
    """The feed of a place; ``kind`` is its source, guessed where it is None. Raises InputError.

    The feed's name says the place shortly: "herald.example", "#tag on server", "r/name".
    """
    text = text.strip()
    if kind in (None, "mastodon") and (found := _TAG.fullmatch(text)):
        return _tag(found[1], found[2])
    if kind in (None, "reddit") and (found := _SUBREDDIT.fullmatch(text)):
        return _feed(f"r/{found[1]}", "reddit", subreddit=found[1])
    if kind in (None, "mastodon") and (found := _ACCOUNT.fullmatch(text)):
        address = found[2] if "://" in found[2] else f"https://{found[2]}"
        return _feed(f"@{found[1]} on {address.split('://')[1]}", "mastodon", server=address, account=f"@{found[1]}")
    if kind is None and (searched := _searched(text)) is not None:
        return searched
    if not is_address(text):
        raise InputError(f"“{text}” is no place to listen to.", f"Write {FORMS}.")
    parts = urlsplit(text)
    host = (parts.hostname or "").removeprefix("www.")
    if kind == "mastodon":
        if found := _TAG_PAGE.fullmatch(parts.path):
            return _tag(found[1], f"{parts.scheme}://{parts.netloc}")
        raise InputError(f"{text} is not the page of a Mastodon tag.", "Write it as #tag@server.")
    if kind in (None, "bluesky") and host == "bsky.app" and (found := _PROFILE.match(parts.path)):
        return _feed(f"@{found[1]} on Bluesky", "bluesky", account=found[1])
    if kind in (None, "youtube") and host == "youtube.com" and (found := _CHANNEL.match(parts.path)):
        return _feed(f"YouTube channel {found[1]}", "youtube", channel=found[1])
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
