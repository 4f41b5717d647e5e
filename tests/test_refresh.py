"""Known posts are asked for again, many at once: counts, edits and deletions, within limits, budgets and sign-ins."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web
from conftest import MakeMention, Save
from service_kit import NOW, Services, stored
from sqlalchemy import select

from listening import collectors, lookups, recheck
from listening import store as stores
from listening.collectors.protocols import Refreshed
from listening.errors import FeedExpired, FeedUnreadable
from listening.fetch import Client
from listening.models import NO_COSTS, Answer, Budget, Feed, Mention, Page, Post, Request
from listening.recheck import Rechecked
from listening.signing import Sessions
from listening.store import FeedState, Store, removing
from listening.store.schema import rechecks

DAY = timedelta(days=1)
HOST = "ferry.example"
FEED = Feed(name="Ferry", source="ferry", options={"line": "east"})
BUDGET = Budget(
    name="ferry", most=10, period="day", unit="look-ups", words="The ferry is asked ten times", spread=False
)


@dataclass
class Ferry:
    """A source of which three posts are looked up at once."""

    AT_ONCE: int = 3
    SOURCE: str = "ferry"
    LABEL: str = "Ferry"
    KIND: str = "post"
    KEYS: Mapping[str, str] = field(default_factory=lambda: {"line": "Which line."})
    CANNOT_SEE: str = "Sees the ferry."
    DELETIONS: str = "A deleted post is emptied."
    EMPTY_MEANS_BLOCKED: bool = False
    costs: Mapping[str, int] = field(default_factory=lambda: NO_COSTS)

    def check(self, options: Mapping[str, str]) -> None:
        pass

    def locate(self, feed: Feed, cursor: str | None, secrets: Mapping[str, str]) -> Request:
        return Request(url=f"https://{HOST}/{feed.options['line']}")

    def parse(self, answer: Answer, feed: Feed) -> Page:
        return Page(posts=())

    def refresh(self, posts: Sequence[Post], feed: Feed, secrets: Mapping[str, str]) -> Request | None:
        keys = ",".join(post.key for post in posts)
        token = secrets.get("LISTENING_FERRY", "")
        return Request(
            url=f"https://{HOST}/posts?line={feed.options['line']}&keys={keys}",
            headers={"Authorization": token} if token else {},
            costs=self.costs,
        )

    def refreshed(self, answer: Answer, posts: Sequence[Post], feed: Feed) -> Refreshed:
        if answer.status == 401:
            raise FeedExpired("The ticket has run out.", "A new one is bought.")
        data = json.loads(answer.body) if answer.body.startswith(b"{") else None
        if data is None:
            raise FeedUnreadable("The ferry does not answer.", "Wait.")
        found = tuple(
            Post(source="ferry", feed=feed.name, key=key, **said) for key, said in data.items() if said != "gone"
        )
        gone = tuple(key for key, said in data.items() if said == "gone")
        return Refreshed(posts=found, gone=gone, missing=tuple(p.key for p in posts if p.key not in data))

    def budgets(self, feed: Feed) -> Sequence[Budget]:
        return (BUDGET,)


class Ticketed(Ferry):
    """The same, which wants a sign-in."""

    def sign_in(self, feed: Feed, secrets: Mapping[str, str], held: Mapping[str, str] | None) -> Request | None:
        return Request(url=f"https://{HOST}/ticket", body=b"please")

    def signed_in(self, answer: Answer) -> Mapping[str, str]:
        if answer.status != 200:
            raise FeedUnreadable("There is no ticket.", "Wait.")
        return {"LISTENING_FERRY": answer.body.decode()}


class Quay:
    """A store, the services, and what the ferry says of its posts by their keys."""

    def __init__(self, store: Store, save: Save, mention: MakeMention) -> None:
        self.store, self._save, self._mention = store, save, mention
        self.services = Services()
        self.says: dict[str, Any] = {}
        self.feeds: list[Feed] = [FEED]
        self.sessions = Sessions()
        self.job_changes: dict[str, Any] = {}
        self.services.on(HOST, "/posts")(self.answer)

    async def answer(self, request: web.Request) -> web.Response:
        asked = request.query["keys"].split(",")
        return web.json_response({key: self.says[key] for key in asked if key in self.says})

    def post(self, key: str, *, text: str = "The Quillhaven ferry is on time.", **changes: Any) -> Mention:
        """A stored post of two days ago, which the ferry knows unchanged."""
        made = self._mention(
            **{
                "source": "ferry",
                "feed": "Ferry",
                "key": key,
                "text": text,
                "title": "",
                "published_at": NOW - 3 * DAY,
                "topics": ("Town",),
                "likes": 1,
                **changes,
            }
        )
        self._save(self.store, made)
        self.says[key] = {"text": text}
        return made

    def again(self, *, after: timedelta = timedelta(0), secrets: Mapping[str, str] | None = None) -> Rechecked:
        """One round of looking up."""
        self.services.now += after
        self.services.asked.clear()

        async def work(client: Client) -> Rechecked:
            job = self.services.job(self.store, client, secrets, sessions=self.sessions)
            return await recheck.recheck(replace(job, **self.job_changes), self.feeds)

        return self.services.use(work)

    def batches(self) -> list[list[str]]:
        """The keys of each request."""
        return [sorted(each.query["keys"].split(",")) for each in self.services.asked if each.path == "/posts"]

    def withdrawn(self) -> set[str]:
        return {each.id for each in stored(self.store) if each.withdrawn_at is not None}

    def now(self, made: Mention) -> Mention:
        (found,) = (each for each in stored(self.store) if each.id == made.id)
        return found

    def looked(self) -> int:
        with self.store.reading() as connection:
            return len(connection.execute(select(rechecks.c.n)).all())


@pytest.fixture
def ferry(monkeypatch: pytest.MonkeyPatch) -> Iterator[Ferry]:
    """The source, known to the program."""
    made = Ferry()
    yield from _known(made, monkeypatch)


@pytest.fixture
def ticketed(monkeypatch: pytest.MonkeyPatch) -> Iterator[Ferry]:
    """The source that wants a sign-in."""
    yield from _known(Ticketed(), monkeypatch)


def _known(made: Ferry, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ferry]:
    monkeypatch.setattr(collectors, "COLLECTORS", (*collectors.COLLECTORS, made))
    collectors.every.cache_clear()
    yield made
    monkeypatch.undo()
    collectors.every.cache_clear()


@pytest.fixture
def quay(store: Store, save: Save, mention: MakeMention) -> Quay:
    return Quay(store, save, mention)


# --- what is found ----------------------------------------------------------------------------------------------------


def test_counts_and_edits_are_kept_and_edits_are_tagged_anew(quay: Quay, ferry: Ferry) -> None:
    """As if the post had been seen again in a collection; who reads the number of likes reads a true one."""
    calm, edited = quay.post("calm"), quay.post("edited", tag="good")
    quay.says["calm"] |= {"likes": 40, "replies": 3}
    quay.says["edited"] = {"text": "Quillhaven: awful, terrible, a disgrace. I hate this ferry.", "likes": 2}
    quay.again()
    assert (quay.now(calm).likes, quay.now(calm).replies, quay.now(calm).text) == (40, 3, calm.text)
    assert (quay.now(edited).tag, quay.now(edited).likes) == ("bad", 2)
    assert quay.now(edited).text.startswith("Quillhaven: awful")
    assert (quay.now(edited).collected_at, quay.now(edited).feed) == (edited.collected_at, "Ferry")


def test_a_count_that_is_not_given_stays_and_none_falls(quay: Quay, ferry: Ferry) -> None:
    """A server that knows less takes nothing away."""
    silent, fewer = quay.post("silent", likes=7, replies=2), quay.post("fewer", likes=7)
    quay.says["fewer"] |= {"likes": 5}
    quay.again()
    assert (quay.now(silent).likes, quay.now(silent).replies, quay.now(fewer).likes) == (7, 2, 7)


def test_an_edit_that_no_topic_matches_leaves_the_words_as_they_were(quay: Quay, ferry: Ferry) -> None:
    """As in a collection: what was said then stays."""
    made = quay.post("away")
    quay.says["away"] = {"text": "Nothing to see here.", "likes": 9}
    quay.again()
    assert (quay.now(made).text, quay.now(made).likes) == (made.text, 9)


def test_gone_is_gone_at_once_and_missing_on_the_second_day(quay: Quay, ferry: Ferry) -> None:
    """A post that is back in between was never away."""
    gone, lost, back, _ = (quay.post(key) for key in ("gone", "lost", "back", "here"))
    ferry.AT_ONCE = 4
    quay.says["gone"] = "gone"
    before = quay.says.pop("lost"), quay.says.pop("back")
    quay.again()
    assert quay.withdrawn() == {gone.id}
    quay.again(after=timedelta(hours=3))
    assert quay.services.asked == []  # once a day
    quay.says["back"] = before[1]
    quay.again(after=DAY)
    assert quay.withdrawn() == {gone.id, lost.id}
    del quay.says["back"]
    quay.again(after=DAY)
    assert back.id not in quay.withdrawn()
    assert quay.now(gone).text == ""


def test_an_answer_that_has_none_of_many_posts_says_nothing(quay: Quay, ferry: Ferry) -> None:
    """Not of these; what another answer of the same server says holds."""
    quay.feeds.append(replace(FEED, name="West", options={"line": "west"}))
    for key in ("a", "b", "c"):
        quay.post(key)
        quay.says[key] = "gone"
    gone = quay.post("d", feed="West")
    quay.post("e", feed="West")
    quay.says["d"] = "gone"
    quay.again()
    assert quay.withdrawn() == {gone.id}
    assert quay.looked() == 5


def test_a_server_that_has_nothing_any_more_says_nothing(quay: Quay, ferry: Ferry) -> None:
    """However small its answers are."""
    for line in ("north", "south"):
        quay.feeds.append(replace(FEED, name=line, options={"line": line}))
        for number in range(2):
            quay.post(f"{line}{number}", feed=line)
            quay.says[f"{line}{number}"] = "gone"
    quay.again()
    assert (len(quay.services.asked), quay.withdrawn()) == (2, set())


@pytest.mark.parametrize(
    ("body", "status"),
    [("<h1>Hello</h1>", 200), ("", 500), ("no", 403), ("{}", 429), ('{"a": 5}', 200)],
    ids=["page", "down", "no", "429", "not as the collector thinks"],
)
def test_an_unclear_answer_changes_nothing(quay: Quay, ferry: Ferry, body: str, status: int) -> None:
    """It is asked again another day."""
    made = quay.post("a", likes=4)
    quay.services.answers(HOST, "/posts", body, status)
    quay.again()
    assert (quay.withdrawn(), quay.now(made).likes, quay.looked()) == (set(), 4, 1)
    quay.services.on(HOST, "/posts")(quay.answer)
    quay.says["a"] |= {"likes": 5}
    quay.again(after=DAY)
    assert quay.now(made).likes == 5


def test_what_was_not_asked_for_is_not_kept(quay: Quay, ferry: Ferry) -> None:
    """A server may answer with whatever it wants."""
    quay.post("a")

    async def more(request: web.Request) -> web.Response:
        return web.json_response({**quay.says, "stranger": {"text": "Quillhaven!"}, "other": "gone"})

    quay.services.on(HOST, "/posts")(more)
    quay.post("other", published_at=NOW - 20 * DAY)
    quay.again()
    assert ({each.key for each in stored(quay.store)}, quay.withdrawn()) == ({"a", "other"}, set())


def test_what_was_removed_meanwhile_is_not_brought_back(quay: Quay, ferry: Ferry) -> None:
    """Between the question and the answer somebody removed it; the answer has new words for it."""
    quay.post("a")

    async def slow(request: web.Request) -> web.Response:
        with quay.store.writing() as connection:
            removing.remove(connection, [1])
        return web.json_response({"a": {"text": "Quillhaven, in other words"}})

    quay.services.on(HOST, "/posts")(slow)
    quay.again()
    assert stored(quay.store) == []


# --- whom it asks -----------------------------------------------------------------------------------------------------


def test_posts_are_asked_for_together_as_many_as_the_source_takes(quay: Quay, ferry: Ferry) -> None:
    """Seven are three requests; with the feed's settings and the secrets."""
    for number in range(7):
        quay.post(f"p{number}", published_at=NOW - 3 * DAY - timedelta(minutes=number))
    found = quay.again(secrets={"LISTENING_FERRY": "t1cket"})
    assert quay.batches() == [["p0", "p1", "p2"], ["p3", "p4", "p5"], ["p6"]]
    assert (found.asked, quay.looked()) == (3, 7)
    assert {each.headers["Authorization"] for each in quay.services.asked} == {"t1cket"}
    assert {each.query["line"] for each in quay.services.asked} == {"east"}


