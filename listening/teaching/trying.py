"""What leaving words out of a topic's query would change in what is stored, tried without writing anything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from listening import door
from listening import settings as settings_files
from listening.errors import InputError, QueryError
from listening.models import Mention, Topic
from listening.query import Matcher, Query, parse, tokens
from listening.settings import Settings
from listening.store import Reader, View
from listening.teaching.labels import mentions_of

EXAMPLES = 5

_FIRST_DAY, _LAST_DAY = datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)
_LAST_NUMBER = 2**62


@dataclass(frozen=True, kw_only=True, slots=True)
class Leaving:
    """What an exclusion would take out of its topic.

    ``leave`` mentions that are counted now would leave the topic, ``gone`` of them would be in none any more.
    ``marked`` are those that people said are not about us, and ``about_us`` those that people read and left in: of
    these none may go. ``examples`` are a few of the mentions that would leave, the newest first.
    """

    leave: int = 0
    gone: int = 0
    marked: int = 0
    about_us: int = 0
    examples: tuple[Mention, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class ExclusionProposal:
    """Words that a topic's query could leave out, with the whole new query.

    They stand in ``stories`` reviewed stories of the topic that are not about us (``numbers`` are theirs), and in none
    of the ``about_us`` that are.
    """

    topic: str
    words: str
    query: str
    stories: int = 0
    about_us: int = 0
    numbers: tuple[int, ...] = ()
    preview: Leaving = field(default_factory=Leaving)

    @property
    def reason(self) -> str:
        """Why it is proposed, in a sentence."""
        stories = "1 story" if self.stories == 1 else f"{self.stories:,} stories"
        return (
            f"“{self.words}” stands in {stories} of {self.topic} that you marked as not about you, "
            f"and in none of the {self.about_us:,} that are."
        )

    @property
    def effect(self) -> str:
        """What it would change, in a sentence."""
        found = self.preview
        said = f"{posts(found.leave, 'stored')} would leave {self.topic}"
        if found.gone:
            said += f", {found.gone:,} of them would be counted no longer"
        if found.marked:
            said += f"; so would {found.marked:,} that you marked"
        return f"{said}. You read {found.about_us or 'none'} of them as about you."


class Trial:
    """Tries exclusions on what is stored."""

    def __init__(self, reader: Reader, settings: Settings) -> None:
        self._reader = reader
        self._said = {topic.name: topic.query for topic in settings.topics}
        self._authors = settings_files.listed_authors(settings)
        self.queries = door.queries_of(settings)

    def counted(self, topic: str) -> int:
        """How many mentions a topic counts."""
        return self._reader.total(View(start=_FIRST_DAY, end=_LAST_DAY, topic=topic))

    def proposal(self, topic: Topic, words: str) -> ExclusionProposal:
        """Words left out of a topic, with what that would change; raises QueryError where that cannot be read."""
        phrase_of(words)
        plain = " ".join(words.split())
        query, after = self._without(topic, plain)
        preview = self._leaving(topic, plain, after)
        return ExclusionProposal(topic=topic.name, words=plain, query=query, preview=preview)

    def _without(self, topic: Topic, words: str) -> tuple[str, dict[str, Query]]:
        """The new query, as the person wrote it but for what is added, and all topics' queries with it."""
        old = topic.query.strip()
        gap = "\n" if "\n" in old else " "
        bracketed = f'({old}){gap}AND NOT "{words}"'
        plain = f'{old}{gap}AND NOT "{words}"'
        after = self._read(topic.name, bracketed)
        try:
            if self._parsed(plain, self._said).root == after[topic.name].root:
                return plain, after
        except QueryError:  # only with its brackets it can be read
            pass
        return bracketed, after

    def _read(self, name: str, query: str) -> dict[str, Query]:
        """All queries with one changed: it and those that may reuse it are read anew."""
        said = {**self._said, name: query}
        return {
            each: self._parsed(text, said) if each == name or "topic" in text.casefold() else self.queries[each]
            for each, text in said.items()
        }

    def _parsed(self, query: str, said: Mapping[str, str]) -> Query:
        return parse(query, topics=said, listed_authors=self._authors)

    def _leaving(self, topic: Topic, words: str, after: Mapping[str, Query]) -> Leaving:
        """What would leave: of the mentions with these words, as no other can, those that lose the topic.

        Topics that reuse the topic are asked too: what people read as about us may leave none of them.
        """
        changed = [name for name in after if str(after[name]) != str(self.queries[name])]
        before_matcher = Matcher({name: self.queries[name] for name in changed})
        after_matcher = Matcher({name: after[name] for name in changed})
        leave = gone = marked = about_us = 0
        examples: list[Mention] = []
        numbers = self._reader.found(parse(f'"{words}"'), 0, _LAST_NUMBER)
        for mention in mentions_of(self._reader, sorted(numbers, reverse=True)).values():
            before, now = before_matcher.match(mention), after_matcher.match(mention)
            lost = {name for name in mention.topics if name in before and name not in now}
            if not lost:
                continue
            about_us += _about_us(mention)
            if topic.name not in lost:
                continue
            if mention.verdict is not None and mention.verdict.relevant is False:
                marked += 1
            elif not mention.own:
                leave += 1
                gone += not set(mention.topics) - lost
                if len(examples) < EXAMPLES:
                    examples.append(mention)
        return Leaving(leave=leave, gone=gone, marked=marked, about_us=about_us, examples=tuple(examples))


def _about_us(mention: Mention) -> bool:
    """Whether a person has read a mention, or answers it, and did not say that it is not about us."""
    verdict = mention.verdict
    return verdict is not None and verdict.relevant is not False and (verdict.read or bool(verdict.status))


def phrase_of(words: str) -> str:
    """Words as queries find them; raises InputError where there are none, or they hold signs of the query language."""
    found = tokens(words)
    if not found or any(sign in words for sign in '"“”„‟«»＂*'):
        raise InputError(f"“{words}” cannot be left out.", "Name a word or a phrase, without quotation marks or stars.")
    return " ".join(found)


def posts(count: int, which: str = "") -> str:
    """1 post, 2 stored posts."""
    return " ".join(filter(None, (f"{count:,}", which, "post" if count == 1 else "posts")))
