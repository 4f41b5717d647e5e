"""The agency's own accounts: what they wrote, and how posts name them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from listening.models import Post

BY_NAME = frozenset(("rss", "news", "gdelt", "youtube", "stackexchange"))
"""Sources that name their authors as these like to be called."""


NAMED_BY_PATH = frozenset(
    ("x.com", "twitter.com", "threads.net", "threads.com", "facebook.com", "instagram.com", "youtube.com")
)
"""Where the first part of an address is an account's name."""

_ACCOUNT = re.compile(r"/(?:@|(?:users?|profile|c)/@?)([\w.-]+)")
_ALONE = re.compile(r"/([\w.-]+)$")


class OwnAccounts:
    """The agency's own accounts, given as @name@server, u/name, a plain name or an address.

    u/name is an account of Reddit alone. Where authors are named as they like to be (``BY_NAME``), a name is nobody's:
    there an account is known by its address only.
    """

    def __init__(self, accounts: Iterable[str]) -> None:
        self.handles: set[str] = set()
        """How posts name them: without @, in small letters, on the account's own server without the server."""
        self._names: set[str] = set()
        self._on_reddit: set[str] = set()
        self._places: list[tuple[str, str, bool]] = []
        for account in accounts:
            if "://" in account:
                parts = urlsplit(account.casefold())
                path = parts.path.rstrip("/")
                # https://weather.example is all of it, alerts.weather.example too; www. in front means this site only.
                wide = not path and not parts.netloc.startswith("www.")
                self._places.append((parts.netloc.removeprefix("www."), path, wide))
                if named := _ACCOUNT.search(path) or (
                    parts.netloc.removeprefix("www.") in NAMED_BY_PATH and _ALONE.match(path)
                ):
                    self.handles.update((named[1], f"{named[1]}@{parts.netloc}"))
            elif (said := account.casefold().strip().removeprefix("/")).startswith("u/"):
                self._on_reddit.add(said)
            else:
                name = said.removeprefix("@")
                self._names.add(name)
                self.handles.update((name, name.partition("@")[0]))
        self.handles.discard("")

    def wrote(self, post: Post) -> bool:
        """Whether one of our accounts wrote the post, or it stands on our own site."""
        if post.author and post.source not in BY_NAME:
            author = post.author.casefold().strip().removeprefix("/")
            if post.source == "reddit" and author in self._on_reddit:
                return True
            if author.removeprefix("u/").removeprefix("@") in self._names:
                return True
        return bool(self._places) and any(self._ours(address) for address in (post.author_url, post.url) if address)

    def _ours(self, address: str) -> bool:
        parts = urlsplit(address.casefold())
        host = parts.netloc.removeprefix("www.")
        return any(
            (host == ours or (wide and host.endswith(f".{ours}")))
            and (not path or parts.path == path or parts.path.startswith(path + "/"))
            for ours, path, wide in self._places
        )
