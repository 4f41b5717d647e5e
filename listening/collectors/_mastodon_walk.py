"""How a Mastodon server is asked, page after page: where a visit stands, the next request, what to remember."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal
from urllib.parse import quote, urlencode, urlsplit

from listening.collectors import _options
from listening.collectors._mastodon_status import text_of
from listening.models import Answer, Feed, Request
from listening.text import canonical_url

LIMIT = 40  # the most that Mastodon gives at once
BACKFILL_PAGES = 5  # how far a first run looks back
MOST_PAGES = 20  # of a search in one visit: a run reads no more
PAUSE = 1.0

OVERLAP = 6 * 3600
"""Seconds before the newest hit that are searched again: posts of other servers come into the index later."""

COMMON_WORD = "mastodon"
"""A server that searches texts finds this; one that finds nothing of it finds nothing at all."""

Half = Literal["", "local", "remote", "rss"]
"""Which posts of a hashtag can be read: all, those of the server's own people, of other servers, or only by RSS."""

_HALVES: Mapping[str, Half] = {"local": "local", "remote": "remote", "rss": "rss"}

Asking = Literal["posts", "account", "instance", "word"]
"""What is asked for: posts, who an account is, what the server shows, or a common word in its search."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """Where a visit to a server stands; each request carries it to its answer.

    ``after`` is the newest post that is known from earlier visits, ``before`` the oldest of this one, ``newest`` its
    newest; all are ids of this server. ``known`` is what the last visit found to be open, ``half`` what is asked for
    now. ``account`` is the id of the account that is read. ``told``: the server was asked in this visit what it shows,
    or who the account is; ``closed``: it said that it shows nothing without a login. ``seen`` are the ids of the page
    before, ``refused`` what the server said of a request that it did not answer.
    """

    asking: Asking = "posts"
    after: str = ""
    before: str = ""
    newest: str = ""
    known: Half = ""
    half: Half = ""
    account: str = ""
    pages: int = 0
    seen: tuple[str, ...] = ()
    told: bool = False
    closed: bool = False
    refused: bool = False


def step_of(answer: Answer) -> Step:
    """The step that an answer belongs to; a first one for a saved file."""
    carried = answer.request.carry if answer.request is not None else None
    return carried if isinstance(carried, Step) else Step()


def first_step(feed: Feed, cursor: str | None) -> Step:
    """Where a visit begins, by what the last one remembered: an id, with what was open or whose posts before it."""
    said = cursor or ""
    if handle := handle_of(feed):
        known, _, rest = said.partition(" ")
        account, _, after = rest.partition(" ")
        if known == handle and account:
            return Step(account=account, after=after)
        return Step(asking="account")
    half, _, after = said.rpartition(":")
    return Step(known=_HALVES.get(half, ""), after=after if " " not in after else "")


def cursor_of(feed: Feed, step: Step, newest: str) -> str | None:
    """What to remember: the newest id, and what it took to get there."""
    if handle := handle_of(feed):
        return f"{handle} {step.account} {newest}" if newest else None
    if step.half:
        return f"{step.half}:{newest}"
    return newest or None


def request_of(feed: Feed, step: Step) -> Request:
    """The request of a step; a server's login is added to it where there is one."""
    return Request(url=_url(feed, step), headers={"Accept": "application/json"}, pause=PAUSE, carry=step)


def _url(feed: Feed, step: Step) -> str:
    server = origin(feed)
    if step.asking == "instance":
        return f"{server}/api/v2/instance"
    if step.asking == "account":
        return f"{server}/api/v1/accounts/lookup?{urlencode({'acct': handle_of(feed)})}"
    if step.half == "rss":
        name = handle_of(feed).partition("@")[0]
        return f"{server}/@{name}/with_replies.rss" if name else f"{server}/tags/{tag_of(feed)}.rss?limit=200"
    if words := COMMON_WORD if step.asking == "word" else words_of(feed):
        return f"{server}/api/v2/search?{urlencode(_searched(words, step))}"
    asked = {"limit": str(LIMIT)}
    if step.half:
        asked[step.half] = "true"
    if step.before:
        asked["max_id"] = step.before
    elif step.after:
        asked["min_id"] = step.after
    if step.account:
        return f"{server}/api/v1/accounts/{quote(step.account, safe='')}/statuses?{urlencode(_original(asked))}"
    return f"{server}/api/v1/timelines/tag/{tag_of(feed)}?{urlencode(asked)}"


