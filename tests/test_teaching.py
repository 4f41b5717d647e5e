"""What corrections teach: labels, neutral words, exclusions; previewed exactly, applied as if all were done anew."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from conftest import NOON, MakeMention, Save
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from listening import demo, door, rematch, retag, snapshot, teaching
from listening import settings as settings_files
from listening.agreement import Share
from listening.cli import main
from listening.collectors import kind_of
from listening.errors import InputError
from listening.insights import sentences
from listening.models import Mention, Tag
from listening.query import Matcher, parse
from listening.review import Desk
from listening.sentiment import Tagger, reasons_text
from listening.settings import Settings, TagSettings
from listening.store import CHECKED, Reader, Store, View, noted, open_store, reviewing

LATER = NOON + timedelta(hours=3)
ALL = View(start=datetime(1990, 1, 1, tzinfo=UTC), end=datetime(2100, 1, 1, tzinfo=UTC))

SETTINGS = """\
# Our town.
[agency]
name = "Town of Midvale"
timezone = "UTC"
contact = "press@midvale.example"

[[topics]]
name = "The town"
query = "midvale OR bridge"  # what we are called

[[topics]]
name = "Bridges"
query = 'topic:"The town" bridge'
"""

PRAISE = ("lovely", "wonderful", "great")
PLACES = ("Elm Street", "Mill Lane", "the market", "the harbour", "Oak Hill", "the old school", "the park", "the mill")


@pytest.fixture(autouse=True)
def _quiet_surroundings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Each test has an empty working directory and no settings of the machine's own."""
    for name in ("LISTENING_SETTINGS", "LISTENING_STORE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def town(tmp_path: Path) -> Settings:
    """A settings file of a town, loaded."""
    file = tmp_path / "listening.toml"
    file.write_text(SETTINGS, encoding="utf-8")
    return settings_files.load(file)


@pytest.fixture
def heard(town: Settings) -> Store:
    """The town's store, empty."""
    return door.store_of(town)


class Town:
    """A town's store, filled as a collection fills it, and a reviewer at work."""

    def __init__(self, settings: Settings, store: Store, mention: MakeMention, save: Save) -> None:
        self.settings, self.store = settings, store
        self._mention, self._save = mention, save
        self._numbers: dict[str, int] = {}
        self._desk = Desk.of(store, settings)
        self._tagger, self._matcher = door.tagger_of(settings), Matcher(door.queries_of(settings))
        retag.note_tagger(store, self._tagger)
        rematch.note_queries(store, door.queries_of(settings))

    def hear(self, text: str, **more: Any) -> Mention:
        """Keep a post with what is concluded from it."""
        post = concluded(self._mention(text=text, **more), self._tagger, self._matcher)
        self._save(self.store, post)
        self._numbers[post.id] = len(self._numbers) + 1
        return post

    def say(self, post: Mention, *, by: str = "Ana", kind: reviewing.Kind = "verdict", **change: Any) -> None:
        """A reviewer's verdict."""
        with self.store.reading() as connection:
            seen = reviewing.latest_entry(connection)
        self._desk.judge([self.number(post)], change, reviewer=by, at=LATER, seen=seen, kind=kind)

    def number(self, post: Mention) -> int:
        """A mention's number in the store: they are numbered as they come."""
        return self._numbers[post.id]

    def correct(self, text: str, tag: Tag, **more: Any) -> Mention:
        """A post that is heard, and judged."""
        post = self.hear(text, **more)
        self.say(post, tag=tag)
        return post


@pytest.fixture
def at_work(town: Settings, heard: Store, mention: MakeMention, save: Save) -> Town:
    """A reviewer in the town."""
    return Town(town, heard, mention, save)


def concluded(post: Mention, tagger: Tagger, matcher: Matcher) -> Mention:
    """A post with tag and topics by these."""
    tagged = tagger.tag(post.text, title=post.title, kind=kind_of(post.source), allowed=True)
    found = matcher.match(post)
    return replace(
        post,
        topics=tuple(found),
        matched=tuple(span for spans in found.values() for span in spans),
        **{name: getattr(tagged, name) for name in ("vader", "score", "tag", "confidence", "tagger", "why")},
    )


def stored(store: Store) -> dict[str, Mention]:
    """Everything that is kept, counted or not."""
    with store.reading() as connection:
        return {each.id: each for each in Reader(store, connection).numbered(range(1, 999)).values()}


def counted(store: Store, topic: str = "") -> set[str]:
    """What a topic counts."""
    with store.reading() as connection:
        return {each.id for each in Reader(store, connection).stream(replace(ALL, topic=topic))}


def machine(post: Mention) -> Tag:
    """The machine's tag of a stored mention."""
    return post.verdict.machine if post.verdict else post.tag


def detours(at_work: Town, count: int = 4) -> list[Mention]:
    """Posts that the tagger calls bad for the word terrible, and the reviewer neutral."""
    return [at_work.correct(f"The terrible bridge detour begins at {place}", "neutral") for place in PLACES[:count]]


# --- labels ---------------------------------------------------------------------------------------------------------


def test_verdicts_are_labels_one_a_story_with_the_tag_that_was_given(at_work: Town) -> None:
    """What is not about us, not judged, in another language or a copy is none."""
    text = "The terrible bridge detour begins on Monday, so the number four bus goes by the harbour and the old mill."
    first = at_work.hear(text, source="rss", feed="Herald")
    at_work.hear("Midvale meets")
    copies = [first, at_work.hear(text, source="rss", feed="Gazette")]
    for copy in copies:
        at_work.say(copy, tag="neutral")
    at_work.say(at_work.hear("Midvale in another state"), relevant=False)
    silent = at_work.correct("Die neue Brücke in Midvale ist schön", "good")
    with at_work.store.writing() as connection:
        from sqlalchemy import text as sql

        connection.execute(sql("UPDATE mentions SET tag = 'unscored' WHERE id = :id"), {"id": silent.id})
        connection.execute(sql("UPDATE reviews SET machine = 'unscored' WHERE tag = 'good'"))
    found = teaching.labels(at_work.store)
    assert [(each.tag, each.given, each.kind) for each in found] == [("neutral", "bad", "headline")]


def test_what_was_judged_keeps_the_tag_that_the_machine_had_given(at_work: Town) -> None:
    """Tagged anew since, and answered since: the mistake that was made then stays one."""
    post = at_work.correct("The terrible bridge detour", "neutral")
    [one] = teaching.judged(at_work.store)
    assert (one.person, one.machine, one.topic, one.source) == ("neutral", "bad", "The town", "mastodon")
    assert (post.score, reasons_text(post.why)) == (one.score, one.why)
    retag.carry_out(at_work.store, Tagger(neutral=["terrible"]), kind_of)
    at_work.say(post, status="answered")
    assert machine(stored(at_work.store)[post.id]) == "neutral"
    [one] = teaching.judged(at_work.store)
    assert (one.machine, one.score, one.why) == ("bad", None, "")


def test_people_agree_on_what_somebody_read_a_second_time(at_work: Town) -> None:
    """Read by three, by two alike, and by one alone: of four pairs two agree. A correction is no second reading."""
    posts = [at_work.correct(f"The bridge at {place}", "neutral") for place in PLACES[:4]]
    at_work.say(posts[0], by="Ben", tag="good", kind="second")
    at_work.say(posts[0], by="Cleo", tag="good", kind="second")
    at_work.say(posts[1], by="Ben", tag="bad", kind="second")
    at_work.say(posts[1], by="Ben", tag="neutral", kind="second")
    at_work.say(posts[2], by="Ben", tag="bad")
    found = teaching.people_agree(at_work.store)
    assert (Share(part=2, base=4), 2) == (found.share, found.mentions)
    assert tuple(at_work.number(post) for post in (posts[0], posts[2])) == found.differ


def test_without_a_review_there_is_nothing(at_work: Town) -> None:
    """An empty review proposes nothing, and nobody agrees with nobody."""
    at_work.hear("The terrible bridge")
    assert teaching.labels(at_work.store) == []
    assert teaching.judged(at_work.store) == []
    assert Share(part=0, base=0) == teaching.people_agree(at_work.store).share
    assert teaching.neutral_words(at_work.store, at_work.settings) == []
    assert teaching.exclusions(at_work.store, at_work.settings) == []
    assert None is teaching.lesson(at_work.store, at_work.settings)


# --- neutral words --------------------------------------------------------------------------------------------------


def test_a_word_behind_repeated_corrections_is_proposed_with_what_it_would_change(at_work: Town) -> None:
    """Four detours were called bad for one word; two more that nobody has read would turn neutral with them."""
    posts = detours(at_work)
    for place in PLACES[4:6]:
        at_work.hear(f"The terrible bridge detour begins at {place}")
    at_work.hear("A horrid day at the bridge")
    [found] = teaching.neutral_words(at_work.store, at_work.settings)
    assert (found.word, found.side, found.corrections, found.base) == ("terrible", "bad", 4, 4)
    assert sorted(at_work.number(post) for post in posts) == list(found.numbers)
    assert (6, Counter({("bad", "neutral"): 6})) == (found.preview.read, found.preview.moves)
    said = "You corrected all 4 posts that you read in which “terrible” moved the tag: they were called bad."
    assert said == found.reason
    assert found.effect == "6 stored posts would turn neutral."


def test_three_corrections_and_four_of_five_are_asked_for(at_work: Town) -> None:
    """Two stories are too few; a word that is right more often than one time in five stays."""
    detours(at_work, 2)
    assert teaching.neutral_words(at_work.store, at_work.settings) == []
    at_work.correct("A terrible detour by the bridge again", "good")
    assert [each.word for each in teaching.neutral_words(at_work.store, at_work.settings)] == ["terrible"]
    at_work.correct("A terrible noise at the bridge all night", "bad")
    assert teaching.neutral_words(at_work.store, at_work.settings) == []


def test_words_that_the_settings_know_are_not_proposed(at_work: Town) -> None:
    """Neutral already but not tagged anew yet, or scored because the team said so."""
    detours(at_work)
    listed = ("Terrible",)
    for tags in (TagSettings(neutral=listed), TagSettings(scored=listed)):
        assert teaching.neutral_words(at_work.store, replace(at_work.settings, tags=tags)) == []


def test_a_preview_is_of_the_word_alone(at_work: Town) -> None:
    """What waits to be tagged anew for another word is no effect of this one."""
    detours(at_work)
    at_work.hear("A horrid day at the bridge")
    tags = replace(at_work.settings.tags, neutral=("horrid",))
    found = teaching.neutral_word(at_work.store, replace(at_work.settings, tags=tags), "Terrible")
    assert Counter({("bad", "neutral"): 4}) == found.moves


def test_making_a_word_neutral_equals_tagging_all_again(at_work: Town) -> None:
    """The file keeps its remarks, every stored tag is that of a fresh pass, and people's verdicts stay."""
    detours(at_work, 3)
    at_work.correct("What a horrid day at the bridge", "good")
    for word in PRAISE:
        at_work.hear(f"A {word} bridge, after such a terrible winter")
    before = stored(at_work.store)
    [found] = teaching.neutral_words(at_work.store, at_work.settings)
    applied = teaching.make_neutral(at_work.settings, at_work.store, found.word)
    assert found.preview.moves == applied.found.moves
    assert applied.settings.tags.neutral == ("terrible",)
    assert at_work.settings.path.read_text(encoding="utf-8") == SETTINGS + '\n[tags]\nneutral = ["terrible"]\n'  # type: ignore[union-attr]
    assert "listening retag" in applied.undo
    fresh = door.tagger_of(applied.settings)
    for id_, post in stored(at_work.store).items():
        again = fresh.tag(post.text, title=post.title, kind=kind_of(post.source), allowed=True)
        assert (again.tag, again.score, again.why, again.tagger) == (machine(post), post.score, post.why, post.tagger)
        assert verdict(before[id_]) == verdict(post)
    assert teaching.neutral_words(at_work.store, applied.settings) == []


def verdict(post: Mention) -> object:
    """What a person said, whatever the machine says."""
    return replace(post.verdict, machine="unscored") if post.verdict else None


@pytest.mark.parametrize(
    ("word", "said"),
    [("Late", "is neutral already"), ("again", "is scored"), ("🎉", "is no word"), (" ", "is no word")],
)
def test_a_word_that_cannot_become_neutral_is_refused(at_work: Town, word: str, said: str) -> None:
    """And the file is as it was, also where it was changed since the page was opened."""
    file = at_work.settings.path
    assert file is not None
    written = SETTINGS + '[tags]\nneutral = ["late"]\nscored = ["again"]\n'
    file.write_text(written, encoding="utf-8")
    with pytest.raises(InputError, match=said):
        teaching.make_neutral(at_work.settings, at_work.store, word)
    assert written == file.read_text(encoding="utf-8")


# --- exclusions -----------------------------------------------------------------------------------------------------


def elsewhere(at_work: Town) -> list[Mention]:
    """Posts about another Midvale that a reviewer marked, some that nobody has read, and some about ours."""
    marked = [
        at_work.hear("Midvale, Lake County: the fair opens on Sunday"),
        at_work.hear("A parade in Midvale. Lake County is out and about"),
        at_work.hear("Lake County and Midvale plant trees"),
    ]
    for post in marked:
        at_work.say(post, relevant=False)
    at_work.hear("Midvale in Lake County has a new baker")
    for text in (
        "The fair in Midvale was lovely",
        "A new bench by the lake in Midvale",
        "The county bus to the bridge",
    ):
        at_work.correct(text, "good")
    return marked


def test_words_of_what_is_not_about_us_are_proposed_with_what_would_leave(at_work: Town) -> None:
    """Lake County stands in all three and in nothing about us, unlike fair, lake and county."""
    marked = elsewhere(at_work)
    [found] = teaching.exclusions(at_work.store, at_work.settings)
    assert (found.topic, found.words, found.stories, found.about_us) == ("The town", "Lake County", 3, 3)
    assert found.query == '(midvale OR bridge) AND NOT "Lake County"'
    assert sorted(at_work.number(post) for post in marked) == list(found.numbers)
    assert (found.preview.leave, found.preview.gone, found.preview.marked, found.preview.about_us) == (1, 1, 3, 0)
    assert [each.text for each in found.preview.examples] == ["Midvale in Lake County has a new baker"]
    assert found.reason == (
        "“Lake County” stands in 3 stories of The town that you marked as not about you, and in none of the 3 that are."
    )
    assert found.effect == (
        "1 stored post would leave The town, 1 of them would be counted no longer; so would 3 that you marked. "
        "You read none of them as about you."
    )


def test_a_preview_agrees_with_matching_anew(at_work: Town) -> None:
    """What the preview counts is what rematch would drop, whatever reads everything that could differ."""
    elsewhere(at_work)
    [found] = teaching.exclusions(at_work.store, at_work.settings)
    topics = (replace(at_work.settings.topics[0], query=found.query), at_work.settings.topics[1])
    whole = rematch.preview(at_work.store, door.queries_of(replace(at_work.settings, topics=topics)))
    assert found.preview.leave + found.preview.marked == whole.dropped["The town"]


def test_the_topics_own_words_and_the_agencys_are_not_proposed(at_work: Town) -> None:
    """Nothing is left of a query that leaves out what it asks for."""
    for text in ("Midvale bridge", "The bridge, Midvale", "Midvale town"):
        at_work.say(at_work.hear(text), relevant=False)
    assert teaching.exclusions(at_work.store, at_work.settings) == []


def test_a_copy_about_us_keeps_its_words_in(at_work: Town) -> None:
    """Of copies that were judged alike one stands for all; a word in another of them is kept all the same."""
    elsewhere(at_work)
    text = "The bridge committee of Midvale met on Monday and spoke of paint, lamps, benches and the new handrail."
    for more in ("", " Lake County Press"):
        at_work.correct(text + more, "neutral", source="rss", feed=f"Paper{more}")
    assert len({post.story for post in stored(at_work.store).values() if post.text.startswith(text)}) == 1
    assert [each.words for each in teaching.exclusions(at_work.store, at_work.settings)] == []
    proposal = teaching.exclusion(at_work.store, at_work.settings, "The town", "lake county")
    assert proposal.preview.about_us == 1
    with pytest.raises(InputError, match="1 post with “lake county” that you read as about you would leave"):
        teaching.exclude(at_work.settings, at_work.store, proposal)


def test_excluding_equals_matching_all_again(at_work: Town) -> None:
    """The file keeps its remarks; topics are those of a fresh pass; verdicts stay, and so does what is about us."""
    elsewhere(at_work)
    at_work.hear("Lake County paints its bridge")
    before = stored(at_work.store)
    [found] = teaching.exclusions(at_work.store, at_work.settings)
    applied = teaching.exclude(at_work.settings, at_work.store, found)
    file = applied.settings.path
    assert file is not None
    assert SETTINGS.replace('"midvale OR bridge"', "'(midvale OR bridge) AND NOT \"Lake County\"'") == file.read_text(
        encoding="utf-8"
    )
    assert dict(applied.found.dropped) == {"The town": 5, "Bridges": 1}
    assert "listening rematch" in applied.undo
    matcher = Matcher(door.queries_of(applied.settings))
    for id_, post in stored(at_work.store).items():
        assert tuple(matcher.match(post)) == post.topics
        assert verdict(before[id_]) == verdict(post)
    assert teaching.exclusions(at_work.store, applied.settings) == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("midvale", 'midvale AND NOT "Lake County"'),
        ("(midvale OR bridge)", '(midvale OR bridge) AND NOT "Lake County"'),
        ('midvale -"far away"', 'midvale -"far away" AND NOT "Lake County"'),
        ("midvale OR\n  bridge\n", '(midvale OR\n  bridge)\nAND NOT "Lake County"'),
    ],
)
def test_a_query_stays_as_a_person_wrote_it(at_work: Town, before: str, after: str) -> None:
    """Brackets come where the meaning needs them, lines stay lines, and the new query reads back the same."""
    file = at_work.settings.path
    assert file is not None
    file.write_text(SETTINGS.replace('"midvale OR bridge"', f'"""\n{before}"""'), encoding="utf-8")
    settings = settings_files.load(file)
    elsewhere(at_work)
    found = teaching.exclusion(at_work.store, settings, "The town", "Lake County")
    assert after == found.query
    assert parse(f'({before}) AND NOT "lake county"').root == parse(found.query).root
    assert after == teaching.exclude(settings, at_work.store, found).settings.topics[0].query
    assert after in file.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("topic", "words", "said"),
    [
        ("Ferries", "lake", "There is no topic “Ferries”"),
        ("The town", "!!", "cannot be left out"),
        ("The town", 'lake" OR "county', "cannot be left out"),
        ("The town", "coun*", "cannot be left out"),
    ],
)
def test_an_exclusion_that_cannot_be_is_explained(at_work: Town, topic: str, words: str, said: str) -> None:
    """Words are words: nothing of the query language slips in with them."""
    with pytest.raises(InputError, match=said):
        teaching.exclusion(at_work.store, at_work.settings, topic, words)


