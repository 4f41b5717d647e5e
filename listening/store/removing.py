"""Taking mentions out of the store, whole: whatever names one goes with it, and what is left stays consistent.

Everything happens in the caller's transaction. Numbers are never given again: who still looks at a removed mention
cannot mean another one.
"""

from __future__ import annotations

import json
import secrets
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, delete, func, insert, or_, select, text, update

from listening.models import Mention
from listening.store import conversing, stories
from listening.store.opening import Store, drop_empty_counts, note_within, noted, noted_within
from listening.store.rows import mention_of, seconds
from listening.store.schema import (
    access_log,
    claims,
    feeds,
    heard,
    links,
    mentions,
    meta,
    places,
    rechecks,
    reviews,
    sent,
    story_keys,
    terms,
    verdicts,
)
from listening.store.writing import LAST_ENTRY, LAST_NUMBER, NUMBER_NOTE, REMOVE_WORDS, words_of

BATCH = 500
PICKS, OWED = "picks", "send_owed"
"""Under these names stand what the page quotes, by ids, and what is owed to departments, by numbers."""

KEYS_AGAIN = 50
"""Of the mentions that are left of a story so many, the newest, are made findable by all of their words again."""

SWEPT = 100_000
"""Rows that are gone through in one transaction."""

MERGED = 400
"""Pages of the index that are merged in one transaction."""

