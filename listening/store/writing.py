"""Saving: mentions, what became of each feed, runs.

One transaction a feed holds its mentions, their links, words and counts, and the feed's own state: a process killed at
any moment leaves either all of it or nothing, and the next run brings what is missing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Connection, Integer, Table, bindparam, cast, delete, func, insert, select, text, update
from sqlalchemy.dialects.sqlite import insert as upsert

from listening.models import COLUMNS, Mention
from listening.query import marks, tokens
from listening.store import forgotten, placing, stories, verdicts
from listening.store.opening import Store
from listening.store.rows import COUNTS, count, engagement, mention_of, moment, row_of, seconds
from listening.store.schema import ALL_TOPICS, feeds, heard, links, mentions, meta, reviews, runs, topics
from listening.store.sqlite import Prepared, one_of
from listening.store.terms import save_terms

REFRESHED = (
    "url",
    "title",
    "text",
    "author",
    "author_url",
    "author_followers",
    "language",
    "edited_at",
    "likes",
    "replies",
    "reposts",
    "views",
    "sensitive",
    "topics",
    "matched",
    "own",
    "question",
    "vader",
    "score",
    "tag",
    "confidence",
    "tagger",
    "why",
)
"""What a source, or our own reading of it, may change when a post is seen again. Where and when it was first seen, and
all that a person wrote, are not named here and so cannot be overwritten."""

NEVER_FALL = ("likes", "replies", "reposts", "views")
"""Counts of which the largest one seen is kept: a server that knows less than another takes nothing away."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Known:
    """What the store already holds of a post."""

    feed: str
    title: str
    text: str
    topics: str
    edited_at: int | None
    likes: int | None
    replies: int | None
    reposts: int | None
    views: int | None
    author_followers: int | None
    withdrawn: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class FeedState:
    """What is remembered of a feed between runs."""

    name: str
    source: str
    etag: str | None = None
    last_modified: str | None = None
    body_hash: str | None = None
    cursor: str | None = None
    asked_with: str | None = None
    moved_to: str | None = None
    moved_since: datetime | None = None
    first_answer_at: datetime | None = None
    last_answer_at: datetime | None = None
    last_asked_at: datetime | None = None
    last_posts: int = 0
    state: str = "new"
    problem: str = ""
    advice: str = ""
    failures: int = 0
    failing_since: datetime | None = None
    not_before: datetime | None = None
    ordered: bool = False
    due_at: datetime | None = None
    pace: str | None = None
    seen: bytes | None = None


# Statements that every feed of every run executes are built once: building one costs more than carrying it out.
_feed_row = upsert(feeds)
SAVE_FEED = Prepared(
    _feed_row.values({field.name: bindparam(field.name) for field in fields(FeedState)}).on_conflict_do_update(
        index_elements=["name"],
        set_={field.name: _feed_row.excluded[field.name] for field in fields(FeedState) if field.name != "name"},
    )
)
_heard_row = upsert(heard)
NOTE_HEARD = Prepared(
    _heard_row.on_conflict_do_update(
        index_elements=["feed", "day"],
        set_={
            "answered": heard.c.answered + _heard_row.excluded.answered,
            "failed": heard.c.failed + _heard_row.excluded.failed,
        },
    )
)
RUN_PROGRESS = Prepared(
    update(runs)
    .where(runs.c.no == bindparam("run"))
    .values(
        alive_at=bindparam("at"),
        done=runs.c.done + bindparam("more_done"),
        failed=runs.c.failed + bindparam("more_failed"),
        posts=runs.c.posts + bindparam("more_posts"),
        new=runs.c.new + bindparam("more_new"),
    )
)

FEED_COLUMNS = tuple(field.name for field in fields(FeedState))
FEED_TIMES = (
    "moved_since", "first_answer_at", "last_answer_at", "last_asked_at", "failing_since", "not_before", "due_at",
)  # fmt: skip


def feed_states(connection: Connection, names: Sequence[str] | None = None) -> dict[str, FeedState]:
    """Every feed that was ever asked, by name; with ``names`` those of them."""
    query = select(*(feeds.c[name] for name in FEED_COLUMNS))
    if names is not None:
        asked = text("SELECT value FROM json_each(:names)").bindparams(names=json.dumps(list(names)))
        query = query.where(feeds.c.name.in_(asked.columns(feeds.c.name).scalar_subquery()))
    states = {}
    for row in connection.execute(query).all():
        values = dict(zip(FEED_COLUMNS, row, strict=True))
        for name in FEED_TIMES:
            if values[name] is not None:
                values[name] = moment(values[name])
        values["ordered"] = bool(values["ordered"])
        states[values["name"]] = FeedState(**values)
    return states


