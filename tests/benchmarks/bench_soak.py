"""Weeks in minutes: thousands of feeds, asked by the collector that runs by itself, and by one asked every hour.

    python tests/benchmarks/bench_soak.py [--feeds 10000] [--days 2] [--warm 1] [--every 10] [--seed 7]

Real are the loop, the schedule, its state in the store, the lock, the whole run (parsing, matching, tagging, saving)
and the settings. Made up are the network (``World.get`` stands where the client does) and the clock, which goes as fast
as the work is done. Both ways meet the same world: most feeds are silent and a few are busy, by day more than by night
and on weekdays more than at weekends, with bursts; some tell how long they stay as they are, most answer “not
modified”; servers are slow, down for hours, gone for good, or want rest; the first night the computer sleeps for nine
hours, and now and then the network is away.

Prints for each way: requests a feed and day, the delay from a mention's publication until it is stored, mentions that
had left their feed's page before it was read, doubles kept out, memory at the end of the first and of the last day.
"""

from __future__ import annotations

import argparse
import bisect
import gc
import json
import math
import random
import re
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from hashlib import blake2b
from io import StringIO
from pathlib import Path
from types import TracebackType
from typing import Self
from unittest.mock import patch

from sqlalchemy import text

from listening import door
from listening.collect import RunResult
from listening.errors import FeedUnreachable
from listening.fetch import Fetched, Validators
from listening.models import Answer, Request
from listening.settings import Settings, load
from listening.store import Store
from listening.unattended import Loop

START = datetime(2026, 3, 2, 5, 0, tzinfo=UTC)
"""Midnight of a Monday in New York."""

BEFORE = 14.0
"""Days of posts that feeds hold when they are first asked."""

DAY = timedelta(days=1)
AT_ONCE, EACH = 40, 0.3
"""So many servers answer side by side, in so many seconds each: a round over ten thousand takes 75 seconds."""

HOUR = timedelta(hours=1)
MEGABYTE = 1_000_000

# Days since the start, in which nothing is asked: the computer sleeps; and in which nothing can be reached.
SLEEPS = [(0.9, 0.9 + 9 / 24)]
OUTAGES = [(1.45, 1.45 + 0.5 / 24), (2.6, 2.6 + 2 / 24)]


@dataclass(kw_only=True, slots=True)
class Place:
    """One feed of the world: when it publishes (days since the start), which of it is about us, how its server is."""

    number: int
    times: list[float]
    about: list[bool]
    page: int
    tells: str = ""
    max_age: int = 0
    validates: bool = True
    slow: float = 0.0
    dead: bool = False
    down: list[tuple[float, float]] = field(default_factory=list)
    hourly: int = 0
    asked: list[float] = field(default_factory=list)


def rhythm(day: float) -> float:
    """How much is published at a moment, beside the average: by day, on weekdays."""
    hour, weekday = day % 1 * 24, math.floor(day) % 7
    by_hour = 0.1 + max(0.0, math.sin(math.pi * (hour - 6) / 17)) * 2.0 if 6 <= hour <= 23 else 0.1
    return by_hour * (0.55 if weekday >= 5 else 1.18)


def made(number: int, chance: random.Random, days: float) -> Place:
    """A place by chance: the median publishes a little more than once a day, one in a hundred some eighty times."""
    a_day = min(400.0, math.exp(chance.gauss(math.log(1.2), 1.8)))
    times = []
    moment = -BEFORE
    while a_day > 0 and (moment := moment + chance.expovariate(a_day * 2.6)) < days:
        if chance.uniform(0, 2.6) < rhythm(moment):
            times.append(moment)
    for _ in range(_poisson(chance, 0.15 * days)):
        begins = chance.uniform(0, days)
        times += [begins + chance.expovariate(8) for _ in range(chance.randrange(2, 12))]
    times = sorted(moment for moment in times if moment < days)
    share = min(0.9, chance.betavariate(0.5, 4))
    place = Place(
        number=number,
        times=times,
        about=[chance.random() < share for _ in times],
        page=chance.choice([10, 20, 20, 30, 50]),
        tells=chance.choice(["", "", "", "<ttl>60</ttl>", "<ttl>15</ttl>", HOURLY]),
        max_age=chance.choice([0, 0, 0, 300, 900, 3600]),
        validates=chance.random() < 0.7,
        slow=chance.choice([0.002, 0.002, 0.01, 0.05]),
        dead=chance.random() < 0.02,
        hourly=4 if chance.random() < 0.03 else 0,
    )
    for _ in range(_poisson(chance, 0.05 * days)):
        begins = chance.uniform(0, days)
        place.down.append((begins, begins + chance.expovariate(6)))
    return place


