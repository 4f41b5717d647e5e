"""Places found by what the team types: feeds of a site, a fediverse account, a channel; tried, and nothing stored."""

# ruff: noqa: SIM300 (expected == actual, as everywhere in the tests)

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest_httpserver import HTTPServer
from service_kit import Services
from town_kit import answer, declared, feed, kind_town, page

from listening import door
from listening.collect import Get
from listening.errors import FeedBlocked, FeedError, FeedInside, FeedUnreachable, FeedUnreadable
from listening.fetch import Client, Limits
from listening.models import Answer, Feed, Page, Post, Topic
from listening.setup import profiles
from listening.setup.accounts import read_account
from listening.setup.answers import Answers, named_apart
from listening.setup.feeds_of import FoundFeed, feeds_of
from listening.setup.looking import look, look_for_places, offers
from listening.setup.place import Place, in_a_trial
from listening.setup.together import propose_places
from listening.setup.trials import Judge, in_words, try_places
from listening.setup.web_page import read_page

T = TypeVar("T")
NOW = datetime(2026, 3, 4, 17, 0, tzinfo=UTC)
QUILLHAVEN = Answers(name="Town of Quillhaven", short_name="Quillhaven", contact="press@quillhaven.example")


def with_client(work: Callable[[Get], Awaitable[T]], most_bytes: int = 1_000_000) -> T:
    """Do something with the program's own client."""

    async def whole() -> T:
        limits = Limits(connect_seconds=5, answer_seconds=5, max_bytes=most_bytes)
        async with Client(user_agent="Listening/test", limits=limits) as client:
            return await work(client.get)

    return asyncio.run(whole())


def feeds_at(address: str, most_bytes: int = 1_000_000) -> list[FoundFeed]:
    return with_client(lambda get: feeds_of(get, address), most_bytes)


def refusal_at(address: str, most_bytes: int = 1_000_000) -> FeedError:
    with pytest.raises(FeedError) as caught:
        feeds_at(address, most_bytes)
    return caught.value


def test_a_trial_promises_no_next_run_and_blames_nobody_for_what_nobody_typed() -> None:
    """What is said of a place that is tried, and has no next run yet."""
    unknown = in_a_trial(FeedUnreachable("There is no server named mastodon.example.", "Check the address."))
    assert "If you did not, this computer’s network does not lead there" in unknown.advice
    assert isinstance(unknown, FeedUnreachable)
    late = in_a_trial(FeedUnreachable("Too slow.", "The next run tries again."))
    assert "Try it once more later." == late.advice
    inside = in_a_trial(FeedInside("It leads inside.", "Name its own address in the settings."))
    assert isinstance(inside, FeedInside)
    assert "cannot be ticked" in inside.advice
    assert "settings" not in inside.advice


# --- the feeds of a site --------------------------------------------------------------------------------------------


def test_a_site_declares_its_feeds(httpserver: HTTPServer) -> None:
    """The page's own feeds in its order, comments last, named as they call themselves."""
    head = declared("/comments.xml", title="Comments") + declared("news.atom", "atom+xml")
    start = answer(httpserver, "/town/", page(head))
    answer(httpserver, "/comments.xml", feed("Comments of the town", "I like it"))
    news = answer(httpserver, "/town/news.atom", feed("Town news", "The pool opens"))
    found = feeds_at(start)
    assert [("Town news", news), ("Comments of the town", httpserver.url_for("/comments.xml"))] == [
        (each.title, each.url) for each in found
    ]


def test_the_same_feed_in_two_forms_is_one(httpserver: HTTPServer) -> None:
    """RSS and Atom of the same posts are proposed once."""
    start = answer(httpserver, "/", page(declared("/rss") + declared("/atom", "atom+xml")))
    for path in ("/rss", "/atom"):
        answer(httpserver, path, feed("Town news", "The pool opens", "Buses"))
    assert [httpserver.url_for("/rss")] == [each.url for each in feeds_at(start)]


