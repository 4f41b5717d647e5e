"""Bluesky: posts with whole links, searched back to what is known; sign-in, labels that are honoured, threads."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from aiohttp import web
from hypothesis import given, settings
from hypothesis import strategies as st
from service_kit import NOW, Services, stored

from listening import door
from listening.collect import Job, RunResult
from listening.collectors import bluesky, check
from listening.errors import FeedError, FeedRefused, SettingsError
from listening.models import Answer, Feed, Page, Post, Request
from listening.signing import Sessions
from listening.store import Store

OPEN_SEARCH, OPEN = "api.bsky.app", "public.api.bsky.app"
SERVER, HOME = "bsky.social", "inkcap.us-east.host.bsky.network"
SEARCH, ACCOUNT = "/xrpc/app.bsky.feed.searchPosts", "/xrpc/app.bsky.feed.getAuthorFeed"
SIGN_IN, RENEW = "/xrpc/com.atproto.server.createSession", "/xrpc/com.atproto.server.refreshSession"
FEED = Feed(name="Bluesky", source="bluesky", options={"search": '"Quillhaven"'})
OWN = Feed(name="Our account", source="bluesky", options={"account": "@town.quillhaven.example"})
SECRETS = {"LISTENING_BLUESKY_USER": "@town.quillhaven.example", "LISTENING_BLUESKY_PASSWORD": "kind-boat-lamp-wave"}
ADA, TOWN = "did:plc:ada", "did:plc:town"


def iso(at: datetime) -> str:
    """A time as Bluesky writes it."""
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03}Z"


def view(number: int, at: datetime = NOW, *, said: str = "", record: Any = None, **more: Any) -> dict[str, Any]:
    """A post that mentions the town, as Bluesky shows it."""
    return {
        "uri": f"at://{ADA}/app.bsky.feed.post/3k{number}",
        "cid": "bafy",
        "author": {"did": ADA, "handle": "ada.example", "displayName": "Ada", "labels": []},
        "record": {
            "$type": "app.bsky.feed.post",
            "text": said or f"I took the Quillhaven ferry, trip {number}.",
            "createdAt": iso(at),
            **(record or {}),
        },
        "indexedAt": iso(at),
        "labels": [],
        **more,
    }


def answer(data: object, status: int = 200, request: Request | None = None) -> Answer:
    """An answer with this JSON, or these very bytes."""
    body = data if isinstance(data, bytes) else json.dumps(data).encode()
    return Answer(status=status, headers={}, url="saved file", body=body, request=request)


def only(shown: object, feed: Feed = FEED) -> Post:
    """The one post of an answer that shows one."""
    (post,) = bluesky.parse(answer({"posts": [shown]}), feed).posts
    return post


class Search:
    """The search: newest first, pages by an opaque number, ``since`` and ``until``; ``most`` hits can be paged."""

    def __init__(self, views: Sequence[dict[str, Any]], size: int = 100, most: int = 10_000) -> None:
        self.views, self.size, self.most = list(views), size, most

    def find(self, query: Mapping[str, str]) -> dict[str, Any]:
        """What it answers to a question."""
        found = sorted(self.views, key=lambda each: str(each["indexedAt"]), reverse=True)
        found = [each for each in found if query.get("since", "") <= each["indexedAt"]]
        found = [each for each in found if each["indexedAt"] < query.get("until", "9")]
        start = int(query.get("cursor", "0"))
        end = min(start + min(self.size, int(query["limit"])), self.most)
        more = {"cursor": str(end)} if end < min(len(found), self.most) else {}
        return {"posts": found[start:end], "hitsTotal": len(found), **more}

    async def answer(self, request: web.Request) -> web.Response:
        """The same over the wire."""
        return web.json_response(self.find(request.query))


class Member:
    """Bluesky for somebody who is signed in: tokens that run out, and the server that keeps the account."""

    def __init__(self, services: Services, search: Search, home: str = f"https://{HOME}") -> None:
        self.services, self.search, self.home = services, search, home
        self.signed, self.renewed, self.good = 0, 0, ""
        services.on(SERVER, SIGN_IN)(self.sign_in)
        services.on(SERVER, RENEW)(self.renew)
        services.on(HOME, SEARCH)(self.answer)

    def session(self) -> web.Response:
        number = self.signed + self.renewed
        self.good = f"access-{number}"
        service = {"id": "#atproto_pds", "type": "AtprotoPersonalDataServer", "serviceEndpoint": self.home}
        return web.json_response(
            {"accessJwt": self.good, "refreshJwt": f"renewal-{number}", "handle": "h", "didDoc": {"service": [service]}}
        )

    async def sign_in(self, request: web.Request) -> web.Response:
        assert await request.json() == {"identifier": "town.quillhaven.example", "password": "kind-boat-lamp-wave"}
        self.signed += 1
        return self.session()

    async def renew(self, request: web.Request) -> web.Response:
        if request.headers["Authorization"] != f"Bearer renewal-{self.signed + self.renewed}" or request.content_length:
            return web.json_response({"error": "ExpiredToken", "message": "Token has expired"}, status=400)
        self.renewed += 1
        return self.session()

    async def answer(self, request: web.Request) -> web.Response:
        if request.headers.get("Authorization") != f"Bearer {self.good}":
            return web.json_response({"error": "ExpiredToken", "message": "Token has expired"}, status=400)
        return await self.search.answer(request)


# --- what a post gives ------------------------------------------------------------------------------------------------


def test_a_post_gives_every_field() -> None:
    """Its words, its author, its counts, what it answers, when; what Bluesky does not say stays unknown."""
    parent = f"at://{TOWN}/app.bsky.feed.post/3kabc"
    shown = view(
        1,
        record={"langs": ["en-GB", "cy"], "reply": {"root": {"uri": parent}, "parent": {"uri": parent}}},
        likeCount=4,
        replyCount=0,
        repostCount=2,
        quoteCount=1,
    )
    assert only(shown) == Post(
        source="bluesky",
        feed="Bluesky",
        key=f"at://{ADA}/app.bsky.feed.post/3k1",
        url=f"https://bsky.app/profile/{ADA}/post/3k1",
        text="I took the Quillhaven ferry, trip 1.",
        author="@ada.example",
        author_url="https://bsky.app/profile/ada.example",
        language="en-GB",
        published_at=NOW,
        likes=4,
        replies=0,
        reposts=2,
        reply_to=parent,
    )
    bare = only(view(2))
    unknown = (bare.likes, bare.replies, bare.reposts, bare.views, bare.author_followers, bare.language, bare.reply_to)
    assert unknown == (None,) * 7


def test_an_author_without_a_handle_is_known_by_the_account_only() -> None:
    """Bluesky writes handle.invalid where a handle does not belong to its account; nobody is called that."""
    post = only(view(1, author={"did": ADA, "handle": "handle.invalid"}))
    assert (post.author, post.author_url) == (None, f"https://bsky.app/profile/{ADA}")


def link(said: str, shown: str, uri: str, shift: int = 0) -> dict[str, Any]:
    """A facet that links what is shown in a text, counted in bytes of UTF-8."""
    start = len(said[: said.index(shown)].encode()) + shift
    return {
        "index": {"byteStart": start, "byteEnd": start + len(shown.encode())},
        "features": [{"$type": "app.bsky.richtext.facet#link", "uri": uri}],
    }


WHOLE = "https://quillhaven.example/ferries/timetable-2026"
SAID = "⛴️ Fähre: quillhaven.example/ferr... – schön 🌊"


@pytest.mark.parametrize(
    ("said", "facets", "read"),
    [
        (SAID, [link(SAID, "quillhaven.example/ferr...", WHOLE)], f"⛴️ Fähre: {WHOLE} – schön 🌊"),
        (SAID, [link(SAID, "quillhaven.example/ferr...", "https://elsewhere.example/")], SAID),
        (SAID, [link(SAID, "schön", WHOLE)], SAID),
        (SAID, [link(SAID, "quillhaven.example/ferr...", "javascript:quillhaven.example/ferry")], SAID),
        (SAID, [link(SAID, "quillhaven.example/ferr...", WHOLE, shift=500)], SAID),
        (SAID, [link(SAID, "🌊", WHOLE, shift=1)], SAID),
        (SAID, [link(SAID, "quillhaven.example/ferr...", WHOLE)] * 2, f"⛴️ Fähre: {WHOLE} – schön 🌊"),
        (SAID, [{"index": {"byteStart": True, "byteEnd": "9"}, "features": [{"uri": WHOLE}]}, 7, {"index": 3}], SAID),
        ("a... \ud83d b…", [link("a... ??? b…", "b…", "https://b.example/"), "x"], "a... https://b.example/"),
    ],
)
def test_links_that_the_text_cuts_short_are_read_whole(said: str, facets: list[Any], read: str) -> None:
    """Where they stand is counted in bytes; places that cannot be, and other words, leave the text as it is."""
    assert only(view(1, said=said, record={"facets": facets})).text == read


@pytest.mark.parametrize(
    ("embed", "read"),
    [
        ({"images": [{"alt": "A ferry\nat dawn"}, {"alt": ""}]}, "\n[image: A ferry\nat dawn]"),
        ({"items": [{"alt": "One"}, {"alt": "Two"}]}, "\n[image: One]\n[image: Two]"),
        ({"$type": "app.bsky.embed.video", "video": {}, "alt": "Waves"}, "\n[video: Waves]"),
        (
            {"$type": "app.bsky.embed.recordWithMedia", "record": {}, "media": {"images": [{"alt": "A map"}]}},
            "\n[image: A map]",
        ),
        ({"$type": "app.bsky.embed.external", "external": {"title": "T", "description": "D"}}, ""),
        ({"$type": "app.bsky.embed.record", "record": {"uri": "at://x", "value": {"text": "theirs"}}}, ""),
        ({"images": {"alt": 3}, "items": "x", "media": [], "video": None, "alt": 9}, ""),
        ("none", ""),
    ],
)
def test_what_pictures_show_is_read_and_what_others_wrote_is_not(embed: object, read: str) -> None:
    """Descriptions are the author's own; a quoted post or the preview of a page is not."""
    assert only(view(1, said="Look!", record={"embed": embed})).text == f"Look!{read}"


