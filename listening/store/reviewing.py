"""The review in the store: verdicts written as a log, taken back, asked for; who has taken what; closed weeks.

An entry of the log holds what it changed and the whole state that it left. The state is worked out within the writing
transaction from the newest entry, so two people who judge the same mention at the same moment lose nothing: both
entries stand in the log, and the one that contradicts what its writer had not seen says which one that was
(``against``).
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Connection, and_, delete, exists, func, insert, or_, select, text
from sqlalchemy.dialects.sqlite import insert as upsert
from sqlalchemy.sql.elements import ColumnElement

from listening.models import Mention, Tag, Verdict
from listening.query import Matcher
from listening.store import verdicts as laid
from listening.store.opening import Store
from listening.store.reading import Reader
from listening.store.rows import mention_of, moment, seconds, verdict_of
from listening.store.schema import ALL_TOPICS, claims, links, mentions, reviews, sent, verdicts, weeks
from listening.store.verdicts import EMPTY, FIELDS, READ
from listening.store.views import Meaning, View
from listening.store.writing import relink

Change = Mapping[str, Any]
"""What a person says: some of ``FIELDS`` with their new values."""

Kind = Literal["verdict", "undo", "second"]
Turn = Literal["least certain", "newest", "most seen", "longest waiting"]
"""In which order the queue is read."""

Show = Literal["unread", "read", "not about us", "disputed", "second", "all"]
"""Which stories of a view."""

CLAIM = timedelta(minutes=30)
"""For so long what somebody has taken is left alone by others."""

MISSED = 0.5
"""How certain a mention without a tag counts as, in another language: behind tags that are little more than a guess."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One entry of the log, with its mention's number."""

    no: int
    act: int
    n: int
    kind: Kind
    changed: tuple[str, ...]
    against: int | None
    state: Verdict


@dataclass(frozen=True, kw_only=True, slots=True)
class Done:
    """What a click did: its act, the mentions that it changed, and those of which somebody else said otherwise."""

    act: int
    numbers: tuple[int, ...]
    against: tuple[Entry, ...] = ()


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


# --- writing --------------------------------------------------------------------------------------------------------


def latest_entry(connection: Connection) -> int:
    """The number of the log's newest entry; 0 where it is empty."""
    return int(connection.execute(select(func.coalesce(func.max(reviews.c.no), 0))).scalar_one())


def review(
    store: Store,
    connection: Connection,
    changes: Mapping[int, Change],
    *,
    reviewer: str,
    at: datetime,
    seen: int,
    kind: Kind = "verdict",
    act: int | None = None,
    undoes: int | None = None,
) -> Done:
    """Write what a person says of some mentions; ``seen`` is the newest entry that the person could have seen.

    A change of nothing writes nothing, but where it agrees with somebody else. A ``second`` reading is written to the
    log and decides nothing. ``act`` goes on with one that was begun in another transaction.
    """
    found = _rows(connection, changes)
    before = laid.of(connection, list(found))
    others = _others_since(connection, list(found), reviewer, seen) if kind != "undo" else {}
    last = latest_entry(connection)
    act = last + 1 if act is None else act
    rows: list[dict[str, Any]] = []
    states: dict[int, dict[str, Any]] = {}
    against: list[int] = []
    for number, row in found.items():
        change = {name: _plain(value) for name, value in changes[number].items()}
        old = dict(before[number]) if number in before else {"n": number, **EMPTY}
        same = all(old[name] == value for name, value in change.items())
        # That somebody else says the same is worth knowing; that the same person says it again is not.
        if same and kind == "verdict" and old.get("reviewer", reviewer) == reviewer:
            continue
        contradicted = _contradicted(others.get(number, ()), change)
        against += [] if contradicted is None else [contradicted]
        state = {name: change.get(name, old[name]) for name in FIELDS}
        entry = {"no": last + 1 + len(rows), "act": act, "n": number, "reviewer": reviewer, "at": seconds(at)}
        entry |= {"kind": kind, "machine": row["tag"], "changed": ",".join(change), "against": contradicted}
        rows.append({**entry, "undoes": undoes, **state})
        if kind != "second" and change:
            states[number] = state | {name: entry[name] for name in ("n", "reviewer", "at")}
            states[number] |= {"entry": entry["no"], "published_at": row["published_at"]}
    if rows:
        connection.execute(insert(reviews), rows)
    _keep(store, connection, states, {number: found[number] for number in states})
    return Done(act=act, numbers=tuple(row["n"] for row in rows), against=tuple(entries(connection, against)))


