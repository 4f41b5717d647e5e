"""The review in the store: verdicts written as a log, taken back, and asked for; what was sent to whom.

An entry of the log holds what it changed and the whole state that it left. The state is worked out within the writing
transaction from the newest entry, so two people who judge the same mention at the same moment lose nothing: both
entries stand in the log, and the one that contradicts what its writer had not seen says which one that was
(``against``).
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, and_, exists, func, insert, select, text
from sqlalchemy.dialects.sqlite import insert as upsert

from listening.models import Mention, Tag, Verdict
from listening.store import verdicts as laid
from listening.store.opening import Store
from listening.store.rows import mention_of, seconds, verdict_of
from listening.store.schema import ALL_TOPICS, links, mentions, reviews, sent, verdicts
from listening.store.verdicts import EMPTY, FIELDS, READ
from listening.store.writing import LAST_ENTRY, relink

Change = Mapping[str, Any]
"""What a person says: some of ``FIELDS`` with their new values."""

BY_ITSELF = "Seen at its source"
"""Who says in the log that a mention was answered, where an answer of our accounts was found and nobody said so."""

Kind = Literal["verdict", "undo", "second"]
DECISIONS = ("tag", "relevant", "asks", "status", "department")
"""What can be in dispute, and what ends a dispute."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One entry of the log, with its mention's number."""

    no: int
    act: int
    n: int
    kind: Kind
    changed: tuple[str, ...]
    against: int | None
    state: Verdict


@dataclass(frozen=True, kw_only=True, slots=True)
class Done:
    """What a click did: its act, the mentions that it changed, and those of which somebody else said otherwise."""

    act: int
    numbers: tuple[int, ...]
    against: tuple[Entry, ...] = ()


# --- writing --------------------------------------------------------------------------------------------------------


def latest_entry(connection: Connection) -> int:
    """The number of the newest entry that the log ever had; 0 where it never had one."""
    return int(LAST_ENTRY.read(connection).scalar_one())


def review(
    store: Store,
    connection: Connection,
    changes: Mapping[int, Change],
    *,
    reviewer: str,
    at: datetime,
    seen: int,
    kind: Kind = "verdict",
    act: int | None = None,
    undoes: int | None = None,
) -> Done:
    """Write what a person says of some mentions; ``seen`` is the newest entry that the person could have seen.

    A change of nothing writes nothing, but where it agrees with somebody else. A ``second`` reading is written to the
    log and decides nothing. ``act`` goes on with one that was begun in another transaction.
    """
    found = _rows(connection, changes)
    before = laid.of(connection, list(found))
    others = _others_since(connection, list(found), reviewer, seen) if kind != "undo" else {}
    last = latest_entry(connection)
    act = last + 1 if act is None else act
    rows: list[dict[str, Any]] = []
    states: dict[int, dict[str, Any]] = {}
    against: list[int] = []
    for number, row in found.items():
        change = {name: _plain(value) for name, value in changes[number].items()}
        old = dict(before[number]) if number in before else {"n": number, **EMPTY}
        same = all(old[name] == value for name, value in change.items())
        # That somebody else says the same is worth knowing; that the same person says it again is not.
        if same and kind == "verdict" and old.get("reviewer", reviewer) == reviewer:
            continue
        contradicted = _contradicted(others.get(number, ()), change)
        against += [] if contradicted is None else [contradicted]
        state = {name: change.get(name, old[name]) for name in FIELDS}
        entry = {"no": last + 1 + len(rows), "act": act, "n": number, "reviewer": reviewer, "at": seconds(at)}
        entry |= {"kind": kind, "machine": row["tag"], "changed": ",".join(change), "against": contradicted}
        rows.append({**entry, "undoes": undoes, **state})
        if kind != "second" and change:
            states[number] = state | {name: entry[name] for name in ("n", "reviewer", "at")}
            states[number] |= {"entry": entry["no"], "published_at": row["published_at"]}
    if rows:
        connection.execute(insert(reviews), rows)
    _keep(store, connection, states, {number: found[number] for number in states})
    return Done(act=act, numbers=tuple(row["n"] for row in rows), against=tuple(entries(connection, against)))