def labelled(*values: str, neg: bool = False) -> list[dict[str, Any]]:
    """Labels as Bluesky gives them."""
    return [{"src": "did:plc:labeller", "val": value, "neg": neg} for value in values]


SELF = {"$type": "com.atproto.label.defs#selfLabels"}


@pytest.mark.parametrize(
    "shown",
    [
        view(1, labels=labelled("!no-unauthenticated")),
        view(1, author={"did": ADA, "handle": "ada.example", "labels": labelled("!no-unauthenticated")}),
        view(1, record={"labels": {**SELF, "values": [{"val": "!no-unauthenticated"}]}}),
        view(1, labels=labelled("!hide")),
        view(1, author={"did": ADA, "handle": "ada.example", "labels": labelled("!hide")}),
    ],
)
def test_posts_that_are_not_for_everybody_are_left_out_and_counted(shown: dict[str, Any]) -> None:
    """Whoever asks not to be shown to strangers is not; hidden ones neither."""
    page = bluesky.parse(answer({"posts": [shown, view(2)]}), FEED)
    assert [post.key[-3:] for post in page.posts] == ["3k2"]
    assert [said[:7] for said in page.skipped] == ["1 post "]


@pytest.mark.parametrize(
    ("more", "sensitive"),
    [
        ({"labels": labelled("porn")}, True),
        ({"labels": labelled("!warn")}, True),
        ({"author": {"did": ADA, "handle": "ada.example", "labels": labelled("graphic-media")}}, True),
        ({"labels": labelled("porn", "!hide", neg=True)}, False),
        ({"labels": labelled("bridged-from-bridgy-fed-web")}, False),
        ({"labels": "porn"}, False),
    ],
)
def test_labels_make_a_post_sensitive(more: dict[str, Any], sensitive: bool) -> None:
    """Those of the post and of its author; one that was taken back does not count."""
    assert only(view(1, **more)).sensitive is sensitive


