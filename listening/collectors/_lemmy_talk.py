"""Posts on Lemmy that are known: what became of them, and what was said around them, by the servers they are from."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import urlencode, urlsplit

from listening.collectors._lemmy_views import (
    UNKNOWN,
    Reading,
    View,
    error_name,
    ids,
    is_comment,
    is_gone,
    item,
    key_of,
    page_of,
    path_of,
    post_of,
    read,
    views,
)
from listening.collectors._values import identity, mapping
from listening.collectors.protocols import Refreshed
from listening.models import Answer, Feed, Page, Post, Request

AT_ONCE = 1
_PAUSE = 2.0
_LIMIT = 50
_MOST_PAGES = 4  # of comments below a post
_MOST_ABOVE = 5  # comments above a comment

# Ids are those of the server that a post is from, and only there are they in its address. The address is a stranger's:
# it must name a host, by https, and nothing else.
_HOME = re.compile(r"https://((?:[a-z0-9-]+\.)+[a-z][a-z0-9-]*)/(post|comment)/([1-9][0-9]{0,17})")


def _request(host: str, path: str, carry: object = None, **asked: object) -> Request:
    return Request(
        url=f"https://{host}/api/v3/{path}?{urlencode(asked)}",
        headers={"Accept": "application/json"},
        pause=_PAUSE,
        carry=carry,
    )


def _one(host: str, kind: str, number: str, carry: object = None) -> Request:
    """Ask for one post, or one comment: it is the oldest of those that stand below it, itself among them."""
    if kind == "post":
        return _request(host, "post", carry, id=number)
    return _request(host, "comment/list", carry, parent_id=number, type_="All", sort="Old", limit=10)


def _from_home(answer: Answer, post: Post) -> bool:
    return urlsplit(answer.url).netloc == urlsplit(post.key).netloc


# --- looked up again --------------------------------------------------------------------------------------------------


def refresh(posts: Sequence[Post], feed: Feed, secrets: Mapping[str, str]) -> Request | None:
    """Ask the server that a post is from; None where its address is not one of Lemmy's."""
    home = _HOME.fullmatch(posts[0].key)
    return _one(home[1], home[2], home[3]) if home is not None else None


def refreshed(answer: Answer, posts: Sequence[Post], feed: Feed) -> Refreshed:
    """As it is now, deleted or removed, or unknown there; an answer about other posts says nothing."""
    (post,) = posts
    if not _from_home(answer, post):
        return Refreshed()
    if answer.status in (400, 404) and error_name(answer) in UNKNOWN:
        return Refreshed(missing=(post.key,))
    for view in views(read(answer, feed)):
        if key_of(view) == post.key:
            if is_gone(view):
                return Refreshed(gone=(post.key,))
            now = post_of(view, Reading(feed=feed, origin=f"https://{urlsplit(post.key).netloc}", keys={}))
            return Refreshed(posts=(replace(now, reply_to=post.reply_to or now.reply_to),))
    return Refreshed()


# --- conversations ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class _Talk:
    """Where the reading of a conversation stands: first what is below, then what is above, from the top down.

    ``seen`` are the keys that were met, ``known`` the keys of comments by their ids, ``above`` the ids of those that
    are still to be asked for, ``root`` the id of the post; ``asked`` is the id that the running request is about.
    """

    pages: int = 0
    seen: frozenset[str] = frozenset()
    known: Mapping[str, str] = field(default_factory=dict)
    above: tuple[str, ...] = ()
    root: str = ""
    asked: str = ""


def thread(post: Post, feed: Feed, secrets: Mapping[str, str]) -> Request | None:
    """Ask the server that a post is from for the comments below it; None where its address is not one of Lemmy's."""
    return _below(post, _Talk())


def _below(post: Post, talk: _Talk) -> Request | None:
    home = _HOME.fullmatch(post.key)
    if home is None:
        return None
    asked = {"post_id" if home[2] == "post" else "parent_id": home[3]}
    return _request(home[1], "comment/list", talk, **asked, type_="All", sort="New", limit=_LIMIT, page=talk.pages + 1)


def conversation(answer: Answer, post: Post, feed: Feed) -> Page:
    """The comments below a post, page by page; of a comment then the post and the comments above it."""
    carried = answer.request.carry if answer.request is not None else None
    talk = carried if isinstance(carried, _Talk) else _Talk()
    if not _from_home(answer, post):
        return Page(posts=())
    if talk.asked:
        return _above(answer, post, feed, talk)
    if answer.status in (400, 404) and error_name(answer) in UNKNOWN:
        return Page(posts=())
    found = list(views(read(answer, feed)))
    new = {key_of(view) for view in found} - talk.seen
    page = page_of([view for view in found if key_of(view) in new], feed, _origin(post))
    page = replace(page, posts=tuple(each for each in page.posts if each.key != post.key))
    talk = replace(_with_place(talk, found, post), pages=talk.pages + 1, seen=talk.seen | new)
    # Servers of 1.0 pass over the page: one that brings nothing new is the last.
    if len(found) >= _LIMIT and new and talk.pages < _MOST_PAGES:
        return replace(page, next=_below(post, talk))
    return replace(page, next=_upward(post, talk, first=True))


def _with_place(talk: _Talk, found: Sequence[View], post: Post) -> _Talk:
    """Where the comment itself is among those below it: what stands above it."""
    for view in found:
        if key_of(view) == post.key and is_comment(view):
            root = identity(item(view).get("post_id")) or identity(mapping(view.get("post")).get("id"))
            return replace(talk, above=tuple(path_of(view)[:-1][-_MOST_ABOVE:]), root=root)
    return talk


def _upward(post: Post, talk: _Talk, *, first: bool = False) -> Request | None:
    """The next question upwards: the post, then the comments between it and this one."""
    host = urlsplit(post.key).netloc
    if first:
        return _one(host, "post", talk.root, replace(talk, asked=talk.root)) if talk.root.isdigit() else None
    if not talk.above or not talk.above[0].isdigit():
        return None
    number, *rest = talk.above
    return _one(host, "comment", number, replace(talk, above=tuple(rest), asked=number))


def _above(answer: Answer, post: Post, feed: Feed, talk: _Talk) -> Page:
    """The one post or comment that was asked for; one that is not there any more leaves the others."""
    found: list[View] = []
    if error_name(answer) not in UNKNOWN:
        found = [view for view in views(read(answer, feed)) if identity(item(view).get("id")) == talk.asked]
    usable = [view for view in found[:1] if key_of(view) and not is_gone(view)]
    reading = Reading(feed=feed, origin=_origin(post), keys=talk.known)
    talk = replace(talk, known={**talk.known, **ids(usable)})
    return Page(posts=tuple(post_of(view, reading) for view in usable), next=_upward(post, talk))


def _origin(post: Post) -> str:
    return f"https://{urlsplit(post.key).netloc}"
