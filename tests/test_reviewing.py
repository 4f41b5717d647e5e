"""Judging mentions: what people say is counted and shown, the machine's stays beside it, nothing is lost or doubled."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import time
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from conftest import NOON, TIMEZONE, MakeMention, MakeStore, Save
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from keeping_kit import assert_counts_are_exact
from sqlalchemy import select

from listening import rematch, snapshot
from listening import settings as settings_files
from listening.asking import WhoAsks
from listening.models import Mention
from listening.query import parse
from listening.review import Desk, pace, progress_words
from listening.routing import Routes
from listening.store import Reader, Store, View, open_store, queues, retag, reviewing
from listening.store import closing as week_logs
from listening.store.queues import Asked, Queue, Turn
from listening.store.reviewing import Done

ALL = View(start=datetime(1990, 1, 1, tzinfo=UTC), end=datetime(2100, 1, 1, tzinfo=UTC))
LATER = NOON + timedelta(hours=3)


def minimal(folder: Path, more: str = "") -> settings_files.Settings:
    file = folder / "listening.toml"
    file.write_text(
        '[agency]\nname = "Quillhaven"\ntimezone = "America/New_York"\n'
        '[[topics]]\nname = "transit"\nquery = "bus OR bridge OR quillhaven"\ndepartment = "Public Works"\n' + more,
        encoding="utf-8",
    )
    return settings_files.load(file)


@pytest.fixture(autouse=True)
def _own_store(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LISTENING_SETTINGS", "LISTENING_STORE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def desk(store: Store, tmp_path: Path) -> Desk:
    return Desk.of(store, minimal(tmp_path))


def numbers(store: Store) -> dict[str, int]:
    """Numbers of the store's mentions by their ids."""
    from listening.store.schema import mentions

    with store.reading() as connection:
        return {row.id: row.n for row in connection.execute(select(mentions.c.id, mentions.c.n))}


def held(store: Store, view: View = ALL) -> dict[str, Mention]:
    with store.reading() as connection:
        return {mention.id: mention for mention in Reader(store, connection).stream(view)}


def tags(store: Store) -> Counter[str]:
    with store.reading() as connection:
        found: Counter[str] = Counter()
        for count in Reader(store, connection).counts(ALL, by_day=True):
            found[count.tag] += count.count
        return found


def say(desk: Desk, which: Mention | list[Mention], *, by: str = "Ana", seen: int | None = None, **change: Any) -> Done:
    at = numbers(desk.store)
    every = [which] if isinstance(which, Mention) else which
    with desk.store.reading() as connection:
        newest = reviewing.latest_entry(connection)
    return desk.judge(
        [at[each.id] for each in every], change, reviewer=by, at=LATER, seen=newest if seen is None else seen
    )


def queue(store: Store, **more: Any) -> list[queues.Card]:
    with store.reading() as connection:
        return Asked(store, connection, Queue(view=ALL, **more), LATER).cards()


# --- what is counted ------------------------------------------------------------------------------------------------


def test_a_persons_tag_is_shown_and_counted_and_the_machines_stays_beside_it(
    store: Store, save: Save, desk: Desk, mention: MakeMention
) -> None:
    """Good by the machine, bad by Ana: every number and list says bad, and who said so."""
    post = mention(tag="good", confidence=0.6)
    save(store, *[post])
    say(desk, post, tag="bad")
    shown = held(store)[post.id]
    assert shown.verdict is not None
    assert (shown.tag, shown.verdict.machine, shown.verdict.reviewer) == ("bad", "good", "Ana")
    assert Counter(bad=1) == tags(store)
    assert_counts_are_exact(store)


def test_what_is_not_about_us_counts_nowhere_and_comes_back(
    store: Store, save: Save, desk: Desk, mention: MakeMention
) -> None:
    """Marked by mistake, taken back: it counts again, with its tag and topics."""
    post, other = mention(tag="good"), mention(tag="bad", text="Quite another thing about the bus.")
    save(store, *[post, other])
    done = say(desk, post, relevant=False)
    assert {other.id} == set(held(store))
    assert [post.id] == [card.first.id for card in queue(store, show="not about us")]
    desk.undo(done.act, reviewer="Ana", at=LATER)
    assert Counter(good=1, bad=1) == tags(store)
    assert_counts_are_exact(store)