@pytest.mark.parametrize(
    ("claimed", "seen", "time"),
    [
        ("2026-03-04T16:00:00.5Z", "2026-03-04T17:00:00Z", datetime(2026, 3, 4, 16, 0, 0, 500_000, tzinfo=UTC)),
        ("2031-01-01T00:00:00Z", "2026-03-04T17:00:00Z", NOW),
        ("0001-10-14T00:00:00Z", "2026-03-04T17:00:00Z", NOW),
        ("0000-10-14T00:00:00Z", "2026-03-04T17:00:00Z", NOW),
        ("1970-01-01T00:00:00Z", "2026-03-04T17:00:00Z", NOW),
        ("2026-03-04T18:00:00+01:00", None, NOW),
        (5, "2026-03-04T17:00:00Z", NOW),
        (None, None, None),
    ],
)
def test_the_earlier_of_two_times_counts(claimed: object, seen: object, time: datetime | None) -> None:
    """The author's program may claim any time; what lies ahead or before all reason gives way to Bluesky's own."""
    assert only(view(1, record={"createdAt": claimed}, indexedAt=seen)).published_at == time


@pytest.mark.parametrize(
    "odd",
    [
        {"uri": "at://ada.example/app.bsky.feed.post/1"},
        {"uri": f"at://{ADA}/app.bsky.feed.like/1"},
        {"uri": f"at://{ADA}/app.bsky.feed.post/../../1"},
        {"uri": 4},
        {"record": None},
        {"record": {"text": 3}},
    ],
)
def test_what_is_no_post_is_counted(odd: dict[str, Any]) -> None:
    """One bad entry is not a bad answer."""
    page = bluesky.parse(answer({"posts": [{**view(1), **odd}, view(2), view(2)]}), FEED)
    assert (len(page.posts), page.skipped) == (1, ("1 post without an address or without words",))


# --- settings ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "key"),
    [
        ({}, "search"),
        ({"search": " "}, "search"),
        ({"search": '"..."'}, "search"),
        ({"search": "from:ada.example ferry"}, "search"),
        ({"search": "ferry (From:ada.example)"}, "search"),
        ({"search": "ferry", "account": "town.example"}, "account"),
        ({"account": "town"}, "account"),
        ({"account": "https://bsky.app/profile/town.example"}, "account"),
        ({"search": "ferry", "server": "http://pds.quillhaven.example"}, "server"),
        ({"search": "ferry", "server": "pds.quillhaven.example/xrpc"}, "server"),
    ],
)
def test_settings_that_cannot_be_used_are_refused(options: dict[str, str], key: str) -> None:
    """With the key; nobody's posts are searched for by their author, and no password goes over an open line."""
    with pytest.raises(SettingsError) as caught:
        check("bluesky", options)
    assert (caught.value.key, bool(caught.value.advice)) == (key, True)


@pytest.mark.parametrize(
    "options",
    [
        {"search": "#quillhaven -from:bot.example"},
        {"search": "news from Quillhaven", "server": "pds.quillhaven.example"},
        {"account": "@town.quillhaven.example"},
        {"account": "did:web:quillhaven.example"},
    ],
)
def test_good_settings_are_taken(options: dict[str, str]) -> None:
    """Hashtags, leaving an account out, handles with and without @, an account's number."""
    check("bluesky", options)


# --- without an account -----------------------------------------------------------------------------------------------


def test_without_an_app_password_the_newest_posts_are_read_and_it_is_said(store: Store) -> None:
    """One request a visit, from what is known on; never a second page, which strangers are refused."""
    services = Services()
    search = Search([view(n, NOW - timedelta(minutes=n)) for n in range(1, 151)])
    services.on(OPEN_SEARCH, SEARCH)(search.answer)
    (first,) = services.collect(store, FEED).results
    assert (first.state, first.new, len(services.asked)) == ("ok", 100, 1)
    assert ["app password" in note for note in first.notes] == [True]
    search.views += [view(1000 + n, NOW + timedelta(minutes=n)) for n in range(5)]
    (second,) = services.collect(store, FEED, after=timedelta(hours=1)).results
    assert (second.new, second.notes) == (5, ())
    asked = services.asked[-1].query
    assert (asked["q"], asked["sort"], asked["since"]) == ('"Quillhaven"', "latest", "2026-03-04T15:59:00Z")
    assert not any("cursor" in each.query or "Authorization" in each.headers for each in services.asked)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("<html><body><h1>403 Forbidden</h1>\nRequest forbidden by administrative rules.</body></html>", 403),
        ({"error": "AuthMissing", "message": "Authentication Required"}, 401),
    ],
)
def test_a_closed_search_is_said_with_the_way_in(store: Store, body: object, status: int) -> None:
    """Strangers are turned away at times: that is not silence, and an app password opens the door."""
    services = Services()
    services.answers(OPEN_SEARCH, SEARCH, body, status)
    (result,) = services.collect(store, FEED).results
    assert result.state == "blocked"
    assert all(name in result.advice for name in SECRETS)
    assert "never" in result.advice


