"""Reddit through an approved app: signed in, page by page back to what is known, with scores, deletions and threads."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from aiohttp import web
from hypothesis import given, settings
from hypothesis import strategies as st
from keeping_kit import found_in_files
from service_kit import NOW, Services, stored

from listening.collectors import _reddit_app as app
from listening.collectors import check, reddit
from listening.errors import FeedError, FeedExpired, FeedRefused, SettingsError
from listening.models import Answer, Feed, Page, Post, Request, mention_id
from listening.signing import Sessions
from listening.store import Store, file_of

LOGIN, API = "www.reddit.com", "oauth.reddit.com"
AT = int(NOW.timestamp())
SECRETS = {app.APP_KEY: "quillkey1234", app.APP_SECRET: "hush-hush-hush"}
TOWN = Feed(name="r/quillhaven", source="reddit", options={"subreddit": "quillhaven"})
SEARCH = Feed(name="Search", source="reddit", options={"search": "Quillhaven"})


def thing(number: int, at: int, **more: Any) -> dict[str, Any]:
    """A post about the town."""
    data = {
        "name": f"t3_{number:x}",
        "id": f"{number:x}",
        "title": f"Quillhaven ferry {number}",
        "selftext": "",
        "selftext_html": None,
        "author": "otter",
        "permalink": f"/r/quillhaven/comments/{number:x}/ferry/",
        "created_utc": float(at),
        "edited": False,
        "score": 4,
        "num_comments": 2,
        "over_18": False,
        "removed_by_category": None,
    }
    return {"kind": "t3", "data": {**data, **more}}


def comment(key: str, parent: str, replies: Sequence[dict[str, Any]] = (), **more: Any) -> dict[str, Any]:
    """A comment under post aa."""
    data = {
        "name": f"t1_{key}",
        "body": f"Quillhaven, says {key}",
        "author": "fern",
        "parent_id": parent,
        "link_id": "t3_aa",
        "created_utc": AT,
        "score": 1,
        "replies": listing(replies) if replies else "",
    }
    return {"kind": "t1", "data": {**data, **more}}


def listing(children: Sequence[dict[str, Any]], after: str | None = None) -> dict[str, Any]:
    """The shape that all lists have."""
    return {"kind": "Listing", "data": {"after": after, "dist": len(children), "children": list(children)}}


class Api:
    """Reddit's sign-in and API as they answer: a token for the right pair, newest first, 1,000 at most."""

    def __init__(self, services: Services, things: Sequence[dict[str, Any]] = ()) -> None:
        self.things = list(things)
        self.tokens = 0
        self.valid = ""
        services.on(LOGIN, "/api/v1/access_token")(self.sign_in)
        for path in ("/search", "/r/quillhaven/new", "/r/quillhaven/search", "/r/quillhaven/comments", "/api/info"):
            services.on(API, path)(self.answer)

    async def sign_in(self, request: web.Request) -> web.Response:
        pair = base64.b64encode(b"quillkey1234:hush-hush-hush").decode()
        form = parse_qs((await request.read()).decode())
        if request.method != "POST" or request.headers.get("Authorization") != f"Basic {pair}":
            return web.json_response({"message": "Unauthorized", "error": 401}, status=401)
        if form != {"grant_type": ["client_credentials"]}:
            return web.json_response({"error": "unsupported_grant_type"})
        self.tokens += 1
        self.valid = f"tok-secret-{self.tokens}"
        said = {"access_token": self.valid, "token_type": "bearer", "expires_in": 86400, "scope": "*"}
        return web.json_response(said)

    async def answer(self, request: web.Request) -> web.Response:
        if request.headers.get("Authorization") != f"Bearer {self.valid}":
            return web.json_response({"message": "Unauthorized", "error": 401}, status=401)
        assert request.query["raw_json"] == "1"
        if "id" in request.query:
            wanted = request.query["id"].split(",")
            return web.json_response(listing([each for each in self.things if each["data"]["name"] in wanted]))
        return web.json_response(page_of(self.things, request.query.get("after", ""), int(request.query["limit"])))


