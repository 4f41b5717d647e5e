"""Writes that come at about the same time, done together: a transaction and a statement each cost more than a row."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from typing import Generic, TypeVar

from sqlalchemy import Connection

from listening.store.opening import Store

Wish = TypeVar("Wish")
Answer = TypeVar("Answer")


class Batches(Generic[Wish, Answer]):
    """Collects what is to be written while the one thread that writes is busy, and writes it when its turn comes.

    ``write`` gets all that waits and gives an answer to each, in the same order. With nothing else to do one wish is
    written at once. A batch is all or nothing: where it fails, all who wait for it are told.
    """

    def __init__(
        self, store: Store, thread: Executor, write: Callable[[Connection, Sequence[Wish]], Sequence[Answer]]
    ) -> None:
        self._store = store
        self._thread = thread
        self._write = write
        self._lock = threading.Lock()
        self._waiting: list[tuple[Wish, asyncio.Future[Answer]]] = []

    async def add(self, wish: Wish) -> Answer:
        """The answer to a wish, once what it wrote is kept."""
        loop = asyncio.get_running_loop()
        kept: asyncio.Future[Answer] = loop.create_future()
        with self._lock:
            self._waiting.append((wish, kept))
            first = len(self._waiting) == 1
        if first:
            self._thread.submit(self._together, loop)
        return await kept

    def _together(self, loop: asyncio.AbstractEventLoop) -> None:
        with self._lock:
            batch, self._waiting = self._waiting, []
        kept = [future for _, future in batch]
        try:
            with self._store.writing() as connection:
                answers = self._write(connection, [wish for wish, _ in batch])
        except BaseException as failure:  # noqa: BLE001 - whatever it is, those who wait raise it
            loop.call_soon_threadsafe(_fail, kept, failure)
        else:
            loop.call_soon_threadsafe(_tell, kept, answers)


def _tell(kept: Sequence[asyncio.Future[Answer]], answers: Sequence[Answer]) -> None:
    for future, answer in zip(kept, answers, strict=True):
        if not future.done():  # nobody waits for it any longer
            future.set_result(answer)


def _fail(kept: Sequence[asyncio.Future[Answer]], failure: BaseException) -> None:
    for future in kept:
        if not future.done():
            future.set_exception(failure)
