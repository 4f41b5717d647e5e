"""Feeds of all kinds become posts, or a sentence that says why not."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from listening.collectors import rss
from listening.errors import (
    FeedBlocked,
    FeedError,
    FeedGone,
    FeedRefused,
    FeedUnreachable,
    FeedUnreadable,
    SettingsError,
)
from listening.models import Answer, Feed, Page, Post

FEEDS = Path(__file__).parent / "feeds"
HERALD = Feed(name="Herald", source="rss", options={"url": "https://herald.quillhaven.example/feed/"})


def answer(body: bytes, status: int = 200, content_type: str = "", url: str = HERALD.options["url"]) -> Answer:
    """An answer as a server would give it."""
    return Answer(status=status, headers={"content-type": content_type} if content_type else {}, url=url, body=body)


def parse(name: str, content_type: str = "", url: str = HERALD.options["url"]) -> Page:
    """The page that one of our files gives."""
    return rss.parse(answer((FEEDS / name).read_bytes(), 200, content_type, url), HERALD)


def only(page: Page) -> Post:
    """The one post of a page."""
    (post,) = page.posts
    return post


def item(inside: str, root: str = '<rss version="2.0"') -> bytes:
    """A feed with one item."""
    return f"{root}><channel><title>t</title><item>{inside}</item></channel></rss>".encode()


def test_an_ordinary_rss_feed_gives_every_field() -> None:
    """Ids, addresses without tracking, the full text, authors, times in UTC, and counts where they are said."""
    library, ferry = parse("ordinary_rss.xml").posts
    assert library == Post(
        source="rss",
        feed="Herald",
        key="https://herald.quillhaven.example/?p=41",
        url="https://herald.quillhaven.example/library/",
        title="Library “a joy”, say readers & neighbours",
        text="The new reading room is open.\n- Warm\n- Quiet",
        author="Ada Fern",
        language="en-US",
        published_at=datetime(2026, 11, 9, 13, 15, tzinfo=UTC),
        replies=3,
    )
    assert (ferry.author, ferry.replies, ferry.reply_to) == ("News desk", 12, "tag:herald.quillhaven.example,2026:7")
    assert (ferry.title, ferry.text) == ("Ferry times", "The ferry runs every half hour.")


def test_an_ordinary_atom_feed_gives_every_field() -> None:
    """The feed's author and language hold for entries without; a later update is an edit, an equal one is none."""
    thanks, second = parse("ordinary_atom.xml").posts
    assert thanks == Post(
        source="rss",
        feed="Herald",
        key="tag:blog.midvale.example,2026:1",
        url="https://blog.midvale.example/1",
        title="Danke, Wasserwerk!",
        text="Das Wasser läuft wieder.",
        author="Bo Reed",
        author_url="https://blog.midvale.example/bo",
        language="de",
        published_at=datetime(2026, 11, 9, 7, tzinfo=UTC),
        edited_at=datetime(2026, 11, 9, 8, 30, tzinfo=UTC),
    )
    assert (second.author, second.language, second.edited_at) == ("Cleo Marsh, Dan Holt", "en", None)


def test_an_alert_leads_to_the_article() -> None:
    """Google's redirect is unwrapped, its bold type and double escapes are gone, and its empty author is nobody."""
    post = only(parse("alert.xml"))
    assert post.url == "https://herald.quillhaven.example/library/?id=4"
    assert (post.title, post.text) == ("Quillhaven opens its library 'at last'", "The town of Quillhaven is glad.")
    assert (post.author, post.key) == (None, "tag:google.com,2013:googlealerts/feed:77")


def test_a_news_search_names_the_outlet() -> None:
    """The outlet is taken off the headline and is the author; the token stays the key and is never resolved."""
    post = only(parse("news_search.xml"))
    assert (post.title, post.text, post.author) == ("Bridge opens early", "", "Midvale Post")
    assert (post.author_url, post.key) == ("https://post.midvale.example/", "CBMiTOKEN")
    assert post.url == "https://news.google.com/rss/articles/CBMiTOKEN?oc=5"


