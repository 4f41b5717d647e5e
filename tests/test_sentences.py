"""The sentences of the leaders' page: each by its rule, each with a fallback, and none that the data do not show."""

# ruff: noqa: SIM300 (expected == actual, as everywhere in the tests)

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from conftest import NOON, TIMEZONE, MakeMention
from hypothesis import given
from hypothesis import strategies as st

from listening.insights import sentences
from listening.insights.feeds import STATE_WORDS, Health, clock, health, not_answering
from listening.insights.feeds import sentence as feeds_sentence
from listening.insights.numbers import Numbers, Tally
from listening.insights.periods import CHOICES, midnight, period
from listening.insights.sentences import (
    ago,
    answers_words,
    chart_title,
    chart_words,
    deck,
    headline,
    number,
    places_title,
    posts,
    questions_title,
    within,
)
from listening.insights.tables import Bar, Bars, Place
from listening.models import TAGS, Feed, Tag
from listening.store import FeedState

WEEK = period("7d", NOON, TIMEZONE)
TODAY = date(2026, 3, 4)
"""A Wednesday; the chart of the last 7 days goes from Thursday 19 February to it."""


def tally(good: int = 0, neutral: int = 0, bad: int = 0, unscored: int = 0, *, places: int = 2) -> Tally:
    return Tally(tags={"good": good, "neutral": neutral, "bad": bad, "unscored": unscored}, places=places)


def compared(
    now: Tally, before: Tally | None, *, same_feeds: bool = True, since: date | None = date(2026, 1, 5)
) -> Numbers:
    """The numbers of two periods; ``before`` None where no feed was heard in both."""
    feeds = frozenset({"Harbor"})
    return Numbers(
        now=now,
        same_now=None if before is None else now,
        same_before=before,
        heard_now=feeds if same_feeds else feeds | {"New feed"},
        heard_before=feeds,
        listening_since=since,
    )


def bar(first: date, days: int = 1, *, end: datetime | None = None, **tags: int) -> Bar:
    begin, after = midnight(first, TIMEZONE), midnight(first + timedelta(days=days), TIMEZONE)
    counts: dict[Tag, int] = {tag: tags.get(tag, 0) for tag in TAGS}
    return Bar(
        first=first,
        last=first + timedelta(days=days - 1),
        start=begin,
        end=after if end is None else end,
        tags=counts,
        whole=end is None,
    )


def two_weeks(*counts: int, busiest: int | None = None, usual: float = 0) -> Bars:
    """Fourteen days up to today, the last of them with these counts of good posts."""
    numbers = [0] * (14 - len(counts)) + list(counts)
    made = tuple(
        bar(TODAY - timedelta(days=13 - place), end=WEEK.end if place == 13 else None, good=count)
        for place, count in enumerate(numbers)
    )
    return Bars(bars=made, by_week=False, busiest=None if busiest is None else made[busiest], usual=usual)


def weeks(*counts: int, busiest: int | None = None, usual: float = 0) -> Bars:
    """As many weeks as counts, the last of them the one of Monday 2 March."""
    first = date(2026, 3, 2) - timedelta(weeks=len(counts) - 1)
    made = tuple(bar(first + timedelta(weeks=place), 7, good=count) for place, count in enumerate(counts))
    return Bars(bars=made, by_week=True, busiest=None if busiest is None else made[busiest], usual=usual)


QUIET = two_weeks()


# --- headline ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("count", "words"),
    [(0, "0 public posts"), (1, "1 public post"), (2, "2 public posts"), (1_204, "1,204 public posts")],
)
def test_one_post_and_several(count: int, words: str) -> None:
    """One is singular, thousands have a comma."""
    assert words == posts(count)
    assert f"{count:,}" == number(count)


