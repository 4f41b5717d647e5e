"""Posts on X (formerly Twitter) that a search finds, from its API v2, which is paid for by the post (docs.x.com).

Off until the settings say that X's terms are confirmed and how much a month it may cost. Each visit first counts what
there is to read, for half a cent, and reads nothing where there is nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal
from urllib.parse import urlencode

from listening.collectors import _options
from listening.collectors._answers import several
from listening.collectors._resumed import begun, unfinished
from listening.collectors._values import answered, count, identity, mapping, mappings, text
from listening.collectors._walk import Walk
from listening.collectors._x_posts import around, history, number, post_of
from listening.collectors._x_refusals import TOKEN, refused, said, too_old
from listening.collectors.protocols import Refreshed
from listening.errors import FeedError, FeedRefused, FeedUnreadable, SettingsError
from listening.models import Answer, Budget, Feed, Page, Post, Request, TextKind

SOURCE = "x"
LABEL = "X (Twitter)"
KIND: TextKind = "post"
KEYS: Mapping[str, str] = {
    "search": "What to search for, in X's own words, at most 512 characters: 'Quillhaven OR #quillhaven -is:reply'.",
    "terms": "Must be \"confirmed\": your agency's counsel has confirmed that X's rules for public agencies are kept.",
    "dollars_a_month": (
        "How many dollars X may cost in a month, all feeds of X together; give each of them the same number. At most a "
        "quarter of it pays for counting: with 20 dollars it is asked no more than every 45 minutes."
    ),
    "retweets": 'Also posts that only pass others on: "true" or "false"; left out they are not read.',
}
CANNOT_SEE = (
    "Sees public posts of the last seven days that X's search finds, as far as the money reaches; no protected "
    "accounts. Conversations around a post are not read, because each post that is read costs money."
)
DELETIONS = (
    "A post that was deleted or made private is emptied when it is looked up again, for two weeks after it was "
    "published, as far as the money reaches."
)
EMPTY_MEANS_BLOCKED = False

SERVER = "https://api.x.com"
BUDGET, COUNTING = "x", "x counting"
POST, USER, COUNT = 5, 10, 5
"""What a post, its author, and counting cost, in thousandths of a dollar (price list of August 2026)."""
FEWEST, MOST = 10, 100
"""How many posts a page may have."""
AT_ONCE = 100
FIRST_PAGES = 2
"""How far a first visit looks back."""
MOST_PAGES = 18
"""How many pages a visit reads; the next one goes on from there, so that nothing is paid for twice."""
LONGEST_QUERY = 512
_PAUSE = 1.0
_MONTH = 30 * 86_400

_DOLLARS = re.compile(r"[0-9]{1,6}(?:\.[0-9]{1,2})?", re.ASCII)
_BY_AUTHOR = re.compile(r"(?<![\w-])from:(?=\S)", re.IGNORECASE)
_FIELDS = (
    "created_at,lang,public_metrics,author_id,referenced_tweets,entities,possibly_sensitive,note_tweet,"
    "edit_history_tweet_ids"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Step:
    """A step of a visit: what was asked for, on which walk, with how many posts a page; the first visit of all?"""

    asked: Literal["count", "posts"]
    walk: Walk
    first: bool
    size: int = FEWEST


# --- settings ---------------------------------------------------------------------------------------------------------


def check(options: Mapping[str, str]) -> None:
    """Refuse a search that X cannot use, and any as long as nobody answers for its terms and its price."""
    search = _options.required(options, "search", "Quillhaven")
    if not any(letter.isalnum() for letter in search):
        raise SettingsError("“search” holds no word.", "Write the words to search for.", key="search")
    if _BY_AUTHOR.search(search):
        raise SettingsError(
            "“from:” asks for all that one account writes, and nobody's posts are looked for by their author.",
            "Search for words, for a hashtag, or for @name; -from: leaves an account out.",
            key="search",
        )
    if options.get("retweets", "false") not in ("true", "false"):
        raise SettingsError("“retweets” is neither true nor false.", 'Write retweets = "true".', key="retweets")
    if len(query := _query(options)) > LONGEST_QUERY:
        raise SettingsError(
            f"“search” is too long: with what is added to it {len(query)} characters, and X takes {LONGEST_QUERY}.",
            "Shorten it, or make two feeds of it.",
            key="search",
        )
    if options.get("terms", "").strip() != "confirmed":
        raise SettingsError(
            "X is off until somebody has confirmed that its rules are kept.",
            "X forbids public agencies to use its posts for surveillance, and wants posts that were deleted there "
            "deleted here. When your agency's counsel has confirmed that your use is allowed, write: "
            'terms = "confirmed"',
            key="terms",
        )
    dollars = options.get("dollars_a_month", "").strip()
    if not dollars:
        raise SettingsError(
            "X is off until it is said how much it may cost.",
            "Each post that is read costs 0.5 to 1.5 cents. For at most 20 dollars in a month write: "
            "dollars_a_month = 20",
            key="dollars_a_month",
        )
    if not _DOLLARS.fullmatch(dollars) or _most(options) < 1000:
        raise SettingsError(
            f"“{dollars}” is not a number of dollars from 1 on.",
            "For example: dollars_a_month = 20",
            key="dollars_a_month",
        )


def budgets(feed: Feed) -> Sequence[Budget]:
    """What all feeds of X together may cost in a month, and what of it counting may: else many would only count."""
    most = _most(feed.options)
    said = f"At most {_short(most)} dollars a month may be spent on X"
    whole = Budget(name=BUDGET, most=most, period="month", unit="dollars", scale=1000, spread=False, words=said)
    said = f"At most a quarter of the {_short(most)} dollars a month may be spent on counting"
    return (whole, replace(whole, name=COUNTING, most=most // 4, unit="dollars for counting", words=said))


def _most(options: Mapping[str, str]) -> int:
    """The month's money in thousandths of a dollar; 0 where it is not said (a saved file is read)."""
    dollars = options.get("dollars_a_month", "").strip()
    return round(float(dollars) * 1000) if _DOLLARS.fullmatch(dollars) else 0


