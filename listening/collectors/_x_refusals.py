"""How X says no: problem objects, and lists of errors, in words for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from listening.collectors import _jsonfeed
from listening.collectors._answers import is_page, refuse
from listening.collectors._values import NOTHING, mapping, mappings, text
from listening.errors import FeedError, FeedRefused
from listening.models import Answer
from listening.text import tidy

TOKEN = "LISTENING_X_TOKEN"  # noqa: S105 - the name of the secret, not the secret
A_DAY = 86_400.0

_CONSOLE = "developer console of X (console.x.com)"


def refused(answer: Answer) -> FeedError:
    """What an answer with a status from 400 on says."""
    data = mapping(_jsonfeed.load(answer.body))
    status = answer.status
    if (spent := _used_up(data, status)) is not None:
        return spent
    if status == 401:
        return FeedRefused(
            "X wants a token: there is none, or it did not accept ours (401).",
            f"Set {TOKEN} to the bearer token of your app: see the README, and the {_CONSOLE}.",
        )
    if status == 400 and data:
        return FeedRefused(
            f"X cannot use this search (400){_quoted(data)}.", "Change “search” of this feed in the settings."
        )
    if status == 403 and not is_page(answer.body):
        return FeedRefused(
            f"X does not let this app read posts (403){_quoted(data)}.",
            f"See in the {_CONSOLE} that the app belongs to a project, and that {TOKEN} is its bearer token.",
        )
    try:
        refuse(answer)
    except FeedError as error:
        return error
    return FeedRefused(f"X did not accept the request ({status}).", "Nothing to do: it is tried again later.")


def _used_up(data: Mapping[str, Any], status: int) -> FeedError | None:
    """Credits or a cap that are used up: rate limits stay as they were, so that only this says to stop."""
    kind, title = text(data.get("type")).rsplit("/", 1)[-1], text(data.get("title"))
    if status == 402 or kind == "credits" or title in ("CreditsDepleted", "SpendCapReached"):
        error = FeedRefused(
            f"Your account at X has no credits left, or has reached its own limit ({status}).",
            f"Buy credits or raise the limit in the {_CONSOLE}; until then it is asked once a day.",
        )
    elif kind == "usage-capped" or title == "UsageCapExceeded":
        error = FeedRefused(
            f"X lets your account read no more posts in this {_period(data)} ({status}).",
            f"Wait for the next one, or raise the cap in the {_CONSOLE}; until then it is asked once a day.",
        )
    else:
        return None
    error.wait = A_DAY
    return error


def _period(data: Mapping[str, Any]) -> str:
    return "day" if text(data.get("period")).lower() == "daily" else "month"


def said(data: Mapping[str, Any]) -> str:
    """What the service itself says, on one line."""
    first = next(mappings(data.get("errors")), NOTHING)
    words = text(first.get("message")) or text(first.get("detail")) or text(data.get("detail"))
    return " ".join(tidy(words or text(data.get("title")))[:200].split()).rstrip(".")


def _quoted(data: Mapping[str, Any]) -> str:
    return f": “{words}”" if (words := said(data)) else ""


def too_old(answer: Answer) -> bool:
    """Whether it is refused because the post that was last seen is older than the week that can be searched."""
    if answer.status != 400:
        return False
    data = mapping(_jsonfeed.load(answer.body))
    return any(
        not {"since_id", "until_id"}.isdisjoint(mapping(error.get("parameters")))
        or text(error.get("message")).lstrip("'\"").startswith(("since_id", "until_id"))
        for error in mappings(data.get("errors"))
    )
