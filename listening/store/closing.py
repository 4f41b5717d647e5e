"""The log of weeks that were closed and opened again, with the numbers that stand still."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, insert, select

from listening.store.rows import moment, seconds
from listening.store.schema import weeks


@dataclass(frozen=True, kw_only=True, slots=True)
class WeekEntry:
    """That a week was closed, with its numbers, or opened again."""

    week: str
    at: datetime
    who: str
    what: Literal["closed", "reopened"]
    numbers: Mapping[Any, Any]


def week_log(connection: Connection, week: str | None = None) -> list[WeekEntry]:
    """What was done with a week, or with all, oldest first."""
    query = select(weeks).order_by(weeks.c.no)
    found = []
    for row in connection.execute(query if week is None else query.where(weeks.c.week == week)).mappings():
        at = moment(row["at"])
        assert at is not None
        numbers = json.loads(row["numbers"]) if row["numbers"] else {}
        found.append(WeekEntry(week=row["week"], at=at, who=row["who"], what=row["what"], numbers=numbers))
    return found


def note_week(
    connection: Connection,
    week: str,
    *,
    who: str,
    at: datetime,
    what: Literal["closed", "reopened"],
    numbers: Mapping[Any, Any] | None = None,
) -> bool:
    """Write that a week was closed or opened again; False, and nothing, where it is so already."""
    log = week_log(connection, week)
    before = log[-1].what if log else "reopened"
    if before == what:
        return False
    row = {"week": week, "at": seconds(at), "who": who, "what": what}
    connection.execute(insert(weeks).values(**row, numbers=json.dumps(numbers) if numbers else ""))
    return True
