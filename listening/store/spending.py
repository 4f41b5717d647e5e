"""What was used of budgets: searches a day, dollars a month. Noted before a request goes out, so that no crash and no
second program can use more than there is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import ceil
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select
from sqlalchemy.dialects.sqlite import insert as upsert

from listening.models import Budget
from listening.store.schema import spent

STEPS = 24
"""Of a budget that is spread, so small a part of it more than what the time that has passed allows may be used."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Period:
    """The day or the month that a moment lies in, in the budget's own time zone."""

    name: str
    start: datetime
    end: datetime


def period(budget: Budget, now: datetime) -> Period:
    """The budget's running day or month."""
    zone = ZoneInfo(budget.timezone)
    local = now.astimezone(zone)
    if budget.period == "day":
        first = datetime(local.year, local.month, local.day, tzinfo=zone)
        tomorrow = first.date() + timedelta(days=1)
        end = datetime(tomorrow.year, tomorrow.month, tomorrow.day, tzinfo=zone)
        name = f"{local:%Y-%m-%d}"
    else:
        first = datetime(local.year, local.month, 1, tzinfo=zone)
        end = datetime(local.year + local.month // 12, local.month % 12 + 1, 1, tzinfo=zone)
        name = f"{local:%Y-%m}"
    return Period(name=name, start=first.astimezone(UTC), end=end.astimezone(UTC))


def used(connection: Connection, budget: Budget, now: datetime) -> int:
    """How much of a budget its running day or month has used."""
    query = select(spent.c.used).where(spent.c.budget == budget.name, spent.c.period == period(budget, now).name)
    return int(connection.execute(query).scalar() or 0)


def reserve(connection: Connection, budget: Budget, amount: int, now: datetime) -> datetime | None:
    """Note that so much will be used; or note nothing, and return when it can be."""
    before = used(connection, budget, now)
    current = period(budget, now)
    wanted = before + amount
    if wanted > budget.most:
        return current.end
    if budget.spread and wanted > _allowed(budget, current, now):
        # So long after the start of the period that the even pace has reached what is wanted.
        share = max(0.0, wanted - budget.most / STEPS) / budget.most
        return max(now + timedelta(minutes=1), current.start + share * (current.end - current.start))
    _add(connection, budget, current.name, amount)
    return None


def settle(connection: Connection, budget: Budget, reserved: int, actual: int, now: datetime) -> None:
    """Set right what was reserved, when the answer has told what it really used."""
    if actual != reserved:
        _add(connection, budget, period(budget, now).name, actual - reserved)


def _allowed(budget: Budget, current: Period, now: datetime) -> int:
    passed = (now - current.start) / (current.end - current.start)
    return min(budget.most, ceil(budget.most * passed + budget.most / STEPS))


def _add(connection: Connection, budget: Budget, name: str, amount: int) -> None:
    row = upsert(spent).values(budget=budget.name, period=name, used=max(0, amount))
    grown = row.on_conflict_do_update(index_elements=["budget", "period"], set_={"used": spent.c.used + amount})
    connection.execute(grown)


def in_words(budget: Budget, amount: int) -> str:
    """So much of it: 43 of 100 searches, 3.20 of 20 dollars."""
    if budget.scale == 1:
        return f"{amount:,} of {budget.most:,} {budget.unit}"
    return f"{amount / budget.scale:,.2f} of {budget.most / budget.scale:,.2f} {budget.unit}"
