"""Who asks: by which sentence, and what only looks like asking. The rules are in question_rules.md."""

from __future__ import annotations

import csv
import os
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from question_corpus import labelled
from sqlalchemy import text as sql

from listening import questions
from listening import store as stores
from listening.conclude import asks
from listening.insights.questions import Asking, asking
from listening.insights.questions import questions as shown_questions
from listening.models import Mention, Post, TextKind
from listening.questions import asked
from listening.store import Reader, Store, View, open_store, questioning
from listening.upkeep import catch_up

from conftest import NOON, MakeMention, Save  # isort: skip

EVERYTHING = View(start=NOON - timedelta(days=400), end=NOON + timedelta(days=400))

ASKING = (
    "When does the library open on Sundays?",
    "@townhall can somebody tell me when the ferry leaves",
    "@townhall please look into the lights on Maple Street",
    "@townhall pls fix the bench by the mill",
    "Does anyone know why the 12 did not stop at the market this morning?",
    "Any idea how long the bridge stays closed?",
    "@townhall I would like the address of the permit office",
    "@townhall I need you to move my appointment, thank you",
    "The bin on Mill Lane is full again. Could you empty it?",
    "Stuck in the lift at the town hall. Help!",
    "@townhall still waiting for an answer to my letter of May",
    "Wondering if the pool will be heated this winter.",
    "@townhall what's the status of my application",
    "What is the deadline for the garden grant?",
    "@townhall why is the website down again?",
    "How do I get a parking permit for my mother?",
    "@townhall do something about the ice on the steps",
    "I request the council to repair the path by the school.",
    "@townhall bring back the early bus",
    "May I know when the water comes back",
    "@townhall any update on the leak in Harbor Street?",
    "Please help us, the street is under water",
    "@townhall have an engineer call me",
    "Where can we leave old paint?",
)

NOT_ASKING = (
    "Seriously?",
    "Really??",
    "@townhall how hard can it be to sweep a street?",
    "@townhall what good is that to me?",
    "Are you kidding me? Another year?",
    "Who cares?",
    "Lovely bridge, isn't it?",
    "RT @neighbour: when does the pool open?",
    "“When does the pool open?” my son asks every morning. I love his patience.",
    "Want to win two tickets? Follow the library page",
    "Please share this with everybody who loves the harbor",
    "What do you think of the new logo?",
    "What's your favourite place in town?",
    "Thank you for the quick answer, you made my day",
    "The bus was late again and I missed the ferry",
    "Did you know the mill is 200 years old?",
    "Have you ever seen the harbor at dawn?",
    "Can you believe it opens already!",
    "I can help you with that",
    "What a day!",
    "How lovely is that?",
    "",
)


@pytest.mark.parametrize("text", ASKING)
def test_it_asks(text: str) -> None:
    """With and without a question mark, by name or to whoever knows."""
    found = asked("", text, kind="post")
    assert found is not None
    assert found.words == text[found.start : found.end]


@pytest.mark.parametrize("text", NOT_ASKING)
def test_it_does_not_ask(text: str) -> None:
    """Scorn, figures of speech, other people's words, appeals, polls, thanks, complaints alone."""
    assert asked("", text, kind="post") is None


def test_the_sentence_that_asks_is_named() -> None:
    """Not the whole post, and not the name it begins with."""
    text = "@townhall good morning. The lamp by the mill is dark. Can you have a look? Thanks"
    found = asked("", text, kind="post")
    assert found is not None
    assert (found.part, found.words) == ("text", "Can you have a look?")


def test_a_headline_asks_nothing_and_a_posts_title_may() -> None:
    """Newspapers put questions to their readers; people put theirs into the title of a post."""
    title = "When will the bridge open?"
    assert asked(title, "The council decides on Monday.", kind="headline") is None
    found = asked(title, "I cross it every day.", kind="post")
    assert found is not None
    assert found.part == "title"
    assert asked("Letters", "Can somebody help me find the owner of a grey cat?", kind="headline") is not None


def test_a_headline_that_a_person_passes_on_asks_nothing() -> None:
    """It has a link, names nobody, and speaks of nobody present."""
    assert asked("", "Will the harbor freeze this winter? https://herald.example/ice", kind="post") is None
    assert asked("", "Will my harbor ticket be valid? https://herald.example/ice", kind="post") is not None


