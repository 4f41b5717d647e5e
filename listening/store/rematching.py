"""Topics given anew after a query has changed: which stored mentions could differ, and writing what they are now."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence

from sqlalchemy import Connection, bindparam, select, text, update

from listening.models import Mention
from listening.query import Query
from listening.store.opening import Store
from listening.store.rows import mention_of, row_of
from listening.store.schema import links, mentions, topics, verdicts
from listening.store.search import plan
from listening.store.writing import relink

BATCH = 500

QUERIES = "queries"
"""Under this name stand marks of the queries with which the store was filled: JSON by topic."""

_MARKED = "sha256:"
_TOPICS = update(mentions).where(mentions.c.n == bindparam("number"), mentions.c.withdrawn_at.is_(None)).values(
    topics=bindparam("new_topics"), matched=bindparam("new_matched"), question=bindparam("new_question")
)  # fmt: skip


def query_mark(query: str) -> str:
    """A mark by which a query is known again; a query may name a person, and the mark does not."""
    if query.startswith(_MARKED):
        return query
    return f"{_MARKED}{hashlib.sha256(query.encode(errors='replace')).hexdigest()}"


def could_differ(connection: Connection, names: Iterable[str], queries: Iterable[Query]) -> list[int]:
    """The numbers of the mentions that are in one of these topics, or that one of these queries may find.

    What the full-text index cannot rule out is among them, and so are posts that are in no small row: our own, and
    those that a person said are not about us.
    """
    found: set[int] = set()
    held = select(links.c.n).join(topics, topics.c.no == links.c.topic).where(topics.c.name.in_(list(names)))
    found.update(connection.execute(held).scalars())
    found.update(connection.execute(select(mentions.c.n).where(mentions.c.own == 1)).scalars())
    found.update(connection.execute(select(verdicts.c.n).where(verdicts.c.relevant == 0)).scalars())
    for query in queries:
        match = plan(query).match
        if match is None:
            found.update(connection.execute(select(mentions.c.n)).scalars())
        else:
            asked = text("SELECT rowid FROM search WHERE search MATCH :words").bindparams(words=match)
            found.update(connection.execute(asked).scalars())
    return sorted(found)


def read(connection: Connection, numbers_: Sequence[int]) -> Iterator[list[tuple[int, Mention]]]:
    """Mentions by their numbers, in batches; withdrawn ones, whose words are gone, are left out."""
    for start in range(0, len(numbers_), BATCH):
        query = select(mentions).where(
            mentions.c.n.in_(numbers_[start : start + BATCH]), mentions.c.withdrawn_at.is_(None)
        )
        yield [(row["n"], mention_of(row)) for row in connection.execute(query).mappings()]


def rewrite(store: Store, connection: Connection, changed: Sequence[tuple[int, Mention]]) -> None:
    """Write the topics of these mentions, whether they ask, and the small rows that are counted.

    Without a topic a mention counts nowhere, and stays stored.
    """
    if not changed:
        return
    rows = [(number, row_of(mention)) for number, mention in changed]
    connection.execute(
        _TOPICS,
        [
            {
                "number": number,
                "new_topics": row["topics"],
                "new_matched": row["matched"],
                "new_question": row["question"],
            }
            for number, row in rows
        ],
    )
    relink(store, connection, changed)
