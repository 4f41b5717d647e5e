"""Every file that was written and may hold mentions, so that one who forgets a post knows where else it may be."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import Connection, delete, insert, or_, select, update

from listening.store.opening import Store
from listening.store.rows import moment, seconds
from listening.store.schema import files

Kind = Literal["export", "report", "page", "snapshot", "backup", "chart"]

READ_ME_BEGINS = "Public posts about "
"""By these words a read-me is known as ours, which lies beside a file that cannot hold one."""

_PIECE = 1 << 20


@dataclass(frozen=True, kw_only=True, slots=True)
class File:
    """A file that was written: when, by whom, where (``path`` "": a browser took it), and of which times its mentions
    are (None: all). ``digest`` is its SHA-256 then; ``gone_at`` since when it is known not to be there."""

    n: int
    at: datetime
    who: str
    kind: Kind
    path: str
    start: datetime | None
    end: datetime | None
    rows: int | None
    digest: str
    detail: str
    gone_at: datetime | None


def note_file(
    store: Store,
    *,
    at: datetime,
    who: str,
    kind: Kind,
    path: str | Path,
    start: datetime | None,
    end: datetime | None,
    rows: int | None,
    detail: str,
    digest: str = "",
) -> None:
    """Write down that a file was written which may hold mentions published from ``start`` up to ``end``.

    ``path`` "": a browser took it. Any other path is kept as a whole one, links followed; what was written there
    before is not there any more.
    """
    where = str(path) and str(Path(path).expanduser().resolve())
    with store.writing() as connection:
        if where:
            replaced = update(files).where(files.c.path == where, files.c.gone_at.is_(None))
            connection.execute(replaced.values(gone_at=seconds(at)))
        connection.execute(
            insert(files).values(
                at=seconds(at),
                who=who,
                kind=kind,
                path=where,
                start=seconds(start),
                end=seconds(end),
                rows=rows,
                detail=detail,
                digest=digest,
            )
        )


def written(connection: Connection) -> list[File]:
    """The files that were written and are not known to be gone, oldest first."""
    query = select(files).where(files.c.gone_at.is_(None)).order_by(files.c.at, files.c.n)
    return [_file(row) for row in connection.execute(query).mappings()]


def latest_of_each(found: Iterable[File]) -> list[File]:
    """Of each path what was written there last; where nobody knows the path, every file."""
    kept: dict[str, File] = {}
    for file in found:
        kept.pop(file.path or str(file.n), None)
        kept[file.path or str(file.n)] = file
    return list(kept.values())


def may_hold(connection: Connection, published_at: datetime, collected_at: datetime) -> list[File]:
    """The files that may hold a mention: its time is within theirs, and it was stored when they were written."""
    return [
        file
        for file in written(connection)
        if (file.start is None or file.start <= published_at)
        and (file.end is None or published_at < file.end)
        and file.at >= collected_at
    ]


def note_gone(connection: Connection, number: int, at: datetime) -> None:
    """Write down that a file is there no longer."""
    connection.execute(update(files).where(files.c.n == number).values(gone_at=seconds(at)))


def drop_old(connection: Connection, before: datetime) -> None:
    """Forget the names of old files that are gone, and old ones of which nobody knows where they are."""
    out_of_reach = or_(files.c.gone_at.is_not(None), files.c.path == "")
    connection.execute(delete(files).where(out_of_reach, files.c.at < seconds(before)))


def nameless_before(connection: Connection, before: datetime) -> None:
    """Forget who wrote old files, and what was asked for: the access log does not say it any more either."""
    said = or_(files.c.who != "", files.c.detail != "")
    connection.execute(update(files).where(files.c.at < seconds(before), said).values(who="", detail=""))


def digest_of(path: Path) -> str:
    """The SHA-256 of a file, in hex; "" where there is none. Of a folder: of its files without the store in it.

    A store changes when it is only looked at, so that a snapshot which was shown would not be known again.
    """
    try:
        if not path.is_dir():
            return _sum(path)
        whole = hashlib.sha256()
        for file in sorted(path.iterdir()):
            if ".db" not in file.name:
                whole.update(f"{file.name} {_sum(file)}\n".encode())
        return whole.hexdigest()
    except OSError:
        return ""


def _sum(path: Path) -> str:
    found = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            found.update(piece)
    return found.hexdigest()


def _file(row: Mapping[Any, Any]) -> File:
    at = moment(row["at"])
    assert at is not None
    said = {name: row[name] for name in ("n", "who", "kind", "path", "rows", "digest", "detail")}
    return File(at=at, start=moment(row["start"]), end=moment(row["end"]), gone_at=moment(row["gone_at"]), **said)
