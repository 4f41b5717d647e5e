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
    """Lets the ``first`` feeds pass, and the others when one of these was reached; none when all of them were asked and
    nobody was. Where none of them was asked in vain (they rest, a key is missing), nothing speaks against a network."""

    def __init__(self, first: Sequence[str] = ()) -> None:
        self._waiting = set(first)
        self._in_vain = False
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

    def done(self, feed: str, *, in_vain: bool) -> None:
        """A feed had its turn, perhaps ``in_vain``: it could not be reached. After the last of the first ones it is
        known whether there is a network."""
        self._waiting.discard(feed)
        self._in_vain = self._in_vain or in_vain
        if not self._waiting:
            self._open = self._open or not self._in_vain
            self._known.set()
