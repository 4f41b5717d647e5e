"""Words of posts that people said are not about us, and that stand in none of those that are."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from itertools import pairwise

from listening.models import Mention
from listening.query import And, Field, Handle, Near, Node, Or, Phrase, Prefix, Raw, Tag, Word, tokens
from listening.sentiment.slurs import is_slur
from listening.store.reviewing import Said
from listening.terms import BREAK, CHARACTER, SMALL, Located, located

LONGEST_WORD = 60

# Between the two words of a phrase; anything else, and they only happened to meet.
_BETWEEN = re.compile(r"[ \t\r\n\u00a0'’‐‑-]*")


@dataclass(slots=True)
class Evidence:
    """What people said of a topic's mentions: the texts of those not about us by story, the words of those that are."""

    out: dict[str, list[tuple[int, Mention]]] = field(default_factory=lambda: defaultdict(list))
    kept: set[str] = field(default_factory=set)
    kept_stories: set[str] = field(default_factory=set)


def evidence_of(said: Iterable[Said]) -> defaultdict[str, Evidence]:
    """What people said, by topic."""
    found: defaultdict[str, Evidence] = defaultdict(Evidence)
    for one in said:
        verdict = one.mention.verdict
        assert verdict is not None
        story = one.mention.story or one.mention.id
        for topic in one.mention.topics:
            if verdict.relevant is False:
                found[topic].out[story].append((one.n, one.mention))
            else:
                found[topic].kept.update(_all_words(one.mention))
                found[topic].kept_stories.add(story)
    return found


def candidates(evidence: Evidence) -> tuple[dict[str, dict[str, list[int]]], dict[str, Counter[str]]]:
    """Words and pairs of words of what is not about us: the numbers of the mentions by story, and how each is written.

    Small words, numbers, links and handles are none, nor are slurs.
    """
    stories: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    forms: dict[str, Counter[str]] = defaultdict(Counter)
    for story, held in evidence.out.items():
        for number, mention in held:
            here: set[str] = set()
            for section in (mention.title, mention.text):
                said, found = located(section, mention.language)
                able = [
                    word.code != BREAK
                    and not word.code & SMALL
                    and not is_slur(word.word)
                    and len(word.word) < LONGEST_WORD
                    for word in found
                ]
                runs: list[tuple[Located, ...]] = [
                    (one,) for one, fits in zip(found, able, strict=True) if fits and not one.code & CHARACTER
                ]
                runs += [
                    (one, two)
                    for (one, fits), (two, fits_too) in pairwise(zip(found, able, strict=True))
                    if fits and fits_too and _BETWEEN.fullmatch(said, one.end, two.start)
                ]
                for run in runs:
                    words = " ".join(word.word for word in run)
                    forms[words][" ".join(said[word.start : word.end] for word in run)] += 1
                    here.add(words)
            for words in here:
                stories[words][story].append(number)
    return stories, forms


def _all_words(mention: Mention) -> set[str]:
    """Every word and pair of words of a mention, as queries find them."""
    found: set[str] = set()
    for section in (tokens(mention.title), tokens(mention.text)):
        found.update(section)
        found.update(map(" ".join, pairwise(section)))
    return found


class Own:
    """The words that a topic asks for, and names that are no reason to leave a post out."""

    def __init__(self, root: Node, names: Collection[str]) -> None:
        self._words = set(names)
        self._starts: list[str] = []
        self._add(root)

    def all_of(self, words: str) -> bool:
        """Whether words are nothing but these."""
        return all(word in self._words or word.startswith(tuple(self._starts)) for word in words.split())

    def _add(self, node: object) -> None:
        match node:
            case And(parts) | Or(parts):
                for part in parts:
                    self._add(part)
            case Near(left, right):
                self._add(left)
                self._add(right)
            case Word(text) | Raw(text) | Tag(text) | Handle(text):
                self._words.update(tokens(text))
            case Phrase(phrase):
                self._words.update(phrase)
            case Prefix(start):
                self._starts.append(start)
            case Field("title", value):
                self._add(value)
            case _:  # what is left out is no word of the topic
                return


def holds(mention: Mention, words: str) -> bool:
    """Whether folded words stand side by side in a mention's title or text."""
    return any(f" {words} " in f" {' '.join(tokens(section))} " for section in (mention.title, mention.text))