@pytest.mark.parametrize(
    ("path", "title", "paper"),
    [
        ("/rss.xml", "Quillhaven Herald", True),
        ("/rss.xml", "Harbor Radio", True),
        ("/rss.xml", "Comments on Quillhaven Herald", False),
        ("/rss.xml", "The Herald’s readers’ letters", False),
        ("/forum/rss.xml", "Harbor News", False),
        ("/rss.xml", "Mary’s weekly news", False),
        ("/rss.xml", "Notes from the river", False),
    ],
)
def test_a_site_s_feed_is_a_paper_s_only_where_it_looks_like_one(
    httpserver: HTTPServer, path: str, title: str, paper: bool
) -> None:
    """In doubt the names in it are masked; so they are in any feed that was typed by its own address."""
    start = answer(httpserver, "/", page(declared(path)))
    url = answer(httpserver, path, feed(title, "The pool opens"))
    answers = replace(QUILLHAVEN, papers=(start,))
    (place,) = [each for each in with_client(lambda get: look(answers, get, {})).places if each.feed.source == "rss"]
    assert paper == place.feed.outlet
    answers = replace(QUILLHAVEN, papers=(url,))
    (place,) = [each for each in with_client(lambda get: look(answers, get, {})).places if each.feed.source == "rss"]
    assert not place.feed.outlet


def test_comments_on_the_own_site_are_strangers(httpserver: HTTPServer) -> None:
    """The site's news are its own voice, what is said below them is not."""
    start = answer(httpserver, "/", page(declared("/news.xml") + declared("/comments.xml")))
    answer(httpserver, "/news.xml", feed("Town of Quillhaven", "The pool opens"))
    answer(httpserver, "/comments.xml", feed("Comments", "I like it"))
    answers = replace(QUILLHAVEN, site=start)
    found = with_client(lambda get: look(answers, get, {})).places
    assert [("Town of Quillhaven", True), ("Comments", False)] == [
        (each.feed.name, each.feed.outlet) for each in found if each.feed.source == "rss"
    ]


def test_a_link_in_the_text_will_do(httpserver: HTTPServer) -> None:
    """A page that declares nothing, with a link to its feed; what only looks like one is not taken."""
    start = answer(httpserver, "/", page(body='<a href="/news/feed/">RSS</a> <a href="/about.xml">About</a>'))
    answer(httpserver, "/news/feed/", feed("Town news", "The pool opens"))
    assert [httpserver.url_for("/news/feed/")] == [each.url for each in feeds_at(start)]


def test_the_usual_addresses_are_tried_last_and_on_that_host_only(httpserver: HTTPServer) -> None:
    """A site that names no feed: one by one until the first, and no further."""
    start = answer(httpserver, "/", page())
    answer(httpserver, "/feed", page(title="Not found, but so friendly"))
    answer(httpserver, "/rss", feed("Town news", "The pool opens"))
    (found,) = feeds_at(start)
    assert httpserver.url_for("/rss") == found.url
    assert ["/", "/feed", "/rss"] == [request.path for request, _ in httpserver.log]


def test_an_address_that_is_a_feed_is_taken_as_it_is(httpserver: HTTPServer) -> None:
    """Nothing else is asked then."""
    (found,) = feeds_at(answer(httpserver, "/x", feed("Town news", "The pool opens")))
    assert ("Town news", 1) == (found.title, len(httpserver.log))


def test_a_page_that_only_leads_on_is_followed_once(httpserver: HTTPServer) -> None:
    """A refresh to the front page, as old sites have it."""
    start = answer(httpserver, "/", page('<meta http-equiv="refresh" content="0; url=/welcome">'))
    answer(httpserver, "/welcome", page(declared("/news.xml")))
    answer(httpserver, "/news.xml", feed("Town news", "The pool opens"))
    assert ["Town news"] == [each.title for each in feeds_at(start)]


def test_a_login_page_a_dead_site_and_a_huge_page_are_said(httpserver: HTTPServer) -> None:
    """In words, each as what it is, with something to do."""
    login = answer(httpserver, "/members", page(body='<form><input type="password"></form>', title="Sign in"))
    dead = answer(httpserver, "/gone", "", status=410)
    huge = answer(httpserver, "/huge", page(body="x" * 400_000))
    for address, words in ((login, "names no feed"), (dead, "410"), (huge, "larger")):
        error = refusal_at(address, most_bytes=200_000)
        assert words in str(error), error
        assert error.advice


def test_a_feed_inside_this_network_that_a_page_names_is_not_asked(httpserver: HTTPServer) -> None:
    """The guard: a page may send us to another host only as a redirect may, and never to this machine's neighbours."""
    inside = HTTPServer(host="127.0.0.1", port=0)
    inside.start()
    try:
        answer(inside, "/secret.xml", feed("Secret", "Quillhaven"))
        start = answer(httpserver, "/", page(declared(inside.url_for("/secret.xml"))))
        assert "names no feed" in refusal_at(start).problem
        answers = replace(QUILLHAVEN, papers=(start,))
        missed = with_client(lambda get: look(answers, get, {})).missed
        assert [start, inside.url_for("/secret.xml")] == [each.typed for each in missed]
        assert "type its address yourself" in missed[1].error.advice
        assert [] == inside.log
    finally:
        inside.stop()


