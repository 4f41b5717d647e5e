"""The run: ask every feed, keep what mentions us, remember how each feed did.

The network waits in one thread; reading, matching, tagging and saving go on in another, one feed at a time, so that
memory stays flat and the store has one writer. A feed that fails is a result; only a bug is an exception.
"""

from __future__ import annotations

import asyncio
import hashlib
import random
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import partial
from statistics import median
from typing import Literal, Protocol, TypeVar, TypeVarTuple, Unpack

from listening import store as stores
from listening.collectors import Collector, collector, kind_of
from listening.collectors.protocols import Budgeted
from listening.conclude import Concluder
from listening.errors import (
    BudgetSpent,
    FeedBlocked,
    FeedError,
    FeedExpired,
    FeedGone,
    FeedRefused,
    FeedUnreachable,
    FeedUnreadable,
    ListeningError,
    StoreError,
)
from listening.fetch import Fetched, Validators, back_off, moved, retry_after, same_host
from listening.models import Answer, Budget, Feed, Mention, Page, Post, Request, TextKind, Topic, mention_id
from listening.signing import Sessions
from listening.store import (
    Batches,
    Connection,
    FeedState,
    Known,
    Store,
    conversing,
    forgotten,
    placing,
    removing,
    spending,
)
from listening.upkeep import catch_up
from listening.workers import Workers

State = Literal["ok", "unchanged", "waiting", "blocked", "unreachable", "refused", "unreadable", "gone"]
"""How a feed did. ``waiting``: not asked, because it is too soon."""

GOOD_STATES = ("ok", "unchanged")
PAGES = 20
"""How many pages of one feed a run reads at most; the rest comes with the next run."""

CLOCK_OFF = timedelta(minutes=30)
"""From here on we say that this computer's clock is wrong."""


class Get(Protocol):
    """How a run asks for something; ``named`` says that the settings themselves name the address."""

    def __call__(self, request: Request, validators: Validators, *, named: bool = True) -> Awaitable[Fetched]:
        """Ask, or raise a FeedError."""


Retime = Callable[[Post], Post | None]
T = TypeVar("T")
Arguments = TypeVarTuple("Arguments")


@dataclass(frozen=True, kw_only=True, slots=True)
class FeedResult:
    """How one feed did in one run: posts read, mentions new to the store, and in words what failed."""

    feed: str
    source: str
    state: State
    posts: int = 0
    matched: int = 0
    new: int = 0
    problem: str = ""
    advice: str = ""
    skipped: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    clock_off: timedelta | None = None

    @property
    def good(self) -> bool:
        """Whether the feed answered as it should."""
        return self.state in GOOD_STATES


@dataclass(frozen=True, kw_only=True, slots=True)
class RunResult:
    """What a run brought: one result a feed, and notes on the run as a whole (a wrong clock, no network)."""

    results: tuple[FeedResult, ...]
    notes: tuple[str, ...] = ()

    @property
    def new(self) -> int:
        """Mentions that were not stored before."""
        return sum(result.new for result in self.results)

    @property
    def failed(self) -> tuple[FeedResult, ...]:
        """The feeds that gave nothing and should have."""
        return tuple(r for r in self.results if not r.good and r.state != "waiting")


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """All that a run needs, said once."""

    store: Store
    concluder: Concluder
    get: Get
    clock: Callable[[], datetime]
    secrets: Mapping[str, str]
    fingerprint: str
    retry: bool = False
    retime: Retime | None = None
    too_old: Callable[[Post], bool] | None = None
    workers: Workers | None = None
    sessions: Sessions = field(default_factory=Sessions)
    rng: random.Random = field(default_factory=random.Random)


Counted = dict[str, object]


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """What a page of a feed gave: mentions to be saved, new counts of mentions that are stored as they are, and posts
    that are no mentions and belong to a conversation with us, each with whether it is our own."""

    mentions: Sequence[Mention] = ()
    counted: Sequence[Counted] = ()
    said: Sequence[tuple[Post, bool]] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class _Hands:
    """The one thread that reads, tags and writes, and what waits to be written."""

    thread: ThreadPoolExecutor
    saving: Batches[Found, tuple[int, int]]
    noting: Batches[tuple[FeedResult, FeedState | None], None]

    async def do(self, function: Callable[[Unpack[Arguments]], T], *args: *Arguments) -> T:
        return await asyncio.get_running_loop().run_in_executor(self.thread, function, *args)


