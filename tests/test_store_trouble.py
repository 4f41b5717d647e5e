"""The store in trouble: two programs at once, a killed one, a full disk, a file that is no store of ours."""

# ruff: noqa: SIM300 (expected == actual, as everywhere in the tests)

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from conftest import TIMEZONE, MakeMention, Save
from sqlalchemy import event, func, select

from listening import store as stores
from listening.errors import StoreError, StoreFull, StoreLocked, StoreTooNew, StoreUnreadable
from listening.models import Mention
from listening.query import parse
from listening.store import Reader, Store, View
from listening.store.schema import daily, links

ROOT = Path(__file__).resolve().parent.parent
BATCH = 20

WRITER = """
import sys
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo
from listening import store as stores
from listening.models import Mention

url, first, last, batch = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
start = datetime(2026, 3, 1, tzinfo=UTC)
store = stores.open_store(url, ZoneInfo("America/New_York"))
new = 0
print("ready", flush=True)
for at in range(first, last, batch):
    found = [
        Mention(
            id=f"id{number}", source="rss", feed=f"feed {number % 3}", key=str(number), topics=("transit",),
            text=f"Kind word number{number} about the bridge", tag=("good", "bad")[number % 2],
            published_at=start + timedelta(hours=number), collected_at=start,
        )
        for number in range(at, min(at + batch, last))
    ]
    with store.writing() as connection:
        new += stores.save(store, connection, found)
    print(new, flush=True)
"""
"""Saves mentions id<first> to id<last - 1>, a batch in a transaction, and says after each how many were new."""


@contextmanager
def program(source: str, *arguments: object, **options: Any) -> Iterator[subprocess.Popen[str]]:
    """Another process that runs this source; it is gone at the end."""
    with subprocess.Popen(
        [sys.executable, "-c", source, *map(str, arguments)],
        cwd=ROOT,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        **options,
    ) as process:
        try:
            yield process
        finally:
            process.kill()
            process.communicate()


def lines(process: subprocess.Popen[str], number: int) -> str:
    """Wait for so many lines of a process and return the last one."""
    assert process.stdout is not None
    last = ""
    for _ in range(number):
        last = process.stdout.readline()
        assert last, process.communicate()[1]
    return last.strip()


EVERYTHING = View(start=datetime(2000, 1, 1, tzinfo=UTC), end=datetime(2100, 1, 1, tzinfo=UTC))


def total(store: Store) -> int:
    with store.reading() as connection:
        return Reader(store, connection).total(EVERYTHING)


def assert_sound(store: Store) -> None:
    """The file is whole, daily counts are a recount, and every mention is found by its words."""
    with store.reading() as connection:
        assert "ok" == connection.exec_driver_sql("PRAGMA integrity_check").scalar()
        kinds = ("topic", "day", "feed", "tag")
        anew = select(*(links.c[name] for name in kinds), func.count()).group_by(*(links.c[name] for name in kinds))
        kept = select(*(daily.c[name] for name in kinds), daily.c.count).where(daily.c.count != 0)
        assert set(connection.execute(anew)) == set(connection.execute(kept))
        reader = Reader(store, connection)
        mentions = list(reader.stream(EVERYTHING))
        found = View(start=EVERYTHING.start, end=EVERYTHING.end, query=parse("bridge"))
        assert sum("bridge" in one.text for one in mentions) == reader.total(found)


# --- at the same time -------------------------------------------------------------------------------------------------


def test_a_reader_sees_one_state_while_another_writes(store: Store, save: Save, mention: MakeMention) -> None:
    """A page that is being made shows one moment of the store, and the next page the next."""
    save(store, mention())
    with store.reading() as connection:
        reader = Reader(store, connection)
        assert 1 == reader.total(EVERYTHING)
        save(store, mention(feed="A feed nobody knew"), mention())
        assert 1 == reader.total(EVERYTHING) == len(reader.mentions(EVERYTHING)) == len(list(reader.stream(EVERYTHING)))
    assert 3 == total(store)


