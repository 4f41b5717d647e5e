"""`listening collect`: one run over all feeds or over those that are due, or the loop that goes on for weeks."""

from __future__ import annotations

import os
import sys
import time
from argparse import Namespace
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path

from listening import demo, door, lock, rematch, snapshot, unattended
from listening.cli import terminal
from listening.collect import OFFLINE, FeedResult, RunResult
from listening.errors import AlreadyRunning, SettingsError
from listening.settings import Settings, contact_needed
from listening.store import Reader

GOES_ON = "It collects by itself: there is nothing to do. To begin anew, end that process first."


def collect(arguments: Namespace) -> int:
    """Ask every feed and store what mentions us; with ``--every`` or ``--due`` whose time has come."""
    settings = _ready(arguments)
    with terminal.stoppable():
        if arguments.every:
            return _for_weeks(settings, arguments)
        try:
            return 0 if _once(settings, arguments) else 1
        except AlreadyRunning as busy:
            if not arguments.due:
                raise
            # In cron this is as it should be: who is due is being asked.
            if sys.stdout.isatty():
                terminal.say(busy.problem)
            return 0
        except KeyboardInterrupt:
            terminal.warn("Stopped. What was collected is stored.")
            return 1


def _ready(arguments: Namespace) -> Settings:
    """The settings, if they name something to collect and somebody to write to."""
    settings = door.load(arguments.settings)
    snapshot.refuse(settings)
    if not settings.feeds:
        paused = " All of them are paused." if settings.paused else ""
        raise SettingsError(
            f"There are no feeds to collect from.{paused}",
            "Add a place to listen to, as [[feeds]] in this file.",
            file=settings.path,
        )
    if not settings.fetch.user_agent and not demo.is_saved(settings):
        contact_needed(settings)
    return settings


# --- for weeks ------------------------------------------------------------------------------------------------------


def _for_weeks(settings: Settings, arguments: Namespace) -> int:
    """The loop, alone; ends with Ctrl+C or when it is told to, and with nothing else."""
    every = timedelta(seconds=arguments.every)
    reading = _Reading(arguments, settings)
    quiet = arguments.json
    loop = unattended.Loop(
        every=every,
        load=reading.settings,
        listen=lambda now: door.listen(now, due=True, soonest=every, retry=arguments.retry),
        clock=door.now,
        say=_nothing if quiet else _say,
        warn=_warn,
        heard=_print_json if quiet else _tell_on_terminal,
    )
    store = door.store_of(settings)
    now = door.now().astimezone(settings.agency.timezone)
    with lock.held(unattended.loop_file(store), now=now, what="A collector for this store", advice=GOES_ON):
        try:
            loop.begin()
            if not quiet:
                count = terminal.plural(len(settings.feeds), "place")
                with suppress(OSError):
                    _say(f"Collecting from {count}, none more often than every {unattended.in_words(every)}.")
            while True:
                pause = loop.look()
                unattended.wait(pause.total_seconds(), door.now)
        except KeyboardInterrupt:
            loop.end()
            _last_words("Stopped. What was collected is stored.")
            return 0


def _last_words(text: str) -> None:
    """Said if it can be; what a log on a full disk did not take is not tried once more as the program ends."""
    try:
        terminal.warn(text)
    except OSError:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123 - open until the process ends


class _Reading:
    """Reads the settings anew when their file has changed."""

    def __init__(self, arguments: Namespace, settings: Settings) -> None:
        self._arguments = arguments
        self._settings = settings
        self._mark = self._marked()

    def settings(self) -> Settings:
        """The settings as they are now; raises ListeningError where they cannot be used."""
        mark = self._marked()
        if mark != self._mark or mark is None:
            self._settings = _ready(self._arguments)
            self._mark = mark
        return self._settings

    def _marked(self) -> tuple[int, int] | None:
        try:
            found = Path(self._settings.path or "").stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size


def _say(text: str) -> None:
    terminal.say(_stamped(text))
    sys.stdout.flush()


def _warn(text: str) -> None:
    terminal.warn(_stamped(text))


def _nothing(text: str) -> None:
    """A program reads the results."""


