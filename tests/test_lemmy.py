"""Lemmy: posts and comments of 0.19 and of 1.0, page by page back to what is known; deletions and conversations."""

from __future__ import annotations

import copy
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

from listening.collectors import check, lemmy
from listening.collectors.protocols import Refreshed
from listening.errors import FeedError, SettingsError
from listening.models import Answer, Feed, Post, Request
from listening.store import Store

HOST = "lemmy.example"
SEARCH = Feed(name="Lemmy", source="lemmy", options={"server": HOST, "search": "Quillhaven"})
COMMUNITY = Feed(name="Ferries", source="lemmy", options={"server": HOST, "community": "ferries"})
AT = int(NOW.timestamp())
View = dict[str, Any]


def when(at: float) -> str:
    """A time as Lemmy writes it."""
    return datetime.fromtimestamp(at, tz=UTC).isoformat().replace("+00:00", "Z")


def post(number: int, at: float, *, home: str = HOST, **more: Any) -> View:
    """A post about the town, as 0.19 shows it."""
    said = {
        "id": number,
        "name": f"Quillhaven ferry, trip {number}",
        "body": "Kind **crew**.",
        "published": when(at),
        "deleted": False,
        "removed": False,
        "nsfw": False,
        "ap_id": f"https://{home}/post/{number}",
        "language_id": 0,
        "featured_community": False,
        "featured_local": False,
    }
    return {
        "post": said | more,
        "creator": {"name": "ada", "actor_id": f"https://{home}/u/ada", "instance_id": 1, "bot_account": False},
        "community": {"name": "ferries", "nsfw": False, "actor_id": f"https://{HOST}/c/ferries"},
        "counts": {"score": 5, "upvotes": 6, "downvotes": 1, "comments": 2},
    }


def comment(number: int, at: float, *, path: str = "", on: int = 1, **more: Any) -> View:
    """A comment that mentions the town."""
    said = {
        "id": number,
        "post_id": on,
        "content": f"I like Quillhaven, said {number}.",
        "published": when(at),
        "deleted": False,
        "removed": False,
        "ap_id": f"https://{HOST}/comment/{number}",
        "path": path or f"0.{number}",
        "language_id": 0,
    }
    return {
        **post(on, at),
        "comment": said | more,
        "creator": {"name": "bo", "actor_id": "https://harbour.example/u/bo", "instance_id": 2},
        "counts": {"score": -3, "child_count": 0},
    }


def newer(view: View) -> View:
    """The same as 1.0 shows it: other names, and the numbers in the post itself."""
    view = copy.deepcopy(view)
    counts = view.pop("counts")
    for name in ("post", "comment"):
        if name in view:
            view[name]["published_at"] = view[name].pop("published")
            if "updated" in view[name]:
                view[name]["updated_at"] = view[name].pop("updated")
    view["comment" if "comment" in view else "post"] |= counts
    for name in ("creator", "community"):
        view[name]["ap_id"] = view[name].pop("actor_id")
    return view


def said_in(view: View) -> dict[str, Any]:
    """The comment, or the post."""
    found: dict[str, Any] = view.get("comment") or view["post"]
    return found


