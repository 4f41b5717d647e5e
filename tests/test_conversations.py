"""What is said around mentions: that we answered is a fact, threads are shown, and nothing of them is in a number."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web
from service_kit import NOW, Services, stored
from sqlalchemy import func, select

from listening import conversations, forgetting, retention
from listening.conversations import Heard
from listening.fetch import Client
from listening.models import Feed, Mention
from listening.settings import Retention
from listening.store import Reader, Store, View, conversing, removing, reviewing
from listening.store.schema import replies, threads

HOST = "hn.algolia.com"
FEED = Feed(name="Hacker News", source="hackernews", options={"search": "Quillhaven"})
AT = int(NOW.timestamp())
HOUR = timedelta(hours=1)
DAYS = View(start=NOW - timedelta(days=5), end=NOW + timedelta(days=5))
QUESTION = "Does anybody know when the Quillhaven library opens on Sunday?"


def item(number: int, text: str = "", author: str = "bo", at: int = AT, **more: Any) -> dict[str, Any]:
    """One comment of a conversation, with those below it."""
    return {
        "id": number,
        "type": "comment",
        "author": author,
        "text": text,
        "created_at_i": at,
        "children": [],
        "parent_id": 10,
        **more,
    }


class Talk:
    """A site with a question (number 10, below story 7) and whatever is said around it; ``town`` is our account."""

    def __init__(self, store: Store) -> None:
        self.store, self.services = store, Services()
        self.hits = [
            {"objectID": "10", "created_at_i": AT - 3600, "author": "ada", "comment_text": QUESTION, "parent_id": 7}
        ]
        self.below: list[dict[str, Any]] = []
        self.status = 200
        self.services.on(HOST, "/api/v1/search_by_date")(self._search)
        self.services.on(HOST, "/api/v1/items/*")(self._item)

    async def _search(self, _: web.Request) -> web.Response:
        return web.json_response({"hits": self.hits, "page": 0, "nbPages": 1, "nbHits": len(self.hits)})

    async def _item(self, request: web.Request) -> web.Response:
        if self.status != 200:
            return web.Response(status=self.status)
        number = request.path.rpartition("/")[2]
        if number == "7":
            return web.json_response({"id": 7, "type": "story", "author": "cleo", "title": "Libraries", "children": []})
        return web.json_response({**item(int(number), QUESTION, "ada", parent_id=7), "children": self.below})

    def collect(self, after: timedelta = timedelta(0)) -> None:
        """One collection."""
        self.services.collect(self.store, FEED, own=("town",), after=after, retry=True)

    def read(self, after: timedelta = timedelta(0), feeds: tuple[Feed, ...] = (FEED,)) -> Heard:
        """One round of reading conversations."""
        self.services.now += after

        async def work(client: Client) -> Heard:
            return await conversations.read(self.services.job(self.store, client, own=("town",)), feeds)

        return self.services.use(work)

    def question(self) -> Mention:
        """The question, as it is stored now."""
        return next(mention for mention in stored(self.store) if mention.key == "10")

    def waited(self) -> tuple[int, ...] | None:
        with self.store.reading() as connection:
            return Reader(self.store, connection).waited(DAYS)

    def kept(self) -> list[str]:
        """The texts that are kept beside the mentions."""
        with self.store.reading() as connection:
            return sorted(connection.execute(select(replies.c.text)).scalars())

    def asked(self) -> list[str]:
        """Which items were asked for."""
        return [path.rpartition("/")[2] for path in self.services.paths(HOST) if "/items/" in path]


@pytest.fixture
def talk(store: Store) -> Talk:
    """The question, collected."""
    made = Talk(store)
    made.collect()
    return made


def test_an_answer_of_ours_is_a_fact(talk: Talk) -> None:
    """Nobody need note it: who answered, when, and how long the question had waited."""
    assert talk.waited() is None
    talk.below = [item(11, "On Sunday it opens at ten.", "town", AT + 3600)]
    talk.read(HOUR)
    verdict = talk.question().verdict
    assert verdict is not None
    assert (verdict.status, verdict.answered_by, verdict.reviewer) == ("answered", "town", reviewing.BY_ITSELF)
    assert verdict.answered_at == NOW + HOUR
    assert not verdict.read
    assert talk.waited() == (7200,)
    with talk.store.reading() as connection:
        assert Reader(talk.store, connection).total(View(start=DAYS.start, end=DAYS.end, answered=True)) == 1
        assert reviewing.reviewers(connection) == []


def test_an_answer_of_ours_is_in_no_number(talk: Talk) -> None:
    """It is kept beside the mentions, and so is what others said around the question."""
    talk.below = [item(11, "On Sunday it opens at ten.", "town"), item(12, "I wonder too.", "dora")]
    talk.read()
    assert [mention.key for mention in stored(talk.store)] == ["10"]
    assert talk.kept() == ["", "I wonder too.", "On Sunday it opens at ten."]  # the story has a title only


def test_that_nobody_answered_is_known_when_the_conversation_was_read(talk: Talk) -> None:
    """Before, it is unknown and no sentence speaks of it; then it is none of one."""
    assert talk.waited() is None
    talk.read()
    assert talk.waited() == ()


def test_what_a_person_says_of_it_stands(talk: Talk) -> None:
    """The answer is noted once: who opens the question again is not overruled by the next round."""
    talk.below = [item(11, "On Sunday it opens at ten.", "town", AT)]
    talk.read()
    with talk.store.writing() as connection:
        number = Reader(talk.store, connection).numbered([1])
        change = {"status": "open", "answered_at": None}
        reviewing.review(talk.store, connection, dict.fromkeys(number, change), reviewer="Ana", at=NOW, seen=99)
    talk.read(timedelta(days=1))
    verdict = talk.question().verdict
    assert verdict is not None
    assert (verdict.status, verdict.reviewer) == ("open", "Ana")


def test_who_noted_the_answer_is_not_overwritten(talk: Talk) -> None:
    """A person said it first, with a time of her own."""
    with talk.store.writing() as connection:
        change = {"status": "answered", "answered_at": NOW, "answered_by": "Ana"}
        reviewing.review(talk.store, connection, {1: change}, reviewer="Ana", at=NOW, seen=0)
    talk.below = [item(11, "At ten.", "town", AT + 60)]
    talk.read(HOUR)
    verdict = talk.question().verdict
    assert verdict is not None
    assert (verdict.answered_by, verdict.answered_at) == ("Ana", NOW)


def test_an_answer_that_came_before_its_question_is_found(store: Store) -> None:
    """Our answer was in the feed's first page, the question only in a later one."""
    talk = Talk(store)
    question = talk.hits.pop()
    talk.hits = [{"objectID": "11", "created_at_i": AT, "author": "town", "comment_text": "At ten.", "parent_id": 10}]
    talk.collect()
    assert (stored(store), talk.kept()) == ([], ["At ten."])
    talk.hits.append(question)
    talk.collect(HOUR)
    assert talk.waited() == (3600,)