def page_of(things: Sequence[dict[str, Any]], after: str, limit: int) -> dict[str, Any]:
    """The page after a thing, and where it goes on."""
    found = sorted(things, key=lambda each: -each["data"]["created_utc"])[:1000]
    names = [each["data"]["name"] for each in found]
    start = names.index(after) + 1 if after in names else 0
    shown = found[start : start + limit]
    more = start + limit < len(found)
    return listing(shown, shown[-1]["data"]["name"] if more and shown else None)


def answer_of(body: object, request: Request | None, status: int = 200, url: str = "") -> Answer:
    """An answer of the API to a request."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Answer(status=status, headers={}, url=url or (request.url if request else ""), body=raw, request=request)


def test_an_app_signs_in_once_for_all_feeds_and_reads_with_scores(store: Store) -> None:
    """Its secret goes to the sign-in alone, the token to the API alone; neither is kept anywhere."""
    services = Services()
    api = Api(services, [thing(1, AT, score=-3), thing(2, AT - 9, hide_score=True, selftext="Good *ferry*")])
    sessions = Sessions()
    result = services.collect(store, TOWN, SEARCH, secrets=SECRETS, sessions=sessions)
    assert (result.new, api.tokens, [each.state for each in result.results]) == (2, 1, ["ok", "ok"])
    assert services.paths() == ["/api/v1/access_token", "/r/quillhaven/new", "/search"]
    services.collect(store, TOWN, secrets=SECRETS, sessions=sessions, after=timedelta(hours=1))
    assert api.tokens == 1
    first, second = sorted(stored(store), key=lambda each: each.key)
    assert (first.key, first.likes, first.replies, first.url) == (
        "t3_1",
        0,
        2,
        "https://www.reddit.com/r/quillhaven/comments/1/ferry/",
    )
    assert (second.likes, second.text, second.author) == (None, "Good *ferry*", "u/otter")
    for each in services.asked:
        assert ("Basic" in each.headers["Authorization"]) == (each.host == LOGIN)
        assert "hush" not in f"{each.path}{each.query}{each.body}"
        assert "tok-secret" not in f"{each.path}{each.query}{each.body}"
    folder = Path(file_of(store.url)).parent
    assert found_in_files(folder, ["hush-hush", "tok-secret", "quillkey1234", "quillhaven"]) == ["quillhaven"]


def asked_for(options: dict[str, str], cursor: str | None = None) -> tuple[str, dict[str, str]]:
    """The path and the parameters that a feed asks with."""
    check("reddit", options)
    request = reddit.locate(Feed(name="x", source="reddit", options=options), cursor, SECRETS)
    parts = urlsplit(request.url)
    assert parts.netloc == API
    return parts.path, {name: values[0] for name, values in parse_qs(parts.query).items()}


def test_what_is_asked() -> None:
    """New posts, comments, a search everywhere or in one subreddit; a first search of a week only."""
    fixed = {"limit": "100", "raw_json": "1"}
    search = {**fixed, "q": "Quill", "sort": "new", "t": "week", "type": "link"}
    assert asked_for({"subreddit": "aa+bb"}) == ("/r/aa+bb/new", fixed)
    assert asked_for({"subreddit": "aa", "comments": "true"}) == ("/r/aa/comments", fixed)
    assert asked_for({"search": "Quill"}) == ("/search", search)
    assert asked_for({"search": "Quill", "subreddit": "aa"}) == ("/r/aa/search", {**search, "restrict_sr": "on"})
    assert asked_for({"search": "Quill"}, "1794211200")[1]["t"] == "all"


def test_without_an_app_or_with_a_relay_all_is_as_it_was() -> None:
    """Half an app is none; a relay gets neither the key nor the token."""
    relay = Feed(name="x", source="reddit", options={"subreddit": "aa", "server": "relay.example"})
    for feed, secrets in ((TOWN, {}), (TOWN, {app.APP_KEY: "x"}), (relay, {**SECRETS, "reddit app token": "t"})):
        request = reddit.locate(feed, "1794211200", secrets)
        assert urlsplit(request.url).path.endswith("/new.rss")
        assert "Authorization" not in request.headers
        assert reddit.sign_in(feed, secrets, None) is None
        assert reddit.refresh([known()], feed, secrets) is None
        assert reddit.thread(known(), feed, secrets) is None


def test_comments_are_read_without_an_app_too() -> None:
    """From the subreddit's feed of comments."""
    options = {"subreddit": "aa", "comments": "true"}
    check("reddit", options)
    request = reddit.locate(Feed(name="x", source="reddit", options=options), None, {})
    assert request.url == "https://www.reddit.com/r/aa/comments.rss?limit=100"