@pytest.mark.parametrize(
    ("now", "key", "about", "words"),
    [
        (
            tally(good=1_204, places=9),
            "7d",
            "us",
            "It’s already happening: 1,204 public posts about us in the last 7 days, in 9 places",
        ),
        (
            tally(bad=1, places=1),
            "7d",
            "us",
            "It’s already happening: 1 public post about us in the last 7 days, in one place",
        ),
        (
            tally(unscored=2, places=2),
            "week",
            "“bridge”",
            "It’s already happening: 2 public posts about “bridge” in the last full week, in 2 places",
        ),
        (
            replace(tally(good=30, places=2), asking=12),
            "7d",
            "us",
            "It’s already happening: 30 public posts about us in the last 7 days, in 2 places, "
            "and 12 of them ask for something",
        ),
        (
            replace(tally(good=3, places=2), asking=1),
            "7d",
            "us",
            "It’s already happening: 3 public posts about us in the last 7 days, in 2 places, "
            "and one of them asks for something",
        ),
        (
            replace(tally(good=2, places=2), asking=2),
            "7d",
            "us",
            "It’s already happening: 2 public posts about us in the last 7 days, in 2 places, "
            "and all of them ask for something",
        ),
        (
            replace(tally(bad=1, places=1), asking=1),
            "7d",
            "us",
            "It’s already happening: 1 public post about us in the last 7 days, in one place, "
            "and it asks for something",
        ),
        (tally(places=0), "24h", "us", "No public posts about us in the last 24 hours, in the places we listen to"),
    ],
    ids=["many", "one", "searched", "some ask", "one asks", "all ask", "it asks", "none"],
)
def test_the_headline_says_how_many_where_and_when(now: Tally, key: str, about: str, words: str) -> None:
    """Of none it claims only that we heard none, and where."""
    assert words == headline(now, period(key, NOON, TIMEZONE), about)


@pytest.mark.parametrize(
    ("asking", "answered", "words"),
    [
        (23, None, ", and 23 of them ask for something"),
        (23, 0, ", and 23 of them ask for something; none was answered"),
        (23, 1, ", and 23 of them ask for something; one was answered"),
        (23, 9, ", and 23 of them ask for something; nine were answered"),
        (23, 12, ", and 23 of them ask for something; 12 were answered"),
        (23, 23, ", and 23 of them ask for something; all were answered"),
        (1, 0, ", and one of them asks for something; it was not answered"),
        (1, 1, ", and one of them asks for something; it was answered"),
        (30, 2, ", and all of them ask for something; two were answered"),
        (0, 0, ""),
    ],
)
def test_the_headline_says_what_was_answered_once_that_is_known(asking: int, answered: int | None, words: str) -> None:
    """Before the first review nothing is said of it, and never a zero where nothing was asked."""
    now = replace(tally(good=30), asking=asking, answered=answered)
    assert f"in 2 places{words}" == headline(now, WEEK, "us").partition("7 days, ")[2]


def test_of_one_post_that_asks_it_says_whether_it_was_answered() -> None:
    """In the singular."""
    now = replace(tally(bad=1, places=1), asking=1, answered=1)
    assert headline(now, WEEK, "us").endswith("in one place, and it asks for something; it was answered")


# --- questions and answers --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asking", "answered", "title"),
    [
        (1, None, "One post asks for something"),
        (12, None, "12 posts ask for something"),
        (1, 0, "One question waits for an answer"),
        (5, 4, "One question waits for an answer"),
        (9, 4, "Five questions wait for an answer"),
        (9, 0, "Nine questions wait for an answer"),
        (1, 1, "The one question was answered"),
        (12, 12, "All 12 questions were answered"),
    ],
)
def test_the_finding_about_questions_is_what_waits(asking: int, answered: int | None, title: str) -> None:
    """Before the first review it is only how many ask."""
    assert title == questions_title(asking, answered)


@pytest.mark.parametrize(
    ("asking", "waited", "words"),
    [
        (23, (), "None of 23 was answered."),
        (23, (60,), "One of 23 was answered."),
        (23, (60, 90), "Two of 23 were answered."),
        (23, (60, 3 * 3600, 90_000), "Three of 23 were answered; half of the answers went out within 3 hours."),
        (23, (60, 60, 7_300, 90_000), "Four of 23 were answered; half of the answers went out within 2 hours."),
        (3, (0, 0, 0), "Three of 3 were answered; half of the answers went out within 1 minute."),
        (0, (), ""),
    ],
)
def test_how_many_were_answered_and_how_fast(asking: int, waited: tuple[int, ...], words: str) -> None:
    """Of fewer than three answers no time is said: it would be that of one person."""
    now = replace(tally(good=30), asking=asking, answered=len(waited))
    assert words == answers_words(replace(compared(now, None), waited=waited))


def test_before_the_first_review_nothing_is_said_of_answers() -> None:
    """Unknown is not none."""
    assert "" == answers_words(compared(replace(tally(good=30), asking=4), None))


