"""What a brief tells of a story beside its name: what was said, why it matters, and what the team does about it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from listening.insights import sentences
from listening.insights.numbers import Numbers
from listening.insights.periods import day_words
from listening.models import Mention, Status, Tag
from listening.store import Story

SAID = 120
"""Characters of a story's text."""

SPOKEN_STATUS = {
    "open": "waits for an answer",
    "pending": "is being answered",
    "answered": "answered",
    "closed": "closed",
}


def beyond_its_name(first: Mention) -> str:
    """What a story says beyond its name; "" where its name is all of it."""
    if not first.title or first.sensitive or first.withdrawn_at is not None:
        return ""
    text = " ".join(first.text.split())
    return "" if text.startswith(first.title) and len(text) < len(first.title) + 20 else sentences.excerpt(text, SAID)


def why_it_matters(story: Story, found: Numbers, asking_: int) -> str:
    """The strongest thing that the numbers say of a story; nothing that they do not."""
    now, bad, good = found.now, story.tags.get("bad", 0), story.tags.get("good", 0)
    said = []
    if story.count * 2 > now.mentions:
        said.append(f"It is {sentences.number(story.count)} of the {sentences.number(now.mentions)} posts.")
    if bad != good:
        tag: Tag = "bad" if bad > good else "good"
        part, whole = max(bad, good), sentences.number(now.tags.get(tag, 0))
        said.append(f"{sentences.number(part)} of the {whole} {tag} posts {'is' if part == 1 else 'are'} this story.")
    if asking_:
        said.append(f"{sentences.number(asking_)} of its posts {'asks' if asking_ == 1 else 'ask'} for something.")
    if not said:
        said.append(f"It came up in {sentences.number(len(story.feeds))} of the {sentences.number(now.places)} places.")
    return " ".join(said)


def what_we_do(mentions: Sequence[Mention], now: datetime) -> str:
    """What the team noted of these mentions: with which department, how far, and of how many; "" where of none."""
    decided: Counter[tuple[str, Status]] = Counter()
    answered: dict[tuple[str, Status], datetime] = {}
    for mention in mentions:
        if (verdict := mention.verdict) is not None and (verdict.department or verdict.status):
            group = (verdict.department, verdict.status)
            decided[group] += 1
            if verdict.answered_at is not None:
                answered[group] = max(answered.get(group, verdict.answered_at), verdict.answered_at)
    if not decided:
        return ""
    group, count = max(decided.items(), key=lambda item: (item[1], item[0]))
    department, status = group
    said = SPOKEN_STATUS.get(status, "")
    if status == "answered" and group in answered:
        said = f"answered on {day_words(answered[group].astimezone(now.tzinfo).date())}"
    said = "; ".join(part for part in (f"with {department}" if department else "", said) if part)
    of = "" if count == len(mentions) else f"{count:,} of {len(mentions):,} posts: "
    return f"{of}{said}." if of else f"{said[:1].upper()}{said[1:]}."
