"""`listening import`: posts from another tool's export."""

from __future__ import annotations

import shlex
import sys
from argparse import Namespace
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from listening import door, importing, snapshot
from listening.cli import terminal
from listening.collectors import kinds, label_of
from listening.errors import InputError
from listening.importing import Choice, DatesUnclear, Layout, Outcome, Reading, Survey, Table, Wishes
from listening.settings import Settings
from listening.store import Store, imports

MOST_COLUMNS = 60
BEHIND = timedelta(days=1)
"""How far a file's date may be ahead of all else that tells the time."""


def import_file(arguments: Namespace) -> int:
    """Bring a file's posts into the store, or with ``--dry-run`` show how its first rows are read."""
    _refuse_both(arguments)
    try:
        return _import(arguments)
    finally:
        if arguments.delete:
            Path(arguments.file).unlink(missing_ok=True)


def _import(arguments: Namespace) -> int:
    settings = door.load(arguments.settings)
    snapshot.refuse(settings)
    if not settings.topics:
        raise InputError(
            "The settings name no topic: no row could match one.", "Add a [[topics]] table to listening.toml."
        )
    path = Path(arguments.file).expanduser()
    table = importing.opened(path)
    store = door.store_of(settings)
    called = Path(arguments.called or path.name).name
    choice = _choice(arguments, table, store)
    said = choice.layout
    survey = _survey(table, choice.layout)
    choice = replace(choice, layout=_with_order(choice.layout, survey))
    reading = Reading(
        layout=choice.layout,
        header=table.header,
        name=_name(arguments.name.strip() or importing.name_for(choice, Path(called).stem), settings),
        zone=importing.zone_of(choice.layout, settings.agency.timezone),
        now=_now(path, settings),
        rounded=survey.rounded,
    )
    _tell_reading(called, table, choice, reading)
    if alike := importing.alike_words(survey):
        terminal.warn(f"{alike} Name the column with the posts’ ids (--map id=COLUMN), if the file has one.")
    if arguments.dry_run:
        _show(table, reading, settings)
        return 0
    if arguments.save_mapping:
        layout = importing.lasting(said, choice.layout, survey)
        imports.keep_layout(store, arguments.save_mapping, table.header, layout.as_json())
        terminal.warn(f"Kept as the mapping “{arguments.save_mapping}”: files with these columns are read like this.")
    outcome = _run(settings, store, table, reading, survey, called=called, again=arguments.again)
    _tell(outcome, called, reading, as_json=arguments.json)
    if outcome.tally.nothing_read:
        terminal.warn("No row of the file could be read. Look with --dry-run whether its columns are chosen rightly.")
        return 1
    return 0


def _now(path: Path, settings: Settings) -> datetime:
    """Now. Where this computer's clock is behind, the newest rows would be of the future: so a later date of the file
    counts, up to a day beyond what the clock, or the file of the settings, says. A file from 2031 is only dated so."""
    now, written = door.now(), _written(path)
    known = max(now, _written(settings.path)) if settings.path is not None else now
    return written if now < written <= known + BEHIND else now


def _written(path: Path) -> datetime:
    return datetime.fromtimestamp(int(path.stat().st_mtime), UTC)


# --- how it is read ---------------------------------------------------------------------------------------------------


def _choice(arguments: Namespace, table: Table, store: Store) -> Choice:
    if arguments.layout:  # the page's mapping screen has asked for all of it
        choice = Choice(layout=importing.layout_from_json(arguments.layout), how="said")
        if (wrong := importing.usable(choice, table.header)) is not None:
            raise wrong
        return choice
    wishes = Wishes(
        kind=arguments.kind.strip().casefold(),
        kept=arguments.mapping,
        columns=importing.columns_said(arguments.map, table.header),
        source=arguments.source.strip().casefold(),
        dates=arguments.dates,
        timezone=arguments.timezone,
        day=arguments.day,
    )
    choice = importing.choose(table.header, wishes, imports.layouts(store))
    if choice.how == "guessed":
        if not (sys.stdin.isatty() and sys.stderr.isatty()):
            raise _unknown(arguments, table, choice)
        choice = replace(choice, layout=_ask_columns(table, choice.layout), how="said")
    if (wrong := importing.usable(choice, table.header)) is not None:
        raise wrong
    return choice