class Server:
    """A Lemmy server of 0.19, or of 1.0 that imitates 0.19 besides, as it does: without order, without pages."""

    def __init__(self, services: Services, views: Sequence[View] = (), *, version: str = "0.19") -> None:
        self.views = list(views)
        self.services = services
        self.move_to(version)

    def move_to(self, version: str) -> None:
        """From now on the server runs this version."""
        for path in [path for host, path in self.services.handlers if host == HOST]:
            del self.services.handlers[HOST, path]
        if version == "0.19":
            self.services.on(HOST, "/api/v3/search")(self.search)
            self.services.on(HOST, "/api/v3/post/list")(self.list)
            self.services.on(HOST, "/api/v3/comment/list")(self.list)
        else:
            self.services.on(HOST, "/api/v3/search")(self.imitated)
            self.services.on(HOST, "/api/v4/post/list")(self.newer_list)
            self.services.on(HOST, "/api/v4/comment/list")(self.newer_list)

    def found(self, words: str, kind: str) -> list[View]:
        """Those of a kind that hold the words, newest first; behind those that are pinned."""
        views = [view for view in self.views if ("comment" in view) == (kind == "comments")]
        views = [view for view in views if words.lower() in json.dumps(said_in(view)).lower()]
        return sorted(
            views,
            key=lambda view: (said_in(view).get("featured_community", False), said_in(view)["published"]),
            reverse=True,
        )

    async def search(self, request: web.Request) -> web.Response:
        assert (request.query["sort"], request.query["type_"], request.query["listing_type"]) == ("New", "All", "All")
        start, size = (int(request.query["page"]) - 1) * int(request.query["limit"]), int(request.query["limit"])
        found = {kind: self.found(request.query["q"], kind)[start : start + size] for kind in ("posts", "comments")}
        return web.json_response({"type_": "All", **found, "communities": [], "users": []}, headers=clock())

    async def list(self, request: web.Request) -> web.Response:
        assert (request.query["sort"], request.query["type_"]) == ("New", "All")
        kind = "posts" if request.path.endswith("post/list") else "comments"
        if token := request.query.get("page_cursor"):
            start = int(token.removeprefix("P"))
        else:
            start = (int(request.query["page"]) - 1) * int(request.query["limit"])
        end = start + int(request.query["limit"])
        found = self.found("", kind)
        more = {"next_page": f"P{end}"} if kind == "posts" and found[start:end] else {}  # also on the last page
        return web.json_response({kind: found[start:end], **more}, headers=clock())

    async def imitated(self, request: web.Request) -> web.Response:
        found = {kind: sorted(self.found(request.query["q"], kind), key=str)[:10] for kind in ("posts", "comments")}
        for view in found["posts"] + found["comments"]:
            view["creator"]["instance_id"] = 0
        return web.json_response({"type_": "All", **found, "communities": [], "users": []}, headers=clock())

    async def newer_list(self, request: web.Request) -> web.Response:
        assert (request.query["sort"], request.query["type_"]) == ("new", "all")
        assert request.query["time_range_seconds"] == "0"
        kind = "posts" if request.path.endswith("post/list") else "comments"
        start = int(request.query.get("page_cursor", "P0").removeprefix("P"))
        end = start + int(request.query["limit"])
        found = [newer(view) for view in self.found(request.query.get("search_term", ""), kind)]
        following = f"P{end}" if end < len(found) else None
        return web.json_response({"items": found[start:end], "next_page": following}, headers=clock())


def clock() -> dict[str, str]:
    """The server's time of day, a while after all posts of these tests."""
    return {"Date": format_datetime(NOW + timedelta(days=2), usegmt=True)}


def read(body: object, feed: Feed = SEARCH, *, request: Request | None = None, status: int = 200) -> Any:
    """What a collector makes of an answer."""
    url = request.url if request is not None else f"https://{HOST}/api/v3/search"
    return lemmy.parse(
        Answer(status=status, headers={}, url=url, body=json.dumps(body).encode(), request=request), feed
    )


# --- what a post is ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [lambda view: view, newer], ids=["0.19", "1.0"])
def test_a_post_and_a_comment_give_every_field(shape: Any) -> None:
    """In both versions alike; Markdown is read, a score below zero is no likes, a comment has no title."""
    views = [
        post(7, AT - 60, home="harbour.example", nsfw=True, alt_text="A ferry", updated=when(AT)),
        comment(9, AT, path="0.8.9"),
        comment(8, AT),
    ]
    posts = read({"posts": [shape(views[0])], "comments": [shape(views[1]), shape(views[2])]}).posts
    assert posts[0] == Post(
        source="lemmy",
        feed="Lemmy",
        key="https://harbour.example/post/7",
        url="https://harbour.example/post/7",
        title="Quillhaven ferry, trip 7",
        text="Kind crew.\n[image: A ferry]",
        author="@ada@harbour.example",
        author_url="https://harbour.example/u/ada",
        published_at=NOW - timedelta(minutes=1),
        edited_at=NOW,
        likes=5,
        replies=2,
        sensitive=True,
    )
    assert (posts[1].title, posts[1].text, posts[1].likes, posts[1].replies) == (
        "",
        "I like Quillhaven, said 9.",
        0,
        0,
    )
    assert [each.reply_to for each in posts] == [None, f"https://{HOST}/comment/8", f"https://{HOST}/post/1"]


