"""Opening a store: its version, its time zone, and what its failures mean in words."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import URL, Connection, Engine, delete, func, insert, inspect, literal, make_url, select, text, update
from sqlalchemy.dialects.sqlite import insert as upsert
from sqlalchemy.exc import DatabaseError, IntegrityError, ProgrammingError

from listening.errors import StoreError, StoreFull, StoreLocked, StoreTooNew, StoreUnreadable
from listening.store import sqlite, stories, terms
from listening.store.rows import day_number
from listening.store.schema import VERSION, access_log, daily, feeds, links, mentions, meta, metadata, sums


class _Alone(threading.local):
    """With which connections a thread reads alone, by the store's address."""

    def __init__(self) -> None:
        self.connections: dict[str, Connection] = {}


_alone = _Alone()


@dataclass(frozen=True, kw_only=True, slots=True)
class Store:
    """An opened store. ``timezone`` is the agency's: it cuts the days. ``wait_seconds`` is how long a writer waits."""

    url: str
    engine: Engine
    timezone: ZoneInfo
    wait_seconds: float = sqlite.WAIT_SECONDS

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that sees one unchanging state and never waits for a writer."""
        with in_words(self.url, self.wait_seconds), self._looking() as connection:
            yield connection

    @contextmanager
    def _looking(self) -> Iterator[Connection]:
        """A connection that has begun to read; on a full disk one that needs no room beside the file."""
        if (alone := _alone.connections.get(self.url)) is not None:
            yield alone  # it keeps others out, this thread too
            return
        connection = None
        try:
            connection = self.engine.connect()
            connection.exec_driver_sql(sqlite.LOOK)
        except DatabaseError as failure:
            if connection is not None:
                connection.close()
            if sqlite.kind_of(failure.orig, self.url) != "full":
                raise
        else:
            with connection:
                yield connection
            return
        with sqlite.engine(self.url, wait_seconds=self.wait_seconds, alone=True).connect() as connection:
            _alone.connections[self.url] = connection
            try:
                yield connection
            finally:
                del _alone.connections[self.url]

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction: all of it is kept, or nothing."""
        if self.url in _alone.connections:  # there is no room, and this thread would wait for itself
            raise _said("full", self.url, self.wait_seconds, None)
        with (
            in_words(self.url, self.wait_seconds),
            self.engine.connect().execution_options(writing=True) as connection,
            connection.begin(),
        ):
            yield connection

    @contextmanager
    def held(self) -> Iterator[Store]:
        """The same store with its connections kept open meanwhile, for a run that writes hundreds of times.

        SQLite folds the write-ahead log into the file, and waits for the disk, whenever the last connection is closed.
        """
        engine = sqlite.engine(self.url, wait_seconds=self.wait_seconds, keep=True)
        try:
            yield replace(self, engine=engine)
        finally:
            engine.dispose()

    def local_day(self, seconds: int) -> int:
        """The agency's local day of a moment, as a number: 20261122."""
        return day_number(datetime.fromtimestamp(seconds, self.timezone).date())


def file_of(url: str) -> Path:
    """The file of a store's URL."""
    return Path(make_url(url).database or "")


@contextmanager
def in_words(url: str, wait_seconds: float = sqlite.WAIT_SECONDS) -> Iterator[None]:
    """Turn the database's failures into sentences about the store; a fault of ours stays what it is."""
    try:
        yield
    except (IntegrityError, ProgrammingError):
        raise
    except (DatabaseError, sqlite3.DatabaseError) as failure:
        cause = failure.orig if isinstance(failure, DatabaseError) else failure
        raise _said(sqlite.kind_of(cause, url), url, wait_seconds, cause) from failure


def _said(kind: sqlite.Trouble, url: str, wait_seconds: float, cause: BaseException | None) -> StoreError:
    """The sentence for a kind of trouble."""
    file = file_of(url)
    match kind:
        case "locked":
            return StoreLocked(
                f"The store {file} is in use by another program and did not come free within {wait_seconds:g} "
                f"{'second' if wait_seconds == 1 else 'seconds'}.",
                "What was stored is safe. Close the other program (perhaps a second collection or a backup of the "
                "whole disk) and try again.",
            )
        case "full":
            return StoreFull(
                f"There is no room left on the disk for the store {file}.",
                "What was stored is safe, and the page still shows it. Free some room and collect again: what was not "
                "saved comes with the next run.",
            )
        case "damaged":
            return _unreadable(file)
        case "refused":
            return StoreError(
                f"The store {file} cannot be opened for reading and writing.",
                "Check that it is a file, and that this account may write to it and to its folder.",
            )
        case "disk":
            return StoreError(
                f"The disk did not read or write the store {file} as it should.",
                "Check that the disk is still connected and healthy. What was stored before is probably safe: make a "
                "backup (listening backup) before anything else.",
            )
        case _:
            return StoreError(f"The store {file} could not be used: {cause}.", "What was stored before is safe.")


