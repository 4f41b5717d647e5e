"""Public posts with a hashtag, from a Mastodon server or one that answers as Mastodon does."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit

from listening.collectors import _dates, _jsonfeed, _options, rss
from listening.collectors._answers import not_a_feed, refuse, several
from listening.collectors._entry import Document, Entry
from listening.errors import FeedRefused, FeedUnreadable, SettingsError
from listening.models import Answer, Feed, Page, Post, Presence, Request, TextKind
from listening.text import canonical_url, plain, tidy

SOURCE = "mastodon"
LABEL = "Mastodon hashtags"
KIND: TextKind = "post"
KEYS: Mapping[str, str] = {
    "server": "The server to ask, such as mastodon.social.",
    "tag": "The hashtag, with or without #.",
}
CANNOT_SEE = (
    "Sees public posts that carry the hashtag and have reached this one server: no posts without the hashtag, none to "
    "followers only, none by people who ask not to be indexed; likes and replies are those the server knows of."
)
DELETIONS = (
    "A post that its server no longer has, or no longer shows to everybody, is emptied, mostly within a day, for two "
    "weeks after it was published; where the server answers."
)
EMPTY_MEANS_BLOCKED = False

TOKEN = "LISTENING_MASTODON_TOKEN"  # noqa: S105 - the name of the secret, not the secret
LIMIT = 40  # the most that Mastodon gives at once
BACKFILL_PAGES = 5  # how far a first run looks back
_PAUSE = 1.0

_TAG = re.compile(r"[\w·]*[^\W\d][\w·]*")


def check(options: Mapping[str, str]) -> None:
    """Refuse a server or a hashtag that cannot be asked."""
    _options.origin(_options.required(options, "server", "mastodon.social"), "server")
    tag = _options.required(options, "tag", "quillhaven")
    if not _TAG.fullmatch(tag.removeprefix("#")):
        raise SettingsError(
            f"“{tag}” is not one hashtag.",
            "A hashtag is one word of letters, digits and _, not of digits only.",
            key="tag",
        )


def locate(feed: Feed, cursor: str | None, secrets: Mapping[str, str]) -> Request:
    """Ask for the newest posts, or, with a cursor, for those that came after it, oldest first."""
    asked = {"limit": str(LIMIT)} | ({"min_id": cursor} if cursor else {})
    return Request(url=_timeline(feed, asked), headers=_headers(feed, secrets), pause=_PAUSE)


_STATUS = re.compile(r"https?://[^/?#@]+/(?:ap/)?users/[^/?#]+/statuses/(\d+)")


def recheck(post: Post) -> Request | None:
    """Ask the server that a post is from, without our token: the address comes out of the post."""
    found = _STATUS.fullmatch(post.key)
    if found is None:
        return None  # other programs than Mastodon, which do not answer as it does
    parts = urlsplit(post.key)
    url = f"{parts.scheme}://{parts.netloc}/api/v1/statuses/{found[1]}"
    return Request(url=url, headers={"Accept": "application/json"}, pause=_PAUSE)


def presence(answer: Answer, request: Request) -> Presence:
    """Gone where the server itself says, as its API does, that there is no such post."""
    if urlsplit(answer.url).netloc != urlsplit(request.url).netloc:
        return "unknown"
    data = _jsonfeed.load(answer.body)
    if not isinstance(data, dict):
        return "unknown"
    if answer.status in (404, 410):
        return "gone" if isinstance(data.get("error"), str) else "unknown"
    return "there" if answer.status == 200 and _is_status(data) else "unknown"


def _headers(feed: Feed, secrets: Mapping[str, str]) -> Mapping[str, str]:
    headers = {"Accept": "application/json"}
    server = urlsplit(_origin(feed))
    for secret in secrets.get(TOKEN, "").split():
        token, _, host = secret.rpartition("@")
        if not token:
            raise FeedRefused(
                f"{TOKEN} does not say which server its token is for.",
                f"Write {TOKEN}=token@server, for example …@{server.hostname}; several are separated by blanks.",
            )
        # A token is for one server, and goes to no other, nor over an open line.
        if host.lower() == server.netloc and server.scheme == "https":
            headers["Authorization"] = f"Bearer {token}"
    return headers


def _origin(feed: Feed, answer: Answer | None = None) -> str:
    """The server of a feed; without settings (a saved file is tried) the one that answered."""
    if server := feed.options.get("server", "").strip():
        return _options.origin(server, "server")
    parts = urlsplit(canonical_url(answer.url if answer else ""))
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""


def _tag(feed: Feed) -> str:
    return quote(feed.options.get("tag", "").strip().removeprefix("#"), safe="")


def _timeline(feed: Feed, asked: Mapping[str, str]) -> str:
    return f"{_origin(feed)}/api/v1/timelines/tag/{_tag(feed)}?{urlencode(asked)}"


def parse(answer: Answer, feed: Feed) -> Page:
    """Turn statuses, or the hashtag's RSS feed, into posts; a refusal is raised as a FeedError."""
    address = urlsplit(answer.url)
    if answer.status in (401, 403, 422) and "/api/" in address.path and feed.options.get("tag"):
        return _closed(answer, feed)
    if answer.status == 404 and "/api/" in address.path:
        raise FeedRefused("This server does not answer as Mastodon does (404).", "Check the server's name.")
    refuse(answer)
    if address.path.endswith(".rss") or answer.body[:200].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        document = rss.read(answer)
        if document is None:
            raise not_a_feed(answer, "Mastodon posts")
        return _from_rss(document, answer, feed)
    data = _jsonfeed.load(answer.body)
    if data is None:
        raise not_a_feed(answer, "Mastodon posts")
    statuses = _statuses(data)
    page = _posts(statuses, answer, feed)
    if not isinstance(data, list) or not feed.options.get("tag"):
        return page
    following, cursor = _onward(statuses, answer, feed)
    return Page(posts=page.posts, next=following, cursor=cursor, skipped=page.skipped)


