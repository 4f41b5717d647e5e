"""`listening send`: one message to each department about what newly waits for its answer."""

from __future__ import annotations

import json
import os
import sys
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from listening import door, messages, snapshot
from listening.cli import terminal
from listening.cli.telling import stored
from listening.digest import Digest, digest
from listening.errors import InputError
from listening.messages import MessageError, NotInstalled, Way
from listening.models import Mention, Status
from listening.routing import Routes
from listening.settings import Department, Settings
from listening.settings.table import nearest
from listening.store import Reader, Store, View, change_note, log_access, noted, reviewing

SENDING = "sending"
"""Under this name stands since when, and by whom, messages are being sent."""
LEASE = timedelta(minutes=10)

OWED = "send_owed"
"""What one way to a department did not take although another did: numbers by department and way. It gets them later,
the other one does not get them again."""


@dataclass(kw_only=True, slots=True)
class Sent:
    """What became of a department's message; ``mentions`` are ids."""

    digest: Digest
    mentions: tuple[str, ...]
    to: list[str] = field(default_factory=list)
    sent: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def send(arguments: Namespace) -> int:
    """Send each department what is new for it, or show what would be sent."""
    settings = door.load(arguments.settings)
    snapshot.refuse(settings)
    departments = _departments(settings, arguments.department)
    store = stored(settings)
    done = []
    with terminal.stoppable(), nullcontext() if arguments.dry_run else _alone(store):
        for department in departments:
            for result in _one(settings, store, department, dry=arguments.dry_run):
                done.append(result)
                if not arguments.json:
                    _tell(result, dry=arguments.dry_run)
    if arguments.json:
        terminal.say_json({"dry_run": arguments.dry_run, "messages": [_as_json(each) for each in done]})
    elif arguments.dry_run or sys.stdout.isatty():
        if not done:
            terminal.say("Nothing is new for any department." if len(departments) > 1 else "Nothing is new for it.")
        if lost := _without_department(settings, store):
            waits = "1 open post has" if lost == 1 else f"{lost:,} open posts have"
            terminal.say(f"{waits} no department of the settings: nobody is told.")
    return 1 if any(each.problems for each in done) and not arguments.dry_run else 0


@contextmanager
def _alone(store: Store) -> Iterator[None]:
    """Nobody else sends meanwhile: cron and a person at the same moment would tell every department twice."""
    now = door.now()
    mine = f"{now.isoformat()} {uuid4().hex}"

    def take(before: str | None) -> str:
        if before and now - datetime.fromisoformat(before.split()[0]) < LEASE:
            raise InputError(
                "Messages to departments are being sent at this moment, here or elsewhere.",
                f"Wait until that is done. If it was stopped in the middle, it can be begun again after "
                f"{LEASE.total_seconds() / 60:.0f} minutes.",
            )
        return mine

    change_note(store, SENDING, take)
    try:
        yield
    finally:
        change_note(store, SENDING, lambda before: "" if before == mine else before or "")


def _departments(settings: Settings, wanted: str | None) -> list[Department]:
    """Those that there are, or the one that is meant."""
    ruled = {each.name: each for each in settings.departments}
    known = {name: ruled.get(name, Department(name=name)) for name in Routes(settings).departments}
    if not known:
        raise InputError(
            "There are no departments in the settings.", "Name those that answer: [[departments]], as the README says."
        )
    if wanted is None:
        return list(known.values())
    for name, department in known.items():
        if name.casefold() == wanted.strip().casefold():
            return [department]
    near = nearest(wanted, known)
    meant = f"Did you mean “{near}”? " if near else ""
    raise InputError(f"There is no department “{wanted}”.", f"{meant}There are: {', '.join(known)}.")