TO_SWEEP, TO_CLEAN = "to be swept", "to be cleaned"
"""Under these names stands, from the transaction that removes, that ``sweep`` and ``clean`` are still to be done after
it: as a word of its own each time, so that who did it for what was there does not cross out what came meanwhile."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Removed:
    """A mention that was taken out: its number, and itself as it was stored."""

    n: int
    mention: Mention


def remove(connection: Connection, numbers: Iterable[int]) -> list[Removed]:
    """Take mentions out by their numbers, with all that was kept of them; those that there were.

    A number below zero is that of a post of a conversation (``conversing``). The mentions' words leave the full-text
    index, but stay in its unused parts until these are merged (``clean``).
    """
    connection.exec_driver_sql("PRAGMA secure_delete = ON")
    wanted = list(numbers)
    kept = conversing.of_numbers(connection, [-number for number in wanted if number < 0])
    conversing.remove(connection, list(kept))
    out = [Removed(n=-number, mention=post) for number, post in kept.items()]
    these = listed(number for number in wanted if number > 0)
    rows = connection.execute(select(mentions).where(mentions.c.n.in_(these))).mappings().all()
    if not rows:
        return out
    gone = [row["n"] for row in rows]
    _keep_numbers(connection)
    _to_be_done(connection, TO_SWEEP, TO_CLEAN)
    REMOVE_WORDS.write(connection, [words_of(row["n"], row) for row in rows])
    for table in (links, terms, reviews, verdicts, claims, sent, rechecks, places, mentions):
        connection.execute(delete(table).where(table.c.n.in_(listed(gone))))
    conversing.forget_around(connection, gone, [row["id"] for row in rows])
    _forget_notes(connection, {row["id"] for row in rows}, set(gone))
    _mend_stories(connection, {row["story"] or row["id"] for row in rows})
    return [*out, *(Removed(n=row["n"], mention=mention_of(row)) for row in rows)]


def sweep(store: Store) -> None:
    """Take out what removed mentions left where only going through a whole table finds it.

    In transactions of their own, with room for others in between; so is ``clean``.
    """
    asked = noted(store, TO_SWEEP)
    after, more = None, True
    while more:
        with store.writing() as connection:
            after = _sweep_part(connection, after)
            more = after is not None
            if not more:
                _done(connection, TO_SWEEP, asked)


def _sweep_part(connection: Connection, after: int | None) -> int | None:
    """Sweep the next part; return after which key the rest is, None at the end."""
    connection.exec_driver_sql("PRAGMA secure_delete = ON")
    key = story_keys.c.key
    rest = key.is_not(None) if after is None else key > after
    last = connection.execute(select(key).where(rest).order_by(key).offset(SWEPT).limit(1)).scalar()
    part = rest if last is None else and_(rest, key <= last)
    connection.execute(delete(story_keys).where(part, story_keys.c.n.not_in(select(mentions.c.n))))
    if last is None:
        drop_empty_counts(connection)
    return last


def clean(store: Store) -> None:
    """Merge the parts of the full-text index, so that nothing of removed words is left in them."""
    asked = noted(store, TO_CLEAN)
    pages, more = -MERGED, True  # below zero: all parts are to become one
    while more:
        with store.writing() as connection:
            connection.exec_driver_sql("PRAGMA secure_delete = ON")
            before = _changes(connection)
            connection.execute(text("INSERT INTO search (search, rank) VALUES ('merge', :pages)"), {"pages": pages})
            more = _changes(connection) - before >= 2  # SQLite's own sign that there was something to merge
            if not more:
                _done(connection, TO_CLEAN, asked)
        pages = MERGED


def finish(store: Store) -> None:
    """Do what a program that was ended in the middle left to be done; mostly nothing is."""
    if noted(store, TO_SWEEP):
        sweep(store)
    if noted(store, TO_CLEAN):
        clean(store)


def _to_be_done(connection: Connection, *names: str) -> None:
    for name in names:
        note_within(connection, name, secrets.token_hex(8))


def _done(connection: Connection, name: str, asked: str | None) -> None:
    if asked and noted_within(connection, name) == asked:
        connection.execute(delete(meta).where(meta.c.key == name))


def _changes(connection: Connection) -> int:
    return int(connection.exec_driver_sql("SELECT total_changes()").scalar_one())


def listed(numbers: Iterable[int]) -> Any:
    """Numbers as a statement takes them, however many they are."""
    asked = text("SELECT value FROM json_each(:listed)").bindparams(listed=json.dumps(list(numbers)))
    return asked.columns(mentions.c.n).scalar_subquery()


def _keep_numbers(connection: Connection) -> None:
    """Remember which numbers were given last, before the mentions and entries that have them go."""
    for last, name in ((LAST_NUMBER, NUMBER_NOTE["mentions"]), (LAST_ENTRY, NUMBER_NOTE["reviews"])):
        note_within(connection, name, str(last.read(connection).scalar_one()))


def _forget_notes(connection: Connection, ids: set[str], numbers: set[int]) -> None:
    """Take mentions out of what was noted of them elsewhere."""
    if picked := noted_within(connection, PICKS):
        kept = {side: [id_ for id_ in chosen if id_ not in ids] for side, chosen in json.loads(picked).items()}
        note_within(connection, PICKS, json.dumps(kept))
    if owed := noted_within(connection, OWED):
        left = {
            department: {way: [n for n in waiting if n not in numbers] for way, waiting in ways.items()}
            for department, ways in json.loads(owed).items()
        }
        note_within(connection, OWED, json.dumps(left))


def _mend_stories(connection: Connection, touched: set[str]) -> None:
    """Give stories whose first mention went another first, and let the rest be found by all of its words."""
    stories_ = text("SELECT value FROM json_each(:ids)").bindparams(ids=json.dumps(sorted(touched)))
    asked = stories_.columns(mentions.c.id).scalar_subquery()
    # Each half by an index of its own: of copies, and of ids.
    found: list[Any] = []
    for condition in (and_(mentions.c.story.in_(asked), mentions.c.story != mentions.c.id), mentions.c.id.in_(asked)):
        query = select(*(mentions.c[name] for name in ("n", "id", "story", "published_at"))).where(condition)
        found += connection.execute(query).all()
    left: dict[str, list[Any]] = defaultdict(list)
    for row in found:
        left[row.story or row.id].append(row)
    for story, rows in left.items():
        rows.sort(key=lambda row: (row.published_at, row.n))
        if all(row.id != story for row in rows):
            stories.move(connection, [row.n for row in rows], rows[0].n, rows[0].id, by=None)
        if story in touched:
            _keys_again(connection, [row.n for row in rows][-KEYS_AGAIN:])


def _keys_again(connection: Connection, numbers: Sequence[int]) -> None:
    # A copy adds only the keys that its story had not got yet, and those of the removed one are gone.
    query = select(mentions).where(mentions.c.n.in_(listed(numbers)), mentions.c.withdrawn_at.is_(None))
    for row in connection.execute(query).mappings():
        stories.note_keys(connection, row["n"], mention_of(row))


# --- deleted at the source ------------------------------------------------------------------------------------------


def withdraw(connection: Connection, numbers: Iterable[int], at: datetime) -> int:
    """Empty mentions that their source has deleted: they count on, and no word or name of them is kept.

    Its key and what it answers are often addresses with a name, so they go; its id stays. A reviewer's note may repeat
    the words, and goes too. Return how many there were.
    """
    connection.exec_driver_sql("PRAGMA secure_delete = ON")
    query = select(mentions).where(mentions.c.n.in_(listed(numbers)), mentions.c.withdrawn_at.is_(None))
    rows = connection.execute(query).mappings().all()
    if not rows:
        return 0
    gone = [row["n"] for row in rows]
    _to_be_done(connection, TO_CLEAN)
    empty = dict.fromkeys(("key", "url", "title", "text"), "") | dict.fromkeys(("matched", "why"), "[]")
    nobody = dict.fromkeys(("author", "author_url", "reply_to"))
    REMOVE_WORDS.write(connection, [words_of(row["n"], row) for row in rows])
    connection.execute(
        update(mentions).where(mentions.c.n.in_(listed(gone))).values(**empty, **nobody, withdrawn_at=seconds(at))
    )
    connection.execute(
        text("INSERT INTO search (rowid, title, text, marks) VALUES (:n, '', '', '')"), [{"n": n} for n in gone]
    )
    connection.execute(delete(terms).where(terms.c.n.in_(listed(gone))))
    connection.execute(delete(story_keys).where(story_keys.c.n.in_(listed(gone))))
    conversing.forget_around(connection, gone, [row["id"] for row in rows])
    for table in (reviews, verdicts):
        connection.execute(update(table).where(table.c.n.in_(listed(gone))).values(note=""))
    _mend_stories(connection, {row["story"] for row in rows if row["story"]})
    return len(gone)


# --- what is old ----------------------------------------------------------------------------------------------------


def older(connection: Connection, cutoff: datetime, *, own: bool) -> list[int]:
    """The numbers of mentions, our own posts or the others, published before a moment; oldest first.

    With those of posts of conversations, below zero: our own ones with our own posts, the others with the mentions.
    """
    query = select(mentions.c.n).where(mentions.c.own == int(own), mentions.c.published_at < seconds(cutoff))
    numbers = list(connection.execute(query.order_by(mentions.c.published_at, mentions.c.n)).scalars())
    return numbers + [-number for number in conversing.older(connection, cutoff, own=own)]


def heard_since(connection: Connection, cutoff: datetime, day: int) -> None:
    """Nothing is known any more of the time before: what is compared with it begins there."""
    connection.execute(delete(heard).where(heard.c.day < day))
    connection.execute(
        update(feeds).where(feeds.c.first_answer_at < seconds(cutoff)).values(first_answer_at=seconds(cutoff))
    )


def old_reviews(connection: Connection, cutoff: datetime) -> int:
    """How many entries of the review's log were made before a moment."""
    query = select(func.count()).select_from(reviews).where(reviews.c.at < seconds(cutoff), reviews.c.reviewer != "")
    return int(connection.execute(query).scalar_one())


