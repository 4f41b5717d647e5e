"""Headlines of the world's news sites that hold some words, from the index of the GDELT project (DOC 2.0)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from listening.collectors import _jsonfeed, _options, rss
from listening.collectors._answers import is_page, not_a_feed, refuse, several
from listening.collectors._gdelt_languages import NAMES, tag_of
from listening.collectors._gdelt_titles import tidied
from listening.collectors._values import cut_short, mappings, text
from listening.collectors._walk import Walk, walk_of
from listening.errors import FeedError, FeedRefused, FeedUnreadable, SettingsError
from listening.models import Answer, Feed, Page, Post, Presence, Request, TextKind
from listening.text import canonical_url, tidy

SOURCE = "gdelt"
LABEL = "GDELT (news of the world)"
KIND: TextKind = "headline"
KEYS: Mapping[str, str] = {
    "search": "The words to search for, as GDELT reads them: '\"Town of Quillhaven\" (ferry OR harbor) -football'.",
    "country": 'Only news sites of this country, by its English name: "Switzerland".',
    "language": 'Only articles in this language: "en".',
}
CANNOT_SEE = (
    "Sees headlines of articles whose text holds the words, not the text itself, no likes and no comments; their time "
    "is when GDELT saw them, which can be hours after they were published. At busy times GDELT turns programs away."
)
DELETIONS = rss.DELETIONS
EMPTY_MEANS_BLOCKED = False

SERVICE = "https://api.gdeltproject.org/api/v2/doc/doc"
LIMIT = 250
"""An answer shows so many articles at most; older ones are asked for by their time."""
MOST_CHARACTERS = 250
"""Of a search with its country and language; GDELT refuses longer ones."""
BACKFILL_SLICES, MOST_SLICES = 5, 20
BACKFILL = 7 * 24 * 3600
OVERLAP = 6 * 3600
"""Seconds before the newest article that are read again: articles come late into the index, and GDELT refuses to look
through a very short time."""
_PAUSE = 5.0

_LATER = "Nothing to do: it is tried again later."
_COUNTRY = re.compile(r"[^\W\d_]+(?:[ .,'’-]+[^\W\d_]+)*\.?")
_TWO_LETTERS = ("US", "UK")  # of the codes of two letters, those that mean the same to GDELT as to everybody


def check(options: Mapping[str, str]) -> None:
    """Refuse a search that GDELT would refuse."""
    search = _options.required(options, "search", '\\"Town of Quillhaven\\"')
    if not any(letter.isalnum() for letter in search):
        raise SettingsError("“search” holds no word.", "Write the words to search for.", key="search")
    if _has_open_or(search):
        raise SettingsError(
            "GDELT wants words with OR between them in round brackets.",
            "For example: search = 'Quillhaven (ferry OR harbor)'",
            key="search",
        )
    country = options.get("country", "").strip()
    short = len(country) <= 2 and country.upper() not in _TWO_LETTERS
    if country and (short or not _COUNTRY.fullmatch(country)):
        raise SettingsError(
            f"“{country}” is not the name of a country.",
            'Write its English name, country = "Switzerland": by two letters GDELT means other countries than usual.',
            key="country",
        )
    language = options.get("language", "").strip()
    if language and _language(language) is None:
        raise SettingsError(
            f"GDELT reads no language “{language}”.", 'Write its short name: language = "en".', key="language"
        )
    if len(_query(options)) > MOST_CHARACTERS:
        raise SettingsError(
            f"GDELT takes searches of up to {MOST_CHARACTERS} characters, with country and language.",
            "Make it shorter, or make two feeds of it.",
            key="search",
        )


def _has_open_or(search: str) -> bool:
    """Whether an OR stands outside of brackets and quotes."""
    depth = 0
    for part in re.findall(r'"[^"]*"?|[()]|[^\s()"]+', search):
        depth += {"(": 1, ")": -1}.get(part, 0)
        if part == "OR" and depth <= 0:
            return True
    return False


def _language(tag: str) -> str | None:
    return NAMES.get(tag.replace("_", "-").partition("-")[0].lower())


def _query(options: Mapping[str, str]) -> str:
    parts = [options.get("search", "").strip()]
    if country := "".join(filter(str.isalpha, options.get("country", ""))):
        parts.append(f"sourcecountry:{country.lower()}")
    if language := _language(options.get("language", "").strip()):
        parts.append(f"sourcelang:{language}")
    return " ".join(parts)


def locate(feed: Feed, cursor: str | None, secrets: Mapping[str, str]) -> Request:
    """Ask for the newest articles: of a week at a first visit, later of the time since the newest one that is known."""
    since = max(0, int(cursor) - OVERLAP) if cursor and cursor.isdigit() else None
    return _search(feed, Walk(since=since))


def _search(feed: Feed, walk: Walk) -> Request:
    asked = {
        "query": _query(feed.options),
        "mode": "artlist",
        "format": "json",
        "maxrecords": str(LIMIT),
        "sort": "datedesc",
    }
    if walk.before is not None:
        start = walk.since if walk.since is not None else walk.newest - BACKFILL
        asked["startdatetime"] = _stamp(min(start, walk.before - OVERLAP))
        asked["enddatetime"] = _stamp(walk.before)
    elif walk.since is not None:
        asked["startdatetime"] = _stamp(walk.since)
    else:
        asked["timespan"] = "1w"
    return Request(url=f"{SERVICE}?{urlencode(asked)}", pause=_PAUSE, carry=walk)


def _stamp(seconds: int) -> str:
    return f"{datetime.fromtimestamp(max(0, seconds), UTC):%Y%m%d%H%M%S}"


def parse(answer: Answer, feed: Feed) -> Page:
    """Turn articles into posts; a refusal, which comes as a sentence, is raised as a FeedError."""
    data = _data(answer)
    if data is None:
        if _is_too_old(answer):
            # Nobody has listened for months: what lies before the last week is out of reach.
            return Page(
                posts=(),
                next=_search(feed, Walk()),
                notes=("GDELT shows the last three months only, so the last week is read, and a gap stays before it.",),
            )
        raise _no_articles(answer)
    articles = data.get("articles") if isinstance(data, dict) else data
    entries = list(mappings(articles))
    posts = {post.key: post for entry in entries if (post := _post(entry, feed)) is not None}
    unusable = sum(not _address(entry) for entry in entries)
    following, cursor, notes = _onward(entries, answer, feed)
    return Page(
        posts=tuple(posts.values()),
        next=following,
        cursor=cursor,
        skipped=(f"{several(unusable, 'article', 'articles')} without an address",) if unusable else (),
        notes=notes,
    )


def _data(answer: Answer) -> object:
    """What a good answer holds: an object with articles, or the empty one that stands for none; None for all else."""
    if not 200 <= answer.status < 300:
        return None
    data = _jsonfeed.load(answer.body)
    if data is None and answer.body.lstrip()[:1] in (b"{", b"["):
        # Its writer forgets to escape: a backslash that begins nothing is a backslash.
        body = answer.body.decode("utf-8-sig", "replace")
        data = _jsonfeed.load(_LONE.sub(lambda found: found[0] if found[1] else r"\\", body).encode())
    if isinstance(data, dict):
        if isinstance(data.get("articles"), list):
            return data
        return data if _NOTHING.fullmatch(answer.body) else None
    # A saved answer may hold the list alone.
    return data if isinstance(data, list) and any("url" in entry for entry in mappings(data)) else None


_LONE = re.compile(r'\\(["\\/bfnrt]|u[0-9A-Fa-f]{4})?')
_NOTHING = re.compile(rb"(?:\xef\xbb\xbf)?\s*\{\s*\}\s*")

_HURRIED = re.compile(r"limit requests|too many requests|rate limit", re.IGNORECASE)
_QUERY = re.compile(
    r"\b(?:query|queries|keywords?|phrase|parenthes[ei]s|operator|terms?|timespan|too (?:short|long|common))\b", re.I
)
_TOO_OLD = re.compile(r"within the last 3 months|(?:start|end) ?date", re.IGNORECASE)


def _sentence(answer: Answer) -> str:
    """The plain sentence that an answer is, or "" if it is none."""
    body = answer.body[:2_000]
    if is_page(body) or b"\x00" in body or body.lstrip()[:1] in (b"{", b"[", b"<"):
        return ""
    said = " ".join(tidy(body.decode("utf-8", "ignore")).split())
    return said.rstrip(".") if len(said) <= 200 else f"{said[:199]}…"


def _is_too_old(answer: Answer) -> bool:
    walk = walk_of(answer)
    return walk.since is not None and walk.before is None and _TOO_OLD.search(_sentence(answer)) is not None


def _no_articles(answer: Answer) -> FeedError:
    """Say why there are no articles; it says no with any status, also with 200."""
    said = _sentence(answer)
    if answer.status == 429 or _HURRIED.search(said):
        return FeedRefused(
            "GDELT turns requests away just now (429): it lets everybody ask once in 5 seconds, and less while it is "
            "busy.",
            _LATER,
        )
    refuse(answer)
    if said and _QUERY.search(said):
        return FeedRefused(
            f"GDELT does not take this search; it says: “{said}”.",
            "Change “search” in the settings: words and phrases of five letters or more, OR in round brackets only.",
        )
    if said:
        return FeedUnreadable(f"GDELT answered with words instead of articles: “{said}”.", _LATER)
    if answer.body.lstrip()[:1] in (b"{", b"["):
        if _jsonfeed.load(answer.body) is None:
            return cut_short()
        return FeedUnreadable("GDELT answered, but not with articles.", _LATER)
    return not_a_feed(answer, "articles of GDELT")


def _onward(
    entries: Sequence[Mapping[str, Any]], answer: Answer, feed: Feed
) -> tuple[Request | None, str | None, tuple[str, ...]]:
    """The next slice of time, back to what is known; with the last one the newest time as the cursor."""
    walk = walk_of(answer)
    times = [int(at.timestamp()) for entry in entries if (at := _seen(entry)) is not None]
    newest = max([walk.newest, *times])
    done = str(newest) if newest else None
    if answer.request is None or len(entries) < LIMIT or not times:
        return None, done, ()
    slices = walk.pages + 1
    # What was seen in the same second as the oldest may be cut off: that second is asked for again.
    before = min(times) + 1
    if walk.before is not None and before >= walk.before:
        before = walk.before - 2  # all of them of one second: what more there is in it cannot be seen
    if walk.since is None and (slices >= BACKFILL_SLICES or before <= newest - BACKFILL):
        return None, done, ()
    if walk.since is not None and before <= walk.since:
        return None, done, ()
    if slices >= MOST_SLICES:
        return None, done, ("GDELT has more new articles than can be read at once; the oldest of them were left out.",)
    return _search(feed, replace(walk, before=before, pages=slices, newest=newest)), None, ()


def _seen(entry: Mapping[str, Any]) -> datetime | None:
    try:
        return datetime.strptime(text(entry.get("seendate")), "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        return None


def _address(entry: Mapping[str, Any]) -> str:
    return canonical_url(text(entry.get("url")))


def _post(entry: Mapping[str, Any], feed: Feed) -> Post | None:
    url = _address(entry)
    if not url:
        return None
    return Post(
        source=feed.source,
        feed=feed.name,
        key=url,
        url=url,
        title=tidied(text(entry.get("title"))),
        author=text(entry.get("domain")).strip().lower() or None,
        language=feed.language or tag_of(text(entry.get("language"))),
        published_at=_seen(entry),
    )


# --- articles that are known ------------------------------------------------------------------------------------------


def recheck(post: Post) -> Request | None:
    """Ask for the article's page at its own site."""
    return rss.recheck(post)


def presence(answer: Answer, request: Request) -> Presence:
    """What its site says of it, as of any article."""
    return rss.presence(answer, request)
