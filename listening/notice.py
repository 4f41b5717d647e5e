"""The public notice, and the record of processing activities: what the settings really do, in plain words, as HTML.

What the settings do not say stands in it visibly as missing: no sentence claims more than they do.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from html import escape
from pathlib import Path

from listening import facts
from listening.settings import Settings

STYLE = Path(__file__).with_name("notice.css")
MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class Notice:
    """The file's text, and in a sentence each what is missing in it."""

    html: str
    missing: tuple[str, ...]


def notice(settings: Settings, environ: Mapping[str, str], *, now: datetime, brought: Collection[str] = ()) -> Notice:
    """The notice for the agency's public; ``brought`` are the sources of posts that were imported."""
    name = settings.agency.name
    parts = [
        *_opening(settings, f"How {name} listens to public posts", now),
        facts.section("Who is responsible", [*facts.who(settings), *facts.officer(settings)]),
        facts.section("Why, and on what basis", [*facts.why(), *facts.basis(settings)]),
        facts.section(
            "What is collected, and where",
            [*facts.collected(settings, environ), *facts.imported(brought), *facts.special()],
        ),
        facts.section("What we listen for", facts.topics(settings, queries=False)),
        facts.section("How long it is kept", facts.times(settings)),
        facts.section("What is masked", facts.masked(settings)),
        facts.section("How posts are tagged", facts.tags(settings)),
        facts.section("Deleted posts", facts.deleted(settings)),
        facts.section(
            "Who sees it, and where it goes",
            [*facts.recipients(), *facts.seen(settings), *facts.sent(facts.ways(settings, environ), whole=False)],
        ),
        facts.section("Your rights", facts.rights(settings)),
        facts.section("How to object", facts.objecting(settings)),
        facts.section("What is not done", facts.not_done()),
    ]
    return Notice(html=_page(f"{name}: public posts", parts), missing=_missing(settings))


def record(settings: Settings, environ: Mapping[str, str], *, now: datetime, brought: Collection[str] = ()) -> Notice:
    """The record of processing activities, with the contents of Article 30(1) of the GDPR."""
    name = settings.agency.name
    by_hand = (
        "a joint controller and a representative, where there are any",
        "who in the agency may use the program, and how the computer it runs on is protected",
    )
    ways = facts.ways(settings, environ)
    parts = [
        *_opening(settings, f"Record of processing activities: public posts about {name}", now),
        facts.paragraph(
            "The letters are those of Article 30(1) of the General Data Protection Regulation (EU); the same contents "
            "serve elsewhere too."
        ),
        facts.section(
            "(a) Controller and contact",
            [*facts.who(settings), *facts.officer(settings), *facts.by_hand(by_hand)],
        ),
        facts.section("(b) Purposes", [*facts.why(), *facts.basis(settings)]),
        facts.section(
            "(c) Whose data, and which",
            [*facts.persons(), *facts.collected(settings, environ), *facts.imported(brought), *facts.special()],
        ),
        facts.section("(c) continued: what is listened for", facts.topics(settings, queries=True)),
        facts.section("(c) continued: how posts are tagged", facts.tags(settings)),
        facts.section("(d) Recipients", [*facts.recipients(), *facts.seen(settings), *facts.sent(ways, whole=True)]),
        facts.section("(e) Transfers to third countries", facts.transfers(settings, ways)),
        facts.section("(f) Time limits for erasure", [*facts.times(settings), *facts.deleted(settings)]),
        facts.section("(g) Technical and organisational measures", facts.measures(settings)),
    ]
    return Notice(html=_page(f"{name}: record of processing", parts), missing=_missing(settings))


def _missing(settings: Settings) -> tuple[str, ...]:
    """What the settings should say and do not."""
    said = []
    if not settings.agency.contact:
        said.append("No contact is set (agency.contact): nobody can object.")
    if not settings.retention.mentions:
        said.append("No time is set for how long posts are kept (retention.mentions): they are kept for good.")
    if not settings.feeds and not settings.paused:
        said.append("There are no feeds: nothing is collected.")
    for key, what in (
        ("legal_basis", "legal basis"),
        ("officer", "data protection officer"),
        ("authority", "supervisory authority"),
    ):
        if not getattr(settings.notice, key):
            said.append(f"No {what} is set (notice.{key}).")
    return tuple(said)


# --- pieces ---------------------------------------------------------------------------------------------------------


def _page(title: str, parts: Iterable[str]) -> str:
    style = STYLE.read_text(encoding="utf-8")
    body = "\n".join(parts)
    page = (
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{escape(title)}</title>\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<style>\n{style}</style>\n</head>\n<body>\n<main>\n{body}\n</main>\n</body>\n</html>\n"
    )
    return f"{page}{_mark(page)}"


_MARK = "<!-- Written by Listening, SHA-256 of the lines above: "


def _mark(page: str) -> str:
    return f"{_MARK}{hashlib.sha256(page.encode()).hexdigest()} -->\n"


def as_written(page: bytes) -> bool:
    """Whether a page is one of ours, and nobody added anything to it since: it carries a mark of what it was."""
    text = page.decode(errors="replace")
    return text.endswith(_mark(text.rpartition(_MARK)[0]))


def _opening(settings: Settings, title: str, now: datetime) -> list[str]:
    local = now.astimezone(settings.agency.timezone)
    said = [
        f"<h1>{escape(title)}</h1>",
        f'<p class="as-of">As of {local.day} {MONTHS[local.month - 1]} {local.year}, from the settings of the program '
        "“Listening” that were in use then.</p>",
    ]
    if settings.agency.made_up:
        said.append(facts.paragraph("This agency is made up, and so is everything that is said of it."))
    return said
