"""The columns of every file: their names, what each means, and a mention's values in them, typed.

CSV writes these values as text; workbook, JSON lines and Parquet as what they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from listening.models import COLUMNS, REVIEW_COLUMNS, Mention

FIRST = (*COLUMNS, "day")
"""What every file of ours begins with, also one that was written before there were reviews."""
HEADER = (*FIRST, *REVIEW_COLUMNS)
NAMING = frozenset({"reviewed_by", "note", "answered_by"})
"""The team's own words, which may name somebody: left out of a file that masks names."""

TIMES = frozenset({"published_at", "edited_at", "collected_at", "withdrawn_at", "reviewed_at", "answered_at"})
COUNTS = frozenset({"author_followers", "likes", "replies", "reposts", "views", "minutes"})
NUMBERS = frozenset({"vader", "score", "confidence"})
FLAGS = frozenset({"sensitive", "own", "question", "asks"})
LISTS = frozenset({"topics", "matched"})

LONE_SURROGATE = re.compile("[\ud800-\udfff]")
"""Half of a character, which no file in UTF-8 can hold."""

MEANING: Mapping[str, str] = MappingProxyType(
    {
        "id": "Stable: the same post seen twice is one row",
        "source": "The kind of place: rss, mastodon, bluesky, facebook and so on",
        "feed": "The place where it was first seen",
        "key": "The source’s own id; empty where names are masked",
        "url": "Its address; empty where names are masked",
        "title": "Its title, plain text",
        "text": "Its text, plain text, never markup",
        "author": "The public handle as given, or a mark such as person-1a2b3c4d, the same for one person in this file",
        "author_url": "The author’s address; empty where names are masked",
        "author_followers": "How many follow the author; empty where the source does not say",
        "language": "As the source says, else detected (BCP 47)",
        "published_at": "When it was published, UTC",
        "edited_at": "When it was last changed, UTC",
        "date_from": "source; clamped: its date lay in the future; fetched: it had none, so when we saw it",
        "collected_at": "When we first saw it, UTC",
        "likes": "Empty where the source does not say, not 0",
        "replies": "Empty where the source does not say, not 0",
        "reposts": "Empty where the source does not say, not 0",
        "views": "Empty where the source does not say, not 0",
        "reply_to": "What it answers; empty where names are masked",
        "sensitive": "Behind a content warning",
        "topics": "The topics that it belongs to",
        "matched": "The words that matched",
        "own": "By an account of ours; such posts are not exported and not counted",
        "question": "It asks you for something; empty where the language is not English",
        "vader": "VADER’s compound of the plain text, −1 to 1, nothing set aside",
        "score": "The number from which the tag was cut, −1 to 1",
        "tag": "good, neutral, bad, or unscored; the person’s where somebody of the team gave one",
        "confidence": "How often such a tag is right, 0 to 1",
        "tagger": "What tagged it: engine, and versions of rules and words",
        "story": "The id of the story’s first mention: copies of one text are one story",
        "withdrawn_at": "When its author took it back, UTC; texts and names are then empty",
        "day": "The local day of published_at, in the agency’s time zone",
        "machine_tag": "The tag that the machine gave; empty where nobody reviewed it, as all that follow",
        "reviewed_by": "Who decided last; empty where names are masked",
        "reviewed_at": "When, UTC",
        "asks": "What a person said of question; empty: as the machine says",
        "status": "open, pending, answered, closed, or nothing",
        "department": "Who answers",
        "note": "The team’s own words; empty where names are masked",
        "answered_by": "Who answered; empty where names are masked",
        "channel": "Where it was answered",
        "minutes": "The work that answering took",
        "answered_at": "When the answer went out, UTC",
    }
)
"""What each column means, for a file's read-me."""


def values(mention: Mention, timezone: ZoneInfo, *, named: bool) -> Iterator[Any]:
    """A mention's values in the order of ``HEADER``: times in UTC, lists of texts, ``day`` a date, missing ones None.

    Not ``named``: without what names somebody of the team.
    """
    for name in COLUMNS:
        value = getattr(mention, name)
        if name in TIMES and value is not None:
            value = value.astimezone(UTC)
        elif name == "topics":
            value = list(value)
        elif name == "matched":
            value = list(dict.fromkeys(span.words for span in value))
        yield value
    yield local_day(mention, timezone)
    for name, said in REVIEW_COLUMNS.items():
        hidden = mention.verdict is None or (name in NAMING and not named)
        value = None if hidden else getattr(mention.verdict, said)
        yield value.astimezone(UTC) if name in TIMES and value is not None else value


def local_day(mention: Mention, timezone: ZoneInfo) -> date:
    """The local day on which it was published."""
    assert mention.published_at is not None
    return mention.published_at.astimezone(timezone).date()