HOURLY = "<sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>1</sy:updateFrequency>"


def _poisson(chance: random.Random, mean: float) -> int:
    count, passed = 0, chance.expovariate(1)
    while passed < mean:
        count, passed = count + 1, passed + chance.expovariate(1)
    return count


@dataclass(kw_only=True)
class World:
    """The network and the clock."""

    places: list[Place]
    seed: int
    now: datetime = START
    requests: int = 0
    failed: int = 0
    counting_from: float = 0.0

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)

    @property
    def day(self) -> float:
        """Days since the start."""
        return (self.now - START) / DAY

    def clock(self) -> datetime:
        """The time by the computer's clock, in whole seconds."""
        return self.now.replace(microsecond=0)

    def wait(self, length: timedelta) -> None:
        """Let time pass; a computer that sleeps wakes up late."""
        self.now += length
        for begins, ends in SLEEPS:
            if begins <= self.day < ends:
                self.now = START + ends * DAY

    async def get(self, request: Request, validators: Validators = Validators(), *, named: bool = True) -> Fetched:  # noqa: B008
        """Answer for the server, as ``fetch.Client`` would."""
        self.now += timedelta(seconds=EACH / AT_ONCE)
        found = re.fullmatch(r"https://p(\d+)\.example/feed", request.url)
        assert found is not None, request.url
        place = self.places[int(found[1])]
        if self.day >= self.counting_from:
            self.requests += 1
        answer = self._answer(place, request, validators)
        return Fetched(answer=answer, hops=(), body_hash=blake2b(answer.body, digest_size=16).hexdigest(), seconds=EACH)

    def _answer(self, place: Place, request: Request, validators: Validators) -> Answer:
        day = self.day
        away = any(begins <= day < ends for begins, ends in OUTAGES)
        if away or place.dead or self.chance.random() < place.slow:
            self.failed += 1
            raise FeedUnreachable("It did not answer in time.", "It is tried again later.")
        headers = {"date": format_datetime(self.now, usegmt=True), "content-type": "application/rss+xml"}
        if any(begins <= day < ends for begins, ends in place.down):
            self.failed += 1
            return Answer(status=503, headers=headers, url=request.url, body=b"")
        if place.hourly:
            place.asked = [moment for moment in place.asked if moment > day - 1 / 24]
            if len(place.asked) >= place.hourly:
                self.failed += 1
                headers["retry-after"] = "1800"
                return Answer(status=429, headers=headers, url=request.url, body=b"")
            place.asked.append(day)
        if place.max_age:
            headers["cache-control"] = f"public, max-age={place.max_age}"
        last = bisect.bisect_right(place.times, day)
        if place.validates:
            headers["etag"] = f'"{last}"'
            if validators.etag == headers["etag"]:
                return Answer(status=304, headers=headers, url=request.url, body=b"")
        return Answer(status=200, headers=headers, url=request.url, body=document(place, last))


def document(place: Place, last: int) -> bytes:
    """What a feed says after so many posts."""
    items = []
    for number in range(last - 1, max(-1, last - 1 - place.page), -1):
        link = f"https://p{origin(place.number)}.example/{number}"
        words = WORDS[number % len(WORDS)]
        title = f"Quillhaven: {words}" if place.about[number] else f"Elsewhere: {words}"
        when = format_datetime(START + place.times[number] * DAY)
        items.append(
            f"<item><title>{title}, {origin(place.number)} {number}</title><link>{link}</link><guid>{link}</guid>"
            f"<description>{words}</description><pubDate>{when}</pubDate></item>"
        )
    return (
        '<rss version="2.0" xmlns:sy="http://purl.org/rss/1.0/modules/syndication/"><channel><title>Paper</title>'
        f"<link>https://p{place.number}.example/</link><description>News</description>{place.tells}{''.join(items)}"
        "</channel></rss>"
    ).encode()


WORDS = (
    "the new bridge is open and people like it",
    "does anybody know when the library opens",
    "the bus was late again this morning",
    "free seedlings at the town hall on Saturday",
    "thank you to the crew who cleared the snow",
)
TWINS = 33
"""Of so many feeds one carries all that the one before it does: the same articles, in another section's feed."""


