"""A fault in one collector costs its own places, and nobody else's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from datetime import datetime
from typing import TypeVar, TypeVarTuple, Unpack

from listening.errors import FeedUnreadable, ListeningError
from listening.models import Page, Post

T = TypeVar("T")
Arguments = TypeVarTuple("Arguments")


def guarded(function: Callable[[Unpack[Arguments]], T], *arguments: *Arguments) -> T:
    """What a collector says; FeedUnreadable where a fault in it keeps it from saying anything.

    It is not silent: the place fails, with the fault's name, on the terminal and on the sources page.
    """
    try:
        return function(*arguments)
    except ListeningError:
        raise
    except Exception as fault:
        raise FeedUnreadable(
            f"It could not be read because of a fault in this program ({type(fault).__name__}: {fault}).",
            "The other places are not affected. Please report this with the place's address.",
        ) from fault


def whole(page: Page) -> Page:
    """The page, if it is one: FeedUnreadable where a post in it holds something that no post can."""
    wrong = next((said for post in page.posts if (said := wrong_in(post))), "") if isinstance(page, Page) else "no page"
    if wrong:
        raise FeedUnreadable(
            f"It could not be read because of a fault in this program ({wrong}).",
            "The other places are not affected. Please report this with the place's address.",
        )
    return page


def wrong_in(post: object) -> str:
    """What is wrong in a post, in a word or two; "" where nothing is."""
    if not isinstance(post, Post):
        return f"{type(post).__name__} in place of a post"
    for name, kinds in KINDS.items():
        value = getattr(post, name)
        if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
            return f"{name} is {type(value).__name__}"
    if not post.key:
        return "a post without a key"
    for name in ("published_at", "edited_at"):
        moment = getattr(post, name)
        if moment is not None and moment.utcoffset() is None:
            return f"{name} has no time zone"
    return ""


_NONE = type(None)
KINDS: dict[str, tuple[type, ...]] = {
    **dict.fromkeys(("source", "feed", "key", "url", "title", "text"), (str,)),
    **dict.fromkeys(("author", "author_url", "language", "reply_to"), (str, _NONE)),
    **dict.fromkeys(("author_followers", "likes", "replies", "reposts", "views"), (int, _NONE)),
    **dict.fromkeys(("published_at", "edited_at"), (datetime, _NONE)),
    "sensitive": (bool,),
}
assert KINDS.keys() == {field.name for field in fields(Post)}
