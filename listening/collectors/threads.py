"""Posts on Threads that hold some words or a topic tag, from Meta's keyword search (developers.facebook.com)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from listening.collectors import _dates, _jsonfeed
from listening.collectors._answers import refuse, several
from listening.collectors._resumed import begun, unfinished
from listening.collectors._values import answered, identity, mapping, mappings, text
from listening.collectors._walk import Walk, walk_of
from listening.errors import FeedError, FeedRefused, FeedUnreachable, FeedUnreadable, SettingsError
from listening.models import Answer, Budget, Feed, Page, Post, Request, TextKind
from listening.text import canonical_url, tidy

SOURCE = "threads"
LABEL = "Threads"
KIND: TextKind = "post"
KEYS: Mapping[str, str] = {
    "search": "The words to search for; or give a tag.",
    "tag": "The topic tag to search for, with or without #; or give a search.",
}
CANNOT_SEE = (
    "Sees public posts that Meta's search finds, without any numbers of likes, replies or views, and does not say "
    "which post a reply answers. For words that Meta calls sensitive it finds nothing; before Meta has reviewed your "
    "app it finds your own posts only."
)
DELETIONS = "It is not noticed that a post was deleted: Meta tells an app nothing about single posts of other people."
EMPTY_MEANS_BLOCKED = False

TOKEN = "LISTENING_THREADS_TOKEN"  # noqa: S105 - the name of the secret, not the secret
SERVER = "https://graph.threads.net"
SITE = "https://www.threads.com"
BUDGET = "threads queries"
QUERIES = 2_200
LIMIT = 100
FIRST_PAGES = 5
MOST_PAGES = 18
"""How many pages a visit reads; the next one goes on from there."""
OVERLAP = 3600
"""Seconds before the newest post that are read again: a search is not always up to date at once."""
_PAUSE = 1.0
_FIRST = 1_688_540_400
"""Threads began in July 2023, and refuses any time before."""
_FIELDS = "id,text,media_type,permalink,timestamp,username,has_replies,is_quote_post,is_reply"
_PARAMETER = "access_token"  # Meta's documentation knows no header for it

_LATER = "Nothing to do: it is tried again later."


def check(options: Mapping[str, str]) -> None:
    """Refuse a feed that has neither words nor a tag to search for, or both."""
    search, tag = options.get("search", "").strip(), _tag(options)
    if not search and not tag:
        raise SettingsError(
            "A feed of this source needs “search” or “tag”.", 'For example: search = "Quillhaven"', key="search"
        )
    if search and tag:
        raise SettingsError("A feed searches for words or for a tag.", "Make two feeds of it.", key="tag")
    if not any(letter.isalnum() for letter in search or tag):
        raise SettingsError(
            f"“{search or tag}” holds no word.", "Write what to search for.", key="search" if search else "tag"
        )


def _tag(options: Mapping[str, str]) -> str:
    return options.get("tag", "").strip().removeprefix("#")


def budgets(feed: Feed) -> Sequence[Budget]:
    """How often Meta lets an account search, in all apps that it uses."""
    return (
        Budget(
            name=BUDGET,
            most=QUERIES,
            period="day",
            unit="searches",
            words=f"Threads lets an account search {QUERIES:,} times a day",
        ),
    )


def locate(feed: Feed, cursor: str | None, secrets: Mapping[str, str]) -> Request:
    """Ask for the newest posts, back to the newest one that is known."""
    walk = begun(cursor)
    tag = _tag(feed.options)
    asked = {
        "q": tag or feed.options.get("search", "").strip(),
        "search_type": "RECENT",
        "search_mode": "TAG" if tag else "KEYWORD",
        "limit": str(LIMIT),
        "fields": _FIELDS,
    }
    asked |= {"since": str(_since(walk))} if walk.since is not None else {}
    # Whether a post at that very second is meant is not said: one is rather read twice.
    asked |= {"until": str(walk.before + 1)} if walk.before is not None else {}
    token = secrets.get(TOKEN, "").strip()
    return _request(asked | ({_PARAMETER: token} if token else {}), walk)


def _request(asked: Mapping[str, str], walk: Walk) -> Request:
    return Request(
        url=f"{SERVER}/v1.0/keyword_search?{urlencode(asked)}",
        headers={"Accept": "application/json"},
        pause=_PAUSE,
        secret=(_PARAMETER,),
        costs={BUDGET: 1},
        carry=walk,
    )


def _since(walk: Walk) -> int:
    return max(_FIRST, (walk.since or 0) - OVERLAP)


def parse(answer: Answer, feed: Feed) -> Page:
    """Turn what was found into posts; a refusal is raised as a FeedError."""
    if error := mapping(mapping(_jsonfeed.load(answer.body)).get("error")):
        raise _refused(error, answer)
    data = answered(answer, "posts of Threads")
    items = data.get("data")
    if not isinstance(items, list):
        raise FeedUnreadable("Threads answered, but not with posts.", _LATER)
    posts = {post.key: post for item in mappings(items) if (post := _post(item, feed)) is not None}
    if items and not posts:
        raise FeedUnreadable("Threads answered, but not with posts.", _LATER)
    unusable = len(items) - len(posts)
    following, cursor = _onward(mapping(data.get("paging")), tuple(posts.values()), answer)
    return Page(
        posts=tuple(posts.values()),
        next=following,
        cursor=cursor,
        skipped=(f"{several(unusable)} without an id or twice",) if unusable else (),
        notes=_nothing_found(answer) if not items else (),
        spent={BUDGET: 1 if items else 0},  # a search that finds nothing is not counted
    )


def _nothing_found(answer: Answer) -> tuple[str, ...]:
    """What a first visit that finds nothing may mean."""
    if walk_of(answer) != Walk():
        return ()
    return ("Threads found nothing. Before Meta has reviewed the app it searches your own posts only.",)


def _onward(paging: Mapping[str, Any], posts: Sequence[Post], answer: Answer) -> tuple[Request | None, str | None]:
    """The next page, back to what is known; with the last one the newest time as the cursor."""
    walk = walk_of(answer)
    times = [int(post.published_at.timestamp()) for post in posts if post.published_at is not None]
    walk = replace(walk, pages=walk.pages + 1, newest=max([walk.newest, *times]))
    first = walk.since is None and walk.before is None
    asked = _asked(answer)
    after = text(mapping(paging.get("cursors")).get("after"))
    # Meta's cursors lead on from the last page as well, to an empty one; a page may be shorter than asked for.
    over = not posts or not after or after == asked.get("after")
    known = walk.since is not None and bool(times) and max(times) < _since(walk)  # a server that passes over "since"
    if over or known or not asked or (first and walk.pages >= FIRST_PAGES):
        return None, str(walk.newest) if walk.newest else None
    if walk.pages < MOST_PAGES:
        return _request({**asked, "after": after}, walk), None
    return None, unfinished(walk, _lowest(times, walk)) if times else None


def _lowest(times: Sequence[int], walk: Walk) -> int:
    """Down to where a walk was read; always further down than before, however many posts there are in a second."""
    return min(times) if walk.before is None else min(*times, walk.before - 1)


def _asked(answer: Answer) -> Mapping[str, str]:
    """The parameters of the request that this answers, its token too; none where a saved file is read."""
    return dict(parse_qsl(urlsplit(answer.request.url).query)) if answer.request is not None else {}


def _post(item: Mapping[str, Any], feed: Feed) -> Post | None:
    key = identity(item.get("id"))
    if not key:
        return None
    author = text(item.get("username")).strip()
    return Post(
        source=feed.source,
        feed=feed.name,
        key=key,
        url=canonical_url(text(item.get("permalink"))),
        text=tidy(text(item.get("text"))),
        author=f"@{author}" if author else None,
        author_url=f"{SITE}/@{quote(author, safe='')}" if author else None,
        language=feed.language,
        published_at=_dates.iso(item.get("timestamp")),
    )


# --- refusals ---------------------------------------------------------------------------------------------------------

_TOO_OFTEN = (4, 17, 32, 613)
_NO_TOKEN = (102, 104, 190, 2500)
_ITS_OWN = (1, 2)


def _refused(error: Mapping[str, Any], answer: Answer) -> FeedError:
    """What an error of Meta's says; the same ones come with several statuses."""
    code = error.get("code")
    if not isinstance(code, int):
        refuse(answer)
        return FeedRefused(f"Threads gave no posts{_quoted(error, answer)}.", _LATER)
    if code in _TOO_OFTEN:
        return FeedRefused(
            f"Threads says that it is asked too often (code {code}).", "Wait; if this stays, listen to it less often."
        )
    if code in _NO_TOKEN:
        # What Meta says of a token may repeat it.
        return FeedRefused(
            f"Threads wants an access token: there is none, it was not accepted, or it has run out (code {code}).",
            f"Make one as the README says, and set {TOKEN} to it. A token lasts 60 days.",
        )
    if code == 10 or 200 <= code < 300:
        return FeedRefused(
            f"The app may not search Threads (code {code}).",
            "It needs the permissions threads_basic and threads_keyword_search; before Meta has reviewed the app it "
            "searches your own posts only.",
        )
    if code in _ITS_OWN or error.get("is_transient") is True:
        return FeedUnreachable(f"Threads has a problem of its own (code {code}).", _LATER)
    return FeedRefused(
        f"Threads cannot use this search (code {code}){_quoted(error, answer)}.", "Change it in the settings."
    )


def _quoted(error: Mapping[str, Any], answer: Answer) -> str:
    words = tidy(text(error.get("message")))
    if token := _asked(answer).get(_PARAMETER):
        words = words.replace(token, "…")
    words = " ".join(words[:200].split()).rstrip(".")
    return f": “{words}”" if words else ""