def fingerprint(topics: Sequence[Topic], own_accounts: Sequence[str]) -> str:
    """Changes when topics or own accounts do: an unchanged feed must then be read again all the same."""
    said = repr([(topic.name, topic.query) for topic in topics]) + repr(list(own_accounts))
    return hashlib.blake2b(said.encode(), digest_size=8).hexdigest()


async def run(
    job: Job, feeds: Sequence[Feed], *, progress: Callable[[FeedResult], None] = lambda result: None
) -> RunResult:
    """Ask every feed once and keep what mentions us; ``progress`` hears of each feed as it is done."""
    with job.store.held() as store:
        return await _run(replace(job, store=store), feeds, progress)


async def _run(job: Job, feeds: Sequence[Feed], progress: Callable[[FeedResult], None]) -> RunResult:
    with job.store.reading() as connection:
        states = stores.feed_states(connection)
    catch_up(job.store, lambda source: collector(source).KIND)
    number = stores.start_run(job.store, at=job.clock(), feeds_to_ask=len(feeds))
    results: list[FeedResult] = []
    note = "interrupted"
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="reading") as worker:
        hands = _Hands(
            thread=worker,
            saving=Batches(job.store, worker, partial(save_found, job)),
            noting=Batches(job.store, worker, partial(_done, job, number)),
        )
        try:
            tasks = [asyncio.ensure_future(_one(job, hands, feed, states.get(feed.name), number)) for feed in feeds]
            for finished in asyncio.as_completed(tasks):
                result = await finished
                results.append(result)
                progress(result)
            notes = _notes(results)
            note = " ".join(notes)
            if offline(results):
                with job.store.writing() as connection:
                    stores.forgive(connection, [result.feed for result in results if result.state == "unreachable"])
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            with suppress(StoreError):  # a full disk has been said already
                stores.finish_run(job.store, number, at=job.clock(), note=note)
    order = {feed.name: place for place, feed in enumerate(feeds)}
    return RunResult(results=tuple(sorted(results, key=lambda r: order[r.feed])), notes=notes)


async def _one(job: Job, hands: _Hands, feed: Feed, before: FeedState | None, number: int) -> FeedResult:
    """Ask one feed, page after page, and save what it gave."""
    module = collector(feed.source)
    now = job.clock()
    state = before or FeedState(name=feed.name, source=feed.source)
    try:
        asked_with = _asked_with(module.locate(feed, None, job.secrets), job.fingerprint)
    except FeedError as error:  # without its key, say, it asks nobody: with one it need not wait
        result = Tally().result(feed, state_of(error), error.problem, error.advice)
        failed = failed_state(replace(state, asked_with=None), result, Tally(), now=now, rng=job.rng)
        await hands.noting.add((result, failed))
        return result
    same = state.asked_with == asked_with
    # What was learned of another address says nothing about this one.
    if same and (waiting := too_soon(state, now, retry=job.retry)):
        result = FeedResult(feed=feed.name, source=feed.source, state=waiting[0], problem=waiting[1])
        await hands.noting.add((result, None))
        return result
    tally = Tally()
    try:
        state = await _pages(job, hands, module, feed, replace(state, asked_with=asked_with), tally, same=same)
    except BudgetSpent as spent:
        # Nobody failed: what may be used is used up, and it goes on when there is more.
        result = tally.result(feed, "waiting", spent.problem, spent.advice)
        rest = replace(
            state,
            asked_with=asked_with,
            # What the pages before it said to remember holds: else a walk longer than the budget would never end.
            cursor=tally.cursor or state.cursor,
            state="waiting",
            problem=spent.problem,
            advice=spent.advice,
            not_before=spent.until,
            ordered=True,
        )
        await hands.noting.add((result, rest))
        return result
    except FeedError as error:
        result = tally.result(feed, state_of(error), error.problem, error.advice)
        failed = failed_state(replace(state, asked_with=asked_with), result, tally, now=job.clock(), rng=job.rng)
        await hands.noting.add((result, failed))
        return result
    result = tally.result(feed, "unchanged" if tally.unchanged else "ok")
    await hands.noting.add((result, state))
    return result