@pytest.mark.parametrize(
    "options",
    [
        {"subreddit": "aa", "comments": "yes"},
        {"subreddit": "aa", "comments": "true", "search": "x"},
        {"search": "x", "comments": "true"},
    ],
)
def test_comments_are_of_a_subreddit_and_not_of_a_search(options: dict[str, str]) -> None:
    """Reddit's search does not know them."""
    with pytest.raises(SettingsError) as caught:
        check("reddit", options)
    assert caught.value.key == "comments"


def test_a_first_visit_looks_back_and_later_ones_read_up_to_what_is_known(store: Store) -> None:
    """Three pages at first; then only what is new, however many pages that is, and an hour again for what came late."""
    services = Services()
    api = Api(services, [thing(n, AT - 60 * n) for n in range(1, 601)])
    sessions = Sessions()
    assert services.collect(store, SEARCH, secrets=SECRETS, sessions=sessions).new == 300
    assert services.paths(API) == ["/search"] * 3
    services.asked.clear()
    api.things += [thing(10_000 + n, AT + n) for n in range(1, 251)]
    api.things.append(thing(20_000, AT - 600))  # came late into the search
    later = services.collect(store, SEARCH, secrets=SECRETS, sessions=sessions, after=timedelta(hours=1))
    assert (later.new, len(services.asked)) == (251, 4)
    assert [each.query.get("after") for each in services.asked][:2] == [None, f"t3_{10_000 + 151:x}"]


def test_a_post_that_moderators_pinned_ends_no_walk(store: Store) -> None:
    """It is old and stands on top."""
    services = Services()
    Api(services)
    pinned = thing(7, AT - 10**6)
    pages = [
        listing([pinned, *(thing(100 + n, AT + 500 - n) for n in range(99))], "t3_c6"),
        listing([thing(1, AT + 1)]),
    ]

    async def answer(request: web.Request) -> web.Response:
        return web.json_response(pages[1] if "after" in request.query else pages[0])

    services.on(API, "/r/quillhaven/new")(lambda _: _json(listing([thing(2, AT)])))
    services.collect(store, TOWN, secrets=SECRETS)
    services.on(API, "/r/quillhaven/new")(answer)
    assert services.collect(store, TOWN, secrets=SECRETS, after=timedelta(hours=3)).new == 101


async def _json(body: object, status: int = 200, **headers: str) -> web.Response:
    return web.json_response(body, status=status, headers={k.replace("_", "-"): v for k, v in headers.items()})


def test_more_than_reddit_shows_is_said(store: Store) -> None:
    """Of more than 1,000 new posts the older ones cannot be had."""
    services = Services()
    api = Api(services, [thing(1, AT - 9_000)])
    services.collect(store, TOWN, secrets=SECRETS)
    api.things += [thing(100 + n, AT + n) for n in range(1_200)]
    (result,) = services.collect(store, TOWN, secrets=SECRETS, after=timedelta(hours=1)).results
    assert (result.new, result.notes) == (1_000, (reddit._CUT,))


@settings(max_examples=15)
@given(st.lists(st.integers(0, 40), max_size=120), st.lists(st.integers(0, 4_000), max_size=400))
def test_no_post_is_lost_between_two_visits(before: list[int], after: list[int]) -> None:
    """Whatever the times and wherever the pages end: the second walk ends at what the first one knew."""
    things = [thing(n + 1, AT + at) for n, at in enumerate(before)]

    def walk(cursor: str | None) -> tuple[set[str], str | None]:
        keys: set[str] = set()
        request = reddit.locate(SEARCH, cursor, SECRETS)
        while True:
            after = parse_qs(urlsplit(request.url).query).get("after", [""])[0]
            page = reddit.parse(answer_of(page_of(things, after, 100), request), SEARCH)
            keys |= {post.key for post in page.posts}
            if page.next is None:
                return keys, page.cursor or cursor
            assert page.cursor is None
            request = page.next

    _, cursor = walk(None)
    new = [thing(1_000 + n, AT + 100 + at) for n, at in enumerate(after)]
    things += new
    if cursor is not None:
        assert {each["data"]["name"] for each in new} <= walk(cursor)[0]