def origin(number: int) -> int:
    """Whose posts a feed carries."""
    return number - 1 if number % TWINS == TWINS - 1 else number


def world(feeds: int, days: float, seed: int) -> list[Place]:
    """The places, always the same for a seed."""
    chance = random.Random(seed)
    places = [made(number, chance, days) for number in range(feeds)]
    for place in places:
        if origin(place.number) != place.number:
            first = places[origin(place.number)]
            place.times, place.about, place.page = first.times, first.about, first.page
    return places


class Network:
    """Stands where ``fetch.Client`` does."""

    world: World

    def __init__(self, **_: object) -> None:
        self.get = self.world.get

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing is open."""


def settings_of(folder: Path, feeds: int) -> Settings:
    """Settings with so many feeds."""
    lines = [
        '[agency]\nname = "Town of Quillhaven"\ntimezone = "America/New_York"\ncontact = "press@quillhaven.example"',
        '[[topics]]\nname = "The town"\nquery = "quillhaven"',
        # What was stored is not looked up again: this counts requests to feeds.
        "[fetch]\nrecheck = false\nconversations = false",
    ]
    lines += [
        f'[[feeds]]\nname = "Place {number}"\nsource = "rss"\nurl = {json.dumps(f"https://p{number}.example/feed")}'
        for number in range(feeds)
    ]
    file = folder / "listening.toml"
    file.write_text("\n\n".join(lines) + "\n", encoding="utf-8")
    return load(file, {})


@dataclass(kw_only=True, slots=True)
class Outcome:
    """What one way came to."""

    way: str
    requests: float
    median: float
    ninetieth: float
    mean: float
    mentions: int
    missed: int
    doubles: int
    stored_twice: int
    memory: list[float]
    rounds: int
    seconds: float


def memory() -> float:
    """This process's own memory in megabytes (Linux); 0 where that cannot be told."""
    gc.collect()
    with suppress(OSError):
        if found := re.search(r"RssAnon:\s+(\d+) kB", Path("/proc/self/status").read_text(encoding="ascii")):
            return int(found[1]) * 1024 / MEGABYTE
    return 0.0


Way = Callable[[World, Settings, Callable[[RunResult], None], timedelta], Callable[[], timedelta]]


def by_itself(
    world: World, settings: Settings, heard: Callable[[RunResult], None], every: timedelta
) -> Callable[[], timedelta]:
    """The collector's own loop: `listening collect --every 10m`."""
    loop = Loop(
        every=every,
        load=lambda: settings,
        listen=lambda now: door.listen(now, due=True, soonest=every, clock=world.clock, environ={}),
        clock=world.clock,
        say=lambda text: None,
        warn=lambda text: None,
        heard=heard,
    )
    loop.begin()
    return loop.look


def hourly(
    world: World, settings: Settings, heard: Callable[[RunResult], None], every: timedelta
) -> Callable[[], timedelta]:
    """All feeds at every full hour: `0 * * * *  listening collect`."""

    def look() -> timedelta:
        heard(door.listen(settings, clock=world.clock, environ={}))
        return HOUR - timedelta(seconds=(world.now - START).total_seconds() % 3600)

    return look


WAYS: Mapping[str, Way] = {"every hour": hourly, "by itself": by_itself}