@dataclass(kw_only=True, slots=True)
class Tally:
    """What one feed gave so far."""

    posts: int = 0
    matched: int = 0
    new: int = 0
    unchanged: bool = False
    skipped: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    clock_off: timedelta | None = None
    retry_at: datetime | None = None
    ordered: bool = False
    tried_moved: bool = False
    cursor: str | None = None

    def result(self, feed: Feed, state: State, problem: str = "", advice: str = "") -> FeedResult:
        """What the feed gave, and how it did."""
        return FeedResult(
            feed=feed.name,
            source=feed.source,
            state=state,
            posts=self.posts,
            matched=self.matched,
            new=self.new,
            problem=problem,
            advice=advice,
            skipped=tuple(self.skipped),
            notes=tuple(self.notes),
            clock_off=self.clock_off,
        )


async def _pages(
    job: Job,
    hands: _Hands,
    module: Collector,
    feed: Feed,
    state: FeedState,
    tally: Tally,
    *,
    same: bool,
) -> FeedState:
    """Read the feed's pages into the store and return its state after a success."""
    visit = _Visit(job=job, hands=hands, module=module, feed=feed)
    secrets = await visit.secrets()
    request: Request | None = module.locate(feed, state.cursor, secrets)
    assert request is not None
    first = request
    validators = Validators(etag=state.etag, last_modified=state.last_modified) if same else Validators()
    # A token in a header is for the server that the settings name: it does not go along with a move, however lasting.
    stays = "Authorization" in request.headers
    if same and not stays and _adopted(state, job.clock()):
        assert state.moved_to is not None
        request, tally.tried_moved = replace(request, url=state.moved_to), True
    after = state
    cursor = state.cursor
    rest: datetime | None = None
    for page_number in range(PAGES):
        if request is None or rest is not None:
            break
        # An address that a server told us is not one that the settings name: it may not lead inside, unless it is on
        # the very server that they do name.
        named = not (page_number == 0 and tally.tried_moved) or same_host(first.url, request.url)
        fetched, page = await visit.ask(request, validators if page_number == 0 else Validators(), tally, named=named)
        first = replace(first, headers={**first.headers, **visit.fresh})
        answer = fetched.answer
        now = job.clock()
        if page_number == 0:
            since_to, since, _ = moved(state.moved_to, state.moved_since, fetched.permanent_to, now)
            if not tally.tried_moved and not request.secret and not stays:
                after = replace(after, moved_to=since_to, moved_since=since)
            if answer.status == 304 or (same and state.body_hash == fetched.body_hash and answer.status == 200):
                tally.unchanged = True
                tally.posts = 0
                break
        if page is None:
            page = await visit.read(answer, request, tally)
        if page_number == 0:
            after = replace(
                after,
                # Where more was read, "unchanged" of the first page alone would say nothing of the rest.
                etag=answer.headers.get("etag") if page.next is None else None,
                last_modified=answer.headers.get("last-modified") if page.next is None else None,
                body_hash=fetched.body_hash if page.next is None else None,
            )
        is_empty = page_number == 0 and not page.posts and not page.next and not page.silence
        if module.EMPTY_MEANS_BLOCKED and is_empty and state.last_posts:
            raise FeedBlocked(
                "It answered with an empty list where there were posts before. That is how this source turns programs "
                "away; it does not mean that nobody spoke.",
                "Wait a few hours. If it stays, see the README on reading this source with your own feed token.",
            )
        tally.posts += len(page.posts)
        tally.skipped.extend(page.skipped)
        tally.notes.extend(note for note in page.notes if note not in tally.notes)
        matched, new = await _keep(job, hands, module, page.posts, now)
        tally.matched += matched
        tally.new += new
        if page.gone:
            await hands.do(_take_away, job, feed, page.gone, now)
        cursor = tally.cursor = page.cursor or cursor
        request = _next(page.next, first)
        rest = _rest(page, answer, now)
    now = job.clock()
    return replace(
        after,
        cursor=cursor,
        state="unchanged" if tally.unchanged else "ok",
        first_answer_at=state.first_answer_at or now,
        last_answer_at=now,
        last_asked_at=now,
        last_posts=state.last_posts if tally.unchanged else tally.posts,
        problem="",
        advice="",
        failures=0,
        failing_since=None,
        not_before=rest,
        ordered=rest is not None,
    )


def _rest(page: Page, answer: Answer, now: datetime) -> datetime | None:
    """Until when the server wants rest: it said so, or we have used the last of what it allows for now."""
    said = retry_after(answer.headers, now) if answer.status == 200 else None
    asked = now + timedelta(seconds=page.wait) if page.wait > 0 else None
    until = max((moment for moment in (said, asked) if moment is not None), default=None)
    return until if until is not None and until > now else None


