"""The thorough reader: feedparser, which reads whatever can be read, and has the last word on what a feed says."""

from __future__ import annotations

import calendar
import io
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from listening.collectors._entry import Document, Entry, name_beside_mail

# Encodings in which valid UTF-8 with letters beyond ASCII is no accident: a document that claims one of them and yet
# is valid UTF-8 is UTF-8. In Chinese, Japanese and Korean encodings it could be one.
_CLAIM = re.compile(r"(?:us-?ascii|utf-?8|iso-?8859-\d+|latin-?\d|windows-\d+|cp\d+|)", re.IGNORECASE)
_DECLARED = re.compile(rb"<\?xml[^>]*?encoding\s*=\s*[\"']([A-Za-z0-9._-]*)")
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([A-Za-z0-9._-]*)", re.IGNORECASE)

_THREAD = "http://purl.org/syndication/thread/1.0"

_CUT_IN_MAIL = re.compile(r"[a-z0-9-]*\s*\((?P<behind>[^()]+)|(?P<before>[^()<>]+?)\s*[(<][a-z]{1,20}>?")

_ZEROS = 0.9
"""From this share of zeros in every second byte on, a text is UTF-16 although it does not say so."""


def as_utf8(body: bytes) -> bytes:
    """A document in UTF-16 without its mark, in UTF-8 and saying so; any other as it is."""
    start = body[:400]
    if b"\x00" not in start or start.startswith((b"\xff\xfe", b"\xfe\xff")):
        return body
    for encoding, zeros in (("utf-16-le", start[1::2]), ("utf-16-be", start[::2])):
        if zeros.count(0) > _ZEROS * len(zeros):
            text = body.decode(encoding, "replace").lstrip()
            return re.sub(r"(<\?xml[^>]*?encoding\s*=\s*[\"'])[\w.-]*", r"\1utf-8", text, count=1).encode()
    return body


# Names for single characters, as old feeds define them. Anything longer, or made of other entities, or from elsewhere,
# could swell a small document until no memory is left, or pull in a file.
_NAMED_CHARACTER = re.compile(rb"<!ENTITY\s{1,20}[\w.-]{1,40}\s{1,20}(?:\"[^\"]{0,40}\"|'[^']{0,40}')\s{0,20}>")
_REFERRING = re.compile(rb"[\"'][^\"']{0,40}(?:&(?!#)|%)")


def is_dangerous(body: bytes) -> bool:
    """Tell whether a document defines entities that no feed needs."""
    text = body.replace(b"\x00", b"")  # the zeros of UTF-16
    found = text.count(b"<!ENTITY")
    if not found:
        return False
    harmless = [entity for entity in _NAMED_CHARACTER.findall(text) if not _REFERRING.search(entity)]
    return len(harmless) != found


def is_utf8(body: bytes, content_type: str) -> bool:
    """Tell whether a document is UTF-8 for certain, whatever it or its header claims."""
    if body.startswith(b"\xef\xbb\xbf"):
        body = body[3:]
    declared = _DECLARED.match(body[:200])
    charset = _CHARSET.search(content_type)
    claims = (declared[1].decode("ascii") if declared else "", charset[1] if charset else "")
    if b"\x1b" in body or b"\x00" in body or not all(_CLAIM.fullmatch(claim) for claim in claims):
        return False
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


_FEW_BROKEN = 0.02
"""Up to this share of broken letters a document that says UTF-8 is UTF-8 with some damage, and not another encoding."""


def mostly_utf8(body: bytes, content_type: str) -> bytes | None:
    """A document that says it is UTF-8 and nearly is, with signs for its broken letters; None where it is not so."""
    declared = _DECLARED.match(body.removeprefix(b"\xef\xbb\xbf")[:200])
    charset = _CHARSET.search(content_type)
    claims = (declared[1].decode("ascii") if declared else "", charset[1] if charset else "")
    if b"\x1b" in body or b"\x00" in body or not all(re.fullmatch("(?:utf-?8)?", claim, re.I) for claim in claims):
        return None
    text = body.decode("utf-8", "replace")
    beyond = sum(character > "\x7f" for character in text)
    return text.encode() if text.count("\ufffd") <= _FEW_BROKEN * beyond else None


