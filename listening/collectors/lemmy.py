"""Posts and comments on Lemmy that hold some words, or all of a community, as one server knows them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode, urlsplit

from listening.collectors import _dates, _options, rss
from listening.collectors._answers import is_page
from listening.collectors._lemmy_talk import AT_ONCE, conversation, refresh, refreshed, thread
from listening.collectors._lemmy_views import (
    View,
    error_name,
    from_feed,
    is_comment,
    item,
    page_of,
    published,
    read,
    views,
)
from listening.collectors._values import mapping, text
from listening.errors import FeedRefused, SettingsError
from listening.models import Answer, Feed, Page, Request, TextKind
from listening.text import canonical_url

__all__ = [
    "AT_ONCE",
    "CANNOT_SEE",
    "DELETIONS",
    "EMPTY_MEANS_BLOCKED",
    "KEYS",
    "KIND",
    "LABEL",
    "SOURCE",
    "check",
    "conversation",
    "locate",
    "parse",
    "refresh",
    "refreshed",
    "thread",
]

SOURCE = "lemmy"
LABEL = "Lemmy"
KIND: TextKind = "post"
KEYS: Mapping[str, str] = {
    "server": "The server to ask, such as lemmy.world.",
    "search": "Words to search for, in the order in which people write them.",
    "community": "The community to read or to search in: its name, or name@server if it is of another server.",
}
CANNOT_SEE = (
    "Sees public posts and comments that have reached this one server and that it shows to guests; a search finds the "
    "words only in the order in which they are given; in a community, the newest 400 posts and 500 comments of a visit."
)
DELETIONS = (
    "A post that was deleted or removed is emptied, mostly within a day, for two weeks after it was published; where "
    "the server that it is from answers as Lemmy does."
)
EMPTY_MEANS_BLOCKED = False

LIMIT = 50  # the most that Lemmy gives at once
BACKFILL_PAGES = 3
MOST_PAGES = {"search": 18, "posts": 8, "comments": 10}  # together never more than a run reads of one feed
OVERLAP = 3600
"""Seconds before the newest post that are read again: posts reach a server from others some time after they are out."""
_PAUSE = 2.0

_COMMUNITY = re.compile(r"!?([\w.-]+(?:@[\w-]+(?:\.[\w-]+)+(?::\d+)?)?)")
_CURSOR = re.compile(r"([34]):([0-9]{1,12})")


def check(options: Mapping[str, str]) -> None:
    """Refuse a server or a community that cannot be asked, or a feed with neither words nor a community."""
    _options.origin(_options.required(options, "server", "lemmy.world"), "server")
    search, community = options.get("search", "").strip(), options.get("community", "").strip()
    if not search and not community:
        raise SettingsError(
            "A Lemmy feed needs “search” or “community”.", 'For example: search = "Quillhaven"', key="search"
        )
    if search and not any(letter.isalnum() for letter in search):
        raise SettingsError("“search” holds no word.", "Write the words to search for.", key="search")
    if community and not _COMMUNITY.fullmatch(community):
        raise SettingsError(
            f"“{community}” is not the name of a community.",
            "Write its name as in its address, behind /c/: quillhaven or quillhaven@lemmy.example",
            key="community",
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Walk:
    """Where a walk back in time stands.

    ``version`` is how the server is spoken to: 3 up to Lemmy 0.19, 4 from 1.0 on; ``turned`` says that the other way
    was tried already. ``part`` is what is read now (posts, then comments; or both in one search), ``pages`` how many
    pages of it were read, ``token`` names the next one. ``since`` and ``newest`` are seconds since 1970.
    """

    version: int = 4
    part: str = "posts"
    since: int | None = None
    newest: int = 0
    pages: int = 0
    token: str = ""
    turned: bool = False


def locate(feed: Feed, cursor: str | None, secrets: Mapping[str, str]) -> Request:
    """Ask for the newest posts; the cursor is how the server was spoken to, and the time of the newest post."""
    found = _CURSOR.fullmatch(cursor or "")
    if found is None:
        return _ask(feed, Walk())
    newest = int(found[2])
    walk = Walk(newest=newest, since=newest - OVERLAP if newest else None)
    return _ask(feed, _speaking(int(found[1]), feed, walk))


def _words(feed: Feed) -> str:
    # Lemmy would look for quotation marks as they stand.
    return " ".join(re.sub('["“”„«»]', " ", feed.options.get("search", "")).split())


def _speaking(version: int, feed: Feed, walk: Walk) -> Walk:
    """The same walk from its beginning, by this version of the interface."""
    part = "search" if version == 3 and _words(feed) else "posts"
    return replace(walk, version=version, part=part, pages=0, token="")


def _ask(feed: Feed, walk: Walk) -> Request:
    """The request for the next page of a walk.

    In 1.0 lists can be searched, newest first; its search has no order that could be asked for.
    """
    asked = {"limit": str(LIMIT)}
    if found := _COMMUNITY.fullmatch(feed.options.get("community", "").strip()):
        asked["community_name"] = found[1]
    if walk.version == 4:
        asked |= {"type_": "all", "sort": "new", "time_range_seconds": "0"}
        asked |= {"search_term": _words(feed)} if _words(feed) else {}
    elif walk.part == "search":
        asked |= {"q": _words(feed), "type_": "All", "listing_type": "All", "sort": "New"}
    else:
        asked |= {"type_": "All", "sort": "New"}
    if walk.token:
        asked["page_cursor"] = walk.token
    elif walk.version == 3:
        asked["page"] = str(walk.pages + 1)
    path = {"search": "search", "posts": "post/list", "comments": "comment/list"}[walk.part]
    return Request(
        url=f"{_origin(feed)}/api/v{walk.version}/{path}?{urlencode(asked)}",
        headers={"Accept": "application/json"},
        pause=_PAUSE,
        carry=walk,
    )


def _origin(feed: Feed, answer: Answer | None = None) -> str:
    """The server of a feed; without settings (a saved file is tried) the one that answered."""
    if server := feed.options.get("server", "").strip():
        return _options.origin(server, "server")
    parts = urlsplit(canonical_url(answer.url if answer else ""))
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""


def parse(answer: Answer, feed: Feed) -> Page:
    """Turn a list, a search or an RSS feed into posts; a refusal is raised as a FeedError."""
    if answer.status == 200 and answer.body[:200].lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<":
        document = rss.read(answer) if not is_page(answer.body) else None
        if document is not None:
            return from_feed(document, feed)
    carried = answer.request.carry if answer.request is not None else None
    walk = carried if isinstance(carried, Walk) else None
    if answer.status == 404 and not error_name(answer):
        return _unknown_way(walk, feed)
    data = read(answer, feed)
    found = list(views(data))
    page = page_of(found, feed, _origin(feed, answer))
    if walk is None:
        return page
    if walk.version == 3 and not walk.turned and any(_imitated(view) for view in found):
        return replace(page, next=_ask(feed, _speaking(4, feed, replace(walk, turned=True))))
    return _onward(page, data, found, walk, answer, feed)


def _unknown_way(walk: Walk | None, feed: Feed) -> Page:
    """The server does not know this version of the interface: speak to it the other way, once."""
    if walk is None or walk.turned or walk.pages or walk.part == "comments":
        raise FeedRefused("This server does not answer as Lemmy does (404).", "Check the server's name.")
    other = 3 if walk.version == 4 else 4
    return Page(posts=(), next=_ask(feed, _speaking(other, feed, replace(walk, turned=True))))


def _imitated(view: View) -> bool:
    """Whether a server of 1.0 speaks as 0.19 did, which it does without order and pages.

    It does not fill in the number of the server that an author is from; the true ones begin at 1.
    """
    number = mapping(view.get("creator")).get("instance_id")
    return number == 0 and not isinstance(number, bool)


def _onward(page: Page, data: Mapping[str, Any], found: Sequence[View], walk: Walk, answer: Answer, feed: Feed) -> Page:
    """The page with the request for the next one, back to what is known; with the last one the new cursor."""
    times = [int(at.timestamp()) for view in found if (at := published(view)) is not None]
    walk = replace(walk, newest=max(walk.newest, _not_after(answer, max(times, default=0))), pages=walk.pages + 1)
    token = text(data.get("next_page"))
    if found and _goes_on(found, walk, token):
        if walk.pages < (MOST_PAGES[walk.part] if walk.since is not None else BACKFILL_PAGES):
            return replace(page, next=_ask(feed, replace(walk, token=token)))
        if walk.since is not None:
            left = f"more new {'posts' if walk.part == 'posts' else 'comments'} than one visit reads; listen more often"
            page = replace(page, notes=(left,))
    if walk.part == "posts":
        return replace(page, next=_ask(feed, replace(walk, part="comments", pages=0, token="")))
    return replace(page, cursor=f"{walk.version}:{walk.newest}")


def _goes_on(found: Sequence[View], walk: Walk, token: str) -> bool:
    """Whether there is more that is new: of posts or of comments, where both are in one answer."""
    if walk.version == 4 and not token:
        return False
    for kind in ([view for view in found if not is_comment(view)], [view for view in found if is_comment(view)]):
        # Up to 0.19 a list names a next page also where there is none; from 1.0 on pages need not be full.
        full = bool(kind) if walk.version == 4 else len(kind) >= LIMIT
        if full and not any(_is_known(view, walk.since) for view in kind):
            return True
    return False


def _is_known(view: View, since: int | None) -> bool:
    """Whether it is from before what is to be read; posts that are pinned to the top say nothing of those below."""
    pinned = item(view).get("featured_community") is True or item(view).get("featured_local") is True
    at = published(view)
    return since is not None and not pinned and at is not None and at.timestamp() < since


def _not_after(answer: Answer, seconds: int) -> int:
    """A time, but none that lies ahead by the server's clock: posts come from many servers, some with wrong clocks."""
    now = _dates.strict(answer.headers.get("date", ""))
    return min(seconds, int(now.timestamp())) if now is not None else seconds
