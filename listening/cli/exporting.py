"""`listening export`: the mentions of a view as a file, exactly those that the page counts."""

from __future__ import annotations

import re
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import IO, Any
from zoneinfo import ZoneInfo

from listening import door
from listening.cli import terminal
from listening.cli.files import STDOUT, bytes_written_whole, stdout_as_file, write_whole, written_whole
from listening.cli.telling import stored
from listening.collectors import kinds
from listening.errors import InputError
from listening.export.columns import LONE_SURROGATE
from listening.insights.periods import CHOICES, DEFAULT, Period, between, midnight, period, span_words
from listening.models import STATUSES, TAGS, Mention, Status, Tag
from listening.query import Query
from listening.settings import Settings, learned_file
from listening.settings.table import nearest
from listening.store import Reader, Store, View, file_of, log_access
from listening.store.files import READ_ME_BEGINS, Kind, digest_of, note_file
from listening.takeaway import FORMATS, REPORT_FORMATS, TEXT_FORMATS, Format, write_mentions

_BACK = re.compile(r"(\d{1,5})\s*([hdw])")
OLDEST_YEAR = 1970
_HOURS = {"h": 1, "d": 24, "w": 168}


def export(arguments: Namespace) -> int:
    """Write the mentions of a view into a file, and note in the access log who did."""
    settings = door.load(arguments.settings)
    readable(arguments.search, "--search")
    readable(arguments.output, "-o")
    format_ = _format(arguments.format, arguments.output)
    delimiter = _delimiter(arguments.delimiter)
    reason = None if arguments.handles is None else arguments.handles.strip()
    if reason == "":
        raise InputError("--handles needs a reason.", 'Say why names must be readable: --handles "answering letters".')
    store = stored(settings)
    target = None if arguments.output == STDOUT else Path(arguments.output).expanduser()
    if target is not None:
        not_ours(target, settings)
        if format_ in TEXT_FORMATS:
            _not_somebodys(beside(target))
    now = door.now()
    with store.reading() as connection:
        reader = Reader(store, connection)
        view, period_ = viewed(arguments, settings, now=now, oldest=reader.oldest_at())
        count = reader.total(view)
        detail = _detail(arguments, view, count, reason, format_)
        log_access(store, at=now, who=door.who(), what="export", detail=detail)
        with (
            opened(target, binary=format_ not in TEXT_FORMATS) as file,
            terminal.progress("Writing", max(count, 1), unit="mentions") as report,
        ):
            taken = write_mentions(
                format_,
                file,
                settings,
                store,
                reader,
                view,
                now=now,
                reason=reason,
                period=period_,
                delimiter=delimiter,
                counted=lambda mentions: _counted(mentions, report),
            )
    noted_file(store, "export", target, view, now, rows=taken.rows, detail=detail)
    zone = settings.agency.timezone
    where = "" if target is None else f" written to {target}"
    names = "Names and handles are as they were." if reason else "Private people's names and handles are masked."
    said = f"{terminal.plural(taken.rows, 'mention')} of {_span(view, zone)}{where}. {names if taken.rows else ''}"
    terminal.warn(said.rstrip())
    if target is not None and target.is_file() and format_ in TEXT_FORMATS:
        write_whole(beside(target), taken.readme_text.encode())
        terminal.warn(f"What it holds and how it was made stands in {beside(target)}.")
    return 0


def beside(target: Path) -> Path:
    """Where the read-me of a file lies that cannot hold one."""
    return Path(f"{target}.readme.txt")


def _not_somebodys(readme: Path) -> None:
    """Never write a read-me over a file that is none of ours."""
    if not readme.exists():
        return
    with readme.open("rb") as file:
        if not file.read(64).startswith(READ_ME_BEGINS.encode()):
            raise InputError(
                f"{readme} is there already, and is no read-me of ours.",
                "Beside the export goes a read-me of this name: name the export otherwise, or put that file elsewhere.",
            )


def readable(text: str | None, option: str) -> None:
    """Refuse words of which this terminal handed over bytes that are no text."""
    if text is not None and LONE_SURROGATE.search(text):
        raise InputError(f"{option} holds signs that cannot be read.", "Set the terminal to UTF-8, and write it again.")


