"""The door for programs and notebooks: settings, a collection, mentions as a frame."""

from __future__ import annotations

import asyncio
import getpass
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from listening import __version__, conversations, lock, recheck, rematch, retag, retention, snapshot
from listening import settings as settings_files
from listening import store as stores
from listening.asking import WhoAsks
from listening.collect import CLOCK_OFF, Asking, FeedResult, Job, RunResult, clock_wrong, fingerprint, run
from listening.collectors import kind_of
from listening.conclude import Concluder, dated
from listening.errors import InputError, QueryRefused, StoreError
from listening.fetch import Client, Fetched, Limits, Validators
from listening.models import Feed, Post, Request
from listening.query import Query, parse
from listening.sentiment import Tagger
from listening.settings import Retention, Settings
from listening.signing import Sessions
from listening.store import Reader, Store, View, open_store
from listening.store.access import log_when_free
from listening.workers import Recipe, Workers

if TYPE_CHECKING:
    import pandas as pd

Clock = Callable[[], datetime]

CLOCK_DOUBTED = (
    "Nothing was removed for being too old: this computer's clock may be wrong. It is done once the clock is right."
)

_SESSIONS = Sessions()
"""One sign-in for all runs of this process: services count them, and some allow few a day."""


def now() -> datetime:
    """The time by this computer's clock, in whole seconds of UTC."""
    return datetime.now(UTC).replace(microsecond=0)


def who() -> str:
    """The account that searches or exports, for the access log."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # an account without a name, as in some containers
        return "unknown"


def load(path: str | Path | None = None) -> Settings:
    """The settings of ``path``, else of LISTENING_SETTINGS, else of ./listening.toml; raises SettingsError."""
    found = settings_files.find(None if path is None else Path(path), os.environ, Path.cwd())
    if found is None:
        raise InputError(
            "There is no listening.toml here.",
            "Make one with `listening init`, or look at the invented town with `listening demo`.",
        )
    return settings_files.load(found)


def store_of(settings: Settings) -> Store:
    """The settings' store, opened; raises StoreError."""
    return open_store(settings.store_url, settings.agency.timezone)


def concluder_of(settings: Settings) -> Concluder:
    """The settings' topics, names and words, ready to turn posts into mentions."""
    return recipe_of(settings).made()


def recipe_of(settings: Settings) -> Recipe:
    """What to make a Concluder from."""
    learned = settings_files.learned_file(settings)
    return Recipe(
        topics=settings.topics,
        own_accounts=settings.agency.own_accounts,
        names=settings_files.names_to_mask(settings),
        neutral=settings.tags.neutral,
        scored=settings.tags.scored,
        listed_authors=settings_files.listed_authors(settings),
        engine=settings.tags.tagger,
        learned=learned if learned.exists() else None,
    )


def tagger_of(settings: Settings | None, more_names: Sequence[str] = ()) -> Tagger:
    """The tagger of the settings, with more names masked; without settings the usual one."""
    return Tagger(names=more_names) if settings is None else recipe_of(settings).tagger(more_names)


def queries_of(settings: Settings) -> dict[str, Query]:
    """The topics' queries, read."""
    said = {topic.name: topic.query for topic in settings.topics}
    authors = settings_files.listed_authors(settings)
    return {name: parse(query, topics=said, listed_authors=authors) for name, query in said.items()}


def who_asks(settings: Settings) -> WhoAsks:
    """Judges stored mentions by the settings' accounts: whether they ask us for something."""
    return WhoAsks(kind_of, settings.agency.own_accounts)


def query_of(settings: Settings, words: str) -> Query:
    """A search in the query language, which may reuse the settings' topics; raises QueryError.

    One that is refused because it asks for what a private person writes leaves a line in the access log.
    """
    topics = {topic.name: topic.query for topic in settings.topics}
    try:
        return parse(words, topics=topics, listed_authors=settings_files.listed_authors(settings))
    except QueryRefused:
        _note_refused(settings, words)
        raise


_refused: dict[tuple[str, str, str], datetime] = {}


def _note_refused(settings: Settings, words: str) -> None:
    """Once an hour, and not each time that the page is drawn anew while the words stand in its box."""
    if not stores.file_of(settings.store_url).exists():
        return
    key, moment = (settings.store_url, who(), words), now()
    if key in _refused and moment - _refused[key] < timedelta(hours=1):
        return
    with suppress(StoreError):
        log_when_free(store_of(settings), at=moment, who=who(), what="search refused", detail=words)
        _refused[key] = moment


