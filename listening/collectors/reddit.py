"""Posts and comments on Reddit, from its feeds, and from saved answers of its API."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from listening.collectors import _dates, _jsonfeed, _options, rss
from listening.collectors._answers import is_page, not_a_feed, refuse, several
from listening.collectors._entry import Entry
from listening.errors import FeedBlocked, FeedRefused, FeedUnreadable, SettingsError
from listening.models import Answer, Feed, Page, Post, Request, TextKind
from listening.text import canonical_url, plain, tidy

SOURCE = "reddit"
LABEL = "Reddit"
KIND: TextKind = "post"
KEYS: Mapping[str, str] = {
    "subreddit": "The subreddit to read, without r/; several are joined with +.",
    "search": "Words to search for, in all of Reddit or, together with subreddit, in that one.",
    "server": "Another address that answers the same way, such as an agency's own relay; without it www.reddit.com.",
}
CANNOT_SEE = (
    "Sees the newest 100 posts at each visit, without scores and numbers of comments; comments only where a feed of "
    "comments is given; nothing while Reddit keeps programs out, which it does often."
)
DELETIONS = "It is not noticed that a post was deleted: Reddit does not let programs look posts up again."
EMPTY_MEANS_BLOCKED = True

TOKEN = "LISTENING_REDDIT_FEED_TOKEN"  # noqa: S105 - the name of the secret, not the secret
USER = "LISTENING_REDDIT_USER"
SITE = "https://www.reddit.com"
_PAUSE = 6.0  # Reddit's old limit for readers without a login: ten requests a minute
_DEPTH = 20  # answers to answers to answers

_ADVICE = (
    "Reddit keeps most programs out. Take your own feed token from reddit.com/prefs/feeds and set "
    f"{TOKEN} and {USER}, or come back later."
)
_SUBREDDIT = re.compile(r"\w{2,50}(?:\+\w{2,50})*", re.ASCII)


def check(options: Mapping[str, str]) -> None:
    """Refuse options that name neither a subreddit nor a search."""
    subreddit, search = options.get("subreddit", "").strip(), options.get("search", "").strip()
    if not subreddit and not search:
        raise SettingsError(
            "A Reddit feed needs “subreddit” or “search”.", 'For example: subreddit = "quillhaven"', key="subreddit"
        )
    if subreddit and not _SUBREDDIT.fullmatch(subreddit):
        raise SettingsError(
            f"“{subreddit}” is not the name of a subreddit.",
            "Write the name without r/, and join several with +: quillhaven+midvale",
            key="subreddit",
        )
    if server := options.get("server", "").strip():
        _options.origin(server, "server")


def locate(feed: Feed, cursor: str | None, secrets: Mapping[str, str]) -> Request:
    """Ask for the newest 100 posts; there is no cursor, because a feed cannot be asked what came since."""
    subreddit = quote(feed.options.get("subreddit", "").strip(), safe="+")
    asked = {"limit": "100"}
    if search := feed.options.get("search", "").strip():
        asked = {"q": search, "sort": "new", "t": "week"} | asked
        if subreddit:
            asked["restrict_sr"] = "on"
    path = f"/r/{subreddit}" if subreddit else ""
    path += "/search.rss" if search else "/new.rss"
    server = feed.options.get("server", "").strip()
    origin = _options.origin(server, "server") if server else SITE
    # The token is a password in all but name: it goes to Reddit alone.
    if _is_reddit(origin) and secrets.get(TOKEN) and secrets.get(USER):
        asked |= {"feed": secrets[TOKEN], "user": secrets[USER]}
    return Request(url=f"{origin}{path}?{urlencode(asked)}", pause=_PAUSE, secret=("feed", "user"))


def _is_reddit(origin: str) -> bool:
    parts = urlsplit(origin)
    host = parts.hostname or ""
    return parts.scheme == "https" and (host == "reddit.com" or host.endswith(".reddit.com"))


def parse(answer: Answer, feed: Feed) -> Page:
    """Turn a feed or a listing into posts; a refusal is raised as a FeedError."""
    data = _jsonfeed.load(answer.body) if answer.body[:200].lstrip()[:1] in (b"{", b"[") else None
    _refuse(answer, data)
    if data is not None:
        return _from_listing(data, feed)
    document = rss.read(answer)
    if document is None:
        raise not_a_feed(answer, "posts of Reddit")
    posts: dict[str, Post] = {}
    unusable = 0
    for entry in document.entries:
        if post := _entry_post(entry, feed):
            posts.setdefault(post.key, post)
        else:
            unusable += 1
    return Page(posts=tuple(posts.values()), skipped=(f"{several(unusable)} without an address",) if unusable else ())


_SHUT = re.compile(rb"whoa there|blocked by network security|<title>\s*blocked|too many requests", re.IGNORECASE)


def _refuse(answer: Answer, data: Any) -> None:
    """Raise what Reddit says, by its status, in a JSON error, or on a page that shuts the door."""
    status = answer.status
    reason = ""
    if isinstance(data, dict) and "error" in data:
        status = data["error"] if isinstance(data["error"], int) and status == 200 else status
        reason = str(data.get("reason") or "")
        if status == 200:
            raise FeedRefused(f"Reddit says: “{tidy(str(data['error']))[:200]}”.", _ADVICE)
    if reason in ("private", "quarantined", "gold_only"):
        raise FeedRefused(f"This subreddit is {reason.replace('_', ' ')}.", "Remove it from the settings.")
    if reason == "banned" or status == 404:
        raise FeedRefused("Reddit has no such subreddit, or has closed it.", "Check the name in the settings.")
    if status == 429:
        raise FeedBlocked("Reddit says that it is asked too often (429).", _ADVICE)
    if status in (401, 403):
        raise FeedBlocked(f"Reddit keeps us out ({status}).", _ADVICE)
    if data is None and is_page(answer.body) and _SHUT.search(answer.body[:60_000]):
        raise FeedBlocked("Reddit shows a page that keeps programs out, instead of posts.", _ADVICE)
    if status != answer.status:
        answer = Answer(status=status, headers=answer.headers, url=answer.url, body=answer.body)
    refuse(answer)


_ID = re.compile(r"t[13]_[a-z0-9]+")
_PLACE = re.compile(r"/comments/([a-z0-9]+)(?:/[^/]*(?:/([a-z0-9]+))?)?/?$")
_TAIL = re.compile(r"\s*\[link\]\s*\[(?:([0-9]{1,7}) )?comments?\]\s*")
_FRAME = re.compile(r"<!-- SC_OFF -->(.*?)<!-- SC_ON -->", re.DOTALL)
_FIRST_LINE = "submitted by"


def _entry_post(entry: Entry, feed: Feed) -> Post | None:
    """Turn one entry of a feed into a post; None if it has no address to know it by."""
    url = _address(entry.link or entry.id)
    place = _PLACE.search(urlsplit(url).path)
    key = entry.id if _ID.fullmatch(entry.id) else ""
    if not key and place:
        key = f"t1_{place[2]}" if place[2] else f"t3_{place[1]}"
    if not key:
        return None
    is_comment = key.startswith("t1_")
    text, comments = _without_tail(max(entry.texts, key=len, default=""))
    author = plain(entry.authors[0]).removeprefix("/").removeprefix("u/") if entry.authors else ""
    edited = entry.updated if entry.updated and entry.published and entry.updated > entry.published else None
    return Post(
        source=feed.source,
        feed=feed.name,
        key=key,
        url=url,
        # The title of a comment is its author's name and the title of the post, which others wrote.
        title="" if is_comment else plain(entry.title),
        text=text,
        **_author(author),
        language=feed.language,
        published_at=entry.published or entry.updated,
        edited_at=edited,
        replies=comments,
        reply_to=f"t3_{place[1]}" if is_comment and place else None,
    )


def _author(name: str) -> dict[str, Any]:
    """The author's handle and page; nobody for those who have left."""
    if not name or name == "[deleted]":
        return {"author": None, "author_url": None}
    return {"author": f"u/{name}", "author_url": f"{SITE}/user/{quote(name, safe='')}"}


