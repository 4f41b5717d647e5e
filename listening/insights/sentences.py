"""The sentences of the leaders' page. Each is computed by a rule, with a fallback, and claims nothing the data do not
show."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from datetime import date, datetime

from listening.insights.drivers import Driver
from listening.insights.numbers import FEW, Numbers, Tally, change, percent, percent_change
from listening.insights.periods import Period, day_words
from listening.insights.reach import Reach
from listening.insights.spikes import Spike, spike_words
from listening.insights.tables import Bar, Bars, Place
from listening.insights.themes import Theme
from listening.models import Mention, Tag
from listening.store import Story

TAG_LABELS: dict[Tag, str] = {"good": "Good", "neutral": "Neutral", "bad": "Bad", "unscored": "Not tagged"}


MOST_OF_A_STORY = 90
"""Characters of a story that stand for it."""


def number(count: int) -> str:
    """1,204"""
    return f"{count:,}"


def posts(count: int) -> str:
    """1 public post, 1,204 public posts."""
    return "1 public post" if count == 1 else f"{number(count)} public posts"


def headline(now: Tally, period: Period, about: str) -> str:
    """The one sentence of the page; ``about`` is "us", or the searched words in quotes."""
    if not now.mentions:
        return f"No public posts about {about} {period.within}, in the places we listen to"
    places = f"in {now.places} places" if now.places > 1 else "in one place"
    asked = f"{_asking(now)}{_answered(now)}"
    return f"It’s already happening: {posts(now.mentions)} about {about} {period.within}, {places}{asked}"


def _asking(now: Tally) -> str:
    """How many of the mentions ask for something, as the headline's last part."""
    if not now.asking:
        return ""
    if now.asking == now.mentions:
        return ", and it asks for something" if now.mentions == 1 else ", and all of them ask for something"
    many = f"{_number_word(now.asking)} of them {'asks' if now.asking == 1 else 'ask'}"
    return f", and {many} for something"


def _answered(now: Tally) -> str:
    """How many of those that ask were answered, after how many ask; empty where that is not known."""
    if now.answered is None or not now.asking:
        return ""
    if now.asking == 1:
        return "; it was answered" if now.answered else "; it was not answered"
    if not now.answered:
        return "; none was answered"
    if now.answered == now.asking:
        return "; all were answered"
    return f"; {_number_word(now.answered)} {'was' if now.answered == 1 else 'were'} answered"


def questions_title(count: int, answered: int | None = None) -> str:
    """The finding about questions: how many ask, or how many of them wait where it is known which were answered."""
    if answered is not None:
        return _waiting_title(count - answered, answered)
    return (
        "One post asks for something" if count == 1 else f"{_number_word(count).capitalize()} posts ask for something"
    )


def _waiting_title(waiting: int, answered: int) -> str:
    if waiting == 1:
        return "One question waits for an answer"
    if waiting:
        return f"{_number_word(waiting).capitalize()} questions wait for an answer"
    if answered == 1:
        return "The one question was answered"
    return f"All {_number_word(answered)} questions were answered"


def answers_words(numbers: Numbers) -> str:
    """How many of the questions were answered, and how fast; empty where that is not known."""
    now = numbers.now
    if now.answered is None or not now.asking:
        return ""
    answered = "None" if not now.answered else _number_word(now.answered).capitalize()
    said = f"{answered} of {number(now.asking)} {'was' if now.answered < 2 else 'were'} answered"
    if numbers.usual_wait is None:
        return f"{said}."
    return f"{said}; half of the answers went out within {within(numbers.usual_wait)}."


def within(seconds: float) -> str:
    """25 minutes, 3 hours, 2 days: rounded up, so that it did happen within that time."""
    for size, most, unit in ((60, 60, "minute"), (3_600, 48, "hour")):
        count = max(1, math.ceil(seconds / size))
        if count < most:
            return f"{count} {unit}{'' if count == 1 else 's'}"
    return f"{math.ceil(seconds / 86_400):,} days"


