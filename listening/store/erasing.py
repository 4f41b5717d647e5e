"""Forgetting, as far as it is the store's: who wrote what, which words name him elsewhere, and no byte left of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, func, or_, select, update

from listening.models import Mention
from listening.store import sqlite
from listening.store.forgotten import plain_author
from listening.store.opening import Store, file_of, in_words
from listening.store.removing import listed
from listening.store.rows import mention_of, moment
from listening.store.schema import access_log, files, mentions, reviews, sent, verdicts

UNFINISHED = "forgetting to be finished"
"""Under this name stands that something was forgotten of which bytes may still be in the file."""

_PLAIN_WORD = 6
"""A name of fewer letters may be any word: it is taken for a name only behind @, u/ or author:."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """A department that a post was sent to, and when."""

    department: str
    at: datetime


def of_ids(connection: Connection, ids: Sequence[str]) -> dict[int, Mention]:
    """The mentions with these ids, by their numbers."""
    query = select(mentions).where(mentions.c.id.in_(ids))
    return {row["n"]: mention_of(row) for row in connection.execute(query).mappings()}


def of_author(connection: Connection, author: str, source: str | None) -> dict[int, Mention]:
    """All mentions of an author, by their numbers; the name as the source gives it, or the address of the account."""
    every = select(mentions.c.author, mentions.c.author_url).where(mentions.c.author.is_not(None)).distinct()
    wanted = plain_author(author)
    names = {row.author for row in connection.execute(every) if wanted in (plain_author(row.author), row.author_url)}
    names |= {row.author for row in connection.execute(every) if row.author_url and row.author_url == author.strip()}
    query = select(mentions).where(mentions.c.author.in_(names))
    if source is not None:
        query = query.where(mentions.c.source == source)
    return {row["n"]: mention_of(row) for row in connection.execute(query.order_by(mentions.c.n)).mappings()}


def sent_to(connection: Connection, numbers: Iterable[int]) -> list[Told]:
    """The departments that these mentions were sent to, each with when that was last."""
    query = select(sent.c.department, func.max(sent.c.at)).where(sent.c.n.in_(listed(numbers)))
    found = []
    for department, at in connection.execute(query.group_by(sent.c.department).order_by(sent.c.department)):
        when = moment(at)
        assert when is not None
        found.append(Told(department=department, at=when))
    return found


def copies_of(connection: Connection, found: Iterable[Mention]) -> list[str]:
    """The ids of other mentions of the same stories: their words may be the same."""
    mine = list(found)
    stories = [mention.story or mention.id for mention in mine]
    query = select(mentions.c.id).where(
        or_(mentions.c.id.in_(stories), (mentions.c.story.in_(stories)) & (mentions.c.story != mentions.c.id))
    )
    return sorted(set(connection.execute(query).scalars()) - {mention.id for mention in mine})


def naming(connection: Connection, authors: Iterable[str], without: Iterable[int]) -> list[str]:
    """The ids of other mentions whose words name one of these authors."""
    pattern = names_pattern(authors)
    if pattern is None:
        return []
    starts = {plain_author(author).partition("@")[0] for author in authors}
    folded = func.lower(mentions.c.title + " " + mentions.c.text)
    query = select(mentions.c.id, mentions.c.title, mentions.c.text).where(
        or_(*(func.instr(folded, start) > 0 for start in starts)), mentions.c.n.not_in(listed(without))
    )
    return sorted(row.id for row in connection.execute(query) if pattern.search(row.title) or pattern.search(row.text))


def names_pattern(authors: Iterable[str]) -> re.Pattern[str] | None:
    """Finds an author's name in a text: his handle with or without its server, u/name, author:name, a full name."""
    written: set[str] = set()
    for author in authors:
        plain = plain_author(author)
        short = plain.partition("@")[0]
        if not short:
            continue
        written |= {rf"(?:@|u/|author:[@\"“]?){re.escape(name)}" for name in {plain, short}}
        if "@" in plain or " " in plain or len(plain) >= _PLAIN_WORD:
            written.add(rf"@?{re.escape(plain)}")
    if not written:
        return None
    longest_first = sorted(written, key=len, reverse=True)
    return re.compile(rf"(?<!\w)(?:{'|'.join(longest_first)})(?!\w)", re.IGNORECASE)


def redact(connection: Connection, forgotten: Sequence[Mention], authors: Iterable[str]) -> None:
    """Take ids and addresses of mentions, and authors' names, out of notes and of the access log."""
    exact = {said for each in forgotten for said in (each.id, each.key, each.url, each.author_url) if said}
    patterns = [re.compile("|".join(map(re.escape, sorted(exact, key=len, reverse=True))))] if exact else []
    if (names := names_pattern(authors)) is not None:
        patterns.append(names)
    places: list[tuple[Table, Any, Any]] = [
        (access_log, access_log.c.no, access_log.c.detail),
        (reviews, reviews.c.no, reviews.c.note),
        (verdicts, verdicts.c.n, verdicts.c.note),
        (files, files.c.n, files.c.detail),
    ]
    for table, key, column in places:
        for number, text in connection.execute(select(key, column).where(column != "")).all():
            cleaned = text
            for pattern in patterns:
                cleaned = pattern.sub("…", cleaned)
            if cleaned != text:
                connection.execute(update(table).where(key == number).values({column.name: cleaned}))


def optimize_index(connection: Connection) -> None:
    """Make the full-text index one part, in which nothing of removed words is left."""
    connection.exec_driver_sql("PRAGMA secure_delete = ON")
    connection.exec_driver_sql("INSERT INTO search (search) VALUES ('optimize')")


def rewrite_file(store: Store) -> bool:
    """Write the store's file anew without what was removed, and empty its log; False where others kept us from it.

    Raises StoreFull where the disk has no room for a second copy of the file meanwhile.
    """
    with in_words(store.url, store.wait_seconds):
        return sqlite.rewrite(file_of(store.url), wait_seconds=store.wait_seconds)
