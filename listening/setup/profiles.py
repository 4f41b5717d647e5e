"""Own accounts looked up: a fediverse handle by WebFinger, a YouTube page for its channel."""

from __future__ import annotations

import json
from types import MappingProxyType
from urllib.parse import quote, urlsplit

from listening.collect import Get
from listening.collectors._answers import refuse
from listening.errors import FeedBlocked, FeedUnreadable
from listening.fetch import Validators, same_host
from listening.models import Feed, Request
from listening.setup.accounts import Account
from listening.setup.place import Place
from listening.setup.web_page import read_page

_LONGEST_PROFILE = 200_000  # bytes


async def fediverse(get: Get, account: Account) -> tuple[Place, str, list[str]]:
    """The place of a fediverse account, the server that it is on, and the names under which it is ours.

    A handle's domain need not be its server: WebFinger (RFC 7033) says which one is. Raises FeedError.
    """
    name, host = account.setting[1:].split("@", 1)
    origin = account.server if "://" in account.server else f"https://{account.server}"
    url = f"{origin}/.well-known/webfinger?resource={quote(f'acct:{name}@{host}', safe=':@')}"
    answer = (await get(Request(url=url, headers={"Accept": "application/jrd+json"}), Validators())).answer
    if answer.status in (404, 410):
        raise FeedUnreadable(f"{host} knows no account {account.setting}.", "Is it written as on its own page?")
    refuse(answer)
    profile = _profile(answer.body)
    if not profile:
        raise FeedUnreadable(
            f"{host} does not say where {account.setting} is.", "It may be no fediverse server; check the handle."
        )
    parts = urlsplit(profile)
    server = f"{parts.scheme}://{parts.netloc}"
    ours = dict.fromkeys((account.setting, f"@{name}@{parts.netloc}"))
    feed = Feed(
        name=f"@{name} on {parts.netloc}",
        source="mastodon",
        options=MappingProxyType({"server": server, "account": f"@{name}"}),
    )
    why = "Your own account: not counted as conversation, but its answers are seen."
    return Place(feed=feed, why=why, named=same_host(origin, server)), server, list(ours)


def _profile(body: bytes) -> str:
    """The address of the account itself, as its server says it; "" where the answer is none."""
    try:
        said = json.loads(body[:_LONGEST_PROFILE])
    except (ValueError, RecursionError):
        return ""
    links = said.get("links") if isinstance(said, dict) else None
    for wanted in ("self", "http://webfinger.net/rel/profile-page"):
        for link in links if isinstance(links, list) else ():
            if not isinstance(link, dict) or link.get("rel") != wanted or not isinstance(link.get("href"), str):
                continue
            try:
                parts = urlsplit(link["href"])
            except ValueError:
                continue
            if parts.scheme in ("http", "https") and parts.hostname and parts.username is None:
                return str(link["href"])
    return ""


async def youtube(get: Get, address: str) -> tuple[Place, str]:
    """The place of a YouTube channel, by the address of its page, and how the settings name it. Raises FeedError."""
    page = None
    channel = urlsplit(address).path.strip("/").removeprefix("channel/")
    if not (channel.startswith("UC") and len(channel) == 24):
        answer = (await get(Request(url=address, headers={"Accept": "text/html"}), Validators())).answer
        if (urlsplit(answer.url).hostname or "").startswith("consent."):
            raise FeedBlocked(
                "YouTube shows a page on cookies in place of the channel.",
                "On the channel's page: description (“more”), “Share channel”, “Copy channel ID”; then type "
                "https://www.youtube.com/channel/ and the id.",
            )
        refuse(answer)
        page = read_page(answer)
        channel = page.channel
    if not channel:
        raise FeedUnreadable(
            "At this address is no YouTube channel.",
            "Type the address of the channel's own page, such as https://www.youtube.com/@quillhaven.",
        )
    called = (page.title.removesuffix(" - YouTube").strip() if page else "") or f"channel {channel}"
    feed = Feed(name=f"YouTube: {called}"[:80], source="youtube", options=MappingProxyType({"channel": channel}))
    place = Place(feed=feed, why="The channel's feed: its newest 15 videos; with a key their comments too.")
    return place, f"https://www.youtube.com/channel/{channel}"
