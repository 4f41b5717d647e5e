"""The review's verdicts as labels: for learning, for counting how often the tags are right, how far people agree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from listening.agreement import Judged, Share
from listening.collectors import kind_of as kind_of_source
from listening.models import Mention, Tag
from listening.retag import KindOf
from listening.sentiment import reasons_text
from listening.store import Connection, Reader, Store, reviewing
from listening.store.reviewing import Said

if TYPE_CHECKING:
    from listening.sentiment.learn import Label

AT_ONCE = 500
"""Mentions read by their numbers in one go."""


@dataclass(frozen=True, kw_only=True, slots=True)
class People:
    """How often people who judged the same mention gave it the same tag, of all pairs of them.

    Only ``mentions`` that somebody read a second time are counted, copies of one story once: elsewhere the log knows
    who changed another's tag, and not who left it as it was. ``differ`` are the numbers of all mentions on which people
    differ.
    """

    share: Share
    mentions: int
    differ: tuple[int, ...]


def labels(store: Store, kind_of: KindOf = kind_of_source) -> list[Label]:
    """What people said of mentions that the tagger tags, one a story: labels to learn from.

    Mentions that are not about us are left out, and those in languages that stay without a tag.
    """
    from listening.sentiment.learn import Label  # it needs numpy, which nobody waits for who learns nothing

    return [
        Label(text=one.text, title=one.title, tag=person, kind=kind_of(one.source), given=given)
        for one, person, given in _labelled(store)
        if given != "unscored"
    ]


def judged(store: Store) -> list[Judged]:
    """The same as pairs: a person's tag, and the machine's as it was when that person judged it."""
    found = []
    for one, person, given in _labelled(store):
        # Where the tag has changed since, its score and its words are those of another tag.
        same = one.verdict is not None and one.verdict.machine == given
        found.append(
            Judged(
                text=f"{one.title}. {one.text}".strip(". ") if one.title else one.text,
                person=person,
                machine=given,
                score=one.score if same else None,
                confidence=one.confidence if same else None,
                topic=one.topics[0] if one.topics else "",
                source=one.source,
                why=reasons_text(one.why) if same else "",
            )
        )
    return found


def people_agree(store: Store) -> People:
    """How far people agree with each other; copies of one story that were judged alike are one."""
    with store.reading() as connection:
        twice = reviewing.read_twice(connection)
        whole = mentions_of(Reader(store, connection), sorted(twice))
        second = {
            number for number in whole if any(each.kind == "second" for each in reviewing.history(connection, number))
        }
    same = pairs = mentions = 0
    differ = []
    seen: set[tuple[str, tuple[tuple[str, Tag], ...]]] = set()
    for number, mention in whole.items():
        tags = twice[number]
        alike = (mention.story or mention.id, tuple(sorted(tags.items())))
        if alike in seen:
            continue
        seen.add(alike)
        agree = [one == other for one, other in combinations(tags.values(), 2)]
        if not all(agree):
            differ.append(number)
        if number in second:
            mentions += 1
            same += sum(agree)
            pairs += len(agree)
    return People(share=Share(part=same, base=pairs), mentions=mentions, differ=tuple(differ))


def mentions_of(reader: Reader, numbers: Sequence[int]) -> dict[int, Mention]:
    """Mentions by their numbers, in that order, however many these are."""
    found: dict[int, Mention] = {}
    for start in range(0, len(numbers), AT_ONCE):
        found |= reader.numbered(numbers[start : start + AT_ONCE])
    return {number: found[number] for number in numbers if number in found}


def _labelled(store: Store) -> list[tuple[Mention, Tag, Tag]]:
    """Mentions with the person's tag and the one that the machine had given, the latest verdict of each story."""
    with store.reading() as connection:
        stories: dict[str, Said] = {}
        for one in reviewing.judged(connection):
            verdict = one.mention.verdict
            if verdict is None or verdict.tag is None or verdict.relevant is False:
                continue
            story = one.mention.story or one.mention.id
            before = stories[story].mention.verdict if story in stories else None
            if before is None or before.entry < verdict.entry:
                stories[story] = one
        given = _given(connection, list(stories.values()))
    return [
        (one.mention, one.mention.verdict.tag, given[one.n])
        for one in stories.values()
        if one.mention.verdict is not None and one.mention.verdict.tag is not None
    ]


def _given(connection: Connection, said: Sequence[Said]) -> dict[int, Tag]:
    """The machine's tag of each at the moment a person judged it.

    The tag of today may have been learned from that very verdict: to call it right would be no merit.
    """
    newest = [one.mention.verdict.entry for one in said if one.mention.verdict is not None]
    found: dict[int, Tag] = {}
    for entry in reviewing.entries(connection, newest):
        if "tag" not in entry.changed:  # the newest one is of an answer, or the like
            told = [each for each in reviewing.history(connection, entry.n) if each.kind != "second"]
            entry = next((each for each in reversed(told) if "tag" in each.changed), entry)
        found[entry.n] = entry.state.machine
    return found
