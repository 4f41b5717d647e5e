"""Saved answers of every source, as its service words them, with which our own collectors are held to the contract.

The town, its people and all they say are invented.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from test_collectors import OPTIONS

from listening.collectors import Collector, collector
from listening.collectors._promises import Answers

FEEDS = Path(__file__).parent / "feeds"
AT = 1_772_625_600
"""Noon of 4 March 2026."""


@dataclass(frozen=True, kw_only=True)
class Saved:
    """A feed of a source with its secrets, and what the service answers."""

    source: str
    options: Mapping[str, str] = field(default_factory=dict)
    answers: Answers
    secrets: Mapping[str, str] = field(default_factory=dict)
    session: bytes = b""
    looked_up: Mapping[str, bytes] = field(default_factory=dict)
    conversations: Answers = field(default_factory=dict)

    @property
    def collector(self) -> Collector:
        """The source's own."""
        return collector(self.source)

    @property
    def contract(self) -> dict[str, Any]:
        """What a subclass of the contract names."""
        names = ("collector", "answers", "secrets", "session", "looked_up", "conversations")
        return {name: getattr(self, name) for name in names} | {"options": self.options or OPTIONS[self.source]}


def said(data: object) -> bytes:
    """As it comes over the wire."""
    return json.dumps(data).encode()


def saved(*names: str) -> dict[str, bytes]:
    """The files of this name."""
    return {name: (FEEDS / name).read_bytes() for name in names}


# --- Mastodon and Reddit ----------------------------------------------------------------------------------------------


def status(number: int, text: str, **more: Any) -> dict[str, Any]:
    """A post on Mastodon."""
    return {
        "id": str(number),
        "uri": f"https://river.example/users/ada/statuses/{number}",
        "url": f"https://river.example/@ada/{number}",
        "created_at": "2026-03-04T12:00:00.000Z",
        "edited_at": None,
        "in_reply_to_id": None,
        "visibility": "public",
        "sensitive": False,
        "spoiler_text": "",
        "language": "en",
        "content": f"<p>{text}</p>",
        "replies_count": 1,
        "reblogs_count": 2,
        "favourites_count": 3,
        "media_attachments": [{"type": "image", "description": "A ferry"}],
        "mentions": [],
        "account": {"id": "4", "acct": "ada", "url": "https://river.example/@ada", "followers_count": 12},
        **more,
    }


ON_MASTODON = status(1103, "The Quillhaven ferry is a joy.")


def thing(kind: str, name: str, **more: Any) -> dict[str, Any]:
    """A post (t3) or a comment (t1) on Reddit."""
    about = {
        "name": f"{kind}_{name}",
        "id": name,
        "author": "kind_otter",
        "created_utc": AT,
        "edited": False,
        "score": 4,
    }
    return {"kind": kind, "data": about | more}


def listing(*things: dict[str, Any], after: str | None = None) -> dict[str, Any]:
    """A listing of Reddit's API."""
    return {"kind": "Listing", "data": {"after": after, "children": list(things)}}


FERRY = thing(
    "t3",
    "2a",
    title="Quillhaven ferry &amp; tea",
    selftext="**Good** ferry",
    selftext_html='&lt;div class="md"&gt;&lt;p&gt;Good ferry&lt;/p&gt;&lt;/div&gt;',
    permalink="/r/quillhaven/comments/2a/ferry/",
    num_comments=2,
    over_18=False,
)
BRIDGE = thing("t3", "2b", title="Quillhaven bridge", selftext="", permalink="/r/quillhaven/comments/2b/bridge/")
UNDER = thing("t1", "k2", body="Quillhaven has tea too.", parent_id="t1_k1", link_id="t3_2a", replies="")
COMMENT = thing("t1", "k1", body="Yes, really.", parent_id="t3_2a", link_id="t3_2a", replies=listing(UNDER))
APP = {"LISTENING_REDDIT_APP_KEY": "app-of-the-town", "LISTENING_REDDIT_APP_SECRET": "kind-boat-lamp-wave"}

# --- Bluesky ----------------------------------------------------------------------------------------------------------


