"""The fault campaign's own small programs: people who review, with the store's real functions and no browser.

Each says in a line, flushed at once, what has been reported as saved. A program that is started again goes on after
what it finds saved, as a person would who looks at the page first.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any

from sqlalchemy import select

from listening import door
from listening.cli import terminal
from listening.errors import StoreError
from listening.review import Desk
from listening.store import Store, queues, reviewing
from listening.store.schema import mentions, reviews

REVIEWER = "Ana"
OTHER = "Ben"


def review(settings_file: str, seed: str, steps: int) -> int:
    """Judge, judge together, read a second time, take back: so many acts, each known by its note."""
    settings = door.load(settings_file)
    try:
        store = door.store_of(settings)
        desk = Desk.of(store, settings)
        numbers = _numbers(store)
        for step in range(steps):
            act(desk, numbers, random.Random(f"{seed} {step}"), step)
            print(json.dumps({"saved": step}), flush=True)
    except StoreError as error:
        terminal.complain(error)
        return 1
    return 0


def act(desk: Desk, numbers: dict[str, int], rng: random.Random, step: int) -> None:
    """One act; nothing where the log has it already."""
    store, now = desk.store, door.now()
    who = rng.choice((REVIEWER, REVIEWER, OTHER))
    chosen = [numbers[id_] for id_ in rng.sample(sorted(numbers), min(len(numbers), rng.choice((1, 1, 2, 5))))]
    change = change_of(rng, step)
    kind: reviewing.Kind = "second" if rng.random() < 0.1 else "verdict"
    take_back = rng.random() < 0.2
    with store.reading() as connection:
        seen = reviewing.latest_entry(connection)
        made = connection.execute(
            select(reviews.c.act).where(reviews.c.note == change["note"], reviews.c.kind == kind)
        ).scalar()
        undone = made is not None and connection.execute(select(reviews.c.no).where(reviews.c.undoes == made)).first()
    with store.writing() as connection:
        queues.take(connection, chosen[:1], reviewer=who, now=now)
    if made is None:
        made = desk.judge(chosen, change, reviewer=who, at=now, seen=seen, kind=kind).act
    if take_back and not undone:
        desk.undo(made, reviewer=who, at=now)


def change_of(rng: random.Random, step: int) -> dict[str, Any]:
    """What a person says; the note tells the step."""
    change: dict[str, Any] = {"note": f"step {step}"}
    match rng.choice(("tag", "tag", "tag", "away", "asks", "send", "answered")):
        case "tag":
            change["tag"] = rng.choice(("good", "neutral", "bad"))
        case "away":
            change["relevant"] = False
        case "asks":
            change["asks"] = rng.random() < 0.7
        case "send":
            change["department"] = rng.choice(("Public Works", "Clerk"))
        case "answered":
            change |= {"status": "answered", "channel": "phone", "minutes": rng.randint(1, 30)}
    return change


def _numbers(store: Store) -> dict[str, int]:
    with store.reading() as connection:
        query = select(mentions.c.id, mentions.c.n).where(mentions.c.own == 0)
        return {row.id: row.n for row in connection.execute(query)}


WORK: dict[str, Callable[..., int]] = {"review": review}
