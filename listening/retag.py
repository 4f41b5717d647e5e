"""Tagging anew what is stored, after the words, the names or the tagger have changed: only what can differ.

Every tagger has a version, and the store notes what each version was made of. Between two that differ in a few words or
names only, nothing can differ but mentions that hold one of these; the others are said to be tagged by the new version
without being read. Everything else is read again. The result is the same as tagging all again.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from listening import language
from listening import store as stores
from listening.models import Mention, Tag, TextKind
from listening.sentiment import Tagger
from listening.store import Store

NOTE = "tagger: "
EXAMPLES = 20


@dataclass(kw_only=True, slots=True)
class Retagged:
    """What tagging anew changed, or would change.

    ``read`` mentions could differ and were tagged again, ``alike`` could not. ``moves`` counts (old, new) tags that
    differ, ``examples`` are a few of these mentions with the new tag's mention.
    """

    read: int = 0
    alike: int = 0
    moves: Counter[tuple[Tag, Tag]] = field(default_factory=Counter)
    examples: list[tuple[Mention, Mention]] = field(default_factory=list)

    @property
    def changed(self) -> int:
        """How many tags differ."""
        return self.moves.total()


KindOf = Callable[[str], TextKind]
"""The kind of text of a source."""


def note_tagger(store: Store, tagger: Tagger) -> None:
    """Remember what this version of the tagger is made of, once."""
    key = NOTE + tagger.version
    if stores.noted(store, key) is None:
        stores.note(store, key, json.dumps(tagger.ingredients, ensure_ascii=False))


def preview(store: Store, tagger: Tagger, kind_of: KindOf) -> Retagged:
    """What tagging anew would change; nothing is written."""
    found = Retagged()
    for version, total in _older(store, tagger):
        before = found.read
        for batch in _batches(store, version, tagger):
            _again(batch, tagger, kind_of, found)
        found.alike += total - (found.read - before)
    return found


def trial(store: Store, now: Tagger, other: Tagger, kind_of: KindOf, *, holding: str) -> Retagged:
    """What another tagger would change against the one of now, in mentions with a word; nothing is written.

    Only these are read. What has not been tagged by the tagger of now yet counts as if it had.
    """
    found = Retagged()
    with store.reading() as connection:
        for version in sorted(filter(None, stores.taggers(connection))):
            for batch in stores.tagged_by(connection, version, holding=[holding]):
                if version != now.version:
                    batch = [(number, _tagged(mention, now, kind_of)) for number, mention in batch]
                _again(batch, other, kind_of, found)
    return found


def carry_out(
    store: Store, tagger: Tagger, kind_of: KindOf, *, progress: Callable[[int], None] = lambda done: None
) -> Retagged:
    """Tag anew; each batch is kept as it is done, and a run that is stopped is completed by the next."""
    found = Retagged()
    note_tagger(store, tagger)
    for version, _ in _older(store, tagger):
        for batch in _batches(store, version, tagger):
            changed = _again(batch, tagger, kind_of, found)
            with store.writing() as connection:
                stores.retag(connection, changed)
            progress(found.read)
        with store.writing() as connection:
            found.alike += stores.restamp(connection, version, tagger.version)
    return found


def pending(store: Store, tagger: Tagger) -> int:
    """How many mentions were tagged by another version."""
    return sum(count for _, count in _older(store, tagger))


def changed_words(before: Mapping[str, object] | None, tagger: Tagger) -> list[str] | None:
    """The words and names in which two taggers differ; None where they differ in more than these."""
    now = tagger.ingredients
    if before is None or {k: v for k, v in before.items() if k not in WORD_LISTS} != {
        k: v for k, v in now.items() if k not in WORD_LISTS
    }:
        return None
    words: set[str] = set()
    for name in WORD_LISTS:
        old, new = before.get(name), now[name]
        if not isinstance(old, list) or not isinstance(new, list):
            return None
        words |= set(old) ^ set(new)
    if any(not stores.can_be_found(word) for word in words):
        return None
    return sorted(words)


WORD_LISTS = ("neutral", "own", "names")


def _older(store: Store, tagger: Tagger) -> list[tuple[str, int]]:
    with store.reading() as connection:
        found = stores.taggers(connection)
    return sorted((version, count) for version, count in found.items() if version and version != tagger.version)


def _batches(store: Store, version: str, tagger: Tagger) -> Iterator[list[tuple[int, Mention]]]:
    noted = stores.noted(store, NOTE + version)
    words = changed_words(None if noted is None else json.loads(noted), tagger)
    with store.reading() as connection:
        yield from stores.tagged_by(connection, version, holding=words)


def _again(
    batch: list[tuple[int, Mention]], tagger: Tagger, kind_of: KindOf, found: Retagged
) -> list[tuple[int, Mention]]:
    """The batch, tagged by the tagger of now."""
    again = []
    for number, mention in batch:
        new = _tagged(mention, tagger, kind_of)
        found.read += 1
        if new.tag != mention.tag:
            found.moves[mention.tag, new.tag] += 1
            if len(found.examples) < EXAMPLES:
                found.examples.append((mention, new))
        again.append((number, new))
    return again


def _tagged(mention: Mention, tagger: Tagger, kind_of: KindOf) -> Mention:
    _, understood = language.gate(f"{mention.title}\n{mention.text}", mention.language)
    tagged = tagger.tag(mention.text, title=mention.title, kind=kind_of(mention.source), allowed=understood)
    return replace(
        mention,
        vader=tagged.vader,
        score=tagged.score,
        tag=tagged.tag,
        confidence=tagged.confidence,
        tagger=tagged.tagger,
        why=tagged.why,
    )