def test_a_collection_a_retag_and_a_rematch_leave_verdicts_alone(
    store: Store, save: Save, desk: Desk, mention: MakeMention
) -> None:
    """The source edits the post, the tagger changes its mind, the query changes: what the person said stands."""
    post = mention(tag="good", text="The bus was late", question=True)
    gone = mention(tag="good", text="A bus in another town")
    save(store, *[post, gone])
    say(desk, post, tag="bad", asks=False)
    say(desk, gone, relevant=False)
    save(store, *[replace(post, text="The bus was late again", likes=9), replace(gone, likes=4)])
    at = numbers(store)
    with store.writing() as connection:
        retag(connection, [(at[post.id], replace(post, tag="neutral")), (at[gone.id], replace(gone, tag="bad"))])
    rematch.note_queries(store, {"transit": parse("train")})
    rematch.carry_out(store, {"transit": parse("bus")}, WhoAsks(lambda source: "post"))
    assert {post.id} == set(held(store))
    shown = held(store)[post.id]
    assert shown.verdict is not None
    assert (shown.tag, shown.verdict.machine, shown.question) == ("bad", "neutral", False)
    assert Counter(bad=1) == tags(store)
    assert_counts_are_exact(store)


def test_a_post_not_about_us_that_no_topic_finds_any_more_stays_away_when_it_is_taken_back(
    store: Store, save: Save, desk: Desk, mention: MakeMention
) -> None:
    """The queries of now decide where it counts, although it was in no list while they changed."""
    post = mention(text="A bus in another town")
    save(store, *[post])
    rematch.note_queries(store, {"transit": parse("bus")})
    done = say(desk, post, relevant=False)
    rematch.carry_out(store, {"transit": parse("ferry")}, WhoAsks(lambda source: "post"))
    desk.undo(done.act, reviewer="Ana", at=LATER)
    assert held(store) == {}


# --- what follows ---------------------------------------------------------------------------------------------------


def test_one_key_opens_a_question_for_the_department_that_the_rules_propose(
    store: Store, save: Save, desk: Desk, mention: MakeMention
) -> None:
    """A post that asks is opened, with its department, as soon as somebody has judged its tag."""
    asks, tells = mention(question=True, text="When does the bus run?"), mention(question=False)
    save(store, *[asks, tells])
    say(desk, asks, tag="neutral")
    say(desk, tells, tag="good")
    found = held(store)
    first, second = found[asks.id].verdict, found[tells.id].verdict
    assert first is not None
    assert second is not None
    assert (
        (first.status, first.department),
        (second.status, second.department),
    ) == (("open", "Public Works"), ("", ""))


def test_an_answer_has_its_time_and_a_question_opened_again_has_none(
    store: Store, save: Save, desk: Desk, mention: MakeMention
) -> None:
    """Answered now; opened again it waits again."""
    post = mention(question=True)
    save(store, *[post])
    say(desk, post, status="answered", answered_by="Ben", channel="Mail", minutes=5)
    view = replace(ALL, asking=True)
    with store.reading() as connection:
        reader = Reader(store, connection)
        assert (reader.total(view), reader.waited(ALL)) == (1, (3 * 3600,))
    assert [post.id] == list(held(store, replace(view, answered=True)))
    say(desk, post, status="open")
    assert list(held(store, replace(view, answered=True))) == []
    assert [post.id] == list(held(store, replace(view, answered=False, status="open", department="Public Works")))