def test_answers_to_our_own_posts_are_kept(store: Store) -> None:
    """They match no topic; who wrote them answered us."""
    talk = Talk(store)
    talk.hits = [
        {"objectID": "20", "created_at_i": AT, "author": "town", "comment_text": "The pool opens on Monday."},
        {"objectID": "21", "created_at_i": AT, "author": "ada", "comment_text": "Lovely!", "parent_id": 20},
        {"objectID": "22", "created_at_i": AT, "author": "bo", "comment_text": "Unrelated.", "parent_id": 99},
    ]
    talk.collect()
    assert talk.kept() == ["Lovely!", "The pool opens on Monday."]
    talk.read()
    assert talk.asked() == ["20"]


def test_a_mention_opens_with_its_thread_around_it(talk: Talk) -> None:
    """What it answers above, what answers it below, oldest first; ours among them."""
    inner = item(13, "Thank you!", "ada", AT + 90, parent_id=11)
    talk.below = [item(12, "I wonder too.", "dora", AT + 30), item(11, "At ten.", "town", AT + 60, children=[inner])]
    talk.read(HOUR)
    with talk.store.reading() as connection:
        thread = conversing.around(connection, [talk.question()])[talk.question().id]
    assert [post.title for post in thread.before] == ["Libraries"]
    assert [(post.text, post.own) for post in thread.after] == [
        ("I wonder too.", False),
        ("At ten.", True),
        ("Thank you!", False),
    ]


