"""What a web page says of its feeds: those it declares, those it links to, and where it only leads on.

The page is a stranger's: nothing here is asked for, and every address goes through the same cleaning.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

from listening.models import Answer
from listening.text import canonical_url, plain

MOST_LINKS = 40
"""Links that are kept of one kind: a page of ten thousand is not better known by the last of them."""

_LOOKED_AT = 1_000_000  # bytes
_TYPES = re.compile(r"application/(?:rss|atom|rdf|feed)\+(?:xml|json)|text/xml|application/xml", re.IGNORECASE)
_FEED_ADDRESS = re.compile(
    r"(?:/(?:feeds?|rss|atom)(?:/[\w-]+)?/?|\.(?:rss|atom)|/(?:feed|rss|atom|index|news)[\w-]*\.(?:xml|rdf|json))$"
    r"|[?&](?:feed|format|alt)=(?:rss2?|atom|feed)\b",
    re.IGNORECASE,
)
_REFRESH = re.compile(r"\s*\d*\.?\d*\s*[;,]\s*url\s*=\s*[\"']?([^\"'>]+)", re.IGNORECASE)
_CHARSET = re.compile(rb"charset\s*=\s*[\"']?([A-Za-z0-9._-]{2,40})", re.IGNORECASE)
_CHANNEL = re.compile(r"(?:/channel/|channel_id=|\"externalId\":\s*\"|\"channelId\":\s*\")(UC[A-Za-z0-9_-]{22})\b")


@dataclass(frozen=True, kw_only=True, slots=True)
class Link:
    """A feed as a page names it; ``title`` is plain text, and may be empty."""

    url: str
    title: str = ""


@dataclass(kw_only=True, slots=True)
class WebPage:
    """A page's ``declared`` feeds (link rel=alternate), those it ``linked`` to in its text, and where a refresh leads.

    ``generator`` is the program that made it, ``channel`` the YouTube channel whose page it is.
    """

    title: str = ""
    declared: list[Link] = field(default_factory=list)
    linked: list[Link] = field(default_factory=list)
    leads_to: str = ""
    generator: str = ""
    channel: str = ""


def read_page(answer: Answer) -> WebPage:
    """What a page says; one that is no page says nothing. Never raises: a page is as broken as it likes."""
    text = _text(answer)
    reader = _Reader(answer.url)
    reader.feed(text)
    page = reader.page
    page.title = " ".join(plain("".join(reader.title)).split())[:120]
    if (urlsplit(answer.url).hostname or "").endswith("youtube.com"):
        # The page's own address and its feed come before any other channel that it speaks of.
        found = _CHANNEL.search(reader.canonical) or _CHANNEL.search(" ".join(link.url for link in page.declared))
        found = found or _CHANNEL.search(text)
        page.channel = found[1] if found else ""
    return page


def _text(answer: Answer) -> str:
    body = answer.body[:_LOOKED_AT]
    said = re.search(r"charset=[\"']?([\w.-]+)", answer.headers.get("content-type", ""))
    declared = _CHARSET.search(body[:3_000])
    for encoding in ("utf-8-sig", said[1] if said else "", declared[1].decode("ascii") if declared else ""):
        if not encoding:
            continue
        try:
            return body.decode(encoding)
        except (LookupError, UnicodeError):
            continue
    return body.decode("utf-8", "replace")


class _Reader(HTMLParser):
    """Reads tags one after the other, whatever their order; a page need not be whole."""

    def __init__(self, url: str) -> None:
        super().__init__(convert_charrefs=True)
        self.page = WebPage()
        self.title: list[str] = []
        self.canonical = ""
        self._base = url
        self._in_title = False

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        said = {name.casefold(): (value or "").strip() for name, value in attrs}
        if tag == "base" and said.get("href"):
            self._base = self._address(said["href"]) or self._base
        elif tag == "title":
            self._in_title = not self.title  # a drawing within the page has titles too
        elif tag == "meta":
            self._meta(said)
        elif tag == "link":
            self._link(said)
        elif tag == "a" and said.get("href"):
            self._anchor(said)

    def handle_startendtag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if tag == "title":
            self._in_title = False

    def handle_data(self, data: str) -> None:
        if self._in_title and len(self.title) < 20:
            self.title.append(data)

    def _meta(self, said: dict[str, str]) -> None:
        if said.get("http-equiv", "").casefold() == "refresh" and (found := _REFRESH.match(said.get("content", ""))):
            self.page.leads_to = self.page.leads_to or self._address(found[1].strip())
        elif said.get("name", "").casefold() == "generator":
            self.page.generator = said.get("content", "")[:80]

    def _link(self, said: dict[str, str]) -> None:
        kinds = said.get("rel", "").casefold().split()
        if "canonical" in kinds:
            self.canonical = said.get("href", "")
        is_feed = "feed" in kinds or ("alternate" in kinds and _TYPES.fullmatch(said.get("type", "").split(";")[0]))
        # hreflang without a feed's type is the same page in another language; with it, its feed.
        if is_feed and "stylesheet" not in kinds:
            self._keep(self.page.declared, said)

    def _anchor(self, said: dict[str, str]) -> None:
        kind = said.get("type", "").split(";")[0]
        if _FEED_ADDRESS.search(said["href"]) or (kind and _TYPES.fullmatch(kind)):
            self._keep(self.page.linked, said)

    def _keep(self, links: list[Link], said: dict[str, str]) -> None:
        url = self._address(said.get("href", ""))
        if url and len(links) < MOST_LINKS and all(link.url != url for link in links):
            title = " ".join(plain(said.get("title", "")).split())[:120]
            links.append(Link(url=url, title=title))

    def _address(self, href: str) -> str:
        """An absolute web address without what follows #; empty for anything else (mailto:, javascript:, feed:)."""
        href = href.strip()
        if href.casefold().startswith("feed:"):  # feed://host/path and feed:https://host/path
            href = href[5:] if href[5:].startswith(("http:", "https:")) else f"https:{href[5:]}"
        try:
            url = urljoin(self._base, href).partition("#")[0]
            parts = urlsplit(url)
        except ValueError:
            return ""
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.password or not canonical_url(url):
            return ""
        return url if url.isprintable() and " " not in url and len(url) < 2_000 else ""
