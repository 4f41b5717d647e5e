"""The clause about the target: in a text with praise and blame, only what is said of the agency counts.

The target is a masked name (the agency's or a topic's). Where it is implied, or only addressed or marked ("@name",
"#name" at the end), the whole text is about it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from listening.sentiment.rules import NAME
from listening.sentiment.vader import Effect, Words

_CONJUNCTIONS = """
    and but while whereas although though as after amid despite when because even before since however yet unlike
"""
_STARTS_CLAUSE = frozenset(_CONJUNCTIONS.split())
_ENDS_CLAUSE = frozenset(",;:.!?")
_DASHES = frozenset(("-", "--", "|"))


def about_target(read: Words, effects: Sequence[Effect]) -> Sequence[Effect]:
    """The effects in the clauses that name the target; all of them where that cannot be told.

    It is told where the effects point both ways, the target is named within the text, and its clauses have an effect.
    """
    if not _mixed(effects):
        return effects
    named = set(_named(read))
    if not named:
        return effects
    kept: list[Effect] = []
    for start, end in _clauses(read):
        if not named.isdisjoint(range(start, end)):
            kept += [effect for effect in effects if start <= effect.position < end]
    return kept or effects


def _mixed(effects: Sequence[Effect]) -> bool:
    return any(effect.value > 0 for effect in effects) and any(effect.value < 0 for effect in effects)


def _named(read: Words) -> Iterator[int]:
    """Where the target is spoken of, not only addressed by its handle or marked behind the text."""
    end = len(read.raw)
    while end and (read.raw[end - 1][0] in "#@" or not any(map(str.isalnum, read.raw[end - 1]))):
        end -= 1
    for position, word in enumerate(read.lower[:end]):
        if word == NAME and read.raw[position][0] != "@":
            yield position


def _clauses(read: Words) -> Iterator[tuple[int, int]]:
    """Where each clause starts and ends, by position."""
    start = 0
    for position, (raw, word) in enumerate(zip(read.raw, read.lower, strict=True)):
        if word in _STARTS_CLAUSE and position > start:
            yield start, position
            start = position
        if raw[-1] in _ENDS_CLAUSE or raw in _DASHES:
            yield start, position + 1
            start = position + 1
    if start < len(read.raw):
        yield start, len(read.raw)