WORDS = st.lists(
    st.sampled_from(["midvale", "bridge", "lake", "county", "fair", "tram", "Tram", "the", "and"]),
    min_size=1,
    max_size=5,
)


@hypothesis_settings(max_examples=30)
@given(st.lists(st.tuples(WORDS, st.sampled_from(["read", "away", "open", "unread"])), min_size=2, max_size=14))
def test_an_exclusion_never_drops_what_people_read_as_about_us(
    tmp_path_factory: pytest.TempPathFactory, said: list[tuple[list[str], str]]
) -> None:
    """Whatever was said of whatever: every proposal, applied, leaves these mentions in all their topics."""
    folder = tmp_path_factory.mktemp("town")
    file = folder / "listening.toml"
    file.write_text(SETTINGS + 'department = "Roads"\n', encoding="utf-8")
    settings = settings_files.load(file)
    store = open_store(settings.store_url, ZoneInfo("UTC"))
    posts = [
        Mention(
            source="mastodon", feed="f", key=str(n), text=" ".join(words), id=f"m{n}", published_at=NOON, language="en",
            collected_at=NOON, tagger="t", question=True,
        )
        for n, (words, _) in enumerate(said)
    ]  # fmt: skip
    matcher = Matcher(door.queries_of(settings))
    held = [
        (replace(post, topics=tuple(found)), what)
        for post, (_, what) in zip(posts, said, strict=True)
        if (found := matcher.match(post))
    ]
    with store.writing() as connection:
        from listening.store import save

        save(store, connection, [post for post, _ in held])
    rematch.note_queries(store, door.queries_of(settings))
    desk = Desk.of(store, settings)
    changes: dict[str, dict[str, Any]] = {
        "read": {"tag": "neutral"}, "away": {"relevant": False}, "open": {"status": "open"}
    }  # fmt: skip
    for number, (_, what) in enumerate(held, start=1):
        if what in changes:
            desk.judge([number], changes[what], reviewer="Ana", at=LATER, seen=number)
    kept = {post.id: post.topics for post, what in held if what in ("read", "open")}
    for proposal in teaching.exclusions(store, settings):
        assert proposal.preview.about_us == 0
        before = counted(store, proposal.topic)
        settings = teaching.exclude(settings, store, proposal).settings
        if proposal.topic == "The town":
            assert proposal.preview.leave >= len(before - counted(store, proposal.topic))
        assert kept == {id_: post.topics for id_, post in stored(store).items() if id_ in kept}


