"""Places to propose: looked for by what the team typed (its site, its accounts, papers), side by side."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TypeVar
from urllib.parse import urlsplit

from listening.collect import Get
from listening.errors import FeedError, FeedUnreachable, InputError, ListeningError
from listening.models import Feed
from listening.setup import outlets, profiles
from listening.setup.accounts import Account, read_account
from listening.setup.answers import Answers, trial
from listening.setup.feeds_of import FoundFeed, feeds_of
from listening.setup.place import Missed, Place, confirmed, in_a_trial, sentence_of
from listening.setup.topic import hashtags, place_in
from listening.setup.trials import page_of
from listening.setup.written import feed_of, is_address

SECONDS = 45
"""How long one thing that was typed is looked for."""

LARGE_SERVER = "https://mastodon.social"
"""Where posts of most other servers arrive too."""

MOST_TAGS = 2
_LONGEST_NAME = 80

T = TypeVar("T")


@dataclass(kw_only=True, slots=True)
class Looked:
    """What was found: places in the order of the answers, what led nowhere, and all names of our own accounts."""

    places: list[Place] = field(default_factory=list)
    missed: list[Missed] = field(default_factory=list)
    own_accounts: list[str] = field(default_factory=list)


async def look(
    answers: Answers,
    get: Get,
    secrets: Mapping[str, str],
    *,
    progress: Callable[[str], None] = lambda what: None,
) -> Looked:
    """Look up everything that was typed, and add what can be offered without."""
    accounts = [read_account(text) for text in answers.accounts]
    site = _address(answers.site) if answers.site else ""
    asked = [
        *([_site(get, site)] if site else []),
        *(_account(get, account) for account in accounts),
        *(_paper(get, text, answers, progress) for text in answers.papers),
    ]
    parts = await asyncio.gather(*asked)
    looked = Looked(own_accounts=[_whole_site(site)] if site else [])
    servers = {LARGE_SERVER: True}
    for part, found_servers in parts:
        looked.places += part.places
        looked.missed += part.missed
        looked.own_accounts += part.own_accounts
        servers = {**found_servers, **servers}
    looked.places += offers(answers, servers, secrets)
    looked.own_accounts = list(dict.fromkeys(looked.own_accounts))
    looked.places = list({place.key: place for place in reversed(looked.places)}.values())[::-1]
    return looked


async def look_for_places(
    typed: Sequence[str], answers: Answers, get: Get, *, progress: Callable[[str], None] = lambda what: None
) -> Looked:
    """Only what was typed, for settings that are there already."""
    looked = Looked()
    for part, _ in await asyncio.gather(*(_paper(get, text, answers, progress) for text in typed)):
        looked.places += part.places
        looked.missed += part.missed
    return looked


def offers(answers: Answers, servers: Mapping[str, bool], secrets: Mapping[str, str]) -> list[Place]:
    """Places that need no looking up: hashtags, and searches of services, which are left to the team to tick.

    ``servers`` are those where hashtags are looked for, and whether the team named them: one that an answer named may
    not lie inside this network.
    """
    places = [
        Place(
            feed=_feed(f"#{tag} on {urlsplit(server).netloc}", "mastodon", server=server, tag=tag),
            why="Posts with your hashtag that have reached this server.",
            named=named,
        )
        for server, named in servers.items()
        for tag in hashtags(answers)[:MOST_TAGS]
    ]
    name = answers.name.replace('"', " ").strip()
    phrase = f'"{name}"'
    bluesky = _feed(f"Bluesky: {name}", "bluesky", search=phrase)
    with_password = "LISTENING_BLUESKY_PASSWORD" in secrets
    places.append(
        Place(
            feed=bluesky,
            why="Posts with your name on Bluesky.",
            ticked=with_password,
            sentence="" if with_password else sentence_of(bluesky),
        )
    )
    local = re.sub(r"[^A-Za-z0-9]", "", place_in(name) or answers.short_name)
    others = [
        (_feed(f"r/{local}", "reddit", subreddit=local), "The subreddit of your place, if there is one.")
        if 2 <= len(local) <= 21
        else None,
        (_feed(f"Reddit: {name}", "reddit", search=phrase), "Posts with your name in all of Reddit."),
        (
            _feed(f"Google News: {name}", "news", service="google_news", search=phrase, terms="confirmed"),
            "Headlines with your name, up to 100.",
        ),
        (
            _feed(f"Bing News: {name}", "news", service="bing_news", search=phrase, terms="confirmed"),
            "Headlines with your name.",
        ),
        (_feed(f"GDELT: {name}", "gdelt", search=phrase), "Headlines with your name, worldwide."),
    ]
    places += [
        Place(feed=feed, why=why, ticked=False, sentence=sentence_of(feed))
        for feed, why in (each for each in others if each is not None)
    ]
    return [place for place in places if trial(feed=place.feed) is None]


Part = tuple[Looked, Mapping[str, bool]]
"""What was found, and the servers on which hashtags may be looked for, with whether the team named them."""


async def _site(get: Get, address: str) -> Part:
    left: list[Missed] = []
    found, missed = await _within(address, feeds_of(get, address, _told(left)))
    why = "Your own site: not counted as conversation; it shows what others pass on."
    places = [_of_feed(each, why, outlet=outlets.of_own_site(each)) for each in found or ()]
    return Looked(places=places, missed=[*missed, *left]), {}


def _told(left: list[Missed]) -> Callable[[str, FeedError], None]:
    """Keeps what a page named on another server, and what could not be asked there."""

    def told(url: str, error: FeedError) -> None:
        left.append(Missed(typed=url, error=in_a_trial(error)))

    return told


async def _account(get: Get, account: Account) -> Part:
    """An own account; one that cannot be looked up is still ours."""
    if account.service == "fediverse":
        found, missed = await _within(account.setting, profiles.fediverse(get, account))
        if found is None:
            return Looked(missed=missed, own_accounts=[account.setting]), {}
        place, server, ours = found
        return Looked(places=[place], own_accounts=ours), {server: place.named}
    if account.service == "youtube":
        channel, missed = await _within(account.setting, profiles.youtube(get, account.setting))
        if channel is None:
            return Looked(missed=missed, own_accounts=[account.setting]), {}
        why = f"Your own channel. {channel[0].why}"
        return Looked(places=[replace(channel[0], why=why)], own_accounts=[channel[1]]), {}
    return Looked(own_accounts=[account.setting]), {}


async def _paper(get: Get, text: str, answers: Answers, progress: Callable[[str], None]) -> Part:
    """A local outlet's site, or any other place as people write it."""
    text = text.strip()
    try:
        address = text if is_address(text) else _address(text) if _is_host(text) else ""
        if address and ".youtube.com" in f".{urlsplit(address).hostname}":
            channel, missed = await _within(text, profiles.youtube(get, address))
            return Looked(places=[channel[0]] if channel else [], missed=missed), {}
        feed = feed_of(address or text)
    except InputError as error:
        return Looked(missed=[Missed(typed=text, error=error)]), {}
    if feed.source == "rss":
        left: list[Missed] = []
        found, missed = await _within(text, feeds_of(get, address, _told(left)))
        missed = [*missed, *left]
        progress(text)
        return Looked(
            places=[_of_feed(each, each.how, outlet=outlets.of_a_paper(each)) for each in found or ()], missed=missed
        ), {}
    feed = confirmed(feed)  # it stays unticked, and ticking it says so
    own = {"own_accounts": [read_account(each).setting for each in answers.accounts]} if answers.accounts else None
    if (refusal := trial(agency=own, feed=feed)) is not None:
        return Looked(missed=[Missed(typed=text, error=InputError(refusal.problem, refusal.advice))]), {}
    sentence = sentence_of(feed)
    return Looked(places=[Place(feed=feed, why="You typed it.", ticked=not sentence, sentence=sentence)]), {}


