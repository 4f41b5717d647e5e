"""What a feed document says, in its own words: the shape that every reader of feeds fills."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(slots=True, kw_only=True)
class Entry:
    """One entry as the document has it: texts are markup, links may be relative, missing is empty.

    ``texts`` are all that the entry offers to read; ``comments``, ``views`` and ``ratings`` are counts as written;
    ``outlet`` is where an aggregator found the entry.
    """

    id: str = ""
    link: str = ""
    original_link: str = ""
    title: str = ""
    texts: list[str] = field(default_factory=list)
    authors: list[str] = field(default_factory=list)
    author_url: str = ""
    language: str = ""
    published: datetime | None = None
    updated: datetime | None = None
    comments: str = ""
    views: str = ""
    ratings: str = ""
    rating: str = ""
    reply_to: str = ""
    outlet: str = ""
    outlet_url: str = ""


@dataclass(slots=True, kw_only=True)
class Document:
    """A feed document. ``authors`` and ``author_url`` hold for entries that name nobody."""

    entries: list[Entry]
    language: str = ""
    authors: list[str] = field(default_factory=list)
    author_url: str = ""


_MAIL = r"[^\s()<>@]+@[^\s()<>@]+"
_MAIL_FIRST = re.compile(rf"(?:mailto:)?{_MAIL}\s*(?:\(([^@]*)\))?")
_NAME_FIRST = re.compile(rf"([^@<>]{{1,200}}?)\s*[(<]\s*{_MAIL}\s*[)>]")


def name_beside_mail(author: str) -> str:
    """The name in "mail (Name)", "Name <mail>" or "Name (mail)"; empty for a mail address alone, else all of it."""
    author = author.strip()
    if found := _MAIL_FIRST.fullmatch(author) or _NAME_FIRST.fullmatch(author):
        return (found[1] or "").strip()
    return author
