"""What Bluesky shows of a post, as our post: its words with whole links, what its pictures show, and its labels."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote

from listening.collectors import _dates, rss
from listening.collectors._answers import several
from listening.collectors._values import count, mapping, mappings, text
from listening.models import Feed, Post
from listening.text import canonical_url, tidy

SITE = "https://bsky.app"

NOT_FOR_STRANGERS = "!no-unauthenticated"
"""With this label an account asks not to be shown to people who are not signed in."""
_HIDDEN = frozenset({"!hide", "!takedown", "!suspend"})
_SENSITIVE = frozenset({"!warn", "porn", "sexual", "nudity", "graphic-media", "gore", "nsfl", "corpse", "self-harm"})

_KEY = re.compile(r"at://(did:[a-z]+:[A-Za-z0-9._:%-]{1,500})/app\.bsky\.feed\.post/([A-Za-z0-9._~:-]{1,500})")
_RECORD = re.compile(r"at://[^\s/]{1,500}/[A-Za-z0-9.-]{1,300}/[A-Za-z0-9._~:-]{1,500}")
HANDLE = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z][A-Za-z0-9-]{0,62}")
DID = re.compile(r"did:[a-z]+:[A-Za-z0-9._:%-]{1,500}")
_NO_HANDLE = "handle.invalid"  # what Bluesky writes where a handle does not belong to its account any more

_OLDEST_YEAR = 1990
"""A time before it is a program's mistake: then the time counts at which Bluesky first saw the post."""


def is_key(key: str) -> bool:
    """Whether a key is the address of a post as Bluesky gives it: only such a one is asked for."""
    return _KEY.fullmatch(key) is not None


def key_of(view: Mapping[str, Any]) -> str:
    """The key of what is shown; "" for what is no post."""
    key = text(view.get("uri"))
    return key if is_key(key) else ""


def readable(views: Iterable[Mapping[str, Any]], feed: Feed) -> tuple[Mapping[str, Post], tuple[str, ...]]:
    """The posts by their keys, and in words which were left out: unreadable, hidden, or not meant for strangers."""
    posts: dict[str, Post] = {}
    counted = dict.fromkeys(
        (
            "by accounts that ask to be shown to members of Bluesky only",
            "hidden by Bluesky",
            "without an address or without words",
        ),
        0,
    )
    members, hidden, unreadable = counted
    for view in views:
        labels = _labels(view)
        if NOT_FOR_STRANGERS in labels:
            counted[members] += 1
        elif labels & _HIDDEN:
            counted[hidden] += 1
        elif found := _post(view, labels, feed):
            posts.setdefault(found.key, found)
        else:
            counted[unreadable] += 1
    return posts, tuple(f"{several(number)} {why}" for why, number in counted.items() if number)


def is_withdrawn(view: Mapping[str, Any]) -> bool:
    """Whether what is shown is not to be shown to everybody: hidden, or for members of Bluesky only."""
    labels = _labels(view)
    return NOT_FOR_STRANGERS in labels or bool(labels & _HIDDEN)


def _labels(view: Mapping[str, Any]) -> frozenset[str]:
    """The labels of a post and of its author: those given by others, and those they gave themselves."""
    given = (view.get("labels"), mapping(view.get("author")).get("labels"))
    own = mapping(mapping(view.get("record")).get("labels")).get("values")
    return frozenset(
        text(label.get("val"))
        for labels in (*given, own)
        for label in mappings(labels)
        if label.get("neg") is not True  # a label that was taken back
    )


def _post(view: Mapping[str, Any], labels: frozenset[str], feed: Feed) -> Post | None:
    found = _KEY.fullmatch(text(view.get("uri")))
    record, author = mapping(view.get("record")), mapping(view.get("author"))
    if found is None or not isinstance(record.get("text"), str):
        return None
    did, name = found.groups()
    handle = text(author.get("handle"))
    known = HANDLE.fullmatch(handle) is not None and handle.lower() != _NO_HANDLE
    languages = record.get("langs")
    language = text(languages[0]) if isinstance(languages, list) and languages else ""
    parent = text(mapping(mapping(record.get("reply")).get("parent")).get("uri"))
    lines = [tidy(_words(record)), *_pictures(mapping(record.get("embed")))]
    return Post(
        source=feed.source,
        feed=feed.name,
        key=found[0],
        # By the account's number, which stays when its handle changes.
        url=f"{SITE}/profile/{quote(did, safe=':')}/post/{quote(name, safe=':')}",
        text="\n".join(line for line in lines if line),
        author=f"@{handle}" if known else None,
        author_url=f"{SITE}/profile/{handle if known else quote(did, safe=':')}",
        language=rss.language_tag(language) or feed.language,
        published_at=published(view),
        likes=count(view.get("likeCount")),
        replies=count(view.get("replyCount")),
        reposts=count(view.get("repostCount")),
        reply_to=parent if _RECORD.fullmatch(parent) else None,
        sensitive=bool(labels & _SENSITIVE),
    )


def published(view: Mapping[str, Any]) -> datetime | None:
    """When a post was written, as Bluesky sorts by it: the author's program may claim any time, but none to come."""
    claimed, seen = _dates.iso(mapping(view.get("record")).get("createdAt")), indexed(view)
    if claimed is None or claimed.year < _OLDEST_YEAR:
        return seen
    return min(claimed, seen) if seen is not None else claimed


def indexed(view: Mapping[str, Any]) -> datetime | None:
    """When Bluesky first saw a post; None where it does not say."""
    return _dates.iso(view.get("indexedAt"))


def _words(record: Mapping[str, Any]) -> str:
    """The text of a post, with the whole links where it shows their beginnings only.

    Where a link stands is given in bytes of UTF-8, and by anybody's program: places that cannot be are passed over.
    """
    said = text(record.get("text"))
    raw = said.encode("utf-8", "surrogatepass")
    links = sorted(_links(record, raw))
    if not links:
        return said
    pieces: list[bytes] = []
    position = 0
    for start, end, address in links:
        if start >= position:
            pieces += raw[position:start], address.encode()
            position = end
    return b"".join((*pieces, raw[position:])).decode("utf-8", "surrogatepass")


def _links(record: Mapping[str, Any], raw: bytes) -> Iterator[tuple[int, int, str]]:
    for facet in mappings(record.get("facets")):
        index = mapping(facet.get("index"))
        start, end = index.get("byteStart"), index.get("byteEnd")
        if not (type(start) is int and type(end) is int and 0 <= start < end <= len(raw)):
            continue
        try:
            shown = raw[start:end].decode()
        except UnicodeDecodeError:  # in the middle of a letter
            continue
        for feature in mappings(facet.get("features")):
            address = text(feature.get("uri"))
            if _shortened(shown, address) and (whole := canonical_url(address)):
                yield start, end, whole
                break


def _shortened(shown: str, address: str) -> bool:
    """Whether a text is the beginning of an address: "quillhaven.example/ferries/time..."."""
    beginning = shown.removesuffix("…").removesuffix("...")
    return beginning not in ("", shown) and _bare(address).startswith(_bare(beginning))


def _bare(address: str) -> str:
    return address.removeprefix("https://").removeprefix("http://")


def _pictures(embed: Mapping[str, Any]) -> Iterator[str]:
    """What pictures and films show, as their authors describe them; quoted posts and previews are others' words."""
    for holder in (embed, mapping(embed.get("media"))):
        for images in (holder.get("images"), holder.get("items")):
            for image in mappings(images):
                if description := tidy(text(image.get("alt"))):
                    yield f"[image: {description}]"
        if "video" in holder and (description := tidy(text(holder.get("alt")))):
            yield f"[video: {description}]"