def undo(
    store: Store,
    connection: Connection,
    entries_: Sequence[int],
    *,
    reviewer: str,
    at: datetime,
    act: int | None = None,
) -> Done:
    """Take back what entries of one act did, where nobody has said something else since; that is an act too."""
    done = connection.execute(select(reviews).where(reviews.c.no.in_(_listed(entries_)))).mappings().all()
    if not done:
        return Done(act=latest_entry(connection) + 1 if act is None else act, numbers=())
    numbers = [row["n"] for row in done]
    current = laid.of(connection, numbers)
    later: dict[int, set[str]] = defaultdict(set)
    earlier: dict[int, Mapping[Any, Any]] = {}
    begun = {row["n"]: row["no"] for row in done}
    log = select(reviews).where(reviews.c.n.in_(_listed(numbers)), reviews.c.kind != "second").order_by(reviews.c.no)
    whole = connection.execute(log).mappings().all()
    undone = {row["undoes"] for row in whole}
    for row in whole:
        if row["no"] < begun[row["n"]]:
            earlier[row["n"]] = row
        elif row["reviewer"] != done[0]["reviewer"] and row["kind"] == "verdict" and row["act"] not in undone:
            later[row["n"]].update(row["changed"].split(","))
    changes: dict[int, Change] = {}
    for row in done:
        old, now = earlier.get(row["n"], EMPTY), current.get(row["n"], EMPTY)
        names = [name for name in row["changed"].split(",") if name and name not in later[row["n"]]]
        if row["kind"] == "second":
            names = []  # it had decided nothing
        changes[row["n"]] = {name: old[name] for name in names if now[name] == row[name]}
    return review(
        store,
        connection,
        changes,
        reviewer=reviewer,
        at=at,
        seen=latest_entry(connection),
        kind="undo",
        act=act,
        undoes=done[0]["act"],
    )


def entries_of(connection: Connection, act: int) -> list[int]:
    """The numbers of an act's entries."""
    return list(connection.execute(select(reviews.c.no).where(reviews.c.act == act).order_by(reviews.c.no)).scalars())


def _rows(connection: Connection, numbers: Iterable[int]) -> dict[int, Mapping[Any, Any]]:
    query = select(mentions).where(mentions.c.n.in_(_listed(numbers)))
    return {row["n"]: row for row in connection.execute(query.order_by(mentions.c.n)).mappings()}


def _listed(numbers: Iterable[int]) -> Any:
    asked = text("SELECT value FROM json_each(:listed)").bindparams(listed=json.dumps(list(numbers)))
    return asked.columns(mentions.c.n).scalar_subquery()


def _plain(value: Any) -> Any:
    """A value as it stands in the table."""
    if isinstance(value, datetime):
        return seconds(value)
    return int(value) if isinstance(value, bool) else value


def _others_since(
    connection: Connection, numbers: Sequence[int], reviewer: str, seen: int
) -> dict[int, list[Mapping[Any, Any]]]:
    query = select(reviews).where(
        reviews.c.no > seen,
        reviews.c.reviewer != reviewer,
        reviews.c.n.in_(_listed(numbers)),
        reviews.c.kind != "second",
    )
    found: dict[int, list[Mapping[Any, Any]]] = defaultdict(list)
    for row in connection.execute(query.order_by(reviews.c.no)).mappings():
        found[row["n"]].append(row)
    return found


def _contradicted(since: Sequence[Mapping[Any, Any]], change: Change) -> int | None:
    """The newest of these entries that says something else of the same; a tag says that it is about us."""
    for row in reversed(since):
        said = set(row["changed"].split(","))
        opposed = (change.get("relevant") == 0 and "tag" in said and row["tag"] is not None) or (
            change.get("tag") is not None and "relevant" in said and row["relevant"] == 0
        )
        if opposed or any(row[name] != change[name] for name in said & set(change)):
            return int(row["no"])
    return None


def _keep(
    store: Store,
    connection: Connection,
    states: Mapping[int, Mapping[Any, Any]],
    rows: Mapping[int, Mapping[Any, Any]],
) -> None:
    """Make these the current verdicts, and count the mentions by them."""
    if not states:
        return
    row = upsert(verdicts)
    names = [column.name for column in verdicts.columns if column.name != "n"]
    connection.execute(
        row.on_conflict_do_update(index_elements=["n"], set_={name: row.excluded[name] for name in names}),
        list(states.values()),
    )
    relink(store, connection, [(number, mention_of(each)) for number, each in rows.items()])


# --- the log --------------------------------------------------------------------------------------------------------


