"""Questions on a site of Stack Exchange that hold some words or carry a tag (api.stackexchange.com/docs)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from listening.collectors import _dates, _jsonfeed, _options, rss
from listening.collectors._answers import is_page, refuse, several
from listening.collectors._values import answered, count, identity, mapping, mappings, text
from listening.collectors._walk import Walk, walk_of
from listening.collectors.protocols import Refreshed
from listening.errors import BudgetSpent, FeedError, FeedRefused, FeedUnreachable, FeedUnreadable, SettingsError
from listening.models import Answer, Budget, Feed, Page, Post, Request, TextKind
from listening.text import canonical_url, plain, tidy

SOURCE = "stackexchange"
LABEL = "Stack Exchange"
KIND: TextKind = "post"
KEYS: Mapping[str, str] = {
    "site": "The site to search: travel for travel.stackexchange.com, or stackoverflow.",
    "search": "Words to search for in questions.",
    "tag": "A tag that the questions carry; of several, separated by semicolons, one is enough.",
}
CANNOT_SEE = (
    "Sees the questions of one site that its search finds; answers and comments only around a question that is a "
    "mention."
)
DELETIONS = (
    "A question that cannot be found any more on two different days is emptied, within two weeks after it was asked."
)
EMPTY_MEANS_BLOCKED = False
ONE_BY_ONE = True

KEY = "LISTENING_STACKEXCHANGE_KEY"
SERVER = "https://api.stackexchange.com/2.3"
LIMIT = 100  # the most that is given at once
AT_ONCE = 100
BACKFILL_PAGES = 3
OVERLAP = 3600
"""Seconds before the newest question that are read again: the search learns of questions some minutes late."""
FREE, KEYED = "stackexchange requests", "stackexchange requests with a key"
_PAUSE = 1.0
_MOST_ANSWERS, _MOST_COMMENTS = 3, 2  # pages of them around one question

_SITE = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)*")
_QUESTION = re.compile(rf"({_SITE.pattern}):([0-9]{{1,18}})")


def check(options: Mapping[str, str]) -> None:
    """Refuse a site that cannot be one, or a feed with neither words nor a tag."""
    site = _options.required(options, "site", "travel")
    if not _SITE.fullmatch(site_name(site)):
        raise SettingsError(
            f"“{site}” is not a site of Stack Exchange.", "Write travel for travel.stackexchange.com.", key="site"
        )
    search, tag = options.get("search", "").strip(), options.get("tag", "").strip()
    if not search and not tag:
        raise SettingsError(
            "A feed of Stack Exchange needs “search” or “tag”.", 'For example: search = "Quillhaven"', key="search"
        )
    if tag and not re.fullmatch(r"[\w.#+-]+(?:;[\w.#+-]+)*", tag):
        raise SettingsError(f"“{tag}” is not a tag.", "Write it as it stands below a question: air-travel", key="tag")


def site_name(site: str) -> str:
    """A site as the interface names it, however it was written: part of every key, so it must always be the same."""
    name = site.strip().lower().partition("://")[2] or site.strip().lower()
    name = name.partition("/")[0].removeprefix("www.").removesuffix(".com").removesuffix(".stackexchange")
    return f"{name.removeprefix('meta.')}.meta" if name.startswith("meta.") else name


def _site(feed: Feed, url: str = "") -> str:
    """The site of a feed; without settings (a saved file is tried) the one that a question's address names."""
    return site_name(feed.options.get("site", "") or (urlsplit(canonical_url(url)).hostname or ""))


def budgets(feed: Feed) -> Sequence[Budget]:
    """Requests a day: few for an address, many for a key; each request says which of the two it uses."""
    free = Budget(
        name=FREE,
        most=300,
        period="day",
        unit="requests",
        words="Stack Exchange answers 300 requests a day without a key",
    )
    keyed = Budget(
        name=KEYED, most=10_000, period="day", unit="requests", words="Stack Exchange answers a key 10,000 times a day"
    )
    return (free, keyed)


def _request(path: str, asked: Mapping[str, str], secrets: Mapping[str, str], carry: object = None) -> Request:
    key = secrets.get(KEY, "").strip()
    said = {**asked, "filter": "withbody"} | ({"key": key} if key else {})
    return Request(
        url=f"{SERVER}/{path}?{urlencode(said)}",
        pause=_PAUSE,
        secret=("key",),
        costs={KEYED if key else FREE: 1},
        carry=carry,
    )


