"""Stack Exchange: questions become posts, towards now and without gaps; its limits are kept, its key goes nowhere."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from hypothesis import given, settings
from hypothesis import strategies as st
from service_kit import NOW, Services, stored

from listening.collectors import check, stackexchange
from listening.collectors._walk import Walk
from listening.collectors.protocols import Refreshed
from listening.errors import BudgetSpent, FeedError, SettingsError
from listening.models import Answer, Feed, Post, Request
from listening.store import Store

HOST = "api.stackexchange.com"
PATH = "/2.3/search/advanced"
FEED = Feed(name="Travel", source="stackexchange", options={"site": "travel", "search": "Quillhaven"})
AT = int(NOW.timestamp())
SECRET = "u4DMfr((wz9"
KEYED = {stackexchange.KEY: SECRET}
Item = dict[str, Any]


def question(number: int, at: int, **more: Any) -> Item:
    """A question about the town."""
    return {
        "question_id": number,
        "link": f"https://travel.stackexchange.com/questions/{number}/quillhaven",
        "title": f"Is the Quillhaven ferry &quot;late&quot;, trip {number}?",
        "body": "<p>I <b>like</b> it.</p>\n<p>Is it open?</p>\n",
        "creation_date": at,
        "owner": {
            "user_id": 7,
            "display_name": "Ada &amp; Bo",
            "link": "https://travel.stackexchange.com/users/7/ada",
            "reputation": 12,
        },
        "score": 3,
        "answer_count": 2,
        "view_count": 40,
        "tags": ["ferries"],
        **more,
    }


def wrapped(items: Sequence[object], **more: Any) -> dict[str, Any]:
    """Items as the interface wraps them."""
    return {"items": list(items), "has_more": False, "quota_max": 300, "quota_remaining": 250, **more}


class Site:
    """The search as it answers: in the order that is asked for, from a time on, page by page."""

    def __init__(self, services: Services, items: Sequence[Item] = (), **more: Any) -> None:
        self.items, self.more = list(items), more
        services.on(HOST, PATH)(self.answer)

    def found(self, asked: Mapping[str, str]) -> dict[str, Any]:
        """The answer to a search."""
        assert (asked["sort"], asked["filter"]) == ("creation", "withbody")
        found = [each for each in self.items if each["creation_date"] >= int(asked.get("fromdate", 0))]
        found.sort(key=lambda each: each["creation_date"], reverse=asked["order"] == "desc")
        size = int(asked["pagesize"])
        start = (int(asked["page"]) - 1) * size
        return wrapped(found[start : start + size], has_more=start + size < len(found), **self.more)

    async def answer(self, request: web.Request) -> web.Response:
        return web.json_response(self.found(request.query))


def answer_to(request: Request | None, body: object, status: int = 200, **headers: str) -> Answer:
    """An answer of the interface."""
    url = request.url if request is not None else ""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Answer(status=status, headers=headers, url=url, body=raw, request=request)


def test_a_question_gives_every_field() -> None:
    """Names and titles are escaped as in HTML; the key holds the site, whose numbers are its own."""
    body = wrapped([question(9, AT, last_edit_date=AT + 60, score=-2)])
    (post,) = stackexchange.parse(answer_to(None, body), FEED).posts
    assert post == Post(
        source="stackexchange",
        feed="Travel",
        key="travel:9",
        url="https://travel.stackexchange.com/questions/9/quillhaven",
        title='Is the Quillhaven ferry "late", trip 9?',
        text="I like it.\nIs it open?",
        author="Ada & Bo",
        author_url="https://travel.stackexchange.com/users/7/ada",
        published_at=datetime.fromtimestamp(AT, tz=UTC),
        edited_at=datetime.fromtimestamp(AT + 60, tz=UTC),
        likes=0,
        replies=2,
        views=40,
    )


def test_what_is_not_said_is_null_and_what_has_no_id_is_told_of() -> None:
    """Nobody's question has no author; nothing is counted that is not there."""
    page = stackexchange.parse(answer_to(None, wrapped([{"question_id": 3}, {"title": "no id"}, "odd"])), FEED)
    assert page.posts == (Post(source="stackexchange", feed="Travel", key="travel:3"),)
    assert page.skipped == ("2 questions without an id",)


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("travel", "travel"),
        ("Travel.StackExchange.com", "travel"),
        ("https://travel.stackexchange.com/questions", "travel"),
        ("stackoverflow.com", "stackoverflow"),
        ("ru.stackoverflow.com", "ru.stackoverflow"),
        ("meta.travel.stackexchange.com", "travel.meta"),
        ("mathoverflow.net", "mathoverflow.net"),
    ],
)
def test_a_site_has_one_name_however_it_is_written(written: str, name: str) -> None:
    """Else the same question would be two mentions."""
    feed = replace(FEED, options={"site": written, "search": "Quillhaven"})
    check("stackexchange", feed.options)
    assert f"site={name}&" in stackexchange.locate(feed, None, {}).url
    assert stackexchange.parse(answer_to(None, wrapped([question(9, AT)])), feed).posts[0].key == f"{name}:9"


