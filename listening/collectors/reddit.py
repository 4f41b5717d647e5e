"""Posts and comments on Reddit: from its feeds, or, where Reddit has approved an app, from its API."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from listening.collectors import _jsonfeed, _options, rss
from listening.collectors import _reddit_app as app
from listening.collectors._answers import is_page, not_a_feed, refuse, several
from listening.collectors._reddit_posts import SITE, Listed, after, entry_post, is_reddit, listed, place
from listening.collectors._values import cut_short
from listening.collectors._walk import Walk, walk_of
from listening.collectors.protocols import Refreshed
from listening.errors import FeedBlocked, FeedExpired, FeedRefused, FeedUnreadable, SettingsError
from listening.models import Answer, Feed, Page, Post, Request, TextKind
from listening.text import tidy

SOURCE = "reddit"
LABEL = "Reddit"
KIND: TextKind = "post"
KEYS: Mapping[str, str] = {
    "subreddit": "The subreddit to read, without r/; several are joined with +.",
    "search": "Words to search for, in all of Reddit or, together with subreddit, in that one.",
    "comments": 'Write "true" to read the newest comments of the subreddit instead of its posts.',
    "server": "Another address that answers the same way, such as an agency's own relay; without it www.reddit.com.",
}
CANNOT_SEE = (
    "Sees the newest 100 posts at each visit, without scores and numbers of comments; comments only where a feed of "
    "comments is given; nothing while Reddit keeps programs out, which it does often. With an app that Reddit has "
    "approved it sees up to 1,000, with scores, and is let in."
)
DELETIONS = (
    "Only where an app that Reddit has approved is set up, a post that was deleted or removed is noticed and emptied, "
    "within two weeks after it was published; without one Reddit does not let programs look posts up again."
)
EMPTY_MEANS_BLOCKED = True
AT_ONCE = 100
BACKFILL_PAGES = 3

TOKEN = "LISTENING_REDDIT_FEED_TOKEN"  # noqa: S105 - the name of the secret, not the secret
USER = "LISTENING_REDDIT_USER"
_PAUSE = 6.0  # Reddit's old limit for readers without a login: ten requests a minute

_ADVICE = (
    "Reddit keeps most programs out. Take your own feed token from reddit.com/prefs/feeds and set "
    f"{TOKEN} and {USER}, or come back later."
)
_BY_AUTHOR = re.compile(r"(?<![-\w])author:", re.IGNORECASE)
_SUBREDDIT = re.compile(r"\w{2,50}(?:\+\w{2,50})*", re.ASCII)


def check(options: Mapping[str, str]) -> None:
    """Refuse options that name neither a subreddit nor a search."""
    subreddit, search = options.get("subreddit", "").strip(), options.get("search", "").strip()
    if not subreddit and not search:
        raise SettingsError(
            "A Reddit feed needs “subreddit” or “search”.", 'For example: subreddit = "quillhaven"', key="subreddit"
        )
    if subreddit and not _SUBREDDIT.fullmatch(subreddit):
        raise SettingsError(
            f"“{subreddit}” is not the name of a subreddit.",
            "Write the name without r/, and join several with +: quillhaven+midvale",
            key="subreddit",
        )
    if _BY_AUTHOR.search(search):
        raise SettingsError(
            "“search” looks for what one account writes, and nobody is followed by name.",
            "Leave author: out; -author: is fine.",
            key="search",
        )
    comments = options.get("comments", "").strip()
    if comments not in ("", "true", "false"):
        raise SettingsError(f"“comments” cannot be “{comments}”.", 'Write comments = "true".', key="comments")
    if comments == "true" and (search or not subreddit):
        raise SettingsError(
            "Reddit's search does not look into comments.",
            "Name the subreddit whose newest comments are to be read, and leave “search” out.",
            key="comments",
        )
    if server := options.get("server", "").strip():
        _options.origin(server, "server")


def locate(feed: Feed, cursor: str | None, secrets: Mapping[str, str]) -> Request:
    """Ask for the newest posts; a feed cannot be asked what came since, so there a cursor says nothing."""
    if app.is_used(feed, secrets):
        since = max(0, int(cursor) - app.OVERLAP) if cursor and cursor.isdigit() else None
        return app.listing(feed, Walk(since=since), secrets)
    subreddit = quote(feed.options.get("subreddit", "").strip(), safe="+")
    asked = {"limit": "100"}
    if search := feed.options.get("search", "").strip():
        asked = {"q": search, "sort": "new", "t": "week"} | asked
        if subreddit:
            asked["restrict_sr"] = "on"
    what = "search" if search else "comments" if feed.options.get("comments", "").strip() == "true" else "new"
    path = f"/r/{subreddit}/{what}.rss" if subreddit else f"/{what}.rss"
    server = feed.options.get("server", "").strip()
    return _feed(_options.origin(server, "server") if server else SITE, path, asked, secrets)


def _feed(origin: str, path: str, asked: Mapping[str, str], secrets: Mapping[str, str]) -> Request:
    # The token is a password in all but name: it goes to Reddit alone.
    if is_reddit(origin) and secrets.get(TOKEN) and secrets.get(USER):
        asked = {**asked, "feed": secrets[TOKEN], "user": secrets[USER]}
    return Request(url=f"{origin}{path}?{urlencode(asked)}", pause=_PAUSE, secret=("feed", "user"))


def sign_in(feed: Feed, secrets: Mapping[str, str], held: Mapping[str, str] | None) -> Request | None:
    """Sign the app in, where there is one; there is nothing to be renewed."""
    return app.sign_in(secrets) if held is None and app.is_used(feed, secrets) else None


def signed_in(answer: Answer) -> Mapping[str, str]:
    """The app's token."""
    return app.signed_in(answer)