def entries(connection: Connection, numbers: Iterable[int]) -> list[Entry]:
    """Entries by their numbers, in order."""
    query = select(reviews).where(reviews.c.no.in_(_listed(numbers))).order_by(reviews.c.no)
    return [_entry(row) for row in connection.execute(query).mappings()]


def history(connection: Connection, number: int) -> list[Entry]:
    """What was said of a mention, oldest first."""
    query = select(reviews).where(reviews.c.n == number).order_by(reviews.c.no)
    return [_entry(row) for row in connection.execute(query).mappings()]


def since(connection: Connection, entry: int, *, without: str = "", most: int = 20) -> list[Entry]:
    """The newest entries after one, without those of a reviewer; one of each act, newest first."""
    query = (
        select(reviews)
        .where(reviews.c.no > entry, reviews.c.reviewer != without)
        .group_by(reviews.c.act)
        .order_by(reviews.c.no.desc())
        .limit(most)
    )
    return [_entry(row) for row in connection.execute(query).mappings()]


def paces(connection: Connection, reviewer: str, *, most: int = 40) -> list[int]:
    """When a reviewer's last acts were, in seconds, newest first."""
    query = (
        select(func.max(reviews.c.at))
        .where(reviews.c.reviewer == reviewer, reviews.c.kind == "verdict")
        .group_by(reviews.c.act)
        .order_by(reviews.c.act.desc())
        .limit(most)
    )
    return list(connection.execute(query).scalars())


def recent_acts(connection: Connection, reviewer: str, since_: datetime, *, most: int = 30) -> list[tuple[int, int]]:
    """What a reviewer did and has not taken back, oldest first: acts, each with the number of its story."""
    undone = select(reviews.c.undoes).where(reviews.c.undoes.is_not(None))
    query = (
        select(reviews.c.act, func.min(func.coalesce(links.c.story, reviews.c.n)))
        .select_from(reviews.outerjoin(links, and_(links.c.n == reviews.c.n, links.c.topic == ALL_TOPICS)))
        .where(
            reviews.c.reviewer == reviewer,
            reviews.c.kind != "undo",
            reviews.c.at >= seconds(since_),
            reviews.c.act.not_in(undone),
        )
        .group_by(reviews.c.act)
        .order_by(reviews.c.act.desc())
        .limit(most)
    )
    return [(act, story) for act, story in reversed(connection.execute(query).all())]


def reviewers(connection: Connection) -> list[str]:
    """Everybody who has ever judged anything."""
    # From name to name through the index: the log may be long.
    names = text(
        "WITH RECURSIVE who (name) AS (SELECT min(reviewer) FROM reviews UNION ALL "
        "SELECT (SELECT min(reviewer) FROM reviews WHERE reviewer > name) FROM who WHERE name IS NOT NULL) "
        "SELECT name FROM who WHERE name IS NOT NULL"
    )
    return list(connection.execute(names).scalars())


def _entry(row: Mapping[Any, Any]) -> Entry:
    state = replace(verdict_of({**row, "entry": row["no"]}), machine=row["machine"])
    return Entry(
        no=row["no"],
        act=row["act"],
        n=row["n"],
        kind=row["kind"],
        changed=tuple(name for name in row["changed"].split(",") if name),
        against=row["against"],
        state=state,
    )


# --- the queue ------------------------------------------------------------------------------------------------------


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
            links.c.story == first.c.n,
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


DECISIONS = ("tag", "relevant", "asks", "status", "department")
"""What can be in dispute, and what ends a dispute."""


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
    query = select(claims.c.n).where(claims.c.reviewer == reviewer, claims.c.n.in_(_listed(stories)))
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


# --- what people said, for learning and counting --------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class Said:
    """A mention that people judged, with its number; one of each story, as its copies were judged together."""

    n: int
    mention: Mention


def judged(connection: Connection, start: datetime | None = None, end: datetime | None = None) -> list[Said]:
    """The mentions that a person judged, one a story, oldest first, without withdrawn ones, whose words are gone."""
    query = laid.shown().where(READ, mentions.c.withdrawn_at.is_(None))
    if start is not None:
        query = query.where(verdicts.c.published_at >= seconds(start))
    if end is not None:
        query = query.where(verdicts.c.published_at < seconds(end))
    seen: set[tuple[str, Tag | None, bool | None]] = set()
    found = []
    for row in connection.execute(query.order_by(mentions.c.n)).mappings():
        mention = mention_of(row)
        assert mention.verdict is not None
        alike = (mention.story or mention.id, mention.verdict.tag, mention.verdict.relevant)
        if alike not in seen:
            seen.add(alike)
            found.append(Said(n=row["n"], mention=mention))
    return found


