"""Which stories wait to be read, and what became of the others: the review's queue, and who has taken what of it."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Connection, and_, delete, exists, func, or_, select
from sqlalchemy.dialects.sqlite import insert as upsert
from sqlalchemy.sql.elements import ColumnElement

from listening.models import Mention
from listening.query import Matcher
from listening.store import verdicts as laid
from listening.store.opening import Store
from listening.store.reading import Reader
from listening.store.reviewing import DECISIONS, listed
from listening.store.rows import mention_of, moment, seconds
from listening.store.schema import ALL_TOPICS, claims, links, mentions, reviews, verdicts
from listening.store.verdicts import READ
from listening.store.views import Meaning, View

Turn = Literal["least certain", "newest", "most seen", "longest waiting"]
"""In which order the queue is read."""

Show = Literal["unread", "read", "not about us", "disputed", "second", "all"]
"""Which stories of a view."""

CLAIM = timedelta(minutes=30)
"""For so long what somebody has taken is left alone by others."""

MISSED = 0.5
"""How certain a mention without a tag counts as, in another language: behind tags that are little more than a guess."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Card:
    """One story of the queue: its number, the numbers of its mentions there, one of them whole, and where they are."""

    story: int
    numbers: tuple[int, ...]
    first: Mention
    feeds: frozenset[str]
    engagement: int | None

    @property
    def count(self) -> int:
        """How many mentions are judged together."""
        return len(self.numbers)


@dataclass(frozen=True, kw_only=True, slots=True)
class Progress:
    """Stories of a view: how many there are, and how many wait to be read."""

    stories: int
    waiting: int

    @property
    def read(self) -> int:
        """How many are done."""
        return self.stories - self.waiting


@dataclass(frozen=True, kw_only=True, slots=True)
class Queue:
    """What is asked for: stories of a view that are unread, or read, or not about us, or judged in two ways, or all.

    ``second``: read by somebody else and not by ``me``. ``by``: those that this reviewer judged. ``mine``: those only
    that ``me`` has taken; what others have taken is left out in any case while it is unread.
    """

    view: View
    show: Show = "unread"
    turn: Turn = "least certain"
    me: str = ""
    by: str = ""
    mine: bool = False


