"""The feeds of an address that somebody typed: the address itself, what its page names, or a place where feeds lie.

Only the typed server is asked at addresses that nobody named (/feed, /rss.xml, ...), one after the other; what a page
names elsewhere is asked as a redirect would be, never inside this network.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from listening.collect import Get
from listening.collectors import rss
from listening.collectors._answers import not_a_feed, refuse
from listening.errors import FeedError, FeedUnreadable
from listening.fetch import Validators, same_host
from listening.models import Answer, Request
from listening.setup.web_page import Link, WebPage, read_page

MOST_FEEDS = 6
"""Feeds of one site that are looked at."""

USUAL_PATHS = ("feed", "rss", "feed.xml", "rss.xml", "atom.xml", "index.xml")
_PAUSE = 0.5  # seconds between two requests that guess


@dataclass(frozen=True, kw_only=True, slots=True)
class FoundFeed:
    """A feed that answered: its address, what it calls itself, how it was found, and the answer itself.

    ``named``: on the server that was typed, so that it may lie inside this network as that one may. ``itself``: its own
    address was typed.
    """

    url: str
    title: str
    how: str
    named: bool
    answer: Answer
    itself: bool = False


LeftOut = Callable[[str, FeedError], None]
"""Told the address of a feed that a page names on another server, and why it could not be asked."""


async def feeds_of(get: Get, url: str, left_out: LeftOut = lambda url, error: None) -> list[FoundFeed]:
    """The feeds of an address, the likeliest first, each with another content; raises FeedError where there is none."""
    answer = await _ask(get, url, named=True)
    if rss.read(answer) is not None:
        title = rss.title_of(answer) or _host(url)
        how = "The address is a feed."
        return [FoundFeed(url=url, title=title, how=how, named=True, answer=answer, itself=True)]
    page = read_page(answer)
    if not (page.declared or page.linked) and page.leads_to:
        answer = await _ask(get, page.leads_to, named=same_host(url, page.leads_to))
        page = read_page(answer)
    if found := await _answering(get, url, page.declared, "Its page declares this feed.", left_out):
        return found
    if found := await _answering(get, url, page.linked, "Its page links to this feed.", left_out):
        return found
    if found := await _at_usual_places(get, url, answer.url, page):
        return found
    error = not_a_feed(answer)
    if page.title or page.generator:
        raise FeedUnreadable(
            f"{_host(url)} names no feed, and at the usual addresses there is none.",
            "Look on the site for “RSS” and type that address; not every site has a feed.",
        )
    raise error


async def _answering(get: Get, typed: str, links: Sequence[Link], how: str, left_out: LeftOut) -> list[FoundFeed]:
    """Those of the links that are feeds; the first that holds the same posts stands for the others."""
    found: list[FoundFeed] = []
    held: list[frozenset[str]] = []
    for link in sorted(links, key=_less_likely)[:MOST_FEEDS]:
        named = same_host(typed, link.url)
        try:
            answer = await _ask(get, link.url, named=named)
        except FeedError as error:
            if not named:
                left_out(link.url, error)
            continue
        document = rss.read(answer)
        if document is None:
            continue
        entries = frozenset(entry.link or entry.id or entry.title for entry in document.entries)
        if entries and any(entries <= before for before in held):
            continue
        held.append(entries)
        title = _usable(rss.title_of(answer)) or _usable(link.title) or _host(link.url)
        found.append(FoundFeed(url=link.url, title=title, how=how, named=named, answer=answer))
    return found


async def _at_usual_places(get: Get, typed: str, landed: str, page: WebPage) -> list[FoundFeed]:
    """A feed that nobody names, where such usually lie; on the typed server only."""
    base = landed if same_host(typed, landed) else typed
    where = urlsplit(base).path.rsplit("/", 1)[0].strip("/")
    folders = dict.fromkeys((f"/{where}/" if where else "/", "/"))
    for path in (f"{folder}{name}" for folder in folders for name in USUAL_PATHS):
        url = urljoin(base, path)
        try:
            answer = await _ask(get, url, named=True, pause=_PAUSE)
        except FeedError as error:
            if error.wait or "429" in error.problem:
                return []  # it is asked too often: whatever else there is can be typed
            continue
        if rss.read(answer) is not None:
            title = _usable(rss.title_of(answer)) or page.title or _host(url)
            return [FoundFeed(url=url, title=title, how="Found where feeds usually lie.", named=True, answer=answer)]
    return []


async def _ask(get: Get, url: str, *, named: bool, pause: float = 0.0) -> Answer:
    headers = {"Accept": "text/html, application/xhtml+xml, application/rss+xml, application/atom+xml, */*;q=0.5"}
    answer = (await get(Request(url=url, headers=headers, pause=pause), Validators(), named=named)).answer
    refuse(answer)
    return answer


def _less_likely(link: Link) -> tuple[bool, bool]:
    """Comments and searches come last; else the page's own order."""
    said = f"{link.url} {link.title}".casefold()
    return "comments" in said, "search" in said


def _usable(title: str) -> str:
    return title if title and "\ufffd" not in title else ""


def _host(url: str) -> str:
    return (urlsplit(url).hostname or "").removeprefix("www.")


def unique(feeds: Iterable[FoundFeed]) -> list[FoundFeed]:
    """The feeds, each address once."""
    return list({feed.url: feed for feed in reversed(list(feeds))}.values())[::-1]