@given(seconds=st.floats(0, 10**9))
def test_within_is_never_less_than_it_took(seconds: float) -> None:
    """Rounded up, and by less than a unit."""
    count, unit = within(seconds).split()
    size = {"minute": 60, "hour": 3_600, "day": 86_400}[unit.removesuffix("s")]
    took = int(count.replace(",", ""))
    assert seconds <= took * size
    assert took == 1 or seconds > (took - 1) * size


# --- the line below it: the busiest day -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("count", "usual", "words"),
    [
        (10, 5, "Talk doubled on Tuesday 3 March: 10 public posts, against 5 on a usual day."),
        (11, 5, "Talk more than doubled on Tuesday 3 March: 11 public posts, against 5 on a usual day."),
        (14, 5, "Talk more than doubled on Tuesday 3 March: 14 public posts, against 5 on a usual day."),
        (15, 5, "Talk was three times the usual on Tuesday 3 March: 15 public posts, against 5 on a usual day."),
        (
            19,
            5,
            "Talk was more than three times the usual on Tuesday 3 March: 19 public posts, against 5 on a usual day.",
        ),
        (
            5_000,
            1_000,
            "Talk was five times the usual on Tuesday 3 March: 5,000 public posts, against 1,000 on a usual day.",
        ),
        (9, 1, "Talk was nine times the usual on Tuesday 3 March: 9 public posts, against 1 on a usual day."),
        (25, 2, "Talk was more than 12 times the usual on Tuesday 3 March: 25 public posts, against 2 on a usual day."),
    ],
)
def test_a_busy_day_is_said_beside_a_usual_one(count: int, usual: int, words: str) -> None:
    """Doubled at exactly twice, "more than" only above it, and never more times than is true."""
    table = two_weeks(usual, usual, count, usual, busiest=12, usual=usual)
    assert words == deck(compared(tally(good=count), None, since=None), table, WEEK).split(". ")[0].rstrip(".") + "."


@pytest.mark.parametrize(
    ("now", "words"),
    [
        (tally(good=11), "Most of it came on Tuesday 3 March: 6 public posts."),
        (tally(good=12), "Tuesday 3 March was the busiest, with 6 public posts."),
    ],
    ids=["more than half", "half"],
)
def test_where_a_usual_day_is_silent_no_ratio_is_said(now: Tally, words: str) -> None:
    """Most of it only where it is more than half; else just that it was the busiest."""
    said = deck(compared(now, None, since=None), two_weeks(1, 6, 0, busiest=12), WEEK)
    assert said.startswith(words)


def test_a_day_that_is_partly_before_the_period_never_holds_most_of_it() -> None:
    """Its posts of the morning are not in the period that the page counts."""
    day = period("24h", NOON, TIMEZONE)
    said = deck(compared(tally(good=7), None, since=None), two_weeks(6, 1, busiest=12), day)
    assert said.startswith("Tuesday 3 March was the busiest, with 6 public posts.")


def test_a_busy_day_before_the_period_is_not_what_the_page_is_about() -> None:
    """The chart shows two weeks; the sentence is about the last one."""
    table = two_weeks(20, 2, 2, 2, 2, 2, 2, 2, 2, 2, busiest=4, usual=2)
    assert "3 good, 0 bad, 0 neutral." == deck(compared(tally(good=3), None, since=None), table, WEEK)


def test_a_busy_week_is_called_a_week() -> None:
    """Where a bar is a week, so is the sentence."""
    quarter = period("90d", NOON, TIMEZONE)
    loud = weeks(10, 10, 30, 10, busiest=2, usual=10)
    assert (
        "Talk was three times the usual in the week of Monday 23 February: 30 public posts, against 10 in a usual week."
        in deck(compared(tally(good=60), None, since=None), loud, quarter)
    )
    lonely = weeks(0, 0, 6, 0, busiest=2)
    assert "Most of it came in the week of Monday 23 February: 6 public posts." in deck(
        compared(tally(good=6), None, since=None), lonely, quarter
    )
    assert "The week of Monday 23 February was the busiest, with 6 public posts." in deck(
        compared(tally(good=12), None, since=None), lonely, quarter
    )