def test_an_answer_that_speaks_of_us_is_a_mention(talk: Talk) -> None:
    """It is found in the conversation, counted, and stands in the thread as well, once."""
    talk.below = [item(12, "The Quillhaven library is lovely on Sundays.", "dora")]
    assert talk.read().new == 1
    assert sorted(mention.key for mention in stored(talk.store)) == ["10", "12"]
    with talk.store.reading() as connection:
        thread = conversing.around(connection, [talk.question()])[talk.question().id]
    assert [post.key for post in thread.after] == ["12"]


def test_what_others_took_back_is_not_kept(talk: Talk) -> None:
    """With the next reading it is gone; our own answer stays noted."""
    talk.below = [item(11, "At ten.", "town"), item(12, "I wonder too.", "dora")]
    talk.read()
    talk.below = [item(11, "At ten.", "town")]
    talk.hits.append(item(30) | {"objectID": "30", "comment_text": "Is the Quillhaven pool open today?"})
    with talk.store.writing() as connection:
        connection.execute(threads.delete())
        connection.exec_driver_sql("DELETE FROM answers")
    talk.read(timedelta(days=1))
    assert "I wonder too." not in talk.kept()
    assert "At ten." in talk.kept()


def test_a_conversation_is_read_again_after_hours_and_not_for_ever(talk: Talk) -> None:
    """A fresh question every six hours, an older one once a day, a week long; an answered one as any other."""
    talk.read()
    talk.read(HOUR)
    assert talk.asked() == ["10", "7"]
    talk.read(6 * HOUR)
    assert talk.asked() == ["10", "7"] * 2
    talk.read(timedelta(days=8))
    assert talk.asked() == ["10", "7"] * 2


def test_a_server_that_has_enough_is_left_alone(talk: Talk) -> None:
    """The first 429 ends the round at that server; nothing is lost, and the next round asks again."""
    for number in range(40, 60):
        talk.hits.append(talk.hits[0] | {"objectID": str(number)})
    talk.collect(HOUR)
    talk.status = 429
    assert (talk.read().read, len(talk.asked())) == (0, 1)
    talk.status = 200
    assert talk.read().read == conversations.MOST_OF_A_HOST


@pytest.mark.parametrize("status", [404, 403, 500, 200])
def test_a_conversation_that_cannot_be_read_stops_nothing(talk: Talk, status: int) -> None:
    """An error, or something that is no conversation: the rest goes on."""
    talk.status = status
    if status == 200:
        talk.services.answers(HOST, "/api/v1/items/*", "<html>hello</html>")
    assert talk.read().read == 0
    assert talk.question().verdict is None


def test_a_place_that_is_not_in_the_settings_is_not_asked(talk: Talk) -> None:
    """Who takes a place out of the settings wants nothing of it asked."""
    talk.read(feeds=())
    assert talk.asked() == []


def test_what_was_said_around_a_mention_goes_with_it(talk: Talk) -> None:
    """Purged, forgotten or taken back: nothing of the conversation by others is left; our own posts have their own
    time."""
    talk.below = [item(11, "At ten.", "town"), item(12, "I wonder too.", "dora")]
    talk.read()
    with talk.store.writing() as connection:
        removing.withdraw(connection, [1], NOW)
    assert talk.kept() == ["At ten."]
    retention.purge(talk.store, Retention(replies=1), now=NOW + timedelta(days=5), who="Ana")
    assert talk.kept() == []


def test_somebody_in_a_conversation_can_be_forgotten(talk: Talk) -> None:
    """By name, also who wrote no mention; and does not come back with the next reading."""
    talk.below = [item(12, "I wonder too.", "dora")]
    talk.read()
    found = forgetting.find_author(talk.store, "dora", "hackernews", ["hackernews"])
    forgetting.forget(talk.store, found, at=NOW, who="Ana")
    assert "I wonder too." not in talk.kept()
    talk.read(timedelta(days=1))
    assert "I wonder too." not in talk.kept()


def test_purging_mentions_takes_the_conversations_of_others(talk: Talk) -> None:
    """They are no older than what they were said around."""
    talk.below = [item(12, "I wonder too.", "dora")]
    talk.read()
    retention.purge(talk.store, Retention(mentions=1), now=NOW + timedelta(days=5), who="Ana")
    with talk.store.reading() as connection:
        assert connection.execute(select(func.count()).select_from(replies)).scalar_one() == 0