def test_the_first_department_that_fits_is_proposed(tmp_path: Path, mention: MakeMention) -> None:
    """By words, by place, by topic; where no rule fits, the topic's own department."""
    rules = """
[[feeds]]
name = "The Herald"
source = "rss"
url = "https://herald.example/feed"
[[departments]]
name = "Roads"
words = "pothole* OR bridge"
[[departments]]
name = "Press office"
places = ["The Herald"]
"""
    routes = Routes(minimal(tmp_path, rules))
    assert routes.departments == ("Roads", "Press office", "Public Works")
    assert routes.of(mention(text="Two potholes on Elm Street", feed="The Herald")) == "Roads"
    assert routes.of(mention(text="A fine day", feed="The Herald")) == "Press office"
    assert routes.of(mention(text="A fine day")) == "Public Works"
    assert routes.of(mention(text="A fine day", topics=())) == ""


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ('topics = ["transitt"]', "Did you mean “transit”?"),
        ('places = ["The Heral"]', "There is no feed “The Heral”."),
        ('words = "bus AND"', "The words of “Roads” cannot be read"),
        ('send_to = ["roads"]', "“roads” is not a mail address."),
    ],
)
def test_a_rule_that_means_nothing_is_refused_with_its_line(tmp_path: Path, wrong: str, said: str) -> None:
    """A mistyped topic would otherwise propose nothing, without a word."""
    with pytest.raises(settings_files.SettingsRefused) as refused:
        minimal(tmp_path, f'[[departments]]\nname = "Roads"\n{wrong}\n')
    assert said in str(refused.value)
    assert "line 10" in str(refused.value)


# --- the queue ------------------------------------------------------------------------------------------------------


def test_a_story_is_one_card_and_its_copies_are_judged_together(
    store: Store, save: Save, desk: Desk, mention: MakeMention
) -> None:
    """Two outlets with one text are one card of two; its verdict is on both."""
    text = "The new bridge over the mill pond opens on Saturday with music, bread and a walk for everybody who comes."
    copies = [mention(text=text, feed=f"Paper {n}", source="rss", key=f"https://{n}.example/a") for n in (1, 2)]
    save(store, *[*copies, mention(text="Something else altogether, about seedlings.")])
    cards = queue(store)
    assert sorted(card.count for card in cards) == [1, 2]
    both = next(card for card in cards if card.count == 2)
    desk.judge(both.numbers, {"tag": "neutral"}, reviewer="Ana", at=LATER, seen=0)
    assert Counter(neutral=2, good=1) == tags(store)
    assert len(queue(store)) == 1


@pytest.mark.parametrize(
    ("turn", "expected"),
    [("newest", ["sure", "unsure", "seen"]), ("least certain", ["unsure", "seen", "sure"]), ("most seen", ["seen"])],
)
def test_the_queue_is_read_in_the_order_that_was_asked_for(
    store: Store, save: Save, mention: MakeMention, turn: Turn, expected: list[str]
) -> None:
    """Newest, least certain or most seen first."""
    said = {
        "sure": {"confidence": 0.9, "published_at": NOON, "text": "The bus was on time and warm."},
        "unsure": {"confidence": 0.4, "published_at": NOON - timedelta(hours=1), "text": "Well, that bridge again."},
        "seen": {
            "confidence": 0.7,
            "likes": 50,
            "published_at": NOON - timedelta(hours=2),
            "text": "Seedlings for all!",
        },
    }
    save(store, *[mention(id=name, **values) for name, values in said.items()])
    assert expected == [card.first.id for card in queue(store, turn=turn)][: len(expected)]


def test_what_one_has_taken_no_other_is_shown_until_it_is_given_back_or_time_is_up(
    store: Store, save: Save, mention: MakeMention
) -> None:
    """Ana takes two of three stories; Ben sees the third, and all of them half an hour later."""
    save(store, *[mention(text=text) for text in ("Bus one is late.", "Fine new bridge!", "Free seedlings here.")])
    first = [card.story for card in queue(store, me="Ana")][:2]
    with store.writing() as connection:
        assert sorted(first) == queues.take(connection, first, reviewer="Ana", now=LATER)
        assert queues.take(connection, first, reviewer="Ben", now=LATER) == []
        assert {name: count for name, (count, _) in queues.taken(connection, LATER).items()} == {"Ana": 2}
    assert len(queue(store, me="Ana", mine=True)) == 2
    assert len(queue(store, me="Ben")) == 1
    with store.reading() as connection:
        later = Asked(store, connection, Queue(view=ALL, me="Ben"), LATER + queues.CLAIM)
        assert 3 == later.count() == len(later.cards())
    taken = queue(store, me="Ana", mine=True)
    Desk.of(store, minimal(Path(store.url.removeprefix("sqlite:///")).parent)).judge(
        taken[0].numbers, {"tag": "bad"}, reviewer="Ana", at=LATER, seen=0
    )
    with store.reading() as connection:
        assert {name: count for name, (count, _) in queues.taken(connection, LATER).items()} == {"Ana": 1}
    with store.writing() as connection:
        queues.give_back(connection, "Ana")
    assert len(queue(store, me="Ben")) == 2


