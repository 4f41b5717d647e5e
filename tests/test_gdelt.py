"""GDELT: articles become posts, slice by slice of time back to what is known; its sentences are no empty answers."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from aiohttp import web
from hypothesis import given, settings
from hypothesis import strategies as st
from service_kit import NOW, Services, stored

from listening.collectors import check, gdelt, rss
from listening.collectors._gdelt_titles import tidied
from listening.errors import FeedError, FeedRefused, FeedUnreadable, SettingsError
from listening.models import Answer, Feed, Page, Post
from listening.store import Store

HOST = "api.gdeltproject.org"
PATH = "/api/v2/doc/doc"
FEED = Feed(name="World", source="gdelt", options={"search": '"Town of Quillhaven"'})
HURRIED = "Please limit requests to one every 5 seconds or write to us for larger queries."
SHORT = "The specified phrase is too short.\n"


def article(number: int, seen: datetime, **more: Any) -> dict[str, Any]:
    """An article on the town."""
    return {
        "url": f"https://www.herald.example/quillhaven/{number}",
        "url_mobile": "",
        "title": f"Quillhaven opens ferry {number}",
        "seendate": f"{seen:%Y%m%dT%H%M%SZ}",
        "socialimage": "",
        "domain": "herald.example",
        "language": "English",
        "sourcecountry": "United States",
        **more,
    }


class Index:
    """The index as it answers: newest first, 250 at most, of a time that is neither too short nor too long ago."""

    def __init__(self, services: Services, articles: Sequence[dict[str, Any]]) -> None:
        self.articles = list(articles)
        self.services = services
        services.on(HOST, PATH)(self.answer)

    async def answer(self, request: web.Request) -> web.Response:
        query = request.query
        end = _moment(query.get("enddatetime")) or self.services.now + timedelta(days=2)
        start = _moment(query.get("startdatetime")) or self.services.now - timedelta(days=7)
        if end - start < timedelta(hours=2):
            return web.Response(text="Timespan is too short.")
        if start < self.services.now - timedelta(days=93):
            return web.Response(text="Invalid/Unsupported Start Date: must be within the last 3 months.")
        assert query["mode"] == "artlist"
        assert query["format"] == "json"
        return web.json_response(shown(self.articles, start, end), content_type="application/json")


def shown(articles: Sequence[dict[str, Any]], start: datetime, end: datetime) -> dict[str, Any]:
    """What it says of a time: an object with articles, or an empty one."""
    found = [each for each in articles if f"{start:%Y%m%dT%H%M%SZ}" <= each["seendate"] <= f"{end:%Y%m%dT%H%M%SZ}"]
    found.sort(key=lambda each: each["seendate"], reverse=True)
    return {"articles": found[:250]} if found else {}


def _moment(text: str | None) -> datetime | None:
    return datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=UTC) if text else None


def parsed(body: bytes | str | object, status: int = 200) -> Page:
    """What an answer gives."""
    raw = body if isinstance(body, bytes) else body.encode() if isinstance(body, str) else json.dumps(body).encode()
    return gdelt.parse(Answer(status=status, headers={}, url="", body=raw), FEED)


def test_an_article_gives_every_field_it_has() -> None:
    """Its address is its key, in one spelling; its site is its author; no counts and no text are made up."""
    said = article(
        1,
        NOW,
        url="https://www.herald.example:443/Quillhaven?utm_source=x",
        title="Quillhaven s ferry : U . S . mail , again",
        domain="Herald.example",
    )
    assert parsed({"articles": [said]}).posts == (
        Post(
            source="gdelt",
            feed="World",
            key="https://www.herald.example/Quillhaven",
            url="https://www.herald.example/Quillhaven",
            title="Quillhaven s ferry: U.S. mail, again",
            author="herald.example",
            language="en",
            published_at=NOW,
        ),
    )


@pytest.mark.parametrize(
    ("name", "tag"),
    [("English", "en"), ("Spanish", "es"), ("Norwegian", "no"), ("Haitian Creole", "ht"), ("Klingon", None), (7, None)],
)
def test_languages_have_their_tags(name: object, tag: str | None) -> None:
    """By their English names; an unknown one is none, and the feed's own wins."""
    said = {"articles": [article(1, NOW, language=name)]}
    assert parsed(said).posts[0].language == tag
    feed = Feed(name="World", source="gdelt", options=FEED.options, language="es")
    answer = Answer(status=200, headers={}, url="", body=json.dumps(said).encode())
    assert gdelt.parse(answer, feed).posts[0].language == "es"


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("Ferry of the U . S . Navy", "Ferry of the U.S. Navy"),
        ("Ferry for Washington , D . C .", "Ferry for Washington, D.C."),
        ("Council meets at 5 : 40 p . m . today", "Council meets at 5:40 p.m. today"),
        ("Dr . Ada Finch : Why ? Because !", "Dr. Ada Finch: Why? Because!"),
        ("Harbor costs $2 . 4 million , 1 , 200 people ask why", "Harbor costs $2.4 million, 1,200 people ask why"),
        ("1 , 200 , 000 ducks counted", "1,200,000 ducks counted"),
        ("On May 5 , 300 people came", "On May 5, 300 people came"),
        ("June 19 , 2026", "June 19, 2026"),
        ("Update # 3 ( 6 / 25 / 2026 ): open", "Update #3 (6/25/2026): open"),
        ("Read it on quillhaven . com and herald . co . uk", "Read it on quillhaven.com and herald.co.uk"),
        ("Rock - bottom prices - and more", "Rock - bottom prices - and more"),
        ("Plan B . A new ferry", "Plan B. A new ferry"),
        ("Bo I . Finch , 8 % more ; fine ...", "Bo I. Finch, 8% more; fine..."),
        ("Fine already: Dr. Finch, 5:40 p.m., $2.4 million (sure).", None),
        ("mayor  says  hello   ", "mayor says hello"),
        ("Tea &amp; ferry", "Tea & ferry"),
        ("", ""),
    ],
)
def test_blanks_around_marks_are_tidied_where_they_are_sure(given: str, wanted: str | None) -> None:
    """Initials, numbers, sites and dates are joined; a hyphen cannot be told from a dash and stays."""
    assert tidied(given) == (given if wanted is None else wanted)


