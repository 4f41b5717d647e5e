"""Who asks, found out anew for what is stored: after an older version, or by changed rules."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from listening.models import Mention
from listening.store.rows import mention_of
from listening.store.schema import links, mentions, meta, verdicts
from listening.store.sqlite import Prepared

BATCH = 500
NOTE = "questions"
"""Under this name stands by which version of the rules stored mentions were judged; after a blank, up to which one."""

_SET_MENTION = Prepared(update(mentions).where(mentions.c.n == bindparam("number")).values(question=bindparam("asks")))
_said = select(verdicts.c.asks).where(verdicts.c.n == links.c.n).scalar_subquery()
_SET_LINKS = Prepared(
    update(links)
    .where(links.c.n == bindparam("number"))
    .values(question=func.coalesce(_said, bindparam("asks")))  # what a person said stands
)


def waiting(connection: Connection, version: str) -> int | None:
    """After which number stored mentions wait to be judged by this version of the rules; None where none does."""
    noted = connection.execute(select(meta.c.value).where(meta.c.key == NOTE)).scalar() or ""
    judged_by, _, up_to = noted.partition(" ")
    if judged_by != version:
        return 0
    return int(up_to) if up_to else None


def is_done(connection: Connection) -> bool:
    """Whether no stored mention waits, by whatever version."""
    noted = connection.execute(select(meta.c.value).where(meta.c.key == NOTE)).scalar() or ""
    return bool(noted) and " " not in noted


def next_after(connection: Connection, after: int) -> list[tuple[int, Mention]]:
    """The next few hundred mentions with their numbers; withdrawn ones, whose words are gone, are left as they are."""
    query = (
        select(mentions)
        .where(mentions.c.n > after, mentions.c.withdrawn_at.is_(None))
        .order_by(mentions.c.n)
        .limit(BATCH)
    )
    return [(row["n"], mention_of(row)) for row in connection.execute(query).mappings()]


def save(connection: Connection, found: Sequence[tuple[int, bool | None]], version: str) -> int | None:
    """Keep what was found out; return after which number the rest waits, None where nothing was left to judge."""
    rows = [{"number": number, "asks": None if asks is None else int(asks)} for number, asks in found]
    _SET_MENTION.write(connection, rows)
    _SET_LINKS.write(connection, rows)
    last = found[-1][0] if found else None
    connection.execute(delete(meta).where(meta.c.key == NOTE))
    connection.execute(insert(meta).values(key=NOTE, value=version if last is None else f"{version} {last}"))
    return last
