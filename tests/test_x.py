"""X: nothing without confirmed terms and a limit; counted first, paid by the post, never beyond the month's money."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from aiohttp import web
from hypothesis import given, settings
from hypothesis import strategies as st
from service_kit import NOW, Services, stored

from listening.collectors import check, x
from listening.collectors.protocols import Budgeted, Converser, Rechecker, Refresher
from listening.errors import FeedError, FeedRefused, SettingsError
from listening.models import Answer, Feed, Page, Post, Request
from listening.store import Store, spending

HOST = "api.x.com"
COUNTS, SEARCH = "/2/tweets/counts/recent", "/2/tweets/search/recent"
OPTIONS = {"search": "quillhaven", "terms": "confirmed", "dollars_a_month": "20"}
FEED = Feed(name="X", source="x", options=OPTIONS)
TOKEN = {"LISTENING_X_TOKEN": "bearer-of-the-town-1234"}
HOUR = timedelta(hours=1)
WEEK = timedelta(days=7)


def with_options(**options: str) -> Feed:
    """The same feed with other settings."""
    return replace(FEED, options={**OPTIONS, **options})


def at(moment: datetime, number: int = 0) -> int:
    """The id that X gives to a post made at a moment."""
    return (int(moment.timestamp() * 1000) - 1_288_834_974_657 << 22) + number


def tweet(number: int, moment: datetime = NOW, **more: Any) -> dict[str, Any]:
    """A post that mentions the town, by one of seven people."""
    identity = str(at(moment, number))
    return {
        "id": identity,
        "text": f"The Quillhaven ferry is a joy, trip {number}.",
        "author_id": str(1 + number % 7),
        "created_at": moment.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "lang": "en",
        "edit_history_tweet_ids": [identity],
        "public_metrics": {"retweet_count": 0, "reply_count": 0, "like_count": number, "quote_count": 0},
        **more,
    }


def many(number: int, *, last: datetime = NOW, first_number: int = 0) -> list[dict[str, Any]]:
    """So many posts, one a second, the newest at ``last``."""
    return [tweet(first_number + n, last - timedelta(seconds=n)) for n in range(number)]


@dataclass
class X:
    """The API as its documentation says it is: a week of posts, newest first, each one that is read charged."""

    posts: list[dict[str, Any]]
    now: datetime = NOW
    charged: int = 0
    read: Counter[str] = field(default_factory=Counter)

    def serve(self, services: Services) -> X:
        """Answer at X's own host."""
        services.on(HOST, "/2/*")(self.handler(services))
        return self

    def handler(self, services: Services) -> Any:
        async def handle(request: web.Request) -> web.Response:
            self.now = services.now
            if request.headers.get("Authorization") != f"Bearer {TOKEN['LISTENING_X_TOKEN']}":
                problem = {"title": "Unauthorized", "type": "about:blank", "status": 401, "detail": "Unauthorized"}
                return web.json_response(problem, status=401)
            status, body = self.answer(request.path, request.query)
            return web.json_response(body, status=status)

        return handle

    def answer(self, path: str, query: Mapping[str, str]) -> tuple[int, dict[str, Any]]:
        oldest = at(self.now - WEEK)
        for bound in ("since_id", "until_id"):
            if int(query.get(bound, oldest)) < oldest:
                said = f"'{bound}' must be a tweet id created after [{self.now - WEEK:%Y-%m-%dT%H:%MZ}]."
                errors = [{"parameters": {bound: [query[bound]]}, "message": said}]
                return 400, {"errors": errors, "title": "Invalid Request", "detail": "One or more parameters"}
        since, until = int(query.get("since_id", oldest)), int(query.get("until_id", 1 << 62))
        found = sorted((p for p in self.posts if since < int(p["id"]) < until), key=lambda p: -int(p["id"]))
        if path == COUNTS:
            self.charged += 5
            end = f"{self.now - timedelta(seconds=30):%Y-%m-%dT%H:%M:%S.000Z}"
            days = [{"start": f"{self.now:%Y-%m-%dT00:00:00.000Z}", "end": end, "tweet_count": len(found)}]
            return 200, {"data": days, "meta": {"total_tweet_count": len(found)}}
        assert path == SEARCH
        size, start = int(query["max_results"]), int(query.get("next_token", "t0")[1:])
        assert 10 <= size <= 100
        shown = found[start : start + size]
        meta: dict[str, Any] = {"result_count": len(shown)}
        if not shown:
            return 200, {"meta": meta}
        meta |= {"newest_id": shown[0]["id"], "oldest_id": shown[-1]["id"]}
        if start + size < len(found):
            meta["next_token"] = f"t{start + size}"
        users = [user(number) for number in sorted({p["author_id"] for p in shown})]
        self.charged += 5 * len(shown) + 10 * len(users)
        self.read.update(p["id"] for p in shown)
        return 200, {"data": shown, "includes": {"users": users}, "meta": meta}