def _closed(answer: Answer, feed: Feed) -> Page:
    """The server wants a login for its API: its RSS feed of the hashtag may be open all the same."""
    data = _jsonfeed.load(answer.body)
    said = str(data.get("error", "")) if isinstance(data, dict) else ""
    if "token" in said.lower():
        raise FeedRefused(
            f"The server did not accept our access token: “{tidy(said)[:200]}”.", f"Renew the token in {TOKEN}."
        )
    return Page(
        posts=(),
        next=Request(url=f"{_origin(feed)}/tags/{_tag(feed)}.rss?limit=200", pause=_PAUSE),
        skipped=("the server opens its timeline to members only, so its RSS feed is read: no likes, no replies",),
    )


def _onward(statuses: Sequence[Mapping[str, Any]], answer: Answer, feed: Feed) -> tuple[Request | None, str | None]:
    """The next request and the new cursor.

    With ``min_id`` we walk towards now and the newest id is the cursor. Without a cursor the first page is the newest,
    its newest id the cursor, and the pages after it (``max_id``) go back in time and have no cursor to tell. The page
    number in the address is ours: servers pass over it.
    """
    asked = {name: values[0] for name, values in parse_qs(urlsplit(answer.url).query).items()}
    ids = sorted((str(status["id"]) for status in statuses if status.get("id")), key=_order)
    if not ids:
        return None, None
    full = len(statuses) >= _number(asked.get("limit"), LIMIT)
    if after := asked.get("min_id"):
        # A server that does not know min_id would send us the same page for ever.
        moved = _order(ids[-1]) > _order(after)
        following = {"limit": str(LIMIT), "min_id": ids[-1]} if full and moved else None
        cursor = ids[-1] if moved else None
    else:
        number = _number(asked.get("page"), 1)
        back = full and number < BACKFILL_PAGES and ids[0] != asked.get("max_id")
        following = {"limit": str(LIMIT), "max_id": ids[0], "page": str(number + 1)} if back else None
        cursor = ids[-1] if "max_id" not in asked else None
    if following is None:
        return None, cursor
    return Request(url=_timeline(feed, following), headers={"Accept": "application/json"}, pause=_PAUSE), cursor


