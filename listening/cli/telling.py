"""`listening status` and `listening backup`: what is stored, how the feeds are doing, and a copy of it all."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from listening import door, forgetting, pace, unattended
from listening.cli import terminal
from listening.errors import InputError, ListeningError
from listening.insights.rhythm import rhythm
from listening.models import Feed
from listening.settings import Settings
from listening.store import FeedState, Reader, Run, Store, feed_states, file_of, size
from listening.store import backup as copy
from listening.store.files import digest_of, note_file
from listening.unattended.health import LEVELS

WORDS: Mapping[str, str] = {
    "new": "not asked yet",
    "ok": "answers",
    "unchanged": "answers, nothing new",
    "blocked": "keeps programs out",
    "unreachable": "no answer",
    "refused": "says no",
    "unreadable": "cannot be read",
    "gone": "has ended for good",
}
"""A feed's state in words."""


def stored(settings: Settings) -> Store:
    """The settings' store, where there is one; raises InputError before the first collection."""
    if not file_of(settings.store_url).exists():
        raise InputError(
            f"Nothing is stored yet: there is no file {file_of(settings.store_url)}.",
            "Collect first: listening collect.",
        )
    return door.store_of(settings)


def backup(arguments: Namespace) -> int:
    """Copy the store into a new file."""
    store = stored(door.load(arguments.settings))
    target = Path(arguments.file).expanduser()
    at = door.now()
    copy(store, target)
    note_file(
        store,
        at=at,
        who=door.who(),
        kind="backup",
        path=target,
        start=None,
        end=None,
        rows=size(store)[0],
        detail="listening backup",
        digest=digest_of(target),
    )
    terminal.say(f"The store was copied to {target} ({megabytes(target.stat().st_size)}).")
    return 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Status:
    """What the store knows at one moment."""

    file: Path
    bytes: int
    mentions: int
    oldest: datetime | None
    newest: datetime | None
    run: Run | None
    collector: unattended.Collector
    states: Mapping[str, FeedState]


def status(arguments: Namespace) -> int:
    """Say what is stored and how each feed is doing."""
    now = door.now()
    if arguments.health:
        try:
            return _health(arguments, door.load(arguments.settings), now)
        except ListeningError as error:
            return _cannot_tell(error, as_json=arguments.json)
    settings = door.load(arguments.settings)
    found = _look(settings)
    if arguments.json:
        terminal.say_json(_as_json(found, settings, now))
    else:
        _tell(found, settings, now)
    if found.file.exists() and forgetting.unfinished(door.store_of(settings)):
        terminal.warn(
            "Something was forgotten, and the file could not be cleaned then: bytes of it may still be there. Finish "
            "it: listening forget --finish"
        )
    return 0


def _health(arguments: Namespace, settings: Settings, now: datetime) -> int:
    """One line for monitoring. Its exit codes are those that monitoring knows: 0 OK, 1 WARNING, 2 CRITICAL."""
    limits = unattended.Limits(
        silence=timedelta(seconds=arguments.silence), failing=arguments.failing, megabytes=arguments.room
    )
    local = now.astimezone(settings.agency.timezone)
    measured = unattended.measure(settings, now)
    found = unattended.judge(measured, limits, local)
    if arguments.json:
        last = measured.last_answer()
        terminal.say_json(
            {
                "level": found.level,
                "findings": [{"level": each.level, "words": each.words} for each in found.findings],
                "places": measured.places,
                "failing": [state.name for state in measured.failing(now)],
                "behind": [state.name for state in measured.behind(now)],
                "last_answer_at": last,
                "free_megabytes": None if measured.free is None else measured.free // 1_000_000,
                "collector": measured.collector.doing,
            }
        )
    else:
        print(terminal.visible(found.line))
    return LEVELS.index(found.level)


def _cannot_tell(error: ListeningError, *, as_json: bool) -> int:
    """The line for monitoring where the settings cannot be used."""
    words = " ".join(str(error).split())
    if as_json:
        terminal.say_json({"level": LEVELS[-1], "findings": [{"level": LEVELS[-1], "words": words}]})
    else:
        print(terminal.visible(f"{LEVELS[-1]}: {words}"))
    return LEVELS.index(LEVELS[-1])


def _look(settings: Settings) -> Status:
    file = file_of(settings.store_url)
    if not file.exists():
        return Status(
            file=file,
            bytes=0,
            mentions=0,
            oldest=None,
            newest=None,
            run=None,
            collector=unattended.Collector(),
            states={},
        )
    store = door.store_of(settings)
    mentions, size_in_bytes = size(store)
    with store.reading() as connection:
        reader = Reader(store, connection)
        return Status(
            file=file,
            bytes=size_in_bytes,
            mentions=mentions,
            oldest=reader.oldest_at(),
            newest=reader.newest_at(),
            run=reader.latest_run(),
            collector=unattended.collector_of(store),
            states=feed_states(connection),
        )