def noted_file(
    store: Store, kind: Kind, target: Path | None, view: View, now: datetime, *, rows: int, detail: str
) -> None:
    """Write down that a file holds these mentions, so that it is known where a forgotten one may be."""
    there = target is not None and target.is_file()
    note_file(
        store,
        at=now,
        who=door.who(),
        kind=kind,
        path=target if target is not None and there else "",
        start=view.start,
        end=view.end,
        rows=rows,
        detail=detail,
        digest=digest_of(target) if target is not None and there else "",
    )


@contextmanager
def opened(target: Path | None, *, binary: bool) -> Iterator[IO[Any]]:
    """The file to write, which appears whole or not at all; None is standard output."""
    if target is None:
        with stdout_as_file() as file:
            yield file
    elif binary:
        with bytes_written_whole(target) as file:
            yield file
    else:
        with written_whole(target) as file:
            yield file


def view_of(arguments: Namespace, settings: Settings, *, now: datetime, oldest: datetime | None) -> View:
    """The view that the options mean; raises InputError and QueryError for what there is not."""
    return viewed(arguments, settings, now=now, oldest=oldest)[0]


def viewed(arguments: Namespace, settings: Settings, *, now: datetime, oldest: datetime | None) -> tuple[View, Period]:
    """The view that the options mean, and its period; raises InputError and QueryError for what there is not."""
    chosen = _times(arguments, settings.agency.timezone, now, oldest)
    sources = sorted(kinds())
    view = View(
        start=chosen.start,
        end=chosen.end,
        topic=known_topic(arguments.topic, settings),
        tag=_tag(arguments.tag),
        source=_one_of("source", arguments.source, sources),
        query=_query(arguments.search, settings),
        asking=arguments.questions,
        reviewed=arguments.reviewed,
        status=_status(arguments.status),
        department=_one_of("department", arguments.department, departments(settings)),
    )
    return view, chosen


def departments(settings: Settings) -> list[str]:
    """The departments that the settings name, those with rules of their own first."""
    named = (*(each.name for each in settings.departments), *(topic.department for topic in settings.topics))
    return [name for name in dict.fromkeys(named) if name]


def _times(arguments: Namespace, zone: ZoneInfo, now: datetime, oldest: datetime | None) -> Period:
    """The last 7 x 24 hours, a period of the page, or from a day to a day."""
    if arguments.since is None and arguments.until is None:
        return period(known_period(arguments.period), now, zone)
    if arguments.period is not None:
        raise InputError("--period and --since or --until do not go together.", "Use one or the other.")
    end = now if arguments.until is None else _moment("--until", arguments.until, zone, now, whole_day=True)
    first = min(oldest or end, end)
    start = first if arguments.since is None else _moment("--since", arguments.since, zone, now)
    if start > end and arguments.until is None:
        raise InputError("--since lies in the future.", "Write a day up to today.")
    if start > end:
        raise InputError("--since is later than --until.", "Turn them round.")
    return between(start, end, zone)


def _moment(option: str, text: str, zone: ZoneInfo, now: datetime, *, whole_day: bool = False) -> datetime:
    """A local day, or so long before now. ``whole_day``: the end of that day, not its beginning."""
    text = text.strip().lower()
    days = {"today": 0, "yesterday": 1}
    if found := _BACK.fullmatch(text):
        hours = int(found[1]) * _HOURS[found[2]]
        return max(now - timedelta(hours=min(hours, 500_000)), datetime(OLDEST_YEAR, 1, 2, tzinfo=zone))
    try:
        day = now.astimezone(zone).date() - timedelta(days[text]) if text in days else date.fromisoformat(text)
        if day.year < OLDEST_YEAR:
            return datetime(OLDEST_YEAR, 1, 2, tzinfo=zone)
        return midnight(day + timedelta(days=1) if whole_day else day, zone)
    except (ValueError, OverflowError):
        raise InputError(
            f"{option}: “{text}” is no day.", "Write it like 2026-11-30, today, yesterday, or 30d for 30 days back."
        ) from None


def known_period(wanted: str | None) -> str:
    """The period of the page that is meant, by its key; raises InputError with the keys there are."""
    return _one_of("period", wanted, list(CHOICES)) or DEFAULT


def known_topic(wanted: str | None, settings: Settings) -> str:
    """The topic that is meant, "" for all of them; raises InputError with the names there are."""
    return _one_of("topic", wanted, [topic.name for topic in settings.topics]) or ""


