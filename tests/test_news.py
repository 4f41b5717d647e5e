"""News searches: articles by their own addresses, outlets as authors, terms accepted first, a secret well kept."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from html import escape
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from aiohttp import web
from keeping_kit import found_in_files
from service_kit import NOW, Services, stored

from listening.collectors import check, news, rss
from listening.errors import FeedError, FeedRefused, SettingsError
from listening.fetch import Client
from listening.models import Answer, Feed, Page, Post, Request
from listening.setup.asking import ask
from listening.store import Store, file_of

HOST = "www.google.com"
USER, NUMBER = "04175460000000012345", "4428013280000054321"
PATH = f"/alerts/feeds/{USER}/{NUMBER}"
ADDRESS = f"https://{HOST}{PATH}"
SECRETS = {news.SECRET: ADDRESS}
ALERT = Feed(name="Alert", source="news", options={"service": "google_alerts", "alert": "town"})
GOOGLE_OPTIONS = {"service": "google_news", "search": "Quillhaven", "terms": "confirmed"}
GOOGLE = Feed(name="Google", source="news", options=GOOGLE_OPTIONS)
BING = Feed(name="Bing", source="news", options={**GOOGLE_OPTIONS, "service": "bing_news"})


def alert_entry(number: int, link: str | None = None, title: str = "<b>Quillhaven</b> opens") -> str:
    """An entry as Google Alerts writes it: everything escaped once more, the article inside Google's own address."""
    real = link or f"https://herald.example/news/{number}?a=1&utm_source=x"
    wrapped = f"https://www.google.com/url?rct=j&sa=t&url={quote(real, safe=':/')}&ct=ga&cd=CAI&usg=AFQ"
    return (
        f"<entry><id>tag:google.com,2013:googlealerts/feed:{number}</id><title type='html'>{escape(title)}</title>"
        f"<link href='{escape(wrapped)}'></link><published>2026-03-04T11:53:37Z</published>"
        "<updated>2026-03-04T11:53:37Z</updated>"
        "<content type='html'>Good news&amp;nbsp;from &lt;b&gt;Quillhaven&lt;/b&gt;</content>"
        "<author><name></name></author></entry>"
    )


def alert_feed(*entries: str) -> bytes:
    """The feed around them, which names its own secret address."""
    return (
        "<feed xmlns='http://www.w3.org/2005/Atom'>"
        f"<id>tag:google.com,2005:reader/user/{USER}/state/com.google/alerts/{NUMBER}</id>"
        f"<title>Google Alert - Quillhaven</title><link href='{ADDRESS}' rel='self'></link>"
        f"<updated>2026-03-04T11:53:37Z</updated>{''.join(entries)}</feed>"
    ).encode()


def google_item(token: str = "CBMiTOKEN", title: str = "Bridge - and ferry - open - Herald") -> str:
    """An item as Google News writes it."""
    address = f"https://news.google.com/rss/articles/{token}?oc=5"
    return (
        f"<item><title>{title}</title><link>{address}</link><guid isPermaLink='false'>{token}</guid>"
        "<pubDate>Wed, 04 Mar 2026 07:00:00 GMT</pubDate>"
        f"<description>&lt;a href='{address}'&gt;x&lt;/a&gt;</description>"
        "<source url='https://herald.example'>Herald</source></item>"
    )


def channel(*items: str, more: str = "") -> bytes:
    """A channel of RSS 2.0."""
    return f"<rss version='2.0'{more}><channel><title>x</title>{''.join(items)}</channel></rss>".encode()


def parsed(body: bytes, feed: Feed = ALERT, status: int = 200, url: str = ADDRESS) -> Page:
    """What an answer gives."""
    return news.parse(Answer(status=status, headers={}, url=url, body=body), feed)


def test_an_alert_gives_the_article_behind_googles_address() -> None:
    """Its own address is its key, the bold tags are gone, its site is its author."""
    assert parsed(alert_feed(alert_entry(1))).posts == (
        Post(
            source="news",
            feed="Alert",
            key="https://herald.example/news/1?a=1",
            url="https://herald.example/news/1?a=1",
            title="Quillhaven opens",
            text="Good news from Quillhaven",
            author="herald.example",
            author_url="https://herald.example/",
            published_at=datetime(2026, 3, 4, 11, 53, 37, tzinfo=UTC),
        ),
    )