def user(identity: str) -> dict[str, Any]:
    """An account that writes posts."""
    return {
        "id": identity,
        "name": f"Bo {identity}",
        "username": f"bo{identity}",
        "public_metrics": {"followers_count": 9},
    }


def used(store: Store, moment: datetime = NOW) -> int:
    """What the program believes to have spent this month, in thousandths of a dollar."""
    with store.reading() as connection:
        return spending.used(connection, x.budgets(FEED)[0], moment)


def answer_with(body: object, status: int = 200, request: Request | None = None) -> Answer:
    """An answer as the run hands it over."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Answer(status=status, headers={}, url=f"https://{HOST}{SEARCH}", body=raw, request=request)


# --- settings ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "key", "said"),
    [
        ({"terms": ""}, "terms", "counsel"),
        ({"terms": "yes"}, "terms", "surveillance"),
        ({"dollars_a_month": ""}, "dollars_a_month", "how much it may cost"),
        ({"dollars_a_month": "plenty"}, "dollars_a_month", "not a number"),
        ({"dollars_a_month": "-5"}, "dollars_a_month", "not a number"),
        ({"dollars_a_month": "0.5"}, "dollars_a_month", "from 1 on"),
        ({"search": ""}, "search", "needs"),
        ({"search": "#"}, "search", "no word"),
        ({"search": "quillhaven " * 46}, "search", "too long"),
        ({"search": "ferry from:bo"}, "search", "nobody's posts"),
        ({"retweets": "maybe"}, "retweets", "neither"),
    ],
)
def test_x_is_off_until_terms_and_money_are_settled(changed: dict[str, str], key: str, said: str) -> None:
    """The refusal names the key, says why, and how to go on; nobody's posts are asked for by their author."""
    with pytest.raises(SettingsError) as caught:
        check("x", {**OPTIONS, **changed})
    assert caught.value.key == key
    assert said in f"{caught.value}"


@pytest.mark.parametrize(
    ("options", "query"),
    [
        ({"search": "quillhaven"}, "quillhaven -is:retweet"),
        ({"search": "quillhaven OR #ferry"}, "(quillhaven OR #ferry) -is:retweet"),
        ({"search": "quillhaven", "retweets": "true"}, "quillhaven"),
        ({"search": "quillhaven is:retweet"}, "quillhaven is:retweet"),
        ({"search": "quillhaven -from:townhall"}, "quillhaven -from:townhall -is:retweet"),
    ],
)
def test_reposts_are_left_out_unless_they_are_wanted(options: dict[str, str], query: str) -> None:
    """In brackets where there is an OR, which binds less than a blank."""
    check("x", {**OPTIONS, **options})
    request = x.locate(with_options(**options), None, {})
    assert dict(parse_qsl(urlsplit(request.url).query))["query"] == query


def test_a_budget_is_said_in_dollars() -> None:
    """One for all feeds of X, a month long, used whenever there is something to read."""
    budget, counting = x.budgets(with_options(dollars_a_month="20.50"))
    assert (budget.name, budget.most, budget.period, budget.spread) == ("x", 20_500, "month", False)
    assert budget.words == "At most 20.50 dollars a month may be spent on X"
    assert (counting.name, counting.most) == ("x counting", 5_125)
    assert spending.in_words(budget, 3_205) == "3.21 of 20.50 dollars"


def test_it_keeps_to_a_budget_and_looks_up_but_reads_no_conversations() -> None:
    """Conversations would cost by the post: that is said where one can read what X does not show."""
    assert isinstance(x, Budgeted)
    assert isinstance(x, Refresher)
    assert not isinstance(x, Rechecker)
    assert not isinstance(x, Converser)
    assert "Conversations" in x.CANNOT_SEE


# --- posts ------------------------------------------------------------------------------------------------------------


def only(data: Mapping[str, Any], **includes: Any) -> Post:
    """The one post of an answer."""
    body = {"data": [data], "includes": {"users": [user("3")], **includes}, "meta": {"result_count": 1}}
    (post,) = x.parse(answer_with(body), FEED).posts
    return post


def test_a_post_gives_every_field() -> None:
    """Who, when, what, in which language, its numbers, and what it answers; reposts with words and without."""
    data = tweet(
        3,
        public_metrics={
            "retweet_count": 2,
            "quote_count": 3,
            "reply_count": 4,
            "like_count": 5,
            "bookmark_count": 1,
            "impression_count": 900,
        },
        referenced_tweets=[{"type": "replied_to", "id": "77"}, {"type": "quoted", "id": "78"}],
        possibly_sensitive=True,
    )
    identity = str(at(NOW, 3))
    assert only(data, users=[{**user("4"), "id": "4", "username": "bo"}]) == Post(
        source="x",
        feed="X",
        key=identity,
        url=f"https://x.com/bo/status/{identity}",
        text="The Quillhaven ferry is a joy, trip 3.",
        author="@bo",
        author_url="https://x.com/bo",
        author_followers=9,
        language="en",
        published_at=NOW,
        likes=5,
        replies=4,
        reposts=5,
        views=900,
        reply_to="77",
        sensitive=True,
    )