def view(number: int, text: str, reply_to: str = "") -> dict[str, Any]:
    """A post on Bluesky."""
    record: dict[str, Any] = {"$type": "app.bsky.feed.post", "text": text, "createdAt": "2026-03-04T12:00:00.000Z"}
    if reply_to:
        record["reply"] = {"root": {"uri": reply_to, "cid": "bafy"}, "parent": {"uri": reply_to, "cid": "bafy"}}
    link = {"$type": "app.bsky.richtext.facet#link", "uri": "https://quillhaven.example/ferry"}
    record["facets"] = [{"index": {"byteStart": 0, "byteEnd": 3}, "features": [link]}]
    record["langs"] = ["en"]
    return {
        "uri": at(number),
        "cid": "bafy",
        "author": {"did": "did:plc:ada", "handle": "ada.example", "displayName": "Ada", "labels": []},
        "record": record,
        "embed": {
            "$type": "app.bsky.embed.images#view",
            "images": [{"alt": "A ferry", "thumb": "https://cdn.example/1"}],
        },
        "replyCount": 1,
        "repostCount": 2,
        "likeCount": 3,
        "quoteCount": 0,
        "indexedAt": "2026-03-04T12:00:01.000Z",
        "labels": [{"src": "did:plc:label", "val": "nsfl", "neg": True}],
    }


def at(number: int) -> str:
    """The address of a post on Bluesky."""
    return f"at://did:plc:ada/app.bsky.feed.post/3k{number}"


VIEWS = [view(1, "I like the Quillhaven ferry."), view(2, "So do I, in Quillhaven.", at(1))]
NODE = "app.bsky.feed.defs#threadViewPost"
THREAD = {
    "$type": NODE,
    "post": VIEWS[1],
    "parent": {"$type": NODE, "post": VIEWS[0], "parent": {"uri": at(0), "notFound": True}},
    "replies": [{"$type": NODE, "post": view(3, "All of us do.", at(2)), "replies": []}],
}
SERVICE = {"id": "#atproto_pds", "type": "AtprotoPersonalDataServer", "serviceEndpoint": "https://home.bsky.example"}
SESSION = {
    "accessJwt": "access-token-of-the-town",
    "refreshJwt": "renewal-token-of-the-town",
    "handle": "town.quillhaven.example",
    "did": "did:plc:town",
    "didDoc": {"service": [SERVICE]},
    "active": True,
}

# --- YouTube ----------------------------------------------------------------------------------------------------------

VIDEO, TOP = "video000001", "UgxQuillhaven00000001"
CLIP = {
    "publishedAt": "2026-03-04T12:00:00Z",
    "channelId": "UCquillhaven_town_000000",
    "channelTitle": "Town of Quillhaven",
    "title": "A walk through Quillhaven",
    "description": "By the river & back.",
}
PAGE_INFO = {"totalResults": 1, "resultsPerPage": 50}


def tube(kind: str, *items: dict[str, Any], **more: Any) -> bytes:
    """A list of YouTube's API."""
    return said({"kind": f"youtube#{kind}ListResponse", "pageInfo": PAGE_INFO, "items": list(items), **more})


def remark(key: str, text: str, **more: Any) -> dict[str, Any]:
    """A comment below a video."""
    snippet = {
        "textDisplay": text,
        "textOriginal": text,
        "authorDisplayName": "@ada",
        "authorChannelUrl": "http://www.youtube.com/@ada",
        "authorChannelId": {"value": "UCada_lives_in_quillhave"},
        "likeCount": 3,
        "publishedAt": "2026-03-04T13:00:00Z",
        "updatedAt": "2026-03-04T14:00:00Z",
    }
    return {"kind": "youtube#comment", "id": key, "snippet": snippet | more}


FOUND = {"kind": "youtube#searchResult", "id": {"kind": "youtube#video", "videoId": VIDEO}, "snippet": CLIP}
NUMBERS = {"viewCount": "1200", "likeCount": "41", "commentCount": "2"}
WATCHED = {
    "kind": "youtube#video",
    "id": VIDEO,
    "snippet": CLIP,
    "contentDetails": {"duration": "PT3M", "contentRating": {}},
    "statistics": NUMBERS,
}
REPLY = remark(f"{TOP}.9abc", "Quillhaven is lovely.", parentId=TOP)
BELOW = {
    "kind": "youtube#commentThread",
    "id": TOP,
    "snippet": {"videoId": VIDEO, "topLevelComment": remark(TOP, "Hello.", videoId=VIDEO), "totalReplyCount": 1},
    "replies": {"comments": [REPLY]},
}

CHANNEL_FEED = f"""<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns:yt="http://www.youtube.com/xml/schemas/2015" xmlns:media="http://search.yahoo.com/mrss/"
  xmlns="http://www.w3.org/2005/Atom"><title>Town of Quillhaven</title><entry><id>yt:video:{VIDEO}</id>
<yt:videoId>{VIDEO}</yt:videoId><title>A walk through Quillhaven</title>
<link rel="alternate" href="https://www.youtube.com/watch?v={VIDEO}"/>
<author><name>Town of Quillhaven</name><uri>https://www.youtube.com/channel/{CLIP["channelId"]}</uri></author>
<published>2026-03-04T12:00:00+00:00</published><updated>2026-03-04T13:00:00+00:00</updated>
<media:group><media:description>By the river.</media:description><media:community><media:starRating count="41"
average="5.00"/><media:statistics views="1200"/></media:community></media:group></entry></feed>""".encode()

