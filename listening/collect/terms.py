"""What a run is told, what it gives back, and what its parts hand to each other."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal, Protocol, TypeVar, TypeVarTuple, Unpack

from listening.collect.gate import Gate
from listening.conclude import Concluder
from listening.fetch import Fetched, Validators
from listening.models import Feed, Mention, Post, Request
from listening.signing import Sessions
from listening.store import Batches, FeedState, Store
from listening.workers import Workers

State = Literal["ok", "unchanged", "waiting", "blocked", "unreachable", "refused", "unreadable", "gone"]
"""How a feed did. ``waiting``: not asked, because it is too soon."""


CLOCK_OFF = timedelta(minutes=30)
"""From here on this computer's clock and a server's do not agree."""


GOOD_STATES = ("ok", "unchanged")


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
    answered: bool = False
    reached: bool = False

    @property
    def good(self) -> bool:
        """Whether the feed answered as it should."""
        return self.state in GOOD_STATES


@dataclass(frozen=True, kw_only=True, slots=True)
class RunResult:
    """What a run brought: one result a feed, and notes on the run as a whole (a wrong clock, no network).

    ``offline``: nothing at all could be reached, and it is our own connection, so that no place is to blame.
    """

    results: tuple[FeedResult, ...]
    notes: tuple[str, ...] = ()
    offline: bool = False

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
    """All that a run needs, said once.

    ``second_hand``: its posts are what another tool has of them. ``soonest``: no place is due again earlier, however
    much is new there.
    """

    store: Store
    concluder: Concluder
    get: Get
    clock: Callable[[], datetime]
    secrets: Mapping[str, str]
    fingerprint: str
    retry: bool = False
    soonest: timedelta = timedelta(0)
    retime: Retime | None = None
    too_old: Callable[[Post, datetime], bool] | None = None
    workers: Workers | None = None
    second_hand: bool = False
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
class Hands:
    """The one thread that reads, tags and writes, and what waits to be written.

    ``turns`` are taken by feeds of sources that are asked one after the other (``protocols.OneByOne``), and ``resting``
    is until when such a source wants to be left alone. ``gate`` lets most feeds wait until it is known that there is a
    network.
    """

    thread: ThreadPoolExecutor
    saving: Batches[Found, tuple[int, int]]
    noting: Batches[tuple[FeedResult, FeedState | None], None]
    gate: Gate
    turns: dict[str, asyncio.Lock] = field(default_factory=dict)
    resting: dict[str, datetime] = field(default_factory=dict)

    async def do(self, function: Callable[[Unpack[Arguments]], T], *args: *Arguments) -> T:
        return await asyncio.get_running_loop().run_in_executor(self.thread, function, *args)


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
    answered: bool = False
    reached: bool = False
    cursor: str | None = None
    marks: list[int] = field(default_factory=list)
    dated: list[datetime] = field(default_factory=list)
    fresh: float = 0.0

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
            answered=self.answered,
            reached=self.reached,
        )
