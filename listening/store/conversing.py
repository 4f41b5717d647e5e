"""Conversations: posts of our own accounts, answers to them, and what was said around a mention.

Where one of our accounts answered a mention, that is a fact which nobody need tell: it goes into the review's log once,
under a name of its own, and whatever a person says of it later stands.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, or_, select, text, update
from sqlalchemy.dialects.sqlite import insert as upsert
from sqlalchemy.sql.elements import ColumnElement

from listening.models import Mention, Post, mention_id
from listening.store import forgotten, reviewing, verdicts
from listening.store.opening import Store
from listening.store.rows import mention_of, moment, seconds, writable
from listening.store.schema import answers, mentions, replies, threads

IN_PUBLIC = "In public, below the post"

SHOWN_BEFORE, SHOWN_AFTER = 5, 20
"""So many posts of a conversation are shown: the nearest before a mention, the first after it."""

_FIELDS = ("source", "feed", "key", "url", "title", "text", "author", "author_url", "reply_to")


@dataclass(frozen=True, kw_only=True, slots=True)
class Thread:
    """What was said around a mention: before it, from the first post on, and after it, oldest first."""

    before: tuple[Mention, ...] = ()
    after: tuple[Mention, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.before or self.after)


# --- keeping --------------------------------------------------------------------------------------------------------


def keep(
    connection: Connection, posts: Iterable[tuple[Post, bool]], *, now: datetime, around: int | None = None
) -> None:
    """Keep posts that are no mentions, each with whether it is our own; one seen again has its words of today.

    ``around`` is the number of the post whose conversation they were found in; where it is None, others' posts stand
    around that which they answer. What was forgotten stays away.
    """
    by_id = {id_of(post): (post, own) for post, own in posts}
    for id_ in forgotten.among(connection, [(id_, post) for id_, (post, _) in by_id.items()]):
        del by_id[id_]
    ours = {id_: post for id_, (post, own) in by_id.items() if own}
    others = {id_: post for id_, (post, own) in by_id.items() if not own}
    _write(connection, [_row(id_, post, now, own=True) for id_, post in ours.items()])
    parents: dict[tuple[str, str], int] = {}
    if around is None and others:
        parents = _numbers(connection, {(post.source, post.reply_to or "") for post in others.values()})
    rows = [_row(id_, post, now, own=False) for id_, post in others.items()]
    for row in rows:
        row["around"] = around or parents.get((row["source"], row["reply_to"] or ""))
    _write(connection, rows)


def _row(id_: str, post: Post, now: datetime, *, own: bool) -> dict[str, Any]:
    dated = post.published_at if post.published_at is not None and post.published_at <= now else now
    return {
        **{name: writable(getattr(post, name)) for name in _FIELDS},
        "id": id_,
        "published_at": seconds(dated),
        "date_from": "source" if dated == post.published_at else "fetched",
        "collected_at": seconds(now),
        "sensitive": int(post.sensitive),
        "own": int(own),
        "around": None,
    }


def _write(connection: Connection, rows: list[dict[str, Any]]) -> None:
    if not rows:
        return
    new = upsert(replies)
    again: dict[str, Any] = {
        name: new.excluded[name] for name in ("url", "title", "text", "author", "author_url", "sensitive", "own")
    }
    again["around"] = func.coalesce(replies.c.around, new.excluded.around)
    again["reply_to"] = func.coalesce(new.excluded.reply_to, replies.c.reply_to)
    connection.execute(new.on_conflict_do_update(index_elements=["id"], set_=again), rows)


def id_of(post: Post) -> str:
    """The id under which a post is kept, here or as a mention."""
    return mention_id(source=post.source, key=post.key, feed=post.feed)


def no_longer(connection: Connection, ids: Iterable[str]) -> None:
    """Posts that are mentions by now are kept as such only."""
    if kept := list(of_ids(connection, list(ids))):
        connection.execute(delete(threads).where(threads.c.n.in_([-number for number in kept])))
        connection.execute(delete(replies).where(replies.c.n.in_(kept)))


def our_own(connection: Connection, keys: Collection[tuple[str, str]]) -> set[tuple[str, str]]:
    """Which of these posts, each a source and a key, are stored and our own."""
    return set(_numbers(connection, keys))


def _numbers(connection: Connection, keys: Collection[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """The numbers of those of these posts, each a source and a key, that are our own: below zero where they are kept
    here."""
    ids = {mention_id(source=source, key=key, feed=""): (source, key) for source, key in keys if key}
    found: dict[tuple[str, str], int] = {}
    for table, sign in ((mentions, 1), (replies, -1)):
        query = select(table.c.id, table.c.n).where(table.c.id.in_(_texts(ids)), table.c.own == 1) if ids else None
        for row in connection.execute(query) if query is not None else ():
            found.setdefault(ids[row.id], sign * row.n)
    return found


# --- what was answered ----------------------------------------------------------------------------------------------


def note_answers(store: Store, connection: Connection, said: Iterable[tuple[Post, bool]], *, now: datetime) -> int:
    """Note which mentions our accounts have answered, as far as saved posts tell, each with whether it is ours.

    They are answers of ours, or mentions that an answer of ours has been waiting for. Return how many are newly known.
    """
    posts = list(said)
    ours = [post for post, own in posts if own]
    asked = {mention_id(source=post.source, key=post.reply_to, feed=post.feed) for post in ours if post.reply_to}
    others = {(post.source, post.key) for post, own in posts if not own and post.key}
    for row in _ours_below(connection, others):
        asked.add(mention_id(source=row["source"], key=row["reply_to"], feed=""))
    if not asked:
        return 0
    unknown = (
        select(mentions.c.n, mentions.c.source, mentions.c.key)
        .outerjoin(answers, answers.c.n == mentions.c.n)
        .where(
            mentions.c.id.in_(_texts(asked)),
            mentions.c.own == 0,
            mentions.c.withdrawn_at.is_(None),
            answers.c.n.is_(None),
        )
    )
    numbers = {(row.source, row.key): row.n for row in connection.execute(unknown)}
    first: dict[int, Mapping[str, Any]] = {}
    for row in sorted(_ours_below(connection, numbers), key=lambda row: int(row["published_at"])):
        first.setdefault(numbers[row["source"], row["reply_to"]], row)
    for number, row in first.items():
        _note_answer(store, connection, number, row, now)
    return len(first)


def _ours_below(connection: Connection, keys: Collection[tuple[str, str]]) -> list[Mapping[str, Any]]:
    """Our own posts that answer these, each a source and a key."""
    if not keys:
        return []
    wanted = set(keys)
    found: list[Mapping[str, Any]] = []
    for table in (mentions, replies):
        columns = [table.c[name] for name in ("id", "source", "reply_to", "author", "published_at")]
        query = select(*columns).where(table.c.reply_to.in_(_texts(key for _, key in wanted)), table.c.own == 1)
        rows = connection.execute(query).mappings()
        found += [dict(row) for row in rows if (row["source"], row["reply_to"]) in wanted]
    return found


def _note_answer(store: Store, connection: Connection, number: int, given: Mapping[str, Any], now: datetime) -> None:
    connection.execute(
        upsert(answers).on_conflict_do_nothing(), {"n": number, "at": given["published_at"], "id": given["id"]}
    )
    said = verdicts.of(connection, [number]).get(number)
    if said is not None and (said["answered_at"] is not None or said["relevant"] == 0):
        return  # somebody of the team has said so, or that it is not about us
    if _decided_since(connection, number, given["published_at"]):
        return
    change: dict[str, Any] = {
        "answered_at": moment(given["published_at"]),
        "answered_by": given["author"] or "",
        "channel": IN_PUBLIC,
    }
    if said is None or said["status"] != "closed":
        change["status"] = "answered"
    reviewing.review(
        store,
        connection,
        {number: change},
        reviewer=reviewing.BY_ITSELF,
        at=now,
        seen=reviewing.latest_entry(connection),
    )


def _decided_since(connection: Connection, number: int, at: int) -> bool:
    """Whether somebody, after our answer was published, has said where the mention stands: not as a tag's by-effect."""
    for entry in reversed(reviewing.history(connection, number)):
        if entry.kind == "verdict" and "status" in entry.changed and not {"tag", "relevant"} & set(entry.changed):
            return int(entry.state.at.timestamp()) >= at
    return False


