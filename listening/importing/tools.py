"""Which tool wrote a file, by its column names; and what the columns of an unknown one probably hold.

A column is known by its name with case, blanks and dashes folded away. What a tool says of good and bad is not read:
ours tags every post by the same rules.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from listening.importing.layout import Layout
from listening.spreadsheet import folded_name

Columns = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Tool:
    """A tool whose exports are known: by all of ``marks`` and one of ``one_of``, and how they are read."""

    key: str
    label: str
    marks: frozenset[str]
    one_of: frozenset[str] = frozenset()
    layout: Layout


def _tool(key: str, label: str, marks: str, one_of: str = "", **how: object) -> Tool:
    columns: dict[str, tuple[str, ...]] = {}
    rest: dict[str, object] = {}
    for name, value in how.items():
        if name in ("source", "timezone", "together"):
            rest[name] = value
        else:
            columns[name] = tuple(str(value).split("|"))
    return Tool(
        key=key,
        label=label,
        marks=frozenset(filter(None, marks.split("|"))),
        one_of=frozenset(filter(None, one_of.split("|"))),
        layout=Layout(tool=label, columns=columns, **rest),  # type: ignore[arg-type]
    )


TOOLS: tuple[Tool, ...] = (
    _tool(
        "brandwatch", "Brandwatch", "query id|query name|url|date", "full text|snippet",
        text="full text|snippet", title="title", url="url", date="date", author="author",
        author_id="bluesky author id", place="page type|domain", language="language",
        followers="x followers|twitter followers|followers", likes="likes|x likes|instagram likes|facebook likes",
        replies="comments|x replies|instagram comments|facebook comments",
        reposts="shares|x reposts|twitter retweets|facebook shares",
    ),
    _tool(
        "meltwater", "Meltwater", "url|date|hit sentence", "opening text|headline|influencer",
        text="opening text|hit sentence", together=("text",), title="headline", url="url", id="tweet id", date="date",
        time="time", author="twitter screen name|influencer", author_url="user profile url", place="source",
        language="language", followers="twitter followers", views="views",
    ),
    _tool(
        "talkwalker", "Talkwalker", "url|published",
        "content snippet|extra author attributes.name|source type|article extended attributes.num comments",
        text="content|content snippet", title="title|title snippet", url="url", date="published|published ts",
        author="extra author attributes.short name|extra author attributes.name",
        author_url="extra author attributes.url", place="source type|post type", language="lang",
        followers="source extended attributes.twitter followers",
        likes="article extended attributes.facebook likes|article extended attributes.twitter likes"
        "|article extended attributes.youtube likes",
        replies="article extended attributes.num comments",
        reposts="article extended attributes.facebook shares|article extended attributes.twitter retweets"
        "|article extended attributes.twitter shares",
        views="article extended attributes.youtube views",
    ),
    _tool(
        "crowdtangle", "CrowdTangle (Facebook)", "post created|total interactions|url", "page name|group name",
        source="facebook", text="message|description|image text|link text", url="url", date="post created",
        author="page name|group name", followers="followers at posting|likes at posting", likes="likes",
        replies="comments", reposts="shares", views="total views|post views",
    ),
    _tool(
        "crowdtangle", "CrowdTangle (Instagram)", "post created|total interactions|url|account",
        source="instagram", text="description|image text", url="url", date="post created", author="user name|account",
        followers="followers at posting", likes="likes", replies="comments", views="views",
    ),
    _tool(
        "reddit", "Reddit (fields of its API)", "permalink|title|created utc|num comments", "selftext|subreddit id",
        source="reddit", text="selftext", title="title", url="permalink", id="name", date="created utc",
        author="author", likes="score", replies="num comments", sensitive="over 18",
    ),
    _tool(
        "minet", "minet (X)", "id|timestamp utc|text|user screen name", source="x", timezone="UTC",
        text="text", url="url", id="id", date="timestamp utc", author="user screen name", language="lang",
        followers="user followers", likes="like count", replies="reply count", reposts="retweet count",
        views="impression count", reply_to="to tweetid", sensitive="possibly sensitive",
    ),
    _tool(
        "minet", "minet (Bluesky)", "uri|text|user handle|user did", source="bluesky", timezone="UTC",
        text="text", url="url", id="uri", date="timestamp utc", author="user handle", author_id="user did",
        language="user langs", likes="like count", replies="reply count", reposts="repost count",
        reply_to="to post uri",
    ),
    _tool("tweets", "Tweets", "tweet id|tweet text", source="x", text="tweet text", id="tweet id"),
    _tool(
        "meta", "Meta Content Library", "text|creation time", "post owner.name|statistics.like count",
        text="text", id="id", date="creation time", author="post owner.username|post owner.name", language="lang",
        likes="statistics.like count", replies="statistics.comment count", reposts="statistics.share count",
        views="statistics.views", timezone="UTC",
    ),
)  # fmt: skip

GUESSES: Columns = {
    "text": (
        "text", "full text", "message", "content", "body", "post text", "tweet text", "comment", "comments text",
        "feedback", "suggestion", "idea", "description", "caption", "review", "answer", "response", "post", "snippet",
        "selftext", "what",
    ),
    "title": ("title", "headline", "subject", "idea title", "suggestion title"),
    "url": ("url", "link", "permalink", "post url", "post link", "perma link", "address", "webpage url"),
    "id": ("id", "post id", "tweet id", "message id", "item id", "response id", "suggestion id", "idea id"),
    "date": (
        "date", "published", "published at", "created at", "created", "created time", "creation time", "timestamp",
        "posted at", "post created", "date created", "submitted", "submitted at", "created utc", "timestamp utc",
        "unix timestamp", "datetime", "date time", "published date", "day", "when",
    ),
    "time": ("time", "post created time"),
    "place": ("network", "platform", "source type", "social network", "page type", "channel type", "source"),
    "author": (
        "author", "username", "user name", "screen name", "user screen name", "handle", "name", "user", "author name",
        "creator name", "profile", "page name", "account", "who",
    ),
    "author_url": ("author url", "profile url", "user url"),
    "followers": ("followers", "author followers", "user followers", "follower count", "followers count"),
    "likes": ("likes", "like count", "favorites", "favorite count", "reactions", "votes", "vote count", "score"),
    "replies": ("replies", "comments", "reply count", "comment count", "comments count", "num comments"),
    "reposts": ("shares", "reposts", "retweets", "retweet count", "share count", "repost count"),
    "views": ("views", "view count", "impressions", "impression count"),
    "language": ("language", "lang"),
}  # fmt: skip

KNOWN_NAMES: frozenset[str] = frozenset(
    folded_name(name)
    for columns in (GUESSES, *(tool.layout.columns for tool in TOOLS))
    for names in columns.values()
    for name in names
) | frozenset(mark for tool in TOOLS for mark in (*tool.marks, *tool.one_of))


def recognised(header: Sequence[str], wanted: str = "") -> Tool | None:
    """The tool that writes such column names; of several that fit the one of which most names are there.

    ``wanted``: only this tool (``Tool.key``), as far as it fits at all.
    """
    names = {folded_name(name) for name in header}
    fitting = [
        tool
        for tool in TOOLS
        if (not wanted or tool.key == wanted) and tool.marks <= names and (not tool.one_of or names & tool.one_of)
    ]
    return max(fitting, key=lambda tool: len(tool.marks) + len(names & _names(tool)), default=None)


def _names(tool: Tool) -> set[str]:
    return {folded_name(name) for names in tool.layout.columns.values() for name in names}


def guessed(header: Sequence[str]) -> Layout:
    """What the columns of an unknown file probably hold, by their names: to be shown to a person."""
    names = [folded_name(name) for name in header]
    columns: dict[str, tuple[str, ...]] = {}
    taken: set[int] = set()
    for what, known in GUESSES.items():
        place = next((names.index(name) for name in known if name in names and names.index(name) not in taken), None)
        if place is not None:
            taken.add(place)
            columns[what] = (header[place],)
    return Layout(columns=columns)
