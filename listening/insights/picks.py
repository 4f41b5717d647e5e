"""What the team chose for the quotes before a meeting: pinned posts come first, hidden ones not at all.

It is kept in the store, so that a snapshot and a backup hold it too. No source ever changes it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace

from listening import store as stores
from listening.store import Store

NOTE = "picks"


@dataclass(frozen=True, slots=True)
class Picks:
    """Ids of mentions: pinned ones in the order in which they are quoted, and hidden ones."""

    pinned: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()

    def pin(self, id_: str) -> Picks:
        """With a post quoted, after those pinned before; it is hidden no longer."""
        free = self.free(id_)
        return replace(free, pinned=(*free.pinned, id_))

    def first(self, id_: str) -> Picks:
        """With a post quoted before all others."""
        free = self.free(id_)
        return replace(free, pinned=(id_, *free.pinned))

    def hide(self, id_: str) -> Picks:
        """With a post not quoted; it still counts, and stands in every list."""
        free = self.free(id_)
        return replace(free, hidden=(*free.hidden, id_))

    def free(self, id_: str) -> Picks:
        """With a post neither pinned nor hidden."""
        return Picks(tuple(one for one in self.pinned if one != id_), tuple(one for one in self.hidden if one != id_))


NOTHING = Picks()


def picks(store: Store) -> Picks:
    """What is chosen now."""
    return _read(stores.noted(store, NOTE))


def choose(store: Store, change: Callable[[Picks], Picks]) -> Picks:
    """Change what is chosen, also where somebody else does so at the same time; what it is then."""
    return _read(stores.change_note(store, NOTE, lambda before: _written(change(_read(before)))))


def _read(text: str | None) -> Picks:
    if not text:
        return NOTHING
    content = json.loads(text)
    return Picks(tuple(content["pinned"]), tuple(content["hidden"]))


def _written(chosen: Picks) -> str:
    return json.dumps({"pinned": chosen.pinned, "hidden": chosen.hidden})