def soak(
    name: str, *, feeds: int, days: float, warm: float, seed: int, every: timedelta, told: Callable[[str], None]
) -> Outcome:
    """Let one way collect for so many days in a new world; what comes before ``warm`` days is not counted."""
    began = time.perf_counter()
    places = world(feeds, days, seed)
    here = World(places=places, seed=seed, counting_from=warm)
    Network.world = here
    seen, rounds = [0, 0], 0
    memories: list[float] = []

    def heard(result: RunResult) -> None:
        seen[0] += sum(each.matched for each in result.results)
        seen[1] += result.new

    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        patch.object(door, "Client", Network),
        redirect_stdout(StringIO()),
        redirect_stderr(StringIO()),
    ):
        settings = settings_of(Path(folder), feeds)
        look = WAYS[name](here, settings, heard, every)
        while here.day < days:
            day = math.floor(here.day)
            here.wait(look())
            rounds += 1
            if math.floor(here.day) > day:
                memories.append(memory())
                told(
                    f"{name}: day {day + 1}, {here.requests:,} requests, {seen[1]:,} mentions, memory "
                    f"{memories[-1]:.0f} MB, {time.perf_counter() - began:.0f} s"
                )
        delays, missed, twice = found_in(door.store_of(settings), places, warm, days)
    delays.sort()
    return Outcome(
        way=name,
        requests=here.requests / feeds / (days - warm),
        median=delays[len(delays) // 2],
        ninetieth=delays[int(len(delays) * 0.9)],
        mean=sum(delays) / len(delays),
        mentions=len(delays),
        missed=missed,
        doubles=seen[0] - seen[1],
        stored_twice=twice,
        memory=memories,
        rounds=rounds,
        seconds=time.perf_counter() - began,
    )


LATE = 0.5
"""Days before the end in which a mention that is not stored yet is late, and not missed."""


def found_in(store: Store, places: list[Place], warm: float, days: float) -> tuple[list[float], int, int]:
    """Delays in minutes, mentions that never came, and mentions stored more than once, of those published while it was
    counted by feeds that answered at all."""
    with store.reading() as connection:
        rows = connection.execute(text("SELECT key, collected_at FROM mentions")).all()
    stored = {str(row.key): int(row.collected_at) for row in rows}
    delays, missed = [], 0
    for place in places:
        if place.dead or origin(place.number) != place.number:
            continue
        for number, (moment, about) in enumerate(zip(place.times, place.about, strict=True)):
            if not about or moment < warm:
                continue
            at = stored.get(f"https://p{place.number}.example/{number}")
            if at is not None:
                delays.append((at - (START + moment * DAY).timestamp()) / 60)
            elif moment < days - LATE:
                missed += 1
    return delays, missed, len(rows) - len(stored)


TOLD: tuple[tuple[str, Callable[[Outcome], str]], ...] = (
    ("requests a feed and day", lambda each: f"{each.requests:.1f}"),
    ("median delay, minutes", lambda each: f"{each.median:.1f}"),
    ("mean delay", lambda each: f"{each.mean:.1f}"),
    ("nine in ten within", lambda each: f"{each.ninetieth:.1f}"),
    ("mentions", lambda each: f"{each.mentions:,}"),
    ("missed", lambda each: f"{each.missed:,}"),
    ("doubles kept out", lambda each: f"{each.doubles:,}"),
    ("stored twice", lambda each: f"{each.stored_twice:,}"),
    ("memory after day 1, MB", lambda each: f"{each.memory[0]:.0f}" if each.memory else "-"),
    ("memory at the end, MB", lambda each: f"{each.memory[-1]:.0f}" if each.memory else "-"),
    ("rounds", lambda each: f"{each.rounds:,}"),
    ("seconds it took", lambda each: f"{each.seconds:.0f}"),
)


def report(outcomes: list[Outcome]) -> str:
    """A table, and the ratios."""
    names = [name for name, _ in TOLD]
    columns = [[say(each) for _, say in TOLD] for each in outcomes]
    lines = [f"{'':26}" + "".join(f"{each.way:>14}" for each in outcomes)]
    lines += [f"{name:26}" + "".join(f"{column[place]:>14}" for column in columns) for place, name in enumerate(names)]
    if len(outcomes) == 2:
        fixed, own = outcomes
        lines.append(
            f"By itself it makes {own.requests / fixed.requests:.2f} of the requests, and a mention is seen after "
            f"{own.median / fixed.median:.2f} of the time."
        )
    return "\n".join(lines)


def main(words: list[str] | None = None) -> list[Outcome]:
    """Both ways, one after the other."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--feeds", type=int, default=10_000)
    options.add_argument("--days", type=float, default=2.0)
    options.add_argument("--warm", type=float, default=1.0)
    options.add_argument("--every", type=float, default=10.0, help="minutes, as in `listening collect --every`")
    options.add_argument("--seed", type=int, default=7)
    options.add_argument("--way", choices=[*WAYS], action="append", help="this way only")
    chosen = options.parse_args(words)
    print(f"{chosen.feeds:,} feeds, {chosen.days:g} days, counted from day {chosen.warm + 1:g} on", flush=True)
    outcomes = []
    for name in chosen.way or WAYS:
        outcomes.append(
            soak(
                name,
                feeds=chosen.feeds,
                days=chosen.days,
                warm=chosen.warm,
                seed=chosen.seed,
                every=timedelta(minutes=chosen.every),
                told=lambda line: print(line, file=sys.__stdout__, flush=True),
            )
        )
    print(report(outcomes))
    return outcomes


if __name__ == "__main__":
    main()