@settings(max_examples=300, deadline=None)
@given(title=st.text(), text=st.text(), kind=st.sampled_from(("headline", "post", "feedback")))
@example(title="", text="@a" * 700, kind="post")
@example(title="", text="“" * 1500 + "?", kind="post")
@example(title="", text="so and also but please " * 80 + "?", kind="post")
def test_any_text_is_read_and_what_is_named_stands_in_it(title: str, text: str, kind: TextKind) -> None:
    """Nothing a stranger writes breaks it."""
    found = asked(title, text, kind=kind)
    if found is not None:
        whole = title if found.part == "title" else text
        assert whole[found.start : found.end] == found.words
        assert found.words.strip()


def test_another_language_is_not_judged() -> None:
    """Nobody can tell, and nobody says no."""
    post = Post(source="mastodon", feed="x", key="1", url="", text="¿Cuándo abre la biblioteca?")
    assert asks(post, kind="post", understood=False) is None
    assert asks(post, kind="post", understood=True) is not None


# --- measured

LABELS = Path(__file__).with_name("question_labels.csv")


@pytest.mark.skipif(
    not (os.environ.get("LISTENING_CAPTURES") and os.environ.get("LISTENING_SENTIMENT_DATA")),
    reason="the labelled posts are captured ones; LISTENING_CAPTURES and LISTENING_SENTIMENT_DATA name their folders",
)
def test_it_finds_who_asks_among_labelled_posts() -> None:
    """On the posts by which the rules were made; on others it finds less (README, "How we count")."""
    found = labelled(LABELS)
    assert len(found) >= 4_000
    right = sum(said and label for said, label in found)
    precision = right / sum(said for said, _ in found)
    recall = right / sum(label for _, label in found)
    assert 2 * precision * recall / (precision + recall) >= 0.85


def test_the_labels_name_posts_and_hold_no_text() -> None:
    """Ids and labels only."""
    with LABELS.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert list(rows[0]) == ["round", "file", "id", "asks", "again"]
    assert len({(row["file"], row["id"]) for row in rows}) == len(rows)
    assert {row["asks"] for row in rows} == {"0", "1"}


def test_two_readings_agree() -> None:
    """Posts were read a second time, in another order, without the first labels at hand."""
    with LABELS.open(encoding="utf-8", newline="") as lines:
        twice = [row for row in csv.DictReader(lines) if row["again"]]
    same = sum(row["asks"] == row["again"] for row in twice)
    assert len(twice) >= 500
    assert same / len(twice) >= 0.95


# --- kept


AS_BEFORE_DAILY_COUNTS = (
    *(f"DROP TRIGGER links_{what}" for what in ("added", "removed", "changed")),
    "ALTER TABLE daily DROP COLUMN asking",
    "DROP INDEX followed_posts",
)
"""Makes a store as it was before who asks was counted by day."""


def question_of(store: Store, *mentions: Mention) -> list[bool | None]:
    with store.reading() as connection:
        reader = Reader(store, connection)
        return [one.question for mention in mentions if (one := reader.find(mention.id))]


def catch(store: Store) -> None:
    catch_up(store, lambda source: "headline" if source == "rss" else "post")


def counted(store: Store) -> int:
    with store.reading() as connection:
        return Reader(store, connection).total(View(start=EVERYTHING.start, end=EVERYTHING.end, asking=True))


def test_a_store_of_an_older_version_learns_who_asks_by_the_next_collection(
    tmp_path: Path, mention: MakeMention
) -> None:
    """Until then nobody knows, and the store says so; a collection that is stopped goes on where it was."""
    url = f"sqlite:///{tmp_path}/old.db"
    store = open_store(url, ZoneInfo("UTC"))
    old = [
        mention(text=text)
        for text in ("When does the pool open?", "The pool is lovely.", "¿Cuándo abre el nuevo puente?")
    ]
    with store.writing() as connection:
        stores.save(store, connection, old)
        for statement in (
            *AS_BEFORE_DAILY_COUNTS,
            "DROP INDEX links_questions",
            "ALTER TABLE links DROP COLUMN question",
            "UPDATE terms SET codes = x'01000000'",  # by the rules of then
            "UPDATE meta SET value = '2' WHERE key = 'schema'",
        ):
            connection.execute(sql(statement))
    store.engine.dispose()
    for _ in range(2):
        store = open_store(url, ZoneInfo("UTC"))
    with store.reading() as connection:
        assert not Reader(store, connection).judged()
        assert b"\1\0\0\0" not in connection.execute(sql("SELECT codes FROM terms")).scalars().all()
    assert question_of(store, *old) == [None, None, None]
    catch(store)
    assert question_of(store, *old) == [True, False, None]
    assert counted(store) == 1
    with store.reading() as connection:
        assert Reader(store, connection).judged()


