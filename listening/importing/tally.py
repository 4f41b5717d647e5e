"""What an import read, kept and left out: counted row by row, and said in words."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta

from listening.importing.posts import REFUSED, Refusal
from listening.store.imports import Import

LINES = 3
"""Lines that are named of each kind of row that could not be read."""

BRIDGED = 7
"""Days without a post, at most, of which a file still says that nobody spoke; of more it may not have been asked."""


@dataclass(kw_only=True, slots=True)
class Tally:
    """Rows read, and what became of them.

    Each row is one of ``refused``, ``too_old``, ``forgotten``, ``unmatched``, ``new`` and ``known``. ``own`` are those
    of new and known that are our own posts. ``days``: the local days with posts; ``feeds``: the feeds of the mentions,
    with their sources.
    """

    read: int = 0
    too_old: int = 0
    forgotten: int = 0
    unmatched: int = 0
    new: int = 0
    known: int = 0
    own: int = 0
    refused: dict[str, int] = field(default_factory=dict)
    lines: dict[str, list[int]] = field(default_factory=dict)
    days: set[str] = field(default_factory=set)
    feeds: dict[str, str] = field(default_factory=dict)

    @property
    def matched(self) -> int:
        """Rows that a topic matches."""
        return self.new + self.known

    @property
    def unreadable(self) -> int:
        """Rows that are no posts."""
        return sum(self.refused.values())

    @property
    def nothing_read(self) -> bool:
        """Whether there were rows, and none of them could be read: the columns are probably chosen wrongly."""
        return 0 < self.read == self.unreadable

    def refuse(self, why: Refusal, line: int) -> None:
        """Count a row that is no post."""
        self.refused[why] = self.refused.get(why, 0) + 1
        lines = self.lines.setdefault(why, [])
        if len(lines) < LINES:
            lines.append(line)

    def add(self, other: Tally) -> None:
        """Add what came after."""
        for name in ("read", "too_old", "forgotten", "unmatched", "new", "known", "own"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for why, count in other.refused.items():
            self.refused[why] = self.refused.get(why, 0) + count
            self.lines[why] = [*self.lines.get(why, ()), *other.lines[why]][:LINES]
        self.days |= other.days
        self.feeds |= other.feeds

    def as_json(self) -> str:
        """As it is kept."""
        return json.dumps({**asdict(self), "days": sorted(self.days)}, ensure_ascii=False)

    def refusals(self) -> list[str]:
        """Why rows could not be read: 12 without text (lines 14, 20, 31, …)."""
        many = len(self.refused) > 1
        return [
            f"{f'{count:,} ' if many else ''}{REFUSED[why]} ({_lines(self.lines[why], count)})"  # type: ignore[index]
            for why, count in sorted(self.refused.items(), key=lambda item: -item[1])
        ]

    def covered(self, today: date) -> list[date]:
        """The local days of which the file tells, before today, which is not over."""
        days = sorted(date.fromisoformat(day) for day in self.days)
        found: list[date] = []
        for day in days:
            if found and 1 < (gap := (day - found[-1]).days) <= BRIDGED + 1:
                found += [found[-1] + timedelta(days=step) for step in range(1, gap)]
            found.append(day)
        return [day for day in found if day < today]


def from_json(said: str) -> Tally:
    """A kept one."""
    values = json.loads(said)
    return Tally(**{**values, "days": set(values["days"])})


def tally_of(found: Import) -> Tally:
    """What a noted import has given so far."""
    return from_json(found.tally)


def sentences(tally: Tally) -> list[str]:
    """What an import brought, for people: numbers first, then what was left out and why."""
    said = [
        f"{_rows(tally.read)} read: {_mentions(tally.new, 'new mention')}, {tally.known:,} known already, "
        f"{tally.unmatched:,} that no topic matches."
    ]
    if tally.own:
        said.append(f"{tally.own:,} of the mentions {'is' if tally.own == 1 else 'are'} by your own accounts.")
    if tally.too_old:
        said.append(f"{_rows(tally.too_old)} older than the settings keep ([retention]).")
    if tally.forgotten:
        said.append(f"{_rows(tally.forgotten)} left out: forgotten, and not to be collected again.")
    if tally.unreadable:
        said.append(f"{_rows(tally.unreadable)} could not be read: {_listing(tally.refusals())}.")
    if tally.unmatched:
        said.append(
            "Rows that no topic matches are not kept: after a change of queries import the file again, and it brings "
            "what they find now."
        )
    return said


def _mentions(count: int, one: str) -> str:
    return f"{count:,} {one if count == 1 else one + 's'}"


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count:,} rows"


def _lines(lines: Iterable[int], count: int) -> str:
    named = ", ".join(f"{line:,}" for line in lines)
    return f"line {named}" if count == 1 else f"lines {named}{', …' if count > LINES else ''}"


def _listing(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])}, and {parts[-1]}"