def driver_words(driver: Driver) -> str:
    """What drove a spike: One story, “Maple Street bridge reopens”, makes up 12 of them."""
    if driver.first is not None:
        return f"One story, “{story_name(driver.first)}”, makes up {number(driver.count)} of them."
    return f"“{driver.words[:1].upper()}{driver.words[1:]}” comes up in {number(driver.count)} of them."


def deck(
    numbers: Numbers,
    bars: Bars,
    period: Period,
    newest: date | None = None,
    spike: tuple[Spike, Driver | None] | None = None,
) -> str:
    """One or two short sentences of why: the spike and what drove it, the busiest day, the change, or the tone.

    ``newest`` is the local day of the newest post of all; with none in the period it says where to look.
    """
    if not numbers.now.mentions and newest is not None and newest < period.start.date():
        day = day_words(newest, weekday=False, year=True)
        return f"The newest post stored is of {day}: a longer period may show more."
    if spike is not None:
        found, drove = spike
        return " ".join([spike_words(found), *([] if drove is None else [driver_words(drove)])])
    said = [sentence for sentence in (_busiest(numbers.now, bars, period), _trend(numbers, period)) if sentence]
    if len(said) < 2 and (tone := _tone(numbers.now)):
        said.append(tone)
    return " ".join(said[:2])


def since(first: date, today: date) -> str:
    """Since when people say a word: First said on 3 March 2026. Today and this year it is said shorter."""
    if first == today:
        return "First said today."
    return f"First said on {day_words(first, weekday=False, year=first.year != today.year)}."


def _name(bar: Bar, *, by_week: bool) -> str:
    """Wednesday 4 March, the week of Monday 2 March."""
    return f"the week of {day_words(bar.first)}" if by_week else day_words(bar.first)


def _when(bar: Bar, *, by_week: bool) -> str:
    """On Wednesday 4 March, in the week of Monday 2 March."""
    return f"{'in' if by_week else 'on'} {_name(bar, by_week=by_week)}"


def _busiest(now: Tally, bars: Bars, period: Period) -> str:
    bar = bars.busiest
    if bar is None or bar.end <= period.start:
        # The chart goes further back than the period: its busiest day may not be what the page is about.
        return ""
    when = _when(bar, by_week=bars.by_week)
    if bars.usual >= 1:
        usual = f"{bars.usual:,.0f} {'in a usual week' if bars.by_week else 'on a usual day'}"
        return f"Talk {_times(bar.count, bars.usual)} {when}: {posts(bar.count)}, against {usual}."
    if bar.start >= period.start and bar.count * 2 > now.mentions:
        return f"Most of it came {when}: {posts(bar.count)}."
    name = _name(bar, by_week=bars.by_week)
    return f"{name[0].upper()}{name[1:]} was the busiest, with {posts(bar.count)}."


def _times(count: int, usual: float) -> str:
    """How much more than usual, never more than is true."""
    ratio = count / usual
    if ratio < 3:
        return "doubled" if ratio == 2 else "more than doubled"
    return f"was {'' if ratio == int(ratio) else 'more than '}{_number_word(int(ratio))} times the usual"


def _trend(numbers: Numbers, period: Period) -> str:
    same_now, same_before = numbers.same_now, numbers.same_before
    if same_now is None or same_before is None:
        if numbers.listening_since is None:
            return ""
        return f"We have been listening since {day_words(numbers.listening_since)}."
    now, before = same_now.mentions, same_before.mentions
    if not numbers.comparable:
        return ""
    this = f"The {period.name} brought"
    if change(numbers, now, before).direction == 0:
        return f"{this} {'' if now == before else 'about '}as many posts as {period.compared}."
    if now == 2 * before:
        return f"{this} twice as many posts as {period.compared}."
    if now > 2 * before:
        return f"{this} more than twice as many posts as {period.compared}."
    part = abs(percent_change(now, before))
    return f"{this} {part}% {'more' if now > before else 'fewer'} posts than {period.compared}."


