"""What was written and may hold mentions is kept with its place, so that a forgotten post is looked for there too."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from conftest import NOON, MakeMention, Save
from sqlalchemy import inspect

from listening import door, snapshot
from listening.cli import main
from listening.store import Store, files, open_store, without_names
from listening.store.files import digest_of, may_hold, note_file, note_gone, written
from listening.store.schema import VERSION

DAY = timedelta(days=1)

SETTINGS = """\
[agency]
name = "Town of Millbrook"
timezone = "America/New_York"

[[topics]]
name = "The town"
query = "millbrook"
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with settings, in which commands are run."""
    for name in ("LISTENING_SETTINGS", "LISTENING_STORE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "listening.toml").write_text(SETTINGS, encoding="utf-8")
    return tmp_path


@pytest.fixture
def noted(store: Store) -> Callable[..., None]:
    """Notes an export of Ada's; ``changes`` replace what is said of it."""

    def note(**changes: object) -> None:
        said = {
            "at": NOON,
            "who": "ada",
            "kind": "export",
            "path": "week.csv",
            "start": NOON - DAY,
            "end": NOON,
            "rows": 5,
            "detail": "csv",
            **changes,
        }
        note_file(store, **said)  # type: ignore[arg-type]

    return note


def found(store: Store) -> list[files.File]:
    with store.reading() as connection:
        return written(connection)


def test_a_file_is_read_back_as_it_was_noted(store: Store, noted: Callable[..., None]) -> None:
    """Its place is a whole one, whatever folder the command was given in; a download has none."""
    noted(digest="ab12")
    noted(kind="page", path="", start=None, end=None, rows=None)
    first, second = found(store)
    assert (first.at, first.who, first.kind, first.rows) == (NOON, "ada", "export", 5)
    assert (first.start, first.end, first.digest, first.gone_at) == (NOON - DAY, NOON, "ab12", None)
    assert Path(first.path) == Path("week.csv").resolve()
    assert (second.path, second.start, second.end, second.rows, second.digest) == ("", None, None, None, "")


@pytest.mark.parametrize(
    ("changes", "may"),
    [
        ({}, True),
        ({"start": None, "end": None}, True),
        ({"start": NOON - 2 * DAY, "end": NOON - DAY}, False),
        ({"start": NOON}, False),
        ({"at": NOON - timedelta(hours=20)}, False),
    ],
    ids=["of these times", "of all times", "of times before", "of times after", "written before it was collected"],
)
def test_only_files_of_its_times_may_hold_a_post(
    store: Store, noted: Callable[..., None], changes: dict[str, object], may: bool
) -> None:
    """One that was published in the morning and collected at eleven."""
    noted(**changes)
    with store.reading() as connection:
        held = may_hold(connection, NOON - timedelta(hours=6), NOON - timedelta(hours=1))
    assert bool(held) == may


def test_what_is_written_to_the_same_path_replaces_what_was_there(store: Store, noted: Callable[..., None]) -> None:
    """One row a path counts; of downloads nobody knows whether they are the same."""
    for minutes in range(3):
        noted(at=NOON + timedelta(minutes=minutes))
        noted(at=NOON + timedelta(minutes=minutes), path="")
    assert [(bool(file.path), file.at.minute) for file in found(store)] == [
        (False, 0),
        (False, 1),
        (True, 2),
        (False, 2),
    ]


def test_a_file_that_is_gone_is_not_looked_for(store: Store, noted: Callable[..., None]) -> None:
    """It stays noted, and is not named any more."""
    noted()
    with store.writing() as connection:
        note_gone(connection, written(connection)[0].n, NOON)
    assert found(store) == []


def test_snapshots_and_backups_are_noted(here: Path, save: Save, mention: MakeMention) -> None:
    """With their place and digest, by the commands that write them; a look at a snapshot does not change its digest."""
    store = door.store_of(door.load())
    save(store, mention(published_at=door.now()))
    assert main(["backup", "copy.db"]) == 0
    assert main(["snapshot", "-o", "meeting"]) == 0
    copy, meeting = found(store)
    assert (copy.kind, Path(copy.path), copy.rows) == ("backup", (here / "copy.db").resolve(), 1)
    assert copy.digest == digest_of(here / "copy.db")
    assert (meeting.kind, Path(meeting.path), meeting.start, meeting.end) == (
        "snapshot",
        (here / "meeting").resolve(),
        None,
        None,
    )
    door.store_of(door.load(here / "meeting" / "listening.toml"))
    assert meeting.digest == digest_of(here / "meeting")
    (here / "meeting" / "notes.txt").write_text("Ask Ada", encoding="utf-8")
    assert meeting.digest != digest_of(here / "meeting")


def test_a_snapshot_names_no_files_and_nothing_forgotten(here: Path, noted: Callable[..., None], store: Store) -> None:
    """Whoever gets the folder learns neither what was handed on nor what was forgotten."""
    noted(path="to-the-mayor.csv")
    with store.writing() as connection:
        connection.exec_driver_sql("INSERT INTO forgotten VALUES ('0102', 'post', 1)")
        connection.exec_driver_sql("INSERT INTO rechecks VALUES (1, 1, NULL)")
        connection.exec_driver_sql("INSERT INTO meta VALUES ('forgetting key', 'abcdef')")
    taken = snapshot.take(door.load(), store, here / "meeting", now=door.now())
    with closing(sqlite3.connect(taken.folder / snapshot.STORE)) as raw:
        for table in ("files", "forgotten", "rechecks"):
            assert raw.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)
        assert raw.execute("SELECT value FROM meta WHERE key = 'forgetting key'").fetchone() is None
    assert b"to-the-mayor" not in (taken.folder / snapshot.STORE).read_bytes()
    without_names(taken.folder / snapshot.STORE)  # once more does no harm


def test_a_store_of_the_version_before_gets_the_new_tables(tmp_path: Path, mention: MakeMention, save: Save) -> None:
    """Its mentions stay, and files can be noted in it; opening it twice changes nothing more."""
    url = f"sqlite:///{tmp_path / 'old.db'}"
    store = open_store(url, ZoneInfo("UTC"))
    save(store, mention(), mention())
    newer = ("files", "forgotten", "rechecks", "replies", "answers", "threads", "places", "spent")
    with store.writing() as connection:
        connection.exec_driver_sql("DROP INDEX mentions_by_parent")
        for table in newer:
            connection.exec_driver_sql(f"DROP TABLE {table}")
        connection.exec_driver_sql("UPDATE meta SET value = '5' WHERE key = 'schema'")
    store.engine.dispose()
    for _ in range(2):
        store = open_store(url, ZoneInfo("UTC"))
    with store.reading() as connection:
        assert set(newer) <= set(inspect(connection).get_table_names())
        assert connection.exec_driver_sql("SELECT count(*) FROM mentions").scalar() == 2
        assert connection.exec_driver_sql("SELECT value FROM meta WHERE key = 'schema'").scalar() == str(VERSION)
        assert "mentions_by_parent" in {index["name"] for index in inspect(connection).get_indexes("mentions")}
    at = datetime(2026, 3, 4, tzinfo=UTC)
    note_file(store, at=at, who="ada", kind="report", path="", start=None, end=None, rows=2, detail="")
    assert [file.kind for file in found(store)] == ["report"]