def _again(answer: Answer) -> Mapping[str, str]:
    """The secrets that an answered request was made with, for the next one."""
    return {KEY: key} if (key := _key_of(answer)) else {}


def _key_of(answer: Answer) -> str:
    asked = parse_qs(urlsplit(answer.request.url).query) if answer.request is not None else {}
    return asked.get("key", [""])[0]


def locate(feed: Feed, cursor: str | None, secrets: Mapping[str, str]) -> Request:
    """Ask for the newest questions, or, with a cursor, for those that came after it, oldest first."""
    if cursor and cursor.isascii() and cursor.isdigit():
        return _search(feed, Walk(since=max(0, int(cursor) - OVERLAP), newest=int(cursor)), secrets)
    return _search(feed, Walk(), secrets)


def _search(feed: Feed, walk: Walk, secrets: Mapping[str, str]) -> Request:
    asked = {
        "site": _site(feed),
        "q": feed.options.get("search", "").strip(),
        "tagged": feed.options.get("tag", "").strip(),
        "sort": "creation",
        # Towards now: wherever such a walk is broken off, the next one goes on from there.
        "order": "desc" if walk.since is None else "asc",
        "fromdate": str(walk.since) if walk.since is not None else "",
        "pagesize": str(LIMIT),
        "page": str(walk.pages + 1),
    }
    return _request("search/advanced", {name: value for name, value in asked.items() if value}, secrets, walk)


def parse(answer: Answer, feed: Feed) -> Page:
    """Turn questions, or the feed of a tag, into posts; a refusal is raised as a FeedError."""
    if answer.status == 200 and answer.body[:200].lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<":
        document = rss.read(answer) if not is_page(answer.body) else None
        if document is not None:
            return _from_feed(rss.page(document, answer, feed), feed)
    data = _read(answer, feed)
    items = list(mappings(data["items"]))
    posts = [post for item in items if (post := _question(item, feed)) is not None]
    unusable = len(data["items"]) - len(posts)
    page = Page(
        posts=tuple({post.key: post for post in posts}.values()),
        skipped=(f"{several(unusable, 'question', 'questions')} without an id",) if unusable else (),
        wait=_wait(data, answer),
    )
    return _onward(page, data, items, answer, feed)


def _onward(
    page: Page, data: Mapping[str, Any], items: Sequence[Mapping[str, Any]], answer: Answer, feed: Feed
) -> Page:
    """The page with the request for the next one, and the cursor.

    A first visit goes back in time: its first page tells the newest question, and the pages after it tell nothing new.
    """
    walk = walk_of(answer)
    newest = max([walk.newest, *(at for item in items if (at := count(item.get("creation_date"))) is not None)])
    page = replace(page, cursor=str(newest) if newest and (walk.since is not None or not walk.pages) else None)
    walk = replace(walk, pages=walk.pages + 1, newest=newest)
    more = data.get("has_more") is True and bool(items) and answer.request is not None
    if more and (walk.since is not None or walk.pages < BACKFILL_PAGES):
        page = replace(page, next=_search(feed, walk, _again(answer)))
    if page.next is None or page.wait:
        page = replace(page, notes=_notes(data))
    return page


def _notes(data: Mapping[str, Any]) -> tuple[str, ...]:
    left, most = count(data.get("quota_remaining")), count(data.get("quota_max"))
    if left is None or not most or left * 10 > most:
        return ()
    return (f"Stack Exchange has {left:,} of {most:,} requests left for today",)


def _wait(data: Mapping[str, Any], answer: Answer) -> float:
    """Seconds to leave it alone: those it asks for, and the rest of the day where the day's requests are used up."""
    seconds = float(min(count(data.get("backoff")) or 0, 86_400))
    if count(data.get("quota_remaining")) == 0:
        now = _dates.strict(answer.headers.get("date", ""))
        seconds = max(seconds, 86_400 - now.timestamp() % 86_400 if now is not None else 3600.0)
    return seconds


# --- refusals ---------------------------------------------------------------------------------------------------------

