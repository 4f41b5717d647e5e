"""Who asks us for something: which posts to show for it, and how a post says it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import islice

from listening.asking import WhoAsks
from listening.models import Mention
from listening.store import Reader, View

SHOWN = 4
CONSIDERED = 12
BEFORE = 60
"""Characters that may stand before the words that ask; of a longer post the beginning is left out."""
LENGTH = 220


@dataclass(frozen=True, kw_only=True, slots=True)
class Asking:
    """What a post asks, in three pieces: what comes before, the sentence that asks, and what follows."""

    before: str
    words: str
    after: str


def questions(reader: Reader, view: View, who_asks: WhoAsks, *, most: int = SHOWN) -> list[Mention]:
    """The newest mentions that ask for something, one a story, none taken back or behind a content warning.

    Of these those first that ask us by our name: of what is asked of whoever reads it, more is no question.
    """
    newest: dict[str, Mention] = {}
    for mention in reader.mentions(replace(view, asking=True), limit=CONSIDERED * most):
        if mention.withdrawn_at is None and not mention.sensitive:
            newest.setdefault(mention.story or mention.id, mention)
    asking_us = list(islice(filter(who_asks.us, newest.values()), most))
    others = (mention for mention in newest.values() if mention not in asking_us)
    return [*asking_us, *islice(others, most - len(asking_us))]


def asking(mention: Mention, who_asks: WhoAsks) -> Asking | None:
    """What a mention asks of us, cut to be read at a glance; None where today's rules find nothing in its words."""
    found = who_asks.what(mention)
    if found is None:
        return None
    said = mention.title if found.part == "title" else mention.text
    start = _start(said, found.start)
    end = min(len(said), start + LENGTH)
    if end < len(said):
        end = max(said.rfind(" ", found.end, end), found.end)
    return Asking(
        before=("…" if start else "") + _flat(said[start : found.start]),
        words=_flat(said[found.start : found.end]),
        after=_flat(said[found.end : end]) + ("…" if end < len(said) else ""),
    )


def _start(said: str, words: int) -> int:
    """Where to begin: with the post if the words come early, else with their sentence, else a little before them."""
    if words <= BEFORE:
        return 0
    sentence = max(said.rfind(mark, 0, words) for mark in (". ", "! ", "? ", "\n"))
    if words - sentence <= BEFORE:
        return len(said) - len(said[sentence + 1 :].lstrip())
    blank = said.find(" ", words - BEFORE, words)
    return words if blank < 0 else blank + 1


def _flat(text: str) -> str:
    """On one line; a blank at an end stays one."""
    return " ".join(text.replace("\n", " ").split(" "))