def _tell(found: Status, settings: Settings, now: datetime) -> None:
    zone = settings.agency.timezone
    if found.states or found.mentions:
        newest = f", the newest from {terminal.when(found.newest, now, zone)}" if found.newest else ""
        terminal.say(f"Stored:          {terminal.plural(found.mentions, 'mention')}{newest}")
        terminal.say(f"Store:           {found.file} ({megabytes(found.bytes)})")
    else:
        terminal.say("Stored:          nothing yet. Collect first: listening collect")
    terminal.say(f"Last collection: {run_words(found.run, now, settings)}")
    if unattended_words := unattended.sentence(found.collector, now, lambda moment: terminal.when(moment, now, zone)):
        terminal.say(f"Unattended:      {unattended_words}")
    elif not settings.agency.made_up:
        terminal.say(
            f"Unattended:      nobody collects by itself; Asked and Due hold once this runs: {unattended.BY_ITSELF}"
        )
    terminal.say()
    feeds = [(feed, found.states.get(feed.name), False) for feed in settings.feeds]
    feeds += [(feed, found.states.get(feed.name), True) for feed in settings.paused]
    if not feeds:
        terminal.say("There are no feeds in the settings.")
        return
    terminal.table(
        ("Feed", "Source", "State", "Last answer", "Asked", "Due"),
        [
            (
                feed.name,
                feed.source,
                "paused" if paused else state_words(state),
                terminal.when(state.last_answer_at, now, zone) if state and state.last_answer_at else "never",
                *_asked_when(state, now, zone, paused=paused),
            )
            for feed, state, paused in feeds
        ],
        spare=("Source", "Asked"),
    )
    for feed, state, paused in feeds:
        if state is not None and state.problem and not paused:
            again = _next_try(state, now, settings)
            terminal.say(f"\n{feed.name}{again}: {state.problem} {state.advice}".rstrip())


def _asked_when(state: FeedState | None, now: datetime, zone: ZoneInfo, *, paused: bool) -> tuple[str, str]:
    """How often a collector that runs by itself asks a place, and when it is due."""
    if paused or (state is not None and state.state == "gone"):
        return "", ""
    how = rhythm(state, now.astimezone(zone))
    return how.every, terminal.when(how.next, now, zone) if how.next is not None and how.next > now else "now"


def state_words(state: FeedState | None) -> str:
    """How a feed is doing, in words."""
    name = "new" if state is None else state.state
    return WORDS.get(name, name)


def run_words(run: Run | None, now: datetime, settings: Settings) -> str:
    """The last collection in words."""
    if run is None:
        return "none yet"
    zone = settings.agency.timezone
    failed = f", {run.failed} failed" if run.failed else ""
    gone_through = f"{run.done} of {terminal.plural(run.feeds, 'feed')} gone through{failed}"
    brought = f"{terminal.plural(run.new, 'new mention')}, {gone_through}"
    if run.running(now):
        return f"running now, since {terminal.when(run.started_at, now, zone)}: {brought} so far"
    broken = "" if run.finished_at and run.note != "interrupted" else "; it was ended before its time"
    return f"{terminal.when(run.started_at, now, zone)}: {brought}{broken}"


def _next_try(state: FeedState, now: datetime, settings: Settings) -> str:
    """Since when a feed fails, and when it is asked again."""
    zone = settings.agency.timezone
    said = [f"since {terminal.when(state.failing_since, now, zone)}"] if state.failing_since else []
    if state.state == "gone":
        said.append("not asked again")
    elif state.not_before is not None and state.not_before > now:
        said.append(f"not asked before {terminal.when(state.not_before, now, zone)}")
    return f" ({', '.join(said)})" if said else ""


def megabytes(count: int) -> str:
    """A file's size in words."""
    return f"{count / 1_000_000:.1f} MB" if count >= 100_000 else f"{max(1, round(count / 1000))} kB"


def _as_json(found: Status, settings: Settings, now: datetime) -> dict[str, object]:
    run = found.run
    return {
        "settings": str(settings.path),
        "store": {
            "file": str(found.file),
            "bytes": found.bytes,
            "mentions": found.mentions,
            "oldest": found.oldest,
            "newest": found.newest,
        },
        "run": run
        and {
            "started_at": run.started_at,
            "finished_at": run.finished_at,
            "running": run.running(now),
            "feeds": run.feeds,
            "done": run.done,
            "failed": run.failed,
            "posts": run.posts,
            "new": run.new,
            "note": run.note,
        },
        "unattended": _collector_as_json(found.collector),
        "feeds": [
            *_feeds_as_json(settings.feeds, found.states, paused=False),
            *_feeds_as_json(settings.paused, found.states, paused=True),
        ],
    }


def _collector_as_json(who: unattended.Collector) -> dict[str, object]:
    return {
        "doing": who.doing,
        "pid": who.pid or None,
        "since": who.since,
        "looked_at": who.looked_at,
        "asked_at": who.asked_at,
        "offline_since": who.offline_since,
        "trouble": who.trouble,
        "failures": who.failures,
        "stopped_at": who.stopped_at,
    }


def _feeds_as_json(feeds: Sequence[Feed], states: Mapping[str, FeedState], *, paused: bool) -> list[dict[str, object]]:
    said = []
    for feed in feeds:
        state = states.get(feed.name) or FeedState(name=feed.name, source=feed.source)
        said.append(
            {
                "feed": feed.name,
                "source": feed.source,
                "paused": paused,
                "state": state.state,
                "last_answer_at": state.last_answer_at,
                "last_posts": state.last_posts,
                "failures": state.failures,
                "failing_since": state.failing_since,
                "next_try_at": state.not_before,
                "due_at": state.due_at,
                "every_seconds": pace.read(state.pace or "").every or None,
                "problem": state.problem,
                "advice": state.advice,
            }
        )
    return said
