"""JSON Feed 1.0 and 1.1."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from listening.collectors import _dates
from listening.collectors._entry import Document, Entry


def read(body: bytes) -> Document | None:
    """Read a JSON Feed; None if the document is none. What follows the feed in the file is not looked at."""
    data = load(body)
    if not isinstance(data, dict) or not isinstance(data.get("items"), list):
        return None
    if "jsonfeed.org" not in str(data.get("version", "")) and not ({"feed_url", "home_page_url"} & data.keys()):
        return None
    authors, author_url = _people(data)
    return Document(
        entries=[_entry(item) for item in data["items"] if isinstance(item, dict)],
        language=_text(data.get("language")),
        authors=authors,
        author_url=author_url,
    )


def title(body: bytes) -> str:
    """What the feed calls itself."""
    data = load(body)
    return _text(data.get("title")) if isinstance(data, dict) else ""


def load(body: bytes) -> Any:
    """Read the JSON value that a body begins with; None if it begins with none."""
    try:
        text = body.decode("utf-8-sig").lstrip()
        # strict=False: raw line breaks inside texts happen.
        return json.JSONDecoder(strict=False).raw_decode(text)[0]
    except (ValueError, RecursionError):  # UnicodeDecodeError and JSONDecodeError are ValueErrors
        return None


def _entry(item: Mapping[str, Any]) -> Entry:
    authors, author_url = _people(item)
    identity = item.get("id")
    return Entry(
        # Numbers as ids are against the standard, and common.
        id=str(identity) if isinstance(identity, str | int | float) and not isinstance(identity, bool) else "",
        link=_text(item.get("url")) or _text(item.get("external_url")),
        title=_text(item.get("title")),
        texts=[_text(item.get(name)) for name in ("content_html", "content_text", "summary")],
        authors=authors,
        author_url=author_url,
        language=_text(item.get("language")),
        published=_dates.iso(item.get("date_published")),
        updated=_dates.iso(item.get("date_modified")),
    )


def _people(holder: Mapping[str, Any]) -> tuple[list[str], str]:
    """Names of the authors (1.1), or of the one author (1.0), and the first one's page."""
    people = list(_mappings(holder.get("authors"))) or list(_mappings([holder.get("author")]))
    names = [name for person in people if (name := _text(person.get("name")))]
    return names, _text(people[0].get("url")) if people else ""


def _mappings(values: object) -> Iterator[Mapping[str, Any]]:
    for value in values if isinstance(values, list) else []:
        if isinstance(value, dict):
            yield value


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