def test_the_parent_of_a_comment_is_its_key_where_it_is_at_hand() -> None:
    """Else its address on the server that answered, which for a comment from there is the same."""
    above = comment(8, AT, ap_id="https://harbour.example/comment/800")
    known, unknown = (
        read({"comments": [above, comment(9, AT, path="0.8.9")]}),
        read({"comments": [comment(9, AT, path="0.8.9")]}),
    )
    assert known.posts[1].reply_to == "https://harbour.example/comment/800"
    assert unknown.posts[0].reply_to == f"https://{HOST}/comment/8"


def test_what_is_not_said_is_null() -> None:
    """No counts, no author, no times: nothing is made up of it; a post without an address is told of."""
    bare = {"post": {"ap_id": f"https://{HOST}/post/3", "name": "Quillhaven"}}
    page = read({"posts": [bare, {"post": {"name": "no address"}}, "odd", {"creator": {}}]})
    assert page.posts == (
        Post(
            source="lemmy", feed="Lemmy", key=f"https://{HOST}/post/3", url=f"https://{HOST}/post/3", title="Quillhaven"
        ),
    )
    assert page.skipped == ("1 post without an address",)


def test_the_same_post_over_two_servers_is_one_mention(store: Store) -> None:
    """Its key is its address at its home, whoever shows it."""
    services = Services()
    Server(services, [post(1, AT, home="harbour.example")])
    services.answers(
        "other.example",
        "/api/v4/post/list",
        {"items": [newer(post(77, AT, ap_id="https://harbour.example/post/1"))], "next_page": None},
    )
    services.answers("other.example", "/api/v4/comment/list", {"items": [], "next_page": None})
    other = Feed(name="Other", source="lemmy", options={"server": "other.example", "search": "Quillhaven"})
    services.collect(store, SEARCH, other)
    assert [mention.key for mention in stored(store)] == ["https://harbour.example/post/1"]


# --- walks ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["0.19", "1.0"])
def test_a_first_visit_looks_back_and_later_ones_read_up_to_what_is_known(store: Store, version: str) -> None:
    """Whatever the version: it is found out by the first request, and remembered."""
    services = Services()
    server = Server(services, [post(n, AT - 60 * n) for n in range(1, 301)], version=version)
    server.views += [comment(1000 + n, AT - 90 * n) for n in range(1, 11)]
    first = services.collect(store, SEARCH)
    assert (first.new, first.results[0].state) == (160, "ok"), first.results
    asked = services.paths()
    assert asked[0] == "/api/v4/post/list"
    assert len(asked) == 4
    server.views += [post(2000 + n, AT + n) for n in range(120)] + [comment(3000 + n, AT + n) for n in range(70)]
    server.views.append(post(4000, AT - 600))  # came late from another server
    services.asked.clear()
    assert services.collect(store, SEARCH, after=timedelta(hours=1)).new == 191
    path = "/api/v3/search" if version == "0.19" else "/api/v4/"
    assert all(each.startswith(path) for each in services.paths())


@pytest.mark.parametrize("version", ["0.19", "1.0"])
def test_a_community_gives_its_newest_posts_and_comments(store: Store, version: str) -> None:
    """All of them, whatever words they hold; old posts that are pinned do not end the walk."""
    services = Services()
    server = Server(services, [post(1, AT - 10**7, featured_community=True), comment(2, AT)], version=version)
    services.collect(store, COMMUNITY)
    server.views += [post(100 + n, AT + n) for n in range(130)] + [comment(500 + n, AT + n) for n in range(60)]
    services.asked.clear()
    assert services.collect(store, COMMUNITY, after=timedelta(hours=1)).new == 190
    assert {each.query["community_name"] for each in services.asked} == {"ferries"}
    assert [path.partition("/api/v")[2][2:] for path in services.paths()] == ["post/list"] * 3 + ["comment/list"] * 2


def test_a_server_that_has_moved_on_to_1_0_is_spoken_to_as_such(store: Store) -> None:
    """It imitates the old way, without order: that is noticed, and nothing is missed."""
    services = Services()
    server = Server(services, [post(n, AT - 60 * n) for n in range(1, 6)])
    services.collect(store, SEARCH)
    server.move_to("1.0")
    server.views += [post(100 + n, AT + n) for n in range(60)]
    services.asked.clear()
    assert services.collect(store, SEARCH, after=timedelta(hours=1)).new == 60
    assert services.paths()[:2] == ["/api/v3/search", "/api/v4/post/list"]
    services.asked.clear()
    services.collect(store, SEARCH, after=timedelta(hours=1))
    assert services.paths()[0] == "/api/v4/post/list"


