"""The words of the project as types: feed, topic, post, mention, and what passes between the stages.

Frozen and keyword-only. ``Mention``'s field names are the column names in the store, in the frame and in the CSV.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Literal

Tag = Literal["good", "neutral", "bad", "unscored"]
DateFrom = Literal["source", "clamped", "fetched"]
TextKind = Literal["headline", "post", "feedback"]
"""What kind of text a source gives; it decides the cut for good (``sentiment``)."""

Engine = Literal["model", "rules", "minilm"]
"""What tags: the learned model over VADER, the rules around VADER alone, or the model together with MiniLM."""

Status = Literal["", "open", "pending", "answered", "closed"]
"""Where a mention stands that somebody has to answer; "" where nobody has."""

STATUSES: tuple[Status, ...] = ("", "open", "pending", "answered", "closed")
ENGINES: tuple[Engine, ...] = ("model", "rules", "minilm")
TAGS: tuple[Tag, ...] = ("good", "neutral", "bad", "unscored")

Presence = Literal["there", "gone", "missing", "unknown"]
"""What an answer says of a post: it is there; it was taken away; it is not found, which may pass; or nothing."""

NO_OPTIONS: Mapping[str, str] = MappingProxyType({})
NO_COSTS: Mapping[str, int] = MappingProxyType({})


@dataclass(frozen=True, kw_only=True, slots=True)
class Feed:
    """One place we listen to.

    ``options`` hold what its collector needs (``url``, ``server``, ``tag``, ``subreddit``, ...); ``outlet`` says that
    its authors are outlets or agencies, whose names need no masking; ``audience`` is how many people the outlet says it
    reaches on a day.
    """

    name: str
    source: str
    options: Mapping[str, str] = field(default_factory=lambda: NO_OPTIONS)
    outlet: bool = False
    language: str | None = None
    audience: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Topic:
    """A named query, and the department that answers for it."""

    name: str
    query: str
    department: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """What to ask a server for.

    ``pause`` is the least number of seconds between two requests to that host. ``secret`` lists the query parameters
    whose values never reach a log, an error or the store; with ``secret_path`` the path is such a value too, and no
    redirect leads to another host. With a ``body`` it is a POST, which follows no redirect.
    ``costs`` is what it may use up at most of its source's budgets (``Budget.name``). ``carry`` is for the collector
    alone: what it wants to know again when the answer is there.
    """

    url: str
    headers: Mapping[str, str] = field(default_factory=lambda: NO_OPTIONS)
    pause: float = 0.0
    secret: tuple[str, ...] = ()
    secret_path: bool = False
    body: bytes | None = None
    costs: Mapping[str, int] = field(default_factory=lambda: NO_COSTS)
    carry: object = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What a server answered: header names in lower case, the URL where redirects ended, the body unpacked.

    ``request`` is what it answers; None where a saved file is read.
    """

    status: int
    headers: Mapping[str, str]
    url: str
    body: bytes
    request: Request | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Post:
    """What a source published, as it said it. Text is plain text, never markup; times are aware UTC.

    ``None`` means that the source does not say: a missing count is not zero.
    """

    source: str
    feed: str
    key: str
    url: str = ""
    title: str = ""
    text: str = ""
    author: str | None = None
    author_url: str | None = None
    author_followers: int | None = None
    language: str | None = None
    published_at: datetime | None = None
    edited_at: datetime | None = None
    likes: int | None = None
    replies: int | None = None
    reposts: int | None = None
    views: int | None = None
    reply_to: str | None = None
    sensitive: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """One parsed answer: its posts, where the next ones are, and what to remember for the next run.

    ``skipped`` says, in words, which entries could not be used ("2 entries without id or link"), ``notes`` what else
    is worth knowing. ``gone`` are the keys of posts that the source says were taken away. ``spent`` is what the answer
    really used up of the budgets in its request's ``costs``, where that is less or more. ``wait`` are the seconds that
    the source wants to be left alone from now on. ``silence``: without posts it means that nobody spoke, also where an
    empty answer of this source may mean that it keeps us out. ``fresh`` are the seconds for which the document says of
    itself that it stays as it is.
    """

    posts: tuple[Post, ...]
    next: Request | None = None
    cursor: str | None = None
    skipped: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    spent: Mapping[str, int] = field(default_factory=lambda: NO_COSTS)
    wait: float = 0.0
    silence: bool = False
    fresh: float = 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Budget:
    """How much of a source may be used up in a day or a month, by all of its feeds together.

    ``most`` and what requests cost are whole numbers of ``unit`` times ``scale`` (thousandths of a dollar: scale 1000).
    Days and months are cut in ``timezone``. ``spread``: not all at once, but evenly over the time. ``words`` say it to
    people: "YouTube lets a key search 100 times a day".
    """

    name: str
    most: int
    period: Literal["day", "month"]
    unit: str
    words: str
    timezone: str = "UTC"
    spread: bool = True
    scale: int = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Span:
    """Where a topic's query matched: characters ``start`` to ``end`` of a post's ``field``."""

    topic: str
    field: Literal["title", "text", "author", "url", "source", "language", "published_at"]
    start: int
    end: int
    words: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Reason:
    """A word that had a part in a tag: how much it moved the score, or that it was set aside.

    ``effect`` is signed: above zero it speaks for good, below for bad. By the model it is in log-odds of good against
    bad (1.0 makes good about 2.7 times as likely beside bad), with the word's part in what VADER found; by the rules in
    VADER's valence units, after negation, emphasis and contrast. It is 0.0 where ``role`` is ``masked`` (a name) or
    ``neutral`` (a word that is neutral for public bodies).
    """

    words: str
    effect: float
    role: Literal["moved", "masked", "neutral"] = "moved"


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """What people decided of a mention: the state that the latest entry of its log left.

    ``tag`` None: nobody judged the tag; ``relevant`` False: not about us; ``asks`` None: as the machine says. ``entry``
    is the log entry's number, ``reviewer`` and ``at`` whose and when; ``machine`` is the tag the machine gave.
    ``minutes`` is the work that answering took, ``answered_at`` when the answer went out.
    """

    entry: int
    reviewer: str
    at: datetime
    machine: Tag = "unscored"
    tag: Tag | None = None
    relevant: bool | None = None
    asks: bool | None = None
    status: Status = ""
    department: str = ""
    note: str = ""
    answered_by: str = ""
    channel: str = ""
    minutes: int | None = None
    answered_at: datetime | None = None

    @property
    def read(self) -> bool:
        """Whether somebody has judged the mention itself, not only where it goes."""
        return self.tag is not None or self.relevant is not None