# --- showing --------------------------------------------------------------------------------------------------------


def around(connection: Connection, shown: Sequence[Mention]) -> dict[str, Thread]:
    """What was said around these mentions, by their ids; of those of which nothing is known there is none.

    Posts that were withdrawn, or that carry a content warning, are left out.
    """
    found: dict[str, Thread] = {}
    for mention in shown:
        if mention.withdrawn_at is not None or not mention.key:
            continue
        before: list[Mention] = []
        parent, seen = mention.reply_to, {mention.key}
        while parent and parent not in seen and len(before) < SHOWN_BEFORE:
            seen.add(parent)
            above = _one(connection, mention.source, parent)
            if above is None:
                break
            before.insert(0, above)
            parent = above.reply_to
        after: list[Mention] = []
        keys = {mention.key}
        while keys and len(after) < SHOWN_AFTER:
            below = [post for post in _below(connection, mention.source, keys) if post.key not in seen]
            below = below[: SHOWN_AFTER - len(after)]
            after += below
            keys = {post.key for post in below}
            seen |= keys
        thread = Thread(before=tuple(before), after=tuple(sorted(after, key=_when)))
        if thread:
            found[mention.id] = thread
    return found


def _when(mention: Mention) -> datetime:
    assert mention.published_at is not None
    return mention.published_at


def _one(connection: Connection, source: str, key: str) -> Mention | None:
    id_ = mention_id(source=source, key=key, feed="")
    stored = connection.execute(
        select(mentions).where(mentions.c.id == id_, mentions.c.withdrawn_at.is_(None), mentions.c.sensitive == 0)
    )
    if (row := stored.mappings().first()) is not None:
        return mention_of(row)
    kept = connection.execute(select(replies).where(replies.c.id == id_, replies.c.sensitive == 0)).mappings().first()
    return None if kept is None else said(kept)


