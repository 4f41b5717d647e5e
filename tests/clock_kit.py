"""The tests at another hour of the week: with LISTENING_HOURS_AHEAD=60 the program's clock goes so far ahead.

The invented town moves with the clock, and says other things at other hours: what holds on a Monday morning must hold
on a Wednesday evening.
"""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from listening import door

HOURS = float(os.environ.get("LISTENING_HOURS_AHEAD", "").strip() or 0)

SAME_ELSEWHERE = f"from clock_kit import go_ahead\ngo_ahead({HOURS})" if HOURS else ""
FOR_ITS_IMPORT = {"PYTHONPATH": str(Path(__file__).parent)} if HOURS else {}
"""Python that another process runs first, so that its clock goes with this one's; and the environment that it needs."""

true_now = door.now


def day_said(first: datetime, last: datetime, zone: ZoneInfo) -> str:
    """A pattern for the day of a moment from ``first`` to ``last``, as it is said now: one word, two over midnight."""
    words = {-1: "yesterday", 0: "today", 1: "tomorrow"}
    today = door.now().astimezone(zone).date()
    days = {words[(moment.astimezone(zone).date() - today).days] for moment in (first, last)}
    return f"({'|'.join(sorted(days))})"


def go_ahead(hours: float = HOURS) -> None:
    """Let the clock of this process go ahead; so far and no further, however often it is asked for."""
    door.now = lambda: true_now() + timedelta(hours=hours)