_SECONDS = re.compile(r"\bin ([0-9]{1,6}) seconds")


def _read(answer: Answer, feed: Feed) -> Mapping[str, Any]:
    """The data of a good answer, with its list of items; a FeedError for anything else."""
    error = mapping(_jsonfeed.load(answer.body)) if answer.body[:100].lstrip()[:1] == b"{" else {}
    if "error_id" in error or "error_name" in error:
        raise _error(error, answer, feed)
    refuse(answer)
    data = answered(answer, "questions of Stack Exchange")
    if not isinstance(data.get("items"), list):
        raise FeedUnreadable(
            "Stack Exchange answered, but not with questions.", "Nothing to do: it is tried again later."
        )
    return data


def _error(error: Mapping[str, Any], answer: Answer, feed: Feed) -> FeedError:
    name, message = text(error.get("error_name")), text(error.get("error_message"))
    number = count(error.get("error_id")) or answer.status
    if name == "throttle_violation" or number == 502:
        return _throttled(message, answer)
    if number >= 500:
        return FeedUnreachable(
            f"Stack Exchange has a problem of its own ({number}).", "Nothing to do: it is tried again later."
        )
    if "no site found" in message.lower() or "`site`" in message:
        return FeedRefused(
            f"Stack Exchange has no site “{_site(feed)}”.",
            "Write the first part of its address: travel for travel.stackexchange.com.",
        )
    if name == "key_required" or "`key`" in message:
        return FeedRefused(
            f"Stack Exchange does not accept the key in {KEY}.", "Copy it again from stackapps.com, or remove it."
        )
    said = tidy(message or name)[:200]
    if key := _key_of(answer):
        said = said.replace(key, "…")
    return FeedRefused(f"Stack Exchange says: “{said}” ({number}).", "Check the site, the words and the tag.")


def _throttled(message: str, answer: Answer) -> FeedError:
    """Asked too often: where it says for how long, that is waited for, and nobody has failed."""
    problem = "Stack Exchange says that it is asked too often from this address."
    now = _dates.strict(answer.headers.get("date", ""))
    found = _SECONDS.search(message)
    if now is None or found is None:
        return FeedRefused(problem, f"Wait; if this stays, listen to it less often, or set a key in {KEY}.")
    until = now + timedelta(seconds=min(int(found[1]), 86_400))
    return BudgetSpent(problem, "Nothing is lost: it goes on when Stack Exchange answers again.", until=until)


# --- items to posts ---------------------------------------------------------------------------------------------------


def _question(item: Mapping[str, Any], feed: Feed) -> Post | None:
    number, url = identity(item.get("question_id")), canonical_url(text(item.get("link")))
    if not number:
        return None
    site = _site(feed, url)
    return replace(
        _post(item, feed, key=f"{site}:{number}" if site else number, url=url),
        title=plain(text(item.get("title"))),
        replies=count(item.get("answer_count")),
        views=count(item.get("view_count")),
    )


def _post(item: Mapping[str, Any], feed: Feed, *, key: str, url: str, reply_to: str | None = None) -> Post:
    """What questions, answers and comments have in common."""
    owner = mapping(item.get("owner"))
    return Post(
        source=feed.source,
        feed=feed.name,
        key=key,
        url=url,
        text=plain(text(item.get("body"))),
        author=plain(text(owner.get("display_name"))) or None,
        author_url=canonical_url(text(owner.get("link"))) or None,
        language=feed.language,
        published_at=_dates.epoch(item.get("creation_date")),
        edited_at=_dates.epoch(item.get("last_edit_date")),
        likes=count(item.get("score")),
        reply_to=reply_to,
    )


_ENTRY = re.compile(r"https?://[^/]+/q(?:uestions)?/([0-9]{1,18})(?:/.*)?")


def _from_feed(page: Page, feed: Feed) -> Page:
    """The questions of a tag's feed, with the keys that the interface gives; when it was touched is no edit."""
    posts = []
    for post in page.posts:
        found = _ENTRY.fullmatch(post.key)
        key = f"{_site(feed, post.key)}:{found[1]}" if found else post.key
        posts.append(replace(post, key=key, edited_at=None))
    return replace(page, posts=tuple(posts))


# --- posts that are known ---------------------------------------------------------------------------------------------


