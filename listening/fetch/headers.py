"""The headers that go out, and those that come back."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping

from multidict import CIMultiDict
from yarl import URL

from listening.errors import FeedUnreachable
from listening.models import Request

from .terms import Validators

# All that another host than the one the request was made for gets to see.
_HARMLESS = frozenset(
    {"accept", "accept-encoding", "accept-language", "if-modified-since", "if-none-match", "user-agent"}
)
# Said once or not at all: of two, the first holds. Others may be repeated, and then are joined.
_SAID_ONCE = frozenset({"content-type", "etag", "last-modified", "location", "retry-after"})
# True of the answer on the wire, not of the body that we hand on; and cookies are nobody's business.
_LEFT_OUT = frozenset(
    {"connection", "content-encoding", "content-length", "keep-alive", "set-cookie", "transfer-encoding"}
)


def request_headers(user_agent: str, request: Request, validators: Validators, url: URL) -> CIMultiDict[str]:
    """What to send; FeedUnreachable where something cannot be sent (a secret with a line end, say)."""
    headers = CIMultiDict({"User-Agent": user_agent, "Accept": "*/*"})
    headers.update(request.headers)
    headers["Accept-Encoding"] = "gzip, deflate"
    if (url.user or url.password) and "Authorization" not in headers:
        login = base64.b64encode(f"{url.user or ''}:{url.password or ''}".encode()).decode()
        headers["Authorization"] = f"Basic {login}"
    for name, text in headers.items():
        if not _sendable(text):
            raise FeedUnreachable(
                f"The request could not be made: what should go into {name} holds a line break or the like.",
                "Check the contact in the settings, and the secrets in the environment for a stray line end.",
            )
    # A validator that cannot be sent back as it came is better left out: that costs bytes, not mentions.
    if validators.etag and _sendable(validators.etag):
        headers["If-None-Match"] = validators.etag
    if validators.last_modified and _sendable(validators.last_modified):
        headers["If-Modified-Since"] = validators.last_modified
    return headers


def for_another_host(headers: CIMultiDict[str]) -> CIMultiDict[str]:
    """The headers without anything that was meant for the first host alone."""
    return CIMultiDict((name, text) for name, text in headers.items() if name.lower() in _HARMLESS)


def received_headers(raw: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Headers with lower-case names, repeated ones joined by a comma, as text that any store can take."""
    headers: dict[str, str] = {}
    for raw_name, raw_text in raw:
        name, text = raw_name.decode("latin-1").lower(), _text(raw_text)
        if name not in headers:
            headers[name] = text
        elif name not in _SAID_ONCE:
            headers[name] = f"{headers[name]}, {text}"
    return headers


def for_the_caller(headers: Mapping[str, str]) -> dict[str, str]:
    """The received headers that are still true of the unpacked body."""
    return {name: text for name, text in headers.items() if name not in _LEFT_OUT}


def _text(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _sendable(text: str) -> bool:
    return not any(letter < " " or letter == "\x7f" or "\ud800" <= letter <= "\udfff" for letter in text)
