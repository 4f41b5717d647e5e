"""Signing in where a source wants it: once for all of its feeds, kept in memory only, and anew when it has run out."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from weakref import WeakKeyDictionary

from listening.collectors.guard import guarded
from listening.collectors.protocols import Collector, SignsIn
from listening.errors import FeedError
from listening.models import Answer, Feed, Request

FAILED_FOR = timedelta(minutes=10)
"""So long after a sign-in that failed none is tried again: services count them."""

Ask = Callable[[Request], Awaitable[Answer]]


@dataclass(slots=True)
class Sessions:
    """The sign-ins of this process, by what they were asked with. Nothing of them is ever written down."""

    _held: dict[str, Mapping[str, str]] = field(default_factory=dict, repr=False)
    _failed: dict[str, tuple[datetime, FeedError]] = field(default_factory=dict, repr=False)
    _locks: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock] = field(
        default_factory=WeakKeyDictionary, repr=False
    )

    async def secrets(
        self, module: Collector, feed: Feed, secrets: Mapping[str, str], ask: Ask, now: datetime
    ) -> Mapping[str, str]:
        """The secrets with what a sign-in has brought; as they are where the source wants none, or none is possible."""
        if not isinstance(module, SignsIn) or (request := guarded(module.sign_in, feed, secrets, None)) is None:
            return secrets
        name = _name(module, request)
        async with self._lock():
            if name not in self._held:
                await self._sign_in(module, name, request, ask, now)
        return {**secrets, **self._held[name]}

    async def renewed(
        self,
        module: Collector,
        feed: Feed,
        secrets: Mapping[str, str],
        ask: Ask,
        now: datetime,
        *,
        ended: Mapping[str, str],
    ) -> Mapping[str, str] | None:
        """The same after a sign-in has run out (``ended``: the secrets it had given); None where there is none."""
        if not isinstance(module, SignsIn) or (request := guarded(module.sign_in, feed, secrets, None)) is None:
            return None
        name = _name(module, request)
        async with self._lock():
            held = self._held.get(name)
            if held is None or all(ended.get(key) == value for key, value in held.items()):
                self._held.pop(name, None)
                again = guarded(module.sign_in, feed, secrets, held) if held is not None else None
                try:
                    await self._sign_in(module, name, again or request, ask, now)
                except FeedError:
                    if again is None:
                        raise
                    self._failed.pop(name, None)  # what was to be renewed is too old: from the beginning
                    await self._sign_in(module, name, request, ask, now)
        return {**secrets, **self._held[name]}

    async def _sign_in(self, module: SignsIn, name: str, request: Request, ask: Ask, now: datetime) -> None:
        if name in self._failed and now - self._failed[name][0] < FAILED_FOR:
            raise self._failed[name][1]
        try:
            self._held[name] = guarded(module.signed_in, await ask(request))
        except FeedError as error:
            self._failed[name] = (now, error)
            raise
        self._failed.pop(name, None)

    def _lock(self) -> asyncio.Lock:
        return self._locks.setdefault(asyncio.get_running_loop(), asyncio.Lock())


def _name(module: Collector, request: Request) -> str:
    said = repr((module.SOURCE, request.url, sorted(request.headers.items()), request.body))
    return hashlib.blake2b(said.encode(), digest_size=16).hexdigest()