def read_twice(connection: Connection) -> dict[int, dict[str, Tag]]:
    """Of the mentions whose tag more than one person judged, each person's latest tag by name."""
    query = (
        select(reviews.c.n, reviews.c.reviewer, reviews.c.tag)
        .where(
            reviews.c.tag.is_not(None),
            reviews.c.changed.contains("tag"),
            reviews.c.kind != "undo",
            reviews.c.act.not_in(select(reviews.c.undoes).where(reviews.c.undoes.is_not(None))),
        )
        .order_by(reviews.c.no)
    )
    found: dict[int, dict[str, Tag]] = defaultdict(dict)
    for number, reviewer, tag in connection.execute(query):
        found[number][reviewer] = tag
    return {number: tags for number, tags in found.items() if len(tags) > 1}


def any_yet(connection: Connection) -> bool:
    """Whether anybody has ever reviewed anything: before that nothing is known of answers."""
    return connection.execute(select(verdicts.c.n).limit(1)).first() is not None


@dataclass(frozen=True, kw_only=True, slots=True)
class Answers:
    """Of the mentions of a view that ask for something: how many there are, how many were answered, and how long each
    of these had waited, in seconds, shortest first."""

    asking: int
    answered: int
    waited: tuple[int, ...] = field(repr=False)


def answers(store: Store, connection: Connection, view: View) -> Answers:
    """What became of the questions of a view."""
    reader, means = Reader(store, connection), Meaning(connection)
    asked = replace(view, asking=True)
    query = (
        select(verdicts.c.answered_at - links.c.published_at)
        .join(links, links.c.n == verdicts.c.n)
        .where(means.where(asked, asked.start, asked.end), verdicts.c.answered_at.is_not(None))
    )
    waited = sorted(max(0, each) for each in connection.execute(query).scalars())
    return Answers(
        asking=sum(count.asking for count in reader.counts(replace(view, asking=True))),
        answered=len(waited),
        waited=tuple(waited),
    )


# --- messages to departments ----------------------------------------------------------------------------------------


def open_for(connection: Connection, department: str, *, unsent: bool = False) -> list[tuple[int, Mention]]:
    """What a department has to answer, oldest first; ``unsent``: what was in no message to it yet."""
    query = laid.shown().where(
        verdicts.c.department == department,
        verdicts.c.status.in_(("open", "pending")),
        mentions.c.withdrawn_at.is_(None),
        exists().where(links.c.n == mentions.c.n),  # what no topic finds any more waits in no list
    )
    if unsent:
        query = query.where(~mentions.c.n.in_(select(sent.c.n).where(sent.c.department == department)))
    return [(row["n"], mention_of(row)) for row in connection.execute(query.order_by(mentions.c.n)).mappings()]


def note_sent(connection: Connection, numbers: Iterable[int], department: str, at: datetime) -> None:
    """Remember that these were in a message to a department."""
    rows = [{"n": number, "department": department, "at": seconds(at)} for number in numbers]
    if rows:
        connection.execute(upsert(sent).on_conflict_do_nothing(), rows)


# --- closed weeks ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class WeekEntry:
    """That a week was closed, with its numbers, or opened again."""

    week: str
    at: datetime
    who: str
    what: Literal["closed", "reopened"]
    numbers: Mapping[Any, Any]


def week_log(connection: Connection, week: str | None = None) -> list[WeekEntry]:
    """What was done with a week, or with all, oldest first."""
    query = select(weeks).order_by(weeks.c.no)
    found = []
    for row in connection.execute(query if week is None else query.where(weeks.c.week == week)).mappings():
        at = moment(row["at"])
        assert at is not None
        numbers = json.loads(row["numbers"]) if row["numbers"] else {}
        found.append(WeekEntry(week=row["week"], at=at, who=row["who"], what=row["what"], numbers=numbers))
    return found


def note_week(
    connection: Connection,
    week: str,
    *,
    who: str,
    at: datetime,
    what: Literal["closed", "reopened"],
    numbers: Mapping[Any, Any] | None = None,
) -> bool:
    """Write that a week was closed or opened again; False, and nothing, where it is so already."""
    log = week_log(connection, week)
    before = log[-1].what if log else "reopened"
    if before == what:
        return False
    row = {"week": week, "at": seconds(at), "who": who, "what": what}
    connection.execute(insert(weeks).values(**row, numbers=json.dumps(numbers) if numbers else ""))
    return True