def test_a_server_that_drops_the_old_way_is_spoken_to_the_new_way(store: Store) -> None:
    """Its 404 says so."""
    services = Services()
    server = Server(services, [post(1, AT)])
    services.collect(store, SEARCH)
    server.move_to("1.0")
    del services.handlers[HOST, "/api/v3/search"]
    server.views.append(post(2, AT + 60))
    assert services.collect(store, SEARCH, after=timedelta(hours=1)).new == 1


def test_what_is_no_lemmy_server_is_said(store: Store) -> None:
    """It knows neither way: two requests, and a sentence."""
    services = Services()
    services.answers(HOST, "/", "hello")
    (result,) = services.collect(store, SEARCH).results
    assert (result.state, result.problem) == ("refused", "This server does not answer as Lemmy does (404).")
    assert len(services.asked) == 2


def walk(server: Server, cursor: str | None, version: str) -> tuple[set[str], str]:
    """A whole visit without a network: the keys that it gave, and its cursor."""
    keys: set[str] = set()
    request: Request | None = lemmy.locate(COMMUNITY, cursor, {})
    while True:
        assert request is not None
        state = request.carry
        assert isinstance(state, lemmy.Walk)
        if str(state.version) != version:
            answer = Answer(status=404, headers={}, url=request.url, body=b"", request=request)
        else:
            found = server.found("", state.part)
            start = int(state.token or state.pages * lemmy.LIMIT)
            shown = found[start : start + lemmy.LIMIT]
            end = str(start + lemmy.LIMIT) if start + lemmy.LIMIT < len(found) else None
            body: dict[str, object] = (
                {"items": [newer(view) for view in shown]} if version == "4" else {state.part: shown}
            )
            body |= {"next_page": end} if version == "4" or state.part == "posts" else {}
            answer = Answer(status=200, headers={}, url=request.url, body=json.dumps(body).encode(), request=request)
        page = lemmy.parse(answer, COMMUNITY)
        keys |= {each.key for each in page.posts}
        if page.next is None:
            assert page.cursor is not None
            return keys, page.cursor
        assert page.cursor is None
        request = page.next


@settings(max_examples=20)
@given(
    st.sampled_from(["3", "4"]),
    st.lists(st.tuples(st.booleans(), st.integers(0, 300)), max_size=40),
    st.lists(st.tuples(st.booleans(), st.integers(0, 300)), max_size=160),
)
def test_nothing_is_lost_between_two_visits(
    version: str, before: list[tuple[bool, int]], after: list[tuple[bool, int]]
) -> None:
    """Whatever the times and wherever the pages end: the second visit brings all that came since the first."""
    server = Server(
        Services(), [(comment if is_comment else post)(1 + n, AT + at) for n, (is_comment, at) in enumerate(before)]
    )
    _, cursor = walk(server, None, version)
    new = [(comment if is_comment else post)(1000 + n, AT + 301 + at) for n, (is_comment, at) in enumerate(after)]
    server.views += new
    keys, _ = walk(server, cursor, version)
    assert {said_in(view)["ap_id"] for view in new} <= keys


def test_more_than_a_visit_reads_is_said(store: Store) -> None:
    """A limit to what one visit may ask for, with a note; the next one goes on from what is newest."""
    services = Services()
    server = Server(services, [comment(1, AT)])
    services.collect(store, COMMUNITY)
    server.views += [comment(100 + n, AT + 3601 + n) for n in range(700)]
    services.asked.clear()
    (result,) = services.collect(store, COMMUNITY, after=timedelta(hours=2)).results
    assert (result.new, result.notes) == (
        500,
        ("more new comments than one visit reads; listen more often",),
    )
    assert len(services.asked) <= 20
    assert services.collect(store, COMMUNITY, after=timedelta(hours=2)).new == 0


def test_a_post_with_a_wrong_clock_hides_nothing(store: Store) -> None:
    """It comes from the future, by somebody else's server: our cursor stays at the time of the server we ask."""
    services = Services()
    server = Server(services, [post(1, AT + 10**8)])
    services.collect(store, SEARCH)
    server.views += [post(100 + n, AT + 2 * 86_400 + n) for n in range(120)]
    assert services.collect(store, SEARCH, after=timedelta(days=3)).new == 120


