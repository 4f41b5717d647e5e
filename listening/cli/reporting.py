"""`listening report`: what the page says of a week, in the formats that the office uses."""

from __future__ import annotations

from argparse import Namespace
from datetime import datetime
from pathlib import Path

from listening import door, weeks
from listening.cli import terminal
from listening.cli.exporting import OLDEST_YEAR, known_period, known_topic, not_ours, noted_file, opened, readable
from listening.cli.files import STDOUT
from listening.cli.telling import stored
from listening.errors import InputError
from listening.insights.periods import Period, period
from listening.settings import Settings
from listening.settings.table import nearest
from listening.store import Reader, Store, View, log_access
from listening.store.files import digest_of, written
from listening.takeaway import NAMES, REPORT_FORMATS, ReportFormat, write_report


def report(arguments: Namespace) -> int:
    """Write the report of the last full week, or of another time, and note in the access log who did."""
    settings = door.load(arguments.settings)
    readable(arguments.search, "--search")
    readable(arguments.output, "-o")
    format_ = _format(arguments.format, arguments.output)
    target = Path(arguments.output).expanduser()
    now = door.now()
    chosen = _period(arguments, settings, now)
    view = View(
        start=chosen.start,
        end=chosen.end,
        topic=known_topic(arguments.topic, settings),
        query=None if arguments.search is None else door.query_of(settings, arguments.search),
    )
    store = stored(settings)
    not_ours(target, settings)
    if not arguments.overwrite:
        _not_changed(store, target)
    detail = f"{format_}, {terminal.iso(view.start)} to {terminal.iso(view.end)}"
    limits = {"topic": view.topic, "search": arguments.search}
    detail = "; ".join([detail, *(f"{name}: {value}" for name, value in limits.items() if value), f"to {target}"])
    log_access(store, at=now, who=door.who(), what="report", detail=detail)
    with store.reading() as connection:
        reader = Reader(store, connection)
        with opened(target, binary=True) as file, terminal.stoppable():
            page = write_report(
                format_, file, settings, store, reader, view, chosen, now=now, evaluation=arguments.evaluation
            )
    noted_file(store, "report", target, view, now, rows=page.numbers.now.mentions, detail=detail)
    terminal.say(f"{page.headline}.")
    if page.closed:
        terminal.say(page.closed)
    terminal.say(f"{NAMES[format_][0].upper()}{NAMES[format_][1:]} of {page.when}: {target}")
    return 0


def _period(arguments: Namespace, settings: Settings, now: datetime) -> Period:
    zone = settings.agency.timezone
    if arguments.week is not None and arguments.period is not None:
        raise InputError("--week and --period do not go together.", "Use one or the other.")
    if arguments.period is not None and known_period(arguments.period) != "week":
        return period(known_period(arguments.period), now.astimezone(zone), zone)
    chosen = weeks.period_of(arguments.week or weeks.last_ended(now, zone), zone)
    if chosen.end.timestamp() > now.timestamp():
        last = weeks.last_ended(now, zone)
        raise InputError(
            f"The week {arguments.week} has not ended yet.",
            f"The newest full week is {last}; `--period 7d` is of the last seven days.",
        )
    if chosen.start.year < OLDEST_YEAR:
        raise InputError(f"Nothing is known of the week {arguments.week}.", "Write one of our time.")
    return chosen


def _not_changed(store: Store, target: Path) -> None:
    """Refuse to write over what is not as we wrote it: somebody may have filled it in."""
    if not target.is_file():
        return
    where = str(target.resolve())
    with store.reading() as connection:
        known = [each.digest for each in written(connection) if each.path == where]
    if digest_of(target) not in known:
        raise InputError(
            f"{target} is there already, and was changed since it was written or is not from here.",
            "Name another file, or write over it with --overwrite.",
        )


def _format(wanted: str | None, output: str) -> ReportFormat:
    """The format that is meant: the one that is named, else that of the file's ending."""
    if output == STDOUT:
        raise InputError("A report cannot be printed.", "Name a file: -o week.docx")
    ending = Path(output).suffix.lower().removeprefix(".")
    name = (wanted or {"htm": "html"}.get(ending, ending)).lower()
    found = next((each for each in REPORT_FORMATS if each == name), None)
    there = "; ".join(f"{each}: {NAMES[each]}" for each in REPORT_FORMATS)
    if found is None and not name:
        raise InputError(
            f"{output} does not say what to write.", f"Give it an ending, or --format. What there is: {there}."
        )
    if found is None:
        near = nearest(name, REPORT_FORMATS)
        meant = f"Did you mean {near}? " if near else ""
        raise InputError(f"There is no report in the format “{name}”.", f"{meant}What there is: {there}.")
    if wanted and ending in REPORT_FORMATS and ending != found:
        raise InputError(f"{output} is named like another format than {found}.", f"Name the file .{found}.")
    return found
