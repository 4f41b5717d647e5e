"""What a Mastodon server says of posts, in its API and in its RSS feeds, to posts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from listening.collectors import _dates, rss
from listening.collectors._answers import several
from listening.collectors._entry import Document, Entry
from listening.errors import FeedRefused, FeedUnreadable
from listening.models import NO_OPTIONS, Answer, Feed, Page, Post
from listening.text import canonical_url, plain, tidy


def items_in(data: Any) -> list[Any]:
    """What an answer lists: a timeline, a search, a thread or one status; a FeedError where it lists nothing."""
    if isinstance(data, dict):
        if isinstance(data.get("error"), str):
            raise FeedRefused(f"The server says: “{tidy(data['error'])[:200]}”.", "Check the feed's settings.")
        if isinstance(data.get("statuses"), list):
            return list(data["statuses"])
        if isinstance(data.get("ancestors"), list) and isinstance(data.get("descendants"), list):
            return [*data["ancestors"], *data["descendants"]]
        return [data]
    if not isinstance(data, list):
        raise _no_posts()
    return data


def statuses_in(items: Sequence[Any]) -> list[Mapping[str, Any]]:
    """The statuses among these; a FeedError where there are things, and none is a status."""
    statuses = [item for item in items if is_status(item)]
    if not statuses and items:
        raise _no_posts()
    return statuses


def _no_posts() -> FeedUnreadable:
    return FeedUnreadable("The server answered, but not with posts.", "Check the server's name in the settings.")


def is_status(value: Any) -> bool:
    """Whether a value is a post as the API gives it."""
    return isinstance(value, dict) and isinstance(value.get("account"), dict) and isinstance(value.get("content"), str)


def posts_of(
    statuses: Sequence[Mapping[str, Any]], server: str, feed: Feed, known: Mapping[str, str] = NO_OPTIONS
) -> Page:
    """Turn statuses into posts; those that are not meant for us are counted.

    ``server`` is who gave them, ``known`` the keys of further posts by their ids there.
    """
    originals = [status["reblog"] if is_status(status.get("reblog")) else status for status in statuses]
    keys = {**known, **{str(each.get("id")): uri for each in originals if isinstance(uri := each.get("uri"), str)}}
    posts: dict[str, Post] = {}
    counted = dict.fromkeys(("not public", "by authors who ask not to be indexed", "without an address"), 0)
    for status in originals:
        if status.get("visibility") not in ("public", "unlisted", None):
            counted["not public"] += 1
        elif status["account"].get("noindex") is True:
            counted["by authors who ask not to be indexed"] += 1
        elif post := _post(status, keys, server, feed):
            posts.setdefault(post.key, post)
        else:
            counted["without an address"] += 1
    skipped = (f"{several(number)} {why}" for why, number in counted.items() if number)
    return Page(posts=tuple(posts.values()), skipped=tuple(skipped))


def _post(status: Mapping[str, Any], keys: Mapping[str, str], server: str, feed: Feed) -> Post | None:
    """Turn one status into a post; None if it has no address to know it by."""
    account = status["account"]
    url = canonical_url(text_of(status.get("url"))) or canonical_url(text_of(status.get("uri")))
    key = text_of(status.get("uri")) or url
    if not key:
        return None
    warning = tidy(text_of(status.get("spoiler_text")))
    lines = [warning, plain(status["content"]), *_pictures(status.get("media_attachments"))]
    return Post(
        source=feed.source,
        feed=feed.name,
        key=key,
        url=url,
        text="\n".join(line for line in lines if line),
        author=_handle(account, server),
        author_url=canonical_url(text_of(account.get("url"))) or None,
        author_followers=_count(account.get("followers_count")),
        language=rss.language_tag(text_of(status.get("language"))) or feed.language,
        published_at=_dates.iso(status.get("created_at")),
        edited_at=_dates.iso(status.get("edited_at")),
        likes=_count(status.get("favourites_count")),
        replies=_count(status.get("replies_count")),
        reposts=_count(status.get("reblogs_count")),
        reply_to=_parent(status, keys, server),
        sensitive=status.get("sensitive") is True or bool(warning),
    )


def _pictures(attachments: Any) -> Iterator[str]:
    """What pictures, films and recordings show, as their authors describe them."""
    for attachment in attachments if isinstance(attachments, list) else []:
        if isinstance(attachment, dict) and (description := tidy(text_of(attachment.get("description")))):
            kind = {"video": "video", "gifv": "video", "audio": "audio"}.get(text_of(attachment.get("type")), "image")
            yield f"[{kind}: {description}]"


def _handle(account: Mapping[str, Any], server: str) -> str | None:
    """The full handle: Mastodon leaves the host out for its own people."""
    name = text_of(account.get("acct")) or text_of(account.get("username"))
    if not name:
        return None
    if "@" not in name and (host := urlsplit(canonical_url(text_of(account.get("url")))).netloc or server):
        name = f"{name}@{host}"
    return f"@{name}"


def _parent(status: Mapping[str, Any], keys: Mapping[str, str], server: str) -> str | None:
    """The key of the post that this one answers, where it can be known; else its id on this server."""
    identity = text_of(status.get("in_reply_to_id"))
    if not identity:
        return None
    if identity in keys:
        return keys[identity]
    mentions = status.get("mentions")
    people = [status["account"], *(mentions if isinstance(mentions, list) else [])]
    for person in people:
        if isinstance(person, dict) and person.get("id") == status.get("in_reply_to_account_id") and server:
            name = text_of(person.get("acct"))
            if name and "@" not in name:
                return f"https://{server}/users/{name}/statuses/{identity}"
    return f"{server}:{identity}" if server else identity


_LINK = re.compile(r"(https?)://([^/]+)/@([A-Za-z0-9_.-]+)/(\d+)")
_WARNED = re.compile(r"\s*<p>[^<]*(?:<strong>[^<]*</strong>[^<]*)?</p>\s*<hr\s*/?>", re.IGNORECASE)


def from_rss(document: Document, answer: Answer, feed: Feed) -> Page:
    """Turn an RSS feed of a hashtag or an account into posts with the keys that the API would give."""
    posts: dict[str, Post] = {}
    for entry in document.entries:
        if post := _rss_post(entry, answer, feed):
            posts.setdefault(post.key, post)
    unusable = sum(1 for entry in document.entries if not entry.link and not entry.id)
    return Page(posts=tuple(posts.values()), skipped=(f"{several(unusable)} without an address",) if unusable else ())


def _rss_post(entry: Entry, answer: Answer, feed: Feed) -> Post | None:
    url = canonical_url(entry.link or entry.id, answer.url)
    key, author, author_url = entry.id or url, None, None
    if not key:
        return None
    if found := _LINK.fullmatch(url):
        scheme, host, name, identity = found.groups()
        key = f"{scheme}://{host}/users/{name}/statuses/{identity}"
        author, author_url = f"@{name}@{host}", f"{scheme}://{host}/@{name}"
    markup = max(entry.texts, key=len, default="")
    return Post(
        source=feed.source,
        feed=feed.name,
        key=key,
        url=url,
        title=plain(entry.title),
        text=plain(markup),
        author=author,
        author_url=author_url,
        language=feed.language or rss.language_tag(entry.language),
        published_at=entry.published or entry.updated,
        sensitive=entry.rating.strip().lower() == "adult" or _WARNED.match(markup) is not None,
    )


def text_of(value: Any) -> str:
    """A text; ids come as numbers from some servers."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str) else ""


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