def remove_reviews(connection: Connection, cutoff: datetime) -> int:
    """Take out who judged what before a moment, and what was noted; what was decided then goes on counting.

    The last entry before an entry that stays is kept without names and notes: taking back the later one leads there.
    """
    connection.exec_driver_sql("PRAGMA secure_delete = ON")
    count = old_reviews(connection, cutoff)
    _keep_numbers(connection)
    at = seconds(cutoff)
    later, between = reviews.alias("later"), reviews.alias("between")
    after = select(later.c.no).where(later.c.n == reviews.c.n, later.c.at >= at)
    newer = select(between.c.no).where(
        between.c.n == reviews.c.n, between.c.no > reviews.c.no, between.c.at < at, between.c.kind != "second"
    )
    basis = and_(reviews.c.kind != "second", after.exists(), ~newer.exists())
    connection.execute(delete(reviews).where(reviews.c.at < at, ~basis))
    nameless = {"reviewer": "", "note": "", "answered_by": ""}
    connection.execute(update(reviews).where(reviews.c.at < at).values(**nameless))
    connection.execute(
        update(reviews)
        .where(reviews.c.against.is_not(None), reviews.c.against.not_in(select(reviews.c.no)))
        .values(against=None)
    )
    connection.execute(
        update(verdicts)
        .where(verdicts.c.at < at, or_(*(verdicts.c[name] != "" for name in nameless)))
        .values(**nameless)
    )
    return count


def old_accesses(connection: Connection, cutoff: datetime) -> int:
    """How many lines of the access log were written before a moment."""
    query = select(func.count()).select_from(access_log).where(access_log.c.at < seconds(cutoff))
    return int(connection.execute(query).scalar_one())


def remove_accesses(connection: Connection, cutoff: datetime) -> int:
    """Take them out."""
    connection.exec_driver_sql("PRAGMA secure_delete = ON")
    return connection.execute(delete(access_log).where(access_log.c.at < seconds(cutoff))).rowcount


def log_within(connection: Connection, *, at: datetime, who: str, what: str, detail: str) -> None:
    """Write a line of the access log in the transaction that does what it says."""
    connection.execute(insert(access_log).values(at=seconds(at), who=who, what=what, detail=detail))