def undo(
    store: Store,
    connection: Connection,
    entries_: Sequence[int],
    *,
    reviewer: str,
    at: datetime,
    act: int | None = None,
) -> Done:
    """Take back what entries of one act did, where nobody has said something else since; that is an act too."""
    done = connection.execute(select(reviews).where(reviews.c.no.in_(listed(entries_)))).mappings().all()
    if not done:
        return Done(act=latest_entry(connection) + 1 if act is None else act, numbers=())
    numbers = [row["n"] for row in done]
    current = laid.of(connection, numbers)
    later: dict[int, set[str]] = defaultdict(set)
    earlier: dict[int, Mapping[Any, Any]] = {}
    begun = {row["n"]: row["no"] for row in done}
    log = select(reviews).where(reviews.c.n.in_(listed(numbers)), reviews.c.kind != "second").order_by(reviews.c.no)
    whole = connection.execute(log).mappings().all()
    undone = {row["undoes"] for row in whole}
    for row in whole:
        if row["no"] < begun[row["n"]]:
            earlier[row["n"]] = row
        elif row["reviewer"] != done[0]["reviewer"] and row["kind"] == "verdict" and row["act"] not in undone:
            later[row["n"]].update(row["changed"].split(","))
    changes: dict[int, Change] = {}
    for row in done:
        old, now = earlier.get(row["n"], EMPTY), current.get(row["n"], EMPTY)
        names = [name for name in row["changed"].split(",") if name and name not in later[row["n"]]]
        if row["kind"] == "second":
            names = []  # it had decided nothing
        changes[row["n"]] = {name: old[name] for name in names if now[name] == row[name]}
    return review(
        store,
        connection,
        changes,
        reviewer=reviewer,
        at=at,
        seen=latest_entry(connection),
        kind="undo",
        act=act,
        undoes=done[0]["act"],
    )


def entries_of(connection: Connection, act: int) -> list[int]:
    """The numbers of an act's entries."""
    return list(connection.execute(select(reviews.c.no).where(reviews.c.act == act).order_by(reviews.c.no)).scalars())


def _rows(connection: Connection, numbers: Iterable[int]) -> dict[int, Mapping[Any, Any]]:
    query = select(mentions).where(mentions.c.n.in_(listed(numbers)))
    return {row["n"]: row for row in connection.execute(query.order_by(mentions.c.n)).mappings()}


def listed(numbers: Iterable[int]) -> Any:
    """Numbers as a statement takes them, however many they are."""
    asked = text("SELECT value FROM json_each(:listed)").bindparams(listed=json.dumps(list(numbers)))
    return asked.columns(mentions.c.n).scalar_subquery()


def _plain(value: Any) -> Any:
    """A value as it stands in the table."""
    if isinstance(value, datetime):
        return seconds(value)
    return int(value) if isinstance(value, bool) else value


def _others_since(
    connection: Connection, numbers: Sequence[int], reviewer: str, seen: int
) -> dict[int, list[Mapping[Any, Any]]]:
    query = select(reviews).where(
        reviews.c.no > seen,
        reviews.c.reviewer != reviewer,
        reviews.c.n.in_(listed(numbers)),
        reviews.c.kind != "second",
    )
    found: dict[int, list[Mapping[Any, Any]]] = defaultdict(list)
    for row in connection.execute(query.order_by(reviews.c.no)).mappings():
        found[row["n"]].append(row)
    return found


def _contradicted(since: Sequence[Mapping[Any, Any]], change: Change) -> int | None:
    """The newest of these entries that says something else of the same; a tag says that it is about us."""
    for row in reversed(since):
        said = set(row["changed"].split(","))
        opposed = (change.get("relevant") == 0 and "tag" in said and row["tag"] is not None) or (
            change.get("tag") is not None and "relevant" in said and row["relevant"] == 0
        )
        if opposed or any(row[name] != change[name] for name in said & set(change)):
            return int(row["no"])
    return None


def _keep(
    store: Store,
    connection: Connection,
    states: Mapping[int, Mapping[Any, Any]],
    rows: Mapping[int, Mapping[Any, Any]],
) -> None:
    """Make these the current verdicts, and count the mentions by them."""
    if not states:
        return
    row = upsert(verdicts)
    names = [column.name for column in verdicts.columns if column.name != "n"]
    connection.execute(
        row.on_conflict_do_update(index_elements=["n"], set_={name: row.excluded[name] for name in names}),
        list(states.values()),
    )
    relink(store, connection, [(number, mention_of(each)) for number, each in rows.items()])


# --- the log --------------------------------------------------------------------------------------------------------


def entries(connection: Connection, numbers: Iterable[int]) -> list[Entry]:
    """Entries by their numbers, in order."""
    query = select(reviews).where(reviews.c.no.in_(listed(numbers))).order_by(reviews.c.no)
    return [_entry(row) for row in connection.execute(query).mappings()]


def history(connection: Connection, number: int) -> list[Entry]:
    """What was said of a mention, oldest first."""
    query = select(reviews).where(reviews.c.n == number).order_by(reviews.c.no)
    return [_entry(row) for row in connection.execute(query).mappings()]


def since(connection: Connection, entry: int, *, without: str = "", most: int = 20) -> list[Entry]:
    """The newest entries after one, without those of a reviewer; one of each act, newest first."""
    query = (
        select(reviews)
        .where(reviews.c.no > entry, reviews.c.reviewer.not_in((without, BY_ITSELF)))
        .group_by(reviews.c.act)
        .order_by(reviews.c.no.desc())
        .limit(most)
    )
    return [_entry(row) for row in connection.execute(query).mappings()]


