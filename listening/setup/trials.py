"""What places would have found last week: each asked once, side by side, and nothing stored."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from listening.accounts import OwnAccounts
from listening.collect import Get
from listening.collectors import collector
from listening.errors import FeedError, FeedUnreachable, ListeningError
from listening.models import Answer, Feed, Page, Post, Topic
from listening.query import Matcher, parse
from listening.settings import Settings
from listening.setup.asking import ask, read
from listening.setup.place import Place, in_a_trial
from listening.signing import Sessions

SECONDS = 30
"""How long one place is waited for."""

WEEK = timedelta(days=7)
MOST_EXAMPLES = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class Gave:
    """What one place gave: ``posts`` in all, ``own`` of them by the agency itself, ``about`` those of the last week
    that a topic finds, the newest first; ``last`` is when the newest one that a topic finds was published."""

    posts: int
    own: int
    about: tuple[Post, ...]
    last: datetime | None


def page_of(answer: Answer, feed: Feed) -> tuple[Page | None, FeedError | None]:
    """The posts in an answer that was got already, or why there are none."""
    try:
        return read(answer, feed), None
    except FeedError as error:
        return None, error


async def try_places(
    places: Sequence[Place],
    get: Get,
    secrets: Mapping[str, str],
    *,
    settings: Settings | None = None,
    progress: Callable[[int, str], None] = lambda done, name: None,
) -> list[Place]:
    """The places, each with what it gave or why it did not; one that was asked before is not asked again."""
    sessions = Sessions()
    done = 0

    async def one(place: Place) -> Place:
        nonlocal done
        if not place.asked:
            # Without settings nothing can be counted; a channel shows its feed without a key as well.
            known = {} if settings is None and place.feed.source == "youtube" else secrets
            try:
                async with asyncio.timeout(SECONDS):
                    asked = await ask(get, place.feed, known, sessions=sessions, settings=settings, named=place.named)
                place = replace(place, given=asked.page, refusal=_said(asked.error))
            except TimeoutError:
                late = FeedUnreachable(f"It did not answer within {SECONDS} seconds.", "It is tried again later.")
                place = replace(place, refusal=late)
        done += 1
        progress(done, place.feed.name)
        return place

    return list(await asyncio.gather(*map(one, places)))


def _said(error: ListeningError | None) -> ListeningError | None:
    return in_a_trial(error) if isinstance(error, FeedError) else error


class Judge:
    """Says of posts whether they are about the agency: the topics' queries, and what is its own."""

    def __init__(self, topics: Iterable[Topic], own_accounts: Iterable[str], authors: Sequence[str] = ()) -> None:
        queries = {topic.name: topic.query for topic in topics}
        self._matcher = Matcher(
            {name: parse(query, topics=queries, listed_authors=list(authors)) for name, query in queries.items()}
        )
        self._own = OwnAccounts(own_accounts)

    def of(self, page: Page, now: datetime) -> Gave:
        """What a place gave, as the last week's share of it."""
        own = sum(self._own.wrote(post) for post in page.posts)
        found = [post for post in page.posts if not self._own.wrote(post) and self._matcher.match(post)]
        dated = sorted((post for post in found if post.published_at), key=_when, reverse=True)
        about = [post for post in dated if now - WEEK <= _when(post)]
        return Gave(
            posts=len(page.posts),
            own=own,
            about=(*about, *(post for post in found if not post.published_at)),
            last=_when(dated[0]) if dated else None,
        )


def _when(post: Post) -> datetime:
    assert post.published_at is not None
    return post.published_at


def in_words(gave: Gave, day_words: Callable[[datetime], str]) -> str:
    """“gave 40 posts, 3 about you in the last week”; ``day_words`` says a day."""
    if not gave.posts:
        return "answered, and holds no posts now"
    said = f"gave {gave.posts:,} {'post' if gave.posts == 1 else 'posts'}"
    if gave.own == gave.posts:
        return f"{said}, all your own: not counted"
    if gave.about:
        return f"{said}, {len(gave.about):,} about you in the last week"
    if gave.last is not None:
        return f"{said}, none about you in the last week; the newest about you is of {day_words(gave.last)}"
    return f"{said}, none about you"


def kind_of(feed: Feed) -> str:
    """What kind of place it is, in the words of its collector."""
    return collector(feed.source).LABEL