def refresh(posts: Sequence[Post], feed: Feed, secrets: Mapping[str, str]) -> Request | None:
    """Ask for up to a hundred questions of one site as they are now."""
    known = [found for post in posts if (found := _QUESTION.fullmatch(post.key)) is not None]
    if not known:
        return None
    site = known[0][1]
    numbers = tuple(dict.fromkeys(found[2] for found in known if found[1] == site))
    asked = {"site": site, "pagesize": str(LIMIT)}
    return _request(f"questions/{';'.join(numbers)}", asked, secrets, carry=(site, numbers))


def refreshed(answer: Answer, posts: Sequence[Post], feed: Feed) -> Refreshed:
    """Their votes, answers and views, their words; deleted ones are simply not there."""
    site, numbers = _asked(answer)
    items = {identity(item.get("question_id")): item for item in mappings(_read(answer, feed)["items"])}
    now, missing = [], []
    for post in posts:
        found = _QUESTION.fullmatch(post.key)
        if found is None or found[1] != site or found[2] not in numbers:
            continue
        if found[2] not in items:
            missing.append(post.key)
        elif (question := _question(items[found[2]], feed)) is not None:
            now.append(replace(question, key=post.key))
    return Refreshed(posts=tuple(now), missing=tuple(missing))


def _asked(answer: Answer) -> tuple[str, tuple[str, ...]]:
    carried = answer.request.carry if answer.request is not None else None
    return carried if isinstance(carried, tuple) else ("", ())


# --- conversations ----------------------------------------------------------------------------------------------------


def thread(post: Post, feed: Feed, secrets: Mapping[str, str]) -> Request | None:
    """Ask for the answers to a question, then for the comments on it and on them."""
    found = _QUESTION.fullmatch(post.key)
    return _around(found[1], f"questions/{found[2]}/answers", Walk(), secrets) if found is not None else None


def _around(site: str, path: str, walk: Walk, secrets: Mapping[str, str]) -> Request:
    asked = {"site": site, "sort": "creation", "order": "asc", "pagesize": str(LIMIT), "page": str(walk.pages + 1)}
    return _request(path, asked, secrets, carry=walk)


def conversation(answer: Answer, post: Post, feed: Feed) -> Page:
    """Answers and comments, each with what it is about; comments follow for the answers of the same page."""
    found = _QUESTION.fullmatch(post.key)
    if found is None:
        return Page(posts=())
    site, number = found.groups()
    data = _read(answer, feed)
    items = list(mappings(data["items"]))
    path = urlsplit(answer.request.url if answer.request is not None else answer.url).path.partition("/2.3/")[2]
    comments = path.endswith("/comments")
    walk = replace(walk_of(answer), pages=walk_of(answer).pages + 1)
    posts = [made for item in items if (made := _said(item, post, feed, comments=comments)) is not None]
    page = Page(posts=tuple(posts), wait=_wait(data, answer))
    if data.get("has_more") is True and items and walk.pages < (_MOST_COMMENTS if comments else _MOST_ANSWERS):
        return replace(page, next=_around(site, path, walk, _again(answer)))
    if comments:
        return page
    numbers = [number, *(identity(item.get("answer_id")) for item in items)]
    about = ";".join(each for each in numbers[:LIMIT] if each.isdigit())
    return replace(page, next=_around(site, f"posts/{about}/comments", Walk(), _again(answer)))


def _said(item: Mapping[str, Any], question: Post, feed: Feed, *, comments: bool) -> Post | None:
    """One answer or comment. Their numbers could be those of questions, so that their keys say what they are."""
    site, _, asked = question.key.rpartition(":")
    number = identity(item.get("comment_id" if comments else "answer_id"))
    if not number:
        return None
    if not comments:
        parts = urlsplit(question.url)
        url = f"{parts.scheme}://{parts.netloc}/a/{number}" if parts.netloc else ""
        return _post(item, feed, key=f"{site}:answer:{number}", url=url, reply_to=question.key)
    about = identity(item.get("post_id"))
    above = question.key if about in ("", asked) else f"{site}:answer:{about}"
    url = f"{question.url}#comment{number}_{about}" if question.url else ""
    return _post(item, feed, key=f"{site}:comment:{number}", url=url, reply_to=above)
