"""Signing in to Bluesky with an app password, and what its servers say when they say no."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from listening.collectors import _jsonfeed, _options
from listening.collectors._answers import is_page, refuse
from listening.collectors._values import answered, mapping, mappings, text
from listening.errors import FeedBlocked, FeedExpired, FeedRefused, FeedUnreadable
from listening.models import Answer, Feed, Request
from listening.text import tidy

USER = "LISTENING_BLUESKY_USER"
PASSWORD = "LISTENING_BLUESKY_PASSWORD"  # noqa: S105 - the name of the secret, not the secret
SERVER = "https://bsky.social"
PAUSE = 1.0

# What a sign-in gives. Names that no environment has.
_ACCESS, _RENEWAL, _HOME = "bluesky: access", "bluesky: renewal", "bluesky: home"

SIGN_IN = (
    f"Make an app password on Bluesky (Settings, Privacy and security, App passwords); set {USER} to your handle and "
    f"{PASSWORD} to that, never to the account's own password."
)
_APP_PASSWORD = re.compile(r"[A-Za-z0-9]{4}(?:-[A-Za-z0-9]{4}){3}")
_PUBLIC = re.compile(r"https://(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}(?::\d{1,5})?/?")
_LATER = "Nothing to do: it is tried again later."
_SEE = "Open Bluesky with this account and see what it says there, or use another one."


def server_of(feed: Feed) -> str:
    """The server that the agency's account is on, as https://name."""
    named = feed.options.get("server", "").strip()
    return _options.origin(named, "server") if named else SERVER


def sign_in(feed: Feed, secrets: Mapping[str, str], held: Mapping[str, str] | None) -> Request | None:
    """Ask for a session with the app password; or, where one has run out, for a new one with what it left."""
    user, password = secrets.get(USER, "").strip().removeprefix("@"), secrets.get(PASSWORD, "").strip()
    if not user and not password:
        return None
    if not user or not password:
        raise FeedRefused(f"{USER if password else PASSWORD} is not set, but its counterpart is.", SIGN_IN)
    server = server_of(feed)
    if server == SERVER and not _APP_PASSWORD.fullmatch(password):
        raise FeedRefused(f"What {PASSWORD} holds is no app password, and was not sent.", SIGN_IN)
    sessions = f"{server}/xrpc/com.atproto.server"
    if held is not None:
        headers = {"Authorization": f"Bearer {held.get(_RENEWAL, '')}", "Accept": "application/json"}
        return Request(url=f"{sessions}.refreshSession", headers=headers, body=b"", pause=PAUSE)
    return Request(
        url=f"{sessions}.createSession",
        headers={"Content-Type": "application/json", "Accept": "application/json"},
        body=json.dumps({"identifier": user, "password": password}).encode(),
        pause=PAUSE,
    )


def signed_in(answer: Answer) -> Mapping[str, str]:
    """The tokens of a session, and the server that wants to be asked with them."""
    name, said = error_of(answer)
    if name in _SIGN_IN_SAYS:
        raise FeedRefused(*_SIGN_IN_SAYS[name])
    if name in ("ExpiredToken", "InvalidToken"):
        raise FeedExpired("The sign-in to Bluesky has run out.", _LATER)
    if name and answer.status < 429:
        raise FeedRefused(f"Bluesky did not accept the sign-in: {_quoted(said or name)}.", SIGN_IN)
    data = answered(answer, "a sign-in to Bluesky")
    access, renewal = text(data.get("accessJwt")), text(data.get("refreshJwt"))
    if not access or not renewal:
        raise FeedUnreadable("The server answered the sign-in, but gave no session.", "Check “server” in the settings.")
    if data.get("active") is False:
        state = tidy(text(data.get("status")))[:40] or "not active"
        raise FeedRefused(f"The Bluesky account is closed for now ({state}).", _SEE)
    asked = urlsplit(answer.request.url if answer.request is not None else answer.url)
    return {_ACCESS: access, _RENEWAL: renewal, _HOME: _home(data) or f"{asked.scheme}://{asked.netloc}"}