def test_what_x_does_not_say_is_not_zero() -> None:
    """No numbers, no author, no language, not even a time: the id tells the time and the address still leads there."""
    post = only({"id": str(at(NOW)), "text": "Quillhaven"})
    assert (post.likes, post.replies, post.reposts, post.views, post.author_followers) == (None,) * 5
    assert (post.author, post.author_url, post.language, post.reply_to) == (None,) * 4
    assert (post.url, post.published_at) == (f"https://x.com/i/web/status/{post.key}", NOW)
    odd = only(tweet(3), users=[{"id": "4", "username": "bo/../ada?x=1"}])
    assert (odd.author, odd.url) == (None, f"https://x.com/i/web/status/{odd.key}")
    assert only({"id": "20", "text": "a post from before ids held the time"}).published_at is None


LINK = {"url": "https://t.co/abc", "expanded_url": "https://herald.quillhaven.example/ferry?utm_source=x"}
PICTURE = {"url": "https://t.co/pic", "expanded_url": "https://x.com/bo/status/5/photo/1"}


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ({"text": "Bread &amp; ferries &lt;3 in Quillhaven"}, "Bread & ferries <3 in Quillhaven"),
        ({"text": "They wrote &amp;amp; in Quillhaven"}, "They wrote &amp; in Quillhaven"),
        (
            {"text": "See https://t.co/abc https://t.co/pic", "entities": {"urls": [LINK, PICTURE]}},
            "See https://herald.quillhaven.example/ferry",
        ),
        ({"text": "See https://t.co/abcd", "entities": {"urls": [LINK]}}, "See https://t.co/abcd"),
        (
            {
                "text": "A long one abo…",
                "note_tweet": {"text": "A long one https://t.co/abc", "entities": {"urls": [LINK]}},
            },
            "A long one https://herald.quillhaven.example/ferry",
        ),
        ({"text": ["no text"], "entities": "none"}, ""),
    ],
)
def test_a_text_is_as_its_author_wrote_it(data: dict[str, Any], text: str) -> None:
    """Unescaped once, whole where it is long, with the addresses behind short links, without links to pictures."""
    assert only({"id": str(at(NOW)), **data}).text == text


def test_a_repost_has_the_whole_text_and_no_numbers_of_its_own() -> None:
    """The numbers that X gives it are those of the post that it passes on: counted once, not with every repost."""
    data = tweet(3, text="RT @ada: The ferry to Quill…", referenced_tweets=[{"type": "retweeted", "id": "50"}])
    data["public_metrics"]["retweet_count"] = 303
    post = only(data, tweets=[{"id": "50", "text": "The ferry to Quillhaven &amp; back"}])
    assert post.text == "RT @ada: The ferry to Quillhaven & back"
    assert (post.likes, post.reposts, post.reply_to) == (None, None, None)
    assert only(data).text == "RT @ada: The ferry to Quill…"


@pytest.mark.parametrize(
    ("said", "language"),
    [
        ("de", "de"),
        ("und", None),
        ("zxx", None),
        ("qme", None),
        ("in", "id"),
        ("zh-TW", "zh-TW"),
        ("", None),
        (7, None),
    ],
)
def test_a_language_is_one_that_there_is(said: object, language: str | None) -> None:
    """X has codes for posts without words, and old names for some languages."""
    assert only(tweet(3, lang=said)).language == language


def test_an_edited_post_is_the_same_post(store: Store) -> None:
    """An edit has an id of its own: the new words take the place of the old ones, and it is counted once."""
    services = Services()
    first = tweet(1, NOW - HOUR)
    service = X([first]).serve(services)
    services.collect(store, FEED, secrets=TOKEN)
    edited = tweet(2, text="Quillhaven, now without the typing mistake")
    edited["edit_history_tweet_ids"] = [first["id"], edited["id"]]
    service.posts = [edited]
    services.collect(store, FEED, secrets=TOKEN, after=HOUR)
    (mention,) = stored(store)
    assert (mention.key, mention.url) == (first["id"], f"https://x.com/bo3/status/{edited['id']}")
    assert mention.text == "Quillhaven, now without the typing mistake"
    assert (mention.published_at, mention.edited_at) == (NOW - HOUR, NOW)


# --- visits and money -------------------------------------------------------------------------------------------------


