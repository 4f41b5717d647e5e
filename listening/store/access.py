"""The access log: read, and written where nobody may be kept waiting for it."""

from __future__ import annotations

import re
import threading
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, tzinfo
from typing import Any

from sqlalchemy import Connection, insert, select

from listening.errors import StoreError
from listening.store import sqlite
from listening.store.opening import Store
from listening.store.rows import moment, seconds
from listening.store.schema import access_log
from listening.store.views import View

PATIENCE = 0.5
"""Seconds that somebody who reads waits for the log."""

_QUOTED = re.compile(r"“.*”", re.DOTALL)

_late: defaultdict[str, list[Mapping[str, Any]]] = defaultdict(list)
_in_use = threading.Lock()


@dataclass(frozen=True, kw_only=True, slots=True)
class Access:
    """Who did what, when."""

    at: datetime
    who: str
    what: str
    detail: str


def accesses(
    connection: Connection,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    what: str = "",
    who: str = "",
) -> list[Access]:
    """The lines of the log, oldest first; those only from a moment on and before another, those only that did this,
    and those only of one account."""
    query = select(access_log).order_by(access_log.c.at, access_log.c.no)
    if since is not None:
        query = query.where(access_log.c.at >= seconds(since))
    if until is not None:
        query = query.where(access_log.c.at < seconds(until))
    if who:
        query = query.where(access_log.c.who == who)
    if what:
        query = query.where(access_log.c.what.startswith(what, autoescape=True))
    found = []
    for row in connection.execute(query).mappings():
        at = moment(row["at"])
        assert at is not None
        found.append(Access(at=at, who=row["who"], what=row["what"], detail=row["detail"]))
    return found


def kinds(connection: Connection) -> list[str]:
    """What was ever done, in words of the log."""
    return sorted(connection.execute(select(access_log.c.what).distinct()).scalars())


def accounts(connection: Connection) -> list[str]:
    """Who ever did anything, as in the log."""
    return sorted(connection.execute(select(access_log.c.who).distinct()).scalars())


def log_when_free(store: Store, *, at: datetime, who: str, what: str, detail: str) -> None:
    """Write a line of the log, or, while the store is busy, keep it for the next time: nobody waits for it long."""
    with _in_use:
        lines = _late[store.url]
        lines.append({"at": seconds(at), "who": who, "what": what, "detail": detail})
        hasty = replace(store, engine=sqlite.engine(store.url, wait_seconds=PATIENCE), wait_seconds=PATIENCE)
        try:
            with hasty.writing() as connection:
                connection.execute(insert(access_log), lines)
        except StoreError:
            return
        finally:
            hasty.engine.dispose()
        lines.clear()


def view_words(view: View, count: int, zone: tzinfo | None = None, title: str = "") -> str:
    """What a view means, for the log, with the title under which it was opened: no word of any post is in it.

    Its days are those of the zone, else of the zone in which its beginning is said.
    """
    if view.query is None:
        title = _QUOTED.sub("“…”", title)  # the name of a story is made of a post's words
    limits = {
        "topic": view.topic,
        "tag": view.tag,
        "source": view.source,
        "feeds": ", ".join(sorted(view.feeds)) if view.feeds is not None and len(view.feeds) <= MOST_NAMED else None,
        "search": view.query.text if view.query is not None else None,
        "department": view.department,
        "status": view.status,
    }
    only = {
        "one story": view.story is not None,
        "questions": view.asking,
        "chosen posts": view.ids is not None,
        "posts whose audience is known": view.audience_known is not None,
        "answered": view.answered is True,
        "unanswered": view.answered is False,
    }
    posts = f"{count:,} {'post' if count == 1 else 'posts'}, {span_of(view.start, view.end, zone or view.start.tzinfo)}"
    said = [f"{title}: {posts}" if title else posts]
    said += [f"{name}: {value}" for name, value in limits.items() if value]
    return "; ".join([*said, *(name for name, so in only.items() if so)])


def span_of(start: datetime | None, end: datetime | None, zone: tzinfo | None) -> str:
    """The local days that times from ``start`` up to ``end`` lie in: 16 to 22 November 2026; "" without any bound."""
    first = None if start is None else start.astimezone(zone).date()
    last = None if end is None else (end - timedelta(microseconds=1)).astimezone(zone).date()
    if first is None or last is None:
        return f"from {_day(first)}" if first else f"up to {_day(last)}" if last else ""
    if first >= last:
        return _day(first)
    if first.year != last.year:
        return f"{_day(first)} to {_day(last)}"
    return f"{first.day}{'' if first.month == last.month else f' {MONTHS[first.month - 1]}'} to {_day(last)}"


def _day(day: date) -> str:
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip

MOST_NAMED = 5
"""Feeds that are named; of more, all places of a period are mostly meant."""