@given(st.text(alphabet="AbcU.S,:;!?%()[]#$/ 0123-…", max_size=60))
def test_tidying_changes_blanks_only_and_does_it_once(title: str) -> None:
    """No letter is lost, and a tidy headline stays as it is."""
    once = tidied(title)
    assert once.replace(" ", "") == title.replace(" ", "")
    assert len(once) <= len(title)


@pytest.mark.parametrize("body", [b"{}", b" {\n} ", b"\xef\xbb\xbf{ }", {"articles": []}])
def test_no_hits_are_a_good_empty_answer(body: object) -> None:
    """An empty object is how it says that; the cursor stays, so that a slip of the index loses nothing."""
    assert parsed(body) == Page(posts=())


@pytest.mark.parametrize(
    ("body", "status", "error", "said"),
    [
        (SHORT, 200, FeedRefused, "too short”."),
        ("One or more of your keywords were too common: (the)", 200, FeedRefused, "too common: (the)”."),
        ("Queries containing OR'd terms must be surrounded by ().", 200, FeedRefused, "surrounded by"),
        ("Your query was too short or too long. " * 9, 200, FeedRefused, "…”."),
        (HURRIED, 429, FeedRefused, "429"),
        (HURRIED, 200, FeedRefused, "once in 5 seconds"),
        ("", 429, FeedRefused, "429"),
        ("Down for a while", 200, FeedUnreadable, "“Down for a while”."),
        ("<!doctype html><title>Just a moment...</title>", 200, FeedError, "browser"),
        ("<html><title>502 Bad Gateway</title></html>", 502, FeedError, "502"),
        (b'{"articles": [{"url": "https://a.example/1", "ti', 200, FeedUnreadable, "cut short"),
        (b"{", 200, FeedUnreadable, "cut short"),
        (b"{} and more", 200, FeedUnreadable, "not with articles"),
        ({"articles": {"url": "x"}}, 200, FeedUnreadable, "not with articles"),
        ({"timeline": []}, 200, FeedUnreadable, "not with articles"),
        ([], 200, FeedUnreadable, "not with articles"),
        ([1, 2], 200, FeedUnreadable, "not with articles"),
        (b"", 200, FeedUnreadable, "empty"),
        (b"\x00\x01\x02", 200, FeedUnreadable, "no text"),
        (b"{}", 503, FeedError, "503"),
    ],
)
def test_a_refusal_never_passes_for_no_hits(body: object, status: int, error: type[FeedError], said: str) -> None:
    """It refuses in plain words with a good status; these are told, briefly."""
    with pytest.raises(error) as caught:
        parsed(body, status)
    assert said in caught.value.problem
    assert len(caught.value.problem) < 300
    assert caught.value.problem.endswith(".")
    assert caught.value.advice.endswith(".")