def test_a_walk_that_is_broken_off_leaves_no_gap(store: Store) -> None:
    """The second page fails: what was read stays, and the next visit reads down to what was known before."""
    services = Services()
    server = Server(services, [post(1, AT)])
    services.collect(store, SEARCH)
    server.views += [post(100 + n, AT + 3601 + n) for n in range(130)]

    async def broken(request: web.Request) -> web.Response:
        return web.Response(status=503) if request.query["page"] == "2" else await server.search(request)

    services.on(HOST, "/api/v3/search")(broken)
    assert services.collect(store, SEARCH, after=timedelta(hours=2)).new == 50
    services.on(HOST, "/api/v3/search")(server.search)
    assert services.collect(store, SEARCH, after=timedelta(hours=2), retry=True).new == 80


def test_a_listing_that_shows_a_removed_post_empties_it(store: Store) -> None:
    """What was deleted or removed is no post any more, and what we have of it goes."""
    services = Services()
    server = Server(services, [post(1, AT), comment(2, AT), post(3, AT)])
    services.collect(store, SEARCH)
    server.views = [post(1, AT, removed=True, body="Quillhaven"), comment(2, AT, deleted=True), post(3, AT)]
    services.collect(store, SEARCH, after=timedelta(hours=1))
    left = sorted((mention.key, mention.text, mention.withdrawn_at is None) for mention in stored(store))
    assert left == [("", "", False), ("", "", False), (f"https://{HOST}/post/3", "Kind crew.", True)]


# --- refusals ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "status", "state", "said"),
    [
        ({"error": "rate_limit_error"}, 400, "refused", "asked too often"),
        ({"error": "too_many_requests"}, 429, "refused", "asked too often"),
        ("", 429, "refused", "asked too often"),
        ({"error": "instance_is_private"}, 400, "refused", "members only"),
        ({"error": "not_logged_in"}, 401, "refused", "members only"),
        ("Search is closed to guests", 403, "refused", "members only (403)"),
        ({"error": "couldnt_find_community"}, 404, "refused", "does not know the community “ferries”"),
        ({"error": "not_found"}, 404, "refused", "does not know the community “ferries”"),
        ({"error": "something_new"}, 400, "refused", "“something_new” (400)"),
        ({"error": "something_new"}, 200, "refused", "“something_new”"),
        ({"error": "unknown"}, 500, "unreachable", "500"),
        ("<html><title>Just a moment...</title></html>", 403, "blocked", "browser"),
        ("<html><title>Lemmy</title>hello</html>", 200, "unreadable", "web page"),
        ('{"posts": [{"post"', 200, "unreadable", "cut short"),
        ({"posts": "none"}, 200, "unreadable", "not with posts"),
        ([1, 2], 200, "unreadable", "not with"),
        ("", 200, "unreadable", "empty"),
    ],
)
def test_what_is_no_answer_is_said_and_the_next_visit_brings_all(
    store: Store, body: object, status: int, state: str, said: str
) -> None:
    """Each refusal in a sentence, and nothing is lost by it."""
    services = Services()
    services.answers(HOST, "/api/v4/post/list", body, status)
    (result,) = services.collect(store, COMMUNITY).results
    assert (result.state, said in result.problem) == (state, True), result.problem
    assert result.advice.endswith(".")
    Server(services, [post(1, AT)])
    assert services.collect(store, COMMUNITY, after=timedelta(days=1), retry=True).new == 1


@pytest.mark.parametrize(
    ("options", "key"),
    [
        ({"server": HOST}, "search"),
        ({"search": "Quillhaven"}, "server"),
        ({"server": HOST, "search": "“”"}, "search"),
        ({"server": f"{HOST}/c/ferries", "community": "ferries"}, "server"),
        ({"server": HOST, "community": "c/ferries"}, "community"),
        ({"server": HOST, "community": "ferries@"}, "community"),
    ],
)
def test_settings_that_cannot_be_used_are_refused(options: Mapping[str, str], key: str) -> None:
    """With the key that is wrong."""
    with pytest.raises(SettingsError) as caught:
        check("lemmy", options)
    assert caught.value.key == key