def test_a_video_channel_gives_views() -> None:
    """Views, the description with its lines, and the channel as author."""
    post = only(parse("channel_videos.xml"))
    assert (post.views, post.text, post.author) == (3400, "A walk through the works.\nLine two.", "City of Quillhaven")
    assert post.url == "https://www.youtube.com/watch?v=abc123"


def test_a_bing_link_is_unwrapped_and_its_outlet_named() -> None:
    """Bing names the outlet in a namespace that is the query itself."""
    body = item(
        "<title>Bridge</title><link>http://www.bing.com/news/apiclick.aspx?ref=FexRss&amp;url=https%3a%2f%2fpost.midvale.example%2fbridge</link>"
        "<News:Source>Midvale Post</News:Source>",
        '<rss version="2.0" xmlns:News="https://www.bing.com/news/search?q=x&amp;format=rss"',
    )
    post = only(rss.parse(answer(body), HERALD))
    assert (post.url, post.author) == ("https://post.midvale.example/bridge", "Midvale Post")


def test_ugly_entries_cost_only_themselves() -> None:
    """Doubles and empty entries are dropped and counted; a missing id is made up for; a script is no link."""
    page = parse("ugly_entries.xml", url="https://ugly.example/feed")
    assert [(post.key.split(":")[0] if "hash:" in post.key else post.key, post.url) for post in page.posts] == [
        ("same", "https://ugly.example/a"),
        ("https://ugly.example/b", "https://ugly.example/b"),
        ("hash", ""),
        ("7", ""),
        ("https://ugly.example/1", "https://ugly.example/1"),
        ("https://ugly.example/2", "https://ugly.example/2"),
    ]
    assert page.skipped == ("1 entry without id, link, title and text", "1 entry that stood in the feed twice")
    assert [page.posts[1].published_at, page.posts[3].title] == [None, "Sly"]


def test_a_made_up_key_is_the_same_next_time() -> None:
    """Else the same entry would be new at every visit."""
    assert parse("ugly_entries.xml").posts[2].key == parse("ugly_entries.xml").posts[2].key


def test_an_id_is_kept_as_it_is_wherever_the_feed_lives() -> None:
    """A feed that moves keeps its ids, also those that look like relative addresses."""
    body = item("<guid>post-12</guid><link>/12</link><title>x</title>")
    here, there = (
        only(rss.parse(answer(body, url=url), HERALD)) for url in ("https://a.example/f", "https://b.example/f")
    )
    assert (here.key, there.key) == ("post-12", "post-12")
    assert (here.url, there.url) == ("https://a.example/12", "https://b.example/12")


def test_a_broken_document_is_read_as_far_as_it_goes() -> None:
    """Blank lines before the declaration, bare ampersands, unclosed tags and a cut end do not lose the rest."""
    first = parse("loose.xml").posts[0]
    assert (first.title, first.url) == ("Salt & vinegar …", "https://loose.example/?a=1&b=2")
    assert first.text == "Not closed\nbut read"


def test_old_rss_is_read() -> None:
    """RSS 1.0 with Dublin Core dates and authors."""
    post = only(parse("rdf.xml"))
    assert ("Still here", "Eve Lund", datetime(2026, 11, 9, 7, tzinfo=UTC)) == (
        post.title,
        post.author,
        post.published_at,
    )


def test_relative_links_follow_the_base() -> None:
    """xml:base counts before the address of the feed."""
    assert only(parse("base.xml")).url == "https://base.example/blog/one"


def test_a_json_feed_is_read() -> None:
    """Numbers as ids, HTML or text, authors and languages of items or of the feed."""
    seven, eight = parse("items.json").posts
    assert (
        seven.key,
        seven.title,
        seven.text,
        seven.author,
        seven.language,
    ) == ("7", "Seven", "Seven swans", "Flo", "en")
    assert datetime(2026, 11, 9, 9, tzinfo=UTC) == seven.edited_at
    assert (eight.text, eight.author, eight.language) == ("Line one\nline two", "Gus", "fr")


@pytest.mark.parametrize("content_type", ["", "text/xml", "text/html", "application/rss+xml; charset=utf-8"])
def test_windows_letters_that_claim_to_be_utf8_are_read(content_type: str) -> None:
    """Curly quotes and accents survive a wrong claim, in the document or in the header."""
    assert only(parse("claims_utf8.xml", content_type)).title == "It’s the café"