@dataclass(kw_only=True, slots=True)
class _Visit:
    """One visit to a feed's source: signed in where it wants that, and within its budgets.

    ``fresh`` are the headers of a sign-in that was made during the visit: the pages that follow are asked with them.
    """

    job: Job
    hands: _Hands
    module: Collector
    feed: Feed
    signed: Mapping[str, str] = field(default_factory=dict, repr=False)
    fresh: Mapping[str, str] = field(default_factory=dict, repr=False)
    renewed: bool = False

    async def secrets(self) -> Mapping[str, str]:
        self.signed = await self.job.sessions.secrets(
            self.module, self.feed, self.job.secrets, self._plain, self.job.clock()
        )
        return self.signed

    async def _plain(self, request: Request) -> Answer:
        return replace((await self.job.get(request, Validators())).answer, request=request)

    async def ask(
        self, request: Request, validators: Validators, tally: Tally, *, named: bool
    ) -> tuple[Fetched, Page | None]:
        """Ask; where the sign-in has run out, sign in once more and ask again (then with the page, read already)."""
        fetched = await self._once(request, validators, tally, named=named)
        if self.renewed or not self.signed or fetched.answer.status not in (400, 401, 403):
            return fetched, None
        try:
            return fetched, await self.read(fetched.answer, request, tally)
        except FeedExpired:
            self.renewed = True
            again = await self.job.sessions.renewed(
                self.module, self.feed, self.job.secrets, self._plain, self.job.clock(), ended=self.signed
            )
            if again is None:
                raise
            self.signed, self.fresh = again, self.module.locate(self.feed, None, again).headers
            request = replace(request, headers={**request.headers, **self.fresh})
            return await self._once(request, Validators(), tally, named=named), None

    async def _once(self, request: Request, validators: Validators, tally: Tally, *, named: bool) -> Fetched:
        await self._reserve(request)
        fetched = await self.job.get(request, validators, named=named)
        now = self.job.clock()
        answer = fetched.answer
        tally.clock_off = tally.clock_off or _clock_off(answer.headers.get("date"), now)
        tally.retry_at = retry_after(answer.headers, now) if answer.status in (429, 503) else None
        tally.ordered = answer.status in (429, 503)
        return replace(fetched, answer=replace(answer, request=request))

    async def read(self, answer: Answer, request: Request, tally: Tally) -> Page:
        """What an answer holds; the budgets are set right by what it says that it used."""
        try:
            page = await self.hands.do(_parse, self.module, answer, self.feed)
        except FeedError as error:
            await self._settle(request, error.spent)
            if error.wait > 0:
                asked = self.job.clock() + timedelta(seconds=error.wait)
                tally.retry_at, tally.ordered = max(asked, tally.retry_at or asked), True
            raise
        await self._settle(request, page.spent)
        return page

    async def _settle(self, request: Request, spent: Mapping[str, int]) -> None:
        if spent:
            await self.hands.do(settle, self.job, self._budgets(), request.costs, spent)

    def _budgets(self) -> Sequence[Budget]:
        return self.module.budgets(self.feed) if isinstance(self.module, Budgeted) else ()

    async def _reserve(self, request: Request) -> None:
        if request.costs:
            await self.hands.do(reserve, self.job.store, self._budgets(), request.costs, self.job.clock())


def reserve(store: Store, budgets: Sequence[Budget], costs: Mapping[str, int], now: datetime) -> None:
    """Note what a request may use, before it is made; BudgetSpent where there is not so much left."""
    with store.writing() as connection:
        for budget in budgets:
            amount = costs.get(budget.name, 0)
            until = spending.reserve(connection, budget, amount, now) if amount else None
            if until is not None:
                so_far = spending.in_words(budget, spending.used(connection, budget, now))
                of_what = "today" if budget.period == "day" else "this month"
                raise BudgetSpent(
                    f"{budget.words}; {so_far} are used {of_what}.",
                    "Nothing is lost: it goes on when there is more.",
                    until=until,
                )


def settle(job: Job, budgets: Sequence[Budget], costs: Mapping[str, int], actual: Mapping[str, int]) -> None:
    """Set right what was noted before a request, by what it really used."""
    with job.store.writing() as connection:
        for budget in budgets:
            if budget.name in costs and budget.name in actual:
                spending.settle(connection, budget, costs[budget.name], actual[budget.name], job.clock())


