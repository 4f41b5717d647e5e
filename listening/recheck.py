"""Looking young posts up again at their source, a few with each run: what was deleted, edited, liked and answered.

Only a clear answer counts. A server that is down, keeps programs out, or wants a login says nothing about a post.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from listening.collect import Job, keep_again, reserve, settle
from listening.collectors import Rechecker, Refresher
from listening.collectors.guard import guarded
from listening.collectors.protocols import Budgeted, Refreshed, SignsIn
from listening.errors import (
    BudgetSpent,
    FeedError,
    FeedExpired,
    FeedRefused,
    FeedUnreachable,
)
from listening.fetch import Validators, retry_after
from listening.lookups import Ask, Plan, note_pauses, plain, planned, request_of, side_by_side
from listening.models import Answer, Feed, Post, Presence, TextKind
from listening.store import Store, rechecking, removing
from listening.store.rechecking import Due, Looked

ALL_MISSING = 3
"""Where a server has none of so many posts, or more, it is the server that has changed, and not every post gone; so it
is where an answer for many posts has none of them."""
LONGEST = 60.0
"""Seconds that a run may spend on it; what is left is looked up by the next one."""
PAUSE, LONGEST_PAUSE = timedelta(hours=1), timedelta(days=7)


@dataclass(kw_only=True, slots=True)
class Rechecked:
    """What a round found: how many requests, which mentions were looked up, which are gone, which servers want rest.

    ``posts`` are those that are still there, as they are now, with the kind of their texts.
    """

    asked: int = 0
    looked: list[Looked] = field(default_factory=list)
    gone: list[int] = field(default_factory=list)
    pauses: dict[str, datetime] = field(default_factory=dict)
    posts: list[tuple[TextKind, Post]] = field(default_factory=list)


async def recheck(job: Job, feeds: Sequence[Feed]) -> Rechecked:
    """Look posts of these feeds up, spread over their servers: empty those that are gone, and keep what has changed."""
    plan = await planned(job, feeds)
    found = Rechecked(asked=plan.asked, looked=[Looked(n=due.n, missing_at=None) for due in plan.nobody])
    await side_by_side([_Host(plan=plan, name=host, found=found).ask() for host in plan.hosts], LONGEST)
    _keep(job, found)
    return found


# --- asking -----------------------------------------------------------------------------------------------------------

_Said = tuple[Due, Presence, datetime]


@dataclass(kw_only=True, slots=True)
class _Host:
    """One server, asked one question after the other, until it says that it has had enough."""

    plan: Plan
    name: str
    found: Rechecked
    said: list[_Said] = field(default_factory=list)
    renewed: set[str] = field(default_factory=set)
    reserved_at: datetime | None = None

    async def ask(self) -> None:
        try:
            await self._questions()
        finally:  # also where the time is up
            self._conclude(self.said)

    async def _questions(self) -> None:
        spent: set[str] = set()
        for ask in self.plan.hosts[self.name]:
            if ask.feed.source in spent:
                continue
            try:
                answer, presence = await self._question(ask)
            except BudgetSpent:
                spent.add(ask.feed.source)  # it is asked when there is more
                continue
            except FeedError as error:
                self._nothing_said(ask.due)
                if error.wait > 0:
                    now = self.plan.job.clock()
                    self._rest(now + timedelta(seconds=error.wait), now)
                if error.wait > 0 or isinstance(error, FeedUnreachable):
                    return
                continue
            now = self.plan.job.clock()
            if answer.status in (429, 503):
                self._rest(retry_after(answer.headers, now) or now + PAUSE, now)
                self._nothing_said(ask.due)
                return
            self._heard([(due, presence.get(due.mention.key, "unknown"), now) for due in ask.due])
            if (until := retry_after(answer.headers, now)) is not None and until > now:
                self._rest(until, now)  # we have used the last of what it allows for now
                return

    def _rest(self, until: datetime, now: datetime) -> None:
        self.found.pauses[self.name] = min(until, now + LONGEST_PAUSE)

    async def _question(self, ask: Ask) -> tuple[Answer, Mapping[str, Presence]]:
        """Ask; where the sign-in has run out, sign in once more and ask again."""
        secrets = self.plan.secrets[ask.feed.name]
        answer = await self._answer(ask, secrets)
        try:
            return answer, self._read(ask, answer)
        except FeedExpired:
            job = self.plan.job
            if not isinstance(ask.module, SignsIn) or ask.feed.name in self.renewed:
                raise
            self.renewed.add(ask.feed.name)
            again = await job.sessions.renewed(
                ask.module, ask.feed, job.secrets, lambda request: plain(job, request), job.clock(), ended=secrets
            )
            if again is None:
                raise
            self.plan.secrets[ask.feed.name] = again
            answer = await self._answer(ask, again)
            return answer, self._read(ask, answer)

    async def _answer(self, ask: Ask, secrets: Mapping[str, str]) -> Answer:
        request = request_of(ask, secrets)
        if request is None:
            raise FeedRefused("Nobody can be asked about these posts.", "Nothing to do.")
        job = self.plan.job
        if request.costs and isinstance(ask.module, Budgeted):
            self.reserved_at = job.clock()
            reserve(job.store, ask.module.budgets(ask.feed), request.costs, self.reserved_at)
        # An address that came out of a post may not lead into our own network.
        fetched = await job.get(request, Validators(), named=ask.named)
        return replace(fetched.answer, request=request)

    def _read(self, ask: Ask, answer: Answer) -> Mapping[str, Presence]:
        """What an answer says of each post, by its key; those that have changed are kept for later."""
        posts = {due.mention.key: due.mention for due in ask.due}
        if isinstance(ask.module, Refresher):
            try:
                said: Refreshed = guarded(ask.module.refreshed, answer, list(posts.values()), ask.feed)
            except FeedError as error:
                if error.spent and answer.request is not None and isinstance(ask.module, Budgeted):
                    at = self.reserved_at or self.plan.job.clock()
                    settle(self.plan.job.store, ask.module.budgets(ask.feed), answer.request.costs, error.spent, at)
                if answer.status in (429, 503) and error.wait <= 0:
                    return {}
                raise
            now = [post for post in said.posts if post.key in posts and post.key not in said.gone]
            # It stays a post of the feed that has brought it.
            self.found.posts += [(ask.module.KIND, replace(post, feed=posts[post.key].feed)) for post in now]
            found: dict[str, Presence] = {post.key: "there" for post in now}
            return found | dict.fromkeys(said.missing, "missing") | dict.fromkeys(said.gone, "gone")
        assert isinstance(ask.module, Rechecker)
        assert answer.request is not None
        (key,) = posts
        return {key: guarded(ask.module.presence, answer, answer.request)}

    def _heard(self, said: list[_Said]) -> None:
        """Note what an answer said; an answer for many posts that has none of them says nothing."""
        if _all_missing(said):
            self._nothing_said([due for due, _, _ in said])
        else:
            self.said += said

    def _nothing_said(self, due: Sequence[Due]) -> None:
        self.found.looked += [Looked(n=each.n, missing_at=each.missing_at) for each in due]

    def _conclude(self, said: list[_Said]) -> None:
        if _all_missing(said):
            self._nothing_said([due for due, _, _ in said])
            return
        for due, presence, at in said:
            _note(self.plan.job.store, due, presence, at, self.found)


def _all_missing(said: Sequence[_Said]) -> bool:
    return len(said) >= ALL_MISSING and {presence for _, presence, _ in said} <= {"gone", "missing"}


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


# --- keeping ----------------------------------------------------------------------------------------------------------


def _keep(job: Job, found: Rechecked) -> None:
    store, now = job.store, job.clock()
    if found.looked:
        with store.writing() as connection:
            removing.withdraw(connection, found.gone, now)
            rechecking.note_looked(connection, found.looked, now)
    if found.gone:
        removing.clean(store)
    for kind in sorted({kind for kind, _ in found.posts}):
        keep_again(job, kind, [post for each, post in found.posts if each == kind])
    note_pauses(job, found.pauses)
