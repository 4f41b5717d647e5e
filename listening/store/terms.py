"""The terms of each mention, kept so that what a period talks about is counted without reading its texts.

One small row a mention holds its words as numbers, in order (``listening.terms``). Nothing is kept by day, tag or
topic: a question takes the rows of its view, so that the counts are exact to the second for any topic, tag, feed or
query, and a mention that is tagged anew or moves to another topic needs no change here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, delete, select
from sqlalchemy.dialects.sqlite import insert as upsert

from listening.models import Tag
from listening.store.schema import mentions, terms
from listening.store.sqlite import Prepared
from listening.terms import codes, is_plain, words

BATCH = 1_000


class Terms(NamedTuple):
    """A mention's number, tag and feed, and its words (``listening.terms.unpack`` reads them)."""

    n: int
    tag: Tag
    feed: str
    codes: bytes


_row = upsert(terms).values(n=bindparam("n"), codes=bindparam("codes"))
SAVE_TERMS = Prepared(_row.on_conflict_do_update(index_elements=["n"], set_={"codes": _row.excluded.codes}))


def save_terms(connection: Connection, rows: Iterable[tuple[Mapping[str, Any], Mapping[str, Any]]]) -> None:
    """Keep the terms of mentions; of each come its words as the index holds them, and its row."""
    SAVE_TERMS.write(connection, ({"n": indexed["n"], "codes": _codes(row, indexed)} for indexed, row in rows))


def forget_terms(connection: Connection, numbers: Iterable[int]) -> None:
    """Take out the terms of mentions whose words are withdrawn or that are deleted."""
    FORGET_TERMS.write(connection, ({"which": number} for number in numbers))


FORGET_TERMS = Prepared(delete(terms).where(terms.c.n == bindparam("which")))


def fill(connection: Connection) -> int:
    """Count all that is stored anew, in batches, within the caller's transaction; return how many mentions that were.

    For a store that was made before terms were kept, or by other rules. Whatever was kept before is replaced.
    """
    connection.execute(delete(terms))
    last = done = 0
    while True:
        query = (
            select(mentions.c.n, mentions.c.title, mentions.c.text, mentions.c.language)
            .where(mentions.c.n > last, mentions.c.withdrawn_at.is_(None))
            .order_by(mentions.c.n)
            .limit(BATCH)
        )
        rows = connection.execute(query).mappings().all()
        if not rows:
            return done
        SAVE_TERMS.write(connection, ({"n": row["n"], "codes": _codes(row)} for row in rows))
        last, done = rows[-1]["n"], done + len(rows)


def _codes(row: Mapping[Any, Any], indexed: Mapping[str, Any] | None = None) -> bytes:
    """The terms of a row; where it holds no link or handle, its words in the index are its words."""
    title, text = (
        indexed[name].split() if indexed is not None and is_plain(row[name]) else words(row[name])
        for name in ("title", "text")
    )
    return codes(title, text, row["language"])