def test_a_community_of_another_server_and_quotation_marks_are_understood() -> None:
    """As people copy them: !name@server; and Lemmy would look for the marks themselves."""
    feed = replace(
        SEARCH, options={"server": HOST, "search": '"Town of Quillhaven"', "community": "!ferries@harbour.example"}
    )
    check("lemmy", feed.options)
    url = lemmy.locate(feed, "3:5", {}).url
    assert "q=Town+of+Quillhaven&" in url
    assert "community_name=ferries%40harbour.example" in url


# --- posts that are known ---------------------------------------------------------------------------------------------


def known(key: str, reply_to: str | None = None) -> Post:
    """A post that is stored."""
    return Post(source="lemmy", feed="Lemmy", key=key, text="Quillhaven", reply_to=reply_to)


@pytest.mark.parametrize(
    ("key", "path"),
    [
        ("https://harbour.example/post/7", "https://harbour.example/api/v3/post?id=7"),
        (
            "https://harbour.example/comment/9",
            "https://harbour.example/api/v3/comment/list?parent_id=9&type_=All&sort=Old&limit=10",
        ),
        ("https://social.example/users/ada/statuses/1", None),
        ("http://harbour.example/post/7", None),
        ("https://harbour.example:8536/post/7", None),
        ("https://10.0.0.1/post/7", None),
        ("https://localhost/post/7", None),
        ("https://ada:secret@harbour.example/post/7", None),
        ("https://harbour.example/post/7?x=1", None),
        ("https://harbour.example/post/seven", None),
    ],
)
def test_the_server_that_a_post_is_from_is_asked_and_no_other_place(key: str, path: str | None) -> None:
    """The address comes out of a stranger's post: a plain host over https, or nobody."""
    for request in (lemmy.refresh([known(key)], SEARCH, {}), lemmy.thread(known(key), SEARCH, {})):
        assert (request is not None) == (path is not None)
    request = lemmy.refresh([known(key)], SEARCH, {})
    assert (request.url if request else None) == path


def looked(key: str, body: object, status: int = 200, url: str = "") -> Refreshed:
    """What an answer says of a known post."""
    answer = Answer(status=status, headers={}, url=url or key, body=json.dumps(body).encode())
    return lemmy.refreshed(answer, [known(key, reply_to="kept")], SEARCH)


def test_a_known_post_is_looked_up() -> None:
    """As it is now, deleted, removed, unknown; another post, or another server, says nothing."""
    key = f"https://{HOST}/post/7"
    now = looked(key, {"post_view": post(7, AT, body="Edited", updated=when(AT + 60)), "cross_posts": []})
    assert [(each.text, each.likes, each.edited_at) for each in now.posts] == [
        ("Edited", 5, NOW + timedelta(minutes=1))
    ]
    assert looked(key, {"post_view": post(7, AT, deleted=True)}).gone == (key,)
    assert looked(key, {"post_view": post(7, AT, removed=True)}).gone == (key,)
    assert looked(key, {"error": "couldnt_find_post"}, 400).missing == (key,)
    assert looked(key, {"error": "not_found"}, 404).missing == (key,)
    nothing = looked(key, {"post_view": post(8, AT, deleted=True)})
    elsewhere = looked(key, {"post_view": post(7, AT, deleted=True)}, url="https://parking.example/")
    assert (nothing, elsewhere) == (Refreshed(), Refreshed())


def test_a_known_comment_is_looked_up_among_those_below_it() -> None:
    """Its own state counts, not that of the answers; what it answers stays as it was learned."""
    key = f"https://{HOST}/comment/9"
    below = comment(10, AT + 60, path="0.9.10", deleted=True)
    now = looked(key, {"comments": [comment(9, AT, content="Edited"), below]})
    assert [(each.text, each.reply_to) for each in now.posts] == [("Edited", "kept")]
    assert looked(key, {"comments": [comment(9, AT, deleted=True, content=""), below]}).gone == (key,)
    assert looked(key, {"comments": [below]}) == Refreshed()


@pytest.mark.parametrize(
    ("body", "status"), [("", 404), ("", 500), ({"error": "rate_limit_error"}, 400), ({"error": "Not Found"}, 404)]
)
def test_a_look_up_that_fails_says_nothing(body: object, status: int) -> None:
    """It is no deletion: the server may be another program by now."""
    with pytest.raises(FeedError):
        looked(f"https://{HOST}/post/7", body, status)