def _take_away(job: Job, feed: Feed, keys: Sequence[str], now: datetime) -> None:
    """Empty the mentions of these keys: their source says that they were taken away."""
    ids = [mention_id(source=feed.source, key=key, feed=feed.name) for key in keys]
    with job.store.reading() as connection:
        numbers = stores.numbers_of(connection, ids)
    if numbers:
        with job.store.writing() as connection:
            removing.withdraw(connection, numbers, now)
        removing.clean(job.store)


def _parse(module: Collector, answer: Answer, feed: Feed) -> Page:
    try:
        page: Page = module.parse(answer, feed)
    except ListeningError:
        raise
    except Exception as bug:
        # A document that finds a bug in a parser must cost us that document, not the morning's collection. It is not
        # silent: the feed fails, with the bug's name, on the terminal and on the sources page.
        raise FeedUnreadable(
            f"Its answer could not be read because of a fault in this program ({type(bug).__name__}: {bug}).",
            "The other feeds are not affected. Please report this with the feed's address.",
        ) from bug
    return page


async def _keep(job: Job, hands: _Hands, module: Collector, posts: Sequence[Post], now: datetime) -> tuple[int, int]:
    """Match, tag and save posts; return how many are mentions and how many of these are new."""
    found = await hands.do(sort_out, job, posts)
    mentions = await _concluded(job, hands, module.KIND, found.unread, now) if found.unread else []
    if not mentions and not found.counted and not found.said:
        return 0, 0
    return await hands.saving.add(Found(mentions=mentions, counted=found.counted, said=found.said))


async def _concluded(job: Job, hands: _Hands, kind: TextKind, posts: Sequence[Post], now: datetime) -> list[Mention]:
    """The mentions that posts are; concluded by further processes where there are many."""
    if job.workers is not None and job.workers.wanted(len(posts)):
        found = await asyncio.get_running_loop().run_in_executor(
            job.workers.threads, job.workers.conclude, posts, kind, now
        )
        if found is not None:
            return [mention for mention in found if mention is not None]

    def here() -> list[Mention]:
        found = (job.concluder.mention(post, kind=kind, now=now) for post in posts)
        return [mention for mention in found if mention is not None]

    return await hands.do(here)


def keep_again(job: Job, kind: TextKind, posts: Sequence[Post]) -> None:
    """Keep what known posts are now, as if they had been seen again: new counts, and edited words tagged anew."""
    found = sort_out(job, posts)
    read = [job.concluder.mention(post, kind=kind, now=job.clock()) for post in found.unread]
    with job.store.writing() as connection:
        # What was removed meanwhile is not brought back.
        there = stores.known(connection, [mention.id for mention in read if mention is not None])
        mentions = [mention for mention in read if mention is not None and mention.id in there]
        save_found(job, connection, [Found(mentions=mentions, counted=found.counted)])


@dataclass(frozen=True, kw_only=True, slots=True)
class Sorted:
    """Posts by what is to be done with them: mentions to be read, new counts of those that are stored as they are,
    posts of a conversation with us (each with whether it is ours), and others' posts that match no topic."""

    unread: Sequence[Post] = ()
    counted: Sequence[Counted] = ()
    said: Sequence[tuple[Post, bool]] = ()
    others: Sequence[Post] = ()


def sort_out(job: Job, posts: Sequence[Post]) -> Sorted:
    """Posts by what is to be done with them.

    A post that is stored with the same words needs no tagging: only its counts are refreshed. So it is with one whose
    new words match no topic: what we have stays as it was said then. What was forgotten, or is older than anything is
    kept, is neither.
    """
    if job.retime is not None:
        posts = [moved_post for post in posts if (moved_post := job.retime(post)) is not None]
    if job.too_old is not None:
        posts = [post for post in posts if not job.too_old(post)]
    by_id = {mention_id(source=post.source, key=post.key, feed=post.feed): post for post in posts}
    if not by_id:
        return Sorted()
    with job.store.reading() as connection:
        for id_ in forgotten.among(connection, by_id.items()):
            del by_id[id_]
        before = stores.known(connection, list(by_id))
    unread: list[Post] = []
    counted: list[Counted] = []
    others: list[Post] = []
    for id_, post in by_id.items():
        topics = tuple(job.concluder.matcher.match(post))
        old = before.get(id_)
        if old is not None and (old.withdrawn or not topics or _as_before(old, post, topics)):
            counted.append(_counts(id_, post, elsewhere=post.feed != old.feed))
        elif topics:
            unread.append(post)
        else:
            others.append(post)
    talked = [post for post in others if _is_talk(post)]
    said = _with_us(job, talked) if talked else []
    with_us = {post.key for post, _ in said}
    return Sorted(
        unread=unread, counted=counted, said=said, others=[post for post in talked if post.key not in with_us]
    )