# --- signed in --------------------------------------------------------------------------------------------------------


def test_with_an_app_password_all_pages_are_read_at_the_account_s_own_server(store: Store, tmp_path: Path) -> None:
    """One sign-in for all feeds; the password goes to the server named, the token to the account's, nowhere else."""
    services = Services()
    member = Member(services, Search([view(n, NOW - timedelta(minutes=n)) for n in range(1, 51)], size=20))
    other = Feed(name="Tag", source="bluesky", options={"search": "#quillhaven"})
    result = services.collect(store, FEED, other, secrets=SECRETS)
    assert ([each.state for each in result.results], result.new, member.signed) == (["ok", "ok"], 50, 1)
    for asked in services.asked:
        assert ("kind-boat" in asked.body) == (asked.path == SIGN_IN)
        assert ("Authorization" in asked.headers) == (asked.host == HOME)
    assert services.paths() == [SIGN_IN] + [SEARCH] * 6
    kept = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert not any(secret in kept for secret in (b"access-1", b"renewal-1", b"kind-boat"))


@pytest.mark.parametrize(
    ("home", "asked"),
    [
        ("https://pds.quillhaven.example/", "https://pds.quillhaven.example"),
        ("https://pds.quillhaven.example:8443", "https://pds.quillhaven.example:8443"),
        ("http://pds.quillhaven.example", "https://bsky.social"),
        ("https://169.254.169.254", "https://bsky.social"),
        ("https://localhost", "https://bsky.social"),
        ("https://ada@pds.quillhaven.example", "https://bsky.social"),
        ("https://pds.quillhaven.example/path?x", "https://bsky.social"),
        (7, "https://bsky.social"),
    ],
)
def test_the_token_goes_to_a_safe_public_server_only(home: object, asked: str) -> None:
    """What the sign-in names as the account's server is used where it is one; else the server that was asked."""
    request = bluesky.sign_in(FEED, SECRETS, None)
    assert request is not None
    said = {
        "accessJwt": "a",
        "refreshJwt": "r",
        "didDoc": {"service": [{"type": "Other"}, {"type": "AtprotoPersonalDataServer", "serviceEndpoint": home}]},
    }
    signed = bluesky.signed_in(answer(said, request=request))
    located = bluesky.locate(FEED, None, {**SECRETS, **signed})
    assert located.url.startswith(f"{asked}/xrpc/app.bsky.feed.searchPosts?")
    assert located.headers["Authorization"] == "Bearer a"


def test_the_agency_s_own_server_is_asked_where_the_settings_name_it() -> None:
    """For the sign-in and for its renewal; a password of another form is right there."""
    feed = Feed(name="x", source="bluesky", options={"search": "ferry", "server": "pds.quillhaven.example"})
    secrets = {**SECRETS, "LISTENING_BLUESKY_PASSWORD": "another form"}
    empty: dict[str, str] = {}
    for held in (None, empty):
        request = bluesky.sign_in(feed, secrets, held)
        assert request is not None
        assert request.url.startswith("https://pds.quillhaven.example/xrpc/com.atproto.server.")


def test_a_token_that_runs_out_in_the_middle_is_renewed_and_no_page_is_lost(store: Store) -> None:
    """By what the sign-in left, without the password; all later pages are asked with the new one."""
    services = Services()
    member = Member(services, Search([view(n, NOW - timedelta(minutes=n)) for n in range(1, 71)], size=20))
    whole = member.search.answer

    async def ends(request: web.Request) -> web.Response:
        if request.query.get("cursor") == "20" and not member.renewed:
            member.good = "none"
            return await member.answer(request)
        return await whole(request)

    member.search.answer = ends  # type: ignore[method-assign]
    (result,) = services.collect(store, FEED, secrets=SECRETS).results
    assert (result.state, result.new, member.signed, member.renewed) == ("ok", 70, 1, 1)
    renewal = next(each for each in services.asked if each.path == RENEW)
    assert (renewal.headers.get("Content-Length"), renewal.body) == ("0", "")


def test_a_renewal_that_is_refused_leads_to_a_new_sign_in(store: Store) -> None:
    """After weeks both tokens have run out: the app password opens the door again."""
    services = Services()
    sessions = Sessions()
    member = Member(services, Search([view(1)]))
    services.collect(store, FEED, secrets=SECRETS, sessions=sessions)
    member.good = "none"
    services.answers(SERVER, RENEW, {"error": "ExpiredToken", "message": "Token has been revoked"}, 400)
    member.search.views.append(view(2, NOW + timedelta(minutes=1)))
    result = services.collect(store, FEED, secrets=SECRETS, sessions=sessions, after=timedelta(hours=1))
    assert (result.new, member.signed) == (1, 2)


def test_a_token_that_is_never_taken_is_said(store: Store) -> None:
    """Once anew, and then a sentence: no circle of sign-ins."""
    services = Services()
    member = Member(services, Search([]))
    services.answers(HOME, SEARCH, {"error": "InvalidToken", "message": "Bad token"}, 401)
    (result,) = services.collect(store, FEED, secrets=SECRETS).results
    assert (result.state, member.signed, member.renewed) == ("refused", 1, 1)
    assert "run out" in result.problem
    assert "LISTENING_BLUESKY_PASSWORD" in result.advice