def _below(connection: Connection, source: str, keys: Collection[str]) -> list[Mention]:
    """The posts that answer these, oldest first."""
    conditions: dict[Any, list[ColumnElement[bool]]] = {mentions: [mentions.c.withdrawn_at.is_(None)], replies: []}
    found: list[Mention] = []
    for table, more in conditions.items():
        query = (
            select(table)
            .where(table.c.reply_to.in_(_texts(keys)), table.c.source == source, table.c.sensitive == 0, *more)
            .order_by(table.c.published_at, table.c.n)
            .limit(SHOWN_AFTER)
        )
        read = mention_of if table is mentions else said
        found += [read(row) for row in connection.execute(query).mappings()]
    return sorted(found, key=_when)


def said(row: Mapping[Any, Any]) -> Mention:
    """A kept post in the shape of a mention, so that it is masked and shown by the same rules; nothing was tagged."""
    published, collected = moment(row["published_at"]), moment(row["collected_at"])
    assert collected is not None
    return Mention(
        **{name: row[name] for name in _FIELDS},
        id=row["id"],
        published_at=published,
        date_from=row["date_from"],
        collected_at=collected,
        sensitive=bool(row["sensitive"]),
        own=bool(row["own"]),
    )


def only_these(connection: Connection, number: int, ids: Collection[str]) -> None:
    """What others said around a post and is not there any more is not kept either."""
    connection.execute(
        delete(replies).where(replies.c.around == number, replies.c.own == 0, replies.c.id.not_in(_texts(ids)))
    )


# --- taking out -----------------------------------------------------------------------------------------------------


def forget_around(connection: Connection, numbers: Iterable[int], ids: Iterable[str]) -> None:
    """With mentions goes what others said around them, and that they were answered; ids: of answers that go."""
    these = json.dumps(list(numbers))
    gone = text("SELECT value FROM json_each(:gone)").bindparams(gone=these).columns(mentions.c.n).scalar_subquery()
    connection.execute(delete(replies).where(replies.c.around.in_(gone), replies.c.own == 0))
    connection.execute(delete(answers).where(or_(answers.c.n.in_(gone), answers.c.id.in_(_texts(ids)))))
    connection.execute(delete(threads).where(threads.c.n.in_(gone)))


def older(connection: Connection, cutoff: datetime, *, own: bool) -> list[int]:
    """The numbers of kept posts, our own or others', published before a moment."""
    query = select(replies.c.n).where(replies.c.own == int(own), replies.c.published_at < seconds(cutoff))
    return list(connection.execute(query.order_by(replies.c.published_at, replies.c.n)).scalars())


def remove(connection: Connection, numbers: Sequence[int]) -> int:
    """Take kept posts out by their numbers, with what others said to those of our own."""
    if not numbers:
        return 0
    connection.exec_driver_sql("PRAGMA secure_delete = ON")
    mine = [-number for number in numbers]
    connection.execute(delete(threads).where(threads.c.n.in_(mine)))
    around = connection.execute(delete(replies).where(replies.c.around.in_(mine), replies.c.own == 0)).rowcount
    return around + connection.execute(delete(replies).where(replies.c.n.in_(list(numbers)))).rowcount


def of_numbers(connection: Connection, numbers: Collection[int]) -> dict[int, Mention]:
    """Kept posts by their numbers, in the shape of mentions."""
    return _found(connection, replies.c.n.in_(list(numbers))) if numbers else {}


def said_by_others(connection: Connection) -> dict[int, Mention]:
    """All kept posts that are not our own, by their numbers."""
    return _found(connection, replies.c.own == 0)


def of_ids(connection: Connection, ids: Collection[str]) -> dict[int, Mention]:
    """Those of these posts that are kept, by their numbers."""
    return _found(connection, replies.c.id.in_(_texts(ids)))


def of_authors(connection: Connection, column: str, names: Collection[str]) -> dict[int, Mention]:
    """Kept posts whose ``column`` (author or author_url) is one of these names, by their numbers."""
    return _found(connection, replies.c[column].in_(_texts(names)))


def names(connection: Connection, column: str) -> list[str]:
    """All that stands in a column (author, author_url or reply_to) of the kept posts."""
    query = select(replies.c[column]).where(replies.c[column].is_not(None)).distinct()
    return list(connection.execute(query).scalars())


def answer_nobody(connection: Connection, answered: Collection[str]) -> None:
    """Posts that answer one of these do not say any more what they answer."""
    connection.execute(update(replies).where(replies.c.reply_to.in_(_texts(answered))).values(reply_to=None))


def _found(connection: Connection, condition: ColumnElement[bool]) -> dict[int, Mention]:
    rows = connection.execute(select(replies).where(condition).order_by(replies.c.n)).mappings()
    return {row["n"]: said(row) for row in rows}


def _texts(values: Iterable[str]) -> Any:
    """Texts as a statement takes them, however many they are."""
    asked = text("SELECT value FROM json_each(:texts)").bindparams(texts=json.dumps(list(values)))
    return asked.columns(mentions.c.id).scalar_subquery()
