"""Asking the store: numbers, a screenful of mentions at a time, stories, terms, feeds and runs."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any, Literal

from sqlalchemy import (
    Connection,
    FromClause,
    Select,
    and_,
    bindparam,
    func,
    or_,
    select,
    text,
)
from sqlalchemy.sql.elements import ColumnElement

from listening.models import Mention, Tag
from listening.query import Query
from listening.store import placing, questioning, verdicts
from listening.store.counting import Count, Counting
from listening.store.opening import Store
from listening.store.rows import day_number, day_of, mention_of, moment, seconds
from listening.store.schema import ALL_TOPICS, IMPORTED, feeds, heard, links, mentions, runs, terms, threads
from listening.store.schema import verdicts as decided
from listening.store.search import plan
from listening.store.terms import Terms
from listening.store.views import Meaning, View

Order = Literal["newest", "engagement"]

QUIET_FOR = timedelta(seconds=90)
"""A run that says nothing for so long was stopped: the longest a feed may take, twice."""

NEIGHBOURS = 20
"""Mentions saved after each other that are taken together where some of all are: they lie on one page of the file."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Story:
    """Mentions of a view that carry the same text: their number by tag, the feeds, the first and the last of them."""

    no: int
    count: int
    tags: Mapping[Tag, int]
    feeds: frozenset[str]
    first: Mention
    last_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Followers:
    """The authors of a view whose followers are known: how many, the most of one, all together; and the mentions of
    which they are not known."""

    authors: int
    most: int
    together: int
    unknown: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """One collection: when, how far, with what result. ``finished_at`` None and an old ``alive_at``: it was killed."""

    no: int
    started_at: datetime
    alive_at: datetime
    finished_at: datetime | None
    feeds: int
    done: int
    failed: int
    posts: int
    new: int
    note: str

    def running(self, now: datetime) -> bool:
        """Whether it is under way, here or anywhere else."""
        return self.finished_at is None and now - self.alive_at < QUIET_FOR