def save_feed(connection: Connection, state: FeedState, *, day: int | None = None, answered: bool = False) -> None:
    """Remember a feed's state; with ``day``, also that it was asked then and whether it answered."""
    save_feeds(connection, [(state, answered)], day=day)


def save_feeds(connection: Connection, found: Sequence[tuple[FeedState, bool]], *, day: int | None = None) -> None:
    """Remember the states of feeds; with ``day``, also that each was asked then and whether it answered."""
    rows = []
    for state, _ in found:
        row = {name: getattr(state, name) for name in FEED_COLUMNS}
        for name in FEED_TIMES:
            row[name] = seconds(row[name])
        rows.append(row)
    if not rows:
        return
    SAVE_FEED.write(connection, rows)
    if day is not None:
        _note_heard(connection, [(state.name, answered) for state, answered in found], day)


def note_heard(connection: Connection, feed: str, day: int, *, answered: bool) -> None:
    """Count one answer, or one failure, of a feed on a local day."""
    _note_heard(connection, [(feed, answered)], day)


def _note_heard(connection: Connection, found: Sequence[tuple[str, bool]], day: int) -> None:
    by_name = {row.name: row.no for row in NUMBERS[feeds.name].read(connection, names=[name for name, _ in found])}
    NOTE_HEARD.write(
        connection,
        (
            {"feed": by_name[name], "day": day, "answered": int(answered), "failed": int(not answered)}
            for name, answered in found
        ),
    )


KNOWN = Prepared(
    select(
        mentions.c.id,
        mentions.c.withdrawn_at,
        *(mentions.c[field.name] for field in fields(Known) if field.name != "withdrawn"),
    ).where(mentions.c.id.in_(one_of("ids")))
)


NUMBERS_OF = Prepared(select(mentions.c.n, mentions.c.id).where(mentions.c.id.in_(one_of("ids"))))


def forgive(connection: Connection, due: Mapping[str, datetime]) -> None:
    """Count no failure of these feeds, for it was not their fault; each is due then, and may be asked at once."""
    for name, at in due.items():
        changes = {"not_before": None, "failures": 0, "due_at": seconds(at)}
        connection.execute(update(feeds).where(feeds.c.name == name).values(changes))


def known(connection: Connection, ids: Sequence[str]) -> dict[str, Known]:
    """Which of these posts are stored, and with what content."""
    found: dict[str, Known] = {}
    for row in KNOWN.read(connection, ids=list(ids)).mappings():
        values = {name: row[name] for name in row if name not in ("id", "withdrawn_at")}
        found[row["id"]] = Known(**values, withdrawn=row["withdrawn_at"] is not None)
    return found


def numbers_of(connection: Connection, ids: Sequence[str]) -> list[int]:
    """The numbers of those of these mentions that are stored and not withdrawn."""
    asked = text("SELECT value FROM json_each(:ids)").bindparams(ids=json.dumps(list(ids)))
    these = mentions.c.id.in_(asked.columns(mentions.c.id).scalar_subquery())
    return list(connection.execute(select(mentions.c.n).where(these, mentions.c.withdrawn_at.is_(None))).scalars())


def save(store: Store, connection: Connection, found: Iterable[Mention]) -> int:
    """Add new mentions, refresh known ones, and return how many were new."""
    return len(save_new(store, connection, found))