# --- the line below it: the change ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "before", "words"),
    [
        (20, 20, "The last 7 days brought as many posts as the 7 days before."),
        (1_001, 1_000, "The last 7 days brought about as many posts as the 7 days before."),
        (999, 1_000, "The last 7 days brought about as many posts as the 7 days before."),
        (15, 12, "The last 7 days brought 25% more posts than the 7 days before."),
        (12, 15, "The last 7 days brought 20% fewer posts than the 7 days before."),
        (20, 10, "The last 7 days brought twice as many posts as the 7 days before."),
        (21, 10, "The last 7 days brought more than twice as many posts as the 7 days before."),
        (19, 10, "The last 7 days brought 90% more posts than the 7 days before."),
    ],
)
def test_the_change_in_words(now: int, before: int, words: str) -> None:
    """Twice only at twice, as many only at the same number, about as many where it is within half a percent."""
    said = deck(compared(tally(neutral=now), tally(neutral=before)), QUIET, WEEK)
    assert said.startswith(words)


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("24h", "The last 24 hours brought 50% more posts than the 24 hours before."),
        ("week", "The last full week brought 50% more posts than the week before."),
        ("90d", "The last 90 days brought 50% more posts than the 90 days before."),
    ],
)
def test_the_change_names_both_periods(key: str, words: str) -> None:
    """Whatever period was chosen."""
    assert words in deck(compared(tally(good=15), tally(good=10)), QUIET, period(key, NOON, TIMEZONE))


@pytest.mark.parametrize(
    "found",
    [
        compared(tally(neutral=30), tally(neutral=9)),
        compared(tally(neutral=9), tally(neutral=30)),
        compared(tally(neutral=30), tally(neutral=30), same_feeds=False),
        compared(tally(neutral=30), None, since=None),
    ],
    ids=["few before", "few now", "other feeds", "nothing heard"],
)
def test_no_change_is_said_where_none_can_be(found: Numbers) -> None:
    """Few mentions, or other feeds: the sentence is left out and the tone stands there."""
    said = deck(found, QUIET, WEEK)
    assert "brought" not in said
    assert "neutral" in said


def test_in_the_first_week_it_says_since_when_we_listen() -> None:
    """In place of a comparison that is not possible yet."""
    said = deck(compared(tally(neutral=30), None, since=date(2026, 3, 1)), QUIET, WEEK)
    assert said.startswith("We have been listening since Sunday 1 March.")


# --- the line below it: the tone --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "words"),
    [
        (tally(good=1), "1 good, 0 bad, 0 neutral."),
        (tally(good=3, neutral=4, bad=2), "3 good, 2 bad, 4 neutral."),
        (tally(good=3, neutral=4, bad=2, unscored=50), "3 good, 2 bad, 4 neutral."),
        (tally(good=3, neutral=4, bad=3), "Good and bad are level, at 30% each."),
        (tally(good=334, neutral=333, bad=333), "Good and bad are level, at 33% each."),
        (tally(good=6, neutral=2, bad=2), "More of it is good than bad: 60% against 20%."),
        (tally(good=2, neutral=2, bad=6), "More of it is bad than good: 60% against 20%."),
        (tally(good=12), "More of it is good than bad: 100% against 0%."),
        (tally(neutral=12), "All of it is neutral."),
        (tally(neutral=1_000, good=2), "Nearly all of it is neutral."),
        (tally(unscored=40), ""),
        (tally(), ""),
    ],
)
def test_the_tone_in_words(now: Tally, words: str) -> None:
    """Counts for under ten tagged posts, else good beside bad; nothing where nothing is tagged."""
    assert words == deck(compared(now, None, since=None), QUIET, WEEK)


def test_where_the_period_is_empty_it_says_where_to_look() -> None:
    """Only where something is stored from before it; else there is nothing to say."""
    nothing = compared(tally(), tally())
    assert "The newest post stored is of 1 December 2025: a longer period may show more." == deck(
        nothing, QUIET, WEEK, date(2025, 12, 1)
    )
    assert "" == deck(nothing, QUIET, WEEK, date(2026, 3, 1)) == deck(nothing, QUIET, WEEK, None)
    assert "1 good, 0 bad, 0 neutral." == deck(compared(tally(good=1), tally()), QUIET, WEEK, date(2025, 12, 1))


def test_two_sentences_are_enough() -> None:
    """Day and change, then tone; an empty period has no sentence at all."""
    busy = two_weeks(5, 10, busiest=13, usual=5)
    full = deck(compared(tally(good=15), tally(good=10)), busy, WEEK)
    assert full == (
        "Talk doubled on Wednesday 4 March: 10 public posts, against 5 on a usual day. "
        "The last 7 days brought 50% more posts than the 7 days before."
    )
    assert deck(compared(tally(good=15), tally(good=9)), busy, WEEK).endswith(
        " More of it is good than bad: 100% against 0%."
    )
    assert "" == deck(compared(tally(), tally()), QUIET, WEEK)