def _original(asked: Mapping[str, str]) -> Mapping[str, str]:
    return {**asked, "exclude_reblogs": "true"}  # what others wrote and the account passed on is not its own


def _searched(words: str, step: Step) -> Mapping[str, str]:
    asked = {"q": words, "type": "statuses", "limit": "1" if step.asking == "word" else str(LIMIT)}
    if step.asking == "word":
        return asked
    if step.after:
        asked["min_id"] = earlier(step.after)
    if step.pages:
        asked["offset"] = str(step.pages * LIMIT)
    return asked


def origin(feed: Feed, answer: Answer | None = None) -> str:
    """The server of a feed; without settings (a saved file is tried) the one that answered."""
    if server := feed.options.get("server", "").strip():
        return _options.origin(server, "server")
    parts = urlsplit(canonical_url(answer.url if answer else ""))
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""


def tag_of(feed: Feed) -> str:
    """The hashtag as it stands in an address."""
    return quote(feed.options.get("tag", "").strip().removeprefix("#"), safe="")


def words_of(feed: Feed) -> str:
    """The words that a feed searches for."""
    return feed.options.get("search", "").strip()


def handle_of(feed: Feed) -> str:
    """The account that a feed reads: name, or name@server."""
    return feed.options.get("account", "").strip().removeprefix("@")


# --- paging -----------------------------------------------------------------------------------------------------------


def order(identity: str) -> tuple[int, str]:
    """Ids are opaque, but a longer one is newer, and of two as long the one that sorts behind."""
    return len(identity), identity


def earlier(identity: str) -> str:
    """The id that a post some hours before this one would have; Mastodon's ids are milliseconds, times 2**16."""
    if identity.isascii() and identity.isdigit() and 16 <= len(identity) <= 20:
        return str(max(0, int(identity) - (OVERLAP * 1000 << 16)))
    return identity


def ids_of(items: Iterable[Any]) -> list[str]:
    """The ids of posts, oldest first."""
    found = (text_of(item.get("id")) for item in items if isinstance(item, dict))
    return sorted((identity for identity in found if identity), key=order)


def onward(feed: Feed, step: Step, items: Sequence[Any]) -> tuple[Step | None, str | None]:
    """What to ask after a page of a timeline, and the new cursor.

    With a known post we walk towards now, and each page's newest id is the cursor. A first visit begins with the newest
    page and goes back in time; its cursor is given with its last page.
    """
    ids = ids_of(items)
    if not ids:
        return None, cursor_of(feed, step, step.newest or step.after)
    full = len(items) >= LIMIT
    if step.after:
        # A server that does not know min_id would send us the same page for ever.
        moved = order(ids[-1]) > order(step.after)
        following = replace(step, after=ids[-1]) if full and moved else None
        return following, cursor_of(feed, step, ids[-1]) if moved else None
    newest = max(step.newest, ids[-1], key=order)
    if full and step.pages + 1 < BACKFILL_PAGES and ids[0] != step.before:
        return replace(step, before=ids[0], newest=newest, pages=step.pages + 1), None
    return None, cursor_of(feed, step, newest)


def onward_in_search(feed: Feed, step: Step, items: Sequence[Any]) -> tuple[Step | None, str | None, bool]:
    """The same after a page of hits, which may be in any order; and whether there may be more than we read.

    A page that is not full need not be the last: servers take hits out that our account may not see.
    """
    ids = ids_of(items)
    newest = max([step.newest, step.after, *ids], key=order)
    known = bool(step.after) and all(order(each) <= order(earlier(step.after)) for each in ids)
    again = step.seen == tuple(ids)  # a server that knows no offset
    cursor = cursor_of(feed, step, newest)
    if not ids or known or again or (not step.after and step.pages + 1 >= BACKFILL_PAGES):
        return None, cursor, False
    if step.pages + 1 >= MOST_PAGES:
        return None, cursor, True
    return replace(step, pages=step.pages + 1, newest=newest, seen=tuple(ids)), None, False