@pytest.mark.parametrize(
    ("body", "status", "state", "said"),
    [
        ({"error": "AuthenticationRequired", "message": "Invalid identifier or password"}, 401, "refused", "accept"),
        ({"error": "AuthFactorTokenRequired", "message": "A code was sent"}, 401, "refused", "code from an e-mail"),
        ({"error": "AccountTakedown", "message": "Account has been taken down"}, 401, "refused", "suspended"),
        ({"error": "RateLimitExceeded", "message": "Rate Limit Exceeded"}, 429, "refused", "too often"),
        ({"error": "InvalidRequest", "message": "Input/identifier must be a string"}, 400, "refused", "identifier"),
        (
            {"accessJwt": "a", "refreshJwt": "r", "active": False, "status": "deactivated"},
            200,
            "refused",
            "deactivated",
        ),
        ({"accessJwt": 1, "refreshJwt": None}, 200, "unreadable", "no session"),
        ("<html><title>Just a moment...</title></html>", 200, "blocked", "browser"),
        ('{"accessJwt": "a', 200, "unreadable", "cut short"),
        ({"error": "UpstreamFailure", "message": "x"}, 502, "unreachable", "502"),
    ],
)
def test_a_sign_in_that_fails_is_said_and_nothing_else_is_asked(
    store: Store, body: object, status: int, state: str, said: str
) -> None:
    """Each refusal in a sentence, without the password; not as a stranger behind the agency's back."""
    services = Services()
    services.answers(SERVER, SIGN_IN, body, status)
    (result,) = services.collect(store, FEED, secrets=SECRETS).results
    assert (result.state, said in result.problem) == (state, True), result.problem
    assert "kind-boat" not in result.problem + result.advice
    assert services.paths() == [SIGN_IN]


@pytest.mark.parametrize(
    "secrets",
    [
        {"LISTENING_BLUESKY_USER": "town.example"},
        {"LISTENING_BLUESKY_PASSWORD": "kind-boat-lamp-wave"},
        {**SECRETS, "LISTENING_BLUESKY_PASSWORD": "correct horse battery"},
    ],
)
def test_half_a_sign_in_or_the_account_s_own_password_is_not_sent(store: Store, secrets: dict[str, str]) -> None:
    """It is said which of the two is missing; and what is no app password stays here."""
    services = Services()
    (result,) = services.collect(store, FEED, secrets=secrets).results
    assert (result.state, services.asked) == ("refused", [])
    assert "LISTENING_BLUESKY_" in result.problem
    assert "horse" not in result.problem + result.advice