def test_progress_counts_stories_also_those_that_are_not_about_us(
    store: Store, save: Save, desk: Desk, mention: MakeMention
) -> None:
    """Of three stories one is judged, one is not about us, one waits."""
    posts = [mention(text=text) for text in ("Bus one is late.", "Fine new bridge!", "Free seedlings here.")]
    save(store, *posts)
    say(desk, posts[0], tag="bad")
    say(desk, posts[1], relevant=False)
    with store.reading() as connection:
        found = Asked(store, connection, Queue(view=ALL), LATER).progress()
    assert (found.stories, found.waiting, found.read) == (3, 1, 2)
    assert progress_words(found.read, found.stories, pace([100, 80, 75, 70])) == "2 of 3 read, less than a minute left."


# --- two people -----------------------------------------------------------------------------------------------------


def test_two_verdicts_at_once_are_both_kept_and_the_later_one_knows_of_it(
    store: Store, save: Save, desk: Desk, mention: MakeMention
) -> None:
    """Ana says bad; Ben, who could not have seen that, says good: the log has both, and the queue shows the dispute."""
    post = mention(tag="neutral")
    save(store, *[post])
    say(desk, post, by="Ana", seen=0, tag="bad")
    done = say(desk, post, by="Ben", seen=0, tag="good")
    assert [entry.state.reviewer for entry in done.against] == ["Ana"]
    with store.reading() as connection:
        log = reviewing.history(connection, numbers(store)[post.id])
    assert [(entry.state.reviewer, entry.state.tag) for entry in log] == [("Ana", "bad"), ("Ben", "good")]
    assert [post.id] == [card.first.id for card in queue(store, show="disputed")]
    say(desk, post, by="Ana", tag="bad")
    assert queue(store, show="disputed") == []


def test_two_who_say_different_things_of_one_mention_contradict_nobody(
    store: Store, save: Save, desk: Desk, mention: MakeMention
) -> None:
    """A note by one and a tag by the other, at once: both stand."""
    post = mention()
    save(store, *[post])
    say(desk, post, by="Ana", seen=0, note="Ask Roads")
    done = say(desk, post, by="Ben", seen=0, tag="bad")
    found = held(store)[post.id].verdict
    assert found is not None
    assert (done.against, found.note, found.tag) == ((), "Ask Roads", "bad")


def test_who_agrees_with_somebody_else_is_in_the_log_and_who_repeats_himself_is_not(
    store: Store, save: Save, desk: Desk, mention: MakeMention
) -> None:
    """Ana says bad twice, Ben says bad too: two entries."""
    post = mention(tag="neutral")
    save(store, post)
    for who in ("Ana", "Ana", "Ben"):
        say(desk, post, by=who, tag="bad")
    with store.reading() as connection:
        log = reviewing.history(connection, numbers(store)[post.id])
    assert [(entry.state.reviewer, entry.against) for entry in log] == [("Ana", None), ("Ben", None)]


def test_an_undo_leaves_what_somebody_else_has_said_since(
    store: Store, save: Save, desk: Desk, mention: MakeMention
) -> None:
    """Ana takes her click back: her note goes, Ben's later tag stays."""
    post = mention(tag="neutral")
    save(store, *[post])
    done = say(desk, post, by="Ana", tag="bad", note="late")
    say(desk, post, by="Ben", tag="good")
    desk.undo(done.act, reviewer="Ana", at=LATER)
    found = held(store)[post.id].verdict
    assert found is not None
    assert (found.tag, found.note) == ("good", "")