def test_two_writers_lose_and_double_nothing(store: Store) -> None:
    """Two collections at once, with half of their posts in common, store every post once."""
    with program(WRITER, store.url, 0, 300, BATCH) as one, program(WRITER, store.url, 150, 450, BATCH) as other:
        new = [int(process.communicate(timeout=60)[0].split()[-1]) for process in (one, other)]
        assert [0, 0] == [process.returncode for process in (one, other)]
    assert 450 == sum(new) == total(store)
    assert_sound(store)


def test_three_programs_may_make_the_store_at_once(tmp_path: Path) -> None:
    """A page and collections that start together on a new machine make one store."""
    url = f"sqlite:///{tmp_path / 'new.db'}"
    with (
        program(WRITER, url, 0, 10, 10) as one,
        program(WRITER, url, 10, 20, 10) as two,
        program(WRITER, url, 20, 30, 10) as three,
    ):
        ended = [process.communicate(timeout=60) for process in (one, two, three)]
    assert [""] * 3 == [said[1] for said in ended]
    store = stores.open_store(url, TIMEZONE)
    assert 30 == total(store)
    assert_sound(store)


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system cannot kill a process at once")
def test_a_killed_collection_leaves_whole_batches_and_the_next_completes_it(store: Store) -> None:
    """However often a run is killed in the middle, the store opens, counts rightly, and the next run finishes."""
    before = 0
    for batches in (1, 3, 2):
        with program(WRITER, store.url, 0, 10_000, BATCH) as process:
            lines(process, 1 + before // BATCH + batches)
            process.send_signal(signal.SIGKILL)
            process.wait()
        opened = stores.open_store(store.url, TIMEZONE)
        assert 0 == total(opened) % BATCH
        assert total(opened) >= before + batches * BATCH
        assert_sound(opened)
        before = total(opened)
    with program(WRITER, store.url, 0, before + 3 * BATCH, BATCH) as process:
        said = process.communicate(timeout=60)
    assert (0, 3 * BATCH) == (process.returncode, int(said[0].split()[-1]))
    assert before + 3 * BATCH == total(store)
    assert_sound(store)


def test_a_failure_in_the_middle_keeps_nothing_of_its_transaction(
    store: Store, save: Save, mention: MakeMention
) -> None:
    """An error between two saves of one transaction takes both back."""
    save(store, mention())

    def broken() -> Iterator[Mention]:
        yield mention(text="The second half of a bridge")
        raise TimeoutError

    def work() -> None:
        with store.writing() as connection:
            assert 1 == stores.save(store, connection, [mention(text="Half a bridge")])
            stores.save(store, connection, broken())

    with pytest.raises(TimeoutError):
        work()
    assert 1 == total(store)
    assert_sound(store)


# --- no room, no key, no file -----------------------------------------------------------------------------------------


def said_by(error: StoreError) -> str:
    """The words of an error, which must say what happened and what to do, in sentences and without database words."""
    for part in (error.problem, error.advice):
        assert part.endswith(".")
        assert not any(word in part.lower() for word in ("sqlite3", "pragma", "operationalerror", "errno"))
    return str(error)


def test_a_locked_store_says_so(store: Store, mention: MakeMention) -> None:
    """While another program holds the store, writing waits, then says so; reading goes on."""
    impatient = stores.open_store(store.url, TIMEZONE, wait_seconds=0.1)
    with closing(sqlite3.connect(stores.file_of(store.url), isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StoreLocked) as caught, impatient.writing() as connection:
            stores.save(impatient, connection, [mention()])
        assert 0 == total(impatient)
    assert "within 0.1 seconds" in said_by(caught.value)
    with impatient.writing() as connection:
        assert 1 == stores.save(impatient, connection, [mention()])


def test_a_full_disk_says_so_and_keeps_what_was_there(store: Store, save: Save, mention: MakeMention) -> None:
    """With no room left, what was stored is still read, nothing of the failed batch is kept, and room heals it."""
    save(store, mention(text="The first bridge"))
    with store.reading() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()

    def leave_no_room(raw: sqlite3.Connection, _record: object) -> None:
        raw.execute(f"PRAGMA max_page_count = {pages + 4}")

    event.listen(store.engine, "connect", leave_no_room)
    with pytest.raises(StoreFull) as caught:
        save(store, *(mention(text="bridge " * 500) for _ in range(100)))
    assert "no room" in said_by(caught.value)
    assert 1 == total(store)
    assert_sound(store)
    event.remove(store.engine, "connect", leave_no_room)
    assert 100 == save(store, *(mention(text="bridge " * 500) for _ in range(100)))
    assert_sound(store)


NO_BLOCK_LEFT = """
import subprocess, sys
from pathlib import Path
from zoneinfo import ZoneInfo
from listening import store as stores
from listening.errors import StoreFull

folder = Path(sys.argv[1])
mount = ["mount", "-t", "tmpfs", "-o"]
subprocess.run([*mount, "size=64m", "tmpfs", folder], check=True)
url = f"sqlite:///{folder / 'mentions.db'}"
stores.note(stores.open_store(url, ZoneInfo("UTC")), "a note", "kept")
subprocess.run([*mount, "remount,size=2m", "tmpfs", folder], check=True)
with (folder / "large").open("wb", buffering=0) as file:
    try:
        while True:
            file.write(bytes(4096))
    except OSError:
        pass
store = stores.open_store(url, ZoneInfo("UTC"))
with store.reading() as connection:
    print(stores.opening.noted_within(connection, "a note"), stores.noted(store, "a note"), stores.size(store)[0])
    try:
        stores.note(store, "a note", "more")
    except StoreFull as error:
        print(error.problem)
try:
    stores.note(store, "a note", "more")
except StoreFull as error:
    print(error.advice)
(folder / "large").unlink()
stores.note(store, "a note", "more")
print(stores.noted(store, "a note"))
"""


@pytest.mark.skipif(shutil.which("unshare") is None, reason="this system cannot mount a small disk for one program")
def test_with_not_one_block_left_the_store_is_read(tmp_path: Path) -> None:
    """A page is made of several readings, one within another; writing says what is wrong, and room heals it."""
    apart = ["unshare", "-m" if os.geteuid() == 0 else "-rm"]
    done = subprocess.run(
        [*apart, sys.executable, "-c", NO_BLOCK_LEFT, str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert "" == done.stderr
    said = done.stdout.splitlines()
    assert ["kept kept 0", "more"] == [said[0], said[3]]
    assert "no room left" in said[1]
    assert "the page still shows it" in said[2]


LOOKER = """
import os, sys
from zoneinfo import ZoneInfo
from listening import store as stores
from listening.errors import StoreError

if os.geteuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
try:
    store = stores.open_store(sys.argv[1], ZoneInfo("UTC"))
    with store.writing() as connection:
        stores.note_heard(connection, "feed 0", 20260304, answered=True)
except StoreError as error:
    print(type(error).__name__, error)
"""


@pytest.mark.skipif(os.name == "nt", reason="this system keeps rights in another way")
@pytest.mark.parametrize("rights", [(0o444, 0o555), (0o000, 0o755), (0o444, 0o755)])
def test_a_store_that_may_not_be_written_says_so(rights: tuple[int, int], save: Save, mention: MakeMention) -> None:
    """A file or a folder without the right to write is said in words, to an account that is not root."""
    folder = Path(tempfile.mkdtemp())
    try:
        file = folder / "mentions.db"
        save(stores.open_store(f"sqlite:///{file}", TIMEZONE), mention())
        file.chmod(rights[0])
        folder.chmod(rights[1])
        with program(LOOKER, f"sqlite:///{file}") as process:
            said, trouble = process.communicate(timeout=60)
        assert "" == trouble
        assert said.startswith("StoreError The store")
        assert "may write" in said
    finally:
        folder.chmod(0o755)
        shutil.rmtree(folder)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("sqlite:///{folder}/no/such/folder/mentions.db", "does not exist"),
        ("sqlite:///{folder}", "cannot be opened"),
        ("postgresql://ada:secret@db.example/mentions", "not an SQLite file"),
        ("sqlite://", "not an SQLite file"),
        ("mentions.db", "not the address of a store"),
    ],
)
def test_a_place_that_cannot_be_says_so(url: str, words: str, tmp_path: Path) -> None:
    """A missing folder, a folder in place of a file, another kind of store: said in words, with no password in them."""
    with pytest.raises(StoreError) as caught:
        stores.open_store(url.format(folder=tmp_path), TIMEZONE)
    assert words in said_by(caught.value)
    assert "secret" not in str(caught.value)
    assert [] == list(tmp_path.iterdir())


def filled_file(folder: Path, save: Save, mention: MakeMention) -> bytes:
    """The bytes of a store with many mentions in it, all in one file."""
    store = stores.open_store(f"sqlite:///{folder / 'filled.db'}", TIMEZONE)
    save(store, *(mention() for _ in range(400)))
    with closing(sqlite3.connect(folder / "filled.db")) as raw:
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return (folder / "filled.db").read_bytes()


def other_database(folder: Path) -> bytes:
    """The bytes of another program's database."""
    with closing(sqlite3.connect(folder / "other.db")) as raw:
        raw.execute("CREATE TABLE meta (name TEXT)")
        raw.execute("CREATE TABLE recipes (name TEXT)")
        raw.execute("INSERT INTO recipes VALUES ('apple pie')")
        raw.commit()
    return (folder / "other.db").read_bytes()


@pytest.mark.parametrize("kind", ["a text", "another program's database", "a store cut off", "a store of zeros"])
def test_a_file_that_is_no_store_is_refused_and_left_alone(
    kind: str, tmp_path: Path, save: Save, mention: MakeMention
) -> None:
    """A text, a foreign database or half a store is said to be one, and not a byte of it is changed."""
    if kind == "a text":
        content = b"Dear diary, today the bridge opened.\n" * 500
    elif kind == "another program's database":
        content = other_database(tmp_path)
    else:
        content = filled_file(tmp_path, save, mention)
        content = content[: len(content) // 3] if kind == "a store cut off" else content[:100] + bytes(8_000)
    file = tmp_path / "mentions.db"
    file.write_bytes(content)
    with pytest.raises(StoreUnreadable) as caught:
        total(stores.open_store(f"sqlite:///{file}", TIMEZONE))
    assert "mentions.db is not a Listening store, or it is damaged" in said_by(caught.value)
    assert content == file.read_bytes()
    assert [] == [beside.name for beside in tmp_path.glob("mentions.db-*") if beside.stat().st_size]


def test_damage_is_found_when_it_is_read(tmp_path: Path, save: Save, mention: MakeMention) -> None:
    """Where the damage lies further in, the question that meets it says so."""
    content = bytearray(filled_file(tmp_path, save, mention))
    content[20_000:] = b"\xff" * (len(content) - 20_000)
    file = tmp_path / "mentions.db"
    file.write_bytes(content)
    with pytest.raises(StoreUnreadable):
        assert_sound(stores.open_store(f"sqlite:///{file}", TIMEZONE))


def test_an_empty_file_becomes_a_store(tmp_path: Path) -> None:
    """A file without a byte, as some tools make it first, is as good as none."""
    (tmp_path / "mentions.db").touch()
    assert 0 == total(stores.open_store(f"sqlite:///{tmp_path / 'mentions.db'}", TIMEZONE))


def test_a_newer_store_is_refused_and_left_alone(tmp_path: Path, save: Save, mention: MakeMention) -> None:
    """A store of a later version of this program is not touched, whatever mode it is kept in."""
    store = stores.open_store(f"sqlite:///{tmp_path / 'first.db'}", TIMEZONE)
    save(store, mention())
    stores.note(store, "schema", "99")
    file = tmp_path / "newer.db"
    stores.backup(store, file)
    content = file.read_bytes()
    with pytest.raises(StoreTooNew) as caught:
        stores.open_store(f"sqlite:///{file}", TIMEZONE)
    assert "newer version" in said_by(caught.value)
    assert content == file.read_bytes()


# --- backups ----------------------------------------------------------------------------------------------------------


def test_a_backup_while_a_collection_runs_is_whole(
    store: Store, tmp_path: Path, save: Save, mention: MakeMention
) -> None:
    """A backup holds whole batches of one moment, in one file, and opens as a store that goes on."""
    with program(WRITER, store.url, 0, 10_000, BATCH) as process:
        lines(process, 4)
        for number in range(3):
            target = tmp_path / f"backup{number}.db"
            stores.backup(store, target)
            assert [target.name] == [each.name for each in tmp_path.glob(f"{target.name}*")]
    for number in range(3):
        copy = stores.open_store(f"sqlite:///{tmp_path / f'backup{number}.db'}", TIMEZONE)
        assert total(copy) >= 3 * BATCH
        assert 0 == total(copy) % BATCH
        assert_sound(copy)
        before = total(copy)
        assert 1 == save(copy, mention())
        assert before + 1 == total(copy)


def test_a_backup_overwrites_nothing(store: Store, tmp_path: Path, save: Save, mention: MakeMention) -> None:
    """Not an older backup, not the store itself; what a killed backup left behind is no hindrance."""
    save(store, mention())
    taken = tmp_path / "taken.db"
    taken.write_text("a letter")
    for target in (taken, stores.file_of(store.url)):
        with pytest.raises(StoreError) as caught:
            stores.backup(store, target)
        assert "exists already" in said_by(caught.value)
    assert "a letter" == taken.read_text()
    assert 1 == total(store)
    (tmp_path / "good.db.partial").write_text("half a backup")
    stores.backup(store, tmp_path / "good.db")
    assert 1 == total(stores.open_store(f"sqlite:///{tmp_path / 'good.db'}", TIMEZONE))


@pytest.mark.parametrize("place", ["no/folder/backup.db", "x" * 300])
def test_a_backup_that_cannot_be_written_says_so(place: str, store: Store, tmp_path: Path) -> None:
    """A missing folder or an impossible name is said in words."""
    with pytest.raises(StoreError) as caught:
        stores.backup(store, tmp_path / place)
    said_by(caught.value)


def test_a_backup_of_a_damaged_store_says_so(store: Store, tmp_path: Path, save: Save, mention: MakeMention) -> None:
    """A file that is no store any more is not copied as if it were one."""
    save(store, mention())
    stores.file_of(store.url).write_bytes(b"Dear diary. " * 5_000)
    with pytest.raises(StoreUnreadable):
        stores.backup(store, tmp_path / "backup.db")
    assert not (tmp_path / "backup.db").exists()


@pytest.mark.parametrize(
    ("error", "told"), [(KeyboardInterrupt(), []), (sqlite3.OperationalError("the disk is gone"), ["ERROR"])]
)
def test_who_ends_the_program_while_a_connection_closes_sees_no_error(
    error: BaseException,
    told: list[str],
    store: Store,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Ctrl+C may come at any moment; another trouble in that place is told."""

    def closing(connection: object) -> None:
        raise error

    with suppress(KeyboardInterrupt), store.reading():
        monkeypatch.setattr(store.engine.dialect, "do_close", closing)
    assert told == [record.levelname for record in caplog.records]