# --- nothing that the data do not show --------------------------------------------------------------------------------

FEW_OR_MANY = st.integers(0, 12) | st.integers(0, 400)
TAGGED = st.tuples(*[FEW_OR_MANY] * 4)


NUMBER_WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def as_number(word: str) -> int:
    return NUMBER_WORDS.index(word) if word in NUMBER_WORDS else int(word)


def assert_day_is_true(said: str, table: Bars) -> None:
    top = table.busiest
    assert top is not None
    assert f"{posts(top.count)}" in said
    if found := re.search(r"(more than )?(doubled|(\w+) times the usual)", said):
        least = 2 if found[2] == "doubled" else as_number(found[3])
        ratio = top.count / table.usual
        assert ratio > least if found[1] else ratio == least
        assert ratio < least + 1
        assert f"against {table.usual:,.0f} " in said


def assert_change_is_true(said: str, now: int, before: int) -> None:
    assert min(now, before) >= 10
    if "more than twice" in said:
        assert now > 2 * before
    elif "twice" in said:
        assert now == 2 * before
    elif found := re.search(r"(\d+)% (more|fewer)", said):
        assert (now > before) == (found[2] == "more")
        exact = 100 * abs(now - before) / before
        # What is still there has not fallen by 100 per cent.
        assert 0.5 >= abs(int(found[1]) - exact) or (found[1] == "99" and 99 < exact < 100)
    elif "about as many" in said:
        assert 0.005 >= abs(now - before) / before
    else:
        assert now == before


def assert_tone_is_true(said: str, now: Tally) -> None:
    good, neutral, bad = (now.tags[tag] for tag in ("good", "neutral", "bad"))
    if found := re.fullmatch(r"(\d+) good, (\d+) bad, (\d+) neutral\.", said):
        assert (good, bad, neutral) == tuple(map(int, found.groups()))
    elif found := re.fullmatch(
        r"(?:More of it is|Of the posts that could be tagged, more are) (good|bad) than (good|bad): "
        r"(\d+)% against (\d+)%\.",
        said,
    ):
        assert said.startswith("Of the") == (now.tagged < now.mentions)
        assert now.tags[found[1]] > now.tags[found[2]]  # type: ignore[index]
        assert int(found[3]) > int(found[4])
        for tag, percent in ((found[1], found[3]), (found[2], found[4])):
            assert 0.5 >= abs(100 * now.tags[tag] / now.tagged - int(percent))  # type: ignore[index]
    elif found := re.fullmatch(r"Good and bad are level, at (\d+)% each\.", said):
        assert 0.01 >= abs(good - bad) / now.tagged
    elif said == "All of it is neutral.":
        assert good == bad == 0
        assert now.tagged == now.mentions
    elif said == "Of the posts that could be tagged, all are neutral.":
        assert good == bad == 0
    else:
        assert said in ("Nearly all of it is neutral.", "Of the posts that could be tagged, nearly all are neutral.")
        assert neutral >= 0.99 * now.tagged


