"""Which known posts are looked up again with a run: whom to ask for what, not too much of anybody."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from listening.collect import Job
from listening.collectors import Collector, Rechecker, Refresher, collector, looks_up
from listening.collectors.guard import guarded
from listening.collectors.protocols import Budgeted
from listening.errors import FeedError
from listening.fetch import Validators, same_host
from listening.models import Answer, Feed, Request
from listening.store import FeedState, change_note, feed_states, noted, rechecking
from listening.store.rechecking import Due, Waiting, Wanted

YOUNG = timedelta(days=14)
"""Older posts are not looked up any more."""
FIRST = timedelta(days=2)
"""Younger ones come first: they are still talked about."""
AGAIN = timedelta(days=1)
MOST, MOST_OF_A_HOST = 40, 8
"""Requests of one run, to all servers together and to one of them."""
PAUSES = "recheck pauses"
"""Under this name stands which servers asked us to wait, and until when: JSON by host."""


@dataclass(kw_only=True, slots=True)
class Ask:
    """One request: the posts of a feed that it asks for; ``named``: the settings name the server, and no stranger."""

    module: Collector
    feed: Feed
    named: bool
    due: list[Due]

    @property
    def room(self) -> bool:
        """Whether it may ask for one post more."""
        return isinstance(self.module, Refresher) and len(self.due) < self.module.AT_ONCE


async def planned(job: Job, feeds: Sequence[Feed]) -> Plan:
    """Whom to ask for what: the young ones first, then those not looked up for longest, not too many of one server."""
    now = job.clock()
    monday = now.weekday() == 0
    sources = {feed.name: feed.source for feed in feeds if looks_up(feed.source) and (monday or not _is_paid(feed))}
    wanted = Wanted(since=now - YOUNG, before=now - AGAIN, first=now - FIRST, feeds=sources)
    with job.store.reading() as connection:
        names = rechecking.waiting_feeds(connection, wanted)
        states = feed_states(connection) if names else {}
    secrets = await _signed(job, [feed for feed in feeds if feed.name in names])
    plan = Plan(
        job=job,
        feeds={feed.name: feed for feed in feeds if feed.name in secrets},
        secrets=secrets,
        states=states,
        resting=resting(noted(job.store, PAUSES), now),
        now=now,
    )
    wanted = replace(wanted, feeds={name: sources[name] for name in secrets})
    with job.store.reading() as connection:
        for piece in rechecking.waiting(connection, wanted) if secrets else ():
            # A server that has many posts here keeps the others from nothing: its posts are passed over unread.
            for due in rechecking.due(connection, [each.n for each in piece if plan.wants(each)]):
                plan.add(due)
            if plan.full:
                break
    return plan


def _is_paid(feed: Feed) -> bool:
    """Whether a look-up costs money of a month: it is then made on one day of the week only."""
    module = collector(feed.source)
    return isinstance(module, Budgeted) and any(budget.period == "month" for budget in module.budgets(feed))


async def _signed(job: Job, feeds: Sequence[Feed]) -> dict[str, Mapping[str, str]]:
    """The secrets to ask with by feed, with what a sign-in gives; without the feeds whose sign-in fails."""
    found: dict[str, Mapping[str, str]] = {}
    for feed in feeds:
        try:
            found[feed.name] = await job.sessions.secrets(
                collector(feed.source), feed, job.secrets, lambda request: plain(job, request), job.clock()
            )
        except FeedError:
            continue  # the run has said so
    return found


async def plain(job: Job, request: Request) -> Answer:
    """The answer to a request of a sign-in."""
    return replace((await job.get(request, Validators())).answer, request=request)


@dataclass(kw_only=True, slots=True)
class Plan:
    """The requests of a round by host: how many they are, and the posts for which nobody can be asked."""

    job: Job
    feeds: Mapping[str, Feed]
    secrets: dict[str, Mapping[str, str]] = field(repr=False)
    states: Mapping[str, FeedState]
    resting: dict[str, datetime]
    now: datetime
    asked: int = 0
    nobody: list[Due] = field(default_factory=list)
    hosts: dict[str, list[Ask]] = field(default_factory=dict)
    open: dict[str, list[Ask]] = field(default_factory=dict)
    servers: dict[tuple[str, str, str], str] = field(default_factory=dict)

    @property
    def full(self) -> bool:
        """Whether no further post can be asked for."""
        return self.asked >= MOST and not any(self._has_room(feed) for feed in self.open)

    def wants(self, waiting: Waiting) -> bool:
        """Whether this post may be asked for, as far as its addresses tell."""
        if self._has_room(waiting.feed):
            return True
        host = self.servers.get(self._place(waiting.feed, waiting.key, waiting.url))
        return self.asked < MOST and (host is None or self._free(host))

    def _has_room(self, feed: str) -> bool:
        return any(batch.room for batch in self.open.get(feed, ()))

    def _free(self, host: str) -> bool:
        return host not in self.resting and len(self.hosts.get(host, ())) < MOST_OF_A_HOST

    def add(self, due: Due) -> None:
        """Ask for this post too, if there is room for it."""
        post = due.mention
        feed = self.feeds[post.feed]
        for batch in self.open.get(feed.name, ()):
            if batch.room and self._fits(batch, due):
                batch.due.append(due)
                return
        ask = Ask(module=collector(feed.source), feed=feed, named=False, due=[due])
        try:
            request = request_of(ask, self.secrets[feed.name])
        except FeedError:
            return  # the run has said so
        if request is None:
            self.nobody.append(due)
            return
        host = self.servers[self._place(post.feed, post.key, post.url)] = urlsplit(request.url).netloc
        ask.named = is_named(feed, request, self.secrets[feed.name])
        if ask.named and (until := self._told_to_wait(feed)) is not None:
            self.resting[host] = until
        if self.asked >= MOST or not self._free(host):
            return
        self.hosts.setdefault(host, []).append(ask)
        self.asked += 1
        if ask.room:
            self.open.setdefault(feed.name, []).append(ask)

    def _fits(self, batch: Ask, due: Due) -> bool:
        """Whether a post can be asked for together with others: a source may have two kinds, and two addresses."""
        secrets = self.secrets[batch.feed.name]
        alone, together = (
            request_of(replace(batch, due=posts), secrets) for posts in (batch.due[:1], [batch.due[0], due])
        )
        if alone is None or together is None:
            return False
        return (alone.url, alone.body) != (together.url, together.body)

    def _told_to_wait(self, feed: Feed) -> datetime | None:
        """Until when the feed's server wants rest; one whose searches are used up may be asked for other things."""
        state = self.states.get(feed.name)
        if state is None or state.not_before is None or state.state == "waiting" or not state.ordered:
            return None
        return state.not_before if state.not_before > self.now else None

    def _place(self, feed: str, key: str, url: str) -> tuple[str, str, str]:
        """What posts of one server have in common, whichever of their addresses is asked for."""
        module = collector(self.feeds[feed].source)
        if isinstance(module, Refresher) and module.AT_ONCE > 1:
            return feed, "", ""  # all are asked of the feed's service, whoever wrote them
        return feed, _server(key), _server(url)


