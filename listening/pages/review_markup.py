"""Pieces of the review page as HTML. Whatever people wrote is escaped here."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from html import escape

from listening.insights.periods import day_words
from listening.insights.questions import Asking
from listening.insights.sentences import TAG_LABELS
from listening.models import Mention
from listening.pages.markup import engaged, link, marked, matched_sentence, why_sentence
from listening.store.reviewing import DECISIONS, Entry


def card(
    mention: Mention, said: Asking | None, now: datetime, *, count: int, feeds: frozenset[str], blind: bool
) -> str:
    """A story before its reader; ``blind`` leaves out what the machine and others said."""
    assert mention.published_at is not None
    local = mention.published_at.astimezone(now.tzinfo)
    if mention.withdrawn_at is not None:
        body = '<p class="text">Taken back by its author. It still counts; its words are gone.</p>'
    else:
        title = f"<h2><bdi>{marked(mention, 'title', moved=not blind)}</bdi></h2>" if mention.title else ""
        text = ""
        if mention.text != mention.title:
            text = f'<p class="text"><bdi>{marked(mention, "text", moved=not blind)}</bdi></p>'
        body = title + text
        if mention.sensitive:
            body = f'<p class="about">Its author put it behind a content warning.</p>{body}'
    places = next(iter(feeds)) if len(feeds) == 1 else f"{len(feeds)} places"
    copies = "" if count == 1 else f" · {count} posts with this text, judged together"
    tag = "" if blind else f'<span class="tone {mention.tag}">{TAG_LABELS[mention.tag]}</span> · '
    lines = []
    if not blind:
        judged = mention.verdict is not None and mention.verdict.tag is not None
        sure = ""
        if mention.confidence is not None and not judged:
            sure = f" The machine is right in {round(100 * mention.confidence)} of 100 such cases."
        asks = "" if said is None else f" Asks: “{said.words}”."
        lines.append(f'<p class="why-line"><bdi>{escape(why_sentence(mention) + sure + asks)}</bdi></p>')
    lines.append(f'<p class="why-line"><bdi>{escape(matched_sentence(mention))}</bdi></p>')
    return (
        f'<div class="before-you">{body}<p class="about">{tag}<bdi>{escape(places)}</bdi> · '
        f"{escape(day_words(local.date(), year=True))}, {local:%H:%M}{copies}{engaged(mention)}{link(mention)}</p>"
        f"{''.join(lines)}</div>"
    )


CHANGED_WORDS = {
    "note": "a note",
    "answered_by": "who answered",
    "channel": "how it was answered",
    "minutes": "the minutes",
    "answered_at": "",
}


def said_words(entry: Entry) -> str:
    """What an entry of the log says, in words: "bad, for Public Works, open"."""
    state = entry.state
    words: list[str] = []
    if "tag" in entry.changed:
        words.append(state.tag or "no tag")
    if "relevant" in entry.changed:
        words.append({True: "about us", False: "not about us", None: "nothing about its subject"}[state.relevant])
    if "asks" in entry.changed:
        words.append({True: "needs an answer", False: "needs no answer", None: "no word on an answer"}[state.asks])
    if "department" in entry.changed:
        words.append(f"for {state.department}" if state.department else "for no department")
    if "status" in entry.changed:
        words.append(state.status or "no status")
    words += [CHANGED_WORDS[name] for name in entry.changed if CHANGED_WORDS.get(name)]
    return ", ".join(words) or "nothing"


def disputed(entries: Sequence[Entry]) -> Entry | None:
    """The entry that contradicts one that its writer had not seen, where nobody has decided since."""
    for entry in reversed([each for each in entries if each.kind != "second"]):
        if entry.against is not None:
            return entry
        if set(entry.changed) & set(DECISIONS):
            return None
    return None


def dispute(entries: Sequence[Entry]) -> str:
    """That two people judged at the same time, and what each said."""
    last = disputed(entries)
    assert last is not None
    other = next(entry for entry in entries if entry.no == last.against)
    return (
        '<div class="trouble" role="status"><p><strong>Two of you judged this at the same time.</strong> '
        f"{escape(other.state.reviewer)} said {escape(said_words(other))}; {escape(last.state.reviewer)} said "
        f"{escape(said_words(last))}, without having seen it. Both are kept, and the later one counts until one of you "
        "decides again.</p></div>"
    )


def log(entries: Sequence[Entry], now: datetime) -> str:
    """What was said of a mention so far, newest first."""
    lines = []
    for entry in reversed(entries):
        at = entry.state.at.astimezone(now.tzinfo)
        when = f"{at:%H:%M}" if at.date() == now.date() else f"{day_words(at.date())}, {at:%H:%M}"
        how = {"undo": " took back: ", "second": ", second reading: ", "verdict": ": "}[entry.kind]
        lines.append(f"<li>{escape(when)} · {escape(entry.state.reviewer)}{how}{escape(said_words(entry))}</li>")
    return (
        '<details class="why"><summary>What was decided so far</summary>'
        f'<ul class="log">{"".join(lines)}</ul></details>'
    )
