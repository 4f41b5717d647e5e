"""Stories in the store: to which one a new mention belongs, found by a few keys, and changed by hand.

The work for a mention does not grow with the store: each key gives its newest few mentions, the best of these are
compared, and a copy adds only the keys that its story has not got yet.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, select, text, update

from listening.models import Mention, Post
from listening.store.rows import mention_of, moment
from listening.store.schema import links, mentions, meta
from listening.store.sqlite import Prepared, one_of
from listening.stories import Gist, Likeness, gist, likeness

MOST_PER_KEY = 6
"""Of the mentions under one key the newest so many are looked at: what everybody writes tells nobody apart."""
MOST_COMPARED = 4
MANY_KEYS = 8
BATCH = 500
WAITING = "stories from"
"""Under this name stands the number after which stored mentions wait for their story (after an older version)."""


@dataclass(slots=True)
class Known:
    """A mention as it is compared: its gist, when it was published, the number and id of its story's first mention."""

    gist: Gist
    at: datetime
    story: int
    story_id: str


class Placed(dict[int, tuple[int, str]]):
    """For each new mention's number the number and the id of its story's first mention."""


_HELD_UNDER = Prepared(
    text(
        f"""
        SELECT s.key, s.n FROM json_each(:keys) AS asked JOIN story_keys AS s ON s.key = asked.value AND s.n IN (
            SELECT newest.n FROM story_keys AS newest WHERE newest.key = asked.value
            ORDER BY newest.n DESC LIMIT {MOST_PER_KEY}
        )
        """  # noqa: S608 - a constant of ours
    )
)
_first = mentions.alias("first")
COMPARED = ("source", "feed", "key", "url", "title", "text")
_COMPARE = Prepared(
    select(
        mentions.c.n,
        mentions.c.id,
        mentions.c.published_at,
        *(mentions.c[name] for name in COMPARED),
        _first.c.n.label("first_n"),
        _first.c.id.label("first_id"),
    )
    .select_from(mentions.outerjoin(_first, _first.c.id == mentions.c.story))
    .where(mentions.c.n.in_(one_of("numbers")), mentions.c.withdrawn_at.is_(None))
)
_ADD_KEYS = Prepared(text("INSERT OR IGNORE INTO story_keys (key, n) VALUES (:key, :n)"))


def place(connection: Connection, new: Sequence[tuple[int, Mention]]) -> Placed:
    """Find the story of each new mention, in the order given, and note the keys under which it will be found."""
    gists = {number: gist(mention) for number, mention in new}
    under = _under(connection, {key for each in gists.values() for key in each.keys})
    known = _known(connection, {n for each in gists.values() for n in _promising(each, under)})
    placed = Placed()
    keys: list[dict[str, int]] = []
    for number, mention in new:
        mine = gists[number]
        assert mention.published_at is not None
        # Mentions of the same batch have come under the keys since the question was asked.
        copied = _copied(mine, mention.published_at, (known[n] for n in _promising(mine, under) if n in known))
        story = (number, mention.id) if copied is None else (copied.story, copied.story_id)
        placed[number] = story
        known[number] = Known(mine, mention.published_at, *story)
        for key in set(mine.keys).difference(() if copied is None else copied.gist.keys):
            keys.append({"key": key, "n": number})
            under[key].append(number)
    _ADD_KEYS.write(connection, keys)
    return placed


def note_keys(connection: Connection, number: int, mention: Mention) -> None:
    """Let an edited mention be found by its new words; its story stays."""
    _ADD_KEYS.write(connection, [{"key": key, "n": number} for key in gist(mention).keys])


def _under(connection: Connection, keys: Iterable[int]) -> defaultdict[int, list[int]]:
    under: defaultdict[int, list[int]] = defaultdict(list)
    for row in _HELD_UNDER.read(connection, keys=sorted(keys)):
        under[row.key].append(row.n)
    return under


def _promising(mine: Gist, under: Mapping[int, Sequence[int]]) -> list[int]:
    """The few mentions worth comparing: with most keys in common, of equals the newest; one of many is chance.

    The key of its address or id is worth all others.
    """
    hits = Counter(n for key in mine.keys for n in under.get(key, ()))
    for key in (mine.page, mine.id):
        for number in under.get(key, ()) if key else ():
            hits[number] += MANY_KEYS
    least = 2 if len(mine.keys) >= MANY_KEYS else 1
    found = sorted((-count, -number) for number, count in hits.items() if count >= least)
    return [-number for _, number in found[:MOST_COMPARED]]


def _known(connection: Connection, numbers: Iterable[int]) -> dict[int, Known]:
    known = {}
    for row in _COMPARE.read(connection, numbers=sorted(numbers)).mappings():
        at = moment(row["published_at"])
        assert at is not None
        known[row["n"]] = Known(
            gist(_post(row)), at, row["first_n"] or row["n"], row["first_id"] if row["first_n"] else row["id"]
        )
    return known


def _post(row: Mapping[Any, Any]) -> Post:
    return Post(**{name: row[name] for name in COMPARED})


def _copied(mine: Gist, at: datetime, candidates: Iterable[Known]) -> Known | None:
    """The candidate that is most alike; None where none is the same story."""
    best: tuple[float, Known] | None = None
    for candidate in candidates:
        like = likeness(mine, candidate.gist, abs(at - candidate.at))
        if like is not None and (best is None or like.share > best[0]):
            best = (like.share, candidate)
    return None if best is None else best[1]


