"""What a post's address, or its id, tells: where it was published, and the key by which a collector would know it.

A post that another tool's export brings must be the very post that a collector brings: so each source's own key is made
here out of what such exports hold.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import parse_qs, quote, unquote, urlsplit

from listening.collectors import _bluesky_posts, _reddit_posts, _x_posts, stackexchange
from listening.text import canonical_url


@dataclass(frozen=True, kw_only=True, slots=True)
class Located:
    """A post's source and key there, and its address as that source's collector writes it; who wrote it and when, where
    address or id tell that too. ``key`` is "" where the address is that of a page or group, and not of one post."""

    source: str
    key: str
    url: str = ""
    author: str | None = None
    author_url: str | None = None
    published_at: datetime | None = None


def located(url: str, *, identity: str = "", said: str = "", author_id: str = "") -> Located | None:
    """Where a post was published, by its address, or else by its id on the service that is ``said``.

    ``author_id`` is the author's number, where an address names the author only (Bluesky). None where neither tells.
    """
    address = url.strip()
    there = _by_address(address, author_id)
    if there is not None and there.key:
        return there
    by_id = _BY_ID.get(there.source if there is not None else said)
    found = by_id(identity.strip(), address) if by_id is not None else None
    return found or there


def _by_address(address: str, author_id: str) -> Located | None:
    if address.startswith("at://"):
        return _bluesky_id(address, "")
    try:
        parts = urlsplit(address if "://" in address else f"https://{address}")
        host = (parts.hostname or "").lower()
    except ValueError:
        return None
    if "." not in host:
        return None
    plain = host.removeprefix("www.").removeprefix("m.").removeprefix("mobile.")
    for ending, read in _HOSTS.items():
        if plain == ending or plain.endswith(f".{ending}"):
            return read(address, author_id)
    return _mastodon(address) or _question(address, host)


# --- one service each -------------------------------------------------------------------------------------------------

_STATUS = re.compile(r"/(\w{1,50}|i/web)/status(?:es)?/(\d{1,19})(?:/|$)", re.ASCII)


def _tweet(address: str, _: str) -> Located | None:
    found = _STATUS.search(urlsplit(address if "://" in address else f"https://{address}").path)
    if found is None:
        return None
    return _by_tweet_id(found[2], "" if found[1] in ("i/web", "i", "web", "anyuser") else found[1])


def _by_tweet_id(key: str, name: str) -> Located:
    return Located(
        source="x",
        key=key,
        url=f"{_x_posts.SITE}/{name or 'i/web'}/status/{key}",
        author=f"@{name}" if name else None,
        author_url=f"{_x_posts.SITE}/{name}" if name else None,
        published_at=_x_posts.moment(key),
    )


def _tweet_id(identity: str, _: str) -> Located | None:
    key = identity.rpartition(":")[2]  # tag:search.twitter.com,2005:123, as some tools write it
    return _by_tweet_id(key, "") if re.fullmatch(r"[1-9]\d{0,18}", key, re.ASCII) else None


def _reddit(address: str, _: str) -> Located | None:
    parts = urlsplit(address if "://" in address else f"https://{address}")
    if (parts.hostname or "").removeprefix("www.") == "redd.it":
        link, comment = parts.path.strip("/"), ""
        if not re.fullmatch(r"[a-z0-9]{1,13}", link):
            return None
    else:
        link, comment = _reddit_posts.place(address)
    if not link:
        return None
    path = parts.path if "/comments/" in parts.path else f"/comments/{link}/"
    return Located(
        source="reddit",
        key=f"t1_{comment}" if comment else f"t3_{link}",
        url=canonical_url(path, _reddit_posts.SITE),
    )


def _reddit_id(identity: str, address: str) -> Located | None:
    if not _reddit_posts.KEY.fullmatch(identity):
        return None
    path = f"/comments/{identity[3:]}/" if identity.startswith("t3_") else ""
    return Located(source="reddit", key=identity, url=canonical_url(path, _reddit_posts.SITE) if path else "")


_VIDEO = re.compile(r"[A-Za-z0-9_-]{11}")


def _youtube(address: str, _: str) -> Located | None:
    parts = urlsplit(address if "://" in address else f"https://{address}")
    asked = parse_qs(parts.query)
    steps = parts.path.strip("/").split("/")
    video = asked.get("v", [""])[0]
    if not video and (parts.hostname or "").endswith("youtu.be"):
        video = steps[0]
    if not video and len(steps) == 2 and steps[0] in ("shorts", "live", "embed", "v"):
        video = steps[1]
    if not _VIDEO.fullmatch(video):
        return None
    comment = asked.get("lc", [""])[0]
    url = f"https://www.youtube.com/watch?v={video}"
    if comment:
        return Located(source="youtube", key=comment, url=f"{url}&lc={quote(comment, safe='')}")
    return Located(source="youtube", key=video, url=url)


def _youtube_id(identity: str, _: str) -> Located | None:
    return _youtube(f"https://www.youtube.com/watch?v={identity}", "")


_PROFILE = re.compile(r"/profile/([^/]{1,500})/post/([A-Za-z0-9._~:-]{1,500})/?$")


def _bluesky(address: str, author_id: str) -> Located | None:
    found = _PROFILE.search(unquote(urlsplit(address if "://" in address else f"https://{address}").path))
    if found is None:
        return None
    account, name = found.groups()
    number = account if _bluesky_posts.DID.fullmatch(account) else author_id.strip()
    handle = "" if account.startswith("did:") else account
    if _bluesky_posts.DID.fullmatch(number):
        return _bluesky_id(f"at://{number}/app.bsky.feed.post/{name}", handle)
    # Without the account's number nobody can tell the key; the address by its handle is the next best.
    url = canonical_url(f"{_bluesky_posts.SITE}/profile/{account}/post/{name}")
    return _by_handle(Located(source="bluesky", key=url, url=url), handle)


def _bluesky_id(identity: str, handle: str) -> Located | None:
    if not _bluesky_posts.is_key(identity):
        return None
    _, _, did, _, name = identity.split("/", 4)
    url = f"{_bluesky_posts.SITE}/profile/{quote(did, safe=':')}/post/{quote(name, safe=':')}"
    return _by_handle(Located(source="bluesky", key=identity, url=url), handle)


def _by_handle(found: Located, handle: str) -> Located:
    if not _bluesky_posts.HANDLE.fullmatch(handle):
        return found
    return replace(found, author=f"@{handle}", author_url=f"{_bluesky_posts.SITE}/profile/{handle}")


_TOOT = re.compile(r"(https?)://([^/]+)/(?:@|users/)([A-Za-z0-9_.-]+)/(?:statuses/)?(\d{6,20})/?")


def _mastodon(address: str) -> Located | None:
    """A post on any server of the fediverse that writes addresses as Mastodon does."""
    found = _TOOT.fullmatch(address.split("?")[0].split("#")[0])
    if found is None:
        return None
    scheme, host, name, number = found.groups()
    return Located(
        source="mastodon",
        key=f"{scheme}://{host}/users/{name}/statuses/{number}",
        url=f"{scheme}://{host}/@{name}/{number}",
        author=f"@{name}@{host}",
        author_url=f"{scheme}://{host}/@{name}",
    )


def _mastodon_id(identity: str, address: str) -> Located | None:
    found = _mastodon(identity)
    url = canonical_url(address) or canonical_url(identity)
    return found or (Located(source="mastodon", key=url, url=url) if url else None)


def _hackernews(address: str, _: str) -> Located | None:
    asked = parse_qs(urlsplit(address).query).get("id", [""])[0]
    return _hackernews_id(asked, "")


def _hackernews_id(identity: str, _: str) -> Located | None:
    if not re.fullmatch(r"[1-9]\d{0,11}", identity, re.ASCII):
        return None
    return Located(source="hackernews", key=identity, url=f"https://news.ycombinator.com/item?id={identity}")


_ASKED = re.compile(r"/questions/(\d{1,18})(?:/[^/]*)?(?:/(\d{1,18}))?/?$", re.ASCII)
_ANSWERED = re.compile(r"/a/(\d{1,18})(?:/\d+)?/?$", re.ASCII)
_REMARKED = re.compile(r"comment(\d{1,18})_\d{1,18}", re.ASCII)
_EXCHANGES = ("stackoverflow.com", "superuser.com", "serverfault.com", "askubuntu.com", "mathoverflow.net")


def _question(address: str, host: str) -> Located | None:
    plain = host.removeprefix("www.").removeprefix("meta.")
    if plain not in _EXCHANGES and not host.endswith(".stackexchange.com"):
        return None
    path, site = urlsplit(address).path, stackexchange.site_name(host)
    url = canonical_url(address)
    if found := _REMARKED.fullmatch(urlsplit(address).fragment):
        return Located(source="stackexchange", key=f"{site}:comment:{found[1]}", url=f"{url}#{found[0]}")
    if found := _ANSWERED.search(path):
        return Located(source="stackexchange", key=f"{site}:answer:{found[1]}", url=url)
    if found := _ASKED.search(path):
        key = f"{site}:answer:{found[2]}" if found[2] else f"{site}:{found[1]}"
        return Located(source="stackexchange", key=key, url=url)
    return None


_FACEBOOK = (
    re.compile(r"/(?:posts|videos|permalink|reel|photos/[^?#]*?)/(?:[^/?#]*?[:/-])?(\d{8,25})(?:[/?#]|$)"),
    re.compile(r"[?&](?:story_fbid|fbid|v|multi_permalinks)=(\d{8,25})(?:&|$)"),
)
_FACEBOOKS_POST = re.compile(
    r"/(?:[^?#]*/)?(?:posts|videos|permalink|photos?|reel|events|share|watch|notes)/[^?#]|[?&](?:story_fbid|fbid|v)="
)
"""What stands in the address of one post; without it, it is that of a page, a person or a group."""
_CODE = re.compile(r"/(?:p|reel|reels|tv)/([A-Za-z0-9_-]{5,40})(?:/c/(\d{5,25}))?(?:/|$)")
_CLIP = re.compile(r"/(?:@([\w.]{1,50})/)?(?:video|photo|v)/(\d{8,25})")
_ACTIVITY = re.compile(r"(?:activity|ugcPost|share)[:-](\d{8,25})")
_REMARK = re.compile(r"comment:\((?:(?:urn:li:)?\w+:\d+,(\d{8,25})|(\d{8,25}),)")
_THREAD = re.compile(r"/@([\w.]{1,50})/post/([A-Za-z0-9_-]{5,40})")


def _facebook(address: str, _: str) -> Located | None:
    url = canonical_url(address if "://" in address else f"https://{address}")
    for pattern in _FACEBOOK:
        if found := pattern.search(url):
            return Located(source="facebook", key=found[1] + _comment(url), url=url)
    if not url or not urlsplit(url).path.strip("/"):
        return None
    parts = urlsplit(url)
    if _FACEBOOKS_POST.search(f"{parts.path}?{parts.query}") or _comment(url):
        return Located(source="facebook", key=_homely(url, "facebook.com"), url=url)
    return Located(source="facebook", key="", url=url)


def _comment(address: str) -> str:
    """What a comment's address adds to the key of the post that it stands below; "" where it is the post's own."""
    asked = parse_qs(urlsplit(address).query)
    for name in ("reply_comment_id", "comment_id", "share_comment_id"):
        if comment := asked.get(name, [""])[0]:
            return f":{comment[:200]}"
    return ""


def _facebook_id(identity: str, address: str) -> Located | None:
    found = re.fullmatch(r"(?:\d{5,25}[_:])?(\d{8,25})", identity, re.ASCII)  # page_post, as Meta writes it
    return Located(source="facebook", key=found[1], url=canonical_url(address)) if found else None


def _instagram(address: str, _: str) -> Located | None:
    found = _CODE.search(urlsplit(address if "://" in address else f"https://{address}").path)
    if found is None:
        return None
    code, comment = found.groups()
    url = f"https://www.instagram.com/p/{code}/"
    if comment:
        return Located(source="instagram", key=f"{code}:{comment}", url=f"{url}c/{comment}/")
    return Located(source="instagram", key=code + _comment(address), url=url)


def _tiktok(address: str, _: str) -> Located | None:
    found = _CLIP.search(urlsplit(address if "://" in address else f"https://{address}").path)
    if found is None:
        return None
    name = found[1]
    return Located(
        source="tiktok",
        key=found[2] + _comment(address),
        url=canonical_url(address),
        author=f"@{name}" if name else None,
        author_url=f"https://www.tiktok.com/@{name}" if name else None,
    )


def _linkedin(address: str, _: str) -> Located | None:
    url = canonical_url(address if "://" in address else f"https://{address}")
    said = unquote(url)
    found = _ACTIVITY.search(said)
    if found is None:
        return None
    # An answer's address names its comment too, and itself last.
    comments = [first or second for first, second in _REMARK.findall(said)]
    return Located(source="linkedin", key=":".join([found[1], *comments[-1:]]), url=url)


def _threads(address: str, _: str) -> Located | None:
    found = _THREAD.search(urlsplit(address if "://" in address else f"https://{address}").path)
    if found is None:
        return None
    name, code = found.groups()
    # The interface's own numbers cannot be made out of an address.
    home = f"https://www.threads.net/@{name}"
    return Located(source="threads", key=code, url=f"{home}/post/{code}", author=f"@{name}", author_url=home)


def _homely(url: str, home: str) -> str:
    """An address without the host's own flavour: m. and www. are one place."""
    parts = urlsplit(url)
    return f"https://www.{home}{parts.path}" + (f"?{parts.query}" if parts.query else "")


_HOSTS: dict[str, Callable[[str, str], Located | None]] = {
    "twitter.com": _tweet,
    "x.com": _tweet,
    "reddit.com": _reddit,
    "redd.it": _reddit,
    "youtube.com": _youtube,
    "youtu.be": _youtube,
    "bsky.app": _bluesky,
    "news.ycombinator.com": _hackernews,
    "facebook.com": _facebook,
    "fb.com": _facebook,
    "instagram.com": _instagram,
    "tiktok.com": _tiktok,
    "linkedin.com": _linkedin,
    "threads.net": _threads,
    "threads.com": _threads,
}
_BY_ID: dict[str, Callable[[str, str], Located | None]] = {
    "x": _tweet_id,
    "reddit": _reddit_id,
    "youtube": _youtube_id,
    "bluesky": _bluesky_id,
    "mastodon": _mastodon_id,
    "hackernews": _hackernews_id,
    "facebook": _facebook_id,
}