class Asked:
    """A queue, asked on one connection."""

    def __init__(self, store: Store, connection: Connection, queue: Queue, now: datetime) -> None:
        self._connection = connection
        self._reader = Reader(store, connection)
        self._means = Meaning(connection)
        self._queue = queue
        self._now = now

    def cards(self, *, limit: int = 12, offset: int = 0) -> list[Card]:
        """A screenful of the queue's stories."""
        queue = self._queue
        certainty = func.coalesce(mentions.c.confidence, MISSED)
        # Of the time, the newest; of certainty, the least; of what was seen, the most: each of a story's mentions.
        orders: dict[Turn, list[ColumnElement[Any]]] = {
            "newest": [func.max(links.c.published_at).desc()],
            "longest waiting": [func.min(links.c.published_at)],
            "least certain": [func.min(certainty), func.max(links.c.published_at).desc()],
            "most seen": [
                func.sum(func.coalesce(links.c.engagement, 0)).desc(),
                func.count().desc(),
                func.max(links.c.published_at).desc(),
            ],
        }
        if queue.show in ("not about us", "disputed"):
            return self._by_verdict(limit, offset)
        grouped = select(
            links.c.story,
            func.json_group_array(links.c.n).label("numbers"),
            func.json_group_array(links.c.feed).label("feeds"),
            func.sum(links.c.engagement).label("engagement"),
        )
        if queue.turn == "least certain":
            grouped = grouped.join(mentions, mentions.c.n == links.c.n)
        grouped = grouped.where(*self._conditions()).group_by(links.c.story)
        grouped = grouped.order_by(*orders[queue.turn], links.c.story.desc())
        rows = self._connection.execute(grouped.limit(limit).offset(offset)).all()
        held = [(row.story, sorted(json.loads(row.numbers)), row) for row in rows]
        whole = self._reader.numbered([numbers[0] for _, numbers, _ in held])
        return [
            Card(
                story=story,
                numbers=tuple(numbers),
                first=whole[numbers[0]],
                feeds=frozenset(self._means.names[feed] for feed in json.loads(row.feeds)),
                engagement=row.engagement,
            )
            for story, numbers, row in held
        ]

    def count(self) -> int:
        """How many stories the queue holds."""
        if self._queue.show in ("not about us", "disputed"):
            return len(self._by_verdict(-1, 0))
        query = select(func.count(func.distinct(links.c.story))).where(*self._conditions())
        return int(self._connection.execute(query).scalar_one())

    def numbers(self) -> list[int]:
        """The numbers of all mentions that the queue holds, for doing something to all of them."""
        if self._queue.show in ("not about us", "disputed"):
            return [number for card in self._by_verdict(-1, 0) for number in card.numbers]
        return list(self._connection.execute(select(links.c.n).where(*self._conditions())).scalars())

    def progress(self) -> Progress:
        """How many stories of the view there are, and how many are unread, whoever has taken them."""
        view = self._queue.view
        every = self._reader.story_count(view)
        waiting = select(func.count(func.distinct(links.c.story))).where(self._within(replace(view, reviewed=False)))
        # Stories of which nothing is left in the small rows, as somebody said that they are not about us.
        first = mentions.alias("first")
        left = exists().where(
            links.c.topic == self._means.topic(view),
            links.c.published_at >= seconds(view.start),
            links.c.published_at < seconds(view.end),
            or_(links.c.n == first.c.n, and_(links.c.story == first.c.n, links.c.story != links.c.n)),
        )
        away = (
            select(func.count(func.distinct(mentions.c.story)))
            .select_from(verdicts.join(mentions, mentions.c.n == verdicts.c.n))
            .outerjoin(first, first.c.id == mentions.c.story)
            .where(
                verdicts.c.relevant == 0,
                verdicts.c.published_at >= seconds(view.start),
                verdicts.c.published_at < seconds(view.end),
                ~left,
            )
        )
        gone = int(self._connection.execute(away).scalar_one())
        return Progress(stories=every + gone, waiting=int(self._connection.execute(waiting).scalar_one()))

    def _within(self, view: View) -> ColumnElement[bool]:
        return self._means.where(view, view.start, view.end)

    def _conditions(self) -> list[ColumnElement[bool]]:
        queue = self._queue
        view = queue.view
        if queue.show == "unread":
            view = replace(view, reviewed=False)
        elif queue.show in ("read", "second"):
            view = replace(view, reviewed=True)
        conditions = [self._within(view)]
        undone = select(reviews.c.undoes).where(reviews.c.undoes.is_not(None))
        mine = select(reviews.c.n).where(
            reviews.c.reviewer == queue.me, reviews.c.kind != "undo", reviews.c.act.not_in(undone)
        )
        if queue.show == "second":
            conditions.append(~links.c.n.in_(mine))
        if queue.by:
            conditions.append(links.c.n.in_(_read_by(queue.by)))
        if queue.show == "unread":
            taken = select(claims.c.n).where(claims.c.until > seconds(self._now))
            if queue.mine:
                conditions.append(links.c.story.in_(taken.where(claims.c.reviewer == queue.me)))
            else:
                conditions.append(~links.c.story.in_(taken.where(claims.c.reviewer != queue.me)))
        return conditions

    def _by_verdict(self, limit: int, offset: int) -> list[Card]:
        """Stories by what people said of them: those not about us, which have no small rows, and those in dispute."""
        queue, view = self._queue, self._queue.view
        away = queue.show == "not about us"
        query = laid.shown().where(
            verdicts.c.relevant == 0 if away else verdicts.c.n.in_(disputed()),
            verdicts.c.published_at >= seconds(view.start),
            verdicts.c.published_at < seconds(view.end),
        )
        if queue.by:
            query = query.where(verdicts.c.n.in_(_read_by(queue.by)))
        for value, column in ((view.status, verdicts.c.status), (view.department, verdicts.c.department)):
            if value is not None:
                query = query.where(column == value)
        matcher = None if view.query is None else Matcher({"": view.query})
        stories: dict[str, list[tuple[int, Mention]]] = defaultdict(list)
        for row in self._connection.execute(query.order_by(verdicts.c.published_at.desc())).mappings():
            mention = mention_of(row)
            if _is_in(view, mention) and (matcher is None or matcher.match(mention)):
                stories[mention.story or mention.id].append((row["n"], mention))
        cards = [
            Card(
                story=min(number for number, _ in held),
                numbers=tuple(sorted(number for number, _ in held)),
                first=held[0][1],
                feeds=frozenset(mention.feed for _, mention in held),
                engagement=None,
            )
            for held in stories.values()
        ]
        return cards[offset:] if limit < 0 else cards[offset : offset + limit]


