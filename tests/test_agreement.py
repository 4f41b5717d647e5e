"""How often tags agree with people: shares, intervals, macro-F1, calibration, and one sentence."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from listening.agreement import (
    SCORED,
    Judged,
    Share,
    agreement,
    calibration_error,
    macro_f1,
    macro_f1_interval,
    sentence,
    wilson,
)
from listening.models import Tag

TAGS = st.sampled_from(SCORED)


def judged(person: Tag, machine: Tag, *, score: float = 0.5, topic: str = "", source: str = "") -> Judged:
    """One mention."""
    return Judged(text="The bus.", person=person, machine=machine, score=score, topic=topic, source=source)


@pytest.mark.parametrize(
    ("part", "base", "low", "high"),
    [(81, 100, 0.7222, 0.8749), (0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (1, 1, 0.2065, 1.0)],
)
def test_wilsons_interval(part: int, base: int, low: float, high: float) -> None:
    """Figures worked out by hand from the formula; never below 0 or above 1, also for none and all."""
    assert wilson(part, base) == pytest.approx((low, high), abs=5e-5)


@given(st.integers(1, 500).flatmap(lambda base: st.tuples(st.integers(0, base), st.just(base))))
def test_an_interval_holds_its_share_and_narrows(counted: tuple[int, int]) -> None:
    """Ten times the mentions with the same share leave less doubt."""
    part, base = counted
    low, high = wilson(part, base)
    assert 0 <= low <= part / base <= high <= 1
    narrow_low, narrow_high = wilson(10 * part, 10 * base)
    assert narrow_high - narrow_low < high - low


def test_macro_f1_is_the_mean_of_the_tags() -> None:
    """Good: 2 of 3 and 2 of 2; neutral: 1 of 1 and 1 of 2; bad: all. F1 0.8, 2/3, 1."""
    pairs: list[tuple[Tag, Tag]] = [
        ("good", "good"), ("good", "good"), ("good", "neutral"), ("neutral", "neutral"), ("bad", "bad")
    ]  # fmt: skip
    assert macro_f1(Counter(pairs)) == pytest.approx((0.8 + 2 / 3 + 1) / 3)
    assert macro_f1({}) is None


@settings(max_examples=25)
@given(st.lists(st.tuples(TAGS, TAGS), min_size=1, max_size=60))
def test_the_bootstrap_is_about_the_value_and_the_same_each_time(pairs: list[tuple[Tag, Tag]]) -> None:
    """The interval lies within 0 and 1 and does not depend on the order of the mentions' kinds being seen again."""
    interval = macro_f1_interval(pairs, rounds=200)
    assert interval is not None
    assert 0 <= interval[0] <= interval[1] <= 1
    assert interval == macro_f1_interval(pairs, rounds=200)


def test_more_mentions_make_the_bootstrap_narrower() -> None:
    """Four hundred tell more than forty."""
    rng = Random(3)
    many: list[tuple[Tag, Tag]] = [(rng.choice(SCORED), rng.choice(SCORED)) for _ in range(400)]
    wide, narrow = macro_f1_interval(many[:40]), macro_f1_interval(many)
    assert wide is not None
    assert narrow is not None
    assert narrow[1] - narrow[0] < wide[1] - wide[0]


def test_calibration_compares_what_is_said_with_what_is() -> None:
    """Said 90 and right 6 of 10: off by 30 points. Said 55 and right all: off by 45. Half of each: 37.5."""
    said = [(0.9, n < 6) for n in range(10)] + [(0.55, True)] * 10
    assert calibration_error(said) == pytest.approx(0.375)
    assert calibration_error([]) is None
    assert calibration_error([(1.0, True)]) == 0.0


def test_everything_together() -> None:
    """Unscored mentions stay outside; topics and sources have their own share; opposites are counted and come first."""
    found = agreement(
        [
            judged("good", "good", topic="Buses", source="rss"),
            judged("bad", "good", score=0.9, topic="Buses", source="rss"),
            judged("bad", "neutral", score=0.1, topic="Parks", source="mastodon"),
            judged("bad", "bad", topic="Parks", source="mastodon"),
            judged("neutral", "unscored"),
        ]
    )
    assert (found.right, found.unscored) == (Share(part=2, base=4), 1)
    assert found.opposite == Share(part=1, base=4)
    assert found.recall["bad"] == Share(part=1, base=3)
    assert found.precision["good"] == Share(part=1, base=2)
    assert found.precision["bad"] == Share(part=1, base=1)
    assert found.confusion["bad", "neutral"] == 1
    assert found.by_topic == {"Buses": Share(part=1, base=2), "Parks": Share(part=1, base=2)}
    assert found.by_source == {"mastodon": Share(part=1, base=2), "rss": Share(part=1, base=2)}
    assert [(one.person, one.machine) for one in found.worst] == [("bad", "good"), ("bad", "neutral")]
    assert sentence(found) == "Of 4 mentions you checked, 2 had the right tag."


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ([], "No mention has been checked by a person yet."),
        ([judged("good", "good")], "The 1 mention you checked had the right tag."),
        ([judged("good", "bad")], "The 1 mention you checked had a wrong tag."),
        ([judged("good", "good")] * 1_200, "Of 1,200 mentions you checked, 1,200 had the right tag."),
    ],
)
def test_the_sentence_reads_well_for_any_number(found: list[Judged], said: str) -> None:
    """None, one and many."""
    assert sentence(agreement(found)) == said


@given(st.lists(st.tuples(TAGS, TAGS), max_size=50))
def test_the_table_of_confusions_adds_up(pairs: list[tuple[Tag, Tag]]) -> None:
    """Every mention stands in one cell; the diagonal is what is right."""
    found = agreement(judged(person, machine) for person, machine in pairs)
    assert sum(found.confusion.values()) == len(pairs) == found.right.base
    assert sum(found.confusion[tag, tag] for tag in SCORED) == found.right.part
    assert sum(share.base for share in found.recall.values()) == len(pairs)
    assert sum(share.base for share in found.precision.values()) == len(pairs)
