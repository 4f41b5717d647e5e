"""RSS, Atom and JSON feeds, among them Google Alerts, Google News, Bing News and YouTube channels."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import parse_qs, parse_qsl, urlsplit

from listening.collectors import _fast, _jsonfeed, _options, _rhythm, _thorough
from listening.collectors._answers import PROGRAM, is_page, not_a_feed, refuse, several
from listening.collectors._entry import Document, Entry
from listening.errors import FeedUnreadable
from listening.models import Answer, Feed, Page, Post, Presence, Request, TextKind
from listening.text import canonical_url, plain

SOURCE = "rss"
LABEL = "RSS, Atom and JSON feeds"
KIND: TextKind = "headline"
KEYS: Mapping[str, str] = {"url": "The address of the feed, as a feed reader takes it."}
CANNOT_SEE = (
    "Sees what a site puts into its feed: often only the beginning of an article, no likes, and nothing that has left "
    "the feed before we listened."
)
DELETIONS = (
    "An article that its site says is gone (410), or does not find on two different days (404), is emptied, within two "
    "weeks after it was published."
)
EMPTY_MEANS_BLOCKED = False

ACCEPT = (
    "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, text/xml;q=0.9, */*;q=0.1"
)
_SECRET = re.compile(r"(?:.*[_-])?(?:token|key|apikey|auth|password|pass|secret|sig|signature|feed|user|session)", re.I)
RECHECK_PAUSE = 2.0
_NOUN = ("entry", "entries")
_MOST_KEY = 1_000  # characters of an id; a longer one is remembered by its hash


def check(options: Mapping[str, str]) -> None:
    """Refuse options that no feed can be read with."""
    _options.http_address(_options.required(options, "url", "https://www.quillhaven.example/feed.xml"), "url")


def locate(feed: Feed, cursor: str | None, secrets: Mapping[str, str]) -> Request:
    """Ask for the feed; it has one page, and no cursor."""
    url = feed.options.get("url", "").strip()
    names = (name for name, _ in parse_qsl(urlsplit(url).query, keep_blank_values=True))
    return Request(url=url, headers={"Accept": ACCEPT}, secret=tuple(n for n in names if _SECRET.fullmatch(n)))


def recheck(post: Post) -> Request | None:
    """Ask for the article's page."""
    parts = urlsplit(post.url)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        return None
    return Request(url=post.url, headers={"Accept": "text/html, */*;q=0.1"}, pause=RECHECK_PAUSE)


def presence(answer: Answer, request: Request) -> Presence:
    """Gone where the site says so; a page that is not found may be back tomorrow. Another site says nothing of it."""
    if _site(answer.url) != _site(request.url):
        return "unknown"
    if answer.status == 410:
        return "gone"
    if answer.status == 404:
        return "missing"
    return "there" if answer.status == 200 else "unknown"


def _site(url: str) -> str:
    return (urlsplit(url).hostname or "").removeprefix("www.")


def parse(answer: Answer, feed: Feed) -> Page:
    """Turn an answer into posts; a refusal, or a document that is no feed, is raised as a FeedError."""
    refuse(answer)
    document = read(answer)
    if document is None:
        raise not_a_feed(answer)
    return replace(page(document, answer, feed), fresh=_rhythm.fresh_seconds(answer.body))


def read(answer: Answer) -> Document | None:
    """Read a feed document of any kind: the fast reader where it can, else feedparser; None if it is no feed."""
    body = _thorough.as_utf8(answer.body)
    content_type = answer.headers.get("content-type", "")
    start = body[:200].removeprefix(b"\xef\xbb\xbf").lstrip()
    if not start or start.startswith(PROGRAM) or is_page(body):
        return None
    if start.startswith(b"{"):
        return _jsonfeed.read(body)
    if _thorough.is_dangerous(body):
        raise FeedUnreadable(
            "The document defines entities as attacks do, so it is not read.",
            "Tell the site; if it does not know of it, remove the feed.",
        )
    if _thorough.is_utf8(body, content_type) and (document := _fast.read(body)):
        return document
    return _thorough.read(body, content_type)


_FEEDS_TITLE = re.compile(r"<(?:\w+:)?title[^<>]*>(.*?)</(?:\w+:)?title\s*>", re.DOTALL | re.IGNORECASE)