def save_new(store: Store, connection: Connection, found: Iterable[Mention]) -> set[str]:
    """Add new mentions, refresh known ones, and return the ids of the new ones; what was forgotten stays away."""
    batch = {mention.id: mention for mention in found}
    for id_ in forgotten.among(connection, batch.items()):
        del batch[id_]
    if not batch:
        return set()
    met = placing.known(connection, list(batch))
    batch = {id_: mention for id_, mention in batch.items() if id_ not in met}
    stored = _stored(connection, list(batch))
    elsewhere, doubles = placing.same_articles(
        connection, {id_: mention for id_, mention in batch.items() if id_ not in stored}
    )
    further = {id_: batch.pop(id_) for id_ in (*elsewhere, *doubles)}
    for id_, first in doubles.items():
        batch[first] = _with_topics(batch[first], further[id_])
    places = {(m.feed, m.source) for m in batch.values()} | {(old["feed"], old["source"]) for old in stored.values()}
    feed_numbers = numbers(connection, feeds, {name: {"source": source} for name, source in places})
    topic_numbers = numbers(connection, topics, {name: {} for m in batch.values() for name in m.topics})
    new = []
    for id_, mention in batch.items():
        old = stored.get(id_)
        if old is None:
            new.append((mention, row_of(mention)))
        elif not old["withdrawn_at"]:
            _refresh(store, connection, mention, old, feed_numbers, topic_numbers)
    if new:
        # A writer is alone (its transaction has begun with the lock), so the next numbers are its own.
        last = LAST_NUMBER.read(connection).scalar_one()
        for number, (_, row) in enumerate(new, start=last + 1):
            row["n"] = number
        placed = stories.place(connection, [(row["n"], mention) for mention, row in new])
        for _, row in new:
            row["story"] = placed[row["n"]][1]
        ADD_MENTIONS.write(connection, (row for _, row in new))
        ADD_LINKS.write(
            connection,
            (
                link
                for mention, row in new
                for link in links_of(
                    store, mention, row, row["n"], feed_numbers[mention.feed], topic_numbers, placed[row["n"]][0]
                )
            ),
        )
        indexed = [words_of(row["n"], row) for _, row in new]
        ADD_WORDS.write(connection, indexed)
        save_terms(connection, zip(indexed, (row for _, row in new), strict=True))
    for id_, place in elsewhere.items():
        _learn_more(store, connection, place.n, further[id_])
    _note_places(connection, [*batch.values(), *further.values()], stored, elsewhere, doubles)
    return {mention.id for mention, _ in new}


def _with_topics(mention: Mention, other: Mention) -> Mention:
    """The mention with the topics of the same article met elsewhere, too: its words may differ there."""
    more = tuple(topic for topic in other.topics if topic not in mention.topics)
    return replace(mention, topics=(*mention.topics, *more)) if more else mention


def _learn_more(store: Store, connection: Connection, number: int, other: Mention) -> None:
    """What the same article, met elsewhere, tells more than what is stored: its text, or further topics."""
    row = connection.execute(select(mentions).where(mentions.c.n == number)).mappings().one()
    stored = mention_of(row)
    if not stored.text and other.text:
        told = {name: getattr(other, name) for name in TOLD}
        same = [span for span in other.matched if span.field != "title" or other.title == stored.title]
        told["matched"] = tuple(same)
        learned = _with_topics(replace(stored, **told), stored)
    else:
        learned = _with_topics(stored, other)
    if learned == stored:
        return
    topic_numbers = numbers(connection, topics, {name: {} for name in learned.topics})
    (before,) = _stored(connection, [stored.id]).values()
    feed_numbers = numbers(connection, feeds, {before["feed"]: {"source": before["source"]}})
    _refresh(store, connection, learned, before, feed_numbers, topic_numbers)


TOLD = (
    "text", "author", "author_url", "language", "topics", "matched", "question", "vader", "score", "tag", "confidence",
    "tagger", "why",
)  # fmt: skip
"""What is taken over of an article whose text was not known before; address, headline and times stay."""


def _note_places(
    connection: Connection,
    found: Sequence[Mention],
    stored: Mapping[str, Mapping[Any, Any]],
    elsewhere: Mapping[str, placing.Seen],
    doubles: Mapping[str, str],
) -> None:
    """Note where stored mentions, or those that were saved just now, were met as well."""
    seen = dict(elsewhere)
    by_id = {mention.id: mention for mention in found}
    if doubles:
        firsts = {row.id: row.n for row in NUMBERS_OF.read(connection, ids=sorted(set(doubles.values())))}
        for id_, first in doubles.items():
            seen[id_] = placing.Seen(n=firsts[first], feed=by_id[id_].feed, id=id_)
    for id_, old in stored.items():
        if by_id[id_].feed != old["feed"]:
            seen[id_] = placing.Seen(n=old["n"], feed=by_id[id_].feed, id="")
    for id_, one in seen.items():
        placing.note(connection, [one], by_id[id_].collected_at)