def paces(connection: Connection, reviewer: str, *, most: int = 40) -> list[int]:
    """When a reviewer's last acts were, in seconds, newest first."""
    query = (
        select(func.max(reviews.c.at))
        .where(reviews.c.reviewer == reviewer, reviews.c.kind == "verdict")
        .group_by(reviews.c.act)
        .order_by(reviews.c.act.desc())
        .limit(most)
    )
    return list(connection.execute(query).scalars())


def recent_acts(connection: Connection, reviewer: str, since_: datetime, *, most: int = 30) -> list[tuple[int, int]]:
    """What a reviewer did and has not taken back, oldest first: acts, each with the number of its story."""
    undone = select(reviews.c.undoes).where(reviews.c.undoes.is_not(None))
    query = (
        select(reviews.c.act, func.min(func.coalesce(links.c.story, reviews.c.n)))
        .select_from(reviews.outerjoin(links, and_(links.c.n == reviews.c.n, links.c.topic == ALL_TOPICS)))
        .where(
            reviews.c.reviewer == reviewer,
            reviews.c.kind != "undo",
            reviews.c.at >= seconds(since_),
            reviews.c.act.not_in(undone),
        )
        .group_by(reviews.c.act)
        .order_by(reviews.c.act.desc())
        .limit(most)
    )
    return [(act, story) for act, story in reversed(connection.execute(query).all())]


def reviewers(connection: Connection) -> list[str]:
    """Everybody of the team who has ever judged anything."""
    # From name to name through the index: the log may be long.
    names = text(
        "WITH RECURSIVE who (name) AS (SELECT min(reviewer) FROM reviews UNION ALL "
        "SELECT (SELECT min(reviewer) FROM reviews WHERE reviewer > name) FROM who WHERE name IS NOT NULL) "
        "SELECT name FROM who WHERE name <> ''"  # names of long ago are not kept, where the settings say so
    )
    return [name for name in connection.execute(names).scalars() if name != BY_ITSELF]


def _entry(row: Mapping[Any, Any]) -> Entry:
    state = replace(verdict_of({**row, "entry": row["no"]}), machine=row["machine"])
    return Entry(
        no=row["no"],
        act=row["act"],
        n=row["n"],
        kind=row["kind"],
        changed=tuple(name for name in row["changed"].split(",") if name),
        against=row["against"],
        state=state,
    )


# --- what people said, for learning and counting --------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class Said:
    """A mention that people judged, with its number; one of each story, as its copies were judged together."""

    n: int
    mention: Mention


def judged(connection: Connection) -> list[Said]:
    """The mentions that a person judged, one a story, oldest first, without withdrawn ones, whose words are gone."""
    query = laid.shown().where(READ, mentions.c.withdrawn_at.is_(None))
    seen: set[tuple[str, Tag | None, bool | None]] = set()
    found = []
    for row in connection.execute(query.order_by(mentions.c.n)).mappings():
        mention = mention_of(row)
        assert mention.verdict is not None
        alike = (mention.story or mention.id, mention.verdict.tag, mention.verdict.relevant)
        if alike not in seen:
            seen.add(alike)
            found.append(Said(n=row["n"], mention=mention))
    return found


def read_twice(connection: Connection) -> dict[int, dict[str, Tag]]:
    """Of the mentions whose tag more than one person judged, each person's latest tag by name."""
    query = (
        select(reviews.c.n, reviews.c.reviewer, reviews.c.tag)
        .where(
            reviews.c.tag.is_not(None),
            reviews.c.reviewer != "",
            reviews.c.changed.contains("tag"),
            reviews.c.kind != "undo",
            reviews.c.act.not_in(select(reviews.c.undoes).where(reviews.c.undoes.is_not(None))),
        )
        .order_by(reviews.c.no)
    )
    found: dict[int, dict[str, Tag]] = defaultdict(dict)
    for number, reviewer, tag in connection.execute(query):
        found[number][reviewer] = tag
    return {number: tags for number, tags in found.items() if len(tags) > 1}


# --- messages to departments ----------------------------------------------------------------------------------------


def open_for(connection: Connection, department: str, *, unsent: bool = False) -> list[tuple[int, Mention]]:
    """What a department has to answer, oldest first; ``unsent``: what was in no message to it yet."""
    query = laid.shown().where(
        verdicts.c.department == department,
        verdicts.c.status.in_(("open", "pending")),
        mentions.c.withdrawn_at.is_(None),
        exists().where(links.c.n == mentions.c.n),  # what no topic finds any more waits in no list
    )
    if unsent:
        query = query.where(~mentions.c.n.in_(select(sent.c.n).where(sent.c.department == department)))
    return [(row["n"], mention_of(row)) for row in connection.execute(query.order_by(mentions.c.n)).mappings()]


def note_sent(connection: Connection, numbers: Iterable[int], department: str, at: datetime) -> None:
    """Remember that these were in a message to a department."""
    rows = [{"n": number, "department": department, "at": seconds(at)} for number in numbers]
    if rows:
        connection.execute(upsert(sent).on_conflict_do_nothing(), rows)
