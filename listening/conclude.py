"""What we conclude from a post: is it about us, is it ours, in which language, good or bad, and why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from datetime import datetime, timedelta

from listening import language
from listening.accounts import OwnAccounts
from listening.asking import asked_of_us
from listening.models import DateFrom, Mention, Post, TextKind, Topic, mention_id
from listening.query import Matcher, parse
from listening.sentiment import Tagger

AHEAD = timedelta(minutes=10)
"""A time this little in the future is a clock that runs ahead, and is kept."""

OLDEST_YEAR = 1990
"""Before the web: such a time (mostly 1 January 1970) is a missing one."""


class Concluder:
    """Turns posts into mentions. Built once a run: it holds the parsed queries and the tagger."""

    def __init__(
        self,
        *,
        topics: Iterable[Topic],
        own_accounts: Iterable[str] = (),
        listed_authors: Iterable[str] | None = None,
        tagger: Tagger,
    ) -> None:
        queries = {topic.name: topic.query for topic in topics}
        authors = None if listed_authors is None else list(listed_authors)
        self.matcher = Matcher(
            {name: parse(query, topics=queries, listed_authors=authors) for name, query in queries.items()}
        )
        self.tagger = tagger
        self.own_accounts = tuple(own_accounts)
        self._own = OwnAccounts(self.own_accounts)

    def counts(self, post: Post) -> bool:
        """Whether a post is a mention that counts: a topic matches it, and it is not ours."""
        return bool(self.matcher.match(post)) and not self._own.wrote(post)

    def ours(self, post: Post) -> bool:
        """Whether one of our own accounts wrote a post."""
        return self._own.wrote(post)

    def mention(self, post: Post, *, kind: TextKind, now: datetime) -> Mention | None:
        """The mention a post is, or None where no topic matches it."""
        matched = self.matcher.match(post)
        if not matched:
            return None
        spoken, understood = language.gate(f"{post.title}\n{post.text}", post.language)
        tagged = self.tagger.tag(post.text, title=post.title, kind=kind, allowed=understood)
        published_at, date_from = dated(post.published_at, now)
        said = {field.name: getattr(post, field.name) for field in fields(Post)}
        spans = tuple(span for found in matched.values() for span in found)
        return Mention(
            **{**said, "language": spoken, "published_at": published_at},
            id=mention_id(source=post.source, key=post.key, feed=post.feed),
            date_from=date_from,
            collected_at=now,
            topics=tuple(matched),
            matched=spans,
            own=self._own.wrote(post),
            question=asked_of_us(post, spans, self._own.handles, kind=kind) is not None if understood else None,
            vader=tagged.vader,
            score=tagged.score,
            tag=tagged.tag,
            confidence=tagged.confidence,
            tagger=tagged.tagger,
            why=tagged.why,
        )


def dated(said: datetime | None, now: datetime) -> tuple[datetime, DateFrom]:
    """When a post counts as published, and where that time is from."""
    if said is None or said.year < OLDEST_YEAR:
        return now, "fetched"
    if said > now + AHEAD:
        return now, "clamped"
    return said, "source"