def _is_talk(post: Post) -> bool:
    """Whether a post stands where people answer each other: news do not."""
    return kind_of(post.source) == "post"


def _with_us(job: Job, posts: Sequence[Post]) -> list[tuple[Post, bool]]:
    """Of posts that no topic matches those of our own accounts, and those that answer them."""
    ours = [post for post in posts if job.concluder.ours(post)]
    own = {(post.source, post.key) for post in ours}
    answered = {(post.source, post.reply_to) for post in posts if post.reply_to} - own
    if answered:
        with job.store.reading() as connection:
            own |= conversing.our_own(connection, answered)
    said = [(post, True) for post in ours]
    written = {post.key for post in ours}
    return said + [(post, False) for post in posts if (post.source, post.reply_to) in own and post.key not in written]


def _as_before(old: Known, post: Post, topics: Sequence[str]) -> bool:
    return (old.title, old.text) == (post.title, post.text) and old.topics == stores.topics_text(topics)


def save_found(job: Job, connection: Connection, found: Sequence[Found]) -> list[tuple[int, int]]:
    """Save mentions and counts; return for each feed's how many there are and how many are new."""
    answers = []
    for together in _without_repeats(found):
        now = job.clock()
        mentions = [mention for each in together for mention in each.mentions]
        said = [post for each in together for post in each.said]
        new = stores.save_new(job.store, connection, mentions)
        stores.counts_only(connection, [change for each in together for change in each.counted])
        met = [(str(c["id"]), str(c["elsewhere"])) for each in together for c in each.counted if c.get("elsewhere")]
        if met:
            placing.note_feeds(connection, met, now)
        conversing.no_longer(
            connection, [mention.id for mention in mentions if mention.id in new and _is_talk(mention)]
        )
        conversing.keep(connection, said, now=now)
        talked = [mention for mention in mentions if _is_talk(mention)]
        if talked or said:
            conversing.note_answers(
                job.store,
                connection,
                [*((mention, mention.own) for mention in talked), *said],
                now=now,
            )
        for each in together:
            count = len(each.mentions) + len(each.counted)
            answers.append((count, sum(mention.id in new for mention in each.mentions)))
    return answers


def _without_repeats(found: Sequence[Found]) -> Iterator[list[Found]]:
    """The same in parts in which no mention comes twice: of a post that two feeds carry the first one is new."""
    part: list[Found] = []
    seen: set[object] = set()
    for each in found:
        ids: set[object] = {mention.id for mention in each.mentions} | {change["id"] for change in each.counted}
        if not seen.isdisjoint(ids):
            yield part
            part, seen = [], set()
        part.append(each)
        seen |= ids
    yield part


def _counts(id_: str, post: Post, *, elsewhere: bool) -> Counted:
    counts = {name: getattr(post, name) for name in COUNTS}
    return {"id": id_, "elsewhere": post.feed if elsewhere else "", **counts}


COUNTS = ("likes", "replies", "reposts", "views", "author_followers")


def _done(
    job: Job, number: int, connection: Connection, found: Sequence[tuple[FeedResult, FeedState | None]]
) -> list[None]:
    """Write down how feeds did."""
    now = job.clock()
    asked = [(state, result.good) for result, state in found if state is not None and result.state != "waiting"]
    stores.save_feeds(connection, asked, day=job.store.local_day(int(now.timestamp())))
    # Who waits for a budget was not asked, so nothing is noted of whether it answered.
    stores.save_feeds(connection, [(s, False) for result, s in found if s is not None and result.state == "waiting"])
    results = [result for result, _ in found]
    stores.run_progress(
        connection,
        number,
        at=now,
        done=len(results),
        failed=sum(not result.good and result.state != "waiting" for result in results),
        posts=sum(result.posts for result in results),
        new=sum(result.new for result in results),
    )
    return [None] * len(results)


