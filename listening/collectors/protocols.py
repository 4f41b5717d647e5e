"""What a collector is, and what it may do besides: sign in, keep to a budget, look posts up again, read a conversation.

A collector is a module, or any object with these names. It is pure: it has no network, no clock and no memory, so that
it can be tried with saved answers. What it must remember goes into ``Page.cursor`` from run to run, and into
``Request.carry`` from one answer to the next.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from listening.models import Answer, Budget, Feed, Page, Post, Presence, Request, TextKind


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
        """Say what to ask for; ``cursor`` is what the last page said to remember.

        It is also called without a cursor and without a sign-in, only to see whether the address has changed.
        """

    def parse(self, answer: Answer, feed: Feed) -> Page:
        """Turn an answer of any status but 304 into posts, or raise a FeedError that says why there are none.

        ``Page.cursor`` None means that the cursor stays as it is: a walk that goes back in time gives it with its last
        page only, so that one which is broken off leaves no gap. ``Page.next`` is on the server of the first request,
        and is asked with that request's headers added.
        """


@runtime_checkable
class SignsIn(Protocol):
    """What a collector has besides, whose source wants a sign-in before it answers."""

    def sign_in(self, feed: Feed, secrets: Mapping[str, str], held: Mapping[str, str] | None) -> Request | None:
        """What to send; None where no secret is set, so that it is asked without, or where nothing is to be renewed.

        ``held`` is what the last sign-in gave, where it has run out and may be renewed with less than a password.
        """

    def signed_in(self, answer: Answer) -> Mapping[str, str]:
        """What to add to the secrets; a FeedError where the sign-in failed. It is kept in memory only."""


@runtime_checkable
class Budgeted(Protocol):
    """What a collector has besides, whose source is counted: a request names what it uses in ``Request.costs``."""

    def budgets(self, feed: Feed) -> Sequence[Budget]:
        """The budgets that a feed's requests use."""


@runtime_checkable
class OneByOne(Protocol):
    """What a collector has besides, whose service is asked for one feed after the other: where it wants rest
    (``Page.wait``, 429), it wants it from all of them."""

    ONE_BY_ONE: bool


@runtime_checkable
class Rechecker(Protocol):
    """What a collector has besides, whose source can be asked whether one post is still there."""

    def recheck(self, post: Post) -> Request | None:
        """What to ask for; None where nobody can be asked about this post."""

    def presence(self, answer: Answer, request: Request) -> Presence:
        """What an answer to that says; "unknown" wherever it could be about something else than this post."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Refreshed:
    """What an answer says of the posts that were asked for, by their keys: as they are now, gone, or missing.

    ``missing`` ones are not in the answer, which may pass: such a one counts as gone when it is missing on two days.
    Of posts that are in none of the three nothing is known.
    """

    posts: tuple[Post, ...] = ()
    gone: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


@runtime_checkable
class Refresher(Protocol):
    """What a collector has besides, whose source can be asked for many known posts at once.

    Their counts, their words where they were edited, and whether they are still there: so that what is recent stays
    true. ``AT_ONCE`` is how many a request may ask for.
    """

    AT_ONCE: int

    def refresh(self, posts: Sequence[Post], feed: Feed, secrets: Mapping[str, str]) -> Request | None:
        """What to ask for; None where nobody can be asked."""

    def refreshed(self, answer: Answer, posts: Sequence[Post], feed: Feed) -> Refreshed:
        """What the answer says of these posts; a FeedError where it says nothing."""


@runtime_checkable
class Converser(Protocol):
    """What a collector has besides, whose source tells what was said around a post."""

    def thread(self, post: Post, feed: Feed, secrets: Mapping[str, str]) -> Request | None:
        """What to ask for to get the posts that it answers and those that answer it; None where that cannot be."""

    def conversation(self, answer: Answer, post: Post, feed: Feed) -> Page:
        """The posts around it, each with ``reply_to``: the key of the post that it answers; without the post itself."""