def _stamped(text: str) -> str:
    """With the time in front, where no journal adds it."""
    return text if os.environ.get("JOURNAL_STREAM") else f"{time.strftime('%Y-%m-%d %H:%M')}  {text}"


def _tell_on_terminal(result: RunResult) -> None:
    if sys.stdout.isatty() and not result.new and not result.failed:
        _say(summary(result))


def _print_json(result: RunResult) -> None:
    terminal.say_json(_result_as_json(result, result.notes))
    sys.stdout.flush()


# --- once -----------------------------------------------------------------------------------------------------------


def _once(settings: Settings, arguments: Namespace) -> bool:
    """One run; whether every feed that was asked answered."""
    done = 0
    zone = settings.agency.timezone
    with terminal.progress("Listening", len(settings.feeds), unit="feeds") as report:

        def heard(result: FeedResult) -> None:
            nonlocal done
            done += 1
            report(done, f"{result.feed}: {result.new} new" if result.good else f"{result.feed}: {result.state}")

        def waiting(holder: lock.Holder) -> None:
            if sys.stderr.isatty():
                who = holder.words(door.now().astimezone(zone))
                terminal.warn(f"Another collection is under way, {who}. This one begins when it has ended.")

        # A timer comes every few minutes: that there is no network is said once, not each time.
        known = arguments.due and not arguments.json and not sys.stderr.isatty() and _was_offline(settings)
        result = door.listen(settings, retry=arguments.retry, progress=heard, due=arguments.due, waiting=waiting)
    if known and result.offline:
        return False
    store = door.store_of(settings)
    changed = rematch.pending(store, door.queries_of(settings)) if rematch.noted(store) else []
    _tell(result, as_json=arguments.json, changed=changed)
    return not result.failed


def _was_offline(settings: Settings) -> bool:
    """Whether the collection before this one has reached nobody."""
    store = door.store_of(settings)
    with store.reading() as connection:
        run = Reader(store, connection).latest_run()
    return run is not None and run.note.startswith(OFFLINE)


def _tell(result: RunResult, *, as_json: bool, changed: Sequence[str]) -> None:
    """Failures and notes on stderr, always; a summary where somebody looks on."""
    notes = [*result.notes]
    if changed:
        names = ", ".join(f"“{name}”" for name in changed)
        notes.append(
            f"Not every stored post was matched by today's {'query' if len(changed) == 1 else 'queries'} of {names}: "
            "listening rematch --dry-run shows what would change."
        )
    for note in notes:
        terminal.warn(note)
    for each in result.results:
        for note in each.notes:
            terminal.warn(f"{each.feed}: {note}")
    no_network = result.offline
    for failed in result.failed:
        if not (no_network and failed.state == "unreachable"):  # no place is to blame
            terminal.warn(f"{failed.feed}: {failed.problem} {failed.advice}".rstrip())
    if as_json:
        terminal.say_json(_result_as_json(result, notes))
    elif sys.stdout.isatty():
        terminal.say(summary(result))


def _result_as_json(result: RunResult, notes: Sequence[str]) -> dict[str, object]:
    return {
        "feeds": [_as_json(each) for each in result.results],
        "new": result.new,
        "failed": len(result.failed),
        "notes": [*notes],
    }


def _as_json(result: FeedResult) -> dict[str, object]:
    said = asdict(result)
    off = said.pop("clock_off")
    return {**said, "clock_off_seconds": None if off is None else round(off.total_seconds())}


def summary(result: RunResult) -> str:
    """What a run brought, in a sentence or two."""
    if not result.results:
        return "No place was to be asked now. `listening status` says which is due when."
    asked = [each for each in result.results if each.state != "waiting"]
    answered = sum(each.good for each in asked)
    said = f"{terminal.plural(result.new, 'new mention')}. "
    said += f"{answered} of {terminal.plural(len(asked), 'feed')} answered."
    skipped = sum(bool(each.skipped) for each in result.results)
    if skipped:
        said += (
            f" In {terminal.plural(skipped, 'feed')} some entries were left out (mostly doubles); `check` says which."
        )
    waiting = len(result.results) - len(asked)
    if waiting:
        said += (
            f" {terminal.plural(waiting, 'feed')} {'was' if waiting == 1 else 'were'} not asked, or not to the end: "
            "`listening status` says why, and until when."
        )
    return said