def test_the_runs_of_one_process_share_a_sign_in(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Bluesky counts sign-ins, and a collection that is repeated every quarter of an hour would use them up."""
    used: list[Sessions] = []

    async def run(job: Job, feeds: Sequence[Feed], **more: object) -> RunResult:
        used.append(job.sessions)
        return RunResult(results=())

    monkeypatch.setattr("listening.door.run", run)
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "listening.toml"
    file.write_text(
        '[agency]\nname = "Town"\ntimezone = "UTC"\ncontact = "press@quillhaven.example"\n[fetch]\nrecheck = false\n'
        '[[topics]]\nname = "Town"\nquery = "quillhaven"\n'
        '[[feeds]]\nname = "Bluesky"\nsource = "bluesky"\nsearch = "quillhaven"\n'
    )
    for _ in range(2):
        door.listen(door.load(file))
    assert (len(used), used[0] is used[1]) == (2, True)


def test_a_server_that_moves_for_good_does_not_take_the_token_along(store: Store) -> None:
    """Not at once, and not after the three days after which a move is believed."""
    services, sessions = Services(), Sessions()
    Member(services, Search([]))

    async def elsewhere(request: web.Request) -> web.Response:
        return web.Response(status=308, headers={"Location": f"https://collector.example{request.path_qs}"})

    services.on(HOME, SEARCH)(elsewhere)
    services.answers("collector.example", SEARCH, {"posts": [view(1)]})
    for _ in range(6):
        services.collect(store, FEED, secrets=SECRETS, sessions=sessions, after=timedelta(days=1), retry=True)
    there = [each for each in services.asked if each.host == "collector.example"]
    assert there
    assert not any("Authorization" in each.headers for each in there)


# --- the walk ---------------------------------------------------------------------------------------------------------


def test_a_first_visit_looks_back_and_later_ones_read_up_to_what_is_known(store: Store) -> None:
    """Five pages at first; then only what is new, and an hour again for posts that were indexed late."""
    services = Services()
    member = Member(services, Search([view(n, NOW - timedelta(minutes=n)) for n in range(1, 131)], size=20))
    assert services.collect(store, FEED, secrets=SECRETS).new == 100
    member.search.views += [view(10_000 + n, NOW + timedelta(seconds=n)) for n in range(50)]
    member.search.views.append(view(20_000, NOW - timedelta(minutes=40, seconds=1)))
    services.asked.clear()
    assert services.collect(store, FEED, secrets=SECRETS, after=timedelta(hours=1)).new == 51
    assert services.paths(HOME) == [SEARCH] * 6


def test_a_flood_is_read_newest_first_and_the_rest_is_made_up_for(store: Store) -> None:
    """A run reads twenty pages: the newest are seen at once, and what lies between is read by the next ones."""
    services = Services()
    member = Member(services, Search([view(1, NOW - timedelta(days=1))], size=5))
    services.collect(store, FEED, secrets=SECRETS)
    member.search.views += [view(100 + n, NOW + timedelta(minutes=n)) for n in range(230)]
    assert services.collect(store, FEED, secrets=SECRETS, after=timedelta(hours=4)).new == 100
    assert f"at://{ADA}/app.bsky.feed.post/3k329" in {each.key for each in stored(store)}
    member.search.views.append(view(999, NOW + timedelta(minutes=230)))
    new = [services.collect(store, FEED, secrets=SECRETS, after=timedelta(hours=1)).new for _ in range(4)]
    # The new one and the hour that is read again take 13 pages, what lies between gets the 7 others.
    assert (new[0], sum(new), len(stored(store))) == (1 + 7 * 5 - 1, 131, 232)


def test_what_the_service_does_not_page_through_is_asked_for_by_its_time(store: Store) -> None:
    """It shows so many hits of one search; none behind them is lost."""
    services = Services()
    member = Member(services, Search([view(1, NOW - timedelta(days=1))], size=20, most=60))
    services.collect(store, FEED, secrets=SECRETS)
    member.search.views += [view(100 + n, NOW + timedelta(seconds=n // 3)) for n in range(150)]
    assert services.collect(store, FEED, secrets=SECRETS, after=timedelta(hours=1)).new == 150


def test_a_walk_that_is_broken_off_leaves_no_gap(store: Store) -> None:
    """The third page fails: what was read stays, and the next visit reads down to what was known before."""
    services, sessions = Services(), Sessions()
    member = Member(services, Search([view(1)], size=20))
    services.collect(store, FEED, secrets=SECRETS, sessions=sessions)
    member.search.views += [view(100 + n, NOW + timedelta(minutes=n)) for n in range(70)]
    whole = member.search.answer

    async def broken(request: web.Request) -> web.Response:
        return web.Response(status=502) if request.query.get("cursor") == "40" else await whole(request)

    member.search.answer = broken  # type: ignore[method-assign]
    said = {"secrets": SECRETS, "sessions": sessions, "after": timedelta(hours=9)}
    assert services.collect(store, FEED, **said).new == 40  # type: ignore[arg-type]
    member.search.answer = whole  # type: ignore[method-assign]
    assert services.collect(store, FEED, **said, retry=True).new == 30  # type: ignore[arg-type]


def test_the_last_request_that_is_allowed_ends_the_run_and_nothing_is_lost(store: Store) -> None:
    """The server says that none remain: the run stops there, and the next one goes on."""
    services, sessions = Services(), Sessions()
    member = Member(services, Search([view(1)], size=20))
    services.collect(store, FEED, secrets=SECRETS, sessions=sessions)
    member.search.views += [view(100 + n, NOW + timedelta(minutes=n)) for n in range(30)]
    whole = member.search.answer

    async def last(request: web.Request) -> web.Response:
        response = await whole(request)
        response.headers.update({"RateLimit-Remaining": "0", "RateLimit-Reset": str(int(NOW.timestamp()) + 40_000)})
        return response

    member.search.answer = last  # type: ignore[method-assign]
    assert services.collect(store, FEED, secrets=SECRETS, sessions=sessions, after=timedelta(hours=9)).new == 20
    member.search.answer = whole  # type: ignore[method-assign]
    assert services.collect(store, FEED, secrets=SECRETS, sessions=sessions, after=timedelta(hours=1)).new == 0
    assert services.collect(store, FEED, secrets=SECRETS, sessions=sessions, after=timedelta(hours=9)).new == 10


def signed_page(search: Search, request: Request) -> Page:
    """The page that the search gives to a request that is signed in."""
    query = {name: values[0] for name, values in parse_qs(urlsplit(request.url).query).items()}
    return bluesky.parse(answer(search.find(query), request=request), FEED)


@settings(max_examples=40)
@given(
    visits=st.lists(st.tuples(st.sets(st.integers(0, 9_000), max_size=30), st.integers(1, 6)), max_size=6),
    size=st.integers(1, 7),
    most=st.integers(8, 40),
)
def test_no_post_is_lost_between_visits(visits: list[tuple[list[int], int]], size: int, most: int) -> None:
    """However many come, wherever pages end and runs are cut off: in the end all have been read."""
    session = {"bluesky: access": "a", "bluesky: renewal": "r", "bluesky: home": f"https://{HOME}"}
    search = Search([view(0, NOW)], size=size, most=most)
    seen: set[str] = set()
    cursor = signed_page(search, bluesky.locate(FEED, None, session)).cursor
    number = 0
    for hour, (seconds, pages) in enumerate([*visits, *[(set[int](), 200)] * 2]):
        start = NOW + timedelta(hours=3 * hour)
        search.views += [view(number := number + 1, start + timedelta(seconds=at)) for at in seconds]
        request: Request | None = bluesky.locate(FEED, cursor, session)
        for _ in range(pages):
            if request is not None:
                page = signed_page(search, request)
                seen |= {post.key for post in page.posts}
                cursor, request = page.cursor or cursor, page.next
    assert {each["uri"] for each in search.views[1:]} <= seen


@pytest.mark.parametrize("shown", [[], [view(1, NOW - timedelta(days=400))]])
def test_a_server_that_goes_round_in_circles_is_left(shown: list[dict[str, Any]]) -> None:
    """The same cursor again, or pages of what is long known, end the walk."""
    session = {"bluesky: access": "a", "bluesky: home": f"https://{HOME}"}
    request = bluesky.locate(FEED, str(int(NOW.timestamp())), session)
    pages = 0
    while request is not None and pages < 9:
        page = bluesky.parse(answer({"posts": shown, "cursor": "same"}, request=request), FEED)
        request, pages = page.next, pages + 1  # type: ignore[assignment]
    assert pages <= 2
    assert page.cursor == str(int(NOW.timestamp()))


@pytest.mark.parametrize(
    ("body", "status", "state", "said"),
    [
        ("<html><title>403</title></html>", 403, "blocked", "403"),
        ("<html><title>Just a moment...</title></html>", 200, "blocked", "browser"),
        ('{"posts": [{"uri": "at://did', 200, "unreadable", "cut short"),
        ({"posts": "none"}, 200, "unreadable", "not with posts"),
        ({"posts": [1, {"uri": 2}]}, 200, "unreadable", "not with posts"),
        ({"actors": []}, 200, "unreadable", "not with posts"),
        ([1, 2], 200, "unreadable", "not with"),
        ({"error": "InternalServerError", "message": "Oh."}, 200, "refused", "“Oh”"),
        ({"error": "BadQueryString", "message": "x"}, 400, "refused", "searched for"),
        ({"error": "InvalidRequest", "message": "Error: q is odd"}, 400, "refused", "q is odd"),
        ({"error": "RateLimitExceeded", "message": "Rate Limit Exceeded"}, 429, "refused", "too often"),
        ({"error": "UpstreamFailure", "message": "Upstream"}, 502, "unreachable", "502"),
        ("", 200, "unreadable", "empty"),
    ],
)
def test_what_is_no_answer_is_said_and_the_next_visit_brings_all(
    store: Store, body: object, status: int, state: str, said: str
) -> None:
    """A page, half a JSON, wrong types, refusals: a sentence each, and nothing is lost by them."""
    services = Services()
    member = Member(services, Search([view(1)]))
    services.answers(HOME, SEARCH, body, status)
    (result,) = services.collect(store, FEED, secrets=SECRETS).results
    assert (result.state, said in result.problem) == (state, True), result.problem
    assert "access-" not in result.problem + result.advice
    services.on(HOME, SEARCH)(member.answer)
    assert services.collect(store, FEED, secrets=SECRETS, after=timedelta(days=1), retry=True).new == 1


# --- the agency's own account -----------------------------------------------------------------------------------------


def entry(number: int, at: datetime, *, reposted: datetime | None = None) -> dict[str, Any]:
    """An entry of an account's feed."""
    reason = {"$type": "app.bsky.feed.defs#reasonRepost", "by": {}, "indexedAt": iso(reposted)} if reposted else None
    return {"post": view(number, at), **({"reason": reason} if reason else {})}


def test_an_account_s_posts_and_replies_are_read_and_what_it_reposts_is_not(store: Store) -> None:
    """Without a sign-in, page by page up to what is known; a repost of something old does not end the walk early."""
    services = Services()
    entries = [entry(n, NOW - timedelta(hours=2 * n)) for n in range(1, 8)]

    async def account(request: web.Request) -> web.Response:
        assert (request.query["actor"], request.query["filter"]) == ("town.quillhaven.example", "posts_with_replies")
        start = int(request.query.get("cursor", "0"))
        more = {"cursor": str(start + 3)} if start + 3 < len(entries) else {}
        return web.json_response({"feed": entries[start : start + 3], **more})

    services.on(OPEN, ACCOUNT)(account)
    assert services.collect(store, OWN).new == 7
    entries[:0] = [
        entry(20, NOW + timedelta(hours=4)),
        entry(21, NOW + timedelta(hours=3)),
        entry(22, NOW - timedelta(days=900), reposted=NOW + timedelta(hours=2)),
        entry(23, NOW + timedelta(hours=1)),
    ]
    services.asked.clear()
    assert services.collect(store, OWN, after=timedelta(hours=5)).new == 3
    assert len(services.asked) == 2
    assert not any(each.key.endswith("3k22") for each in stored(store))


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"error": "InvalidRequest", "message": "Profile not found"}, "no such account"),
        ({"error": "BlockedByActor", "message": "Requester is blocked by actor"}, "has blocked ours"),
        ({"error": "AccountDeactivated", "message": "Account is deactivated"}, "closed"),
    ],
)
def test_an_account_that_cannot_be_read_is_said(store: Store, body: object, said: str) -> None:
    """Each refusal in a sentence."""
    services = Services()
    services.answers(OPEN, ACCOUNT, body, 400)
    (result,) = services.collect(store, OWN).results
    assert (result.state, said in result.problem) == ("refused", True), result.problem