def test_an_article_that_stands_there_twice_is_one() -> None:
    """Google gives each finding a number of its own."""
    page = parsed(alert_feed(alert_entry(1, "https://a.example/1"), alert_entry(2, "https://a.example/1")))
    assert (len(page.posts), page.skipped) == (1, ("1 article that stood there twice",))


def test_an_alert_without_findings_is_no_failure(store: Store) -> None:
    """Between two findings its feed is empty, also after there were some."""
    services = Services()
    services.answers(HOST, PATH, alert_feed(alert_entry(1)))
    assert services.collect(store, ALERT, secrets=SECRETS).new == 1
    services.answers(HOST, PATH, alert_feed())
    (result,) = services.collect(store, ALERT, secrets=SECRETS, after=timedelta(hours=1)).results
    assert (result.state, result.posts) == ("ok", 0)


def test_google_news_keeps_its_token_and_names_the_outlet() -> None:
    """Only the outlet is taken off the headline; where its address leads is never asked."""
    (post,) = parsed(channel(google_item()), GOOGLE).posts
    assert (post.title, post.text, post.key) == ("Bridge - and ferry - open", "", "CBMiTOKEN")
    assert (post.author, post.author_url) == ("Herald", "https://herald.example/")
    assert post.url == "https://news.google.com/rss/articles/CBMiTOKEN?oc=5"
    assert news.recheck(post) is None
    assert parsed(channel(), GOOGLE) == Page(posts=())


def test_a_full_page_of_google_news_says_that_there_may_be_more() -> None:
    """It shows a hundred, and there is no next page."""
    page = parsed(channel(*(google_item(f"CBMi{n}") for n in range(100))), GOOGLE)
    assert (len(page.posts), page.next) == (100, None)
    assert "100 articles at most" in page.notes[0]
    assert parsed(channel(google_item()), GOOGLE).notes == ()


def test_the_old_form_of_google_news_is_read() -> None:
    """Then it told the article's address; the outlet stood in a table, with an excerpt and other headlines."""
    cell = "<a href='x'>Bridge - open</a><br/>Herald<br/>It is open.<br/>all 9"
    table = f"<table><tr><td>Post</td><td>{cell}</td></tr></table>"
    item = (
        "<item><title>Bridge - open - Herald</title><guid isPermaLink='false'>tag:news.google.com,2005:cluster=1</guid>"
        "<link>http://news.google.com/news/url?sa=t&amp;url=http://herald.example/a%3Fid%3D7</link>"
        f"<description>{escape(table)}</description></item>"
    )
    (post,) = parsed(channel(item), GOOGLE).posts
    assert (post.key, post.title, post.author) == ("http://herald.example/a?id=7", "Bridge - open", "Herald")
    assert post.text == "It is open."


@pytest.mark.parametrize("namespace", ["https://www.bing.com/news/search?q=x&amp;format=rss", "urn:other"])
def test_bing_names_the_outlet_in_a_namespace_of_any_name(namespace: str) -> None:
    """The article's own address is its key."""
    link = "http://www.bing.com/news/apiclick.aspx?ref=FexRss&amp;url=https%3a%2f%2fherald.example%2fbridge&amp;c=4"
    item = f"<item><title>Bridge</title><link>{link}</link><News:Source>The Herald</News:Source></item>"
    (post,) = parsed(channel(item, more=f" xmlns:News='{namespace}'"), BING).posts
    assert (post.key, post.url) == ("https://herald.example/bridge", "https://herald.example/bridge")
    assert post.author == "The Herald"


def test_a_link_that_only_leads_on_is_no_key() -> None:
    """A redirect without the article in it: its id stays the key, and it is not followed."""
    entry = alert_entry(5).replace("&amp;url=", "&amp;nothing=")
    (post,) = parsed(alert_feed(entry)).posts
    assert post.key == "tag:google.com,2013:googlealerts/feed:5"
    assert (post.author, news.recheck(post)) == (None, None)


def asked(options: Mapping[str, str]) -> dict[str, str]:
    """The parameters that are asked with."""
    check("news", options)
    url = news.locate(Feed(name="x", source="news", options=options), None, {}).url
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


@pytest.mark.parametrize(
    ("language", "country", "names"),
    [
        ("", "", ("en-US", "US", "US:en")),
        ("en", "gb", ("en-GB", "GB", "GB:en")),
        ("de", "DE", ("de", "DE", "DE:de")),
        ("es-419", "MX", ("es-419", "MX", "MX:es-419")),
        ("pt", "BR", ("pt-BR", "BR", "BR:pt-419")),
    ],
)
def test_google_news_is_asked_for_an_edition(language: str, country: str, names: tuple[str, ...]) -> None:
    """Its three names agree, and the last week is asked for unless the search says another time."""
    got = asked({**GOOGLE_OPTIONS, "language": language, "country": country})
    assert got == {"q": "Quillhaven when:7d", **dict(zip(("hl", "gl", "ceid"), names, strict=True))}
    assert asked({**GOOGLE_OPTIONS, "search": "Quillhaven after:2026-01-01"})["q"] == "Quillhaven after:2026-01-01"


