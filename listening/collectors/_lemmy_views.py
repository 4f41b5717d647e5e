"""What Lemmy's answers hold, of 0.19 and of 1.0: posts and comments, its refusals, and its feeds."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from listening.collectors import _dates, _jsonfeed
from listening.collectors._answers import refuse, several
from listening.collectors._entry import Document, Entry
from listening.collectors._markdown import plain_markdown
from listening.collectors._values import answered, count, identity, mapping, mappings, text
from listening.errors import FeedError, FeedRefused, FeedUnreadable
from listening.models import Answer, Feed, Page, Post
from listening.text import canonical_url, plain, tidy

View = Mapping[str, Any]
"""A post or a comment with all that Lemmy says about it: its author, its community, its numbers."""

UNKNOWN = frozenset({"couldnt_find_post", "couldnt_find_comment", "not_found"})
"""How a server says that it has no such post or comment."""

_LISTS = ("posts", "comments", "items", "results", "search")  # 1.0 has had several names for its one list
_SINGLE = ("post_view", "comment_view")
_WAIT = "Wait; if this stays, listen to it less often, or to another server."
_OTHER = "Listen to another server that knows the community, or has people from there."


def views(data: Mapping[str, Any]) -> Iterator[View]:
    """The posts and comments in an answer, in its order."""
    for name in _LISTS:
        for view in mappings(data.get(name)):
            if "comment" in view or "post" in view:
                yield view
    for name in _SINGLE:
        if isinstance(data.get(name), dict):
            yield data[name]


def read(answer: Answer, feed: Feed) -> Mapping[str, Any]:
    """The data of a good answer; a FeedError for anything else."""
    if 200 <= answer.status < 500 and answer.status != 429 and (said := error_name(answer)):
        raise _error(said, answer.status, feed)
    if answer.status in (401, 403) and answer.body[:1] != b"<":
        raise _closed(f"({answer.status})")
    refuse(answer)
    data = answered(answer, "posts of Lemmy")
    if not any(isinstance(data.get(name), list) for name in _LISTS) and not any(name in data for name in _SINGLE):
        raise FeedUnreadable("The server answered, but not with posts of Lemmy.", "Check the server's name.")
    return data


def error_name(answer: Answer) -> str:
    """The name of the error that Lemmy tells; "" where it tells none."""
    if answer.body[:100].lstrip()[:1] != b"{":
        return ""
    return text(mapping(_jsonfeed.load(answer.body)).get("error"))


def _error(said: str, status: int, feed: Feed) -> FeedError:
    community = feed.options.get("community", "").strip()
    if said in ("rate_limit_error", "too_many_requests"):
        return FeedRefused("The server says that it is asked too often.", _WAIT)
    if said in ("instance_is_private", "not_logged_in", "incorrect_login"):
        return _closed(f"(“{said}”)")
    if community and said in ("couldnt_find_community", "not_found"):
        return FeedRefused(
            f"The server does not know the community “{community}”.",
            "Write it as name@server if it is of another server; somebody on this server must have joined it.",
        )
    return FeedRefused(f"The server says: “{tidy(said)[:200]}” ({status}).", "Check the server and the community.")


def _closed(why: str) -> FeedError:
    return FeedRefused(f"The server shows this to its own members only {why}.", _OTHER)


# --- views to posts ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """What is needed to read views: for whom, whose answer it is, and the keys of comments by their ids there."""

    feed: Feed
    origin: str
    keys: Mapping[str, str]


def item(view: View) -> Mapping[str, Any]:
    """The comment or the post itself."""
    return mapping(view.get("comment" if is_comment(view) else "post"))


def is_comment(view: View) -> bool:
    """Whether it is a comment; a view of a comment holds the post below which it stands, too."""
    return isinstance(view.get("comment"), dict)


def key_of(view: View) -> str:
    """Its address at its home, by which all servers know it; "" where there is none."""
    return canonical_url(text(item(view).get("ap_id")))


def is_gone(view: View) -> bool:
    """Whether its author has deleted it or a moderator removed it."""
    return item(view).get("deleted") is True or item(view).get("removed") is True


def published(view: View) -> datetime | None:
    """When it was published."""
    return _dates.iso(item(view).get("published") or item(view).get("published_at"))


def ids(found: Sequence[View]) -> dict[str, str]:
    """The keys of comments by their ids on the server that answered."""
    return {identity(item(view).get("id")): key_of(view) for view in found if is_comment(view) and key_of(view)}


def path_of(view: View) -> list[str]:
    """The ids of the comments above a comment, from the uppermost on, and its own: 0.12.34 stands below 12."""
    return text(item(view).get("path")).split(".")[1:] if is_comment(view) else []


def page_of(found: Sequence[View], feed: Feed, origin: str) -> Page:
    """The posts of a list, each once, and those of them that are gone."""
    reading = Reading(feed=feed, origin=origin, keys=ids(found))
    usable = [view for view in found if key_of(view)]
    posts = {key_of(view): post_of(view, reading) for view in usable if not is_gone(view)}
    gone = dict.fromkeys(key_of(view) for view in usable if is_gone(view))
    unusable = len(found) - len(usable)
    return Page(
        posts=tuple(posts.values()),
        gone=tuple(key for key in gone if key not in posts),
        skipped=(f"{several(unusable)} without an address",) if unusable else (),
    )


def post_of(view: View, reading: Reading) -> Post:
    """One post or comment; it must have a key."""
    said, creator, comment = item(view), mapping(view.get("creator")), is_comment(view)
    counts = mapping(view.get("counts")) or said  # 1.0 has the numbers in the post itself
    at, edited = published(view), _dates.iso(said.get("updated") or said.get("updated_at"))
    name = text(creator.get("name"))
    home = canonical_url(text(creator.get("actor_id")) or text(creator.get("ap_id")))
    host = urlsplit(home or reading.origin).netloc
    return Post(
        source=reading.feed.source,
        feed=reading.feed.name,
        key=key_of(view),
        url=key_of(view),
        # The title over a comment is that of the post, which others wrote.
        title="" if comment else plain_markdown(text(said.get("name"))),
        text=plain_markdown(text(said.get("content"))) if comment else _body(said),
        author=(f"@{name}@{host}" if host else name) if name else None,
        author_url=home or None,
        language=reading.feed.language,  # ids of languages mean something on that server only
        published_at=at,
        edited_at=edited if edited and (at is None or edited > at) else None,
        likes=count(counts.get("score")),
        replies=count(counts.get("child_count" if comment else "comments")),
        reply_to=_parent(view, reading) if comment else None,
        sensitive=any(mapping(view.get(part)).get("nsfw") is True for part in ("post", "community")),
    )


def _body(post: Mapping[str, Any]) -> str:
    picture = tidy(text(post.get("alt_text")))
    lines = [plain_markdown(text(post.get("body"))), f"[image: {picture}]" if picture else ""]
    return "\n".join(line for line in lines if line)


def _parent(view: View, reading: Reading) -> str | None:
    """The key of what a comment answers: the post, or the comment above it.

    Where that is not at hand, its address on the server that answered; of a comment from there it is the key.
    """
    above = path_of(view)[:-1]
    if not above:
        return canonical_url(text(mapping(view.get("post")).get("ap_id"))) or None
    return reading.keys.get(above[-1]) or (f"{reading.origin}/comment/{above[-1]}" if reading.origin else None)


# --- feeds ------------------------------------------------------------------------------------------------------------

_HEAD = re.compile(
    r"\s*submitted by <a [^<>]*>[^<>]*</a> to <a [^<>]*>[^<>]*</a><br\s*/?>\s*"
    r"(-?[0-9]{1,9}) points? \| <a [^<>]*>([0-9]{1,9}) comments?</a>"
    r"(?:<br\s*/?>\s*<a href=\"([^\"<>]*)\">\3</a>)?"
)


def from_feed(document: Document, feed: Feed) -> Page:
    """The posts of one of Lemmy's RSS feeds; their keys are addresses on the server whose feed it is."""
    posts = {post.key: post for entry in document.entries if (post := _entry_post(entry, feed)) is not None}
    unusable = sum(1 for entry in document.entries if not canonical_url(entry.id))
    return Page(posts=tuple(posts.values()), skipped=(f"{several(unusable)} without an address",) if unusable else ())


def _entry_post(entry: Entry, feed: Feed) -> Post | None:
    key = canonical_url(entry.id)
    if not key:
        return None
    markup = max(entry.texts, key=len, default="")
    head = _HEAD.match(markup)
    home = canonical_url(entry.authors[0] if entry.authors else "")
    parts = urlsplit(home)
    name = parts.path.rpartition("/")[2].removeprefix("@")
    return Post(
        source=feed.source,
        feed=feed.name,
        key=key,
        url=key,
        title=plain(entry.title),
        text=plain(markup[head.end() :] if head else markup),
        author=f"@{name}@{parts.netloc}" if name else None,
        author_url=home or None,
        language=feed.language,
        published_at=entry.published,
        likes=max(0, int(head[1])) if head else None,
        replies=int(head[2]) if head else None,
    )