def test_a_store_of_the_version_before_counts_who_asks_by_day(tmp_path: Path, mention: MakeMention, save: Save) -> None:
    """Counted when it is opened, and kept from then on: through new posts, other tags, other answers."""
    url = f"sqlite:///{tmp_path / 'old.db'}"
    store = open_store(url, ZoneInfo("UTC"))
    save(store, *(mention(question=asks) for asks in (True, True, False, None)))
    with store.writing() as connection:
        for statement in (*AS_BEFORE_DAILY_COUNTS, "UPDATE meta SET value = '3' WHERE key = 'schema'"):
            connection.execute(sql(statement))
    store.engine.dispose()
    for _ in range(2):
        store = open_store(url, ZoneInfo("UTC"))
    assert counted(store) == 2
    save(store, mention(question=True), mention(question=True, tag="bad"))
    assert counted(store) == 4
    with store.writing() as connection:
        connection.execute(sql("UPDATE links SET question = 0 WHERE tag = 'bad'"))
        connection.execute(sql("UPDATE links SET tag = 'neutral' WHERE tag = 'good'"))
    assert counted(store) == 3


def test_by_new_rules_what_is_stored_is_judged_again(
    store: Store, mention: MakeMention, save: Save, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What an older version of the rules said does not stay."""
    one = mention(text="When does the pool open?", question=False)
    save(store, one)
    catch(store)
    assert question_of(store, one) == [True]  # a new store is judged once, too
    with store.writing() as connection:
        questioning.save(connection, [], questions.VERSION)
        connection.execute(sql("UPDATE mentions SET question = 0"))
    catch(store)
    assert question_of(store, one) == [False]
    monkeypatch.setattr(questions, "VERSION", "another")
    catch(store)
    assert question_of(store, one) == [True]


def test_an_edited_post_is_judged_by_its_new_words(store: Store, mention: MakeMention, save: Save) -> None:
    """A question taken back asks no longer."""
    one = mention(text="When does the pool open?", question=True)
    save(store, one)
    save(store, mention(**{**fields(one), "text": "The pool opens at nine.", "question": False}))
    assert question_of(store, one) == [False]
    assert counted(store) == 0


def fields(mention: Mention) -> dict[str, object]:
    return {name: getattr(mention, name) for name in ("source", "feed", "key", "published_at")}


# --- shown


def test_the_newest_that_ask_are_shown_one_a_story_none_hidden(store: Store, mention: MakeMention, save: Save) -> None:
    """Copies once; nothing behind a content warning, nothing taken back."""
    at = [NOON - timedelta(hours=hours) for hours in range(6)]
    save(
        store,
        mention(text="Where is the new stop of line 12?", question=True, published_at=at[0]),
        mention(text="Where is the new stop of line 12?", question=True, published_at=at[1], feed="elsewhere"),
        mention(text="Behind a warning?", question=True, published_at=at[2], sensitive=True),
        mention(text="", question=True, published_at=at[3], withdrawn_at=NOON),
        mention(text="The pool is lovely.", question=False, published_at=at[4]),
        mention(text="Who waters the trees?", question=True, published_at=at[5]),
    )
    with store.reading() as connection:
        found = shown_questions(Reader(store, connection), EVERYTHING)
    assert [one.text for one in found] == ["Where is the new stop of line 12?", "Who waters the trees?"]


def test_what_asks_is_cut_out_of_a_long_post(mention: MakeMention) -> None:
    """It begins with the sentence that asks, and ends at a word."""
    long = "The market was full of people again and everybody was happy about the sun. " * 3
    found = asking(mention(text=f"{long}When does it open in winter? {long}"), "post")
    assert found is not None
    assert (found.before, found.words) == ("…", "When does it open in winter?")
    assert found.after.endswith("…")
    assert asking(mention(text="When does it open?"), "post") == Asking(before="", words="When does it open?", after="")
    assert asking(mention(text="It is open."), "post") is None