def read(body: bytes, content_type: str) -> Document | None:
    """Read a feed of any kind with feedparser; None if the document is no feed.

    The address is not told to feedparser: it would make ids of it, and they would change when the feed moves. Links
    are resolved afterwards.
    """
    import feedparser

    headers = {"content-type": "application/xml; charset=utf-8"}
    if is_utf8(body, content_type):
        pass
    elif (mended := mostly_utf8(body, content_type)) is not None:
        body = mended
    else:
        headers = {"content-type": content_type or "application/xml"}
    try:
        # BytesIO, never str: feedparser takes a str for an address or a path and opens it. We make plain text of
        # markup ourselves, so that cleaning it first would only cost time.
        parsed = feedparser.parse(
            io.BytesIO(body), response_headers=headers, sanitize_html=False, resolve_relative_uris=False
        )
    except Exception:  # noqa: BLE001 - a document that its parser stumbles over (KeyError, AssertionError and others
        # have been seen) is an unreadable feed, not a bug of ours, and must not end the run.
        return None
    if not parsed.get("version") and not parsed.entries:
        return None
    prefixes = {uri: prefix for prefix, uri in reversed(list(parsed.get("namespaces", {}).items())) if prefix}
    thread = prefixes.get(_THREAD, "thr").lower()
    document = Document(entries=[_entry(entry, thread) for entry in parsed.entries])
    document.language = _text(parsed.feed.get("language"))
    if str(parsed.get("version", "")).startswith("atom"):  # there, an entry without author has the feed's
        document.authors, document.author_url = _people(parsed.feed)
    return document


def _entry(entry: Mapping[str, Any], thread: str) -> Entry:
    """Take over one entry of feedparser's."""
    texts = [_text(content.get("value")) for content in entry.get("content", [])]
    authors, author_url = _people(entry)
    source = _mapping(entry.get("source"))
    published = [_utc(entry.get(name)) for name in ("published_parsed", "created_parsed")]
    return Entry(
        id=_text(entry.get("id")),
        link=_text(entry.get("link")),
        original_link=_text(entry.get("feedburner_origlink")),
        title=_text(entry.get("title")),
        texts=[*texts, _text(entry.get("summary"))],
        authors=authors,
        author_url=author_url,
        language=_text(entry.get("language")) or _text(_mapping(entry.get("title_detail")).get("language")),
        published=published[0] or published[1],
        # feedparser gives the published date for a missing updated one, with a warning; "in" tells the truth.
        updated=_utc(entry["updated_parsed"]) if "updated_parsed" in entry else None,
        comments=_text(entry.get(f"{thread}_total")) or _text(entry.get("slash_comments")),
        views=_text(_mapping(entry.get("media_statistics")).get("views")),
        ratings=_text(_mapping(entry.get("media_starrating")).get("count")),
        rating=_text(_mapping(entry.get("media_rating")).get("content")),
        reply_to=_text(_mapping(entry.get(f"{thread}_in-reply-to")).get("ref")),
        outlet=_text(source.get("title")) or _text(entry.get("news_source")),
        outlet_url=_text(source.get("href")),
    )


def _people(entry: Mapping[str, Any]) -> tuple[list[str], str]:
    """The names of all authors and the first one's page; a mail address only if there is no name."""
    authors = [_mapping(author) for author in entry.get("authors", [])]
    only = _text(entry.get("author"))
    names = [name for author in authors if (name := _name(author, only))]
    if len(authors) == 1 and "@" in only:  # feedparser cuts the name wrongly where the mail's last part is long
        names = [name] if (name := name_beside_mail(only)) else []
    if not names and only:
        names = [only]
    return names, _text(authors[0].get("href")) if authors else ""


def _name(author: Mapping[str, Any], last: str) -> str:
    """An author's name. Where a mail's last part is long (.example), feedparser cuts within it, also among several
    authors: "ple (Mary Miller" is left of the name. ``last`` is the last author as it is written."""
    name, mail = _text(author.get("name")), _text(author.get("email"))
    if mail and (cut := _CUT_IN_MAIL.fullmatch(name)):
        return (cut["behind"] or cut["before"]).strip()
    return "" if mail and name and f"{mail}{name}" == last else name


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _utc(parsed: Any) -> datetime | None:
    """A UTC time tuple to a moment; timegm, because mktime would take it for local time."""
    if not parsed:
        return None
    try:
        return datetime.fromtimestamp(calendar.timegm(parsed), tz=UTC)
    except (ValueError, OverflowError, OSError, TypeError):
        return None