def test_a_first_visit_counts_says_what_it_costs_and_reads_the_newest(store: Store) -> None:
    """Two pages at first; then all that is new, and only that."""
    services = Services()
    service = X(many(350)).serve(services)
    (first,) = services.collect(store, FEED, secrets=TOKEN).results
    assert (first.new, services.paths()) == (200, [COUNTS, SEARCH, SEARCH])
    assert "counts 350 posts in the last seven days" in first.notes[0]
    assert "5.25 dollars" in first.notes[0]
    assert "at most 20 dollars a month" in first.notes[0]
    assert "the newest 200" in first.notes[0]
    assert services.asked[1].query["expansions"] == "author_id"
    assert {"note_tweet", "referenced_tweets"} <= set(services.asked[1].query["tweet.fields"].split(","))
    services.asked.clear()
    service.posts += many(230, last=NOW + HOUR, first_number=1000)
    (second,) = services.collect(store, FEED, secrets=TOKEN, after=HOUR).results
    assert (second.new, services.paths()) == (230, [COUNTS, SEARCH, SEARCH, SEARCH])
    assert {asked.query["since_id"] for asked in services.asked} == {str(at(NOW, 0))}
    assert "230 posts since the last visit" in second.notes[0]
    assert max(service.read.values()) == 1
    assert used(store) == service.charged


def test_where_nothing_is_counted_nothing_is_read(store: Store) -> None:
    """No search, no error: half a cent for the counting; what comes later is found."""
    services = Services()
    service = X([]).serve(services)
    for hours in range(3):
        (result,) = services.collect(store, FEED, secrets=TOKEN, after=HOUR * hours).results
        assert (result.state, result.posts, result.problem) == ("ok", 0, "")
        assert "no new posts" in result.notes[0]
    assert set(services.paths()) == {COUNTS}
    assert used(store) == service.charged == 15
    service.posts = many(3, last=NOW)
    assert services.collect(store, FEED, secrets=TOKEN, after=HOUR).new == 3


def test_a_count_that_was_too_high_is_no_error(store: Store) -> None:
    """X counts roughly: a search without any post is charged nothing, and the month's money says so."""
    services = Services()
    service = X([]).serve(services)

    async def counts(request: web.Request) -> web.Response:
        return web.json_response({"data": [], "meta": {"total_tweet_count": 4}})

    services.on(HOST, COUNTS)(counts)
    (result,) = services.collect(store, FEED, secrets=TOKEN).results
    assert (result.state, result.posts, services.paths()) == ("ok", 0, [COUNTS, SEARCH])
    assert (used(store), service.charged) == (5, 0)


def test_it_never_costs_more_than_was_said_all_feeds_together(store: Store) -> None:
    """Two feeds and three dollars: it stops before the money is gone, says so, and goes on in the next month."""
    services = Services()
    service = X(many(400)).serve(services)
    feeds = [replace(with_options(dollars_a_month="3"), name=name) for name in ("One", "Two")]
    for hour in range(0, 120, 20):
        service.posts += many(100, last=NOW + HOUR * hour, first_number=1000 * (hour + 1))
        results = services.collect(store, *feeds, secrets=TOKEN, after=HOUR * 20).results
    assert 2_500 < service.charged <= 3_000
    assert used(store) == service.charged
    assert {result.state for result in results} == {"waiting"}
    assert "At most 3 dollars a month may be spent on X" in results[0].problem
    before = len(services.asked)
    services.collect(store, *feeds, secrets=TOKEN, after=timedelta(days=10), retry=True)
    assert len(services.asked) == before
    service.posts = many(5, last=NOW + timedelta(days=40), first_number=9_000_000)
    services.now = NOW
    assert services.collect(store, feeds[0], secrets=TOKEN, after=timedelta(days=40)).new == 5


def test_a_page_may_cost_a_tenth_of_the_money_at_most() -> None:
    """So that what is left in the end is seldom too little for one more page; the bound is what it could cost."""
    for dollars, counted, size in (("20", 5000, 100), ("20", 40, 40), ("5", 5000, 33), ("1", 5000, 10), ("20", 1, 10)):
        feed = with_options(dollars_a_month=dollars)
        request = x.locate(feed, None, {})
        page = x.parse(answer_with({"meta": {"total_tweet_count": counted}}, request=request), feed)
        assert page.next is not None
        assert f"max_results={size}&" in page.next.url
        assert page.next.costs == {"x": size * 15}


def test_counting_alone_does_not_use_up_the_money(store: Store) -> None:
    """A collection every 15 minutes would count for 14 dollars a month: it rests instead, however often it is run."""
    services = Services()
    service = X(many(2)).serve(services)
    for _ in range(16):
        services.collect(store, FEED, secrets=TOKEN, after=timedelta(minutes=15))
    assert services.paths().count(COUNTS) == 6
    assert service.charged == 6 * 5 + 2 * 15


