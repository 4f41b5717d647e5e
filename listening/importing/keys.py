"""By what a post is known whose source gives it no key of its own: by its address, where that is the address of this
post and of no other."""

from __future__ import annotations

import hashlib
import re
from datetime import datetime
from urllib.parse import urlsplit

from listening.collectors.addresses import located
from listening.collectors.imported import IMPORTED
from listening.text import canonical_url

_NUMBERED = ("x", "reddit", "youtube", "hackernews", "stackexchange", "threads")
"""Sources whose collectors know posts by numbers: a key with an address in it is never one of theirs. The others of
ours may take the bare address for a key, and so it stays bare."""

_MARK = re.compile(r"[\w!/.:=-]{1,100}")
_LIST = re.compile(
    r"/(?:@[^/]+|(?:groups|company|school|in|c|channel|user|r|explore|hashtag|tag)/[^/]+(?:/(?:videos|posts|about))?)/?"
)
_NETWORKS = ("x", "reddit", "youtube", "threads", "facebook", "instagram", "tiktok", "linkedin")
_SHORTEST_ID, _LONGEST_ID = 5, 200


def key_of(
    source: str, address: str, identity: str, author: str, published: datetime, title: str, text: str, *, one: bool
) -> str:
    """The key of a post at this address, as the file has it; all that the post is where the address is no one post's.

    ``one``: False where the address is known to be that of a page or group. A part of a page (#post-2) is told by its
    mark, else by its id in the file.
    """
    url = canonical_url(address)
    if one and _is_a_posts(source, url):
        if source not in IMPORTED and source not in _NUMBERED:
            return url
        if mark := _mark(address):
            return url + mark
        return url if not identity or _names(url, identity) else f"{url}#id={_short(identity)}"
    return f"import:{_hash((identity, url, author, published.isoformat(), title, text))}"


def tells_one(address: str) -> bool:
    """Whether posts at this address are known by it alone, where the file has no ids."""
    url = canonical_url(address)
    return bool(urlsplit(url).path.strip("/")) and not _mark(address) and located(url) is None


def _is_a_posts(source: str, url: str) -> bool:
    path = urlsplit(url).path
    if not path.strip("/") or source == "feedback":
        return False
    return source not in _NETWORKS or _LIST.fullmatch(path) is None


def _mark(address: str) -> str:
    """The part of a page that an address names (#post-2); "" for none, and for one that numbers nothing (#comments)."""
    mark = address.strip().partition("#")[2]
    return f"#{mark}" if _MARK.fullmatch(mark) and re.search(r"\d", mark) else ""


def _names(url: str, identity: str) -> bool:
    """Whether the address has the post's id in it, and so is its own; a short number may be that of anything."""
    return len(identity) >= _SHORTEST_ID and re.search(rf"(?<!\w){re.escape(identity)}(?!\w)", url) is not None


def _short(identity: str) -> str:
    return identity if len(identity) <= _LONGEST_ID else _hash((identity,))


def _hash(parts: tuple[str, ...]) -> str:
    return hashlib.blake2b("\x1f".join(parts).encode(errors="replace"), digest_size=16).hexdigest()