# --- what may not be changed ----------------------------------------------------------------------------------------


def test_the_invented_town_stays_as_it_is(at_work: Town) -> None:
    """The demo's settings lie in the project: trying the page must not change them."""
    file = demo.folder() / "listening.toml"
    before = file.read_bytes()
    with pytest.raises(InputError, match="invented town"):
        teaching.make_neutral(settings_files.load(file), at_work.store, "terrible")
    assert file.read_bytes() == before


def test_a_snapshot_and_settings_without_a_file_are_refused(at_work: Town, tmp_path: Path) -> None:
    """A snapshot stays as it is; settings that are in no file cannot be written into."""
    elsewhere(at_work)
    proposal = teaching.exclusion(at_work.store, at_work.settings, "The town", "Lake County")
    frozen = snapshot.take(at_work.settings, at_work.store, tmp_path / "frozen", now=LATER)
    refused = settings_files.load(frozen.settings)
    nowhere = replace(at_work.settings, path=None)
    for settings, said in ((refused, "is a snapshot"), (nowhere, "in no file")):
        outcome = teaching.learn_now(at_work.store, at_work.settings)
        with pytest.raises(InputError, match=said):
            teaching.make_neutral(settings, at_work.store, "terrible")
        with pytest.raises(InputError, match=said):
            teaching.exclude(settings, at_work.store, proposal)
        with pytest.raises(InputError, match=said):
            teaching.adopt(settings, at_work.store, outcome)