def _unknown(arguments: Namespace, table: Table, choice: Choice) -> InputError:
    """Say which columns there are, what they probably hold, and the very command that says so."""
    columns = ", ".join(f"“{name}”" for name in table.header[:MOST_COLUMNS])
    words = ["listening", "import", arguments.file]
    for what, names in choice.layout.columns.items():
        words += ["--map", f"{what}={names[0]}"]
    lacks = importing.lacking(choice.layout, table.header)
    for lack in lacks:
        words += ["--source", "feedback"] if lack == "place" else ["--map", f"{lack}=COLUMN"]
    if "text" in lacks:
        how = "Say which column holds what: their names do not tell. Write the name of one for each COLUMN"
    else:
        how = "Say which column holds what. By their names it would be this"
        how += "; write the name of one for COLUMN" if "date" in lacks else ""
    place = ", and for feedback the place where all of them were published" if "place" in lacks else ""
    return InputError(
        f"{table.path} is no export that we know. Its columns are {columns}.",
        f"{how}{place}; change what is wrong, and look at it first with --dry-run:\n  {shlex.join(words)} --dry-run",
    )


def _ask_columns(table: Table, guess: Layout) -> Layout:
    """Ask column by column, with what the names suggest as the answer that Enter gives."""
    terminal.warn(f"{table.path} is no export that we know. Its columns:")
    for number, name in enumerate(table.header[:MOST_COLUMNS], start=1):
        terminal.warn(f"{number:>4}  {name}")
    terminal.warn("Which one holds … (its number or name; Enter takes what stands in brackets, - means none)")
    columns: dict[str, tuple[str, ...]] = {}
    for what in ("text", "title", "url", "id", "date", "author", "likes", "replies", "reposts", "views"):
        columns[what] = _ask_column(table, what, guess.columns.get(what, ()))
    layout = Layout(columns={what: names for what, names in columns.items() if names}, dates=guess.dates)
    layout = replace(layout, timezone=guess.timezone, day=guess.day, source=guess.source)
    if not layout.source and not layout.place(table.header, "url"):
        layout = replace(layout, source=_ask_source())
    return layout


def _ask_column(table: Table, what: str, usual: tuple[str, ...]) -> tuple[str, ...]:
    while True:
        said = _ask(f"{importing.FIELDS[what]} [{usual[0] if usual else '-'}]: ")
        if not said:
            return usual
        if said == "-":
            return ()
        if said.isdecimal() and 1 <= int(said) <= len(table.header):
            return (table.header[int(said) - 1],)
        if Layout(columns={what: (said,)}).place(table.header, what):
            return (said,)
        terminal.warn(f"There is no column “{said}”.")


def _ask_source() -> str:
    while True:
        said = _ask(f"Where are all of them from ({', '.join(sorted(kinds()))}): ").casefold()
        if said in kinds():
            return said
        terminal.warn(f"There is no kind of place “{said}”.")


def _ask(question: str) -> str:
    sys.stdout.flush()
    print(terminal.visible(question), end="", file=sys.stderr, flush=True)
    try:
        return input().strip()
    except EOFError:
        raise InputError("Nothing was answered, and nothing imported.", "Say it with --map instead.") from None


def _with_order(layout: Layout, survey: Survey) -> Layout:
    try:
        return importing.with_order(layout, survey)
    except DatesUnclear as unclear:
        if not (sys.stdin.isatty() and sys.stderr.isatty()):
            raise
        terminal.warn(f"Dates like “{unclear.example}”: does the day come first, or the month?")
        while True:
            said = _ask("day or month: ").casefold()
            if said.startswith(("d", "m")):
                return importing.with_order(
                    replace(layout, dates="day-first" if said.startswith("d") else "month-first"), survey
                )


def _name(name: str, settings: Settings) -> str:
    listened = {feed.name.casefold() for feed in (*settings.feeds, *settings.paused)}
    if name.casefold() in listened:
        raise InputError(
            f"“{name}” is a place that is listened to: a file cannot be part of it.", "Give another --name."
        )
    return name


def _survey(table: Table, layout: Layout) -> Survey:
    with terminal.progress("Looking through the file", None) as report:
        return importing.look_through(table, layout, lambda rows: report(rows, f"{rows:,} rows"))


