"""How the YouTube Data API (version 3) is asked, what asking it costs, and what its refusals mean."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from listening.collectors import _jsonfeed, _values
from listening.collectors._values import mapping, mappings, text
from listening.errors import BudgetSpent, FeedError, FeedRefused, FeedUnreachable, FeedUnreadable
from listening.models import Answer, Budget, Request

SERVER = "https://www.googleapis.com"
KEY = "LISTENING_YOUTUBE_KEY"
HEADER = "X-goog-api-key"
"""The key goes into a header, to the API's server alone: addresses are written down, headers are not."""

SEARCHES, UNITS = "youtube searches", "youtube units"
_ZONE = "America/Los_Angeles"
BUDGETS = (
    Budget(
        name=SEARCHES,
        most=100,
        period="day",
        unit="searches",
        words="YouTube lets a key search 100 times a day",
        timezone=_ZONE,
    ),
    Budget(
        name=UNITS,
        most=10_000,
        period="day",
        unit="other requests",
        words="YouTube lets a key ask for videos and comments 10,000 times a day",
        timezone=_ZONE,
    ),
)
_PAUSE = 0.5


def call(method: str, asked: Mapping[str, str], *, key: str = "", carry: object = None) -> Request:
    """A request to one of the API's lists. Every page of a list costs one: of the searches, or of all else."""
    return Request(
        url=f"{SERVER}/youtube/v3/{method}?{urlencode(asked)}",
        headers={HEADER: key} if key else {},
        pause=_PAUSE,
        costs={SEARCHES if method == "search" else UNITS: 1},
        carry=carry,
    )


def answered(answer: Answer) -> Mapping[str, Any]:
    """The JSON object of a good answer; a FeedError in words for anything else."""
    if answer.request is not None and HEADER not in answer.request.headers:
        raise _without_key()
    if (found := refusal(answer)) is not None:
        raise in_words(found, answer)
    return _values.answered(answer, "videos or comments of YouTube")


def listed(data: Mapping[str, Any], kind: str = "") -> list[Any]:
    """What a list holds; a FeedError where it is none, or one of another kind ("video", "commentThread")."""
    named = text(data.get("kind"))
    items = data.get("items")
    if items is None and named.endswith("ListResponse"):
        items = []  # an empty list may be left out
    if not isinstance(items, list) or (kind and named and named != f"youtube#{kind}ListResponse"):
        raise something_else()
    return items


