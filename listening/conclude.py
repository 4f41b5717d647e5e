"""What we conclude from a post: is it about us, is it ours, in which language, good or bad, and why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from listening import language, questions
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
        self._own = OwnAccounts(own_accounts)

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
        return Mention(
            **{**said, "language": spoken, "published_at": published_at},
            id=mention_id(source=post.source, key=post.key, feed=post.feed),
            date_from=date_from,
            collected_at=now,
            topics=tuple(matched),
            matched=tuple(span for spans in matched.values() for span in spans),
            own=self._own.wrote(post),
            question=asks(post, kind=kind, understood=understood),
            vader=tagged.vader,
            score=tagged.score,
            tag=tagged.tag,
            confidence=tagged.confidence,
            tagger=tagged.tagger,
            why=tagged.why,
        )


def asks(post: Post, *, kind: TextKind, understood: bool) -> bool | None:
    """Whether a post asks for something; None where its language is not ``understood``."""
    return questions.asked(post.title, post.text, kind=kind) is not None if understood else None


def dated(said: datetime | None, now: datetime) -> tuple[datetime, DateFrom]:
    """When a post counts as published, and where that time is from."""
    if said is None or said.year < OLDEST_YEAR:
        return now, "fetched"
    if said > now + AHEAD:
        return now, "clamped"
    return said, "source"


BY_NAME = frozenset(("rss", "news", "gdelt", "youtube", "stackexchange"))
"""Sources that name their authors as these like to be called."""


class OwnAccounts:
    """The agency's own accounts, given as @name@server, u/name, a plain name or an address.

    u/name is an account of Reddit alone. Where authors are named as they like to be (``BY_NAME``), a name is nobody's:
    there an account is known by its address only.
    """

    def __init__(self, accounts: Iterable[str]) -> None:
        self._names: set[str] = set()
        self._on_reddit: set[str] = set()
        self._places: list[tuple[str, str, bool]] = []
        for account in accounts:
            if "://" in account:
                parts = urlsplit(account.casefold())
                path = parts.path.rstrip("/")
                # https://weather.example is all of it, alerts.weather.example too; www. in front means this site only.
                wide = not path and not parts.netloc.startswith("www.")
                self._places.append((parts.netloc.removeprefix("www."), path, wide))
            elif (said := account.casefold().strip().removeprefix("/")).startswith("u/"):
                self._on_reddit.add(said)
            else:
                self._names.add(said.removeprefix("@"))

    def wrote(self, post: Post) -> bool:
        """Whether one of our accounts wrote the post, or it stands on our own site."""
        if post.author and post.source not in BY_NAME:
            author = post.author.casefold().strip().removeprefix("/")
            if post.source == "reddit" and author in self._on_reddit:
                return True
            if author.removeprefix("u/").removeprefix("@") in self._names:
                return True
        return bool(self._places) and any(self._ours(address) for address in (post.author_url, post.url) if address)

    def _ours(self, address: str) -> bool:
        parts = urlsplit(address.casefold())
        host = parts.netloc.removeprefix("www.")
        return any(
            (host == ours or (wide and host.endswith(f".{ours}")))
            and (not path or parts.path == path or parts.path.startswith(path + "/"))
            for ours, path, wide in self._places
        )
