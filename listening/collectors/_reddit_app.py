"""Reddit's API for an app that Reddit has approved: signing in, and what is asked for."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from listening.collectors import _jsonfeed
from listening.collectors._reddit_posts import KEY, SITE, place
from listening.collectors._values import text
from listening.collectors._walk import Walk
from listening.errors import FeedRefused, FeedUnreadable
from listening.models import Answer, Feed, Post, Request

APP_KEY, APP_SECRET = "LISTENING_REDDIT_APP_KEY", "LISTENING_REDDIT_APP_SECRET"
_HELD = "reddit app token"  # under this name a sign-in's token stands among the secrets, in memory only
API = "https://oauth.reddit.com"
_PAUSE = 1.0  # an app may ask 100 times a minute
LIMIT = 100
MOST_PAGES = 10
"""A listing shows the newest 1,000 posts."""
OVERLAP = 3600
"""Seconds before the newest post that are read again: the search is not always in order."""

ADVICE = "Ask Reddit about your app, or take its key and its secret out of the environment."
_SENDABLE = re.compile(r"[\x21-\x7e]{1,4096}")


def is_used(feed: Feed, secrets: Mapping[str, str]) -> bool:
    """Whether a feed is read through the app: where there is one, and no relay is named instead."""
    return bool(secrets.get(APP_KEY) and secrets.get(APP_SECRET)) and not feed.options.get("server", "").strip()


def is_answer(answer: Answer) -> bool:
    """Whether an answer is one that the app got."""
    return answer.request is not None and urlsplit(answer.request.url).netloc == urlsplit(API).netloc


def sign_in(secrets: Mapping[str, str]) -> Request:
    """Ask for a token, which lasts a day."""
    pair = base64.b64encode(f"{secrets[APP_KEY]}:{secrets[APP_SECRET]}".encode()).decode("ascii")
    return Request(
        url=f"{SITE}/api/v1/access_token",
        headers={"Authorization": f"Basic {pair}", "Content-Type": "application/x-www-form-urlencoded"},
        body=b"grant_type=client_credentials",
        pause=_PAUSE,
    )


def signed_in(answer: Answer) -> Mapping[str, str]:
    """The token, or a FeedError that says why there is none."""
    data = _jsonfeed.load(answer.body)
    said = data if isinstance(data, dict) else {}
    token = text(said.get("access_token"))
    if answer.status == 200 and _SENDABLE.fullmatch(token):
        return {_HELD: token}
    if answer.status in (400, 401) or said.get("error") in (401, "invalid_grant", "unauthorized_client"):
        raise FeedRefused(
            "Reddit does not know the app, or not its secret (401).",
            f"Compare {APP_KEY} and {APP_SECRET} with what stands at reddit.com/prefs/apps.",
        )
    if answer.status in (403, 429):
        raise FeedRefused(f"Reddit does not let the app sign in just now ({answer.status}).", ADVICE)
    raise FeedUnreadable(
        f"Reddit answered the sign-in with something else than a token ({answer.status}).",
        "Nothing to do: it is tried again later.",
    )


def headers(secrets: Mapping[str, str]) -> Mapping[str, str]:
    """What shows that the app has signed in; nothing before it has."""
    return {"Authorization": f"Bearer {secrets[_HELD]}"} if secrets.get(_HELD) else {}


def listing(feed: Feed, walk: Walk, secrets: Mapping[str, str], after: str = "") -> Request:
    """Ask for the newest posts, or for those after one."""
    subreddit = quote(feed.options.get("subreddit", "").strip(), safe="+")
    search = feed.options.get("search", "").strip()
    asked = {"limit": str(LIMIT), "raw_json": "1"}
    if search:
        # Later the walk ends at what is known, however long ago that is.
        asked |= {"q": search, "sort": "new", "t": "week" if walk.since is None else "all", "type": "link"}
        if subreddit:
            asked["restrict_sr"] = "on"
    if after:
        asked["after"] = after
    what = "search" if search else "comments" if feed.options.get("comments", "").strip() == "true" else "new"
    path = f"/r/{subreddit}/{what}" if subreddit else f"/{what}"
    return Request(url=f"{API}{path}?{urlencode(asked)}", headers=headers(secrets), pause=_PAUSE, carry=walk)


def look_up(posts: Sequence[Post], secrets: Mapping[str, str]) -> Request | None:
    """Ask for known posts by their keys."""
    keys = [post.key for post in posts if KEY.fullmatch(post.key)]
    asked = urlencode({"id": ",".join(keys), "raw_json": "1"}, safe=",")
    return Request(url=f"{API}/api/info?{asked}", headers=headers(secrets), pause=_PAUSE) if keys else None


def thread(post: Post, secrets: Mapping[str, str]) -> Request | None:
    """Ask for a post with its comments; of a comment for what lies on the way to it and below it."""
    link, comment = place(post.url)
    asked: dict[str, Any] = {"limit": "500", "depth": "10", "raw_json": "1"}
    if post.key.startswith("t3_"):
        link = post.key.removeprefix("t3_")
    elif link:
        asked |= {"comment": comment or post.key.removeprefix("t1_"), "context": "8"}
    if not link:
        return None
    url = f"{API}/comments/{quote(link, safe='')}?{urlencode(asked)}"
    return Request(url=url, headers=headers(secrets), pause=_PAUSE)
