"""Matching anew what is stored, after a query has changed: only what can differ.

The store remembers by a mark with which queries it was filled. Where some have changed, nothing can differ but mentions
that are in these topics and mentions that the new queries may find. The result is the same as matching all again. Only
what is stored can be found: a post that no topic matched when it was read was not kept.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from listening import store as stores
from listening.asking import WhoAsks
from listening.models import Mention
from listening.query import Matcher, Query
from listening.store import Store, rematching

EXAMPLES = 20


@dataclass(kw_only=True, slots=True)
class Rematched:
    """What matching anew changed, or would change.

    ``read`` mentions could differ. ``added`` and ``dropped`` count mentions by topic; ``came`` are those that were in
    no topic before, ``left`` those that are in none any more. ``examples`` are a few of the changed ones, before and
    after.
    """

    read: int = 0
    added: Counter[str] = field(default_factory=Counter)
    dropped: Counter[str] = field(default_factory=Counter)
    came: int = 0
    left: int = 0
    changed: int = 0
    examples: list[tuple[Mention, Mention]] = field(default_factory=list)


def note_queries(store: Store, queries: Mapping[str, Query]) -> None:
    """Remember that all that is stored was matched by these queries."""
    stores.note(store, rematching.QUERIES, json.dumps(_said(queries), ensure_ascii=False))


def noted(store: Store) -> bool:
    """Whether it is remembered by which queries the store was filled."""
    return stores.noted(store, rematching.QUERIES) is not None


def pending(store: Store, queries: Mapping[str, Query]) -> list[str]:
    """The topics whose query is another than when the store was last matched: changed, new, or gone."""
    said = stores.noted(store, rematching.QUERIES)
    noted_ = {} if said is None else json.loads(said)
    before = {name: rematching.query_mark(query) for name, query in noted_.items()}  # older versions noted the words
    now = _said(queries)
    return [name for name in {**now, **before} if now.get(name) != before.get(name)]


def preview(store: Store, queries: Mapping[str, Query]) -> Rematched:
    """What matching anew would change; nothing is written."""
    found = Rematched()
    for _ in _again(store, queries, found):
        pass
    return found


def carry_out(
    store: Store,
    queries: Mapping[str, Query],
    who_asks: WhoAsks,
    *,
    progress: Callable[[int], None] = lambda done: None,
) -> Rematched:
    """Match anew; each batch is kept as it is done, and a run that is stopped is completed by the next.

    Whether a post asks us for something is judged anew, too: it depends on the words that make it one about us.
    """
    found = Rematched()
    for changed in _again(store, queries, found):
        judged = [(number, replace(mention, question=who_asks(mention))) for number, mention in changed]
        with store.writing() as connection:
            rematching.rewrite(store, connection, judged)
        progress(found.read)
    note_queries(store, queries)
    return found


def _said(queries: Mapping[str, Query]) -> dict[str, str]:
    return {name: rematching.query_mark(str(query)) for name, query in queries.items()}


def _again(store: Store, queries: Mapping[str, Query], found: Rematched) -> Iterator[list[tuple[int, Mention]]]:
    names = pending(store, queries)
    if not names:
        return
    matcher = Matcher(dict(queries))
    with store.reading() as connection:
        numbers = rematching.could_differ(connection, names, [queries[name] for name in names if name in queries])
        for batch in rematching.read(connection, numbers):
            changed = []
            for number, mention in batch:
                matched = matcher.match(mention)
                found.read += 1
                spans = tuple(span for found_spans in matched.values() for span in found_spans)
                if tuple(matched) == mention.topics and spans == mention.matched:
                    continue
                new = replace(mention, topics=tuple(matched), matched=spans)
                changed.append((number, new))
                if set(matched) == set(mention.topics):
                    continue  # other words now make it what it was
                found.added.update(set(new.topics) - set(mention.topics))
                found.dropped.update(set(mention.topics) - set(new.topics))
                found.came += not mention.topics
                found.left += not new.topics
                found.changed += 1
                if len(found.examples) < EXAMPLES:
                    found.examples.append((mention, new))
            yield changed
