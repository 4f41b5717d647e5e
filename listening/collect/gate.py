"""Whether there is a network at all: a few feeds are asked first, and the many others only when somebody answers.

Without it, a computer that is offline would knock on ten thousand doors, each for as long as it waits for an answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

MANY = 100
"""Fewer feeds are asked all at once."""
FIRST = 20


class Gate:
    """Lets the ``first`` feeds pass, and the others when one of these was reached; none when nobody was."""

    def __init__(self, first: Sequence[str] = ()) -> None:
        self._waiting = set(first)
        self._known = asyncio.Event()
        self._open = not self._waiting
        if self._open:
            self._known.set()

    async def lets(self, feed: str) -> bool:
        """Whether this feed may be asked; waits until that is known."""
        if feed not in self._waiting:
            await self._known.wait()
            return self._open
        return True

    def open(self) -> None:
        """Somebody was reached: there is a network."""
        self._open = True
        self._known.set()

    def done(self, feed: str) -> None:
        """A feed was asked; after the last of the first ones it is known that there is no network, if nobody came."""
        self._waiting.discard(feed)
        if not self._waiting:
            self._known.set()