def test_what_was_found_elsewhere_is_tried_as_a_redirect_would_be(httpserver: HTTPServer) -> None:
    """A place that nobody typed is not asked inside this network, and the page cannot be made to tick it."""
    url = answer(httpserver, "/feed.xml", feed("Town news", "Quillhaven"))
    place = Place(feed=Feed(name="n", source="rss", options={"url": url}), why="", named=False)
    (tried,) = with_client(lambda get: try_places([place], get, {}))
    assert isinstance(tried.refusal, FeedInside)
    assert [] == httpserver.log


@settings(max_examples=200)
@given(st.binary(max_size=400), st.sampled_from(["", "text/html; charset=utf-16", "text/html; charset=nonsense"]))
def test_any_page_can_be_read(body: bytes, kind: str) -> None:
    """As broken as it likes: no error, and no address that is none on the web."""
    start = b'<link rel=alternate type="application/rss+xml" href="'
    answer_ = Answer(status=200, headers={"content-type": kind}, url="https://town.example/a", body=start + body)
    for link in read_page(answer_).declared:
        assert link.url.startswith(("http://", "https://"))


@pytest.mark.parametrize(
    "href", ["javascript:alert(1)", "file:///etc/passwd", "mailto:a@b.example", "http://user:pass@x.example/", "//["]
)
def test_addresses_that_are_none_of_the_web_are_not_taken(href: str) -> None:
    """Whatever a page calls a feed."""
    body = page(declared(href)).encode()
    assert [] == read_page(Answer(status=200, headers={}, url="https://town.example/", body=body)).declared


def test_a_title_is_data() -> None:
    """Markup in a title is no markup afterwards."""
    head = declared("/f", title="<b>News</b> &lt;script&gt;")
    (link,) = read_page(Answer(status=200, headers={}, url="https://town.example/", body=page(head).encode())).declared
    assert "<" not in link.title


# --- accounts -------------------------------------------------------------------------------------------------------


def test_a_handle_is_resolved_to_the_server_that_it_is_on() -> None:
    """The handle's domain says where the account lives; both names are ours."""
    services = Services()
    jrd = {"links": [{"rel": "self", "href": "https://social.quillhaven.example/users/townhall"}]}
    services.answers("quillhaven.example", "/.well-known/webfinger", jrd)
    account = read_account("@townhall@quillhaven.example")
    place, server, ours = services.use(lambda client: profiles.fediverse(client.get, account))
    assert {"server": "https://social.quillhaven.example", "account": "@townhall"} == dict(place.feed.options)
    assert ["@townhall@quillhaven.example", "@townhall@social.quillhaven.example"] == ours
    assert "https://social.quillhaven.example" == server
    assert not place.named
    assert {"resource": "acct:townhall@quillhaven.example"} == services.asked[0].query


@pytest.mark.parametrize(
    ("body", "status", "problem"),
    [
        ({"links": []}, 200, "does not say where"),
        ({"links": [{"rel": "self", "href": "javascript:alert(1)"}]}, 200, "does not say where"),
        ({"links": "none"}, 200, "does not say where"),
        ("<html>Welcome", 200, "does not say where"),
        ({}, 404, "knows no account"),
    ],
)
def test_a_handle_that_leads_nowhere_is_said(body: object, status: int, problem: str) -> None:
    """A server that answers anything else than where the account is."""
    services = Services()
    services.answers("quillhaven.example", "/.well-known/webfinger", body, status=status)
    account = read_account("@townhall@quillhaven.example")
    with pytest.raises(FeedUnreadable, match=problem):
        services.use(lambda client: profiles.fediverse(client.get, account))


def test_a_server_that_only_an_answer_names_is_not_asked_inside_this_network() -> None:
    """Neither for the account nor for its hashtags, whatever WebFinger says."""
    services = Services()
    jrd = {"links": [{"rel": "self", "href": "http://127.0.0.1:6379/users/townhall"}]}
    services.answers("quillhaven.example", "/.well-known/webfinger", jrd)
    answers = Answers(name="Town of Quillhaven", accounts=("@townhall@quillhaven.example",))
    looked = services.use(lambda client: look(answers, client.get, {}))
    there = {place.named for place in looked.places if "127.0.0.1" in place.feed.options.get("server", "")}
    assert {False} == there
    assert {True} == {place.named for place in looked.places if "mastodon.social" in place.feed.name}


