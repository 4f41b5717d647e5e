"""What only SQLite understands: how a connection is set up, triggers, full text, online backup.

The settings are those that were measured to matter: a write-ahead log so that a page reads while a run writes,
``synchronous=NORMAL`` (a killed process loses nothing; a power cut at most the last transaction, which the next run
brings again), a wait of half a minute for a lock, and a cache large enough for the small tables.
"""

from __future__ import annotations

import json
import logging
import shutil
import sqlite3
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import (
    Connection,
    CursorResult,
    Engine,
    Executable,
    ScalarSelect,
    bindparam,
    create_engine,
    event,
    func,
    make_url,
    select,
)
from sqlalchemy.dialects.sqlite import dialect as sqlite_dialect
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import NullPool, QueuePool

from listening.errors import StoreError
from listening.query import FTS_TOKENIZER

WAIT_SECONDS = 30.0
"""How long a writer waits for another before it says that the store is locked."""

_LESS = """
        UPDATE daily SET count = count - 1, asking = asking - (OLD.question IS 1)
        WHERE topic = OLD.topic AND day = OLD.day AND feed = OLD.feed AND tag = OLD.tag;"""
_MORE = """
        INSERT INTO daily (topic, day, feed, tag, count, asking)
        VALUES (NEW.topic, NEW.day, NEW.feed, NEW.tag, 1, NEW.question IS 1)
        ON CONFLICT (topic, day, feed, tag) DO UPDATE SET count = count + 1, asking = asking + excluded.asking;"""


def _add_up(row: Literal["OLD", "NEW"], count: str, asking: str) -> str:
    """Add to the day of all feeds and to the feed's month."""
    return f"""
        INSERT INTO sums (topic, span, feed, tag, count, asking)
        VALUES ({row}.topic, {row}.day, 0, {row}.tag, {count}, {asking}),
               ({row}.topic, {row}.day / 100, {row}.feed, {row}.tag, {count}, {asking})
        ON CONFLICT (topic, span, feed, tag) DO UPDATE
        SET count = count + excluded.count, asking = asking + excluded.asking;"""  # noqa: S608 - words of ours


TRIGGERS = {
    "links_added": f"AFTER INSERT ON links BEGIN {_MORE} END",
    "links_removed": f"AFTER DELETE ON links BEGIN {_LESS} END",
    "links_changed": f"AFTER UPDATE OF topic, day, feed, tag, question ON links BEGIN {_LESS} {_MORE} END",
    "daily_added": f"AFTER INSERT ON daily BEGIN {_add_up('NEW', 'NEW.count', 'NEW.asking')} END",
    "daily_removed": f"AFTER DELETE ON daily BEGIN {_add_up('OLD', '-OLD.count', '-OLD.asking')} END",
    # Only these two ever change; a row stays that of its day, topic, feed and tag.
    "daily_changed": "AFTER UPDATE OF count, asking ON daily BEGIN "
    f"{_add_up('NEW', 'NEW.count - OLD.count', 'NEW.asking - OLD.asking')} END",
}
"""They keep the small tables of counts exact, in the transaction that changes the links."""

FULL_TEXT = f"""
CREATE VIRTUAL TABLE IF NOT EXISTS search
USING fts5 (title, text, marks, content='', tokenize="{FTS_TOKENIZER}")
"""
"""The words of every mention, folded as the query language folds them, so that a search and a topic agree.

The ``ascii`` tokenizer leaves characters outside ASCII alone: a word stands in the index exactly as we folded it. The
table keeps no copy of the text; a row is taken out by giving it the same words again (``writing.py``).
"""


LOOK = "SELECT 1 FROM sqlite_master LIMIT 1"
"""With this a transaction that reads begins: from here on it sees one state."""


def _unless_stopped(record: logging.LogRecord) -> bool:
    """Whether a line of SQLAlchemy's log is told: not that somebody has ended the program while a connection closed."""
    kind = record.exc_info[0] if record.exc_info else None
    return kind is None or not issubclass(kind, KeyboardInterrupt)


