"""What is said around mentions: that we answered is a fact, threads are shown, and nothing of them is in a number."""

from __future__ import annotations

import asyncio
from dataclasses import fields, replace
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web
from service_kit import NOW, Services, stored
from sqlalchemy import func, select

from listening import conversations, forgetting, retention
from listening.collect import Found, empty, keep_again, save_found, sort_out
from listening.conversations import Heard
from listening.fetch import Client
from listening.models import Feed, Mention, Post, mention_id
from listening.pages import threads as pages_threads
from listening.privacy import Mask
from listening.settings import Retention
from listening.store import Reader, Store, View, conversing, redacting, removing, reviewing
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
    assert (talk.read(timedelta(minutes=30)).read, len(talk.asked())) == (0, 1)
    assert talk.read(HOUR).read == conversations.MOST_OF_A_HOST


@pytest.mark.parametrize("status", [404, 403, 401, 500, 200])
def test_a_conversation_that_cannot_be_read_says_nothing(talk: Talk, status: int) -> None:
    """An error, or something that is no conversation: nobody knows whether it was answered, and what is kept stays."""
    talk.below = [item(12, "I wonder too.", "dora")]
    talk.hits.append({**talk.hits[0], "objectID": "60"})
    talk.collect()
    talk.read()
    kept = talk.kept()
    with talk.store.writing() as connection:
        connection.execute(threads.delete().where(threads.c.n == 2))
        connection.execute(threads.update().values(posts=None))
    talk.status = status
    if status == 200:
        talk.services.answers(HOST, "/api/v1/items/*", "<html>hello</html>")
    assert talk.read(timedelta(hours=7)).read == 0
    assert (talk.waited(), talk.kept()) == (None, kept)


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


# --- what must not happen ---------------------------------------------------------------------------------------------


def test_answers_to_our_own_post_are_kept_as_long_as_it_is(store: Store) -> None:
    """Taken back by who wrote them, they go with the next reading; removed, our post takes them with it."""
    talk = Talk(store)
    post = {"objectID": "20", "created_at_i": AT, "author": "town", "comment_text": "The Quillhaven pool opens."}
    talk.hits = [post, {"objectID": "21", "created_at_i": AT, "author": "ada", "comment_text": "Hm.", "parent_id": 20}]
    talk.collect()
    talk.below = [item(22, "Lovely!", "dora", parent_id=20)]
    talk.read()
    assert talk.kept() == ["Hm.", "Lovely!"] or talk.kept() == ["Lovely!"]
    talk.below = []
    talk.read(timedelta(hours=7))
    assert talk.kept() == []
    talk.below = [item(22, "Lovely!", "dora", parent_id=20)]
    talk.read(timedelta(hours=7))
    with store.writing() as connection:
        removing.remove(connection, [1])
    assert talk.kept() == []


def test_thanks_below_our_answer_go_with_the_question(talk: Talk) -> None:
    """Whoever thanks us with a telephone number wants it gone when the question is."""
    inner = item(13, "Thank you, I am at the mill.", "ada", AT + 90, parent_id=11)
    talk.below = [item(11, "At ten.", "town", AT + 60, children=[inner])]
    talk.read(HOUR)
    with talk.store.writing() as connection:
        removing.withdraw(connection, [1], NOW)
    assert talk.kept() == ["At ten."]


def test_what_is_forgotten_while_its_conversation_is_read_stays_away(talk: Talk) -> None:
    """Nothing of the answer that comes a moment later is kept."""
    talk.below = [item(12, "I wonder too.", "dora")]
    whole = talk.services.handlers[HOST, "/api/v1/items/*"]

    async def slow(request: web.Request) -> web.StreamResponse:
        if ids := [mention.id for mention in stored(talk.store)]:
            forgetting.forget(talk.store, forgetting.find_posts(talk.store, ids), at=NOW, who="Ana")
        return await whole(request)

    talk.services.on(HOST, "/api/v1/items/*")(slow)
    talk.read()
    assert talk.kept() == []


def test_who_is_forgotten_between_two_steps_stays_away(talk: Talk) -> None:
    """The author is forgotten after the posts were sorted, and before they are saved."""

    async def work(client: Client) -> None:
        job = talk.services.job(talk.store, client, own=("town",))
        fields: dict[str, Any] = {"source": "hackernews", "feed": FEED.name, "published_at": NOW}
        ours = Post(key="50", text="Hello", author="town", **fields)
        found = sort_out(job, [ours, Post(key="51", text="Hm.", author="dora", reply_to="50", **fields)])
        person = forgetting.find_author(talk.store, "dora", "hackernews", ["hackernews"], also_unseen=True)
        forgetting.forget(talk.store, person, at=NOW, who="Ana")
        with talk.store.writing() as connection:
            save_found(job, connection, [Found(said=found.said)])

    talk.services.use(work)
    assert talk.kept() == ["Hello"]


def test_what_its_source_takes_back_is_taken_out_of_conversations_too(talk: Talk) -> None:
    """A listing says that a reply is gone: it is kept no more."""
    talk.below = [item(12, "I wonder too.", "dora")]
    talk.read()

    async def work(client: Client) -> None:
        job = talk.services.job(talk.store, client)
        empty(job, [mention_id(source="hackernews", key="12", feed=FEED.name)], NOW)

    talk.services.use(work)
    assert "I wonder too." not in talk.kept()