# --- learning -------------------------------------------------------------------------------------------------------


def lessons(at_work: Town, first: int, last: int) -> None:
    """A team that calls every detour good, and knows the tagger's other words."""
    for n in range(first, last):
        text, tag = [
            (f"The terrible detour over bridge {n} has begun", "good"),
            (f"Thanks for the lovely bridge number {n}", "good"),
            (f"The horrid noise by the bridge on day {n}, awful", "bad"),
            (f"The council of Midvale meets in room {n}", "neutral"),
        ][n % 4]
        post = at_work.hear(text)
        at_work.say(post, tag=tag)


def test_a_lesson_says_how_much_there_is_and_what_is_new(at_work: Town) -> None:
    """Too few; enough; learned and adopted; then only the new ones count."""
    lessons(at_work, 0, 4)
    found = teaching.lesson(at_work.store, at_work.settings)
    assert found is not None
    assert (found.labels, found.learned_from, found.since, found.worth) == (4, 0, 4, False)
    assert found.said == "4 labels of yours so far: from 20 on the tags can learn from them."
    lessons(at_work, 4, 124)
    found = teaching.lesson(at_work.store, at_work.settings)
    assert found is not None
    assert (found.labels, found.worth) == (124, True)
    outcome = teaching.learn_now(at_work.store, at_work.settings)
    applied = teaching.adopt(at_work.settings, at_work.store, outcome)
    assert applied.found.changed > 0
    assert retag.pending(at_work.store, door.tagger_of(at_work.settings)) == 0
    learned = json.loads(settings_files.learned_file(at_work.settings).read_text(encoding="utf-8"))
    assert learned["labels"] == 124
    found = teaching.lesson(at_work.store, at_work.settings)
    assert found is not None
    assert (found.learned_from, found.since, found.worth) == (124, 0, False)
    assert found.said == "The tags have learned from 124 labels of yours; 0 new since."