def counts_only(connection: Connection, changes: Sequence[Mapping[str, Any]]) -> None:
    """Refresh likes, replies, reposts, views and followers of known mentions whose words did not change.

    Each change holds ``id`` and the five counts; a count the source no longer gives stays as it was, and a count from
    a server that knows less than another never falls.
    """
    if not changes:
        return
    largest: dict[str, Any] = {
        name: func.coalesce(
            func.max(bindparam(f"new_{name}"), mentions.c[name]), bindparam(f"new_{name}"), mentions.c[name]
        )
        for name in NEVER_FALL
    }
    connection.execute(
        update(mentions)
        .where(mentions.c.id == bindparam("which"))
        .values(
            **largest,
            author_followers=func.coalesce(bindparam("new_author_followers"), mentions.c.author_followers),
        ),
        [{"which": change["id"], **{f"new_{name}": count(change[name]) for name in COUNTS}} for change in changes],
    )
    reacted = [
        {"which": change["id"]}
        for change in changes
        if any(change[name] is not None for name in ("likes", "replies", "reposts"))
    ]
    if not reacted:
        return
    total = (
        func.coalesce(mentions.c.likes, 0) + func.coalesce(mentions.c.replies, 0) + func.coalesce(mentions.c.reposts, 0)
    )
    connection.execute(
        update(links)
        .where(links.c.n == select(mentions.c.n).where(mentions.c.id == bindparam("which")).scalar_subquery())
        .values(engagement=select(total).where(mentions.c.id == bindparam("which")).scalar_subquery()),
        reacted,
    )


NUMBER_NOTE = {"mentions": "last mention", "reviews": "last entry"}
"""Under these names stands the last number that was given, where what had it was removed since."""


def _last(column: Column[int]) -> Prepared:
    """The last number given in a table: no number is given twice, also where the newest row was removed."""
    noted = select(cast(meta.c.value, Integer)).where(meta.c.key == NUMBER_NOTE[column.table.name])
    there = select(func.max(column)).scalar_subquery()
    return Prepared(select(func.max(func.coalesce(there, 0), func.coalesce(noted.scalar_subquery(), 0))))


LAST_NUMBER = _last(mentions.c.n)
LAST_ENTRY = _last(reviews.c.no)
ADD_MENTIONS = Prepared(insert(mentions).values({name: bindparam(name) for name in ("n", *COLUMNS, "why")}))
ADD_LINKS = Prepared(insert(links))
ADD_WORDS = Prepared(text("INSERT INTO search (rowid, title, text, marks) VALUES (:n, :title, :text, :marks)"))
REMOVE_WORDS = Prepared(
    text("INSERT INTO search (search, rowid, title, text, marks) VALUES ('delete', :n, :title, :text, :marks)")
)


def words_of(number: int, row: Mapping[Any, Any]) -> dict[str, Any]:
    """A mention's words as the full-text index holds them; to take them out it must be given the same."""
    title, body = row["title"], row["text"]
    return {
        "n": number,
        "title": " ".join(tokens(title)),
        "text": " ".join(tokens(body)),
        "marks": " ".join([*marks(title), *marks(body)]),
    }


BEFORE = (
    "n", "id", "source", "feed", "title", "text", "language", "published_at", "edited_at", "withdrawn_at", *COUNTS
)  # fmt: skip
"""What refreshing a mention needs of what is stored."""


_first = mentions.alias("first")
STORED = Prepared(
    select(*(mentions.c[name] for name in BEFORE), _first.c.n.label("first"))
    .select_from(mentions.outerjoin(_first, _first.c.id == mentions.c.story))
    .where(mentions.c.id.in_(one_of("ids")))
)