def is_named(feed: Feed, request: Request, secrets: Mapping[str, str]) -> bool:
    """Whether a request goes to the server that the settings name; any other may not be in our own network."""
    try:
        return same_host(guarded(collector(feed.source).locate, feed, None, secrets).url, request.url)
    except FeedError:
        return False


def request_of(ask: Ask, secrets: Mapping[str, str]) -> Request | None:
    """What to ask for; None where nobody can be asked."""
    posts = [due.mention for due in ask.due]
    if isinstance(ask.module, Refresher):
        return guarded(ask.module.refresh, posts, ask.feed, secrets)
    return guarded(ask.module.recheck, posts[0]) if isinstance(ask.module, Rechecker) else None


def _server(address: str) -> str:
    return address.partition("://")[2].partition("/")[0]


def resting(said: str | None, now: datetime) -> dict[str, datetime]:
    """The servers that are not to be asked yet."""
    until = {host: datetime.fromisoformat(moment) for host, moment in json.loads(said or "{}").items()}
    return {host: moment for host, moment in until.items() if moment > now}


def note_pauses(job: Job, pauses: Mapping[str, datetime]) -> None:
    """Remember which servers want rest, and until when, beside those that want it already."""
    if not pauses:
        return

    def change(before: str | None) -> str:
        every = {**resting(before, job.clock()), **pauses}
        return json.dumps({host: moment.isoformat() for host, moment in every.items()})

    change_note(job.store, PAUSES, change)


async def side_by_side(hosts: Iterable[Coroutine[Any, Any, None]], longest: float) -> None:
    """Ask several servers at once, for so many seconds at most; a bug is raised here, and who was late is not."""
    tasks = [asyncio.ensure_future(host) for host in hosts]
    if not tasks:
        return
    _, late = await asyncio.wait(tasks, timeout=longest)
    for task in late:
        task.cancel()
    for result in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(result, Exception):
            raise result