def user_agent(settings: Settings) -> str:
    """How we name ourselves to servers: the program, and whom to ask about it; raises SettingsError without one."""
    contact = settings_files.contact_needed(settings)
    return settings.fetch.user_agent or f"Listening/{__version__} (+{contact})"


def listen(
    settings: Settings,
    *,
    store: Store | None = None,
    retry: bool = False,
    progress: Callable[[FeedResult], None] = lambda result: None,
    clock: Clock = now,
    environ: Mapping[str, str] = os.environ,
    due: bool = False,
    soonest: timedelta = timedelta(0),
    waiting: Callable[[lock.Holder], None] = lambda holder: None,
) -> RunResult:
    """Ask every feed of the settings once and keep what mentions the agency.

    With ``due`` only feeds whose time has come are asked (``listening.pace``), none more often than every ``soonest``;
    the result is then without the others. One run of a store at a time: without ``due`` the next one waits for its
    turn (``waiting`` is told for whom), and asks only whom the other has not asked meanwhile; with it, or after ten
    minutes, AlreadyRunning is raised.

    Where the settings say how long anything is kept, what is older is removed with the day's first run, unless servers
    contradict this computer's clock. ``retry`` asks feeds that failed before at once instead of waiting; what a server
    ordered is respected all the same.
    """
    snapshot.refuse(settings)
    store = store or store_of(settings)
    began = clock()
    turn = lock.held(
        turn_file(store),
        now=began.astimezone(settings.agency.timezone),
        what="A collection",
        seconds=0.0 if due else LONGEST_TURN,
        waiting=waiting,
    )
    with turn as waited:
        started, steady = clock(), time.monotonic()
        asked = _Asked(due=due, soonest=soonest, retry=retry, since=began if waited else None)
        result = asyncio.run(_listen(settings, store, asked, progress, clock, environ))
        if settings.retention == Retention() or result.offline:
            return result  # without a network nobody can tell what time it is
        # Read once: a clock that is set between the question and the purge would answer two different ones.
        ended = clock()
        moved = ended - started - timedelta(seconds=time.monotonic() - steady)
        if abs(moved) > CLOCK_OFF or clock_wrong(result.results):
            return replace(result, notes=(*result.notes, CLOCK_DOUBTED))
        try:
            retention.daily(store, settings.retention, now=ended, who=who())
        except StoreError as error:
            return replace(result, notes=(*result.notes, f"What is too old could not be removed: {error}"))
        return result