@given(
    now=TAGGED,
    before=st.none() | TAGGED,
    same_feeds=st.booleans(),
    usual=st.integers(0, 30),
    busy=st.integers(0, 3),
    place=st.integers(0, 13),
    key=st.sampled_from(list(CHOICES)),
)
def test_every_claim_is_true(
    now: tuple[int, int, int, int],
    before: tuple[int, int, int, int] | None,
    same_feeds: bool,
    usual: int,
    busy: int,
    place: int,
    key: str,
) -> None:
    """Whatever the numbers are: each sentence below the headline is one that they show, and there are two at most."""
    here, chosen = tally(*now), period(key, NOON, TIMEZONE)
    found = compared(here, None if before is None else tally(*before), same_feeds=same_feeds)
    counts = [usual] * 14
    counts[place] = max(5, 2 * usual + usual * busy // 2 + busy)
    table = two_weeks(*counts, busiest=place if busy else None, usual=usual)
    sentences = re.findall(r"[^.]+\.", deck(found, table, chosen))
    assert 2 >= len(sentences)
    for said in (each.strip() for each in sentences):
        if "public post" in said:
            assert_day_is_true(said, table)
            assert table.busiest is not None
            assert table.busiest.end > chosen.start
            if said.startswith("Most of it"):
                assert table.busiest.count * 2 > here.mentions
        elif "brought" in said:
            assert before is not None
            assert same_feeds
            assert_change_is_true(said, sum(now), sum(before))
        elif "listening since" in said:
            assert before is None
        else:
            assert_tone_is_true(said, here)


# --- the chart --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (QUIET, "No mentions a day to show yet"),
        (weeks(0, 0), "No mentions a week to show yet"),
        (two_weeks(1, 9, 1, busiest=12, usual=1), "Tuesday 3 March was the busiest day"),
        (weeks(1, 9, 1, busiest=1, usual=1), "The week of Monday 23 February was the busiest"),
        (two_weeks(*[2] * 14), "People talk about us every day"),
        (weeks(2, 3, 2), "People talk about us every week"),
        (two_weeks(1, 0, 2), "People talked about us on 2 of 14 days"),
        (two_weeks(1), "People talked about us on 1 of 14 days"),
        (weeks(1, 0, 2), "People talked about us in 2 of 3 weeks"),
    ],
)
def test_the_chart_is_titled_with_its_finding(table: Bars, words: str) -> None:
    """Every day only where no bar is empty; the busiest only where one stands out."""
    assert words == chart_title(table)


def test_empty_days_before_we_listened_are_not_called_silent() -> None:
    """Nobody knows what was said then; where every day has posts there is nothing to take back."""
    since = date(2026, 3, 14)
    assert "We have listened since Saturday 14 March: of days before, what places still show" == chart_title(
        replace(two_weeks(1, 0, 2), since=since)
    )
    assert "People talk about us every day" == chart_title(replace(two_weeks(*[2] * 14), since=since))


def test_the_chart_of_a_search_is_about_its_words() -> None:
    """Not about us: that is more than was counted."""
    assert "People talk about “bus” every day" == chart_title(two_weeks(*[2] * 14), "“bus”")
    assert "People talked about “bus” on 2 of 14 days" == chart_title(two_weeks(1, 0, 2), "“bus”")


def test_the_chart_in_one_sentence() -> None:
    """A screen reader hears the span, the fewest and the most, and what the highest bar is made of."""
    last = bar(TODAY, end=WEEK.end, good=5, neutral=4, bad=3)
    table = Bars(
        bars=(*two_weeks(2).bars[:-2], bar(date(2026, 3, 3), bad=2), last), by_week=False, busiest=last, usual=0
    )
    assert chart_words(table) == (
        "Bars: public posts a day, 14 days, from Thursday 19 February to Wednesday 4 March; between 0 and 12 a day. "
        "Most on Wednesday 4 March: 12, of which 5 good, 4 neutral and 3 bad."
    )


def test_the_chart_says_what_is_not_tagged_only_where_there_is_some() -> None:
    """Of the highest bar."""
    table = weeks(0, 0, 0)
    top = bar(date(2026, 3, 2), 7, good=1_000, unscored=204)
    table = Bars(bars=(*table.bars[:-1], top), by_week=True, busiest=None, usual=0)
    assert chart_words(table).endswith(
        "between 0 and 1,204 a week. Most in the week of Monday 2 March: 1,204, of which 1,000 good, 0 neutral, 0 bad "
        "and 204 not tagged."
    )


@pytest.mark.parametrize(
    ("table", "end"),
    [(QUIET, "0 each day."), (two_weeks(*[3] * 14), "3 each day."), (two_weeks(3, 1, 3), "between 0 and 3 a day.")],
    ids=["none", "all the same", "two as high"],
)
def test_no_bar_is_called_the_highest_where_none_is(table: Bars, end: str) -> None:
    """Where two are as high, or all are, no day is named."""
    assert chart_words(table).endswith(f"to Wednesday 4 March; {end}")


# --- places -----------------------------------------------------------------------------------------------------------