# --- doing it ---------------------------------------------------------------------------------------------------------


def _run(
    settings: Settings, store: Store, table: Table, reading: Reading, survey: Survey, *, called: str, again: bool
) -> Outcome:
    digest = importing.fingerprint(table.path)
    done = 0
    with (
        terminal.stoppable(),
        door.import_job(settings, store) as job,
        terminal.progress("Importing", survey.rows) as report,
    ):

        def tell(rows: int) -> None:
            nonlocal done
            done = rows
            report(rows, f"{rows:,} rows")

        try:
            outcome = importing.run(
                job,
                table,
                reading,
                file=called,
                rows=survey.rows,
                mark=importing.mark_of(job, reading, digest),
                again=again,
                report=tell,
            )
        except KeyboardInterrupt:
            terminal.warn(
                f"Stopped after {done:,} of {survey.rows:,} rows, which are stored. The same command goes on there."
            )
            raise
    if outcome.already is None:
        detail = (
            f"{called}: {terminal.plural(outcome.tally.read, 'row')}, "
            f"{terminal.plural(outcome.tally.new, 'new mention')}; as “{reading.name}”"
        )
        door.note_import(store, detail)
    return outcome


# --- what is said -----------------------------------------------------------------------------------------------------


def _tell_reading(called: str, table: Table, choice: Choice, reading: Reading) -> None:
    as_what = {
        "tool": f"as an export of {choice.label}",
        "kept": f"as the mapping “{choice.label}” says",
    }.get(choice.how, "as you say")
    said = f"{called} is read {as_what}."
    order = choice.layout.dates
    if order:
        said += f" Its dates have the {'day' if order == 'day-first' else 'month'} first."
    if table.broken:
        said += " Some letters in it are damaged; they show as �."
    terminal.warn(said)
    if reading.rounded:
        terminal.warn(
            "A spreadsheet has rounded the ids in this file: rows without an address cannot be told apart, and are "
            "left out. Export it again, and do not open and save it in Excel before."
        )


def _show(table: Table, reading: Reading, settings: Settings) -> None:
    zone = settings.agency.timezone
    rows = []
    for each in importing.preview(table, reading, door.concluder_of(settings)):
        if each.post is None:
            rows.append((f"{each.line:,}", "", "", "", "left out", f"({each.refused})"))
            continue
        post, mention = each.post, each.mention
        assert post.published_at is not None
        rows.append(
            (
                f"{each.line:,}",
                f"{post.published_at.astimezone(zone):%Y-%m-%d %H:%M}",
                label_of(post.source),
                post.author or "",
                mention.tag if mention is not None else "no topic",
                " ".join(f"{post.title} {post.text}".split())[:120],
            )
        )
    terminal.table(("Line", "When", "Where", "Author", "Tag", "Text"), rows, numbers=("Line",), spare=("Author",))
    terminal.warn("Nothing was stored.")


def _refuse_both(arguments: Namespace) -> None:
    if arguments.dry_run and arguments.save_mapping:
        raise InputError(
            "--dry-run stores nothing, a mapping neither.", "Leave --save-mapping out until the rows are read rightly."
        )


def _tell(outcome: Outcome, called: str, reading: Reading, *, as_json: bool) -> None:
    tally = outcome.tally
    if as_json:
        terminal.say_json(
            {
                "number": outcome.number,
                "file": called,
                "name": reading.name,
                "tool": reading.layout.tool,
                "already": outcome.already is not None,
                "resumed_at": outcome.resumed_at,
                "rows": tally.read,
                "new": tally.new,
                "known": tally.known,
                "own": tally.own,
                "unmatched": tally.unmatched,
                "too_old": tally.too_old,
                "forgotten": tally.forgotten,
                "refused": tally.refused,
                "lines": tally.lines,
            }
        )
        return
    if outcome.already is not None:
        at = outcome.already.finished_at
        assert at is not None
        terminal.say(
            f"This very file was imported {at:%d %B %Y}, with the same queries: nothing has changed. It had brought:"
        )
    elif outcome.resumed_at:
        terminal.say(f"Went on after row {outcome.resumed_at:,}, where it had been stopped.")
    for line in importing.sentences(tally):
        terminal.say(line)
    if outcome.already is None and tally.matched:
        terminal.say(f"They stand on the page as “{reading.name}”.")