# --- answers ----------------------------------------------------------------------------------------------------------


def parse(answer: Answer, feed: Feed) -> Page:
    """Turn a feed or a listing into posts; a refusal is raised as a FeedError."""
    posts, data = _read(answer, feed)
    if isinstance(posts, Page):
        return posts
    following, cursor, notes = _onward(data, posts, answer, feed) if app.is_answer(answer) else (None, None, ())
    skipped = [f"{several(len(posts.gone))} removed by the author or by moderators"] if posts.gone else []
    skipped += [f"{several(posts.unusable)} without an id"] if posts.unusable else []
    return Page(
        posts=tuple(posts.posts.values()),
        next=following,
        cursor=cursor,
        skipped=tuple(skipped),
        notes=notes,
        gone=tuple(posts.gone),
        silence=app.is_answer(answer),
    )


def _read(answer: Answer, feed: Feed) -> tuple[Page | Listed, Any]:
    """What an answer holds: the page that a feed is, or a listing of the API with its raw form."""
    is_json = answer.body[:200].lstrip()[:1] in (b"{", b"[")
    data = _jsonfeed.load(answer.body) if is_json else None
    _refuse(answer, data)
    if data is not None:
        found = listed(data, feed)
        if found is None or urlsplit(answer.url).path.startswith("/subreddits/"):
            raise FeedUnreadable("Reddit answered, but not with posts.", "Check the subreddit and the search.")
        return found, data
    if is_json and app.is_answer(answer):
        raise cut_short()
    document = rss.read(answer) if not app.is_answer(answer) else None
    if document is None:
        raise not_a_feed(answer, "posts of Reddit")
    posts: dict[str, Post] = {}
    unusable = 0
    for entry in document.entries:
        if post := entry_post(entry, feed):
            posts.setdefault(post.key, post)
        else:
            unusable += 1
    skipped = (f"{several(unusable)} without an address",) if unusable else ()
    return Page(posts=tuple(posts.values()), skipped=skipped), None


def _onward(data: Any, found: Listed, answer: Answer, feed: Feed) -> tuple[Request | None, str | None, tuple[str, ...]]:
    """The next page of a listing, back to what is known; with the last one the newest time as the cursor."""
    walk = walk_of(answer)
    newest = max([walk.newest, *found.times])
    done = str(newest) if newest else None
    pages, goes_on = walk.pages + 1, after(data)
    # The last one's time, not the oldest: what moderators pin stands before what is newer.
    is_known = walk.since is not None and bool(found.times) and found.times[-1] <= walk.since
    is_full = pages >= (BACKFILL_PAGES if walk.since is None else app.MOST_PAGES)
    if goes_on and found.times and not is_known and not is_full:
        return app.listing(feed, replace(walk, pages=pages, newest=newest), {}, goes_on), None, ()
    return None, done, (_CUT,) if is_full and not is_known and walk.since is not None else ()