# --- posts that are known ---------------------------------------------------------------------------------------------


def known(number: int) -> Post:
    """A post that is stored."""
    return Post(source="bluesky", feed="Bluesky", key=str(view(number)["uri"]), text="Quillhaven")


def test_known_posts_are_asked_for_as_everybody_sees_them() -> None:
    """Without our token, and only by addresses that posts have: what stands in the store was written by strangers."""
    session = {"bluesky: access": "a", "bluesky: home": f"https://{HOME}"}
    odd = [Post(source="bluesky", feed="x", key=key) for key in ("7", f"at://{ADA}/app.bsky.feed.post/1&uris=x", "")]
    request = bluesky.refresh([known(1), *odd, known(2)], FEED, session)
    assert request is not None
    parts = urlsplit(request.url)
    assert (parts.netloc, parts.path) == (OPEN, "/xrpc/app.bsky.feed.getPosts")
    assert parse_qs(parts.query) == {"uris": [known(1).key, known(2).key]}
    assert "Authorization" not in request.headers
    assert bluesky.refresh(odd, FEED, session) is None


@pytest.mark.parametrize(
    ("shown", "now", "gone", "missing"),
    [
        ([view(1, likeCount=9), view(2)], {"3k1": 9, "3k2": None}, [], []),
        ([view(1)], {"3k1": None}, ["3k2"], []),
        ([view(1), view(2, labels=labelled("!hide"))], {"3k1": None}, ["3k2"], []),
        ([view(1), view(2, author={"labels": labelled("!no-unauthenticated")})], {"3k1": None}, ["3k2"], []),
        ([view(1), {**view(2), "record": 3}], {"3k1": None}, [], []),
        ([], {}, [], ["3k1", "3k2"]),
        ([view(8)], {}, [], ["3k1", "3k2"]),
    ],
)
def test_known_posts_are_looked_up(
    shown: list[Any], now: dict[str, int | None], gone: list[str], missing: list[str]
) -> None:
    """Their counts; one that is absent among others is gone; where all are absent, it may be the server's fault."""
    found = bluesky.refreshed(answer({"posts": shown}), [known(1), known(2)], FEED)
    assert {post.key[-3:]: post.likes for post in found.posts} == now
    assert ([key[-3:] for key in found.gone], [key[-3:] for key in found.missing]) == (gone, missing)