@pytest.mark.parametrize(
    ("options", "key"),
    [
        ({"search": "Quillhaven"}, "site"),
        ({"site": "travel and more", "search": "Quillhaven"}, "site"),
        ({"site": "travel"}, "search"),
        ({"site": "travel", "tag": "air travel"}, "tag"),
    ],
)
def test_settings_that_cannot_be_used_are_refused(options: Mapping[str, str], key: str) -> None:
    """With the key that is wrong."""
    with pytest.raises(SettingsError) as caught:
        check("stackexchange", options)
    assert caught.value.key == key


# --- walks ------------------------------------------------------------------------------------------------------------


def test_a_first_visit_looks_back_and_later_ones_read_what_came_since(store: Store) -> None:
    """Three pages at first; then, oldest first, all that is new, and an hour again for late arrivals."""
    services = Services()
    site = Site(services, [question(n, AT - 60 * n, title="A ferry") for n in range(1, 501)])
    assert services.collect(store, FEED).results[0].posts == 300
    assert [each.query["order"] for each in services.asked] == ["desc"] * 3
    site.items += [question(10_000 + n, AT + n, title="A ferry") for n in range(1, 250)]
    site.items += [question(20_000, AT - 600), question(20_001, AT + 250)]
    services.asked.clear()
    second = services.collect(store, FEED, after=timedelta(hours=1))
    assert (second.new, second.results[0].posts, len(services.asked)) == (2, 312, 4)
    assert {each.query["fromdate"] for each in services.asked} == {str(AT - 60 - 3600)}
    assert {each.query["order"] for each in services.asked} == {"asc"}


def test_a_tag_is_asked_for_as_one() -> None:
    """With or without words."""
    url = stackexchange.locate(replace(FEED, options={"site": "travel", "tag": "ferries;piers"}), None, {}).url
    assert "tagged=ferries%3Bpiers" in url
    assert "q=" not in url


@settings(max_examples=25)
@given(
    st.lists(st.integers(0, 40), max_size=130),
    st.lists(st.integers(0, 40), max_size=330),
    st.integers(1, 5),
)
def test_no_question_is_lost_between_two_visits(before: list[int], after: list[int], broken: int) -> None:
    """Wherever the pages end, and though the second visit is broken off after some pages: the third has the rest."""
    site = Site(Services(), [question(n, AT + at) for n, at in enumerate(before)])

    def visit(cursor: str | None, most: int) -> tuple[set[str], str | None]:
        keys: set[str] = set()
        request: Request | None = stackexchange.locate(FEED, cursor, {})
        for _ in range(most):
            assert request is not None
            asked = dict(pair.split("=", 1) for pair in request.url.partition("?")[2].split("&"))
            page = stackexchange.parse(answer_to(request, site.found(asked)), FEED)
            keys |= {post.key for post in page.posts}
            cursor, request = page.cursor or cursor, page.next
            if request is None:
                break
        return keys, cursor

    _, cursor = visit(None, 20)
    site.items += [question(1_000 + n, AT + 100 + at) for n, at in enumerate(after)]
    second, cursor = visit(cursor, broken)
    third, _ = visit(cursor, 20)
    assert {f"travel:{1_000 + n}" for n in range(len(after))} <= second | third


def test_a_pause_that_is_asked_for_is_kept(store: Store) -> None:
    """The walk stops there, nothing is asked before the time is up, and then it goes on."""
    services = Services()
    site = Site(services, [question(1, AT)])
    services.collect(store, FEED)
    site.items += [question(100 + n, AT + 3601 + n) for n in range(150)]
    site.more = {"backoff": 120}
    services.asked.clear()
    assert services.collect(store, FEED, after=timedelta(hours=2)).results[0].posts == 100
    assert len(services.asked) == 1
    (early,) = services.collect(store, FEED, after=timedelta(minutes=1), retry=True).results
    assert (early.state, len(services.asked)) == ("waiting", 1)
    site.more = {}
    assert services.collect(store, FEED, after=timedelta(minutes=2)).new == 51


