"""Whose turn it is: one request at a time to one host and port, a pause between two, and so many at once overall."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass(slots=True)
class _Place:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    ended: float = -math.inf  # the loop's time at the end of the last request
    pause: float = 0.0  # seconds that the last request asked to leave


class Turns:
    """Lets each request wait until its host is free."""

    def __init__(self, at_once: int) -> None:
        self._places: dict[tuple[str, int], _Place] = {}
        self._room = asyncio.Semaphore(at_once)

    @asynccontextmanager
    async def turn(self, place_key: tuple[str, int], pause: float) -> AsyncIterator[None]:
        """Hold a host and port for one request, no sooner than ``pause`` seconds after the end of the one before."""
        clock = asyncio.get_running_loop().time
        place = self._places.setdefault(place_key, _Place())
        async with place.lock:
            wait = place.ended + max(place.pause, pause) - clock()
            if wait > 0:
                await asyncio.sleep(wait)
            # Only now take one of the overall places, so that nobody who waits for a host keeps others from asking.
            async with self._room:
                try:
                    yield
                finally:
                    place.ended = clock()
                    place.pause = pause