def _order(identity: str) -> tuple[int, str]:
    """Ids are opaque, but a longer one is newer, and of two as long the one that sorts behind."""
    return len(identity), identity


def _number(text: str | None, default: int) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 6 else default


def _statuses(data: Any) -> list[Mapping[str, Any]]:
    """Find the statuses in an answer: a timeline, a search, a thread or one status."""
    if isinstance(data, dict):
        if isinstance(data.get("error"), str):
            raise FeedRefused(f"The server says: “{tidy(data['error'])[:200]}”.", "Check the server and the hashtag.")
        if isinstance(data.get("statuses"), list):
            data = data["statuses"]
        elif isinstance(data.get("ancestors"), list) and isinstance(data.get("descendants"), list):
            data = [*data["ancestors"], *data["descendants"]]
        else:
            data = [data]
    statuses = [status for status in data if _is_status(status)] if isinstance(data, list) else []
    if not statuses and data:
        raise FeedUnreadable("The server answered, but not with posts.", "Check the server and the hashtag.")
    return statuses


def _is_status(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("account"), dict) and isinstance(value.get("content"), str)


def _posts(statuses: Sequence[Mapping[str, Any]], answer: Answer, feed: Feed) -> Page:
    """Turn statuses into posts; those that are not meant for us are counted."""
    server = urlsplit(_origin(feed, answer)).netloc
    originals = [status["reblog"] if _is_status(status.get("reblog")) else status for status in statuses]
    keys = {str(status.get("id")): uri for status in originals if isinstance(uri := status.get("uri"), str)}
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
    url = canonical_url(_text(status.get("url"))) or canonical_url(_text(status.get("uri")))
    key = _text(status.get("uri")) or url
    if not key:
        return None
    warning = tidy(_text(status.get("spoiler_text")))
    lines = [warning, plain(status["content"]), *_pictures(status.get("media_attachments"))]
    return Post(
        source=feed.source,
        feed=feed.name,
        key=key,
        url=url,
        text="\n".join(line for line in lines if line),
        author=_handle(account, server),
        author_url=canonical_url(_text(account.get("url"))) or None,
        author_followers=_count(account.get("followers_count")),
        language=rss.language_tag(_text(status.get("language"))) or feed.language,
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
        if isinstance(attachment, dict) and (description := tidy(_text(attachment.get("description")))):
            kind = {"video": "video", "gifv": "video", "audio": "audio"}.get(_text(attachment.get("type")), "image")
            yield f"[{kind}: {description}]"


def _handle(account: Mapping[str, Any], server: str) -> str | None:
    """The full handle: Mastodon leaves the host out for its own people."""
    name = _text(account.get("acct")) or _text(account.get("username"))
    if not name:
        return None
    if "@" not in name and (host := urlsplit(canonical_url(_text(account.get("url")))).netloc or server):
        name = f"{name}@{host}"
    return f"@{name}"


def _parent(status: Mapping[str, Any], keys: Mapping[str, str], server: str) -> str | None:
    """The key of the post that this one answers, where it can be known; else its id on this server."""
    identity = _text(status.get("in_reply_to_id"))
    if not identity:
        return None
    if identity in keys:
        return keys[identity]
    mentions = status.get("mentions")
    people = [status["account"], *(mentions if isinstance(mentions, list) else [])]
    for person in people:
        if isinstance(person, dict) and person.get("id") == status.get("in_reply_to_account_id") and server:
            name = _text(person.get("acct"))
            if name and "@" not in name:
                return f"https://{server}/users/{name}/statuses/{identity}"
    return f"{server}:{identity}" if server else identity


_LINK = re.compile(r"(https?)://([^/]+)/@([A-Za-z0-9_.-]+)/(\d+)")
_WARNED = re.compile(r"\s*<p>[^<]*(?:<strong>[^<]*</strong>[^<]*)?</p>\s*<hr\s*/?>", re.IGNORECASE)


def _from_rss(document: Document, answer: Answer, feed: Feed) -> Page:
    """Turn the hashtag's RSS feed into posts with the keys that the API would give."""
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


def _text(value: Any) -> str:
    """A text; ids come as numbers from some servers."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str) else ""


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