def _tone(now: Tally) -> str:
    good, neutral, bad = (now.tags.get(tag, 0) for tag in ("good", "neutral", "bad"))
    if not now.tagged:
        return ""
    if now.tagged < FEW:
        return f"{number(good)} good, {number(bad)} bad, {number(neutral)} neutral."
    good_share, bad_share = percent(good, now.tagged), percent(bad, now.tagged)
    high, low = max(good_share, bad_share), min(good_share, bad_share)
    more, less = ("good", "bad") if good_share > bad_share else ("bad", "good")
    if high == low and high:
        return f"Good and bad are level, at {high}% each."
    if now.tagged < now.mentions:  # what could not be tagged is not spoken for
        amount = ("all" if neutral == now.tagged else "nearly all") if not high else ""
        said = f"{amount} are neutral" if amount else f"more are {more} than {less}: {high}% against {low}%"
        return f"Of the posts that could be tagged, {said}."
    if not high:
        return "All of it is neutral." if neutral == now.tagged else "Nearly all of it is neutral."
    return f"More of it is {more} than {less}: {high}% against {low}%."


def checked(noted: str | None) -> str:
    """How often people agreed with the tags, where they have looked: Of 100 mentions you checked, 81 ..."""
    if noted is None:
        return ""
    last = json.loads(noted)
    part, base = last["part"], last["base"]
    if base == 1:
        return f"The 1 post that we checked by hand had {'the right' if part else 'a wrong'} tag."
    return f"Of {number(base)} posts that we checked by hand, {number(part)} had the right tag."


def chart_title(bars: Bars, about: str = "us") -> str:
    """The chart's finding, in about ten words; ``about`` as in ``headline``."""
    unit = "week" if bars.by_week else "day"
    total = sum(bar.count for bar in bars.bars)
    if not total:
        return f"No mentions a {unit} to show yet"
    if bars.busiest is not None:
        when = day_words(bars.busiest.first)
        return f"The week of {when} was the busiest" if bars.by_week else f"{when} was the busiest day"
    heard = sum(1 for bar in bars.bars if bar.count)
    if bars.since is not None and heard < len(bars.bars):
        # An empty day before we listened is no day without a word.
        return f"We have listened since {day_words(bars.since)}: of days before, what places still show"
    if heard == len(bars.bars):
        return f"People talk about {about} every {unit}"
    return f"People talked about {about} {'in' if bars.by_week else 'on'} {heard} of {len(bars.bars)} {unit}s"


def chart_words(bars: Bars) -> str:
    """The chart in one sentence, with its numbers: what a screen reader says."""
    unit = "week" if bars.by_week else "day"
    counts = [bar.count for bar in bars.bars]
    fewest, most = min(counts), max(counts)
    text = (
        f"Bars: public posts a {unit}, {len(counts)} {unit}s, from {day_words(bars.bars[0].first)} to "
        f"{day_words(bars.bars[-1].last)}; "
        + (
            f"{number(most)} each {unit}."
            if fewest == most
            else f"between {number(fewest)} and {number(most)} a {unit}."
        )
    )
    tops = [bar for bar in bars.bars if bar.count == most]
    if most and len(tops) == 1:
        parts = [f"{number(tops[0].tags[tag])} {TAG_LABELS[tag].lower()}" for tag in ("good", "neutral", "bad")]
        if tops[0].tags["unscored"]:
            parts.append(f"{number(tops[0].tags['unscored'])} {TAG_LABELS['unscored'].lower()}")
        text += f" Most {_when(tops[0], by_week=bars.by_week)}: {number(most)}, of which "
        text += f"{', '.join(parts[:-1])} and {parts[-1]}."
    return text


def excerpt(text: str, length: int) -> str:
    """The text, cut at a word where it is too long."""
    flat = " ".join(text.split())
    if len(flat) <= length:
        return flat
    cut = flat[:length].rsplit(" ", 1)[0] or flat[:length]
    return f"{cut.rstrip('.,;:…')}…"


