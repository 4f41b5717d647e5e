"""Public posts on Bluesky that hold some words, or those of the agency's own account (docs.bsky.app)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from listening.collectors import _bluesky_walk as walks
from listening.collectors import _jsonfeed, _options
from listening.collectors._bluesky_posts import (
    DID,
    HANDLE,
    indexed,
    is_key,
    is_withdrawn,
    key_of,
    published,
    readable,
)
from listening.collectors._bluesky_session import (
    PAUSE,
    SIGN_IN,
    error_of,
    is_signed,
    object_of,
    refuse_error,
    session,
    sign_in,
    signed_in,
)
from listening.collectors._dates import iso
from listening.collectors._values import count, identity, mapping, mappings, text
from listening.collectors.protocols import Refreshed
from listening.errors import FeedRefused, FeedUnreadable, SettingsError
from listening.models import Answer, Feed, Page, Post, Request, TextKind

__all__ = [
    "AT_ONCE", "CANNOT_SEE", "DELETIONS", "EMPTY_MEANS_BLOCKED", "KEYS", "KIND", "LABEL", "SOURCE",
    "check", "conversation", "locate", "parse", "refresh", "refreshed", "sign_in", "signed_in", "thread",
]  # fmt: skip

SOURCE = "bluesky"
LABEL = "Bluesky"
KIND: TextKind = "post"
KEYS: Mapping[str, str] = {
    "search": "The words to search for; a phrase in quotes ('\"Town of Quillhaven\"') or a hashtag ('#quillhaven').",
    "account": "In its place: one of the agency's own accounts, by its handle; what it posts and replies is read.",
    "server": "The server that your account is on, only where that is not Bluesky's own (bsky.social).",
}
CANNOT_SEE = (
    "Sees public posts that hold the words themselves: none by accounts that ask to be shown to members of Bluesky "
    "only, none by people who have blocked the account that is signed in. Without an app password only the newest 100 "
    "posts at each visit, and at times none at all. It does not tell how many follow an author."
)
DELETIONS = (
    "A post that was deleted or hidden, or whose account was closed or now asks to be shown to members only, is "
    "emptied, mostly within a day, for two weeks after it was published."
)
EMPTY_MEANS_BLOCKED = False

AT_ONCE = 25
"""So many posts Bluesky looks up at once."""

OPEN_SEARCH = "https://api.bsky.app"
OPEN = "https://public.api.bsky.app"
"""Everything but the search is open to everybody here: it is asked without our account, which some may have blocked."""

_DEPTH, _ABOVE = 20, 80  # answers to answers, and posts above a post
_AUTHOR = re.compile(r"(?<![-\w])(?:from|author|did):", re.IGNORECASE)


def check(options: Mapping[str, str]) -> None:
    """Refuse a feed without words or an account, with both, or with a server that may not be told a password."""
    words, account = options.get("search", "").strip(), options.get("account", "").strip()
    if words and account:
        raise SettingsError(
            "A feed of Bluesky has either “search” or “account”.", "Make two feeds of it.", key="account"
        )
    if not account:
        _check_words(_options.required(options, "search", "Quillhaven"))
    elif not _is_account(account):
        raise SettingsError(
            f"“{account}” is no account on Bluesky.", 'Write its handle: account = "quillhaven.example"', key="account"
        )
    server = options.get("server", "").strip()
    if server and not _options.origin(server, "server").startswith("https://"):
        raise SettingsError(
            f"“{server}” is not asked over a safe line.", "A password goes to https:// only.", key="server"
        )


def _check_words(words: str) -> None:
    if not any(letter.isalnum() for letter in words):
        raise SettingsError("“search” holds no word.", "Write the words to search for.", key="search")
    if _AUTHOR.search(words):
        raise SettingsError(
            "“search” asks for what one account writes: Listening does not search for what one person writes.",
            "The agency's own account is read with “account”.",
            key="search",
        )


def _is_account(account: str) -> bool:
    name = account.removeprefix("@")
    return HANDLE.fullmatch(name) is not None or DID.fullmatch(name) is not None


def locate(feed: Feed, cursor: str | None, secrets: Mapping[str, str]) -> Request:
    """Ask for the newest posts, back to the newest one that is known."""
    signed = session(secrets)
    account = feed.options.get("account", "").strip()
    server, headers = signed or (OPEN if account else OPEN_SEARCH, {})
    headers = {"Accept": "application/json", **headers}
    walk = walks.begin(cursor)
    return Request(url=_address(feed, server, walk), headers=headers, pause=PAUSE, carry=walk)


def _address(feed: Feed, server: str, walk: walks.Walk) -> str:
    asked = {"limit": str(walks.LIMIT)}
    if account := feed.options.get("account", "").strip():
        method = "getAuthorFeed"
        asked |= {"actor": account.removeprefix("@"), "filter": "posts_with_replies"}
    else:
        method = "searchPosts"
        asked |= {"q": feed.options.get("search", "").strip(), "sort": "latest"}
        if walk.here.start is not None:
            asked["since"] = _moment(walk.here.start)
        if walk.here.before is not None:
            asked["until"] = _moment(walk.here.before)
    if walk.page:
        asked["cursor"] = walk.page
    return f"{server}/xrpc/app.bsky.feed.{method}?{urlencode(asked)}"


def _moment(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, tz=UTC):%Y-%m-%dT%H:%M:%SZ}"


def parse(answer: Answer, feed: Feed) -> Page:
    """Turn what Bluesky shows into posts: a search, an account's feed, a thread, a list; a refusal is a FeedError."""
    refuse_error(answer)
    saved = _jsonfeed.load(answer.body) if answer.request is None else None
    data: Mapping[str, Any] = {"posts": saved} if isinstance(saved, list) else object_of(answer)
    items = _items(data)
    views = [mapping(item.get("post")) or item for item in items if not _is_repost(item, feed)]
    posts, skipped = readable(views, feed)
    walk = answer.request.carry if answer.request is not None else None
    if not isinstance(walk, walks.Walk):
        return Page(posts=tuple(posts.values()), skipped=skipped)
    following, cursor, notes = _onward(walk, data, items, answer, feed)
    return Page(posts=tuple(posts.values()), next=following, cursor=cursor, skipped=skipped, notes=notes)


