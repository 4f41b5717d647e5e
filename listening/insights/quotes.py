"""Quotes for the leaders' page: good and bad in the same number, chosen by the same rule."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

from listening.models import Mention, Tag
from listening.sentiment import with_title
from listening.store import Reader, View

EACH = 3
PER_PLACE = 2
"""No place may speak for all, and no story is quoted twice."""

CONSIDERED = 60
ROUNDS = 5
"""So many times as many are looked at where the first ones are all from one or two places."""

SHORTEST, LONGEST = 25, 300
"""Characters: shorter says nothing, longer is not read aloud."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Quotes:
    """As many good as bad ones, at most three of each."""

    good: tuple[Mention, ...]
    bad: tuple[Mention, ...]


def quotes(reader: Reader, view: View) -> Quotes:
    """The most liked, shared and answered mentions of each tag, at most two a place, none behind a content warning."""
    good, bad = _chosen(reader, view, "good"), _chosen(reader, view, "bad")
    each = min(len(good), len(bad), EACH)
    if not each:
        # One side has nothing to quote: show what there is rather than hide it, and the page says so.
        return Quotes(good=tuple(good[:EACH]), bad=tuple(bad[:EACH]))
    return Quotes(good=tuple(good[:each]), bad=tuple(bad[:each]))


def _chosen(reader: Reader, view: View, tag: Tag) -> list[Mention]:
    if view.tag is not None and view.tag != tag:
        return []
    taken: list[Mention] = []
    for round_ in range(ROUNDS):
        found = reader.mentions(
            replace(view, tag=tag), order="engagement", limit=CONSIDERED, offset=round_ * CONSIDERED
        )
        _take(taken, found)
        if len(taken) == EACH or len(found) < CONSIDERED:
            break
    return taken


def _take(taken: list[Mention], found: list[Mention]) -> None:
    """Add what fits from these, until there are enough."""
    fitting = [m for m in found if m.withdrawn_at is None and not m.sensitive and _words(m)]
    # Short enough to be read aloud first; a long one only where nothing else is there.
    fitting.sort(key=lambda m: not SHORTEST <= len(_words(m)) <= LONGEST)
    said = {told for mention in taken for told in (_start(mention), _story(mention))}
    by_place = Counter(mention.feed for mention in taken)
    for mention in fitting:
        if len(taken) == EACH:
            return
        if _start(mention) in said or _story(mention) in said or by_place[mention.feed] >= PER_PLACE:
            continue
        said |= {_start(mention), _story(mention)}
        by_place[mention.feed] += 1
        taken.append(mention)


def _story(mention: Mention) -> str:
    return mention.story or mention.id


def _start(mention: Mention) -> str:
    return _words(mention).casefold()[:80]


def _words(mention: Mention) -> str:
    return with_title(mention.text, mention.title)