def spoken(mention: Mention) -> str:
    """What a mention says in a line: its warning, its title, or its text."""
    if mention.withdrawn_at is not None:
        return "Taken back by its author; it still counts."
    if mention.sensitive:
        return "Behind a content warning; open it to read."
    return mention.title or mention.text


def story_name(first: Mention) -> str:
    """What a story says, in a few words: how its first mention is headed or begins."""
    return excerpt(spoken(first), MOST_OF_A_STORY)


def reach_words(found: Reach) -> str:
    """How many people the posts may have reached: a range, and what it is made of."""
    low, high = rounded(found.low), rounded(found.high)
    parts = []
    if found.authors:
        parts.append("1 author’s followers" if found.authors == 1 else f"{number(found.authors)} authors’ followers")
    if found.outlets:
        parts.append("1 outlet’s own figure" if found.outlets == 1 else f"{number(found.outlets)} outlets’ own figures")
    made_of = _listed(parts)
    unknown = ""
    if found.unknown:
        unknown = f" Of {posts(found.unknown)} we do not know the audience; nothing is guessed for them."
    if low == high:
        return f"They may have reached about {low} people, by {made_of}.{unknown}"
    return (
        f"They may have reached between {low} people (the largest single audience) and {high} (all known ones, as if "
        f"nobody were in two of them), by {made_of}.{unknown}"
    )


def shares_of(now: Tally) -> str:
    """Of what good and bad are percentages, where some posts could not be tagged."""
    untagged = now.mentions - now.tagged
    if not untagged or now.tagged < FEW:
        return ""
    others = "1 in another language" if untagged == 1 else f"{number(untagged)} in other languages"
    return f"Good and bad are shares of the {posts(now.tagged)} that could be tagged; {others} could not."


def reach_range(found: Reach) -> str:
    """The range, short enough for a metric: 1.2K–57K."""
    low, high = short(found.low), short(found.high)
    return low if low == high else f"{low}–{high}"


def reach_change(before: Reach | None) -> str:
    """What the range was: two ranges have no percentage."""
    return "a range, not a count" if before is None else f"{reach_range(before)} before"


def short(count: int) -> str:
    """Two digits that count, as 940, 1.2K, 57K, 3.4M."""
    step = 10 ** max(len(str(count)) - 2, 0)
    kept = round(count / step) * step
    for size, letter in ((1_000_000, "M"), (1_000, "K")):
        if kept >= size:
            return f"{kept / size:.1f}".removesuffix(".0") + letter
    return str(kept)


def rounded(count: int) -> str:
    """Two digits that count: 1,234 is 1,200."""
    step = 10 ** max(len(str(count)) - 2, 0)
    return number(round(count / step) * step)


def replay_title(period: Period) -> str:
    """The last 7 days in sixty seconds."""
    return f"The {period.name} in sixty seconds"


def replayed(moment: datetime, tags: Mapping[Tag, int]) -> str:
    """Tuesday 24 November, 14:05: 31 public posts so far, 9 good and 4 bad."""
    count = sum(tags.values())
    said = f"{day_words(moment.date())}, {moment:%H:%M}: {posts(count) if count else 'no public posts'} so far"
    good, bad = tags.get("good", 0), tags.get("bad", 0)
    return f"{said}, {number(good)} good and {number(bad)} bad" if good or bad else said


MOST_SILENT = 3


def silent(feeds: Sequence[str]) -> str:
    """Which places do not answer now, each with when it was last heard; of many the first three."""
    named = list(feeds[:MOST_SILENT])
    if more := len(feeds) - len(named):
        named.append("1 more" if more == 1 else f"{more} more")
    return f"Not answering now: {_listed(named)}."


def stories_title(mentions: int, stories: Sequence[Story]) -> str:
    """The finding about stories: one that is most of it, or the one that went furthest."""
    top = stories[0]
    if top.count * 2 > mentions:
        return "One story is more than half of it"
    equal = sum(story.count == top.count for story in stories)
    if equal > 1:
        return f"{_number_word(equal).capitalize()} stories came up {_times_word(top.count)} each"
    if len(top.feeds) > 1:
        return f"One story went to {_number_word(len(top.feeds))} places"
    return f"One story came up {_times_word(top.count)} in one place"