def test_a_walk_that_is_broken_off_leaves_no_gap(store: Store) -> None:
    """The third page fails, or the last of what is allowed is used: the next visit reads down to what was known."""
    services = Services()
    api = Api(services, [thing(1, AT)])
    sessions = Sessions()
    services.collect(store, TOWN, secrets=SECRETS, sessions=sessions)
    api.things += [thing(100 + n, AT + 4_000 + n) for n in range(450)]
    whole = api.answer
    broken: dict[str, int] = {"at": 3, "count": 0}

    async def failing(request: web.Request) -> web.Response:
        broken["count"] += 1
        return web.Response(status=500) if broken["count"] == broken["at"] else await whole(request)

    services.on(API, "/r/quillhaven/new")(failing)
    assert services.collect(store, TOWN, secrets=SECRETS, sessions=sessions, after=timedelta(hours=2)).new == 200

    async def spent(request: web.Request) -> web.Response:
        answer = await whole(request)
        answer.headers.update({"X-Ratelimit-Remaining": "0.0", "X-Ratelimit-Reset": "300"})
        return answer

    services.on(API, "/r/quillhaven/new")(spent)
    services.collect(store, TOWN, secrets=SECRETS, sessions=sessions, after=timedelta(hours=2))
    services.asked.clear()
    (waits,) = services.collect(store, TOWN, secrets=SECRETS, sessions=sessions, after=timedelta(minutes=4)).results
    assert (waits.state, services.asked) == ("waiting", [])
    services.on(API, "/r/quillhaven/new")(whole)
    services.collect(store, TOWN, secrets=SECRETS, sessions=sessions, after=timedelta(minutes=2))
    assert len(stored(store)) == 451


def test_a_token_that_has_run_out_is_renewed_once(store: Store) -> None:
    """In the middle of a walk too; one that is refused again is a failure in words."""
    services = Services()
    api = Api(services, [thing(1, AT)])
    sessions = Sessions()
    services.collect(store, TOWN, secrets=SECRETS, sessions=sessions)
    api.valid = "another"
    api.things += [thing(100 + n, AT + n) for n in range(150)]
    services.asked.clear()
    assert services.collect(store, TOWN, secrets=SECRETS, sessions=sessions, after=timedelta(hours=1)).new == 150
    assert services.paths() == [
        "/r/quillhaven/new",
        "/api/v1/access_token",
        "/r/quillhaven/new",
        "/r/quillhaven/new",
    ]
    services.answers(API, "/r/quillhaven/new", {"message": "Unauthorized", "error": 401}, 401)
    services.asked.clear()
    (result,) = services.collect(store, TOWN, secrets=SECRETS, sessions=sessions, after=timedelta(hours=1)).results
    assert (result.state, "401" in result.problem) == ("refused", True)
    assert len(services.asked) == 3


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ({"message": "Unauthorized", "error": 401}, 401, "does not know the app"),
        ({"error": "invalid_grant"}, 200, "does not know the app"),
        ({"error": "unsupported_grant_type"}, 200, "something else than a token"),
        ({"access_token": ""}, 200, "something else than a token"),
        ({"access_token": "a\nb"}, 200, "something else than a token"),
        ({"access_token": 7}, 200, "something else than a token"),
        ([1], 200, "something else than a token"),
        ("<html><title>Blocked</title></html>", 403, "(403)"),
        ("<html><title>Reddit</title></html>", 200, "something else than a token"),
        ("", 429, "(429)"),
        ("", 503, "(503)"),
    ],
)
def test_a_sign_in_that_fails_is_said_without_the_secret(store: Store, body: object, status: int, said: str) -> None:
    """Nothing else is asked then, and it is not tried again at once."""
    services = Services()
    services.answers(LOGIN, "/api/v1/access_token", body, status)
    results = services.collect(store, TOWN, SEARCH, secrets=SECRETS).results
    for result in results:
        assert said in result.problem
        assert result.advice.endswith(".")
        assert not result.good
        assert "hush" not in repr(result)
    assert services.paths() == ["/api/v1/access_token"]


