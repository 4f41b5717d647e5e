"""Forgetting a post, or all of one author, for good: out of the store byte by byte, and never collected again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from listening.errors import InputError, StoreError
from listening.models import Mention, Post
from listening.store import Store, erasing, forgotten, note, noted, removing
from listening.store.erasing import Told
from listening.store.files import File, may_hold, written
from listening.store.opening import note_within, noted_within
from listening.store.writing import NUMBER_NOTE


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """What is to be forgotten, by number; ``again`` are ids that were forgotten before, ``authors`` those whose posts
    are not to be collected any more (source and name).

    ``files`` may hold these posts, ``older_files`` others of the author that were removed before.
    """

    mentions: dict[int, Mention] = field(default_factory=dict)
    again: tuple[str, ...] = ()
    authors: tuple[tuple[str, str], ...] = ()
    files: tuple[File, ...] = ()
    older_files: tuple[File, ...] = ()
    told: tuple[Told, ...] = ()
    copies: tuple[str, ...] = ()
    naming: tuple[str, ...] = ()

    @property
    def names(self) -> set[str]:
        """The authors of these posts, and those that were named."""
        return {each.author for each in self.mentions.values() if each.author} | {name for _, name in self.authors}


def find_posts(store: Store, ids: Sequence[str]) -> Found:
    """Posts by their ids; raises InputError for one that there is not and never was."""
    with store.reading() as connection:
        found = erasing.of_ids(connection, ids)
        there = {mention.id for mention in found.values()}
        missing = [id_ for id_ in dict.fromkeys(ids) if id_ not in there]
        before = forgotten.among(connection, ((id_, Post(source="", feed="", key=id_)) for id_ in missing))
    if unknown := [id_ for id_ in missing if id_ not in before]:
        raise InputError(
            f"There is no post “{unknown[0]}”.",
            "Ids stand in the first column of every export. Nothing was forgotten.",
        )
    return _elsewhere(store, Found(mentions=found, again=tuple(missing)))


def find_author(store: Store, author: str, source: str | None, sources: Sequence[str]) -> Found:
    """All posts of an author; of one who wrote nothing that is stored none, and none is collected later either.

    Raises InputError where the name is one in several of the ``sources``: these may be different people.
    """
    if not forgotten.plain_author(author):
        raise InputError("--author needs a name.", "Write it as the source does: @ada@harbor.example or u/ada.")
    with store.reading() as connection:
        found = erasing.of_author(connection, author, source)
    where = sorted({mention.source for mention in found.values()})
    if len(where) > 1:
        raise InputError(
            f"“{author}” wrote on {' and '.join(where)}: these may be different people.",
            f"Say which one is meant: --source {where[0]}. Nothing was forgotten.",
        )
    names = {(mention.source, mention.author) for mention in found.values() if mention.author}
    if not names:
        names = {(each, author) for each in ([source] if source else sources)}
    return _elsewhere(store, Found(mentions=found, authors=tuple(sorted(names))))


def unfinished(store: Store) -> bool:
    """Whether something was forgotten of which bytes may still be in the file."""
    return bool(noted(store, erasing.UNFINISHED))


def _elsewhere(store: Store, found: Found) -> Found:
    """The same, with where else it may be."""
    held: dict[int, File] = {}
    with store.reading() as connection:
        for mention in found.mentions.values():
            assert mention.published_at is not None
            for file in may_hold(connection, mention.published_at, mention.collected_at):
                held[file.n] = file
        older = found.authors and noted_within(connection, NUMBER_NOTE["mentions"]) is not None
        others = [file for file in written(connection) if file.n not in held] if older else []
        return Found(
            mentions=found.mentions,
            again=found.again,
            authors=found.authors,
            files=tuple(held[number] for number in sorted(held)),
            older_files=tuple(others),
            told=tuple(erasing.sent_to(connection, found.mentions)),
            copies=tuple(erasing.copies_of(connection, found.mentions.values())),
            naming=tuple(erasing.naming(connection, found.names, found.mentions)),
        )


def forget(store: Store, found: Found, *, at: datetime, who: str) -> None:
    """Take the posts out of every table, in one transaction; their bytes leave the file with ``finish``.

    The access log says that something was forgotten, and not what.
    """
    count = len(found.mentions)
    what = f"{count:,} {'post' if count == 1 else 'posts'}{' of one author' if found.authors else ''}"
    with store.writing() as connection:
        note_within(connection, erasing.UNFINISHED, "1")
        forgotten.note_forgotten(
            connection, at=at, posts=[each.id for each in found.mentions.values()], authors=found.authors
        )
        removing.remove(connection, found.mentions)
        erasing.redact(connection, list(found.mentions.values()), found.names)
        removing.log_within(connection, at=at, who=who, what="forget", detail=what)


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