async def _within(typed: str, asking: Awaitable[T]) -> tuple[T | None, list[Missed]]:
    """What was asked for, or why it could not be had in time."""
    try:
        async with asyncio.timeout(SECONDS):
            return await asking, []
    except TimeoutError:
        error: ListeningError = FeedUnreachable(f"It took longer than {SECONDS} seconds.", "Try it once more later.")
    except ListeningError as said:
        error = in_a_trial(said) if isinstance(said, FeedError) else said
    return None, [Missed(typed=typed, error=error)]


def _of_feed(found: FoundFeed, why: str, *, outlet: bool) -> Place:
    feed = Feed(
        name=found.title[:_LONGEST_NAME].strip(),
        source="rss",
        options=MappingProxyType({"url": found.url}),
        outlet=outlet,
    )
    given, refusal = page_of(found.answer, feed)
    against: ListeningError | None = refusal
    refused = trial(feed=feed)
    if refused is not None:
        given, against = None, InputError(refused.problem, refused.advice)
    return Place(feed=feed, why=why, named=found.named, given=given, refusal=against, ticked=against is None)


def _feed(name: str, source: str, **options: str) -> Feed:
    return Feed(name=name, source=source, options=MappingProxyType(options))


def _is_host(text: str) -> bool:
    """herald.example, as people write a site."""
    head = text.partition("/")[0]
    return "." in head and not any(sign in text for sign in "@# ") and not head.startswith(".")


def _address(text: str) -> str:
    return text if "://" in text else f"https://{text}"


def _whole_site(address: str) -> str:
    """The site of a page: without a file's name at its end, or what follows a question mark."""
    parts = urlsplit(address)
    folders = [part for part in parts.path.split("/") if part]
    if folders and "." in folders[-1]:
        folders.pop()
    return "/".join([f"{parts.scheme}://{parts.netloc}", *folders])
