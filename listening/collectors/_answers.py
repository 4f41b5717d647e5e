"""What an answer says when it says no, and what a document is that is not what was asked for."""

from __future__ import annotations

import re
from urllib.parse import urljoin

from listening.errors import (
    FeedBlocked,
    FeedError,
    FeedGone,
    FeedRefused,
    FeedUnreachable,
    FeedUnreadable,
)
from listening.models import Answer
from listening.text import canonical_url, plain

_LOOKED_AT = 60_000  # bytes at the start of a page that show what it is

_ADDRESS = "Open the address in a browser and check it."
_LATER = "Nothing to do: it is tried again later."
_BROWSER = "Open the address in a browser; if it shows a feed there, ask the site to let feed readers in."


def several(number: int, one: str = "post", many: str = "posts") -> str:
    """Write a number with its noun."""
    return f"{number} {one if number == 1 else many}"


def refuse(answer: Answer) -> None:
    """Raise what the status of an answer means; return if it is a success."""
    status = answer.status
    if 200 <= status < 300:
        return
    if status == 401:
        raise FeedRefused("The server asks for a login (401).", "Use an address that is open to everybody.")
    if status in (403, 406, 409) and is_challenge(answer.body):
        raise FeedBlocked(f"The site keeps programs out ({status}): it wants to see a browser.", _BROWSER)
    if status == 403:
        raise FeedRefused("The server forbids reading this address (403).", _BROWSER)
    if status == 404:
        raise FeedRefused("There is nothing at this address (404).", _ADDRESS)
    if status == 410:
        raise FeedGone("The feed has ended for good (410).", "Remove it from the settings, or give its new address.")
    if status == 429:
        raise FeedRefused(
            "The server says that it is asked too often (429).", "Wait; if this stays, listen to it less often."
        )
    if status == 451:
        raise FeedRefused("The server may not show this for legal reasons (451).", "Remove it from the settings.")
    if status >= 500:
        raise FeedUnreachable(f"The server has a problem of its own ({status}).", _LATER)
    if 300 <= status < 400:
        raise FeedUnreadable(f"The server points elsewhere, but not where ({status}).", _ADDRESS)
    raise FeedRefused(f"The server did not accept the request ({status}).", _ADDRESS)


_CHALLENGE = re.compile(
    rb"just a moment\.\.\.|attention required!|checking your browser|cf-browser-verification|cf-chl-|captcha|"
    rb"are you a robot|unusual traffic|access to this page has been denied|pardon our interruption|ddos protection",
    re.IGNORECASE,
)


def is_challenge(body: bytes) -> bool:
    """Tell whether a page wants to see whether a person sits there."""
    return is_page(body) and _CHALLENGE.search(body[:_LOOKED_AT]) is not None


_PAGE = re.compile(
    rb"\s*(?:<\?xml[^>]*>\s*|<!--.{0,2000}?-->\s*){0,5}<(?:!doctype\s+html|html|head|body|div|style|script|meta|title|p|h1)\b",
    re.IGNORECASE | re.DOTALL,
)


def is_page(body: bytes) -> bool:
    """Tell whether a document begins as a web page does."""
    start = body[:20_000].removeprefix(b"\xef\xbb\xbf")
    return _PAGE.match(start) is not None and _FEED.search(start) is None


# A feed may stand behind a doctype of HTML, or behind the warnings of a program that failed in between.
_FEED = re.compile(rb"<(?:[a-z]+:)?(?:rss|feed|rdf)[\s>]", re.IGNORECASE)

_TITLE = re.compile(r"<title[^<>]*>([^<]{0,500})", re.IGNORECASE)
_FEED_LINK = re.compile(
    r"<link\b[^<>]{0,600}?type\s*=\s*[\"']?application/(?:rss|atom|feed)\+(?:xml|json)[^<>]{0,600}>", re.IGNORECASE
)
_HREF = re.compile(r"href\s*=\s*[\"']?([^\"'\s>]+)", re.IGNORECASE)
_META_CHARSET = re.compile(rb"charset\s*=\s*[\"']?([A-Za-z0-9_-]{2,20})", re.IGNORECASE)