# --- X ----------------------------------------------------------------------------------------------------------------


def tweet(number: int, **more: Any) -> dict[str, Any]:
    """A post on X."""
    key = str((AT * 1000 - 1_288_834_974_657 << 22) + number)
    return {
        "id": key,
        "text": f"The Quillhaven ferry is a joy, trip {number}. https://t.co/abc",
        "author_id": "1",
        "created_at": "2026-03-04T12:00:00.000Z",
        "lang": "en",
        "edit_history_tweet_ids": [key],
        "public_metrics": {"retweet_count": 1, "reply_count": 2, "like_count": 3, "quote_count": 0},
        "possibly_sensitive": False,
        "entities": {"urls": [{"url": "https://t.co/abc", "expanded_url": "https://quillhaven.example/ferry"}]},
        "referenced_tweets": [{"type": "replied_to", "id": "7"}],
        **more,
    }


ADA = {"id": "1", "username": "ada", "name": "Ada", "public_metrics": {"followers_count": 12}}
COUNTED = {"data": [{"start": "a", "end": "b", "tweet_count": 30}], "meta": {"total_tweet_count": 30}}
LOST = {
    "value": tweet(2)["id"],
    "resource_id": tweet(2)["id"],
    "parameter": "ids",
    "resource_type": "tweet",
    "title": "Not Found Error",
    "type": "https://api.twitter.com/2/problems/resource-not-found",
}


def tweets(*items: dict[str, Any], **meta: Any) -> bytes:
    """A page of X's search."""
    counted: dict[str, Any] = {"result_count": len(items), **meta}
    return said({"data": list(items), "includes": {"users": [ADA]}, "meta": counted})


# --- Lemmy ------------------------------------------------------------------------------------------------------------


def posted(number: int) -> dict[str, Any]:
    """A post on Lemmy, with the names of 0.19 and of 1.0."""
    when = "2026-03-04T12:00:00Z"
    post = {
        "id": number,
        "name": f"Quillhaven ferry, trip {number}",
        "body": "Kind **crew**.",
        "published": when,
        "published_at": when,
        "deleted": False,
        "removed": False,
        "nsfw": False,
        "ap_id": f"https://lemmy.example/post/{number}",
        "featured_community": False,
        "score": 5,
        "comments": 2,
    }
    ada = {"name": "ada", "actor_id": "https://lemmy.example/u/ada", "ap_id": "https://lemmy.example/u/ada"}
    return {
        "post": post,
        "creator": {**ada, "instance_id": 1},
        "community": {"name": "ferries", "nsfw": False},
        "counts": {"score": 5, "comments": 2},
    }


def commented(number: int, path: str) -> dict[str, Any]:
    """A comment on Lemmy below the first post."""
    comment = {
        "id": number,
        "post_id": 1,
        "content": f"I like Quillhaven, said {number}.",
        "published": "2026-03-04T13:00:00Z",
        "published_at": "2026-03-04T13:00:00Z",
        "deleted": False,
        "removed": False,
        "ap_id": f"https://lemmy.example/comment/{number}",
        "path": path,
    }
    return {**posted(1), "comment": comment, "counts": {"score": 3, "child_count": 1}}


HELD = commented(9, "0.8.9")
BELOW_IT = {"comments": [HELD, commented(10, "0.8.9.10")]}

# --- Hacker News ------------------------------------------------------------------------------------------------------


def hit(number: int, **more: Any) -> dict[str, Any]:
    """A post as the search of Hacker News finds it."""
    return {
        "objectID": str(number),
        "created_at": "2026-03-04T12:00:00Z",
        "created_at_i": AT,
        "author": "ada",
        "title": None,
        "points": None,
        "num_comments": None,
        **more,
    }


STORY = hit(7, title="The Quillhaven ferry", points=12, num_comments=2, story_text="A joy.", _tags=["story"])
HEARD = hit(8, comment_text="I took the Quillhaven <i>ferry</i>.", parent_id=7, _tags=["comment", "story_7"])


def page(*hits: dict[str, Any]) -> bytes:
    """One of two pages of hits."""
    return said({"hits": list(hits), "nbHits": 2, "nbPages": 2, "page": 0, "hitsPerPage": 1})