def _items(data: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """What an answer lists: posts as they are shown, alone or within the entries of a feed."""
    listed = data.get("posts", data.get("feed"))
    if isinstance(data.get("thread"), dict):
        listed = [{"post": view} for view in _around(mapping(data["thread"]))]
    items = list(mappings(listed))
    usable = isinstance(listed, list) and (not listed or any(_view(item) for item in items))
    if not usable:
        raise FeedUnreadable("Bluesky answered, but not with posts.", "Nothing to do: it is tried again later.")
    return items


def _view(item: Mapping[str, Any]) -> Mapping[str, Any]:
    """What is shown of a post, alone or within an entry of a feed; nothing where there is no post."""
    view = mapping(item.get("post")) or item
    return view if key_of(view) else mapping(None)


def _is_repost(item: Mapping[str, Any], feed: Feed) -> bool:
    """Whether an entry of our account's feed is what somebody else wrote."""
    return bool(feed.options.get("account")) and "reasonRepost" in text(mapping(item.get("reason")).get("$type"))


def _onward(
    walk: walks.Walk, data: Mapping[str, Any], items: Sequence[Mapping[str, Any]], answer: Answer, feed: Feed
) -> tuple[Request | None, str | None, tuple[str, ...]]:
    """The next page, back to what is known; what to remember; and a note where Bluesky shows us a part only."""
    by_search = not feed.options.get("account")
    views = [view for item in items if (view := _view(item))]
    start = walk.here.start
    seen = [at for view in views if (at := indexed(view)) is not None]
    lowest = (max(seen, default=None) if by_search else _last(items)) if start is not None else None
    onward = identity(data.get("cursor"))
    notes: tuple[str, ...] = ()
    if by_search and not is_signed(answer):
        # Strangers are refused the second page, and asking by time for what they may not see would be a way round.
        if onward:
            notes = (f"Without an app password only the newest 100 posts at each visit are seen. {SIGN_IN}",)
        onward, walk = "", walks.Walk(stretches=walk.stretches[:1], newest=walk.newest)
    following, cursor = walks.step(
        walk,
        walks.Seen(
            # A time that nobody but the author's program vouches for may lie ahead, and would hide all until then.
            written=[at for view in views if indexed(view) and (at := published(view)) is not None],
            indexed=seen,
            onward=onward,
            hits=len(items),
            total=count(data.get("hitsTotal")) or 0,
            reached=lowest is not None and start is not None and lowest.timestamp() < start,
        ),
        by_time=by_search and is_signed(answer),
    )
    if following is None or answer.request is None:
        return None, cursor, notes
    server = answer.request.url.partition("/xrpc/")[0]
    # With the headers of the page before: they hold the token that is good now, also where it was renewed just then.
    headers = answer.request.headers
    request = Request(url=_address(feed, server, following), headers=headers, pause=PAUSE, carry=following)
    return request, cursor, notes


def _last(items: Sequence[Mapping[str, Any]]) -> datetime | None:
    """When the last entry of an account's feed came into it: a post when it was written, a repost when it was made."""
    if not items:
        return None
    reposted = iso(mapping(items[-1].get("reason")).get("indexedAt"))
    return reposted or published(_view(items[-1]))


# --- posts that are known ---------------------------------------------------------------------------------------------


def refresh(posts: Sequence[Post], feed: Feed, secrets: Mapping[str, str]) -> Request | None:
    """Ask for many posts as everybody sees them now: through our account those would miss who blocked it."""
    keys = [post.key for post in posts if is_key(post.key)]
    if not keys:
        return None
    return _open("getPosts", [("uris", key) for key in keys[:AT_ONCE]])


def refreshed(answer: Answer, posts: Sequence[Post], feed: Feed) -> Refreshed:
    """Their counts; and which of them are no longer there, or no longer shown to everybody."""
    data = object_of(answer)
    if not isinstance(data.get("posts"), list):
        raise FeedUnreadable("Bluesky answered, but not with posts.", "Nothing to do: it is tried again later.")
    asked = [post.key for post in posts if is_key(post.key)][:AT_ONCE]
    shown = {text(view.get("uri")): view for view in mappings(data["posts"])}
    absent = tuple(key for key in asked if key not in shown)
    if len(absent) == len(asked):  # rather a fault of the server's than all of them gone at once
        return Refreshed(missing=absent)
    withdrawn = tuple(key for key in asked if key in shown and is_withdrawn(shown[key]))
    now, _ = readable([shown[key] for key in asked if key in shown], feed)
    return Refreshed(posts=tuple(now.values()), gone=(*absent, *withdrawn))


# --- conversations ----------------------------------------------------------------------------------------------------


def thread(post: Post, feed: Feed, secrets: Mapping[str, str]) -> Request | None:
    """Ask for what a post answers, up to the first one, and for the answers below it."""
    if not is_key(post.key):
        return None
    return _open("getPostThread", [("uri", post.key), ("depth", str(_DEPTH)), ("parentHeight", str(_ABOVE))])


def conversation(answer: Answer, post: Post, feed: Feed) -> Page:
    """The posts above and below a post; deleted and blocked ones are not among them."""
    gone = error_of(answer)[0] == "NotFound"
    top = mapping(None) if gone else mapping(object_of(answer).get("thread"))
    if gone or top.get("notFound") is True or top.get("blocked") is True:
        raise FeedRefused("Bluesky no longer shows this post.", "Nothing to do: it was deleted, or is hidden.")
    if text(mapping(top.get("post")).get("uri")) != post.key:
        raise FeedUnreadable(
            "Bluesky answered, but not with this conversation.", "Nothing to do: it is tried again later."
        )
    posts, skipped = readable((view for view in _around(top) if text(view.get("uri")) != post.key), feed)
    return Page(posts=tuple(posts.values()), skipped=skipped)


def _around(top: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The posts of a thread: those above, first to last, the post itself, and those below, in the order of reading."""
    above: list[Mapping[str, Any]] = []
    parent = mapping(top.get("parent"))
    while parent:
        above.append(mapping(parent.get("post")))
        parent = mapping(parent.get("parent"))
    below: list[Mapping[str, Any]] = []
    waiting = [top]
    while waiting:
        node = waiting.pop()
        below.append(mapping(node.get("post")))
        waiting += reversed(list(mappings(node.get("replies"))))
    return [view for view in (*reversed(above), *below) if view]  # a node of a deleted or blocked post holds none


def _open(method: str, asked: Sequence[tuple[str, str]]) -> Request:
    url = f"{OPEN}/xrpc/app.bsky.feed.{method}?{urlencode(asked)}"
    return Request(url=url, headers={"Accept": "application/json"}, pause=PAUSE)
