"""Looking and trying as one step, for whoever waits: nothing is stored, and ``progress`` says how far it is."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TypeVar

from listening.collect import Get
from listening.settings import Settings
from listening.setup.answers import Answers
from listening.setup.asking import client_of, first_client
from listening.setup.looking import Looked, look, look_for_places
from listening.setup.place import Place
from listening.setup.trials import try_places

Progress = Callable[[int, int], None]
"""Told how many of how many places have answered or given up."""

Made = TypeVar("Made")


def propose_places(answers: Answers, secrets: Mapping[str, str], progress: Progress) -> Looked:
    """Places for the answers, those that are ticked tried."""

    async def work(get: Get) -> Looked:
        looked = await look(answers, get, secrets)
        looked.places = await _tried(looked.places, get, secrets, None, progress)
        return looked

    return _run(None, answers.contact, work)


def more_places(
    typed: Sequence[str], answers: Answers, secrets: Mapping[str, str], settings: Settings | None, progress: Progress
) -> Looked:
    """Places for what else was typed, those that are ticked tried."""

    async def work(get: Get) -> Looked:
        looked = await look_for_places(typed, answers, get)
        looked.places = await _tried(looked.places, get, secrets, settings, progress)
        return looked

    return _run(settings, answers.contact, work)


def try_now(
    places: Sequence[Place], contact: str, secrets: Mapping[str, str], settings: Settings | None, progress: Progress
) -> list[Place]:
    """The places, each asked that is ticked and was not yet."""

    async def work(get: Get) -> list[Place]:
        return await _tried(places, get, secrets, settings, progress)

    return _run(settings, contact, work)


async def _tried(
    places: Sequence[Place], get: Get, secrets: Mapping[str, str], settings: Settings | None, progress: Progress
) -> list[Place]:
    """What is ticked is tried; the others wait until somebody ticks them."""
    ticked = [place for place in places if place.ticked]

    def told(done: int, name: str) -> None:
        progress(done, len(ticked))

    found = await try_places(ticked, get, secrets, settings=settings, progress=told)
    asked = {place.key: place for place in found}
    return [asked.get(place.key, place) for place in places]


def _run(settings: Settings | None, contact: str, work: Callable[[Get], Awaitable[Made]]) -> Made:
    async def whole() -> Made:
        async with client_of(settings) if settings is not None else first_client(contact) as client:
            return await work(client.get)

    return asyncio.run(whole())