LONGEST_TURN = 600.0
"""Seconds that a run waits for the end of another one."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Asked:
    """Whom a run asks: whoever is due, or all; of them those that were not asked ``since`` another run began."""

    due: bool
    soonest: timedelta
    retry: bool
    since: datetime | None

    def of(
        self, settings: Settings, store: Store, secrets: Mapping[str, str], moment: datetime
    ) -> tuple[Sequence[Feed], Sequence[Feed]]:
        """The feeds to ask, and those that are asked where none of them can be reached."""
        if not self.due and self.since is None:
            return settings.feeds, ()
        with store.reading() as connection:
            states = stores.feed_states(connection)
        if not self.due:
            return [feed for feed in settings.feeds if not self._met(states.get(feed.name), moment)], ()
        marked = fingerprint(settings.topics, settings.agency.own_accounts)
        asking = Asking(now=moment, fingerprint=marked, secrets=secrets, soonest=self.soonest)
        feeds = asking.due(settings.feeds, states)
        return feeds, asking.witnesses(feeds, settings.feeds, states)

    def _met(self, state: stores.FeedState | None, moment: datetime) -> bool:
        if state is None or state.last_asked_at is None or self.since is None:
            return False
        return self.since <= state.last_asked_at <= moment


def turn_file(store: Store) -> Path:
    """The file whose lock a run of this store holds."""
    file = stores.file_of(store.url)
    return file.with_name(f"{file.name}.collecting")


def _too_old(settings: Settings, concluder: Concluder) -> Callable[[Post, datetime], bool] | None:
    """Tells which posts are older at a moment than such are kept; None where all are kept."""
    if not settings.retention.mentions and not settings.retention.replies:
        return None

    def tell(post: Post, at: datetime) -> bool:
        before = retention.cutoffs(settings.retention, at, settings.agency.timezone)
        kept_from = before.get("replies" if concluder.ours(post) else "mentions")
        return kept_from is not None and dated(post.published_at, at)[0] < kept_from

    return tell


async def _listen(
    settings: Settings,
    store: Store,
    asked: _Asked,
    progress: Callable[[FeedResult], None],
    clock: Clock,
    environ: Mapping[str, str],
) -> RunResult:
    from listening import demo

    secrets = settings_files.secrets(environ)
    feeds, witnesses = asked.of(settings, store, secrets, clock())
    if not feeds:
        return RunResult(results=())
    concluder = concluder_of(settings)
    retag.note_tagger(store, concluder.tagger)
    if not rematch.noted(store) and not stores.size(store)[0]:
        rematch.note_queries(store, queries_of(settings))
    marked = fingerprint(settings.topics, settings.agency.own_accounts)
    if demo.is_saved(settings):
        get, retime = demo.hooks(settings, store, clock)
        job = Job(
            store=store,
            concluder=concluder,
            get=get,
            clock=clock,
            secrets=secrets,
            fingerprint=marked,
            retry=True,
            retime=retime,
            too_old=_too_old(settings, concluder),
        )
        return await run(job, feeds, progress=progress)
    limits = Limits(
        connect_seconds=settings.fetch.connect_seconds,
        answer_seconds=settings.fetch.answer_seconds,
        max_bytes=int(settings.fetch.max_megabytes * 1_000_000),
        at_once=settings.fetch.at_once,
        allow_private_redirects=settings.fetch.allow_private_redirects,
    )
    with Workers(recipe_of(settings)) as workers:
        async with Client(user_agent=user_agent(settings), limits=limits) as client:
            job = Job(
                store=store,
                concluder=concluder,
                get=client.get,
                clock=clock,
                secrets=secrets,
                fingerprint=marked,
                retry=asked.retry,
                soonest=asked.soonest,
                too_old=_too_old(settings, concluder),
                workers=workers,
                sessions=_SESSIONS,
            )
            result = await run(job, feeds, witnesses=witnesses, progress=progress)
            if settings.fetch.recheck and not result.offline:
                try:
                    await recheck.recheck(job, settings.feeds)
                except StoreError as error:
                    said = f"Whether posts were deleted at their source could not be noted: {error}"
                    result = replace(result, notes=(*result.notes, said))
            if settings.fetch.conversations and not result.offline:
                try:
                    await conversations.read(job, settings.feeds)
                except StoreError as error:
                    said = f"Conversations could not be stored: {error}"
                    result = replace(result, notes=(*result.notes, said))
            return result


@contextmanager
def import_job(settings: Settings, store: Store, *, clock: Clock = now) -> Iterator[Job]:
    """What an import works with: posts are matched, tagged and kept as in a collection, and nobody is asked."""
    snapshot.refuse(settings)
    concluder = concluder_of(settings)
    retag.note_tagger(store, concluder.tagger)
    if not rematch.noted(store) and not stores.size(store)[0]:
        rematch.note_queries(store, queries_of(settings))

    async def nobody(request: Request, validators: Validators, *, named: bool = True) -> Fetched:
        raise AssertionError("an import asks nobody")

    with Workers(recipe_of(settings)) as workers:
        yield Job(
            store=store,
            concluder=concluder,
            get=nobody,
            clock=clock,
            secrets={},
            fingerprint=fingerprint(settings.topics, settings.agency.own_accounts),
            too_old=_too_old(settings, concluder),
            workers=workers,
            second_hand=True,
        )


def note_import(store: Store, detail: str) -> None:
    """Write into the access log that a file was imported."""
    stores.log_access(store, at=now(), who=who(), what="import", detail=detail)


def mentions(
    settings: Settings,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    topic: str = "",
    query: str = "",
    store: Store | None = None,
) -> pd.DataFrame:
    """The mentions published from ``since`` (default: 7 days ago) up to ``until`` (default: now), newest first.

    One row a mention, with the columns of the README's data dictionary. Nothing is masked: this is for the team.
    Raises InputError for a topic that there is not, QueryError for a query that cannot be read.
    """
    from listening.store.frame import frame

    topics = {each.name: each.query for each in settings.topics}
    if topic and topic not in topics:
        raise InputError(f"There is no topic “{topic}”.", f"There are: {', '.join(topics)}.")
    # A second later than now: an entry without a date that was collected this very second is in.
    until = until or now() + timedelta(seconds=1)
    view = View(
        start=since or until - timedelta(days=7),
        end=until,
        topic=topic,
        query=query_of(settings, query) if query else None,
    )
    store = store or store_of(settings)
    with store.reading() as connection:
        return frame(Reader(store, connection).stream(view))
