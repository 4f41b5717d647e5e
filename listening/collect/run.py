"""The run itself: every feed once, side by side, into one store."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from statistics import median

from listening import pace
from listening import store as stores
from listening.asking import WhoAsks
from listening.collect.gate import FIRST, MANY, Gate
from listening.collect.keeping import keep, save_found, take_away
from listening.collect.network import not_to_blame, tried_again, unreached
from listening.collect.pacing import keys_of, marks, with_pace
from listening.collect.states import failed_state, state_of, too_soon
from listening.collect.terms import CLOCK_OFF, FeedResult, Hands, Job, RunResult, Tally
from listening.collect.visit import Visit, adopted, clock_off, holds, mark_of, next_page, rest_until
from listening.collectors import Collector, collector, kind_of
from listening.collectors.guard import guarded
from listening.collectors.protocols import Budgeted, OneByOne
from listening.errors import BudgetSpent, FeedBlocked, FeedError, StoreError
from listening.fetch import Validators, fresh_for, moved, same_host
from listening.models import Feed, Request, Topic
from listening.store import Batches, Connection, FeedState
from listening.upkeep import catch_up

PAGES = 20
"""How many pages of one feed a run reads at most; the rest comes with the next run."""


NEVER = datetime.min.replace(tzinfo=UTC)
NO_NETWORK = "Nobody could be reached, so it was not asked."
OFFLINE = "No feed could be reached"
RESTS = "The service asked us to wait, for all of its places."


def fingerprint(topics: Sequence[Topic], own_accounts: Sequence[str]) -> str:
    """Changes when topics or own accounts do: an unchanged feed must then be read again all the same."""
    said = repr([(topic.name, topic.query) for topic in topics]) + repr(list(own_accounts))
    return hashlib.blake2b(said.encode(), digest_size=8).hexdigest()


async def run(
    job: Job,
    feeds: Sequence[Feed],
    *,
    witnesses: Sequence[Feed] = (),
    progress: Callable[[FeedResult], None] = lambda result: None,
) -> RunResult:
    """Ask every feed once and keep what mentions us; ``progress`` hears of each feed as it is done.

    ``witnesses`` are other feeds, asked one after the other only where none of ``feeds`` could be reached: whether one
    place is gone or there is no network shows when another one is asked.
    """
    with job.store.held() as store:
        return await _run(replace(job, store=store), feeds, witnesses, progress)


async def _run(
    job: Job, feeds: Sequence[Feed], witnesses: Sequence[Feed], progress: Callable[[FeedResult], None]
) -> RunResult:
    with job.store.reading() as connection:
        states = stores.feed_states(connection, [feed.name for feed in (*feeds, *witnesses)])
    catch_up(job.store, WhoAsks(kind_of, job.concluder.own_accounts))
    number = stores.start_run(job.store, at=job.clock(), feeds_to_ask=len(feeds))
    results: list[FeedResult] = []
    note = "interrupted"
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="reading") as worker:
        hands = Hands(
            thread=worker,
            saving=Batches(job.store, worker, partial(save_found, job)),
            noting=Batches(job.store, worker, partial(_done, job, number)),
            gate=Gate(_first(feeds, states, job)),
        )
        try:
            # Who has waited longest comes first, so that a service which often wants rest hears of each place in turn.
            waited = sorted(feeds, key=lambda feed: _asked_at(states.get(feed.name)))
            tasks = [asyncio.ensure_future(_one(job, hands, feed, states.get(feed.name))) for feed in waited]
            for finished in asyncio.as_completed(tasks):
                result = await finished
                results.append(result)
                progress(result)
            for feed in witnesses:
                if not unreached(results):
                    break
                results.append(await _in_turn(job, hands, feed, states.get(feed.name)))
            offline = _network_away(job, results)
            notes = _notes(results, offline=offline)
            note = " ".join(notes)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            with suppress(StoreError):  # a full disk has been said already
                stores.finish_run(job.store, number, at=job.clock(), note=note)
    order = {feed.name: place for place, feed in enumerate((*feeds, *witnesses))}
    return RunResult(results=tuple(sorted(results, key=lambda r: order[r.feed])), notes=notes, offline=offline)


def _first(feeds: Sequence[Feed], states: Mapping[str, FeedState], job: Job) -> list[str]:
    """Of many feeds those that show whether there is a network: a few by chance, of those that did not fail. Who rests
    is not asked, and shows nothing."""
    now = job.clock()
    found = [(feed.name, states.get(feed.name)) for feed in feeds]
    awake = [(name, state) for name, state in found if state is None or too_soon(state, now, retry=job.retry) is None]
    if len(awake) <= MANY:
        return []
    well = [name for name, state in awake if state is None or not state.failures]
    names = well if len(well) >= FIRST else [name for name, _ in awake]
    return job.rng.sample(names, min(FIRST, len(names)))


def _asked_at(state: FeedState | None) -> datetime:
    return NEVER if state is None or state.last_asked_at is None else state.last_asked_at


async def _one(job: Job, hands: Hands, feed: Feed, before: FeedState | None) -> FeedResult:
    """Ask one feed, where there is a network."""
    if not await hands.gate.lets(feed.name):
        result = FeedResult(feed=feed.name, source=feed.source, state="waiting", problem=NO_NETWORK)
        await hands.noting.add((result, None))
        return result
    in_vain = False
    try:
        result = await _in_turn(job, hands, feed, before)
        in_vain = result.state == "unreachable"
    finally:
        hands.gate.done(feed.name, in_vain=in_vain)
    return result


async def _in_turn(job: Job, hands: Hands, feed: Feed, before: FeedState | None) -> FeedResult:
    """Ask one feed; where its source tells all of its feeds to wait at once, after the others of that source."""
    if not isinstance(collector(feed.source), OneByOne):
        return await _ask(job, hands, feed, before)
    async with hands.turns.setdefault(feed.source, asyncio.Lock()):
        return await _ask(job, hands, feed, before)


async def _ask(job: Job, hands: Hands, feed: Feed, before: FeedState | None) -> FeedResult:
    """Ask one feed, page after page, and save what it gave."""
    module = collector(feed.source)
    now = job.clock()
    state = before or FeedState(name=feed.name, source=feed.source)
    try:
        budgets = guarded(module.budgets, feed) if isinstance(module, Budgeted) else ()
        first = guarded(module.locate, feed, None, job.secrets)
        asked_with = mark_of(first, job.fingerprint, budgets, keys_of(module, job.secrets))
    except FeedError as error:  # without its key, say, it asks nobody: with one it need not wait
        result = Tally().result(feed, state_of(error), error.problem, error.advice)
        failed = failed_state(replace(state, asked_with=None), result, Tally(), now=now, rng=job.rng)
        await hands.noting.add((result, failed))
        return result
    same = state.asked_with == asked_with
    # What was learned of another address says nothing about this one.
    if (same or holds(state, asked_with, now)) and (waiting := too_soon(state, now, retry=job.retry)):
        result = FeedResult(feed=feed.name, source=feed.source, state=waiting[0], problem=waiting[1])
        await hands.noting.add((result, None))
        return result
    if (until := hands.resting.get(feed.source, now)) > now:
        state = replace(state, not_before=until, due_at=until, ordered=True)
        result = FeedResult(feed=feed.name, source=feed.source, state="waiting", problem=RESTS)
        await hands.noting.add((result, state))
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
            first_answer_at=state.first_answer_at or (job.clock() if tally.answered else None),
            last_answer_at=job.clock() if tally.answered else state.last_answer_at,
            last_asked_at=job.clock() if tally.answered else state.last_asked_at,
            state="waiting",
            problem=spent.problem,
            advice=spent.advice,
            not_before=spent.until,
            due_at=spent.until,
            ordered=True,
        )
        await hands.noting.add((result, rest))
        return result
    except FeedError as error:
        result = tally.result(feed, state_of(error), error.problem, error.advice)
        failed = failed_state(replace(state, asked_with=asked_with), result, tally, now=job.clock(), rng=job.rng)
        _rests(hands, module, failed)
        await hands.noting.add((result, failed))
        return result
    _rests(hands, module, state)
    result = tally.result(feed, "unchanged" if tally.unchanged else "ok")
    await hands.noting.add((result, state))
    return result


def _was_asked(result: FeedResult) -> bool:
    return result.state != "waiting" or result.answered


def _rests(hands: Hands, module: Collector, state: FeedState) -> None:
    """Remember until when a source wants rest from all of its feeds."""
    if isinstance(module, OneByOne) and state.ordered and state.not_before is not None:
        hands.resting[module.SOURCE] = state.not_before


async def _pages(
    job: Job,
    hands: Hands,
    module: Collector,
    feed: Feed,
    state: FeedState,
    tally: Tally,
    *,
    same: bool,
) -> FeedState:
    """Read the feed's pages into the store and return its state after a success."""
    visit = Visit(job=job, hands=hands, module=module, feed=feed)
    secrets = await visit.secrets()
    request: Request | None = guarded(module.locate, feed, state.cursor, secrets)
    assert request is not None
    first = request
    validators = Validators(etag=state.etag, last_modified=state.last_modified) if same else Validators()
    # A token in a header is for the server that the settings name: it does not go along with a move, however lasting.
    stays = "Authorization" in request.headers
    if same and not stays and adopted(state, job.clock()):
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
            tally.fresh = fresh_for(answer.headers).total_seconds()
            if answer.status == 304 or (same and state.body_hash == fetched.body_hash and answer.status == 200):
                tally.unchanged = True
                tally.fresh = tally.fresh or pace.read(state.pace or "").hint
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
        tally.answered = True
        tally.posts += len(page.posts)
        tally.marks += marks(page.posts)
        tally.fresh = max(tally.fresh, page.fresh)
        if state.pace is None:
            tally.dated += [post.published_at for post in page.posts if post.published_at is not None]
        tally.skipped.extend(page.skipped)
        tally.notes.extend(note for note in page.notes if note not in tally.notes)
        off = clock_off(answer.headers.get("date"), now)
        matched, new = await keep(job, hands, module, page.posts, now, None if off is None else now - off)
        tally.matched += matched
        tally.new += new
        if page.gone:
            await hands.do(take_away, job, feed, page.gone, now)
        cursor = tally.cursor = page.cursor or cursor
        request = next_page(page.next, first)
        rest = rest_until(page, answer, now)
    now = job.clock()
    answered = replace(
        after,
        cursor=cursor,
        state="unchanged" if tally.unchanged else "ok",
        # Not later than now, as it may stand there where the clock was wrong.
        first_answer_at=min(state.first_answer_at or now, now),
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
    return with_pace(state, answered, tally, job, now)


def _done(
    job: Job, number: int, connection: Connection, found: Sequence[tuple[FeedResult, FeedState | None]]
) -> list[None]:
    """Write down how feeds did."""
    now = job.clock()
    day = job.store.local_day(int(now.timestamp()))
    known = [(result, state) for result, state in found if state is not None]
    asked = [(state, result.good or result.answered) for result, state in known if _was_asked(result)]
    stores.save_feeds(connection, asked, day=day)
    # Of who waits for a budget and was not asked nothing is noted: it neither answered nor failed.
    stores.save_feeds(connection, [(state, False) for result, state in known if not _was_asked(result)])
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


def _network_away(job: Job, results: Sequence[FeedResult]) -> bool:
    """Whether it is our own connection that nobody was reached; whoever is not to blame is then tried again soon."""
    if not unreached(results):
        return False
    now = job.clock()
    with job.store.writing() as connection:
        names = [result.feed for result in results if result.state == "unreachable"]
        innocent = not_to_blame(names, stores.feed_states(connection), now)
        stores.forgive(connection, {state.name: tried_again(state, now, job.rng) for state in innocent})
    return bool(innocent)


def _notes(results: Sequence[FeedResult], *, offline: bool) -> tuple[str, ...]:
    """What is true of the run as a whole."""
    notes = []
    if offline:
        notes.append(
            f"{OFFLINE}: this computer is probably offline, or all of its places are down. Everything "
            "stored is still there to be read."
        )
    if off := clock_wrong(results):
        way = "ahead of" if off > timedelta(0) else "behind"
        notes.append(
            f"This computer's clock seems to be {_span(abs(off))} {way} the servers'. Set it right: days and "
            "periods are cut by it."
        )
    return tuple(notes)


def clock_wrong(results: Sequence[FeedResult]) -> timedelta | None:
    """How far this computer's clock is ahead of the servers'; None where it is as right as need be."""
    offsets = [result.clock_off.total_seconds() for result in results if result.clock_off is not None]
    off = timedelta(seconds=median(offsets)) if offsets else timedelta(0)
    return off if abs(off) > CLOCK_OFF else None


def _span(length: timedelta) -> str:
    hours = length.total_seconds() / 3600
    if hours < 1.5:
        return f"{length.total_seconds() / 60:.0f} minutes"
    return f"{hours:.0f} hours" if hours < 48 else f"{hours / 24:.0f} days"
