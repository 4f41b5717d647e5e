"""The tables, said once. What only SQLite understands stands in ``sqlite.py``.

Times are whole UTC seconds, days are the agency's local day as a number (20261122), so that comparing and grouping
needs no function. Names that repeat in millions of rows (feeds, topics) are numbers.

``links`` holds one small row for every mention that counts (not our own) and every topic it belongs to, and one more
under topic 0, "all topics". Questions about numbers read ``links``, ``daily`` and ``sums``, never the wide table of
texts.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
)

VERSION = 9
"""The schema's version, kept in ``meta``. A store with a higher one is refused, a lower one is brought up."""

ALL_TOPICS = 0

metadata = MetaData()

meta = Table(
    "meta",
    metadata,
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

feeds = Table(
    "feeds",
    metadata,
    Column("no", Integer, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("source", Text, nullable=False),
    Column("etag", Text),
    Column("last_modified", Text),
    Column("body_hash", Text),
    Column("cursor", Text),
    Column("asked_with", Text),  # address, then topics, the validators belong to: when they change, we ask afresh
    Column("moved_to", Text),
    Column("moved_since", Integer),
    Column("first_answer_at", Integer),
    Column("last_answer_at", Integer),
    Column("last_asked_at", Integer),
    Column("last_posts", Integer, nullable=False, server_default="0"),
    Column("state", Text, nullable=False, server_default="new"),
    Column("problem", Text, nullable=False, server_default=""),
    Column("advice", Text, nullable=False, server_default=""),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("failing_since", Integer),
    Column("not_before", Integer),
    Column("ordered", Integer, nullable=False, server_default="0"),  # the server itself said when to come back
    Column("due_at", Integer),  # when it is to be asked again where nobody looks on; null: as soon as can be
    Column("pace", Text),  # how much is new there (``listening.pace``)
    Column("seen", LargeBinary),  # the posts of the last page, four bytes each: which of the next ones are new
)

IMPORTED = "imported"
"""The state of a feed that nobody asks: its posts come from files."""

heard = Table(
    "heard",
    metadata,
    Column("feed", Integer, nullable=False),
    Column("day", Integer, nullable=False),
    Column("answered", Integer, nullable=False, server_default="0"),
    Column("failed", Integer, nullable=False, server_default="0"),
    PrimaryKeyConstraint("feed", "day"),
    sqlite_with_rowid=False,
)

topics = Table(
    "topics",
    metadata,
    Column("no", Integer, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
)

mentions = Table(
    "mentions",
    metadata,
    Column("n", Integer, primary_key=True),
    Column("id", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("feed", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("author", Text),
    Column("author_url", Text),
    Column("author_followers", Integer),
    Column("language", Text),
    Column("published_at", Integer, nullable=False),
    Column("edited_at", Integer),
    Column("date_from", Text, nullable=False),
    Column("collected_at", Integer, nullable=False),
    Column("likes", Integer),
    Column("replies", Integer),
    Column("reposts", Integer),
    Column("views", Integer),
    Column("reply_to", Text),
    Column("sensitive", Integer, nullable=False),
    Column("topics", Text, nullable=False),
    Column("matched", Text, nullable=False),
    Column("own", Integer, nullable=False),
    Column("question", Integer),
    Column("vader", Float),
    Column("score", Float),
    Column("tag", Text, nullable=False),
    Column("confidence", Float),
    Column("tagger", Text, nullable=False),
    Column("story", Text),  # the id of the story's first mention; its own where it is the first
    Column("withdrawn_at", Integer),
    Column("why", Text, nullable=False),
    Column("story_by", Text),  # "person" where somebody split or joined by hand: no machine changes it then
    UniqueConstraint("id"),
)
Index("own_posts", mentions.c.published_at, sqlite_where=mentions.c.own == 1)
Index(
    "followed_posts",
    *(mentions.c[name] for name in ("published_at", "n", "author_followers", "source", "author_url", "author")),
    sqlite_where=mentions.c.author_followers.is_not(None),
)

Index("mentions_by_parent", mentions.c.reply_to, sqlite_where=mentions.c.reply_to.is_not(None))
Index("copies_by_story", mentions.c.story, sqlite_where=mentions.c.story != mentions.c.id)

places = Table(
    "places",
    metadata,
    Column("n", Integer, nullable=False),
    Column("feed", Text, nullable=False),
    Column("id", Text, nullable=False),  # that the post has there; "" where it is the mention's own
    Column("at", Integer, nullable=False),
    PrimaryKeyConstraint("n", "feed", "id"),
    Index("places_by_id", "id"),
    sqlite_with_rowid=False,
)
"""Where a mention was met as well, after the place where it was first seen and is counted."""

links = Table(
    "links",
    metadata,
    Column("topic", Integer, nullable=False),
    Column("published_at", Integer, nullable=False),
    Column("n", Integer, nullable=False),
    Column("day", Integer, nullable=False),
    Column("feed", Integer, nullable=False),
    Column("tag", Text, nullable=False),
    Column("score", Float),
    Column("engagement", Integer),
    Column("question", Integer),  # as in mentions: 1 where it asks for something, null where nobody can tell
    Column("story", Integer),  # the number of the story's first mention; its own where it is the first
    PrimaryKeyConstraint("topic", "published_at", "n"),
    Index("links_by_tag", "topic", "tag", "published_at", "n", "feed", "engagement"),
    Index("links_by_feed", "topic", "feed", "published_at", "n", "tag"),
    Index("links_by_mention", "n"),
    sqlite_with_rowid=False,
)

Index(
    "links_copies",
    *(links.c[name] for name in ("topic", "story", "published_at", "n", "feed", "tag")),
    sqlite_where=links.c.story != links.c.n,
)
Index(
    "links_questions",
    *(links.c[name] for name in ("topic", "published_at", "n", "feed", "tag", "engagement")),
    sqlite_where=text("question = 1"),
)

story_keys = Table(
    "story_keys",
    metadata,
    Column("key", Integer, nullable=False),
    Column("n", Integer, nullable=False),
    PrimaryKeyConstraint("key", "n"),
    sqlite_with_rowid=False,
)
"""Under which numbers a mention is looked for when a copy of it may have come (``stories.Gist``)."""

daily = Table(
    "daily",
    metadata,
    Column("topic", Integer, nullable=False),
    Column("day", Integer, nullable=False),
    Column("feed", Integer, nullable=False),
    Column("tag", Text, nullable=False),
    Column("count", Integer, nullable=False),
    Column("asking", Integer, nullable=False, server_default="0"),  # how many of them ask for something
    PrimaryKeyConstraint("topic", "day", "feed", "tag"),
    sqlite_with_rowid=False,
)
"""How many mentions a local day has, by topic, feed and tag: kept with the links (``sqlite.TRIGGERS``)."""

sums = Table(
    "sums",
    metadata,
    Column("topic", Integer, nullable=False),
    Column("span", Integer, nullable=False),  # a day, 20261122, or a month, 202611
    Column("feed", Integer, nullable=False),
    Column("tag", Text, nullable=False),
    Column("count", Integer, nullable=False),
    Column("asking", Integer, nullable=False),
    PrimaryKeyConstraint("topic", "span", "feed", "tag"),
    sqlite_with_rowid=False,
)
"""What ``daily`` adds up to: each day over all feeds (feed 0), and each feed over a month. A year of forty feeds is
then counted from a few thousand rows, not from fifty thousand."""

terms = Table(
    "terms",
    metadata,
    Column("n", Integer, primary_key=True),
    Column("codes", LargeBinary, nullable=False),  # listening.terms.codes of title and text
)

runs = Table(
    "runs",
    metadata,
    Column("no", Integer, primary_key=True),
    Column("started_at", Integer, nullable=False),
    Column("alive_at", Integer, nullable=False),
    Column("finished_at", Integer),
    Column("feeds", Integer, nullable=False),
    Column("done", Integer, nullable=False, server_default="0"),
    Column("failed", Integer, nullable=False, server_default="0"),
    Column("posts", Integer, nullable=False, server_default="0"),
    Column("new", Integer, nullable=False, server_default="0"),
    Column("note", Text, nullable=False, server_default=""),
)

imports = Table(
    "imports",
    metadata,
    Column("no", Integer, primary_key=True),
    Column("mark", Text, nullable=False, unique=True),  # of the file, how it is read, and the queries then
    Column("file", Text, nullable=False),  # its name, without its folder
    Column("name", Text, nullable=False),  # of the feeds that its posts are of, without their kind of place
    Column("rows", Integer, nullable=False),
    Column("done", Integer, nullable=False),
    Column("tally", Text, nullable=False),  # JSON: what the rows gave
    Column("started_at", Integer, nullable=False),
    Column("alive_at", Integer, nullable=False),
    Column("finished_at", Integer),
)
"""Files of other tools, and how many of their rows are done: one that is stopped goes on where it was."""

access_log = Table(
    "access_log",
    metadata,
    Column("no", Integer, primary_key=True),
    Column("at", Integer, nullable=False),
    Column("who", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("detail", Text, nullable=False),
)

# --- review ---------------------------------------------------------------------------------------------------------


def _verdict_columns() -> list[Column[Any]]:
    """What people may say of a mention (``models.Verdict``)."""
    return [
        Column("tag", Text),
        Column("relevant", Integer),
        Column("asks", Integer),
        Column("status", Text, nullable=False, server_default=""),
        Column("department", Text, nullable=False, server_default=""),
        Column("note", Text, nullable=False, server_default=""),
        Column("answered_by", Text, nullable=False, server_default=""),
        Column("channel", Text, nullable=False, server_default=""),
        Column("minutes", Integer),
        Column("answered_at", Integer),
    ]


reviews = Table(
    "reviews",
    metadata,
    Column("no", Integer, primary_key=True),
    Column("act", Integer, nullable=False),  # the same for all that one click or key did
    Column("n", Integer, nullable=False),
    Column("reviewer", Text, nullable=False),
    Column("at", Integer, nullable=False),
    Column("kind", Text, nullable=False),  # verdict, undo, or second: a second reading, which decides nothing
    Column("machine", Text, nullable=False),  # the tag that the machine gave then
    Column("changed", Text, nullable=False),  # the names of what this entry set, by commas
    Column("against", Integer),  # the entry of somebody else that this one contradicts without having seen it
    Column("undoes", Integer),  # of an undo: the act that it takes back
    *_verdict_columns(),
    Index("reviews_by_mention", "n", "no"),
    Index("reviews_by_act", "act"),
    Index("reviews_by_reviewer", "reviewer", "act", "at"),
    Index("reviews_undone", "undoes", sqlite_where=text("undoes IS NOT NULL")),
    Index("reviews_against", "n", "no", sqlite_where=text("against IS NOT NULL")),
)
"""The log: nothing in it is changed or taken out, but what is purged or forgotten. Each entry holds the whole state
that it left."""

verdicts = Table(
    "verdicts",
    metadata,
    Column("n", Integer, primary_key=True),
    Column("entry", Integer, nullable=False),
    Column("reviewer", Text, nullable=False),
    Column("at", Integer, nullable=False),
    Column("published_at", Integer, nullable=False),
    *_verdict_columns(),
    Index("verdicts_by_time", "published_at"),
    Index("verdicts_by_department", "department", "status"),
)
"""The state that each mention's latest entry left, kept in the same transaction: a page need not look for it."""

claims = Table(
    "claims",
    metadata,
    Column("n", Integer, primary_key=True),
    Column("reviewer", Text, nullable=False),
    Column("until", Integer, nullable=False),
)
"""Who has taken which stories (by their first mention's number) to review, and until when others leave them alone."""

sent = Table(
    "sent",
    metadata,
    Column("n", Integer, nullable=False),
    Column("department", Text, nullable=False),
    Column("at", Integer, nullable=False),
    PrimaryKeyConstraint("n", "department"),
    sqlite_with_rowid=False,
)
"""What was in a message to a department: it goes there once."""

weeks = Table(
    "weeks",
    metadata,
    Column("no", Integer, primary_key=True),
    Column("week", Text, nullable=False),  # 2026-W47
    Column("at", Integer, nullable=False),
    Column("who", Text, nullable=False),
    Column("what", Text, nullable=False),  # closed, reopened
    Column("numbers", Text, nullable=False, server_default=""),  # JSON, of a week that was closed
    Index("weeks_by_week", "week", "no"),
)
"""The log of closed and reopened weeks; the numbers of a closed week stand still in its entry."""

# --- keeping and forgetting -------------------------------------------------------------------------------------------

files = Table(
    "files",
    metadata,
    Column("n", Integer, primary_key=True),
    Column("at", Integer, nullable=False),
    Column("who", Text, nullable=False),
    Column("kind", Text, nullable=False),  # export, report, page, snapshot, backup or chart
    Column("path", Text, nullable=False),  # "" where a browser took it: nobody knows where it lies
    Column("start", Integer),  # of the view's times; null: from the beginning
    Column("end", Integer),  # null: up to the end
    Column("rows", Integer),
    Column("digest", Text, nullable=False, server_default=""),  # SHA-256 when it was written, in hex
    Column("detail", Text, nullable=False, server_default=""),
    Column("gone_at", Integer),  # since then it is known not to be there any more
)
"""Every file that was written and may hold mentions: where a forgotten post may still be."""

forgotten = Table(
    "forgotten",
    metadata,
    Column("mark", Text, primary_key=True),  # a keyed hash in hex; the key stands in ``meta``
    Column("what", Text, nullable=False),  # post, author, or old: too old to be kept, and without a date of its own
    Column("at", Integer, nullable=False),
    sqlite_with_rowid=False,
)
"""What is not to be collected again, so that it is not said what it was."""

rechecks = Table(
    "rechecks",
    metadata,
    Column("n", Integer, primary_key=True),
    Column("at", Integer, nullable=False),
    Column("missing_at", Integer),  # since when it was not found (404), where that alone does not yet say it is gone
)
"""When a mention was last looked up at its source."""

spent = Table(
    "spent",
    metadata,
    Column("budget", Text, nullable=False),
    Column("period", Text, nullable=False),  # 2026-11-29, or 2026-11
    Column("used", Integer, nullable=False),
    PrimaryKeyConstraint("budget", "period"),
    sqlite_with_rowid=False,
)
"""What was used of a source's budgets (``models.Budget``), in their units times scale."""

# --- conversations ----------------------------------------------------------------------------------------------------

replies = Table(
    "replies",
    metadata,
    Column("n", Integer, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("source", Text, nullable=False),
    Column("feed", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("author", Text),
    Column("author_url", Text),
    Column("published_at", Integer, nullable=False),
    Column("date_from", Text, nullable=False),
    Column("collected_at", Integer, nullable=False),
    Column("reply_to", Text),
    Column("sensitive", Integer, nullable=False),
    Column("own", Integer, nullable=False),
    Column("around", Integer),  # the number of the mention it was said around; below zero: of our own post here
    Index("replies_by_parent", "reply_to", "source"),
    Index("replies_around", "around"),
    Index("replies_by_time", "own", "published_at"),
    sqlite_autoincrement=True,  # a number that was somebody's is nobody else's
)
"""Posts of our own accounts, answers to them, and what was said around mentions, as far as no topic matches them. They
are in no number; they say what was answered, and what a mention was said to."""

answers = Table(
    "answers",
    metadata,
    Column("n", Integer, primary_key=True),
    Column("at", Integer, nullable=False),
    Column("id", Text, nullable=False),  # of our answer, in ``replies`` or in ``mentions``
)
"""Mentions of which it was seen at their source that one of our accounts answered them: the first such answer. It is
noted in the review's log once; what a person says of it later stands."""

threads = Table(
    "threads",
    metadata,
    Column("n", Integer, primary_key=True),  # of the mention; below zero: of our own post in ``replies``
    Column("at", Integer, nullable=False),
    Column("posts", Integer),  # how many there were; null: it was tried, and could not be read
)
"""When the conversation around a post was last read, or tried to be read."""