def too_soon(state: FeedState, now: datetime, *, retry: bool) -> tuple[State, str] | None:
    """Whether a feed is not to be asked now, and why.

    What a server ordered (429, 503, Retry-After) always holds; our own back-off after failures gives way to ``retry``.
    """
    if state.state == "gone":
        return "gone", state.problem
    if state.not_before is None or state.not_before <= now:
        return None
    if retry and not state.ordered:
        return None
    if state.state == "waiting":
        return "waiting", state.problem
    minutes = max(1, round((state.not_before - now).total_seconds() / 60))
    who = "The server asked us to wait" if state.ordered else "It failed before, so we wait"
    return "waiting", f"{who} another {minutes} min."


def failed_state(state: FeedState, result: FeedResult, tally: Tally, *, now: datetime, rng: random.Random) -> FeedState:
    """The feed's state after a failure: when to ask again, and since when it fails."""
    failures = state.failures + 1
    not_before = tally.retry_at or now + back_off(failures, rng)
    return replace(
        state,
        state=result.state,
        problem=result.problem,
        advice=result.advice,
        failures=failures,
        failing_since=state.failing_since or now,
        not_before=not_before,
        ordered=tally.ordered,
        last_asked_at=now,
        # A new address that does not work is forgotten: the old one is asked again.
        moved_to=None if tally.tried_moved else state.moved_to,
        moved_since=None if tally.tried_moved else state.moved_since,
    )


def state_of(error: FeedError) -> State:
    """The one word for a feed's failure."""
    match error:
        case FeedGone():
            return "gone"
        case FeedBlocked():
            return "blocked"
        case FeedRefused():
            return "refused"
        case FeedUnreachable():
            return "unreachable"
        case FeedUnreadable() | _:
            return "unreadable"


def _next(request: Request | None, first: Request) -> Request | None:
    """The next page is asked as the first one was: with its headers, its pauses, and the same secrets kept.

    Only on the same server: an answer cannot send us, or our token, elsewhere.
    """
    if request is None or not same_host(first.url, request.url):
        return None
    return replace(
        request,
        headers={**first.headers, **request.headers},
        pause=max(first.pause, request.pause),
        secret=tuple(dict.fromkeys((*first.secret, *request.secret))),
        secret_path=first.secret_path or request.secret_path,
    )


def _adopted(state: FeedState, now: datetime) -> bool:
    return state.moved_to is not None and moved(state.moved_to, state.moved_since, state.moved_to, now)[2]


def _asked_with(request: Request, job_fingerprint: str) -> str:
    # A hash: the address may carry a token, and tokens are not written down.
    return hashlib.blake2b(f"{request.url} {job_fingerprint}".encode(), digest_size=10).hexdigest()


def _clock_off(date_header: str | None, now: datetime) -> timedelta | None:
    """How far this computer's clock is from the server's."""
    try:
        said = parsedate_to_datetime(date_header or "")
    except (ValueError, TypeError):
        return None
    return now - (said if said.tzinfo else said.replace(tzinfo=UTC))


def offline(results: Sequence[FeedResult]) -> bool:
    """Whether nothing at all could be reached: then it is our own connection, and no feed is to blame."""
    asked = [result for result in results if result.state not in ("waiting", "gone")]
    return bool(asked) and all(result.state == "unreachable" for result in asked)


def _notes(results: Sequence[FeedResult]) -> tuple[str, ...]:
    """What is true of the run as a whole."""
    notes = []
    if offline(results):
        notes.append(
            "No feed could be reached. This computer is probably offline; everything stored is still there to be read."
        )
    offsets = [result.clock_off for result in results if result.clock_off is not None]
    if offsets:
        off = timedelta(seconds=median(offset.total_seconds() for offset in offsets))
        if abs(off) > CLOCK_OFF:
            way = "ahead of" if off > timedelta(0) else "behind"
            notes.append(
                f"This computer's clock seems to be {_span(abs(off))} {way} the servers'. Set it right: days and "
                "periods are cut by it."
            )
    return tuple(notes)


def _span(length: timedelta) -> str:
    hours = length.total_seconds() / 3600
    if hours < 1.5:
        return f"{length.total_seconds() / 60:.0f} minutes"
    return f"{hours:.0f} hours" if hours < 48 else f"{hours / 24:.0f} days"
