"""Where people talk about us and we have no account, as far as the settings tell."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from listening.models import Feed

_ACCOUNT: Mapping[str, re.Pattern[str]] = {
    "mastodon": re.compile(r"@[^@\s]+@[^@\s]+|https?://[^/\s]+/(?:@|users/).+", re.IGNORECASE),
    "reddit": re.compile(r"/?u/.+|https?://(?:\w+\.)?reddit\.com/(?:u|user)/.+", re.IGNORECASE),
}
"""How an account is written where people can have one. One on any Mastodon server can be seen from the others."""


def without_account(feeds: Iterable[Feed], own_accounts: Iterable[str]) -> frozenset[str]:
    """The names of feeds from places where accounts are usual and none of ours is known.

    Of papers and sites nothing is said, and nothing at all where no own account is in the settings.
    """
    own = list(own_accounts)
    if not own:
        return frozenset()
    ours = {source for source, pattern in _ACCOUNT.items() if any(map(pattern.fullmatch, own))}
    return frozenset(feed.name for feed in feeds if feed.source in _ACCOUNT and feed.source not in ours)