# --- limits -----------------------------------------------------------------------------------------------------------


def test_a_pause_holds_for_all_places_of_the_service(store: Store) -> None:
    """Two places are asked one after the other, and the second not at all while the service wants to be left alone."""
    services = Services()
    Site(services, [question(1, AT)], backoff=30)
    other = replace(FEED, name="Travel, other words", options={"site": "travel", "search": "Millbrook"})
    first, second = services.collect(store, FEED, other).results
    assert [(each.state, len(services.asked)) for each in (first, second)] == [("ok", 1), ("waiting", 1)]
    assert "for all of its places" in second.problem
    first, second = services.collect(store, FEED, other, after=timedelta(seconds=31)).results
    assert (first.state, second.state) == ("waiting", "ok"), "who has waited longest comes first"


def test_requests_are_counted_by_day_with_and_without_a_key() -> None:
    """A request says which of the two budgets it uses; both are what the interface allows."""
    assert {budget.name: budget.most for budget in stackexchange.budgets(FEED)} == {
        "stackexchange requests": 300,
        "stackexchange requests with a key": 10_000,
    }
    assert stackexchange.locate(FEED, None, {}).costs == {"stackexchange requests": 1}
    assert stackexchange.locate(FEED, None, KEYED).costs == {"stackexchange requests with a key": 1}


def test_the_day_is_not_used_up_by_one_feed(store: Store) -> None:
    """What may be asked is spread over the day: a walk that would need more waits, and loses nothing."""
    services = Services(now=NOW.replace(hour=0))
    site = Site(services, [question(1, AT - 80_000)])
    services.collect(store, FEED)
    site.items += [question(100 + n, AT - 70_000 + n, title="A ferry") for n in range(1850)]
    site.items.append(question(9_999, AT - 60_000))
    (result,) = services.collect(store, FEED, after=timedelta(minutes=5)).results
    assert (result.state, "300 requests a day" in result.problem) == ("waiting", True)
    assert len(services.asked) <= 15
    services.collect(store, FEED, after=timedelta(hours=6))
    assert [mention.key for mention in stored(store)] == ["travel:9999", "travel:1"]


def test_the_last_request_of_the_day_is_followed_by_rest_until_the_next(store: Store) -> None:
    """Midnight by the answer's own clock; and a note says that little is left."""
    request = stackexchange.locate(FEED, None, {})
    date = format_datetime(NOW, usegmt=True)
    page = stackexchange.parse(answer_to(request, wrapped([], quota_remaining=0), date=date), FEED)
    assert page.wait == 7 * 3600
    assert page.notes == ("Stack Exchange has 0 of 300 requests left for today",)
    assert stackexchange.parse(answer_to(request, wrapped([], quota_remaining=0)), FEED).wait == 3600
    assert stackexchange.parse(answer_to(request, wrapped([], backoff=10)), FEED).wait == 10
    assert stackexchange.parse(answer_to(request, wrapped([])), FEED).wait == 0


THROTTLED = {
    "error_id": 502,
    "error_name": "throttle_violation",
    "error_message": "too many requests from this IP, more requests available in 7200 seconds",
}


def test_where_it_is_asked_too_often_it_is_left_alone_as_long_as_it_says(store: Store) -> None:
    """Nobody has failed: the feed waits, also where somebody presses the button."""
    services = Services()
    services.answers(HOST, PATH, THROTTLED, 400, Date=format_datetime(NOW, usegmt=True))
    (result,) = services.collect(store, FEED).results
    assert (result.state, "too often" in result.problem) == ("waiting", True)
    Site(services, [question(1, AT)])
    (early,) = services.collect(store, FEED, after=timedelta(minutes=100), retry=True).results
    assert (early.state, early.new) == ("waiting", 0)
    assert services.collect(store, FEED, after=timedelta(minutes=21)).new == 1


def test_a_throttle_without_a_clock_is_a_refusal() -> None:
    """Then our own pauses hold."""
    with pytest.raises(FeedError, match="too often") as caught:
        stackexchange.parse(answer_to(None, THROTTLED, 400), FEED)
    assert not isinstance(caught.value, BudgetSpent)


