"""Forgetting a post, or all of one author, for good: out of the store byte by byte, and never collected again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from listening.errors import InputError, StoreError
from listening.models import Mention
from listening.store import Store, erasing, forgotten, note, noted, placing, redacting, removing
from listening.store.erasing import Told, Wanted
from listening.store.files import File, latest_of_each, may_hold, written
from listening.store.forgotten import Author
from listening.store.opening import note_within, noted_within
from listening.store.writing import NUMBER_NOTE

BY_NAME_ONLY = ("rss",)
"""Sources whose authors are mere names: the same name in another feed may be somebody else."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """What is to be forgotten, by number; ``again`` are ids that were forgotten before (``before``: when the latest
    of them was), ``authors`` those whose posts are not to be collected any more.

    ``ids`` and ``wanted`` are what was asked for. ``near`` are names that there are, where nobody has the one wanted.
    ``files`` may hold these posts, ``older_files`` others that are not stored any more. ``copies`` and ``naming`` are
    other people's posts.
    """

    ids: tuple[str, ...] = ()
    wanted: Wanted | None = None
    mentions: dict[int, Mention] = field(default_factory=dict)
    again: tuple[str, ...] = ()
    before: datetime | None = None
    authors: tuple[Author, ...] = ()
    near: tuple[str, ...] = ()
    files: tuple[File, ...] = ()
    older_files: tuple[File, ...] = ()
    told: tuple[Told, ...] = ()
    copies: tuple[Mention, ...] = ()
    naming: tuple[Mention, ...] = ()

    @property
    def anything(self) -> bool:
        """Whether there is anything to do."""
        return bool(self.mentions or self.authors)

    @property
    def names(self) -> set[str]:
        """The authors of these posts, and those that were named."""
        said = {each.author for each in self.mentions.values() if each.author} | {each.name for each in self.authors}
        return {name for name in said if "://" not in name}


def find_posts(store: Store, ids: Sequence[str]) -> Found:
    """Posts by their ids; raises InputError for one that there is not and never was."""
    with store.reading() as connection:
        found = erasing.of_ids(connection, ids)
        there = {mention.id for mention in found.values()}
        missing = [id_ for id_ in dict.fromkeys(ids) if id_ not in there]
        unknown = [id_ for id_ in missing if forgotten.since(connection, [id_], []) is None]
        before = forgotten.since(connection, missing, [])
    if unknown:
        raise InputError(
            f"There is no post “{unknown[0]}”.",
            "Ids stand in the first column of every export. Nothing was forgotten.",
        )
    return _with_others(store, Found(ids=tuple(ids), mentions=found, again=tuple(missing), before=before))


def find_author(
    store: Store,
    author: str,
    source: str | None,
    sources: Sequence[str],
    *,
    feed: str | None = None,
    also_unseen: bool = False,
) -> Found:
    """All posts of an author. Of one who wrote nothing that is stored none; that none is collected later either is for
    ``also_unseen`` to say, since a mistyped name looks the same.

    Raises InputError where the name is one in several of the ``sources``, or in several feeds of a source that knows
    mere names: these may be different people.
    """
    wanted = Wanted(author=author.strip(), source=source, feed=feed)
    if not forgotten.plain_author(author):
        raise InputError("--author needs a name.", "Write it as the source does: @ada@harbor.example or u/ada.")
    with store.reading() as connection:
        found = erasing.of_author(connection, wanted)
        _one_person(wanted, list(found.values()))
        if found:
            return _with_others(store, Found(wanted=wanted, mentions=found, authors=_authors(wanted, found)))
        places = [source] if source else sources
        unseen = [Author(source=each, name=wanted.author, feed=feed or "") for each in places]
        by_feed = [
            Author(source=each, name=wanted.author, feed=name)
            for each in BY_NAME_ONLY
            if each in places
            for name in ([feed] if feed else erasing.feed_names(connection, each))
        ]
        before = {each: forgotten.since(connection, [], [each]) for each in dict.fromkeys([*unseen, *by_feed])}
        marked = {each: moment for each, moment in before.items() if moment is not None}
        near = () if marked or also_unseen else tuple(erasing.near_authors(connection, wanted))
    authors = tuple(unseen) if also_unseen else tuple(marked)
    return _with_others(
        store, Found(wanted=wanted, authors=authors, before=max(marked.values(), default=None), near=near)
    )


def _one_person(wanted: Wanted, found: Sequence[Mention]) -> None:
    """Refuse a name that may be several people's."""
    where = sorted({mention.source for mention in found})
    if len(where) > 1:
        raise InputError(
            f"“{wanted.author}” wrote on {' and '.join(where)}: these may be different people.",
            f"Say which one is meant: --source {where[0]}. Nothing was forgotten.",
        )
    feeds = sorted({mention.feed for mention in found})
    if where and where[0] in BY_NAME_ONLY and len(feeds) > 1 and not wanted.by_address:
        raise InputError(
            f"“{wanted.author}” is a name at {' and '.join(feeds)}: these may be different people.",
            f'Say which one is meant: --feed "{feeds[0]}". Nothing was forgotten.',
        )