def _short(amount: int) -> str:
    return f"{amount // 1000:,}" if amount % 1000 == 0 else f"{amount / 1000:,.2f}"


def _query(options: Mapping[str, str]) -> str:
    search = options.get("search", "").strip()
    if options.get("retweets") == "true" or "is:retweet" in search:
        return search
    # A blank binds before OR.
    return f"({search}) -is:retweet" if " OR " in search else f"{search} -is:retweet"


# --- asking -----------------------------------------------------------------------------------------------------------


def locate(feed: Feed, cursor: str | None, secrets: Mapping[str, str]) -> Request:
    """Ask how many posts there are since the newest one that is known."""
    walk = begun(cursor)
    request = _count(feed, _Step(asked="count", walk=walk, first=walk == Walk()))
    return replace(request, headers=_headers(secrets))


def _headers(secrets: Mapping[str, str]) -> Mapping[str, str]:
    token = secrets.get(TOKEN, "").strip()
    return {"Accept": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})


def _count(feed: Feed, step: _Step) -> Request:
    asked = {"query": _query(feed.options), "granularity": "day"} | _bounds(step.walk)
    url = f"{SERVER}/2/tweets/counts/recent?{urlencode(asked)}"
    return Request(url=url, pause=_PAUSE, costs={BUDGET: COUNT, COUNTING: COUNT}, carry=step)


def _posts(feed: Feed, step: _Step, token: str = "") -> Request:
    asked = {
        "query": _query(feed.options),
        "max_results": str(step.size),
        "sort_order": "recency",
        "tweet.fields": _FIELDS,
        "expansions": "author_id",
        "user.fields": "username,name,public_metrics",
    } | _bounds(step.walk)
    asked |= {"next_token": token} if token else {}
    url = f"{SERVER}/2/tweets/search/recent?{urlencode(asked)}"
    return Request(url=url, pause=_PAUSE, costs={BUDGET: step.size * (POST + USER)}, carry=step)