def test_what_was_not_read_is_not_paid_for(store: Store) -> None:
    """A refusal costs nothing; half an answer may have cost all that was asked for, so that stays booked."""
    services = Services()
    X(many(100)).serve(services)
    services.answers(HOST, SEARCH, "slow down", 429)
    services.collect(store, FEED, secrets=TOKEN)
    assert used(store) == 5
    services.answers(HOST, SEARCH, '{"data": [{"id": "1')
    services.collect(store, FEED, secrets=TOKEN, after=HOUR)
    assert used(store) == 5 + 5 + 1500


class Visits:
    """Visits without a network: each walks from its cursor, page by page, as a run does."""

    def __init__(self, posts: Sequence[dict[str, Any]]) -> None:
        self.service = X(list(posts))
        self.cursor: str | None = None

    def visit(self) -> int:
        """One visit; returns how many requests it made."""
        request: Request | None = x.locate(FEED, self.cursor, {})
        requests = 0
        while request is not None:
            parts = urlsplit(request.url)
            status, body = self.service.answer(parts.path, dict(parse_qsl(parts.query)))
            before, requests = self.service.charged, requests + 1
            page = x.parse(answer_with(body, status, request), FEED)
            assert before - self.charged <= request.costs["x"]
            assert page.spent.get("x", request.costs["x"]) == before - self.charged
            self.charged = before
            self.cursor, request = page.cursor or self.cursor, page.next
        return requests

    charged = 0


@settings(max_examples=40)
@given(st.lists(st.integers(0, 320), min_size=1, max_size=5), st.integers(1, 3))
def test_nothing_is_lost_between_visits_and_nothing_is_paid_for_twice(new: list[int], most_pages: int) -> None:
    """However many posts come between visits: each is read once, if not by the next visit then by those after it."""
    visits = Visits(many(1 + new[0]))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(x, "MOST_PAGES", most_pages)
        patch.setattr(x, "FIRST_PAGES", 1)
        visits.visit()
        seen_at_first = set(visits.service.read)
        assert len(seen_at_first) == min(100, 1 + new[0])
        wanted = set(seen_at_first)
        for number, more in enumerate(new[1:], start=1):
            fresh = many(more, last=NOW + HOUR * number, first_number=1000 * number)
            visits.service.posts += fresh
            wanted |= {post["id"] for post in fresh}
            visits.visit()
        for _ in range(20):
            visits.visit()
    assert set(visits.service.read) == wanted
    assert set(visits.service.read.values()) <= {1}