CHANNEL = "UC" + "q" * 22


def test_a_youtube_page_leads_to_its_channel() -> None:
    """The page's own address counts, not that of a channel it recommends."""
    services = Services()
    head = f'<script>{{"channelId":"UC{"x" * 22}"}}</script>'
    head += f'<link rel="canonical" href="https://www.youtube.com/channel/{CHANNEL}">'
    services.answers("www.youtube.com", "/@quillhaven", page(head, title="Quillhaven - YouTube"))
    place, setting = services.use(lambda client: profiles.youtube(client.get, "https://www.youtube.com/@quillhaven"))
    assert ("youtube", {"channel": CHANNEL}, "YouTube: Quillhaven") == (
        place.feed.source,
        dict(place.feed.options),
        place.feed.name,
    )
    assert f"https://www.youtube.com/channel/{CHANNEL}" == setting


def test_a_channel_by_its_id_needs_no_question() -> None:
    """Nobody is asked."""
    services = Services()
    address = f"https://www.youtube.com/channel/{CHANNEL}"
    place, _ = services.use(lambda client: profiles.youtube(client.get, address), ["www.youtube.com"])
    assert {"channel": CHANNEL} == dict(place.feed.options)
    assert [] == services.asked


def test_youtubes_page_on_cookies_is_said() -> None:
    """Where it is shown in place of the channel, there is another way."""
    services = Services()
    services.answers(
        "www.youtube.com",
        "/@quillhaven",
        "",
        status=302,
        location="https://consent.youtube.com/m?continue=x",
    )
    services.answers("consent.youtube.com", "/m", page(title="Before you continue"))
    with pytest.raises(FeedBlocked, match="cookies"):
        services.use(lambda client: profiles.youtube(client.get, "https://www.youtube.com/@quillhaven"))


# --- everything together --------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("nobody_outside")
def test_a_town_is_proposed_from_its_name_site_and_accounts(httpserver: HTTPServer) -> None:
    """Feeds and hashtags ticked, what its source forbids unticked with a sentence, and what led nowhere said."""
    origin = kind_town(httpserver)
    answers = Answers(
        name="Town of Quillhaven",
        short_name="Quillhaven",
        site=origin,
        contact="press@quillhaven.example",
        accounts=(f"@townhall@{origin}",),
        papers=(f"{origin}/herald/", f"{origin}/nowhere", "r/quillhaven", "nonsense"),
    )
    looked = propose_places(answers, {}, lambda done, of: None)
    here = origin.removeprefix("http://")
    ticked = {place.feed.name for place in looked.places if place.ticked and place.refusal is None}
    assert {
        "Town news",
        "Quillhaven Herald",
        f"@townhall on {here}",
        f"#Quillhaven on {here}",
        f"#TownOfQuillhaven on {here}",
    } == ticked
    unticked = {place.feed.source: place for place in looked.places if not place.ticked}
    assert {"reddit", "news", "bluesky", "gdelt"} == set(unticked)
    assert all(place.sentence.endswith(".") and not place.asked for place in unticked.values())
    assert not any(place.ticked or place.asked for place in looked.places if place.feed.source == "reddit")
    assert {f"{origin}/nowhere", "nonsense"} == {missed.typed for missed in looked.missed}
    assert [origin, f"@townhall@{here}"] == looked.own_accounts


def test_one_place_that_fails_does_not_keep_the_others_out(httpserver: HTTPServer) -> None:
    """A dead feed says why it gave nothing; the other is judged."""
    good = answer(httpserver, "/good.xml", feed("Herald", "Quillhaven is lovely", "Chess"))
    bad = answer(httpserver, "/bad.xml", "no", status=500)
    places = [Place(feed=Feed(name=url, source="rss", options={"url": url}), why="") for url in (good, bad)]
    told: list[int] = []
    first, second = with_client(lambda get: try_places(places, get, {}, progress=lambda done, name: told.append(done)))
    judge = Judge([Topic(name="t", query="quillhaven")], [])
    assert first.given is not None
    assert "gave 2 posts, 1 about you in the last week" == in_words(judge.of(first.given, door.now()), str)
    assert second.refusal is not None
    assert "(500)" in second.refusal.problem
    assert [1, 2] == told


