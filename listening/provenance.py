"""Where a file's numbers come from: the words of its read-me, from the settings, the store and the view it shows."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from listening import __version__, teaching
from listening.agreement import SCORED, Share
from listening.export.columns import MEANING
from listening.export.readme import ReadMe, Section
from listening.insights.periods import day_words
from listening.insights.sentences import checked
from listening.overview import filters
from listening.privacy import Mask
from listening.settings import Settings
from listening.store import CHECKED, Reader, Store, View, feed_states, noted, taggers
from listening.store.files import READ_ME_BEGINS

MOST_NAMED = 30
"""Places that are named; of more the number is said."""


def readme(
    settings: Settings,
    store: Store,
    reader: Reader,
    view: View,
    *,
    now: datetime,
    rows: int,
    reason: str | None,
    mask: Mask | None = None,
    method: tuple[str, ...] = (),
    columns: bool = True,
) -> ReadMe:
    """The read-me of a file with ``rows`` mentions of a view.

    ``reason``: why names stand in it, None where they are masked. ``method``: how the page says that it counts.
    """
    zone = settings.agency.timezone
    sections = [
        Section(heading=f"{READ_ME_BEGINS}{settings.agency.name}", lines=_what(settings, view, now, rows, zone)),
        Section(heading="Only these", lines=_filters(view, mask)),
        Section(heading="Names", lines=(("", _names(reason)),)),
        Section(heading="Places that did not answer", lines=_silent(settings, store, reader, view)),
        Section(heading="How the tags were made", lines=_tags(store)),
    ]
    if method:
        sections.append(Section(heading="How we count", lines=tuple(("", said) for said in method)))
    if columns:
        sections.append(Section(heading="Columns", lines=tuple(MEANING.items())))
    return tuple(sections)


def _what(settings: Settings, view: View, now: datetime, rows: int, zone: ZoneInfo) -> tuple[tuple[str, str], ...]:
    lines = [
        ("From", f"{_moment(view.start, zone)} (included)"),
        ("Up to", f"{_moment(view.end, zone)} (not included)"),
        ("Time zone of days and weeks", f"{zone.key}; times in the columns of posts are UTC"),
        ("Posts", f"{rows:,}"),
        ("Made", f"{_moment(now, zone)}, by Listening {__version__}"),
    ]
    if settings.agency.made_up:
        lines.append(("Made up", "The agency, its people, posts and numbers are invented."))
    return tuple(lines)


def _moment(at: datetime, zone: ZoneInfo) -> str:
    local = at.astimezone(zone)
    return f"{day_words(local.date(), year=True)}, {local:%H:%M}"


def _filters(view: View, mask: Mask | None) -> tuple[tuple[str, str], ...]:
    always = ("", "Not in it: posts by our own accounts, and posts that somebody of the team marked as not about us.")
    return (*(filters(view, mask) or [("", "No filter: all topics, tags and places.")]), always)


def _names(reason: str | None) -> str:
    if reason is not None:
        return f"Names and handles are as they were published. The reason given for that: {reason}"
    return (
        "Private people’s names, handles and addresses are masked; one person has the same mark within this file, and "
        "another in the next. Outlets, agencies and listed accounts are named."
    )


def _silent(settings: Settings, store: Store, reader: Reader, view: View) -> tuple[tuple[str, str], ...]:
    """Places that do not answer now, and those that missed days of the period."""
    zone = settings.agency.timezone
    with store.reading() as connection:
        states = feed_states(connection)
    lines = []
    for feed in settings.feeds:
        state = states.get(feed.name)
        if state is not None and state.state not in ("new", "ok", "unchanged"):
            last = "never" if state.last_answer_at is None else _moment(state.last_answer_at, zone)
            lines.append((feed.name, f"{state.problem} Last heard: {last}."))
    last_second = max(view.start, view.end - timedelta(seconds=1))
    days = reader.asked_days(view.start.astimezone(zone).date(), last_second.astimezone(zone).date())
    named = {name for name, _ in lines}
    for name, when in sorted(days.items()):  # also places that were set aside or removed since
        missed = [day for day, answered in sorted(when.items()) if not answered]
        if missed and name not in named:
            said = f"{len(missed)} days" if len(missed) > 3 else ", ".join(day_words(day) for day in missed)
            lines.append((name, f"No answer on {said} of this time."))
    if len(lines) > MOST_NAMED:
        lines = [*lines[:MOST_NAMED], ("", f"And {len(lines) - MOST_NAMED:,} more; see the page Sources.")]
    if not lines:
        asked = any(days.values())
        return (("", "None: every place that was asked answered." if asked else "No place was asked in this time."),)
    return tuple(lines)


def _tags(store: Store) -> tuple[tuple[str, str], ...]:
    with store.reading() as connection:
        versions = taggers(connection)
    lines = [(version or "Not tagged", f"{count:,} posts in the store") for version, count in sorted(versions.items())]
    lines.append(("", agreed(store)))
    return tuple(lines)


def agreed(store: Store) -> str:
    """How often the tags agree with people, in a sentence."""
    # Only how many are right: all else that can be said of agreement takes a while to work out.
    both = [each for each in teaching.judged(store) if each.person in SCORED and each.machine in SCORED]
    found = Share(part=sum(each.right for each in both), base=len(both))
    if found.base:
        said = f"Of {found.base:,} posts that the team read, one a story, {found.part:,} had the right tag"
        return f"{said}{_interval(found)}."
    return checked(noted(store, CHECKED)) or "Nobody has checked yet how often the tags are right."


def _interval(share: Share) -> str:
    assert share.interval is not None
    low, high = (round(100 * limit) for limit in share.interval)
    return f": of all posts like these {low} to {high} of 100, with 95 % certainty"
