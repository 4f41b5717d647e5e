"""Writes that come while the one thread is busy are kept together; each hears what became of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Connection, text

from listening.store import Batches, Store


class Notes:
    """Writes words into a table; remembers what came together, and refuses "no"."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.together: list[list[str]] = []
        with store.writing() as connection:
            connection.execute(text("CREATE TABLE notes (word TEXT)"))

    def write(self, connection: Connection, words: Sequence[str]) -> list[str]:
        self.together.append(list(words))
        for word in words:
            connection.execute(text("INSERT INTO notes VALUES (:word)"), {"word": word})
            if word == "no":
                raise ValueError(word)
        return [word.upper() for word in words]

    def kept(self) -> list[str]:
        with self.store.reading() as connection:
            return list(connection.execute(text("SELECT word FROM notes ORDER BY rowid")).scalars())


@pytest.fixture
def notes(store: Store) -> Notes:
    return Notes(store)


def test_a_write_with_nothing_before_it_is_done_at_once(notes: Notes) -> None:
    async def go(thread: ThreadPoolExecutor) -> None:
        batches = Batches(notes.store, thread, notes.write)
        assert await batches.add("one") == "ONE"
        assert notes.kept() == ["one"]
        assert await batches.add("two") == "TWO"

    with ThreadPoolExecutor(1) as thread:
        asyncio.run(go(thread))
    assert notes.together == [["one"], ["two"]]
    assert notes.kept() == ["one", "two"]


def test_what_comes_while_the_thread_is_busy_is_one_transaction_and_each_gets_its_own_answer(notes: Notes) -> None:
    free = threading.Event()

    async def go(thread: ThreadPoolExecutor) -> list[str]:
        batches = Batches(notes.store, thread, notes.write)
        thread.submit(free.wait)
        waiting = [asyncio.create_task(batches.add(word)) for word in ("one", "two", "three")]
        await asyncio.sleep(0)
        free.set()
        return await asyncio.gather(*waiting)

    with ThreadPoolExecutor(1) as thread:
        assert asyncio.run(go(thread)) == ["ONE", "TWO", "THREE"]
    assert notes.together == [["one", "two", "three"]]


def test_a_batch_that_fails_keeps_nothing_tells_all_and_the_next_one_is_written(notes: Notes) -> None:
    free = threading.Event()

    async def go(thread: ThreadPoolExecutor) -> list[str | BaseException]:
        batches = Batches(notes.store, thread, notes.write)
        thread.submit(free.wait)
        waiting = [asyncio.create_task(batches.add(word)) for word in ("one", "no")]
        await asyncio.sleep(0)
        free.set()
        said = await asyncio.gather(*waiting, return_exceptions=True)
        return [*said, await batches.add("after")]

    with ThreadPoolExecutor(1) as thread:
        first, second, after = asyncio.run(go(thread))
    assert isinstance(first, ValueError)
    assert isinstance(second, ValueError)
    assert after == "AFTER"
    assert notes.kept() == ["after"]


def test_one_who_no_longer_waits_does_not_disturb_the_others(notes: Notes) -> None:
    free = threading.Event()

    async def go(thread: ThreadPoolExecutor) -> str:
        batches = Batches(notes.store, thread, notes.write)
        thread.submit(free.wait)
        gone = asyncio.create_task(batches.add("gone"))
        stays = asyncio.create_task(batches.add("stays"))
        await asyncio.sleep(0)
        gone.cancel()
        free.set()
        return await stays

    with ThreadPoolExecutor(1) as thread:
        assert asyncio.run(go(thread)) == "STAYS"
    assert notes.kept() == ["gone", "stays"]