class Reader:
    """Answers questions about one state of the store; made for one connection, and remembers a search within it."""

    def __init__(self, store: Store, connection: Connection) -> None:
        self._store = store
        self._connection = connection
        self._means = Meaning(connection)
        self._counting = Counting(connection, self._means, store.timezone)

    # --- counting -----------------------------------------------------------------------------------------------

    def counts(self, view: View, *, by_day: bool = False, by_feed: bool = True) -> list[Count]:
        """How many mentions, by tag (feed, local day), in order of day, feed and tag."""
        return self._counting.counts(view, by_day=by_day, by_feed=by_feed)

    def by_feed_and_day(self, view: View) -> dict[str, dict[date, int]]:
        """How many mentions a feed has on a local day, where it has any: ``counts`` without tags, for long periods."""
        return self._counting.by_feed_and_day(view)

    def total(self, view: View) -> int:
        """How many mentions the view holds."""
        return sum(count.count for count in self.counts(view))

    def _within(self, view: View, table: FromClause = links) -> ColumnElement[bool]:
        return self._means.where(view, view.start, view.end, table)

    # --- mentions -----------------------------------------------------------------------------------------------

    def mentions(self, view: View, *, order: Order = "newest", limit: int = 50, offset: int = 0) -> list[Mention]:
        """A screenful of the view's mentions. Withdrawn ones are among them, without their text: they count."""
        chosen = select(links.c.n, links.c.published_at, links.c.engagement).where(self._within(view))
        if order == "engagement":
            chosen = chosen.order_by(
                func.coalesce(links.c.engagement, -1).desc(), links.c.published_at.desc(), links.c.n.desc()
            )
        else:
            chosen = chosen.order_by(links.c.published_at.desc(), links.c.n.desc())
        numbers = [row.n for row in self._connection.execute(chosen.limit(limit).offset(offset))]
        rows = {
            row["n"]: row
            for row in self._connection.execute(verdicts.shown().where(mentions.c.n.in_(numbers))).mappings()
        }
        also = placing.of(self._connection, numbers)
        return [replace(mention_of(rows[number]), also_in=also.get(number, ())) for number in numbers]

    def of_ids(self, view: View, ids: Sequence[str]) -> list[Mention]:
        """Those of these mentions that the view holds, in the order of their ids."""
        asked = replace(view, ids=frozenset(ids))
        query = verdicts.shown(links).where(self._within(asked))
        found = {row["id"]: mention_of(row) for row in self._connection.execute(query).mappings()} if ids else {}
        return [found[id_] for id_ in ids if id_ in found]

    def stream(self, view: View) -> Iterator[Mention]:
        """Every mention of the view, newest first, a few hundred in memory at a time."""
        query = (
            verdicts.shown(links)
            .where(self._within(view))
            .order_by(links.c.published_at.desc(), links.c.n.desc())
            .execution_options(yield_per=500)
        )
        for row in self._connection.execute(query).mappings():
            yield mention_of(row)

    def followers(self, view: View, *, without: Collection[str] = ()) -> Followers:
        """What is known of the authors' followers, each author once; ``without`` the mentions of some feeds."""
        if without:
            view = replace(view, feeds=self.feeds_of(view) - frozenset(without))
        # From the small index of those whose followers are known. The limit keeps SQLite from beginning with the links.
        known = (
            select(*(mentions.c[name] for name in ("n", "published_at", "author_followers", "source")))
            .add_columns(func.coalesce(mentions.c.author_url, mentions.c.author, mentions.c.n).label("author"))
            .where(
                mentions.c.author_followers.is_not(None),
                mentions.c.published_at >= seconds(view.start),
                mentions.c.published_at < seconds(view.end),
            )
            .limit(-1)
            .subquery()
        )
        each = (
            select(func.max(known.c.author_followers).label("followers"), func.count().label("posts"))
            .select_from(known.join(links, and_(links.c.published_at == known.c.published_at, links.c.n == known.c.n)))
            .where(self._means.where(view))
            .group_by(known.c.source, known.c.author)
            .subquery()
        )
        columns = (func.max(each.c.followers), func.sum(each.c.followers), func.sum(each.c.posts))
        authors, most, together, posts = self._connection.execute(
            select(func.count(), *columns).select_from(each)
        ).one()
        return Followers(
            authors=authors, most=most or 0, together=together or 0, unknown=self.total(view) - (posts or 0)
        )

    def reactions(self, view: View) -> tuple[int, int]:
        """How many likes, replies and reposts the view's mentions have, and of how many mentions that is known."""
        query = select(func.coalesce(func.sum(links.c.engagement), 0), func.count(links.c.engagement))
        together, known = self._connection.execute(query.where(self._within(view))).one()
        return int(together), int(known)

    def work(self, view: View) -> tuple[int, int]:
        """The minutes that answering took, and for how many of the view's mentions they were noted."""
        noted = (
            select(decided.c.n, decided.c.minutes)
            .where(
                decided.c.minutes.is_not(None),
                decided.c.published_at >= seconds(view.start),
                decided.c.published_at < seconds(view.end),
            )
            .subquery()
        )
        query = select(func.coalesce(func.sum(noted.c.minutes), 0), func.count()).select_from(
            noted.join(links, links.c.n == noted.c.n)
        )
        together, known = self._connection.execute(query.where(self._within(view))).one()
        return int(together), int(known)

    def judged(self) -> bool:
        """Whether it is known of every stored mention if it asks for something (where its language is understood).

        After an older version of this program it is not, until the next collection.
        """
        return questioning.is_done(self._connection)

    def waited(self, view: View) -> tuple[int, ...] | None:
        """How long each answered question of the view had waited, in seconds, shortest first.

        None where nothing is known of answers: nobody has reviewed anything yet, and no conversation was read; or
        nothing was answered, and fewer than half of the questions have been read by anybody, or had the conversation
        around them read at their source.
        """
        read = select(threads.c.n).where(threads.c.posts.is_not(None)).limit(1)
        known = [self._connection.execute(query).first() for query in (select(decided.c.n).limit(1), read)]
        if not any(known):  # a snapshot has no log, but what was decided
            return None
        # What people answered is little beside what is asked. The limit keeps SQLite from beginning with the links.
        answered = (
            select(decided.c.n, decided.c.published_at, decided.c.answered_at)
            .where(
                decided.c.answered_at.is_not(None),
                decided.c.published_at >= seconds(view.start),
                decided.c.published_at < seconds(view.end),
            )
            .limit(-1)
            .subquery()
        )
        same = and_(links.c.published_at == answered.c.published_at, links.c.n == answered.c.n)
        query = (
            select(answered.c.answered_at - answered.c.published_at)
            .select_from(answered.join(links, same))
            .where(self._within(replace(view, asking=True)))
        )
        waited = tuple(sorted(max(0, each) for each in self._connection.execute(query).scalars()))
        if waited:
            return waited
        asking = replace(view, asking=True, reviewed=None)
        seen = select(threads.c.n).where(threads.c.posts.is_not(None))
        looked = or_(links.c.n.in_(self._read_by(view)), links.c.n.in_(seen))
        read = select(func.count()).select_from(links).where(self._within(asking), looked)
        enough = 2 * int(self._connection.execute(read).scalar_one()) >= self.total(asking)
        return () if enough else None

    def _read_by(self, view: View) -> Select[Any]:
        """The numbers of what people have read, of the view's time."""
        return select(decided.c.n).where(
            decided.c.published_at >= seconds(view.start), decided.c.published_at < seconds(view.end), verdicts.READ
        )

    def find(self, id_: str) -> Mention | None:
        """One mention by its id."""
        row = self._connection.execute(verdicts.shown().where(mentions.c.id == id_)).mappings().first()
        return None if row is None else mention_of(row)

    # --- stories ------------------------------------------------------------------------------------------------

    def story_count(self, view: View) -> int:
        """How many stories the view's mentions are; copies of one text are one."""
        copies, stories_of_copies, with_first = self._copies(view)
        return self.total(view) - copies + stories_of_copies - with_first

    def _copies(self, view: View) -> tuple[int, int, int]:
        """The view's copies, how many stories they belong to, and of how many of these the first is in the view too.

        Only the small index of copies is read, and the first mention of each of their stories.
        """
        firsts = links.alias("firsts")
        first = select(func.count()).where(self._within(view, firsts), firsts.c.n == links.c.story)
        grouped = (
            select(func.count().label("copies"), first.correlate(links).scalar_subquery().label("first"))
            .where(self._within(view), links.c.story != links.c.n)
            .group_by(links.c.story)
            .subquery()
        )
        query = select(
            func.coalesce(func.sum(grouped.c.copies), 0), func.count(), func.coalesce(func.sum(grouped.c.first), 0)
        )
        copies, stories_of_copies, with_first = self._connection.execute(query.select_from(grouped)).one()
        return int(copies), int(stories_of_copies), int(with_first)

    def stories(self, view: View, *, limit: int = 3, least: int = 2) -> list[Story]:
        """The stories with most mentions in the view, at least ``least`` each; of equals the one with the newest."""
        within = self._within(view)
        candidates = (
            select(links.c.story, func.count().label("copies"), func.max(links.c.published_at).label("last"))
            .where(within, links.c.story != links.c.n)
            .group_by(links.c.story)
            .order_by(text("copies DESC"), text("last DESC"))
            .limit(4 * limit)
        )
        numbers = [row.story for row in self._connection.execute(candidates)]
        found = {number: _Told() for number in numbers}
        # Copies by the small index of copies, the first ones by their number: each story's both parts are few.
        columns = [links.c[name] for name in ("story", "n", "published_at", "feed", "tag")]
        copies = select(*columns).where(within, links.c.story != links.c.n, links.c.story.in_(numbers))
        for row in self._connection.execute(copies):
            found[row.story].add(row)
        for number in numbers:
            first = select(*columns).where(links.c.n == number, within)
            for row in self._connection.execute(first):
                found[number].add(row)
        enough = [number for number in numbers if found[number].count >= least]
        enough.sort(key=lambda number: (-found[number].count, -found[number].last))
        return [self._story(number, found[number]) for number in enough[:limit]]

    def _story(self, number: int, told: _Told) -> Story:
        first = self._connection.execute(verdicts.shown().where(mentions.c.n == told.first[1])).mappings().one()
        last_at = moment(told.last)
        assert last_at is not None
        return Story(
            no=number,
            count=told.count,
            tags=dict(told.tags),
            feeds=frozenset(self._means.names[feed] for feed in told.feeds),
            first=mention_of(first),
            last_at=last_at,
        )

    # --- terms --------------------------------------------------------------------------------------------------

    def terms(self, view: View, *, most: int) -> list[Terms]:
        """The terms of the view's mentions; of more than ``most``, of every second, third, ... one.

        Which ones these are depends on their numbers alone: they lie evenly over the period, and asking again gives
        the same.
        """
        step = max(1, -(-self.total(view) // most))
        where = self._within(view)
        query = select(links.c.n, links.c.tag, links.c.feed, terms.c.codes).join(terms, terms.c.n == links.c.n)
        query = query.where(where) if step == 1 else query.where(where, links.c.n % step == 0)
        return [
            Terms(n, tag, self._means.names[feed], codes)
            for n, tag, feed, codes in self._connection.execute(query).all()
        ]

    def terms_of_all(self, *, most: int, start: datetime | None = None, end: datetime | None = None) -> list[bytes]:
        """The terms of about ``most`` mentions spread evenly over the whole store, without those from start to end.

        They are taken in groups of neighbours.
        """
        last = self._connection.execute(select(func.max(terms.c.n))).scalar() or 0
        step = NEIGHBOURS * max(1, -(-last // most))
        numbers = json.dumps([first + more for first in range(1, last + 1, step) for more in range(NEIGHBOURS)])
        chosen = text("SELECT value FROM json_each(:numbers)").bindparams(bindparam("numbers", numbers))
        query = (
            select(terms.c.codes, links.c.published_at)
            .join(links, links.c.n == terms.c.n)
            .where(terms.c.n.in_(chosen.columns(terms.c.n)), links.c.topic == ALL_TOPICS)
        )
        # Told apart here: as a condition of the statement, the times would have SQLite go through all of them.
        first, last = (seconds(start), seconds(end)) if start is not None and end is not None else (0, 0)
        return [codes for codes, at in self._connection.execute(query).all() if not first <= at < last]

    def tags(self, view: View) -> dict[int, Tag]:
        """The tag of each of the view's mentions, by its number in the store."""
        # One long answer a tag: fetching a row for each mention costs ten times as much.
        query = select(links.c.tag, func.json_group_array(links.c.n)).where(self._within(view))
        found: dict[int, Tag] = {}
        for tag, numbers in self._connection.execute(query.group_by(links.c.tag)):
            found |= dict.fromkeys(json.loads(numbers), tag)
        return found

    def found(self, query: Query, lowest: int, highest: int) -> list[int]:
        """The numbers of the mentions, from lowest to highest, that hold words and phrases.

        For many queries over one view: with ``tags`` of the view it counts what ``counts`` counts, and goes through the
        view's mentions once. Raises ValueError for a query that the index alone cannot answer.
        """
        answer = plan(query)
        if answer.match is None or not answer.exact:
            raise ValueError(query.text)
        asked = text(
            "SELECT json_group_array(rowid) FROM search "
            "WHERE search MATCH :words AND rowid BETWEEN :lowest AND :highest"
        )
        values = {"words": answer.match, "lowest": lowest, "highest": highest}
        return [int(number) for number in json.loads(self._connection.execute(asked, values).scalar_one())]

    def numbered(self, numbers: Sequence[int]) -> dict[int, Mention]:
        """Mentions by their numbers in the store."""
        asked = text("SELECT value FROM json_each(:numbers)").bindparams(numbers=json.dumps(list(numbers)))
        query = verdicts.shown().where(mentions.c.n.in_(asked.columns(mentions.c.n).scalar_subquery()))
        return {row["n"]: mention_of(row) for row in self._connection.execute(query).mappings()}

    # --- feeds and runs -----------------------------------------------------------------------------------------

    def feeds_of(self, view: View) -> frozenset[str]:
        """The feeds that the view can hold mentions of."""
        wanted = self._means.wanted_feeds(view)
        return frozenset(self._means.feeds if wanted is None else map(self._means.names.__getitem__, wanted))

    def heard_feeds(self, start: datetime, end: datetime, *, all_along: bool = False) -> frozenset[str]:
        """The feeds that answered at least once on a local day of the period.

        ``all_along``: of these only the ones that had been listened to before the period began. A feed that is never
        asked, as its posts come from files, counts only where files cover every day of the period: a half of it beside
        a whole one would look like a change.
        """
        zone = self._store.timezone
        last = (end - timedelta(seconds=1)).astimezone(zone).date()
        first = start.astimezone(zone).date()
        inside = and_(
            heard.c.feed == feeds.c.no,
            heard.c.answered > 0,
            heard.c.day.between(day_number(first), day_number(last)),
        )
        # The first day that answered is enough, but of an imported feed all are counted.
        asked = and_(feeds.c.state != IMPORTED, select(heard.c.day).where(inside).exists())
        if all_along:
            asked = and_(asked, feeds.c.first_answer_at <= seconds(start))
        days = select(func.count()).select_from(heard).where(inside).scalar_subquery()
        covered = and_(feeds.c.state == IMPORTED, days == (last - first).days + 1)
        return frozenset(self._connection.execute(select(feeds.c.name).where(or_(asked, covered))).scalars())

    def asked_days(self, first: date, last: date) -> dict[str, dict[date, bool]]:
        """Each feed's local days, from ``first`` to ``last``, on which it was asked: True where it answered."""
        query = select(heard.c.feed, heard.c.day, heard.c.answered).where(
            heard.c.day.between(day_number(first), day_number(last))
        )
        found: dict[str, dict[date, bool]] = defaultdict(dict)
        for row in self._connection.execute(query):
            found[self._means.names[row.feed]][day_of(row.day)] = row.answered > 0
        return found

    def topic_since(self, topic: str, before: datetime) -> date | None:
        """The local day on which a topic's first mention was collected; None if that was before ``before``.

        A topic without a mention begins today at the earliest: it has the latest day there is.
        """
        number = self._means.topic_number(topic)
        # Mentions are numbered as they are collected. The published ones before a moment are tried newest first: of a
        # topic that is old enough nearly the first shows it, of a new one there are few.
        old = (
            select(links.c.n)
            .join(mentions, mentions.c.n == links.c.n)
            .where(
                links.c.topic == number,
                links.c.published_at < seconds(before),
                mentions.c.collected_at < seconds(before),
            )
            .order_by(links.c.published_at.desc())
            .limit(1)
        )
        if self._connection.execute(old).first() is not None:
            return None
        first = select(func.min(links.c.n)).where(links.c.topic == number).scalar_subquery()
        at = moment(self._connection.execute(select(mentions.c.collected_at).where(mentions.c.n == first)).scalar())
        return date.max if at is None else at.astimezone(self._store.timezone).date()

    def listening_since(self) -> date | None:
        """The local day on which the first feed answered for the first time; no file says since when we listen."""
        first = moment(self._connection.execute(select(func.min(feeds.c.first_answer_at))).scalar())
        return None if first is None else first.astimezone(self._store.timezone).date()

    def latest_run(self, *, before: int = 0) -> Run | None:
        """The newest run, finished or not, or so many ``before`` it."""
        newest = select(runs).order_by(runs.c.no.desc()).limit(1).offset(before)
        row = self._connection.execute(newest).mappings().first()
        if row is None:
            return None
        started, alive = moment(row["started_at"]), moment(row["alive_at"])
        assert started is not None
        assert alive is not None
        return Run(
            **{name: row[name] for name in ("no", "feeds", "done", "failed", "posts", "new", "note")},
            started_at=started,
            alive_at=alive,
            finished_at=moment(row["finished_at"]),
        )

    def newest_at(self) -> datetime | None:
        """When the newest stored mention was published."""
        query = select(func.max(links.c.published_at)).where(links.c.topic == ALL_TOPICS)
        return moment(self._connection.execute(query).scalar())

    def oldest_at(self) -> datetime | None:
        """When the oldest stored mention was published."""
        query = select(func.min(links.c.published_at)).where(links.c.topic == ALL_TOPICS)
        return moment(self._connection.execute(query).scalar())

    def first_at(self, view: View) -> datetime | None:
        """When the oldest mention of all times was published that the view's query finds (under its topic).

        Of a query that the index alone cannot answer it is the oldest of the view's own times: all others would have
        to be read.
        """
        start, end = view.start, view.end
        if view.query is None or plan(view.query).exact:
            ends = select(func.min(links.c.published_at), func.max(links.c.published_at)).where(
                links.c.topic == self._means.topic(view)
            )
            first, last = (moment(at) for at in self._connection.execute(ends).one())
            if first is None or last is None:
                return None
            start, end = first, last + timedelta(seconds=1)
        whole = replace(view, start=start, end=end)
        query = select(func.min(links.c.published_at)).where(self._means.where(whole, start, end))
        return moment(self._connection.execute(query).scalar())

    def own_count(self, start: datetime, end: datetime) -> int:
        """How many posts of our own accounts matched a topic in the period; they are not counted as conversation."""
        query = (
            select(func.count())
            .select_from(mentions)
            .where(
                mentions.c.own == 1,
                mentions.c.published_at >= seconds(start),
                mentions.c.published_at < seconds(end),
            )
        )
        return int(self._connection.execute(query).scalar_one())


@dataclass(slots=True)
class _Told:
    """A story's mentions within a view, as they are counted."""

    tags: Counter[Tag] = field(default_factory=Counter)
    feeds: set[int] = field(default_factory=set)
    first: tuple[int, int] = (2**63, 0)
    last: int = 0

    @property
    def count(self) -> int:
        return self.tags.total()

    def add(self, row: Any) -> None:
        """Count one; ``first`` is the oldest's time and number."""
        self.tags[row.tag] += 1
        self.feeds.add(row.feed)
        self.first = min(self.first, (row.published_at, row.n))
        self.last = max(self.last, row.published_at)