@dataclass(frozen=True, kw_only=True, slots=True)
class Mention(Post):
    """A post that matched a topic, with what we concluded from it.

    As the store gives it to pages and exports, ``tag`` and ``question`` are those that people gave where they did;
    ``verdict`` tells who, and what the machine had said. ``also_in`` are the other feeds in which it was met, where
    the store was asked for them.
    """

    id: str
    date_from: DateFrom = "source"
    collected_at: datetime
    topics: tuple[str, ...] = ()
    matched: tuple[Span, ...] = ()
    own: bool = False
    question: bool | None = None
    vader: float | None = None
    score: float | None = None
    tag: Tag = "unscored"
    confidence: float | None = None
    tagger: str = ""
    story: str | None = None
    withdrawn_at: datetime | None = None
    why: tuple[Reason, ...] = ()
    verdict: Verdict | None = None
    also_in: tuple[str, ...] = ()


COLUMNS: tuple[str, ...] = (
    "id",
    "source",
    "feed",
    "key",
    "url",
    "title",
    "text",
    "author",
    "author_url",
    "author_followers",
    "language",
    "published_at",
    "edited_at",
    "date_from",
    "collected_at",
    "likes",
    "replies",
    "reposts",
    "views",
    "reply_to",
    "sensitive",
    "topics",
    "matched",
    "own",
    "question",
    "vader",
    "score",
    "tag",
    "confidence",
    "tagger",
    "story",
    "withdrawn_at",
)
"""The columns of a mention, in the order of every file we write."""

REVIEW_COLUMNS: Mapping[str, str] = MappingProxyType(
    {
        "machine_tag": "machine",
        "reviewed_by": "reviewer",
        "reviewed_at": "at",
        "asks": "asks",
        "status": "status",
        "department": "department",
        "note": "note",
        "answered_by": "answered_by",
        "channel": "channel",
        "minutes": "minutes",
        "answered_at": "answered_at",
    }
)
"""The columns of what people said of it, behind all others, and the fields of ``Verdict`` that they hold."""


def mention_id(*, source: str, key: str, feed: str) -> str:
    """The stable id of a post: the same post seen twice, or in two feeds of one source, is one row.

    A feed's guid is unique in the world only where it is a URL or a tag: URI; any other is unique within its feed.
    """
    worldwide = source != "rss" or key.startswith(("http://", "https://", "tag:", "urn:"))
    parts = (source, key) if worldwide else (source, feed, key)
    return hashlib.blake2b("\x1f".join(parts).encode(), digest_size=10).hexdigest()