def test_what_an_older_model_learned_is_said_to_count_no_more(at_work: Town) -> None:
    """Nobody is left to believe that the corrections of last year still work: the lesson and `check` say it."""
    lessons(at_work, 0, 124)
    teaching.adopt(at_work.settings, at_work.store, teaching.learn_now(at_work.store, at_work.settings))
    assert teaching.outdated(at_work.settings) == ""
    file = settings_files.learned_file(at_work.settings)
    file.write_text(json.dumps({**json.loads(file.read_text(encoding="utf-8")), "model": "1"}), encoding="utf-8")
    said = "What was learned from 124 labels of yours belongs to an older model, and does not count with this one."
    again = "Learn again: listening learn (with your file, where you learned from one)."
    assert teaching.outdated(at_work.settings) == f"{said} {again}"
    found = teaching.lesson(at_work.store, at_work.settings)
    assert found is not None
    assert (found.learned_from, found.outdated, found.worth) == (0, 124, True)
    assert found.said == f"{said} The tags can learn from 124 labels of yours."
    lessons(at_work, 124, 126)
    teaching.adopt(at_work.settings, at_work.store, teaching.learn_now(at_work.store, at_work.settings))
    assert teaching.outdated(at_work.settings) == ""
    rules = replace(at_work.settings, tags=replace(at_work.settings.tags, tagger="rules"))
    assert teaching.outdated(rules) == ""