def test_bad_json_is_read_all_the_same() -> None:
    """Raw control characters, a backslash that begins nothing, a byte that is no letter."""
    body = b'{"articles": [{"url": "https://a.example/\xe9", "title": "Quill\thaven\n \\d \\"ferry\\" \\u00e9 \\\\"}]}'
    (post,) = parsed(body).posts
    assert post.title == 'Quill haven \\d "ferry" é \\'


def test_an_article_without_an_address_is_left_out_and_counted() -> None:
    """Wrong types cost that article alone."""
    bad = [{"title": "x"}, {"url": 7}, {"url": "javascript:x"}, "no", None]
    page = parsed({"articles": [article(1, NOW, title=None, seendate="soon", domain=3), *bad, article(1, NOW)]})
    assert [(post.title, post.author) for post in page.posts] == [("Quillhaven opens ferry 1", "herald.example")]
    assert page.skipped == ("3 articles without an address",)


def asked(options: dict[str, str], cursor: str | None = None) -> dict[str, str]:
    """The parameters that are asked with."""
    request = gdelt.locate(Feed(name="World", source="gdelt", options=options), cursor, {})
    assert request.pause == 5.0
    return {name: values[0] for name, values in parse_qs(urlsplit(request.url).query).items()}


def test_what_is_asked() -> None:
    """The words with GDELT's operators, the country by its name, the language by its name; a week at first."""
    options = {"search": "Quillhaven (ferry OR harbor) -football", "country": "United States", "language": "es-MX"}
    check("gdelt", options)
    assert asked(options) == {
        "query": "Quillhaven (ferry OR harbor) -football sourcecountry:unitedstates sourcelang:spanish",
        "mode": "artlist",
        "format": "json",
        "maxrecords": "250",
        "sort": "datedesc",
        "timespan": "1w",
    }
    later = asked(options, str(int(NOW.timestamp())))
    assert "timespan" not in later
    assert later["startdatetime"] == f"{NOW - timedelta(hours=6):%Y%m%d%H%M%S}"
    assert asked({"search": "x", "country": "Côte d'Ivoire"})["query"] == "x sourcecountry:côtedivoire"
    assert asked({"search": "x", "country": "uk"})["query"] == "x sourcecountry:uk"


@pytest.mark.parametrize(
    ("options", "key"),
    [
        ({"search": '""'}, "search"),
        ({"search": "ferry OR harbor"}, "search"),
        ({"search": "(ferry OR harbor) OR lake"}, "search"),
        ({"search": "quillhaven " * 30}, "search"),
        ({"search": "ferry", "country": "CH"}, "country"),
        ({"search": "ferry", "country": "Spain sourcelang:x"}, "country"),
        ({"search": "ferry", "language": "tlh"}, "language"),
    ],
)
def test_settings_that_gdelt_would_refuse_are_refused_at_once(options: dict[str, str], key: str) -> None:
    """With the key; two letters would mean another country to it."""
    with pytest.raises(SettingsError) as caught:
        check("gdelt", options)
    assert (caught.value.key, bool(caught.value.advice)) == (key, True)