@pytest.mark.parametrize(
    "content_type", ["", "text/xml", "text/xml; charset=iso-8859-1", "text/plain; charset=us-ascii"]
)
def test_utf8_is_utf8_whatever_the_header_claims(content_type: str) -> None:
    """Servers send "text/xml" or the wrong charset; the letters say what they are."""
    body = item("<guid>1</guid><title>Café “Zürich” – 市</title>")
    assert only(rss.parse(answer(body, content_type=content_type), HERALD)).title == "Café “Zürich” – 市"


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf16_that_does_not_say_so_is_read(encoding: str) -> None:
    """Without its mark, and whatever its declaration claims."""
    written = '\n<?xml version="1.0" encoding="UTF-16"?>' + item("<title>Bücher am Hafen</title>").decode()
    assert only(rss.parse(answer(written.encode(encoding)), HERALD)).title == "Bücher am Hafen"


def test_a_program_that_the_server_should_have_run_is_no_feed() -> None:
    """It holds a feed's tags, and nothing of a feed."""
    written = b'<?php require("feed.inc"); ?>\n<rss version="2.0"><channel><title>t</title></channel></rss>'
    with pytest.raises(FeedUnreadable, match="the text of a program instead of a feed"):
        rss.parse(answer(written), HERALD)


def test_utf16_is_read() -> None:
    """With a byte-order mark."""
    body = '<?xml version="1.0" encoding="utf-16"?>'.encode("utf-16") + item(
        "<guid>1</guid><title>é</title>"
    ).decode().encode("utf-16-le")
    assert only(rss.parse(answer(body), HERALD)).title == "é"


def test_what_the_settings_say_about_the_language_counts() -> None:
    """Many feeds claim to be American English because their software does."""
    feed = Feed(name="Herald", source="rss", options=HERALD.options, language="nl")
    assert rss.parse(answer((FEEDS / "ordinary_rss.xml").read_bytes()), feed).posts[0].language == "nl"


def test_a_text_that_repeats_the_title_is_left_out() -> None:
    """Title and text are read together, and twice the praise is not twice as good."""
    post = only(rss.parse(answer(item("<guid>1</guid><title>Great</title><description>Great</description>")), HERALD))
    assert (post.title, post.text) == ("Great", "")


def test_an_empty_feed_is_a_quiet_feed() -> None:
    """A channel without items is no failure."""
    body = b'<rss version="2.0"><channel><title>Quiet</title></channel></rss>'
    assert Page(posts=()) == rss.parse(answer(body), HERALD)