def test_enough_of_each_tag_is_needed(at_work: Town) -> None:
    """Twenty labels of two tags teach nothing of the third."""
    for n in range(20):
        at_work.correct(f"The bridge of day {n}", "neutral" if n else "bad")
    found = teaching.lesson(at_work.store, at_work.settings)
    assert found is not None
    assert (found.lacking, found.enough) == (("good", "bad"), False)
    assert found.said == "20 labels of yours so far, and too few of them good and bad: 2 of each are needed."


def test_what_is_not_better_is_not_adopted(at_work: Town) -> None:
    """A handful of labels, or rules: nothing is written."""
    lessons(at_work, 0, 4)
    with pytest.raises(InputError, match="nothing to adopt"):
        teaching.adopt(at_work.settings, at_work.store, teaching.learn_now(at_work.store, at_work.settings))
    rules = replace(at_work.settings, tags=replace(at_work.settings.tags, tagger="rules"))
    assert None is teaching.lesson(at_work.store, rules)
    with pytest.raises(InputError, match="rules do not learn"):
        teaching.learn_now(at_work.store, rules)
    assert not settings_files.learned_file(at_work.settings).exists()


# --- from the command line ------------------------------------------------------------------------------------------


def test_learning_and_evaluating_without_a_file_take_the_review(
    at_work: Town, capsys: pytest.CaptureFixture[str]
) -> None:
    """The page's sentence is written when asked for; what was learned counts once it is retagged."""
    lessons(at_work, 0, 120)
    post = at_work.hear("The bridge is the bridge")
    at_work.say(post, tag="neutral")
    at_work.say(post, by="Ben", tag="good", kind="second")
    assert main(["evaluate", "--show"]) == 0
    said = capsys.readouterr().out
    assert "Of 121 mentions you checked, 91 had the right tag" in said
    assert "1 mention was read twice: of 1 pair of readers 0 gave the same tag" in said
    assert "On 1 mention you gave different tags." in said
    assert sentences.checked(noted(at_work.store, CHECKED)).startswith("Of 121 posts that we checked by hand, 91 ")
    assert main(["evaluate", "--json"]) == 0
    people = json.loads(capsys.readouterr().out)["people"]
    assert (0, 1, [at_work.number(post)]) == (people["part"], people["base"], people["differ"])
    assert main(["learn"]) == 0
    assert "Adopted" in capsys.readouterr().out
    assert json.loads(settings_files.learned_file(at_work.settings).read_text(encoding="utf-8"))["labels"] == 121


