"""Quotes for the leaders' page: good and bad in the same number where there are both, chosen by the same rule."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

from listening.insights.picks import NOTHING, Picks
from listening.models import Mention, Tag
from listening.sentiment import with_title
from listening.store import Reader, View

EACH = 3
PER_PLACE = 2
"""No place may speak for all, and no story and no author is quoted twice."""

CONSIDERED = 60
ROUNDS = 5
"""So many times as many are looked at where the first ones are all from one or two places."""

SHORTEST, LONGEST = 25, 300
"""Characters: shorter says nothing, longer is not read aloud."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Quotes:
    """As many good as bad ones where there are both, at most three of each; how many the team pinned and hid."""

    good: tuple[Mention, ...]
    bad: tuple[Mention, ...]
    pinned: int = 0
    hidden: int = 0


def quotes(reader: Reader, view: View, picks: Picks = NOTHING) -> Quotes:
    """The most liked, shared and answered mentions of each tag, at most two a place and one an author, none
    behind a content warning.

    What the team pinned comes before them, whatever its place; what it hid is left out. Both are counted.
    """
    good, bad = _chosen(reader, view, "good", picks), _chosen(reader, view, "bad", picks)
    # Where one side has nothing to quote, what there is is shown rather than hidden, and the page says so.
    each = min(len(good), len(bad), EACH) or EACH
    good, bad = good[:each], bad[:each]
    return Quotes(
        good=tuple(good),
        bad=tuple(bad),
        pinned=sum(mention.id in picks.pinned for mention in (*good, *bad)),
        hidden=len(reader.of_ids(view, picks.hidden)),
    )


def _chosen(reader: Reader, view: View, tag: Tag, picks: Picks) -> list[Mention]:
    if view.tag is not None and view.tag != tag:
        return []
    side = replace(view, tag=tag)
    taken = [mention for mention in reader.of_ids(side, picks.pinned) if _may_be_quoted(mention)][:EACH]
    for round_ in range(ROUNDS):
        if len(taken) == EACH:
            break
        found = reader.mentions(side, order="engagement", limit=CONSIDERED, offset=round_ * CONSIDERED)
        _take(taken, [mention for mention in found if mention.id not in picks.hidden])
        if len(found) < CONSIDERED:
            break
    return taken


def _take(taken: list[Mention], found: list[Mention]) -> None:
    """Add what fits from these, until there are enough."""
    fitting = [mention for mention in found if _may_be_quoted(mention)]
    # Short enough to be read aloud first; a long one only where nothing else is there.
    fitting.sort(key=lambda m: not SHORTEST <= len(_words(m)) <= LONGEST)
    said = {told for mention in taken for told in _marks(mention)}
    by_place = Counter(mention.feed for mention in taken)
    for mention in fitting:
        if len(taken) == EACH:
            return
        if said.intersection(_marks(mention)) or by_place[mention.feed] >= PER_PLACE:
            continue
        said.update(_marks(mention))
        by_place[mention.feed] += 1
        taken.append(mention)


def _may_be_quoted(mention: Mention) -> bool:
    return mention.withdrawn_at is None and not mention.sensitive and bool(_words(mention))


def _marks(mention: Mention) -> set[tuple[str, str]]:
    """What no two quotes may share: their beginning, story, and author (an outlet by its own name is its place)."""
    marks = {("start", _words(mention).casefold()[:80]), ("story", mention.story or mention.id)}
    if mention.author and mention.author != mention.feed:
        marks.add(("author", (mention.author_url or mention.author).casefold()))
    return marks


def _words(mention: Mention) -> str:
    return with_title(mention.text, mention.title)