# --- stories of what an older version stored --------------------------------------------------------------------------

_SET_STORY = Prepared(
    update(mentions).where(mentions.c.n == bindparam("number")).values(story=bindparam("story_id")),
)
_SET_LINK = Prepared(update(links).where(links.c.n == bindparam("number")).values(story=bindparam("first")))


def waiting(connection: Connection) -> int | None:
    """After which number stored mentions wait for their story; None where none does."""
    said = connection.execute(select(meta.c.value).where(meta.c.key == WAITING)).scalar()
    return None if said is None else int(said)


def place_waiting(connection: Connection, after: int) -> int | None:
    """Place the next few hundred mentions that wait; return after which number the rest waits, None where none does."""
    rows = (
        connection.execute(select(mentions).where(mentions.c.n > after).order_by(mentions.c.n).limit(BATCH))
        .mappings()
        .all()
    )
    if not rows:
        connection.execute(meta.delete().where(meta.c.key == WAITING))
        return None
    placed = place(connection, [(row["n"], mention_of(row)) for row in rows if row["story_by"] is None])
    changes = [{"number": n, "first": first, "story_id": id_} for n, (first, id_) in placed.items()]
    _SET_STORY.write(connection, changes)
    _SET_LINK.write(connection, changes)
    last: int = rows[-1]["n"]
    connection.execute(update(meta).where(meta.c.key == WAITING).values(value=str(last)))
    return last


# --- by hand ----------------------------------------------------------------------------------------------------------


def members(connection: Connection, story: str) -> list[str]:
    """The ids of a story's mentions, the first one first."""
    query = select(mentions.c.id).where(mentions.c.story == story).order_by(mentions.c.published_at, mentions.c.n)
    return list(connection.execute(query).scalars())


def join(connection: Connection, ids: Sequence[str]) -> str:
    """Make one story of the stories of these mentions, for good; return its id. KeyError for an unknown mention."""
    stories = {id_: _story_of(connection, id_) for id_ in ids}
    rows = connection.execute(
        select(mentions.c.id, mentions.c.n)
        .where(mentions.c.story.in_(set(stories.values())))
        .order_by(mentions.c.published_at, mentions.c.n)
    ).all()
    first = rows[0]
    move(connection, [row.n for row in rows], first.n, first.id)
    return str(first.id)


def split(connection: Connection, id_: str) -> str:
    """Take a mention out of its story, for good; it is a story of its own. Return the id of the story it was in.

    Where it was the first of the story, the next one gives the rest its name.
    """
    old = _story_of(connection, id_)
    number = connection.execute(select(mentions.c.n).where(mentions.c.id == id_)).scalar_one()
    rest = connection.execute(
        select(mentions.c.n, mentions.c.id)
        .where(mentions.c.story == old, mentions.c.id != id_)
        .order_by(mentions.c.published_at, mentions.c.n)
    ).all()
    if rest and old == id_:
        move(connection, [row.n for row in rest], rest[0].n, rest[0].id, by=None)
    move(connection, [number], number, id_)
    # A copy adds only the keys that its story had not got yet: each part is to be found by all of its own words.
    apart = select(mentions).where(mentions.c.n.in_([number, *(row.n for row in rest[:1])]))
    for row in connection.execute(apart).mappings():
        if row["withdrawn_at"] is None:
            note_keys(connection, row["n"], mention_of(row))
    return old


def _story_of(connection: Connection, id_: str) -> str:
    row = connection.execute(select(mentions.c.id, mentions.c.story).where(mentions.c.id == id_)).first()
    if row is None:
        raise KeyError(id_)
    return str(row.story or row.id)


def move(connection: Connection, numbers: Sequence[int], first: int, first_id: str, by: str | None = "person") -> None:
    """Let mentions be of the story whose first one is given; ``by`` None: by no person, so it may change again."""
    values: dict[str, Any] = {"story": first_id}
    if by is not None:
        values["story_by"] = by
    for start in range(0, len(numbers), BATCH):
        some = numbers[start : start + BATCH]
        connection.execute(update(mentions).where(mentions.c.n.in_(some)).values(values))
        connection.execute(update(links).where(links.c.n.in_(some)).values(story=first))


def explain(connection: Connection, id_: str) -> tuple[Likeness | None, Mention, Mention] | None:
    """Why a mention is in its story: its likeness to the one it is most alike; None where it stands alone."""
    story = _story_of(connection, id_)
    query = select(mentions).where(mentions.c.story == story).order_by(mentions.c.n).limit(BATCH)
    every = {row["id"]: mention_of(row) for row in connection.execute(query).mappings()}
    mine = every.pop(id_, None)
    if mine is None or not every:
        return None
    here = gist(mine)
    best: tuple[Likeness | None, Mention] = (None, next(iter(every.values())))
    for other in every.values():
        assert mine.published_at is not None
        assert other.published_at is not None
        like = likeness(here, gist(other), abs(mine.published_at - other.published_at))
        if like is not None and (best[0] is None or like.share > best[0].share):
            best = (like, other)
    return best[0], mine, best[1]