def test_an_or_in_quotes_or_brackets_is_fine() -> None:
    """And a word that only begins like one."""
    for search in ('"ferry OR harbor"', "(ferry OR harbor)", "ORANGE ferry", 'near5:"a b" (x OR "y z")'):
        check("gdelt", {"search": search})


def test_a_first_visit_looks_back_a_week_and_later_ones_read_up_to_what_is_known(store: Store) -> None:
    """Five slices at first; then all that is new, in slices where there is much, and what came late into the index."""
    services = Services()
    index = Index(services, [article(n, NOW - timedelta(minutes=5 * n)) for n in range(1, 1_501)])
    first = services.collect(store, FEED)
    assert (len(services.asked), first.new) == (5, 1_246)  # each slice begins with the last one of the slice before
    ends = [each.query.get("enddatetime", "") for each in services.asked]
    assert ends == ["", *sorted(ends[1:], reverse=True)]
    index.articles += [article(10_000 + n, NOW + timedelta(minutes=n)) for n in range(1, 601)]
    index.articles.append(article(20_000, NOW - timedelta(hours=3)))  # came late
    services.asked.clear()
    second = services.collect(store, FEED, after=timedelta(hours=11))
    assert (second.new, len(services.asked)) == (601, 3)
    assert services.collect(store, FEED, after=timedelta(hours=1)).new == 0


def test_more_articles_of_one_moment_than_are_shown_stop_no_walk(store: Store) -> None:
    """Those of that moment that are not shown are lost; what is older is read, and the walk ends."""
    services = Services()
    moment = NOW - timedelta(hours=1)
    index = Index(services, [article(1, NOW - timedelta(hours=9))])
    services.collect(store, FEED)
    index.articles += [article(100 + n, moment) for n in range(300)]
    index.articles += [article(900, moment - timedelta(minutes=1))]
    assert services.collect(store, FEED, after=timedelta(hours=1)).new == 251
    assert services.collect(store, FEED, after=timedelta(hours=1)).new == 0


def test_far_too_many_articles_end_with_a_note(store: Store) -> None:
    """A walk that would never reach what is known is given up, so that the next visit begins with what is new then."""
    services = Services()
    index = Index(services, [article(1, NOW - timedelta(days=3))])
    services.collect(store, FEED)
    index.articles += [article(100 + n, NOW - timedelta(seconds=10 * n)) for n in range(5_500)]
    (result,) = services.collect(store, FEED).results
    assert (result.state, result.new > 4_900) == ("ok", True)
    assert any("left out" in note for note in result.notes)
    services.asked.clear()
    index.articles.append(article(90_000, NOW + timedelta(hours=1)))
    assert services.collect(store, FEED, after=timedelta(hours=2)).new >= 1
    assert len(services.asked) < 12


@settings(max_examples=15)
@given(st.lists(st.integers(0, 400), max_size=400), st.lists(st.integers(0, 400), max_size=600))
def test_no_article_is_lost_between_two_visits(before: list[int], after: list[int]) -> None:
    """Whatever the times and wherever the slices end, while no moment has more articles than are shown."""
    articles = [article(n, NOW + timedelta(minutes=at)) for n, at in enumerate(before)]

    def walk(cursor: str | None, now: datetime) -> tuple[set[str], str | None]:
        keys: set[str] = set()
        request = gdelt.locate(FEED, cursor, {})
        for _ in range(20):
            query = {name: values[0] for name, values in parse_qs(urlsplit(request.url).query).items()}
            start = _moment(query.get("startdatetime")) or now - timedelta(days=7)
            end = _moment(query.get("enddatetime")) or now
            assert end - start >= timedelta(hours=2)
            body = json.dumps(shown(articles, start, end)).encode()
            page = gdelt.parse(Answer(status=200, headers={}, url="", body=body, request=request), FEED)
            keys |= {post.key for post in page.posts}
            if page.next is None:
                return keys, page.cursor or cursor
            assert page.cursor is None
            request = page.next
        raise AssertionError("the walk does not end")

    _, cursor = walk(None, NOW + timedelta(minutes=400))
    new = [article(1_000 + n, NOW + timedelta(minutes=400 + at)) for n, at in enumerate(after)]
    articles += new
    keys, _ = walk(cursor, NOW + timedelta(minutes=900))
    assert {each["url"] for each in new} <= keys