def _address(link: str) -> str:
    """An address on Reddit, whichever of its hosts or relays named it."""
    url = canonical_url(link, SITE)
    parts = urlsplit(url)
    return canonical_url(parts.path, SITE) if _is_reddit(f"https://{parts.netloc}") else url


def _without_tail(markup: str) -> tuple[str, int | None]:
    """The text that the author wrote, without "submitted by ... [link] [12 comments]", and that number."""
    text = plain(markup)
    start = text.rfind(_FIRST_LINE)
    tail = _TAIL.search(text, start) if start >= 0 else None
    comments = int(tail[1]) if tail and tail[1] else None
    if found := _FRAME.search(markup):
        return plain(found[1]), comments
    if tail and tail.end() == len(text) and tail.start() - start < 400:
        text = text[:start].rstrip()
    return text, comments


def _from_listing(data: Any, feed: Feed) -> Page:
    """Turn a listing of the API into posts."""
    things = list(_things(data, 0))
    if not things and not _is_listing(data):
        raise FeedUnreadable("Reddit answered, but not with posts.", "Check the subreddit and the search.")
    posts: dict[str, Post] = {}
    removed = 0
    for kind, thing in things:
        post = _thing_post(kind, thing, feed)
        if post is None:
            removed += 1
        else:
            posts.setdefault(post.key, post)
    return Page(
        posts=tuple(posts.values()),
        skipped=(f"{several(removed)} removed by the author or by moderators",) if removed else (),
    )