@pytest.mark.parametrize(
    ("body", "status", "state", "said"),
    [
        ({"message": "Forbidden", "error": 403}, 403, "blocked", "403"),
        ({"message": "Forbidden", "error": 403, "reason": "private"}, 403, "refused", "private"),
        ({"message": "Forbidden", "error": 403, "reason": "quarantined"}, 403, "refused", "quarantined"),
        ({"message": "Not Found", "error": 404, "reason": "banned"}, 404, "refused", "no such subreddit"),
        ({"message": "Too Many Requests", "error": 429}, 429, "blocked", "too often"),
        ("<html><body><h1>400 Bad request</h1></body></html>", 400, "refused", "400"),
        ("<html><title>Blocked</title></html>", 200, "blocked", "keeps programs out"),
        ("<feed xmlns='http://www.w3.org/2005/Atom'><title>x</title></feed>", 200, "unreadable", "not posts of Reddit"),
        ('{"kind": "Listing", "data": {"chil', 200, "unreadable", "cut short"),
        ("", 200, "unreadable", "empty"),
        ("", 503, "unreachable", "503"),
        ({"kind": "Listing", "data": {"children": "none"}}, 200, "unreadable", "not with posts"),
        ({"kind": "Listing", "data": {}}, 200, "unreadable", "not with posts"),
        ({"kind": "Listing"}, 200, "unreadable", "not with posts"),
        (listing([{"kind": "t5", "data": {"name": "t5_x"}}]), 200, "unreadable", "not with posts"),
        ([], 200, "unreadable", "not with posts"),
        ({}, 200, "unreadable", "not with posts"),
    ],
)
def test_a_refusal_is_explained_and_never_passes_for_silence(
    store: Store, body: object, status: int, state: str, said: str
) -> None:
    """By its status, by a reason, by an answer of another shape; nobody is told to get a feed token then."""
    services = Services()
    api = Api(services, [thing(1, AT)])
    services.answers(API, "/r/quillhaven/new", body, status)
    (result,) = services.collect(store, TOWN, secrets=SECRETS).results
    assert (result.state, said in result.problem) == (state, True), result.problem
    assert "FEED_TOKEN" not in result.advice
    services.on(API, "/r/quillhaven/new")(api.answer)
    assert services.collect(store, TOWN, secrets=SECRETS, after=timedelta(days=1), retry=True).new == 1


def test_a_subreddit_that_does_not_exist_is_no_silence() -> None:
    """There Reddit leads on to its search for subreddits, which finds none."""
    request = reddit.locate(TOWN, None, SECRETS)
    with pytest.raises(FeedError, match="not with posts"):
        reddit.parse(answer_of(listing([]), request, url=f"https://{API}/subreddits/search?q=quillhaven"), TOWN)


def test_a_search_that_finds_nothing_any_more_is_silence_and_no_closed_door(store: Store) -> None:
    """The API says so; only a feed's emptiness is doubtful."""
    services = Services()
    api = Api(services, [thing(1, AT)])
    services.collect(store, SEARCH, secrets=SECRETS)
    api.things.clear()
    (result,) = services.collect(store, SEARCH, secrets=SECRETS, after=timedelta(days=9)).results
    assert (result.state, result.posts) == ("ok", 0)
    services.answers(LOGIN, "/search.rss", "<feed xmlns='http://www.w3.org/2005/Atom'><title>x</title></feed>")
    other = Feed(name="Other", source="reddit", options={"search": "Quillhaven"})
    entry = "<entry><id>t3_9</id><title>Quillhaven</title><link href='/r/q/comments/9/x/'/></entry>"
    services.answers(LOGIN, "/search.rss", f"<feed xmlns='http://www.w3.org/2005/Atom'><title>x</title>{entry}</feed>")
    services.collect(store, other)
    services.answers(LOGIN, "/search.rss", "<feed xmlns='http://www.w3.org/2005/Atom'><title>x</title></feed>")
    (result,) = services.collect(store, other, after=timedelta(days=1)).results
    assert result.state == "blocked"