_SIGN_IN_SAYS = {
    "AuthenticationRequired": (
        "Bluesky does not accept the handle with this app password.",
        f"Check {USER} and {PASSWORD}, or make a new app password; an account that is on another server than Bluesky's "
        "needs “server” in the settings.",
    ),
    "AuthFactorTokenRequired": (
        "Bluesky wants a code from an e-mail, which it asks for with an account's own password only.",
        SIGN_IN,
    ),
    "AccountTakedown": (
        "Bluesky has suspended the account.",
        _SEE,
    ),
    "RateLimitExceeded": (
        "The account has signed in to Bluesky too often today: it allows only so many times.",
        "Wait until tomorrow; listening collect --every 1h signs in once, each run of cron does so anew.",
    ),
}


def _home(data: Mapping[str, Any]) -> str:
    """The server that keeps the account, where the sign-in names one that may be told its token: a public, safe one."""
    for service in mappings(mapping(data.get("didDoc")).get("service")):
        address = text(service.get("serviceEndpoint"))
        if service.get("type") == "AtprotoPersonalDataServer" and _PUBLIC.fullmatch(address):
            return address.removesuffix("/")
    return ""


def session(secrets: Mapping[str, str]) -> tuple[str, Mapping[str, str]] | None:
    """The server to ask and the headers to ask with; None without a sign-in."""
    if not secrets.get(_ACCESS):
        return None
    return secrets[_HOME], {"Authorization": f"Bearer {secrets[_ACCESS]}"}


def is_signed(answer: Answer) -> bool:
    """Whether an answer is one to a request that was signed in."""
    return answer.request is not None and "Authorization" in answer.request.headers


def error_of(answer: Answer) -> tuple[str, str]:
    """The name of an error as the servers give it, and its sentence; "" where the answer holds none."""
    data = _jsonfeed.load(answer.body) if not is_page(answer.body) else None
    if not isinstance(data, dict) or not isinstance(data.get("error"), str):
        return "", ""
    return data["error"] or "error", tidy(text(data.get("message")))[:200]


def object_of(answer: Answer) -> Mapping[str, Any]:
    """The JSON object of a good answer; a FeedError that says why there is none."""
    refuse_error(answer)
    return answered(answer, "posts of Bluesky")


def refuse_error(answer: Answer) -> None:
    """Raise what a refusal means; return if there is none."""
    name, said = error_of(answer)
    status, signed = answer.status, is_signed(answer)
    if signed and (status == 401 or name in ("ExpiredToken", "InvalidToken")):
        raise FeedExpired(
            "The sign-in to Bluesky has run out.", f"If this stays, make a new app password for {PASSWORD}."
        )
    if name in _SAYS:
        raise FeedRefused(*_SAYS[name])
    if name == "InvalidRequest" and "not found" in said.lower():
        raise FeedRefused(f"Bluesky knows no such account: {_quoted(said)}.", "Check the handle in the settings.")
    if status in (401, 403) and not signed:
        raise FeedBlocked(f"Bluesky does not let everybody in here just now ({status}).", SIGN_IN)
    if status == 403:
        raise FeedBlocked(
            "Bluesky's server forbids it (403), though we are signed in.",
            "Wait a few hours; if this stays, ask Bluesky whether this computer's address is blocked.",
        )
    if name and status < 429:
        raise FeedRefused(f"Bluesky refuses: {_quoted(said or name)}.", "Check the settings of this feed.")
    refuse(answer)


_ACCOUNT_CLOSED = ("Bluesky has closed the account, or its owner has.", "Check the account in a browser.")
_SAYS = {
    "BadQueryString": (
        "Bluesky cannot read what is to be searched for.",
        "Write plain words, a phrase in quotes, or one hashtag.",
    ),
    "BlockedActor": ("Our account has blocked the account that is to be read.", "Unblock it on Bluesky."),
    "BlockedByActor": ("The account that is to be read has blocked ours.", "Sign in with another account."),
    "AccountTakedown": _ACCOUNT_CLOSED,
    "AccountDeactivated": _ACCOUNT_CLOSED,
}


def _quoted(said: str) -> str:
    return f"“{said.rstrip('.')}”"