def talk(post_: Post, answers: Mapping[str, object]) -> tuple[list[Post], list[str]]:
    """A whole conversation; ``answers`` by the part of the address that is in it."""
    request = lemmy.thread(post_, SEARCH, {})
    posts: list[Post] = []
    asked: list[str] = []
    while request is not None:
        url = request.url
        asked.append(url.partition("/api/v3/")[2])
        body = next(body for part, body in answers.items() if part in url)
        status = 404 if isinstance(body, dict) and "error" in body else 200
        answer = Answer(status=status, headers={}, url=url, body=json.dumps(body).encode(), request=request)
        page = lemmy.conversation(answer, post_, SEARCH)
        posts += page.posts
        request = page.next
    return posts, asked


def test_the_comments_below_a_post_are_read_page_by_page() -> None:
    """Each with what it answers; deleted ones are left out, and a page that is sent again ends it."""
    first = [comment(100 + n, AT - n) for n in range(49)] + [comment(10, AT - 100, deleted=True)]
    second = [comment(200, AT - 200), comment(300, AT - 300, path="0.200.300")]
    answers = {"page=1": {"comments": first}, "page=2": {"comments": second}}
    posts, asked = talk(known(f"https://{HOST}/post/1"), answers)
    assert (len(posts), len(asked)) == (51, 2)
    assert posts[0].reply_to == f"https://{HOST}/post/1"
    assert posts[-1].reply_to == f"https://{HOST}/comment/200"
    assert posts[-1].key == f"https://{HOST}/comment/300"
    same, asked = talk(known(f"https://{HOST}/post/1"), {"comment/list": {"comments": first}})
    assert (len(same), len(asked)) == (49, 2)


def test_a_comment_is_read_with_what_is_below_and_above_it() -> None:
    """The answers, then the post, then each comment between, though one of them has gone."""
    mine, key = comment(9, AT, path="0.6.7.8.9", on=5), f"https://{HOST}/comment/9"
    far = {"ap_id": "https://harbour.example/comment/70"}
    answers = {
        "parent_id=9": {"comments": [comment(10, AT + 60, path="0.6.7.8.9.10", on=5), mine]},
        "post?id=5": {"post_view": post(5, AT - 600), "cross_posts": [post(55, AT)]},
        "parent_id=6": {"error": "couldnt_find_comment"},
        "parent_id=7": {"comments": [comment(7, AT - 300, path="0.6.7", on=5, **far), mine]},
        "parent_id=8": {"comments": [comment(8, AT - 200, path="0.6.7.8", on=5)]},
    }
    posts, asked = talk(known(key), answers)
    assert [(each.key, each.reply_to) for each in posts] == [
        (f"https://{HOST}/comment/10", key),
        (f"https://{HOST}/post/5", None),
        ("https://harbour.example/comment/70", f"https://{HOST}/comment/6"),
        (f"https://{HOST}/comment/8", "https://harbour.example/comment/70"),
    ]
    assert len(asked) == 5


def test_a_conversation_that_is_unknown_there_is_empty() -> None:
    """The post was purged: nothing is around it any more."""
    assert talk(known(f"https://{HOST}/post/1"), {"comment/list": {"error": "not_found"}})[0] == []


# --- real answers -----------------------------------------------------------------------------------------------------


@pytest.mark.captures
@pytest.mark.skipif(not os.environ.get("LISTENING_CAPTURES"), reason="LISTENING_CAPTURES names no folder")
def test_the_real_feeds_are_read() -> None:
    """All ten entries, with their points and their numbers of comments, and without the line that tells them."""
    posts: list[Post] = []
    for file in sorted((Path(os.environ["LISTENING_CAPTURES"]) / "lemmy_rss").glob("*.xml")):
        posts += lemmy.parse(Answer(status=200, headers={}, url="", body=file.read_bytes()), SEARCH).posts
    assert len(posts) == 10
    assert (sum(each.likes or 0 for each in posts), sum(each.replies or 0 for each in posts)) == (992, 101)
    assert all(each.author and "@" in each.author and each.published_at for each in posts)
    assert not any("submitted by" in each.text or "points" in each.text for each in posts)
    assert all(each.key.startswith("https://lemmy.world/post/") for each in posts)
