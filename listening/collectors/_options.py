"""Checks of settings that several collectors share."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from listening.errors import SettingsError
from listening.text import canonical_url


def required(options: Mapping[str, str], key: str, example: str) -> str:
    """Return an option that must be there and not be empty."""
    value = options.get(key, "").strip()
    if not value:
        raise SettingsError(f"A feed of this source needs “{key}”.", f'For example: {key} = "{example}"', key=key)
    return value


def http_address(value: str, key: str) -> None:
    """Refuse an address that is not http(s), holds a password, or has no host."""
    parts = urlsplit(value) if canonical_url(value) else None
    if parts is None or re.search(r"\s", value):
        raise SettingsError(
            f"“{value}” is not a web address.", "It must begin with https:// (or http://) and hold no blanks.", key=key
        )
    if parts.username is not None or parts.password is not None:
        raise SettingsError(
            f"The address of {parts.hostname} holds a user name or a password.",
            "Settings are no place for passwords: use an address that works without.",
            key=key,
        )


def origin(server: str, key: str) -> str:
    """Return scheme and host of a server given as a host name or as an address, without a slash at the end."""
    address = server if "://" in server else f"https://{server}"
    http_address(address, key)
    canonical = canonical_url(address)
    parts = urlsplit(canonical)
    if parts.path not in ("", "/") or parts.query:
        raise SettingsError(f"“{server}” is more than a server.", f"Write {parts.netloc} only.", key=key)
    return f"{parts.scheme}://{parts.netloc}"