def item(number: int, kind: str, *children: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A post with what stands below it."""
    about: dict[str, Any] = {
        "id": number,
        "type": kind,
        "author": "bo",
        "created_at_i": AT,
        "points": 3,
        "children": list(children),
    }
    return {**about, "text": "Quillhaven is <b>nice</b>.", "title": None, "parent_id": None, **more}


LIVE = {
    "id": 7,
    "type": "story",
    "by": "ada",
    "time": AT,
    "title": "The Quillhaven ferry",
    "score": 13,
    "descendants": 2,
}

# --- GDELT, Stack Exchange, Threads, news -----------------------------------------------------------------------------

ARTICLES = [
    {
        "url": f"https://www.herald.example/quillhaven/{number}",
        "url_mobile": "",
        "title": f"Quillhaven opens ferry {number}",
        "seendate": "20260304T120000Z",
        "socialimage": "",
        "domain": "herald.example",
        "language": "English",
        "sourcecountry": "United States",
    }
    for number in (1, 2)
]
TRAVEL = "https://travel.stackexchange.com"
OWNER = {"user_id": 7, "display_name": "Ada &amp; Bo", "link": f"{TRAVEL}/users/7/ada", "reputation": 12}


def question(number: int) -> dict[str, Any]:
    """A question about the town."""
    return {
        "question_id": number,
        "link": f"{TRAVEL}/questions/{number}/quillhaven",
        "title": "Is the Quillhaven ferry &quot;nice&quot;?",
        "body": "<p>I <b>like</b> it.</p>",
        "creation_date": AT,
        "last_edit_date": AT + 60,
        "owner": OWNER,
        "score": 3,
        "answer_count": 1,
        "view_count": 40,
        "tags": ["ferries"],
    }


def wrapped(*items: dict[str, Any], more: bool = False) -> bytes:
    """Items as Stack Exchange wraps them."""
    return said({"items": list(items), "has_more": more, "quota_max": 10_000, "quota_remaining": 9_000})


HELP = {"answer_id": 11, "question_id": 9, "body": "<p>Very.</p>", "creation_date": AT, "owner": OWNER, "score": 2}
ASIDE = {"comment_id": 21, "post_id": 11, "body": "Thank you.", "creation_date": AT, "owner": OWNER, "score": 0}


def threads(*numbers: int) -> bytes:
    """A page of Threads."""
    posts = [
        {
            "id": str(18_000_000 + number),
            "text": f"Quillhaven has the nicest ferry, trip {number}.",
            "media_type": "TEXT_POST",
            "permalink": f"https://www.threads.net/@ada/post/C{number}",
            "timestamp": "2026-03-04T12:00:00+0000",
            "username": "ada",
            "has_replies": False,
            "is_quote_post": False,
            "is_reply": False,
        }
        for number in numbers
    ]
    return said({"data": posts, "paging": {"cursors": {"before": "c0", "after": f"c{numbers[-1]}"}}})


ALERT = "https://www.google.com/alerts/feeds/04175460000000012345/4428013280000054321"

SAVED: dict[str, Saved] = {
    "rss": Saved(source="rss", answers=saved("ordinary_rss.xml", "ordinary_atom.xml", "items.json")),
    "mastodon": Saved(
        source="mastodon",
        answers=saved("tag.json", "tag.rss"),
        looked_up={"as it is now": said(ON_MASTODON)},
        conversations={
            ON_MASTODON["uri"]: said(
                {
                    "ancestors": [status(1, "Hello, Quillhaven.")],
                    "descendants": [status(1104, "Yes.", in_reply_to_id="1103")],
                }
            )
        },
    ),
    "mastodon, without https": Saved(
        source="mastodon",
        options={"server": "http://river.example", "tag": "quillhaven"},
        answers={"one": said([ON_MASTODON | {"uri": "http://river.example/users/ada/statuses/1103"}])},
        looked_up={"as it is now": said(ON_MASTODON)},
    ),
    "mastodon, a search": Saved(
        source="mastodon",
        options={"server": "river.example", "search": "Quillhaven"},
        secrets={"LISTENING_MASTODON_TOKEN": "token-of-the-town@river.example other-token@hill.example"},
        answers={"two": said({"accounts": [], "hashtags": [], "statuses": [ON_MASTODON, status(1102, "Quillhaven!")]})},
    ),
    "reddit": Saved(
        source="reddit",
        secrets={
            "LISTENING_REDDIT_FEED_TOKEN": "feed-token-of-the-town",
            "LISTENING_REDDIT_USER": "town_of_quillhaven",
        },
        answers=saved("subreddit.xml", "listing.json"),
    ),
    "reddit, an app": Saved(
        source="reddit",
        secrets=APP,
        session=said({"access_token": "token-of-the-app", "token_type": "bearer", "expires_in": 86_400, "scope": "*"}),
        answers={"two pages": (said(listing(FERRY, after="t3_2a")), said(listing(BRIDGE, COMMENT)))},
        looked_up={"both": said(listing(FERRY, BRIDGE))},
        conversations={
            "t3_2a": said([listing(FERRY), listing(COMMENT)]),
            "t1_k1": said([listing(FERRY), listing(COMMENT)]),
        },
    ),
    "bluesky": Saved(
        source="bluesky",
        answers={"two": said({"posts": VIEWS, "hitsTotal": 2})},
        looked_up={"one of two": said({"posts": VIEWS[:1]})},
        conversations={at(2): said({"thread": THREAD})},
    ),
    "bluesky, signed in": Saved(
        source="bluesky",
        secrets={
            "LISTENING_BLUESKY_USER": "town.quillhaven.example",
            "LISTENING_BLUESKY_PASSWORD": "kind-boat-lamp-wave",
        },
        session=said(SESSION),
        answers={
            "two pages": (
                said({"posts": VIEWS[:1], "hitsTotal": 2, "cursor": "1"}),
                said({"posts": VIEWS[1:], "hitsTotal": 2}),
            )
        },
    ),
    "youtube": Saved(
        source="youtube",
        secrets={"LISTENING_YOUTUBE_KEY": "invented-key-of-quillhaven-0123456789"},
        answers={"a visit": (tube("search", FOUND), tube("video", WATCHED), tube("commentThread", BELOW))},
        looked_up={"videos": tube("video", WATCHED), "comments": tube("comment", REPLY)},
        conversations={
            VIDEO: tube("commentThread", BELOW),
            f"{TOP}.9abc": (
                tube("comment", REPLY, remark(f"{TOP}.9abd", "It is.", parentId=TOP)),
                tube("comment", remark(TOP, "Hello.")),
                tube("video", WATCHED),
            ),
        },
    ),
    "youtube, a channel": Saved(
        source="youtube", options={"channel": CLIP["channelId"]}, answers={"its feed": CHANNEL_FEED}
    ),
    "x": Saved(
        source="x",
        secrets={"LISTENING_X_TOKEN": "bearer-of-the-town-1234"},
        answers={"a visit": (said(COUNTED), tweets(tweet(1), next_token="t1"), tweets(tweet(2)))},
        looked_up={"one is lost": said({"data": [tweet(1)], "errors": [LOST]})},
    ),
    "lemmy": Saved(
        source="lemmy",
        answers={
            "a visit": (
                said({"items": [posted(1), posted(2)], "next_page": None}),
                said({"items": [HELD], "next_page": None}),
            )
        },
        looked_up={"post": said({"post_view": posted(1)}), "comment": said({"comments": [HELD]})},
        conversations={
            "https://lemmy.example/post/1": said({"comments": [HELD]}),
            "https://lemmy.example/comment/9": (
                said(BELOW_IT),
                said({"post_view": posted(1)}),
                said({"comments": [commented(8, "0.8"), HELD]}),
            ),
        },
    ),
    "hackernews": Saved(
        source="hackernews",
        answers={"two pages": (page(STORY), page(HEARD))},
        looked_up={"story": said(LIVE)},
        conversations={
            "7": said(item(7, "story", item(8, "comment", item(9, "comment", parent_id=8), parent_id=7))),
            "8": (said(item(8, "comment", item(9, "comment", parent_id=8), parent_id=7)), said(item(7, "story"))),
        },
    ),
    "gdelt": Saved(source="gdelt", answers={"two": said({"articles": ARTICLES})}),
    "stackexchange": Saved(
        source="stackexchange",
        secrets={"LISTENING_STACKEXCHANGE_KEY": "u4DMfr((wz9"},
        answers={"two pages": (wrapped(question(9), more=True), wrapped(question(10)))},
        looked_up={"one of two": wrapped(question(9))},
        conversations={"travel:9": (wrapped(HELP), wrapped(ASIDE))},
    ),
    "threads": Saved(
        source="threads",
        secrets={"LISTENING_THREADS_TOKEN": "THAA-token-of-the-town"},
        answers={"two pages": (threads(1), threads(2, 3))},
    ),
    "news": Saved(source="news", answers=saved("news_search.xml")),
    "news, an alert": Saved(
        source="news",
        options={"service": "google_alerts", "alert": "town"},
        secrets={"LISTENING_GOOGLE_ALERTS_SECRET": f"town={ALERT} other={ALERT[:-1]}2"},
        answers=saved("alert.xml"),
    ),
}
"""By source, and by what more of it is read in another way."""
