"""Reading what was said around posts: who answered them, what they answer, and what was answered to us.

After a collection a few conversations are read at their sources: of questions that nobody of ours has answered, of our
own posts, and of what people talk about just now. What matches a topic is a mention like any other; our own answers,
answers to us, and the few posts right around a mention are kept beside the mentions and are in no number.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from listening.collect import Found, Job, empty, next_page, reserve, save_found, settle, sort_out
from listening.collectors import collector
from listening.collectors.guard import guarded, whole
from listening.collectors.protocols import Budgeted, Converser, SignsIn
from listening.errors import BudgetSpent, FeedError, FeedExpired, FeedUnreachable
from listening.fetch import Validators, retry_after
from listening.lookups import PAUSES, is_named, note_pauses, plain, resting, side_by_side
from listening.models import Answer, Feed, Page, Post, Request, mention_id
from listening.store import conversing, feed_states, noted, talks
from listening.store.talks import Due, Wanted

ASKED, FRESH = timedelta(days=7), timedelta(days=2)
"""Younger questions and posts of ours are looked after; of others what is younger than the second."""
AGAIN, FRESH_AGAIN = timedelta(days=1), timedelta(hours=6)
MOST, MOST_OF_A_HOST = 30, 8
"""Conversations of one run, of all servers together and of one of them."""
MOST_PAGES = 4
"""Requests for one conversation."""
LONGEST = 60.0
"""Seconds that a run may spend on it; what is left is read by the next one."""
PAUSE, LONGEST_PAUSE = timedelta(hours=1), timedelta(days=7)
LATEST = datetime.max.replace(tzinfo=UTC)
KEPT_BEFORE, KEPT_AFTER = conversing.SHOWN_BEFORE, conversing.SHOWN_AFTER


@dataclass(kw_only=True, slots=True)
class Heard:
    """What a round brought: how many conversations were read, how many mentions were found in them, which servers want
    rest."""

    read: int = 0
    new: int = 0
    pauses: dict[str, datetime] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Ask:
    due: Due
    feed: Feed
    request: Request


async def read(job: Job, feeds: Sequence[Feed]) -> Heard:
    """Read a few conversations, spread over their servers."""
    heard = Heard()
    round_ = _Round(job=job, feeds=feeds, heard=heard)
    hosts = await round_.chosen()
    await side_by_side([round_.host(host, asks) for host, asks in hosts.items()], LONGEST)
    note_pauses(job, heard.pauses)
    return heard


@dataclass(kw_only=True, slots=True)
class _Round:
    """One round: whom it asks, with which sign-ins, and what it hears."""

    job: Job
    feeds: Sequence[Feed]
    heard: Heard
    signed: dict[str, Mapping[str, str] | None] = field(default_factory=dict, repr=False)
    renewed: set[str] = field(default_factory=set)
    reserved: dict[str, datetime] = field(default_factory=dict)

    # --- whom to ask for what ---------------------------------------------------------------------------------------

    async def chosen(self) -> Mapping[str, list[_Ask]]:
        """The conversations to read by server, the most wanted first, taken so that no other program reads them too."""
        now = self.job.clock()
        with self.job.store.reading() as connection:
            states = feed_states(connection)
        asked = {}
        for feed in self.feeds:
            state = states.get(feed.name)
            ordered = state is not None and state.ordered and state.state != "waiting" and state.not_before
            if isinstance(collector(feed.source), Converser) and not (ordered and ordered > now):
                asked[feed.name] = feed
        wanted = Wanted(
            feeds=asked, since=now - ASKED, fresh=now - FRESH, before=now - AGAIN, before_fresh=now - FRESH_AGAIN
        )
        with self.job.store.reading() as connection:
            due = talks.due(connection, wanted) if asked else []
        hosts, nobody = await self._by_host(due, asked, now)
        if not due:
            return hosts
        with self.job.store.writing() as connection:
            for each in nobody:
                talks.note_tried(connection, each.n, now)
            mine = {
                each.n for each in talks.claim(connection, [ask.due for asks in hosts.values() for ask in asks], now)
            }
        return {host: left for host, asks in hosts.items() if (left := [ask for ask in asks if ask.due.n in mine])}

    async def _by_host(
        self, due: Sequence[Due], feeds: Mapping[str, Feed], now: datetime
    ) -> tuple[dict[str, list[_Ask]], list[Due]]:
        """What to ask of which server, and the posts for which nobody can be asked."""
        resting_ = resting(noted(self.job.store, PAUSES), now)
        hosts: defaultdict[str, list[_Ask]] = defaultdict(list)
        nobody: list[Due] = []
        for each in due:
            feed = feeds[each.post.feed]
            try:
                request = await self._request(each, feed)
            except FeedError:
                continue  # a sign-in that fails: the feed's own state says so
            host = urlsplit(request.url).netloc if request is not None else ""
            if request is None:
                nobody.append(each)
            elif host not in resting_ and len(hosts[host]) < MOST_OF_A_HOST:
                hosts[host].append(_Ask(due=each, feed=feed, request=request))
            if sum(map(len, hosts.values())) >= MOST:
                break
        return hosts, nobody

    async def _request(self, due: Due, feed: Feed) -> Request | None:
        module = collector(feed.source)
        assert isinstance(module, Converser)
        secrets = await self._secrets(feed)
        if secrets is None:
            raise FeedExpired("The sign-in failed.", "See the feed's own state.")
        return guarded(module.thread, due.post, feed, secrets)

    async def _secrets(self, feed: Feed) -> Mapping[str, str] | None:
        if feed.name not in self.signed:
            try:
                self.signed[feed.name] = await self.job.sessions.secrets(
                    collector(feed.source), feed, self.job.secrets, self._plain, self.job.clock()
                )
            except FeedError:
                self.signed[feed.name] = None
        return self.signed[feed.name]

    async def _plain(self, request: Request) -> Answer:
        return await plain(self.job, request)

    # --- asking -----------------------------------------------------------------------------------------------------

    async def host(self, host: str, asks: Sequence[_Ask]) -> None:
        """Read one server's conversations, one after the other, until it has had enough."""
        left = list(asks)
        try:
            while left:
                ask = left[0]
                posts: list[Post] | None = None
                try:
                    posts = await self._posts(host, ask)
                except (BudgetSpent, FeedUnreachable):
                    return
                except FeedError as error:
                    if error.wait > 0:
                        self._rest(host, self.job.clock() + timedelta(seconds=error.wait))
                left.pop(0)  # read, or it cannot be: asked again as late as any other
                if posts is not None:
                    self.heard.new += self._note(ask, posts)
                    self.heard.read += 1
                if host in self.heard.pauses:
                    return
        finally:  # also where the time is up
            if left:
                with self.job.store.writing() as connection:
                    talks.give_back(connection, [ask.due for ask in left])

    def _rest(self, host: str, until: datetime) -> None:
        self.heard.pauses[host] = min(until, self.job.clock() + LONGEST_PAUSE)

    async def _posts(self, host: str, ask: _Ask) -> list[Post]:
        """The posts of a conversation, over a few requests; FeedError where it cannot be read."""
        request: Request | None = ask.request
        found: dict[str, Post] = {}
        for _ in range(MOST_PAGES):
            if request is None:
                break
            page = await self._page(host, ask, request)
            for post in page.posts:
                found.setdefault(post.key, post)
            if page.gone:
                ids = [mention_id(source=ask.feed.source, key=key, feed=ask.feed.name) for key in page.gone]
                empty(self.job, ids, self.job.clock())
            if page.wait > 0:
                self._rest(host, self.job.clock() + timedelta(seconds=page.wait))
                break
            request = next_page(page.next, replace(ask.request, headers={**ask.request.headers, **request.headers}))
        found.pop(ask.due.post.key, None)
        return list(found.values())

    async def _page(self, host: str, ask: _Ask, request: Request) -> Page:
        """One answer, read; where the sign-in has run out, after one more."""
        module = collector(ask.feed.source)
        assert isinstance(module, Converser)
        answer = await self._ask(host, ask, request)
        try:
            return self._read(module, host, answer, ask)
        except FeedExpired:
            ended = self.signed.get(ask.feed.name)
            if not isinstance(module, SignsIn) or ask.feed.name in self.renewed or ended is None:
                raise
            self.renewed.add(ask.feed.name)
            again = await self.job.sessions.renewed(
                module, ask.feed, self.job.secrets, self._plain, self.job.clock(), ended=ended
            )
            self.signed[ask.feed.name] = again
            fresh = guarded(module.thread, ask.due.post, ask.feed, again) if again is not None else None
            if fresh is None:
                raise
            renewed = replace(request, headers={**request.headers, **fresh.headers})
            return self._read(module, host, await self._ask(host, ask, renewed), ask)

    async def _ask(self, host: str, ask: _Ask, request: Request) -> Answer:
        module = collector(ask.feed.source)
        if request.costs and isinstance(module, Budgeted):
            self.reserved[host] = self.job.clock()
            reserve(self.job.store, module.budgets(ask.feed), request.costs, self.reserved[host])
        # An address that came out of a post may not lead into our own network, unless the settings name that server.
        asked = await self.job.get(request, Validators(), named=is_named(ask.feed, request, self.job.secrets))
        answer = replace(asked.answer, request=request)
        now = self.job.clock()
        if answer.status in (429, 503):
            self._rest(host, retry_after(answer.headers, now) or now + PAUSE)
            raise FeedUnreachable("The server wants to be left alone.", "It is asked again later.")
        if (until := retry_after(answer.headers, now)) is not None and until > now:
            self._rest(host, until)  # we have used the last of what it allows for now
        return answer

    def _read(self, module: Converser, host: str, answer: Answer, ask: _Ask) -> Page:
        try:
            page = whole(guarded(module.conversation, answer, ask.due.post, ask.feed))
        except FeedError as error:
            self._settle(module, host, answer, ask, error.spent)
            raise
        self._settle(module, host, answer, ask, page.spent)
        return page

    def _settle(self, module: Converser, host: str, answer: Answer, ask: _Ask, spent: Mapping[str, int]) -> None:
        if spent and answer.request is not None and isinstance(module, Budgeted):
            settle(self.job.store, module.budgets(ask.feed), answer.request.costs, spent, self.reserved[host])

    # --- keeping ----------------------------------------------------------------------------------------------------

    def _note(self, ask: _Ask, posts: Sequence[Post]) -> int:
        """Save what is to be kept of a conversation; return how many mentions are new."""
        job, now, number = self.job, self.job.clock(), ask.due.n
        found = sort_out(job, posts)
        empty(job, found.edited_away, now)
        kind = collector(ask.feed.source).KIND
        read = [job.concluder.mention(post, kind=kind, now=now) for post in found.unread]
        mentions = [mention for mention in read if mention is not None]
        ours = [(post, True) for post, own in found.said if own]
        near = [(post, False) for post, own in found.said if not own]
        near += [(post, False) for post in _near(ask.due.post, posts, found.others)]
        with job.store.writing() as connection:
            if not talks.is_there(connection, number):
                return 0  # forgotten, purged or withdrawn meanwhile
            ((_, new),) = save_found(job, connection, [Found(mentions=mentions, counted=found.counted, said=ours)])
            conversing.keep(connection, near, now=now, around=number)
            conversing.only_these(connection, number, {conversing.id_of(post) for post, _ in near})
            talks.note_read(connection, number, now, len(posts))
        return new


def _near(root: Post, posts: Sequence[Post], others: Sequence[Post]) -> list[Post]:
    """Of others' posts those that are shown with one: what it answers, and the first that answer it."""
    by_key = {post.key: post for post in posts}
    above: list[str] = []
    parent = root.reply_to
    while parent in by_key and parent not in above and len(above) < KEPT_BEFORE:
        above.append(parent)
        parent = by_key[parent].reply_to
    below = [post for post in others if post.reply_to == root.key]
    below.sort(key=lambda post: post.published_at or LATEST)
    wanted = {*above, *(post.key for post in below[:KEPT_AFTER])}
    return [post for post in others if post.key in wanted]