def _bounds(walk: Walk) -> dict[str, str]:
    since = {"since_id": str(walk.since)} if walk.since is not None else {}
    return since | ({"until_id": str(walk.before)} if walk.before is not None else {})


# --- reading ----------------------------------------------------------------------------------------------------------


def parse(answer: Answer, feed: Feed) -> Page:
    """A count, with the search that follows it, or posts; a refusal is raised as a FeedError."""
    step = answer.request.carry if answer.request is not None else None
    if isinstance(step, _Step) and _bounds(step.walk) and too_old(answer):
        return _anew(step, feed)
    data = _data(answer)
    meta = mapping(data.get("meta"))
    if not isinstance(step, _Step):  # a saved file
        asked: Literal["count", "posts"] = "count" if "total_tweet_count" in meta else "posts"
        step = _Step(asked=asked, walk=Walk(), first=True)
    return _counted(meta, step, feed) if step.asked == "count" else _found(data, meta, step, feed)


def _data(answer: Answer) -> Mapping[str, Any]:
    """The JSON object of a good answer; nothing was paid for one that says no."""
    if answer.status < 400:
        return answered(answer, "posts of X")
    error = refused(answer)
    error.spent = {BUDGET: 0}
    raise error


def _anew(step: _Step, feed: Feed) -> Page:
    """What was last seen is older than X's search reaches: begin at the newest post again, or at the last one met."""
    walk = Walk(since=step.walk.newest) if step.walk.before is not None else Walk()
    return Page(
        posts=(),
        next=_count(feed, _Step(asked="count", walk=walk, first=False)),
        notes=("X was not read for more than a week, and it shows a week only: older posts are missing.",),
        spent={BUDGET: 0},
    )


