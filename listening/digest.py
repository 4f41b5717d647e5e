"""What a department is told: one message with every post that newly waits for its answer.

Texts only, no sending. What strangers wrote stands on one line each, without signs that could end a line or steer a
terminal, and without private people's handles; the address of a post stays, as whoever answers has to go there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from listening.insights.periods import day_words
from listening.insights.sentences import excerpt, spoken
from listening.models import Mention
from listening.privacy import Mask
from listening.review import STATUS_WORDS
from listening.settings import Settings

WORDS = 280
"""Characters of a post that are told: enough to know what it asks."""
MOST = 50
"""Posts in one message; those that have waited longest come first, the others with the next message."""
MOST_COPIES = 5
"""Addresses of copies of one text."""

_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]+")


@dataclass(frozen=True, kw_only=True, slots=True)
class Digest:
    """One message to a department: how many posts it tells, each with its copies, which mentions these are, and how
    many posts are left for the next message."""

    department: str
    subject: str
    body: str
    posts: int
    numbers: tuple[int, ...]
    left: int = 0


def digest(
    department: str, waiting: Sequence[tuple[int, Mention]], *, settings: Settings, now: datetime
) -> Digest | None:
    """The message about mentions that wait, given with their numbers; None where nothing waits."""
    stories = _stories(waiting)
    if not stories:
        return None
    told, left = stories[:MOST], len(stories) - len(stories[:MOST])
    agency = line(settings.agency.short_name or settings.agency.name)
    count = "1 post waits" if len(told) == 1 else f"{len(told)} posts wait"
    mask = _mask(settings)
    local = now.astimezone(settings.agency.timezone)
    parts = [f"{count} for an answer from {line(department)}{', the oldest first' if len(told) > 1 else ''}."]
    if settings.agency.made_up:
        parts.append(f"{agency} is made up, and so are these posts.")
    parts += [_item(place, [each for _, each in story], mask, local) for place, story in enumerate(told, start=1)]
    if left:
        parts.append(f"{left} more {'comes' if left == 1 else 'come'} with the next message.")
    parts.append(_closing(settings, len(told)))
    return Digest(
        department=department,
        subject=f"{agency}: {count} for an answer from {line(department)}",
        body="\n\n".join(parts),
        posts=len(told),
        numbers=tuple(number for story in told for number, _ in story),
        left=left,
    )


def _mask(settings: Settings) -> Mask:
    """As on the page: private people's handles and mail addresses, and strong language where it is masked there."""
    return Mask(
        feeds=(*settings.feeds, *settings.paused),
        listed=(*settings.agency.own_accounts, *settings.privacy.listed_accounts),
        soften=not settings.privacy.strong_language,
    )


def line(text: str) -> str:
    """The text on one line, without signs that nobody sees."""
    # Slack takes <!channel> for a call to everybody there.
    return " ".join(_UNSEEN.sub(" ", text).split()).replace("<!", "< !")


def _stories(waiting: Iterable[tuple[int, Mention]]) -> list[list[tuple[int, Mention]]]:
    """Copies of one text together, each story and the stories among themselves from the oldest on."""
    found: dict[str, list[tuple[int, Mention]]] = {}
    for number, mention in sorted(waiting, key=lambda each: (_at(each[1]), each[0])):
        found.setdefault(mention.story or mention.id, []).append((number, mention))
    return list(found.values())


def _at(mention: Mention) -> datetime:
    return mention.published_at or mention.collected_at


def _item(place: int, copies: Sequence[Mention], mask: Mask, now: datetime) -> str:
    first = copies[0]
    lines = [f"{place}. “{excerpt(line(mask.text(_said(first))), WORDS)}”", f"{_where(copies)}, {_when(first, now)}"]
    links = list(dict.fromkeys(link for each in copies if (link := _link(each))))
    lines += links[:MOST_COPIES] or ["No address is known: look for it there."]
    if more := len(links) - MOST_COPIES:
        lines += [f"and {more} more with the same text"] if more > 0 else []
    verdicts = [each.verdict for each in copies if each.verdict is not None]
    lines += [STATUS_WORDS[verdicts[0].status]] if verdicts else []
    notes = dict.fromkeys(line(mask.text(each.note)) for each in verdicts if each.note.strip())
    lines += [f"Note: {note}" for note in notes]
    return "\n   ".join(lines)


def _said(mention: Mention) -> str:
    """Headline and text, once where the text begins with the headline; what is behind a warning stays there."""
    if mention.sensitive or not (mention.title and mention.text):
        return spoken(mention)
    if mention.text.startswith(mention.title.rstrip(" .…")):
        return mention.text
    return f"{mention.title} – {mention.text}"


def _where(copies: Sequence[Mention]) -> str:
    feeds = list(dict.fromkeys(line(each.feed) for each in copies))
    if len(feeds) > 1:
        return f"In {len(feeds)} places ({', '.join(feeds)}), first"
    return feeds[0] if len(copies) == 1 else f"{feeds[0]}, {len(copies)} times, first"


def _when(mention: Mention, now: datetime) -> str:
    at = _at(mention).astimezone(now.tzinfo)
    return f"{day_words(at.date(), year=at.year != now.year)}, {at:%H:%M}"


def _link(mention: Mention) -> str:
    """The post's address where it is one of the web; a blank would end it, and anything could follow."""
    address = mention.url.strip()
    usable = address.startswith(("https://", "http://")) and not _UNSEEN.search(address) and len(address.split()) == 1
    return address if usable else ""


def _closing(settings: Settings, posts: int) -> str:
    contact = settings.send.sender or settings.agency.contact
    to = f" ({line(contact)})" if contact else ""
    what, which = ("it is", "") if posts == 1 else ("one is", "which it was, ")
    return (
        f"When {what} answered, tell the press office{to} {which}who answered, where, and about how many minutes it "
        "took: it then no longer waits. What is not for you goes to somebody else once you say so."
    )