def test_a_post_that_a_listing_shows_as_removed_is_emptied(store: Store) -> None:
    """By its author or by others; one whose author has left the words stays, and so does a crosspost."""
    services = Services()
    api = Api(services, [thing(n, AT - n, selftext=f"Kind words {n}") for n in range(1, 6)])
    services.collect(store, TOWN, secrets=SECRETS)
    for number, changes in enumerate(
        (
            {"removed_by_category": "moderator"},
            {"author": "[deleted]", "selftext": "[deleted]"},
            {"author": "[deleted]"},
            {"crosspost_parent": "t3_zz", "crosspost_parent_list": [{"title": "x"}]},
        )
    ):
        api.things[number]["data"] |= changes
    (result,) = services.collect(store, TOWN, secrets=SECRETS, after=timedelta(hours=1)).results
    assert result.skipped == ("2 posts removed by the author or by moderators",)
    ids = {mention_id(source="reddit", key=key, feed="") for key in ("t3_1", "t3_2")}
    assert {each.id for each in stored(store) if each.withdrawn_at} == ids
    assert {each.key for each in stored(store) if each.text.startswith("Kind")} == {"t3_3", "t3_4", "t3_5"}


def known(key: str = "t3_aa", url: str = "https://www.reddit.com/r/quillhaven/comments/aa/ferry/") -> Post:
    """A post that is stored."""
    return Post(source="reddit", feed="r/quillhaven", key=key, url=url)


def test_known_posts_are_looked_up_together() -> None:
    """As they are now, taken away, or not there; others are passed over."""
    signed = {**SECRETS, "reddit app token": "tok"}
    posts = [known(f"t3_{n}") for n in ("aa", "bb", "cc", "dd")] + [known("t1_k1"), known("odd key")]
    request = reddit.refresh(posts, TOWN, signed)
    assert request is not None
    assert request.url == f"https://{API}/api/info?id=t3_aa,t3_bb,t3_cc,t3_dd,t1_k1&raw_json=1"
    assert request.headers == {"Authorization": "Bearer tok"}
    body = listing(
        [
            thing(0xAA, AT, score=40, num_comments=9, selftext="Edited", edited=AT + 60.0),
            thing(0xBB, AT, removed_by_category="deleted"),
            thing(0xCC, AT, author="[deleted]", selftext="[removed]"),
            comment("k1", "t3_aa", body="[removed]"),
            thing(0xEE, AT),
        ]
    )
    found = reddit.refreshed(answer_of(body, request), posts[:5], TOWN)
    assert [(post.key, post.likes, post.replies, post.text) for post in found.posts] == [("t3_aa", 40, 9, "Edited")]
    assert found.posts[0].edited_at is not None
    assert (found.gone, found.missing) == (("t1_k1", "t3_bb", "t3_cc"), ("t3_dd",))
    assert reddit.refresh([known("odd key")], TOWN, signed) is None


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        ({"message": "Unauthorized", "error": 401}, 401, FeedExpired),
        ({"message": "Not Found", "error": 404}, 404, FeedRefused),
        ("<html></html>", 200, FeedError),
        ({}, 200, FeedError),
        ("", 500, FeedError),
    ],
)
def test_a_look_up_that_fails_says_nothing(body: object, status: int, error: type[FeedError]) -> None:
    """It is no deletion, and a token that has run out is renewed."""
    request = reddit.refresh([known()], TOWN, SECRETS)
    raw = body.encode() if isinstance(body, str) else body
    with pytest.raises(error):
        reddit.refreshed(answer_of(raw, request, status), [known()], TOWN)


def test_a_post_comes_with_its_comments_each_with_what_it_answers() -> None:
    """Without the post itself, and without what was removed, which is told."""
    request = reddit.thread(known(), TOWN, SECRETS)
    assert request is not None
    assert request.url.startswith(f"https://{API}/comments/aa?")
    removed = comment("k3", "t1_k2", body="[deleted]", author="[deleted]")
    tree = [comment("k1", "t3_aa", [comment("k2", "t1_k1", [removed])]), {"kind": "more", "data": {"count": 3}}]
    body = [listing([thing(0xAA, AT)]), listing(tree)]
    page = reddit.conversation(answer_of(body, request), known(), TOWN)
    assert [(post.key, post.reply_to) for post in page.posts] == [("t1_k1", "t3_aa"), ("t1_k2", "t1_k1")]
    assert (page.gone, page.next) == (("t1_k3",), None)


