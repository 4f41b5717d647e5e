"""Noticing what was deleted at its source: young posts are looked up again there, a few with each run.

Only a clear answer counts. A server that is down, keeps programs out, or wants a login says nothing about a post.
"""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol
from urllib.parse import urlsplit

from listening.collectors import Rechecker, every, rechecker
from listening.errors import FeedError, FeedUnreachable
from listening.fetch import Fetched, Validators, retry_after
from listening.models import Presence, Request
from listening.store import Store, change_note, noted, rechecking, removing
from listening.store.rechecking import Due, Looked, Waiting

YOUNG = timedelta(days=14)
"""Older posts are not looked up any more."""
AGAIN = timedelta(days=1)
MOST, MOST_OF_A_HOST = 40, 8
"""Requests of one run, to all servers together and to one of them."""
ALL_MISSING = 3
"""Where a server has none of so many posts, or more, it is the server that has changed, and not every post gone."""
LONGEST = 60.0
"""Seconds that a run may spend on it; what is left is looked up by the next one."""
PAUSE, LONGEST_PAUSE = timedelta(hours=1), timedelta(days=7)

PAUSES = "recheck pauses"
"""Under this name stands which servers asked us to wait, and until when: JSON by host."""


class Get(Protocol):
    """How a server is asked."""

    def __call__(self, request: Request, validators: Validators, *, named: bool = True) -> Awaitable[Fetched]:
        """Ask, or raise a FeedError."""


@dataclass(kw_only=True, slots=True)
class Rechecked:
    """What a round found: how many requests, which mentions were looked up, which are gone, which servers want rest."""

    asked: int = 0
    looked: list[Looked] = field(default_factory=list)
    gone: list[int] = field(default_factory=list)
    pauses: dict[str, datetime] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Ask:
    due: Due
    module: Rechecker
    request: Request


async def recheck(store: Store, get: Get, clock: Callable[[], datetime]) -> Rechecked:
    """Look a few posts up, spread over their servers, and empty those that are gone."""
    now = clock()
    found = Rechecked()
    hosts = _chosen(store, now, found)
    tasks = [asyncio.ensure_future(_host(store, get, host, asks, clock, found)) for host, asks in hosts.items()]
    if tasks:
        _, late = await asyncio.wait(tasks, timeout=LONGEST)
        for task in late:
            task.cancel()
        # A bug in one of them is raised here; who was late is not.
        for result in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(result, Exception):
                raise result
    _keep(store, found, clock())
    return found


def _chosen(store: Store, now: datetime, found: Rechecked) -> Mapping[str, list[_Ask]]:
    """Whom to ask for what: those not looked up for longest, not too many of one server."""
    sources = [module.SOURCE for module in every() if rechecker(module.SOURCE) is not None]
    resting = _resting(noted(store, PAUSES), now)
    hosts: defaultdict[str, list[_Ask]] = defaultdict(list)
    servers: dict[tuple[str, str, str], str] = {}
    with store.reading() as connection:
        for piece in rechecking.waiting(connection, since=now - YOUNG, before=now - AGAIN, sources=sources):
            # A server that has many posts here keeps the others from nothing: its posts are passed over unread.
            enough = {host for host, asks in hosts.items() if len(asks) >= MOST_OF_A_HOST} | resting.keys()
            wanted = [each.n for each in piece if servers.get(_place(each)) not in enough]
            places = {each.n: _place(each) for each in piece}
            for due in rechecking.due(connection, wanted):
                module = rechecker(due.mention.source)
                request = module.recheck(due.mention) if module is not None else None
                if module is None or request is None:
                    found.looked.append(Looked(n=due.n, missing_at=None))  # nobody can be asked
                    continue
                host = servers[places[due.n]] = urlsplit(request.url).netloc
                if host not in resting and len(hosts[host]) < MOST_OF_A_HOST and found.asked < MOST:
                    hosts[host].append(_Ask(due=due, module=module, request=request))
                    found.asked += 1
            if found.asked >= MOST:
                break
    return hosts


def _place(waiting: Waiting) -> tuple[str, str, str]:
    """What posts of one server have in common, whichever of their addresses is asked for."""
    return waiting.source, _server(waiting.key), _server(waiting.url)


def _server(address: str) -> str:
    return address.partition("://")[2].partition("/")[0]


async def _host(
    store: Store, get: Get, host: str, asks: list[_Ask], clock: Callable[[], datetime], found: Rechecked
) -> None:
    """Ask one server, one question after the other, until it says that it has had enough."""
    answers: list[tuple[Due, Presence, datetime]] = []
    try:
        await _questions(get, host, asks, clock, found, answers)
    finally:  # also where the time is up
        said = {presence for _, presence, _ in answers}
        if len(answers) >= ALL_MISSING and said <= {"gone", "missing"}:
            found.looked += [Looked(n=due.n, missing_at=due.missing_at) for due, _, _ in answers]
        else:
            for due, presence, at in answers:
                _note(store, due, presence, at, found)


async def _questions(
    get: Get,
    host: str,
    asks: list[_Ask],
    clock: Callable[[], datetime],
    found: Rechecked,
    answers: list[tuple[Due, Presence, datetime]],
) -> None:
    for ask in asks:
        try:
            # The address came out of a post: it may not lead into our own network.
            answer = (await get(ask.request, Validators(), named=False)).answer
        except FeedError as error:
            found.looked.append(Looked(n=ask.due.n, missing_at=ask.due.missing_at))
            if isinstance(error, FeedUnreachable):
                return
            continue
        now = clock()
        if answer.status in (429, 503):
            until = retry_after(answer.headers, now) or now + PAUSE
            found.pauses[host] = min(until, now + LONGEST_PAUSE)
            found.looked.append(Looked(n=ask.due.n, missing_at=ask.due.missing_at))
            return
        answers.append((ask.due, ask.module.presence(answer, ask.request), now))


def _note(store: Store, due: Due, presence: Presence, now: datetime, found: Rechecked) -> None:
    missing = due.missing_at
    if presence == "there":
        missing = None
    elif presence == "missing":
        missing = missing or now
    if presence == "gone" or (presence == "missing" and missing and _day(store, missing) != _day(store, now)):
        found.gone.append(due.n)
    found.looked.append(Looked(n=due.n, missing_at=missing))


def _day(store: Store, moment: datetime) -> int:
    return store.local_day(int(moment.timestamp()))


def _resting(said: str | None, now: datetime) -> dict[str, datetime]:
    """The servers that are not to be asked yet."""
    until = {host: datetime.fromisoformat(moment) for host, moment in json.loads(said or "{}").items()}
    return {host: moment for host, moment in until.items() if moment > now}


def _keep(store: Store, found: Rechecked, now: datetime) -> None:
    if found.looked:
        with store.writing() as connection:
            removing.withdraw(connection, found.gone, now)
            rechecking.note_looked(connection, found.looked, now)
    if found.gone:
        removing.clean(store)
    if found.pauses:

        def change(before: str | None) -> str:
            pauses = _resting(before, now) | found.pauses
            return json.dumps({host: moment.isoformat() for host, moment in pauses.items()})

        change_note(store, PAUSES, change)