def stories_words(mentions: int, stories: int) -> str:
    """How many stories the mentions are: a copy of the same text is no new story."""
    told = "1 story" if stories == 1 else f"{number(stories)} stories"
    return f"Copies of one text are one story: {posts(mentions)}, {told}"


def story_about(story: Story, now: datetime) -> str:
    """Where, when and how a story was told: 4 places, Tuesday 24 November to today; 3 good, 1 bad."""
    assert story.first.published_at is not None
    first, last = (at.astimezone(now.tzinfo).date() for at in (story.first.published_at, story.last_at))
    where = "in 1 place" if len(story.feeds) == 1 else f"in {number(len(story.feeds))} places"
    when = f"on {day_words(first)}" if first == last else f"{day_words(first)} to {day_words(last)}"
    tags = [
        f"{number(story.tags[tag])} {TAG_LABELS[tag].lower()}"
        for tag in ("good", "neutral", "bad", "unscored")
        if story.tags.get(tag)
    ]
    return f"{posts(story.count)} {where}, {when}: {', '.join(tags)}"


def themes_title(themes: Sequence[Theme]) -> str:
    """The finding about themes: what is new or said more than before, else what is said most."""
    more = [theme for theme in themes if theme.new][:3]
    if not more:
        return f"People talk about “{themes[0].words}”"
    words = _listed([f"“{theme.words}”" for theme in more])
    return f"New: {words}" if not any(theme.before for theme in more) else f"More talk than before: {words}"


def theme_about(theme: Theme, *, compared: str) -> str:
    """How often a theme came up, how often before, and in which tone; ``compared`` "" where nothing can be compared."""
    before = f", {number(theme.before)} in {compared}" if compared else ""
    tags = [
        f"{number(theme.tags[tag])} {TAG_LABELS[tag].lower()}"
        for tag in ("good", "neutral", "bad", "unscored")
        if theme.tags.get(tag)
    ]
    return f"{posts(theme.count)}{before}: {', '.join(tags)}"


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _times_word(count: int) -> str:
    return "twice" if count == 2 else f"{_number_word(count)} times"


def places_title(places: list[Place]) -> str:
    """The finding about places."""
    total = sum(place.count for place in places)
    if not places:
        return "No place to show yet"
    top = places[0]
    if len(places) == 1:
        return f"All of it happens on {top.feed}"
    if top.count * 2 > total:
        return f"More than half of it happens on {top.feed}"
    needed = 0
    for rank, place in enumerate(places, 1):
        needed += place.count
        if needed * 2 > total and rank < len(places):
            return f"More than half of it happens in {_number_word(rank)} of {len(places)} places"
    return f"It happens in {len(places)} places"


def _number_word(count: int) -> str:
    words = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
    return words[count] if count < len(words) else number(count)


def ago(mention: Mention, now: datetime) -> str:
    """2 min ago, 3 h ago, Wednesday 4 March, 4 March 2025; the day is that of ``now``'s time zone."""
    assert mention.published_at is not None
    minutes = int((now - mention.published_at).total_seconds() // 60)
    if minutes < 1:
        return "just now"
    if minutes < 60:
        return f"{minutes} min ago"
    if minutes < 24 * 60:
        return f"{minutes // 60} h ago"
    day = mention.published_at.astimezone(now.tzinfo).date()
    return day_words(day) if day.year == now.year else day_words(day, weekday=False, year=True)


def picked(pinned: int, hidden: int) -> str:
    """What the team changed in the quotes; empty where that is nothing."""
    said = []
    if pinned:
        said.append(f"chose {'one' if pinned == 1 else str(pinned)} of these quotes")
    if hidden:
        said.append(f"left out {'one post' if hidden == 1 else f'{hidden} posts'} of this period")
    return f"The team {' and '.join(said)}; all others follow the rule." if said else ""