def _counted(meta: Mapping[str, Any], step: _Step, feed: Feed) -> Page:
    """What there is to read, what it would cost, and the request for it."""
    number_of = count(meta.get("total_tweet_count"))
    if number_of is None:
        raise FeedUnreadable("X answered, but not with a count of posts.", "Nothing to do: it is tried again later.")
    if number_of == 0:
        note = "X counts no new posts, so nothing but the counting was paid for."
        return Page(posts=(), notes=(note,), cursor=_finished(step.walk), wait=_rest(feed))
    most = _most(feed.options)
    # A page may cost at most a tenth of the month's money: what is left in the end is seldom too little for one.
    size = max(FEWEST, min(MOST, number_of, most // (10 * (POST + USER))))
    since = "in the last seven days" if step.walk.since is None else "since the last visit"
    cents = -(-number_of * (POST + USER) // 10)
    note = (
        f"X counts {'1 post' if number_of == 1 else f'{number_of:,} posts'} {since}; reading all of it costs up to "
        f"{cents / 100:,.2f} dollars, and at most {_short(most)} dollars a month may be spent on X."
    )
    if step.first and number_of > FIRST_PAGES * size:
        note += f" This first visit reads the newest {FIRST_PAGES * size}."
    return Page(posts=(), next=_posts(feed, replace(step, asked="posts", size=size)), notes=(note,))


def _found(data: Mapping[str, Any], meta: Mapping[str, Any], step: _Step, feed: Feed) -> Page:
    """The posts of one page, what it cost, and where the walk goes on."""
    given = data.get("data")
    items = [given] if isinstance(given, dict) else given
    if items is None and count(meta.get("result_count")) == 0:
        items = []
    if not isinstance(items, list) or (not items and count(meta.get("result_count")) != 0):
        raise _nothing(data)
    beside = around(data)
    posts: dict[str, Post] = {}
    for item in mappings(items):
        if (post := post_of(item, beside, feed)) is not None:
            posts.setdefault(post.key, post)
    if items and not posts:
        raise _nothing(data)
    unusable = len(items) - len(posts)
    following, cursor = _onward(items, text(meta.get("next_token")), step, feed)
    return Page(
        posts=tuple(posts.values()),
        next=following,
        cursor=cursor,
        skipped=(f"{several(unusable)} without an id or twice",) if unusable else (),
        spent={BUDGET: (len(items) + len(beside.posts)) * POST + len(beside.users) * USER},
        wait=_rest(feed) if following is None else 0.0,
    )


def _nothing(data: Mapping[str, Any]) -> FeedError:
    """Why there are no posts in an answer that should have some; errors come with status 200 as well."""
    later = "Nothing to do: it is tried again later."
    if isinstance(data.get("errors"), list) and (words := said(data)):
        return FeedRefused(f"X gave no posts: “{words}”.", later)
    return FeedUnreadable("X answered, but not with posts.", later)


def _onward(items: Sequence[Any], token: str, step: _Step, feed: Feed) -> tuple[Request | None, str | None]:
    """The next page, back to what is known; with the last one the newest post as the cursor."""
    ids = [found for item in mappings(items) if (found := number(item.get("id"))) is not None]
    walk = replace(step.walk, pages=step.walk.pages + 1, newest=max([step.walk.newest, *ids]))
    if not token or (step.first and walk.pages >= FIRST_PAGES):
        return None, _finished(walk)
    if walk.pages < MOST_PAGES:
        return _posts(feed, replace(step, walk=walk), token), None
    return None, unfinished(walk, min(ids)) if ids else None


def _finished(walk: Walk) -> str | None:
    return str(walk.newest) if walk.newest else None


def _rest(feed: Feed) -> float:
    """Seconds until the next visit: counting alone may use up a quarter of the month's money."""
    most = _most(feed.options)
    return 4 * COUNT * _MONTH / most if most else 0.0


# --- posts that are known ---------------------------------------------------------------------------------------------


def refresh(posts: Sequence[Post], feed: Feed, secrets: Mapping[str, str]) -> Request | None:
    """Ask for posts as they are now; their authors are known, and are not paid for again."""
    asked = {"ids": ",".join(map(_version, posts)), "tweet.fields": _FIELDS.replace("author_id,", "")}
    return Request(
        url=f"{SERVER}/2/tweets?{urlencode(asked)}",
        headers=_headers(secrets),
        pause=_PAUSE,
        costs={BUDGET: len(posts) * POST},
    )


def refreshed(answer: Answer, posts: Sequence[Post], feed: Feed) -> Refreshed:
    """Their numbers; and which of them were deleted, or are shown to their authors' followers only."""
    data = _data(answer)
    items, errors = list(mappings(data.get("data"))), list(mappings(data.get("errors")))
    if not items and not errors:
        raise FeedUnreadable("X answered, but not with posts.", "Nothing to do: it is tried again later.")
    known = {_version(post): post for post in posts}
    lost = {_lost(error) for error in errors}
    found = []
    for item in items:
        version = identity(item.get("id"))
        now = post_of(item, around(data), feed)
        # Where there is a newer version, these are not its words any more: the search finds the newer one.
        if now is not None and version in known and history(item, version)[-1] == version:
            found.append(_with_author(now, known[version]))
    return Refreshed(posts=tuple(found), gone=tuple(post.key for version, post in known.items() if version in lost))


def _version(post: Post) -> str:
    """The id of the version that is known: an edited post keeps the key of its first one."""
    latest = post.url.rpartition("/status/")[2]
    return latest if number(latest) is not None else post.key


def _with_author(now: Post, known: Post) -> Post:
    return replace(
        now,
        key=known.key,
        url=known.url or now.url,
        author=known.author,
        author_url=known.author_url,
        author_followers=known.author_followers,
    )


def _lost(error: Mapping[str, Any]) -> str:
    """The id of a post that was asked for and is deleted, or is shown to its author's followers only."""
    kind, title = text(error.get("type")).rsplit("/", 1)[-1], text(error.get("title"))
    known = kind in ("resource-not-found", "not-authorized-for-resource") or title in (
        "Not Found Error",
        "Authorization Error",
    )
    about_it = text(error.get("parameter")) in ("ids", "id")
    return (identity(error.get("resource_id")) or identity(error.get("value"))) if known and about_it else ""