@pytest.mark.parametrize(
    ("body", "status", "state", "said"),
    [
        (
            {"error_id": 400, "error_name": "bad_parameter", "error_message": "No site found for name `travel`"},
            400,
            "refused",
            "no site “travel”",
        ),
        (
            {
                "error_id": 400,
                "error_name": "bad_parameter",
                "error_message": "`key` doesn't match a known application",
            },
            400,
            "refused",
            "LISTENING_STACKEXCHANGE_KEY",
        ),
        ({"error_id": 405, "error_name": "key_required", "error_message": "needed"}, 400, "refused", "KEY"),
        ({"error_id": 400, "error_name": "bad_parameter", "error_message": "tagged"}, 400, "refused", "“tagged” (400)"),
        ({"error_id": 400, "error_name": "bad_parameter", "error_message": "tagged"}, 200, "refused", "“tagged” (400)"),
        ({"error_id": 503, "error_name": "temporarily_unavailable", "error_message": "-"}, 400, "unreachable", "503"),
        ({"error_id": 500, "error_name": "internal_error", "error_message": "-"}, 400, "unreachable", "500"),
        ("slow down", 429, "refused", "429"),
        ("<html><title>Just a moment...</title></html>", 403, "blocked", "browser"),
        ("<html><title>Stack Exchange</title>hello</html>", 200, "unreadable", "web page"),
        ("", 502, "unreachable", "502"),
        ("", 200, "unreadable", "empty"),
        ('{"items": [{"question_id"', 200, "unreadable", "cut short"),
        ({"items": "none"}, 200, "unreadable", "not with questions"),
        ([1, 2], 200, "unreadable", "not with"),
    ],
)
def test_what_is_no_answer_is_said_and_the_next_visit_brings_all(
    store: Store, body: object, status: int, state: str, said: str
) -> None:
    """Each documented error in a sentence, and nothing is lost by it."""
    services = Services()
    services.answers(HOST, PATH, body, status)
    (result,) = services.collect(store, FEED).results
    assert (result.state, said in result.problem) == (state, True), result.problem
    assert result.advice.endswith(".")
    Site(services, [question(1, AT)])
    assert services.collect(store, FEED, after=timedelta(days=1), retry=True).new == 1


def test_the_key_goes_to_stack_exchange_alone_and_is_never_told(store: Store) -> None:
    """With every page; in no sentence, though the server repeats it; and nowhere in the store."""
    services = Services()
    Site(services, [question(n, AT - n) for n in range(150)])
    services.collect(store, FEED, secrets=KEYED)
    assert [each.query["key"] for each in services.asked] == [SECRET, SECRET]
    assert stackexchange.locate(FEED, None, KEYED).secret == ("key",)
    echo = {"error_id": 400, "error_name": "bad_parameter", "error_message": f"odd: {SECRET}"}
    services.answers(HOST, PATH, echo, 400)
    (result,) = services.collect(store, FEED, secrets=KEYED, after=timedelta(days=1)).results
    assert "“odd: …”" in result.problem
    database = Path(store.url.removeprefix("sqlite:///"))
    for file in database.parent.glob(f"{database.name}*"):
        assert SECRET.encode() not in file.read_bytes()


# --- posts that are known ---------------------------------------------------------------------------------------------


def known(key: str = "travel:9") -> Post:
    """A question that is stored."""
    return Post(
        source="stackexchange",
        feed="Travel",
        key=key,
        url="https://travel.stackexchange.com/questions/9/quillhaven",
        text="Quillhaven",
    )


def test_known_questions_are_looked_up_together() -> None:
    """Up to a hundred at once; those that are not there are missing; of other sites and kinds nothing is known."""
    posts = [known("travel:9"), known("travel:10"), known("cooking:9"), known("travel:answer:11")]
    request = stackexchange.refresh(posts, FEED, KEYED)
    assert request is not None
    assert request.url.startswith("https://api.stackexchange.com/2.3/questions/9;10?site=travel&pagesize=100&")
    assert (request.secret, request.costs) == (("key",), {"stackexchange requests with a key": 1})
    body = wrapped([question(9, AT, score=8, body="<p>Edited</p>", last_edit_date=AT + 60)])
    found = stackexchange.refreshed(answer_to(request, body), posts, FEED)
    assert [(post.key, post.likes, post.text) for post in found.posts] == [("travel:9", 8, "Edited")]
    assert (found.missing, found.gone) == (("travel:10",), ())
    assert stackexchange.refresh(posts[3:], FEED, {}) is None