def test_a_place_is_asked_once(httpserver: HTTPServer) -> None:
    """Trying again asks only what was not asked yet."""
    url = answer(httpserver, "/good.xml", feed("Herald", "Quillhaven"))
    place = Place(feed=Feed(name="h", source="rss", options={"url": url}), why="")

    async def twice(get: Get) -> list[Place]:
        return await try_places(await try_places([place], get, {}), get, {})

    with_client(twice)
    assert 1 == len(httpserver.log)


def posts(*ages: timedelta, text: str = "Quillhaven", url: str = "") -> Page:
    return Page(
        posts=tuple(
            Post(source="rss", feed="f", key=f"{url}{age}", url=url, text=text, published_at=NOW - age) for age in ages
        )
    )


@pytest.mark.parametrize(
    ("given_", "expected"),
    [
        (posts(), "answered, and holds no posts now"),
        (posts(timedelta(hours=1), timedelta(days=8)), "gave 2 posts, 1 about you in the last week"),
        (posts(timedelta(days=7)), "gave 1 post, 1 about you in the last week"),
        (
            posts(timedelta(days=9)),
            "gave 1 post, none about you in the last week; the newest about you is of 2026-02-23",
        ),
        (posts(timedelta(hours=1), text="Millbrook"), "gave 1 post, none about you"),
        (posts(timedelta(hours=1), url="https://quillhaven.example/a"), "gave 1 post, all your own: not counted"),
    ],
)
def test_what_last_week_would_have_given_is_said(given_: Page, expected: str) -> None:
    """Posts of the last seven days that a topic finds; the agency's own do not count."""
    judge = Judge([Topic(name="t", query="quillhaven")], ["https://quillhaven.example"])
    assert expected == in_words(judge.of(given_, NOW), lambda moment: f"{moment:%Y-%m-%d}")


def test_our_own_posts_are_not_about_us() -> None:
    """A feed of ours and others' posts: only theirs are told as being about us."""
    ours, theirs = posts(timedelta(hours=1), url="https://quillhaven.example/a"), posts(timedelta(hours=2))
    judge = Judge([Topic(name="t", query="quillhaven")], ["https://quillhaven.example"])
    gave = judge.of(Page(posts=(*ours.posts, *theirs.posts)), NOW)
    assert (2, 1, theirs.posts) == (gave.posts, gave.own, gave.about)


def test_a_private_person_is_no_place() -> None:
    """Somebody's account among the places is refused, with why; our own is fine."""
    answers = Answers(name="Town of Quillhaven", accounts=("@townhall@quillhaven.social",))
    looked = with_client(
        lambda get: look_for_places(["@ada@quillhaven.social", "@townhall@quillhaven.social"], answers, get)
    )
    assert ["@townhall on quillhaven.social"] == [place.feed.name for place in looked.places]
    (missed,) = looked.missed
    assert "Nobody is followed by name" in missed.error.advice


def test_bluesky_is_ticked_where_there_is_a_password() -> None:
    """With an app password it is dependable, and nothing speaks against it."""
    secrets = {"LISTENING_BLUESKY_PASSWORD": "x"}
    found = {place.feed.source: place for place in offers(QUILLHAVEN, {"https://mastodon.social": True}, secrets)}
    assert found["bluesky"].ticked
    assert "" == found["bluesky"].sentence


def test_own_accounts_that_cannot_be_looked_up_are_ours_all_the_same() -> None:
    """A server that is down today does not make our own posts conversation."""
    answers = Answers(name="Town of Quillhaven", accounts=("@townhall@http://127.0.0.1:9", "@quillhaven"))
    looked = with_client(lambda get: look(answers, get, {}))
    assert ["@townhall@127.0.0.1:9", "@quillhaven"] == looked.own_accounts
    assert ["@townhall@127.0.0.1:9"] == [missed.typed for missed in looked.missed]


def test_places_that_are_there_are_not_added_again() -> None:
    """The same place under another name is the same place; another one of the same name gets its own."""
    there = [Feed(name="Herald", source="rss", options={"url": "https://herald.example/rss"})]
    new = [
        Feed(name="The Herald", source="rss", options={"url": "https://herald.example/rss"}),
        Feed(name="herald", source="rss", options={"url": "https://other.example/rss"}),
    ]
    assert ["herald (2)"] == [each.name for each in named_apart(new, there)]