def test_each_feed_is_asked_with_its_own_settings(quay: Quay, ferry: Ferry) -> None:
    """Its posts stand together."""
    quay.feeds.append(replace(FEED, name="West", options={"line": "west"}))
    for number in range(4):
        quay.post(f"e{number}")
        quay.post(f"w{number}", feed="West")
    quay.again()
    assert sorted((each.query["line"], len(each.query["keys"].split(","))) for each in quay.services.asked) == [
        ("east", 1),
        ("east", 3),
        ("west", 1),
        ("west", 3),
    ]


def test_what_cannot_be_asked_for_together_is_asked_for_apart(
    quay: Quay, ferry: Ferry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A source may take posts and comments at two addresses: a request passes over those of the other kind."""
    both = ferry.refresh

    def one_kind(posts: Sequence[Post], feed: Feed, secrets: Mapping[str, str]) -> Request | None:
        return both([post for post in posts if post.key[0] == posts[0].key[0]], feed, secrets)

    monkeypatch.setattr(ferry, "refresh", one_kind)
    for place, key in enumerate(("p1", "c1", "p2", "c2", "p3", "p4")):
        quay.post(key, published_at=NOW - 3 * DAY - timedelta(minutes=place))
    quay.again()
    assert sorted(quay.batches()) == [["c1", "c2"], ["p1", "p2", "p3"], ["p4"]]
    assert quay.looked() == 6


def test_a_feed_that_is_not_in_the_settings_is_not_asked(quay: Quay, ferry: Ferry) -> None:
    """Nor one of the same name and another source; the others are."""
    quay.post("old", feed="Old line")
    quay.post("a")
    quay.again()
    assert quay.batches() == [["a"]]
    quay.feeds = [Feed(name="Ferry", source="hackernews", options={"search": "Quillhaven"})]
    assert quay.again(after=DAY).asked == 0
    quay.feeds = [Feed(name="Ferry", source="reddit", options={"subreddit": "quillhaven"})]
    assert quay.again(after=DAY).asked == 0


def test_only_so_many_requests_a_run_and_the_young_come_first(quay: Quay, ferry: Ferry) -> None:
    """Eight of a server, three posts each; those of the last two days before older ones that were never looked up."""
    for number in range(20):
        quay.post(f"new{number}", published_at=NOW - timedelta(hours=20), collected_at=NOW - DAY)
    assert quay.again().asked == 7
    for number in range(20):
        quay.post(f"old{number}", published_at=NOW - 4 * DAY)
    quay.again(after=DAY)
    asked = [key for batch in quay.batches() for key in batch]
    assert (len(quay.batches()), len(asked)) == (8, 24)
    assert sum(key.startswith("new") for key in asked) == 20
    quay.again(after=timedelta(hours=1))
    assert {key for batch in quay.batches() for key in batch} == {f"old{n}" for n in range(20)} - set(asked)


def test_a_run_asks_forty_times_and_fills_what_it_has_begun(
    quay: Quay, ferry: Ferry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The limit of all servers together: with two requests of two feeds, the third feed waits."""
    monkeypatch.setattr(lookups, "MOST", 2)
    for place, line in enumerate(("one", "two", "three")):
        quay.feeds.append(replace(FEED, name=line, options={"line": line}))
        for number in range(3):
            at = NOW - 3 * DAY - timedelta(minutes=10 * number + place)
            quay.post(f"{line}{number}", feed=line, published_at=at)
    quay.again()
    assert sorted(quay.batches()) == [["one0", "one1", "one2"], ["two0", "two1", "two2"]]


# --- when it may not --------------------------------------------------------------------------------------------------


def test_a_budget_that_is_used_up_is_kept_in_silence(quay: Quay, ferry: Ferry) -> None:
    """No request goes out and nothing is noted, so that it goes on when there is more; other sources are asked."""
    ferry.costs = {"ferry": 6}
    story = Feed(name="Hacker News", source="hackernews", options={"search": "Quillhaven"})
    quay.feeds.append(story)
    quay.post("9", source="hackernews", feed="Hacker News")
    item = {"id": 9, "type": "story", "by": "ada", "title": "Quillhaven", "time": int(NOW.timestamp()), "score": 77}
    quay.services.answers("hacker-news.firebaseio.com", "/v0/item/9.json", item)
    for number in range(7):
        quay.post(f"p{number}", published_at=NOW - 3 * DAY - timedelta(minutes=number))
    quay.again()
    assert quay.batches() == [["p0", "p1", "p2"]]  # six of ten; six more are not there
    assert quay.looked() == 4
    assert {each.likes for each in stored(quay.store)} == {1, 77}
    quay.again(after=timedelta(hours=1))
    assert quay.batches() == []
    quay.again(after=DAY - timedelta(hours=3))
    assert quay.batches() == [["p3", "p4", "p5"]]


def test_what_costs_money_is_looked_up_on_mondays_only(
    quay: Quay, ferry: Ferry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A month's money is for what is new; that posts were deleted is noticed within the week."""
    monkeypatch.setattr(ferry, "budgets", lambda feed: (replace(BUDGET, period="month", most=1000),))
    monkeypatch.setattr(ferry, "costs", {"ferry": 1})
    quay.post("one")
    assert NOW.weekday() == 2
    assert quay.again().asked == 0
    assert quay.again(after=5 * DAY).asked == 1


def test_what_a_refusal_did_not_use_is_given_back(quay: Quay, ferry: Ferry, monkeypatch: pytest.MonkeyPatch) -> None:
    """It may say in words that nothing was used, and how long it wants to be left alone."""
    ferry.costs = {"ferry": 6}
    for number in range(6):
        quay.post(f"p{number}", published_at=NOW - 3 * DAY - timedelta(minutes=number))

    def refuse(*_: object) -> Refreshed:
        error = FeedUnreadable("Not now.", "Wait.")
        error.spent, error.wait = {"ferry": 0}, 3600.0
        raise error

    with monkeypatch.context() as refusing:
        refusing.setattr(ferry, "refreshed", refuse)
        quay.again()
    assert quay.batches() == [["p0", "p1", "p2"]]
    assert quay.again(after=timedelta(minutes=50)).asked == 0
    quay.again(after=timedelta(minutes=20))
    assert quay.batches() == [["p3", "p4", "p5"]]


def test_a_sign_in_is_made_and_made_again_when_it_has_run_out(quay: Quay, ticketed: Ferry) -> None:
    """Once, and the posts are asked for again with the new one."""
    made = quay.post("a")
    quay.says["a"] |= {"likes": 30}
    tickets = iter(("old", "new", "never"))

    async def ticket(request: web.Request) -> web.Response:
        return web.Response(text=next(tickets))

    async def guarded(request: web.Request) -> web.Response:
        return await quay.answer(request) if request.headers["Authorization"] == "new" else web.Response(status=401)

    quay.services.on(HOST, "/ticket")(ticket)
    quay.services.on(HOST, "/posts")(guarded)
    quay.again()
    assert [each.path for each in quay.services.asked] == ["/ticket", "/posts", "/ticket", "/posts"]
    assert quay.now(made).likes == 30


def test_a_sign_in_that_fails_asks_for_nothing(quay: Quay, ticketed: Ferry) -> None:
    """And a sign-in that never does is made once more only."""
    quay.post("a")
    quay.services.answers(HOST, "/ticket", "", 500)
    assert (quay.again().asked, quay.looked()) == (0, 0)
    quay.services.answers(HOST, "/ticket", "t")
    quay.services.answers(HOST, "/posts", "", 401)
    quay.again(after=timedelta(hours=1))
    assert [each.path for each in quay.services.asked] == ["/ticket", "/posts", "/ticket", "/posts"]
    assert quay.withdrawn() == set()


def test_a_server_that_has_had_enough_is_left_alone(quay: Quay, ferry: Ferry) -> None:
    """It says so with a refusal, or with the last answer that it gives for now, which counts."""
    for number in range(7):
        quay.post(f"p{number}")
        quay.says[f"p{number}"] |= {"likes": 50}

    async def last(request: web.Request) -> web.Response:
        answer = await quay.answer(request)
        answer.headers.update({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "7200"})
        return answer

    quay.services.on(HOST, "/posts")(last)
    quay.again()
    assert (len(quay.batches()), sum(each.likes == 50 for each in stored(quay.store))) == (1, 3)
    assert quay.again(after=timedelta(hours=1)).asked == 0
    quay.services.answers(HOST, "/posts", {}, 429, Retry_After="7200")
    assert quay.again(after=timedelta(hours=2)).asked == 2
    assert len(quay.batches()) == 1
    assert quay.again(after=timedelta(hours=1)).asked == 0


def test_a_feed_whose_server_wants_rest_is_not_asked(quay: Quay, ferry: Ferry) -> None:
    """It told the collection so; one whose searches are used up is another matter."""
    quay.post("a")
    told = FeedState(name="Ferry", source="ferry", not_before=quay.services.now + DAY, ordered=True, state="refused")
    for state, asked in ((told, 0), (replace(told, state="waiting"), 1)):
        with quay.store.writing() as connection:
            stores.save_feed(connection, state)
        assert quay.again().asked == asked


def test_too_old_is_too_old(quay: Quay, ferry: Ferry) -> None:
    """Two weeks; and on the day on which it was collected nothing is asked for."""
    quay.post("old", published_at=NOW - 15 * DAY)
    quay.post("fresh", collected_at=NOW - timedelta(hours=2))
    assert quay.again().asked == 0


def test_a_post_that_is_older_than_any_is_kept_stays_as_it_is(quay: Quay, ferry: Ferry) -> None:
    """Its removal is near; nothing is written to it."""
    made = quay.post("a")
    quay.says["a"] = {"text": "Quillhaven, edited", "likes": 90}
    quay.job_changes["too_old"] = lambda post, at: True
    quay.again()
    assert (quay.now(made).text, quay.now(made).likes) == (made.text, 1)


# --- Hacker News, one at a time ---------------------------------------------------------------------------------------


def test_hacker_news_is_looked_up_post_by_post(quay: Quay) -> None:
    """Points, edits and deletions of its own interface; nothing is concluded where every post is away."""
    quay.feeds = [Feed(name="Hacker News", source="hackernews", options={"search": "Quillhaven"})]
    made = {key: quay.post(key, source="hackernews", feed="Hacker News") for key in ("11", "12", "13", "14")}

    def says(key: str, item: object) -> None:
        quay.services.answers("hacker-news.firebaseio.com", f"/v0/item/{key}.json", item)

    comment = {"type": "comment", "by": "ada", "parent": 7, "time": int(NOW.timestamp())}
    says("11", {"id": 11, **comment, "text": "The Quillhaven ferry, edited."})
    says("12", {"id": 12, "deleted": True})
    says("13", "null")
    says("14", "<h1>Down</h1>")
    quay.again()
    assert quay.now(made["11"]).text == "The Quillhaven ferry, edited."
    assert quay.withdrawn() == {made["12"].id}
    quay.again(after=DAY)
    assert quay.withdrawn() == {made["12"].id, made["13"].id}


def test_a_request_that_cannot_be_made_is_not_made(quay: Quay, ferry: Ferry, monkeypatch: pytest.MonkeyPatch) -> None:
    """The collection has said why; when a token is set, the post is asked for at once."""

    def refuse(*_: object) -> Request:
        raise FeedUnreadable("No token.", "Set one.")

    quay.post("a")
    with monkeypatch.context() as without:
        without.setattr(ferry, "refresh", refuse)
        assert (quay.again().asked, quay.looked()) == (0, 0)
    assert quay.again().asked == 1