def _one_of(what: str, wanted: str | None, known: list[str]) -> str | None:
    """The known name that is meant, whatever its case; raises InputError with the names there are."""
    if wanted is None:
        return None
    by_fold = {name.casefold(): name for name in known}
    if wanted.strip().casefold() in by_fold:
        return by_fold[wanted.strip().casefold()]
    near = nearest(wanted, known)
    meant = f"Did you mean “{near}”? " if near else ""
    there = f"There are: {', '.join(known)}." if known else f"The settings name no {what}."
    raise InputError(f"There is no {what} “{wanted}”.", f"{meant}{there}")


def _tag(wanted: str | None) -> Tag | None:
    found = _one_of("tag", wanted, list(TAGS))
    return next((tag for tag in TAGS if tag == found), None)


def _status(wanted: str | None) -> Status | None:
    found = _one_of("status", wanted, [status for status in STATUSES if status])
    return next((status for status in STATUSES if status == found), None)


def _query(text: str | None, settings: Settings) -> Query | None:
    if text is None:
        return None
    return door.query_of(settings, text)


def _format(wanted: str | None, output: str) -> Format:
    """The format that is meant: the one that is named, else that of the file's ending, else CSV."""
    ending = Path(output).suffix.lower().removeprefix(".")
    ending = {"jsonl": "json", "ndjson": "json"}.get(ending, ending)
    name = (wanted or (ending if ending in FORMATS else FORMATS[0])).lower()
    found = next((each for each in FORMATS if each == name), None)
    if found is None and name in REPORT_FORMATS:
        raise InputError(
            f"Mentions are not exported as {name}.", f"`listening report --format {name}` writes what the page says."
        )
    if found is None:
        raise InputError(f"There is no format “{name}”.", f"What there is: {', '.join(FORMATS)}.")
    if output == STDOUT and found not in TEXT_FORMATS:
        raise InputError(f"The format {found} cannot be printed.", "Name a file with -o.")
    if wanted and ending in FORMATS and ending != found:
        raise InputError(f"{output} is named like another format than {found}.", f"Name the file .{found}.")
    return found


def _delimiter(wanted: str | None) -> str:
    meant = {None: ",", ",": ",", ";": ";", "\t": "\t", "\\t": "\t", "tab": "\t", "comma": ",", "semicolon": ";"}
    found = meant.get(wanted if wanted is None else wanted.lower())
    if found is None:
        raise InputError(f"“{wanted}” cannot stand between columns.", "Use a comma, a semicolon or tab.")
    return found


def not_ours(target: Path, settings: Settings) -> None:
    """Never write over the settings or the store, nor over what SQLite keeps beside it."""
    store = file_of(settings.store_url)
    ours = [store, *([settings.path, learned_file(settings)] if settings.path else [])]
    beside = {store.with_name(store.name + ending).resolve() for ending in ("-wal", "-shm", "-journal")}
    if target.resolve() in beside or (
        target.exists() and any(file.exists() and target.samefile(file) for file in ours)
    ):
        raise InputError(f"{target} is a file that Listening needs.", "Name another one after -o.")


def _counted(mentions: Iterator[Mention], report: terminal.Report) -> Iterator[Mention]:
    for number, mention in enumerate(mentions, start=1):
        if number % 100 == 0:
            report(number)
        yield mention


def _detail(arguments: Namespace, view: View, count: int, reason: str | None, format_: Format) -> str:
    """What the access log says of an export."""
    limits = {
        "topic": view.topic,
        "tag": view.tag,
        "source": view.source,
        "search": arguments.search,
        "questions": "only" if arguments.questions else None,
        "department": view.department,
        "status": view.status,
        "reviewed": {True: "only", False: "none", None: None}[view.reviewed],
        "handles shown": reason,
    }
    said = [f"{format_}, {terminal.plural(count, 'mention')}, {terminal.iso(view.start)} to {terminal.iso(view.end)}"]
    said += [f"{name}: {value}" for name, value in limits.items() if value]
    return "; ".join([*said, f"to {'standard output' if arguments.output == STDOUT else arguments.output}"])


def _span(view: View, zone: ZoneInfo) -> str:
    last = view.end - timedelta(seconds=1)
    return span_words(view.start.astimezone(zone).date(), max(view.start, last).astimezone(zone).date())