def test_taking_back_leaves_what_somebody_else_has_confirmed(
    store: Store, save: Save, desk: Desk, mention: MakeMention
) -> None:
    """Ana says bad, Ben says bad too, Ana takes hers back: it is bad by Ben, and read."""
    post = mention(tag="neutral")
    save(store, post)
    done = say(desk, post, by="Ana", tag="bad")
    say(desk, post, by="Ben", tag="bad")
    desk.undo(done.act, reviewer="Ana", at=LATER)
    found = held(store)[post.id].verdict
    assert found is not None
    assert (found.tag, found.reviewer) == ("bad", "Ben")
    assert queue(store) == []


def test_a_second_reading_can_be_taken_back_and_changes_no_verdict(
    store: Store, save: Save, desk: Desk, mention: MakeMention
) -> None:
    """Ben mistypes his second reading: it is his to read again, and what Ana decided meanwhile stands."""
    post = mention(tag="neutral")
    save(store, post)
    say(desk, post, by="Ana", tag="good")
    at = numbers(store)[post.id]
    done = desk.judge([at], {"tag": "bad"}, reviewer="Ben", at=LATER, seen=0, kind="second")
    say(desk, post, by="Ana", tag="bad")
    desk.undo(done.act, reviewer="Ben", at=LATER)
    assert held(store)[post.id].tag == "bad"
    assert [post.id] == [card.first.id for card in queue(store, show="second", me="Ben")]
    with store.reading() as connection:
        assert reviewing.read_twice(connection) == {}


def test_who_says_not_about_us_contradicts_who_judged_the_tag_and_a_note_settles_nothing(
    store: Store, save: Save, desk: Desk, mention: MakeMention
) -> None:
    """Good by Ana, not about us by Ben at the same moment: in dispute, also after a note, until one decides again."""
    post = mention(tag="neutral")
    save(store, post)
    say(desk, post, by="Ana", seen=0, tag="good")
    done = say(desk, post, by="Ben", seen=0, relevant=False)
    assert [entry.state.reviewer for entry in done.against] == ["Ana"]
    say(desk, post, by="Cleo", note="Hm.")
    assert [post.id] == [card.first.id for card in queue(store, show="disputed")]
    say(desk, post, by="Cleo", tag="good")
    assert queue(store, show="disputed") == []
    assert Counter(good=1) == tags(store)


def test_a_question_that_was_not_answered_after_all_is_not_counted_as_answered(
    store: Store, save: Save, desk: Desk, mention: MakeMention
) -> None:
    """Marked as answered by mistake, then without a status: it has no time of an answer, and stays without a status."""
    post = mention(question=True)
    save(store, post)
    say(desk, post, tag="neutral")
    say(desk, post, status="answered")
    say(desk, post, status="")
    with store.reading() as connection:
        assert Reader(store, connection).waited(ALL) == ()
    say(desk, post, tag="bad")
    found = held(store)[post.id].verdict
    assert found is not None
    assert found.status == ""


def test_filters_hold_for_what_is_not_about_us_too(store: Store, save: Save, desk: Desk, mention: MakeMention) -> None:
    """Tag, words and who read it narrow this list as any other."""
    good, bad = mention(tag="good", text="A fine bus elsewhere"), mention(tag="bad", text="A late bus elsewhere")
    save(store, good, bad)
    say(desk, good, by="Ana", relevant=False)
    say(desk, bad, by="Ben", relevant=False)
    for view, by, expected in (
        (replace(ALL, tag="bad"), "", bad),
        (replace(ALL, query=parse("fine")), "", good),
        (ALL, "Ben", bad),
    ):
        with store.reading() as connection:
            asked = Asked(store, connection, Queue(view=view, show="not about us", by=by), LATER)
            assert [expected.id] == [card.first.id for card in asked.cards()]


def test_thousands_are_judged_and_taken_back_as_one_act(
    store: Store, save: Save, desk: Desk, mention: MakeMention
) -> None:
    """More than one transaction takes, and one Undo."""
    save(store, *(mention(text=f"Post number {n} of very many") for n in range(1_200)))
    done = desk.judge(list(numbers(store).values()), {"tag": "bad"}, reviewer="Ana", at=LATER, seen=0)
    assert Counter(bad=1_200) == tags(store)
    assert len(desk.undo(done.act, reviewer="Ana", at=LATER).numbers) == 1_200
    assert Counter(good=1_200) == tags(store)
    assert_counts_are_exact(store)


