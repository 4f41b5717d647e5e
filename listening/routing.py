"""Which department a mention is proposed to, by the rules of the settings. A person decides."""

from __future__ import annotations

from collections.abc import Iterable

from listening.models import Mention
from listening.query import Matcher, parse
from listening.settings import Settings, listed_authors


class Routes:
    """The settings' rules, read once.

    The first department in the file that fits is proposed: one of its topics, its words, or its places. Where none
    does, it is the department of the mention's first topic that has one.
    """

    def __init__(self, settings: Settings) -> None:
        self._departments = settings.departments
        self._of_topic = {topic.name: topic.department for topic in settings.topics if topic.department}
        queries = {topic.name: topic.query for topic in settings.topics}
        authors = listed_authors(settings)
        self._words = Matcher(
            {
                each.name: parse(each.words, topics=queries, listed_authors=authors)
                for each in self._departments
                if each.words
            }
        )
        named = [*(each.name for each in self._departments), *self._of_topic.values()]
        self.departments: tuple[str, ...] = tuple(dict.fromkeys(named))
        """Every department there is, those with rules of their own first."""

    def of(self, mention: Mention) -> str:
        """The department that is proposed for a mention; "" where no rule fits."""
        found = self._words.match(mention)
        for each in self._departments:
            if each.name in found or set(each.topics) & set(mention.topics) or mention.feed in each.places:
                return each.name
        return next((self._of_topic[name] for name in mention.topics if name in self._of_topic), "")

    def all_of(self, mentions: Iterable[Mention]) -> dict[str, str]:
        """The proposals for several mentions, by their ids."""
        return {mention.id: self.of(mention) for mention in mentions}