@pytest.mark.parametrize("name", ["bomb.xml", "outside.xml"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_entities_neither_swell_nor_pull_in_files(name: str, encoding: str) -> None:
    """A document that defines entities out of entities, or from a file, is not read at all."""
    body = (FEEDS / name).read_text("utf-8").encode(encoding)
    with pytest.raises(FeedUnreadable, match="as attacks do"):
        rss.parse(answer(body), HERALD)


def test_entities_that_name_a_character_are_harmless() -> None:
    """Old feeds define a few, and are read."""
    assert only(parse("named_characters.xml")).title == "© Quillhaven"


@pytest.mark.parametrize(
    ("status", "error", "words"),
    [
        (401, FeedRefused, "login"),
        (403, FeedRefused, "forbids"),
        (404, FeedRefused, "nothing at this address"),
        (410, FeedGone, "for good"),
        (418, FeedRefused, "did not accept"),
        (429, FeedRefused, "too often"),
        (451, FeedRefused, "legal"),
        (302, FeedUnreadable, "elsewhere"),
        (500, FeedUnreachable, "problem of its own"),
        (503, FeedUnreachable, "problem of its own"),
    ],
)
def test_a_status_that_says_no_is_explained(status: int, error: type[FeedError], words: str) -> None:
    """In a sentence, with advice, even if the body is a good feed."""
    with pytest.raises(error, match=words) as caught:
        rss.parse(answer((FEEDS / "ordinary_rss.xml").read_bytes(), status), HERALD)
    assert type(caught.value) is error
    assert caught.value.advice


@pytest.mark.parametrize(
    ("body", "error", "words"),
    [
        (b"", FeedUnreadable, "empty"),
        (b" \n", FeedUnreadable, "empty"),
        ("login.html", FeedRefused, "login page, “Members only”"),
        ("challenge.html", FeedBlocked, "wants to see a browser"),
        ("parked.html", FeedUnreadable, "parking page"),
        ("page_with_feed.html", FeedUnreadable, "https://herald.quillhaven.example/feed.xml"),
        (b"<html><head><title>404 Not Found</title></head></html>", FeedUnreadable, "error page"),
        (b"<html><head><title>Herald</title></head></html>", FeedUnreadable, "ordinary web page, “Herald”"),
        (b'<html><head><meta http-equiv="refresh" content="0"></head></html>', FeedUnreadable, "leads on"),
        (b'{"error": "no"}', FeedUnreadable, "JSON"),
        (b"%PDF-1.7 ...", FeedUnreadable, "PDF"),
        (b"Service closed.", FeedUnreadable, "plain text"),
        (b'<?xml version="1.0"?><opml version="2.0"></opml>', FeedUnreadable, "opml"),
    ],
)
def test_what_is_no_feed_is_named(body: bytes | str, error: type[FeedError], words: str) -> None:
    """A page that came instead of a feed is described, and never passes for an empty feed."""
    document = (FEEDS / body).read_bytes() if isinstance(body, str) else body
    with pytest.raises(error) as caught:
        rss.parse(answer(document, content_type="text/html"), HERALD)
    assert type(caught.value) is error
    assert words in str(caught.value)


def test_a_challenge_with_a_refusing_status_is_a_block() -> None:
    """403 with a page that wants a browser is not a login."""
    with pytest.raises(FeedBlocked):
        rss.parse(answer((FEEDS / "challenge.html").read_bytes(), 403), HERALD)


def test_the_request_hides_what_looks_like_a_secret() -> None:
    """Feeds with a token in their address are asked, and the token is not written down."""
    feed = Feed(name="x", source="rss", options={"url": "https://a.example/f?id=3&access_token=abc&key=d"})
    request = rss.locate(feed, None, {})
    assert (feed.options["url"], ("access_token", "key")) == (request.url, request.secret)
    assert "application/rss+xml" in request.headers["Accept"]


@pytest.mark.parametrize(
    "url",
    ["", "herald.example/feed", "file:///etc/passwd", "https://", "https://a b.example/", "https://u:p@a.example/"],
)
def test_an_address_that_cannot_be_asked_is_refused(url: str) -> None:
    """With the key that is wrong."""
    with pytest.raises(SettingsError) as caught:
        rss.check({"url": url})
    assert caught.value.key == "url"


def test_a_few_broken_letters_do_not_spoil_a_feed() -> None:
    """One bad byte in a feed that says UTF-8 costs that letter, not every accent in it."""
    items = "".join(
        f"<item><guid>{n}</guid><description>Größe über alles, schöne Grüße aus Quillhaven</description></item>"
        for n in range(20)
    )
    body = f"<rss version='2.0'><channel><title>Zeitung</title>{items}</channel></rss>".encode()
    posts = rss.parse(answer(body.replace("ß".encode(), b"\xdf", 1)), HERALD).posts
    assert [post.text for post in posts[1:]] == ["Größe über alles, schöne Grüße aus Quillhaven"] * 19
    assert posts[0].text == "Grö\ufffde über alles, schöne Grüße aus Quillhaven"


def test_another_encoding_is_not_mistaken_for_a_damaged_one() -> None:
    """A feed in Windows-1252 that says nothing of it keeps its accents."""
    body = item("<guid>1</guid><description>Größe über alles</description>").decode().encode("cp1252")
    assert only(rss.parse(answer(body), HERALD)).text == "Größe über alles"


def test_a_line_break_in_a_headline_is_a_blank() -> None:
    """Titles are one line, however they were typed."""
    page = rss.parse(answer(item("<guid>1</guid><title>Quillhaven\n opens&lt;br/&gt;its bridge</title>")), HERALD)
    assert only(page).title == "Quillhaven opens its bridge"