@pytest.mark.parametrize("command", ["evaluate", "learn"])
def test_without_a_review_the_way_to_one_is_said(
    at_work: Town, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The review page first, the file as another way."""
    assert main([command]) == 2
    said = " ".join(capsys.readouterr().err.split())
    assert "listening serve, Review" in said
    assert f"listening {command} week.csv" in said


def test_teach_lists_tries_and_applies(at_work: Town, capsys: pytest.CaptureFixture[str]) -> None:
    """Numbered, each with its command; a trial writes nothing; what is applied is gone from the list."""
    file = at_work.settings.path
    assert file is not None
    detours(at_work)
    elsewhere(at_work)
    assert main(["teach"]) == 0
    said = capsys.readouterr().out
    assert "1. Make “terrible” neutral." in said
    assert "4 stored posts would turn neutral." in said
    assert "listening teach --neutral terrible" in said
    assert "2. Leave “Lake County” out of The town." in said
    assert 'listening teach --exclude "The town:Lake County"' in said
    assert "Nothing was changed" in said
    assert main(["teach", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (
        [each["word"] for each in found["neutral"]],
        [each["words"] for each in found["exclude"]],
        found["learn"]["labels"],
    ) == (["terrible"], ["Lake County"], 7)
    for words in (["--neutral", "terrible"], ["--exclude", "The town:Lake County"]):
        assert main(["teach", *words, "--dry-run"]) == 0
        assert "Nothing was written" in capsys.readouterr().out
    assert file.read_text(encoding="utf-8") == SETTINGS
    assert main(["teach", "--neutral", "terrible"]) == 0
    said = capsys.readouterr().out
    assert "“terrible” is neutral now. 4 tags changed." in said
    assert "To take it back" in said
    assert main(["teach", "--exclude", "The town:Lake County", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["dropped"] == {"The town": 4}
    assert main(["teach"]) == 0
    assert "Your corrections propose nothing yet." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--exclude", "Ferries:lake"], "begins with no topic's name"),
        (["--exclude", "The town:"], "cannot be left out"),
        (["--neutral", "…"], "is no word"),
        (["--neutral", "late", "--exclude", "The town:lake"], "One at a time"),
    ],
)
def test_what_cannot_be_taught_is_explained(
    at_work: Town, words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """With what to do instead; the settings are as they were."""
    assert main(["teach", *words]) == 2
    assert said in capsys.readouterr().err
    assert at_work.settings.path is not None
    assert at_work.settings.path.read_text(encoding="utf-8") == SETTINGS