def engine(url: str, *, wait_seconds: float = WAIT_SECONDS, keep: bool = False, alone: bool = False) -> Engine:
    """An engine for an SQLite file; raises StoreError for another kind of store, and where the folder is missing.

    ``keep`` leaves connections open for the next use. Without it each is closed at once, so that a file which is moved
    or restored from a backup under a running page is what the page reads next. ``alone`` keeps the index of the log in
    memory, for which others wait meanwhile: a full disk has no room for the file that they would share.
    """
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise StoreError(
            f"{url} is not the address of a store.", "Write it as sqlite:/// and the path of a file."
        ) from None
    if parsed.get_backend_name() != "sqlite" or parsed.database in (None, "", ":memory:"):
        raise StoreError(
            f"The store {parsed.render_as_string()} is not an SQLite file, and this version keeps mentions in no other "
            "place.",
            "Write the address under [store] in the settings as sqlite:/// and the path of a file.",
        )
    folder = Path(parsed.database or "").parent
    if not folder.is_dir():
        raise StoreError(
            f"The folder for the store, {folder}, does not exist.",
            "Make the folder, or name another place under [store] in the settings.",
        )
    made = create_engine(parsed, poolclass=QueuePool if keep else NullPool, connect_args={"timeout": wait_seconds})
    for kind in (QueuePool, NullPool):
        logging.getLogger(f"{kind.__module__}.{kind.__name__}").addFilter(_unless_stopped)

    @event.listens_for(made, "connect")
    def prepare(raw: sqlite3.Connection, _record: Any) -> None:
        # SQLAlchemy says BEGIN itself (below): the driver must not.
        raw.isolation_level = None
        for pragma in (
            *(("locking_mode = EXCLUSIVE",) if alone else ()),  # before anything looks into the file
            f"busy_timeout = {int(wait_seconds * 1000)}",
            "synchronous = NORMAL",
            "cache_size = -64000",
            "mmap_size = 268435456",
            "temp_store = MEMORY",
        ):
            try:
                raw.execute(f"PRAGMA {pragma}")
            except sqlite3.Error:
                raw.close()  # else it would keep others out until it is collected as garbage
                raise

    @event.listens_for(made, "begin")
    def begin(connection: Connection) -> None:
        # A writer takes its lock at the start: two writers then wait for each other instead of failing half way.
        writing = connection.get_execution_options().get("writing", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")

    return made


def keep_log(url: str, *, wait_seconds: float = WAIT_SECONDS) -> None:
    """Give the file a write-ahead log, once and for good: it stays in the file.

    The change needs the file alone for a moment, and SQLite does not wait for that by itself. Not done on connecting,
    so that a file which is not ours stays as it is.
    """
    raw = sqlite3.connect(str(make_url(url).database), timeout=wait_seconds)
    try:
        give_up = time.monotonic() + wait_seconds
        while raw.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
            try:
                raw.execute("PRAGMA journal_mode = WAL")
            except sqlite3.OperationalError as failure:
                if kind_of(failure, url) != "locked" or time.monotonic() > give_up:
                    raise
                time.sleep(0.02)
    except sqlite3.OperationalError as failure:
        if kind_of(failure, url) != "full":  # it can be read all the same, and whoever writes is told
            raise
    finally:
        raw.close()


Trouble = Literal["locked", "full", "damaged", "refused", "disk", "other"]

_KINDS: dict[int, Trouble] = {
    sqlite3.SQLITE_BUSY: "locked",
    sqlite3.SQLITE_LOCKED: "locked",
    sqlite3.SQLITE_FULL: "full",
    sqlite3.SQLITE_IOERR: "disk",
    sqlite3.SQLITE_CORRUPT: "damaged",
    sqlite3.SQLITE_NOTADB: "damaged",
    sqlite3.SQLITE_READONLY: "refused",
    sqlite3.SQLITE_CANTOPEN: "refused",
    sqlite3.SQLITE_PERM: "refused",
}

LITTLE_ROOM = 1_000_000
"""Bytes. A disk with less has no room even for the log's index, and SQLite then speaks of a faulty disk."""


def kind_of(failure: BaseException | None, url: str) -> Trouble:
    """What kind of trouble a failure of the database is, by its result code."""
    code = getattr(failure, "sqlite_errorcode", 0) & 0xFF
    kind = _KINDS.get(code, "other")
    folder = Path(make_url(url).database or "").parent
    if kind == "disk" and folder.is_dir() and shutil.disk_usage(folder).free < LITTLE_ROOM:
        return "full"
    return kind


class Prepared:
    """A statement that a run carries out hundreds of times, compiled once; its values go to the driver as they are.

    SQLAlchemy would look at every value of every row on its way, which costs more than the reading and writing.
    """

    def __init__(self, statement: Executable) -> None:
        compiled = statement.compile(dialect=sqlite_dialect())  # type: ignore[attr-defined]
        self._sql = str(compiled)
        self._names: tuple[str, ...] = tuple(compiled.positiontup)
        self._fixed = {name: value for name, value in compiled.params.items() if value is not None}

    def write(self, connection: Connection, rows: Iterable[Mapping[str, Any]]) -> None:
        """Carry the statement out for each row; a row names at least its values."""
        fixed = self._fixed
        values = [tuple(map(({**fixed, **row} if fixed else row).__getitem__, self._names)) for row in rows]
        if values:
            connection.exec_driver_sql(self._sql, values)

    def read(self, connection: Connection, **values: Any) -> CursorResult[Any]:
        """The rows that a question finds; a list of values is asked for by ``one_of``."""
        values = {**self._fixed, **values}
        given = (values[name] for name in self._names)
        return connection.exec_driver_sql(
            self._sql, tuple(json.dumps(value) if isinstance(value, list) else value for value in given)
        )


def one_of(name: str) -> ScalarSelect[Any]:
    """The values of a list that is given to ``Prepared.read`` under a name: one statement for lists of any length."""
    return select(func.json_each(bindparam(name)).table_valued("value").c.value).scalar_subquery()


def create_extras(connection: Connection) -> None:
    """Add the full-text table and the triggers; those of an older version go."""
    connection.exec_driver_sql(FULL_TEXT)
    for name, what in TRIGGERS.items():
        connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {name}")
        connection.exec_driver_sql(f"CREATE TRIGGER {name} {what}")


def backup(source_url: str, target: Path) -> None:
    """Copy a store while it is in use, page by page, into a new file."""
    source = sqlite3.connect(str(make_url(source_url).database), timeout=WAIT_SECONDS)
    copy = sqlite3.connect(target)
    try:
        source.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE")  # one file, nothing beside it
    finally:
        copy.close()
        source.close()


def without_rows(file: Path, *steps: Sequence[str]) -> None:
    """Carry statements out in a copy that nobody has opened, and leave nothing of what they removed in its file."""
    raw = sqlite3.connect(file, isolation_level=None)
    try:
        raw.execute("PRAGMA secure_delete = ON")
        for statement in (each for step in steps for each in step):
            raw.execute(statement)
        raw.execute("VACUUM")
    finally:
        raw.close()


def rewrite(file: Path, *, wait_seconds: float = WAIT_SECONDS) -> bool:
    """Write a file anew, without its unused pages, and empty the log beside it; False where it is in use meanwhile.

    Who reads at the moment still needs the old pages: they stay in the file until the log has been folded into it.
    """
    raw = sqlite3.connect(file, timeout=wait_seconds, isolation_level=None)
    try:
        raw.execute("PRAGMA secure_delete = ON")
        try:
            raw.execute("VACUUM")
            busy, *_ = raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        except sqlite3.OperationalError as failure:
            if failure.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                raise
            return False
    finally:
        raw.close()
    return not busy
