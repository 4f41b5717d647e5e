"""The team's own accounts as people write them: which service each is on, and how the settings name it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from listening.setup.written import is_address

Service = Literal["fediverse", "bluesky", "reddit", "youtube", "site", "other"]

_FEDIVERSE = re.compile(r"@?([\w.-]+)@((?:https?://)?[\w.-]+(?::\d+)?)/?")
_PROFILE = re.compile(r"/(?:@|users/)([\w.-]+)/?")
_REDDIT = re.compile(r"/?u(?:ser)?/([\w-]{2,40})/?")
_BLUESKY = re.compile(r"@?([\w-]+(?:\.[\w-]+)+)")
_ON_BLUESKY = re.compile(r"/profile/([\w.:-]+)/?")
_NAMED_BY_ADDRESS = ("youtube.com", "facebook.com", "instagram.com", "linkedin.com")
_NAMED_BY_HANDLE = ("x.com", "twitter.com", "threads.net", "threads.com")


@dataclass(frozen=True, kw_only=True, slots=True)
class Account:
    """One own account. ``setting`` is how ``own_accounts`` names it; ``handle`` how people name it in a post, "" where
    they do not; ``server`` where a fediverse account was made, with http:// where that was typed."""

    service: Service
    setting: str
    handle: str = ""
    server: str = ""


def read_account(text: str) -> Account:
    """An account as it was typed: a handle, a short form or an address."""
    text = text.strip().rstrip("/")
    if is_address(text):
        return _of_address(text)
    if found := _REDDIT.fullmatch(text):
        return _on_reddit(found[1])
    if found := _FEDIVERSE.fullmatch(text):
        return _on_fediverse(found[1], found[2])
    if text.startswith("@") and (found := _BLUESKY.fullmatch(text)):
        return Account(service="bluesky", setting=f"@{found[1]}", handle=f"@{found[1]}")
    if re.fullmatch(r"(?:www\.)?[\w-]+(?:\.[\w-]+)+(?:/\S*)?", text) and not text.startswith("@"):
        return _of_address(f"https://{text}")
    return Account(service="other", setting=text, handle=text if re.fullmatch(r"@\w+", text) else "")


def _of_address(text: str) -> Account:
    parts = urlsplit(text)
    host = (parts.hostname or "").removeprefix("www.")
    name = parts.path.strip("/").removeprefix("@")
    if f".{host}".endswith(".reddit.com") and (found := _REDDIT.fullmatch(parts.path)):
        return _on_reddit(found[1])
    if host == "bsky.app" and (found := _ON_BLUESKY.fullmatch(parts.path)):
        return Account(service="bluesky", setting=f"@{found[1]}", handle=f"@{found[1]}")
    if f".{host}".endswith(".youtube.com") and parts.path.strip("/"):
        handle = parts.path.strip("/") if parts.path.startswith("/@") else ""
        return Account(service="youtube", setting=text, handle=handle)
    if host in _NAMED_BY_HANDLE and re.fullmatch(r"\w{1,30}", name):
        return Account(service="other", setting=f"@{name}", handle=f"@{name}")
    if host in _NAMED_BY_ADDRESS:
        return Account(service="other", setting=text)
    if found := _PROFILE.fullmatch(parts.path):
        return _on_fediverse(found[1], f"{parts.scheme}://{parts.netloc}" if parts.scheme == "http" else parts.netloc)
    return Account(service="site", setting=text)


def _on_fediverse(name: str, server: str) -> Account:
    host = server.rpartition("://")[2]
    return Account(service="fediverse", setting=f"@{name}@{host}", handle=f"@{name}@{host}", server=server)


def _on_reddit(name: str) -> Account:
    return Account(service="reddit", setting=f"u/{name}", handle=f"u/{name}")
