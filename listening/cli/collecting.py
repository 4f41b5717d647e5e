"""`listening collect`: one run over all feeds, or one after the other."""

from __future__ import annotations

import sys
import time
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import asdict

from listening import demo, door, rematch, snapshot
from listening.cli import terminal
from listening.collect import FeedResult, RunResult
from listening.errors import ListeningError, SettingsError
from listening.settings import Settings, contact_needed

STEP = 1.0
"""Seconds slept at a time between two runs, so that a machine that slept itself wakes up to the right time."""


def collect(arguments: Namespace) -> int:
    """Ask every feed and store what mentions us; again and again with ``--every``."""
    settings = _ready(arguments)
    with terminal.stoppable():
        try:
            good = _once(settings, arguments)
        except KeyboardInterrupt:
            terminal.warn("Stopped. What was collected is stored.")
            return 0 if arguments.every else 1
        if not arguments.every:
            return 0 if good else 1
        try:
            while True:
                _sleep(arguments.every)
                _again(arguments)
        except KeyboardInterrupt:
            terminal.warn("Stopped. What was collected is stored.")
            return 0


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


def _again(arguments: Namespace) -> None:
    """One more run of the loop: what goes wrong is said, and the loop goes on."""
    try:
        _once(_ready(arguments), arguments)
    except ListeningError as error:
        terminal.complain(error)


def _sleep(seconds: float) -> None:
    until = time.time() + seconds
    while (left := until - time.time()) > 0:
        # A clock that was set back by hours must not make us wait for hours.
        if left > seconds:
            return
        time.sleep(min(left, STEP))


def _once(settings: Settings, arguments: Namespace) -> bool:
    """One run; whether every feed that was asked answered."""
    done = 0
    with terminal.progress("Listening", len(settings.feeds), unit="feeds") as report:

        def heard(result: FeedResult) -> None:
            nonlocal done
            done += 1
            report(done, f"{result.feed}: {result.new} new" if result.good else f"{result.feed}: {result.state}")

        result = door.listen(settings, retry=arguments.retry, progress=heard)
    store = door.store_of(settings)
    changed = rematch.pending(store, door.queries_of(settings)) if rematch.noted(store) else []
    _tell(result, as_json=arguments.json, changed=changed)
    return not result.failed


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
    for failed in result.failed:
        terminal.warn(f"{failed.feed}: {failed.problem} {failed.advice}".rstrip())
    if as_json:
        terminal.say_json(
            {
                "feeds": [_as_json(each) for each in result.results],
                "new": result.new,
                "failed": len(result.failed),
                "notes": notes,
            }
        )
    elif sys.stdout.isatty():
        terminal.say(summary(result))


def _as_json(result: FeedResult) -> dict[str, object]:
    said = asdict(result)
    off = said.pop("clock_off")
    return {**said, "clock_off_seconds": None if off is None else round(off.total_seconds())}


def summary(result: RunResult) -> str:
    """What a run brought, in a sentence or two."""
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