def test_bing_is_asked_for_a_market() -> None:
    """The newest first."""
    options = {**BING.options, "language": "es", "country": "mx"}
    assert asked(options) == {"q": "Quillhaven", "format": "rss", "qft": 'sortbydate="1"', "setmkt": "es-MX"}
    assert "setmkt" not in asked(BING.options)


@pytest.mark.parametrize(
    ("options", "key"),
    [
        ({"service": "yahoo"}, "service"),
        ({"service": "google_alerts"}, "alert"),
        ({"service": "google_alerts", "alert": "my town"}, "alert"),
        ({"service": "google_alerts", "alert": ADDRESS}, "alert"),
        ({"service": "google_alerts", "alert": "town", "search": "x"}, "search"),
        ({**GOOGLE_OPTIONS, "search": "--"}, "search"),
        ({**GOOGLE_OPTIONS, "language": "english", "country": "US"}, "language"),
        ({**GOOGLE_OPTIONS, "language": "en", "country": "USA"}, "country"),
        ({**GOOGLE_OPTIONS, "language": "de"}, "country"),
        ({**GOOGLE_OPTIONS, "country": "DE"}, "language"),
        ({"service": "google_news", "search": "x"}, "terms"),
        ({"service": "bing_news", "search": "x", "terms": "yes"}, "terms"),
    ],
)
def test_settings_that_cannot_be_used_are_refused(options: dict[str, str], key: str) -> None:
    """With the key that is wrong, and never with an alert's address."""
    with pytest.raises(SettingsError) as caught:
        check("news", options)
    assert caught.value.key == key
    assert caught.value.advice.endswith((".", "]", '"'))
    assert USER not in str(caught.value)


def test_what_is_personal_by_its_terms_is_off_until_somebody_accepts_them() -> None:
    """The refusal says what the terms are; an alert of one's own needs no such word."""
    for service, said in (("google_news", "personal, non-commercial"), ("bing_news", "never documented")):
        with pytest.raises(SettingsError, match=said) as caught:
            check("news", {"service": service, "search": "Quillhaven"})
        assert "counsel" in caught.value.advice
    check("news", ALERT.options)


@pytest.mark.parametrize(
    ("said", "name", "found"),
    [
        (ADDRESS, "town", True),
        (f"town={ADDRESS}", "Town", True),
        (f"town={ADDRESS}", "other", False),
        (f"other={ADDRESS}9 town={ADDRESS}", "town", True),
        (f"{ADDRESS} other={ADDRESS}9", "town", False),
        (f"  town={ADDRESS}\n other={ADDRESS}9 ", "town", True),
    ],
)
def test_an_alerts_address_is_found_by_its_name(said: str, name: str, found: bool) -> None:
    """One that stands alone is that of any alert; of several each has its name."""
    feed = Feed(name="x", source="news", options={"service": "google_alerts", "alert": name})
    request = news.locate(feed, None, {news.SECRET: said})
    assert (request.url == ADDRESS, request.secret_path) == (found, True)
    if found:
        assert news.sign_in(feed, {news.SECRET: said}, None) is None
    else:
        with pytest.raises(FeedRefused, match="no address for the alert"):
            news.sign_in(feed, {news.SECRET: said}, None)


@pytest.mark.parametrize(
    "said",
    [
        f"http://{HOST}{PATH}",
        f"https://{HOST}.evil.example{PATH}",
        f"https://user@{HOST}{PATH}",
        f"https://{HOST}:8443{PATH}",
        f"https://{HOST}/alerts/feeds/../..{PATH}",
        f"{ADDRESS}?x=1",
        f"{ADDRESS} and more",
        f"my town={ADDRESS}",
    ],
)
def test_another_address_than_an_alerts_is_never_asked_nor_shown(store: Store, said: str) -> None:
    """Only those under google.com/alerts/feeds are taken; nobody is asked, and the run says so without it."""
    services = Services()
    services.answers(HOST, PATH, alert_feed(alert_entry(1)))
    (result,) = services.collect(store, ALERT, secrets={news.SECRET: said}).results
    assert (result.state, services.asked) == ("refused", [])
    assert news.SECRET in result.problem
    assert USER not in f"{result.problem} {result.advice}"