def _is_listing(data: Any) -> bool:
    listings = data if isinstance(data, list) else [data]
    return bool(listings) and all(isinstance(item, dict) and item.get("kind") == "Listing" for item in listings)


def _things(data: Any, depth: int) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """All posts (t3) and comments (t1) in an answer, also the answers to comments."""
    if depth > _DEPTH:
        return
    if isinstance(data, list):
        for item in data:
            yield from _things(item, depth)
    elif isinstance(data, dict) and isinstance(inner := data.get("data"), dict):
        if data.get("kind") in ("t1", "t3"):
            yield data["kind"], inner
            yield from _things(inner.get("replies"), depth + 1)
        elif data.get("kind") == "Listing":
            yield from _things(inner.get("children"), depth)


def _thing_post(kind: str, thing: Mapping[str, Any], feed: Feed) -> Post | None:
    """Turn a post or a comment of the API into a post; None if it was removed or has no id."""
    key = _text(thing.get("name")) or (f"{kind}_{thing['id']}" if thing.get("id") else "")
    is_comment = kind == "t1"
    words = "body" if is_comment else "selftext"
    written = _text(thing.get(words))
    if not key or thing.get("removed_by_category") or (is_comment and written in ("[removed]", "[deleted]")):
        return None
    gone = written in ("[removed]", "[deleted]")
    text = "" if gone else plain(_text(thing.get(f"{words}_html"))) or tidy(written)
    link = _text(thing.get("permalink"))
    if not link and is_comment:
        link = f"/comments/{_text(thing.get('link_id')).removeprefix('t3_')}/_/{key.removeprefix('t1_')}"
    score = None if thing.get("score_hidden") or thing.get("hide_score") else thing.get("score")
    return Post(
        source=feed.source,
        feed=feed.name,
        key=key,
        url=_address(link or _text(thing.get("url"))),
        title="" if is_comment else plain(_text(thing.get("title"))),
        text=text,
        **_author(_text(thing.get("author"))),
        language=feed.language,
        published_at=_dates.epoch(thing.get("created_utc")),
        edited_at=_dates.epoch(thing.get("edited")),
        likes=_count(score),
        replies=_count(thing.get("num_comments")),
        reply_to=_text(thing.get("parent_id")) or None,
        sensitive=thing.get("over_18") is True,
    )


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _count(value: Any) -> int | None:
    """A count; scores can be below zero, which is no number of likes but counts as none of them."""
    return max(value, 0) if isinstance(value, int) and not isinstance(value, bool) else None
