"""Tags given anew: which mentions an older tagger tagged, and which of them hold a word that has changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, func, select, text, update
from sqlalchemy.sql.elements import ColumnElement

from listening.models import Mention
from listening.query import tokens
from listening.store.rows import mention_of, row_of
from listening.store.schema import links, mentions, verdicts
from listening.store.search import BODY

BATCH = 500

RETAGGED = ("vader", "score", "tag", "confidence", "tagger", "why")
"""What a tagger decides; nothing else of a mention changes."""

_UPDATE_MENTION = (
    update(mentions)
    .where(mentions.c.n == bindparam("number"), mentions.c.withdrawn_at.is_(None))
    .values({name: bindparam(f"new_{name}") for name in RETAGGED})
)
_UPDATE_LINKS = (
    update(links)
    .where(links.c.n == bindparam("number"))
    .values(
        # A person's tag stands; the machine's changes beside it.
        tag=func.coalesce(
            select(verdicts.c.tag).where(verdicts.c.n == bindparam("number")).scalar_subquery(), bindparam("new_tag")
        ),
        score=bindparam("new_score"),
    )
)


def taggers(connection: Connection) -> dict[str, int]:
    """How many mentions each tagger's version has tagged; withdrawn ones, whose words are gone, are left out."""
    query = select(mentions.c.tagger, func.count().label("mentions")).where(mentions.c.withdrawn_at.is_(None))
    return {row.tagger: row.mentions for row in connection.execute(query.group_by(mentions.c.tagger))}


def tagged_by(
    connection: Connection, version: str, *, holding: Sequence[str] | None = None
) -> Iterator[list[tuple[int, Mention]]]:
    """The mentions that a version tagged, with their numbers, in batches; with ``holding`` those with such words only.

    It may give a few that do not hold them (words fold, "Town Hall" is found by "town"), and misses none.
    """
    held = None if holding is None else _any_of(holding)
    if holding is not None and held is None:
        return
    last = 0
    while True:
        query = select(mentions).where(
            mentions.c.tagger == version, mentions.c.withdrawn_at.is_(None), mentions.c.n > last
        )
        if held is not None:
            query = query.where(held)
        rows = connection.execute(query.order_by(mentions.c.n).limit(BATCH)).mappings().all()
        if not rows:
            return
        last = rows[-1]["n"]
        yield [(row["n"], mention_of(row)) for row in rows]


def _any_of(entries: Iterable[str]) -> ColumnElement[bool] | None:
    """A condition for mentions with the first word of one of these entries; None where there is no entry."""
    first = {words[0] for entry in entries if (words := tokens(entry))}
    if not first:
        return None
    match = " OR ".join(f'({BODY}"{word}")' for word in sorted(first))
    found = text("SELECT rowid FROM search WHERE search MATCH :holding").bindparams(holding=match)
    return mentions.c.n.in_(found.columns(mentions.c.n).scalar_subquery())


def can_be_found(entry: str) -> bool:
    """Whether mentions with a word or a phrase can be found by its words (an emoji has none)."""
    return bool(tokens(entry))


def retag(connection: Connection, changed: Sequence[tuple[int, Mention]]) -> None:
    """Write the tags of these mentions, in the table of texts and in the small rows that are counted."""
    if not changed:
        return
    rows: list[Mapping[str, Any]] = []
    for number, mention in changed:
        row = row_of(mention)
        rows.append({"number": number, **{f"new_{name}": row[name] for name in RETAGGED}})
    connection.execute(_UPDATE_MENTION, rows)
    connection.execute(
        _UPDATE_LINKS,
        [{"number": row["number"], "new_tag": row["new_tag"], "new_score": row["new_score"]} for row in rows],
    )


def restamp(connection: Connection, old: str, new: str) -> int:
    """Say that the rest of what a version tagged would be tagged alike by the new one; return how many that are."""
    done = connection.execute(
        update(mentions).where(mentions.c.tagger == old, mentions.c.withdrawn_at.is_(None)).values(tagger=new)
    )
    return int(done.rowcount)