def _is_in(view: View, mention: Mention) -> bool:
    """Whether a mention without small rows is one that the view means, but for its times and its query."""
    return (
        (not view.topic or view.topic in mention.topics)
        and view.tag in (None, mention.tag)
        and view.source in (None, mention.source)
        and (view.feeds is None or mention.feed in view.feeds)
        and (not view.asking or bool(mention.question))
        and (view.ids is None or mention.id in view.ids)
    )


def _read_by(reviewer: str) -> Any:
    """The numbers of the mentions whose tag, or whether they are about us, a reviewer has judged."""
    judged_ = or_(reviews.c.changed.contains("tag"), reviews.c.changed.contains("relevant"))
    return select(reviews.c.n).where(reviews.c.reviewer == reviewer, reviews.c.kind == "verdict", judged_)


def disputed() -> Any:
    """The numbers of mentions of which an entry contradicts one that its writer had not seen; nobody decided since."""
    later = reviews.alias("later")
    since = select(later.c.no).where(
        later.c.n == reviews.c.n,
        later.c.no > reviews.c.no,
        later.c.kind != "second",
        or_(*(later.c.changed.contains(name) for name in DECISIONS)),
    )
    return select(reviews.c.n).where(reviews.c.against.is_not(None), reviews.c.kind != "second", ~since.exists())


def cards_of(store: Store, connection: Connection, numbers: Sequence[int]) -> Card | None:
    """Some mentions as one card, whatever the queue; None where they are gone."""
    reader = Reader(store, connection)
    whole = reader.numbered(list(numbers))
    if not whole:
        return None
    held = sorted(whole)
    return Card(
        story=held[0],
        numbers=tuple(held),
        first=whole[held[0]],
        feeds=frozenset(mention.feed for mention in whole.values()),
        engagement=None,
    )


# --- taking a batch -------------------------------------------------------------------------------------------------


def take(connection: Connection, stories: Sequence[int], *, reviewer: str, now: datetime) -> list[int]:
    """Take stories for a while, as far as nobody else has; those that are taken then."""
    at, until = seconds(now), seconds(now + CLAIM)
    row = upsert(claims)
    for story in stories:
        connection.execute(
            row.values(n=story, reviewer=reviewer, until=until).on_conflict_do_update(
                index_elements=["n"],
                set_={"reviewer": reviewer, "until": until},
                where=(claims.c.until <= at) | (claims.c.reviewer == reviewer),
            )
        )
    query = select(claims.c.n).where(claims.c.reviewer == reviewer, claims.c.n.in_(listed(stories)))
    return sorted(connection.execute(query).scalars())


def give_back(connection: Connection, reviewer: str) -> None:
    """Let others have what a reviewer had taken."""
    connection.execute(delete(claims).where(claims.c.reviewer == reviewer))


def taken(connection: Connection, now: datetime) -> dict[str, tuple[int, datetime]]:
    """Who has taken how many stories at this moment, and until when the last of them."""
    query = (
        select(claims.c.reviewer, func.count(), func.max(claims.c.until))
        .where(
            claims.c.until > seconds(now),
            # What of it has been read no longer counts.
            exists().where(links.c.topic == ALL_TOPICS, links.c.n == claims.c.n),
            ~exists().where(verdicts.c.n == claims.c.n, READ),
        )
        .group_by(claims.c.reviewer)
    )
    found = {}
    for reviewer, count, until in connection.execute(query):
        last = moment(until)
        assert last is not None
        found[reviewer] = (count, last)
    return found