_PASSWORD = re.compile(r"type\s*=\s*[\"']?password", re.IGNORECASE)
_LOGIN = re.compile(r"password.protected|\blog ?in\b|\bsign ?in\b|before you continue", re.IGNORECASE)
_PARKED = re.compile(
    r"domain (?:is|may be) for sale|buy this domain|parked (?:free|domain|by|page)|sponsored listings|"
    r"related searches|domain parking|this domain has expired",
    re.IGNORECASE,
)
_TROUBLE = re.compile(
    r"\b(?:400|404|403|500|503|error|not found|unavailable|not available|disabled|suspended|"
    r"bad request|denied|forbidden|maintenance|offline|non trovato)\b",
    re.IGNORECASE,
)
_FORWARD = re.compile(r"<meta\b[^<>]*http-equiv\s*=\s*[\"']?refresh|<frameset\b", re.IGNORECASE)
_KINDS = (
    (b"%PDF", "a PDF document"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"\x1f\x8b", "a compressed file"),
)
PROGRAM = (b"<?php", b"<?=", b"<%")
"""How a page begins that the server should have run, and did not."""

_ROOT = re.compile(r"<([A-Za-z][A-Za-z0-9:_.-]{0,40})")


def not_a_feed(answer: Answer, wanted: str = "a feed") -> FeedError:
    """Say what an answer is that should have been a feed and is not."""
    body = answer.body
    if not body.strip():
        return FeedUnreadable("The answer is empty.", "If this stays, check the address in a browser.")
    if is_challenge(body):
        return FeedBlocked(f"Instead of {wanted} the site sends a page that wants to see a browser.", _BROWSER)
    for signature, what in _KINDS:
        if body.startswith(signature):
            return FeedUnreadable(f"At this address is {what}, not {wanted}.", _ADDRESS)
    text = _readable(body[:_LOOKED_AT])
    start = text.lstrip("\ufeff \t\r\n")
    if b"\x00" in answer.body[:1_000] and not text.isprintable() and "<?xml" not in text[:200]:
        return FeedUnreadable(f"At this address is a program or other data that is no text, not {wanted}.", _ADDRESS)
    if start.encode().startswith(PROGRAM):
        return FeedUnreadable(
            f"The site sends the text of a program instead of {wanted}: its server is not set up right.",
            "Tell the site; nothing can be read from it until then.",
        )
    if start.startswith(("{", "[")):
        return FeedUnreadable(f"At this address is JSON data, but not {wanted}.", _ADDRESS)
    if not is_page(body) and "<" not in text:
        return FeedUnreadable(f"At this address is plain text, not {wanted}.", _ADDRESS)
    if not is_page(body):
        root = _ROOT.search(text)
        name = f" ({root[1]})" if root else ""
        return FeedUnreadable(f"At this address is an XML document{name}, not {wanted}.", _ADDRESS)
    return _page(answer, text, wanted)


def _page(answer: Answer, text: str, wanted: str) -> FeedError:
    """Say what kind of web page it is, with its title, and where it says its feed is."""
    found = _TITLE.search(text)
    title = plain(found[1])[:80] if found else ""
    named = f", “{title}”" if title else ""
    for link in _FEED_LINK.findall(text):
        href = _HREF.search(link)
        address = canonical_url(urljoin(answer.url, href[1]).replace("&amp;", "&")) if href else ""
        if address and address != canonical_url(answer.url):
            return FeedUnreadable(
                f"At this address is a web page{named}, not {wanted}.",
                f"The page names its feed: {address} – put that into the settings.",
            )
    if not _TROUBLE.search(title) and (_LOGIN.search(title) or _PASSWORD.search(text)):
        return FeedRefused(f"Instead of {wanted} there is a login page{named}.", "Use an address open to everybody.")
    if _PARKED.search(text):
        return FeedUnreadable(
            f"Instead of {wanted} there is a parking page with advertisements{named}: the site has moved or ended.",
            "Look for the site's new address, or remove the feed.",
        )
    if _FORWARD.search(text[:3_000]):
        return FeedUnreadable(f"Instead of {wanted} there is a page that only leads on to another{named}.", _ADDRESS)
    if title.startswith("Index of /"):
        return FeedUnreadable(f"Instead of {wanted} there is a list of files{named}.", _ADDRESS)
    if _TROUBLE.search(title) or (len(text) < 3_000 and _TROUBLE.search(plain(text))):
        return FeedUnreadable(f"Instead of {wanted} there is an error page{named}.", _ADDRESS)
    return FeedUnreadable(
        f"At this address is an ordinary web page{named}, not {wanted}.",
        "Look on the page for its feed (often called RSS) and put that address into the settings.",
    )


def _readable(body: bytes) -> str:
    """The page's text as far as it can be read: UTF-8, what it declares, or at least its ASCII."""
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        declared = _META_CHARSET.search(body[:2_000])
    for encoding in (declared[1].decode("ascii") if declared else "utf-8", "utf-8"):
        try:
            return body.decode(encoding, "ignore")
        except (LookupError, UnicodeError):
            continue
    return ""