def _unreadable(file: Path) -> StoreUnreadable:
    return StoreUnreadable(
        f"{file} is not a Listening store, or it is damaged.",
        "The file was left as it is. Restore a backup (listening backup makes them), or name another file "
        "under [store] in the settings.",
    )


def open_store(url: str, timezone: ZoneInfo, *, wait_seconds: float = sqlite.WAIT_SECONDS) -> Store:
    """Open a store, making it where there is none, and bring it to this version and time zone.

    Raises StoreTooNew for a store of a newer program, StoreUnreadable for a file that is none; both stay untouched.
    """
    engine = sqlite.engine(url, wait_seconds=wait_seconds)
    store = Store(url=url, engine=engine, timezone=timezone, wait_seconds=wait_seconds)
    with store.reading() as connection:
        tables = set(inspect(connection).get_table_names())
        ours = {meta.name, mentions.name, links.name} <= tables
        noted = dict(connection.execute(select(meta.c.key, meta.c.value)).all()) if ours else {}
    if tables and not noted.get("schema", "").isdecimal():
        raise _unreadable(file_of(url))
    if tables and int(noted["schema"]) > VERSION:
        raise StoreTooNew(
            f"The store {file_of(url)} was written by a newer version of Listening.",
            "Nothing was changed. Update this program, or name another store in the settings.",
        )
    with in_words(url, wait_seconds):
        sqlite.keep_log(url, wait_seconds=wait_seconds)
    if not tables:
        _create(store)
        return store
    if int(noted["schema"]) < VERSION:
        _bring_up(store)
    if noted.get("timezone") != timezone.key:
        _cut_days_again(store)
    return store


def _create(store: Store) -> None:
    with store.writing() as connection:
        # Another process may have made it while we waited for the lock: each step does nothing then.
        metadata.create_all(connection)
        sqlite.create_extras(connection)
        _note(connection, "schema", str(VERSION))
        _note(connection, "timezone", store.timezone.key)
        _note(connection, "created_at", datetime.now(UTC).isoformat(timespec="seconds"))


def _bring_up(store: Store) -> None:
    """Bring an older store up to this version.

    Version 2 brought terms and stories; version 3 questions, and terms that take near-synonyms as one; version 4 daily
    counts of who asks; version 5 reviews; version 6 what was written, forgotten and looked up again; version 7
    conversations and budgets; version 8 imports, and how often feeds are asked; version 9 what the daily counts add up
    to. Terms are counted here; stories and questions by the next collection.
    """
    with store.writing() as connection:
        before = int(connection.execute(select(meta.c.value).where(meta.c.key == "schema")).scalar_one())
        if before == VERSION:
            return  # another process has done it while we waited for the lock
        for table in (mentions, links, daily, feeds):
            stored = {column["name"] for column in inspect(connection).get_columns(table.name)}
            for column in table.columns:
                if column.name not in stored:
                    usual = " NOT NULL DEFAULT 0" if table is daily else ""
                    connection.execute(text(f"ALTER TABLE {table.name} ADD COLUMN {column.name} {column.type}{usual}"))
        metadata.create_all(connection)
        for index in (*links.indexes, *mentions.indexes):
            index.create(connection, checkfirst=True)
        sqlite.create_extras(connection)
        if before < 2:
            connection.execute(update(mentions).values(story=mentions.c.id))
            connection.execute(update(links).values(story=links.c.n))
            _note(connection, stories.WAITING, "0")
        if before < 3:
            terms.fill(connection)
        _count_who_asks(connection)
        _add_up(connection)
        _note(connection, "schema", str(VERSION))


def _count_who_asks(connection: Connection) -> None:
    """Count anew, for each day, topic, feed and tag, how many ask for something."""
    key = [links.c[name] for name in ("topic", "day", "feed", "tag")]
    asking = select(*key, func.count(), func.count()).where(links.c.question == 1).group_by(*key)
    counted = upsert(daily).from_select([*(column.name for column in key), "count", "asking"], asking)
    connection.execute(
        counted.on_conflict_do_update(
            index_elements=[daily.c[column.name] for column in key], set_={"asking": counted.excluded.asking}
        )
    )


