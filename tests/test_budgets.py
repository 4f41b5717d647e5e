"""What a source counts is never used beyond its budget: not by many feeds, not by a crash, not all in one hour."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from conftest import MakeStore
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from listening.collect import reserve, settle
from listening.errors import BudgetSpent
from listening.models import Budget
from listening.store import Store, spending

DAY = Budget(
    name="searches",
    most=100,
    period="day",
    unit="searches",
    words="The Quillhaven archive lets a key search 100 times a day",
    timezone="America/Los_Angeles",
)
MONTH = Budget(
    name="dollars", most=20_000, period="month", unit="dollars", words="20 dollars a month", spread=False, scale=1000
)
MIDNIGHT = datetime(2026, 3, 4, 8, tzinfo=UTC)  # in Los Angeles
HOUR = timedelta(hours=1)


def take(store: Store, budget: Budget, amount: int, at: datetime) -> datetime | None:
    """Reserve so much; None, or when it can be had."""
    with store.writing() as connection:
        return spending.reserve(connection, budget, amount, at)


def used(store: Store, budget: Budget, at: datetime) -> int:
    with store.reading() as connection:
        return spending.used(connection, budget, at)


def test_a_day_is_cut_where_the_source_cuts_it(store: Store) -> None:
    """At midnight of its own time zone a new budget begins."""
    late = MIDNIGHT + 23 * HOUR
    assert take(store, DAY, 60, late) is None
    assert take(store, DAY, 60, late) == MIDNIGHT + 24 * HOUR
    assert take(store, DAY, 3, MIDNIGHT + 24 * HOUR) is None
    assert used(store, DAY, MIDNIGHT + 24 * HOUR) == 3


def test_it_is_spread_over_the_day(store: Store) -> None:
    """A first hour's worth at once, then as time passes; and it says when the next may be."""
    assert take(store, DAY, 4, MIDNIGHT) is None
    next_ = take(store, DAY, 6, MIDNIGHT)
    assert next_ is not None
    assert MIDNIGHT + HOUR < next_ < MIDNIGHT + 2 * HOUR
    assert take(store, DAY, 6, next_) is None


def test_money_is_there_for_the_whole_month_at_once(store: Store) -> None:
    """And ends with the last cent, until the first of the next month."""
    assert take(store, MONTH, 19_999, MIDNIGHT) is None
    assert take(store, MONTH, 2, MIDNIGHT) == datetime(2026, 4, 1, tzinfo=UTC)
    assert take(store, MONTH, 1, MIDNIGHT) is None


def test_december_ends_with_the_year(store: Store) -> None:
    """The month after the twelfth is the first."""
    at = datetime(2026, 12, 31, 23, tzinfo=UTC)
    assert take(store, MONTH, 20_001, at) == datetime(2027, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(("actual", "left"), [(30, 30), (0, 0), (120, 120)])
def test_what_was_reserved_is_set_right(store: Store, actual: int, left: int) -> None:
    """The answer tells what it really used: less, nothing, or more than was thought."""
    assert take(store, MONTH, 100, MIDNIGHT) is None
    with store.writing() as connection:
        spending.settle(connection, MONTH, 100, actual, MIDNIGHT)
    assert used(store, MONTH, MIDNIGHT) == left


def test_what_was_reserved_before_midnight_is_set_right_in_the_month_before(store: Store) -> None:
    """An answer that comes in the new month gives nothing of it away."""
    last, first = datetime(2026, 3, 31, 23, 59, 59, tzinfo=UTC), datetime(2026, 4, 1, 0, 0, 1, tzinfo=UTC)
    reserve(store, [MONTH], {"dollars": 2_000}, last)
    settle(store, [MONTH], {"dollars": 2_000}, {"dollars": 0}, last)
    assert (used(store, MONTH, last), used(store, MONTH, first)) == (0, 0)
    assert take(store, MONTH, 20_001, first) is not None


def test_who_has_used_it_up_is_told_so(store: Store) -> None:
    """In words: what is allowed, how much of it is used, and that nothing is lost."""
    take(store, MONTH, 20_000, MIDNIGHT)
    with pytest.raises(BudgetSpent) as caught:
        reserve(store, [MONTH], {"dollars": 15}, MIDNIGHT)
    assert caught.value.problem == "20 dollars a month; 20.00 of 20.00 dollars are used this month."
    assert caught.value.until == datetime(2026, 4, 1, tzinfo=UTC)


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 47), st.integers(1, 30)), max_size=30))
def test_no_day_ever_uses_more_than_there_is(new_store: MakeStore, asked: list[tuple[int, int]]) -> None:
    """Whatever is asked for and when: each day of the source stays within its budget, and evenly so."""
    store = new_store()
    days: dict[str, int] = {}
    for hours, amount in sorted(asked):
        at = MIDNIGHT + timedelta(hours=hours)
        if take(store, DAY, amount, at) is None:
            day = f"{at.astimezone(ZoneInfo(DAY.timezone)):%Y-%m-%d}"
            days[day] = days.get(day, 0) + amount
            assert days[day] == used(store, DAY, at)
            assert days[day] <= DAY.most * (hours % 24 + 1) / 24 + 1
    assert all(count <= DAY.most for count in days.values())
    store.engine.dispose()
