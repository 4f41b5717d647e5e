"""Everything that can go wrong and is said to a person.

    ListeningError
    ├── SettingsError        listening.toml holds something that cannot be used
    ├── QueryError           a query cannot be read
    │   └── QueryRefused     it asks for what one private person writes
    ├── InputError           a file or an option given on the command line cannot be used
    ├── AlreadyRunning       another process does the same already, and only one may
    ├── StoreError           the store cannot be opened, read or written
    │   ├── StoreLocked      another program holds it for too long
    │   ├── StoreFull        no room on the disk
    │   ├── StoreTooNew      written by a newer version of this program
    │   └── StoreUnreadable  not a store of ours, or damaged
    └── FeedError            one feed gave nothing this time
        ├── BudgetSpent      nothing was asked: what may be used of this source is used up for now
        ├── FeedUnreachable  no answer: no network, no such host, too slow
        ├── FeedUnreadable   an answer that is not what this source gives
        └── FeedRefused      an answer that says no
            ├── FeedExpired  the sign-in has run out; a new one may do
            ├── FeedBlocked  the source keeps programs out
            ├── FeedInside   it leads into this network, where a public address has no business
            └── FeedGone     the feed has ended for good (410)

Each carries the sentence a press officer reads (``problem``) and what to do (``advice``).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from types import MappingProxyType


class ListeningError(Exception):
    """A failure that is explained to a person: what happened, and what to do."""

    def __init__(self, problem: str, advice: str = "") -> None:
        super().__init__(problem)
        self.problem = problem
        self.advice = advice

    def __str__(self) -> str:
        return f"{self.problem} {self.advice}".strip()


class SettingsError(ListeningError):
    """A setting that cannot be used, with its file, line and key."""

    def __init__(
        self,
        problem: str,
        advice: str = "",
        *,
        file: Path | None = None,
        line: int | None = None,
        key: str = "",
    ) -> None:
        super().__init__(problem, advice)
        self.file = file
        self.line = line
        self.key = key

    def __str__(self) -> str:
        where = str(self.file) if self.file else "settings"
        if self.line is not None:
            where += f", line {self.line}"
        if self.key:
            where += f", {self.key}"
        return f"{where}: {super().__str__()}"


class QueryError(ListeningError):
    """A query that cannot be read: at which column (counted from 1), and what would be right."""

    def __init__(self, problem: str, advice: str = "", *, query: str = "", column: int = 1) -> None:
        super().__init__(problem, advice)
        self.query = query
        self.column = column

    def __str__(self) -> str:
        return f"Column {self.column}: {super().__str__()}"

    def picture(self) -> str:
        """The line of the query that is wrong, with a mark under the column at fault."""
        before = self.query[: self.column - 1]
        line_start = before.rfind("\n") + 1
        line = self.query[line_start:].split("\n", 1)[0]
        return f"{line}\n{' ' * (len(before) - line_start)}^"


class QueryRefused(QueryError):
    """A query that asks for what one private person writes: nobody's posts are looked for by their author."""


class InputError(ListeningError):
    """A file or an option that cannot be used."""


class AlreadyRunning(ListeningError):
    """Another process does the same already, and only one at a time may."""


class StoreError(ListeningError):
    """The store cannot be opened, read or written."""


class StoreLocked(StoreError):
    """Another program has held the store for longer than we wait."""


class StoreFull(StoreError):
    """There is no room on the disk."""


class StoreTooNew(StoreError):
    """The store was written by a newer version of this program."""


class StoreUnreadable(StoreError):
    """The file is not a store of ours, or it is damaged."""


class FeedError(ListeningError):
    """One feed gave nothing this time; the others go on.

    ``spent`` and ``wait`` are as in ``Page``: what the answer really used up of the budgets in its request's ``costs``,
    and the seconds that the source wants to be left alone from now on.
    """

    spent: Mapping[str, int] = MappingProxyType({})
    wait: float = 0.0


class BudgetSpent(FeedError):
    """Nothing was asked: what may be used of this source is used up until a moment (aware UTC)."""

    def __init__(self, problem: str, advice: str = "", *, until: datetime) -> None:
        super().__init__(problem, advice)
        self.until = until


class FeedUnreachable(FeedError):
    """No answer: no network, no such host, refused connection, or too slow."""


class FeedUnreadable(FeedError):
    """An answer came, but it is not what this source gives."""


class FeedRefused(FeedError):
    """An answer came, and it says no."""


class FeedExpired(FeedRefused):
    """The sign-in has run out: the run signs in once more and asks again."""


class FeedBlocked(FeedRefused):
    """The source keeps programs out: its silence is not the public's silence."""


class FeedInside(FeedRefused):
    """It leads to this machine or into this network, which nobody named: it was not asked."""


class FeedGone(FeedRefused):
    """The feed has ended for good (HTTP 410): it is not asked again."""
