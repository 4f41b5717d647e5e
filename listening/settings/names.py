"""Names: those that are no opinion and masked before tagging, and those that a query may ask for."""

from __future__ import annotations

import re
from collections.abc import Iterable

from listening.models import Feed, Topic
from listening.settings.shape import Settings

_SMALL_WORD = 3  # letters at most: of, the, and, for, de, von


def names_to_mask(settings: Settings) -> tuple[str, ...]:
    """The agency's names and own accounts, and topics named after something; the longest first, each once.

    "Department of Justice" and "Emergency Management" would be scored by their words otherwise. A topic's name is a
    name where its words are capitalised and its query asks for it just so: "Quillhaven Police" is one, "Road works"
    and a topic "Complaints" that listens for ``complain*`` are none. More names go into ``agency.names``.
    """
    agency = settings.agency
    found = [agency.name, agency.short_name, *agency.names]
    for account in agency.own_accounts:
        found += handles(account)
    found += [topic.name for topic in settings.topics if is_name(topic)]
    once = {name.casefold(): name for name in reversed(found) if name}
    return tuple(sorted(once.values(), key=lambda name: (-len(name), name)))


def listed_authors(settings: Settings) -> tuple[str, ...]:
    """Whom author: may find in a query: own and listed accounts, and outlets by their feeds' names."""
    feeds = (*settings.feeds, *settings.paused)
    return allowed_authors(settings.agency.own_accounts, settings.privacy.listed_accounts, feeds)


def allowed_authors(own: Iterable[str], listed: Iterable[str], feeds: Iterable[Feed]) -> tuple[str, ...]:
    """The same from its parts, for settings that are still being read."""
    return (*own, *listed, *(feed.name for feed in feeds if feed.outlet))


def handles(account: str) -> list[str]:
    """How an account is named in a text: @townhall and @townhall@quillhaven.social; an address is not a name."""
    if "://" in account:
        return []
    if account.startswith("@"):
        user = account[1:].split("@")[0]
        return [account, f"@{user}"]
    return [account]


def account_names(account: str, server: str = "") -> set[str]:
    """How an account may be written: as it is, with the ``server`` that it is on, and as its address says; two ways of
    writing one account have one of these in common."""
    said = account.strip().casefold().rstrip("/")
    if "://" in said:
        host, _, path = said.split("://", 1)[1].partition("/")
        last, host = path.rsplit("/", 1)[-1].removeprefix("@"), host.removeprefix("www.")
        return {host if not last else last if host == "bsky.app" else f"{last}@{host}"}
    name = said.removeprefix("@")
    host = server.strip().casefold().split("://", 1)[-1].rstrip("/")
    return {name, f"{name}@{host}"} if host and "@" not in name else {name}


def is_named(account: str, server: str, settings: Settings | None) -> bool:
    """Whether an account is one of ours, or listed as one that may be shown."""
    if settings is None:
        return False
    known = (*settings.agency.own_accounts, *settings.privacy.listed_accounts)
    return not account_names(account, server).isdisjoint(name for each in known for name in account_names(each))


def is_name(topic: Topic) -> bool:
    """Whether a topic is called after something that has this name."""
    words = re.findall(r"[^\W_][\w'’.-]*", topic.name)
    capitalised = all(word[0].isupper() or word[0].isdigit() or len(word) <= _SMALL_WORD for word in words)
    asked_for = re.search(rf"(?<!\w){re.escape(topic.name)}(?![\w*])", topic.query) is not None
    return bool(words) and words[0][0].isupper() and capitalised and asked_for


def audiences(settings: Settings) -> dict[str, int]:
    """What outlets say of their own audience, by feed."""
    return {feed.name: feed.audience for feed in settings.feeds if feed.audience is not None}


def no_themes(settings: Settings) -> tuple[str, ...]:
    """Names that are no themes: the agency's, the topics', and hashtags that we listen to, as they bring posts in."""
    marks = (feed.options["tag"] for feed in settings.feeds if "tag" in feed.options)
    return (*names_to_mask(settings), *(topic.name for topic in settings.topics), *marks)