def test_a_missing_address_is_said_and_once_it_is_set_the_alert_is_read_at_once(store: Store) -> None:
    """No wait after that failure: another address is another question."""
    services = Services()
    services.answers(HOST, PATH, alert_feed(alert_entry(1)))
    (result,) = services.collect(store, ALERT).results
    assert (result.state, "not set" in result.problem, services.asked) == ("refused", True, [])
    assert services.collect(store, ALERT, secrets=SECRETS).new == 1


async def _redirect(where: str, status: int) -> web.Response:
    return web.Response(status=status, headers={"location": where})


@pytest.mark.parametrize(
    ("where", "status"),
    [
        (f"https://consent.google.example/m?continue={quote(ADDRESS, safe='')}", 302),
        (f"https://elsewhere.example{PATH}", 301),
        (f"http://{HOST}{PATH}/", 301),
        (f"https://{HOST}{PATH}/moved", 301),
        (ADDRESS, 302),
        (f"mailto:{USER}@{NUMBER}", 302),
        (f"https://[{USER}", 302),
    ],
)
def test_the_secret_address_is_in_no_error_no_store_and_at_no_other_host(store: Store, where: str, status: int) -> None:
    """Wherever Google sends us on: another host is not asked, and what is said and kept holds nothing of it."""
    services = Services()
    services.on(HOST, PATH)(lambda _: _redirect(where, status))
    services.answers(HOST, f"{PATH}/moved", alert_feed(alert_entry(1)))
    for host in ("consent.google.example", "elsewhere.example"):
        services.answers(host, "/*", alert_feed(alert_entry(1)))
    for _ in range(3):  # a move is believed after three days
        for result in services.collect(store, ALERT, secrets=SECRETS, after=timedelta(days=2)).results:
            assert USER not in repr(result)
            assert NUMBER not in repr(result)
    assert {each.host for each in services.asked} == {HOST}
    _is_in_no_file(store)


def _is_in_no_file(store: Store) -> None:
    """No file of the store holds a part of the secret."""
    assert found_in_files(Path(file_of(store.url)).parent, [USER, NUMBER, "Alert"]) == ["Alert"]


def test_an_entry_that_names_the_feed_itself_betrays_nothing(store: Store) -> None:
    """Nor does a relative link, an author's page, or a page instead of the feed that names its address."""
    own = f"<entry><id>x1</id><title>Quillhaven</title><link href='{ADDRESS}'/></entry>"
    relative = "<entry><id>x2</id><title>Quillhaven</title><link href='more'/></entry>"
    author = f"<entry><id>x3</id><title>Quillhaven</title><author><name>a</name><uri>{ADDRESS}</uri></author></entry>"
    services = Services()
    nothing_else = f"<entry><title>Quillhaven</title><link href='{ADDRESS}'/></entry>"
    services.answers(HOST, PATH, alert_feed(own, relative, author, nothing_else))
    assert services.collect(store, ALERT, secrets=SECRETS).new == 3
    assert not any(USER in repr(mention) for mention in stored(store))
    page = f"<html><head><link rel=alternate type='application/atom+xml' href='{ADDRESS}/'></head></html>"
    services.answers(HOST, PATH, page)
    (result,) = services.collect(store, ALERT, secrets=SECRETS, after=timedelta(days=1)).results
    assert (result.state, USER in repr(result)) == ("blocked", False)
    _is_in_no_file(store)


def test_trying_an_alert_needs_no_more_than_its_address() -> None:
    """The command that checks the settings reads it too."""
    services = Services()
    services.answers(HOST, PATH, alert_feed(alert_entry(1)))

    async def work(client: Client) -> int:
        asked = await ask(client.get, ALERT, SECRETS)
        return len(asked.page.posts) if asked.page is not None else 0

    assert services.use(work) == 1