def test_a_walk_too_long_for_a_visit_is_gone_on_with_by_the_next(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was read stays, the rest comes with the next visit, then what came in between: all of it once."""
    monkeypatch.setattr(x, "MOST_PAGES", 2)
    services = Services()
    service = X(many(1)).serve(services)
    services.collect(store, FEED, secrets=TOKEN)
    service.posts += many(250, last=NOW + HOUR, first_number=1000)
    assert services.collect(store, FEED, secrets=TOKEN, after=HOUR).new == 200
    service.posts += many(7, last=NOW + HOUR * 2, first_number=5000)
    assert services.collect(store, FEED, secrets=TOKEN, after=HOUR).new == 50
    assert services.collect(store, FEED, secrets=TOKEN, after=HOUR).new == 7
    assert set(service.read.values()) == {1}


def test_after_a_silent_week_it_begins_anew(store: Store) -> None:
    """X refuses to search from a post that is older than a week: it is asked without, all of the week is read."""
    services = Services()
    service = X(many(1)).serve(services)
    services.collect(store, FEED, secrets=TOKEN)
    later = timedelta(days=9)
    service.posts = many(250, last=NOW + later - HOUR, first_number=1000)
    services.asked.clear()
    (result,) = services.collect(store, FEED, secrets=TOKEN, after=later).results
    assert (result.state, result.new) == ("ok", 250)
    assert any("a week only" in note for note in result.notes)
    assert services.paths() == [COUNTS, COUNTS, SEARCH, SEARCH, SEARCH]
    assert used(store) == service.charged


def test_an_unfinished_walk_of_last_month_goes_on_from_the_newest() -> None:
    """Its rest is out of reach; what came after the newest post that was met is read."""
    old, newest = at(NOW - timedelta(days=10)), at(NOW - HOUR)
    visits = Visits(many(5))
    visits.cursor = f"{old}:{old + 5}:{newest}"
    assert visits.visit() == 3
    assert visits.cursor == str(at(NOW, 0))
    assert len(visits.service.read) == 5


def test_a_walk_that_is_broken_off_leaves_no_gap(store: Store) -> None:
    """The second page fails: the next visit reads down to what was known before."""
    services = Services()
    service = X(many(1)).serve(services)
    services.collect(store, FEED, secrets=TOKEN)
    service.posts += many(250, last=NOW + HOUR, first_number=1000)
    whole = service.handler(services)

    async def broken(request: web.Request) -> web.Response:
        if "next_token" in request.query:
            return web.Response(status=503)
        return await whole(request)  # type: ignore[no-any-return]

    services.on(HOST, SEARCH)(broken)
    assert services.collect(store, FEED, secrets=TOKEN, after=HOUR).new == 100
    services.on(HOST, SEARCH)(whole)
    assert services.collect(store, FEED, secrets=TOKEN, after=HOUR).new == 150
    assert used(store) == service.charged


# --- refusals ---------------------------------------------------------------------------------------------------------

PROBLEM = "https://api.twitter.com/2/problems/"
CAPPED = {
    "account_id": 1,
    "product_name": "standard-basic",
    "title": "UsageCapExceeded",
    "period": "Monthly",
    "scope": "Product",
    "detail": "Usage cap exceeded: Monthly product cap",
    "type": f"{PROBLEM}usage-capped",
}
DEPLETED = {"title": "CreditsDepleted", "detail": "The account has no credits", "type": f"{PROBLEM}credits"}


@pytest.mark.parametrize(
    ("body", "status", "state", "said"),
    [
        (
            {"title": "Unauthorized", "type": "about:blank", "status": 401, "detail": "Unauthorized"},
            401,
            "refused",
            "token",
        ),
        (
            {
                "title": "Client Forbidden",
                "detail": "The app must be attached to a Project.",
                "type": f"{PROBLEM}client-forbidden",
            },
            403,
            "refused",
            "attached to a Project",
        ),
        ("<html><title>Just a moment...</title></html>", 403, "blocked", "browser"),
        (
            {"errors": [{"parameters": {"query": ["a("]}, "message": "Missing a bracket"}], "title": "Invalid Request"},
            400,
            "refused",
            "“Missing a bracket”",
        ),
        ({"title": "Too Many Requests", "type": "about:blank", "status": 429}, 429, "refused", "too often"),
        (CAPPED, 429, "refused", "no more posts in this month"),
        (DEPLETED, 402, "refused", "no credits left"),
        ({"title": "Service Unavailable", "status": 503, "type": f"{PROBLEM}server-error"}, 503, "unreachable", "503"),
        ("<!DOCTYPE html><html><title>Nothing here</title></html>", 404, "refused", "404"),
        ("<html><title>Just a moment...</title></html>", 200, "blocked", "browser"),
        ('{"meta": {"total_tweet', 200, "unreadable", "cut short"),
        ({"meta": {"total_tweet_count": "many"}}, 200, "unreadable", "not with a count"),
        ({"meta": {"total_tweet_count": None}}, 200, "unreadable", "not with a count"),
        ({"data": [], "meta": "none"}, 200, "unreadable", "not with a count"),
        ([1, 2], 200, "unreadable", "not with"),
        ("", 200, "unreadable", "empty"),
    ],
)
def test_what_is_no_count_is_said_and_the_next_visit_brings_all(
    store: Store, body: object, status: int, state: str, said: str
) -> None:
    """Refusals, pages, half a JSON, wrong types: a sentence each, and nothing is lost by them."""
    services = Services()
    services.answers(HOST, COUNTS, body, status)
    (result,) = services.collect(store, FEED, secrets=TOKEN).results
    assert (result.state, said in result.problem) == (state, True), result.problem
    assert services.paths() == [COUNTS]
    X(many(1)).serve(services)
    del services.handlers[HOST, COUNTS]
    assert services.collect(store, FEED, secrets=TOKEN, after=timedelta(days=2), retry=True).new == 1


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"errors": [{"title": "Authorization Error", "detail": "Not for you."}]}, "“Not for you”"),
        ({"meta": {"result_count": 3}}, "not with posts"),
        (
            {"data": [{"start": "2026-03-04T00:00:00Z", "tweet_count": 3}], "meta": {"result_count": 1}},
            "not with posts",
        ),
        ({"data": "none", "meta": {"result_count": 1}}, "not with posts"),
        ({"statuses": [{"id_str": "1", "text": "Quillhaven"}]}, "not with posts"),
        ({"data": []}, "not with posts"),
    ],
)
def test_an_answer_without_posts_never_passes_for_silence(store: Store, body: object, said: str) -> None:
    """Errors come with status 200 as well, and other lists stand under the same names."""
    services = Services()
    X(many(2)).serve(services)
    services.answers(HOST, SEARCH, body)
    (result,) = services.collect(store, FEED, secrets=TOKEN).results
    assert said in result.problem


def test_errors_beside_posts_take_nothing_away() -> None:
    """A quoted post that is gone is an error beside the posts that are there."""
    gone = {"title": "Not Found Error", "resource_id": "9", "parameter": "referenced_tweets.id"}
    body = {"data": [tweet(1), {"text": "no id"}], "errors": [gone], "meta": {"result_count": 2}}
    page = x.parse(answer_with(body), FEED)
    assert (len(page.posts), page.gone, page.skipped) == (1, (), ("1 post without an id or twice",))


@pytest.mark.parametrize(("body", "status"), [(CAPPED, 429), (DEPLETED, 402)])
def test_a_cap_that_is_reached_is_asked_about_once_a_day(store: Store, body: object, status: int) -> None:
    """X's rate limit headers stay as they were, so that it would else be asked again in a quarter of an hour."""
    services = Services()
    services.answers(HOST, COUNTS, body, status, x_rate_limit_limit="300", x_rate_limit_remaining="299")
    services.collect(store, FEED, secrets=TOKEN)
    services.collect(store, FEED, secrets=TOKEN, after=HOUR, retry=True)
    services.collect(store, FEED, secrets=TOKEN, after=HOUR * 22, retry=True)
    assert len(services.asked) == 1
    services.collect(store, FEED, secrets=TOKEN, after=HOUR)
    assert len(services.asked) == 2
    assert used(store) == 0


def test_a_rate_limit_is_waited_for(store: Store) -> None:
    """Until the moment that X names, and no longer."""
    services = Services()
    until = str(int((NOW + timedelta(minutes=9)).timestamp()))
    services.answers(
        HOST, COUNTS, {"title": "Too Many Requests"}, 429, x_rate_limit_remaining="0", x_rate_limit_reset=until
    )
    services.collect(store, FEED, secrets=TOKEN)
    services.collect(store, FEED, secrets=TOKEN, after=timedelta(minutes=8), retry=True)
    assert len(services.asked) == 1
    del services.handlers[HOST, COUNTS]
    X(many(1)).serve(services)
    assert services.collect(store, FEED, secrets=TOKEN, after=timedelta(minutes=2)).new == 1


def test_the_token_goes_to_x_only_and_is_written_down_nowhere(store: Store, tmp_path: Path) -> None:
    """Not to where an answer leads, not in a sentence, not in the store."""
    services = Services()
    X(many(150)).serve(services)
    services.collect(store, FEED, secrets=TOKEN)
    assert {asked.headers["Authorization"] for asked in services.asked} == {"Bearer bearer-of-the-town-1234"}
    assert all("bearer-of" not in str(asked.query) for asked in services.asked)
    services.asked.clear()
    services.answers(HOST, COUNTS, "", 302, location="https://elsewhere.example/2/tweets/counts/recent")
    services.answers("elsewhere.example", "/*", {"detail": "Unauthorized"}, 401)
    (result,) = services.collect(store, FEED, secrets=TOKEN, after=HOUR).results
    assert [asked.host for asked in services.asked] == [HOST, "elsewhere.example"]
    assert "Authorization" not in services.asked[1].headers
    assert "bearer-of" not in f"{result}"
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert files
    assert not any(b"bearer-of-the-town" in path.read_bytes() for path in files)


def test_without_a_token_it_is_said_which_one_is_missing(store: Store) -> None:
    """The sentence names the secret; nothing was paid."""
    services = Services()
    X(many(1)).serve(services)
    (result,) = services.collect(store, FEED).results
    assert (result.state, "LISTENING_X_TOKEN" in result.advice, used(store)) == ("refused", True, 0)


# --- posts that are known ---------------------------------------------------------------------------------------------


def known(number: int) -> Post:
    """A post that is stored, with its author."""
    key = str(at(NOW, number))
    return Post(
        source="x",
        feed="X",
        key=key,
        text="Quillhaven",
        url=f"https://x.com/bo/status/{key}",
        author="@bo",
        author_followers=9,
    )


def lost(post: Post, title: str, parameter: str = "ids") -> dict[str, Any]:
    """What X says of a post that it does not show."""
    kind = "resource-not-found" if title == "Not Found Error" else "not-authorized-for-resource"
    said = {"value": post.key, "detail": "Could not find it.", "title": title, "resource_type": "tweet"}
    return {**said, "parameter": parameter, "resource_id": post.key, "type": f"{PROBLEM}{kind}"}


def test_known_posts_are_looked_up_a_hundred_at_once() -> None:
    """Within the month's money, and without paying for their authors again."""
    posts = [known(number) for number in range(100)]
    request = x.refresh(posts, FEED, TOKEN)
    assert request is not None
    query = dict(parse_qsl(urlsplit(request.url).query))
    assert (x.AT_ONCE, query["ids"].count(","), "expansions" in query) == (100, 99, False)
    assert request.costs == {"x": 500}
    assert request.headers["Authorization"] == "Bearer bearer-of-the-town-1234"
    assert "bearer-of" not in request.url


def test_a_look_up_tells_numbers_and_deletions() -> None:
    """As it is now; deleted; made private; edited into another version; and one of which nothing is said."""
    there, deleted, private, edited, unsaid, quoted = (known(number) for number in range(6))
    body = {
        "data": [
            tweet(0, text="Quillhaven &amp; ferries", author_id=None),
            {**tweet(3), "edit_history_tweet_ids": [edited.key, str(at(NOW, 99))]},
            tweet(77),
        ],
        "errors": [
            lost(deleted, "Not Found Error"),
            lost(private, "Authorization Error"),
            lost(quoted, "Not Found Error", "referenced_tweets.id"),
        ],
    }
    found = x.refreshed(answer_with(body), [there, deleted, private, edited, unsaid, quoted], FEED)
    (post,) = found.posts
    assert (post.key, post.text, post.likes) == (there.key, "Quillhaven & ferries", 0)
    assert (post.author, post.author_followers, post.url) == ("@bo", 9, there.url)
    assert (found.gone, found.missing) == ((deleted.key, private.key), ())
    only_errors = x.refreshed(answer_with({"errors": [lost(deleted, "Not Found Error")]}), [deleted], FEED)
    assert only_errors.gone == (deleted.key,)


def test_an_edited_post_is_looked_up_by_its_latest_version() -> None:
    """It is known by its first id, and stands at the address of the latest."""
    latest = tweet(5, like_count=3, edit_history_tweet_ids=[known(1).key, str(at(NOW, 5))])
    post = replace(known(1), url=f"https://x.com/bo/status/{latest['id']}")
    request = x.refresh([post], FEED, TOKEN)
    assert request is not None
    assert dict(parse_qsl(urlsplit(request.url).query))["ids"] == latest["id"]
    assert [now.key for now in x.refreshed(answer_with({"data": [latest]}), [post], FEED).posts] == [post.key]
    error = {**lost(post, "Not Found Error"), "resource_id": latest["id"]}
    assert x.refreshed(answer_with({"errors": [error]}), [post], FEED).gone == (post.key,)


@pytest.mark.parametrize(
    ("body", "status"), [({}, 200), ({"detail": "no"}, 403), (CAPPED, 429), (b"<html>", 200), (b"", 503)]
)
def test_a_look_up_that_fails_says_nothing(body: object, status: int) -> None:
    """It is not a deletion."""
    with pytest.raises(FeedError):
        x.refreshed(answer_with(body, status), [known(1)], FEED)


# --- real answers -----------------------------------------------------------------------------------------------------


@pytest.mark.captures
@pytest.mark.skipif(not os.environ.get("LISTENING_CAPTURES"), reason="LISTENING_CAPTURES names no folder")
def test_the_real_answers_are_read() -> None:
    """All 792 posts of fourteen answers, what they cost, two counts and one refusal; version 1.1 is refused."""
    folder = Path(os.environ["LISTENING_CAPTURES"])
    pages: dict[str, Page] = {}
    refusals = []
    for file in sorted((folder / "x_api_v2").glob("*.json")):
        if file.name == "responses.json":
            continue
        answer = answer_with(file.read_bytes(), 401 if "error_401" in file.name else 200)
        try:
            pages[file.name] = x.parse(answer, FEED)
        except FeedRefused as error:
            refusals.append(error.problem)
    posts = [post for page in pages.values() for post in page.posts]
    assert refusals == ["X wants a token: there is none, or it did not accept ours (401)."]
    assert (len(pages), len(posts)) == (16, 792)
    assert all(post.published_at and post.published_at.tzinfo == UTC for post in posts)
    assert sum(post.author is not None for post in posts) == 766
    assert sum(post.author_followers is not None for post in posts) == 762
    assert sum(post.reply_to is not None for post in posts) == 138
    assert not any("&amp;" in post.text for post in posts)
    whole = pages["cjbarrie__search_all_cdcgov.json"]
    reposts = [post for post in whole.posts if post.text.startswith("RT @")]
    assert (len(whole.posts), len(reposts)) == (394, 247)
    assert {post.reposts for post in reposts} == {None}
    assert {name: page.notes[0].split(";")[0] for name, page in pages.items() if page.notes} == {
        "cjbarrie__counts_all-8b7f73.json": "X counts 149 posts in the last seven days",
        "tweepy__get_recent_tweets_count.json": "X counts 5,299 posts in the last seven days",
    }
    for file in sorted((folder / "twitter_v1_json").glob("*.json")):
        with pytest.raises(FeedError):
            x.parse(answer_with(file.read_bytes()), FEED)