def test_a_look_up_that_fails_says_nothing() -> None:
    """Nor does one of which it is not known what was asked."""
    request = stackexchange.refresh([known()], FEED, {})
    for body, status in ((THROTTLED, 400), (b"", 502), ({"items": None}, 200)):
        with pytest.raises(FeedError):
            stackexchange.refreshed(answer_to(request, body, status), [known()], FEED)
    assert stackexchange.refreshed(answer_to(None, wrapped([])), [known()], FEED) == Refreshed()


def test_a_conversation_has_answers_and_all_comments() -> None:
    """Each with what it is about; the numbers of answers and comments are told apart from those of questions."""
    request = stackexchange.thread(known(), FEED, KEYED)
    assert request is not None
    assert "/2.3/questions/9/answers?site=travel&" in request.url
    reply = {"answer_id": 11, "question_id": 9, "body": "<p>Yes.</p>", "score": 4, "creation_date": AT, "owner": {}}
    first = stackexchange.conversation(answer_to(request, wrapped([reply, {"body": "no id"}])), known(), FEED)
    assert [(post.key, post.reply_to, post.text, post.likes, post.url) for post in first.posts] == [
        ("travel:answer:11", "travel:9", "Yes.", 4, "https://travel.stackexchange.com/a/11")
    ]
    assert first.next is not None
    assert "/2.3/posts/9;11/comments?site=travel&" in first.next.url
    assert f"key={SECRET[:6]}" in first.next.url
    comments = [
        {"comment_id": 9, "post_id": 9, "body": "Kind &amp; dry", "creation_date": AT, "score": 0},
        {"comment_id": 21, "post_id": 11, "body": "Thank you!", "creation_date": AT, "score": 1},
    ]
    second = stackexchange.conversation(answer_to(first.next, wrapped(comments, backoff=5)), known(), FEED)
    assert [(post.key, post.reply_to, post.text) for post in second.posts] == [
        ("travel:comment:9", "travel:9", "Kind & dry"),
        ("travel:comment:21", "travel:answer:11", "Thank you!"),
    ]
    assert second.posts[1].url == "https://travel.stackexchange.com/questions/9/quillhaven#comment21_11"
    assert (second.next, second.wait) == (None, 5)
    assert stackexchange.thread(known("travel:answer:11"), FEED, {}) is None


def test_a_long_conversation_is_read_over_several_pages_and_has_an_end() -> None:
    """Three pages of answers, two of comments."""
    request = stackexchange.thread(known(), FEED, {})
    asked = []
    while request is not None:
        asked.append((request.url.partition("?")[0].rpartition("/")[2], request.url.partition("page=")[2][:1]))
        kind = "comment_id" if "/comments?" in request.url else "answer_id"
        body = wrapped([{kind: 11, "post_id": 9}], has_more=True)
        walk = request.carry
        assert isinstance(walk, Walk)
        request = stackexchange.conversation(answer_to(request, body), known(), FEED).next
    assert [name for name, _ in asked] == ["answers"] * 3 + ["comments"] * 2


# --- real answers -----------------------------------------------------------------------------------------------------


@pytest.mark.captures
@pytest.mark.skipif(not os.environ.get("LISTENING_CAPTURES"), reason="LISTENING_CAPTURES names no folder")
def test_the_real_answers_are_read() -> None:
    """Two pages that hold one question twice, a list out of its wrapper, and the two questions of a tag's feed."""
    feed = Feed(name="x", source="stackexchange")
    files = sorted((Path(os.environ["LISTENING_CAPTURES"]) / "stackexchange").iterdir())
    answers = [Answer(status=200, headers={}, url=file.name, body=file.read_bytes()) for file in files]
    with pytest.raises(FeedError, match="not with questions"):
        stackexchange.parse(answers.pop(2), feed)
    first, second, tag = (stackexchange.parse(answer, feed).posts for answer in answers)
    assert [(post.key, post.likes, post.replies, post.views) for post in first] == [("1", 1, 1, 17)]
    assert [post.key for post in second] == ["1"]
    assert [post.key for post in tag] == ["stackoverflow:77635559", "stackoverflow:77635466"]
    assert all(post.author and post.text and post.published_at and post.edited_at is None for post in tag)