def test_a_second_reading_is_kept_and_decides_nothing(
    store: Store, save: Save, desk: Desk, mention: MakeMention
) -> None:
    """Ben reads what Ana read: their agreement can be measured, the number on the page stays."""
    post = mention(tag="neutral")
    save(store, *[post])
    say(desk, post, by="Ana", tag="bad")
    assert [post.id] == [card.first.id for card in queue(store, show="second", me="Ben")]
    assert queue(store, show="second", me="Ana") == []
    at = numbers(store)[post.id]
    desk.judge([at], {"tag": "good"}, reviewer="Ben", at=LATER, seen=0, kind="second")
    assert queue(store, show="second", me="Ben") == []
    assert held(store)[post.id].tag == "bad"
    with store.reading() as connection:
        assert {at: {"Ana": "bad", "Ben": "good"}} == reviewing.read_twice(connection)


# --- nothing lost ---------------------------------------------------------------------------------------------------

CHANGES = st.one_of(
    st.fixed_dictionaries({"tag": st.sampled_from(["good", "neutral", "bad"])}),
    st.fixed_dictionaries({"relevant": st.booleans()}),
    st.fixed_dictionaries({"asks": st.booleans()}),
    st.fixed_dictionaries({"status": st.sampled_from(["", "open", "pending", "answered", "closed"])}),
    st.fixed_dictionaries({"note": st.text(max_size=8)}),
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(st.sets(st.integers(0, 3), min_size=1), CHANGES, st.sampled_from(["Ana", "Ben"]), st.booleans()),
        max_size=12,
    )
)
def test_whatever_is_said_and_taken_back_the_counts_equal_a_recount_and_the_log_is_whole(
    new_store: MakeStore,
    save: Save,
    mention: MakeMention,
    tmp_path: Path,
    acts: list[tuple[set[int], dict[str, Any], str, bool]],
) -> None:
    """The state is that of each mention's newest entry; taking everything back gives the numbers of the beginning."""
    store = new_store()
    desk = Desk.of(store, minimal(tmp_path))
    save(store, *[mention(question=n % 2 == 0, text=f"Post number {n} of all") for n in range(4)])
    at = sorted(numbers(store).values())
    begun = tags(store)
    done = []
    for which, change, who, back in acts:
        with store.reading() as connection:
            newest = reviewing.latest_entry(connection)
        made = desk.judge([at[n] for n in sorted(which)], change, reviewer=who, at=LATER, seen=newest)
        if back:
            desk.undo(made.act, reviewer=who, at=LATER)
        else:
            done.append((made.act, who))
        assert_counts_are_exact(store)
        with store.reading() as connection:
            for number in at:
                log = reviewing.history(connection, number)
                whole = Reader(store, connection).numbered([number])[number]
                assert (whole.verdict is None) == (not log)
                if log:
                    assert whole.verdict is not None
                    # Taking back what somebody else has confirmed or changed meanwhile decides nothing.
                    log = [entry for entry in log if entry.changed]
                    assert replace(log[-1].state, machine=whole.verdict.machine) == whole.verdict
    for act, who in reversed(done):
        desk.undo(act, reviewer=who, at=LATER)
    assert begun == tags(store)


def _judge_for_ever(url: str, folder: str, ready: Any) -> None:
    store = open_store(url, TIMEZONE)
    desk = Desk.of(store, settings_files.load(Path(folder) / "listening.toml"))
    at = sorted(numbers(store).values())
    for turn in range(100_000):
        tag = ("good", "bad", "neutral")[turn % 3]
        done = desk.judge([at[turn % len(at)]], {"tag": tag}, reviewer="Ana", at=LATER, seen=10**9)
        ready.send((done.act, at[turn % len(at)], tag))