def at_places(*counts: int) -> list[Place]:
    return [Place(feed=f"Place {rank}", count=count, tags={"good": count}) for rank, count in enumerate(counts, 1)]


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ((), "No place to show yet"),
        ((4,), "All of it happens on Place 1"),
        ((5, 4), "More than half of it happens on Place 1"),
        ((5, 5), "It happens in 2 places"),
        ((4, 2, 2), "More than half of it happens in two of 3 places"),
        ((1, 1, 1), "More than half of it happens in two of 3 places"),
        ((3, 3, 3, 3), "More than half of it happens in three of 4 places"),
        ((1,) * 30, "More than half of it happens in 16 of 30 places"),
    ],
)
def test_the_finding_about_places(counts: tuple[int, ...], words: str) -> None:
    """More than half is more than half: at just half, nobody is named."""
    assert words == places_title(at_places(*counts))


@given(counts=st.lists(st.integers(1, 50), min_size=2, max_size=14))
def test_more_than_half_is_true_of_the_fewest_places(counts: list[int]) -> None:
    """The places that are said hold more than half together, and one fewer would not."""
    counts.sort(reverse=True)
    said = places_title(at_places(*counts))
    if found := re.fullmatch(r"More than half of it happens in (\w+) of (\d+) places", said):
        rank = as_number(found[1])
        assert len(counts) == int(found[2])
        assert 2 * sum(counts[: rank - 1]) <= sum(counts) < 2 * sum(counts[:rank])
    elif "More than half" in said:
        assert 2 * counts[0] > sum(counts)
    else:
        assert f"It happens in {len(counts)} places" == said


# --- when -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "words"),
    [
        (timedelta(seconds=-90), "just now"),
        (timedelta(seconds=59), "just now"),
        (timedelta(seconds=60), "1 min ago"),
        (timedelta(minutes=59, seconds=59), "59 min ago"),
        (timedelta(hours=1), "1 h ago"),
        (timedelta(hours=23, minutes=59), "23 h ago"),
        (timedelta(hours=24), "Tuesday 3 March"),
        (timedelta(hours=37), "Monday 2 March"),
        (NOON - datetime(2026, 1, 1, 5, 0, tzinfo=UTC), "Thursday 1 January"),
        (NOON - datetime(2026, 1, 1, 4, 59, tzinfo=UTC), "31 December 2025"),
    ],
)
def test_how_long_ago(before: timedelta, words: str, mention: MakeMention) -> None:
    """Minutes, hours, then the agency's local day; the year where it is another one."""
    said = ago(mention(published_at=NOON - before), NOON.astimezone(TIMEZONE))
    assert words == said


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        (datetime(2026, 3, 4, 14, 5, tzinfo=UTC), "today 09:05"),
        (datetime(2026, 3, 4, 4, 59, tzinfo=UTC), "yesterday 23:59"),
        (datetime(2026, 3, 5, 6, 0, tzinfo=UTC), "tomorrow 01:00"),
        (datetime(2026, 3, 2, 20, 0, tzinfo=UTC), "Monday 2 March 15:00"),
    ],
)
def test_the_clock_is_the_agencys(moment: datetime, words: str) -> None:
    """A day ends at its midnight, not at midnight in UTC."""
    assert words == clock(moment, NOON.astimezone(TIMEZONE))


# --- how listening goes -----------------------------------------------------------------------------------------------

FEEDS = [Feed(name=name, source="rss") for name in ("Herald", "Courier", "Radio")]
LOCAL_NOON = NOON.astimezone(TIMEZONE)


def state(name: str, is_now: str, **more: object) -> dict[str, FeedState]:
    return {name: FeedState(name=name, source="rss", state=is_now, **more)}  # type: ignore[arg-type]


def test_feeds_in_trouble_come_first_with_reason_and_advice() -> None:
    """Since when, what to do, and when it is asked again; the others keep the settings' order."""
    states = state("Herald", "unchanged", last_answer_at=NOON - timedelta(minutes=5), problem="old", advice="old")
    states |= state(
        "Radio",
        "blocked",
        problem="It keeps programs out.",
        advice="Wait a few hours.",
        failing_since=NOON - timedelta(days=1),
        not_before=NOON + timedelta(hours=2),
    )
    found = health(FEEDS, states, LOCAL_NOON)
    assert [
        Health(
            feed=FEEDS[2],
            words="Blocked",
            trouble=True,
            last_answer="never",
            problem="It keeps programs out. Since yesterday 12:00.",
            advice="Wait a few hours.",
            next_try="Asked again from today 14:00.",
        ),
        Health(
            feed=FEEDS[0], words="Answers", trouble=False, last_answer="today 11:55", problem="", advice="", next_try=""
        ),
        Health(
            feed=FEEDS[1], words="Not asked yet", trouble=False, last_answer="never", problem="", advice="", next_try=""
        ),
    ] == found
    assert "Listening in 3 places; 1 needs a look" == feeds_sentence(found)