@pytest.mark.parametrize(
    ("feed", "body", "status", "url", "state", "said"),
    [
        (
            GOOGLE,
            b"<html><title>Before you continue</title></html>",
            200,
            "https://consent.google.com/m",
            "B",
            "consent",
        ),
        (GOOGLE, b"<html><form action='https://consent.google.com/save'></html>", 200, "", "B", "consent"),
        (GOOGLE, b"<html><title>Sorry... unusual traffic</title></html>", 403, "", "B", "browser"),
        (GOOGLE, b"", 429, "", "R", "too often"),
        (GOOGLE, b"", 503, "", "", "503"),
        (GOOGLE, b"<rss><chan", 200, "", "", "cut short"),
        (GOOGLE, b"{}", 200, "", "", "JSON"),
        (ALERT, b"<html><title>Sign in</title></html>", 200, "", "B", "web page"),
        (ALERT, b"", 404, "", "R", "no alert"),
        (ALERT, b"", 403, "", "R", "no alert"),
        (ALERT, b"", 200, "", "", "empty"),
        (BING, b"<html><title>Bing</title></html>", 200, "https://www.bing.com/", "", "web page"),
    ],
)
def test_what_is_no_feed_is_no_silence(feed: Feed, body: bytes, status: int, url: str, state: str, said: str) -> None:
    """A page that asks for consent, a refusal, half a feed: a sentence each."""
    with pytest.raises(FeedError) as caught:
        parsed(body, feed, status, url)
    kind = {"B": "FeedBlocked", "R": "FeedRefused"}.get(state)
    assert kind in (None, type(caught.value).__name__)
    assert said in caught.value.problem
    assert caught.value.advice


def test_a_consent_page_is_no_empty_answer(store: Store) -> None:
    """Google leads there from some countries; the next visit tries again."""
    services = Services()
    services.on("news.google.com", "/rss/search")(lambda _: _redirect("https://consent.google.com/m?continue=x", 302))
    services.answers("consent.google.com", "/m", "<html><title>Before you continue to Google</title></html>")
    (result,) = services.collect(store, GOOGLE).results
    assert (result.state, "consent" in result.problem) == ("blocked", True)
    services.answers("news.google.com", "/rss/search", channel(google_item(title="Quillhaven - Herald")))
    assert services.collect(store, GOOGLE, after=timedelta(days=1)).new == 1
    assert {each.host for each in services.asked} == {"news.google.com", "consent.google.com"}


def test_a_deleted_article_is_noticed_where_its_own_address_is_known() -> None:
    """By its own site, as any article."""
    post = Post(source="news", feed="x", key="https://a.example/1", url="https://a.example/1")
    request = news.recheck(post)
    assert isinstance(request, Request)
    assert request == rss.recheck(post)
    assert news.presence(Answer(status=410, headers={}, url=post.url, body=b""), request) == "gone"


def test_an_article_of_two_alerts_is_one_mention(store: Store) -> None:
    """Its address is its key, whichever search found it."""
    services = Services(now=NOW)
    services.answers(HOST, PATH, alert_feed(alert_entry(1, "https://a.example/1")))
    services.answers(HOST, f"{PATH}9", alert_feed(alert_entry(2, "https://a.example/1")))
    other = Feed(name="Other", source="news", options={"service": "google_alerts", "alert": "other"})
    secrets = {news.SECRET: f"town={ADDRESS} other={ADDRESS}9"}
    assert services.collect(store, ALERT, other, secrets=secrets).new == 1


@pytest.mark.captures
@pytest.mark.skipif(not os.environ.get("LISTENING_CAPTURES"), reason="LISTENING_CAPTURES names no folder")
def test_the_real_answers_are_read() -> None:
    """All of them, with an outlet each; the feeds of old with the articles' own addresses."""
    counts = {}
    for kind in ("google_alerts", "google_news_rss", "bing_news_rss"):
        for file in sorted((Path(os.environ["LISTENING_CAPTURES"]) / kind).iterdir()):
            answer = Answer(status=200, headers={}, url="", body=file.read_bytes())
            page = news.parse(answer, Feed(name="x", source="news"))
            assert all(post.author and post.title and post.published_at for post in page.posts), file.name
            assert not any(post.title.endswith(f" - {post.author}") for post in page.posts), file.name
            own = sum(post.key == post.url and "google.com/url" not in post.url for post in page.posts)
            counts[file.name.partition("__")[2]] = (len(page.posts), own)
            assert len(rss.parse(answer, Feed(name="x", source="rss")).posts) == len(page.posts)
    assert counts == {
        "google_alerts_atom.xml": (20, 20),
        "google_news_search_bears_ears_2026.xml": (92, 0),
        "googlenews_responseUrl.xml": (2, 0),
        "0102.xml": (10, 10),
        "1309.xml": (3, 3),
        "2190.xml": (10, 10),
        "3538.xml": (10, 10),
        "4684.xml": (0, 0),
        "feed-bing-image.xml": (1, 1),
    }