def test_a_process_killed_at_any_moment_loses_at_most_the_click_in_flight(
    store: Store, save: Save, mention: MakeMention, tmp_path: Path
) -> None:
    """Killed while it judges without a pause: what was reported saved is there, and the counts are exact."""
    minimal(tmp_path)
    save(store, *[mention(text=f"Post number {n} of all") for n in range(20)])
    context = multiprocessing.get_context("spawn")
    told, ready = context.Pipe(duplex=False)
    process = context.Process(target=_judge_for_ever, args=(store.url, str(tmp_path), ready))
    process.start()
    ready.close()
    said: list[tuple[int, int, str]] = []
    while len(said) < 30:
        assert told.poll(60)
        said.append(told.recv())
    assert process.pid is not None
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    with suppress(EOFError):  # the last one may be cut off
        while told.poll(1):
            said.append(told.recv())
    with store.reading() as connection:
        for act, number, tag in said:
            assert (act, tag) in [(entry.act, entry.state.tag) for entry in reviewing.history(connection, number)]
        entries = reviewing.latest_entry(connection)
    assert len(said) <= entries <= len(said) + 2
    assert_counts_are_exact(store)


def _judge_some(url: str, folder: str, who: str, turns: int) -> None:
    store = open_store(url, TIMEZONE)
    desk = Desk.of(store, settings_files.load(Path(folder) / "listening.toml"))
    at = sorted(numbers(store).values())
    for turn in range(turns):
        desk.judge([at[turn % len(at)]], {"note": f"{who} {turn}"}, reviewer=who, at=LATER, seen=0)
        time.sleep(0.002)


def test_three_people_and_a_collection_at_once_lose_nothing(
    store: Store, save: Save, mention: MakeMention, tmp_path: Path
) -> None:
    """Each note of each person is in the log, and every new mention is stored."""
    minimal(tmp_path)
    save(store, *[mention(text=f"Post number {n} of all") for n in range(10)])
    context = multiprocessing.get_context("spawn")
    people = [
        context.Process(target=_judge_some, args=(store.url, str(tmp_path), who, 60)) for who in ("Ana", "Ben", "Cleo")
    ]
    for person in people:
        person.start()
    for n in range(40):
        save(store, *[mention(text=f"Meanwhile somebody writes post {n}.")])
    for person in people:
        person.join()
    assert [person.exitcode for person in people] == [0, 0, 0]
    with store.reading() as connection:
        assert reviewing.latest_entry(connection) == 180
    assert sum(tags(store).values()) == 50
    assert_counts_are_exact(store)


def test_a_snapshot_keeps_what_was_decided_and_not_who_or_what_was_noted(
    store: Store, save: Save, mention: MakeMention, tmp_path: Path
) -> None:
    """Names of the team and their notes stay in the house."""
    found = minimal(tmp_path)
    desk = Desk.of(store, found)
    post = mention(tag="good")
    save(store, *[post])
    say(desk, post, by="Anastasia", tag="bad", note="Call the mayor first")
    taken = snapshot.take(found, store, tmp_path / "meeting", now=LATER)
    copied = open_store(taken.store_url, TIMEZONE)
    assert held(copied)[post.id].tag == "bad"
    content = (tmp_path / "meeting" / "mentions.db").read_bytes()
    assert b"Anastasia" not in content
    assert b"Call the mayor" not in content
    with store.reading() as live, copied.reading() as frozen:
        assert () == Reader(store, live).waited(ALL) == Reader(copied, frozen).waited(ALL)


def test_a_week_is_closed_once_and_its_numbers_stand(store: Store) -> None:
    """Closed twice is once; opened again is in the log too."""
    with store.writing() as connection:
        assert week_logs.note_week(connection, "2026-W10", who="Ana", at=LATER, what="closed", numbers={"mentions": 3})
        assert not week_logs.note_week(connection, "2026-W10", who="Ben", at=LATER, what="closed", numbers={})
        assert week_logs.note_week(connection, "2026-W10", who="Ben", at=LATER, what="reopened")
        assert [entry.what for entry in week_logs.week_log(connection, "2026-W10")] == ["closed", "reopened"]
        assert json.dumps({"mentions": 3}) == json.dumps(week_logs.week_log(connection)[0].numbers)