_CUT = "Reddit shows the newest 1,000 posts only, and there were more since the last visit."

_SHUT = re.compile(rb"whoa there|blocked by network security|<title>\s*blocked|too many requests", re.IGNORECASE)


def _refuse(answer: Answer, data: Any) -> None:
    """Raise what Reddit says, by its status, in a JSON error, or on a page that shuts the door."""
    status = answer.status
    advice = app.ADVICE if app.is_answer(answer) else _ADVICE
    reason = ""
    if isinstance(data, dict) and "error" in data:
        status = data["error"] if isinstance(data["error"], int) and status == 200 else status
        reason = str(data.get("reason") or "")
        if status == 200:
            raise FeedRefused(f"Reddit says: “{tidy(str(data['error']))[:200]}”.", advice)
    if reason in ("private", "quarantined", "gold_only"):
        raise FeedRefused(f"This subreddit is {reason.replace('_', ' ')}.", "Remove it from the settings.")
    if reason == "banned" or status == 404:
        raise FeedRefused("Reddit has no such subreddit, or has closed it.", "Check the name in the settings.")
    if status == 401 and app.is_answer(answer):
        raise FeedExpired("Reddit does not take the app's sign-in any more (401).", advice)
    if status == 429:
        raise FeedBlocked("Reddit says that it is asked too often (429).", advice)
    if status in (401, 403):
        raise FeedBlocked(f"Reddit keeps us out ({status}).", advice)
    if data is None and is_page(answer.body) and _SHUT.search(answer.body[:60_000]):
        raise FeedBlocked("Reddit shows a page that keeps programs out, instead of posts.", advice)
    refuse(replace(answer, status=status))


# --- posts that are known ---------------------------------------------------------------------------------------------


def refresh(posts: Sequence[Post], feed: Feed, secrets: Mapping[str, str]) -> Request | None:
    """Ask for posts as they are now; without an app nobody can be asked."""
    return app.look_up(posts, secrets) if app.is_used(feed, secrets) else None


def refreshed(answer: Answer, posts: Sequence[Post], feed: Feed) -> Refreshed:
    """Their scores, their numbers of comments, their words; which were taken away, and which are not there."""
    found, _ = _read(answer, feed)
    if isinstance(found, Page):
        raise not_a_feed(answer, "posts of Reddit")
    asked = {post.key for post in posts}
    there = {key: post for key, post in found.posts.items() if key in asked}
    gone = asked.intersection(found.gone)
    missing = [post.key for post in posts if post.key not in there and post.key not in gone]
    return Refreshed(posts=tuple(there.values()), gone=tuple(sorted(gone)), missing=tuple(missing))


# --- conversations ----------------------------------------------------------------------------------------------------


def thread(post: Post, feed: Feed, secrets: Mapping[str, str]) -> Request | None:
    """Ask for the comments around a post: through the app, or with the account's own feed token."""
    if app.is_used(feed, secrets):
        return app.thread(post, secrets)
    link = post.key.removeprefix("t3_") if post.key.startswith("t3_") else place(post.url)[0]
    if not link or not secrets.get(TOKEN) or not secrets.get(USER) or feed.options.get("server", "").strip():
        return None
    return _feed(SITE, f"/comments/{quote(link, safe='')}.rss", {"limit": "100"}, secrets)


def conversation(answer: Answer, post: Post, feed: Feed) -> Page:
    """The post that comments stand under, and the comments, each with what it answers."""
    found, _ = _read(answer, feed)
    page = found if isinstance(found, Page) else Page(posts=tuple(found.posts.values()), gone=tuple(found.gone))
    return replace(page, posts=tuple(each for each in page.posts if each.key != post.key))
