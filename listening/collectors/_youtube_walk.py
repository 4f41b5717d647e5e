"""One visit to YouTube: what is new, then the numbers of these videos, then the comments below them.

What must be known again at the next visit is the cursor. It is given with every page, because it says exactly what is
still to be read: videos that were found and not yet looked at, and how far back a search has come.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Literal

from listening.collectors._answers import several
from listening.collectors._values import count, mapping, mappings, text
from listening.collectors._youtube_api import answered, call, in_words, listed, refusal, something_else
from listening.collectors._youtube_posts import is_video, thread, video
from listening.models import Answer, Feed, Page, Post, Request

FIRST_PAGES = 2
"""So many pages of what was published before we came are read at the first visit."""
SEARCHES = 2
"""So many pages of a search are read at one visit: there are 100 in a day. What is left is read at the next one."""
MOST_PAGES = 10
"""After so many a search is given up: YouTube shows no more than 500 videos of one."""
UPLOAD_PAGES = 4
OVERLAP = 6 * 3600
"""Seconds before the newest video that are searched again, as far as one page shows them: some are found late."""
BATCH = 50
WATCHED = 50
"""The comments of so many videos are watched: half of them the newest, half those with the most comments."""
COMMENT_REQUESTS = 12
FIRST_COMMENTS, MOST_COMMENTS = 2, 5
"""Pages of 100 comments of one video at one visit: the first time, and later."""
COMMENT_OVERLAP = 3600


@dataclass(frozen=True, kw_only=True, slots=True)
class Watched:
    """A video that was found; times are whole seconds since 1970.

    ``counted`` is how many comments it had when they were read (None: they never were), ``newest`` the time of the
    newest of them.
    """

    published: int = 0
    counted: int | None = None
    newest: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Memory:
    """What is known from visit to visit.

    All videos up to ``since`` were found. ``before`` is how far a search has come that is not at its end; then
    ``newest`` is where it began and ``pages`` are those it has read.
    """

    since: int | None = None
    before: int | None = None
    newest: int = 0
    pages: int = 0
    videos: Mapping[str, Watched] = field(default_factory=dict)

    def written(self) -> str:
        """As the cursor."""
        said: dict[str, Any] = {"since": self.since, "before": self.before, "newest": self.newest, "pages": self.pages}
        said["videos"] = {key: [each.published, each.counted, each.newest] for key, each in self.videos.items()}
        return json.dumps({name: value for name, value in said.items() if value}, separators=(",", ":"))


def remembered(cursor: str | None) -> Memory:
    """What the cursor says; nothing where it is not one of ours."""
    try:
        data = mapping(json.loads(cursor or "{}"))
    except (ValueError, RecursionError):
        data = {}
    videos = {}
    for key, each in mapping(data.get("videos")).items():
        if is_video(key) and isinstance(each, list) and len(each) == 3:
            published, counted, newest = map(count, each)
            videos[key] = Watched(published=published or 0, counted=counted, newest=newest or 0)
    return Memory(
        since=count(data.get("since")),
        before=count(data.get("before")),
        newest=count(data.get("newest")) or 0,
        pages=count(data.get("pages")) or 0,
        videos=videos,
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Visit:
    """Where a visit stands.

    ``pages`` of the list were read, from ``before`` on; ``batch`` are the videos asked for now and ``waiting`` those
    after them; ``counts`` are their comments. Of the first video in ``queue``, ``page`` pages of comments were read,
    the newest of ``newest``; ``asked`` is how often comments were asked for.
    """

    memory: Memory
    step: Literal["list", "videos", "comments"] = "list"
    before: int | None = None
    pages: int = 0
    batch: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    queue: tuple[str, ...] = ()
    page: int = 0
    newest: int = 0
    asked: int = 0


def start(feed: Feed, cursor: str | None, key: str) -> Request:
    """The first request of a visit."""
    memory = remembered(cursor)
    return _list(feed, Visit(memory=memory, before=memory.before), key=key)


def step(answer: Answer, feed: Feed, visit: Visit) -> Page:
    """What an answer gives, and what is asked next."""
    if visit.step == "list":
        return _found(answered(answer), feed, visit)
    if visit.step == "videos":
        return _looked_at(answered(answer), feed, visit)
    return _commented(answer, feed, visit)


def _page(
    visit: Visit,
    request: Request | None,
    posts: Sequence[Post] = (),
    *,
    skipped: tuple[str, ...] = (),
    notes: tuple[str, ...] = (),
) -> Page:
    return Page(posts=tuple(posts), next=request, cursor=visit.memory.written(), skipped=skipped, notes=notes)


# --- the list: a search, or the uploads of a channel ------------------------------------------------------------------


def _list(feed: Feed, visit: Visit, token: str = "", key: str = "") -> Request:
    asked = {"part": "snippet", "maxResults": "50"} | ({"pageToken": token} if token else {})
    if channel := feed.options.get("channel", "").strip():
        # The playlist of a channel's uploads has the channel's id, with UU in place of UC.
        asked |= {"part": "snippet,contentDetails", "playlistId": f"UU{channel[2:]}"}
        return call("playlistItems", asked, key=key, carry=visit)
    memory = visit.memory
    asked |= {"q": feed.options.get("search", "").strip(), "type": "video", "order": "date", "safeSearch": "none"}
    for option, name in (("region", "regionCode"), ("language", "relevanceLanguage")):
        if value := feed.options.get(option, "").strip():
            asked[name] = value
    if memory.since is not None:
        asked["publishedAfter"] = _rfc3339(memory.since - OVERLAP)
    if visit.before is not None:
        asked["publishedBefore"] = _rfc3339(visit.before)
    return call("search", asked, key=key, carry=visit)


def _found(data: Mapping[str, Any], feed: Feed, visit: Visit) -> Page:
    is_channel = bool(feed.options.get("channel"))
    items = listed(data, "playlistItem" if is_channel else "search")
    posts = {post.key: post for item in mappings(items) if (post := video(item, feed)) is not None}
    if items and not posts and not is_channel:
        raise something_else()
    unusable = len(items) - len(posts)
    skipped = (f"{several(unusable, 'entry', 'entries')} without a public video",) if unusable else ()
    memory = visit.memory
    fresh = tuple(post for post in posts.values() if post.key not in memory.videos)
    times = [_seconds(post) for post in posts.values() if post.published_at is not None]
    memory = replace(
        memory,
        before=times[-1] + 1 if times and not is_channel else memory.before,
        newest=max([memory.newest, *times]),
        pages=memory.pages + 1,
        videos={**memory.videos, **{post.key: Watched(published=_seconds(post)) for post in fresh}},
    )
    visit = replace(visit, memory=memory, pages=visit.pages + 1)
    token = text(data.get("nextPageToken"))
    read = visit.pages if is_channel else memory.pages
    # What was known is reached; of what is searched again, so much as stands on this page is enough.
    over = not token or not times or (read >= FIRST_PAGES if memory.since is None else times[-1] <= memory.since)
    notes: tuple[str, ...] = ()
    if not over and read >= (UPLOAD_PAGES if is_channel else MOST_PAGES):
        over = True
        notes = (f"More than {(read - 1) * 50} videos are new since the last visit; the oldest of them were not read.",)
    if over:
        since = max(memory.newest, memory.since or 0) or None
        visit = replace(visit, memory=Memory(since=since, videos=memory.videos))
    elif is_channel or visit.pages < SEARCHES:
        return _page(visit, _list(feed, visit, token), fresh, skipped=skipped)
    request, visit = _videos(replace(visit, waiting=tuple(visit.memory.videos)))
    return _page(visit, request, fresh, skipped=skipped, notes=notes)


# --- the videos, whole and with their numbers -------------------------------------------------------------------------


def look_up(keys: tuple[str, ...], *, key: str = "", carry: object = None) -> Request:
    """Ask for videos, 50 at most."""
    asked = {"part": "snippet,statistics,contentDetails", "id": ",".join(keys)}
    return call("videos", asked, key=key, carry=carry)


def _videos(visit: Visit) -> tuple[Request | None, Visit]:
    if not visit.waiting:
        return None, visit
    batch, waiting = visit.waiting[:BATCH], visit.waiting[BATCH:]
    visit = replace(visit, step="videos", batch=batch, waiting=waiting)
    return look_up(batch, carry=visit), visit


def _looked_at(data: Mapping[str, Any], feed: Feed, visit: Visit) -> Page:
    items = listed(data, "video")
    posts = {post.key: post for item in mappings(items) if (post := video(item, feed)) is not None}
    posts = {key: post for key, post in posts.items() if key in visit.batch}
    if items and not posts:
        raise something_else()
    memory = visit.memory
    # Those that are missing were deleted, or are private. Where all are, the answer may be at fault.
    left = {key: each for key, each in memory.videos.items() if not posts or key in posts or key not in visit.batch}
    counts = {key: post.replies for key, post in posts.items() if post.replies is not None}
    for key in left.keys() & counts.keys():
        if counts[key] == 0 and left[key].counted is None:
            left[key] = replace(left[key], counted=0)  # all that will come are new ones
    visit = replace(visit, memory=replace(memory, videos=left), counts={**visit.counts, **counts})
    request, visit = _videos(visit)
    if request is None:
        visit = _queued(feed, visit)
        request = _comments(visit)
    return _page(visit, request, list(posts.values()))


def _queued(feed: Feed, visit: Visit) -> Visit:
    """Whose comments are read: those whose number has changed the most; and which videos are watched from now on."""
    videos = visit.memory.videos
    changed: dict[str, int] = {}
    if feed.options.get("comments", "").strip().lower() != "false":
        for key, now in visit.counts.items():
            before = videos[key].counted if key in videos else None
            if now != (before or 0):
                changed[key] = abs(now - (before or 0))
    queue = sorted(changed, key=lambda key: (-changed[key], key))[:COMMENT_REQUESTS]
    newest = sorted(videos, key=lambda key: (-videos[key].published, key))
    kept = newest[: WATCHED // 2]
    kept += sorted(newest[WATCHED // 2 :], key=lambda key: -visit.counts.get(key, 0))[: WATCHED - len(kept)]
    memory = replace(visit.memory, videos={key: videos[key] for key in kept})
    return replace(visit, step="comments", memory=memory, queue=tuple(queue), batch=())


# --- the comments -----------------------------------------------------------------------------------------------------


def threads(video: str, token: str = "", *, key: str = "", carry: object = None) -> Request:
    """Ask for comments below a video, the newest first, with some of the answers to each."""
    asked = {"part": "snippet,replies", "videoId": video, "order": "time", "maxResults": "100"}
    asked |= {"textFormat": "plainText"} | ({"pageToken": token} if token else {})
    return call("commentThreads", asked, key=key, carry=carry)


def _comments(visit: Visit, token: str = "") -> Request | None:
    if not visit.queue or visit.asked >= COMMENT_REQUESTS:
        return None
    return threads(visit.queue[0], token, carry=visit)


CLOSED = frozenset({"commentsDisabled", "videoNotFound"})
_UNREADABLE = frozenset({"forbidden", "processingFailure", "invalidPageToken"})


def _commented(answer: Answer, feed: Feed, visit: Visit) -> Page:
    visit = replace(visit, asked=visit.asked + 1)
    said = refusal(answer)
    if said is not None and said.reasons & CLOSED:
        visit = _next(visit)
        return _page(visit, _comments(visit))
    if said is not None and said.reasons & _UNREADABLE and any(name.startswith("youtube.") for name in said.domains):
        # One video whose comments are kept from us is no reason to read nothing of the others.
        visit = _next(visit, read=False)
        return _page(visit, _comments(visit), notes=("The comments below a video could not be read this time.",))
    if said is not None:
        raise in_words(said, answer)
    data = answered(answer)
    items = list(mappings(listed(data, "commentThread")))
    key = visit.queue[0]
    posts = {post.key: post for item in items for post in thread(item, feed, key)}
    top = [post for post in posts.values() if post.reply_to == key and post.published_at is not None]
    visit = replace(visit, page=visit.page + 1, newest=max([visit.newest, *map(_seconds, top)]))
    before = visit.memory.videos.get(key, Watched())
    known = before.newest
    token = text(data.get("nextPageToken"))
    notes: tuple[str, ...] = ()
    ended = not token or not top or (known > 0 and _seconds(top[-1]) <= known - COMMENT_OVERLAP)
    is_known = before.counted is not None
    if not ended and visit.page >= (MOST_COMMENTS if is_known else FIRST_COMMENTS):
        ended = True
        if is_known:
            notes = ("There are more new comments below a video than are read at one visit.",)
    if ended:
        visit, token = _next(visit), ""
    return _page(visit, _comments(visit, token), list(posts.values()), notes=notes)


def _next(visit: Visit, *, read: bool = True) -> Visit:
    """Go on to the next video, and remember up to where this one's comments are known."""
    key, videos = visit.queue[0], dict(visit.memory.videos)
    if read and key in videos:
        newest = max(visit.newest, videos[key].newest)
        videos[key] = replace(videos[key], counted=visit.counts.get(key), newest=newest)
    memory = replace(visit.memory, videos=videos)
    return replace(visit, memory=memory, queue=visit.queue[1:], page=0, newest=0)


def _seconds(post: Post) -> int:
    return int(post.published_at.timestamp()) if post.published_at is not None else 0


def _rfc3339(seconds: int) -> str:
    return datetime.fromtimestamp(min(max(seconds, 0), 253_402_300_799), tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
