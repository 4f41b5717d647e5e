"""Reading what was said around posts: who answered them, what they answer, and what was answered to us.

After a collection a few conversations are read at their sources: of questions that nobody of ours has answered, of our
own posts, and of what people talk about just now. What matches a topic is a mention like any other; our own answers,
answers to us, and the few posts right around a mention are kept beside the mentions and are in no number.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from listening.collect import Found, Job, reserve, save_found, sort_out
from listening.collectors import collector, every
from listening.collectors.protocols import Budgeted, Converser
from listening.errors import BudgetSpent, FeedError, FeedUnreachable, FeedUnreadable, ListeningError
from listening.fetch import Validators, same_host
from listening.models import Answer, Feed, Page, Post, Request
from listening.store import conversing
from listening.store.conversing import Due

ASKED, FRESH = timedelta(days=7), timedelta(days=2)
"""Younger questions and posts of ours are looked after; of others what is younger than the second."""
AGAIN, FRESH_AGAIN = timedelta(days=1), timedelta(hours=6)
MOST, MOST_OF_A_HOST = 30, 8
"""Conversations of one run, of all servers together and of one of them."""
MOST_PAGES = 4
"""Requests for one conversation."""
LONGEST = 60.0
"""Seconds that a run may spend on it; what is left is read by the next one."""
LATEST = datetime.max.replace(tzinfo=UTC)
KEPT_BEFORE, KEPT_AFTER = conversing.SHOWN_BEFORE, conversing.SHOWN_AFTER


@dataclass(kw_only=True, slots=True)
class Heard:
    """What a round brought: how many conversations were read, and how many mentions were found in them."""

    read: int = 0
    new: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class _Ask:
    due: Due
    feed: Feed
    request: Request
    signed: Mapping[str, str] = field(repr=False)


async def read(job: Job, feeds: Sequence[Feed]) -> Heard:
    """Read a few conversations, spread over their servers."""
    heard = Heard()
    hosts: defaultdict[str, list[_Ask]] = defaultdict(list)
    async for ask in _asks(job, {feed.name: feed for feed in feeds}):
        host = urlsplit(ask.request.url).netloc
        if len(hosts[host]) < MOST_OF_A_HOST:
            hosts[host].append(ask)
        if sum(map(len, hosts.values())) >= MOST:
            break
    tasks = [asyncio.ensure_future(_host(job, asks, heard)) for asks in hosts.values()]
    if tasks:
        _, late = await asyncio.wait(tasks, timeout=LONGEST)
        for task in late:
            task.cancel()
        # A bug in one of them is raised here; who was late is not.
        for result in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(result, Exception):
                raise result
    return heard


async def _asks(job: Job, feeds: Mapping[str, Feed]) -> AsyncIterator[_Ask]:
    """What to ask for, the most wanted first; of feeds that are in the settings."""
    signed: dict[str, Mapping[str, str] | None] = {}
    for due in _due(job):
        feed = feeds.get(due.post.feed)
        if feed is None or feed.source != due.post.source:
            continue
        module = collector(feed.source)
        assert isinstance(module, Converser)
        if feed.name not in signed:
            signed[feed.name] = await _signed(job, feed)
        secrets = signed[feed.name]
        request = module.thread(due.post, feed, secrets) if secrets is not None else None
        if request is not None and secrets is not None:
            yield _Ask(due=due, feed=feed, request=request, signed=secrets)


def _due(job: Job) -> Iterator[Due]:
    now = job.clock()
    sources = [module.SOURCE for module in every() if isinstance(module, Converser)]
    with job.store.reading() as connection:
        found = conversing.due(
            connection,
            since=now - ASKED,
            fresh=now - FRESH,
            before=now - AGAIN,
            before_fresh=now - FRESH_AGAIN,
            sources=sources,
        )
    yield from found


async def _signed(job: Job, feed: Feed) -> Mapping[str, str] | None:
    """The secrets with a sign-in; None where it fails, which the feed's own state says."""

    async def ask(request: Request) -> Answer:
        return replace((await job.get(request, Validators())).answer, request=request)

    try:
        return await job.sessions.secrets(collector(feed.source), feed, job.secrets, ask, job.clock())
    except FeedError:
        return None


async def _host(job: Job, asks: Sequence[_Ask], heard: Heard) -> None:
    """Read one server's conversations, one after the other, until it has had enough."""
    for ask in asks:
        try:
            posts = await _posts(job, ask)
        except (BudgetSpent, FeedUnreachable, _Enough):
            return
        except FeedError:
            # It says no, or something that is no conversation: asked again as late as any other.
            _note(job, ask, ())
            continue
        heard.new += _note(job, ask, posts)
        heard.read += 1


class _Enough(Exception):
    """The server wants to be left alone."""


async def _posts(job: Job, ask: _Ask) -> list[Post]:
    module = collector(ask.feed.source)
    assert isinstance(module, Converser)
    request: Request | None = ask.request
    found: dict[str, Post] = {}
    for _ in range(MOST_PAGES):
        if request is None:
            break
        if request.costs and isinstance(module, Budgeted):
            reserve(job.store, module.budgets(ask.feed), request.costs, job.clock())
        # The address came out of a post: it may not lead into our own network.
        answer = replace((await job.get(request, Validators(), named=False)).answer, request=request)
        if answer.status in (429, 503):
            raise _Enough
        page = _read(module, answer, ask)
        for post in page.posts:
            found.setdefault(post.key, post)
        following = page.next
        if following is None or not same_host(ask.request.url, following.url):
            break
        request = replace(following, headers={**ask.request.headers, **following.headers})
    found.pop(ask.due.post.key, None)
    return list(found.values())


def _read(module: Converser, answer: Answer, ask: _Ask) -> Page:
    try:
        page: Page = module.conversation(answer, ask.due.post, ask.feed)
    except ListeningError:
        raise
    except Exception as bug:
        # As with a feed's answer: it costs us this conversation, and no more.
        raise FeedUnreadable(f"The conversation could not be read ({type(bug).__name__}: {bug}).") from bug
    return page


def _note(job: Job, ask: _Ask, posts: Sequence[Post]) -> int:
    """Save what is to be kept of a conversation; return how many mentions are new."""
    now = job.clock()
    sorted_ = sort_out(job, posts)
    kind = collector(ask.feed.source).KIND
    read = [job.concluder.mention(post, kind=kind, now=now) for post in sorted_.unread]
    found = Found(
        mentions=[mention for mention in read if mention is not None], counted=sorted_.counted, said=sorted_.said
    )
    near = [(post, False) for post in _near(ask.due.post, posts, sorted_.others)]
    with job.store.writing() as connection:
        ((_, new),) = save_found(job, connection, [found])
        conversing.keep(connection, near, now=now, around=ask.due.n)
        kept = {conversing.id_of(post) for post, _ in (*near, *sorted_.said)}
        conversing.only_these(connection, ask.due.n, kept)
        conversing.note_read(connection, ask.due.n, now, len(posts))
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