def _stored(connection: Connection, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    return {row["id"]: dict(row) for row in STORED.read(connection, ids=list(ids)).mappings()}


def _refresh(
    store: Store,
    connection: Connection,
    mention: Mention,
    before: Mapping[str, Any],
    feed_numbers: Mapping[str, int],
    topic_numbers: Mapping[str, int],
) -> None:
    # The first time and place stay: the same post from a second feed moves nothing.
    row = row_of(mention) | {"published_at": before["published_at"]}
    for name in (*NEVER_FALL, "edited_at"):
        row[name] = max((known for known in (row[name], before[name]) if known is not None), default=None)
    if row["author_followers"] is None:
        row["author_followers"] = before["author_followers"]
    number = before["n"]
    connection.execute(update(mentions).where(mentions.c.n == number).values({name: row[name] for name in REFRESHED}))
    words = (row["title"], row["text"])
    if (*words, row["language"]) != (before["title"], before["text"], before["language"]):
        indexed = words_of(number, row)
        save_terms(connection, [(indexed, row)])
        if words != (before["title"], before["text"]):
            REMOVE_WORDS.write(connection, [words_of(number, before)])
            ADD_WORDS.write(connection, [indexed])
            stories.note_keys(connection, number, mention)
    connection.execute(delete(links).where(links.c.n == number))
    feed_number, story = feed_numbers[before["feed"]], before["first"] or number
    if (counted := verdicts.over(row, verdicts.of(connection, [number]).get(number))) is not None:
        ADD_LINKS.write(connection, links_of(store, mention, counted, number, feed_number, topic_numbers, story))


def relink(store: Store, connection: Connection, found: Sequence[tuple[int, Mention]]) -> None:
    """Write the small rows of these mentions anew: by the topics and tags they have, and what people said of them.

    Those that were removed since they were read stay away.
    """
    numbered = [number for number, _ in found]
    asked = text("SELECT value FROM json_each(:numbers)").bindparams(numbers=json.dumps(numbered))
    these = asked.columns(mentions.c.n).scalar_subquery()
    there = set(connection.execute(select(mentions.c.n).where(mentions.c.n.in_(these))).scalars())
    found = [(number, mention) for number, mention in found if number in there]
    feed_numbers = numbers(connection, feeds, {m.feed: {"source": m.source} for _, m in found})
    topic_numbers = numbers(connection, topics, {name: {} for _, m in found for name in m.topics})
    first = mentions.alias("first")
    firsts = dict(
        connection.execute(
            select(mentions.c.n, first.c.n)
            .select_from(mentions.join(first, first.c.id == mentions.c.story))
            .where(mentions.c.n.in_(these))
        ).all()
    )
    said = verdicts.of(connection, numbered)
    connection.execute(delete(links).where(links.c.n.in_(these)))
    ADD_LINKS.write(
        connection,
        (
            link
            for number, mention in found
            if (row := verdicts.over(row_of(mention), said.get(number))) is not None
            for link in links_of(
                store, mention, row, number, feed_numbers[mention.feed], topic_numbers, firsts.get(number, number)
            )
        ),
    )


def links_of(
    store: Store,
    mention: Mention,
    row: Mapping[str, Any],
    number: int,
    feed_number: int,
    topic_numbers: Mapping[str, int],
    story: int,
) -> list[dict[str, Any]]:
    """The small rows of a mention that counts; our own posts are not conversation and have none."""
    if mention.own or not mention.topics:
        return []
    link = {
        "published_at": row["published_at"],
        "n": number,
        "day": store.local_day(row["published_at"]),
        "feed": feed_number,
        "tag": row["tag"],
        "score": row["score"],
        "engagement": engagement(row),
        "question": row["question"],
        "story": story,
    }
    return [{"topic": ALL_TOPICS, **link}, *({"topic": topic_numbers[name], **link} for name in set(mention.topics))]


NUMBERS = {
    table.name: Prepared(select(table.c.name, table.c.no).where(table.c.name.in_(one_of("names"))))
    for table in (feeds, topics)
}


def numbers(connection: Connection, table: Table, names: Mapping[str, Mapping[str, str]]) -> dict[str, int]:
    """The numbers of feeds or topics, given to those that have none yet; ``names`` come with their other columns."""
    if not names:
        return {}
    query = NUMBERS[table.name]
    found = {row.name: row.no for row in query.read(connection, names=list(names))}
    if len(found) < len(names):
        rows = [{"name": name, **others} for name, others in sorted(names.items()) if name not in found]
        connection.execute(upsert(table).on_conflict_do_nothing(index_elements=["name"]), rows)
        found = {row.name: row.no for row in query.read(connection, names=list(names))}
    return found


KEPT_RUNS = 20_000
"""A collector that runs for years would fill the table: older runs go. It is half a year of one every ten minutes."""


def start_run(store: Store, *, at: datetime, feeds_to_ask: int) -> int:
    """Note that a run has begun, and return its number."""
    now = seconds(at)
    with store.writing() as connection:
        connection.execute(delete(runs).where(runs.c.no <= select(func.max(runs.c.no) - KEPT_RUNS).scalar_subquery()))
        made = connection.execute(insert(runs).values(started_at=now, alive_at=now, feeds=feeds_to_ask))
        key = made.inserted_primary_key
        assert key is not None
        return int(key[0])


def run_progress(
    connection: Connection, number: int, *, at: datetime, failed: int, posts: int, new: int, done: int = 1
) -> None:
    """So many more feeds of a run are done, and what they brought together."""
    row = {
        "run": number,
        "at": seconds(at),
        "more_done": done,
        "more_failed": failed,
        "more_posts": posts,
        "more_new": new,
    }
    RUN_PROGRESS.write(connection, [row])


def finish_run(store: Store, number: int, *, at: datetime, note: str = "") -> None:
    """Note that a run has ended."""
    with store.writing() as connection:
        connection.execute(
            update(runs)
            .where(runs.c.no == number)
            .values(finished_at=seconds(at), alive_at=seconds(at), note=note, feeds=func.max(runs.c.feeds, runs.c.done))
        )
