"""The sources we can listen to: one module each, named here and nowhere else.

A collector knows how to ask its source (``locate``) and what its answers mean (``parse``). It is pure: it has no
network and no clock, so that it can be tried with a saved answer.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Protocol, runtime_checkable

from listening.collectors import mastodon, reddit, rss
from listening.errors import SettingsError
from listening.models import Answer, Feed, Page, Post, Presence, Request, TextKind


class Collector(Protocol):
    """What a module must have to be a collector.

    ``KEYS`` are the settings that a feed of this source takes, with a sentence each. ``EMPTY_MEANS_BLOCKED`` says that
    an answer without posts, where there were some before, means that the source keeps us out. ``DELETIONS`` says in a
    sentence whether it is noticed that a post was deleted.
    """

    SOURCE: str
    LABEL: str
    KIND: TextKind
    KEYS: Mapping[str, str]
    CANNOT_SEE: str
    DELETIONS: str
    EMPTY_MEANS_BLOCKED: bool

    def check(self, options: Mapping[str, str]) -> None:
        """Raise a SettingsError that names the key if these options cannot be used."""

    def locate(self, feed: Feed, cursor: str | None, secrets: Mapping[str, str]) -> Request:
        """Say what to ask for; ``cursor`` is what the last page said to remember."""

    def parse(self, answer: Answer, feed: Feed) -> Page:
        """Turn an answer of any status but 304 into posts, or raise a FeedError that says why there are none.

        ``Page.cursor`` None means that the cursor stays as it is. ``Page.next`` is on the server of the first request,
        and is asked with that request's headers added.
        """


@runtime_checkable
class Rechecker(Protocol):
    """What a collector has besides, whose source can be asked whether a post is still there."""

    def recheck(self, post: Post) -> Request | None:
        """What to ask for; None where nobody can be asked about this post."""

    def presence(self, answer: Answer, request: Request) -> Presence:
        """What an answer to that says; "unknown" wherever it could be about something else than this post."""


COLLECTORS: tuple[Collector, ...] = (rss, mastodon, reddit)


def collector(source: str) -> Collector:
    """Return the collector of a source, by its name in the settings."""
    for module in COLLECTORS:
        if source == module.SOURCE:
            return module
    names = [module.SOURCE for module in COLLECTORS]
    raise SettingsError(f"There is no source “{source}”.", _suggestion(source, names, "Sources are"), key="source")


def rechecker(source: str) -> Rechecker | None:
    """A source's way of asking whether a post is still there, if it has one."""
    module = collector(source)
    return module if isinstance(module, Rechecker) else None


def kind_of(source: str) -> TextKind:
    """The kind of text that a source gives."""
    return collector(source).KIND


def check(source: str, options: Mapping[str, str]) -> None:
    """Refuse options that a source does not know, or cannot use."""
    module = collector(source)
    for key in options:
        if key not in module.KEYS:
            raise SettingsError(
                f"A feed of source “{source}” has no option “{key}”.",
                _suggestion(key, list(module.KEYS), "Its options are"),
                key=key,
            )
    module.check(options)


def _suggestion(word: str, known: list[str], otherwise: str) -> str:
    """Suggest the word that was probably meant, else name them all."""
    near = difflib.get_close_matches(word, known, n=1)
    return f"Did you mean “{near[0]}”?" if near else f"{otherwise} {', '.join(known)}."