def title_of(answer: Answer) -> str:
    """What a feed calls itself, as plain text; empty where it does not say."""
    body = _thorough.as_utf8(answer.body)
    if body.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{"):
        return " ".join(plain(_jsonfeed.title(body)).split())
    # Before the first entry: an entry has a title too.
    start = re.split(rb"<(?:\w+:)?(?:item|entry)[\s>]", body[:60_000], maxsplit=1)[0].decode("utf-8", "replace")
    found = _FEEDS_TITLE.search(start)
    return " ".join(plain(found[1].replace("<![CDATA[", "").replace("]]>", "")).split()) if found else ""


def page(document: Document, answer: Answer, feed: Feed) -> Page:
    """Turn a document into posts, each key once."""
    shared = _shared_ids(document)
    posts: dict[str, Post] = {}
    unusable = again = 0
    for entry in document.entries:
        post = _post(entry, document, answer, feed, shared)
        if post is None:
            unusable += 1
        elif post.key in posts:
            again += 1
        else:
            posts[post.key] = post
    skipped = []
    if unusable:
        skipped.append(f"{several(unusable, *_NOUN)} without id, link, title and text")
    if again:
        skipped.append(f"{several(again, *_NOUN)} that stood in the feed twice")
    return Page(posts=tuple(posts.values()), skipped=tuple(skipped))


def _shared_ids(document: Document) -> frozenset[str]:
    """Ids that entries with different links and titles share: those are not ids."""
    several = {identity for identity, times in Counter(entry.id for entry in document.entries).items() if times > 1}
    if not several:
        return frozenset()
    links: dict[str, set[str]] = {}
    titles: dict[str, set[str]] = {}
    for entry in document.entries:
        if entry.id in several:
            links.setdefault(entry.id, set()).add(entry.link)
            titles.setdefault(entry.id, set()).add(entry.title)
    return frozenset(identity for identity in several if len(links[identity]) > 1 and len(titles[identity]) > 1)


def _post(entry: Entry, document: Document, answer: Answer, feed: Feed, shared: frozenset[str]) -> Post | None:
    """Turn one entry into a post; None if it has nothing to know it by."""
    url = canonical_url(_unwrapped(entry.original_link or entry.link), answer.url)
    title = " ".join(plain(entry.title).split())  # a line break in a headline is never meant
    key = "" if entry.id in shared else entry.id
    # A token of Google News stays the key and the address: it is never resolved.
    is_google_news = "news.google." in url
    text = "" if is_google_news and "/articles/" in url else _fullest(entry.texts)
    key = key or url
    if not key:
        if not title and not text:
            return None
        moment = entry.published.isoformat() if entry.published else ""
        key = _hash(f"{title}\n{moment}" if title else text)
    elif len(key) > _MOST_KEY:
        key = _hash(key)
    outlet = plain(entry.outlet)
    if outlet and title.endswith(f" - {outlet}"):
        title = title.removesuffix(f" - {outlet}").rstrip()
    if text == title:
        text = ""  # said once is enough: title and text are read together
    authors, author_url = entry.authors, entry.author_url
    if not authors and not author_url:
        authors, author_url = document.authors, document.author_url
    author = ", ".join(dict.fromkeys(name for author in authors[:3] if (name := plain(author)))) or None
    if outlet and (is_google_news or "bing.com/news" in entry.link):
        author, author_url = outlet, entry.outlet_url
    published, edited = entry.published, entry.updated
    if published is None or edited is None or edited <= published:
        published, edited = published or edited, None
    return Post(
        source=feed.source,
        feed=feed.name,
        key=key,
        url=url,
        title=title,
        text=text,
        author=author,
        author_url=canonical_url(author_url, answer.url) or None if author_url else None,
        language=feed.language or language_tag(entry.language) or language_tag(document.language),
        published_at=published,
        edited_at=edited,
        replies=count(entry.comments),
        views=count(entry.views),
        reply_to=entry.reply_to or None,
        sensitive=entry.rating.strip().lower() == "adult",
    )


def _fullest(texts: list[str]) -> str:
    """The longest of the texts that an entry offers, as plain text: the article rather than the beginning of it."""
    best = ""
    for text in texts:
        # Plain text is never longer than its markup, so that a shorter one need not be looked at.
        if len(text) > len(best) and len(shown := plain(text)) > len(best):
            best = shown
    return best


def _unwrapped(link: str) -> str:
    """The address inside a link that leads through Google or Bing."""
    if "url=" not in link and "q=" not in link:
        return link
    try:
        parts = urlsplit(link)
        host = parts.hostname or ""
        query = parse_qs(parts.query, max_num_fields=50)
    except ValueError:
        return link
    google = re.fullmatch(r"(?:www|news)\.google\.[a-z.]{2,6}", host) and parts.path in ("/url", "/news/url")
    bing = re.fullmatch(r"(?:www\.)?bing\.com", host) and parts.path.endswith("/apiclick.aspx")
    names = ("url", "q") if google else ("url",) if bing else ()
    for name in names:
        for value in query.get(name, []):
            if value.startswith(("http://", "https://")):
                return value
    return link


_LANGUAGE = re.compile(r"([A-Za-z]{2,3})((?:-[A-Za-z0-9]{2,8})*)")


def language_tag(text: str | None) -> str | None:
    """A language as BCP 47 writes it ("en-US"); None for what is no language tag."""
    found = _LANGUAGE.fullmatch((text or "").strip().replace("_", "-"))
    if found is None or found[0].lower().startswith(("und", "mul", "zxx")):
        return None
    parts = found[2].split("-")[1:]
    cased = (part.upper() if len(part) == 2 else part.title() if len(part) == 4 else part.lower() for part in parts)
    return "-".join([found[1].lower(), *cased])


def count(text: str) -> int | None:
    """A count as feeds write it; None if there is none."""
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None


def _hash(text: str) -> str:
    return "hash:" + hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=16).hexdigest()