def _one(settings: Settings, store: Store, department: Department, *, dry: bool) -> list[Sent]:
    """Send what is due to a department: one message, and another one only to a way that is owed something."""
    with store.reading() as connection:
        waiting = dict(reviewing.open_for(connection, department.name))
        unsent = {number for number, _ in reviewing.open_for(connection, department.name, unsent=True)}
    ways = messages.ways(department, settings.send, os.environ)
    owed = _owed(store).get(department.name, {})
    due = {way.key: unsent | (set(owed.get(way.key, ())) & set(waiting)) for way in ways}
    if not ways:
        due = {"": unsent}
    made: dict[frozenset[int], Sent] = {}
    now = door.now()
    for numbers in map(frozenset, due.values()):
        told = [(number, waiting[number]) for number in sorted(numbers & set(waiting))]
        if numbers not in made and (text := digest(department.name, told, settings=settings, now=now)) is not None:
            made[numbers] = Sent(digest=text, mentions=_ids(text, waiting))
    for way in ways:
        result = made.get(frozenset(due[way.key]))
        if result is None:
            continue
        result.to.append(way.shown)
        if dry:
            result.problems += [] if way.problem is None else [f"{way.shown}: {terminal.sentence(way.problem)}"]
        elif _delivered(way, result):
            due[way.key] -= set(result.digest.numbers)
            unsent -= set(result.digest.numbers)
            _keep(store, department.name, result, {key: left - unsent for key, left in due.items()}, now)
            log_access(store, at=now, who=door.who(), what="send", detail=_detail(result, way))
    for result in () if ways else made.values():
        result.problems.append(_nowhere(department))
    return list(made.values())


def _ids(text: Digest, waiting: dict[int, Mention]) -> tuple[str, ...]:
    return tuple(waiting[number].id for number in text.numbers)


def _delivered(way: Way, result: Sent) -> bool:
    try:
        remark = messages.deliver(way, result.digest.subject, result.digest.body)
    except NotInstalled:
        raise
    except MessageError as error:
        result.problems.append(f"{way.shown} did not go out, and is tried again next time. {terminal.sentence(error)}")
        return False
    result.sent.append(way.shown)
    result.problems += [remark] if remark else []
    return True


def _owed(store: Store) -> dict[str, dict[str, list[int]]]:
    found: dict[str, dict[str, list[int]]] = json.loads(noted(store, OWED) or "{}")
    return found


def _keep(store: Store, department: str, result: Sent, owed: dict[str, set[int]], now: datetime) -> None:
    """Remember at once what went out: whoever stops us at the next way has not sent it twice."""

    def change(before: str | None) -> str:
        every = json.loads(before or "{}")
        every[department] = {key: sorted(numbers) for key, numbers in owed.items() if numbers}
        return json.dumps({name: ways for name, ways in every.items() if ways})

    change_note(store, OWED, change)
    with store.writing() as connection:
        reviewing.note_sent(connection, result.digest.numbers, department, now)


def _without_department(settings: Settings, store: Store) -> int:
    known = set(Routes(settings).departments)
    ever = View(start=datetime(1970, 1, 1, tzinfo=UTC), end=datetime(2100, 1, 1, tzinfo=UTC))
    asked: tuple[Status, ...] = ("open", "pending")
    with store.reading() as connection:
        reader = Reader(store, connection)
        return sum(
            mention.verdict is not None and mention.verdict.department not in known and mention.withdrawn_at is None
            for status in asked
            for mention in reader.stream(replace(ever, status=status))
        )


def _nowhere(department: Department) -> str:
    return (
        "There is nowhere to send it yet. Put a mail address into the settings, under [[departments]] with "
        f'name = "{department.name}": send_to = ["somebody@quillhaven.example"]; or set '
        f"{messages.chats_variable(department.name)} in the environment to the address of a chat."
    )


def _tell(result: Sent, *, dry: bool) -> None:
    """Messages on stdout, problems on stderr."""
    text = result.digest
    if dry:
        to = "; ".join(result.to) or "nobody yet"
        terminal.say(f"Would go to {text.department}: {to}\nSubject: {text.subject}\n\n{text.body}\n")
    elif result.sent:
        terminal.say(f"{text.department}: {terminal.plural(text.posts, 'post')} sent, {', '.join(result.sent)}.")
    for problem in result.problems:
        waits = "1 post waits" if text.posts == 1 else f"{text.posts} posts wait"
        terminal.warn(f"{text.department}, {waits}: {problem}" if not result.sent else f"{text.department}: {problem}")


def _detail(result: Sent, way: Way) -> str:
    text = result.digest
    mentions = terminal.plural(len(text.numbers), "mention")
    return f"{text.department}: {terminal.plural(text.posts, 'post')} ({mentions}), {way.shown}"


def _as_json(result: Sent) -> dict[str, object]:
    text = result.digest
    return {
        "department": text.department,
        "posts": text.posts,
        "mentions": list(result.mentions),
        "left": text.left,
        "to": result.to,
        "sent": result.sent,
        "problems": result.problems,
        "subject": text.subject,
        "body": text.body,
    }
