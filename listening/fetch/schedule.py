"""When to ask a feed again, and when to believe that it has moved. Pure: ``now`` and chance are arguments."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

LONGEST_WAIT = timedelta(hours=24)
MOVED_AFTER = timedelta(days=3)
"""How long a permanent redirect must be seen before it is believed: captive portals and mistakes pass sooner."""

_NUMBER = re.compile(r"[+-]?[0-9]{1,15}(?:\.[0-9]{0,9})?")
_EPOCH_FROM = 1_000_000_000  # seconds; a smaller number counts the seconds left
_MILLISECONDS_FROM = 100_000_000_000


def retry_after(headers: Mapping[str, str], now: datetime) -> datetime | None:
    """When the source wants to be asked again, or None if it does not say; header names in lower case.

    Reads ``Retry-After`` (seconds or an HTTP date) and, where a rate limit says that nothing remains, its reset (an
    ISO time, an epoch in seconds or milliseconds, or seconds left); the later of the two. Never before ``now``, never
    more than 24 hours after it.
    """
    said = _moment(headers.get("retry-after", ""), now, epoch=False)
    times = [said] if said is not None else []
    for prefix in ("x-ratelimit", "x-rate-limit", "ratelimit"):
        remaining = headers.get(f"{prefix}-remaining", "").strip()
        if _NUMBER.fullmatch(remaining) and float(remaining) <= 0:
            reset = _moment(headers.get(f"{prefix}-reset", ""), now, epoch=True)
            times += [reset] if reset is not None else []
    return max(times, default=None)


_MAX_AGE = re.compile(r"(?:^|[\s,])max-age\s*=\s*\"?([0-9]{1,9})", re.IGNORECASE)
_ASK_AGAIN = re.compile(r"(?:^|[\s,])no-(?:cache|store)(?:$|[\s,;=])", re.IGNORECASE)


def fresh_for(headers: Mapping[str, str]) -> timedelta:
    """How long an answer is good for: ``Cache-Control: max-age`` less ``Age``, a day at most; else 0."""
    said = headers.get("cache-control", "")
    found = _MAX_AGE.search(said)
    if found is None or _ASK_AGAIN.search(said):
        return timedelta(0)
    age = headers.get("age", "").strip()
    left = int(found[1]) - (int(age) if age.isdecimal() and len(age) < 10 else 0)
    return min(timedelta(seconds=max(0, left)), LONGEST_WAIT)


def _moment(text: str, now: datetime, *, epoch: bool) -> datetime | None:
    """A time given as seconds from now, an epoch, an ISO time or an HTTP date, held between now and a day later."""
    text = text.strip()
    if _NUMBER.fullmatch(text):
        seconds = float(text)
        if epoch and seconds >= _EPOCH_FROM:
            seconds = (seconds / 1000 if seconds >= _MILLISECONDS_FROM else seconds) - now.timestamp()
    else:
        moment = _date(text)
        if moment is None:
            return None
        seconds = (moment - now).total_seconds()
    return now + timedelta(seconds=min(max(seconds, 0.0), LONGEST_WAIT.total_seconds()))


def _date(text: str) -> datetime | None:
    """An ISO time or an HTTP date as aware UTC; one without a zone is taken as UTC."""
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            moment = read(text)
            return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
        except (ValueError, OverflowError, TypeError, IndexError):
            continue
    return None


def back_off(
    failures: int,
    rng: random.Random,
    base: timedelta = timedelta(minutes=15),
    cap: timedelta = LONGEST_WAIT,
) -> timedelta:
    """How long to leave a feed alone after so many failures in a row: between half and all of base x 2^(failures - 1).

    Never more than ``cap``; nothing after no failure. The random half keeps feeds that failed together from coming
    back together.
    """
    if failures < 1:
        return timedelta(0)
    most = min(cap.total_seconds(), base.total_seconds() * 2.0 ** min(failures - 1, 64))
    return timedelta(seconds=most / 2 + rng.uniform(0, most / 2))


def moved(
    seen_to: str | None, seen_since: datetime | None, permanent_target: str | None, now: datetime
) -> tuple[str | None, datetime | None, bool]:
    """What to remember of a permanent redirect after a good answer, and whether to believe it by now.

    ``seen_to`` and ``seen_since`` are what was remembered, ``permanent_target`` is ``Fetched.permanent_to``. Only a
    target that every good answer of three days has named is believed; from then on it is asked directly, with
    ``Client.get(named=False)``, since it came from an answer and not from the settings.
    """
    if permanent_target is None:
        return None, None, False
    if permanent_target != seen_to or seen_since is None or seen_since > now:
        return permanent_target, now, False
    return permanent_target, seen_since, now - seen_since >= MOVED_AFTER
