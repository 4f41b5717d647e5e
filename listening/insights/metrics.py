"""The numbers at the top of the page, each with its words: the same for the page, its file, reports and slides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from listening.insights import sentences
from listening.insights.numbers import FEW, Change, Numbers, answered_of, change, place_change, share_change
from listening.insights.reach import Reached
from listening.models import Tag

TITLES = {
    "posts": "Public posts",
    "good": "Good posts",
    "bad": "Bad posts",
    "asking": "Posts that ask for something",
    "waiting": "Questions that wait for an answer",
    "reach": "Posts whose audience is known",
    "places": "Public posts",
}
"""Of the posts behind each number."""

Name = Literal["posts", "reach", "places", "good", "bad", "asking", "waiting"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Metric:
    """A number: what it is called, how it is said, how it changed, and how many posts stand behind it."""

    name: Name
    label: str
    value: str
    change: Change
    count: int

    @property
    def title(self) -> str:
        """What the posts behind it are called."""
        return TITLES[self.name]


def metrics(found: Numbers, reached: Reached, *, judged: bool) -> tuple[Metric, ...]:
    """All of them, in the page's order. ``judged``: whether it is known which posts ask for something."""
    asking = (questions(found),) if judged else ()
    return (posts(found), audience(found, reached), tone(found, "good"), tone(found, "bad"), *asking)


def posts(found: Numbers) -> Metric:
    """How many public posts."""
    now = found.now.mentions
    same_now = found.same_now.mentions if found.same_now else now
    same_before = found.same_before.mentions if found.same_before else 0
    changed = change(found, same_now, same_before)
    return Metric(name="posts", label="Public posts", value=f"{now:,}", change=changed, count=now)


def audience(found: Numbers, reached: Reached) -> Metric:
    """Reach where it is known, else in how many places (which the headline says in any case)."""
    now, known = found.now, reached.now
    if known is not None:
        return Metric(
            name="reach",
            label="Reach",
            value=sentences.reach_range(known),
            change=Change(words=sentences.reach_change(reached.before), direction=None),
            count=now.mentions - known.unknown,
        )
    same_places = found.same_now.places if found.same_now else now.places
    before_places = found.same_before.places if found.same_before else 0
    changed = place_change(found, same_places, before_places)
    return Metric(name="places", label="Places", value=f"{now.places:,}", change=changed, count=now.mentions)


def tone(found: Numbers, tag: Literal["good", "bad"]) -> Metric:
    """The share of good or bad posts; their count where there are few."""
    tags: dict[Tag, str] = {"good": "Good posts", "bad": "Bad posts"}
    now = found.now
    count, share = now.tags.get(tag, 0), now.percent(tag)
    value = f"{count:,}" if now.tagged < FEW or share is None else f"{share}%"
    return Metric(name=tag, label=tags[tag], value=value, change=share_change(found, tag), count=count)


def questions(found: Numbers) -> Metric:
    """How many posts ask for something; how many of them wait, where it is known which were answered."""
    now = found.now
    if now.waiting is not None:
        return Metric(
            name="waiting",
            label="Questions waiting",
            value=f"{now.waiting:,}",
            change=answered_of(now),
            count=now.waiting,
        )
    asking_now = found.same_now.asking if found.same_now else now.asking
    asking_before = found.same_before.asking if found.same_before else 0
    changed = change(found, asking_now, asking_before)
    return Metric(name="asking", label="Questions", value=f"{now.asking:,}", change=changed, count=now.asking)