def something_else() -> FeedUnreadable:
    """What is said of an answer that holds something else than what was asked for."""
    return FeedUnreadable(
        "YouTube answered, but not with what was asked for.", "Nothing to do: it is tried again later."
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Refusal:
    """What an error of the API says: its reasons in Google's own words, whose they are, and a sentence for people."""

    reasons: frozenset[str]
    domains: frozenset[str]
    message: str


def refusal(answer: Answer) -> Refusal | None:
    """The error in an answer; None where it holds none."""
    data = _jsonfeed.load(answer.body) if answer.body.lstrip()[:1] in (b"{", b"[") else None
    if isinstance(data, list):
        data = next(mappings(data), None)
    if not isinstance(data, dict) or "error" not in data:
        return None
    error = data["error"]
    if not isinstance(error, dict):
        return Refusal(reasons=frozenset(), domains=frozenset(), message=text(error))
    details = [*mappings(error.get("errors")), *mappings(error.get("details"))]
    reasons = {text(each.get("reason")) for each in details} | {text(error.get("status"))}
    limits = " ".join(text(mapping(each.get("metadata")).get("quota_limit")) for each in details)
    return Refusal(
        reasons=frozenset(reasons - {""}),
        domains=frozenset(text(each.get("domain")) for each in details),
        message=f"{text(error.get('message'))} {limits}".strip(),
    )


HOW = (
    "A key is free: sign in at console.cloud.google.com and make a project; search there for “YouTube Data API v3” and "
    f"switch it on; under “Credentials” make an API key, and set it as {KEY}. Or listen to single channels "
    "(“channel”), which works without a key."
)
_PER_DAY = re.compile(r"per\s?day|daily", re.IGNORECASE)
_SPENT = {"quotaExceeded", "dailyLimitExceeded"}
_TOO_FAST = {"rateLimitExceeded", "userRateLimitExceeded", "RATE_LIMIT_EXCEEDED", "RESOURCE_EXHAUSTED"}
_IN_WORDS: tuple[tuple[set[str], str, str], ...] = (
    (
        {"keyInvalid", "API_KEY_INVALID", "keyExpired", "API_KEY_EXPIRED"},
        "YouTube does not know this key, or it has expired.",
        f"Copy the key again from console.cloud.google.com, “Credentials”, and set it as {KEY}.",
    ),
    (
        {"accessNotConfigured", "SERVICE_DISABLED"},
        "The key is right, but its project may not use YouTube yet.",
        "In console.cloud.google.com search for “YouTube Data API v3”, switch it on for the key's project, and wait a "
        "few minutes.",
    ),
    (
        {
            "ipRefererBlocked",
            "API_KEY_SERVICE_BLOCKED",
            "API_KEY_IP_ADDRESS_BLOCKED",
            "API_KEY_HTTP_REFERRER_BLOCKED",
            "API_KEY_ANDROID_APP_BLOCKED",
            "API_KEY_IOS_APP_BLOCKED",
        },
        "The key is restricted, and this computer or YouTube is not among what it is allowed for.",
        "Open the key in console.cloud.google.com, “Credentials”, and allow it for this computer's address and for the "
        "YouTube Data API v3.",
    ),
    (
        {
            "CONSUMER_SUSPENDED",
            "CONSUMER_INVALID",
            "accountClosed",
            "accountSuspended",
            "authenticatedUserAccountClosed",
        },
        "Google has suspended the project that the key belongs to.",
        "Look into console.cloud.google.com for the reason, or make a new project with a new key.",
    ),
    (
        {"playlistNotFound", "channelNotFound", "channelClosed", "channelSuspended"},
        "YouTube has no such channel, or it shows no videos.",
        "Check the channel's id in the settings: it begins with UC.",
    ),
    (
        {"videoNotFound", "commentNotFound", "commentThreadNotFound"},
        "YouTube does not have this video or comment any more.",
        "Nothing to do: it was deleted or made private.",
    ),
)


def in_words(found: Refusal, answer: Answer) -> FeedError:
    """What a refusal means, and what to do. Google's own sentences are not shown: some of them name the key."""
    if found.reasons & _SPENT or (found.reasons & _TOO_FAST and _PER_DAY.search(found.message)):
        return _spent(answer)
    if found.reasons & _TOO_FAST or answer.status == 429:
        return FeedRefused("YouTube says that it is asked too often.", "Nothing to do: it is tried again later.")
    for reasons, problem, advice in _IN_WORDS:
        if found.reasons & reasons:
            return FeedRefused(problem, advice)
    if "unregistered callers" in found.message or answer.status == 401:
        return _without_key()
    why = ", ".join([*([str(answer.status)] if answer.status != 200 else []), *sorted(map(_word, found.reasons))])
    told = f" ({why})" if why else ""
    if answer.status >= 500 or "backendError" in found.reasons:
        return FeedUnreachable(f"YouTube has a problem of its own{told}.", "Nothing to do: it is tried again later.")
    if answer.status == 400:
        return FeedRefused(
            f"YouTube did not accept the question{told}.",
            "Check the words, the region and the language in the settings.",
        )
    return FeedRefused(f"YouTube refused to answer{told}.", "If this stays, check the key in console.cloud.google.com.")


def _word(reason: str) -> str:
    return re.sub(r"[^A-Za-z_]", "", reason)[:40]


def _without_key() -> FeedRefused:
    return FeedRefused("YouTube answers searches, and tells comments, only to those who have a key.", HOW)


def _spent(answer: Answer) -> FeedError:
    """The day's quota is used up. It is counted anew from midnight in California: the answer's own date tells when."""
    problem = "YouTube says that what this key may ask in a day is used up."
    advice = "Nothing is lost: it goes on after midnight in California, when YouTube counts anew."
    try:
        said = parsedate_to_datetime(answer.headers.get("date", ""))
        day = (said if said.tzinfo else said.replace(tzinfo=UTC)).astimezone(ZoneInfo(_ZONE)).date()
    except (ValueError, TypeError, IndexError, OverflowError):
        return FeedRefused(problem, advice)
    midnight = datetime.combine(day + timedelta(days=1), datetime.min.time(), tzinfo=ZoneInfo(_ZONE))
    return BudgetSpent(problem, advice, until=midnight.astimezone(UTC))