def test_a_comment_comes_with_what_lies_above_and_below_it() -> None:
    """The post and the comments on the way to it, and its answers."""
    post = known("t1_k2", "https://www.reddit.com/r/quillhaven/comments/aa/ferry/k2/")
    request = reddit.thread(post, TOWN, SECRETS)
    assert request is not None
    query = parse_qs(urlsplit(request.url).query)
    assert (urlsplit(request.url).path, query["comment"], query["context"]) == ("/comments/aa", ["k2"], ["8"])
    body = [
        listing([thing(0xAA, AT)]),
        listing([comment("k1", "t3_aa", [comment("k2", "t1_k1", [comment("k4", "t1_k2")])])]),
    ]
    page = reddit.conversation(answer_of(body, request), post, TOWN)
    assert [(each.key, each.reply_to) for each in page.posts] == [
        ("t3_aa", None),
        ("t1_k1", "t3_aa"),
        ("t1_k4", "t1_k2"),
    ]
    assert reddit.thread(known("t1_k2", ""), TOWN, SECRETS) is None


def test_without_an_app_a_thread_is_read_with_the_accounts_own_token() -> None:
    """Which goes to Reddit alone, and is hidden."""
    secrets = {reddit.TOKEN: "s3cret-token", reddit.USER: "fern"}
    request = reddit.thread(known(), TOWN, secrets)
    assert request is not None
    assert request.url == "https://www.reddit.com/comments/aa.rss?limit=100&feed=s3cret-token&user=fern"
    assert request.secret == ("feed", "user")
    entries = (
        "<entry><id>t3_aa</id><title>Ferry</title><link href='https://www.reddit.com/r/q/comments/aa/ferry/'/></entry>"
        "<entry><id>t1_k1</id><title>x</title><content type='html'>Good</content>"
        "<link href='https://www.reddit.com/r/q/comments/aa/ferry/k1/'/></entry>"
    )
    body = f"<feed xmlns='http://www.w3.org/2005/Atom'><title>x</title>{entries}</feed>".encode()
    page: Page = reddit.conversation(answer_of(body, request), known(), TOWN)
    assert [(post.key, post.reply_to, post.text) for post in page.posts] == [("t1_k1", "t3_aa", "Good")]
    with pytest.raises(FeedError):
        reddit.conversation(answer_of(b"", request, 429), known(), TOWN)
    comment_of = known("t1_k1", "https://www.reddit.com/r/q/comments/aa/ferry/k1/")
    assert reddit.thread(comment_of, TOWN, secrets) == request
    relay = Feed(name="x", source="reddit", options={"subreddit": "aa", "server": "relay.example"})
    assert reddit.thread(known(), relay, secrets) is None


@pytest.mark.captures
@pytest.mark.skipif(not os.environ.get("LISTENING_CAPTURES"), reason="LISTENING_CAPTURES names no folder")
def test_the_real_answers_are_read() -> None:
    """All feeds and listings, as answers to the app too; errors with their reasons."""
    folder = Path(os.environ["LISTENING_CAPTURES"])
    said = json.loads((folder / "reddit_json" / "responses.json").read_text())
    counts: dict[str, object] = {}
    for file in sorted((folder / "reddit_json").iterdir()):
        if file.name == "responses.json":
            continue
        request = Request(url=said[file.name]["url"])
        answer = answer_of(file.read_bytes(), request, said[file.name]["status"])
        try:
            page = reddit.parse(answer, TOWN)
        except FeedError as error:
            counts[file.name.partition("__")[2]] = type(error).__name__
            continue
        assert all(post.published_at and post.url for post in page.posts)
        counts[file.name.partition("__")[2]] = (len(page.posts), len(page.gone), page.next is not None)
    assert counts == {
        "error_400_html.txt": "FeedRefused",
        "error_401.json": "FeedExpired",
        "error_403_quarantine.json": "FeedBlocked",
        "r_all_comments_1.json": (100, 0, True),
        "r_all_search.json": (6, 0, False),
        "r_askreddit_new.json": (100, 0, True),
    }
    feeds = 0
    for file in sorted((folder / "reddit_atom").iterdir()):
        feeds += len(reddit.parse(answer_of(file.read_bytes(), None, url=file.name), TOWN).posts)
    assert feeds == 131
