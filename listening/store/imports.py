"""How far each import is, written in the very transaction that saves its rows; and how files are read, by name."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from listening.store.opening import Store, change_note, noted
from listening.store.rows import day_number, moment, seconds
from listening.store.schema import IMPORTED, feeds, heard, imports

LAYOUTS = "import layouts"
"""Under this name stands how files are read: JSON by name. With the store, so that it goes wherever that goes."""

ALIVE = timedelta(minutes=2)
"""An import that has written nothing for so long has been stopped."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Import:
    """One file's import: what it is, how many rows it has, how many of them are done, and what they gave so far.

    ``mark`` tells a file, the way it is read and the queries it was matched with from any other; ``tally`` is JSON.
    """

    no: int
    mark: str
    file: str
    name: str
    rows: int
    done: int
    tally: str
    started_at: datetime
    alive_at: datetime
    finished_at: datetime | None


def begun(connection: Connection, mark: str) -> Import | None:
    """The import of this mark, finished or not; None where there was none."""
    row = connection.execute(select(imports).where(imports.c.mark == mark)).mappings().first()
    return None if row is None else _import(row)


def by_number(connection: Connection, number: int) -> Import | None:
    """An import by its number."""
    row = connection.execute(select(imports).where(imports.c.no == number)).mappings().first()
    return None if row is None else _import(row)


def latest(connection: Connection, most: int = 10) -> list[Import]:
    """The newest imports first."""
    query = select(imports).order_by(imports.c.no.desc()).limit(most)
    return [_import(row) for row in connection.execute(query).mappings()]


def names(connection: Connection) -> list[str]:
    """The names that imports were given, as places: a later file may go on with one."""
    return list(connection.execute(select(imports.c.name).distinct().order_by(imports.c.name)).scalars())


def places_of(connection: Connection, name: str) -> dict[str, str]:
    """The feeds that imports of this name have brought so far, with their sources."""
    rows = connection.execute(select(feeds.c.name, feeds.c.source).where(feeds.c.state == IMPORTED))
    return {row.name: row.source for row in rows if row.name == name or row.name.startswith(f"{name}, ")}


def sources(connection: Connection) -> list[str]:
    """The kinds of place that imported posts are from."""
    return list(connection.execute(select(feeds.c.source).where(feeds.c.state == IMPORTED).distinct()).scalars())


def begin(connection: Connection, *, mark: str, file: str, name: str, rows: int, tally: str, at: datetime) -> Import:
    """Note that an import begins; one of the same mark begins anew."""
    values = {
        "mark": mark, "file": file, "name": name, "rows": rows, "done": 0, "tally": tally,
        "started_at": seconds(at), "alive_at": seconds(at), "finished_at": None,
    }  # fmt: skip
    row = upsert(imports).values(**values)
    connection.execute(row.on_conflict_do_update(index_elements=["mark"], set_=values))
    found = begun(connection, mark)
    assert found is not None
    return found


def progress(
    connection: Connection, number: int, *, before: int, done: int, tally: str, at: datetime, finished: bool
) -> bool:
    """Note how far an import is; False where another process has taken it further meanwhile, and nothing is noted."""
    changed = connection.execute(
        update(imports)
        .where(imports.c.no == number, imports.c.done == before, imports.c.finished_at.is_(None))
        .values(done=done, tally=tally, alive_at=seconds(at), finished_at=seconds(at) if finished else None)
    )
    return changed.rowcount == 1


def note_heard(connection: Connection, places: Mapping[str, str], days: Iterable[date], *, at: datetime) -> None:
    """Note that the feeds of an import (with their sources) were heard on these local days."""
    numbers = [day_number(day) for day in days]
    for name, source in places.items():
        row = upsert(feeds).values(name=name, source=source, state=IMPORTED)
        connection.execute(row.on_conflict_do_update(index_elements=["name"], set_={"state": IMPORTED}))
        feed = connection.execute(select(feeds.c.no).where(feeds.c.name == name)).scalar_one()
        known = set(connection.execute(select(heard.c.day).where(heard.c.feed == feed)).scalars())
        if more := [{"feed": feed, "day": day, "answered": 1, "failed": 0} for day in numbers if day not in known]:
            connection.execute(insert(heard), more)
        connection.execute(update(feeds).where(feeds.c.no == feed).values(last_answer_at=seconds(at)))


def layouts(store: Store) -> dict[str, dict[str, Any]]:
    """How files are read, by the name under which it was kept: ``header`` and ``layout``."""
    return dict(json.loads(noted(store, LAYOUTS) or "{}"))


def keep_layout(store: Store, name: str, header: tuple[str, ...], layout: str) -> None:
    """Keep how a file with these column names is read."""

    def change(before: str | None) -> str:
        kept = json.loads(before or "{}")
        kept[name] = {"header": list(header), "layout": layout}
        return json.dumps(kept, ensure_ascii=False)

    change_note(store, LAYOUTS, change)


def _import(row: Mapping[Any, Any]) -> Import:
    started, alive = moment(row["started_at"]), moment(row["alive_at"])
    assert started is not None
    assert alive is not None
    return Import(
        **{name: row[name] for name in ("no", "mark", "file", "name", "rows", "done", "tally")},
        started_at=started,
        alive_at=alive,
        finished_at=moment(row["finished_at"]),
    )
