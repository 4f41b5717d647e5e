"""The first address of a request, and where its redirects may lead."""

from __future__ import annotations

from yarl import URL

from listening.errors import FeedRefused, FeedUnreachable
from listening.models import Request

from .addresses import is_usable, parse_address, same_place, shown, without_login


def first_address(request: Request) -> URL:
    """The address that a request names; FeedUnreachable if it is none on the web."""
    try:
        url = parse_address(request.url)
        usable = url.scheme in ("http", "https") and is_usable(url)
    except ValueError:
        usable = False
    if not usable:
        raise FeedUnreachable(
            f"{shown(request.url, request)} is not a web address.",
            "It should begin with https:// or http:// and name a server.",
        )
    return url


def redirect_target(url: URL, location: str, request: Request) -> URL:
    """Where a redirect leads, without any login in it; FeedRefused where we do not follow."""
    where = shown(location, request)[:200]
    try:
        target = url.join(parse_address(location)).with_fragment(None)
        usable = target.scheme not in ("http", "https") or is_usable(target)
        target = without_login(target)
    except ValueError:
        usable = False
    if not usable:
        raise FeedRefused(f"It sends us on to something that is no address ({where}).", "Check it in a browser.")
    if target.scheme not in ("http", "https"):
        raise FeedRefused(f"It sends us on to {where}, which is not on the web.", "Check the address in a browser.")
    if url.scheme == "https" and target.scheme == "http":
        raise FeedRefused(
            f"It sends us on from a secure to an open connection ({where}).",
            "If you trust that address, put it into the settings yourself.",
        )
    if request.secret_path and not same_place(url, target):
        raise FeedRefused(
            f"It sends us on to another server ({target.host}), which must not learn the secret address.",
            "Nothing was asked there. It is tried again later.",
        )
    return target