def _add_up(connection: Connection) -> None:
    """Add the daily counts up anew: each day over all feeds, each feed over a month."""
    connection.execute(delete(sums))
    added = [func.sum(daily.c.count), func.sum(daily.c.asking)]
    day = select(daily.c.topic, daily.c.day, literal(0), daily.c.tag, *added)
    month = select(daily.c.topic, daily.c.day // 100, daily.c.feed, daily.c.tag, *added)
    for each, by in ((day, (daily.c.day,)), (month, (daily.c.day // 100, daily.c.feed))):
        connection.execute(
            insert(sums).from_select(sums.columns.keys(), each.group_by(daily.c.topic, *by, daily.c.tag))
        )


def drop_empty_counts(connection: Connection) -> None:
    """Take out the counts of days, feeds and months that have no mention any more."""
    for table in (daily, sums):
        connection.execute(delete(table).where(table.c.count == 0))


def _cut_days_again(store: Store) -> None:
    """The settings name another time zone: every day is cut anew."""
    with store.writing() as connection:
        raw = connection.connection.driver_connection
        assert raw is not None
        raw.create_function("local_day", 1, store.local_day, deterministic=True)
        day = func.local_day(links.c.published_at)
        connection.execute(update(links).where(links.c.day != day).values(day=day))
        drop_empty_counts(connection)
        _note(connection, "timezone", store.timezone.key)


def _note(connection: Connection, key: str, value: str) -> None:
    connection.execute(
        upsert(meta).values(key=key, value=value).on_conflict_do_update(index_elements=["key"], set_={"value": value})
    )


CHECKED = "checked"
"""Under this name stands how often people agreed with the tags: JSON with ``part``, ``base`` and ``at``."""


def note(store: Store, key: str, value: str) -> None:
    """Remember a fact about the store itself."""
    with store.writing() as connection:
        _note(connection, key, value)


def note_within(connection: Connection, key: str, value: str) -> None:
    """The same in a transaction that is under way."""
    _note(connection, key, value)


def noted_within(connection: Connection, key: str) -> str | None:
    """What ``note`` remembered, on a connection."""
    return connection.execute(select(meta.c.value).where(meta.c.key == key)).scalar()


def change_note(store: Store, key: str, change: Callable[[str | None], str]) -> str:
    """Change what ``note`` remembered, in one transaction; what it is then."""
    with store.writing() as connection:
        before: str | None = connection.execute(select(meta.c.value).where(meta.c.key == key)).scalar()
        after: str = change(before)
        _note(connection, key, after)
    return after


def noted(store: Store, key: str) -> str | None:
    """What ``note`` remembered."""
    with store.reading() as connection:
        return noted_within(connection, key)


def size(store: Store) -> tuple[int, int]:
    """How many mentions are stored, and the file's bytes."""
    with store.reading() as connection:
        rows = connection.execute(select(func.count()).select_from(mentions)).scalar_one()
    file = file_of(store.url)
    return rows, file.stat().st_size if file.exists() else 0


def backup(store: Store, target: Path) -> None:
    """Copy the store into a new file while it is in use; raises StoreError where the file cannot be made."""
    taken = StoreError(f"{target} exists already.", "Name a new file: a backup never overwrites anything.")
    partial = target.with_name(target.name + ".partial")
    try:
        if target.exists():
            raise taken
        if not target.parent.is_dir():
            raise StoreError(f"The folder {target.parent} does not exist.", "Make it, or name another place.")
        partial.unlink(missing_ok=True)  # what a backup that was killed left behind
        with in_words(str(URL.create("sqlite", database=str(partial))), store.wait_seconds):
            sqlite.backup(store.url, partial)
        if target.exists():
            raise taken
        partial.replace(target)
    except OSError as failure:
        raise StoreError(
            f"The backup {target} could not be written: {failure.strerror}.", "Name another place."
        ) from failure
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)


UNATTENDED = "unattended"
"""Under this name a collector that runs unattended notes how it goes, and on which computer."""

KEEPING = ("files", "forgotten", "rechecks")
FORGETTING = "forgetting key"
"""Under this name stands the key without which nobody can tell what the marks of ``forgotten`` stand for."""


def without_names(file: Path) -> None:
    """Take out of a copy that leaves the house who reviewed, searched and exported, what was noted and what forgotten.

    What was decided stays. The pages that held the rest are written anew: nothing of it is left in the file.
    """
    with in_words(str(URL.create("sqlite", database=str(file)))):
        sqlite.without_rows(
            file,
            [f"DELETE FROM {name}" for name in ("reviews", "claims", "sent", "access_log", "imports", *KEEPING)],  # noqa: S608
            [f"DELETE FROM meta WHERE key IN ('{FORGETTING}', '{UNATTENDED}')"],  # noqa: S608 - names of ours
            ["UPDATE verdicts SET reviewer = '', note = '', answered_by = ''", "UPDATE weeks SET who = ''"],
        )


def log_access(store: Store, *, at: datetime, who: str, what: str, detail: str) -> None:
    """Write down who searched or exported what."""
    with store.writing() as connection:
        connection.execute(insert(access_log).values(at=int(at.timestamp()), who=who, what=what, detail=detail))