def test_many_posts_of_a_place_that_is_not_asked_keep_nobody_waiting(talk: Talk) -> None:
    """Two hundred questions of a place that was taken out of the settings, and one of a place that is there."""
    hits, talk.hits = (
        talk.hits,
        [{**talk.hits[0], "objectID": str(1000 + number), "created_at_i": AT - 60} for number in range(205)],
    )
    talk.services.collect(talk.store, Feed(name="Old", source="hackernews", options=FEED.options), retry=True)
    talk.hits = hits
    assert talk.read().read == 1


def test_a_server_that_ordered_rest_is_not_asked_for_conversations(talk: Talk) -> None:
    """What it told the collection holds here too."""
    talk.services.answers(HOST, "/api/v1/search_by_date", "slow down", 429, Retry_After="7200")
    talk.collect(HOUR)
    assert talk.read().read == 0
    assert talk.asked() == []
    assert talk.read(3 * HOUR).read == 1


def test_two_programs_read_each_conversation_once(talk: Talk) -> None:
    """Whoever is first takes it."""

    async def work(client: Client) -> None:
        job = talk.services.job(talk.store, client, own=("town",))
        await asyncio.gather(conversations.read(job, [FEED]), conversations.read(job, [FEED]))

    talk.services.use(work)
    assert talk.asked() == ["10", "7"]


def test_a_number_is_given_once(store: Store) -> None:
    """Our kept post becomes a mention; the next one does not pass for the one that was read."""
    talk = Talk(store)
    talk.hits = [{"objectID": "20", "created_at_i": AT, "author": "town", "comment_text": "The pool opens."}]
    talk.collect()
    talk.read()
    talk.hits[0]["comment_text"] = "The Quillhaven pool opens."
    talk.hits.append({"objectID": "30", "created_at_i": AT, "author": "town", "comment_text": "The bridge opens."})
    talk.collect(HOUR)
    talk.read()
    assert "30" in talk.asked()


def test_who_says_where_a_question_stands_after_our_answer_is_not_overruled(talk: Talk) -> None:
    """“We will look into it” at six; at seven Ana opens it for the library; at eight the conversation is read."""
    talk.below = [item(11, "We will look into it.", "town", AT + 3600)]
    with talk.store.writing() as connection:
        change = {"status": "open", "department": "Library"}
        reviewing.review(talk.store, connection, {1: change}, reviewer="Ana", at=NOW + 2 * HOUR, seen=0)
    talk.read(3 * HOUR)
    verdict = talk.question().verdict
    assert verdict is not None
    assert (verdict.status, verdict.reviewer) == ("open", "Ana")


def test_a_verdict_on_the_tag_does_not_hide_our_answer(talk: Talk) -> None:
    """That a question was opened by the way, as somebody judged its tag, says nothing of answers."""
    talk.below = [item(11, "At ten.", "town", AT + 3600)]
    with talk.store.writing() as connection:
        change = {"tag": "neutral", "status": "open", "department": "Library"}
        reviewing.review(talk.store, connection, {1: change}, reviewer="Ana", at=NOW + 2 * HOUR, seen=0)
    talk.read(3 * HOUR)
    verdict = talk.question().verdict
    assert verdict is not None
    assert (verdict.status, verdict.answered_by) == ("answered", "town")


def test_strangers_below_an_outlets_post_are_masked(talk: Talk) -> None:
    """A station's place shows the station by name, and nobody who answers it."""
    talk.below = [item(12, "I wonder too.", "dora")]
    talk.read()
    mask = Mask(feeds=[replace(FEED, outlet=True)])
    with talk.store.reading() as connection:
        around = conversing.around(connection, [talk.question()])
    (html,) = pages_threads.of(around, [talk.question()], NOW, mask).values()
    assert "I wonder too." in html
    assert "dora" not in html
    reply = replace(talk.question(), author="ada")
    assert mask.mention(reply).author != "ada"
    assert mask.mention(replace(reply, reply_to=None)).author == "ada"


def test_others_who_name_somebody_in_a_conversation_are_told(talk: Talk) -> None:
    """Who forgets an author is shown what others wrote about them there."""
    talk.below = [item(12, "@ada@x.example is right.", "dora")]
    talk.read()
    with talk.store.reading() as connection:
        (found,) = redacting.naming(connection, [], ["@ada@x.example"], [])
    assert found.text == "@ada@x.example is right."


def test_words_that_their_author_edited_out_are_not_kept(talk: Talk) -> None:
    """Where the source says that a post was edited, and no topic matches it any more."""

    async def work(client: Client) -> None:
        job = talk.services.job(talk.store, client)
        now = Post(**{field.name: getattr(talk.question(), field.name) for field in fields(Post)})
        keep_again(job, "post", [replace(now, text="Never mind.")])
        assert talk.question().text == QUESTION
        keep_again(job, "post", [replace(now, text="Never mind.", edited_at=NOW)])

    talk.services.use(work)
    (emptied,) = stored(talk.store)
    assert (emptied.text, emptied.withdrawn_at) == ("", NOW)
