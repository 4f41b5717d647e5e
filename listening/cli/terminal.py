"""What the command says: paragraphs, tables and progress. Tidy on a terminal, plain text everywhere else."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import sys
import textwrap
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from types import FrameType
from typing import TYPE_CHECKING, Protocol, TextIO
from zoneinfo import ZoneInfo

from listening.errors import ListeningError, QueryError, SettingsError

if TYPE_CHECKING:
    from rich.console import Console

# A line goes on under its own words: behind its indent, and behind a name with blanks after it.
_START = re.compile(r"\s*(?:\S+(?: \S+)*?\s{2,})?")

WIDEST = 100
"""Columns: longer lines of prose are hard to read, however wide the terminal."""

NARROW = 80
"""Columns: a terminal with fewer does without the spare columns of a table."""

_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


class Report(Protocol):
    """Told how many are done, and a word about the latest."""

    def __call__(self, done: int, latest: str = "") -> None: ...


def visible(text: str) -> str:
    """The text without signs that could steer a terminal."""
    return _UNSEEN.sub("", text)


def say(text: str = "", *, file: TextIO | None = None) -> None:
    """Print paragraphs on stdout: wrapped on a terminal, as they are elsewhere."""
    stream = file or sys.stdout
    for line in text.split("\n"):
        print(_wrapped(visible(line), stream), file=stream)


def warn(text: str) -> None:
    """Print paragraphs on stderr."""
    sys.stdout.flush()
    say(text, file=sys.stderr)


def complain(error: ListeningError) -> None:
    """Say on stderr what happened and what to do, where that takes it: the exit code says it too."""
    with suppress(OSError):
        warn("\n\n".join(_block(each) for each in (error, *getattr(error, "others", ()))))


def sentence(error: ListeningError) -> str:
    """The same in one line: what happened, and what to do."""
    return f"{error.problem} {error.advice}".strip()


def _block(error: ListeningError) -> str:
    lines = [error.problem]
    if isinstance(error, SettingsError):
        where = [str(error.file) if error.file else "Settings"]
        where += [f"line {error.line}"] if error.line is not None else []
        where += [error.key] if error.key else []
        lines = [f"{', '.join(where)}:", f"  {error.problem}"]
        lines += [f"  {line}" for line in error.advice.split("\n") if line]
        return "\n".join(lines)
    if isinstance(error, QueryError) and error.query:
        lines = [f"The query cannot be read at column {error.column}: {error.problem}"]
        lines += [f"  {line}" for line in error.picture().split("\n")]
    return "\n".join([*lines, *([error.advice] if error.advice else [])])


def _wrapped(line: str, stream: TextIO) -> str:
    if not stream.isatty():
        return line
    width = min(shutil.get_terminal_size().columns, WIDEST)
    if len(line) <= width:
        return line
    start = _START.match(line)
    indent = " " * start.end() if start and start.end() < width // 2 else ""
    return textwrap.fill(
        line, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False, drop_whitespace=True
    )


def table(
    headings: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    numbers: Sequence[str] = (),
    spare: Sequence[str] = (),
) -> None:
    """Print a table on stdout.

    The columns named in ``numbers`` stand to the right, those in ``spare`` are left out on a narrow terminal.
    """
    from rich.table import Table
    from rich.text import Text

    console = _console(sys.stdout)
    shown = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold" if console.color_system else "")
    kept = [place for place, heading in enumerate(headings) if console.width >= NARROW or heading not in spare]
    for place in kept:
        shown.add_column(headings[place], justify="right" if headings[place] in numbers else "left", overflow="fold")
    for row in rows:
        shown.add_row(*(Text(visible(row[place])) for place in kept))
    with console.capture() as drawn:
        console.print(shown)
    for line in drawn.get().splitlines():
        print(line.rstrip())


@contextmanager
def progress(what: str, total: int | None, *, unit: str = "") -> Iterator[Report]:
    """A bar on stderr while something long goes on; nothing where stderr is no terminal.

    Gives a function that is told how many of ``total`` (None: of nobody knows how many) are done, and a word about the
    latest; it is cheap to call.
    """
    if not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        yield _quiet
        return
    from rich.progress import BarColumn, Progress, SpinnerColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
    from rich.table import Column

    counted = TextColumn("{task.completed:.0f} of {task.total:.0f} " + unit)
    count = [counted] if unit else [TaskProgressColumn(), TimeRemainingColumn(compact=True)]
    with Progress(
        SpinnerColumn("line"),
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=20),
        *count,
        TextColumn("{task.fields[latest]}", markup=False, table_column=Column(ratio=1, no_wrap=True)),
        console=_console(sys.stderr),
        transient=True,
    ) as bar:
        task = bar.add_task(what, total=total, latest="")

        def report(done: int, latest: str = "") -> None:
            bar.update(task, completed=done, latest=visible(latest))

        yield report


def _quiet(done: int, latest: str = "") -> None:
    """Nobody looks on."""


def _console(stream: TextIO) -> Console:
    from rich.console import Console

    on_terminal = stream.isatty()
    plain = not on_terminal or bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"
    return Console(
        file=stream,
        color_system=None if plain else "auto",
        width=None if on_terminal else 10_000,  # a file has room: nothing is folded or cut
        highlight=False,
        markup=False,
        emoji=False,
    )


def say_json(value: object) -> None:
    """Print a value as one line of JSON, times in UTC."""
    print(json.dumps(value, ensure_ascii=False, default=_as_json))


def _as_json(value: object) -> str:
    if isinstance(value, datetime):
        return iso(value)
    raise TypeError(f"{type(value).__name__} has no JSON")


def iso(moment: datetime) -> str:
    """A moment as it stands in files: 2026-11-22T14:05:00Z."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def when(moment: datetime, now: datetime, zone: ZoneInfo) -> str:
    """A moment as people say it: today 14:05, yesterday 9:30, 3 March 14:05."""
    from listening.insights.periods import day_words

    local, today = moment.astimezone(zone), now.astimezone(zone).date()
    clock = f"{local.hour}:{local:%M}"
    days = (today - local.date()).days
    near = {0: "today", 1: "yesterday", -1: "tomorrow"}.get(days)
    return f"{near or day_words(local.date(), weekday=False, year=local.year != today.year)} {clock}"


def plural(count: int, one: str, many: str = "") -> str:
    """1 feed, 2 feeds, 1,200 feeds."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


@contextmanager
def stoppable() -> Iterator[None]:
    """Let a polite end (SIGTERM, a closed window) stop the work just as Ctrl+C does."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(number: int, frame: FrameType | None) -> None:
        if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:  # started in the background by a shell
            raise KeyboardInterrupt
        signal.raise_signal(signal.SIGINT)  # the event loop ends its tasks in good order on this one

    names = [name for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before = {number: signal.signal(number, stop) for number in (getattr(signal, name) for name in names)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