def test_a_feed_that_ended_is_not_asked_again() -> None:
    """Nor is a time said that has passed."""
    later, earlier = NOON + timedelta(hours=2), NOON - timedelta(hours=2)
    states = state("Herald", "gone", not_before=later) | state("Courier", "unreachable", not_before=earlier)
    assert ["", ""] == [one.next_try for one in health(FEEDS[:2], states, LOCAL_NOON)]
    assert ["Ended", "No answer"] == [one.words for one in health(FEEDS[:2], states, LOCAL_NOON)]


@pytest.mark.parametrize("trouble", sorted(set(STATE_WORDS) - {"new", "ok", "unchanged", "waiting"}))
def test_every_failure_wants_a_look(trouble: str) -> None:
    """In words, and not in the program's."""
    found = health(FEEDS[:1], state("Herald", trouble, problem="It failed."), LOCAL_NOON)
    assert found[0].trouble
    assert found[0].words != trouble
    assert "Listening in 1 place; 1 needs a look" == feeds_sentence(found)


def test_a_place_that_waits_for_its_budget_needs_no_look() -> None:
    """It says why, and until when; nobody has to do anything."""
    later = NOON + timedelta(hours=2)
    found = health(
        FEEDS[:1], state("Herald", "waiting", problem="100 searches are used.", not_before=later), LOCAL_NOON
    )
    assert not found[0].trouble
    assert (found[0].words, found[0].problem) == ("Waits", "100 searches are used.")
    assert found[0].next_try.startswith("Asked again from today")
    assert "Listening in 1 place; 1 waits for a new day or month" == feeds_sentence(found)


@pytest.mark.parametrize(
    ("first", "said"),
    [
        (date(2026, 3, 4), "First said today."),
        (date(2026, 1, 9), "First said on 9 January."),
        (date(2024, 2, 29), "First said on 29 February 2024."),
    ],
)
def test_since_when_a_word_is_said(first: date, said: str) -> None:
    """The year only where it is another one."""
    assert said == sentences.since(first, date(2026, 3, 4))


def test_the_page_says_when_a_silent_place_was_last_heard() -> None:
    """Beside its name, or in one line for those that are not in the list; nothing of those that answer or are new."""
    heard = NOON - timedelta(hours=3)
    states = state("Herald", "unreachable", last_answer_at=heard) | state("Radio", "blocked")
    silent = not_answering(health(FEEDS, states, LOCAL_NOON))
    assert {"Herald": "last heard today 09:00", "Radio": "has not answered yet"} == silent
    lines = [f"{feed} ({said})" for feed, said in silent.items()]
    assert "Not answering now: Herald (last heard today 09:00)." == sentences.silent(lines[:1])
    assert "Not answering now: A, B, C and 2 more." == sentences.silent(["A", "B", "C", "D", "E"])
    assert "Not answering now: A, B, C and 1 more." == sentences.silent(["A", "B", "C", "D"])


def test_how_listening_goes_in_one_sentence() -> None:
    """None, not yet, all well, some in trouble."""
    assert "No places to listen to yet" == feeds_sentence([])
    assert "3 places to listen to, not asked yet" == feeds_sentence(health(FEEDS, {}, LOCAL_NOON))
    well = state("Herald", "ok") | state("Courier", "unchanged") | state("Radio", "ok")
    assert "Listening in 3 places; all of them answer" == feeds_sentence(health(FEEDS, well, LOCAL_NOON))
    bad = well | state("Herald", "unreadable") | state("Radio", "refused")
    assert "Listening in 3 places; 2 need a look" == feeds_sentence(health(FEEDS, bad, LOCAL_NOON))


@pytest.mark.parametrize(
    ("tags", "said"),
    [
        ({"neutral": 12, "unscored": 300}, "Of the posts that could be tagged, all are neutral."),
        (
            {"good": 9, "bad": 3, "unscored": 1},
            "Of the posts that could be tagged, more are good than bad: 75% against 25%.",
        ),
    ],
)
def test_what_could_not_be_tagged_is_not_spoken_for(tags: dict[Tag, int], said: str) -> None:
    """ "All of it" is said only where all of it could be tagged."""
    assert sentences._tone(Tally(tags=tags, places=1)) == said
