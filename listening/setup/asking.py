"""Ask a place once and keep nothing: for trying and checking."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from listening import __version__, door
from listening.collect import Get, next_page, reserve
from listening.collectors import collector
from listening.collectors.guard import guarded, whole
from listening.collectors.protocols import Budgeted
from listening.errors import FeedRefused, ListeningError
from listening.fetch import Client, Limits, Validators, same_host
from listening.models import Answer, Feed, Page, Request
from listening.settings import Settings
from listening.signing import Sessions

ANONYMOUS = f"Listening/{__version__}"
"""How we name ourselves where no settings say whom to write to."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """What a place gave: a page of posts, or the reason why there is none."""

    feed: Feed
    page: Page | None = None
    error: ListeningError | None = None


def first_client(contact: str) -> Client:
    """A client for those who have no settings yet: it names itself by the contact, and reads a few megabytes."""
    agent = f"{ANONYMOUS} (+{contact})" if contact else ANONYMOUS
    return Client(user_agent=agent, limits=Limits(connect_seconds=10, answer_seconds=20, max_bytes=8_000_000))


def client_of(settings: Settings | None) -> Client:
    """A client that names itself as the settings say, or as this program where there are none."""
    if settings is None:
        return Client(user_agent=ANONYMOUS)
    fetch = settings.fetch
    return Client(
        user_agent=door.user_agent(settings) if fetch.user_agent or settings.agency.contact else ANONYMOUS,
        limits=Limits(
            connect_seconds=fetch.connect_seconds,
            answer_seconds=fetch.answer_seconds,
            max_bytes=int(fetch.max_megabytes * 1_000_000),
            at_once=fetch.at_once,
            allow_private_redirects=fetch.allow_private_redirects,
        ),
    )


MOST_STEPS = 3
"""So many requests at most until a place has given posts: some servers name another way first."""


async def ask(
    get: Get,
    feed: Feed,
    secrets: Mapping[str, str],
    *,
    exactly: Request | None = None,
    sessions: Sessions | None = None,
    settings: Settings | None = None,
    named: bool = True,
) -> Asked:
    """The first page of a feed, as it is without any memory of earlier runs.

    ``exactly`` is asked in place of what the feed's collector would ask for. What a source counts is noted in the store
    of the ``settings``; without settings such a source is not asked. What costs more than the first request is not
    asked either: the page's notes tell what it would cost. What is not ``named`` by a person, but was found on a page,
    may not lie inside this network.
    """

    async def plain(request: Request) -> Answer:
        return replace((await get(request, Validators(), named=named)).answer, request=request)

    try:
        module = collector(feed.source)
        signed = await (sessions or Sessions()).secrets(module, feed, secrets, plain, door.now())
        request = exactly or guarded(module.locate, feed, None, signed)
        if request.costs:
            if settings is None:
                raise FeedRefused(
                    f"{module.LABEL} counts what is asked, and without settings nothing is there to count it in.",
                    "Make settings with listening init, and try it with --settings.",
                )
            assert isinstance(module, Budgeted)
            reserve(door.store_of(settings), module.budgets(feed), request.costs, door.now())
        first, page = request, read(await plain(request), feed)
        for _ in range(MOST_STEPS - 1):
            # A server that keeps its timeline to members and names another way: does that one answer?
            following = page.next
            if page.posts or following is None or following.costs or not same_host(first.url, following.url):
                break
            following = next_page(following, first)
            assert following is not None
            before, page = page, read(await plain(following), feed)
            page = replace(page, notes=(*before.notes, *page.notes), skipped=(*before.skipped, *page.skipped))
        return Asked(feed=feed, page=page)
    except ListeningError as error:
        return Asked(feed=feed, error=error)


def read(answer: Answer, feed: Feed) -> Page:
    """The posts of an answer; raises FeedError where it is not what the feed's source gives."""
    return whole(guarded(collector(feed.source).parse, answer, feed))
