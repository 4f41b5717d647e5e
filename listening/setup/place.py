"""A place that is proposed: what it is, why, what last week would have given, and what its source says against it."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass, replace
from types import MappingProxyType

from listening.collectors.news import TERMS
from listening.errors import FeedError, FeedInside, ListeningError
from listening.models import Feed, Page

SENTENCES: Mapping[str, str] = MappingProxyType(
    {
        "google_news": TERMS["google_news"] + " Listen to it only once somebody who may decide has accepted that. "
        "Google Alerts can be used without.",
        "bing_news": TERMS["bing_news"] + " Listen to it only once somebody who may decide has accepted that.",
        "reddit": "Reddit wants to be asked first (its Responsible Builder Policy), and since June 2026 turns most "
        "programs away; with a feed token or an approved app of your own it lets you in more often.",
        "bluesky": "Bluesky answers searches without an account now and then only; set an app password and it does.",
        "gdelt": "GDELT shows headlines of news sites worldwide, and turns many requests away at busy times.",
    }
)
"""What to know before a place is ticked, by source or news service."""

_NO_SERVER = "There is no server named "
_NEXT_RUN = "The next run tries again"


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """A proposed place.

    ``ticked``: proposed to be listened to. ``sentence`` is what speaks against it. ``named``: its server was typed by
    the team, so that it may lie inside this network; what was found on a page may not. ``given`` is the first page it
    gave, ``refusal`` why there is none; with neither it was not asked yet.
    """

    feed: Feed
    why: str
    ticked: bool = True
    sentence: str = ""
    named: bool = True
    given: Page | None = None
    refusal: ListeningError | None = None

    @property
    def asked(self) -> bool:
        """Whether it was tried."""
        return self.given is not None or self.refusal is not None

    @property
    def key(self) -> str:
        """What a place is known by, whatever it is called."""
        options = (f"{name}={value}" for name, value in sorted(self.feed.options.items()))
        return "|".join([self.feed.source, *options]).casefold()


@dataclass(frozen=True, kw_only=True, slots=True)
class Missed:
    """Something that was typed and leads to no place: what, and why."""

    typed: str
    error: ListeningError


def in_a_trial(error: FeedError) -> FeedError:
    """What a place answered in a trial, with what to do now: there is no next run, and not all of it was typed."""
    advice = error.advice
    if isinstance(error, FeedInside):
        advice = (
            "Nothing was asked there, and it cannot be ticked. If the place really is inside your network, type its "
            "address yourself under “More places”."
        )
    elif error.problem.startswith(_NO_SERVER):
        advice = (
            "If you typed it, check the address. If you did not, this computer’s network does not lead there: try it "
            "once more when it does."
        )
    elif _NEXT_RUN in advice:
        advice = advice.replace(_NEXT_RUN, "Try it once more later")
    if advice != error.advice:
        error = copy(error)
        error.advice = advice
    return error


def sentence_of(feed: Feed) -> str:
    """What speaks against a place of this kind; "" where nothing does."""
    return SENTENCES.get(feed.options.get("service", "") if feed.source == "news" else feed.source, "")


def confirmed(feed: Feed) -> Feed:
    """A news search with its terms confirmed, as ticking it says; any other feed as it is."""
    if feed.source != "news" or "search" not in feed.options:
        return feed
    return replace(feed, options=MappingProxyType({**feed.options, "terms": "confirmed"}))