@pytest.mark.parametrize(
    ("data", "status"),
    [({}, 200), ({"posts": None}, 200), (b"<html>", 200), ({"error": "UpstreamFailure"}, 502), (b"", 403)],
)
def test_a_look_up_that_fails_says_nothing(data: object, status: int) -> None:
    """It is not a deletion."""
    with pytest.raises(FeedError):
        bluesky.refreshed(answer(data, status), [known(1)], FEED)


# --- conversations ----------------------------------------------------------------------------------------------------


def node(number: int, answers: int | None = None, **more: Any) -> dict[str, Any]:
    """A post in a thread."""
    reply = {"reply": {"parent": {"uri": known(answers).key}}} if answers else {}
    return {"$type": "app.bsky.feed.defs#threadViewPost", "post": view(number, record=reply), **more}


def test_a_conversation_has_what_is_above_and_below() -> None:
    """Each with the post that it answers; deleted, blocked and members-only ones are left out."""
    hidden = {"post": view(6, author={"did": ADA, "handle": "a.example", "labels": labelled("!no-unauthenticated")})}
    tree = node(
        3,
        2,
        parent=node(2, 1, parent=node(1, parent={"uri": "at://x", "notFound": True})),
        replies=[
            node(4, 3, replies=[node(5, 4), {"uri": "at://y", "blocked": True, "author": {"did": "z"}}]),
            {"uri": "at://z", "notFound": True},
            hidden,
            node(7, 3, replies="none"),
        ],
    )
    request = bluesky.thread(known(3), FEED, SECRETS)
    assert request is not None
    asked = parse_qs(urlsplit(request.url).query)
    assert (asked["uri"], asked["depth"], asked["parentHeight"]) == ([known(3).key], ["20"], ["80"])
    page = bluesky.conversation(answer({"thread": tree}, request=request), known(3), FEED)
    found = [(post.key[-1], post.reply_to and post.reply_to[-1]) for post in page.posts]
    assert found == [("1", None), ("2", "1"), ("4", "3"), ("5", "4"), ("7", "3")]
    assert (page.next, len(page.skipped)) == (None, 1)


def test_a_stranger_s_key_is_asked_for_nowhere() -> None:
    """No address is made of it."""
    assert bluesky.thread(Post(source="bluesky", feed="x", key="at://a/b/../c?x"), FEED, {}) is None


@pytest.mark.parametrize(
    ("data", "status", "said"),
    [
        ({"error": "NotFound", "message": "Post not found"}, 400, "no longer"),
        ({"thread": {"uri": known(3).key, "notFound": True}}, 200, "no longer"),
        ({"thread": {"uri": known(3).key, "blocked": True}}, 200, "no longer"),
        ({"thread": node(4)}, 200, "not with this conversation"),
        ({"thread": []}, 200, "not with this conversation"),
        ({"error": "UpstreamFailure", "message": "x"}, 502, "502"),
    ],
)
def test_a_conversation_that_is_not_there_is_said(data: object, status: int, said: str) -> None:
    """It does not pass for a post that nobody answered."""
    with pytest.raises(FeedError, match=said):
        bluesky.conversation(answer(data, status), known(3), FEED)


def test_a_deep_thread_is_read_whole() -> None:
    """However deep the answers to answers lie."""
    tree = node(300)
    for number in range(299, 0, -1):
        tree = node(number, replies=[tree])
    page = bluesky.conversation(answer({"thread": tree}), known(1), FEED)
    assert len(page.posts) == 299


# --- real answers -----------------------------------------------------------------------------------------------------

CAPTURED = {
    "Ishaan-Singh-UCSC__searchPosts_90.json": 80,
    "christopherkenny__error_401.json": "refuses",
    "christopherkenny__getPostThread.json": 1,
    "christopherkenny__getPosts.json": 1,
    "christopherkenny__searchPosts.json": 21,
    "medialab__bluesky-posts.json": 106,
    "medialab__bluesky-tap-posts.json": "not with posts",
    "myConsciousness__getAuthorFeed.json": 25,
    "myConsciousness__getFeed.json": 7,
    "myConsciousness__getListFeed.json": 13,
}
"""How many posts each file holds, without 27 by accounts that ask to be shown to members only."""


@pytest.mark.captures
@pytest.mark.skipif(not os.environ.get("LISTENING_CAPTURES"), reason="LISTENING_CAPTURES names no folder")
def test_the_real_answers_are_read() -> None:
    """Searches, feeds, a thread and single posts; an error and what is no answer of this kind are refused."""
    folder = Path(os.environ["LISTENING_CAPTURES"]) / "bluesky_json"
    left_out = 0
    for name, expected in CAPTURED.items():
        saved = answer((folder / name).read_bytes())
        if isinstance(expected, str):
            with pytest.raises(FeedError, match=expected):
                bluesky.parse(saved, FEED)
            continue
        page = bluesky.parse(saved, FEED)
        left_out += sum(int(said.split()[0]) for said in page.skipped)
        assert len(page.posts) == expected, name
        assert all(post.url.startswith("https://bsky.app/profile/did:") for post in page.posts)
        assert sum(post.published_at is None for post in page.posts) == (name == "medialab__bluesky-posts.json")
    assert left_out == 27


@pytest.mark.captures
@pytest.mark.skipif(not os.environ.get("LISTENING_CAPTURES"), reason="LISTENING_CAPTURES names no folder")
def test_a_real_refused_sign_in_is_said() -> None:
    """Wrong handle or password, as Bluesky really answers."""
    folder = Path(os.environ["LISTENING_CAPTURES"]) / "bluesky_json"
    with pytest.raises(FeedRefused, match="does not accept"):
        bluesky.signed_in(answer((folder / "christopherkenny__error_401.json").read_bytes(), 401))