def test_a_walk_that_is_turned_away_leaves_no_gap(store: Store) -> None:
    """The second slice is refused: what was read stays, the wait is kept, and the next visit reads all the rest."""
    services = Services()
    index = Index(services, [article(1, NOW - timedelta(hours=9))])
    services.collect(store, FEED)
    index.articles += [article(100 + n, NOW + timedelta(minutes=n)) for n in range(400)]
    whole = index.answer

    async def hurried(request: web.Request) -> web.StreamResponse:
        return web.Response(text=HURRIED, status=429) if "enddatetime" in request.query else await whole(request)

    services.on(HOST, PATH)(hurried)
    (result,) = services.collect(store, FEED, after=timedelta(hours=7)).results
    assert (result.state, result.new) == ("refused", 250)
    assert "busy" in result.problem
    (waits,) = services.collect(store, FEED, after=timedelta(minutes=1)).results
    assert waits.state == "waiting"
    services.on(HOST, PATH)(whole)
    assert services.collect(store, FEED, after=timedelta(hours=1)).new == 150


def test_one_that_is_turned_away_keeps_no_other_feed_from_its_news(store: Store) -> None:
    """At the very first request too."""
    services = Services()
    services.answers(HOST, PATH, HURRIED, 429)
    rss_feed = Feed(name="Herald", source="rss", options={"url": "https://herald.example/feed"})
    item = "<item><guid>1</guid><title>Quillhaven</title></item>"
    services.answers("herald.example", "/feed", f"<rss version='2.0'><channel>{item}</channel></rss>")
    world, herald = services.collect(store, FEED, rss_feed).results
    assert (world.state, herald.new) == ("refused", 1)


def test_who_comes_back_after_months_reads_the_last_week(store: Store) -> None:
    """GDELT refuses to look further back than three months; the gap is said."""
    services = Services()
    index = Index(services, [article(1, NOW)])
    services.collect(store, FEED)
    index.articles.append(article(2, NOW + timedelta(days=199)))
    (result,) = services.collect(store, FEED, after=timedelta(days=200)).results
    assert (result.state, result.new) == ("ok", 1)
    assert any("three months" in note for note in result.notes)


def test_a_deleted_article_is_noticed_as_any_article_is() -> None:
    """By its own site, not by GDELT."""
    post = Post(source="gdelt", feed="World", key="https://a.example/1", url="https://a.example/1")
    request = gdelt.recheck(post)
    assert request == rss.recheck(post)
    assert request is not None
    for status, said in ((200, "there"), (404, "missing"), (410, "gone"), (500, "unknown")):
        answer = Answer(status=status, headers={}, url="https://a.example/1", body=b"")
        assert gdelt.presence(answer, request) == said


def test_the_same_article_in_two_searches_is_one_mention(store: Store) -> None:
    """Its key is its address."""
    services = Services()
    Index(services, [article(1, NOW)])
    other = Feed(name="Other", source="gdelt", options={"search": "ferry"})
    assert services.collect(store, FEED, other).new == 1
    assert len(stored(store)) == 1


@pytest.mark.captures
@pytest.mark.skipif(not os.environ.get("LISTENING_CAPTURES"), reason="LISTENING_CAPTURES names no folder")
def test_the_real_answers_are_read() -> None:
    """All 1,466 articles; the same address twice is one post."""
    counts = {}
    for file in sorted((Path(os.environ["LISTENING_CAPTURES"]) / "gdelt_artlist").iterdir()):
        page = parsed(file.read_bytes())
        assert page.skipped == ()
        assert all(post.published_at and post.author and post.language and post.title for post in page.posts)
        counts[file.name.removesuffix(".json").partition("__")[2]] = len(page.posts)
    assert counts == {
        "gdelt_aug2026": 5,
        "artlist_District_of_Columbia": 236,
        "artlist_Puerto_Rico": 83,
        "artlist_Virgin_Islands": 55,
        "artlist_Wisconsin": 877,
    }
