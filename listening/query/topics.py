"""The topics that a query may reuse, and how far reading them has come."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field

from listening.query.syntax import Node
from listening.query.values import Unusable, name


@dataclass(frozen=True, slots=True)
class ReadTopic:
    """A topic that has been read: its tree, how many terms it has, and how deep it goes."""

    root: Node
    size: int
    depth: int


@dataclass(slots=True)
class Topics:
    """What the readers of a query and of the topics it reuses share. Each topic is read once, each way around.

    ``listed`` are the folded names that author: may find (None: not checked), ``read`` the topics that are known, by
    name and whether they stand inside a NOT, and ``open`` the names of those being read, the outermost first.
    """

    queries: Mapping[str, str]
    listed: frozenset[str] | None
    read: dict[tuple[str, bool], ReadTopic] = field(default_factory=dict)
    open: list[str] = field(default_factory=list)

    def named(self, written: str) -> str:
        """The topic that is meant, whatever its case and accents; refused where there is none, or in a circle."""
        if written in self.queries:
            found = written
        else:
            folded = {name(each): each for each in self.queries}
            found = folded.get(name(written), "")
            if not found:
                raise Unusable(f'There is no topic "{written[:60]}".', self._advice(written, folded))
        if found in self.open:
            circle = [*self.open[self.open.index(found) :], found]
            raise Unusable(
                "Topics reuse each other in a circle: " + " reuses ".join(f'"{each}"' for each in circle) + ".",
                "Take topic: out of one of them.",
            )
        return found

    def _advice(self, written: str, folded: Mapping[str, str]) -> str:
        close = difflib.get_close_matches(name(written), folded, n=1)
        if close:
            return f'Did you mean topic:"{folded[close[0]]}"?'
        if not self.queries:
            return "There is no other topic to reuse here: write the words themselves."
        some = sorted(self.queries)[:8]
        return f"The topics are {', '.join(some)}{' and others' if len(self.queries) > len(some) else ''}."