def _authors(wanted: Wanted, found: dict[int, Mention]) -> tuple[Author, ...]:
    """Under what their posts are known again, where they come later."""
    said: set[Author] = set()
    for each in found.values():
        if wanted.by_address and each.author_url:
            said.add(Author(source=each.source, name=each.author_url))
        if each.author and each.source not in BY_NAME_ONLY:
            said.add(Author(source=each.source, name=each.author))
        elif each.author and not wanted.by_address:
            said.add(Author(source=each.source, name=each.author, feed=each.feed))
    return tuple(sorted(said))


def unfinished(store: Store) -> bool:
    """Whether something was forgotten of which bytes may still be in the file."""
    return bool(noted(store, erasing.UNFINISHED))


def _with_others(store: Store, found: Found) -> Found:
    """The same, with where else it may be."""
    with store.reading() as connection:
        naming = redacting.naming(connection, list(found.mentions.values()), found.names, found.mentions)
    return replace(_elsewhere(store, found), naming=tuple(naming))


def _elsewhere(store: Store, found: Found) -> Found:
    """The same, with the files and departments that may have it, and its copies."""
    with store.reading() as connection:
        held: dict[int, File] = {}
        for mention in found.mentions.values():
            assert mention.published_at is not None
            for file in may_hold(connection, mention.published_at, mention.collected_at):
                held[file.n] = file
        older: list[File] = []
        if found.before is not None:
            older = [file for file in written(connection) if file.at <= found.before]
        elif found.authors and noted_within(connection, NUMBER_NOTE["mentions"]) is not None:
            older = written(connection)
        told = tuple(erasing.sent_to(connection, found.mentions))
        copies = tuple(erasing.copies_of(connection, found.mentions.values()))
    files = latest_of_each(file for _, file in sorted(held.items()) if file.rows != 0)
    paths = {file.path for file in files if file.path}
    others = [file for file in older if file.n not in held and file.path not in paths and file.rows != 0]
    return replace(found, files=tuple(files), older_files=tuple(latest_of_each(others)), told=told, copies=copies)


def forget(store: Store, found: Found, *, at: datetime, who: str) -> Found:
    """Take the posts out of every table, in one transaction; their bytes leave the file with ``finish``.

    What was asked for is looked up again in it: a post that was saved meanwhile goes too, and is in what is returned.
    The access log says that something was forgotten, and not what.
    """
    with store.writing() as connection:
        note_within(connection, erasing.UNFINISHED, "1")  # from here on nobody else writes
        if found.wanted is None:
            now = erasing.of_ids(connection, found.ids)
        else:
            now = erasing.of_author(connection, found.wanted) if found.authors else {}
            _one_person(found.wanted, list(now.values()))
        if now.keys() != found.mentions.keys():
            found = _elsewhere(store, replace(found, mentions=now))
        count = len(found.mentions)
        what = f"{count:,} {'post' if count == 1 else 'posts'}{' of one author' if found.authors else ''}"
        forgotten.note_forgotten(
            connection,
            at=at,
            posts=[*(each.id for each in found.mentions.values()), *placing.ids_of(connection, found.mentions)],
            authors=found.authors,
        )
        removing.remove(connection, found.mentions)
        redacting.redact(connection, list(found.mentions.values()), found.names)
        removing.log_within(connection, at=at, who=who, what="forget", detail=what)
    return found


def finish(store: Store) -> str:
    """Leave no byte of what was forgotten in the file; "" where that is done, else in words why it is not yet."""
    try:
        removing.sweep(store)
        with store.writing() as connection:
            erasing.optimize_index(connection)
        if not erasing.rewrite_file(store):
            return "The store is in use by another program, which may still read the old pages of the file."
        note(store, erasing.UNFINISHED, "")
    except StoreError as error:
        return error.problem
    return ""
